//! The numbers and the Rust that the brief, its page and its derivation show.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

use approx::assert_relative_eq;
use ex_4_3::{gelu, gelu_backward, gelu_tanh, gelu_tanh_backward, silu, silu_backward};
use ndarray::{Array2, Zip, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

type Forward = fn(&Array2<f64>) -> Array2<f64>;
type Backward = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;

/// A number as the text prints it.
#[track_caller]
fn assert_stated(found: f64, stated: &str) {
    let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
    assert_eq!(format!("{found:.decimals$}"), stated);
}

/// A function of one number.
fn of(forward: Forward, z: f64) -> f64 {
    forward(&array![[z]])[[0, 0]]
}

fn slope(backward: Backward, z: f64) -> f64 {
    backward(&array![[1.0]], &array![[z]])[[0, 0]]
}

fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Where a function that grows is 0, between two numbers.
fn root(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..80 {
        let z = (low + high) / 2.0;
        if f(z) < 0.0 { low = z } else { high = z }
    }
    low
}

/// The largest value of a function on a fine grid, and where it is.
fn largest(f: impl Fn(f64) -> f64, low: f64, high: f64) -> (f64, f64) {
    let steps = 20_000;
    let at = |step: i32| low + (high - low) * f64::from(step) / f64::from(steps);
    let values = (0..=steps).map(|step| (f(at(step)), at(step)));
    values.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

/// The similar case of the brief: a gate made of softsign.
#[test]
fn the_similar_case() {
    for (z, g, gate_slope, y, y_slope) in [
        (-3.0, 0.125, 0.03125, -0.375, 0.03125),
        (-1.0, 0.25, 0.125, -0.25, 0.125),
        (0.0, 0.5, 0.5, 0.0, 0.5),
        (1.0, 0.75, 0.125, 0.75, 0.875),
    ] {
        let gate = |z: f64| 0.5 * (1.0 + z / (1.0 + z.abs()));
        assert_eq!((gate(z), 0.5 / (1.0 + f64::abs(z)).powi(2)), (g, gate_slope));
        assert_eq!((z * g, g + z * gate_slope), (y, y_slope));
        let step = 1e-6;
        let difference = ((z + step) * gate(z + step) - (z - step) * gate(z - step)) / (2.0 * step);
        assert_relative_eq!(difference, y_slope, epsilon = 1e-5);
    }
}

#[test]
fn the_table_of_the_brief() {
    let z = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0];
    let rows: [(Forward, Backward, [&str; 7], [&str; 7]); 3] = [
        (
            gelu,
            gelu_backward,
            ["-0.004050", "-0.158655", "-0.154269", "0", "0.345731", "0.841345", "2.995950"],
            ["-0.011946", "-0.083315", "0.132505", "0.5", "0.867495", "1.083315", "1.011946"],
        ),
        (
            gelu_tanh,
            gelu_tanh_backward,
            ["-0.003637", "-0.158808", "-0.154286", "0", "0.345714", "0.841192", "2.996363"],
            ["-0.011584", "-0.082964", "0.132630", "0.5", "0.867370", "1.082964", "1.011584"],
        ),
        (
            silu,
            silu_backward,
            ["-0.142278", "-0.268941", "-0.188770", "0", "0.311230", "0.731059", "2.857722"],
            ["-0.088104", "0.072329", "0.260039", "0.5", "0.739961", "0.927671", "1.088104"],
        ),
    ];
    for (forward, backward, values, slopes) in rows {
        for ((z, value), stated) in z.into_iter().zip(values).zip(slopes) {
            assert_stated(of(forward, z), value);
            assert_stated(slope(backward, z), stated);
        }
    }
}

#[test]
fn the_forms_of_gelu_differ() {
    let (difference, at) = largest(|z| (of(gelu_tanh, z) - of(gelu, z)).abs(), 0.0, 5.0);
    assert_stated(difference, "0.00047");
    assert_stated(difference, "0.000473");
    assert!((at - 2.698941).abs() < 1e-3);
    let slopes = |z: f64| (slope(gelu_tanh_backward, z) - slope(gelu_backward, z)).abs();
    let (difference, at) = largest(slopes, 0.0, 5.0);
    assert_stated(difference, "0.000868");
    assert!((at - 2.018656).abs() < 1e-3);
    let (quick, _) = largest(|z| (z * sigmoid(1.702 * z) - of(gelu, z)).abs(), 0.0, 5.0);
    assert_stated(quick, "0.020335");
}

#[test]
fn the_tail_of_gelu() {
    let cancelled = |z: f64| z * (1.0 + libm::erf(z / SQRT_2)) / 2.0;
    assert_stated(1e15 * of(gelu, -8.0), "-4.976768");
    assert_stated(1e15 * cancelled(-8.0), "-4.884981");
    assert_eq!(cancelled(-10.0), 0.0);
    assert_stated(100.0 * (1.0 - cancelled(-8.0) / of(gelu, -8.0)), "1.8");
}

#[test]
fn exponentials_overflow() {
    assert!(709.78_f64.exp().is_finite() && 709.79_f64.exp().is_infinite());
    assert!(88.72_f32.exp().is_finite() && 88.73_f32.exp().is_infinite());
    let quotient = |z: f64| z * z.exp() / (1.0 + z.exp());
    assert!(quotient(1000.0).is_nan() && quotient(-1000.0) == 0.0);
    assert_eq!(of(silu, -1000.0), 0.0);
    assert!(density(38.5) > 0.0 && density(38.6) == 0.0);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (p, q): (&Array2<f64>, &Array2<f64>) = (&array![[0.5, -1.0]], &array![[2.0, 1.5]]);
    assert_eq!(p.mapv(|p| p.sin()), p.mapv(f64::sin));
    let product = Zip::from(p).and(q).map_collect(|&p, &q| p * q.sin());
    assert_eq!(product, p * q.mapv(f64::sin));
    let z = q;
    assert_eq!(z.mapv(libm::erfc)[[0, 0]], libm::erfc(2.0));
    assert_relative_eq!(FRAC_1_SQRT_2, 0.5_f64.sqrt());
    assert_relative_eq!(FRAC_2_SQRT_PI, 2.0 / PI.sqrt());
}

/// The counts of the brief's and the page's hardware layers.
#[test]
fn an_activation_waits_for_memory() {
    assert_eq!(12 + 4, 16);
    assert_stated(19.5e12 / 2.039e12, "9.6");
    let elements = 1024 * 3072;
    assert_eq!((elements, 2 * elements), (3_145_728, 6_291_456));
    let microseconds = |bytes: usize| 1e6 * bytes as f64 / 2.039e12;
    assert_stated(microseconds(2 * 2 * elements), "6.17");
    assert_stated(microseconds(3 * 2 * elements), "9.26");
    assert_eq!(12 * 2 * elements, 75_497_472);
}

/// The figures of `docs/performance.md`, which cannot be computed here.
#[test]
fn the_figures_are_those_of_the_performance_page() {
    let page = include_str!("../../../docs/performance.md");
    for row in ["| GELU | 13.94 ms | 1.25 ms |", "| SiLU | 2.81 ms | 0.82 ms |"] {
        assert!(page.contains(row), "{row}");
    }
}

#[test]
fn the_worked_example() {
    assert_stated(below(1.0), "0.84134475");
    assert_stated(density(1.0), "0.24197072");
    assert_stated(below(1.0) + density(1.0), "1.08331547");
    assert_stated(slope(gelu_backward, 1.0), "1.08331547");
    let rate = (2.0 / PI).sqrt();
    let (u, du) = (rate * 1.044715, rate * 1.134145);
    let t = u.tanh();
    assert_relative_eq!(1.0 + 3.0 * 0.044715, 1.134145, max_relative = 1e-15);
    assert_stated(rate, "0.79788456");
    assert_stated(u, "0.83356197");
    assert_stated(t, "0.68238398");
    assert_stated(1.0 + t, "1.68238398");
    assert_stated(du, "0.90491679");
    assert_stated(1.0 - t * t, "0.53435210");
    assert_stated(of(gelu_tanh, 1.0), "0.84119199");
    assert_stated(slope(gelu_tanh_backward, 1.0), "1.08296408");
    assert_stated(0.84119199 + 0.5 * 0.53435210 * 0.90491679, "1.08296408");
    assert_stated(sigmoid(1.0), "0.73105858");
    assert_stated(1.0 - sigmoid(1.0), "0.26894142");
    assert_stated(slope(silu_backward, 1.0), "0.92767051");
    assert_stated(1.0 / (2.0 * PI).sqrt(), "0.398942");
    assert_relative_eq!(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2, 1.0 / (2.0 * PI).sqrt());
}

#[test]
fn the_slopes_are_measured() {
    let rows: [(Forward, [&str; 3]); 3] = [
        (gelu, ["0.840262", "0.842428", "1.083315"]),
        (gelu_tanh, ["0.840109", "0.842275", "1.082964"]),
        (silu, ["0.730131", "0.731986", "0.927670"]),
    ];
    for (forward, [left, right, difference]) in rows {
        assert_eq!((1.0 - 0.001, 2.0 * 0.001), (0.999, 0.002));
        assert_stated(of(forward, 0.999), left);
        assert_stated(of(forward, 1.001), right);
        assert_stated((of(forward, 1.001) - of(forward, 0.999)) / 0.002, difference);
    }
}

#[test]
fn the_minima() {
    let z = root(|z| slope(gelu_backward, z), -1.5, 0.0);
    assert_stated(z, "-0.751792");
    assert_stated(of(gelu, z), "-0.169971");
    let z = root(|z| slope(silu_backward, z), -2.0, 0.0);
    assert_stated(z, "-1.278465");
    assert_stated(of(silu, z), "-0.278465");
    assert_relative_eq!(1.0 + z, of(silu, z), max_relative = 1e-12);
}

#[test]
fn the_answers_are_what_the_page_says() {
    assert_stated(of(silu, -1.0), "-0.268941");
    assert_stated(root(|z| of(silu, -1.0) - of(silu, z), -5.0, -1.3), "-1.596918");
    assert!(slope(silu_backward, -1.0) > 0.0 && slope(silu_backward, -1.596918) < 0.0);
    assert_stated(-sigmoid(1.0), "-0.731059");
    let (steepest, at) = largest(|z| slope(gelu_backward, z), 0.0, 5.0);
    assert_stated(steepest, "1.128904");
    assert!((at - SQRT_2).abs() < 1e-3);
    assert!(slope(gelu_backward, 0.75) < 1.0 && slope(gelu_backward, 0.76) > 1.0);
    assert_stated(steepest.powi(12), "4.284");
    for (z, stated) in [(2.0, "0.045500"), (3.0, "0.004050"), (4.0, "0.000127")] {
        assert_stated(z - of(gelu, z), stated);
        assert_stated(-of(gelu, -z), stated);
    }
}

#[test]
fn the_symmetries_hold() {
    let all: [(Forward, Backward); 3] =
        [(gelu, gelu_backward), (gelu_tanh, gelu_tanh_backward), (silu, silu_backward)];
    for (forward, backward) in all {
        for z in [0.25, 1.0, 3.0, 20.0] {
            assert_relative_eq!(of(forward, z) - of(forward, -z), z, max_relative = 1e-14);
            let sum = slope(backward, z) + slope(backward, -z);
            assert_relative_eq!(sum, 1.0, max_relative = 1e-14);
        }
    }
}

/// A relative error of z, z² times as large in the tail.
#[test]
fn the_tail_enlarges_errors() {
    let error = 1e-9;
    let moved = below(-20.0 * (1.0 + error)) / below(-20.0);
    assert!(((1.0 - moved) / error / 400.0 - 1.0).abs() < 0.01);
}
