//! Nothing by hand: each step calls the one before it.

/// The two worked examples of one tanh neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// x = 2, w = −0.5, b = 1, y = 0.8.
    First,
    /// x = 1.5, w = 0.8, b = −0.7, y = −0.25.
    Second,
}

/// The inputs of an example.
struct Neuron {
    x: f64,
    w: f64,
    b: f64,
    y: f64,
}

impl From<Example> for Neuron {
    fn from(example: Example) -> Self {
        match example {
            Example::First => Self { x: 2.0, w: -0.5, b: 1.0, y: 0.8 },
            Example::Second => Self { x: 1.5, w: 0.8, b: -0.7, y: -0.25 },
        }
    }
}

/// The pre-activation z = w·x + b.
pub fn z(example: Example) -> f64 {
    let Neuron { x, w, b, .. } = example.into();
    w * x + b
}

/// The activation a = tanh(z).
pub fn a(example: Example) -> f64 {
    z(example).tanh()
}

/// The loss L = ½(a − y)².
pub fn loss(example: Example) -> f64 {
    da(example).powi(2) / 2.0
}

/// dL/da.
pub fn da(example: Example) -> f64 {
    a(example) - Neuron::from(example).y
}

/// dL/dz.
pub fn dz(example: Example) -> f64 {
    da(example) * (1.0 - a(example).powi(2))
}

/// dL/dw.
pub fn dw(example: Example) -> f64 {
    dz(example) * Neuron::from(example).x
}

/// dL/db.
pub fn db(example: Example) -> f64 {
    dz(example)
}
