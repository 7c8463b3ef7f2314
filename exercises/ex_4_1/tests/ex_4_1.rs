//! The visible tests of lesson 4.1.

use std::{
    f64::consts::TAU,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ex_4_1::{
    gpt2_residual, he_normal, linear, linear_backward, orthogonal, second_moment_after,
    truncated_normal, xavier_normal, xavier_uniform,
};
use gradcheck::{check_loss, random};
use ndarray::{Array1, Array2, ShapeBuilder, array};
use rstest::rstest;

/// X, W, b and dL/dZ of the brief.
fn example() -> (Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>) {
    (
        array![[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]],
        array![[1.0, -1.0, 0.5], [0.0, 2.0, -0.5]],
        array![0.1, -0.2],
        array![[1.0, -0.5], [0.25, 2.0]],
    )
}

#[track_caller]
fn assert_near(name: &str, yours: &Array2<f64>, expected: &Array2<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

#[test]
fn the_example_of_the_brief() {
    let (x, w, b, dz) = example();
    let (z, cache) = linear(&x, &w, &b);
    assert_near("Z", &z, &array![[-1.4, 4.3], [2.1, -1.7]]);
    let (mut dw, mut db) = (Array2::zeros((2, 3)), Array1::zeros(2));
    let dx = linear_backward(&dz, &cache, &w, &mut dw, &mut db);
    assert_near("dL/dX", &dx, &array![[1.0, -2.0, 0.75], [0.25, 3.75, -0.875]]);
    assert_near("dL/dW", &dw, &array![[1.125, 2.0, -0.25], [0.5, -1.0, 6.5]]);
    assert_near("dL/db", &db.insert_axis(ndarray::Axis(0)), &array![[1.25, 1.5]]);
}

#[test]
fn gradients_are_added_to_what_is_there() {
    let (x, w, b, dz) = example();
    let (_, cache) = linear(&x, &w, &b);
    let (mut dw, mut db) = (array![[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]], array![10.0, 20.0]);
    linear_backward(&dz, &cache, &w, &mut dw, &mut db);
    assert_near("dL/dW", &dw, &array![[2.125, 2.0, 1.75], [0.5, -2.0, 6.5]]);
    assert_near("dL/db", &db.insert_axis(ndarray::Axis(0)), &array![[11.25, 21.5]]);
}

/// Two halves of a batch, one after the other, have the gradients of the whole batch.
#[test]
fn two_batches_have_the_gradients_of_one() {
    let (w, b): (Array2<f64>, Array1<f64>) = (random((3, 4), 1), random(3, 2));
    let (x, dz): (Array2<f64>, Array2<f64>) = (random((6, 4), 3), random((6, 3), 4));
    let gradients = |batches: &[[usize; 2]]| {
        let (mut dw, mut db) = (Array2::zeros(w.dim()), Array1::zeros(3));
        let rows = |of: &Array2<f64>, [from, to]: [usize; 2]| {
            of.slice(ndarray::s![from..to, ..]).to_owned()
        };
        let caches: Vec<_> =
            batches.iter().map(|batch| linear(&rows(&x, *batch), &w, &b).1).collect();
        for (batch, cache) in batches.iter().zip(&caches) {
            linear_backward(&rows(&dz, *batch), cache, &w, &mut dw, &mut db);
        }
        (dw, db.insert_axis(ndarray::Axis(0)))
    };
    let (whole, halves) = (gradients(&[[0, 6]]), gradients(&[[0, 2], [2, 6]]));
    assert_near("dL/dW of two batches", &halves.0, &whole.0);
    assert_near("dL/db of two batches", &halves.1, &whole.1);
}

#[rstest]
#[case::one_of_each(1, 1, 1)]
#[case::several(4, 3, 2)]
#[case::square(3, 3, 3)]
fn gradients_agree_with_finite_differences(
    #[case] rows: usize,
    #[case] d_in: usize,
    #[case] d_out: usize,
    #[values(false, true)] column_major: bool,
) {
    let x: Array2<f64> = random((rows, d_in).set_f(column_major), 1);
    let (w, b): (Array2<f64>, Array1<f64>) = (random((d_out, d_in), 2), random(d_out, 3));
    let upstream: Array2<f64> = random((rows, d_out).set_f(column_major), 4);
    let (_, cache) = linear(&x, &w, &b);
    let (mut dw, mut db) = (Array2::zeros(w.dim()), Array1::zeros(d_out));
    let dx = linear_backward(&upstream, &cache, &w, &mut dw, &mut db);
    let arguments = (("X", &x, &dx), ("W", &w, &dw), ("b", &b, &db));
    let report = check_loss(arguments, |(x, w, b)| (&upstream * &linear(x, w, b).0).sum());
    assert!(report.passed(), "gradient check failed\n{report}");
}

#[test]
fn no_sample_changes_no_gradient() {
    let (_, w, b, _) = example();
    let (z, cache) = linear(&Array2::zeros((0, 3)), &w, &b);
    let (mut dw, mut db) = (w.clone(), b.clone());
    let dx = linear_backward(&Array2::zeros((0, 2)), &cache, &w, &mut dw, &mut db);
    assert_eq!((z.dim(), dx.dim()), ((0, 2), (0, 3)), "the shapes of Z and dL/dX of no sample");
    assert!((dw, db) == (w, b), "gradients change, though there is no sample");
}

#[test]
fn weights_by_xavier() {
    let u = array![[0.0, 0.25, 0.5], [0.75, 0.9, 0.1]];
    let expected = array![
        [-1.095445115010, -0.547722557505, 0.0],
        [0.547722557505, 0.876356092008, -0.876356092008],
    ];
    assert_near("xavier_uniform", &xavier_uniform(&u, 1.0), &expected);
    assert_near(
        "xavier_uniform, gain 5/3",
        &xavier_uniform(&u, 5.0 / 3.0),
        &(expected * 5.0 / 3.0),
    );
    let expected = array![
        [0.316227766017, -0.632455532034, 1.264911064067],
        [0.948683298051, 0.0, -0.158113883008],
    ];
    assert_near("xavier_normal", &xavier_normal(&draws(), 1.0), &expected);
    assert_near("xavier_normal, gain 2", &xavier_normal(&draws(), 2.0), &(expected * 2.0));
}

fn draws() -> Array2<f64> {
    array![[0.5, -1.0, 2.0], [1.5, 0.0, -0.25]]
}

#[test]
fn weights_by_he() {
    let expected = array![
        [0.408248290464, -0.816496580928, 1.632993161855],
        [1.224744871392, 0.0, -0.204124145232],
    ];
    assert_near("he_normal", &he_normal(&draws(), 0.0), &expected);
    // With the slope 1 nothing is lost, and half of the variance is enough.
    assert_near("he_normal, α = 1", &he_normal(&draws(), 1.0), &(expected / 2.0_f64.sqrt()));
}

#[test]
fn weights_of_the_residual_stream() {
    let expected = draws() * 0.004082482904638631;
    assert_near("gpt2_residual of 12 layers", &gpt2_residual(&draws(), 12), &expected);
}

#[test]
fn weights_that_are_cut_off() {
    let draws = [0.5, -2.5, -1.0, 2.0, 7.0, 1.5, 0.0];
    let yours = truncated_normal(&draws, (2, 2), 0.1, 2.0);
    assert_near("truncated_normal", &yours, &array![[0.05, -0.1], [0.2, 0.15]]);
}

#[test]
fn orthogonal_weights() {
    let square = array![[1.0, 2.0, 0.0], [0.0, -1.0, 3.0], [2.0, 1.0, 1.0]];
    let expected = array![
        [0.447213595500, 0.717137165601, 0.534522483825],
        [0.0, -0.597614304667, 0.801783725737],
        [0.894427191000, -0.358568582800, -0.267261241912],
    ];
    assert_near("orthogonal, square", &orthogonal(&square), &expected);
    let wide = square.slice(ndarray::s![..2, ..]).to_owned();
    let expected = array![
        [0.447213595500, 0.894427191000, 0.0],
        [0.131876094679, -0.065938047340, 0.989070710094],
    ];
    assert_near("orthogonal, wide", &orthogonal(&wide), &expected);
    assert_near("orthogonal, tall", &orthogonal(&wide.t().to_owned()), &expected.t().to_owned());
    assert_near("orthogonal of one number", &orthogonal(&array![[-2.0]]), &array![[-1.0]]);
}

#[test]
fn orthogonal_weights_keep_lengths() {
    let w = orthogonal(&random((5, 3), 1));
    assert_near("Wᵀ·W", &w.t().dot(&w), &Array2::eye(3));
    let w = orthogonal(&random((3, 40), 2));
    assert_near("W·Wᵀ", &w.dot(&w.t()), &Array2::eye(3));
}

/// Draws of the standard normal distribution, by Box and Muller.
fn normal(shape: (usize, usize), seed: u64) -> Array2<f64> {
    let uniform = |seed| random(shape, seed).mapv(|it: f64| 0.5 + 0.5 * it);
    let (u, v): (Array2<f64>, Array2<f64>) = (uniform(seed), uniform(seed + 1));
    ndarray::Zip::from(&u)
        .and(&v)
        .map_collect(|u, v| (-2.0 * (u + 1e-12).ln()).sqrt() * (TAU * v).cos())
}

/// Ten layers with ReLU, and what the formula says of them.
#[test]
fn the_signal_survives_ten_layers_of_he() {
    const WIDTH: usize = 256;
    let after = |weights: &dyn Fn(&Array2<f64>) -> Array2<f64>| {
        let mut h = normal((16, WIDTH), 100);
        let before = h.pow2().mean().unwrap();
        for layer in 0..10 {
            let w = weights(&normal((WIDTH, WIDTH), 2 * layer));
            h = linear(&h, &w, &Array1::zeros(WIDTH)).0.mapv(|z| z.max(0.0));
        }
        h.pow2().mean().unwrap() / before
    };
    for (name, found, variance) in [
        ("He", after(&|n| he_normal(n, 0.0)), 2.0 / 256.0),
        ("Xavier", after(&|n| xavier_normal(n, 1.0)), 1.0 / 256.0),
    ] {
        let expected = second_moment_after(10, WIDTH, variance, 0.0);
        assert!(
            found > expected / 3.0 && found < expected * 3.0,
            "\n{name}: the mean square after ten layers\nby the formula: {expected:e}\nfound:          {found:e}\n"
        );
    }
}

#[test]
fn the_mean_square_after_some_layers() {
    for (yours, expected) in [
        (second_moment_after(10, 256, 2.0 / 256.0, 0.0), 1.0),
        (second_moment_after(10, 256, 1.0 / 256.0, 0.0), 1.0 / 1024.0),
        (second_moment_after(10, 256, 1e-4, 0.0), 1.180591620717412e-19),
        (second_moment_after(2, 8, 0.5, 0.5), 6.25),
        (second_moment_after(0, 8, 0.5, 0.5), 1.0),
    ] {
        assert!(
            (yours / expected - 1.0).abs() <= 1e-11,
            "\nsecond_moment_after\nexpected: {expected:e}\nyours:    {yours:e}\n"
        );
    }
}

/// Whether a call is refused.
fn refuses<T>(call: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

#[test]
fn what_does_not_fit_panics() {
    let (x, w, b, dz) = example();
    // What is not written yet panics as well, and here it does so first.
    let (_, cache) = linear(&x, &w, &b);
    let (mut dw, mut db) = (Array2::zeros(w.dim()), Array1::zeros(2));
    linear_backward(&dz, &cache, &w, &mut dw, &mut db);
    truncated_normal(&[0.0], (1, 1), 1.0, 2.0);
    gpt2_residual(&draws(), 1);

    assert!(refuses(|| linear(&x, &w, &array![0.1])), "one bias for two outputs is stretched");
    assert!(refuses(|| linear(&w.t().to_owned(), &w, &b)), "two inputs for weights of three");
    let one = array![[1.0, 2.0, 3.0]];
    let (_, cache) = linear(&x, &one, &array![0.0]);
    let dz = array![[1.0], [2.0]];
    let (mut dw, mut db) = (Array2::zeros((1, 3)), Array1::zeros(2));
    let call = || linear_backward(&dz, &cache, &one, &mut dw, &mut db);
    assert!(refuses(call), "two dL/db for one output are both given the same");
    let few = || truncated_normal(&[0.5, 3.0, -9.0], (1, 2), 1.0, 2.0);
    assert!(refuses(few), "one draw within the limit makes two weights");
    assert!(refuses(|| gpt2_residual(&draws(), 0)), "a model without layers has weights");
}

#[test]
fn single_precision_agrees_with_double() {
    let (x, w, b, dz) = example();
    let single = |of: &Array2<f64>| of.mapv(|it| it as f32);
    let (z, cache) = linear(&single(&x), &single(&w), &b.mapv(|it| it as f32));
    let (mut dw, mut db) = (Array2::zeros((2, 3)), Array1::zeros(2));
    linear_backward(&single(&dz), &cache, &single(&w), &mut dw, &mut db);
    let near = |yours: &Array2<f32>, expected: &Array2<f64>| {
        yours.iter().zip(expected).all(|(yours, it)| (f64::from(*yours) - it).abs() <= 1e-5)
    };
    assert!(near(&z, &array![[-1.4, 4.3], [2.1, -1.7]]), "\nZ in f32\n{z}\n");
    assert!(near(&dw, &array![[1.125, 2.0, -0.25], [0.5, -1.0, 6.5]]), "\ndL/dW in f32\n{dw}\n");
}
