//! Lesson 4.7: the loss of a language model. The brief is in this folder's `README.md`.

use ndarray::{Array1, Array2, NdFloat};

/// What the loss is made of, beside −log p of the targets.
#[derive(Debug, Clone)]
pub struct Options<F: NdFloat> {
    /// The target of rows that do not count. It may be a class, or no class at all.
    pub ignore: Option<usize>,
    /// The share ε of each target that is spread evenly over all classes, from 0 to 1.
    pub smoothing: F,
    /// The factor λ of the square of log Σ e^z; not negative.
    pub z_loss: F,
}

/// The largest logit of each row (N) in the chunks so far, −∞ before the first one, and the sum (N) of the
/// exponentials e^(z − max) of all of them, 0 before the first one.
#[derive(Debug, Clone)]
pub struct Running<F: NdFloat> {
    /// The largest logit so far.
    pub max: Array1<F>,
    /// The sum of e^(z − max) so far.
    pub sum: Array1<F>,
}

/// The targets (T − 1) of a text of T tokens, of which the first `prompt` are a question: the target of each token is
/// the next one. Targets that are part of the question are `ignore`, so that the answer alone is learned.
///
/// # Panics
/// When there is no token, or when the question is longer than the text.
#[allow(unused_variables)]
pub fn answer_targets(tokens: &[usize], prompt: usize, ignore: usize) -> Vec<usize> {
    todo!("the next token of each, unless it is part of the question")
}

/// The loss of the logits `z` (N, V), and its gradient dL/dZ (N, V): the mean over the rows that count of
/// −Σ q·log p + λ·(log Σ e^z)², where q is the smoothed target. A row that does not count has the gradient 0, whatever
/// its logits are; where none counts, the loss is 0.
///
/// # Panics
/// When there are not as many targets as rows, when a target is neither below V nor ignored, or when an option is out
/// of its range.
#[allow(unused_variables)]
pub fn language_loss<F: NdFloat>(
    z: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
) -> (F, Array2<F>) {
    todo!("log Σ e^z of each row; the loss of the rows that count; then the gradient")
}

/// Takes the logits `z` (N, C) of the next C classes in. A logit of −∞ adds nothing, also where there was no other
/// one so far.
///
/// # Panics
/// When `z` has not as many rows.
#[allow(unused_variables)]
pub fn add_chunk<F: NdFloat>(so_far: &Running<F>, z: &Array2<F>) -> Running<F> {
    todo!("a new maximum makes the old exponentials smaller")
}

/// The loss of the logits Z = X·Wᵀ of `x` (N, D) and the classes' weights `w` (V, D), with dL/dX (N, D) and dL/dW (V, D).
/// The logits of `chunk` classes at a time are in memory, and never all of them.
///
/// # Panics
/// As `language_loss`, when `x` and `w` have not the same number of columns, or when `chunk` is 0.
#[allow(unused_variables)]
pub fn chunked_loss<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
    chunk: usize,
) -> (F, Array2<F>, Array2<F>) {
    todo!("once through all chunks for log Σ e^z, and once more for the gradients")
}
