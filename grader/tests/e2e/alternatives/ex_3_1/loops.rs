//! Explicit loops over samples and inputs: right, but not the form that is asked for.

use ndarray::{Array1, Array2};

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
    let (samples, d_in) = x.dim();
    let mut z = Array2::zeros((samples, 1));
    let mut a = Array2::zeros((samples, 1));
    let mut loss = 0.0;
    for i in 0..samples {
        z[[i, 0]] = b[0];
        for k in 0..d_in {
            z[[i, 0]] += w[[0, k]] * x[[i, k]];
        }
        a[[i, 0]] = z[[i, 0]].tanh();
        loss += (a[[i, 0]] - y[[i, 0]]).powi(2) / 2.0;
    }
    Forward { z, a, loss: loss / samples as f64 }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let (samples, d_in) = x.dim();
    let mut da = Array2::zeros((samples, 1));
    let mut dz = Array2::zeros((samples, 1));
    let mut dw = Array2::zeros((1, d_in));
    let mut db = Array1::zeros(1);
    for i in 0..samples {
        let a = forward.a[[i, 0]];
        da[[i, 0]] = (a - y[[i, 0]]) / samples as f64;
        dz[[i, 0]] = da[[i, 0]] * (1.0 - a * a);
        for k in 0..d_in {
            dw[[0, k]] += dz[[i, 0]] * x[[i, k]];
        }
        db[0] += dz[[i, 0]];
    }
    Gradients { da, dz, dw, db }
}
