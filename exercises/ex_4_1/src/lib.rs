//! Lesson 4.1: initialisation, and the linear layer that trains. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ndarray::{Array1, Array2, Axis, NdFloat, linalg::general_mat_mul};

/// What the backward pass of `linear` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct LinearCache<F> {
    // Any other fields, if you need them: nobody else looks at them.
    #[allow(dead_code)]
    x: Array2<F>,
}

/// The forward pass Z = X·Wᵀ + b: inputs `x` (B, d_in), weights `w` (d_out, d_in) and bias `b` (d_out) give Z
/// (B, d_out), and what the backward pass needs.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn linear<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    b: &Array1<F>,
) -> (Array2<F>, LinearCache<F>) {
    todo!("Z starts with the bias, and the product is added to it; keep what dL/dW will need")
}

/// The backward pass, from the upstream gradient `dz` (B, d_out): gives dL/dX (B, d_in), and adds dL/dW to `dw`
/// (d_out, d_in) and dL/db to `db` (d_out).
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn linear_backward<F: NdFloat>(
    dz: &Array2<F>,
    cache: &LinearCache<F>,
    w: &Array2<F>,
    dw: &mut Array2<F>,
    db: &mut Array1<F>,
) -> Array2<F> {
    todo!("three gradients: one is given back, and two are added to what is there")
}

/// Weights (d_out, d_in) by Glorot and Bengio, of draws `u` (d_out, d_in) that are uniform in [0, 1): uniform
/// around 0, with the variance 1 over the mean of fan_in and fan_out, and then multiplied by `gain`.
#[allow(unused_variables)]
pub fn xavier_uniform(u: &Array2<f64>, gain: f64) -> Array2<f64> {
    todo!("how far out must a uniform distribution reach to have this deviation?")
}

/// Weights with the same variance, of draws `n` (d_out, d_in) of the standard normal distribution.
#[allow(unused_variables)]
pub fn xavier_normal(n: &Array2<f64>, gain: f64) -> Array2<f64> {
    todo!("both fans are in the shape of the draws: which axis is which?")
}

/// Weights (d_out, d_in) by He, of draws `n` (d_out, d_in) of the standard normal distribution: for leaky ReLU
/// with the slope `alpha` below 0.
#[allow(unused_variables)]
pub fn he_normal(n: &Array2<f64>, alpha: f64) -> Array2<f64> {
    todo!("which variance of the weights keeps the mean square, where half of it is lost?")
}

/// Weights as in GPT-2, for a layer whose outputs are added to the residual stream of a model with so many
/// `layers`: of draws `n` of the standard normal distribution.
///
/// # Panics
/// When there is no layer.
#[allow(unused_variables)]
pub fn gpt2_residual(n: &Array2<f64>, layers: usize) -> Array2<f64> {
    todo!("how many branches are added up in the residual stream?")
}

/// Weights of this `shape` from the normal distribution with this `deviation`, without what lies further out
/// than `limit` deviations. Takes the `draws` of the standard normal distribution in their order, and leaves those
/// out that are too far.
///
/// # Panics
/// When there are not enough draws.
#[allow(unused_variables)]
pub fn truncated_normal(
    draws: &[f64],
    shape: (usize, usize),
    deviation: f64,
    limit: f64,
) -> Array2<f64> {
    todo!("leave out, and do not cut: what becomes of a draw that is too far?")
}

/// Orthogonal weights of `g` (d_out, d_in), which has full rank: W·Wᵀ = 1 where there are fewer rows than
/// columns, else Wᵀ·W = 1. It is the Q of a QR decomposition whose R has a positive diagonal: of G, or of Gᵀ where
/// there are fewer rows than columns.
#[allow(unused_variables)]
pub fn orthogonal(g: &Array2<f64>) -> Array2<f64> {
    todo!("take off each vector what it has of those before it; rows or columns?")
}

/// The mean square of the activations after so many `layers` of this `width`, relative to that of the inputs.
/// Weights have mean 0 and this `variance`, biases are 0, and the activation is leaky ReLU with the slope `alpha`.
#[allow(unused_variables)]
pub fn second_moment_after(layers: usize, width: usize, variance: f64, alpha: f64) -> f64 {
    todo!("what does one layer make of it, and then so many?")
}
