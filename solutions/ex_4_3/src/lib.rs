//! Lesson 4.3, solved: GELU, SiLU.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use ndarray::{Array2, NdFloat, Zip};

/// A number in the precision that is asked for: given.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).expect("f32 and f64 can be made of it")
}

/// The complementary error function erfc(x) = 1 − erf(x), with all its digits wherever it is small: given.
fn erfc<F: NdFloat>(x: F) -> F {
    number(libm::erfc(x.to_f64().expect("f64 holds it")))
}

/// Φ(z), the part of a normal distribution below z.
fn below<F: NdFloat>(z: F) -> F {
    number::<F>(0.5) * erfc(-z * number(FRAC_1_SQRT_2))
}

/// φ(z), the density of a normal distribution: the slope of Φ.
fn density<F: NdFloat>(z: F) -> F {
    // 1/√(2π) = ½·(2/√π)·(1/√2).
    number::<F>(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2) * (number::<F>(-0.5) * z * z).exp()
}

/// The gate of the tanh form, and its slope. (1 + tanh u)/2 is σ(2u), which takes a single exponential.
fn tanh_gate<F: NdFloat>(z: F) -> (F, F) {
    let two = F::one() + F::one();
    // √(2/π) = (2/√π)·(1/√2).
    let rate: F = number(FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let (cubic, square) = (number::<F>(0.044715), z * z);
    let u = rate * z * (F::one() + cubic * square);
    let du = rate * (F::one() + number::<F>(3.0) * cubic * square);
    let gate = sigmoid(two * u);
    (gate, two * gate * (F::one() - gate) * du)
}

fn sigmoid<F: NdFloat>(z: F) -> F {
    // Far below zero e⁻ᶻ is infinite, and the result 0.
    F::one() / (F::one() + (-z).exp())
}

/// dL/dZ from the slope at each z.
fn through<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>, slope: impl Fn(F) -> F) -> Array2<F> {
    Zip::from(dy).and(z).map_collect(|&dy, &z| dy * slope(z))
}

/// GELU of each element of `z` (B, d): z·Φ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
pub fn gelu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    z.mapv(|z| z * below(z))
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu`.
pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    through(dy, z, |z| below(z) + z * density(z))
}

/// The tanh form of GELU of each element of `z` (B, d): z·(1 + tanh u)/2 with
/// u = √(2/π)·(z + 0.044715·z³). No NaN for z up to ±10⁴, and NaN for NaN.
pub fn gelu_tanh<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    z.mapv(|z| z * tanh_gate(z).0)
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu_tanh`.
pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    through(dy, z, |z| {
        let (gate, slope) = tanh_gate(z);
        gate + z * slope
    })
}

/// SiLU of each element of `z` (B, d): z·σ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    z.mapv(|z| z * sigmoid(z))
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `silu`.
pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    through(dy, z, |z| {
        let a = sigmoid(z);
        a * (F::one() + z * (F::one() - a))
    })
}
