//! The visible tests of lesson 3.2.

use std::fmt::Debug;

use ex_3_2::{
    Product, backward_bias, backward_input, backward_weight, forward, weight_gradient_product,
    weight_gradient_shape,
};
use gradcheck::{check_backward, random};
use ndarray::{Array1, Array2, array};
use rstest::rstest;

/// A layer, its inputs, and an upstream gradient: any, as a loss further on would send it.
struct Layer {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
    dz: Array2<f64>,
}

impl Layer {
    /// Two samples, three inputs, two outputs.
    fn example() -> Self {
        Self {
            x: array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]],
            w: array![[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]],
            b: array![0.1, -0.2],
            dz: array![[0.5, -1.0], [0.25, 2.0]],
        }
    }

    fn random(batch: usize, d_in: usize, d_out: usize) -> Self {
        Self {
            x: random([batch, d_in], 1),
            w: random([d_out, d_in], 2),
            b: random([d_out], 3),
            dz: random([batch, d_out], 4),
        }
    }
}

#[track_caller]
fn assert_same<T: PartialEq + Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The example's table, as the test prints it.
const TABLE: &str = "\
Z =
[[-3.4, 1.8],
 [7.35, -1.45]]
dL/dX =
[[-0.75, -0.75, 1.5],
 [2.125, 0.25, -0.5]]
dL/dW =
[[0.625, 0.75, 0.25],
 [0, -4, 7]]
dL/db = [0.75, 1]";

#[test]
fn the_example_prints_its_table() {
    let Layer { x, w, b, dz } = Layer::example();
    let z = forward(&x, &w, &b).mapv(rounded);
    let dx = backward_input(&dz, &w).mapv(rounded);
    let dw = backward_weight(&dz, &x).mapv(rounded);
    let db = backward_bias(&dz).mapv(rounded);
    let yours = format!("Z =\n{z}\ndL/dX =\n{dx}\ndL/dW =\n{dw}\ndL/db = {db}");
    assert!(
        yours == TABLE,
        "the example's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

/// One sample, one input, one output, several of all.
fn layers() -> [Layer; 4] {
    [[1, 3, 2], [4, 1, 2], [4, 3, 1], [2, 5, 3]]
        .map(|[b, d_in, d_out]| Layer::random(b, d_in, d_out))
}

#[test]
fn forward_gives_the_shape_of_z() {
    for Layer { x, w, b, dz } in layers() {
        assert_same("the shape of Z", forward(&x, &w, &b).dim(), dz.dim());
    }
}

#[test]
fn backward_input_gives_the_shape_of_x() {
    for Layer { x, w, dz, .. } in layers() {
        assert_same("the shape of dL/dX", backward_input(&dz, &w).dim(), x.dim());
    }
}

#[test]
fn backward_weight_gives_the_shape_of_w() {
    for Layer { x, w, dz, .. } in layers() {
        assert_same("the shape of dL/dW", backward_weight(&dz, &x).dim(), w.dim());
    }
}

#[test]
fn backward_bias_gives_the_shape_of_b() {
    for Layer { b, dz, .. } in layers() {
        assert_same("the shape of dL/db", backward_bias(&dz).dim(), b.dim());
    }
}

#[rstest]
#[case::example(Layer::example())]
#[case::one_sample(Layer::random(1, 4, 3))]
#[case::one_output(Layer::random(5, 3, 1))]
#[case::square(Layer::random(3, 3, 3))]
fn gradients_agree_with_finite_differences(#[case] layer: Layer) {
    let Layer { x, w, b, .. } = layer;
    check_backward(
        (("X", &x), ("W", &w), ("b", &b)),
        |(x, w, b)| forward(x, w, b),
        |(x, w, _), dz| (backward_input(dz, w), backward_weight(dz, x), backward_bias(dz)),
    )
    .assert();
}

#[test]
fn the_product_that_you_name_is_your_weight_gradient() {
    let Layer { x, w, dz, .. } = Layer::random(3, 3, 3);
    let named = match weight_gradient_product() {
        Product::InputTimesWeightTransposed => x.dot(&w.t()),
        Product::UpstreamTimesWeight => dz.dot(&w),
        Product::InputTransposedTimesUpstream => x.t().dot(&dz),
        Product::UpstreamTransposedTimesInput => dz.t().dot(&x),
    };
    let yours = backward_weight(&dz, &x);
    let same = named.iter().zip(&yours).all(|(named, yours)| (named - yours).abs() <= 1e-12);
    assert!(same, "\nthe product that you name:\n{named}\nyour dL/dW:\n{yours}\n");
}

#[rstest]
#[case::the_course_question(32, 5, 1)]
#[case::several_outputs(8, 3, 2)]
fn the_shape_that_you_name_is_that_of_your_weight_gradient(
    #[case] batch: usize,
    #[case] d_in: usize,
    #[case] d_out: usize,
) {
    let Layer { x, dz, .. } = Layer::random(batch, d_in, d_out);
    let named = weight_gradient_shape(batch, d_in, d_out);
    let yours = backward_weight(&dz, &x).dim();
    assert!(
        named == yours,
        "\nthe shape that you name: {named:?}\nyour dL/dW has:         {yours:?}\n"
    );
}
