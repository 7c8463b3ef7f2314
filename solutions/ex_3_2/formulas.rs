//! The formulas of lesson 3.2.

fn forward(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], b: [f64; d_out]) {
    let Z = X.dot(W.t()) + b;
}

fn backward_input(
    /// dL/dZ
    dZ: [f64; (B, d_out)],
    W: [f64; (d_out, d_in)],
) {
    let dX = dZ.dot(W);
}

fn backward_weight(dZ: [f64; (B, d_out)], X: [f64; (B, d_in)]) {
    let dW = dZ.t().dot(X);
}

fn backward_bias(dZ: [f64; (B, d_out)]) {
    let db = dZ.sum_axis(0);
}

fn weight_gradient_shape(B: usize, d_in: usize, d_out: usize) {
    /// the number of rows
    let rows = d_out;
    /// the number of columns
    let columns = d_in;
}
