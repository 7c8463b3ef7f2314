//! tanh from that of half the angle, a fused multiply-add, and 1 − a² as a product.

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

/// tanh(z) = 2t/(1 + t²) with t = tanh(z/2).
fn tanh(z: f64) -> f64 {
    let t = (0.5 * z).tanh();
    2.0 * t / t.mul_add(t, 1.0)
}

/// The forward pass of one tanh neuron with input `x`, weight `w`, bias `b` and target `y`.
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    let z = w.mul_add(x, b);
    let a = tanh(z);
    let residual = y - a;
    Forward { z, a, loss: residual * residual * 0.5 }
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    let a = forward(x, w, b, y).a;
    let da = a - y;
    let db = (1.0 - a) * (1.0 + a) * da;
    Gradients { da, dz: db, dw: db * x, db }
}
