//! Lesson 4.4: softmax and cross-entropy. The brief is in this folder's `README.md`.

use ndarray::{Array2, NdFloat};

/// The probabilities P (N, V) of `z` (N, V): each row is a distribution. Right for logits up to ±10⁴; a logit
/// of −∞ has the probability 0, and a row with a NaN is NaN.
#[allow(unused_variables)]
pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    todo!("row by row: exponentials that cannot overflow, divided by their sum")
}

/// dL/dZ (N, V) from the upstream gradient `dp` = dL/dP (N, V) and the output `p` (N, V) of `softmax`.
#[allow(unused_variables)]
pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
    todo!("each z of a row moves all p of the row: which sum over the row comes back?")
}

/// The logarithms of the probabilities of `z` (N, V), also where a probability is too small to be a number.
#[allow(unused_variables)]
pub fn log_softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    todo!("take the logarithm of the quotient on paper, before anything underflows")
}

/// dL/dZ (N, V) from the upstream gradient `dlogp` (N, V) of `log_softmax`, and `p` (N, V), the output of
/// `softmax`.
#[allow(unused_variables)]
pub fn log_softmax_backward<F: NdFloat>(dlogp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
    todo!("log p_i is z_i minus something that every z of the row moves")
}

/// The mean of −log p of the targets over the N rows of `z` (N, V), and its gradient dL/dZ (N, V). Row i has
/// the class `targets[i]`.
///
/// # Panics
/// When there is no row, when there are not as many targets as rows, or when a target is not below V.
#[allow(unused_variables)]
pub fn cross_entropy<F: NdFloat>(z: &Array2<F>, targets: &[usize]) -> (F, Array2<F>) {
    todo!("check the targets; then loss and gradient of each row, and the mean")
}
