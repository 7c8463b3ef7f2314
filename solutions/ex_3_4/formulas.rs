//! The formulas of lesson 3.4.

fn step(
    W: [f64; (d_out, d_in)],
    b: [f64; d_out],
    /// dL/dW
    dW: [f64; (d_out, d_in)],
    /// dL/db
    db: [f64; d_out],
    /// η
    rate: f64,
) {
    /// W after a step
    let w = W - rate * dW;
    /// b after a step
    let B = b - rate * db;
}
