//! The numbers and the Rust that the brief, its page and its derivation show.

use std::f64::consts::PI;

use approx::assert_relative_eq;
use ex_4_2::{
    AdamW, Moments, Momentum, adamw_step, clip_global_norm, momentum_step, warmup_cosine,
};
// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use ndarray::{Array1, ArrayD, NdFloat, Zip, array};
use stated::assert_stated;

const ADAMW: AdamW = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 };
const GRADIENTS: [[f64; 2]; 3] = [[0.5, -2.0], [0.1, 1.0], [-0.3, 0.0]];

fn one(number: f64) -> Vec<ArrayD<f64>> {
    vec![array![number].into_dyn()]
}

/// (1, −1) and its moments or velocity after each of the brief's steps.
fn run(mut step: impl FnMut(&mut ArrayD<f64>, &ArrayD<f64>)) -> [[f64; 2]; 3] {
    let mut w = array![1.0, -1.0].into_dyn();
    GRADIENTS.map(|g| {
        step(&mut w, &Array1::from(g.to_vec()).into_dyn());
        [w[0], w[1]]
    })
}

fn by_momentum(nesterov: bool) -> [[f64; 2]; 3] {
    let mut v = [array![0.0, 0.0].into_dyn()];
    run(|w, g| {
        let settings = Momentum { mu: 0.9, nesterov };
        momentum_step(vec![w.view_mut()], &[g.view()], &mut v, &settings, 0.1);
    })
}

fn by_adamw(settings: &AdamW) -> [[f64; 2]; 3] {
    let zeros = || vec![array![0.0, 0.0].into_dyn()];
    let mut moments = Moments { steps: 0, m: zeros(), s: zeros() };
    run(|w, g| adamw_step(vec![w.view_mut()], &[g.view()], &mut moments, settings, 0.1))
}

#[test]
fn the_numbers_of_the_brief() {
    let rows = [
        (by_momentum(false), ["0.95", "-0.8", "0.895", "-0.72", "0.8755", "-0.648"]),
        (by_momentum(true), ["0.905", "-0.62", "0.8455", "-0.648", "0.85795", "-0.5832"]),
        (
            by_adamw(&AdamW { decay: 0.0, ..ADAMW }),
            ["0.9", "-0.9", "0.819696", "-0.873366", "0.798625", "-0.852778"],
        ),
        (by_adamw(&ADAMW), ["0.89", "-0.89", "0.800796", "-0.854466", "0.771717", "-0.825334"]),
    ];
    for (found, stated) in rows {
        found.as_flattened().iter().zip(stated).for_each(|(it, stated)| assert_stated(*it, stated));
    }
    let mut gradients = [array![3.0, 0.0].into_dyn(), array![0.0, 4.0, 12.0].into_dyn()];
    let views = gradients.iter_mut().map(|it| it.view_mut()).collect();
    assert_eq!(clip_global_norm(views, 6.5), 13.0);
    assert_eq!(gradients, [array![1.5, 0.0].into_dyn(), array![0.0, 2.0, 6.0].into_dyn()]);
    let stated = [
        "0", "0.25", "0.5", "0.75", "1", "0.965746", "0.868198", "0.722208", "0.55", "0.377792",
        "0.231802", "0.134254", "0.1", "0.1",
    ];
    for (t, stated) in stated.into_iter().enumerate() {
        assert_stated(warmup_cosine(t, 1.0, 0.1, 4, 12), stated);
    }
}

/// A mean that keeps a quarter, and a wave between 5 and 2.
#[test]
fn the_similar_cases() {
    let (mut a, mut weights) = (0.0, 0.0);
    for expected in [6.0, 7.5, 7.875] {
        a = 0.25 * a + 0.75 * 8.0;
        weights = 0.25 * weights + 0.75;
        assert_eq!((a, a / weights), (expected, 8.0));
    }
    assert_eq!(((5.0 + 2.0) / 2.0, (5.0 - 2.0) / 2.0), (3.5, 1.5));
    assert_eq!([3.5 + 1.5 * 0_f64.cos(), 3.5 + 1.5 * PI.cos()], [5.0, 2.0]);
    assert_stated(1.0 - 0.999, "0.001");
    assert_eq!(format!("{:.11}", 1.0_f32 - 0.999), "0.00099998713");
    assert_relative_eq!(1.0 / (1.0 - 0.999), 1000.0, max_relative = 1e-12);
}

/// The first step of Adam is η with the sign of the gradient, whatever its size.
#[test]
fn the_length_of_the_first_step() {
    for gradient in [1e-5, 1e5, -3.0] {
        let mut w = one(0.0);
        let mut moments = Moments { steps: 0, m: one(0.0), s: one(0.0) };
        let settings = AdamW { epsilon: 1e-12, ..ADAMW };
        let parameters = w.iter_mut().map(|it| it.view_mut()).collect();
        adamw_step(parameters, &[one(gradient)[0].view()], &mut moments, &settings, 0.1);
        assert_relative_eq!(w[0][0], -0.1 * f64::signum(gradient), max_relative = 1e-6);
    }
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    fn there_and_back<F: NdFloat>(x: F) -> (f64, F) {
        let double = x.to_f64().unwrap();
        let x = double / 4.0;
        (double, F::from(x).unwrap())
    }
    let (mut p, q) = (array![1.0, 2.0], array![3.0, -1.0]);
    let (two, half) = there_and_back(2.0);
    Zip::from(&mut p).and(&q).for_each(|p, &q| *p += two * q);
    assert_eq!((p, half), (array![7.0, 0.0], 0.5));
    assert_eq!(q.fold(0.0, |sum, x| sum + x.powi(3)), 26.0);
    let (beta, t): (f64, usize) = (0.5, 3);
    assert_eq!(beta.powf(t as f64), 0.125);
    let (ps, qs) = (vec![1, 2, 3], vec![4]);
    assert_eq!(ps.into_iter().zip(qs).count(), 1, "the shorter one decides");
    let mut rows = array![[1.0, 2.0], [3.0, 4.0]];
    rows -= &array![[1.0, 1.0]];
    assert_eq!(rows, array![[0.0, 1.0], [2.0, 3.0]]);
    let mut gradient = array![1.0, 2.0];
    gradient *= 0.5;
    assert_eq!(gradient, array![0.5, 1.0]);
    let nan = std::hint::black_box(f64::NAN);
    assert!(!(nan > 1.0) && !(nan <= 1.0));
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let parameters = 124_439_808.0;
    let (read, written) = (4.0, 3.0);
    assert_eq!(4.0 * (read + written), 28.0);
    // β₁·m; + (1 − β₁)·g; β₂·s; + (1 − β₂)·g²; √s; its stretch and ε; the decay; the quotient taken off.
    let (read, written): (usize, usize) = (1 + 2 + 1 + 2 + 1 + 1 + 1 + 3, 8);
    assert_eq!((read, written, 4 * (read + written)), (12, 8, 80));
    assert_eq!((3 + 4 + 7, 14.0 / 28.0), (14, 0.5));
    assert_stated(4.0 * parameters / 1e9, "0.50");
    assert_stated(16.0 * parameters / 1e9, "1.99");
    for (bytes, stated, time) in
        [(28.0, "3.48", "1.7"), (80.0, "9.96", "4.9"), (4.0, "0.50", "0.2"), (8.0, "1.00", "0.5")]
    {
        assert_stated(bytes * parameters / 1e9, stated);
        assert_stated(1e3 * bytes * parameters / 2.039e12, time);
    }
    assert_stated(14.0 * parameters / 1e9, "1.74");
    assert_stated(1e3 * 14.0 * parameters / 19.5e12, "0.09");
}

#[test]
fn the_worked_example() {
    let (mut w, mut m, mut s) = (1.0_f64, 0.0, 0.0);
    let stated = [
        ["0.05", "0.1", "0.5", "0.00025", "0.001", "0.25", "0.5", "0.1", "0.01", "0.89"],
        [
            "0.055",
            "0.19",
            "0.289474",
            "0.00025975",
            "0.001999",
            "0.129940",
            "0.360472",
            "0.080304",
            "0.0089",
            "0.800796",
        ],
        [
            "0.0195",
            "0.271",
            "0.071956",
            "0.00034949",
            "0.002997",
            "0.116613",
            "0.341487",
            "0.021071",
            "0.008008",
            "0.771717",
        ],
    ];
    for (t, (stated, g)) in (1..).zip(stated.into_iter().zip([0.5, 0.1, -0.3])) {
        m = 0.9 * m + 0.1 * g;
        s = 0.999 * s + 0.001 * g * g;
        let (of_m, of_s): (f64, f64) = (1.0 - 0.9_f64.powi(t), 1.0 - 0.999_f64.powi(t));
        let root = (s / of_s).sqrt();
        let (taken, decayed) = (0.1 * (m / of_m) / (root + 1e-8), 0.01 * w);
        w -= taken + decayed;
        let found = [m, of_m, m / of_m, s, of_s, s / of_s, root, taken, decayed, w];
        found.into_iter().zip(stated).for_each(|(it, stated)| assert_stated(it, stated));
    }
    let right = by_adamw(&ADAMW);
    assert_relative_eq!(w, right[2][0], max_relative = 1e-12);
}

#[test]
fn the_answers_are_what_the_page_says() {
    // Decay after the step.
    assert_stated((1.0 - 0.1) * (1.0 - 0.01), "0.891");
    assert_relative_eq!(0.001 * 0.01 * 0.001, 1e-8, max_relative = 1e-12);
    assert_relative_eq!(1e-8_f64.sqrt(), 1e-4, max_relative = 1e-12);
    // A counter that goes up for each tensor: the second one's first step.
    assert_stated(1.0 - 0.9_f64.powi(2), "0.19");
    assert_stated(1.0 - 0.999_f64.powi(2), "0.001999");
    let [of_m, of_s]: [f64; 2] = [0.1 / 0.19, 0.001 / 0.001999];
    assert_stated(of_m / of_s.sqrt(), "0.74");
    // What is left of the way when no gradient comes any more.
    assert_relative_eq!((1..200).map(|t| 0.9_f64.powi(t)).sum::<f64>(), 9.0, max_relative = 1e-8);
    assert_stated(0.999_f64.sqrt(), "0.9995");
}

/// The derivation's blocks, as they stand in the solution.
#[test]
fn the_derivation_shows_the_solution() {
    let solution = include_str!("../src/lib.rs");
    let blocks = include_str!("../derivation.md").split("```rust\n").skip(1);
    for line in blocks.flat_map(|it| it.split("```").next().unwrap_or_default().lines()) {
        assert!(solution.contains(line), "the solution has no line {line}");
    }
    // Steps of equal gradients, and of gradients that alternate.
    let limit = |sign: f64| (0..400).fold(0.0, |v, t: i32| 0.9 * v + sign.powi(t)).abs();
    assert_relative_eq!(limit(1.0), 10.0, max_relative = 1e-12);
    assert_relative_eq!(limit(-1.0), 1.0 / 1.9, max_relative = 1e-12);
    assert_eq!((1.0 - 1.0 / 16.0) * 8.0, 7.5);
    // In the first step with β₂ = 0.999, a wrong variant's ε counts 31.6 times.
    assert_stated(0.001_f64.sqrt().recip(), "31.6");
}
