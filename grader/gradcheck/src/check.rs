use ndarray::ArrayD;

use crate::{
    Argument, Coordinate, Estimate, Finding, FiniteDifference, Float, Report, Structure,
    WrongShape,
    coordinate::{Comparison, Scale},
    difference::Suspect,
    direction,
    line::{Differentiate, Line, Point, Serial, index_of, offset_of},
    subgradient::{self, Kinked},
};

/// Up to this many coordinates, of all arguments together, every one is checked; beyond it, random
/// directions.
pub const EVERY_COORDINATE: usize = 10_000;

/// What random directions are drawn from when the caller has not given a seed.
pub(crate) const SEED: u64 = 1;

/// Compares the gradient of every argument with finite differences of the loss `f`: in every
/// coordinate up to [`EVERY_COORDINATE`] of them, else in random directions (see
/// [`Direction`](crate::Direction)).
///
/// One coordinate takes 6 forward passes where f is smooth and of order one, up to 48 where it is
/// not, and about a hundred at a kink. The noise takes 16 to 48 once.
///
/// `f` is given the arguments' values in order, one coordinate or many changed at a time, and must
/// give the same loss for the same values.
///
/// ```
/// use gradcheck::{Argument, check};
/// use ndarray::array;
///
/// let x = array![1.0, 2.0];
/// let report = check(|at| at[0].mapv(|x| x * x).sum(), &[Argument::new("x", &x, &array![2.0, 5.0])]);
/// assert_eq!(report.failures().next().expect("2·2 is not 5").index, [1]);
/// ```
pub fn check<F: Float>(mut f: impl FnMut(&[ArrayD<F>]) -> F, arguments: &[Argument<F>]) -> Report {
    examine(&mut Serial(|at: &[ArrayD<F>]| f(at).to_f64()), arguments, SEED)
}

/// The check of a gradient of a loss that is computed one way or another.
pub(crate) fn examine<F: Float>(
    loss: &mut impl Differentiate<F>,
    arguments: &[Argument<F>],
    seed: u64,
) -> Report {
    let values = arguments.iter().map(|argument| argument.value.clone()).collect();
    let (point, repeated) = Point::new(loss, values);
    let mut report = Report { forward_passes: point.forward_passes, ..Report::default() };
    if point.loss.to_bits() != repeated.to_bits() {
        report.findings.push(Finding::ForwardVaries { first: point.loss, second: repeated });
    }
    let large = arguments.iter().map(|it| it.value.len()).sum::<usize>() > EVERY_COORDINATE;
    for (at, argument) in arguments.iter().enumerate() {
        if argument.gradient.shape() != argument.value.shape() {
            let shape = wrong_shape(loss, &point, (at, argument), &mut report);
            report.findings.push(Finding::WrongShape(shape));
        } else if large {
            direction::examine(loss, &point, (at, argument), seed, &mut report);
        } else {
            every_coordinate(loss, &point, (at, argument), &mut report);
        }
    }
    together(loss, &point, arguments, &mut report);
    let odd = not_finite(point.loss, arguments, &report);
    report.findings.extend(odd);
    for it in arguments.iter().enumerate() {
        let structure = structure(loss, &point, it, &mut report);
        report.structures.extend(structure.map(|structure| (it.1.name.clone(), structure)));
    }
    report
}

/// Judges the claims at several kinks together.
fn together<F: Float>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    arguments: &[Argument<F>],
    report: &mut Report,
) {
    let mut places = Vec::new();
    let mut kinked = Vec::new();
    for (place, coordinate) in report.coordinates.iter().enumerate() {
        let Some(kink) = coordinate.kink else { continue };
        let at = arguments.iter().position(|it| it.name == coordinate.argument).unwrap_or(0);
        let offset = offset_of(&coordinate.index, arguments[at].value.shape());
        let line = Line::Coordinate { argument: at, offset };
        kinked.push(Kinked { line, claimed: coordinate.analytic, kink });
        places.push(place);
    }
    if kinked.len() < 2 || !report.directions.is_empty() {
        return;
    }
    let (together, forward_passes) = subgradient::judge(loss, point, &kinked);
    report.forward_passes += forward_passes;
    for (at, place) in places.into_iter().enumerate() {
        report.coordinates[place].judge_together(&together, at);
    }
}

/// What the wrong coordinates or directions of an argument have in common.
fn structure<F: Float>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    report: &mut Report,
) -> Option<Structure> {
    let suspects = Suspect::worst(at, argument, report);
    let (difference, forward_passes) = FiniteDifference::of(loss, point, &suspects);
    report.forward_passes += forward_passes;
    let simple = || {
        let (wrong, right) = report.sides(argument)?;
        Structure::of_factors(&wrong, &right, &argument.intermediates)
            .or_else(|| Structure::of(&wrong, &right))
    };
    difference.map(Structure::Difference).or_else(simple)
}

/// A gradient of another shape may still be right once it is transposed.
fn wrong_shape<F: Float>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    report: &mut Report,
) -> WrongShape {
    let gradient = argument.gradient.t().to_owned();
    let small = gradient.len() <= EVERY_COORDINATE;
    let mut turned = Report::default();
    if small && gradient.shape() == argument.value.shape() {
        let argument = Argument { gradient, ..argument.clone() };
        every_coordinate(loss, point, (at, &argument), &mut turned);
    }
    report.forward_passes += turned.forward_passes;
    let transposed = !turned.coordinates.is_empty() && turned.passed();
    WrongShape { transposed, ..WrongShape::of(argument) }
}

/// Compares one argument's gradient coordinate by coordinate.
fn every_coordinate<F: Float>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    report: &mut Report,
) {
    let lines: Vec<_> =
        (0..argument.value.len()).map(|offset| Line::Coordinate { argument: at, offset }).collect();
    let numeric = loss.along(point, &lines);
    let scale = Scale::of(numeric.iter(), const { &F::PRECISION });
    report.forward_passes += numeric.iter().map(|it| it.evaluations).sum::<usize>();
    let compared = argument.gradient.iter().zip(&numeric).enumerate();
    report.coordinates.extend(compared.map(|(offset, (claimed, estimate))| {
        coordinate(argument, offset, claimed.to_f64(), estimate, &scale)
    }));
}

/// The two gradients side by side in one coordinate.
pub(crate) fn coordinate<F: Float>(
    argument: &Argument<F>,
    offset: usize,
    analytic: f64,
    estimate: &Estimate,
    scale: &Scale,
) -> Coordinate {
    let Comparison { numeric, tolerance, verdict } =
        Comparison::new(analytic, estimate, scale, const { &F::PRECISION });
    Coordinate {
        argument: argument.name.clone(),
        index: index_of(offset, argument.value.shape()),
        analytic,
        numeric,
        tolerance,
        kink: estimate.kink,
        verdict,
    }
}

/// Where an input, the loss or a claimed gradient is not finite: the first place of each.
fn not_finite<F: Float>(loss: f64, arguments: &[Argument<F>], report: &Report) -> Vec<Finding> {
    let moved = report.coordinates.iter().find(|it| !it.numeric.is_finite());
    let of_loss = if loss.is_finite() {
        moved.map(|it| Finding::LossNotFinite {
            moved: Some((it.argument.clone(), it.index.clone())),
        })
    } else {
        Some(Finding::LossNotFinite { moved: None })
    };
    let inputs = arguments.iter().filter_map(Finding::of_input);
    inputs.chain(of_loss).chain(arguments.iter().filter_map(Finding::of_gradient)).collect()
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
        assert!(report.to_string().contains("its transpose is right"), "{report}");
    }

    #[test]
    fn the_transpose_of_a_wrong_gradient_is_not_recommended() {
        let [x, w] = arguments();
        let twice = 2.0 * &w.gradient.t();
        let report = check(product, &[x, Argument { gradient: twice.to_owned(), ..w }]);
        assert!(!report.to_string().contains("its transpose is right"), "{report}");
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
