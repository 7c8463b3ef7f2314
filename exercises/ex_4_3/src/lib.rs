//! Lesson 4.3: GELU, SiLU. The brief is in this folder's `README.md`.

use ndarray::{Array2, NdFloat};

/// A number in the precision that is asked for: given.
#[allow(dead_code)]
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).expect("f32 and f64 can be made of it")
}

/// The complementary error function erfc(x) = 1 − erf(x), with all its digits wherever it is small: given.
#[allow(dead_code)]
fn erfc<F: NdFloat>(x: F) -> F {
    number(libm::erfc(x.to_f64().expect("f64 holds it")))
}

/// GELU of each element of `z` (B, d): z·Φ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
#[allow(unused_variables)]
pub fn gelu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    todo!("multiply each z by the probability Φ(z), which erfc gives")
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu`.
#[allow(unused_variables)]
pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    todo!("z is in both factors of z·Φ(z): what is the slope of the product?")
}

/// The tanh form of GELU of each element of `z` (B, d): z·(1 + tanh u)/2 with
/// u = √(2/π)·(z + 0.044715·z³). No NaN for z up to ±10⁴, and NaN for NaN.
#[allow(unused_variables)]
pub fn gelu_tanh<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    todo!("compute u of each z, then the tanh form")
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu_tanh`.
#[allow(unused_variables)]
pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    todo!("a product again, and tanh has u inside, which is a function of z")
}

/// SiLU of each element of `z` (B, d): z·σ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
#[allow(unused_variables)]
pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    todo!("multiply each z by σ(z), written so that it is right for both signs")
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `silu`.
#[allow(unused_variables)]
pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    todo!("the slope of a product, with the slope of σ from lesson 1.3")
}
