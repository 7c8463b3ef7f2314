//! What finite differences cannot tell, and what a caller may do with it.

use gradcheck::{Checker, Undecided, Verdict, check_loss};
use ndarray::{Array1, array};

/// −ln of the first class's probability.
fn cross_entropy(z: &Array1<f64>) -> f64 {
    let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + z.mapv(|z| (z - top).exp()).sum().ln() - z[0]
}

fn reasons(report: &gradcheck::Report) -> Vec<Verdict> {
    report.undecided().map(|it| it.verdict).collect()
}

#[test]
fn a_gradient_too_small_to_show_is_neither_right_nor_wrong() {
    let z = array![45.0, 0.0];
    let p = (-45.0_f64).exp();
    let report = check_loss(("z", &z, &array![-p, p]), cross_entropy);
    assert!(!report.passed() && !report.failed(), "{report}");
    assert_eq!(reasons(&report), [Verdict::Undecided(Undecided::Flat); 2]);
    assert!(report.to_string().contains("too small to show"), "{report}");
    assert!(check_loss(("z", &z, &array![-1.0, 1.0]), cross_entropy).failed());
}

#[test]
fn noise_that_hides_a_slope_passes_no_claim() {
    let loss = |x: f64| (1e12 + x.sin()) - 1e12;
    for claim in [1.0, 0.0, -1.0] {
        let report = check_loss(("x", 0.0, claim), loss);
        assert!(!report.passed(), "{report}");
        assert!(!report.failed() || claim != 1.0, "{report}");
    }
    let report = check_loss(("x", 0.0, 1.0), loss);
    assert_eq!(reasons(&report), [Verdict::Undecided(Undecided::Noise)]);
}

#[test]
fn a_bound_that_is_larger_than_any_slope_passes_no_claim() {
    for claim in [0.0, 1.0, -1.0, 2.0] {
        assert!(!check_loss(("x", 0.3, claim), |x| 1e13 + x).passed(), "{claim}");
    }
    // Where other derivatives show what is large, one of zero is known well enough.
    check_loss((("x", 0.3, 0.0), ("y", 0.2, 1.0)), |(x, y)| 1e3 + y + (x - x)).assert();
}

#[test]
fn a_jump_is_undecided_and_names_what_to_do() {
    let step = |x: f64| if x < 0.5 { x } else { x + 1.0 };
    let report = check_loss(("x", 0.5, 1.0), step);
    assert_eq!(reasons(&report), [Verdict::Undecided(Undecided::NotSmooth)]);
    assert!(report.to_string().contains("move the point away from the jump"), "{report}");
}

#[test]
fn what_is_undecided_passes_when_it_is_tolerated_and_nothing_else_does() {
    let step = |(x, y): (f64, f64)| if x < 0.5 { x * y } else { x * y + 1.0 };
    let report = |dy| {
        let arguments = (("x", 0.5, 2.0), ("y", 2.0, dy));
        Checker::new().tolerate_undecided().check_loss(arguments, step)
    };
    report(0.5).assert();
    assert_eq!(report(0.5).undecided().count(), 1);
    let wrong = report(0.6);
    assert!(!wrong.passed(), "y is wrong");
    assert!(!wrong.to_string().contains("right:"), "x is not right, but undecided: {wrong}");
    assert!(!check_loss((("x", 0.5, 2.0), ("y", 2.0, 0.5)), step).passed(), "not tolerated");
}

#[test]
#[should_panic(expected = "1 coordinate is undecided")]
fn assert_lists_what_is_undecided() {
    check_loss(("x", 0.5, 1.0), |x| if x < 0.5 { x } else { x + 1.0 }).assert();
}
