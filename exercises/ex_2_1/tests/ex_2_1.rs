//! The visible tests of lesson 2.1: the numbers of the first example, and questions to the second.

use ex_2_1::{Example, a, da, db, dw, dz, loss, z};
use rstest::rstest;

/// Four digits, without a negative zero.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
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
    let [z, a, loss, dw, db] = [z, a, loss, dw, db].map(|step| rounded(step(Example::First)));
    let yours = format!("z = {z}\na = {a}\nL = {loss}\ndL/dw = {dw}\ndL/db = {db}");
    assert!(
        yours == TABLE,
        "the course's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
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
    let yours = step(Example::First);
    assert!((yours - right).abs() <= 5e-5, "\nexpected: {right}\nyours:    {yours}\n");
}

// The second example: forward as the brief writes it, and gradients by moving one number a little.

const X: f64 = 1.5;
const W: f64 = 0.8;
const B: f64 = -0.7;
const Y: f64 = -0.25;

fn second_z(w: f64, b: f64) -> f64 {
    w * X + b
}

fn second_loss(a: f64) -> f64 {
    (a - Y) * (a - Y) / 2.0
}

fn agrees(yours: f64, right: f64) -> bool {
    (yours - right).abs() <= 1e-3 * right.abs() + 1e-4
}

#[rstest]
#[case::z(z, second_z(W, B), "z is not w·x + b: mind the sign of b")]
#[case::a(a, second_z(W, B).tanh(), "a is not tanh(z): does it lie between −1 and 1?")]
#[case::loss(loss, second_loss(second_z(W, B).tanh()), "L is not ½(a − y)²: mind the sign of y")]
fn the_second_example_goes_forward(
    #[case] step: fn(Example) -> f64,
    #[case] right: f64,
    #[case] otherwise: &str,
) {
    assert!(agrees(step(Example::Second), right), "{otherwise}");
}

#[rstest]
#[case::da(da, "a", second_z(W, B).tanh(), second_loss)]
#[case::dz(dz, "z", second_z(W, B), |z: f64| second_loss(z.tanh()))]
#[case::dw(dw, "w", W, |w| second_loss(second_z(w, B).tanh()))]
#[case::db(db, "b", B, |b| second_loss(second_z(W, b).tanh()))]
fn the_second_loss_follows_each_number(
    #[case] gradient: fn(Example) -> f64,
    #[case] name: &str,
    #[case] at: f64,
    #[case] loss: fn(f64) -> f64,
) {
    let rate = (loss(at + 1e-4) - loss(at - 1e-4)) / 2e-4;
    let yours = gradient(Example::Second);
    assert!(agrees(yours, rate), "move {name} a little: L does not follow at the rate dL/d{name}");
}
