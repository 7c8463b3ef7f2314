//! The bias as the weight of a further input that is always 1: one product gives both gradients.

use ndarray::{Array1, Array2, Axis, concatenate, s};

/// What the forward pass computes for a batch of B samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    /// The pre-activations Z = X·Wᵀ + b, shape (B, 1).
    pub z: Array2<f64>,
    /// The activations A = tanh(Z), shape (B, 1).
    pub a: Array2<f64>,
    /// The loss L, the mean over the batch of ½(a − y)²: a scalar.
    pub loss: f64,
}

/// The gradients of the loss L. Each has the shape of what it is the gradient of.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// dL/dA, shape (B, 1).
    pub da: Array2<f64>,
    /// dL/dZ, shape (B, 1).
    pub dz: Array2<f64>,
    /// dL/dW, shape (1, d_in).
    pub dw: Array2<f64>,
    /// dL/db, shape (1).
    pub db: Array1<f64>,
}

/// The inputs with a column of ones after the last.
fn with_ones(x: &Array2<f64>) -> Array2<f64> {
    concatenate![Axis(1), x.view(), Array2::ones((x.nrows(), 1))]
}

/// The forward pass of one tanh neuron over a batch: inputs `x` (B, d_in), weights `w` (1, d_in),
/// bias `b` (1) and targets `y` (B, 1). B is at least 1.
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
    let parameters = concatenate![Axis(1), w.view(), b.view().insert_axis(Axis(1))];
    let z = with_ones(x).dot(&parameters.t());
    let a = z.mapv(f64::tanh);
    let loss = 0.5 * (&a - y).pow2().mean().unwrap_or(f64::NAN);
    Forward { z, a, loss }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let da = (&forward.a - y) / x.nrows() as f64;
    let dz = &da * (1.0 - forward.a.pow2());
    let gradient = dz.t().dot(&with_ones(x));
    let dw = gradient.slice(s![.., ..-1]).to_owned();
    let db = gradient.column(x.ncols()).to_owned();
    Gradients { da, dz, dw, db }
}
