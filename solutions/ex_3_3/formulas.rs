//! The formulas of lesson 3.3.

fn mse(O: [f64; (B, d_out)], Y: [f64; (B, d_out)]) {
    /// the loss
    let loss = 0.5 * (O - Y).pow2().sum() / B;
    let dO = (O - Y) / B;
}

fn linear_forward(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], b: [f64; d_out]) {
    /// Z of `Linear`
    let Z = X.dot(W.t()) + b;
}

fn linear_backward(
    X: [f64; (B, d_in)],
    W: [f64; (d_out, d_in)],
    /// dL/dZ
    dZ: [f64; (B, d_out)],
) {
    /// dL/dX of `Linear`
    let dX = dZ.dot(W);
    /// dL/dW of `Linear`
    let dW = dZ.t().dot(X);
    /// dL/db of `Linear`
    let db = dZ.sum_axis(0);
}

fn tanh_forward(
    /// Z
    S: [f64; (B, d)],
) {
    /// A of `Tanh`
    let A = tanh(S);
}

fn tanh_backward(
    S: [f64; (B, d)],
    /// dL/dA
    dA: [f64; (B, d)],
) {
    let T = tanh(S);
    /// dL/dZ of `Tanh`
    let dS = dA * (1.0 - T.pow2());
}
