//! How far the functions of `f32` are from the exact values.

use rten_simd::{Isa, SimdUnaryOp, functional::simd_map, isa::GenericIsa};

use crate::f32s::{self, Erfc, Tanh};

/// A function as the processor computes it best, and as one without SIMD would; its exact values; and the largest
/// errors in ulp of the two that the crate's documentation states.
struct Stated {
    name: &'static str,
    computed: [fn(&mut [f32]); 2],
    exact: fn(f64) -> f64,
    ulps: [f64; 2],
}

const ALL: [Stated; 3] = [
    Stated {
        name: "exp",
        computed: [f32s::exp, |numbers| plain(numbers, rten_vecmath::Exp {})],
        exact: f64::exp,
        ulps: [0.87, 1.17],
    },
    Stated {
        name: "tanh",
        computed: [f32s::tanh, |numbers| plain(numbers, Tanh)],
        exact: f64::tanh,
        ulps: [2.26, 2.26],
    },
    Stated {
        name: "erfc",
        computed: [f32s::erfc, |numbers| plain(numbers, Erfc)],
        exact: libm::erfc,
        ulps: [5.88, 5.95],
    },
];

/// How many numbers are computed at once.
const PART: usize = 1 << 16;

/// Computes as where the processor has no SIMD that is known: it multiplies and adds in two steps.
fn plain(numbers: &mut [f32], function: impl SimdUnaryOp<f32>) {
    let isa = GenericIsa::new();
    simd_map(isa.f32(), numbers, |x| function.eval(isa, x));
}

/// The distance of an f32 from the exact value, in units in the last place that the exact value has in f32.
/// What f32 calls infinite is the power of two after its largest number.
fn ulps(got: f32, exact: f64) -> f64 {
    if exact.is_nan() {
        return if got.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let infinite = 2_f64.powi(f32::MAX_EXP);
    let [got, exact] = [f64::from(got), exact].map(|it| it.clamp(-infinite, infinite));
    let exponent = (exact.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    let exponent = exponent.clamp(f32::MIN_EXP - 1, f32::MAX_EXP - 1);
    let unit = exponent + 1 - f32::MANTISSA_DIGITS as i32;
    // 2^−unit, made of its bits: `powi` would take longer than all else.
    let ulps = (got - exact).abs() * f64::from_bits(((1023 - unit) as u64) << 52);
    // A NaN that should be none.
    if ulps.is_nan() { f64::INFINITY } else { ulps }
}

/// The largest errors of both ways over each `step`-th number of f32, and where they are.
fn worst(stated: &Stated, step: usize) -> [(f64, f32); 2] {
    let mut worst = [(0.0, 0.0); 2];
    let mut bits = (0..=u32::MAX).step_by(step);
    loop {
        let numbers: Vec<_> = bits.by_ref().take(PART).map(f32::from_bits).collect();
        if numbers.is_empty() {
            return worst;
        }
        let exact: Vec<_> = numbers.iter().map(|&x| (stated.exact)(f64::from(x))).collect();
        for (compute, worst) in stated.computed.iter().zip(&mut worst) {
            let mut got = numbers.clone();
            compute(&mut got);
            for ((&x, got), &exact) in numbers.iter().zip(got).zip(&exact) {
                let error = ulps(got, exact);
                if error > worst.0 {
                    *worst = (error, x);
                }
            }
        }
    }
}

fn assert_stated(step: usize) {
    for stated in ALL {
        let name = stated.name;
        for ((ulps, at), limit) in worst(&stated, step).into_iter().zip(stated.ulps) {
            println!("{name}: {ulps:.3} ulp at {at:e}");
            assert!(ulps <= limit, "{name}({at:e}) is {ulps} ulp off, and {limit} are stated");
        }
    }
}

#[test]
fn no_error_is_larger_than_stated() {
    // A prime: all exponents, and no pattern among the digits.
    assert_stated(2003);
}

#[test]
#[ignore = "takes minutes, optimised: cargo test --release --package kernels -- --ignored --nocapture"]
fn no_error_is_larger_than_stated_for_any_number() {
    assert_stated(1);
}

#[test]
fn errors_are_told_in_units_of_the_exact_value() {
    assert_eq!(ulps(1.0 + f32::EPSILON, 1.0), 1.0);
    assert_eq!(ulps(1.0 - f32::EPSILON, 1.0), 1.0);
    assert_eq!(ulps(0.0, 2_f64.powi(-149)), 1.0);
    assert_eq!(ulps(f32::INFINITY, f64::from(f32::MAX)), 1.0);
    assert_eq!(ulps(f32::INFINITY, f64::INFINITY), 0.0);
    assert_eq!(ulps(f32::MAX, f64::INFINITY), 1.0);
    assert_eq!(ulps(f32::NAN, f64::NAN), 0.0);
    assert_eq!(ulps(f32::NAN, 1.0), f64::INFINITY);
    assert_eq!(ulps(1.0, f64::NAN), f64::INFINITY);
}
