use std::ops::Range;

use ndarray::ArrayD;

use crate::{
    numeric::{
        derivative::estimate,
        noise::{Noise, neighbour},
        trial::{Site, error},
    },
    real::Real,
    values::slope::Estimate,
};

/// A straight line through the point, along which the loss is a function of one variable.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    /// One coordinate changes.
    Coordinate { argument: usize, offset: usize },
    /// A range of an argument's coordinates moves by the variable times Gaussian weights.
    Direction { argument: usize, range: Range<usize>, seed: u64 },
}

/// Where a loss is differentiated, and what is known of it there.
pub(crate) struct Point<F> {
    pub values: Vec<ArrayD<F>>,
    pub loss: f64,
    pub noise: f64,
    /// The largest coordinate.
    pub largest: f64,
    pub forward_passes: usize,
}

/// A loss that can be differentiated along lines: along one after the other, or along many at once.
pub(crate) trait Differentiate<F> {
    /// The loss at these values, which are the same afterwards.
    fn loss(&mut self, at: &mut [ArrayD<F>]) -> f64;

    /// The derivatives along lines, whose relative error need not be less than `enough`.
    fn along(&mut self, point: &Point<F>, lines: &[Line], enough: f64) -> Vec<Estimate>;

    fn at(&mut self, point: &Point<F>, places: &[Place]) -> Vec<f64>;
}

/// A place on a line.
pub(crate) struct Place {
    pub line: Line,
    pub t: f64,
}

/// One line after the other.
pub(crate) struct Serial<L>(pub L);

impl<F: Real, L: FnMut(&mut [ArrayD<F>]) -> f64> Differentiate<F> for Serial<L> {
    fn loss(&mut self, at: &mut [ArrayD<F>]) -> f64 {
        self.0(at)
    }

    fn along(&mut self, point: &Point<F>, lines: &[Line], enough: f64) -> Vec<Estimate> {
        let mut values = point.values.clone();
        let estimate = |line: &Line| line.estimate(&mut self.0, point, &mut values, enough);
        lines.iter().map(estimate).collect()
    }

    fn at(&mut self, point: &Point<F>, places: &[Place]) -> Vec<f64> {
        let mut values = point.values.clone();
        let loss = |place: &Place| place.line.value(&mut self.0, point, &mut values, place.t);
        places.iter().map(loss).collect()
    }
}

impl<F: Real> Point<F> {
    /// The point, and its loss when that is computed a second time.
    pub fn new(loss: &mut impl Differentiate<F>, mut values: Vec<ArrayD<F>>) -> (Self, f64) {
        let (first, second) = (loss.loss(&mut values), loss.loss(&mut values));
        let noise = Noise::of(const { &F::PRECISION }, |distance, least| {
            let near = |x: F| F::from_f64(neighbour(x.to_f64(), distance, least));
            loss.loss(&mut values.iter().map(|value| value.mapv(near)).collect::<Vec<_>>())
        });
        let forward_passes = 2 + noise.evaluations;
        let numbers = values.iter().flat_map(|value| value.iter().map(|x| x.to_f64().abs()));
        let largest = numbers.fold(0.0, f64::max);
        (Self { values, loss: first, noise: noise.deviation, largest, forward_passes }, second)
    }

    /// How far one value of the loss of this magnitude may be off.
    pub fn error(&self, magnitude: f64) -> f64 {
        error(self.noise, magnitude.abs(), const { &F::PRECISION })
    }

    /// The point with the noise along a direction too: there the coordinates' own roundings are
    /// part of it.
    pub fn with_noise_along(&self, loss: &mut impl Differentiate<F>, line: &Line) -> Self {
        let mut values = self.values.clone();
        let weights = line.weights();
        let noise = Noise::of(const { &F::PRECISION }, |distance, _| {
            line.move_to(&mut values, self, &weights, distance);
            loss.loss(&mut values)
        });
        // total_cmp, for max would forget a NaN.
        let deviation = [noise.deviation, self.noise].into_iter().max_by(f64::total_cmp);
        Self {
            values: self.values.clone(),
            loss: self.loss,
            noise: deviation.unwrap_or(f64::NAN),
            largest: self.largest,
            forward_passes: self.forward_passes + noise.evaluations,
        }
    }
}

impl Line {
    /// The derivative along the line; `values` are the point's, and are again afterwards.
    pub fn estimate<F: Real>(
        &self,
        mut loss: impl FnMut(&mut [ArrayD<F>]) -> f64,
        point: &Point<F>,
        values: &mut [ArrayD<F>],
        enough: f64,
    ) -> Estimate {
        let weights = self.weights();
        let x = self.start(point);
        let precision = const { &F::PRECISION };
        let (value, noise, largest) = (point.loss, point.noise, point.largest);
        let site = Site { x, value, noise, largest, enough, precision };
        let moved = |t| {
            self.move_to(values, point, &weights, t);
            loss(values)
        };
        let estimate = estimate(moved, &site);
        self.move_to(values, point, &weights, x);
        estimate
    }

    /// The loss where the variable is `t`; `values` are the point's, and are again afterwards.
    pub fn value<F: Real>(
        &self,
        mut loss: impl FnMut(&mut [ArrayD<F>]) -> f64,
        point: &Point<F>,
        values: &mut [ArrayD<F>],
        t: f64,
    ) -> f64 {
        let weights = self.weights();
        self.move_to(values, point, &weights, t);
        let value = loss(values);
        self.move_to(values, point, &weights, self.start(point));
        value
    }

    /// The derivative along the line that a `gradient` of its argument claims.
    pub fn claimed<F: Real>(&self, gradient: &ArrayD<F>) -> f64 {
        match self {
            Self::Coordinate { offset, .. } => {
                gradient[&*index_of(*offset, gradient.shape())].to_f64()
            }
            Self::Direction { range, .. } => {
                let moved = gradient.iter().skip(range.start);
                summed(moved.zip(self.weights()).map(|(slope, weight)| slope.to_f64() * weight))
            }
        }
    }

    /// How many coordinates change along the line.
    pub fn length(&self) -> usize {
        match self {
            Self::Coordinate { .. } => 1,
            Self::Direction { range, .. } => range.len(),
        }
    }

    /// The variable's value at the point.
    pub fn start<F: Real>(&self, point: &Point<F>) -> f64 {
        match *self {
            Self::Coordinate { argument, offset } => {
                let value = &point.values[argument];
                value[&*index_of(offset, value.shape())].to_f64()
            }
            Self::Direction { .. } => 0.0,
        }
    }

    /// Moves its one coordinate, if it is one, or all, and leaves the others as they are.
    pub fn set<F: Real>(&self, values: &mut [ArrayD<F>], point: &Point<F>, t: f64) {
        self.move_to(values, point, &self.weights(), t);
    }

    pub fn argument(&self) -> usize {
        match self {
            Self::Coordinate { argument, .. } | Self::Direction { argument, .. } => *argument,
        }
    }

    fn move_to<F: Real>(
        &self,
        values: &mut [ArrayD<F>],
        point: &Point<F>,
        weights: &[f64],
        t: f64,
    ) {
        match self {
            Self::Coordinate { argument, offset } => {
                let index = index_of(*offset, values[*argument].shape());
                values[*argument][&*index] = F::from_f64(t);
            }
            Self::Direction { argument, range, .. } => {
                let from = point.values[*argument].iter().skip(range.start).zip(weights);
                let to = values[*argument].iter_mut().skip(range.start);
                to.zip(from).for_each(|(to, (x, weight))| {
                    *to = F::from_f64(x.to_f64() + t * weight);
                });
            }
        }
    }

    /// The weights of a direction: independent, Gaussian, of variance 1 (Box & Muller, 1958).
    fn weights(&self) -> Vec<f64> {
        let Self::Direction { range, seed, .. } = self else { return Vec::new() };
        let mut rng = fastrand::Rng::with_seed(*seed);
        let gaussian = || {
            let (radius, turn) = (1.0 - rng.f64(), rng.f64());
            (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
        };
        std::iter::repeat_with(gaussian).take(range.len()).collect()
    }
}

/// The sum of the terms to nearly full precision, however many there are (Neumaier, “Rundungsfehler-
/// analyse einiger Verfahren zur Summation endlicher Summen”, *ZAMM* 54, 1974).
pub(crate) fn summed(terms: impl Iterator<Item = f64>) -> f64 {
    let (sum, lost) = terms.fold((0.0, 0.0), |(sum, lost): (f64, f64), term| {
        let next = sum + term;
        let (larger, smaller) = if sum.abs() >= term.abs() { (sum, term) } else { (term, sum) };
        (next, lost + ((larger - next) + smaller))
    });
    // A sum that has become infinite has lost NaN.
    if sum.is_finite() { sum + lost } else { sum }
}

/// The index of the element that is `offset` elements after the first, in row-major order.
pub(crate) fn index_of(mut offset: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (at, length) in index.iter_mut().zip(shape).rev() {
        *at = offset % length;
        offset /= length;
    }
    index
}

/// The position of an index in row-major order.
pub(crate) fn offset_of(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |offset, (at, length)| offset * length + at)
}
