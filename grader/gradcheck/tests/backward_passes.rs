//! Backward passes of several inputs and outputs, right and wrong in every way that is a finding.

use gradcheck::{Argument, Checker, Finding, Report, check, check_backward, check_loss, random};
use ndarray::{Array1, Array2, Array3, ArrayD, array};

type Inputs<'a> = (&'a Array2<f64>, &'a Array2<f64>, &'a Array3<f64>);
type Gradients = (Array2<f64>, Array2<f64>, Array3<f64>);
type Outputs = (Array2<f64>, f64, Array3<f64>);
type Upstream<'a> = (&'a Array2<f64>, f64, &'a Array3<f64>);

/// Of A (4, 3), B (3, 2) and C (2, 3, 2): A·B, Σ C², and tanh C, outputs of ranks 2, 0 and 3.
fn forward((a, b, c): Inputs) -> Outputs {
    (a.dot(b), c.mapv(|c| c * c).sum(), c.mapv(f64::tanh))
}

fn backward((a, b, c): Inputs, (r, s, t): Upstream) -> Gradients {
    let dc = 2.0 * c * s + c.mapv(|c| 1.0 - c.tanh().powi(2)) * t;
    (r.dot(&b.t()), a.t().dot(r), dc)
}

fn judged(seed: u64, backward: impl FnMut(Inputs, Upstream) -> Gradients) -> Report {
    let (a, b, c) = (random((4, 3), 1), random((3, 2), 2), random((2, 3, 2), 3));
    let inputs = (("A", &a), ("B", &b), ("C", &c));
    Checker::new().seed(seed).check_backward(inputs, forward, backward)
}

#[test]
fn every_output_and_every_input_counts() {
    let report = judged(4, backward);
    report.assert();
    assert_eq!(report.coordinates().len(), 12 + 6 + 12);
    for wrong in 0..3 {
        let report = judged(4, |at, upstream| {
            let (a, b, c) = backward(at, upstream);
            match wrong {
                0 => (-a, b, c),
                1 => (a, -b, c),
                _ => (a, b, -c),
            }
        });
        assert_eq!(report.wrong_arguments(), [["A", "B", "C"][wrong]]);
        assert!(report.to_string().contains("has the wrong sign everywhere"), "{report}");
    }
    for forgotten in 0..3 {
        let report = judged(4, |at, (r, s, t)| match forgotten {
            0 => backward(at, (&(0.0 * r), s, t)),
            1 => backward(at, (r, 0.0, t)),
            _ => backward(at, (r, s, &(0.0 * t))),
        });
        assert!(!report.passed(), "output {forgotten}");
    }
}

#[test]
fn the_upstream_gradient_follows_the_seed() {
    let ones = |seed| {
        judged(seed, |at, (r, _, t)| backward(at, (&r.mapv(|_| 1.0), 1.0, &t.mapv(|_| 1.0))))
    };
    assert!(!ones(1).passed(), "ones are no random upstream gradient");
    assert_eq!(ones(1), ones(1));
    assert_ne!(ones(1), ones(2));
}

#[test]
fn a_gradient_too_few_is_a_finding() {
    let (a, b): (Array2<f64>, Array2<f64>) = (random((4, 3), 1), random((3, 2), 2));
    let report = check_backward(
        (("A", &a), ("B", &b)),
        |(a, b)| a.dot(b),
        |(_, b), upstream| upstream.dot(&b.t()),
    );
    assert_eq!(report.findings(), [Finding::WrongCount { gradients: 1, inputs: 2 }]);
    assert!(!report.passed());
}

#[test]
fn a_gradient_that_accumulates_over_calls_is_a_finding() {
    let mut sum = Array2::zeros((3, 2));
    let report = judged(4, |at, upstream| {
        let (a, b, c) = backward(at, upstream);
        sum += &b;
        (a, sum.clone(), c)
    });
    let found = Finding::BackwardVaries { argument: "B".to_owned(), index: vec![0, 0] };
    assert_eq!(report.findings(), [found]);
    assert_eq!(report.failures().count(), 0, "the first call was right");
    assert_eq!(report.wrong_arguments(), ["B"]);
}

#[test]
fn two_arguments_of_one_name_are_a_finding() {
    let report = check_loss((("w", 1.0, 1.0), ("w", 2.0, 1.0)), |(v, w)| v + w);
    assert_eq!(report.findings(), [Finding::SameName("w".to_owned())]);
}

#[test]
fn a_forward_pass_with_dropout_is_a_finding() {
    let mut rng = fastrand::Rng::with_seed(1);
    let dropout =
        |x: &Array1<f64>| x.iter().map(|x| if rng.bool() { *x } else { 0.0 }).sum::<f64>();
    let x = random(20, 1);
    let report = check_loss(("x", &x, &Array1::ones(20)), dropout);
    assert!(matches!(report.findings()[0], Finding::ForwardVaries { .. }), "{report}");
    assert!(report.to_string().contains("from a seed"), "{report}");
}

#[test]
fn the_first_place_that_is_not_finite_is_named() {
    let x = array![[1.0, 2.0], [f64::NAN, f64::INFINITY]];
    let report = check_backward(("x", &x), |x| x.clone(), |_, upstream| upstream.clone());
    let told = report.to_string();
    assert!(told.contains("output 0 of the forward pass is NaN at [1, 0]"), "{told}");
    assert!(told.contains("x is NaN at [1, 0], before"), "{told}");

    let gradient = array![1.0, f64::NEG_INFINITY, f64::NAN];
    let report = check_loss(("x", &array![1.0, 2.0, 3.0], &gradient), |x| x.sum());
    let (argument, index) = ("x".to_owned(), vec![1]);
    let value = f64::NEG_INFINITY;
    assert_eq!(report.findings(), [Finding::GradientNotFinite { argument, index, value }]);

    // √ at the end of its domain: finite there, and nowhere to one side of it.
    let root = |x: &Array1<f64>| x.mapv(f64::sqrt).sum();
    let report = check_loss(("x", &array![1.0, 0.0], &array![0.5, 0.0]), root);
    let moved = Some(("x".to_owned(), vec![1]));
    assert_eq!(report.findings(), [Finding::LossNotFinite { moved }]);
}

#[test]
fn outputs_that_change_their_shape_are_a_finding() {
    let positive =
        |x: &Array1<f64>| x.iter().copied().filter(|x| *x >= 0.0).collect::<Array1<f64>>();
    let handed_on = |_: &Array1<f64>, upstream: &Array1<f64>| upstream.clone();
    let report = check_backward(("x", &array![0.0, 1.0]), positive, handed_on);
    assert!(report.findings().contains(&Finding::OutputsVary), "{report}");
}

#[test]
fn an_input_that_is_changed_is_a_finding_with_its_place() {
    let argument = || [Argument::new("x", &array![1.0, -2.0, 3.0], &array![1.0, 0.0, 1.0])];
    let relu = |at: &mut [ArrayD<f64>]| {
        at[0].mapv_inplace(|x| x.max(0.0));
        at[0].sum()
    };
    let report = Checker::new().check_in_place(relu, &argument());
    let modified = |index| Finding::InputModified { argument: "x".to_owned(), index };
    assert_eq!(report.findings(), [modified(Some(vec![1]))]);

    let shortened = |at: &mut [ArrayD<f64>]| {
        let sum = at[0].mapv(|x| x.max(0.0)).sum();
        at[0] = array![sum].into_dyn();
        sum
    };
    assert_eq!(Checker::new().check_in_place(shortened, &argument()).findings(), [modified(None)]);
    Checker::new()
        .check_in_place(|at: &mut [ArrayD<f64>]| at[0].mapv(|x| x.max(0.0)).sum(), &argument())
        .assert();
}

#[test]
fn no_arguments_and_empty_arrays_are_no_failure() {
    check(|_: &[ArrayD<f64>]| 1.0, &[]).assert();
    let empty = Array2::<f64>::zeros((0, 3));
    check_loss(("x", &empty, &empty), |x| x.sum()).assert();
}
