//! Random directions, where coordinates are too many.

use std::ops::Range;

use fastrand::Rng;

use super::{
    coordinates::coordinate,
    line::{Differentiate, Line, Point},
};
use crate::{
    real::Real,
    values::{
        argument::Argument,
        coordinate::{Comparison, Scale, Verdict},
        direction::Direction,
        report::Report,
    },
};

/// How many wrong coordinates of large arguments are named at most.
pub const NAMED: usize = 8;

/// How many forward passes the search for wrong coordinates may take before it begins no other.
const SEARCH_PASSES: usize = 4_000;

/// Compares one argument's gradient in random directions; where one disagrees, looks for the
/// coordinates that are wrong.
pub(crate) fn compare<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    (seed, directions): (u64, usize),
    report: &mut Report,
) {
    let whole = 0..argument.input.value.len();
    let mut seeds = Rng::with_seed(seed.wrapping_add(at as u64));
    let line = |_| Line::Direction { argument: at, range: whole.clone(), seed: seeds.u64(..) };
    let lines: Vec<_> = (0..directions).map(line).collect();
    let Some(one) = lines.first().filter(|_| !whole.is_empty()) else { return };
    let before = point.forward_passes;
    let point = point.with_noise_along(loss, one);
    report.forward_passes += point.forward_passes - before;
    let compared = compared(loss, &point, argument, &lines, report);
    if compared.iter().any(|direction| direction.verdict == Verdict::Disagrees) {
        Search { point: &point, at, argument, seeds }.run(loss, whole, report);
    }
    report.directions.extend(compared);
}

/// The claimed and the numeric derivative along each of the lines.
fn compared<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    argument: &Argument<F>,
    lines: &[Line],
    report: &mut Report,
) -> Vec<Direction> {
    let numeric = loss.along(point, lines, F::PRECISION.enough);
    report.forward_passes += numeric.iter().map(|it| it.evaluations).sum::<usize>();
    // About the length of the gradient: no single coordinate is larger.
    let scale = Scale::of(numeric.iter(), const { &F::PRECISION });
    let pairs = lines.iter().zip(&numeric).map(|(line, estimate)| {
        let analytic = line.claimed(&argument.gradient);
        let Comparison { numeric, tolerance, verdict } =
            Comparison::new(analytic, estimate, &scale, const { &F::PRECISION });
        let (argument, coordinates) = (argument.name().to_owned(), line.length());
        Direction { argument, coordinates, analytic, numeric, tolerance, verdict }
    });
    pairs.collect()
}

/// Looks for wrong coordinates of one argument: halves a range that is wrong, and looks into each
/// half that is.
struct Search<'a, F> {
    point: &'a Point<F>,
    at: usize,
    argument: &'a Argument<F>,
    seeds: Rng,
}

impl<F: Real> Search<'_, F> {
    fn run(&mut self, loss: &mut impl Differentiate<F>, whole: Range<usize>, report: &mut Report) {
        let end = report.forward_passes + SEARCH_PASSES;
        let mut pending = vec![whole];
        let mut named = 0;
        while let Some(range) = pending.pop().filter(|_| report.forward_passes < end) {
            if range.len() == 1 {
                named += usize::from(self.name(loss, range.start, report));
            } else {
                pending.extend(self.wrong_halves(loss, range, report));
            }
            if named == NAMED {
                break;
            }
        }
    }

    /// The halves of a range in which the gradient is wrong, the first one last.
    fn wrong_halves(
        &mut self,
        loss: &mut impl Differentiate<F>,
        range: Range<usize>,
        report: &mut Report,
    ) -> Vec<Range<usize>> {
        let middle = range.start + range.len() / 2;
        let halves = [middle..range.end, range.start..middle];
        let lines = halves.clone().map(|half| Line::Direction {
            argument: self.at,
            range: half,
            seed: self.seeds.u64(..),
        });
        let directions = compared(loss, self.point, self.argument, &lines, report);
        let pairs = halves.into_iter().zip(directions);
        pairs.filter(|(_, direction)| !direction.passed()).map(|(half, _)| half).collect()
    }

    /// Checks one coordinate on its own, and reports it when it is wrong.
    fn name(&self, loss: &mut impl Differentiate<F>, offset: usize, report: &mut Report) -> bool {
        let line = Line::Coordinate { argument: self.at, offset };
        let numeric = loss.along(self.point, &[line], F::PRECISION.enough);
        report.forward_passes += numeric.iter().map(|it| it.evaluations).sum::<usize>();
        let claimed =
            Line::Coordinate { argument: self.at, offset }.claimed(&self.argument.gradient);
        let wrong = numeric.iter().map(|estimate| {
            let scale = Scale::of(std::iter::once(estimate), const { &F::PRECISION });
            coordinate(self.argument, offset, claimed, estimate, &scale)
        });
        let found = report.coordinates.len();
        report.coordinates.extend(wrong.filter(|it| !it.passed()));
        report.coordinates.len() > found
    }
}
