//! The visible tests of lesson 2.1: all of the first example, the range of the second.

use approx::assert_relative_eq;
use ex_2_1::{Example, a, da, db, dw, dz, loss, z};
use rstest::rstest;

/// Four digits, without a negative zero.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}

#[test]
fn the_course_example_prints_its_table() {
    let [z, a, loss, dw, db] = [z, a, loss, dw, db].map(|step| rounded(step(Example::First)));
    insta::assert_snapshot!(format!("z = {z}\na = {a}\nL = {loss}\ndL/dw = {dw}\ndL/db = {db}"));
}

#[rstest]
#[case::z(z, 0.0)]
#[case::a(a, 0.0)]
#[case::loss(loss, 0.32)]
#[case::da(da, -0.8)]
#[case::dz(dz, -0.8)]
#[case::dw(dw, -1.6)]
#[case::db(db, -0.8)]
fn each_step_of_the_first_example_is_right(#[case] step: fn(Example) -> f64, #[case] right: f64) {
    assert_relative_eq!(step(Example::First), right, epsilon = 5e-5);
}

#[test]
fn the_second_activation_is_between_minus_one_and_one() {
    assert!(a(Example::Second).abs() < 1.0);
}

#[test]
fn the_second_loss_is_positive() {
    assert!(loss(Example::Second) > 0.0);
}
