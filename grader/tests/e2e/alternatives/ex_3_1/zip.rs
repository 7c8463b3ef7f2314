//! Element-wise steps fused with `Zip` and `azip!`; the sums over inputs and samples are matrix products.

use ndarray::{Array1, Array2, Axis, Zip, azip};

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

/// The forward pass of one tanh neuron over a batch: inputs `x` (B, d_in), weights `w` (1, d_in),
/// bias `b` (1) and targets `y` (B, 1). B is at least 1.
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
    let z = x.dot(&w.t()) + b;
    let mut a = Array2::zeros(z.dim());
    azip!((a in &mut a, &z in &z) *a = z.tanh());
    let loss = Zip::from(&a).and(y).fold(0.0, |sum, a, y| sum + 0.5 * (a - y).powi(2));
    Forward { z, a, loss: loss / x.nrows() as f64 }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let samples = x.nrows() as f64;
    let da = Zip::from(&forward.a).and(y).map_collect(|a, y| (a - y) / samples);
    let dz = Zip::from(&da).and(&forward.a).map_collect(|da, a| da * (1.0 - a * a));
    let dw = dz.t().dot(x);
    let db = dz.sum_axis(Axis(0));
    Gradients { da, dz, dw, db }
}
