//! The visible tests of lesson 2.4.

use std::fmt::Debug;

use ex_2_4::{
    Scheme, best_epsilon, central_difference, forward_difference, forward_passes, gradient,
    has_kink, relative_error,
};
use ndarray::{Array1, array};
use rstest::rstest;

const EPSILON: f64 = 1e-5;

/// The loss of one tanh neuron as a function of its weight, for an input x, a bias b and a target y.
fn neuron_loss(x: f64, b: f64, y: f64) -> impl Fn(f64) -> f64 {
    move |theta| 0.5 * ((theta * x + b).tanh() - y).powi(2)
}

/// Its derivative, from the chain rule.
fn analytic(x: f64, b: f64, y: f64, theta: f64) -> f64 {
    let a = (theta * x + b).tanh();
    (a - y) * (1.0 - a * a) * x
}

#[track_caller]
fn assert_same<T: PartialEq + Debug>(yours: T, expected: T) {
    assert!(yours == expected, "\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[track_caller]
fn assert_close(yours: f64, expected: f64) {
    let is_close = (yours - expected).abs() <= 1e-12;
    assert!(is_close, "\nexpected: {expected}\nyours:    {yours}\n");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The course's table, as the test prints it.
const TABLE: &str = "\
L = 0.01990032, forward = -0.143317153, central = -0.143322028, analytic = -0.143322028
L = 0.125, forward = -0.499995, central = -0.5, analytic = -0.5";

#[test]
fn the_course_examples_print_their_table() {
    let rows = [(2.0, 0.1, 1.0, 0.5), (1.0, 0.0, 0.5, 0.0)].map(|(x, b, y, theta)| {
        let f = neuron_loss(x, b, y);
        let forward = forward_difference(&f, theta, EPSILON);
        let central = central_difference(&f, theta, EPSILON);
        [f(theta), forward, central, analytic(x, b, y, theta)].map(rounded)
    });
    let lines = rows.map(|[loss, forward, central, analytic]| {
        format!("L = {loss}, forward = {forward}, central = {central}, analytic = {analytic}")
    });
    let yours = lines.join("\n");
    assert!(
        yours == TABLE,
        "the course's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[test]
fn a_forward_difference_of_a_square_is_off_by_the_step() {
    assert_close(forward_difference(&|t| t * t, 3.0, 0.5), 6.5);
}

#[test]
fn a_central_difference_of_a_square_is_exact() {
    assert_close(central_difference(&|t| t * t, 3.0, 0.5), 6.0);
}

#[test]
fn relu_far_below_its_kink_has_a_difference_of_exactly_zero() {
    let relu = |t: f64| t.max(0.0);
    assert_same(forward_difference(&relu, -2.0, EPSILON), 0.0);
    assert_same(central_difference(&relu, -2.0, EPSILON), 0.0);
}

#[test]
fn the_gradient_has_one_element_for_each_parameter() {
    let f = |t: &Array1<f64>| t[0] * t[1] + t[2].powi(2);
    let found = gradient(&f, &array![2.0, -1.0, 0.5], EPSILON);
    let exact = array![-1.0, 2.0, 1.0];
    let is_close = found.shape() == exact.shape()
        && found.iter().zip(&exact).all(|(found, exact)| (found - exact).abs() <= 1e-8);
    assert!(is_close, "\nexpected: {exact}\nyours:    {found}\n");
}

#[rstest]
#[case::equal(2.0, 2.0, 0.0)]
#[case::one_percent(1.0, 0.99, 0.01)]
#[case::opposite(1.0, -1.0, 2.0)]
#[case::one_is_zero(0.0, -3.0, 1.0)]
#[case::both_are_zero(0.0, 0.0, 0.0)]
fn the_relative_error_is_measured_by_the_larger(
    #[case] analytic: f64,
    #[case] numeric: f64,
    #[case] error: f64,
) {
    assert_close(relative_error(analytic, numeric), error);
}

#[rstest]
#[case::forward(Scheme::Forward, 4, 5)]
#[case::central(Scheme::Central, 4, 8)]
fn forward_passes_are_counted(
    #[case] scheme: Scheme,
    #[case] parameters: usize,
    #[case] passes: usize,
) {
    assert_same(forward_passes(scheme, parameters), passes);
}

#[test]
fn the_central_scheme_takes_larger_steps() {
    let [central, forward] = [Scheme::Central, Scheme::Forward].map(best_epsilon);
    assert!(
        central > forward,
        "your steps are {central:e} for central and {forward:e} for forward"
    );
}

/// The mean error of a scheme's differences of exp, whose derivatives are all of order 1.
fn mean_error(scheme: Scheme, epsilon: f64) -> f64 {
    let difference = match scheme {
        Scheme::Forward => forward_difference,
        Scheme::Central => central_difference,
    };
    let points = (0..100).map(|i| 0.2 + 0.006 * f64::from(i));
    points.map(|t| (difference(&f64::exp, t, epsilon) - t.exp()).abs()).sum::<f64>() / 100.0
}

#[rstest]
fn far_from_the_best_step_the_error_is_larger(
    #[values(Scheme::Forward, Scheme::Central)] scheme: Scheme,
) {
    let best = best_epsilon(scheme);
    let error = mean_error(scheme, best);
    assert!(
        error < mean_error(scheme, 1e-4 * best),
        "with your differences, a shorter step is better"
    );
    assert!(
        error < mean_error(scheme, 1e4 * best),
        "with your differences, a longer step is better"
    );
}

#[rstest]
#[case::relu(|t: f64| t.max(0.0), true)]
#[case::magnitude(f64::abs, true)]
#[case::square(|t: f64| t * t, false)]
#[case::tanh(f64::tanh, false)]
fn kinks_at_zero_are_told_from_smooth_points(#[case] f: fn(f64) -> f64, #[case] kink: bool) {
    assert_same(has_kink(&f, 0.0, 1e-4), kink);
}
