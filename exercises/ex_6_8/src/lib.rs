//! Lesson 6.8: evaluation. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_4_4::log_softmax;
use ndarray::Array2;

/// A part of a text that the model reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where its first id stands in the text.
    pub start: usize,
    /// Behind its last id. The model reads ids `start..end` and predicts ids `start + 1..=end`.
    pub end: usize,
    /// How many of its predictions count: the last ones.
    pub scored: usize,
}

/// What an evaluation found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// The sum of −ln p over all predictions, in nats.
    pub nll: f64,
    /// How many predictions there are.
    pub tokens: usize,
}

/// The windows of a text of `count` ids, of at most `size` ids each. Every id but the first is predicted and counts in
/// exactly one window. It is predicted from at least `context` ids, or from all that stand before it. Windows begin
/// equally far apart, as far as that allows; the last one may be shorter.
///
/// # Panics
/// When there are fewer than two ids, when `context` is 0, or when it is larger than `size`.
#[allow(unused_variables)]
pub fn windows(count: usize, size: usize, context: usize) -> Vec<Window> {
    todo!(
        "the first id that does not count yet: which ids must stand before it in the next window?"
    )
}

/// The surprise of a model at a text, over `windows`. The model takes T ids and gives logits (T, V), whose row t
/// predicts what follows id t.
///
/// # Panics
/// As `windows`.
#[allow(unused_variables)]
pub fn evaluate(
    model: &dyn Fn(&[usize]) -> Array2<f64>,
    ids: &[usize],
    size: usize,
    context: usize,
) -> Evaluation {
    todo!("ask the model once for each window; which rows count, and what is the target of each?")
}

/// Bits for each byte that was predicted. `lengths` has the number of bytes of every token of the text.
///
/// # Panics
/// When there is not one token more than predictions, or when no byte was predicted.
#[allow(unused_variables)]
pub fn bits_per_byte(evaluation: &Evaluation, lengths: &[usize]) -> f64 {
    todo!("all bits, shared among the bytes of those tokens that were predicted")
}

/// ln of the probability that the model continues `prompt` with `answer`, both of which are ids.
///
/// # Panics
/// When one of the two is empty.
#[allow(unused_variables)]
pub fn log_likelihood(
    model: &dyn Fn(&[usize]) -> Array2<f64>,
    prompt: &[usize],
    answer: &[usize],
) -> f64 {
    todo!("what must the model have read to predict the last id of the answer?")
}

/// Which of the `answers` has the largest log-likelihood for each unit of its length. `lengths` has the lengths of all
/// answers, in whatever unit. Of equal ones it is the first.
///
/// # Panics
/// When there is no answer, when there are not as many lengths, when a length is 0, and as `log_likelihood`.
#[allow(unused_variables)]
pub fn choose(
    model: &dyn Fn(&[usize]) -> Array2<f64>,
    prompt: &[usize],
    answers: &[Vec<usize>],
    lengths: &[usize],
) -> usize {
    todo!("a long answer is a product of many probabilities: what makes it comparable?")
}

/// The mean of the values and how far it may be off: from the mean less `z` standard errors to the mean and `z` of
/// them.
///
/// # Panics
/// When there are fewer than two values.
#[allow(unused_variables)]
pub fn mean_interval(values: &[f64], z: f64) -> (f64, f64) {
    todo!("how far do the values scatter, and how far does their mean?")
}

/// The same for how much larger the values of `ours` are than those of `theirs`, where value i of both is of the same
/// text.
///
/// # Panics
/// When the two have different lengths, and as `mean_interval`.
#[allow(unused_variables)]
pub fn difference_interval(ours: &[f64], theirs: &[f64], z: f64) -> (f64, f64) {
    todo!("what is one value here?")
}

/// All p whose distance from the share correct/questions is at most `z` times √(p·(1 − p)/questions): from the least to
/// the largest. `z` is positive.
///
/// # Panics
/// When there is no question, or when more are right than there are.
#[allow(unused_variables)]
pub fn share_interval(correct: usize, questions: usize, z: f64) -> (f64, f64) {
    todo!("square both sides: which p solve the equation?")
}
