//! Lesson 4.3, solved: GELU, SiLU.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use ndarray::{Array1, Array2, ArrayView1, NdFloat, Zip};

/// A number in the precision that is asked for: given.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).expect("f32 and f64 can be made of it")
}

/// How many numbers go through all steps of a function at once: so few stay in the first cache.
const PART: usize = 2048;

/// What `of_part` makes of the numbers in the same places of all inputs, a part of them at a time.
fn by_parts<F: NdFloat, const N: usize>(
    inputs: [&Array2<F>; N],
    of_part: impl Fn([ArrayView1<F>; N]) -> Array1<F>,
) -> Array2<F> {
    let shape = inputs[0].dim();
    assert!(inputs.iter().all(|it| it.dim() == shape), "all arrays must have one shape");
    let inputs = inputs.map(|it| it.as_standard_layout());
    let inputs = inputs.each_ref().map(|it| it.as_slice().expect("it is in standard layout"));
    let mut outputs = Vec::with_capacity(inputs[0].len());
    while outputs.len() < inputs[0].len() {
        let rest = inputs.map(|it| &it[outputs.len()..]);
        let parts = rest.map(|it| ArrayView1::from(&it[..PART.min(it.len())]));
        outputs.extend_from_slice(of_part(parts).as_slice().expect("a new array has no gaps"));
    }
    Array2::from_shape_vec(shape, outputs).expect("there is one output for each input")
}

/// 2·Φ(z) of each z, where Φ(z) is the part of a normal distribution below z.
fn twice_below<F: NdFloat>(z: ArrayView1<F>) -> Array1<F> {
    let mut twice = z.mapv(|z| -z * number(FRAC_1_SQRT_2));
    kernels::erfc(&mut twice);
    twice
}

/// e to the power of a function of each z.
fn exponentials<F: NdFloat>(z: ArrayView1<F>, exponent: impl Fn(F) -> F) -> Array1<F> {
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
fn exponential_of_cubic<F: NdFloat>(z: ArrayView1<F>) -> Array1<F> {
    exponentials(z, |z| number::<F>(-2.0) * cubic(z).0)
}

/// σ of the number whose negative has this exponential. Far below zero the exponential is infinite, and σ 0.
fn sigmoid<F: NdFloat>(exponential: F) -> F {
    F::one() / (F::one() + exponential)
}

/// GELU of each element of `z` (B, d): z·Φ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
pub fn gelu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    by_parts([z], |[z]| {
        let mut y = twice_below(z);
        y.zip_mut_with(&z, |y, &z| *y *= number::<F>(0.5) * z);
        y
    })
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu`.
pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    let half: F = number(0.5);
    // 1/√(2π) = ½·(2/√π)·(1/√2).
    let height: F = number(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    by_parts([dy, z], |[dy, z]| {
        let bell = exponentials(z, |z| -half * z * z);
        Zip::from(dy)
            .and(z)
            .and(&twice_below(z))
            .and(&bell)
            .map_collect(|&dy, &z, &twice, &bell| dy * (half * twice + z * height * bell))
    })
}

/// The tanh form of GELU of each element of `z` (B, d): z·(1 + tanh u)/2 with
/// u = √(2/π)·(z + 0.044715·z³). No NaN for z up to ±10⁴, and NaN for NaN.
pub fn gelu_tanh<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    by_parts([z], |[z]| {
        let mut y = exponential_of_cubic(z);
        y.zip_mut_with(&z, |y, &z| *y = z * sigmoid(*y));
        y
    })
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `gelu_tanh`.
pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    by_parts([dy, z], |[dy, z]| {
        Zip::from(dy).and(z).and(&exponential_of_cubic(z)).map_collect(|&dy, &z, &exponential| {
            let (gate, (_, du)) = (sigmoid(exponential), cubic(z));
            let slope = number::<F>(2.0) * gate * (F::one() - gate) * du;
            dy * (gate + z * slope)
        })
    })
}

/// SiLU of each element of `z` (B, d): z·σ(z). Correct to the last digits for every z up to ±10⁴, and NaN
/// for NaN.
pub fn silu<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    by_parts([z], |[z]| {
        let mut y = exponentials(z, F::neg);
        y.zip_mut_with(&z, |y, &z| *y = z * sigmoid(*y));
        y
    })
}

/// dL/dZ (B, d) from the upstream gradient `dy` = dL/dY (B, d) and the input `z` (B, d) of `silu`.
pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
    by_parts([dy, z], |[dy, z]| {
        Zip::from(dy).and(z).and(&exponentials(z, F::neg)).map_collect(|&dy, &z, &exponential| {
            let a = sigmoid(exponential);
            dy * a * (F::one() + z * (F::one() - a))
        })
    })
}
