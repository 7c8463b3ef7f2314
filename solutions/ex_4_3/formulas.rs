//! The formulas of lesson 4.3.

fn gelu(Z: [f64; (B, d)]) {
    /// Φ(Z)
    let Phi = 0.5 * erfc(-Z / sqrt(2));
    /// GELU
    let G = Z * Phi;
}

fn gelu_backward(
    /// dL/dY
    dY: [f64; (B, d)],
    Z: [f64; (B, d)],
) {
    /// dL/dZ of GELU
    let dZ_of_gelu = dY * (0.5 * erfc(-Z / sqrt(2)) + Z * exp(-0.5 * Z.pow2()) / sqrt(2 * PI));
}

fn gelu_tanh(Z: [f64; (B, d)]) {
    /// the tanh form
    let T = 0.5 * Z * (1 + tanh(sqrt(2 / PI) * (Z + 0.044715 * (Z * Z.pow2()))));
}

fn gelu_tanh_backward(dY: [f64; (B, d)], Z: [f64; (B, d)]) {
    /// tanh u
    let U = tanh(sqrt(2 / PI) * (Z + 0.044715 * (Z * Z.pow2())));
    /// du/dZ
    let V = sqrt(2 / PI) * (1 + 3 * 0.044715 * Z.pow2());
    /// dL/dZ of the tanh form
    let dZ_of_tanh_form = dY * (0.5 * (1 + U) + 0.5 * Z * (1 - U.pow2()) * V);
}

fn silu(Z: [f64; (B, d)]) {
    /// SiLU
    let S = Z * sigmoid(Z);
}

fn silu_backward(dY: [f64; (B, d)], Z: [f64; (B, d)]) {
    /// σ(Z)
    let A = sigmoid(Z);
    /// dL/dZ of SiLU
    let dZ_of_silu = dY * (A * (1 + Z * (1 - A)));
}
