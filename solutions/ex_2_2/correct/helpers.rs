//! A small function for every step and every local derivative, in modules, and as methods of the
//! lesson's own types.

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

mod linear {
    pub fn value(w: f64, x: f64, b: f64) -> f64 {
        w * x + b
    }

    pub fn by_weight(x: f64) -> f64 {
        x
    }

    pub const BY_BIAS: f64 = 1.0;
}

mod tanh {
    pub fn value(z: f64) -> f64 {
        z.tanh()
    }

    pub fn derivative(z: f64) -> f64 {
        1.0 - value(z).powi(2)
    }
}

mod squared_error {
    pub fn value(a: f64, y: f64) -> f64 {
        (y - a).powi(2) * 0.5
    }

    pub fn derivative(a: f64, y: f64) -> f64 {
        -(y - a)
    }
}

impl Forward {
    fn new(z: f64, y: f64) -> Self {
        let a = tanh::value(z);
        Self { z, a, loss: squared_error::value(a, y) }
    }

    fn backward(&self, x: f64, y: f64) -> Gradients {
        let da = squared_error::derivative(self.a, y);
        let dz = tanh::derivative(self.z) * da;
        Gradients { da, dz, dw: linear::by_weight(x) * dz, db: linear::BY_BIAS * dz }
    }
}

/// The forward pass of one tanh neuron with input `x`, weight `w`, bias `b` and target `y`.
pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
    Forward::new(linear::value(w, x, b), y)
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    forward(x, w, b, y).backward(x, y)
}
