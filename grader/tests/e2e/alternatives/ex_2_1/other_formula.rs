//! In closed form, with other identities: tanh ½ = (e − 1)/(e + 1), and 1/cosh² for 1 − a².

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
        Example::First => 1.0 + 2.0 / -2.0,
        Example::Second => 12.0 / 10.0 - 7.0 / 10.0,
    }
}

/// The activation a = tanh(z).
pub fn a(example: Example) -> f64 {
    let e = std::f64::consts::E;
    match example {
        Example::First => 0.0,
        Example::Second => (e - 1.0) / (e + 1.0),
    }
}

/// The loss L = ½(a − y)², multiplied out.
pub fn loss(example: Example) -> f64 {
    let (a, y) = (a(example), target(example));
    0.5 * a * a - a * y + 0.5 * y * y
}

/// dL/da.
pub fn da(example: Example) -> f64 {
    -(target(example) - a(example))
}

/// dL/dz.
pub fn dz(example: Example) -> f64 {
    da(example) / z(example).cosh().powi(2)
}

/// dL/dw.
pub fn dw(example: Example) -> f64 {
    match example {
        Example::First => 2.0 * dz(Example::First),
        Example::Second => 1.5 * dz(Example::Second),
    }
}

/// dL/db.
pub fn db(example: Example) -> f64 {
    dz(example)
}

fn target(example: Example) -> f64 {
    match example {
        Example::First => 4.0 / 5.0,
        Example::Second => -1.0 / 4.0,
    }
}
