//! tanh through eᶻ, its derivative from Z as 1/cosh², and the loss multiplied out.

use ndarray::{Array1, Array2, array};

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

/// tanh(z) = 1 − 2/(e²ᶻ + 1), which saturates where the exponential overflows.
fn tanh(z: f64) -> f64 {
    1.0 - 2.0 / ((2.0 * z).exp() + 1.0)
}

/// The sum of the products of two columns.
fn inner(one: &Array2<f64>, other: &Array2<f64>) -> f64 {
    one.t().dot(other)[[0, 0]]
}

/// The forward pass of one tanh neuron over a batch: inputs `x` (B, d_in), weights `w` (1, d_in),
/// bias `b` (1) and targets `y` (B, 1). B is at least 1.
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
    let z = b + &x.dot(&w.t());
    let a = z.map(|&z| tanh(z));
    // ½‖A − Y‖²/B
    let loss = (0.5 * inner(&a, &a) - inner(&a, y) + 0.5 * inner(y, y)) / x.nrows() as f64;
    Forward { z, a, loss }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let share = 1.0 / x.nrows() as f64;
    let da = share * &forward.a - share * y;
    let dz = &da / forward.z.mapv(f64::cosh).pow2();
    let dw = dz.t().dot(x);
    let db = array![inner(&dz, &Array2::ones(dz.dim()))];
    Gradients { da, dz, dw, db }
}
