//! The formulas of lesson 2.1.

const x: f64 = match example {
    Example::First => 2.0,
    Example::Second => 1.5,
};
const w: f64 = match example {
    Example::First => -0.5,
    Example::Second => 0.8,
};
const b: f64 = match example {
    Example::First => 1.0,
    Example::Second => -0.7,
};
const y: f64 = match example {
    Example::First => 0.8,
    Example::Second => -0.25,
};

fn z(example: Example) {
    let z = w * x + b;
}

fn a(example: Example) {
    let a = tanh(z);
}

fn loss(example: Example) {
    /// L
    let loss = 0.5 * (a - y).pow2();
}

fn da(example: Example) {
    let da = a - y;
}

fn dz(example: Example) {
    let dz = da * (1.0 - a.pow2());
}

fn dw(example: Example) {
    let dw = dz * x;
}

fn db(example: Example) {
    let db = dz;
}
