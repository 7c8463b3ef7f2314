//! Many coordinates, whose bounds share what a few of them have shown.

use gradcheck::{Report, check_loss, random};
use ndarray::Array1;

/// Forward passes of a plain loop of central differences.
const PLAIN: usize = 2 * COUNT;
const COUNT: usize = 500;

/// Σ tanh(x)·r, but for one coordinate, of which it is another function.
struct Loss {
    x: Array1<f64>,
    r: Array1<f64>,
    odd: (usize, fn(f64) -> f64),
}

impl Loss {
    fn new(odd: (usize, fn(f64) -> f64), at: f64) -> Self {
        let (mut x, r): (Array1<f64>, Array1<f64>) = (random(COUNT, 1), random(COUNT, 2));
        x[odd.0] = at;
        Self { x, r, odd }
    }

    fn gradient(&self, odd: f64) -> Array1<f64> {
        let mut gradient = &self.r * &self.x.mapv(|x| 1.0 - x.tanh().powi(2));
        gradient[self.odd.0] = odd;
        gradient
    }

    fn report(&self, odd: f64) -> Report {
        let gradient = self.gradient(odd);
        check_loss(("x", &self.x, &gradient), |x| {
            let (at, f) = self.odd;
            (x.mapv(f64::tanh) * &self.r).sum() - x[at].tanh() * self.r[at] + f(x[at])
        })
    }
}

#[test]
fn a_smooth_loss_takes_less_than_twice_the_passes_of_a_plain_loop() {
    let report = Loss::new((7, f64::sin), 0.3).report(0.3_f64.cos());
    report.assert();
    assert!(report.forward_passes() <= 2 * PLAIN, "{}", report.forward_passes());
}

#[test]
fn one_wrong_coordinate_among_many_is_the_only_one_that_is_named() {
    for at in [0, 7, COUNT - 1] {
        let report = Loss::new((at, f64::sin), 0.3).report(0.3_f64.cos() * (1.0 + 1e-6));
        let named: Vec<_> = report.failures().map(|it| it.index[0]).collect();
        assert_eq!(named, [at]);
    }
}

#[test]
fn a_kink_a_seam_a_fast_turn_or_a_jump_among_many_is_not_overlooked() {
    let at_relu = Loss::new((7, |x| x.max(0.0)), 0.0);
    at_relu.report(0.3).assert();
    assert!(at_relu.report(1.01).failed());
    let near_relu = Loss::new((7, |x| x.max(0.0)), 1e-7);
    near_relu.report(1.0).assert();
    assert!(near_relu.report(0.5).failed() && near_relu.report(0.0).failed());
    let seam = Loss::new((7, |x| x * x.abs()), 1e-7);
    seam.report(2e-7).assert();
    assert!(seam.report(1e-3).failed());
    let fast = Loss::new((7, |x| (1e4 * x).sin()), 0.3);
    fast.report(1e4 * 3e3_f64.cos()).assert();
    assert!(fast.report(0.0).failed());
    let jump = Loss::new((7, |x| if x < 0.3 { 0.0 } else { 1.0 }), 0.3);
    assert_eq!(jump.report(0.0).undecided().count(), 1);
}

#[test]
fn what_the_loss_does_not_depend_on_has_a_gradient_of_zero() {
    let report = |dx: f64| {
        let (x, mut gradient): (Array1<f64>, _) = (random(COUNT, 1), Array1::zeros(COUNT));
        gradient[0] = 2.0 * x[0];
        gradient[COUNT / 2] = dx;
        check_loss(("x", &x, &gradient), |x| x[0] * x[0])
    };
    report(0.0).assert();
    assert!(report(0.0).forward_passes() <= 3 * PLAIN, "{}", report(0.0).forward_passes());
    assert_eq!(report(1e-3).failures().count(), 1);
}
