// The caches stay in the learner's crate: what attention keeps is nobody else's business.

use ex_6_2::Heads;
use learner::Block;
use ndarray::{Array2, NdFloat};

/// Y (B·T, D) of `block`.
pub fn block<F: NdFloat>(
    x: &Array2<F>,
    weights: &Block<F>,
    heads: &Heads,
    epsilon: f64,
    batch: usize,
) -> Array2<F> {
    learner::block(x, weights, heads, epsilon, batch).0
}

/// dL/dX (B·T, D) of `block`, whose gradients are added to `gradients`. Another forward pass comes in between.
pub fn block_backward<F: NdFloat>(
    dy: &Array2<F>,
    x: &Array2<F>,
    weights: &Block<F>,
    heads: &Heads,
    gradients: &mut Block<F>,
    epsilon: f64,
    batch: usize,
) -> Array2<F> {
    let (_, cache) = learner::block(x, weights, heads, epsilon, batch);
    learner::block(dy, weights, heads, epsilon, batch);
    learner::block_backward(dy, &cache, weights, heads, gradients)
}
