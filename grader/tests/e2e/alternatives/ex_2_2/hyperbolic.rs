//! The derivative of tanh as 1/cosh², and the square of the loss multiplied out.

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

/// The forward pass of one tanh neuron with input `x`, weight `w`, bias `b` and target `y`.
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    let z = b + w * x;
    let a = z.tanh();
    let loss = (a * a - 2.0 * a * y + y * y) / 2.0;
    Forward { z, a, loss }
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    let z = b + w * x;
    let sech = z.cosh().recip();
    let da = z.tanh() - y;
    let dz = da * sech * sech;
    Gradients { da, dz, dw: dz * x, db: dz }
}
