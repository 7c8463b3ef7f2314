//! The visible tests of lesson 1.4.

use std::fmt::Debug;

use ex_1_4::{
    Index, Part, column_of_z, layer_einsum, layer_elementwise, layer_gemm, layer_size, neuron_of,
    row_of_z, summed_index,
};
use gradcheck::random;
use ndarray::{Array, Array1, Array2, Dimension, ShapeBuilder, array, s};
use rstest::rstest;

/// One of your three ways from X, W and b to Z.
type Form = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>) -> Array2<f64>;

/// A batch and a layer.
struct Layer {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
}

impl Layer {
    /// The example of the brief: two samples, three inputs, two neurons.
    fn example() -> Self {
        Self {
            x: array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]],
            w: array![[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]],
            b: array![0.1, -0.2],
        }
    }

    fn random([samples, d_in, d_out]: [usize; 3], column_major: bool) -> Self {
        Self {
            x: random((samples, d_in).set_f(column_major), 1),
            w: random((d_out, d_in).set_f(column_major), 2),
            b: random([d_out], 3),
        }
    }
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

#[track_caller]
fn assert_same<T: PartialEq + Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[track_caller]
fn assert_close<D: Dimension>(name: &str, yours: &Array<f64, D>, expected: &Array<f64, D>) {
    assert_same(&format!("the shape of {name}"), yours.shape(), expected.shape());
    let all_near =
        yours.iter().zip(expected).all(|(yours, expected)| (yours - expected).abs() <= 1e-12);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// The example's table, as the test prints it.
const TABLE: &str = "\
layer_elementwise: Z =
[[-3.4, 1.8],
 [7.35, -1.45]]
layer_einsum: Z =
[[-3.4, 1.8],
 [7.35, -1.45]]
layer_gemm: Z =
[[-3.4, 1.8],
 [7.35, -1.45]]";

#[test]
fn the_example_prints_its_table() {
    let Layer { x, w, b } = Layer::example();
    let forms: [(&str, Form); 3] = [
        ("layer_elementwise", layer_elementwise),
        ("layer_einsum", layer_einsum),
        ("layer_gemm", layer_gemm),
    ];
    let table =
        forms.map(|(name, form)| format!("{name}: Z =\n{}", form(&x, &w, &b).mapv(rounded)));
    let yours = table.join("\n");
    assert!(
        yours == TABLE,
        "the example's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::one_sample([1, 3, 2])]
#[case::one_input([3, 1, 2])]
#[case::one_neuron([2, 3, 1])]
#[case::square([3, 3, 3])]
#[case::all_different([4, 2, 3])]
#[case::no_inputs([2, 0, 3])]
#[case::no_samples([0, 2, 3])]
#[case::no_neurons([2, 3, 0])]
fn each_element_is_one_neuron_on_one_sample(
    #[case] sizes: [usize; 3],
    #[values(layer_elementwise, layer_einsum, layer_gemm)] form: Form,
) {
    for column_major in [false, true] {
        let Layer { x, w, b } = Layer::random(sizes, column_major);
        let z = form(&x, &w, &b);
        let expected = Array2::from_shape_fn((x.nrows(), w.nrows()), |(i, j)| {
            (0..x.ncols()).map(|k| x[[i, k]] * w[[j, k]]).sum::<f64>() + b[j]
        });
        assert_close("Z", &z, &expected);
    }
}

#[test]
fn a_neuron_is_taken_out_by_its_number() {
    let Layer { w, b, .. } = Layer::example();
    for (j, expected) in
        [(array![0.5, -1.0, 2.0], 0.1), (array![1.0, 0.25, -0.5], -0.2)].iter().enumerate()
    {
        let (weights, bias) = neuron_of(&w, &b, j);
        assert_close(&format!("the weights of neuron {j}"), &weights, &expected.0);
        assert_same(&format!("the bias of neuron {j}"), bias, expected.1);
    }
}

#[test]
fn the_index_that_you_name_is_gone_from_z() {
    let [samples, inputs, neurons] = [2, 4, 3];
    let Layer { x, w, b } = Layer::random([samples, inputs, neurons], false);
    let named = match summed_index() {
        Index::Sample => samples,
        Index::Neuron => neurons,
        Index::Input => inputs,
    };
    let z = layer_gemm(&x, &w, &b);
    assert!(!z.shape().contains(&named), "Z is {:?} and still has the index", z.shape());
}

/// The numbers that a part of Z consists of: here i and j are 1.
fn numbers(part: Part, Layer { x, w, b }: &Layer) -> Array1<f64> {
    let (one, all) = (s![1..2, ..], s![.., ..]);
    let (samples, neurons) = match part {
        Part::OneNeuronOnOneSample => (one, one),
        Part::OneNeuronOnAllSamples => (all, one),
        Part::AllNeuronsOnOneSample => (one, all),
        Part::AllNeuronsOnAllSamples => (all, all),
    };
    let (x, w) = (x.slice(samples).to_owned(), w.slice(neurons).to_owned());
    let b = if w.nrows() == 1 { array![b[1]] } else { b.clone() };
    layer_gemm(&x, &w, &b).iter().copied().collect()
}

#[test]
fn the_parts_that_you_name_are_a_row_and_a_column() {
    let layer = Layer::random([3, 3, 3], false);
    let z = layer_gemm(&layer.x, &layer.w, &layer.b);
    let [row, column] = [row_of_z(), column_of_z()].map(|part| numbers(part, &layer));
    assert_close("what you say a row of Z comes from", &row, &z.row(1).to_owned());
    assert_close("what you say a column of Z comes from", &column, &z.column(1).to_owned());
}

#[rstest]
#[case::the_example(2, 3, (2, 8))]
#[case::one_neuron(1, 3, (1, 4))]
#[case::a_layer_of_gpt_2(3072, 768, (3072, 2_362_368))]
fn the_size_is_counted_from_the_shape_of_w(
    #[case] rows: usize,
    #[case] columns: usize,
    #[case] size: (usize, usize),
) {
    assert_same("(neurons, parameters)", layer_size(rows, columns), size);
}
