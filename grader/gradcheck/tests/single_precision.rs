//! Functions of f32, checked in the precision that they have.

use gradcheck::{Checker, check_loss, random};
use ndarray::Array2;

type Matrix = Array2<f32>;

fn forward((x, w): (&Matrix, &Matrix)) -> Matrix {
    x.dot(&w.t()).mapv(f32::tanh)
}

fn backward((x, w): (&Matrix, &Matrix), da: &Matrix, factor: f32) -> (Matrix, Matrix) {
    let dz = da * forward((x, w)).mapv(|a| 1.0 - a * a);
    (dz.dot(w), factor * dz.t().dot(x))
}

#[test]
fn a_layer_in_single_precision_is_judged_rightly() {
    for seed in 0..20 {
        let (x, w): (Matrix, Matrix) = (random((8, 20), seed), random((10, 20), 100 + seed));
        let report = |factor| {
            let backward = |at: (&Matrix, &Matrix), da: &Matrix| backward(at, da, factor);
            Checker::new().seed(seed).check_backward((("X", &x), ("W", &w)), forward, backward)
        };
        report(1.0).assert();
        assert!(report(8.0).to_string().contains("dL/dW is 8 times too large everywhere"));
        assert!(report(-1.0).to_string().contains("dL/dW has the wrong sign everywhere"));
        let wrong = report(1.01);
        assert_eq!(wrong.wrong_arguments(), ["W"], "{wrong}");
        assert!(report(-1.0).failures().count() > 190);
    }
}

#[test]
fn scales_are_judged_rightly_in_single_precision_too() {
    for scale in [1e-12_f32, 1e-3, 1.0, 1e6, 1e12] {
        let x: Matrix = random((3, 4), 1);
        let loss = |x: &Matrix| scale * x.mapv(f32::sin).sum();
        let gradient = x.mapv(|x| scale * x.cos());
        check_loss(("x", &x, &gradient), loss).assert();
        assert!(!check_loss(("x", &x, &gradient.mapv(|it| 1.02 * it)), loss).passed(), "{scale}");
    }
}

#[test]
fn a_saturated_unit_in_single_precision_is_not_failed() {
    // Until what is left of its rise is hidden in the rounding of a loss of one.
    for w in (0..57).map(|number| 1e-4_f32 * number as f32) {
        let a = (1000.0 * w).tanh();
        let report = check_loss(("w", w, 1000.0 * (1.0 - a * a)), |w| (1000.0 * w).tanh());
        assert!(!report.failed(), "{w}: {report}");
    }
}
