//! Lesson 6.2: multi-head attention, and keys that heads share. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_5_6::{rope, rope_backward};
#[allow(unused_imports)]
use ex_6_1::{BatchCache, attention_batch, attention_batch_backward};
#[allow(unused_imports)]
use ndarray::{Array1, Array2, Array3, Array4, Axis, NdFloat, linalg::general_mat_mul};

/// A linear layer as weights, or the gradients of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<F: NdFloat> {
    /// (d_out, d_in).
    pub w: Array2<F>,
    /// (d_out), where the layer has a bias.
    pub b: Option<Array1<F>>,
}

/// The outputs Y = X·Wᵀ, plus b where there is one: `x` (N, d_in) gives (N, d_out).
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn linear<F: NdFloat>(x: &Array2<F>, weights: &Linear<F>) -> Array2<F> {
    todo!("the layer of lesson 4.1, with a bias where there is one")
}

/// dL/dX (N, d_in) of `linear`, from the upstream gradient `dy` = dL/dY (N, d_out). Adds dL/dW and dL/db to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn linear_backward<F: NdFloat>(
    dy: &Array2<F>,
    x: &Array2<F>,
    weights: &Linear<F>,
    gradients: &mut Linear<F>,
) -> Array2<F> {
    todo!("dL/dW and dL/db are added to what is there, and dL/dX is given back")
}

/// The four linear layers of multi-head attention, as weights or as gradients. With H heads of d numbers, G of them
/// with keys and values:
#[derive(Debug, Clone, PartialEq)]
pub struct Attention<F: NdFloat> {
    /// Makes the queries: W is (H·d, D).
    pub q: Linear<F>,
    /// Makes the keys: W is (G·d, D).
    pub k: Linear<F>,
    /// Makes the values: W is (G·d, D).
    pub v: Linear<F>,
    /// Mixes the outputs of all heads: W is (D, H·d).
    pub o: Linear<F>,
}

/// How the rows are shared out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heads {
    /// H, the number of heads.
    pub heads: usize,
    /// G, the number of heads that have keys and values of their own. H/G neighbours share them.
    pub kv_heads: usize,
    /// The base of the turns of queries and keys (lesson 5.6); `None` turns nothing.
    pub rope: Option<f64>,
}

/// The rows of `x` (B·T, H·d) head by head: (B, H, T, d).
///
/// # Panics
/// When the rows are not `batch` sequences of one length, or the columns not `heads` heads of one width.
#[allow(unused_variables)]
pub fn split<F: NdFloat>(x: &Array2<F>, batch: usize, heads: usize) -> Array4<F> {
    todo!("first give each of the four indices an axis, then change their order")
}

/// The inverse of `split`: (B, H, T, d) as rows (B·T, H·d).
#[allow(unused_variables)]
pub fn merge<F: NdFloat>(x: &Array4<F>) -> Array2<F> {
    todo!("the steps of `split`, backwards")
}

/// What the backward pass of `multi_head` needs of the forward pass.
#[allow(dead_code)]
#[derive(Debug, Clone)]
pub struct MultiHeadCache<F: NdFloat> {
    // Or any other fields: nobody else looks at them.
    x: Array2<F>,
    inputs: [Array3<F>; 3],
    weights: BatchCache<F>,
    merged: Array2<F>,
}

/// Causal multi-head attention: the rows `x` (B·T, D) of `batch` sequences give Y (B·T, D), and what the backward
/// pass needs. Positions count from 0 in each sequence.
///
/// # Panics
/// When the shapes do not fit, or when `heads` is not a multiple of `kv_heads`.
#[allow(unused_variables)]
pub fn multi_head<F: NdFloat>(
    x: &Array2<F>,
    weights: &Attention<F>,
    heads: &Heads,
    batch: usize,
) -> (Array2<F>, MultiHeadCache<F>) {
    todo!("project, split, turn, attend, merge, project")
}

/// dL/dX (B·T, D) of `multi_head`, from the upstream gradient `dy` = dL/dY (B·T, D). Adds the gradients of the four
/// layers to `gradients`.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn multi_head_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &MultiHeadCache<F>,
    weights: &Attention<F>,
    heads: &Heads,
    gradients: &mut Attention<F>,
) -> Array2<F> {
    todo!("the same steps backwards; X went into three layers")
}
