//! What the tests of other courses accept of the six broken trainings, for `docs/other-courses.md`.

use ex_4_2::{AdamW, Moments, adamw_step, zeros_like};
use ex_4_4::cross_entropy;
use ex_6_5::Fault;
use gradcheck::random;
use ndarray::{Array1, Array2, ArrayView1, ArrayViewD};

#[path = "../model.rs"]
mod model;

use model::{Model, Weights};

const VOCABULARY: usize = 256;
const WIDTH: usize = 32;

impl Weights {
    /// As GPT-2 starts: a deviation of 0.02, and gains of 1.
    fn fresh() -> Self {
        let matrix = |seed, rows| -> Array2<f64> {
            random::<f64, _>((rows, WIDTH), seed) * 0.02 * 3.0_f64.sqrt()
        };
        let gain = || Array1::ones(WIDTH);
        Self { table: matrix(1, VOCABULARY), layer: matrix(2, WIDTH), gains: [gain(), gain()] }
    }

    fn views(&self) -> [ArrayViewD<'_, f64>; 4] {
        let [first, last] = &self.gains;
        [
            self.table.view().into_dyn(),
            self.layer.view().into_dyn(),
            first.view().into_dyn(),
            last.view().into_dyn(),
        ]
    }

    /// True where each number is within this distance of the other's.
    fn is_near(&self, other: &Self, most: f64) -> bool {
        let pairs = self.views().into_iter().zip(other.views());
        pairs.into_iter().all(|(a, b)| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < most))
    }
}

/// Sequences of equal length.
type Batch = Vec<Vec<usize>>;

/// So many sequences, each of so many ids.
fn batch(seed: u64, sequences: usize, length: usize) -> Batch {
    let id = |it: f64| ((it + 1.0) / 2.0 * VOCABULARY as f64) as usize;
    let ids = random::<f64, _>((sequences, length), seed).mapv(id);
    ids.rows().into_iter().map(|row| row.to_vec()).collect()
}

/// A program that trains such a model.
#[derive(Clone, Copy)]
struct Program(Fault);

impl Program {
    fn model(self) -> Model {
        Model { fault: self.0, epsilon: 1e-5 }
    }

    /// The loss that it reports of an evaluation.
    fn evaluate(self, weights: &Weights, batch: &Batch) -> f64 {
        let of = |ids: &Vec<usize>| {
            let (x, y) = self.model().pairs(ids);
            let is_dropped = self.0 == Fault::DropoutInEvaluation;
            cross_entropy(&self.model().forward(weights, x, is_dropped).logits, y).0
        };
        batch.iter().map(of).sum::<f64>() / batch.len() as f64
    }

    /// A step of AdamW on tables and matrices, and one on gains, which only the fault lets decay.
    fn step(self, weights: &mut Weights, gradient: &Weights, state: &mut State, rate: f64) {
        let [table, layer, first, last] = gradient.views();
        let adamw = |decay| AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay };
        let Weights { table: e, layer: w, gains: [g1, g2] } = weights;
        let matrices = vec![e.view_mut().into_dyn(), w.view_mut().into_dyn()];
        adamw_step(matrices, &[table, layer], &mut state.matrices, &adamw(state.decay), rate);
        let decay = if self.0 == Fault::DecayOnNorms { state.decay } else { 0.0 };
        let gains = vec![g1.view_mut().into_dyn(), g2.view_mut().into_dyn()];
        adamw_step(gains, &[first, last], &mut state.gains, &adamw(decay), rate);
    }

    /// The loss before the first of so many steps on one batch, and after each.
    fn trained(self, weights: &mut Weights, batch: &Batch, run: Training) -> Vec<f64> {
        let mut state = State::new(weights, run.decay);
        let mut losses = Vec::new();
        for _ in 0..run.steps {
            let (loss, gradient) = self.model().loss_and_gradient(weights, batch);
            losses.push(loss);
            self.step(weights, &gradient, &mut state, run.rate);
        }
        losses.push(self.model().loss_and_gradient(weights, batch).0);
        losses
    }
}

#[derive(Clone, Copy)]
struct Training {
    steps: usize,
    rate: f64,
    decay: f64,
}

/// What AdamW remembers.
struct State {
    matrices: Moments<f64>,
    gains: Moments<f64>,
    decay: f64,
}

impl State {
    fn new(weights: &Weights, decay: f64) -> Self {
        let views = weights.views();
        let moments = |of: &[ArrayViewD<f64>]| {
            let zeros = || zeros_like(of);
            Moments { steps: 0, m: zeros(), s: zeros() }
        };
        Self { matrices: moments(&views[..2]), gains: moments(&views[2..]), decay }
    }
}

const HEALTHY: Program = Program(Fault::None);

/// Logits and loss of a batch within 0.01, each number of the gradient within 0.02; then ten steps with a rate of 10⁻⁴
/// and a decay of 0.01, each with a loss within 0.01.
fn llm_c(program: Program) -> bool {
    let (weights, batch) = (Weights::fresh(), batch(3, 4, 33));
    let near = |a: f64, b: f64, most: f64| (a - b).abs() < most;
    let logits = |it: Program| it.model().forward(&weights, &batch[0][..32], false).logits;
    let same_logits = logits(program).iter().zip(&logits(HEALTHY)).all(|(a, b)| near(*a, *b, 1e-2));
    let [(loss, gradient), (right_loss, right)] =
        [program, HEALTHY].map(|it| it.model().loss_and_gradient(&weights, &batch));
    let ten = Training { steps: 10, rate: 1e-4, decay: 0.01 };
    let [losses, right_losses] =
        [program, HEALTHY].map(|it| it.trained(&mut weights.clone(), &batch, ten));
    same_logits
        && near(loss, right_loss, 1e-2)
        && gradient.is_near(&right, 2e-2)
        && losses.iter().zip(&right_losses).all(|(a, b)| near(*a, *b, 1e-2))
}

/// Logits within 10⁻⁴ and a hundredth of their size. The targets of the data, which are shifted once in all programs, and
/// a step of AdamW on a matrix alone are right.
fn cs336(program: Program) -> bool {
    let (weights, ids) = (Weights::fresh(), &batch(4, 1, 12)[0]);
    let logits = |it: Program| it.model().forward(&weights, ids, false).logits;
    let same_logits = logits(program)
        .iter()
        .zip(&logits(HEALTHY))
        .all(|(a, b)| (a - b).abs() <= 1e-4 + 1e-2 * b.abs());
    let gradient = HEALTHY.model().loss_and_gradient(&weights, &batch(5, 2, 9)).1;
    let [stepped, right] = [program, HEALTHY].map(|it| {
        let (mut weights, mut state) = (weights.clone(), State::new(&weights, 0.01));
        it.step(&mut weights, &gradient, &mut state, 1e-3);
        weights.layer
    });
    same_logits && stepped.iter().zip(&right).all(|(a, b)| (a - b).abs() <= 1e-4)
}

/// Two epochs without decay: the mean loss of training, and then the loss of an evaluation, each within 10⁻⁵.
fn cmu(program: Program) -> bool {
    let batch = batch(6, 16, 11);
    let run = Training { steps: 2, rate: 1e-2, decay: 0.0 };
    let losses = |it: Program| {
        let mut weights = Weights::fresh();
        let losses = it.trained(&mut weights, &batch, run);
        [(losses[0] + losses[1]) / 2.0, it.evaluate(&weights, &batch)]
    };
    let pairs = losses(program).into_iter().zip(losses(HEALTHY));
    pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-5 + 1e-5 * b)
}

/// A gradient that is not 0, and a step that moves each tensor; after 50 steps on one batch the loss has less than half of
/// what it had.
fn tinytorch(program: Program) -> bool {
    let batch = batch(7, 2, 9);
    let fresh = Weights::fresh();
    let gradient = program.model().loss_and_gradient(&fresh, &batch).1;
    let learns = gradient.views().iter().all(|it| it.iter().any(|it| *it != 0.0));
    let mut weights = fresh.clone();
    let run = Training { steps: 50, rate: 1e-2, decay: 0.0 };
    let losses = program.trained(&mut weights, &batch, run);
    let moved = weights.views().into_iter().zip(fresh.views()).all(|(a, b)| a != b);
    learns && moved && losses[10] < losses[0] && losses[50] < losses[0] / 2.0
}

const FAULTS: [(&str, Fault); 6] = [
    ("half tied gradient", Fault::HalfTiedGradient),
    ("double shift", Fault::DoubleShift),
    ("unequal accumulation", Fault::UnequalAccumulation),
    ("leak", Fault::Leak),
    ("dropout in the evaluation", Fault::DropoutInEvaluation),
    ("decay on norms", Fault::DecayOnNorms),
];

const HEADING: &str = "6.5 Six trainings that look fine";

/// The cells of the page's rows: whether each policy accepts a fault.
#[test]
fn the_six_faults() {
    let policies = [llm_c, cs336, cmu, tinytorch];
    assert!(policies.iter().all(|accepts| accepts(HEALTHY)));
    let row = |(name, fault): (&str, Fault)| {
        let cells =
            policies.map(|accepts| if accepts(Program(fault)) { "accepts" } else { "finds it" });
        format!("| {name} | {} |", cells.join(" | "))
    };
    let page = include_str!("../../../docs/other-courses.md");
    let section = page.lines().skip_while(|line| *line != format!("## {HEADING}")).skip(1);
    let section: Vec<_> = section.take_while(|line| !line.starts_with('#')).collect();
    let rows = FAULTS.map(row);
    let stated = section
        .into_iter()
        .filter(|line| FAULTS.iter().any(|(it, _)| line.starts_with(&format!("| {it} |"))));
    assert_eq!(stated.collect::<Vec<_>>(), rows, "the page's rows under {HEADING}");
}

/// The gradients of the healthy program are those of its loss.
#[test]
fn the_healthy_program_is_right() {
    let (weights, batch) = (Weights::fresh(), batch(8, 2, 6));
    let gradient = HEALTHY.model().loss_and_gradient(&weights, &batch).1;
    let direction = |seed, of: &Array2<f64>| random::<f64, _>(of.raw_dim(), seed);
    let (e, w) = (direction(9, &weights.table), direction(10, &weights.layer));
    let g: Array1<f64> = random(WIDTH, 11);
    let at = |step: f64| {
        let [first, last] = &weights.gains;
        let moved = Weights {
            table: &weights.table + &(step * &e),
            layer: &weights.layer + &(step * &w),
            gains: [first + &(step * &g), last - &(step * &g)],
        };
        HEALTHY.model().loss_and_gradient(&moved, &batch).0
    };
    let dot = |a: ArrayView1<f64>, b: ArrayView1<f64>| a.dot(&b);
    let of_gains =
        dot(gradient.gains[0].view(), g.view()) - dot(gradient.gains[1].view(), g.view());
    let slope = (&gradient.table * &e).sum() + (&gradient.layer * &w).sum() + of_gains;
    assert!(((at(1e-6) - at(-1e-6)) / 2e-6 - slope).abs() < 1e-5 * slope.abs().max(1.0));
}
