//! Many coordinates at once. What the bound of one needs beside its own two values of the loss is
//! learnt from a few of them: the noise, the step, and how large the second and third derivatives are.
//!
//! It settles a coordinate only where the claim agrees, so it fails none: all others are looked at on
//! their own. A wrong claim passes where the difference is off by the same amount to within the bound,
//! although neither the change of slope nor the claim shows it.

use super::line::{Differentiate, Line, Place, Point};
use crate::{
    real::{Precision, Real},
    values::{
        argument::Argument,
        slope::{Estimate, Slope},
    },
};

/// From this many coordinates on it is worth it.
const MANY: usize = 64;

/// How many coordinates are looked at closely, spread evenly over the argument.
const LEARNT_FROM: usize = 16;

/// How many times as large as theirs the derivatives of another coordinate may be.
const MARGIN: f64 = 4.0;

/// How many times the error that is good enough for few coordinates is so for many.
const GOOD: f64 = 100.0;

/// The relative error that is good enough for each of so many coordinates.
pub(crate) fn enough<F: Real>(count: usize) -> f64 {
    if count < MANY { F::PRECISION.enough } else { GOOD * F::PRECISION.enough }
}

/// The derivatives of the coordinates of an argument that could be settled, and how often the loss
/// was computed.
pub(crate) fn settle<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    (at, argument): (usize, &Argument<F>),
) -> (Vec<Option<Estimate>>, usize) {
    let count = argument.input.value.len();
    if count < MANY || !point.noise.is_finite() {
        return (vec![None; count], 0);
    }
    let mut screen = Screen { loss, point, at, forward_passes: 0 };
    let scales = screen.learn(count);
    let step = scales.step(screen.noise(), const { &F::PRECISION });
    let pairs = screen.pairs(0..count, step);
    let claims = argument.gradient.iter().map(|it| it.to_f64());
    let mut settled: Vec<_> = pairs
        .iter()
        .zip(claims.clone())
        .map(|(pair, claimed)| screen.agreed(pair, claimed, &scales))
        .collect();
    let still = pairs.iter().zip(claims).enumerate().filter(|(_, (pair, claimed))| {
        *claimed == 0.0 && pair.difference() == 0.0 && pair.change(point.loss) == 0.0
    });
    let still: Vec<_> = still.map(|(offset, _)| offset).collect();
    screen.settle_flat(&still, &mut settled);
    (settled, screen.forward_passes)
}

/// The loss above and below the point in one coordinate, by a step in units of x or of 1.
struct Pair {
    below: f64,
    above: f64,
    h: f64,
    x: f64,
}

impl Pair {
    fn difference(&self) -> f64 {
        (self.above - self.below) / (2.0 * self.h)
    }

    /// What is left of the two changes where they should cancel.
    fn change(&self, loss: f64) -> f64 {
        ((self.above - loss) + (self.below - loss)).abs()
    }

    fn unit(&self) -> f64 {
        self.x.abs().max(1.0)
    }
}

/// The largest second and third derivatives that were seen, by the units of the coordinates.
struct Scales {
    second: f64,
    third: f64,
}

impl Scales {
    /// Where truncation h²·f‴/6 and round-off η/h of a difference are alike.
    fn step(&self, noise: f64, precision: &Precision) -> f64 {
        let wanted = (6.0 * noise / (MARGIN * self.third)).cbrt();
        // clamp would hand on a NaN.
        wanted.max(precision.first_step / 4096.0).min(precision.first_step)
    }
}

struct Screen<'a, F, L> {
    loss: &'a mut L,
    point: &'a Point<F>,
    at: usize,
    forward_passes: usize,
}

impl<F: Real, L: Differentiate<F>> Screen<'_, F, L> {
    /// The error of one value of the loss.
    fn noise(&self) -> f64 {
        self.point.error(self.point.loss)
    }

    fn pairs(&mut self, offsets: impl Iterator<Item = usize>, step: f64) -> Vec<Pair> {
        let line = |offset| Line::Coordinate { argument: self.at, offset };
        let (lines, xs): (Vec<_>, Vec<_>) = offsets
            .map(|offset| {
                let line = line(offset);
                let x = line.start(self.point);
                (line, x)
            })
            .unzip();
        let round = F::PRECISION.round;
        let step = |x: f64| round(x.abs() + step * x.abs().max(1.0)) - x.abs();
        let places = lines.iter().zip(&xs).flat_map(|(line, x)| {
            [x - step(*x), x + step(*x)].map(|t| Place { line: line.clone(), t })
        });
        let values = self.loss.at(self.point, &places.collect::<Vec<_>>());
        self.forward_passes += values.len();
        let pair =
            |(pair, x): (&[f64], &f64)| Pair { below: pair[0], above: pair[1], h: step(*x), x: *x };
        values.chunks(2).zip(&xs).map(pair).collect()
    }

    /// The derivatives of a few coordinates, from two long steps.
    fn learn(&mut self, count: usize) -> Scales {
        let few = || (0..LEARNT_FROM).map(|which| which * count / LEARNT_FROM);
        let first = F::PRECISION.first_step;
        let (long, short) = (self.pairs(few(), first), self.pairs(few(), first / 2.0));
        let mut scales = Scales { second: 0.0, third: 0.0 };
        for (long, short) in long.iter().zip(&short) {
            let unit = long.unit();
            let second = short.change(self.point.loss) / short.h.powi(2);
            let third = 8.0 * (long.difference() - short.difference()).abs() / long.h.powi(2);
            scales.second = scales.second.max(second * unit.powi(2));
            scales.third = scales.third.max(third * unit.powi(3));
        }
        scales
    }

    /// The difference, where the claim agrees with it and no side of the point is odd.
    fn agreed(&self, pair: &Pair, claimed: f64, scales: &Scales) -> Option<Estimate> {
        let (unit, value, noise) = (pair.unit(), pair.difference(), self.noise());
        let truncation = MARGIN * scales.third / unit.powi(3) * pair.h.powi(2) / 6.0;
        let error = truncation + noise / pair.h;
        let smooth = MARGIN * scales.second / unit.powi(2) * pair.h.powi(2) + 4.0 * noise;
        let agrees = (value - claimed).abs() <= error
            && error <= enough::<F>(MANY) * value.abs()
            && pair.change(self.point.loss) <= smooth;
        let estimate = Estimate::of(Slope { value, error });
        agrees.then_some(Estimate { scale: value.abs(), ..estimate })
    }

    /// Settles the coordinates on which the loss does not depend over a long step either.
    fn settle_flat(&mut self, still: &[usize], settled: &mut [Option<Estimate>]) {
        let loss = self.point.loss;
        let pairs = self.pairs(still.iter().copied(), F::PRECISION.first_step);
        for (offset, pair) in still.iter().zip(pairs) {
            if pair.above == loss && pair.below == loss {
                let scale = Estimate::scale_of(loss, pair.x);
                let estimate = Estimate::of(Slope { value: 0.0, error: self.noise() / pair.h });
                settled[*offset] = Some(Estimate { scale, ..estimate });
            }
        }
    }
}
