//! The visible tests of lesson 5.4.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_5_4::{embed, embed_backward, head, head_backward, tied_gradient};
use gradcheck::{check_backward, check_loss, random};
use ndarray::{Array2, Array3, ArrayBase, Axis, Data, Dimension, ShapeBuilder, array};
use rstest::rstest;

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_close<D: Dimension>(
    name: &str,
    yours: &ArrayBase<impl Data<Elem = f64>, D>,
    expected: &ArrayBase<impl Data<Elem = f64>, D>,
) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// The table of the brief: four words, two numbers for each.
fn table() -> Array2<f64> {
    array![[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6], [0.7, 0.8]]
}

/// The ids of the brief.
fn ids() -> Array2<usize> {
    array![[1, 3, 1], [0, 1, 3]]
}

/// The upstream gradient of the brief: from −0.5 to 0.6 in steps of 0.1.
fn upstream() -> Array3<f64> {
    Array3::from_shape_fn((2, 3, 2), |(b, t, d)| f64::from((6 * b + 2 * t + d) as u8) / 10.0 - 0.5)
}

/// One row for each id, with a 1 at the id.
fn one_hot(ids: &Array2<usize>, vocabulary: usize) -> Array2<f64> {
    let ids: Vec<_> = ids.iter().copied().collect();
    Array2::from_shape_fn((ids.len(), vocabulary), |(at, word)| {
        f64::from(u8::from(ids[at] == word))
    })
}

/// (B, T, D) as (B·T, D).
fn rows(of: &Array3<f64>) -> Array2<f64> {
    let (batch, time, width) = of.dim();
    of.to_shape((batch * time, width)).expect("the same numbers").into_owned()
}

#[test]
fn the_example_has_its_rows() {
    let expected =
        array![[[0.3, -0.4], [0.7, 0.8], [0.3, -0.4]], [[0.1, 0.2], [0.3, -0.4], [0.7, 0.8]]];
    assert_close("embed", &embed(&table(), &ids()), &expected);
}

#[test]
fn the_example_has_its_gradient() {
    let expected = array![[0.1, 0.2], [-0.3, 0.0], [0.0, 0.0], [0.2, 0.4]];
    assert_close("embed_backward", &embed_backward(&upstream(), &ids(), 4), &expected);
}

/// The model of the brief's second example: Z = (E[ids] + H)·Eᵀ, and dL/dZ of its loss.
fn tied_model() -> (Array2<usize>, Array2<f64>, Array2<f64>) {
    let ids = array![[1, 2]];
    let x = rows(&embed(&table(), &ids)) + array![[1.0, -1.0], [0.5, 2.0]];
    let exponentials = head(&x, &table()).mapv(f64::exp);
    let p = &exponentials / &exponentials.sum_axis(Axis(1)).insert_axis(Axis(1));
    let dz = (p - one_hot(&array![[2, 0]], 4)) / 2.0;
    (ids, x, dz)
}

#[test]
fn the_tied_example_has_its_gradients() {
    let (ids, x, dz) = tied_model();
    let (dx, of_head) = head_backward(&dz, &x, &table());
    let expected = array![
        [0.124813350608, -1.286656450634],
        [0.374960027233, -0.372753835994],
        [-0.617318164762, 1.082843418353],
        [0.117544786921, 0.576566868274],
    ];
    assert_close("dL/dE of head_backward", &of_head, &expected);
    let expected = array![[0.396853674197, -0.308751084686], [0.068184017935, 0.219414719747]];
    assert_close("dL/dX of head_backward", &dx, &expected);
    let dy = dx.insert_axis(Axis(0));
    let expected = array![
        [0.124813350608, -1.286656450634],
        [0.771813701430, -0.681504920680],
        [-0.549134146828, 1.302258138100],
        [0.117544786921, 0.576566868274],
    ];
    assert_close("tied_gradient", &tied_gradient(&dz, &x, &dy, &ids), &expected);
}

#[rstest]
#[case::repeated_and_absent(array![[4, 0, 4, 4], [2, 0, 4, 2]])]
#[case::all_the_same(array![[3, 3], [3, 3], [3, 3]])]
#[case::one_token(array![[1]])]
#[case::no_token(Array2::zeros((0, 3)))]
fn embedding_is_a_product_with_the_one_hot_rows(#[case] ids: Array2<usize>) {
    let e: Array2<f64> = random((5, 3), 1);
    let one_hot = one_hot(&ids, 5);
    let y = embed(&e, &ids);
    assert_eq!(y.shape(), [ids.nrows(), ids.ncols(), 3], "the shape of Y");
    assert_close("the rows of embed", &rows(&y), &one_hot.dot(&e));
    let dy: Array3<f64> = random((ids.nrows(), ids.ncols(), 3), 2);
    let yours = embed_backward(&dy, &ids, 5);
    assert_close("embed_backward", &yours, &one_hot.t().dot(&rows(&dy)));
}

#[rstest]
fn gradients_agree_with_finite_differences(#[values(false, true)] column_major: bool) {
    let ids = array![[2, 0, 2], [3, 2, 0]];
    let e: Array2<f64> = random((4, 2).set_f(column_major), 3);
    let report = check_backward(("E", &e), |e| embed(e, &ids), |_, dy| embed_backward(dy, &ids, 4));
    assert!(report.passed(), "embed_backward: gradient check failed\n{report}");

    let x: Array2<f64> = random((3, 2).set_f(column_major), 4);
    let weights: Array2<f64> = random((3, 4), 5);
    let (dx, de) = head_backward(&weights, &x, &e);
    let report =
        check_loss((("X", &x, &dx), ("E", &e, &de)), |(x, e)| (&weights * &head(x, e)).sum());
    assert!(report.passed(), "head_backward: gradient check failed\n{report}");
}

#[test]
fn the_gradient_of_a_tied_table_agrees_with_finite_differences() {
    let ids = array![[2, 0, 2], [3, 2, 0]];
    let e: Array2<f64> = random((4, 2), 6);
    let dz: Array2<f64> = random((6, 4), 7);
    // A model that is nothing but tanh between the two.
    let x = rows(&embed(&e, &ids)).mapv(f64::tanh);
    let (dx, _) = head_backward(&dz, &x, &e);
    let dy = (dx * x.mapv(|x| 1.0 - x * x)).into_shape_with_order((2, 3, 2)).expect("6 rows");
    let de = tied_gradient(&dz, &x, &dy, &ids);
    let loss = |e: &Array2<f64>| (&dz * &head(&rows(&embed(e, &ids)).mapv(f64::tanh), e)).sum();
    let report = check_loss(("E", &e, &de), loss);
    assert!(report.passed(), "tied_gradient: gradient check failed\n{report}");
}

#[test]
fn an_id_that_is_not_in_the_table_panics() {
    let (e, ids) = (table(), array![[0, 4]]);
    let dy: Array3<f64> = Array3::zeros((1, 2, 2));
    // What is not written yet panics as well, and here it does so first.
    embed(&e, &array![[0, 3]]);
    embed_backward(&dy, &array![[0, 3]], 4);
    let result = catch_unwind(AssertUnwindSafe(|| embed(&e, &ids)));
    assert!(result.is_err(), "embed takes the id 4 for a table of four rows");
    let result = catch_unwind(AssertUnwindSafe(|| embed_backward(&dy, &ids, 4)));
    assert!(result.is_err(), "embed_backward takes the id 4 for a table of four rows");
    let result = catch_unwind(AssertUnwindSafe(|| embed_backward(&dy, &array![[0, 1, 2]], 4)));
    assert!(result.is_err(), "embed_backward takes three ids for two rows of dL/dY");
}

#[test]
fn single_precision_agrees_with_double() {
    let (ids, x, dz) = tied_model();
    let dy = head_backward(&dz, &x, &table()).0.insert_axis(Axis(0));
    let single = |of: &Array2<f64>| of.mapv(|it| it as f32);
    let in_single = tied_gradient(&single(&dz), &single(&x), &dy.mapv(|it| it as f32), &ids);
    let in_double = tied_gradient(&dz, &x, &dy, &ids);
    let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-6;
    assert!(
        in_single.iter().zip(&in_double).all(near),
        "\ntied_gradient in f32\n{in_single}\nin f64\n{in_double}\n"
    );
}
