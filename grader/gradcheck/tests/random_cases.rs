//! Many random gradients, right and wrong, over many magnitudes: no false alarm, no miss.

use fastrand::Rng;
use gradcheck::{Argument, check};
use ndarray::ArrayD;

type Function = fn(f64) -> f64;

/// A random function of one variable with its derivative.
struct Case {
    name: &'static str,
    f: Box<dyn Fn(f64) -> f64>,
    derivative: Box<dyn Fn(f64) -> f64>,
    x: f64,
}

/// c·g(s·x) for a random g, with s·x of order one or less and c over 24 orders of magnitude.
fn random_case(rng: &mut Rng) -> Case {
    let scale = 10_f64.powi(rng.i32(-12..=12));
    let x = (2.0 * rng.f64() - 1.0) * 10_f64.powi(rng.i32(-6..=6));
    let s = (0.5 + rng.f64()) / x.abs().max(1.0);
    let (name, g, dg): (_, Function, Function) = match rng.u8(0..7) {
        0 => ("tanh", f64::tanh, |u| 1.0 - u.tanh().powi(2)),
        1 => ("exp", f64::exp, f64::exp),
        2 => ("sin", f64::sin, f64::cos),
        3 => ("cubic", |u| u * u * u - 2.0 * u, |u| 3.0 * u * u - 2.0),
        4 => (
            "logistic",
            |u| 1.0 / (1.0 + (-u).exp()),
            |u| {
                let p = 1.0 / (1.0 + (-u).exp());
                p * (1.0 - p)
            },
        ),
        5 => (
            "squared error",
            |u| 0.5 * (u.tanh() - 0.3).powi(2),
            |u| (u.tanh() - 0.3) * (1.0 - u.tanh().powi(2)),
        ),
        _ => ("far from zero", |u| 100.0 + u * u.cos(), |u| u.cos() - u * u.sin()),
    };
    Case {
        name,
        f: Box::new(move |x| scale * g(s * x)),
        derivative: Box::new(move |x| scale * s * dg(s * x)),
        x,
    }
}

fn passes(case: &Case, gradient: f64) -> bool {
    let loss = |at: &[ArrayD<f64>]| (case.f)(at[0].sum());
    check(loss, &[Argument::scalar("x", case.x, gradient)]).passed()
}

#[test]
fn no_right_gradient_is_failed() {
    let mut rng = Rng::with_seed(1);
    for number in 0..20_000 {
        let case = random_case(&mut rng);
        let gradient = (case.derivative)(case.x);
        assert!(passes(&case, gradient), "case {number}: {} at {}", case.name, case.x);
    }
}

#[test]
fn no_gradient_that_is_off_by_a_millionth_passes() {
    let mut rng = Rng::with_seed(2);
    let mut judged = 0;
    for number in 0..20_000 {
        let case = random_case(&mut rng);
        let gradient = (case.derivative)(case.x);
        // Well scaled: the derivative is not small beside the function's own variation.
        let variation = (case.f)(case.x).abs() / case.x.abs().max(1.0);
        if gradient.abs() < 1e-3 * variation {
            continue;
        }
        judged += 1;
        let wrong = gradient * (1.0 + if rng.bool() { 1e-6 } else { -1e-6 });
        assert!(!passes(&case, wrong), "case {number}: {} at {}", case.name, case.x);
    }
    assert!(judged > 10_000, "{judged}");
}
