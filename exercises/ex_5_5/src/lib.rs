//! Lesson 5.5: the bigram model and perplexity. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_4_4::cross_entropy;
#[allow(unused_imports)]
use ex_5_4::{embed, embed_backward};
use ndarray::{Array2, NdFloat};

/// How often each id comes behind each other one (V, V): entry (i, j) counts the places where j follows i.
///
/// # Panics
/// When an id that has a neighbour is not below V.
#[allow(unused_variables)]
pub fn counts(ids: &[usize], vocabulary: usize) -> Array2<usize> {
    todo!("one more for each pair of neighbours: which of the two names the row?")
}

/// The probabilities P (V, V) of the next id, with α added to each of the `counts` (V, V). A row that would be 0/0
/// has 1/V everywhere.
///
/// # Panics
/// When α is negative or NaN.
#[allow(unused_variables)]
pub fn probabilities(counts: &Array2<usize>, alpha: f64) -> Array2<f64> {
    todo!("each row divided by a sum, so that it adds up to 1")
}

/// The mean of −ln p (V, V) over all ids but the first, each predicted from the one before.
///
/// # Panics
/// When there are fewer than two ids.
#[allow(unused_variables)]
pub fn nll(p: &Array2<f64>, ids: &[usize]) -> f64 {
    todo!("how many predictions are there?")
}

/// The loss of the logits `w` (V, V), whose row i predicts what comes behind i, and dL/dW (V, V). `x` are N ids,
/// and `y` the N ids that follow them; the loss is the mean of the N cross-entropies.
///
/// # Panics
/// When there is no id, when `x` and `y` have different lengths, or when an id is not below V.
#[allow(unused_variables)]
pub fn bigram_backward<F: NdFloat>(w: &Array2<F>, x: &[usize], y: &[usize]) -> (F, Array2<F>) {
    todo!("look up the logits of each id, then the loss, then the way back into the table")
}

/// Trains the logits `w` (V, V) on all neighbours of `ids`, by so many steps of gradient descent with this rate.
/// Gives the new logits, and the loss before the first step and after each.
///
/// # Panics
/// When there are fewer than two ids, or when the rate is not finite.
#[allow(unused_variables)]
pub fn train(w: &Array2<f64>, ids: &[usize], steps: usize, rate: f64) -> (Array2<f64>, Vec<f64>) {
    todo!("what is the input, what is the target, and which way is down?")
}

/// The perplexity over several batches: `losses` are their mean losses, `tokens` how many predictions each of them
/// has.
///
/// # Panics
/// When the two have different lengths, or when there is no prediction.
#[allow(unused_variables)]
pub fn perplexity(losses: &[f64], tokens: &[usize]) -> f64 {
    todo!("the mean over all predictions first, the exponential last")
}

/// Bits for each byte of a text: `nll` is the mean loss over its `tokens` predictions, and `bytes` is how long it
/// is.
///
/// # Panics
/// When there is no byte.
#[allow(unused_variables)]
pub fn bits_per_byte(nll: f64, tokens: usize, bytes: usize) -> f64 {
    todo!("all of the text's surprise, in bits, shared among its bytes")
}
