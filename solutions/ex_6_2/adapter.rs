//! What crosses of lesson 6.2: attention with many heads, whose cache does not leave a call.

use ndarray::{Array2, NdFloat};

/// Y.
pub fn multi_head<F: NdFloat>(
    x: &Array2<F>,
    weights: &learner::Attention<F>,
    heads: &learner::Heads,
    batch: usize,
) -> Array2<F> {
    learner::multi_head(x, weights, heads, batch).0
}

/// dL/dX, and what becomes of the gradients that are there.
pub fn multi_head_backward<F: NdFloat>(
    x: &Array2<F>,
    weights: &learner::Attention<F>,
    heads: &learner::Heads,
    batch: usize,
    dy: &Array2<F>,
    mut gradients: learner::Attention<F>,
) -> (Array2<F>, learner::Attention<F>) {
    let (_, cache) = learner::multi_head(x, weights, heads, batch);
    let dx = learner::multi_head_backward(dy, &cache, weights, heads, &mut gradients);
    (dx, gradients)
}

/// Two batches through one layer: both forward passes, then the backward pass of the second, then that of the
/// first. Gives both dL/dX, and the gradients of both together.
pub fn two_passes(
    x: [Array2<f64>; 2],
    weights: &learner::Attention<f64>,
    heads: &learner::Heads,
    batches: [usize; 2],
    dy: [Array2<f64>; 2],
    mut gradients: learner::Attention<f64>,
) -> ([Array2<f64>; 2], learner::Attention<f64>) {
    let [first, second] =
        [0, 1].map(|at| learner::multi_head(&x[at], weights, heads, batches[at]).1);
    let of_second = learner::multi_head_backward(&dy[1], &second, weights, heads, &mut gradients);
    let of_first = learner::multi_head_backward(&dy[0], &first, weights, heads, &mut gradients);
    ([of_first, of_second], gradients)
}
