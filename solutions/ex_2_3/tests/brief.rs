//! The numbers and the Rust that the brief, the page and the derivation of lesson 2.3 show.

use ex_2_3::{
    Health, classify, crosses_kink, dead_fraction, leaky_derivative, tanh_derivative, through_depth,
};
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
    assert_eq!(format!("{:.7}", tanh_derivative(4.0)), "0.0013410");
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
    assert!(by_difference(19.06) > 0.0);
    assert_eq!((by_difference(19.07), 19.07_f64.tanh()), (0.0, 1.0));
    assert_eq!([19.06, 19.07].map(|z| shown(z, 2)), ["1.1e-16", "1.1e-16"]);
    assert_eq!(format!("{:.1e}", f64::EPSILON / 2.0), "1.1e-16");
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
    assert_eq!([1.0, -1.0].map(|z| format!("{:.2}", tanh_derivative(z))), ["0.42", "0.42"]);
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

#[test]
fn a_relative_of_the_similar_case() {
    let z = 1e-9_f64;
    let by_difference = 1.0 - z.cos(); // 0
    let by_identity = 2.0 * (z / 2.0).sin().powi(2); // 5e-19

    assert_eq!((by_difference, format!("{by_identity:.0e}")), (0.0, "5e-19".to_owned()));
    assert_eq!(array![0.0, 1.0].mapv(f64::cosh), array![1.0, 1.0_f64.cosh()]);
    assert!(1000.0_f64.cosh().is_infinite());
}

#[test]
fn what_is_dead_in_which_format() {
    let table = [
        (f64::MANTISSA_DIGITS, 53, "19.06", "1.1e-16"),
        (f32::MANTISSA_DIGITS, 24, "9.01", "6.0e-8"),
        (11, 11, "4.51", "4.9e-4"),
        (8, 8, "3.47", "3.9e-3"),
    ];
    for (p, stated, z, derivative) in table {
        assert_eq!(p, stated);
        // 1 − tanh(z) is 2q/(1 + q) with q = e⁻²ᶻ, and half of the distance is 2⁻ᵖ⁻¹.
        let limit = f64::from(p + 2) * 2_f64.ln() / 2.0;
        assert_eq!((format!("{limit:.2}"), shown(limit, 2)), (z.to_owned(), derivative.to_owned()));
    }
    assert!(9.01_f32.tanh() < 1.0);
    assert_eq!(9.02_f32.tanh(), 1.0);
    assert_eq!(format!("{:.1}", 100.0 * tanh_derivative(3.47)), "0.4");
}

#[test]
fn what_activations_move_and_keep() {
    assert_eq!(3.0 / 12.0, 0.25);
    assert_eq!(format!("{:.1}", 19.5e12 / 1555e9), "12.5");
    let numbers = 32 * 3072;
    assert_eq!((numbers, numbers * 4 / 1000, numbers / 8 / 1000), (98_304, 393, 12));
    let dead = 307 * (768 + 768 + 1);
    assert_eq!(dead, 471_859);
    let megabytes = |copies: i32| format!("{:.1}", f64::from(4 * copies * dead) / 1e6);
    assert_eq!([1, 4].map(megabytes), ["1.9", "7.5"]);
    assert_eq!((2 * (2 * 32 * 3072 * 768) + 500_000) / 1_000_000, 302);
}

#[test]
fn the_layers_of_the_visible_tests() {
    let [one, other] = [0.5, -1.5].map(|z| format!("{:.6}", tanh_derivative(z)));
    assert_eq!([one, other], ["0.786448", "0.180707"]);
    assert_eq!(format!("{:.6}", through_depth(&[0.5, -1.5])), "0.142116");
    assert_eq!(format!("{:.6}", through_depth(&[2.0])), "0.070651");
    let left = [2, 3, 5, 10].map(|layers| format!("{:.3e}", through_depth(&vec![2.0; layers])));
    assert_eq!(left, ["4.992e-3", "3.527e-4", "1.760e-6", "3.099e-12"]);
    let health = [1, 2].map(|layers| classify(through_depth(&vec![2.0; layers]), 1e-2));
    assert_eq!(health, [Health::Healthy, Health::Vanishing]);
}

#[test]
fn the_batch_of_the_visible_tests() {
    let z = array![[-1.0, 2.0, -3.0], [-0.5, -2.0, 0.5]];
    let open: Vec<_> = z.columns().into_iter().map(|unit| unit.mapv(|z| z > 0.0)).collect();
    assert_eq!(open, [array![false, false], array![true, false], array![false, true]]);
    assert_eq!(format!("{:.3} {:.3}", 4.0 / 6.0, dead_fraction(&z)), "0.667 0.333");
}

#[test]
fn the_kinks_of_the_visible_tests() {
    let relu = |z: f64| z.max(0.0);
    let e = 1e-5;
    let near = |one: f64, other: f64| (one - other).abs() < 1e-11;
    for (z, x, up, down, difference) in [
        (-2.0, 1.0, -1.99999, -2.00001, 0.0),
        (-5e-6, 1.0, 5e-6, -1.5e-5, 0.25),
        (-5e-6, 0.1, -4e-6, -6e-6, 0.0),
        (-5e-4, -100.0, -1.5e-3, 5e-4, -25.0),
    ] {
        let points = [z + x * e, z - x * e];
        assert!(near(points[0], up) && near(points[1], down));
        let found = (relu(points[0]) - relu(points[1])) / (2.0 * e);
        assert!((found - difference).abs() < 1e-9, "{found}");
        assert_eq!(crosses_kink(z, x, e), difference != 0.0);
        assert_eq!(leaky_derivative(z, 0.0) * x, 0.0);
    }
    let (z, h) = (-2.0_f64, 1.0 * e);
    assert_eq!((z.abs() / h).round(), 200_000.0);
}

#[test]
fn fifty_layers_with_a_weight() {
    let slope = tanh_derivative(1.0);
    assert_eq!(format!("{slope:.5} {:.3}", 1.0 / slope), "0.41997 2.381");
    let left = |w: f64| (slope * w).powi(50);
    assert_eq!(
        format!("{:.1e} {:.1} {:.1e}", left(1.0), left(2.4), left(3.0)),
        "1.4e-19 1.5 1.0e5"
    );
}

#[test]
fn where_it_falls_below_a_limit_by_formula() {
    let z = |limit: f64| {
        let a = (1.0 - limit).sqrt();
        ((1.0 + a) / (1.0 - a)).ln() / 2.0
    };
    assert_eq!([1e-2, 1e-3, 1e-5].map(|t| format!("{:.3}", z(t))), ["2.993", "4.147", "6.450"]);
    assert!((z(1e-5) - (4.0_f64 / 1e-5).ln() / 2.0).abs() < 1e-5);
    assert_eq!(format!("{:.3}", 10_f64.ln() / 2.0), "1.151");
}

#[test]
fn the_other_forms_of_the_derivation() {
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    for z in [-20.0, -3.0, -0.5, 0.0, 1.0, 8.0] {
        let q = (-2.0 * f64::abs(z)).exp();
        for other in [4.0 * q / (1.0 + q).powi(2), 4.0 * sigmoid(2.0 * z) * sigmoid(-2.0 * z)] {
            assert!((other / tanh_derivative(z) - 1.0).abs() < 1e-14, "{z}");
        }
    }
}
