//! Lesson 1.3: activations. The brief is in this folder's `README.md`.

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
#[allow(unused_variables)]
pub fn sigmoid(z: &Array2<f64>) -> Array2<f64> {
    todo!("write σ so that no exponential overflows, whatever the sign of z")
}

/// tanh of each element of `z` (B, d). Correct to the last digits for every z, and NaN for NaN.
#[allow(unused_variables)]
pub fn tanh(z: &Array2<f64>) -> Array2<f64> {
    todo!("look among the functions of `f64`")
}

/// ReLU of each element of `z` (B, d): z where it is positive, and else 0; NaN for NaN.
#[allow(unused_variables)]
pub fn relu(z: &Array2<f64>) -> Array2<f64> {
    todo!("decide by the sign of each z; what becomes of NaN?")
}

/// Leaky ReLU of each element of `z` (B, d): z where it is positive, and else `alpha`·z; NaN for NaN.
/// `alpha` may be any number.
#[allow(unused_variables)]
pub fn leaky_relu(z: &Array2<f64>, alpha: f64) -> Array2<f64> {
    todo!("as ReLU, but what is below zero leaks through")
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d) and the output `a` (B, d) of `sigmoid`.
#[allow(unused_variables)]
pub fn sigmoid_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
    todo!("differentiate σ, write the slope with a alone, and multiply by what arrives")
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d) and the output `a` (B, d) of `tanh`.
#[allow(unused_variables)]
pub fn tanh_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
    todo!("differentiate tanh, write the slope with a alone, and multiply by what arrives")
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d) and the input `z` (B, d) of `relu`. At
/// z = 0 any slope from 0 to 1 is accepted.
#[allow(unused_variables)]
pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
    todo!("which slope has each of the two straight lines?")
}

/// dL/dZ (B, d) from the upstream gradient `da` = dL/dA (B, d), the input `z` (B, d) and `alpha` of
/// `leaky_relu`. At z = 0 any slope from `alpha` to 1 is accepted.
#[allow(unused_variables)]
pub fn leaky_relu_backward(da: &Array2<f64>, z: &Array2<f64>, alpha: f64) -> Array2<f64> {
    todo!("which slope has each of the two straight lines?")
}

/// The weights (d_out, d_in) and the bias (d_out) of the one layer that computes what two linear layers
/// do, the first with `w1` (h, d_in) and `b1` (h), the second with `w2` (d_out, h) and `b2` (d_out).
#[allow(unused_variables)]
pub fn collapse_two(
    w1: &Array2<f64>,
    b1: &Array1<f64>,
    w2: &Array2<f64>,
    b2: &Array1<f64>,
) -> (Array2<f64>, Array1<f64>) {
    todo!("write the second layer of the first layer of x, and multiply it out")
}

/// W_eff and b_eff of a stack of linear layers, the first one first, each with its weights (d_out, d_in)
/// and its bias (d_out). There is at least one layer.
#[allow(unused_variables)]
pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
    todo!("take in one layer after the other; in which order do they meet x?")
}

/// Question: what can a stack of linear layers without activations compute?
pub fn without_activations() -> Capacity {
    todo!("answer with a variant of Capacity: what does `collapse` show?")
}

/// Question: where does this formula lose all of its digits in f64?
#[allow(unused_variables)]
pub fn weak_spot(formula: Formula) -> WeakSpot {
    todo!("for each formula, try z = ±1000, −40 and 10⁻¹⁷: where does it go wrong?")
}
