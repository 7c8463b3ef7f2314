//! The visible tests of lesson 1.1.

use std::fmt::Debug;

use ex_1_1::{
    Local, Node, cost, evaluation_order, local_derivatives, neuron, neuron_loop, neurons,
};
use gradcheck::{check_loss, random};
use ndarray::{Array1, Array2, ShapeBuilder, array};
use rstest::rstest;

/// Two samples of three inputs, the weights and the bias: the example of the brief.
fn example() -> (Array2<f64>, Array1<f64>, f64) {
    (array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]], array![0.5, -1.0, 2.0], 0.1)
}

#[track_caller]
fn assert_same<T: PartialEq + Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[track_caller]
fn assert_close(name: &str, yours: f64, expected: f64) {
    let is_close = (yours - expected).abs() <= 1e-12;
    assert!(is_close, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The example's table, as the test prints it.
const TABLE: &str = "\
loop: z = -3.4
dot: z = -3.4
product: z = [-3.4, 7.35]";

#[test]
fn the_example_prints_its_table() {
    let (batch, w, b) = example();
    let x = batch.row(0).to_owned();
    let (by_loop, by_dot) = (rounded(neuron_loop(&x, &w, b)), rounded(neuron(&x, &w, b)));
    let z = neurons(&batch, &w, b).mapv(rounded);
    let yours = format!("loop: z = {by_loop}\ndot: z = {by_dot}\nproduct: z = {z}");
    assert!(
        yours == TABLE,
        "the example's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::second_sample(array![0.5, -1.0, 3.0], array![0.5, -1.0, 2.0], 0.1, 7.35)]
#[case::one_input(array![-2.0], array![1.5], 0.25, -2.75)]
#[case::zero_inputs(array![0.0, 0.0, 0.0], array![0.5, -1.0, 2.0], -0.7, -0.7)]
#[case::no_inputs(array![], array![], 0.3, 0.3)]
fn z_is_the_weighted_sum_plus_the_bias(
    #[case] x: Array1<f64>,
    #[case] w: Array1<f64>,
    #[case] b: f64,
    #[case] z: f64,
) {
    assert_close("neuron_loop", neuron_loop(&x, &w, b), z);
    assert_close("neuron", neuron(&x, &w, b), z);
}

#[rstest]
#[case::one_sample(1, 4)]
#[case::one_input(3, 1)]
#[case::square(3, 3)]
#[case::more_samples_than_inputs(5, 2)]
#[case::no_inputs(2, 0)]
#[case::no_samples(0, 3)]
fn every_row_is_one_neuron(
    #[case] samples: usize,
    #[case] d: usize,
    #[values(false, true)] column_major: bool,
) {
    let batch: Array2<f64> = random((samples, d).set_f(column_major), 1);
    let w: Array1<f64> = random(d, 2);
    let z = neurons(&batch, &w, 0.3);
    assert_eq!(z.len(), samples, "one z for each sample");
    for (x, z) in batch.outer_iter().zip(&z) {
        assert_close("neurons", *z, neuron(&x.to_owned(), &w, 0.3));
    }
}

#[rstest]
#[case::example(array![1.0, 2.0, -1.0], array![0.5, -1.0, 2.0], 0.1)]
#[case::larger_bias(array![0.3, -0.8], array![-1.5, 0.4], 3.0)]
#[case::one_input(array![-2.0], array![1.5], -0.25)]
fn local_derivatives_agree_with_finite_differences(
    #[case] x: Array1<f64>,
    #[case] w: Array1<f64>,
    #[case] b: f64,
) {
    let Local { dx, dw, db } = local_derivatives(&x, &w, b);
    let claimed = (("x", &x, &dx), ("w", &w, &dw), ("b", b, db));
    check_loss(claimed, |(x, w, b)| neuron(x, w, b)).assert();
}

#[test]
fn the_order_that_you_name_computes_your_z() {
    let (batch, w, b) = example();
    let x = batch.row(0).to_owned();
    let evaluated = evaluation_order().iter().fold(x.clone(), |numbers, node| match node {
        Node::Mul => numbers * &w,
        Node::Sum => array![numbers.sum()],
        Node::AddBias => numbers + b,
    });
    assert_eq!(evaluated.len(), 1, "z is one number");
    assert_close("z in your order of evaluation", evaluated[0], neuron(&x, &w, b));
}

#[rstest]
#[case::one_input(1, (1, 1))]
#[case::three_inputs(3, (3, 3))]
fn the_cost_counts_the_signs(#[case] d: usize, #[case] signs: (usize, usize)) {
    assert_same("cost", cost(d), signs);
}

#[test]
fn the_cost_of_32_samples_is_that_of_the_brief() {
    let (multiplications, additions) = cost(768);
    assert_same("32 times both numbers of `cost`", 32 * (multiplications + additions), 49_152);
}
