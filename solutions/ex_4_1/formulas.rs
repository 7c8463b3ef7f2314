//! The formulas of lesson 4.1.

fn outputs(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], b: [f64; d_out]) {
    let Z = X.dot(W.t()) + b;
}

fn gradients(
    X: [f64; (B, d_in)],
    W: [f64; (d_out, d_in)],
    /// dL/dZ
    dZ: [f64; (B, d_out)],
    /// dL/dW before
    before: [f64; (d_out, d_in)],
    /// dL/db before
    earlier: [f64; d_out],
) {
    let dX = dZ.dot(W);
    let dW = before + dZ.t().dot(X);
    let db = earlier + dZ.sum_axis(0);
}

fn xavier_uniform(
    /// u
    U: [f64; (d_out, d_in)],
    gain: f64,
) {
    /// W of `xavier_uniform`
    let uniform = gain * sqrt(6.0 / (d_in + d_out)) * (2.0 * U - 1.0);
}

fn xavier_normal(
    /// n
    N: [f64; (d_out, d_in)],
    gain: f64,
) {
    /// W of `xavier_normal`
    let normal = gain * sqrt(2.0 / (d_in + d_out)) * N;
}

fn he_normal(
    N: [f64; (d_out, d_in)],
    /// α
    alpha: f64,
) {
    /// W of `he_normal`
    let he = N * sqrt(2.0 / ((1.0 + alpha.pow2()) * d_in));
}

fn gpt2_residual(
    N: [f64; (d_out, d_in)],
    /// the number of layers
    layers: Whole<1, 100>,
) {
    /// W of `gpt2_residual`
    let residual = N * 0.02 / sqrt(2.0 * layers);
}

fn second_moment_after(
    layers: f64,
    /// the width
    width: Whole<1, 300>,
    /// the variance
    variance: Positive<1e-3, 1>,
    alpha: f64,
) {
    /// the mean square
    let moment = exp(layers * ln(width * variance * (1.0 + alpha.pow2()) / 2.0));
}
