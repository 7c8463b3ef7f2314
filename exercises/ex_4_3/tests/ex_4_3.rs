//! The visible tests of lesson 4.3.

use ex_4_3::{gelu, gelu_backward, gelu_tanh, gelu_tanh_backward, silu, silu_backward};
use gradcheck::{check_backward, random};
use ndarray::{Array2, ShapeBuilder, array};
use rstest::rstest;

type Forward = fn(&Array2<f64>) -> Array2<f64>;
type Backward = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;
type InSingle = fn(&Array2<f32>) -> Array2<f32>;

const ALL: [(&str, Forward, Backward); 3] = [
    ("gelu", gelu, gelu_backward),
    ("gelu_tanh", gelu_tanh, gelu_tanh_backward),
    ("silu", silu, silu_backward),
];

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The brief's table, as the test prints it.
const TABLE: &str = "\
gelu = [[-0.004049694, -0.158655254, -0.154268769, 0, 0.345731231, 0.841344746, 2.995950306]]
gelu′ = [[-0.011945647, -0.083315471, 0.132504875, 0.5, 0.867495125, 1.083315471, 1.011945647]]
gelu_tanh = [[-0.003637392, -0.158808009, -0.15428599, 0, 0.34571401, 0.841191991, 2.996362608]]
gelu_tanh′ = [[-0.011584167, -0.082964084, 0.132630096, 0.5, 0.867369904, 1.082964084, 1.011584167]]
silu = [[-0.14227762, -0.268941421, -0.188770334, 0, 0.311229666, 0.731058579, 2.85772238]]
silu′ = [[-0.088104106, 0.072329488, 0.260038813, 0.5, 0.739961187, 0.927670512, 1.088104106]]";

#[test]
fn the_example_prints_its_table() {
    let z = array![[-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0]];
    let ones = Array2::ones(z.dim());
    let mut yours = Vec::new();
    for (name, forward, backward) in ALL {
        let [y, slope] = [forward(&z), backward(&ones, &z)].map(|array| array.mapv(rounded));
        yours.extend([format!("{name} = {y}"), format!("{name}′ = {slope}")]);
    }
    let yours = yours.join("\n");
    assert!(yours == TABLE, "the table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n");
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
    let z = 3.0 * z;
    for (name, forward, backward) in ALL {
        let report = check_backward(("Z", &z), forward, |z, dy| backward(dy, z));
        assert!(report.passed(), "{name}_backward: gradient check failed\n{report}");
    }
}

#[test]
fn far_from_zero_nothing_is_nan() {
    let (z, ends) = (array![[-1e4, 1e4]], array![[0.0, 1e4]]);
    let (ones, slopes) = (array![[1.0, 1.0]], array![[0.0, 1.0]]);
    for (name, forward, backward) in ALL {
        let (y, dz) = (forward(&z), backward(&ones, &z));
        assert!(y == ends, "\n{name} at ±10⁴\nexpected:\n{ends}\nyours:\n{y}\n");
        assert!(dz == slopes, "\n{name}_backward at ±10⁴\nexpected:\n{slopes}\nyours:\n{dz}\n");
    }
}

#[test]
fn small_results_keep_their_digits() {
    let cases: [(&str, Forward, f64, f64); 4] = [
        ("gelu", gelu, -8.0, -4.97676845942e-15),
        ("gelu", gelu, -20.0, -5.50724823721e-88),
        ("silu", silu, -10.0, -4.53978687024e-4),
        ("silu", silu, -37.0, -3.15722762153e-15),
    ];
    for (name, forward, z, expected) in cases {
        let yours = forward(&array![[z]])[[0, 0]];
        let is_close = (yours / expected - 1.0).abs() <= 1e-11;
        assert!(is_close, "\n{name} at z = {z}\nexpected: {expected:e}\nyours:    {yours:e}\n");
    }
}

#[test]
fn nan_stays_nan() {
    for (name, forward, backward) in ALL {
        let z = array![[1.0, f64::NAN]];
        for result in [forward(&z), backward(&array![[1.0, 2.0]], &z)] {
            assert!(result[[0, 1]].is_nan(), "{name} or its backward pass hides a NaN");
            assert!(!result[[0, 0]].is_nan(), "{name} or its backward pass spreads a NaN");
        }
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let functions: [InSingle; 3] = [gelu, gelu_tanh, silu];
    let z = array![[-5.0, -1.5, 0.25, 3.0]];
    for (in_single, (name, forward, _)) in functions.into_iter().zip(ALL) {
        let (yours, expected) = (in_single(&z.mapv(|z| z as f32)), forward(&z));
        let near = |(yours, expected): (&f32, &f64)| (f64::from(*yours) - expected).abs() <= 1e-5;
        assert!(
            yours.iter().zip(&expected).all(near),
            "\n{name} in f32\nexpected:\n{expected}\nyours:\n{yours}\n"
        );
    }
}
