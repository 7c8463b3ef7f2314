//! The formulas of lesson 90.1.

fn forward(x: f64, w: f64, b: f64, y: f64) {
    let z = w * x + b;
    let a = max(z, 0.0) + ln(1.0 + exp(-abs(z)));
    /// the loss
    let loss = 0.5 * (a - y).pow2();
}

fn backward(x: f64, w: f64, b: f64, y: f64) {
    let dz = (a - y) * sigmoid(z);
    let dw = dz * x;
    let db = dz;
}
