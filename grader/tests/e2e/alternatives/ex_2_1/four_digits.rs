//! Four digits, rounded: what a pocket calculator and a pencil give.

/// The two worked examples of one tanh neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// x = 2, w = −0.5, b = 1, y = 0.8.
    First,
    /// x = 1.5, w = 0.8, b = −0.7, y = −0.25.
    Second,
}

/// The pre-activation z = w·x + b.
pub fn z(example: Example) -> f64 {
    match example {
        Example::First => 0.0,
        Example::Second => 0.5,
    }
}

/// The activation a = tanh(z).
pub fn a(example: Example) -> f64 {
    match example {
        Example::First => 0.0,
        Example::Second => 0.4621,
    }
}

/// The loss L = ½(a − y)².
pub fn loss(example: Example) -> f64 {
    match example {
        Example::First => 0.32,
        Example::Second => 0.2536,
    }
}

/// dL/da.
pub fn da(example: Example) -> f64 {
    match example {
        Example::First => -0.8,
        Example::Second => 0.7121,
    }
}

/// dL/dz.
pub fn dz(example: Example) -> f64 {
    match example {
        Example::First => -0.8,
        Example::Second => 0.5600,
    }
}

/// dL/dw.
pub fn dw(example: Example) -> f64 {
    match example {
        Example::First => -1.6,
        Example::Second => 0.8401,
    }
}

/// dL/db.
pub fn db(example: Example) -> f64 {
    match example {
        Example::First => -0.8,
        Example::Second => 0.5600,
    }
}
