//! The visible tests of lesson 1.3.

use approx::assert_relative_eq;
use ex_1_3::{
    collapse, collapse_two, leaky_relu, leaky_relu_backward, relu, relu_backward, sigmoid,
    sigmoid_backward, tanh, tanh_backward,
};
use gradcheck::{check_backward, random};
use ndarray::{Array1, Array2, ShapeBuilder, array};
use rstest::rstest;

type Activation = fn(&Array2<f64>) -> Array2<f64>;
type Layer = (Array2<f64>, Array1<f64>);

fn leaky(z: &Array2<f64>) -> Array2<f64> {
    leaky_relu(z, 0.01)
}

const ALL: [(&str, Activation); 4] =
    [("sigmoid", sigmoid), ("tanh", tanh), ("relu", relu), ("leaky_relu", leaky)];

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
    assert_eq!(relu(&z), array![[0.0, 2.0], [0.5, 0.0]]);
    assert_eq!(leaky_relu(&z, 0.25), array![[-0.75, 2.0], [0.5, -0.125]]);
    assert_eq!(leaky_relu(&z, 2.0), array![[-6.0, 2.0], [0.5, -1.0]]);
    assert_eq!(leaky_relu(&z, 1.0), z);
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
    check_backward(at(), sigmoid, |z, da| sigmoid_backward(da, &sigmoid(z))).assert();
    check_backward(at(), tanh, |z, da| tanh_backward(da, &tanh(z))).assert();
    check_backward(at(), relu, |z, da| relu_backward(da, z)).assert();
    let backward = |z: &Array2<f64>, da: &Array2<f64>| leaky_relu_backward(da, z, 0.01);
    check_backward(at(), leaky, backward).assert();
}

#[test]
fn far_from_zero_nothing_is_nan() {
    let z = array![[-1e4, -1000.0, 1000.0, 1e4]];
    let limits: [Array2<f64>; 2] = [array![[0.0, 0.0, 1.0, 1.0]], array![[-1.0, -1.0, 1.0, 1.0]]];
    assert_eq!([sigmoid(&z), tanh(&z)], limits);
    let ones = Array2::ones(z.dim());
    assert_eq!(sigmoid_backward(&ones, &limits[0]), Array2::<f64>::zeros(z.dim()));
    assert_eq!(tanh_backward(&ones, &limits[1]), Array2::<f64>::zeros(z.dim()));
}

#[test]
fn small_results_keep_their_digits() {
    assert_relative_eq!(
        sigmoid(&array![[-40.0]])[[0, 0]],
        4.248354255291589e-18,
        max_relative = 1e-12
    );
    for z in [1e-8, -1e-8, 1e-310, 5e-324] {
        assert_relative_eq!(tanh(&array![[z]])[[0, 0]], z, epsilon = 0.0, max_relative = 1e-12);
    }
}

#[test]
fn zeros_of_both_signs_are_zero() {
    let z = array![[0.0, -0.0]];
    assert_eq!(sigmoid(&z), array![[0.5, 0.5]]);
    for activation in [tanh, relu, leaky] {
        assert_eq!(activation(&z), array![[0.0, 0.0]]);
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
    assert_eq!(w, array![[2.5, 3.5], [5.0, 5.0]]);
    assert_eq!(b, array![1.0, 0.5]);
    assert_eq!(w.dot(&array![1.0, -2.0]) + b, array![-3.5, -4.5]);
    assert_eq!(collapse(&two_layers()), collapse_two(&w1, &b1, &w2, &b2));
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
    assert_eq!(w.dim(), (widths[widths.len() - 1], widths[0]), "the shape of W_eff");
    let got = w.dot(&x) + b;
    got.iter().zip(&want).for_each(|(got, want)| assert_relative_eq!(got, want, epsilon = 1e-12));
}
