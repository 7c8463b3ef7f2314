use ndarray::{ArrayD, Dimension, IxDyn};

use crate::{
    Argument, Estimate,
    derivative::estimate,
    noise::{Noise, neighbour},
    report::{Coordinate, Report, WrongShape},
};

/// Roundings of the analytic gradient, in units of ε times its argument's largest coordinate.
const ROUNDINGS: f64 = 64.0;

/// Compares every coordinate of every argument's gradient with finite differences of the loss `f`.
///
/// `f` is given the arguments' values in order, one coordinate changed at a time, and must give the
/// same loss for the same values.
pub fn check(mut f: impl FnMut(&[ArrayD<f64>]) -> f64, arguments: &[Argument]) -> Report {
    let mut values: Vec<_> = arguments.iter().map(|argument| argument.value.clone()).collect();
    let noise = Noise::of(|distance| {
        let moved: Vec<_> = values.iter().map(|it| it.mapv(|x| neighbour(x, distance))).collect();
        f(&moved)
    });
    let mut report = Report { forward_passes: noise.evaluations, ..Report::default() };
    for (at, argument) in arguments.iter().enumerate() {
        if argument.gradient.shape() == argument.value.shape() {
            let numeric = numeric(&mut f, &mut values, at, noise.deviation);
            report.forward_passes += numeric.iter().map(|it| it.evaluations).sum::<usize>();
            report.coordinates.extend(compared(argument, &numeric));
        } else {
            report.wrong_shapes.push(WrongShape {
                argument: argument.name.clone(),
                value: argument.value.shape().to_vec(),
                gradient: argument.gradient.shape().to_vec(),
            });
        }
    }
    report
}

/// The numeric gradient of the argument `at`, in its logical order.
fn numeric(
    mut f: impl FnMut(&[ArrayD<f64>]) -> f64,
    values: &mut [ArrayD<f64>],
    at: usize,
    noise: f64,
) -> Vec<Estimate> {
    let coordinates: Vec<_> = values[at].indexed_iter().map(|(index, x)| (index, *x)).collect();
    let differentiated = coordinates.into_iter().map(|(index, x)| {
        let moved = |x| {
            values[at][&index] = x;
            f(values)
        };
        let estimate = estimate(moved, x, noise);
        values[at][&index] = x;
        estimate
    });
    differentiated.collect()
}

/// The two gradients of one argument side by side.
fn compared(argument: &Argument, numeric: &[Estimate]) -> Vec<Coordinate> {
    // Of the numeric gradient: a wrong one of 1e20 must not excuse its neighbours.
    let largest = numeric.iter().map(|it| it.value.abs()).fold(0.0, f64::max);
    let pairs = argument.gradient.indexed_iter().zip(numeric);
    let coordinate = |((index, analytic), estimate): ((IxDyn, &f64), &Estimate)| Coordinate {
        argument: argument.name.clone(),
        index: index.slice().to_vec(),
        analytic: *analytic,
        numeric: estimate.value,
        tolerance: estimate.error + ROUNDINGS * f64::EPSILON * largest,
    };
    pairs.map(coordinate).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Ix2, array};

    use super::*;
    use crate::random;

    fn product(at: &[ArrayD<f64>]) -> f64 {
        let matrix = |at: &ArrayD<f64>| at.clone().into_dimensionality::<Ix2>().unwrap();
        let r: Array2<f64> = random((4, 2), 9);
        (r * matrix(&at[0]).dot(&matrix(&at[1]).t()).mapv(f64::tanh)).sum()
    }

    fn arguments() -> [Argument; 2] {
        let x: Array2<f64> = random((4, 3), 1);
        let w: Array2<f64> = random((2, 3), 2);
        let r: Array2<f64> = random((4, 2), 9);
        let dz = r * x.dot(&w.t()).mapv(|z| 1.0 - z.tanh().powi(2));
        [Argument::new("X", &x, &dz.dot(&w)), Argument::new("W", &w, &dz.t().dot(&x))]
    }

    #[test]
    fn the_right_gradient_passes_at_every_coordinate() {
        let report = check(product, &arguments());
        report.assert();
        assert_eq!(report.coordinates().len(), 4 * 3 + 2 * 3);
    }

    #[test]
    fn one_wrong_coordinate_is_found_and_named() {
        let mut arguments = arguments();
        arguments[1].gradient[[1, 2]] *= 1.0 + 1e-6;
        let report = check(product, &arguments);
        let failures: Vec<_> = report.failures().collect();
        assert_eq!(failures.len(), 1);
        assert_eq!(
            (failures[0].argument.as_str(), failures[0].index.as_slice()),
            ("W", &[1, 2][..])
        );
        assert_eq!(report.wrong_arguments(), ["W"]);
    }

    #[test]
    fn a_gradient_that_is_twice_too_large_everywhere_is_told_so() {
        let [x, mut w] = arguments();
        w.gradient *= 2.0;
        let report = check(product, &[x, w]);
        assert_eq!(report.structure("X"), None);
        let structure = report.structure("W").unwrap();
        assert_eq!(format!("{structure:#}"), "is 2 times too large everywhere");
    }

    #[test]
    fn a_gradient_of_another_shape_is_a_finding() {
        let [x, w] = arguments();
        let transposed = Argument { gradient: w.gradient.t().to_owned(), ..w };
        let report = check(product, &[x, transposed]);
        assert!(!report.passed());
        assert_eq!(report.wrong_arguments(), ["W"]);
        assert!(report.to_string().contains("[3, 2]"), "{report}");
    }

    #[test]
    fn nan_never_passes() {
        let nan_gradient = Argument::scalar("w", 1.0, f64::NAN);
        assert!(!check(|at| at[0].sum(), &[nan_gradient]).passed());
        let infinite = Argument::scalar("w", 1.0, f64::INFINITY);
        assert!(!check(|at| at[0].sum(), &[infinite]).passed());
        let nan_loss = Argument::scalar("w", 1.0, 0.0);
        assert!(!check(|_| f64::NAN, &[nan_loss]).passed());
    }

    #[test]
    fn a_gradient_of_zero_is_not_beyond_doubt() {
        let wrong = Argument::new("w", &array![1.0, 2.0], &array![0.0, 0.0]);
        assert_eq!(check(|at| at[0].sum(), &[wrong]).failures().count(), 2);
    }

    #[test]
    fn a_huge_mistake_does_not_excuse_its_neighbours() {
        let wrong = Argument::new("w", &array![1.0, 2.0], &array![1e20, 1.001]);
        assert_eq!(check(|at| at[0].sum(), &[wrong]).failures().count(), 2);
    }

    #[test]
    fn terms_of_a_gradient_may_cancel_in_another_order() {
        // Weights that begin at zero: the loss is as small as its differences.
        let loss = |at: &[ArrayD<f64>]| {
            let (w, v) = (at[0][0], at[0][1]);
            0.1 * w + 0.2 * w - 0.3 * w + 2.0 * v
        };
        let right = Argument::new("w", &array![0.0, 0.0], &array![0.1 - 0.3 + 0.2, 2.0]);
        check(loss, &[right]).assert();
    }

    #[test]
    #[should_panic(expected = "gradient check failed")]
    fn assert_panics_with_the_table() {
        check(|at| at[0].sum(), &[Argument::scalar("w", 1.0, 2.0)]).assert();
    }
}
