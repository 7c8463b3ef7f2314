//! The formulas of lesson 1.4.

fn layer_elementwise(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], b: [f64; d_out]) {
    let Z = X.dot(W.t()) + b;
}

fn layer_einsum(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], b: [f64; d_out]) {
    let Z = X.dot(W.t()) + b;
}

fn layer_gemm(X: [f64; (B, d_in)], W: [f64; (d_out, d_in)], b: [f64; d_out]) {
    let Z = X.dot(W.t()) + b;
}

fn layer_size(rows: Whole<1, 5000>, columns: Whole<1, 5000>) {
    /// the number of neurons
    let neurons = rows;
    /// the number of parameters
    let parameters = rows * columns + rows;
}
