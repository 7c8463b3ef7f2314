//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_4_6::{dropout, dropout_backward, pre_norm, pre_norm_backward, residual, residual_backward};
use ndarray::{Array2, NdFloat, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::assert_stated;

#[track_caller]
fn assert_all_stated<const N: usize>(found: &Array2<f64>, stated: [&str; N]) {
    assert_eq!(found.len(), N);
    found.iter().zip(stated).for_each(|(found, stated)| assert_stated(*found, stated));
}

fn example() -> (Array2<f64>, Array2<f64>) {
    let x = array![[1.0, -2.0, 3.0, 4.0], [0.5, 6.0, -7.0, 8.0]];
    (x, array![[0.1, 0.5, 0.9, 0.3], [0.49, 0.51, 0.0, 0.999]])
}

#[test]
fn the_numbers_of_the_brief() {
    let (x, u) = example();
    let (y, _) = dropout(&x, &u, 0.5, true);
    assert_eq!(y, array![[0.0, -4.0, 6.0, 0.0], [0.0, 12.0, 0.0, 16.0]]);
    let (y, _) = dropout(&x, &u, 0.25, true);
    assert_all_stated(&y, ["0", "-2.666667", "4", "5.333333", "0.666667", "8", "0", "10.666667"]);
    let (x, dy) = (array![[1.0, -2.0]], array![[1.0, 0.5]]);
    let square = |v: &Array2<f64>| v * v;
    assert_eq!(residual(&x, square), array![[2.0, 2.0]]);
    assert_eq!(residual_backward(&dy, |d| 2.0 * &x * d), array![[3.0, -1.5]]);
    assert_eq!(pre_norm(&x, |v| v / 2.0, square), array![[1.25, -1.0]]);
    let v = &x / 2.0;
    let dx = pre_norm_backward(&dy, |d| d / 2.0, |d| 2.0 * &v * d);
    assert_eq!(dx, array![[1.5, 0.0]]);
}

#[test]
fn the_similar_cases() {
    let weights = [2.0, 3.0, 5.0, 7.0];
    let estimates = weights.map(|w| 4.0 * w);
    assert_eq!(estimates.iter().sum::<f64>() / 4.0, weights.iter().sum());
    let y = |x: f64| 3.0 * x + x * x;
    assert_relative_eq!((y(2.001) - y(1.999)) / 0.002, 3.0 + 2.0 * 2.0, epsilon = 1e-9);
    assert_relative_eq!(0.1_f64.powi(12), 1e-12, max_relative = 1e-12);
    assert_stated(1.1_f64.powi(12), "3.138428");
}

fn twice(f: impl Fn(f64) -> f64) -> f64 {
    f(f(1.0))
}

fn chosen<F: NdFloat>(p: &Array2<F>, c: F, a: F) -> Array2<F> {
    p.mapv(|it| if it >= c { a } else { F::zero() })
}

fn is_probability<F: NdFloat>(p: F) -> bool {
    p >= F::zero() && p <= F::one()
}

#[test]
fn the_rust_of_the_brief() {
    let (p, q) = (&array![[1.0, 2.0]], &array![[3.0, -1.0]]);
    assert_eq!(p * q, array![[3.0, -2.0]]);
    assert_eq!(p * &array![[2.0]], array![[2.0, 4.0]]);
    assert_eq!(chosen(p, 2.0, 5.0), array![[0.0, 5.0]]);
    let ones: Array2<f64> = Array2::ones(p.raw_dim());
    assert_eq!(ones, array![[1.0, 1.0]]);
    assert_eq!(twice(|x| 3.0 * x), 9.0);
    assert_eq!([2.0].map(|v| v * v), [4.0]);
    assert!(p.dim() == q.dim());
    assert!(is_probability(0.5) && !is_probability(f64::NAN) && !is_probability(1.5));
    assert!((0.0 * (1.0 - 1.0_f64).recip()).is_nan());
}

#[test]
fn the_counts_of_the_hardware_layers() {
    assert_eq!(12 * 1024 * 768 * 4, 37_748_736);
    assert_eq!((1024 * 768, 1024 * 768 * 2, 1024 * 768 / 8), (786_432, 1_572_864, 98_304));
    let once = 1e6 * 1_572_864.0 / 2.039e12;
    assert_stated(once, "0.77");
    let sixteenth = 1.0 / 16.0;
    for (arrays, stated) in
        [(4.0, "3.09"), (2.0 + sixteenth, "1.59"), (3.0, "2.31"), (3.0 + sixteenth, "2.36")]
    {
        assert_stated(arrays * once, stated);
    }
}

#[test]
fn the_worked_example() {
    let (x, u) = example();
    let row = |of: &Array2<f64>| of.slice(ndarray::s![..1, ..]).to_owned();
    let (y, mask) = dropout(&row(&x), &row(&u), 0.25, true);
    assert_stated(1.0 / (1.0 - 0.25), "1.333333");
    assert_all_stated(&mask, ["0", "1.333333", "1.333333", "1.333333"]);
    assert_all_stated(&y, ["0", "-2.666667", "4", "5.333333"]);
    let dx = dropout_backward(&array![[1.0, 0.5, -1.0, 2.0]], &mask);
    assert_all_stated(&dx, ["0", "0.666667", "-1.333333", "2.666667"]);
    let variance = |p: f64| 9.0 * p / (1.0 - p);
    assert_relative_eq!(variance(0.25), 3.0, max_relative = 1e-15);
    assert_stated(variance(0.25).sqrt(), "1.732051");
    assert_eq!(variance(0.5), 9.0);
    let y = |x: f64| x + x * x / 4.0;
    assert_eq!(y(-2.0), -1.0);
    assert!(y(-2.001) > -1.0 && y(-1.999) > -1.0);
}

#[test]
fn conventions_agree_where_they_should() {
    let (_, u) = example();
    let share = |mask: Vec<f64>| mask.iter().filter(|it| **it > 0.0).count();
    let here = |p: f64| dropout(&Array2::ones(u.dim()), &u, p, true).1.into_iter().collect();
    let there = |p: f64| u.iter().map(|u| if *u < p { 1.0 / p } else { 0.0 }).collect();
    assert_eq!((share(here(0.5)), share(there(0.5))), (4, 4));
    assert_eq!((share(here(0.1)), share(there(0.9))), (7, 6));
}
