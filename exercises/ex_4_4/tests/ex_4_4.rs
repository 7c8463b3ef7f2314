//! The visible tests of lesson 4.4.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_4_4::{cross_entropy, log_softmax, log_softmax_backward, softmax, softmax_backward};
use gradcheck::{check_backward, check_loss, random};
use ndarray::{Array2, Axis, ShapeBuilder, array};
use rstest::rstest;

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(array: &Array2<f64>) -> Array2<f64> {
    array.mapv(|value| (value * 1e9).round() / 1e9 + 0.0)
}

/// Compares twelve digits; numbers near zero to 10⁻¹².
#[track_caller]
fn assert_close(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| {
        yours == expected || (yours - expected).abs() <= 1e-12 * expected.abs().max(1.0)
    };
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// The logits and the targets of the brief.
fn example() -> (Array2<f64>, [usize; 3]) {
    (array![[2.0, 1.0, 0.1], [0.0, 0.0, 0.0], [-1.0, 3.0, 1.0]], [0, 2, 1])
}

/// The brief's numbers, as the test prints them.
const TABLE: &str = "\
p =
[[0.659001139, 0.242432971, 0.09856589],
 [0.333333333, 0.333333333, 0.333333333],
 [0.01587624, 0.866813332, 0.117310428]]
loss = 0.552857978
dL/dZ =
[[-0.113666287, 0.08081099, 0.032855297],
 [0.111111111, 0.111111111, -0.222222222],
 [0.00529208, -0.044395556, 0.039103476]]";

#[test]
fn the_example_prints_its_numbers() {
    let (z, targets) = example();
    let (loss, dz) = cross_entropy(&z, &targets);
    let [p, dz] = [softmax(&z), dz].map(|array| rounded(&array));
    let yours = format!("p =\n{p}\nloss = {loss:.9}\ndL/dZ =\n{dz}");
    assert!(yours == TABLE, "the numbers differ\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n");
}

#[test]
fn log_p_is_the_logarithm_of_p() {
    let z = example().0;
    assert_close("log_softmax", &log_softmax(&z), &softmax(&z).mapv(f64::ln));
}

#[test]
fn an_upstream_gradient_comes_back_through_softmax() {
    let p = softmax(&example().0);
    let dp = array![[1.0, -2.0, 0.5], [0.3, 0.1, -0.4], [0.0, 1.0, 2.0]];
    let expected = array![
        [0.511768328411, -0.539029865449, 0.027261537038],
        [0.1, 0.033333333333, -0.133333333333],
        [-0.017486633485, -0.087924506369, 0.105411139853],
    ];
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let yours = softmax_backward(&dp, &p);
    assert!(
        yours.shape() == expected.shape() && yours.iter().zip(&expected).all(near),
        "\nsoftmax_backward\nexpected:\n{expected}\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::one_class(2, 1)]
#[case::one_row(1, 5)]
#[case::several(4, 3)]
fn gradients_agree_with_finite_differences(
    #[case] rows: usize,
    #[case] classes: usize,
    #[values(false, true)] column_major: bool,
) {
    let z: Array2<f64> = random((rows, classes).set_f(column_major), 1);
    let report = check_backward(("Z", &z), softmax, |z, dp| softmax_backward(dp, &softmax(z)));
    assert!(report.passed(), "softmax_backward: gradient check failed\n{report}");
    let report =
        check_backward(("Z", &z), log_softmax, |z, dlogp| log_softmax_backward(dlogp, &softmax(z)));
    assert!(report.passed(), "log_softmax_backward: gradient check failed\n{report}");
    let targets: Vec<_> = (0..rows).map(|row| row * row % classes).collect();
    let (_, dz) = cross_entropy(&z, &targets);
    let report = check_loss(("Z", &z, &dz), |z| cross_entropy(z, &targets).0);
    assert!(report.passed(), "cross_entropy: gradient check failed\n{report}");
}

#[test]
fn large_logits_are_no_trouble() {
    let z = array![[1e4, 0.0, -1e4], [-2e4, -2e4, -2e4], [0.0, -800.0, 0.0]];
    let expected = array![[1.0, 0.0, 0.0], [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0], [0.5, 0.0, 0.5]];
    assert_close("softmax", &softmax(&z), &expected);
    let (ln2, ln3) = (2.0_f64.ln(), 3.0_f64.ln());
    let expected = array![[0.0, -1e4, -2e4], [-ln3, -ln3, -ln3], [-ln2, -800.0 - ln2, -ln2]];
    assert_close("log_softmax", &log_softmax(&z), &expected);
    let (loss, _) = cross_entropy(&z.slice(ndarray::s![..1, ..]).to_owned(), &[2]);
    assert!(loss == 2e4, "\nthe loss of the first row\nexpected: 20000\nyours:    {loss}\n");
}

#[test]
fn a_logit_of_minus_infinity_is_a_probability_of_zero() {
    let z = array![[1.0, f64::NEG_INFINITY, 1.0]];
    assert_close("softmax", &softmax(&z), &array![[0.5, 0.0, 0.5]]);
    let (loss, dz) = cross_entropy(&z, &[0]);
    assert!((loss - 2.0_f64.ln()).abs() <= 1e-12, "the loss is {loss}, expected is ln 2");
    assert_close("dL/dZ of cross_entropy", &dz, &array![[-0.5, 0.0, 0.5]]);
}

#[test]
fn rows_are_distributions_and_gradients_add_up_to_zero() {
    let z: Array2<f64> = random([5, 7], 3);
    let (_, dz) = cross_entropy(&(10.0 * &z), &[6, 0, 0, 3, 2]);
    for (name, rows, expected) in [("p", softmax(&z), 1.0), ("dL/dZ", dz, 0.0)] {
        for sum in rows.sum_axis(Axis(1)) {
            assert!((sum - expected).abs() <= 1e-14, "a row of {name} adds up to {sum}");
        }
    }
}

#[rstest]
#[case::a_target_that_is_no_class(&[0, 3, 1])]
#[case::too_few_targets(&[0, 1])]
#[case::too_many_targets(&[0, 1, 2, 0])]
fn targets_that_do_not_fit_panic(#[case] targets: &[usize]) {
    let z = example().0;
    // What is not written yet panics as well, and here it does so first.
    cross_entropy(&z, &[0, 1, 2]);
    let result = catch_unwind(AssertUnwindSafe(|| cross_entropy(&z, targets)));
    assert!(result.is_err(), "cross_entropy takes the targets {targets:?} for three rows of three");
}

#[test]
fn single_precision_agrees_with_double() {
    let (z, targets) = example();
    let in_single = cross_entropy(&z.mapv(|z| z as f32), &targets);
    let (loss, dz) = cross_entropy(&z, &targets);
    assert!((f64::from(in_single.0) - loss).abs() <= 1e-6, "the loss in f32 is {}", in_single.0);
    let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-6;
    assert!(
        in_single.1.iter().zip(&dz).all(near),
        "\ndL/dZ in f32\n{}\nin f64\n{dz}\n",
        in_single.1
    );
}
