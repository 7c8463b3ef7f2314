//! The chain rule as the running product of a list of local derivatives.

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
    let z: f64 = [w * x, b].iter().sum();
    let a = z.tanh();
    Forward { z, a, loss: 0.5 * (a - y).abs().powf(2.0) }
}

/// The backward pass: run the forward pass, then walk it in reverse with the chain rule.
pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
    let a = forward(x, w, b, y).a;
    let local = [a - y, 1.0 - a.powi(2), x];
    let mut upstream = local.iter().scan(1.0, |product, factor| {
        *product *= factor;
        Some(*product)
    });
    let [da, dz, dw] = std::array::from_fn(|_| upstream.next().unwrap_or_default());
    Gradients { da, dz, dw, db: dz }
}
