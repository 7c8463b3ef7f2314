//! The formulas of lesson 2.3.

fn tanh_derivative(z: f64) {
    /// the derivative of tanh
    let slope = 1.0 - tanh(z).pow2();
}

fn leaky_derivative(
    z: f64,
    /// α
    alpha: f64,
) {
    /// the derivative of leaky ReLU
    let of_leaky = (z > 0.0) + alpha * (0.0 > z);
}

fn dead_fraction(Z: [f64; (B, units)]) {
    /// the fraction of dead units
    let fraction = 1.0 - ((Z > 0.0).sum_axis(0) > 0.0).mean();
}

fn crosses_kink(z: f64, x: f64, epsilon: Positive<1e-2, 1e2>) {
    /// `crosses_kink`
    let crosses = abs(x) * epsilon > abs(z);
}
