//! Lesson 90.1: the softplus neuron. The brief is in this folder's `README.md`.

/// What the forward pass computes. All fields are scalars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forward {
    /// The pre-activation z = w·x + b.
    pub z: f64,
    /// The activation a = ln(1 + eᶻ).
    pub a: f64,
    /// The loss L = ½(a − y)².
    pub loss: f64,
}

/// The gradients of the loss L. All fields are scalars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gradients {
    /// dL/dz.
    pub dz: f64,
    /// dL/dw.
    pub dw: f64,
    /// dL/db.
    pub db: f64,
}

/// The forward pass for the input `x`, the weight `w`, the bias `b` and the target `y`.
#[allow(unused_variables)]
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    todo!("compute z, then a, then the loss")
}

/// The backward pass for the same arguments.
#[allow(unused_variables)]
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    todo!("start from dL/da = a − y")
}
