//! Lesson 6.5, solved: debugging a run: six broken trainings.

use std::ops::Range;

use ex_4_4::cross_entropy;
use ndarray::{Array1, Array2, s};

/// What a tensor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rows of tokens, at both ends of the model.
    Table,
    /// What tokens are multiplied by.
    Matrix,
    /// The gain of a norm.
    Gain,
}

/// A tensor of a model, whose weights all stand in one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, for people.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// Where it begins in the list.
    pub start: usize,
    /// One past its last number.
    pub end: usize,
}

/// What is wrong with a training program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The table at both ends of the model gets the gradient of one end alone.
    HalfTiedGradient,
    /// Each token predicts the one after the next: the targets are shifted twice.
    DoubleShift,
    /// Documents of unequal length are accumulated as if they were equally long.
    UnequalAccumulation,
    /// A token sees what comes after it.
    Leak,
    /// Dropout is on in the evaluation.
    DropoutInEvaluation,
    /// Weight decay pulls the gains of norms towards 0.
    DecayOnNorms,
}

/// A training program from outside: what it can be asked.
pub trait Program {
    /// The tensors, in the order of their weights.
    fn tensors(&self) -> Vec<Tensor>;

    /// The weights before the first step.
    fn weights(&self) -> Array1<f64>;

    /// The documents that it trains on, as ids. They are not equally long.
    fn documents(&self) -> Vec<Vec<usize>>;

    /// The logits (T, V) of a model with these weights, whose row t predicts what follows id t.
    fn logits(&self, weights: &Array1<f64>, ids: &[usize]) -> Array2<f64>;

    /// The gradient that it trains with, accumulated over these documents: each of them is a micro-batch.
    fn gradient(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> Array1<f64>;

    /// The weights after a step of its optimiser with this gradient.
    fn step(&self, weights: &Array1<f64>, gradient: &Array1<f64>) -> Array1<f64>;

    /// The loss that it reports of an evaluation.
    fn evaluate(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64;
}

/// The loss that a language model is to have: the mean of −ln p over all predictions of all documents, in which each id
/// but the last predicts the next one.
///
/// # Panics
/// When a document has fewer than two ids, or when there is none.
pub fn next_token_loss(logits: &dyn Fn(&[usize]) -> Array2<f64>, documents: &[Vec<usize>]) -> f64 {
    let (mut sum, mut predictions) = (0.0, 0);
    for ids in documents {
        assert!(ids.len() > 1, "a document of {} ids has no prediction", ids.len());
        let (x, y) = (&ids[..ids.len() - 1], &ids[1..]);
        sum += cross_entropy(&logits(x), y).0 * y.len() as f64;
        predictions += y.len();
    }
    assert!(predictions > 0, "there is no document");
    sum / predictions as f64
}

/// How far a loss is from that of a model that knows nothing, as a share of the latter: 0 where they are equal, positive
/// where it is larger.
///
/// # Panics
/// When there are fewer than two ids to choose from.
pub fn beyond_chance(loss: f64, vocabulary: usize) -> f64 {
    assert!(vocabulary > 1, "of {vocabulary} ids, the next one is known");
    loss / (vocabulary as f64).ln() - 1.0
}

/// What each row of the logits depends on (T, T): entry (i, j) is true where another id j, the next one of V, gives row i
/// other numbers.
///
/// # Panics
/// When V is less than two.
pub fn influence(
    logits: &dyn Fn(&[usize]) -> Array2<f64>,
    ids: &[usize],
    vocabulary: usize,
) -> Array2<bool> {
    assert!(vocabulary > 1, "there is no other id");
    let before = logits(ids);
    let mut depends = Array2::from_elem((ids.len(), ids.len()), false);
    for changed in 0..ids.len() {
        let mut others = ids.to_vec();
        others[changed] = (others[changed] + 1) % vocabulary;
        let after = logits(&others);
        // To the bit: a leak may be small.
        for (row, (before, after)) in before.outer_iter().zip(after.outer_iter()).enumerate() {
            depends[[row, changed]] = before != after;
        }
    }
    depends
}

/// The length of each tensor's part of a list.
fn length(list: &Array1<f64>, tensor: &Tensor) -> f64 {
    let part = list.slice(s![tensor.start..tensor.end]);
    part.dot(&part).sqrt()
}

/// The norm of each tensor's gradient: the root of the sum of the squares.
pub fn norms(gradient: &Array1<f64>, tensors: &[Tensor]) -> Vec<f64> {
    tensors.iter().map(|tensor| length(gradient, tensor)).collect()
}

/// How far a step moves each tensor, by the tensor's own size: the norm of the change over the norm before. It is 0
/// where nothing moves.
pub fn update_ratios(before: &Array1<f64>, after: &Array1<f64>, tensors: &[Tensor]) -> Vec<f64> {
    let change = after - before;
    let ratio = |tensor| match length(&change, tensor) {
        0.0 => 0.0,
        moved => moved / length(before, tensor),
    };
    tensors.iter().map(ratio).collect()
}

/// How fast a loss changes from `weights` along `direction`, by a central difference: `epsilon` times the direction to
/// both sides.
pub fn slope(
    loss: &dyn Fn(&Array1<f64>) -> f64,
    weights: &Array1<f64>,
    direction: &Array1<f64>,
    epsilon: f64,
) -> f64 {
    let at = |distance: f64| loss(&(weights + &(direction * distance)));
    (at(epsilon) - at(-epsilon)) / (2.0 * epsilon)
}

/// The length of the steps of differences.
const EPSILON: f64 = 1e-5;

/// The numbers of the tensors whose `gradient` is not that of the loss, in order. A group of tensors is right where the
/// slope of the loss along their part of `direction` is that which the gradient says, to `tolerance`. A group that is
/// wrong is halved.
pub fn wrong_tensors(
    loss: &dyn Fn(&Array1<f64>) -> f64,
    weights: &Array1<f64>,
    gradient: &Array1<f64>,
    direction: &Array1<f64>,
    tensors: &[Tensor],
    tolerance: f64,
) -> Vec<usize> {
    let is_right = |group: &[Tensor]| {
        let mut along = Array1::zeros(direction.len());
        for part in group.iter().map(|tensor| s![tensor.start..tensor.end]) {
            along.slice_mut(part).assign(&direction.slice(part));
        }
        (slope(loss, weights, &along, EPSILON) - gradient.dot(&along)).abs() <= tolerance
    };
    let all = 0..tensors.len();
    let (mut wrong, mut groups) = (Vec::new(), vec![all]);
    while let Some(group) = groups.pop() {
        match group.len() {
            0 => {}
            _ if is_right(&tensors[group.clone()]) => {}
            1 => wrong.push(group.start),
            _ => groups.extend(halves(group)),
        }
    }
    wrong
}

/// The second half first: what is put on a stack last comes first.
fn halves(group: Range<usize>) -> [Range<usize>; 2] {
    let middle = usize::midpoint(group.start, group.end);
    [middle..group.end, group.start..middle]
}

/// The loss before the first of so many steps on one batch, and after each. `step` gives the weights after one.
pub fn overfit(
    loss: &dyn Fn(&Array1<f64>) -> f64,
    step: &dyn Fn(&Array1<f64>) -> Array1<f64>,
    weights: &Array1<f64>,
    steps: usize,
) -> Vec<f64> {
    let mut weights = weights.clone();
    let mut curve = vec![loss(&weights)];
    for _ in 0..steps {
        weights = step(&weights);
        curve.push(loss(&weights));
    }
    curve
}

/// What is wrong with a program.
pub fn diagnose(program: &dyn Program) -> Fault {
    if sees_ahead(program) {
        Fault::Leak
    } else if moves_gains(program) {
        Fault::DecayOnNorms
    } else {
        // What trains on other targets may evaluate on them too.
        match of_gradient(program) {
            Fault::None if reports_another_loss(program) => Fault::DropoutInEvaluation,
            fault => fault,
        }
    }
}

fn sees_ahead(program: &dyn Program) -> bool {
    let weights = program.weights();
    let logits = |ids: &[usize]| program.logits(&weights, ids);
    program.documents().iter().any(|ids| {
        let vocabulary = logits(ids).ncols();
        influence(&logits, ids, vocabulary).indexed_iter().any(|((row, id), is)| *is && id > row)
    })
}

/// Whether an evaluation reports another loss than that of the program's own logits.
fn reports_another_loss(program: &dyn Program) -> bool {
    let (weights, documents) = (program.weights(), program.documents());
    let own = next_token_loss(&|ids| program.logits(&weights, ids), &documents);
    (program.evaluate(&weights, &documents) - own).abs() > TOLERANCE
}

/// Whether a step moves a gain where no gradient asks for it.
fn moves_gains(program: &dyn Program) -> bool {
    let (weights, tensors) = (program.weights(), program.tensors());
    let after = program.step(&weights, &Array1::zeros(weights.len()));
    let ratios = update_ratios(&weights, &after, &tensors);
    tensors.iter().zip(ratios).any(|(tensor, ratio)| tensor.kind == Kind::Gain && ratio > 0.0)
}

/// How far a loss, or a slope, may be off by rounding.
const TOLERANCE: f64 = 1e-6;

/// The fault that explains which gradients are wrong, and on which documents.
fn of_gradient(program: &dyn Program) -> Fault {
    let (weights, documents, tensors) = (program.weights(), program.documents(), program.tensors());
    // Of both signs, and nowhere the same for long.
    let direction = Array1::from_shape_fn(weights.len(), |at| (at as f64).sin());
    let wrong = |documents: &[Vec<usize>]| {
        let loss =
            |weights: &Array1<f64>| next_token_loss(&|ids| program.logits(weights, ids), documents);
        let gradient = program.gradient(&weights, documents);
        wrong_tensors(&loss, &weights, &gradient, &direction, &tensors, TOLERANCE)
    };
    // With one document, nothing is accumulated.
    let alone = wrong(&documents[..1]);
    if alone.iter().any(|&at| tensors[at].kind != Kind::Table) {
        Fault::DoubleShift
    } else if !alone.is_empty() {
        Fault::HalfTiedGradient
    } else if !wrong(&documents).is_empty() {
        Fault::UnequalAccumulation
    } else {
        Fault::None
    }
}
