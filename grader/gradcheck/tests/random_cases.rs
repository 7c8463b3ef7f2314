//! Many random gradients, right and wrong, over many magnitudes: no false alarm, no miss.

use fastrand::Rng;
use gradcheck::{Report, check_loss};

/// A function of one variable with its derivative.
type Function = (&'static str, fn(f64) -> f64, fn(f64) -> f64);

/// Well scaled at every point: the derivative is seldom small beside f/x.
const WELL_SCALED: [Function; 7] = [
    (
        "tanh·sin + exp",
        |u| u.tanh() * u.sin() + u.exp(),
        |u| (1.0 - u.tanh().powi(2)) * u.sin() + u.tanh() * u.cos() + u.exp(),
    ),
    ("exp", f64::exp, f64::exp),
    ("sin", f64::sin, f64::cos),
    ("cubic", |u| u * u * u - 2.0 * u + 1.0, |u| 3.0 * u * u - 2.0),
    (
        "logistic",
        |u| 1.0 / (1.0 + (-u).exp()),
        |u| {
            let p = 1.0 / (1.0 + (-u).exp());
            p * (1.0 - p)
        },
    ),
    (
        "squared error",
        |u| 0.5 * (u.tanh() - 0.3).powi(2),
        |u| (u.tanh() - 0.3) * (1.0 - u.tanh().powi(2)),
    ),
    ("offset", |u| 100.0 + u * u.cos(), |u| u.cos() - u * u.sin()),
];

/// Hard at some points: the domain ends near by, f varies faster than x, or its terms cancel.
const HARD: [Function; 8] = [
    ("ln", |x| x.abs().ln(), |x| 1.0 / x),
    ("sqrt", |x| x.abs().sqrt(), |x| (0.5 / x.abs().sqrt()).copysign(x)),
    ("1/x", |x| 1.0 / x, |x| -1.0 / (x * x)),
    ("sin, any angle", f64::sin, f64::cos),
    (
        "tanh·sin, any angle",
        |x| x.tanh() * x.sin(),
        |x| (1.0 - x.tanh().powi(2)) * x.sin() + x.tanh() * x.cos(),
    ),
    ("fast sine", |x| (3435.0123 * (x % 8.0)).sin(), |x| 3435.0123 * (3435.0123 * (x % 8.0)).cos()),
    ("offset of 1e8", |x| 1e8 + x.sin(), f64::cos),
    ("cancelled offset of 1e8", |x| (1e8 + x.sin()) - 1e8, f64::cos),
];

/// c·g(s·x) at a random x.
struct Case {
    function: Function,
    c: f64,
    s: f64,
    x: f64,
}

impl Case {
    /// s·x of order one or less, x over 12 orders of magnitude and c over 24.
    fn well_scaled(rng: &mut Rng) -> Self {
        let case =
            Self { function: WELL_SCALED[rng.usize(..WELL_SCALED.len())], ..Self::hard(rng) };
        Self { s: (0.5 + rng.f64()) / case.x.abs().max(1.0), ..case }
    }

    /// s = 1, whatever x.
    fn hard(rng: &mut Rng) -> Self {
        let x = signed(rng, 6.0);
        Self { function: HARD[rng.usize(..HARD.len())], c: signed(rng, 12.0), s: 1.0, x }
    }

    fn f(&self, x: f64) -> f64 {
        self.c * (self.function.1)(self.s * x)
    }

    fn gradient(&self) -> f64 {
        self.c * self.s * (self.function.2)(self.s * self.x)
    }

    fn report(&self, gradient: f64) -> Report {
        check_loss(("x", self.x, gradient), |x| self.f(x))
    }

    fn passes(&self, gradient: f64) -> bool {
        self.report(gradient).passed()
    }

    fn describe(&self) -> String {
        let Self { function, c, s, x } = self;
        format!("{c:e}·{}({s:e}·x) at {x:e}", function.0)
    }
}

/// Of either sign and of a magnitude between 10^−decades and 10^decades.
fn signed(rng: &mut Rng, decades: f64) -> f64 {
    let magnitude = 10_f64.powf(decades * (2.0 * rng.f64() - 1.0));
    if rng.bool() { magnitude } else { -magnitude }
}

/// Of 20,000 cases: none is failed, and hardly one undecided.
fn assert_no_alarms(case: impl FnMut() -> Case) {
    let mut undecided = 0;
    for case in std::iter::repeat_with(case).take(20_000) {
        let report = case.report(case.gradient());
        assert!(!report.failed(), "{}: {report}", case.describe());
        undecided += usize::from(!report.passed());
    }
    assert!(undecided <= 20, "{undecided}");
}

#[test]
fn no_right_gradient_is_failed() {
    let mut rng = Rng::with_seed(1);
    assert_no_alarms(|| Case::well_scaled(&mut rng));
}

#[test]
fn no_right_gradient_is_failed_in_hard_places() {
    let mut rng = Rng::with_seed(2);
    assert_no_alarms(|| Case::hard(&mut rng));
}

#[test]
fn no_gradient_that_is_off_by_a_millionth_passes() {
    let mut rng = Rng::with_seed(3);
    let mut judged = 0;
    for _ in 0..20_000 {
        let case = Case::well_scaled(&mut rng);
        let gradient = case.gradient();
        // Well scaled: the derivative is not small beside the function's own variation.
        if gradient.abs() < 1e-3 * case.f(case.x).abs() / case.x.abs().max(1.0) {
            continue;
        }
        judged += 1;
        let wrong = gradient * (1.0 + if rng.bool() { 1e-6 } else { -1e-6 });
        assert!(!case.passes(wrong), "{}", case.describe());
    }
    assert!(judged > 15_000, "{judged}");
}

#[test]
fn no_forgotten_sign_factor_or_term_passes_in_hard_places() {
    let mut rng = Rng::with_seed(4);
    for _ in 0..20_000 {
        let case = Case::hard(&mut rng);
        // Beside an offset of 1e8, seven digits of f are gone and the slope needs some height.
        if (case.function.2)(case.x).abs() < 1e-2 && case.function.0.contains("offset") {
            continue;
        }
        for factor in [-1.0, 0.0, 0.5, 2.0] {
            assert!(!case.passes(factor * case.gradient()), "{factor}·{}", case.describe());
        }
    }
}
