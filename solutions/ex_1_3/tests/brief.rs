//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_1_3::{
    collapse, collapse_two, leaky_relu, leaky_relu_backward, relu, sigmoid, sigmoid_backward, tanh,
    tanh_backward,
};
use ndarray::{Array1, Array2, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

fn sigmoid_by_exponential(z: f64) -> f64 {
    z.exp() / (1.0 + z.exp())
}

fn sigmoid_by_complement(z: f64) -> f64 {
    1.0 - 1.0 / (1.0 + z.exp())
}

fn tanh_by_sigmoid(z: f64) -> f64 {
    2.0 / (1.0 + (-2.0 * z).exp()) - 1.0
}

fn tanh_by_exponentials(z: f64) -> f64 {
    (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())
}

fn error(got: f64, want: f64) -> f64 {
    (got / want - 1.0).abs()
}

#[test]
fn the_exponential_overflows_and_underflows() {
    assert!(709.78_f64.exp().is_finite() && 709.79_f64.exp().is_infinite());
    assert!((-745.13_f64).exp() > 0.0 && (-745.14_f64).exp() == 0.0);
}

#[test]
fn the_quotient_of_exponentials_is_nan_far_above_zero_only() {
    assert!(sigmoid_by_exponential(1000.0).is_nan() && tanh_by_exponentials(1000.0).is_nan());
    assert_eq!(sigmoid_by_exponential(-1000.0), 0.0);
}

#[test]
fn the_complement_has_no_digits_far_below_zero() {
    assert_eq!(sigmoid_by_complement(-40.0), 0.0);
    assert_eq!(sigmoid_by_complement(1000.0), 1.0);
    assert_relative_eq!(sigmoid(&array![[-40.0]])[[0, 0]], 4.248354255291589e-18);
    assert!(error(sigmoid_by_complement(-30.0), sigmoid(&array![[-30.0]])[[0, 0]]) > 1e-4);
}

#[test]
fn differences_of_exponentials_lose_digits_near_zero() {
    let library = tanh(&array![[1e-8]])[[0, 0]];
    assert_relative_eq!(library, 1e-8, epsilon = 0.0, max_relative = 1e-15);
    for got in [tanh_by_exponentials(1e-8), tanh_by_sigmoid(1e-8)] {
        let error = error(got, library);
        assert!((1e-9..1e-7).contains(&error), "{error:e}");
    }
    assert_eq!(tanh_by_sigmoid(1e-17), 0.0);
}

/// The similar cases of the brief: softsign, whose slope is (1 − |s|)², and two numbers as layers.
#[test]
fn similar_cases_of_the_brief() {
    let softsign = |z: f64| z / (1.0 + z.abs());
    for (z, s, slope) in [(-3.0, -0.75, 0.0625), (0.0, 0.0, 1.0), (1.0, 0.5, 0.25)] {
        assert_eq!(softsign(z), s);
        assert_eq!((1.0 - s.abs()).powi(2), slope);
        let step = 1e-6;
        let difference = (softsign(z + step) - softsign(z - step)) / (2.0 * step);
        assert_relative_eq!(difference, slope, epsilon = 1e-5);
    }
    let (w, b) = collapse_two(&array![[2.0]], &array![1.0], &array![[3.0]], &array![5.0]);
    assert_eq!((w, b), (array![[6.0]], array![8.0]));
}

#[test]
fn the_table_of_the_brief() {
    let z = array![[-2.0, -0.5, 0.0, 0.5, 2.0]];
    let (ones, of_sigmoid, of_tanh) = (Array2::ones(z.dim()), sigmoid(&z), tanh(&z));
    let slopes = [sigmoid_backward(&ones, &of_sigmoid), tanh_backward(&ones, &of_tanh)];
    let table = array![
        [0.119203, 0.377541, 0.5, 0.622459, 0.880797],
        [0.104994, 0.235004, 0.25, 0.235004, 0.104994],
        [-0.964028, -0.462117, 0.0, 0.462117, 0.964028],
        [0.070651, 0.786448, 1.0, 0.786448, 0.070651],
    ];
    let found = [&of_sigmoid, &slopes[0], &of_tanh, &slopes[1]];
    for (found, stated) in found.into_iter().flatten().zip(&table) {
        assert_relative_eq!(found, stated, epsilon = 5e-7);
    }
    assert_eq!(format!("{:.1e}", f64::MIN_POSITIVE), "2.2e-308");
}

#[test]
fn the_layers_of_the_brief() {
    let w1 = array![[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]];
    let (b1, w2) = (array![1.0, 0.0, -1.0], array![[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]]);
    let (b2, x) = (array![0.5, -0.5], array![1.0, -2.0]);
    let (w, b) = collapse_two(&w1, &b1, &w2, &b2);
    assert_eq!(w2.dot(&(w1.dot(&x) + b1)) + b2, array![-3.5, -4.5]);
    assert_eq!((w.dot(&x) + &b, b), (array![-3.5, -4.5], array![1.0, 0.5]));
    assert_eq!(w, array![[2.5, 3.5], [5.0, 5.0]]);
}

/// The derivative from the output alone is 0 where the output is rounded to 1.
#[test]
fn the_slope_of_tanh_loses_its_digits_far_from_zero() {
    let slope = |z: f64| 1.0 - z.tanh() * z.tanh();
    assert!(slope(18.5) > 0.0);
    assert_eq!(slope(19.1), 0.0);
    assert!((19.0_f64).cosh().powi(-2) < 2e-16);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let z = array![[0.5, 1.5], [-2.0, 3.0]];
    assert_eq!(z.mapv(f64::sin)[[0, 1]], 1.5_f64.sin());
    let cut = z.mapv(|z| if z > 1.0 { 1.0 } else { z });
    assert_eq!(cut, array![[0.5, 1.0], [-2.0, 1.0]]);
    let (p, q) = (&z, &cut);
    assert_eq!(p * q, array![[0.25, 1.5], [4.0, 3.0]]);
    assert_eq!(2.0 - p, array![[1.5, 0.5], [4.0, -1.0]]);
    let (m, p) = (z.clone(), array![2.0, 0.0]);
    assert_eq!(m.dot(&p), array![1.0, -4.0]);
    let items = [(m, p)];
    let layers = [items[0].clone()];
    for (w, b) in layers {
        assert_eq!((w, b), (z.clone(), array![2.0, 0.0]));
    }
}

/// The numbers of `page.md` and `derivation.md`.
mod page {
    use super::*;

    type Layer = (Array2<f64>, Array1<f64>);

    /// A number as the page prints it.
    #[track_caller]
    fn assert_stated(found: f64, stated: &str) {
        let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert_eq!(format!("{found:.decimals$}"), stated);
    }

    fn two_layers() -> [Layer; 2] {
        [
            (array![[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]], array![1.0, 0.0, -1.0]),
            (array![[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]], array![0.5, -0.5]),
        ]
    }

    /// An activation of one number.
    fn of(activation: fn(&Array2<f64>) -> Array2<f64>, z: f64) -> f64 {
        activation(&array![[z]])[[0, 0]]
    }

    #[test]
    fn the_stack_runs_along_its_graph() {
        let [(w1, b1), (w2, b2)] = two_layers();
        let x = array![1.0, -2.0];
        assert_eq!(w1.dot(&x), array![-3.0, 2.0, 1.0]);
        let h = w1.dot(&x) + &b1;
        assert_eq!(h, array![-2.0, 2.0, 0.0]);
        assert_eq!((w2.dot(&h), w2.dot(&h) + &b2), (array![-4.0, -4.0], array![-3.5, -4.5]));
        let (w, b) = collapse(&two_layers());
        assert_eq!((w.dot(&x), w.dot(&x) + b), (array![-4.5, -5.0], array![-3.5, -4.5]));
    }

    #[test]
    fn a_stack_is_linear_and_with_relu_it_is_not() {
        let [(w1, b1), (w2, b2)] = two_layers();
        let x = array![1.0, -2.0];
        let f = |x: &Array1<f64>| w2.dot(&(w1.dot(x) + &b1)) + &b2;
        assert_eq!(f(&x) + f(&-&x), 2.0 * f(&array![0.0, 0.0]));
        assert_eq!((f(&x), f(&-&x)), (array![-3.5, -4.5], array![5.5, 5.5]));
        assert_eq!(f(&x) + f(&-&x), array![2.0, 1.0]);

        let g = |x: &Array1<f64>| {
            let h = (w1.dot(x) + &b1).insert_axis(ndarray::Axis(1));
            w2.dot(&relu(&h).column(0)) + &b2
        };
        assert_eq!((g(&x), g(&-&x)), (array![-1.5, -0.5], array![4.5, 7.5]));
        assert_eq!(g(&x) + g(&-&x), array![3.0, 7.0]);
        assert_eq!(2.0 * g(&array![0.0, 0.0]), array![3.0, 3.0]);
    }

    #[test]
    fn the_rust_of_the_page_computes_what_its_numpy_does() {
        let mut z = array![[0.5, 2.0, f64::NAN]];
        let raised = z.mapv(|z| z.max(1.0));
        assert_eq!(raised, array![[1.0, 2.0, 1.0]]);
        z.mapv_inplace(f64::sin);
        assert_eq!(z[[0, 1]], 2.0_f64.sin());
    }

    #[test]
    fn one_number_step_by_step() {
        let (small, large) = ((-0.5_f64).exp(), 0.5_f64.exp());
        assert_stated(small, "0.606531");
        assert_stated(large, "1.648721");
        assert_stated(1.0 / (1.0 + small), "0.622459");
        assert_stated(of(sigmoid, 0.5), "0.622459");
        assert_stated(large - small, "1.042191");
        assert_stated(large + small, "2.255252");
        assert_stated(of(tanh, 0.5), "0.462117");
        assert_stated(1.0 + 0.606531, "1.606531");
        for (activation, backward, stated) in [
            (
                sigmoid as fn(&_) -> _,
                sigmoid_backward as fn(&_, &_) -> _,
                ["0.622224", "0.622694", "0.235004"],
            ),
            (tanh, tanh_backward, ["0.461330", "0.462903", "0.786448"]),
        ] {
            let (left, right) = (of(activation, 0.499), of(activation, 0.501));
            assert_stated(left, stated[0]);
            assert_stated(right, stated[1]);
            assert_stated((right - left) / 0.002, stated[2]);
            let slope: Array2<f64> = backward(&array![[1.0]], &activation(&array![[0.5]]));
            assert_stated(slope[[0, 0]], stated[2]);
            assert_relative_eq!(0.5 - 0.001, 0.499);
        }
    }

    #[test]
    fn an_activation_waits_for_memory() {
        let elements = 1024 * 3072;
        assert_eq!(
            (elements, 2 * 4 * elements, 2 * 2 * elements),
            (3_145_728, 25_165_824, 12_582_912)
        );
        assert_eq!((1.0 / 8.0, 20.0 / 8.0), (0.125, 2.5));
        assert_stated(19.5e12 / 2.039e12, "9.6");
        let microseconds = |bytes: usize| 1e6 * bytes as f64 / 2.039e12;
        assert_stated(microseconds(25_165_824), "12.3");
        assert_stated(microseconds(12_582_912), "6.17");
        let product = 1e6 * 2.0 * elements as f64 * 768.0 / 312e12;
        assert_stated(product, "15.5");
        assert_stated(100.0 * microseconds(12_582_912) / product, "40");
        assert_stated(2.0 * elements as f64 / 1e6, "6.3");
        assert_eq!((elements / 8, 2 * elements / (elements / 8)), (393_216, 16));
    }

    #[test]
    fn a_stack_may_have_more_weights_or_fewer() {
        assert_eq!((2 * 768 * 3072, 768 * 768), (4_718_592, 589_824));
        assert_eq!((4_718_592 / 589_824, 2 * 16 * 768, 589_824 / 24_576), (8, 24_576, 24));
    }

    #[test]
    fn the_answers_are_what_the_page_says() {
        assert_stated(1e7 * 0.25_f64.powi(10), "9.5");
        assert_eq!(sigmoid_backward(&array![[1.0]], &sigmoid(&array![[0.0]])), array![[0.25]]);
        let z = array![[-1.5, 2.0]];
        assert_eq!(relu(&(4.0 * &z)), 4.0 * relu(&z));
        assert_eq!(leaky_relu(&(4.0 * &z), 0.01), 4.0 * leaky_relu(&z, 0.01));
        assert!(tanh(&(4.0 * &z)) != 4.0 * tanh(&z) && sigmoid(&(4.0 * &z)) != 4.0 * sigmoid(&z));
    }

    /// Keras starts with 0.3, PyTorch with 0.01: the slope of the left line.
    #[test]
    fn the_leak_is_the_slope_of_the_left_line() {
        for alpha in [0.3, 0.01] {
            assert_eq!(
                leaky_relu_backward(&array![[1.0]], &array![[-2.0]], alpha),
                array![[alpha]]
            );
        }
    }

    /// Where a function that grows is 1 for the first time.
    fn first_one(a: impl Fn(f64) -> f64) -> f64 {
        let (mut below, mut above) = (0.0, 100.0);
        for _ in 0..60 {
            let z = (below + above) / 2.0;
            if a(z) == 1.0 { above = z } else { below = z }
        }
        above
    }

    #[test]
    fn sigmoid_rounds_to_one() {
        assert_stated(first_one(|z| of(sigmoid, z)), "36.7");
        let in_f32 = |z: f64| 1.0 / (1.0 + (-z as f32).exp());
        assert_stated(first_one(|z| f64::from(in_f32(z))), "16.6");
        // The largest bf16 below 1 is 1 − 2⁻⁸: what is nearer to 1 becomes 1. Near 6, bf16 are 2⁻⁵ apart.
        let nearer_to_one = |z: f64| of(sigmoid, -z) <= 2.0_f64.powi(-9);
        assert!(nearer_to_one(6.25) && !nearer_to_one(6.25 - 2.0_f64.powi(-5)));
        assert_eq!((of(sigmoid, 40.0), 1.0 - of(sigmoid, 40.0)), (1.0, 0.0));
    }

    #[test]
    fn the_derivation_multiplies_out() {
        let a = of(tanh, 0.7);
        assert_relative_eq!(a, 2.0 * of(sigmoid, 1.4) - 1.0, max_relative = 1e-14);
        let half = of(sigmoid, 1.4);
        assert_relative_eq!(4.0 * half * (1.0 - half), 1.0 - a * a, max_relative = 1e-14);
        assert_relative_eq!(half * (1.0 - half), 0.25 - (half - 0.5).powi(2), max_relative = 1e-14);
        let two = two_layers();
        let third = (array![[1.0, -2.0]], array![0.25]);
        let three = [two[0].clone(), two[1].clone(), third.clone()];
        let (w, b) = collapse(&three);
        assert_eq!(w, third.0.dot(&two[1].0).dot(&two[0].0));
        let pushed = third.0.dot(&two[1].0).dot(&two[0].1) + third.0.dot(&two[1].1) + &third.1;
        assert_eq!(b, pushed);
        assert_stated(1e18 * of(sigmoid, -40.0), "4.248354");
    }
}
