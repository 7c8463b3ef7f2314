//! One accumulator for each gradient, which starts at zero and is updated in place.

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
    let mut forward = Forward { z: b, a: 0.0, loss: 0.0 };
    forward.z += w * x;
    forward.a += forward.z.tanh();
    forward.loss += forward.a - y;
    forward.loss *= forward.loss;
    forward.loss /= 2.0;
    forward
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    let Forward { a, .. } = forward(x, w, b, y);
    let mut gradients = Gradients { da: 0.0, dz: 0.0, dw: 0.0, db: 0.0 };
    gradients.da += a;
    gradients.da -= y;
    gradients.dz += gradients.da;
    gradients.dz -= gradients.da * a * a;
    gradients.dw += gradients.dz * x;
    gradients.db += gradients.dz;
    gradients
}
