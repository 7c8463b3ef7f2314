//! Iterator chains over rows and elements, which the lesson counts as loops.

use ndarray::{Array1, Array2, ArrayView1, Axis, array};

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

/// One number for each sample.
fn column(numbers: impl Iterator<Item = f64>) -> Array2<f64> {
    numbers.collect::<Array1<f64>>().insert_axis(Axis(1))
}

/// The forward pass of one tanh neuron over a batch: inputs `x` (B, d_in), weights `w` (1, d_in),
/// bias `b` (1) and targets `y` (B, 1). B is at least 1.
pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
    let of_sample =
        |sample: ArrayView1<f64>| sample.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() + b[0];
    let z = column(x.outer_iter().map(of_sample));
    let a = column(z.iter().map(|z| z.tanh()));
    let losses = a.iter().zip(y).map(|(a, y)| 0.5 * (a - y).powi(2));
    let loss = losses.sum::<f64>() / x.nrows() as f64;
    Forward { z, a, loss }
}

/// The backward pass from what `forward` computed for the inputs `x` (B, d_in) and the targets `y`
/// (B, 1).
pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
    let samples = x.nrows() as f64;
    let da = column(forward.a.iter().zip(y).map(|(a, y)| (a - y) / samples));
    let dz = column(da.iter().zip(&forward.a).map(|(da, a)| da * (1.0 - a * a)));
    let over_samples =
        |inputs: ArrayView1<f64>| inputs.iter().zip(&dz).fold(0.0, |sum, (x, dz)| sum + x * dz);
    let dw: Array1<f64> = x.columns().into_iter().map(over_samples).collect();
    let db = array![dz.iter().sum()];
    Gradients { da, dz, dw: dw.insert_axis(Axis(0)), db }
}
