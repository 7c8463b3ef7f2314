//! Lesson 6.5: debugging a run: six broken trainings. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_4_4::cross_entropy;
use ndarray::{Array1, Array2};

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
#[allow(unused_variables)]
pub fn next_token_loss(logits: &dyn Fn(&[usize]) -> Array2<f64>, documents: &[Vec<usize>]) -> f64 {
    todo!(
        "all but the last id go in, all but the first are predicted: over what is the mean taken?"
    )
}

/// How far a loss is from that of a model that knows nothing, as a share of the latter: 0 where they are equal, positive
/// where it is larger.
///
/// # Panics
/// When there are fewer than two ids to choose from.
#[allow(unused_variables)]
pub fn beyond_chance(loss: f64, vocabulary: usize) -> f64 {
    todo!("what is the loss of V equal probabilities?")
}

/// What each row of the logits depends on (T, T): entry (i, j) is true where another id j, the next one of V, gives row i
/// other numbers.
///
/// # Panics
/// When V is less than two.
#[allow(unused_variables)]
pub fn influence(
    logits: &dyn Fn(&[usize]) -> Array2<f64>,
    ids: &[usize],
    vocabulary: usize,
) -> Array2<bool> {
    todo!("change one id at a time: which rows are no longer the same, to the bit?")
}

/// The norm of each tensor's gradient: the root of the sum of the squares.
#[allow(unused_variables)]
pub fn norms(gradient: &Array1<f64>, tensors: &[Tensor]) -> Vec<f64> {
    todo!("the numbers of each tensor stand from its start to its end")
}

/// How far a step moves each tensor, by the tensor's own size: the norm of the change over the norm before. It is 0
/// where nothing moves.
#[allow(unused_variables)]
pub fn update_ratios(before: &Array1<f64>, after: &Array1<f64>, tensors: &[Tensor]) -> Vec<f64> {
    todo!("how long is the change, and how long was the tensor?")
}

/// How fast a loss changes from `weights` along `direction`, by a central difference: `epsilon` times the direction to
/// both sides.
#[allow(unused_variables)]
pub fn slope(
    loss: &dyn Fn(&Array1<f64>) -> f64,
    weights: &Array1<f64>,
    direction: &Array1<f64>,
    epsilon: f64,
) -> f64 {
    todo!("a central difference, along a line")
}

/// The numbers of the tensors whose `gradient` is not that of the loss, in order. A group of tensors is right where the
/// slope of the loss along their part of `direction` is that which the gradient says, to `tolerance`. A group that is
/// wrong is halved.
#[allow(unused_variables)]
pub fn wrong_tensors(
    loss: &dyn Fn(&Array1<f64>) -> f64,
    weights: &Array1<f64>,
    gradient: &Array1<f64>,
    direction: &Array1<f64>,
    tensors: &[Tensor],
    tolerance: f64,
) -> Vec<usize> {
    todo!(
        "ask the slope of a whole group first: what do you know when it is right, and what when it is not?"
    )
}

/// The loss before the first of so many steps on one batch, and after each. `step` gives the weights after one.
#[allow(unused_variables)]
pub fn overfit(
    loss: &dyn Fn(&Array1<f64>) -> f64,
    step: &dyn Fn(&Array1<f64>) -> Array1<f64>,
    weights: &Array1<f64>,
    steps: usize,
) -> Vec<f64> {
    todo!("one number more than there are steps")
}

/// What is wrong with a program.
#[allow(unused_variables)]
pub fn diagnose(program: &dyn Program) -> Fault {
    todo!("which measurement tells two faults apart that another one does not?")
}
