//! The numbers and the Rust that the brief, the page and the derivation of lesson 2.4 show.

use approx::assert_relative_eq;
use ex_2_4::{
    Scheme, best_epsilon, central_difference, forward_difference, forward_passes, has_kink,
    relative_error,
};
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
    assert_relative_eq!(-0.1 / 2.0 * 12.0, -0.6, epsilon = 1e-12);
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

/// So many decimals of a number.
fn digits(number: f64, decimals: usize) -> String {
    format!("{number:.decimals$}")
}

/// So many significant digits of a number.
fn significant(number: f64, digits: usize) -> String {
    format!("{number:.*e}", digits - 1)
}

/// The program of the page.
#[test]
fn the_second_derivative_is_what_the_page_says() {
    fn second_difference(f: &dyn Fn(f64) -> f64, t: f64, h: f64) -> f64 {
        (f(t + h) - 2.0 * f(t) + f(t - h)) / (h * h)
    }

    let near_best = second_difference(&f64::exp, 0.5, 1.2e-4); // 1.648721
    let too_short = second_difference(&f64::exp, 0.5, 1e-5); // 1.648719

    let exact = 0.5_f64.exp();
    assert_eq!([exact, near_best].map(|it| digits(it, 6)), ["1.648721", "1.648721"]);
    // Round-off: its digits are those of one library's exp.
    assert_relative_eq!(too_short, 1.648719, epsilon = 4e-6);
    assert!((too_short - exact).abs() > 10.0 * (near_best - exact).abs());

    let best_of_f32 = f64::from(f32::EPSILON).powf(0.25);
    assert_eq!(significant(f32::EPSILON.into(), 2), "1.2e-7");
    assert_eq!(digits(best_of_f32, 3), "0.019");
    assert_eq!(digits(second_difference(&f64::exp, 0.5, best_of_f32), 6), "1.648769");
    let of_f32 = |h: f32| {
        let t = 0.5_f32;
        f64::from(((t + h).exp() - 2.0 * t.exp() + (t - h).exp()) / (h * h))
    };
    assert_relative_eq!(of_f32(best_of_f32 as f32), 1.6490, epsilon = 2e-3);
    assert!((of_f32(1.2e-4) - exact).abs() > 1.0);
    assert_eq!(digits(1.0 - 0.5_f64.tanh().powi(2), 4), "0.7864");
}

/// PyTorch's own difference of tanh in float32, with its step: 0.7898.
#[test]
fn a_step_for_f64_is_too_short_in_f32() {
    let (t, h) = (0.5_f32, 1e-6_f32);
    let found = ((t + h).tanh() - (t - h).tanh()) / (2.0 * h);
    assert_relative_eq!(f64::from(found), 0.7898, epsilon = 0.1);
    assert!((f64::from(found) - 0.7864).abs() > 1e-3 * 0.7864 + 1e-5);
}

#[test]
fn the_layer_of_the_page_costs_what_it_says() {
    let (samples, weights) = (4, 7_680);
    let flops = 2 * samples * weights;
    assert_eq!((flops, flops / 2), (61_440, 30_720));
    let passes = forward_passes(Scheme::Central, weights) + 1;
    assert_eq!((passes, significant((passes * flops) as f64, 2)), (15_361, "9.4e8".to_owned()));
    assert_eq!([8 * weights, 8 * samples * 768].map(|it| (it + 500) / 1000), [61, 25]);
    assert_eq!((8 * weights * weights + 500_000) / 1_000_000, 472);
}

/// z, a and f of the course's neuron.
fn passed(theta: f64) -> [f64; 3] {
    let z = 2.0 * theta + 0.1;
    [z, z.tanh(), neuron(theta)]
}

#[test]
fn the_three_places_of_the_worked_example() {
    let (theta, epsilon) = (0.5, 1e-5);
    let places = [
        (theta - epsilon, ["0.49999", "1.09998", "0.80049183762", "0.01990175342826"]),
        (theta, ["0.50000", "1.10000", "0.80049902176", "0.01990032015923"]),
        (theta + epsilon, ["0.50001", "1.10002", "0.80050620567", "0.01989888698770"]),
    ];
    for (place, stated) in places {
        let [z, a, f] = passed(place);
        assert_eq!([digits(place, 5), digits(z, 5), digits(a, 11), digits(f, 14)], stated);
    }
    let difference = neuron(theta) - neuron(theta - epsilon);
    assert_eq!([digits(epsilon, 5), digits(difference, 14)], ["0.00001", "-0.00000143326903"]);
    let backward = backward_difference(neuron, theta, epsilon);
    assert_eq!(digits(backward, 9), "-0.143326903");

    let exact = slope_of_neuron(theta);
    let forward = forward_difference(&neuron, theta, epsilon);
    let central = central_difference(&neuron, theta, epsilon);
    let stated = ["-0.143322028", "-0.143317153", "-0.143322028"];
    assert_eq!([exact, forward, central].map(|it| digits(it, 9)), stated);
    let offs = [backward - exact, forward - exact].map(|it| significant(it, 4));
    assert_eq!(offs, ["-4.875e-6", "4.875e-6"]);
    assert_eq!(significant(relative_error(exact, forward), 2), "3.4e-5");
}

#[test]
fn the_second_derivative_of_the_course_example() {
    let a = passed(0.5)[1];
    let slope = 1.0 - a * a;
    let second = (slope * slope - 2.0 * a * (a - 1.0) * slope) * 4.0;
    assert_eq!([digits(a, 6), digits(second, 4)], ["0.800499", "0.9750"]);
    assert_relative_eq!(second, central_difference(&slope_of_neuron, 0.5, 1e-5), epsilon = 1e-8);
    assert_eq!(significant(1e-5 / 2.0 * second, 4), "4.875e-6");
}

#[test]
fn rounding_too_early_leaves_no_digits() {
    let rounded = |decimals: usize| {
        let f = |theta| digits(neuron(theta), decimals).parse::<f64>().unwrap();
        backward_difference(f, 0.5, 1e-5)
    };
    assert_eq!([0.5, 0.49999].map(|it| digits(neuron(it), 8)), ["0.01990032", "0.01990175"]);
    assert_eq!([digits(rounded(8), 4), digits(rounded(6), 4)], ["-0.1430", "-0.2000"]);
    assert_relative_eq!(rounded(8), -0.143, epsilon = 1e-9);
    assert_relative_eq!(rounded(6), -0.2, epsilon = 1e-9);
}

#[test]
fn four_kinks_or_not() {
    let relu = |t: f64| t.max(0.0);
    let square = |t: f64| t * t;
    let functions: [fn(f64) -> f64; 4] = [relu, f64::abs, square, f64::tanh];
    let table = [
        [1.0, 0.0, 1.0, 1.0],
        [1.0, -1.0, 2.0, 2.0],
        [1e-4, -1e-4, 2e-4, 1e-4],
        [0.9999999967, 0.9999999967, 0.0, 0.0],
    ];
    for (f, stated) in functions.into_iter().zip(table) {
        let sides = |h: f64| [forward_difference(&f, 0.0, h), backward_difference(f, 0.0, h)];
        let [right, left] = sides(1e-4);
        let [right_of_half, left_of_half] = sides(5e-5);
        let gaps = [(right - left).abs(), (right_of_half - left_of_half).abs()];
        for (found, stated) in [right, left, gaps[0], gaps[1]].into_iter().zip(stated) {
            assert_relative_eq!(found, stated, epsilon = 5e-11);
        }
        assert_eq!(has_kink(&f, 0.0, 1e-4), gaps[0] > 0.0 && gaps[0] == gaps[1]);
    }
}

#[test]
fn a_constant_makes_the_best_step_longer() {
    let step = |size: f64| (size * f64::EPSILON).powf(0.25);
    let longer = step(1e6) / step(1.0);
    assert_eq!([digits(longer, 1), digits(step(1e6), 4)], ["31.6", "0.0039"]);
    assert_relative_eq!(longer * longer, 1000.0, epsilon = 1e-6);
}

/// The mean error of differences of exp over 2,000 points of [0, 1].
fn mean_error_of_exp(scheme: Scheme, epsilon: f64) -> f64 {
    let difference = match scheme {
        Scheme::Forward => forward_difference,
        Scheme::Central => central_difference,
    };
    let points = (0..2_000).map(|i| (f64::from(i) + 0.5) / 2_000.0);
    points.map(|t| (difference(&f64::exp, t, epsilon) - t.exp()).abs()).sum::<f64>() / 2_000.0
}

#[test]
fn the_errors_of_the_derivation() {
    let exact = 0.5_f64.exp();
    assert_eq!(digits(exact, 4), "1.6487");
    let table =
        [(0.04, "3.34e-2", "4.40e-4"), (0.02, "1.66e-2", "1.10e-4"), (0.01, "8.27e-3", "2.75e-5")];
    for (epsilon, of_forward, of_central) in table {
        let forward = forward_difference(&f64::exp, 0.5, epsilon) - exact;
        let central = central_difference(&f64::exp, 0.5, epsilon) - exact;
        assert_eq!([significant(forward, 3), significant(central, 3)], [of_forward, of_central]);
    }
    let table = [
        (1e-2, 9e-3, 3e-5),
        (1e-4, 9e-5, 3e-9),
        (1e-5, 9e-6, 2e-11),
        (1e-6, 9e-7, 6e-11),
        (1e-8, 1.5e-8, 7e-9),
        (1e-10, 1e-6, 5e-7),
        (1e-12, 1e-4, 6e-5),
    ];
    for (epsilon, forward, central) in table {
        // To the digit that is shown, and what one library's exp differs from another's.
        let found = [Scheme::Forward, Scheme::Central].map(|it| mean_error_of_exp(it, epsilon));
        assert_relative_eq!(found[0], forward, max_relative = 0.1);
        assert_relative_eq!(found[1], central, max_relative = 0.25);
    }
}

#[test]
fn the_best_steps_of_the_derivation() {
    let u = f64::EPSILON;
    assert_eq!(u, 2_f64.powi(-52));
    let error_of_forward = |epsilon: f64| epsilon / 2.0 + 2.0 * u / epsilon;
    let error_of_central = |epsilon: f64| epsilon * epsilon / 6.0 + u / epsilon;
    let (forward, central) = (2.0 * u.sqrt(), (3.0 * u).cbrt());
    assert_eq!([forward, central].map(|it| significant(it, 1)), ["3e-8", "9e-6"]);
    let errors = [error_of_forward(forward), error_of_central(central)];
    assert_eq!(errors.map(|it| significant(it, 1)), ["3e-8", "4e-11"]);
    for factor in [0.9, 1.1] {
        assert!(errors[0] < error_of_forward(factor * forward));
        assert!(errors[1] < error_of_central(factor * central));
    }
    assert_relative_eq!(forward / best_epsilon(Scheme::Forward), 2.0);
    assert_relative_eq!(central / best_epsilon(Scheme::Central), 3_f64.cbrt(), epsilon = 1e-12);
}
