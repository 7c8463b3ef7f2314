//! The formulas of lesson 4.5.

fn layer_norm(
    X: [f64; (N, D)],
    /// γ
    gamma: [f64; D],
    /// β
    beta: [f64; D],
    epsilon: Positive<1e-8, 1.0>,
) {
    /// r of LayerNorm
    let rstd = 1 / sqrt((X.t() - X.mean_axis(1)).pow2().mean_axis(0) + epsilon);
    /// x̂ of LayerNorm
    let xhat = ((X.t() - X.mean_axis(1)) * rstd).t();
    /// Y of LayerNorm
    let Y = xhat * gamma + beta;
    /// the cache of LayerNorm
    let cache = xhat;
}

fn layer_norm_backward(
    /// dL/dY
    dY: [f64; (N, D)],
    Cache { xhat, rstd }: Cache,
    gamma: [f64; D],
) {
    /// dL/dx̂ of LayerNorm
    let d = dY * gamma;
    /// dL/dX of LayerNorm
    let dX = (rstd * (d.t() - d.mean_axis(1) - xhat.t() * (d * xhat).mean_axis(1))).t();
    /// dL/dγ of LayerNorm
    let dgamma = (dY * xhat).sum_axis(0);
    /// dL/dβ of LayerNorm
    let dbeta = dY.sum_axis(0);
}

fn rms_norm(X: [f64; (N, D)], gamma: [f64; D], epsilon: Positive<1e-8, 1.0>) {
    /// r of RMSNorm
    let Rstd = 1 / sqrt(X.pow2().mean_axis(1) + epsilon);
    /// x̂ of RMSNorm
    let Xhat = (X.t() * Rstd).t();
    /// Y of RMSNorm
    let Y_of_rms = Xhat * gamma;
    /// the cache of RMSNorm
    let Cache = Xhat;
}

fn rms_norm_backward(dY: [f64; (N, D)], Cache { Xhat, Rstd }: Cache, gamma: [f64; D]) {
    /// dL/dx̂ of RMSNorm
    let D_xhat = dY * gamma;
    /// dL/dX of RMSNorm
    let dX_of_rms = (Rstd * (D_xhat.t() - Xhat.t() * (D_xhat * Xhat).mean_axis(1))).t();
    /// dL/dγ of RMSNorm
    let dgamma_of_rms = (dY * Xhat).sum_axis(0);
}
