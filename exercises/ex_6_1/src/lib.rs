//! Lesson 6.1: causal attention. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_4_4::{softmax, softmax_backward};
#[allow(unused_imports)]
use ndarray::{Array2, Array3, Axis, NdFloat, linalg::general_mat_mul};

/// By hand: the scores of the three keys.
pub fn scores() -> [f64; 3] {
    todo!("three dot products, scaled")
}

/// By hand: the weights of the three keys, softmax of their scores.
pub fn weights() -> [f64; 3] {
    todo!("the softmax of the three scores")
}

/// By hand: the output, the values added up by their weights.
pub fn output() -> [f64; 2] {
    todo!("add the three values up by their weights")
}

/// By hand: dL/da of the three weights.
pub fn d_weights() -> [f64; 3] {
    todo!("how much does the loss follow each weight?")
}

/// By hand: dL/ds of the three scores.
pub fn d_scores() -> [f64; 3] {
    todo!("back through the softmax")
}

/// Which keys each query may see (T, S), where the queries are the last T of S tokens: the last query sees all keys,
/// and each one before it one key less.
///
/// # Panics
/// When there are fewer keys than queries.
#[allow(unused_variables)]
pub fn mask(queries: usize, keys: usize) -> Array2<bool> {
    todo!("which is the last key that query t may see, where the last query sees all?")
}

/// What the backward pass of `attention` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct AttentionCache<F: NdFloat> {
    /// The weights A (T, S): row t says how much of each value goes into output t.
    pub a: Array2<F>,
}

/// The outputs O (T, e) of queries `q` (T, d) over keys `k` (S, d) and values `v` (S, e), and what the backward pass
/// needs. Where it is `causal`, each query sees the keys that `mask` names, else all of them.
///
/// # Panics
/// When the shapes do not fit, and when it is causal and there are fewer keys than queries.
#[allow(unused_variables)]
pub fn attention<F: NdFloat>(
    q: &Array2<F>,
    k: &Array2<F>,
    v: &Array2<F>,
    causal: bool,
) -> (Array2<F>, AttentionCache<F>) {
    todo!("scores, softmax, values; what becomes of a key that may not be seen?")
}

/// dL/dQ (T, d), dL/dK (S, d) and dL/dV (S, e), from the upstream gradient `d_o` = dL/dO (T, e), and from inputs and
/// cache of `attention`.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn attention_backward<F: NdFloat>(
    d_o: &Array2<F>,
    q: &Array2<F>,
    k: &Array2<F>,
    v: &Array2<F>,
    cache: &AttentionCache<F>,
) -> (Array2<F>, Array2<F>, Array2<F>) {
    todo!("two products to dL/dV and dL/dA, then back through the softmax, then two more")
}

/// What the backward pass of `attention_batch` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct BatchCache<F: NdFloat> {
    /// The weights A (N, T, S).
    pub a: Array3<F>,
}

/// `attention` of each of N heads by itself: `q` (N, T, d), `k` (N, S, d) and `v` (N, S, e) give O (N, T, e).
///
/// # Panics
/// As `attention`.
#[allow(unused_variables)]
pub fn attention_batch<F: NdFloat>(
    q: &Array3<F>,
    k: &Array3<F>,
    v: &Array3<F>,
    causal: bool,
) -> (Array3<F>, BatchCache<F>) {
    todo!("the same for each head; nothing crosses from one to another")
}

/// dL/dQ (N, T, d), dL/dK (N, S, d) and dL/dV (N, S, e), from the upstream gradient `d_o` = dL/dO (N, T, e), and from
/// inputs and cache of `attention_batch`.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn attention_batch_backward<F: NdFloat>(
    d_o: &Array3<F>,
    q: &Array3<F>,
    k: &Array3<F>,
    v: &Array3<F>,
    cache: &BatchCache<F>,
) -> (Array3<F>, Array3<F>, Array3<F>) {
    todo!("the same for each head")
}
