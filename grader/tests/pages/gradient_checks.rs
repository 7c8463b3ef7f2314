//! Each number of the page on gradient checks.

use gradcheck::{Report, check_loss, derivative};
use ndarray::{Array1, array};

use super::{Page, number, rounds};

/// The loss of the course's neuron, and its derivative.
fn neuron(theta: f64) -> f64 {
    0.5 * ((2.0 * theta + 0.1).tanh() - 1.0).powi(2)
}

fn slope(theta: f64) -> f64 {
    let a = (2.0 * theta + 0.1).tanh();
    (a - 1.0) * (1.0 - a * a) * 2.0
}

type Function = fn(f64) -> f64;

fn central(f: impl Fn(f64) -> f64, at: f64, h: f64) -> f64 {
    (f(at + h) - f(at - h)) / (2.0 * h)
}

fn page(section: &str) -> Page {
    Page::of("gradient-checks.md").section(section)
}

#[test]
fn the_two_errors() {
    let page = page("Two errors");
    let mean = |f: Function, exact: Function, h: f64| {
        let points = (0..200).map(|at| 0.49 + 1e-4 * f64::from(at));
        points.map(|at| (central(f, at, h) - exact(at)).abs()).sum::<f64>() / 200.0
    };
    for exponent in [-1, -2, -4, -6, -8] {
        let h = 10_f64.powi(exponent);
        let row = page.row(&format!("$10^{{{exponent}}}$"));
        for (f, exact, written) in
            [(f64::exp as Function, f64::exp as Function, row[0]), (neuron, slope, row[1])]
        {
            let found = mean(f, exact, h);
            if h > 1e-5 {
                rounds(found, written, 0.02);
            } else {
                // Of round-off, another library's exp and tanh leave the magnitude.
                let ratio = found / number(written);
                assert!((0.3..3.0).contains(&ratio), "{found:e} is written as {written}");
            }
        }
    }
    page.says(&format!(
        "because its loss is {:.2} and that of the other is {:.1}",
        neuron(0.5),
        0.5_f64.exp()
    ));
}

#[test]
fn no_single_tolerance_is_right() {
    let page = page("Why no single tolerance");
    for (s, name) in [(1.0, "1"), (1e-8, "$10^{-8}$"), (1e8, "$10^{8}$")] {
        let row = page.row(name);
        let right = s * slope(0.5);
        rounds(right, row[0], 0.03);
        let off = (central(|t| s * neuron(t), 0.5, 1e-5) - right).abs();
        rounds(off, row[1], 0.05);
        let passes = |gradient: f64| (gradient - (right + off)).abs() <= 1e-5;
        let told = match [0.0, -right, right].map(passes) {
            [false, false, true] => "0 fails, the right gradient passes",
            [true, true, true] => "0 passes, and so does the wrong sign",
            [false, false, false] => "the right gradient fails",
            other => panic!("{other:?}"),
        };
        assert_eq!(row[2], told);
    }
    let target = 1.1_f64.tanh();
    let learned = central(|t| 0.5 * ((2.0 * t + 0.1).tanh() - target).powi(2), 0.5, 1e-5);
    page.says("about $-10^{-10}$");
    assert!((-1.2e-10..-0.5e-10).contains(&learned), "{learned:e}");
}

/// They are those of the page with the figures.
#[test]
fn what_the_policies_let_through() {
    let (page, figures) = (page("Why no single tolerance"), Page::of("gradcheck.md"));
    let right = figures.row("loss from 1e+4 to 1e+12");
    page.says(&format!("a fixed $10^{{-6}}$ fails {}", right[right.len() - 1]));
    let wrong = figures.row("loss from 1e-12 to 1e-4, of the wrong sign");
    page.says(&format!("the tolerance of PyTorch passes {}", wrong[2]));
}

#[test]
fn extrapolation() {
    let page = page("Extrapolation");
    let exact = 0.5_f64.exp();
    page.says(&format!("$f' = {exact:.9}$"));
    let [d1, d2, d3] = [0.1, 0.05, 0.025].map(|h| central(f64::exp, 0.5, h));
    let (r1, r2) = ((4.0 * d2 - d1) / 3.0, (4.0 * d3 - d2) / 3.0);
    let last = (16.0 * r2 - r1) / 15.0;
    let rows = [
        ("$D(0.1)$", d1),
        ("$D(0.05)$", d2),
        ("$D(0.025)$", d3),
        ("$R(0.1)$", r1),
        ("$R(0.05)$", r2),
        ("$(16 R(0.05) - R(0.1))/15$", last),
    ];
    for (name, value) in rows {
        let row = page.row(name);
        assert_eq!(row[0], format!("{value:.9}"));
        rounds(value - exact, row[1], 0.03);
    }
    rounds((last - r2).abs(), "$2.1 \\cdot 10^{-8}$", 0.03);
    page.says("differs from the one before by $2.1 \\cdot 10^{-8}$");
    let times = (r2 - exact).abs() / (last - exact).abs();
    assert!((3_500.0..4_500.0).contains(&times), "{times}");
    page.says("four thousand times");
}

#[test]
fn a_bound_for_each_coordinate() {
    let page = page("A bound for each coordinate");
    let estimate = gradcheck::derivative(f64::exp, 0.5);
    assert!((estimate.value - 0.5_f64.exp()).abs() <= estimate.error);
    assert!(estimate.error < 1e-11);

    let functions: [(&str, Function, f64, f64); 7] = [
        ("$e^\\theta$", f64::exp, 0.5, 0.5_f64.exp()),
        ("$f$", neuron, 0.5, slope(0.5)),
        ("$10^{-12} f$", |t| 1e-12 * neuron(t), 0.5, 1e-12 * slope(0.5)),
        ("$10^{12} f$", |t| 1e12 * neuron(t), 0.5, 1e12 * slope(0.5)),
        ("$10^{6} + f$", |t| 1e6 + neuron(t), 0.5, slope(0.5)),
        ("$10^{10} + f$", |t| 1e10 + neuron(t), 0.5, slope(0.5)),
        ("$1/\\theta$ at $10^{-6}$", |t| 1.0 / t, 1e-6, -1e12),
    ];
    for (name, f, at, exact) in functions {
        let row = page.row(name);
        rounds(exact, row[0], 3e-3);
        let estimate = derivative(f, at);
        assert!((estimate.value - exact).abs() <= estimate.error, "{name}: {estimate:?}");
        match row[1] {
            "none: undecided" => assert_eq!(estimate.error, f64::INFINITY),
            // Noise is measured, and that of another library's tanh is another.
            bound => rounds(estimate.error, bound, 0.5),
        }
    }
}

fn relus(x: &Array1<f64>) -> f64 {
    x[0].max(0.0) - x[1].max(0.0)
}

fn maximum(x: &Array1<f64>) -> f64 {
    x[0].max(x[1])
}

#[test]
fn at_kinks_a_mean_of_gradients_near_by_is_right() {
    let page = page("Kinks");
    let at = array![0.0, 0.0];
    let told = |report: Report| if report.passed() { "right" } else { "wrong" };
    for (name, claim) in [
        ("(0, 0)", [0.0, 0.0]),
        ("(½, -½)", [0.5, -0.5]),
        ("(½, ½)", [0.5, 0.5]),
        ("(1, 0)", [1.0, 0.0]),
        ("(1, 1)", [1.0, 1.0]),
    ] {
        let claim = Array1::from_iter(claim);
        let both = [relus, maximum].map(|f| told(check_loss(("x", &at, &claim), f)));
        assert_eq!(page.row(name), both, "{name}");
    }
    let slopes = derivative(|x| maximum(&array![x, 0.0]), 0.0).kink.unwrap();
    assert_eq!([slopes.left, slopes.right].map(|it| it.value.round()), [0.0, 1.0]);
}

#[test]
fn nan_never_passes() {
    let x = array![0.3, -0.8];
    let (sum, nan) = (|x: &Array1<f64>| x.sum(), f64::NAN);
    assert!(check_loss(("x", &x, &array![1.0, 1.0]), sum).passed());
    assert!(check_loss(("x", &x, &array![nan, 1.0]), sum).failed());
    assert!(check_loss(("x", &x, &array![f64::INFINITY, 1.0]), sum).failed());
    assert!(!check_loss(("x", &x, &array![nan, nan]), |_: &Array1<f64>| nan).passed());
}

/// The tolerance is relative to what the loss shows.
#[test]
fn a_gradient_that_is_wrong_by_a_millionth_is_found() {
    let at = array![0.5];
    let loss = |theta: &Array1<f64>| neuron(theta[0]);
    let report = |gradient: f64| check_loss(("θ", &at, &array![gradient]), loss);
    assert!(report(slope(0.5)).passed());
    assert!(report(slope(0.5) * (1.0 + 1e-6)).failed());
    let tolerance = report(slope(0.5)).coordinates()[0].tolerance;
    assert!((1e-12..1e-10).contains(&tolerance), "{tolerance:e}");
    assert_eq!(number("$10^{-11}$"), 1e-11);
    page("The tolerance follows").says("$10^{-11}$");
}
