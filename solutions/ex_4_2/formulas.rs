//! The formulas of lesson 4.2.

fn momentum(
    W: [f64; (n, p)],
    /// g
    G: [f64; (n, p)],
    /// v
    V: [f64; (n, p)],
    /// μ
    mu: Positive<0.05, 0.99>,
    /// η
    rate: Positive<1e-4, 10>,
) {
    /// v after a step
    let v = mu * V + G;
    /// w after a step
    let w = W - rate * v;
}

fn look_ahead(
    W: [f64; (n, p)],
    G: [f64; (n, p)],
    V: [f64; (n, p)],
    mu: Positive<0.05, 0.99>,
    rate: Positive<1e-4, 10>,
) {
    /// v after a step of Nesterov's
    let v_ahead = mu * V + G;
    /// w after a step of Nesterov's
    let w_ahead = W - rate * (G + mu * v_ahead);
}

fn means(
    G: [f64; (n, p)],
    /// m
    M: [f64; (n, p)],
    /// √s
    R: [f64; (n, p)],
    /// the number of steps before
    steps: Whole<0, 1000>,
    /// β₁
    beta1: Positive<0.05, 0.99>,
    /// β₂
    beta2: Positive<0.05, 0.999>,
) {
    /// the number of steps
    let count = steps + 1;
    /// m after a step of AdamW
    let m = beta1 * M + (1.0 - beta1) * G;
    /// s after a step of AdamW
    let s = beta2 * R.pow2() + (1.0 - beta2) * G.pow2();
}

fn adamw(
    W: [f64; (n, p)],
    G: [f64; (n, p)],
    steps: f64,
    beta1: f64,
    beta2: f64,
    epsilon: Positive<1e-8, 0.1>,
    /// λ
    decay: Positive<1e-4, 1>,
    rate: f64,
) {
    /// m, corrected
    let mean = G / (1.0 - exp((steps + 1.0) * ln(beta1)));
    /// s, corrected
    let square = G.pow2() / (1.0 - exp((steps + 1.0) * ln(beta2)));
    /// w after a step of AdamW
    let w_adapted = W * (1.0 - rate * decay) - rate * mean / (sqrt(square) + epsilon);
}

fn clip(
    G: [f64; (n, p)],
    /// the largest norm
    max: Positive<1e-3, 100>,
) {
    /// the norm
    let norm = sqrt(G.pow2().sum());
    /// the clipped gradient
    let g = G * min(1.0, max / norm);
}
