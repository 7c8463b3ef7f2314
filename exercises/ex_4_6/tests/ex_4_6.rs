//! The visible tests of lesson 4.6.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ex_4_6::{dropout, dropout_backward, pre_norm, pre_norm_backward, residual, residual_backward};
use gradcheck::{check_loss, random};
use ndarray::{Array2, ShapeBuilder, array};
use rstest::rstest;

/// Compares to twelve digits.
#[track_caller]
fn assert_close(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// X and the draws of the brief.
fn example() -> (Array2<f64>, Array2<f64>) {
    let x = array![[1.0, -2.0, 3.0, 4.0], [0.5, 6.0, -7.0, 8.0]];
    (x, array![[0.1, 0.5, 0.9, 0.3], [0.49, 0.51, 0.0, 0.999]])
}

#[rstest]
#[case::a_half(0.5, array![[0.0, -4.0, 6.0, 0.0], [0.0, 12.0, 0.0, 16.0]])]
#[case::a_quarter(0.25, array![
    [0.0, -2.666666666667, 4.0, 5.333333333333],
    [0.666666666667, 8.0, 0.0, 10.666666666667],
])]
#[case::nothing(0.0, example().0)]
#[case::everything(1.0, Array2::zeros((2, 4)))]
fn dropout_gives_the_numbers_of_the_brief(#[case] p: f64, #[case] expected: Array2<f64>) {
    let (x, u) = example();
    let (y, mask) = dropout(&x, &u, p, true);
    assert_close("y", &y, &expected);
    assert_close("the mask times x", &(&mask * &x), &expected);
}

#[test]
fn an_input_of_zero_can_be_kept() {
    let (_, mask) = dropout(&array![[0.0, 0.0]], &array![[0.7, 0.1]], 0.2, true);
    assert_close("the mask", &mask, &array![[1.25, 0.0]]);
}

#[test]
fn in_evaluation_nothing_is_dropped() {
    let (x, u) = example();
    for u in [u, Array2::zeros((0, 0))] {
        let (y, mask) = dropout(&x, &u, 0.25, false);
        assert_close("y in evaluation", &y, &x);
        assert_close("the mask in evaluation", &mask, &Array2::ones(x.dim()));
    }
}

#[test]
fn over_many_draws_the_mean_is_x() {
    let count = 10_000;
    let u = random::<f64, _>((count, 1), 1).mapv(|it| (it + 1.0) / 2.0);
    let (y, _) = dropout(&Array2::from_elem((count, 1), 3.0), &u, 0.25, true);
    let mean = y.sum() / count as f64;
    // Five times its deviation, which is 3·√(p/(1 − p)/10⁴).
    assert!((mean - 3.0).abs() < 0.087, "dropout makes a mean of {mean} out of 3");
}

#[test]
fn dropout_backward_uses_the_mask_that_it_is_given() {
    let mask = array![[0.0, 1.25, 1.25], [1.25, 0.0, 0.0]];
    let dy = array![[1.0, 2.0, -4.0], [0.5, -3.0, 0.0]];
    let expected = array![[0.0, 2.5, -5.0], [0.625, 0.0, 0.0]];
    assert_close("dropout_backward", &dropout_backward(&dy, &mask), &expected);
}

#[test]
fn the_blocks_give_the_numbers_of_the_brief() {
    let (x, dy) = (array![[1.0, -2.0]], array![[1.0, 0.5]]);
    let square = |x: &Array2<f64>| x.mapv(|x| x * x);
    let half = |x: &Array2<f64>| x / 2.0;
    assert_close("residual", &residual(&x, square), &array![[2.0, 2.0]]);
    let dx = residual_backward(&dy, |d| 2.0 * &x * d);
    assert_close("residual_backward", &dx, &array![[3.0, -1.5]]);
    assert_close("pre_norm", &pre_norm(&x, half, square), &array![[1.25, -1.0]]);
    let dx = pre_norm_backward(&dy, |d| d / 2.0, |d| 2.0 * half(&x) * d);
    assert_close("pre_norm_backward", &dx, &array![[1.5, 0.0]]);
}

#[test]
fn a_layer_that_gives_zeros_is_not_there() {
    let (x, _) = example();
    let zeros = |x: &Array2<f64>| Array2::zeros(x.dim());
    assert_close("residual", &residual(&x, zeros), &x);
    assert_close("residual_backward", &residual_backward(&x, zeros), &x);
    assert_close("pre_norm", &pre_norm(&x, |x| x / 2.0, zeros), &x);
    assert_close("pre_norm_backward", &pre_norm_backward(&x, |x| x / 2.0, zeros), &x);
}

#[rstest]
fn gradients_agree_with_finite_differences(
    #[values((1, 1), (1, 3), (4, 2))] shape: (usize, usize),
    #[values(false, true)] column_major: bool,
) {
    let [x, dy]: [Array2<f64>; 2] = [1, 2].map(|seed| random(shape.set_f(column_major), seed));
    let [a, b]: [Array2<f64>; 2] = [3, 4].map(|seed| random((shape.1, shape.1), seed));
    // f(v) = tanh(v·A), and a norm that is none: v·B.
    let f = |v: &Array2<f64>| v.dot(&a).mapv(f64::tanh);
    let f_backward = |v: &Array2<f64>, d: &Array2<f64>| (d * &(1.0 - f(v).pow2())).dot(&a.t());
    let norm = |v: &Array2<f64>| v.dot(&b);

    let dx = residual_backward(&dy, |d| f_backward(&x, d));
    let report = check_loss(("X", &x, &dx), |x| (&dy * &residual(x, f)).sum());
    assert!(report.passed(), "residual_backward: gradient check failed\n{report}");

    let dx = pre_norm_backward(&dy, |d| d.dot(&b.t()), |d| f_backward(&norm(&x), d));
    let report = check_loss(("X", &x, &dx), |x| (&dy * &pre_norm(x, norm, f)).sum());
    assert!(report.passed(), "pre_norm_backward: gradient check failed\n{report}");
}

#[test]
fn each_layer_is_called_once() {
    let (x, _) = example();
    let calls = Cell::new(0);
    let layer = |x: &Array2<f64>| {
        calls.set(calls.get() + 1);
        x.clone()
    };
    let blocks: [(&str, &dyn Fn(), i32); 4] = [
        ("residual", &|| drop(residual(&x, layer)), 1),
        ("residual_backward", &|| drop(residual_backward(&x, layer)), 1),
        ("pre_norm", &|| drop(pre_norm(&x, layer, layer)), 2),
        ("pre_norm_backward", &|| drop(pre_norm_backward(&x, layer, layer)), 2),
    ];
    for (name, block, expected) in blocks {
        calls.set(0);
        block();
        let calls = calls.get();
        assert!(calls == expected, "{name} makes {calls} calls where {expected} would do");
    }
}

#[test]
fn what_does_not_fit_panics() {
    let (x, u) = example();
    // What is not written yet panics as well, and here it does so first.
    dropout(&x, &u, 0.5, true);
    dropout_backward(&x, &u);
    residual(&x, |x| x.clone());
    let row = array![[1.0, 1.0, 1.0, 1.0]];
    let calls: [(&str, &dyn Fn()); 4] = [
        ("dropout takes p = 1.5", &|| drop(dropout(&x, &u, 1.5, true))),
        ("dropout takes one row of draws for two of x", &|| drop(dropout(&x, &row, 0.5, true))),
        ("dropout_backward takes a mask of one row for two", &|| drop(dropout_backward(&x, &row))),
        ("residual takes f(x) of one row for two", &|| drop(residual(&x, |_| row.clone()))),
    ];
    for (what, call) in calls {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{what}");
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let (x, u) = example();
    let (expected, _) = dropout(&x, &u, 0.25, true);
    let (yours, _) = dropout(&x.mapv(|it| it as f32), &u.mapv(|it| it as f32), 0.25_f32, true);
    assert!(
        yours.iter().zip(&expected).all(|(yours, it)| (f64::from(*yours) - it).abs() <= 1e-5),
        "\ndropout in f32\nexpected:\n{expected}\nyours:\n{yours}\n"
    );
}
