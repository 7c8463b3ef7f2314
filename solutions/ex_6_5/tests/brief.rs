//! What brief, page and derivation of lesson 6.5 state.

use std::cell::Cell;

use ex_6_5::{
    Fault, Kind, Program, Tensor, beyond_chance, diagnose, next_token_loss, norms, overfit, slope,
    update_ratios, wrong_tensors,
};
use ndarray::{Array1, Array2, array, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

#[path = "../model.rs"]
mod model;

use model::{Model, Weights};
use stated::{assert_all_stated, assert_stated};

const VOCABULARY: usize = 7;
const WIDTH: usize = 4;
const TABLE: usize = VOCABULARY * WIDTH;
const LAYER: usize = WIDTH * WIDTH;
/// Where each tensor begins, and the last one ends.
const ENDS: [usize; 5] =
    [0, TABLE, TABLE + LAYER, TABLE + LAYER + WIDTH, TABLE + LAYER + 2 * WIDTH];
const RATE: f64 = 0.1;
const DECAY: f64 = 0.1;

/// A program of the brief.
struct Run(Fault);

/// The tensors of a list.
fn split(weights: &Array1<f64>) -> Weights {
    let part = |at: usize| weights.slice(s![ENDS[at]..ENDS[at + 1]]).to_owned();
    let rows = |at: usize| {
        let rows = part(at).len() / WIDTH;
        part(at).into_shape_with_order((rows, WIDTH)).unwrap()
    };
    Weights { table: rows(0), layer: rows(1), gains: [part(2), part(3)] }
}

impl Run {
    /// The large ε keeps a run from depending on its last bits.
    fn model(&self) -> Model {
        Model { fault: self.0, epsilon: 0.1 }
    }

    /// The loss that the program reports.
    fn reported(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        self.model().loss_and_gradient(&split(weights), documents).0
    }

    fn own(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        next_token_loss(&|ids: &[usize]| self.logits(weights, ids), documents)
    }
}

impl Program for Run {
    fn tensors(&self) -> Vec<Tensor> {
        let kinds = [Kind::Table, Kind::Matrix, Kind::Gain, Kind::Gain];
        let tensor = |(at, kind): (usize, Kind)| {
            let name = ["table", "layer", "first gain", "last gain"][at].to_owned();
            Tensor { name, kind, start: ENDS[at], end: ENDS[at + 1] }
        };
        kinds.into_iter().enumerate().map(tensor).collect()
    }

    fn weights(&self) -> Array1<f64> {
        let numbers = |seed: usize, count: usize, scale: f64| {
            let number = move |at| ((37 * at + 11 * seed + 5) % 41) as f64 - 20.0;
            (0..count).map(move |at| scale * number(at) / 20.0)
        };
        let table = numbers(1, TABLE, 0.2);
        table.chain(numbers(2, LAYER, 0.5)).chain([1.0; 2 * WIDTH]).collect()
    }

    fn documents(&self) -> Vec<Vec<usize>> {
        vec![vec![0, 1, 2, 3, 4, 5, 6, 1], vec![2, 0, 2], vec![5, 3, 1, 0, 4]]
    }

    fn logits(&self, weights: &Array1<f64>, ids: &[usize]) -> Array2<f64> {
        self.model().forward(&split(weights), ids, false).logits
    }

    fn gradient(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> Array1<f64> {
        let Weights { table, layer, gains } =
            self.model().loss_and_gradient(&split(weights), documents).1;
        table.into_iter().chain(layer).chain(gains.into_iter().flatten()).collect()
    }

    fn step(&self, weights: &Array1<f64>, gradient: &Array1<f64>) -> Array1<f64> {
        let decayed = if self.0 == Fault::DecayOnNorms { weights.len() } else { TABLE + LAYER };
        let mut after = weights - &(RATE * gradient);
        let pairs = after.iter_mut().zip(weights).take(decayed);
        pairs.for_each(|(after, w)| *after -= RATE * DECAY * w);
        after
    }

    fn evaluate(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        self.own(weights, documents)
    }
}

#[test]
fn the_curves_of_the_brief() {
    assert_stated(7_f64.ln(), "1.945910");
    for (fault, stated) in [
        (Fault::None, ["1.9665", "1.9207", "1.8423", "1.8423"]),
        (Fault::HalfTiedGradient, ["1.9665", "1.9423", "1.9119", "1.9119"]),
        (Fault::DoubleShift, ["1.9787", "1.7427", "1.4301", "2.2794"]),
        (Fault::UnequalAccumulation, ["1.9549", "1.8949", "1.7173", "1.8501"]),
        (Fault::Leak, ["1.9897", "1.9288", "1.8702", "1.8702"]),
        (Fault::DecayOnNorms, ["1.9665", "1.9321", "1.9212", "1.9212"]),
    ] {
        let run = Run(fault);
        let documents = run.documents();
        let next = Cell::new(0.0);
        let loss = |weights: &Array1<f64>| {
            next.set(run.own(weights, &documents));
            run.reported(weights, &documents)
        };
        let step = |weights: &Array1<f64>| run.step(weights, &run.gradient(weights, &documents));
        let curve = overfit(&loss, &step, &run.weights(), 60);
        assert_all_stated([curve[0], curve[20], curve[60], next.get()], stated);
        assert!(beyond_chance(curve[0], VOCABULARY).abs() < 0.05);
        assert_eq!(diagnose(&run), fault);
    }
    assert_stated(1.9212 - 1.8423, "0.0789");
}

#[test]
fn the_slopes_of_the_worked_example() {
    let healthy = Run(Fault::None);
    let (weights, documents) = (healthy.weights(), healthy.documents());
    let tensors = healthy.tensors();
    let signs = |at: usize| if (7 * at) % 5 < 2 { 1.0 } else { -1.0 };
    let direction = Array1::from_shape_fn(weights.len(), signs);
    let parts = tensors.iter().map(|it| {
        let mut part = Array1::<f64>::zeros(weights.len());
        let range = s![it.start..it.end];
        part.slice_mut(range).assign(&direction.slice(range));
        part
    });
    let parts: Vec<_> = parts.collect();
    let several = ["0.077240", "0.006545", "0.012770", "0.032916"];
    let one = ["0.330893", "0.046014", "0.001854", "0.038477"];
    for (documents, slopes, half, double, unequal) in [
        (
            &documents[..],
            several,
            ["-0.147562", "0.006545", "0.012770", "0.032916"],
            ["0.000531", "0.085354", "-0.004600", "-0.001115"],
            ["-0.075380", "-0.018390", "0.010954", "0.027952"],
        ),
        (
            &documents[..1],
            one,
            ["0.107891", "0.046014", "0.001854", "0.038477"],
            ["0.038126", "0.062116", "0.010506", "-0.007389"],
            one,
        ),
    ] {
        let loss = |weights: &Array1<f64>| healthy.own(weights, documents);
        let found = parts.iter().map(|part| slope(&loss, &weights, part, 1e-5));
        assert_all_stated(found, slopes);
        for (fault, stated) in [
            (Fault::None, slopes),
            (Fault::HalfTiedGradient, half),
            (Fault::DoubleShift, double),
            (Fault::UnequalAccumulation, unequal),
        ] {
            let gradient = Run(fault).gradient(&weights, documents);
            assert_all_stated(parts.iter().map(|part| gradient.dot(part)), stated);
        }
    }
    let norm = |fault| norms(&Run(fault).gradient(&weights, &documents), &tensors)[0];
    assert_all_stated([Fault::HalfTiedGradient, Fault::None].map(norm), ["0.164106", "0.233985"]);
}

#[test]
fn the_direction_of_the_hints() {
    let healthy = Run(Fault::None);
    let (weights, documents) = (healthy.weights(), healthy.documents());
    let direction = Array1::from_shape_fn(weights.len(), |i| (1.7 * i as f64).sin());
    let apart = |fault, documents: &[Vec<usize>]| {
        let loss = |weights: &Array1<f64>| healthy.own(weights, documents);
        let said = Run(fault).gradient(&weights, documents).dot(&direction);
        (slope(&loss, &weights, &direction, 1e-5) - said).abs()
    };
    assert!(apart(Fault::None, &documents) < 1e-7);
    assert!(apart(Fault::None, &documents[..1]) < 1e-7);
    assert!(apart(Fault::UnequalAccumulation, &documents[..1]) < 1e-7);
    for fault in [Fault::HalfTiedGradient, Fault::DoubleShift, Fault::UnequalAccumulation] {
        assert!(apart(fault, &documents) > 1e-3);
    }
}

#[test]
fn the_step_without_a_gradient() {
    for (fault, gain) in [(Fault::None, 0.0), (Fault::DecayOnNorms, RATE * DECAY)] {
        let run = Run(fault);
        let weights = run.weights();
        let after = run.step(&weights, &Array1::zeros(weights.len()));
        let ratios = update_ratios(&weights, &after, &run.tensors());
        for (ratio, expected) in ratios.into_iter().zip([RATE * DECAY, RATE * DECAY, gain, gain]) {
            assert!((ratio - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn the_slope_of_the_brief() {
    let f = |weights: &Array1<f64>| weights[0].powi(2) * weights[1];
    let (at, direction) = (array![1.0, 2.0], array![1.0, -1.0]);
    let (x, y) = (at[0], at[1]);
    let gradient: Array1<f64> = array![2.0 * x * y, x * x];
    assert_eq!(gradient, array![4.0, 1.0]);
    assert_stated(slope(&f, &at, &direction, 1e-3), "2.999999");
    let said = [gradient, array![4.0, -1.0], array![2.0, -1.0]].map(|it| it.dot(&direction));
    assert_eq!(said, [3.0, 5.0, 3.0]);
    for t in [-0.3_f64, 0.7] {
        assert!(((1.0 + t).powi(2) * (2.0 - t) - (2.0 + 3.0 * t - t.powi(3))).abs() < 1e-14);
    }
}

#[test]
fn the_counts_of_the_hardware_layers() {
    assert_stated(50_257_f64.ln(), "10.824905");
    assert_eq!(2 * 124_439_808, 248_879_616);
    let passes = 2.0 * (1.0 + 2.0 * 148_f64.log2().ceil());
    assert_eq!(passes, 34.0);
    assert!(passes / 3.0 < 12.0);
    let apart = f64::from(10_f32.next_up() - 10.0);
    assert!((0.9e-6..1.1e-6).contains(&apart));
    assert_stated(apart / 2e-3, "0.0005");
    // A normal number below a hundredth, once and twice.
    let density = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
    let small = 2.0 * 0.01 * density;
    assert_stated(100.0 * small, "0.8");
    assert_stated(100_000.0 * small * small, "6");
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let g = array![1.0, 3.0, 4.0];
    let e = array![7.0, 8.0, 9.0];
    let mut d = Array1::<f64>::zeros(3);
    let (a, b) = (1, 3);
    assert_eq!(g.slice(s![a..b]), array![3.0, 4.0]);
    d.slice_mut(s![a..b]).assign(&e.slice(s![a..b]));
    assert_eq!(d, array![0.0, 8.0, 9.0]);
    let g = array![3.0_f64, 4.0];
    assert_eq!(g.dot(&g).sqrt(), 5.0);
    let f = |g: &dyn Fn(f64) -> f64| g(2.0);
    let g = |x: f64| x * x;
    assert_eq!(f(&g), 4.0);
    let (a, b) = (array![1.0, 2.0], array![1.0, 2.0]);
    assert!(a == b);
    let program = Run(Fault::None);
    let w = program.weights();
    let bound = |ids: &[usize]| program.logits(&w, ids);
    let documents = program.documents();
    assert_eq!(bound(&documents[..1][0]).nrows(), 8);
    assert!(next_token_loss(&bound, &documents) > 0.0);
}

/// A wrong gradient that is orthogonal to the direction is not seen.
#[test]
fn a_mistake_may_hide() {
    let f = |weights: &Array1<f64>| weights[0].powi(2) * weights[1];
    let tensor = Tensor { name: "both".to_owned(), kind: Kind::Matrix, start: 0, end: 2 };
    let (at, wrong) = (array![1.0, 2.0], array![2.0, -1.0]);
    let found =
        |direction| wrong_tensors(&f, &at, &wrong, &direction, std::slice::from_ref(&tensor), 1e-6);
    assert!(found(array![1.0, -1.0]).is_empty());
    assert_eq!(found(array![1.0, -0.9]), [0]);
}
