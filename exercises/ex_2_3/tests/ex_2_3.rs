//! The visible tests of lesson 2.3.

use std::fmt::Debug;

use ex_2_3::{
    Activation, Health, Property, UnitHealth, classify, crosses_kink, dead_fraction,
    health_at_minus_eight, leaky_derivative, safe_for_differences, tanh_derivative, through_depth,
    unit_health,
};
use gradcheck::check_loss;
use ndarray::{Array1, Array2, ShapeBuilder, array};
use rstest::rstest;

#[track_caller]
fn assert_same<T: PartialEq + Debug>(yours: T, expected: T) {
    assert!(yours == expected, "\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

/// Compares nine digits, however small the numbers are.
#[track_caller]
fn assert_close(yours: f64, expected: f64) {
    let is_close = (yours - expected).abs() <= 1e-9 * expected;
    assert!(is_close, "\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

/// The table of the lesson, as the test prints it.
const TABLE: &str = "\
-8: tanh′ 4.501406e-7 Vanishing, leaky′ 0.01 Healthy, ReLU′ 0 Dead
-4: tanh′ 1.340951e-3 Vanishing, leaky′ 0.01 Healthy, ReLU′ 0 Dead
-1: tanh′ 4.199743e-1 Healthy, leaky′ 0.01 Healthy, ReLU′ 0 Dead
-0.25: tanh′ 9.400148e-1 Healthy, leaky′ 0.01 Healthy, ReLU′ 0 Dead
0.25: tanh′ 9.400148e-1 Healthy, leaky′ 1 Healthy, ReLU′ 1 Healthy
1: tanh′ 4.199743e-1 Healthy, leaky′ 1 Healthy, ReLU′ 1 Healthy
4: tanh′ 1.340951e-3 Vanishing, leaky′ 1 Healthy, ReLU′ 1 Healthy
8: tanh′ 4.501406e-7 Vanishing, leaky′ 1 Healthy, ReLU′ 1 Healthy";

#[test]
fn the_table_of_the_lesson() {
    let rows = [-8.0, -4.0, -1.0, -0.25, 0.25, 1.0, 4.0, 8.0].map(|z| {
        let of_tanh = tanh_derivative(z);
        let of_leaky = leaky_derivative(z, 0.01);
        let of_relu = leaky_derivative(z, 0.0);
        let [tanh, leaky, relu] = [of_tanh, of_leaky, of_relu].map(|it| classify(it, 1e-2));
        format!(
            "{z}: tanh′ {of_tanh:.6e} {tanh:?}, leaky′ {of_leaky} {leaky:?}, ReLU′ {of_relu} {relu:?}"
        )
    });
    let yours = rows.join("\n");
    assert!(
        yours == TABLE,
        "the table of the lesson differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::zero(0.0)]
#[case::right(0.7)]
#[case::left(-1.3)]
#[case::flat(-3.0)]
fn the_derivative_of_tanh_agrees_with_finite_differences(#[case] z: f64) {
    check_loss(("z", z, tanh_derivative(z)), |z: f64| z.tanh()).assert();
}

#[rstest]
#[case::eight(8.0, 4.501_405_975_6e-7)]
#[case::twenty(20.0, 1.699_341_702_1e-17)]
#[case::minus_hundred(-100.0, 5.535_586_106_9e-87)]
#[case::thousand(1000.0, 0.0)]
fn the_derivative_of_tanh_keeps_its_digits(#[case] z: f64, #[case] derivative: f64) {
    assert_close(tanh_derivative(z), derivative);
}

#[rstest]
#[case::right(0.3, 0.01, 1.0)]
#[case::left(-0.3, 0.01, 0.01)]
#[case::far_left(-300.0, 0.01, 0.01)]
#[case::relu(-0.3, 0.0, 0.0)]
#[case::steeper_on_the_left(-0.3, 2.0, 2.0)]
fn leaky_relu_has_two_slopes(#[case] z: f64, #[case] alpha: f64, #[case] derivative: f64) {
    assert_close(leaky_derivative(z, alpha), derivative);
}

#[test]
fn each_layer_multiplies() {
    assert_close(through_depth(&[]), 1.0);
    let [one, other] = [tanh_derivative(0.5), tanh_derivative(-1.5)];
    assert_close(through_depth(&[0.5]), one);
    assert_close(through_depth(&[0.5, -1.5]), one * other);
    assert_close(through_depth(&[2.0; 10]), 3.098_648_872_097_1e-12);
}

#[rstest]
#[case::above(0.02, Health::Healthy)]
#[case::above_and_negative(-0.02, Health::Healthy)]
#[case::at_the_limit(0.01, Health::Healthy)]
#[case::below(1e-9, Health::Vanishing)]
#[case::below_and_negative(-1e-9, Health::Vanishing)]
#[case::zero(0.0, Health::Dead)]
fn a_derivative_is_classified_by_its_magnitude(#[case] local: f64, #[case] health: Health) {
    assert_same(classify(local, 0.01), health);
}

#[rstest]
#[case::all(array![0.5, 2.0, 1e-9], 0.0, UnitHealth::Alive)]
#[case::one_not(array![0.5, -2.0, 1.0], 0.0, UnitHealth::DeadForSome)]
#[case::one_at_zero(array![0.5, 0.0, 1.0], 0.0, UnitHealth::DeadForSome)]
#[case::only_one(array![-0.5, -2.0, 1.0], 0.0, UnitHealth::DeadForSome)]
#[case::none(array![-0.5, -2.0, -1e-9], 0.0, UnitHealth::Dead)]
#[case::none_with_a_slope(array![-0.5, -2.0, -1e-9], 1e-6, UnitHealth::Alive)]
fn a_unit_is_judged_by_its_batch(
    #[case] z: Array1<f64>,
    #[case] alpha: f64,
    #[case] health: UnitHealth,
) {
    assert_same(unit_health(&z, alpha), health);
}

#[rstest]
#[case::three_units(array![[-1.0, 2.0, -3.0], [-0.5, -2.0, 0.5]], 1.0 / 3.0)]
#[case::one_unit(array![[-1.0], [-2.0], [0.5]], 0.0)]
#[case::one_sample(array![[-1.0, 2.0, -3.0, -4.0]], 0.75)]
fn dead_units_are_counted(#[case] z: Array2<f64>, #[case] fraction: f64) {
    assert_close(dead_fraction(&z), fraction);
    let mut by_columns = Array2::zeros(z.dim().f());
    by_columns.assign(&z);
    assert_close(dead_fraction(&by_columns), fraction);
}

#[rstest]
#[case::far_left(-2.0, 1.0, 1e-5, false)]
#[case::far_right(2.0, 1.0, 1e-5, false)]
#[case::near(-5e-6, 1.0, 1e-5, true)]
#[case::at_the_kink(0.0, 1.0, 1e-5, true)]
#[case::large_input(-5e-4, -100.0, 1e-5, true)]
#[case::small_input(-5e-6, 0.1, 1e-5, false)]
#[case::no_input(0.5, 0.0, 1e-5, false)]
fn a_kink_is_reached_by_a_step(
    #[case] z: f64,
    #[case] x: f64,
    #[case] epsilon: f64,
    #[case] crosses: bool,
) {
    assert_same(crosses_kink(z, x, epsilon), crosses);
}

#[test]
fn your_answers_at_minus_eight_are_what_your_functions_say() {
    let activations = [Activation::Tanh, Activation::Relu, Activation::LeakyRelu];
    let slopes = [tanh_derivative(-8.0), leaky_derivative(-8.0, 0.0), leaky_derivative(-8.0, 0.01)];
    let answers = activations.map(|it| (it, health_at_minus_eight(it)));
    let by_functions = [0, 1, 2].map(|at| (activations[at], classify(slopes[at], 1e-3)));
    assert!(
        answers == by_functions,
        "\nyour functions: {by_functions:?}\nyour answers:   {answers:?}\n"
    );
}

#[test]
fn no_kink_is_left_by_the_property_that_you_name() {
    // A function that has the property, and perhaps a kink at 1.
    let witness: fn(f64) -> f64 = match safe_for_differences() {
        Property::Bounded | Property::Odd => |z| z.clamp(-1.0, 1.0),
        Property::Increasing => |z| z.max(0.01 * z + 0.99),
        Property::Smooth => f64::tanh,
    };
    let right = (witness(1.0 + 1e-6) - witness(1.0)) / 1e-6;
    let left = (witness(1.0) - witness(1.0 - 1e-6)) / 1e-6;
    assert!(
        (right - left).abs() < 1e-5,
        "\nanother function with this property has a kink at 1: its slope is {left:.3} on the left of \
         it and {right:.3} on the right\n"
    );
}
