//! The formulas of lesson 4.4.

fn softmax(Z: [f64; (N, V)]) {
    /// e^(Z − max)
    let E = exp(Z.t() - Z.max_axis(1));
    /// P
    let P = (E / E.sum_axis(0)).t();
}

fn softmax_backward(
    /// dL/dP
    dP: [f64; (N, V)],
    P: f64,
) {
    /// dL/dZ of softmax
    let dZ_of_softmax = (P.t() * (dP.t() - (dP * P).sum_axis(1))).t();
}

fn log_softmax(Z: [f64; (N, V)]) {
    /// log P
    let logP = (Z.t() - Z.max_axis(1) - ln(exp(Z.t() - Z.max_axis(1)).sum_axis(0))).t();
}

fn log_softmax_backward(
    /// dL/dlogP
    dlogP: [f64; (N, V)],
    P: f64,
) {
    /// dL/dZ of log-softmax
    let dZ_of_log_softmax = (dlogP.t() - P.t() * dlogP.sum_axis(1)).t();
}
