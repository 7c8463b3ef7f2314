//! The checks themselves.

use std::cell::RefCell;

use ndarray::ArrayD;

use crate::{
    arrays::Arrays,
    backward,
    inputs::{Arguments, Inputs},
    real::{Real, sealed::Real as _},
    strategies::{
        coordinates, difference, directions,
        line::{Differentiate, Point, Serial},
        subgradient,
    },
    values::{
        argument::Argument,
        finding::{Finding, WrongShape, first_modified, same_name},
        report::Report,
        structure::Structure,
    },
};

/// Up to this many coordinates, of all arguments together, every one is checked; beyond it, random
/// directions.
pub const EVERY_COORDINATE: usize = 10_000;

/// Compares the gradient of every argument with finite differences of a loss: [`Checker::check_loss`]
/// with the usual settings.
///
/// ```
/// use gradcheck::check_loss;
/// use ndarray::array;
///
/// let x = array![1.0, 2.0];
/// let report = check_loss(("x", &x, &array![2.0, 5.0]), |x| x.mapv(|x| x * x).sum());
/// assert_eq!(report.failures().next().expect("2·2 is not 5").index, [1]);
/// ```
pub fn check_loss<A: Arguments>(arguments: A, loss: impl FnMut(A::Refs<'_>) -> A::Real) -> Report {
    Checker::new().check_loss(arguments, loss)
}

/// The same for a program that has its arrays in a slice: the loss is given one of `ArrayD`.
///
/// ```
/// use gradcheck::{Argument, check};
/// use ndarray::array;
///
/// let arguments = [Argument::new("x", &array![1.0, 2.0], &array![2.0, 4.0])];
/// check(|at| at[0].mapv(|x| x * x).sum(), &arguments).assert();
/// ```
pub fn check<F: Real>(loss: impl FnMut(&[ArrayD<F>]) -> F, arguments: &[Argument<F>]) -> Report {
    Checker::new().check_loss(arguments, loss)
}

/// Compares a backward pass with finite differences of a forward pass: [`Checker::check_backward`]
/// with the usual settings.
///
/// ```
/// use gradcheck::{check_backward, random};
/// use ndarray::Array2;
///
/// let (a, b): (Array2<f64>, Array2<f64>) = (random((4, 3), 1), random((3, 2), 2));
/// let report = check_backward(
///     (("A", &a), ("B", &b)),
///     |(a, b)| a.dot(b),
///     |(a, b), upstream| (upstream.dot(&b.t()), a.t().dot(upstream)),
/// );
/// report.assert();
/// ```
pub fn check_backward<I, O, G>(
    inputs: I,
    forward: impl FnMut(I::Refs<'_>) -> O,
    backward: impl FnMut(I::Refs<'_>, O::Refs<'_>) -> G,
) -> Report
where
    I: Inputs,
    O: Arrays<Real = I::Real>,
    G: Arrays<Real = I::Real>,
{
    Checker::new().check_backward(inputs, forward, backward)
}

/// A check with settings of its own.
///
/// ```
/// use gradcheck::{Checker, random};
/// use ndarray::Array2;
///
/// let w: Array2<f64> = random((300, 200), 1);
/// let dw = w.mapv(|w| 1.0 - w.tanh().powi(2));
/// let checker = Checker::new().seed(7).directions(8);
/// let report = checker.check_loss(("W", &w, &dw), |w| w.mapv(f64::tanh).sum());
/// report.assert();
/// assert_eq!(report.directions().len(), 8);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a checker checks nothing before it is told to"]
pub struct Checker {
    pub(crate) seed: u64,
    pub(crate) directions: usize,
    pub(crate) tolerates_undecided: bool,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// With seed 1 and four directions; what is undecided does not pass.
    pub const fn new() -> Self {
        Self { seed: 1, directions: 4, tolerates_undecided: false }
    }

    /// What the upstream gradients of a backward pass and random directions are drawn from.
    pub const fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// In how many random directions an argument is checked where there are more than
    /// [`EVERY_COORDINATE`] coordinates.
    pub const fn directions(self, directions: usize) -> Self {
        Self { directions, ..self }
    }

    /// Lets a gradient pass of which a part [cannot be judged](crate::Undecided), if all else agrees.
    pub const fn tolerate_undecided(self) -> Self {
        Self { tolerates_undecided: true, ..self }
    }

    /// Compares the gradient of every argument with finite differences of the `loss`: in every
    /// coordinate up to [`EVERY_COORDINATE`] of them, else in random directions (see
    /// [`Direction`](crate::Direction)).
    ///
    /// The loss is given the arguments' values in order, one coordinate or many changed at a time, and
    /// must give the same number for the same values. One coordinate takes 6 forward passes where the
    /// loss is smooth and of order one, up to 48 where it is not, and about a hundred at a kink. The
    /// noise takes 16 to 80 once.
    pub fn check_loss<A: Arguments>(
        self,
        arguments: A,
        mut loss: impl FnMut(A::Refs<'_>) -> A::Real,
    ) -> Report {
        let loss = |at: &mut [ArrayD<A::Real>]| A::lend(at, &mut loss).to_f64();
        self.examine(&mut Serial(loss), &arguments.arguments())
    }

    /// Checks a backward pass: the vector-Jacobian product of any number of outputs with any number
    /// of inputs.
    ///
    /// `forward` takes the inputs and gives the outputs. `backward` takes the inputs and an upstream
    /// gradient for each output, of that output's shape, and gives the gradient of each input. The
    /// upstream gradients are random numbers in [−1, 1); the check is that of the loss that sums the
    /// outputs weighted with them, in double precision.
    pub fn check_backward<I, O, G>(
        self,
        inputs: I,
        forward: impl FnMut(I::Refs<'_>) -> O,
        backward: impl FnMut(I::Refs<'_>, O::Refs<'_>) -> G,
    ) -> Report
    where
        I: Inputs,
        O: Arrays<Real = I::Real>,
        G: Arrays<Real = I::Real>,
    {
        let forward = RefCell::new(forward);
        let outputs = |at: &mut [ArrayD<I::Real>]| I::lend(at, |refs| forward.borrow_mut()(refs));
        backward::judge::<I, O, G, _>(self, inputs, outputs, backward, |upstream| {
            Serial(move |at: &mut [ArrayD<I::Real>]| upstream.weigh(outputs(at).into_list()))
        })
    }

    /// The same as [`check_loss`](Self::check_loss), for a loss that is handed its arguments mutably; that it
    /// changes one is a [`Finding`].
    ///
    /// ```
    /// use gradcheck::{Argument, Checker, Finding};
    /// use ndarray::{ArrayD, array};
    ///
    /// let relu = |at: &mut [ArrayD<f64>]| {
    ///     at[0].mapv_inplace(|x| x.max(0.0));
    ///     at[0].sum()
    /// };
    /// let argument = Argument::new("x", &array![-1.0, 2.0], &array![0.0, 1.0]);
    /// let report = Checker::new().check_in_place(relu, &[argument]);
    /// assert_eq!(report.failures().count(), 0, "the gradient is right");
    /// assert!(matches!(report.findings(), [Finding::InputModified { .. }]));
    /// ```
    pub fn check_in_place<F: Real>(
        self,
        mut loss: impl FnMut(&mut [ArrayD<F>]) -> F,
        arguments: &[Argument<F>],
    ) -> Report {
        let mut modified = None;
        let mut loss = Serial(|at: &mut [ArrayD<F>]| {
            let mut handed = at.to_vec();
            let loss = loss(&mut handed);
            modified = modified.take().or_else(|| first_modified(arguments, at, &handed));
            loss.to_f64()
        });
        let mut report = self.examine(&mut loss, arguments);
        report.findings.splice(0..0, modified);
        report
    }

    /// The check of a gradient of a loss that is computed one way or another.
    pub(crate) fn examine<F: Real>(
        self,
        loss: &mut impl Differentiate<F>,
        arguments: &[Argument<F>],
    ) -> Report {
        let values = arguments.iter().map(|argument| argument.input.value.clone()).collect();
        let (point, repeated) = Point::new(loss, values);
        let mut report = Report {
            forward_passes: point.forward_passes,
            tolerates_undecided: self.tolerates_undecided,
            ..Report::default()
        };
        report.findings.extend(same_name(arguments));
        if point.loss.to_bits() != repeated.to_bits() {
            report.findings.push(Finding::ForwardVaries { first: point.loss, second: repeated });
        }
        for it in arguments.iter().enumerate() {
            self.compare(loss, &point, it, arguments, &mut report);
        }
        report.forward_passes +=
            subgradient::judge(loss, &point, arguments, &mut report.coordinates);
        let odd = not_finite(point.loss, arguments, &report);
        report.findings.extend(odd);
        for it in arguments.iter().enumerate() {
            let structure = structure(loss, &point, it, &mut report);
            report
                .structures
                .extend(structure.map(|structure| (it.1.name().to_owned(), structure)));
        }
        report
    }

    /// Compares the gradient of one argument.
    fn compare<F: Real>(
        self,
        loss: &mut impl Differentiate<F>,
        point: &Point<F>,
        it: (usize, &Argument<F>),
        all: &[Argument<F>],
        report: &mut Report,
    ) {
        let large = all.iter().map(|it| it.input.value.len()).sum::<usize>() > EVERY_COORDINATE;
        if it.1.gradient.shape() != it.1.shape() {
            let shape = wrong_shape(loss, point, it, report);
            report.findings.push(Finding::WrongShape(shape));
        } else if large {
            directions::compare(loss, point, it, (self.seed, self.directions), report);
        } else {
            let (coordinates, forward_passes) = coordinates::compare(loss, point, it);
            report.coordinates.extend(coordinates);
            report.forward_passes += forward_passes;
        }
    }
}

/// What the wrong coordinates or directions of an argument have in common.
fn structure<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    report: &mut Report,
) -> Option<Structure> {
    let (difference, forward_passes) = difference::recognised(loss, point, (at, argument), report);
    report.forward_passes += forward_passes;
    let simple = || {
        let (wrong, right) = report.sides(argument)?;
        let part = F::PRECISION.alike;
        Structure::of_factors(part, &wrong, &right, &argument.input.intermediates)
            .or_else(|| Structure::within(part, &wrong, &right))
    };
    difference.map(Structure::Difference).or_else(simple)
}

/// A gradient of another shape may still be right once it is transposed.
fn wrong_shape<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    report: &mut Report,
) -> WrongShape {
    let mut shape = WrongShape::of(argument);
    let gradient = argument.gradient.t().to_owned();
    if gradient.len() <= EVERY_COORDINATE && gradient.shape() == argument.shape() {
        let argument = Argument { gradient, ..argument.clone() };
        let (turned, forward_passes) = coordinates::compare(loss, point, (at, &argument));
        report.forward_passes += forward_passes;
        shape.transposed = !turned.is_empty() && turned.iter().all(|it| it.passed());
    }
    shape
}

/// Where an input, the loss or a claimed gradient is not finite: the first place of each.
fn not_finite<F: Real>(loss: f64, arguments: &[Argument<F>], report: &Report) -> Vec<Finding> {
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
    use crate::values::argument::random;

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
        assert!(!check(|at: &[ArrayD<f64>]| at[0].sum(), &[nan_gradient]).passed());
        let infinite = Argument::scalar("w", 1.0, f64::INFINITY);
        assert!(!check(|at: &[ArrayD<f64>]| at[0].sum(), &[infinite]).passed());
        let nan_loss = Argument::scalar("w", 1.0, 0.0);
        assert!(!check(|_| f64::NAN, &[nan_loss]).passed());
    }

    #[test]
    fn a_gradient_of_zero_is_not_beyond_doubt() {
        let wrong = Argument::new("w", &array![1.0, 2.0], &array![0.0, 0.0]);
        assert_eq!(check(|at: &[ArrayD<f64>]| at[0].sum(), &[wrong]).failures().count(), 2);
    }

    #[test]
    fn a_huge_mistake_does_not_excuse_its_neighbours() {
        let wrong = Argument::new("w", &array![1.0, 2.0], &array![1e20, 1.001]);
        assert_eq!(check(|at: &[ArrayD<f64>]| at[0].sum(), &[wrong]).failures().count(), 2);
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
        check(|at: &[ArrayD<f64>]| at[0].sum(), &[Argument::scalar("w", 1.0, 2.0)]).assert();
    }
}
