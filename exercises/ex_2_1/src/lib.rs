//! Lesson 2.1: backprop by hand. The brief is in this folder's `README.md`.
//!
//! Replace each `todo!` by a number; four correct digits are enough.

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
        Example::First => todo!("first example: multiply w by x, then add b"),
        Example::Second => todo!("second example: multiply w by x, then add b"),
    }
}

/// The activation a = tanh(z).
pub fn a(example: Example) -> f64 {
    match example {
        Example::First => todo!("first example: take tanh of z"),
        Example::Second => todo!("second example: take tanh of z"),
    }
}

/// The loss L = ½(a − y)².
pub fn loss(example: Example) -> f64 {
    match example {
        Example::First => todo!("first example: square a − y, then halve it"),
        Example::Second => todo!("second example: square a − y, then halve it"),
    }
}

/// dL/da.
pub fn da(example: Example) -> f64 {
    match example {
        Example::First => todo!("first example: take the derivative of the loss by a"),
        Example::Second => todo!("second example: take the derivative of the loss by a"),
    }
}

/// dL/dz.
pub fn dz(example: Example) -> f64 {
    match example {
        Example::First => todo!("first example: multiply dL/da by the derivative of tanh at z"),
        Example::Second => todo!("second example: multiply dL/da by the derivative of tanh at z"),
    }
}

/// dL/dw.
pub fn dw(example: Example) -> f64 {
    match example {
        Example::First => todo!("first example: multiply dL/dz by ∂z/∂w"),
        Example::Second => todo!("second example: multiply dL/dz by ∂z/∂w"),
    }
}

/// dL/db.
pub fn db(example: Example) -> f64 {
    match example {
        Example::First => todo!("first example: multiply dL/dz by ∂z/∂b"),
        Example::Second => todo!("second example: multiply dL/dz by ∂z/∂b"),
    }
}
