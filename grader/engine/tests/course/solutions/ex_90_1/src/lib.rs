//! Lesson 90.1, solved: the softplus neuron.

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
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    let z = b + w * x;
    let a = z.max(0.0) + (-z.abs()).exp().ln_1p();
    let loss = (a - y).powi(2) / 2.0;
    Forward { z, a, loss }
}

/// The backward pass for the same arguments.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    let Forward { z, a, .. } = forward(x, w, b, y);
    let dz = (a - y) / (1.0 + (-z).exp());
    let dw = x * dz;
    let db = dz;
    Gradients { dz, dw, db }
}
