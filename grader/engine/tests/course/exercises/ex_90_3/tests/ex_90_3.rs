//! The visible tests of lesson 90.3.

use ex_90_3::{gradient, mean, root, slope};
use ndarray::{Array1, array};

#[test]
fn the_slope_of_a_parabola_is_exact() {
    assert!((slope(&|x| x * x, 3.0, 0.5) - 6.0).abs() < 1e-12);
}

#[test]
fn a_gradient_has_one_number_for_each_coordinate() {
    let f = |x: &Array1<f64>| x[0] * x[0] + 3.0 * x[1];
    assert!((gradient(&f, &array![1.0, 5.0], 0.5) - array![2.0, 3.0]).abs().sum() < 1e-12);
}

#[test]
fn a_mean_is_over_all_points() {
    assert_eq!(mean(|x| 2.0 * x, &[1.0, 2.0, 6.0]), 6.0);
}

#[test]
fn a_root_is_found_with_one_call_a_step() {
    let mut calls = 0;
    let mut f = |x: f64| {
        calls += 1;
        x * x - 2.0
    };
    assert!((root(&mut f, 0.0, 2.0, 40) - 2_f64.sqrt()).abs() < 1e-11);
    assert_eq!(calls, 40);
}
