//! The formulas of lesson 4.6.

fn dropout_backward(
    /// dL/dY
    dY: [f64; (N, D)],
    mask: [f64; (N, D)],
) {
    /// dL/dX of dropout
    let dX_of_dropout = dY * mask;
}
