//! The visible tests of lesson 2.2.

use ex_2_2::{Forward, Gradients, backward, forward};
use gradcheck::check_loss;
use rstest::rstest;

/// The course's example: x, w, b, y.
const EXAMPLE: (f64, f64, f64, f64) = (2.0, -0.5, 1.0, 0.8);

#[track_caller]
fn assert_close(name: &str, yours: f64, expected: f64) {
    let is_close = (yours - expected).abs() <= 1e-12 * expected.abs().max(1.0);
    assert!(is_close, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The course's table, as the test prints it.
const TABLE: &str = "\
z = 0
a = 0
L = 0.32
dL/dw = -1.6
dL/db = -0.8";

#[test]
fn the_course_example_prints_its_table() {
    let (x, w, b, y) = EXAMPLE;
    let Forward { z, a, loss } = forward(x, w, b, y);
    let Gradients { dw, db, .. } = backward(x, w, b, y);
    let [z, a, loss, dw, db] = [z, a, loss, dw, db].map(rounded);
    let yours = format!("z = {z}\na = {a}\nL = {loss}\ndL/dw = {dw}\ndL/db = {db}");
    assert!(
        yours == TABLE,
        "the course's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::weight_and_input_cancel(2.0, -0.5, 1.0, 0.0)]
#[case::bias_alone(0.0, 3.0, 0.5, 0.5)]
#[case::negative_pre_activation(1.5, -2.0, 0.25, -2.75)]
fn z_is_the_weighted_input_plus_the_bias(
    #[case] x: f64,
    #[case] w: f64,
    #[case] b: f64,
    #[case] z: f64,
) {
    assert_close("z", forward(x, w, b, 0.0).z, z);
}

#[rstest]
#[case::origin(0.0, 0.0)]
#[case::one(1.0, 0.7615941559557649)]
#[case::saturated(1000.0, 1.0)]
#[case::saturated_below(-1000.0, -1.0)]
fn the_activation_is_tanh(#[case] z: f64, #[case] a: f64) {
    assert_close("a", forward(z, 1.0, 0.0, 0.0).a, a);
}

#[rstest]
#[case::course_example(2.0, -0.5, 1.0, 0.8)]
#[case::another_bias(0.7, 0.4, -0.3, 0.1)]
#[case::negative_input(-1.2, 0.9, 0.6, -0.5)]
fn gradients_agree_with_finite_differences(
    #[case] x: f64,
    #[case] w: f64,
    #[case] b: f64,
    #[case] y: f64,
) {
    let Gradients { dw, db, .. } = backward(x, w, b, y);
    check_loss((("w", w, dw), ("b", b, db)), |(w, b)| forward(x, w, b, y).loss).assert();
}
