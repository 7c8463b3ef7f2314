use ndarray::ArrayD;

use crate::{
    Argument,
    derivative::derivative,
    report::{Coordinate, Report, WrongShape},
};

/// How many times its own bound an estimate may be off.
const MARGIN: f64 = 4.0;

/// Roundings of the analytic gradient, in units of ε.
const ROUNDINGS: f64 = 64.0;

/// Compares every coordinate of every argument's gradient with finite differences of the loss `f`.
///
/// `f` is given the arguments' values in order, one coordinate changed at a time, and must give the
/// same loss for the same values.
pub fn check(mut f: impl FnMut(&[ArrayD<f64>]) -> f64, arguments: &[Argument]) -> Report {
    let mut values: Vec<_> = arguments.iter().map(|argument| argument.value.clone()).collect();
    let mut report = Report::default();
    for (at, argument) in arguments.iter().enumerate() {
        if argument.gradient.shape() != argument.value.shape() {
            report.wrong_shapes.push(WrongShape {
                argument: argument.name.clone(),
                value: argument.value.shape().to_vec(),
                gradient: argument.gradient.shape().to_vec(),
            });
            continue;
        }
        for (index, analytic) in argument.gradient.indexed_iter() {
            let x = argument.value[&index];
            let estimate = derivative(
                |moved| {
                    values[at][&index] = moved;
                    f(&values)
                },
                x,
            );
            values[at][&index] = x;
            let rounding = ROUNDINGS * f64::EPSILON * (analytic.abs() + estimate.variation);
            report.forward_passes += estimate.evaluations;
            report.coordinates.push(Coordinate {
                argument: argument.name.clone(),
                index: ndarray::Dimension::slice(&index).to_vec(),
                analytic: *analytic,
                numeric: estimate.value,
                tolerance: MARGIN * estimate.error + rounding,
            });
        }
    }
    report
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
        assert_eq!(structure.to_string(), "is 2 times too large everywhere");
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
    #[should_panic(expected = "gradient check failed")]
    fn assert_panics_with_the_table() {
        check(|at| at[0].sum(), &[Argument::scalar("w", 1.0, 2.0)]).assert();
    }
}
