//! The visible tests of lesson 4.5.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_4_5::{layer_norm, layer_norm_backward, rms_norm, rms_norm_backward};
use gradcheck::{check_loss, random};
use ndarray::{Array, Array1, Array2, Axis, Dimension, ShapeBuilder, array};
use rstest::rstest;

const EPS: f64 = 1e-5;

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded<D: Dimension>(array: Array<f64, D>) -> Array<f64, D> {
    array.mapv(|value| (value * 1e9).round() / 1e9 + 0.0)
}

/// Compares to a hair's breadth beside the largest number of the array.
#[track_caller]
fn assert_close<D: Dimension>(name: &str, yours: &Array<f64, D>, expected: &Array<f64, D>) {
    let largest = expected.fold(1.0, |largest: f64, it| largest.max(it.abs()));
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-9 * largest;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// X, γ and β of the brief.
fn example() -> (Array2<f64>, Array1<f64>, Array1<f64>) {
    let x = array![[1.0, 2.0, 3.0, 6.0], [-1.0, 0.0, 0.5, 0.5], [2.0, 2.0, 2.0, 2.0]];
    (x, array![1.0, 0.5, -1.0, 2.0], array![0.0, 0.1, 0.0, -0.2])
}

/// dL/dY of the brief.
fn upstream() -> Array2<f64> {
    array![[1.0, 0.0, -1.0, 0.5], [0.2, -0.3, 0.4, 1.0], [1.0, -2.0, 0.5, 0.25]]
}

/// The brief's numbers, as the test prints them.
const LAYER_NORM: &str = "\
y =
[[-1.06904344, -0.16726086, 0, 3.007130321],
 [-1.632971389, 0.1, -0.816485695, 1.432971389],
 [0, 0.1, 0, -0.2]]
dL/dX =
[[0.209990458, -0.362711276, 0.13363043, 0.019090389],
 [0.306164718, -0.918546406, -1.653374822, 2.265756511],
 [316.227766017, -316.227766017, -158.113883008, 158.113883008]]
dL/dγ = [-1.395637718, 0, 0.326594278, 1.618268275]
dL/dβ = [2.2, -2.3, -0.1, 1.75]";

#[test]
fn layer_norm_prints_its_numbers() {
    let (x, gamma, beta) = example();
    let (y, cache) = layer_norm(&x, &gamma, &beta, EPS);
    let (dx, dgamma, dbeta) = layer_norm_backward(&upstream(), &cache, &gamma);
    let (y, dx) = (rounded(y), rounded(dx));
    let (dgamma, dbeta) = (rounded(dgamma), rounded(dbeta));
    let yours = format!("y =\n{y}\ndL/dX =\n{dx}\ndL/dγ = {dgamma}\ndL/dβ = {dbeta}");
    assert!(
        yours == LAYER_NORM,
        "the numbers differ\n\nexpected:\n{LAYER_NORM}\n\nyours:\n{yours}\n"
    );
}

const RMS_NORM: &str = "\
y =
[[0.282842599, 0.282842599, -0.848527798, 3.394111192],
 [-1.632971389, 0, -0.816485695, 1.632971389],
 [0.99999875, 0.499999375, -0.99999875, 1.9999975]]
dL/dX =
[[0.226274125, -0.113136949, 0.113137175, -0.056568248],
 [0.979765416, -0.244945708, -0.979774124, 2.939357209],
 [0.499999375, -0.499999375, -0.249999688, 0.249999688]]
dL/dγ = [0.956247072, -1.9999975, -0.021934145, 1.91501318]";

#[test]
fn rms_norm_prints_its_numbers() {
    let (x, gamma, _) = example();
    let (y, cache) = rms_norm(&x, &gamma, EPS);
    let (dx, dgamma) = rms_norm_backward(&upstream(), &cache, &gamma);
    let (y, dx, dgamma) = (rounded(y), rounded(dx), rounded(dgamma));
    let yours = format!("y =\n{y}\ndL/dX =\n{dx}\ndL/dγ = {dgamma}");
    assert!(yours == RMS_NORM, "the numbers differ\n\nexpected:\n{RMS_NORM}\n\nyours:\n{yours}\n");
}

#[test]
fn the_cache_holds_the_normalised_rows_and_their_factors() {
    let (x, gamma, beta) = example();
    let (_, cache) = layer_norm(&x, &gamma, &beta, EPS);
    assert_close(
        "rstd of layer_norm",
        &cache.rstd,
        &array![0.534521720223, 1.632971389049, 316.227766016838],
    );
    let expected = array![-1.069043440446, -0.534521720223, 0.0, 1.603565160669];
    assert_close("the first row of xhat of layer_norm", &cache.xhat.row(0).to_owned(), &expected);
    let (_, cache) = rms_norm(&x, &gamma, EPS);
    assert_close(
        "rstd of rms_norm",
        &cache.rstd,
        &array![0.282842599338, 1.632971389049, 0.499999375001],
    );
}

#[rstest]
#[case::one_column(2, 1)]
#[case::one_row(1, 5)]
#[case::several(4, 3)]
fn gradients_agree_with_finite_differences(
    #[case] rows: usize,
    #[case] width: usize,
    #[values(false, true)] column_major: bool,
) {
    let [x, dy]: [Array2<f64>; 2] =
        [1, 2].map(|seed| random((rows, width).set_f(column_major), seed));
    let [gamma, beta]: [Array1<f64>; 2] = [3, 4].map(|seed| random(width, seed));
    let eps = 0.1;

    let (_, cache) = layer_norm(&x, &gamma, &beta, eps);
    let (dx, dgamma, dbeta) = layer_norm_backward(&dy, &cache, &gamma);
    let report = check_loss(
        (("X", &x, &dx), ("γ", &gamma, &dgamma), ("β", &beta, &dbeta)),
        |(x, gamma, beta)| (&dy * &layer_norm(x, gamma, beta, eps).0).sum(),
    );
    assert!(report.passed(), "layer_norm_backward: gradient check failed\n{report}");

    let (_, cache) = rms_norm(&x, &gamma, eps);
    let (dx, dgamma) = rms_norm_backward(&dy, &cache, &gamma);
    let report = check_loss((("X", &x, &dx), ("γ", &gamma, &dgamma)), |(x, gamma)| {
        (&dy * &rms_norm(x, gamma, eps).0).sum()
    });
    assert!(report.passed(), "rms_norm_backward: gradient check failed\n{report}");
}

#[test]
fn a_row_of_one_number_gives_beta() {
    let (_, gamma, beta) = example();
    let (y, _) = layer_norm(&Array2::from_elem((1, 4), -7.0), &gamma, &beta, EPS);
    assert_close("layer_norm", &y, &beta.insert_axis(Axis(0)));
    let (y, _) = layer_norm(&array![[5.0], [-1.0]], &array![3.0], &array![0.25], EPS);
    assert_close("layer_norm of a single column", &y, &array![[0.25], [0.25]]);
}

#[test]
fn layer_norm_sees_neither_shift_nor_scale() {
    let (x, gamma, beta) = example();
    let x = x.slice(ndarray::s![..2, ..]).to_owned();
    let (expected, _) = layer_norm(&x, &gamma, &beta, 1e-14);
    let (yours, _) = layer_norm(&(&x * 8.0 - 3.0), &gamma, &beta, 1e-14);
    assert_close("layer_norm of 8x − 3, beside that of x", &yours, &expected);
    // RMSNorm sees the shift alone.
    let (expected, _) = rms_norm(&x, &gamma, 1e-14);
    let (yours, _) = rms_norm(&(&x * 8.0), &gamma, 1e-14);
    assert_close("rms_norm of 8x, beside that of x", &yours, &expected);
}

#[test]
fn rows_far_from_zero_keep_their_digits() {
    let ones = Array1::ones(4);
    let x = array![[1e8, 1e8 + 1.0, 1e8 + 2.0, 1e8 + 3.0]];
    let (y, _) = layer_norm(&x, &ones, &Array1::zeros(4), EPS);
    let (expected, _) = layer_norm(&(x - 1e8), &ones, &Array1::zeros(4), EPS);
    assert_close("layer_norm of 10⁸ + (0, 1, 2, 3), beside that of (0, 1, 2, 3)", &y, &expected);
}

#[test]
fn lengths_that_do_not_fit_panic() {
    let (x, gamma, beta) = example();
    // What is not written yet panics as well, and here it does so first.
    let (_, cache) = layer_norm(&x, &gamma, &beta, EPS);
    layer_norm_backward(&upstream(), &cache, &gamma);
    let one = array![1.0];
    let calls: [(&str, &dyn Fn()); 3] = [
        ("layer_norm takes one γ for four columns", &|| drop(layer_norm(&x, &one, &beta, EPS))),
        ("layer_norm takes one β for four columns", &|| drop(layer_norm(&x, &gamma, &one, EPS))),
        ("layer_norm_backward takes one γ for four columns", &|| {
            drop(layer_norm_backward(&upstream(), &cache, &one))
        }),
    ];
    for (what, call) in calls {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{what}");
    }
}

#[test]
fn a_nan_stays_in_its_row() {
    let (mut x, gamma, beta) = example();
    x[[0, 1]] = f64::NAN;
    for y in [layer_norm(&x, &gamma, &beta, EPS).0, rms_norm(&x, &gamma, EPS).0] {
        assert!(y.row(0).iter().all(|it| it.is_nan()), "a number in a row with a NaN:\n{y}");
        assert!(y.row(1).iter().all(|it| it.is_finite()), "a NaN in a row without one:\n{y}");
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let (x, gamma, beta) = example();
    let in_single = |array: &Array1<f64>| array.mapv(|it| it as f32);
    let (expected, _) = layer_norm(&x, &gamma, &beta, EPS);
    let x = x.mapv(|it| it as f32);
    let (yours, _) = layer_norm(&x, &in_single(&gamma), &in_single(&beta), 1e-5);
    let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-5;
    assert!(
        yours.shape() == expected.shape() && yours.iter().zip(&expected).all(near),
        "\nlayer_norm in f32\nexpected:\n{expected}\nyours:\n{yours}\n"
    );
}
