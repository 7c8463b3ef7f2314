//! Lesson 1.3, solved: activations.

use ndarray::{Array1, Array2};

/// What a stack of linear layers without activations can compute, however many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// Any continuous function, if there are enough layers.
    AnyFunction,
    /// Functions with a bend for each layer.
    OneBendPerLayer,
    /// More linear functions than a single layer can.
    MoreLinearFunctions,
    /// No function that a single linear layer cannot.
    NoMoreThanOneLayer,
}

/// A way to write an activation that is right on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// σ(z) = eᶻ/(1 + eᶻ).
    SigmoidByExponential,
    /// σ(z) = 1 − 1/(1 + eᶻ).
    SigmoidByComplement,
    /// tanh(z) = 2/(1 + e^(−2z)) − 1.
    TanhBySigmoid,
}

/// Where a formula loses all of its digits in f64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakSpot {
    /// Where z is negative and large in magnitude.
    FarBelowZero,
    /// Where |z| is tiny.
    NearZero,
    /// Where z is positive and large.
    FarAboveZero,
}

/// The sigmoid σ(z) = 1/(1 + e⁻ᶻ) of each element of `z` (B, d). Correct to the last digits for every z,
/// and NaN for NaN.
pub fn sigmoid(z: &Array2<f64>) -> Array2<f64> {
    z.mapv(|z| {
        // The exponent is never positive: eᶻ may vanish, but it does not overflow.
        let small = (-z.abs()).exp();
        if z < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) }
    })
}

/// tanh of each element of `z` (B, d). Correct to the last digits for every z, and NaN for NaN.
pub fn tanh(z: &Array2<f64>) -> Array2<f64> {
    z.mapv(f64::tanh)
}

/// ReLU of each element of `z` (B, d): z where it is positive, and else 0; NaN for NaN.
pub fn relu(z: &Array2<f64>) -> Array2<f64> {
    leaky_relu(z, 0.0)
}

/// Leaky ReLU of each element of `z` (B, d): z where it is positive, and else `alpha`·z; NaN for NaN.
/// `alpha` may be any number.
pub fn leaky_relu(z: &Array2<f64>, alpha: f64) -> Array2<f64> {
    z.mapv(|z| if z > 0.0 { z } else { alpha * z })
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d) and the output `a` (B, d) of `sigmoid`.
pub fn sigmoid_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
    da * a * (1.0 - a)
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d) and the output `a` (B, d) of `tanh`.
pub fn tanh_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
    da * (1.0 - a * a)
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d) and the input `z` (B, d) of `relu`. At
/// z = 0 any slope from 0 to 1 is accepted.
pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
    leaky_relu_backward(da, z, 0.0)
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d), the input `z` (B, d) and `alpha` of
/// `leaky_relu`. At z = 0 any slope from `alpha` to 1 is accepted.
pub fn leaky_relu_backward(da: &Array2<f64>, z: &Array2<f64>, alpha: f64) -> Array2<f64> {
    da * z.mapv(|z| if z > 0.0 { 1.0 } else { alpha })
}

/// The weights (d_out, d_in) and the bias (d_out) of the one layer that computes what two linear layers
/// do, the first with `w1` (h, d_in) and `b1` (h), the second with `w2` (d_out, h) and `b2` (d_out).
pub fn collapse_two(
    w1: &Array2<f64>,
    b1: &Array1<f64>,
    w2: &Array2<f64>,
    b2: &Array1<f64>,
) -> (Array2<f64>, Array1<f64>) {
    // W₂·(W₁·x + b₁) + b₂, multiplied out.
    (w2.dot(w1), w2.dot(b1) + b2)
}

/// W_eff and b_eff of a stack of linear layers, the first one first, each with its weights (d_out, d_in)
/// and its bias (d_out). There is at least one layer.
pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
    let (first, others) = layers.split_first().expect("there is at least one layer");
    others
        .iter()
        .fold(first.clone(), |(w, b), (next_w, next_b)| collapse_two(&w, &b, next_w, next_b))
}

/// Question: what can a stack of linear layers without activations compute?
pub fn without_activations() -> Capacity {
    Capacity::NoMoreThanOneLayer
}

/// Question: where does this formula lose all of its digits in f64?
pub fn weak_spot(formula: Formula) -> WeakSpot {
    match formula {
        Formula::SigmoidByExponential => WeakSpot::FarAboveZero,
        Formula::SigmoidByComplement => WeakSpot::FarBelowZero,
        Formula::TanhBySigmoid => WeakSpot::NearZero,
    }
}
