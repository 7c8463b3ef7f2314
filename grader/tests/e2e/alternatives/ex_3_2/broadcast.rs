//! Products as a broadcast over three axes and a sum over one, as `einsum` would have it.

use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Σ over n of left(m, n)·right(n, p).
fn contracted(left: ArrayView2<f64>, right: ArrayView2<f64>) -> Array2<f64> {
    (&left.insert_axis(Axis(2)) * &right.insert_axis(Axis(0))).sum_axis(Axis(1))
}

/// The forward pass Z = X·Wᵀ + b: inputs `x` (B, d_in), weights `w` (d_out, d_in) and bias `b`
/// (d_out) give Z (B, d_out).
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    contracted(x.view(), w.t()) + b
}

/// dL/dX (B, d_in), from the upstream gradient `dz` = dL/dZ (B, d_out) and the weights `w`
/// (d_out, d_in).
pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
    contracted(dz.view(), w.view())
}

/// dL/dW (d_out, d_in), from the upstream gradient `dz` = dL/dZ (B, d_out) and the inputs `x`
/// (B, d_in).
pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    contracted(dz.t(), x.view())
}

/// dL/db (d_out), from the upstream gradient `dz` = dL/dZ (B, d_out).
pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
    dz.sum_axis(Axis(0))
}

/// A product of two matrices of the layer, as candidates for dL/dW. The upstream gradient is dL/dZ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// X·Wᵀ.
    InputTimesWeightTransposed,
    /// dL/dZ·W.
    UpstreamTimesWeight,
    /// Xᵀ·dL/dZ.
    InputTransposedTimesUpstream,
    /// (dL/dZ)ᵀ·X.
    UpstreamTransposedTimesInput,
}

/// How the samples of a batch of 32 become one dL/dW, where L is the mean of their losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// One gradient for each sample, sample by sample, then the average of the 32.
    SampleBySampleThenAverage,
    /// One matrix product of the upstream gradient and the inputs, then a division by 32.
    OneProductThenAverage,
    /// One matrix product of the upstream gradient and the inputs, and nothing after it.
    OneProduct,
}

/// Question: which product is dL/dW?
pub fn weight_gradient_product() -> Product {
    Product::UpstreamTransposedTimesInput
}

/// Question: which shape has dL/dW for a batch of `batch` samples, `d_in` inputs and `d_out`
/// outputs? The course asks for 32 samples and one output.
pub fn weight_gradient_shape(_batch: usize, d_in: usize, d_out: usize) -> (usize, usize) {
    (d_out, d_in)
}

/// Question: the batch has 32 samples, and the upstream gradient dL/dZ comes from the mean loss of
/// lesson 3.1. How does dL/dW come about in this lesson's layer?
pub fn batch_reduction() -> Reduction {
    Reduction::OneProduct
}
