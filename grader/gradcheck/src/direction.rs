use std::ops::Range;

use fastrand::Rng;

use crate::{
    Argument, Float, Report,
    check::coordinate,
    coordinate::{Comparison, Scale, Verdict},
    line::{Differentiate, Line, Point, index_of},
};

/// In how many random directions a large argument is checked.
pub const DIRECTIONS: usize = 4;

/// How many wrong coordinates of large arguments are named at most.
pub const NAMED: usize = 8;

/// How many forward passes the search for wrong coordinates may take before it begins no other.
const SEARCH_PASSES: usize = 4_000;

/// The derivative of the loss in one random direction of an argument, claimed and numeric.
///
/// The weights of the direction are independent and Gaussian with variance 1. A gradient that is
/// wrong by an array e is off by N(0, ‖e‖²) in it, so that a direction misses it with a probability
/// of at most 0.8·τ/‖e‖, where τ is the [`tolerance`](Self::tolerance), and all four with at most
/// (0.8·τ/‖e‖)⁴: 4e-9 for an error a hundred times the tolerance, and no better than chance for one
/// that is as small as it.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// The argument's name.
    pub argument: String,
    /// How many coordinates the direction moves: all that the argument has.
    pub coordinates: usize,
    /// The sum of the claimed gradient times the direction.
    pub analytic: f64,
    /// The derivative by finite differences.
    pub numeric: f64,
    /// How far the two may be apart; infinite where finite differences cannot tell.
    pub tolerance: f64,
    /// Whether the two agree.
    pub verdict: Verdict,
}

impl Direction {
    /// True when the two agree. What is not finite agrees with nothing.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Agrees
    }
}

/// Compares one argument's gradient in random directions; where one disagrees, looks for the
/// coordinates that are wrong.
pub(crate) fn examine<F: Float>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
    seed: u64,
    report: &mut Report,
) {
    let whole = 0..argument.value.len();
    let mut seeds = Rng::with_seed(seed.wrapping_add(at as u64));
    let line = |_| Line::Direction { argument: at, range: whole.clone(), seed: seeds.u64(..) };
    let lines: Vec<_> = (0..DIRECTIONS).map(line).collect();
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
fn compared<F: Float>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    argument: &Argument<F>,
    lines: &[Line],
    report: &mut Report,
) -> Vec<Direction> {
    let numeric = loss.along(point, lines);
    report.forward_passes += numeric.iter().map(|it| it.evaluations).sum::<usize>();
    // About the length of the gradient: no single coordinate is larger.
    let scale = Scale::of(numeric.iter(), const { &F::PRECISION });
    let pairs = lines.iter().zip(&numeric).map(|(line, estimate)| {
        let analytic = line.claimed(&argument.gradient);
        let Comparison { numeric, tolerance, verdict } =
            Comparison::new(analytic, estimate, &scale, const { &F::PRECISION });
        let (argument, coordinates) = (argument.name.clone(), line.length());
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

impl<F: Float> Search<'_, F> {
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
        let numeric = loss.along(self.point, &[line]);
        report.forward_passes += numeric.iter().map(|it| it.evaluations).sum::<usize>();
        let index = index_of(offset, self.argument.gradient.shape());
        let claimed = self.argument.gradient[&*index].to_f64();
        let wrong = numeric.iter().map(|estimate| {
            let scale = Scale::of(std::iter::once(estimate), const { &F::PRECISION });
            coordinate(self.argument, offset, claimed, estimate, &scale)
        });
        let found = report.coordinates.len();
        report.coordinates.extend(wrong.filter(|it| !it.passed()));
        report.coordinates.len() > found
    }
}
