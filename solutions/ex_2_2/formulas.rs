//! The formulas of lesson 2.2.

fn forward(x: f64, w: f64, b: f64, y: f64) {
    let z = w * x + b;
    let a = tanh(z);
    /// the loss
    let loss = 0.5 * (a - y).pow2();
}

fn backward(x: f64, w: f64, b: f64, y: f64) {
    let da = a - y;
    let dz = da * (1.0 - a.pow2());
    let dw = dz * x;
    let db = dz;
}
