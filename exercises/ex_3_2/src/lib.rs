//! Lesson 3.2: the linear layer. The brief is in this folder's `README.md`.

use ndarray::{Array1, Array2};

/// The forward pass Z = X·Wᵀ + b: inputs `x` (B, d_in), weights `w` (d_out, d_in) and bias `b`
/// (d_out) give Z (B, d_out).
#[allow(unused_variables)]
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    todo!("find the product that meets each sample with each neuron; b belongs in every row")
}

/// dL/dX (B, d_in), from the upstream gradient `dz` (B, d_out) and the weights `w` (d_out, d_in).
#[allow(unused_variables)]
pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
    todo!("write one dL/dx_ik as a sum; which product has the summed index on the inside?")
}

/// dL/dW (d_out, d_in), from the upstream gradient `dz` (B, d_out) and the inputs `x` (B, d_in).
#[allow(unused_variables)]
pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    todo!("write one dL/dw_jk as a sum; which product has the summed index on the inside?")
}

/// dL/db (d_out), from the upstream gradient `dz` = dL/dZ (B, d_out).
#[allow(unused_variables)]
pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
    todo!("which z_ij contain b_j? add up what comes back from them")
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
    todo!("answer with a variant of Product: its shape must be that of W")
}

/// Question: which shape has dL/dW for a batch of `batch` samples, `d_in` inputs and `d_out`
/// outputs? The course asks for 32 samples and one output.
#[allow(unused_variables)]
pub fn weight_gradient_shape(batch: usize, d_in: usize, d_out: usize) -> (usize, usize) {
    todo!("answer with (rows, columns)")
}

/// Question: the batch has 32 samples, and the upstream gradient dL/dZ comes from the mean loss of
/// lesson 3.1. How does this lesson's layer compute dL/dW?
pub fn batch_reduction() -> Reduction {
    todo!("answer with a variant of Reduction: who adds up the samples, and where is the 1/32?")
}
