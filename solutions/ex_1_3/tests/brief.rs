//! The numbers and the Rust that the brief shows, and what the derivation says of formulas that are right
//! on paper.

use approx::assert_relative_eq;
use ex_1_3::{collapse_two, sigmoid, tanh};
use ndarray::array;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

fn sigmoid_by_exponential(z: f64) -> f64 {
    z.exp() / (1.0 + z.exp())
}

fn sigmoid_by_complement(z: f64) -> f64 {
    1.0 - 1.0 / (1.0 + z.exp())
}

fn tanh_by_sigmoid(z: f64) -> f64 {
    2.0 / (1.0 + (-2.0 * z).exp()) - 1.0
}

fn tanh_by_exponentials(z: f64) -> f64 {
    (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())
}

fn error(got: f64, want: f64) -> f64 {
    (got / want - 1.0).abs()
}

#[test]
fn the_exponential_overflows_and_underflows() {
    assert!(709.78_f64.exp().is_finite() && 709.79_f64.exp().is_infinite());
    assert!((-745.13_f64).exp() > 0.0 && (-745.14_f64).exp() == 0.0);
}

#[test]
fn the_quotient_of_exponentials_is_nan_far_above_zero_only() {
    assert!(sigmoid_by_exponential(1000.0).is_nan() && tanh_by_exponentials(1000.0).is_nan());
    assert_eq!(sigmoid_by_exponential(-1000.0), 0.0);
}

#[test]
fn the_complement_has_no_digits_far_below_zero() {
    assert_eq!(sigmoid_by_complement(-40.0), 0.0);
    assert_eq!(sigmoid_by_complement(1000.0), 1.0);
    assert_relative_eq!(sigmoid(&array![[-40.0]])[[0, 0]], 4.248354255291589e-18);
    assert!(error(sigmoid_by_complement(-30.0), sigmoid(&array![[-30.0]])[[0, 0]]) > 1e-4);
}

#[test]
fn differences_of_exponentials_lose_digits_near_zero() {
    let library = tanh(&array![[1e-8]])[[0, 0]];
    assert_relative_eq!(library, 1e-8, epsilon = 0.0, max_relative = 1e-15);
    for got in [tanh_by_exponentials(1e-8), tanh_by_sigmoid(1e-8)] {
        let error = error(got, library);
        assert!((1e-9..1e-7).contains(&error), "{error:e}");
    }
    assert_eq!(tanh_by_sigmoid(1e-17), 0.0);
}

/// The similar cases of the brief: softsign, whose slope is (1 − |s|)², and two numbers as layers.
#[test]
fn similar_cases_of_the_brief() {
    let softsign = |z: f64| z / (1.0 + z.abs());
    for (z, s, slope) in [(-3.0, -0.75, 0.0625), (0.0, 0.0, 1.0), (1.0, 0.5, 0.25)] {
        assert_eq!(softsign(z), s);
        assert_eq!((1.0 - s.abs()).powi(2), slope);
        let step = 1e-6;
        let difference = (softsign(z + step) - softsign(z - step)) / (2.0 * step);
        assert_relative_eq!(difference, slope, epsilon = 1e-5);
    }
    let (w, b) = collapse_two(&array![[2.0]], &array![1.0], &array![[3.0]], &array![5.0]);
    assert_eq!((w, b), (array![[6.0]], array![8.0]));
}

#[test]
fn the_layers_of_the_brief() {
    let w1 = array![[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]];
    let (b1, w2) = (array![1.0, 0.0, -1.0], array![[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]]);
    let (b2, x) = (array![0.5, -0.5], array![1.0, -2.0]);
    let (w, b) = collapse_two(&w1, &b1, &w2, &b2);
    assert_eq!(w2.dot(&(w1.dot(&x) + b1)) + b2, array![-3.5, -4.5]);
    assert_eq!((w.dot(&x) + &b, b), (array![-3.5, -4.5], array![1.0, 0.5]));
    assert_eq!(w, array![[2.5, 3.5], [5.0, 5.0]]);
}

/// The derivative from the output alone is 0 where the output is rounded to 1.
#[test]
fn the_slope_of_tanh_loses_its_digits_far_from_zero() {
    let slope = |z: f64| 1.0 - z.tanh() * z.tanh();
    assert!(slope(18.5) > 0.0);
    assert_eq!(slope(19.1), 0.0);
    assert!((19.0_f64).cosh().powi(-2) < 2e-16);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let z = array![[0.5, 1.5], [-2.0, 3.0]];
    assert_eq!(z.mapv(f64::sin)[[0, 1]], 1.5_f64.sin());
    let cut = z.mapv(|z| if z > 1.0 { 1.0 } else { z });
    assert_eq!(cut, array![[0.5, 1.0], [-2.0, 1.0]]);
    let (p, q) = (&z, &cut);
    assert_eq!(p * q, array![[0.25, 1.5], [4.0, 3.0]]);
    assert_eq!(2.0 - p, array![[1.5, 0.5], [4.0, -1.0]]);
    let (m, p) = (z.clone(), array![2.0, 0.0]);
    assert_eq!(m.dot(&p), array![1.0, -4.0]);
    let items = [(m, p)];
    let layers = [items[0].clone()];
    for (w, b) in layers {
        assert_eq!((w, b), (z.clone(), array![2.0, 0.0]));
    }
}
