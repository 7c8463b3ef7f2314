//! Functions of whole arrays that training waits for, at the speed of SIMD, and the product of matrices.
//!
//! The standard library computes one exponential at a time, a vector unit eight or sixteen. These functions change
//! an array in place, and take any array or view of ndarray's, of any element type that is an `NdFloat`:
//!
//! ```
//! let mut a = ndarray::array![[0.0_f32, 1.0], [-1.0, 2.0]];
//! kernels::exp(&mut a);
//! assert_eq!(a[[0, 0]], 1.0);
//! ```
//!
//! **Accuracy**, for `f32`: what no result is farther from the exact value, in units in the last place (ulp) of the
//! exact value. The tests measure it; `cargo test --release --package kernels -- --ignored` for all 2³² numbers.
//!
//! | function | with instructions that multiply and add at once | without |
//! |---|---|---|
//! | [`exp`] | 0.87 | 1.17 |
//! | [`tanh`] | 2.26 | 2.26 |
//! | [`erfc`] | 5.88 | 5.95 |
//!
//! NaN, infinities, zeros of both signs and numbers too small to be normal give what the standard library gives.
//! Every element type but `f32` is computed one number after the other, by the standard library (`erfc` by `libm`):
//! gradients are checked in `f64`, and there digits count.
//!
//! **Speed**: the best instructions that the processor has (AVX-512, AVX2, NEON) are found out at run time. An array
//! without gaps in memory is computed where it lies; any other is copied, and copied back.

#[cfg(test)]
mod accuracy;
mod f32s;
mod product;

use castaway::cast;
use ndarray::{ArrayBase, ArrayRef2, DataMut, Dimension, NdFloat, linalg::general_mat_mul};
use product::Matrix;

/// Puts eˣ in the place of each x.
pub fn exp<F: NdFloat>(array: &mut ArrayBase<impl DataMut<Elem = F>, impl Dimension>) {
    apply(array, f32s::exp, F::exp);
}

/// Puts tanh x in the place of each x.
pub fn tanh<F: NdFloat>(array: &mut ArrayBase<impl DataMut<Elem = F>, impl Dimension>) {
    apply(array, f32s::tanh, F::tanh);
}

/// Puts erfc x = 1 − erf x, the complementary error function, in the place of each x, with all its digits where it is
/// small. Of numbers other than `f32` it is computed by `libm`: the standard library has none.
pub fn erfc<F: NdFloat>(array: &mut ArrayBase<impl DataMut<Elem = F>, impl Dimension>) {
    apply(array, f32s::erfc, |x| {
        let x = x.to_f64().expect("a float has a nearest one in f64");
        F::from(libm::erfc(x)).expect("a float has a nearest one in every precision")
    });
}

/// C ← α·A·B + β·C, as ndarray's [`general_mat_mul`] has it. Where β is 0, the numbers of C do not count, whatever they
/// are.
///
/// Matrices of `f32` without gaps in memory are multiplied here, on one thread, faster than by ndarray's own GEMM where
/// they are small; anything else by `general_mat_mul`. With the feature `general` that multiplies everything, to compare
/// with the GEMM that ndarray is linked with, such as OpenBLAS's.
///
/// # Panics
/// When the shapes do not fit.
pub fn product<F: NdFloat>(
    alpha: F,
    a: &ArrayRef2<F>,
    b: &ArrayRef2<F>,
    beta: F,
    c: &mut ArrayRef2<F>,
) {
    if cfg!(feature = "general") || product_of_f32s(alpha, a, b, beta, c).is_none() {
        general_mat_mul(alpha, a, b, beta, c);
    }
}

/// `None` where C is left as it was.
fn product_of_f32s<F: NdFloat>(
    alpha: F,
    a: &ArrayRef2<F>,
    b: &ArrayRef2<F>,
    beta: F,
    c: &mut ArrayRef2<F>,
) -> Option<()> {
    let fits = a.ncols() == b.nrows() && c.dim() == (a.nrows(), b.ncols());
    let (a, b) = (matrix(a)?, matrix(b)?);
    let c = cast!(c.as_slice_mut()?, &mut [f32]).ok()?;
    let (alpha, beta) = (alpha.to_f32()?, beta.to_f32()?);
    (fits && a.columns > 0).then(|| product::product(alpha, a, b, beta, c))
}

/// A matrix of `f32` without gaps in memory.
fn matrix<F: NdFloat>(a: &ArrayRef2<F>) -> Option<Matrix<'_>> {
    let (rows, columns) = a.dim();
    let is_by_rows = a.is_standard_layout();
    let numbers = if is_by_rows { a.as_slice() } else { a.t().to_slice() };
    let numbers = cast!(numbers?, &[f32]).ok()?;
    Some(Matrix { numbers, rows, columns, is_by_rows })
}

/// Changes an array of `f32` by a function of slices, and any other number by number.
fn apply<F: NdFloat, S: DataMut<Elem = F>, D: Dimension>(
    array: &mut ArrayBase<S, D>,
    of_f32s: fn(&mut [f32]),
    of_each: fn(F) -> F,
) {
    let Some(numbers) = array.as_slice_memory_order_mut() else {
        let mut copy = array.to_owned();
        apply(&mut copy, of_f32s, of_each);
        array.assign(&copy);
        return;
    };
    match cast!(numbers, &mut [f32]) {
        Ok(numbers) => of_f32s(numbers),
        Err(numbers) => numbers.iter_mut().for_each(|it| *it = of_each(*it)),
    }
}
