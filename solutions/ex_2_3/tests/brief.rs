//! The numbers and the Rust that the brief shows, and the numbers of the derivation.

use ex_2_3::{crosses_kink, dead_fraction, leaky_derivative, tanh_derivative, through_depth};
use ndarray::{Array1, array};

/// So many significant digits of the derivative of tanh.
fn shown(z: f64, digits: usize) -> String {
    format!("{:.*e}", digits - 1, tanh_derivative(z))
}

#[test]
fn the_table_of_derivatives() {
    let table = [0.0, 1.0, 2.0, 4.0, 8.0, 20.0].map(|z| shown(z, 5));
    let want = ["1.0000e0", "4.1997e-1", "7.0651e-2", "1.3410e-3", "4.5014e-7", "1.6993e-17"];
    assert_eq!(table, want);
}

#[test]
fn where_it_falls_below_a_limit() {
    for (z, limit) in [(2.993, 1e-2), (4.147, 1e-3), (6.450, 1e-5)] {
        assert!(tanh_derivative(z - 1e-3) > limit && tanh_derivative(z + 1e-3) < limit, "{z}");
    }
}

#[test]
fn where_the_difference_is_zero() {
    let by_difference = |z: f64| 1.0 - z.tanh().powi(2);
    assert!(by_difference(18.9) > 0.0);
    assert_eq!((by_difference(19.08), 19.08_f64.tanh()), (0.0, 1.0));
    assert_eq!(shown(19.07, 2), "1.1e-16");
    assert_eq!(format!("{:.8}", 8_f64.tanh().powi(2)), "0.99999955");
    assert!((1e-10..1e-9).contains(&(by_difference(8.0) / tanh_derivative(8.0) - 1.0).abs()));
}

#[test]
fn where_exponentials_are_infinite() {
    assert!(1000_f64.exp().is_infinite());
    let square_of_cosh = |z: f64| z.cosh() * z.cosh();
    assert!(square_of_cosh(355.5).is_finite() && square_of_cosh(355.6).is_infinite());
    assert_eq!(tanh_derivative(355.6), 0.0);
    let q = (-2.0 * 355.6_f64).exp();
    assert!((1e-309..6e-309).contains(&(4.0 * q / (1.0 + q).powi(2))));
}

#[test]
fn the_similar_case() {
    assert_eq!(1e-9_f64.cos(), 1.0);
    assert_eq!(1.0 - 1e-9_f64.cos().powi(2), 0.0);
    assert_eq!(format!("{:.0e}", 1e-9_f64.sin().powi(2)), "1e-18");
}

#[test]
fn through_many_layers() {
    assert_eq!([2.0, 0.5, -3.0].iter().product::<f64>(), -3.0);
    assert_eq!(format!("{:.1e}", through_depth(&[2.0; 10])), "3.1e-12");
    assert_eq!(format!("{:.1e}", 0.070651_f64.powi(10)), "3.1e-12");
}

#[test]
fn the_table_of_three_activations() {
    for (z, of_tanh, of_leaky, of_relu) in
        [(1.0, "4.2e-1", 1.0, 1.0), (-1.0, "4.2e-1", 0.01, 0.0), (-8.0, "4.5e-7", 0.01, 0.0)]
    {
        assert_eq!(shown(z, 2), of_tanh);
        assert_eq!(leaky_derivative(z, 0.01), of_leaky);
        assert_eq!(leaky_derivative(z, 0.0), of_relu);
    }
}

#[test]
fn a_difference_far_from_the_kink_and_one_over_it() {
    let relu = |z: f64| z.max(0.0);
    let difference = |z: f64, x: f64, epsilon: f64| {
        (relu(z + x * epsilon) - relu(z - x * epsilon)) / (2.0 * x * epsilon)
    };
    assert_eq!(difference(-2.0, 1.0, 1e-5), 0.0);
    assert!(!crosses_kink(-2.0, 1.0, 1e-5));
    assert_eq!((2.0_f64 / 1e-5).round(), 200_000.0);
    let (z, x, epsilon) = (0.25, -2.0, 0.5);
    assert!(crosses_kink(z, x, epsilon));
    assert_eq!(difference(z, x, epsilon), (z + 2.0 * epsilon) / (2.0 * 2.0 * epsilon));
}

#[test]
fn entries_and_units() {
    let z = array![[-1.0, 2.0, -3.0], [-0.5, -2.0, 0.5]];
    assert_eq!(z.iter().filter(|z| **z <= 0.0).count(), 4);
    assert_eq!(dead_fraction(&z), 1.0 / 3.0);
}

#[test]
fn the_cost_of_dead_units() {
    let of_one = 2 * 32 * (768 + 768);
    assert_eq!(of_one, 98_304);
    assert_eq!(3072 / 10, 307);
    assert_eq!(307 * of_one / 1_000_000, 30);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let z = -2.0_f64;
    assert!((z.cosh() - (z.exp() + (-z).exp()) / 2.0).abs() < 1e-15);
    assert!((z.sinh() - (z.exp() - (-z).exp()) / 2.0).abs() < 1e-15);
    assert_eq!(z.abs(), 2.0);
    let p = array![0.5, 2.0, 3.0];
    assert_eq!(p.iter().product::<f64>(), 3.0);
    assert!(!p.iter().all(|p| *p > 1.0) && p.iter().any(|p| *p > 1.0));
    let n = p.iter().filter(|p| **p > 1.0).count();
    assert_eq!(n as f64, 2.0);
    let p = array![[1.0, 2.0], [3.0, 4.0]];
    let mut sums = Vec::new();
    for column in p.columns() {
        let own: Array1<f64> = column.to_owned();
        sums.push(own.sum());
    }
    assert_eq!(sums, [4.0, 6.0]);
    assert_eq!((3 / 4, 3_f64 / 4.0), (0, 0.75));
    assert_eq!(-0.0, 0.0);
}
