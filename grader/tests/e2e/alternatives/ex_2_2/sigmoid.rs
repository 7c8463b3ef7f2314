//! tanh and its derivative by way of the sigmoid: 2σ(2z) − 1, and 4σ(1 − σ).

/// What the forward pass computes. All fields are scalars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forward {
    /// The pre-activation z = w·x + b.
    pub z: f64,
    /// The activation a = tanh(z).
    pub a: f64,
    /// The loss L = ½(a − y)².
    pub loss: f64,
}

/// The gradients of the loss L. Each has the shape of what it is the gradient of: a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gradients {
    /// dL/da.
    pub da: f64,
    /// dL/dz.
    pub dz: f64,
    /// dL/dw.
    pub dw: f64,
    /// dL/db.
    pub db: f64,
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The forward pass of one tanh neuron with input `x`, weight `w`, bias `b` and target `y`.
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    let z = x * w + b;
    let a = 2.0 * sigmoid(2.0 * z) - 1.0;
    let loss = (a - y) * (a - y) / 2.0;
    Forward { z, a, loss }
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    let Forward { z, a, .. } = forward(x, w, b, y);
    let s = sigmoid(2.0 * z);
    let da = a - y;
    let dz = da * 4.0 * s * (1.0 - s);
    Gradients { da, dz, dw: x * dz, db: dz }
}
