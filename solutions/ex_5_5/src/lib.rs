//! Lesson 5.5, solved: the bigram model and perplexity.

use std::f64::consts::LN_2;

use ex_4_4::cross_entropy;
use ex_5_4::{embed, embed_backward};
use ndarray::{Array2, Axis, NdFloat};

/// How often each id comes behind each other one (V, V): entry (i, j) counts the places where j follows i.
///
/// # Panics
/// When an id that has a neighbour is not below V.
pub fn counts(ids: &[usize], vocabulary: usize) -> Array2<usize> {
    let mut counts = Array2::zeros((vocabulary, vocabulary));
    for pair in ids.windows(2) {
        let largest = pair[0].max(pair[1]);
        assert!(largest < vocabulary, "id {largest} is not one of {vocabulary}");
        counts[[pair[0], pair[1]]] += 1;
    }
    counts
}

/// The probabilities P (V, V) of the next id, with α added to each of the `counts` (V, V). A row that would be 0/0
/// has 1/V everywhere.
///
/// # Panics
/// When α is negative or NaN.
pub fn probabilities(counts: &Array2<usize>, alpha: f64) -> Array2<f64> {
    assert!(alpha >= 0.0, "α is {alpha}, and a count is at least 0");
    let mut p = counts.mapv(|count| count as f64 + alpha);
    for mut row in p.outer_iter_mut() {
        let sum = row.sum();
        if sum > 0.0 {
            row /= sum;
        } else {
            // Where α goes to 0.
            row.fill(1.0 / counts.ncols() as f64);
        }
    }
    p
}

/// The ids that something follows, and the ids that follow them.
fn pairs(ids: &[usize]) -> (&[usize], &[usize]) {
    assert!(ids.len() > 1, "there is nothing to predict: the first id has none before it");
    (&ids[..ids.len() - 1], &ids[1..])
}

/// The mean of −ln p (V, V) over all ids but the first, each predicted from the one before.
///
/// # Panics
/// When there are fewer than two ids.
pub fn nll(p: &Array2<f64>, ids: &[usize]) -> f64 {
    let (x, y) = pairs(ids);
    let sum: f64 = x.iter().zip(y).map(|(&x, &y)| -p[[x, y]].ln()).sum();
    sum / y.len() as f64
}

/// The loss of the logits `w` (V, V), whose row i predicts what comes behind i, and dL/dW (V, V). `x` are N ids,
/// and `y` the N ids that follow them; the loss is the mean of the N cross-entropies.
///
/// # Panics
/// When there is no id, when `x` and `y` have different lengths, or when an id is not below V.
pub fn bigram_backward<F: NdFloat>(w: &Array2<F>, x: &[usize], y: &[usize]) -> (F, Array2<F>) {
    // A single text of N tokens: the table is as wide as it is high.
    let x = Array2::from_shape_fn((1, x.len()), |(_, at)| x[at]);
    let z = embed(w, &x).index_axis_move(Axis(0), 0);
    let (loss, dz) = cross_entropy(&z, y);
    (loss, embed_backward(&dz.insert_axis(Axis(0)), &x, w.nrows()))
}

/// Trains the logits `w` (V, V) on all neighbours of `ids`, by so many steps of gradient descent with this rate.
/// Gives the new logits, and the loss before the first step and after each.
///
/// # Panics
/// When there are fewer than two ids, or when the rate is not finite.
pub fn train(w: &Array2<f64>, ids: &[usize], steps: usize, rate: f64) -> (Array2<f64>, Vec<f64>) {
    assert!(rate.is_finite(), "the learning rate is {rate}");
    let (x, y) = pairs(ids);
    let mut w = w.clone();
    let mut curve = Vec::new();
    for _ in 0..steps {
        let (loss, dw) = bigram_backward(&w, x, y);
        curve.push(loss);
        w.scaled_add(-rate, &dw);
    }
    curve.push(bigram_backward(&w, x, y).0);
    (w, curve)
}

/// The perplexity over several batches: `losses` are their mean losses, `tokens` how many predictions each of them
/// has.
///
/// # Panics
/// When the two have different lengths, or when there is no prediction.
pub fn perplexity(losses: &[f64], tokens: &[usize]) -> f64 {
    assert_eq!(losses.len(), tokens.len(), "every batch has a loss and a number of predictions");
    let count: usize = tokens.iter().sum();
    assert!(count > 0, "the mean of no prediction is not defined");
    let sum: f64 = losses.iter().zip(tokens).map(|(loss, &tokens)| loss * tokens as f64).sum();
    (sum / count as f64).exp()
}

/// Bits for each byte of a text: `nll` is the mean loss over its `tokens` predictions, and `bytes` is how long it
/// is.
///
/// # Panics
/// When there is no byte.
pub fn bits_per_byte(nll: f64, tokens: usize, bytes: usize) -> f64 {
    assert!(bytes > 0, "a text without a byte has no bits for each");
    nll * tokens as f64 / (LN_2 * bytes as f64)
}
