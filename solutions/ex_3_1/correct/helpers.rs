//! A module for each step, with its value and its way back.

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

mod linear {
    use ndarray::{Array1, Array2, Axis};

    pub fn value(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t()) + b
    }

    pub fn back(dz: &Array2<f64>, x: &Array2<f64>) -> (Array2<f64>, Array1<f64>) {
        (dz.t().dot(x), dz.sum_axis(Axis(0)))
    }
}

mod tanh {
    use ndarray::Array2;

    pub fn value(z: &Array2<f64>) -> Array2<f64> {
        z.tanh()
    }

    pub fn back(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        da - da * a.pow2()
    }
}

mod mean_squared_error {
    use ndarray::Array2;

    pub fn value(a: &Array2<f64>, y: &Array2<f64>) -> f64 {
        (a - y).pow2().mean().map_or(0.0, |mean| mean / 2.0)
    }

    pub fn back(a: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
        (a - y) / a.len() as f64
    }
}

impl Forward {
    fn from_z(z: Array2<f64>, y: &Array2<f64>) -> Self {
        let a = tanh::value(&z);
        let loss = mean_squared_error::value(&a, y);
        Self { z, a, loss }
    }
}

/// The forward pass of one tanh neuron over a batch: inputs `x` (B, d_in), weights `w` (1, d_in),
/// bias `b` (1) and targets `y` (B, 1). B is at least 1.
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
    Forward::from_z(linear::value(x, w, b), y)
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let da = mean_squared_error::back(&forward.a, y);
    let dz = tanh::back(&da, &forward.a);
    let (dw, db) = linear::back(&dz, x);
    Gradients { da, dz, dw, db }
}
