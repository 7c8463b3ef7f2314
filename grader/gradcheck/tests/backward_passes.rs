//! Backward passes of several inputs and outputs, right and wrong in every way that is a finding.

use gradcheck::{Argument, Finding, check, check_backward, check_in_place, random};
use ndarray::{Array3, ArrayD, Ix2, array};

type Arrays = Vec<ArrayD<f64>>;

/// Of A (4, 3), B (3, 2) and C (2, 3, 2): A·B, Σ C², and tanh C, outputs of ranks 2, 0 and 3.
fn forward(at: &[ArrayD<f64>]) -> Arrays {
    let product = matrix(&at[0]).dot(&matrix(&at[1])).into_dyn();
    let squares = ndarray::arr0(at[2].mapv(|c| c * c).sum()).into_dyn();
    vec![product, squares, at[2].mapv(f64::tanh)]
}

fn backward(at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]) -> Arrays {
    let (a, b, r) = (matrix(&at[0]), matrix(&at[1]), matrix(&upstream[0]));
    let dc =
        2.0 * &at[2] * upstream[1].sum() + at[2].mapv(|c| 1.0 - c.tanh().powi(2)) * &upstream[2];
    vec![r.dot(&b.t()).into_dyn(), a.t().dot(&r).into_dyn(), dc]
}

fn matrix(array: &ArrayD<f64>) -> ndarray::Array2<f64> {
    array.clone().into_dimensionality::<Ix2>().unwrap()
}

fn inputs() -> [(&'static str, ArrayD<f64>); 3] {
    let c: Array3<f64> = random((2, 3, 2), 3);
    [("A", random((4, 3), 1).into_dyn()), ("B", random((3, 2), 2).into_dyn()), ("C", c.into_dyn())]
}

#[test]
fn every_output_and_every_input_counts() {
    let report = check_backward(forward, backward, &inputs(), 4);
    report.assert();
    assert_eq!(report.coordinates().len(), 12 + 6 + 12);
    for wrong in 0..3 {
        let mistaken = |at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| {
            let mut gradients = backward(at, upstream);
            gradients[wrong].mapv_inplace(|it| -it);
            gradients
        };
        let report = check_backward(forward, mistaken, &inputs(), 4);
        assert_eq!(report.wrong_arguments(), [["A", "B", "C"][wrong]]);
        assert!(report.to_string().contains("has the wrong sign everywhere"), "{report}");
    }
    for forgotten in 0..3 {
        let mistaken = |at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| {
            let mut upstream = upstream.to_vec();
            upstream[forgotten].fill(0.0);
            backward(at, &upstream)
        };
        assert!(!check_backward(forward, mistaken, &inputs(), 4).passed(), "output {forgotten}");
    }
}

#[test]
fn the_upstream_gradient_follows_the_seed() {
    let ones = |at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| {
        backward(at, &upstream.iter().map(|it| it.mapv(|_| 1.0)).collect::<Vec<_>>())
    };
    let check = |seed| check_backward(forward, ones, &inputs(), seed);
    assert!(!check(1).passed(), "ones are no random upstream gradient");
    assert_eq!(check(1), check(1));
    assert_ne!(check(1), check(2));
}

#[test]
fn a_gradient_too_few_is_a_finding() {
    let two = |at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| backward(at, upstream)[..2].to_vec();
    let report = check_backward(forward, two, &inputs(), 4);
    assert_eq!(report.findings(), [Finding::WrongCount { gradients: 2, inputs: 3 }]);
    assert!(!report.passed());
}

#[test]
fn a_gradient_that_accumulates_over_calls_is_a_finding() {
    let mut sum = ArrayD::zeros(vec![3, 2]);
    let accumulating = |at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| {
        let mut gradients = backward(at, upstream);
        sum += &gradients[1];
        gradients[1].assign(&sum);
        gradients
    };
    let report = check_backward(forward, accumulating, &inputs(), 4);
    let found = Finding::BackwardVaries { argument: "B".to_owned(), index: vec![0, 0] };
    assert_eq!(report.findings(), [found]);
    assert_eq!(report.failures().count(), 0, "the first call was right");
    assert_eq!(report.wrong_arguments(), ["B"]);
}

#[test]
fn a_forward_pass_with_dropout_is_a_finding() {
    let mut rng = fastrand::Rng::with_seed(1);
    let dropout =
        |at: &[ArrayD<f64>]| at[0].iter().map(|x| if rng.bool() { *x } else { 0.0 }).sum::<f64>();
    let x = random(20, 1);
    let report = check(dropout, &[Argument::new("x", &x, &x.mapv(|_| 1.0))]);
    assert!(matches!(report.findings()[0], Finding::ForwardVaries { .. }), "{report}");
    assert!(report.to_string().contains("from a seed"), "{report}");
}

#[test]
fn the_first_place_that_is_not_finite_is_named() {
    let x = array![[1.0, 2.0], [f64::NAN, f64::INFINITY]].into_dyn();
    let identity = |at: &[ArrayD<f64>]| vec![at[0].clone()];
    let handed_on = |_: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| upstream.to_vec();
    let report = check_backward(identity, handed_on, &[("x", x)], 1);
    let told = report.to_string();
    assert!(told.contains("output 0 of the forward pass is NaN at [1, 0]"), "{told}");
    assert!(told.contains("x is NaN at [1, 0], before"), "{told}");

    let gradient = array![1.0, f64::NEG_INFINITY, f64::NAN];
    let report = check(
        |at: &[ArrayD<f64>]| at[0].sum(),
        &[Argument::new("x", &array![1.0, 2.0, 3.0], &gradient)],
    );
    let (argument, index) = ("x".to_owned(), vec![1]);
    let value = f64::NEG_INFINITY;
    assert_eq!(report.findings(), [Finding::GradientNotFinite { argument, index, value }]);

    // √ at the end of its domain: finite there, and nowhere to one side of it.
    let root = |at: &[ArrayD<f64>]| at[0].mapv(f64::sqrt).sum();
    let report = check(root, &[Argument::new("x", &array![1.0, 0.0], &array![0.5, 0.0])]);
    let moved = Some(("x".to_owned(), vec![1]));
    assert_eq!(report.findings(), [Finding::LossNotFinite { moved }]);
}

#[test]
fn outputs_that_change_their_shape_are_a_finding() {
    let positive = |at: &[ArrayD<f64>]| {
        let kept: ndarray::Array1<f64> = at[0].iter().copied().filter(|x| *x >= 0.0).collect();
        vec![kept.into_dyn()]
    };
    let handed_on = |_: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| upstream.to_vec();
    let report = check_backward(positive, handed_on, &[("x", array![0.0, 1.0].into_dyn())], 1);
    assert!(report.findings().contains(&Finding::OutputsVary), "{report}");
}

#[test]
fn an_input_that_is_changed_is_a_finding_with_its_place() {
    let argument = || [Argument::new("x", &array![1.0, -2.0, 3.0], &array![1.0, 0.0, 1.0])];
    let relu = |at: &mut [ArrayD<f64>]| {
        at[0].mapv_inplace(|x| x.max(0.0));
        at[0].sum()
    };
    let report = check_in_place(relu, &argument());
    let modified = |index| Finding::InputModified { argument: "x".to_owned(), index };
    assert_eq!(report.findings(), [modified(Some(vec![1]))]);

    let shortened = |at: &mut [ArrayD<f64>]| {
        let sum = at[0].mapv(|x| x.max(0.0)).sum();
        at[0] = array![sum].into_dyn();
        sum
    };
    assert_eq!(check_in_place(shortened, &argument()).findings(), [modified(None)]);
    check_in_place(|at: &mut [ArrayD<f64>]| at[0].mapv(|x| x.max(0.0)).sum(), &argument()).assert();
}

#[test]
fn no_arguments_and_empty_arrays_are_no_failure() {
    check(|_: &[ArrayD<f64>]| 1.0, &[]).assert();
    let empty = ndarray::Array2::<f64>::zeros((0, 3));
    check(|at: &[ArrayD<f64>]| at[0].sum(), &[Argument::new("x", &empty, &empty)]).assert();
}
