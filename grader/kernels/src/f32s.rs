//! The functions of slices of `f32`. None is generic: they are compiled here, with optimisation, and not in the
//! crate that calls them.

use rten_simd::{
    Isa, Simd, SimdUnaryOp,
    ops::{BitOps, FloatOps, NumOps},
};

/// eˣ. [rten-vecmath's](rten_vecmath::Exp), after N. Juffa.
pub fn exp(numbers: &mut [f32]) {
    rten_vecmath::Exp {}.map_mut(numbers);
}

/// tanh x.
pub fn tanh(numbers: &mut [f32]) {
    Tanh.map_mut(numbers);
}

/// erfc x.
pub fn erfc(numbers: &mut [f32]) {
    Erfc.map_mut(numbers);
}

/// [rten-vecmath's](rten_vecmath::Tanh), which loses the sign of a zero.
#[derive(Default)]
pub struct Tanh;

impl SimdUnaryOp<f32> for Tanh {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        ops.select(x, rten_vecmath::Tanh::apply(isa, x), ops.eq(x, ops.zero()))
    }
}

/// From here on erfc is 0 in f32.
const FAR: f32 = 10.06;

/// The coefficients of P, of q⁰ first: it meets (x + 2)·e^(x²)·erfc x where a Chebyshev polynomial of degree 11 is 0,
/// and is off by a third of an ulp at most, rounding of the coefficients included.
const P: [f32; 11] = [
    1.0215827,
    -0.68716073,
    0.27947178,
    -0.03644124,
    -0.021505753,
    0.006472168,
    0.0030618056,
    -0.00082234864,
    -0.00058803574,
    0.000038184597,
    0.0000635457,
];

/// erfc x = e^(−x²)·P(q)/(x + 2) with q = (x − 2)/(x + 2) for x ≥ 0: e^(x²)·erfc x falls like 1/x, and times x + 2 it is
/// almost straight in q, so that a polynomial P is enough. After M. M. Shepherd and J. G. Laframboise, “Chebyshev
/// Approximation of (1 + 2x)exp(x²)erfc x in 0 ≤ x < ∞”, Mathematics of Computation 36 (1981), pages 249–253.
#[derive(Default)]
pub struct Erfc;

impl SimdUnaryOp<f32> for Erfc {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        let [one, two] = [1.0, 2.0].map(|it| ops.splat(it));
        // Further out the result is 0, and the formula ∞·0. A NaN is not above it, and stays.
        let far = ops.splat(FAR);
        let a = ops.abs(x);
        let a = ops.select(far, a, ops.gt(a, far));
        let r = ops.div(one, ops.add(a, two));
        let q = ops.mul_add(r, ops.splat(-4.0), one);
        let mut p = ops.splat(P[P.len() - 1]);
        for &coefficient in P.iter().rev().skip(1) {
            p = ops.mul_add(p, q, ops.splat(coefficient));
        }
        let (square, rest) = square(isa, a);
        let e = rten_vecmath::Exp::apply(isa, ops.neg(square));
        // e^(−rest) to the last digit: it is below 1 by 10⁻⁵ at most.
        let e = ops.sub(e, ops.mul(e, rest));
        let tail = ops.mul(ops.mul(p, r), e);
        ops.select(ops.sub(two, tail), tail, ops.lt(x, ops.zero()))
    }
}

/// x² as a number and what its rounding took away. An error of the exponent is an error of every digit of e^(−x²).
/// By the products of the upper and the lower half of x's digits, which are exact (T. J. Dekker, 1971): not every
/// processor multiplies and adds in one step.
#[inline(always)]
fn square<I: Isa>(isa: I, x: I::F32) -> (I::F32, I::F32) {
    let (ops, bits) = (isa.f32(), isa.i32());
    let upper: I::I32 = bits.and(x.reinterpret_cast(), bits.splat(!0xfff));
    let upper: I::F32 = upper.reinterpret_cast();
    let lower = ops.sub(x, upper);
    let square = ops.mul(x, x);
    let cross = ops.mul(upper, lower);
    let rest = ops.add(ops.sub(ops.mul(upper, upper), square), ops.add(cross, cross));
    (square, ops.add(rest, ops.mul(lower, lower)))
}
