//! How often this crate and three published policies fail right gradients, and pass wrong ones.
//!
//! ```sh
//! cargo run --release -p gradcheck --example policies
//! ```
//!
//! The cases are random, from fixed seeds: every run prints the same tables.

use fastrand::Rng;
use gradcheck::{Argument, check};
use ndarray::{Array1, ArrayD};

/// Random cases of each class.
const CASES: usize = 16_000;

/// A loss at a point, with its gradient. All coordinates have the same function and a scale of
/// their own: Σ cᵢ·g(sᵢ·xᵢ).
struct Case {
    function: Function,
    c: Vec<f64>,
    s: Vec<f64>,
    x: Vec<f64>,
    /// At a kink, the part of the way from the left to the right slope that is claimed.
    part: f64,
}

#[derive(Clone, Copy)]
struct Function {
    value: fn(f64) -> f64,
    /// To the left and to the right.
    slopes: fn(f64) -> [f64; 2],
}

macro_rules! smooth {
    ($value:expr, $slope:expr) => {
        Function { value: $value, slopes: |u| [($slope as fn(f64) -> f64)(u); 2] }
    };
}

/// Whose derivative is seldom small beside f/x.
const SMOOTH: [Function; 5] = [
    smooth!(f64::exp, f64::exp),
    smooth!(f64::sin, f64::cos),
    smooth!(f64::tanh, |u| 1.0 - u.tanh().powi(2)),
    smooth!(|u| 0.5 * (u.tanh() - 0.3).powi(2), |u| (u.tanh() - 0.3) * (1.0 - u.tanh().powi(2))),
    smooth!(|u| u * u * u - 2.0 * u + 1.0, |u| 3.0 * u * u - 2.0),
];

/// Whose domain ends near by, which turn faster than x, or whose terms cancel.
const HARD: [Function; 5] = [
    smooth!(|u| u.abs().ln(), |u| 1.0 / u),
    smooth!(|u| u.abs().sqrt(), |u| (0.5 / u.abs().sqrt()).copysign(u)),
    smooth!(|u| 1.0 / u, |u| -1.0 / (u * u)),
    smooth!(|u| (300.0 * u).sin(), |u| 300.0 * (300.0 * u).cos()),
    smooth!(|u| (1e6 + u.sin()) - 1e6, f64::cos),
];

/// With a kink at 0, slopes apart by one.
const KINKED: [Function; 4] = [
    Function { value: |u| u.max(0.0) + u.sin(), slopes: |_| [1.0, 2.0] },
    Function { value: |u| 0.5 * u.abs() + u.exp(), slopes: |_| [0.5, 1.5] },
    Function { value: |u| u.clamp(0.0, 1.0) - u * u, slopes: |_| [0.0, 1.0] },
    Function { value: |u| 2.0 * u.max(0.5 * u) + u.cos(), slopes: |_| [1.0, 2.0] },
];

impl Case {
    fn random(rng: &mut Rng, functions: &[Function], class: &Class) -> Self {
        let function = functions[rng.usize(..functions.len())];
        let draw = |rng: &mut Rng, [low, high]: [f64; 2]| {
            10_f64.powf(low + (high - low) * rng.f64()).copysign(rng.f64() - 0.5)
        };
        let c: Vec<_> = (0..class.coordinates).map(|_| draw(rng, class.c)).collect();
        let x: Vec<_> = (0..class.coordinates).map(|_| draw(rng, class.x)).collect();
        // sᵢ·xᵢ is of order one, whatever xᵢ; at a kink it is zero.
        let s = x.iter().map(|x| (0.1 + 1.4 * rng.f64()) / x.abs()).collect();
        let x = if class.kinked { vec![0.0; class.coordinates] } else { x };
        Self { function, c, s, x, part: rng.f64() }
    }

    fn loss(&self, x: impl Iterator<Item = f64>) -> f64 {
        let scales = self.c.iter().zip(&self.s);
        x.zip(scales).map(|(x, (c, s))| c * (self.function.value)(s * x)).sum()
    }

    fn gradient(&self) -> Vec<f64> {
        let scales = self.c.iter().zip(&self.s).zip(&self.x);
        let slope = |((c, s), x): ((&f64, &f64), &f64)| {
            let [left, right] = (self.function.slopes)(s * x);
            c * s * (left + self.part * (right - left))
        };
        scales.map(slope).collect()
    }

    /// The gradient is not small beside the loss's own variation: its digits can be told.
    fn is_well_scaled(&self) -> bool {
        let value = self.loss(self.x.iter().copied()).abs();
        let gradient = self.gradient();
        let mut all = gradient.iter().zip(&self.s).map(|(gradient, s)| (gradient / s).abs());
        all.all(|slope| slope >= 1e-2 * value)
    }

    fn central(&self, h: f64) -> Vec<f64> {
        let moved = |at: usize, by: f64| {
            let x = self.x.iter().enumerate();
            self.loss(x.map(|(i, x)| if i == at { x + by } else { *x }))
        };
        (0..self.x.len()).map(|at| (moved(at, h) - moved(at, -h)) / (2.0 * h)).collect()
    }
}

/// A kind of case: the decades of the loss's coefficients and of the coordinates.
struct Class {
    name: &'static str,
    functions: &'static [Function],
    c: [f64; 2],
    x: [f64; 2],
    coordinates: usize,
    kinked: bool,
}

const CLASSES: [Class; 7] = [
    Class { name: "all of order one", ..class(&SMOOTH, [-0.5, 0.5], [-0.5, 0.5]) },
    Class { name: "loss from 1e-12 to 1e-4", ..class(&SMOOTH, [-12.0, -4.0], [-0.5, 0.5]) },
    Class { name: "loss from 1e+4 to 1e+12", ..class(&SMOOTH, [4.0, 12.0], [-0.5, 0.5]) },
    Class { name: "coordinates from 1e-6 to 1e+6", ..class(&SMOOTH, [-0.5, 0.5], [-6.0, 6.0]) },
    Class {
        name: "five coordinates, gradients over 4 decades",
        coordinates: 5,
        ..class(&SMOOTH, [-1.0, 1.0], [-1.0, 1.0])
    },
    Class {
        name: "near the end of a domain, fast, or cancelled",
        ..class(&HARD, [-12.0, 12.0], [-1.0, 0.5])
    },
    Class { name: "at a kink", kinked: true, ..class(&KINKED, [-12.0, 12.0], [-0.5, 0.5]) },
];

const fn class(functions: &'static [Function], c: [f64; 2], x: [f64; 2]) -> Class {
    Class { name: "", functions, c, x, coordinates: 1, kinked: false }
}

/// Whether a gradient passes.
type Policy = fn(&Case, &[f64]) -> bool;

const POLICIES: [(&str, Policy); 5] = [
    ("gradcheck", |case, gradient| {
        let (x, gradient) = (Array1::from(case.x.clone()), Array1::from(gradient.to_vec()));
        let loss = |at: &[ArrayD<f64>]| case.loss(at[0].iter().copied());
        check(loss, &[Argument::new("x", &x, &gradient)]).passed()
    }),
    ("torch", |case, gradient| {
        agree(gradient, &case.central(1e-6), |a, n| (a - n).abs() <= 1e-5 + 1e-3 * n.abs())
    }),
    ("CS231n, 1e-4", |case, gradient| {
        agree(gradient, &case.central(1e-5), |a, n| relative(a, n) <= 1e-4)
    }),
    ("CS231n, 1e-7", |case, gradient| {
        agree(gradient, &case.central(1e-5), |a, n| relative(a, n) <= 1e-7)
    }),
    ("fixed 1e-6", |case, gradient| {
        agree(gradient, &case.central(1e-5), |a, n| (a - n).abs() <= 1e-6)
    }),
];

fn agree(analytic: &[f64], numeric: &[f64], agree: fn(f64, f64) -> bool) -> bool {
    analytic.iter().zip(numeric).all(|(a, n)| agree(*a, *n))
}

/// |a − n| / max(|a|, |n|), zero where both are.
fn relative(a: f64, n: f64) -> f64 {
    if a == n { 0.0 } else { (a - n).abs() / a.abs().max(n.abs()) }
}

type Mistake = fn(f64) -> f64;

/// What is made of the right slope in one coordinate.
const MISTAKES: [(&str, Mistake); 3] = [
    ("1.1e-6 too large", |right| right * (1.0 + 1.1e-6)),
    ("1 % too large", |right| right * 1.01),
    ("of the wrong sign", |right| -right),
];

/// At a kink a mistake begins at the larger of the two slopes: below it would be right.
fn mistaken(case: &Case, at: usize, mistake: Mistake) -> Vec<f64> {
    let mut wrong = case.gradient();
    let [left, right] = (case.function.slopes)(case.s[at] * case.x[at]);
    wrong[at] = if left == right {
        mistake(wrong[at])
    } else {
        case.c[at] * case.s[at] * mistake(left.max(right))
    };
    wrong
}

fn percent(count: usize, of: usize) -> String {
    match (count, 100.0 * count as f64 / of as f64) {
        (0, _) => "0".to_owned(),
        (_, share) if share < 0.1 => format!("{share:.3} %"),
        (_, share) => format!("{share:.1} %"),
    }
}

fn print_row(name: &str, cases: usize, counts: [usize; POLICIES.len()]) {
    let cells = counts.map(|count| percent(count, cases));
    println!("| {name} | {cases} | {} |", cells.join(" | "));
}

fn print_head(title: &str) {
    let names = POLICIES.map(|(name, _)| name);
    println!("\n| {title} | cases | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(POLICIES.len()));
}

fn cases(class: &Class) -> Vec<Case> {
    let mut rng = Rng::with_seed(1);
    (0..CASES).map(|_| Case::random(&mut rng, class.functions, class)).collect()
}

fn count(cases: &[Case], counted: impl Fn(&Case, Policy) -> bool) -> [usize; POLICIES.len()] {
    POLICIES.map(|(_, policy)| cases.iter().filter(|case| counted(case, policy)).count())
}

fn main() {
    let classes: Vec<_> = CLASSES.iter().map(|class| (class, cases(class))).collect();
    print_head("right gradients that are failed");
    for (class, cases) in &classes {
        let alarms = count(cases, |case, policy| !policy(case, &case.gradient()));
        print_row(class.name, cases.len(), alarms);
    }
    print_head("wrong gradients that pass");
    for (class, cases) in classes {
        let cases: Vec<_> = cases.into_iter().filter(Case::is_well_scaled).collect();
        // There is no wrong sign between two slopes.
        let mistakes = MISTAKES.iter().take(if class.kinked { 2 } else { MISTAKES.len() });
        for (name, mistake) in mistakes {
            let misses = count(&cases, |case, policy| policy(case, &mistaken(case, 0, *mistake)));
            print_row(&format!("{}, {name}", class.name), cases.len(), misses);
        }
    }
}
