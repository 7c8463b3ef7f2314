//! Recognises a gradient that is a finite difference itself.

use ndarray::ArrayD;

use super::line::{Differentiate, Line, Point, offset_of};
use crate::{
    real::Real,
    values::{
        argument::Argument,
        finite_difference::{FiniteDifference, Formula},
        report::Report,
    },
};

/// How many of the worst coordinates have to be explained.
const SUSPECTS: usize = 6;

/// A gradient that is off by more than this part of its largest coordinate is no finite difference.
const FAR: f64 = 0.25;

/// How much of an error may be left over: with three coordinates or more, and with fewer, which a
/// difference might explain by accident.
const ENOUGH: usize = 3;
const LEFT: f64 = 0.05;
const LEFT_OF_FEW: f64 = 1e-3;

/// The step that is tried to learn the claimed one from.
const PROBE: f64 = 1e-4;

/// The difference, if there is one, that the claimed values of an argument's worst coordinates are, and
/// how often the loss was computed.
pub(crate) fn recognised<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    report: &Report,
) -> (Option<FiniteDifference>, usize) {
    let suspects = Suspect::worst(at, argument, report);
    let largest = suspects.iter().map(|it| it.numeric.abs()).fold(0.0, f64::max);
    let (Some(first), true) =
        (suspects.first(), suspects.iter().all(|it| it.error().abs() <= FAR * largest))
    else {
        return (None, 0);
    };
    let mut walk = Walk { loss, point, values: point.values.clone(), forward_passes: 0 };
    let mut candidates = usual();
    if suspects.len() >= ENOUGH {
        // Of fewer, the step that is learnt from the first explains too much.
        let implied = Formula::ALL.map(|formula| walk.implied(formula, first));
        // A forward difference with a negative step is a backward one.
        candidates.extend(implied.into_iter().filter(|it| it.step > 0.0));
    }
    let left = if suspects.len() >= ENOUGH { LEFT } else { LEFT_OF_FEW };
    let explains = |it: &FiniteDifference| {
        suspects.iter().all(|suspect| walk.unexplained(*it, suspect) <= left)
    };
    (candidates.into_iter().find(explains), walk.forward_passes)
}

/// The steps that people choose.
fn usual() -> Vec<FiniteDifference> {
    let steps = (1..=15).map(|digits| 10_f64.powi(-digits));
    steps.flat_map(|step| Formula::ALL.map(|formula| FiniteDifference { formula, step })).collect()
}

/// A wrong coordinate of a claimed gradient.
struct Suspect {
    line: Line,
    claimed: f64,
    numeric: f64,
}

impl Suspect {
    /// The coordinates of an argument that are off by most.
    fn worst<F: Real>(at: usize, argument: &Argument<F>, report: &Report) -> Vec<Self> {
        let shape = argument.shape();
        let failures = report.failures().filter(|it| it.argument == argument.name());
        let smooth = failures.filter(|it| it.kink.is_none() && it.tolerance.is_finite());
        let mut suspects: Vec<_> = smooth
            .map(|it| Self {
                line: Line::Coordinate { argument: at, offset: offset_of(&it.index, shape) },
                claimed: it.analytic,
                numeric: it.numeric,
            })
            .collect();
        suspects.sort_by(|one, other| other.error().abs().total_cmp(&one.error().abs()));
        suspects.truncate(SUSPECTS);
        suspects
    }

    fn error(&self) -> f64 {
        self.claimed - self.numeric
    }
}

/// The loss along lines through a point.
struct Walk<'a, F, L> {
    loss: &'a mut L,
    point: &'a Point<F>,
    values: Vec<ArrayD<F>>,
    forward_passes: usize,
}

impl<F: Real, L: Differentiate<F>> Walk<'_, F, L> {
    fn value(&mut self, line: &Line, FiniteDifference { formula, step }: FiniteDifference) -> f64 {
        let x = line.start(self.point);
        self.forward_passes += 2;
        let [below, above] = [x - step, x + step]
            .map(|t| line.value(|at| self.loss.loss(at), self.point, &mut self.values, t));
        formula.value([below, self.point.loss, above], step)
    }

    /// The part of a suspect's error that the difference does not explain.
    fn unexplained(&mut self, difference: FiniteDifference, suspect: &Suspect) -> f64 {
        let left = self.value(&suspect.line, difference) - suspect.claimed;
        (left / suspect.error()).abs()
    }

    /// The formula with the step at which it has the error of the suspect. NaN where none has.
    fn implied(&mut self, formula: Formula, suspect: &Suspect) -> FiniteDifference {
        let probe = FiniteDifference { formula, step: PROBE };
        [(); 2].iter().fold(probe, |it, ()| {
            let error = self.value(&suspect.line, it) - suspect.numeric;
            let step = it.step * (suspect.error() / error).powf(1.0 / formula.order());
            FiniteDifference { step, ..it }
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use crate::{check, random, values::structure::Structure};

    fn loss(at: &[ArrayD<f64>]) -> f64 {
        at[0].mapv(|x| x.sin() + 0.1 * x.exp()).sum()
    }

    fn told(x: &Array1<f64>, formula: Formula, h: f64) -> Option<Structure> {
        let gradient = Array1::from_shape_fn(x.len(), |at| {
            let value = |t: f64| {
                let mut moved = x.clone();
                moved[at] += t;
                loss(&[moved.into_dyn()])
            };
            formula.value([value(-h), value(0.0), value(h)], h)
        });
        check(loss, &[Argument::new("x", x, &gradient)]).structure("x").cloned()
    }

    #[test]
    fn a_difference_is_recognised_with_its_formula_and_step() {
        let x = random(5, 1);
        for formula in Formula::ALL {
            for step in [1e-2, 3e-3, 1e-4] {
                let Some(Structure::Difference(found)) = told(&x, formula, step) else {
                    panic!("{formula:?} with {step} was not recognised");
                };
                assert_eq!(found.formula, formula);
                assert!((found.step / step - 1.0).abs() < 0.01, "{found:?} for {step}");
            }
        }
    }

    #[test]
    fn one_number_is_enough_for_a_usual_step() {
        let found = told(&array![0.3], Formula::Forward, 1e-5).unwrap();
        let told = "is a forward difference with a step of 1.0e-5, not the derivative";
        assert_eq!(found.to_string(), told);
    }

    #[test]
    fn cancellation_is_recognised_where_truncation_is_small() {
        let x = random(5, 1);
        for formula in Formula::ALL {
            let found = told(&x, formula, 1e-11).unwrap();
            assert!(matches!(found, Structure::Difference(it) if it.step == 1e-11), "{found:?}");
        }
    }

    #[test]
    fn other_small_errors_are_not_taken_for_it() {
        for seed in 0..200 {
            let x: Array1<f64> = random(4, seed);
            let off = 1e-3 * random(4, 1000 + seed);
            let wrong = x.mapv(|x| x.cos() + 0.1 * x.exp()) + off;
            let report = check(loss, &[Argument::new("x", &x, &wrong)]);
            assert_eq!(report.structure("x"), None, "{seed}");
        }
    }
}
