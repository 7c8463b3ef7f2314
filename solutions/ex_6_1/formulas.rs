//! The formulas of lesson 6.1.

fn all_seen(Q: [f64; (T, d)], K: [f64; (S, d)], V: [f64; (S, e)]) {
    /// S
    let scores = Q.dot(K.t()) / sqrt(d);
    /// e^(S − max)
    let E = exp(scores.t() - scores.max_axis(1));
    let A = (E / E.sum_axis(0)).t();
    let O = A.dot(V);
}

fn attention_backward(
    /// dL/dO
    dO: [f64; (T, e)],
    Q: [f64; (T, d)],
    K: [f64; (S, d)],
    V: [f64; (S, e)],
    AttentionCache { A }: AttentionCache,
) {
    /// dL/dA
    let dA = dO.dot(V.t());
    /// dL/dS
    let dS = (A.t() * (dA.t() - (A * dA).t().sum_axis(0))).t();
    let dQ = dS.dot(K) / sqrt(d);
    let dK = dS.t().dot(Q) / sqrt(d);
    let dV = A.t().dot(dO);
}
