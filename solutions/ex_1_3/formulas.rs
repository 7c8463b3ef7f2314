//! The formulas of lesson 1.3.

fn sigmoid(Z: [f64; (B, d)]) {
    /// σ(Z)
    let S = sigmoid(Z);
}

fn tanh(Z: [f64; (B, d)]) {
    /// tanh(Z)
    let T = tanh(Z);
}

fn relu(Z: [f64; (B, d)]) {
    /// relu(Z)
    let R = max(Z, 0);
}

fn leaky_relu(
    Z: [f64; (B, d)],
    /// α
    alpha: f64,
) {
    /// leaky_relu(Z)
    let K = max(Z, 0) + alpha * min(Z, 0);
}

fn sigmoid_backward(
    /// dL/dA
    dA: [f64; (B, d)],
    S: f64,
) {
    /// dL/dZ of the sigmoid
    let dZ_of_sigmoid = dA * S * (1 - S);
}

fn tanh_backward(dA: [f64; (B, d)], T: f64) {
    /// dL/dZ of tanh
    let dZ_of_tanh = dA * (1 - T.pow2());
}

fn relu_backward(dA: [f64; (B, d)], Z: [f64; (B, d)]) {
    /// dL/dZ of ReLU
    let dZ_of_relu = dA * (Z > 0);
}

fn leaky_relu_backward(dA: [f64; (B, d)], Z: [f64; (B, d)], alpha: f64) {
    /// dL/dZ of leaky ReLU
    let dZ_of_leaky_relu = dA * ((Z > 0) + alpha * (0 > Z));
}

fn collapse_two(
    /// W₁
    W1: [f64; (h, d_in)],
    /// b₁
    b1: [f64; h],
    /// W₂
    W2: [f64; (d_out, h)],
    /// b₂
    b2: [f64; d_out],
) {
    /// W_eff of two layers
    let W_eff = W2.dot(W1);
    /// b_eff of two layers
    let b_eff = W2.dot(b1) + b2;
}
