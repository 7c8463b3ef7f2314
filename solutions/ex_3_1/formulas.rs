//! The formulas of lesson 3.1.

fn forward(X: [f64; (B, d_in)], W: [f64; (1, d_in)], b: [f64; 1], Y: [f64; (B, 1)]) {
    let Z = X.dot(W.t()) + b;
    let A = tanh(Z);
    /// the loss
    let loss = 0.5 * (A - Y).pow2().sum() / B;
}

fn backward(X: [f64; (B, d_in)], Y: [f64; (B, 1)], Forward { Z, A, loss }: Forward) {
    let dA = (A - Y) / B;
    let dZ = dA * (1.0 - A.pow2());
    let dW = dZ.t().dot(X);
    let db = dZ.sum_axis(0);
}
