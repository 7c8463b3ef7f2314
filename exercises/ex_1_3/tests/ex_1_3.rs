//! The visible tests of lesson 1.3.

use ex_1_3::{
    collapse, collapse_two, leaky_relu, leaky_relu_backward, relu, relu_backward, sigmoid,
    sigmoid_backward, tanh, tanh_backward,
};
use gradcheck::{Report, check_backward, random};
use ndarray::{Array, Array1, Array2, Dimension, ShapeBuilder, array};
use rstest::rstest;

type Activation = fn(&Array2<f64>) -> Array2<f64>;
type Layer = (Array2<f64>, Array1<f64>);

fn leaky(z: &Array2<f64>) -> Array2<f64> {
    leaky_relu(z, 0.01)
}

const ALL: [(&str, Activation); 4] =
    [("sigmoid", sigmoid), ("tanh", tanh), ("relu", relu), ("leaky_relu", leaky)];

/// Compares twelve digits; numbers near zero to 10⁻¹².
#[track_caller]
fn assert_close<D: Dimension>(name: &str, yours: &Array<f64, D>, expected: &Array<f64, D>) {
    let near = |(yours, expected): (&f64, &f64)| {
        (yours - expected).abs() <= 1e-12 * expected.abs().max(1.0)
    };
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// Compares twelve digits, however small the numbers are.
#[track_caller]
fn assert_digits(name: &str, yours: f64, expected: f64) {
    let is_close = (yours - expected).abs() <= 1e-12 * expected.abs();
    assert!(is_close, "\n{name}\nexpected: {expected:e}\nyours:    {yours:e}\n");
}

#[track_caller]
fn assert_gradient(name: &str, report: &Report) {
    assert!(report.passed(), "{name}: gradient check failed\n{report}");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The two layers of the brief.
fn two_layers() -> [Layer; 2] {
    [
        (array![[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]], array![1.0, 0.0, -1.0]),
        (array![[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]], array![0.5, -0.5]),
    ]
}

/// The brief's table, as the test prints it.
const TABLE: &str = "\
σ = [[0.119202922, 0.377540669, 0.5, 0.622459331, 0.880797078]]
σ′ = [[0.104993585, 0.235003712, 0.25, 0.235003712, 0.104993585]]
tanh = [[-0.96402758, -0.462117157, 0, 0.462117157, 0.96402758]]
tanh′ = [[0.070650825, 0.786447733, 1, 0.786447733, 0.070650825]]";

#[test]
fn the_example_prints_its_table() {
    let z = array![[-2.0, -0.5, 0.0, 0.5, 2.0]];
    let ones = Array2::ones(z.dim());
    let (s, t) = (sigmoid(&z), tanh(&z));
    let [ds, dt] = [sigmoid_backward(&ones, &s), tanh_backward(&ones, &t)];
    let [s, ds, t, dt] = [s, ds, t, dt].map(|array| array.mapv(rounded));
    let yours = format!("σ = {s}\nσ′ = {ds}\ntanh = {t}\ntanh′ = {dt}");
    assert!(yours == TABLE, "the table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n");
}

#[test]
fn below_zero_relu_stops_and_leaky_relu_leaks() {
    let z = array![[-3.0, 2.0], [0.5, -0.5]];
    assert_close("relu", &relu(&z), &array![[0.0, 2.0], [0.5, 0.0]]);
    let expected = array![[-0.75, 2.0], [0.5, -0.125]];
    assert_close("leaky_relu with α = 0.25", &leaky_relu(&z, 0.25), &expected);
    let expected = array![[-6.0, 2.0], [0.5, -1.0]];
    assert_close("leaky_relu with α = 2", &leaky_relu(&z, 2.0), &expected);
    assert_close("leaky_relu with α = 1", &leaky_relu(&z, 1.0), &z);
}

#[rstest]
#[case::one_number(1, 1)]
#[case::one_sample(1, 5)]
#[case::several(4, 3)]
fn gradients_agree_with_finite_differences(
    #[case] samples: usize,
    #[case] d: usize,
    #[values(false, true)] column_major: bool,
) {
    let z: Array2<f64> = random((samples, d).set_f(column_major), 1);
    let z = 2.0 * z;
    let at = || ("Z", &z);
    let report = check_backward(at(), sigmoid, |z, da| sigmoid_backward(da, &sigmoid(z)));
    assert_gradient("sigmoid_backward", &report);
    let report = check_backward(at(), tanh, |z, da| tanh_backward(da, &tanh(z)));
    assert_gradient("tanh_backward", &report);
    let report = check_backward(at(), relu, |z, da| relu_backward(da, z));
    assert_gradient("relu_backward", &report);
    let report = check_backward(at(), leaky, |z, da| leaky_relu_backward(da, z, 0.01));
    assert_gradient("leaky_relu_backward with α = 0.01", &report);
}

#[test]
fn far_from_zero_nothing_is_nan() {
    let z = array![[-1e4, -1000.0, 1000.0, 1e4]];
    let limits: [Array2<f64>; 2] = [array![[0.0, 0.0, 1.0, 1.0]], array![[-1.0, -1.0, 1.0, 1.0]]];
    assert_close("sigmoid", &sigmoid(&z), &limits[0]);
    assert_close("tanh", &tanh(&z), &limits[1]);
    let (ones, zeros) = (Array2::ones(z.dim()), Array2::zeros(z.dim()));
    assert_close("sigmoid_backward", &sigmoid_backward(&ones, &limits[0]), &zeros);
    assert_close("tanh_backward", &tanh_backward(&ones, &limits[1]), &zeros);
}

#[test]
fn small_results_keep_their_digits() {
    let yours = sigmoid(&array![[-40.0]])[[0, 0]];
    assert_digits("sigmoid at z = -40", yours, 4.248354255291589e-18);
    for z in [1e-8, -1e-8, 1e-310, 5e-324] {
        assert_digits("tanh near 0", tanh(&array![[z]])[[0, 0]], z);
    }
}

#[test]
fn zeros_of_both_signs_are_zero() {
    let z = array![[0.0, -0.0]];
    assert_close("sigmoid", &sigmoid(&z), &array![[0.5, 0.5]]);
    for (name, activation) in &ALL[1..] {
        assert_close(name, &activation(&z), &array![[0.0, 0.0]]);
    }
}

#[test]
fn nan_stays_nan() {
    for (name, activation) in ALL {
        let a = activation(&array![[1.0, f64::NAN]]);
        assert!(a[[0, 1]].is_nan(), "{name} hides a NaN");
        assert!(!a[[0, 0]].is_nan(), "{name} spreads a NaN");
    }
}

#[test]
fn two_layers_are_one() {
    let [(w1, b1), (w2, b2)] = two_layers();
    let (w, b) = collapse_two(&w1, &b1, &w2, &b2);
    assert_close("W_eff of collapse_two", &w, &array![[2.5, 3.5], [5.0, 5.0]]);
    assert_close("b_eff of collapse_two", &b, &array![1.0, 0.5]);
    let (w, b) = collapse(&two_layers());
    assert_close("W_eff of collapse", &w, &array![[2.5, 3.5], [5.0, 5.0]]);
    assert_close("b_eff of collapse", &b, &array![1.0, 0.5]);
    assert_close("the one layer of x", &(w.dot(&array![1.0, -2.0]) + b), &array![-3.5, -4.5]);
}

#[rstest]
#[case::one_layer(&[3, 2])]
#[case::square(&[3, 3, 3, 3])]
#[case::growing(&[2, 3, 4, 5])]
#[case::a_bottleneck(&[4, 1, 3])]
fn a_stack_is_one_layer(#[case] widths: &[usize]) {
    let layer = |(seed, pair): (usize, &[usize])| -> Layer {
        let seed = seed as u64;
        (random([pair[1], pair[0]], seed), random([pair[1]], seed + 10))
    };
    let layers: Vec<Layer> = widths.windows(2).enumerate().map(layer).collect();
    let x: Array1<f64> = random([widths[0]], 20);
    let want = layers.iter().fold(x.clone(), |x, (w, b)| w.dot(&x) + b);
    let (w, b) = collapse(&layers);
    let shape = (widths[widths.len() - 1], widths[0]);
    assert!(w.dim() == shape, "W_eff of collapse is {:?}, expected is {shape:?}", w.dim());
    assert_close("the one layer of x", &(w.dot(&x) + b), &want);
}
