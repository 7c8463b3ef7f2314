//! Lesson 4.3, solved: GELU, SiLU.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use ndarray::{Array2, NdFloat, Zip};

/// A number in the precision that is asked for: given.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).expect("f32 and f64 can be made of it")
}

/// 2·Φ(z) of each z, where Φ(z) is the part of a normal distribution below z.
fn twice_below<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut twice = z.mapv(|z| -z * number(FRAC_1_SQRT_2));
    kernels::erfc(&mut twice);
    twice
}

/// e to the power of a function of each z.
fn exponentials<F: NdFloat>(z: &Array2<F>, exponent: impl Fn(F) -> F) -> Array2<F> {
    let mut exponentials = z.mapv(exponent);
    kernels::exp(&mut exponentials);
    exponentials
}

/// u of the tanh form, and its slope.
fn cubic<F: NdFloat>(z: F) -> (F, F) {
    // √(2/π) = (2/√π)·(1/√2).
    let rate: F = number(FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let (cubic, square) = (number::<F>(0.044715), z * z);
    let u = rate * z * (F::one() + cubic * square);
    (u, rate * (F::one() + number::<F>(3.0) * cubic * square))
}

/// (1 + tanh u)/2 is σ(2u), which takes a single exponential: this is e^(−2u).
fn exponential_of_cubic<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    exponentials(z, |z| number::<F>(-2.0) * cubic(z).0)
}

/// σ of the number whose negative has this exponential. Far below zero the exponential is infinite, and σ 0.
fn sigmoid<F: NdFloat>(exponential: F) -> F {
    F::one() / (F::one() + exponential)
}

/// GELU of each element of `z` (B, d): z·Φ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
pub fn gelu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut y = twice_below(z);
    y.zip_mut_with(z, |y, &z| *y *= number::<F>(0.5) * z);
    y
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu`.
pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    let half: F = number(0.5);
    let bell = exponentials(z, |z| -half * z * z);
    // 1/√(2π) = ½·(2/√π)·(1/√2).
    let height: F = number(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    Zip::from(dy)
        .and(z)
        .and(&twice_below(z))
        .and(&bell)
        .map_collect(|&dy, &z, &twice, &bell| dy * (half * twice + z * height * bell))
}

/// The tanh form of GELU of each element of `z` (B, d): z·(1 + tanh u)/2 with
/// u = √(2/π)·(z + 0.044715·z³). No NaN for z up to ±10⁴, and NaN for NaN.
pub fn gelu_tanh<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut y = exponential_of_cubic(z);
    y.zip_mut_with(z, |y, &z| *y = z * sigmoid(*y));
    y
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu_tanh`.
pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    Zip::from(dy).and(z).and(&exponential_of_cubic(z)).map_collect(|&dy, &z, &exponential| {
        let (gate, (_, du)) = (sigmoid(exponential), cubic(z));
        let slope = number::<F>(2.0) * gate * (F::one() - gate) * du;
        dy * (gate + z * slope)
    })
}

/// SiLU of each element of `z` (B, d): z·σ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut y = exponentials(z, F::neg);
    y.zip_mut_with(z, |y, &z| *y = z * sigmoid(*y));
    y
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `silu`.
pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    Zip::from(dy).and(z).and(&exponentials(z, F::neg)).map_collect(|&dy, &z, &exponential| {
        let a = sigmoid(exponential);
        dy * a * (F::one() + z * (F::one() - a))
    })
}
