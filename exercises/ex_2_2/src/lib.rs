//! Lesson 2.2: the scalar neuron in code. The brief is in this folder's `README.md`.

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
#[allow(unused_variables)]
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    todo!("compute z, then a from z, then the loss from a")
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
#[allow(unused_variables)]
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    todo!("start from how L follows a, and multiply by one local derivative for each step back")
}
