//! A training loop of the learner's own beside the two functions, which themselves have none.

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
    let z = x.dot(&w.t()) + b;
    let a = z.mapv(f64::tanh);
    let loss = 0.5 * (&a - y).pow2().sum() / x.nrows() as f64;
    Forward { z, a, loss }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let da = (&forward.a - y) / x.nrows() as f64;
    let dz = &da * (1.0 - forward.a.pow2());
    let dw = dz.t().dot(x);
    let db = dz.sum_axis(Axis(0));
    Gradients { da, dz, dw, db }
}

/// The parameters after so many `steps` of gradient descent.
pub fn descend(
    x: &Array2<f64>,
    y: &Array2<f64>,
    (mut w, mut b): (Array2<f64>, Array1<f64>),
    rate: f64,
    steps: usize,
) -> (Array2<f64>, Array1<f64>) {
    for _ in 0..steps {
        let Gradients { dw, db, .. } = backward(x, y, &forward(x, &w, &b, y));
        w.scaled_add(-rate, &dw);
        b.scaled_add(-rate, &db);
    }
    (w, b)
}
