//! The one neuron as vectors: columns of length B, and products of a matrix and a vector.

use ndarray::{Array1, Array2, Axis};

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
    let z = x.dot(&w.row(0)) + b[0];
    let a = z.mapv(f64::tanh);
    let residual = &a - &y.column(0);
    let loss = residual.dot(&residual) / 2.0 / residual.len() as f64;
    Forward { z: z.insert_axis(Axis(1)), a: a.insert_axis(Axis(1)), loss }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let a = forward.a.column(0);
    let da = (&a - &y.column(0)) / a.len() as f64;
    let dz = &da - &da * &a * a;
    let dw = dz.dot(x).insert_axis(Axis(0));
    let db = Array1::from_elem(1, dz.sum());
    Gradients { da: da.insert_axis(Axis(1)), dz: dz.insert_axis(Axis(1)), dw, db }
}
