//! The visible tests of lesson 90.1.

use ex_90_1::{Gradients, backward, forward};

#[test]
fn a_pre_activation_of_zero_gives_the_logarithm_of_two() {
    let forward = forward(3.0, -0.5, 1.5, 0.0);
    assert_eq!(forward.z, 0.0);
    assert!((forward.a - std::f64::consts::LN_2).abs() < 1e-12);
}

#[test]
fn half_of_the_residual_passes_at_zero() {
    let Gradients { dw, db, .. } = backward(3.0, -0.5, 1.5, 0.0);
    assert!((db - std::f64::consts::LN_2 / 2.0).abs() < 1e-12);
    assert!((dw - 3.0 * db).abs() < 1e-12);
}
