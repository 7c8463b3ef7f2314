//! The formulas of lesson 5.4: those of the head. A look-up is none.

fn head(X: [f64; (N, D)], E: [f64; (V, D)]) {
    let Z = X.dot(E.t());
}

fn head_backward(
    /// dL/dZ
    dZ: [f64; (N, V)],
    X: [f64; (N, D)],
    E: [f64; (V, D)],
) {
    /// dL/dX of `head`
    let dX_of_head = dZ.dot(E);
    /// dL/dE of `head`
    let dE_of_head = dZ.t().dot(X);
}
