//! Claims at several kinks at once. The slopes to both sides of each coordinate bound a box, and only
//! part of it need be subgradients: of a tied maximum, those that add up to one.
//!
//! A subgradient is a mean of the gradients near the point (Clarke, *Optimization and Nonsmooth
//! Analysis*, 1983, §2.5). Gradients are sampled where the claim lies furthest from the means of
//! those that are known, until it is one, or no gradient is found beyond them.

use fastrand::Rng;
use ndarray::{Array1, ArrayD};

use super::line::{Differentiate, Line, Point, offset_of};
use crate::{
    real::Real,
    values::{
        argument::Argument,
        coordinate::{Coordinate, Undecided, Verdict},
        slope::Kink,
    },
};

/// The part of its distance from the point over which a gradient is taken: as short as the noise lets
/// it be, for kinks that are nearer to one another than that hide in it.
const SPAN: [f64; 2] = [1.0 / 1024.0, 1.0 / 64.0];

/// The part of a kink's height by which a gradient near by may differ from one at the point.
const COARSE: f64 = 1.0 / 256.0;

/// The part of the way to the claim that a new gradient has to go for the search to go on.
const PROGRESS: f64 = 0.01;

/// The part of a kink's height that gradients near by must be known to.
const KNOWN: f64 = 0.05;

/// Random changes of a direction in which no gradient is found to go on.
const JITTERS: [f64; 6] = [1e-3, 0.05, 0.05, 0.1, 0.3, 1.0];

/// The least part of its distance that a coordinate moves: its own kink is not to be seen in its slope.
const LEAST: f64 = 0.125;

/// Gradients of random sides that tell which kinks depend on one another.
const SIDES: usize = 4;

/// How often a gradient is drawn anew where kinks hide in its span.
const DRAWS: usize = 16;

/// How many gradients are sampled at most for each kink, and beside that.
const SAMPLES: (usize, usize) = (3, 20);

/// A coordinate at which the loss has a kink.
struct Kinked {
    line: Line,
    claimed: f64,
    kink: Kink,
}

/// What the claims at several kinks come to together.
enum Together {
    /// No kink depends on another: each claim stands for itself.
    Separate,
    /// They are a mean of gradients near by, which lie in these ranges.
    Subgradient(Vec<(f64, f64)>),
    /// They are not; this is the nearest that is, and how far it may be off.
    Not(Vec<(f64, f64)>),
    /// No such mean was found, which need not mean that there is none.
    Unknown,
}

/// Judges the claims at several kinks together; says how often the loss was computed.
pub(crate) fn judge<F: Real>(
    loss: &mut impl Differentiate<F>,
    point: &Point<F>,
    arguments: &[Argument<F>],
    coordinates: &mut [Coordinate],
) -> usize {
    let mut coordinates: Vec<_> = coordinates.iter_mut().filter(|it| it.kink.is_some()).collect();
    let kinked = coordinates.iter().filter_map(|it| Kinked::of(it, arguments));
    let kinked: Vec<_> = kinked.collect();
    if kinked.len() < 2 {
        return 0;
    }
    let mut search = Search::new(loss, point, &kinked);
    let together = search.run();
    for (at, coordinate) in coordinates.iter_mut().enumerate() {
        together.judge(at, kinked[at].height(), coordinate);
    }
    search.forward_passes
}

impl Together {
    /// Judges one of the claims.
    fn judge(&self, at: usize, height: f64, coordinate: &mut Coordinate) {
        let claimed = coordinate.analytic;
        match self {
            Self::Separate => (),
            Self::Subgradient(ranges) => {
                let ((low, high), coarse) = (ranges[at], COARSE * height);
                // Beyond its own two slopes, where the others' kinks have gradients too.
                if !coordinate.passed() && (low - coarse..=high + coarse).contains(&claimed) {
                    (coordinate.numeric, coordinate.tolerance) = (claimed, coarse);
                    coordinate.verdict = Verdict::Agrees;
                }
            }
            Self::Not(nearest) => {
                let (numeric, coarse) = nearest[at];
                if coordinate.passed() && (claimed - numeric).abs() > coarse {
                    (coordinate.numeric, coordinate.tolerance) = (numeric, coarse);
                    coordinate.verdict = Verdict::Disagrees;
                }
            }
            Self::Unknown => coordinate.verdict = Verdict::Undecided(Undecided::Kinks),
        }
    }
}

/// A gradient near the point, in units of the kinks' heights, and the way to where it was taken.
struct Sample {
    way: Array1<f64>,
    gradient: Array1<f64>,
}

struct Search<'a, F, L> {
    loss: &'a mut L,
    point: &'a Point<F>,
    kinked: &'a [Kinked],
    /// The claims in units of the kinks' heights, and how far a gradient near by may be off.
    claims: Array1<f64>,
    coarse: Array1<f64>,
    span: f64,
    rng: Rng,
    samples: Vec<Sample>,
    forward_passes: usize,
}

impl<'a, F: Real, L: Differentiate<F>> Search<'a, F, L> {
    fn new(loss: &'a mut L, point: &'a Point<F>, kinked: &'a [Kinked]) -> Self {
        let claims = kinked.iter().map(|it| it.claimed / it.height()).collect();
        let noise = point.error(point.loss);
        let wanted = kinked.iter().map(|it| noise / (it.distance(point) * it.height() * COARSE));
        let span = wanted.fold(SPAN[0], f64::max).min(SPAN[1]);
        let coarse = |it: &Kinked| {
            let slopes = it.kink.left.error.max(it.kink.right.error);
            COARSE + (slopes + noise / (span * it.distance(point))) / it.height()
        };
        let coarse = kinked.iter().map(coarse).collect();
        let (rng, samples) = (Rng::with_seed(1), Vec::new());
        Self { loss, point, kinked, claims, coarse, span, rng, samples, forward_passes: 0 }
    }

    fn run(&mut self) -> Together {
        if self.coarse.iter().any(|coarse| *coarse > KNOWN) {
            return Together::Unknown;
        }
        if self.is_gradient_of_its_sides() {
            return self.subgradient();
        }
        match self.coupled() {
            None => Together::Unknown,
            Some(coupled) if coupled.is_empty() => Together::Separate,
            Some(coupled) => self.approach(&coupled),
        }
    }

    /// Samples gradients until the claims are a mean of them, or none is nearer to what is missing.
    fn approach(&mut self, coupled: &[usize]) -> Together {
        for _ in 0..SAMPLES.0 * coupled.len() + SAMPLES.1 {
            let nearest = self.nearest(coupled);
            let missing: Array1<f64> = &self.claims - &nearest;
            if coupled.iter().all(|at| missing[*at].abs() <= self.coarse[*at]) {
                return self.subgradient();
            }
            if !self.goes_on(coupled, &nearest, &missing) {
                let certain = self.is_monotone();
                return if certain { self.not(coupled, &nearest) } else { Together::Unknown };
            }
        }
        Together::Unknown
    }

    /// True when the claims are those of the sides that they name: where all lie at the end of their
    /// range, a framework has chosen one side of each kink. The arguments may have to move alone.
    fn is_gradient_of_its_sides(&mut self) -> bool {
        let sides: Array1<f64> = self.kinked.iter().map(Kinked::side).collect();
        let arguments: Vec<_> = self.kinked.iter().map(|it| it.line.argument()).collect();
        let mut moved: Vec<_> = arguments.clone();
        moved.dedup();
        let alone = moved.iter().map(|only| {
            let weight = |argument: &usize| if argument == only { 1.0 } else { 1e-3 };
            arguments.iter().map(weight).collect::<Array1<_>>()
        });
        // A single argument alone is all of them.
        let alone = alone.filter(|_| moved.len() > 1);
        let all = std::iter::once(Array1::ones(sides.len())).chain(alone);
        let ways: Vec<_> = all.map(|weights| weights * &sides).collect();
        ways.into_iter().any(|way| {
            let way = self.varied(&way, JITTERS[0]);
            let gradient = self.sample(way);
            gradient.is_some_and(|gradient| {
                let off = (gradient - &self.claims).mapv(f64::abs);
                off.iter().zip(&self.coarse).all(|(off, coarse)| off <= coarse)
            })
        })
    }

    /// The way with random changes, and no coordinate left at its kink.
    fn varied(&mut self, way: &Array1<f64>, jitter: f64) -> Array1<f64> {
        way.mapv(|it| {
            let it = it + jitter * (2.0 * self.rng.f64() - 1.0);
            it + LEAST * it.signum()
        })
    }

    /// The kinks at which some gradient is not the slope of the side that the coordinate is on. None
    /// where too few gradients could be sampled to tell.
    fn coupled(&mut self) -> Option<Vec<usize>> {
        for sign in [-1.0, 1.0] {
            // All to one side in some order, and in the reverse order: of several that are tied no one
            // is ahead in both.
            self.until_sampled(|order, _| vec![sign * order, sign * (1.25 - order)])?;
        }
        for _ in 0..SIDES {
            let sides = |order: &Array1<f64>, rng: &mut Rng| {
                vec![order.mapv(|it| if rng.bool() { it } else { -it })]
            };
            self.until_sampled(sides)?;
        }
        let is_coupled = |at: &usize| {
            let kinked = &self.kinked[*at];
            self.samples.iter().any(|sample| {
                let own = kinked.slope(sample.way[*at]) / kinked.height();
                (sample.gradient[*at] - own).abs() > self.coarse[*at]
            })
        };
        Some((0..self.kinked.len()).filter(is_coupled).collect())
    }

    /// Samples gradients on ways that are made of random numbers from ¼ to 1, until all are smooth.
    fn until_sampled(
        &mut self,
        ways: impl Fn(&Array1<f64>, &mut Rng) -> Vec<Array1<f64>>,
    ) -> Option<()> {
        (0..DRAWS).find_map(|_| {
            let order = (0..self.kinked.len()).map(|_| 0.25 + 0.75 * self.rng.f64()).collect();
            let ways = ways(&order, &mut self.rng);
            ways.into_iter().try_for_each(|way| self.sample(way).map(drop))
        })
    }

    /// Samples the gradient on the way from the point, where each coordinate moves by up to one unit
    /// of its distance. None where that is at a kink too.
    fn sample(&mut self, way: Array1<f64>) -> Option<Array1<f64>> {
        let mut values = self.point.values.clone();
        for (kinked, way) in self.kinked.iter().zip(&way) {
            kinked.line.set(&mut values, self.point, kinked.place(self.point, *way));
        }
        let value = self.loss.loss(&mut values);
        self.forward_passes += 1 + 2 * way.len();
        let partial = |at: usize| self.partial(&mut values, value, at, way[at]);
        let gradient: Array1<f64> = (0..way.len()).map(partial).collect::<Option<Vec<_>>>()?.into();
        self.samples.push(Sample { way, gradient: gradient.clone() });
        Some(gradient)
    }

    fn partial(
        &mut self,
        values: &mut [ArrayD<F>],
        value: f64,
        at: usize,
        way: f64,
    ) -> Option<f64> {
        let kinked = &self.kinked[at];
        let place = kinked.place(self.point, way);
        let span = self.span * kinked.distance(self.point);
        let [low, high] = [place - span, place + span].map(F::PRECISION.round);
        let [below, above] = [low, high].map(|t| {
            kinked.line.set(values, self.point, t);
            self.loss.loss(values)
        });
        kinked.line.set(values, self.point, place);
        let [left, right] = [(value - below) / (place - low), (above - value) / (high - place)];
        let smooth = (right - left).abs() <= 4.0 * self.coarse[at] * kinked.height();
        smooth.then(|| (above - below) / (high - low) / kinked.height())
    }

    /// The mean of the sampled gradients that is nearest to the claims in these coordinates, by
    /// pairwise steps of Frank and Wolfe's method (S. Lacoste-Julien & M. Jaggi, 2015).
    fn nearest(&self, coupled: &[usize]) -> Array1<f64> {
        let all: Vec<_> = self.samples.iter().map(|it| &it.gradient).collect();
        let dot = |one: &Array1<f64>, other: &Array1<f64>| -> f64 {
            coupled.iter().map(|at| one[*at] * other[*at]).sum()
        };
        let mut weights = vec![0.0; all.len()];
        weights[0] = 1.0;
        let mut nearest = all[0].clone();
        for _ in 0..100 * all.len() {
            let missing = &self.claims - &nearest;
            let along: Vec<_> = all.iter().map(|gradient| dot(gradient, &missing)).collect();
            let by = |one: &usize, other: &usize| along[*one].total_cmp(&along[*other]);
            let best = (0..all.len()).max_by(by).unwrap_or(0);
            let used = (0..all.len()).filter(|at| weights[*at] > 0.0);
            let worst = used.min_by(by).unwrap_or(0);
            let change = all[best] - all[worst];
            let length = dot(&change, &change);
            if along[best] - along[worst] <= 1e-9 * length || length == 0.0 {
                break;
            }
            let part = ((along[best] - along[worst]) / length).min(weights[worst]);
            weights[worst] -= part;
            weights[best] += part;
            nearest = nearest + part * change;
        }
        nearest
    }

    /// Looks for a gradient that is nearer to what is missing, first where a sum of convex and concave
    /// functions has it.
    fn goes_on(&mut self, coupled: &[usize], nearest: &Array1<f64>, missing: &Array1<f64>) -> bool {
        let along = |gradient: &Array1<f64>| -> f64 {
            coupled.iter().map(|at| missing[*at] * (gradient[*at] - nearest[*at])).sum()
        };
        let wanted = PROGRESS * coupled.iter().map(|at| missing[*at].powi(2)).sum::<f64>();
        let signed: Array1<f64> = (0..missing.len())
            .map(|at| if coupled.contains(&at) { missing[at] * self.sign(at) } else { 0.0 })
            .collect();
        let longest = signed.iter().fold(0.0, |longest: f64, it| longest.max(it.abs()));
        let ways = [ranked(&signed), signed / longest];
        JITTERS.into_iter().any(|jitter| {
            ways.iter().any(|way| {
                let way = self.varied(way, jitter);
                self.sample(way).is_some_and(|gradient| along(&gradient) > wanted)
            })
        })
    }

    fn sign(&self, at: usize) -> f64 {
        self.kinked[at].kink.height().signum()
    }

    /// True when all sampled gradients lie between the slopes of each kink and grow with the way to
    /// them, up to the sign of the kink, as those of a sum of convex and concave functions of different
    /// coordinates do: then the search sees what there is.
    fn is_monotone(&self) -> bool {
        let is_between = |(at, kinked): (usize, &Kinked)| {
            self.samples.iter().all(|sample| {
                let slope = sample.gradient[at] * kinked.height();
                let off = (slope - kinked.kink.nearest(slope).value).abs();
                off <= self.coarse[at] * kinked.height()
            })
        };
        if !self.kinked.iter().enumerate().all(is_between) {
            return false;
        }
        let grows = |one: &Sample, other: &Sample| {
            let terms = self.kinked.iter().enumerate().map(|(at, kinked)| {
                let way = (one.way[at] - other.way[at]) * kinked.distance(self.point);
                let change = one.gradient[at] - other.gradient[at];
                kinked.kink.height() * way * change + kinked.height() * way.abs() * self.coarse[at]
            });
            terms.sum::<f64>() >= 0.0
        };
        let earlier = |at: usize| &self.samples[..at];
        let mut samples = self.samples.iter().enumerate();
        samples.all(|(at, one)| earlier(at).iter().all(|other| grows(one, other)))
    }

    fn subgradient(&self) -> Together {
        let ranges = self.kinked.iter().enumerate().map(|(at, kinked)| {
            let slopes = self.samples.iter().map(|it| it.gradient[at] * kinked.height());
            slopes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
                (low.min(it), high.max(it))
            })
        });
        Together::Subgradient(ranges.collect())
    }

    /// Separate kinks keep their own claims.
    fn not(&self, coupled: &[usize], nearest: &Array1<f64>) -> Together {
        let all = self.kinked.iter().enumerate().map(|(at, kinked)| match coupled.contains(&at) {
            true => (nearest[at] * kinked.height(), self.coarse[at] * kinked.height()),
            false => (kinked.claimed, 0.0),
        });
        Together::Not(all.collect())
    }
}

/// The ranks of the numbers, from −1 to 1: in the same order, and none too near to another.
fn ranked(numbers: &Array1<f64>) -> Array1<f64> {
    let mut order: Vec<_> = (0..numbers.len()).collect();
    order.sort_by(|one, other| numbers[*one].total_cmp(&numbers[*other]));
    let mut ranks = Array1::zeros(numbers.len());
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = (2 * rank + 1) as f64 / numbers.len() as f64 - 1.0;
    }
    ranks
}

impl Kinked {
    fn of<F: Real>(coordinate: &Coordinate, arguments: &[Argument<F>]) -> Option<Self> {
        let argument = arguments.iter().position(|it| it.name() == coordinate.argument)?;
        let offset = offset_of(&coordinate.index, arguments[argument].shape());
        let line = Line::Coordinate { argument, offset };
        Some(Self { line, claimed: coordinate.analytic, kink: coordinate.kink? })
    }

    fn height(&self) -> f64 {
        self.kink.height().abs()
    }

    /// Where in the range of its slopes the claim lies, from −1 at the left one to 1 at the right one.
    fn side(&self) -> f64 {
        let middle = self.kink.left.value / 2.0 + self.kink.right.value / 2.0;
        (2.0 * (self.claimed - middle) / self.kink.height()).clamp(-1.0, 1.0)
    }

    /// The slope of the side that is on the way.
    fn slope(&self, way: f64) -> f64 {
        if way > 0.0 { self.kink.right.value } else { self.kink.left.value }
    }

    /// How far the coordinate may move.
    fn distance<F: Real>(&self, point: &Point<F>) -> f64 {
        F::PRECISION.beside * self.line.start(point).abs().max(1.0)
    }

    fn place<F: Real>(&self, point: &Point<F>, way: f64) -> f64 {
        (F::PRECISION.round)(self.line.start(point) + way * self.distance(point))
    }
}
