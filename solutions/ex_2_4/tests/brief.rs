//! The numbers and the Rust that the brief of lesson 2.4 shows.

use approx::assert_relative_eq;
use ex_2_4::{Scheme, central_difference, forward_difference, forward_passes, relative_error};
use ndarray::{Array1, array};

fn backward_difference(f: impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    (f(theta) - f(theta - epsilon)) / epsilon
}

#[test]
fn the_backward_difference_of_a_cube_is_what_the_brief_says() {
    let cube = |t: f64| t.powi(3);
    assert_relative_eq!(cube(1.9), 6.859, epsilon = 1e-12);
    let found = backward_difference(cube, 2.0, 0.1);
    assert_relative_eq!(found, 11.41, epsilon = 1e-12);
    assert_relative_eq!(found - 12.0, -0.59, epsilon = 1e-12);
    let of_half = backward_difference(cube, 2.0, 0.05) - 12.0;
    assert_relative_eq!(of_half / (found - 12.0), 0.5, epsilon = 0.01);
}

#[test]
fn the_best_step_of_the_second_derivative_is_what_the_brief_says() {
    assert_relative_eq!(f64::EPSILON, 2.2e-16, epsilon = 5e-18);
    assert_relative_eq!(f64::EPSILON.powf(0.25), 1.2e-4, epsilon = 5e-6);
    // As measured, where the function is of order 1.
    let error = |epsilon: f64| {
        let off = |t: f64| {
            ((t + epsilon).exp() - 2.0 * t.exp() + (t - epsilon).exp()) / (epsilon * epsilon)
                - t.exp()
        };
        (0..100).map(|i| off(0.2 + 0.006 * f64::from(i)).abs()).sum::<f64>()
    };
    assert!(error(1.2e-4) < error(1.2e-5) && error(1.2e-4) < error(1.2e-3));
}

/// The loss of the course's neuron.
fn neuron(theta: f64) -> f64 {
    0.5 * ((2.0 * theta + 0.1).tanh() - 1.0).powi(2)
}

fn slope_of_neuron(theta: f64) -> f64 {
    let a = (2.0 * theta + 0.1).tanh();
    (a - 1.0) * (1.0 - a * a) * 2.0
}

#[test]
fn the_course_example_is_what_the_brief_says() {
    let (theta, epsilon) = (0.5, 1e-5);
    let exact = slope_of_neuron(theta);
    let forward = forward_difference(&neuron, theta, epsilon);
    let central = central_difference(&neuron, theta, epsilon);
    assert_relative_eq!(exact, -0.143322028, epsilon = 5e-10);
    assert_relative_eq!(forward, -0.143317153, epsilon = 5e-10);
    assert_relative_eq!(central, -0.143322028, epsilon = 5e-10);
    assert_relative_eq!(forward - exact, 4.9e-6, epsilon = 5e-8);
    assert!((central - exact).abs() < 1e-9);
    let second = central_difference(&slope_of_neuron, theta, epsilon);
    assert_relative_eq!(second, 0.975, epsilon = 5e-4);
    assert_relative_eq!(neuron(theta), 0.02, epsilon = 5e-4);
}

/// The mean error of central differences near 0.5.
fn mean_error(f: fn(f64) -> f64, exact: fn(f64) -> f64, epsilon: f64) -> f64 {
    let points = (0..200).map(|i| 0.49 + 1e-4 * f64::from(i));
    points.map(|t| (central_difference(&f, t, epsilon) - exact(t)).abs()).sum::<f64>() / 200.0
}

#[test]
fn the_best_step_of_the_small_loss_is_shorter() {
    let error = |epsilon| mean_error(neuron, slope_of_neuron, epsilon);
    assert!(error(1e-6) < error(1e-7) && error(1e-6) < error(6e-6));
    let error = |epsilon| mean_error(f64::exp, f64::exp, epsilon);
    assert!(error(6e-6) < error(1e-6) && error(6e-6) < error(1e-4));
}

#[test]
fn the_relative_errors_are_what_the_brief_says() {
    let pairs = [(1.0, 0.99), (1.0, 1.0), (1.0, -1.0), (0.0, 0.0)];
    for ((analytic, numeric), stated) in pairs.into_iter().zip([0.01, 0.0, 2.0, 0.0]) {
        assert_relative_eq!(relative_error(analytic, numeric), stated, epsilon = 1e-12);
    }
}

#[test]
fn the_passes_are_as_costly_as_the_brief_says() {
    let second_derivatives = |parameters| forward_passes(Scheme::Central, parameters) + 1;
    assert_eq!(10 * 768, 7_680);
    assert_eq!([7_680, 7_690].map(second_derivatives), [15_361, 15_381]);
    let flops = forward_passes(Scheme::Forward, 7_680) * 2 * 7_680;
    assert_eq!(format!("{:.1e}", flops as f64), "1.2e8");
    let years =
        forward_passes(Scheme::Forward, 100_000_000) as f64 * 0.5 / (365.25 * 24.0 * 3600.0);
    assert_relative_eq!(years, 1.5, epsilon = 0.1);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let f = |t: f64| t * t;
    assert_eq!(f(3.0), 9.0);
    let (theta, i) = (array![1.0, 5.0], 1);
    let mut point = theta.clone();
    point[i] = 2.0;
    assert_eq!((point, theta), (array![1.0, 2.0], array![1.0, 5.0]));
    let n = 3;
    assert_eq!(Array1::from_shape_fn(n, |i| 2.0 * i as f64), array![0.0, 2.0, 4.0]);
    let (u, s, t) = (f64::EPSILON, -3.0_f64, 2.0_f64);
    assert_relative_eq!(u.powf(0.25), u.sqrt().sqrt());
    assert_eq!(s.abs().max(t.abs()), 3.0);
    assert_eq!(s / 2.0 * t, -3.0);
}
