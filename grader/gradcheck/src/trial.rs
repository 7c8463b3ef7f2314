use crate::{Slope, precision::Precision};

/// The ratio of a step to the one before, e^−½. Were it ½, a periodic f would look the same at all
/// three steps whenever the shortest is a multiple of its period.
pub(crate) const RATIO: f64 = 0.606_530_659_712_633_4;

/// How far one value of f may be off: standard deviations of its noise, and units of ε·|f|.
const DEVIATIONS: f64 = 4.0;
const ROUNDINGS: f64 = 2.0;

/// By how much one trial may shorten and lengthen the step.
pub(crate) const CHANGE: (f64, f64) = (1.0 / 1024.0, 32.0);

/// A point of a function, and what is known of the function there.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub x: f64,
    pub value: f64,
    pub noise: f64,
    pub precision: &'static Precision,
}

impl Site {
    /// The nearest step that x can take exactly; none is shorter than the spacing of numbers at x.
    fn representable(&self, h: f64) -> f64 {
        let (x, precision) = (self.x.abs(), self.precision);
        ((precision.round)(x + h) - x).max((precision.next_up)(x) - x)
    }

    /// The error of one value of f of this `magnitude`.
    pub fn error(&self, magnitude: f64) -> f64 {
        DEVIATIONS * self.noise + ROUNDINGS * self.precision.epsilon * magnitude
    }
}

/// A difference formula: which points it takes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scheme {
    Central,
    Left,
    Right,
}

impl Scheme {
    /// How many steps its two points are above and below x.
    fn sides(self) -> (f64, f64) {
        match self {
            Self::Central => (1.0, 1.0),
            Self::Left => (0.0, 1.0),
            Self::Right => (1.0, 0.0),
        }
    }

    /// The first two powers of h in its truncation error.
    fn powers(self) -> (i32, i32) {
        if self == Self::Central { (2, 4) } else { (1, 2) }
    }

    /// The error of the extrapolated value: units of η/h, where η is the error of one value of f,
    /// and units of ε times the value, for the divisions.
    pub fn round_off(self) -> (f64, f64) {
        match self {
            // The weights 1.83, 0.92 and 0.09 times the errors 2.72/h, 1.65/h and 1/h.
            Self::Central => (6.6, 4.0),
            // The weights 4.02, 3.92 and 0.90 times the errors 5.44/h, 3.30/h and 2/h.
            Self::Left | Self::Right => (36.6, 12.0),
        }
    }
}

/// What the differences at three steps, from h down, say.
#[derive(Clone, Copy)]
pub(crate) struct Trial {
    pub scheme: Scheme,
    pub step: f64,
    pub value: f64,
    pub truncation: f64,
    pub round_off: f64,
    /// Of the largest value of f.
    pub magnitude: f64,
    /// A central difference whose two halves contradict each other.
    pub bent: bool,
}

impl Trial {
    pub fn new(mut f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme, step: f64) -> Self {
        let (above, below) = scheme.sides();
        let mut point = |t: f64| (t, if t == site.x { site.value } else { f(t) });
        let samples = [step, step * RATIO, step * RATIO * RATIO].map(|step| {
            let h = site.representable(step);
            Sample { h, above: point(site.x + above * h), below: point(site.x - below * h) }
        });
        let whole = Self::of(site, scheme, &samples);
        Self { bent: scheme == Scheme::Central && whole.is_bent(site, &samples), ..whole }
    }

    fn of(site: &Site, scheme: Scheme, samples: &[Sample; 3]) -> Self {
        let [coarse, middle, fine] = samples.map(|sample| sample.difference());
        let (first, second) = scheme.powers();
        let early = without(first, coarse, middle);
        let late = without(first, middle, fine);
        let value = without(second, early, late);
        let magnitude = samples.iter().map(Sample::magnitude).fold(0.0, f64::max);
        let (per_step, divisions) = scheme.round_off();
        let step = samples[0].h;
        let round_off = per_step * site.error(magnitude) / step
            + divisions * site.precision.epsilon * value.abs();
        let truncation = (late - early).abs();
        Self { scheme, step, value, truncation, round_off, magnitude, bent: false }
    }

    /// True when the same samples have one slope above x and another below it.
    fn is_bent(&self, site: &Site, samples: &[Sample; 3]) -> bool {
        let x = (site.x, site.value);
        let right = Self::of(site, Scheme::Right, &samples.map(|it| Sample { below: x, ..it }));
        let left = Self::of(site, Scheme::Left, &samples.map(|it| Sample { above: x, ..it }));
        right.slope().contradicts(&left.slope())
    }

    pub fn slope(&self) -> Slope {
        Slope { value: self.value, error: self.error() }
    }

    pub fn error(&self) -> f64 {
        self.truncation + self.round_off
    }

    pub fn is_enough(&self, relative: f64) -> bool {
        self.error().is_finite() && self.error() <= relative * self.value.abs()
    }

    /// Of two trials that contradict each other the shorter step is right: over the longer one f
    /// is not smooth, or turns so often that its differences agree by accident.
    pub fn beats(&self, other: &Self) -> bool {
        if self.agrees(other) { self.error() < other.error() } else { self.step < other.step }
    }

    pub fn agrees(&self, other: &Self) -> bool {
        (self.value - other.value).abs() <= self.error() + other.error()
    }

    /// The step at which the truncation that is bounded and 1/h round-off would be equal.
    pub fn next_step(&self) -> f64 {
        let (shortest, longest) = CHANGE;
        if !self.error().is_finite() {
            self.step * shortest
        } else if self.truncation <= self.round_off {
            // The truncation is hidden by the noise: its size is not known yet.
            self.step * longest
        } else {
            let exponent = 1.0 / f64::from(self.scheme.powers().1 + 1);
            let ratio = self.round_off / self.truncation;
            self.step * ratio.powf(exponent).clamp(shortest, longest)
        }
    }
}

/// Two points and what f is there.
#[derive(Clone, Copy)]
struct Sample {
    h: f64,
    above: (f64, f64),
    below: (f64, f64),
}

impl Sample {
    /// Over the distance of the two points as they are, were a rounding to have moved one.
    fn difference(&self) -> f64 {
        (self.above.1 - self.below.1) / (self.above.0 - self.below.0)
    }

    fn magnitude(&self) -> f64 {
        self.above.1.abs().max(self.below.1.abs())
    }
}

/// What two values tend to for h → 0 when their errors go as h to the `power`.
fn without(power: i32, coarse: f64, fine: f64) -> f64 {
    fine + (fine - coarse) * RATIO.powi(power) / (1.0 - RATIO.powi(power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precision::sealed::Float;

    #[test]
    fn every_step_is_taken_exactly_and_to_both_sides() {
        // Just above 1, numbers below 1 are twice as close together as those above.
        for precision in [const { &f64::PRECISION }, const { &f32::PRECISION }] {
            for x in (0..20).map(|number| (precision.round)(1.0 + f64::from(number) / 1e4)) {
                let site = Site { x, value: x.sin(), noise: 0.0, precision };
                let mut points = Vec::new();
                let record = |at: f64| {
                    points.push(at);
                    at.sin()
                };
                Trial::new(record, &site, Scheme::Central, precision.first_step);
                assert!(points.chunks(2).all(|pair| pair[0] - x == x - pair[1]), "{points:?}");
                assert!(points.iter().all(|at| (precision.round)(*at) == *at), "{points:?}");
            }
        }
    }

    #[test]
    fn the_round_off_is_the_sum_of_the_weights_times_the_errors() {
        for scheme in [Scheme::Central, Scheme::Left, Scheme::Right] {
            let weight = |which: usize| {
                let unit = |at: usize| f64::from(u8::from(at == which));
                let [coarse, middle, fine] = [0, 1, 2].map(unit);
                let (first, second) = scheme.powers();
                let early = without(first, coarse, middle);
                without(second, early, without(first, middle, fine)).abs()
            };
            let (above, below) = scheme.sides();
            let error = |which: usize| 2.0 / ((above + below) * RATIO.powi(which as i32));
            let sum: f64 = [0, 1, 2].map(|which| weight(which) * error(which)).iter().sum();
            let stated = scheme.round_off().0;
            assert!((0.99..=1.0).contains(&(sum / stated)), "{sum} for {stated}");
        }
    }

    #[test]
    fn one_sided_differences_remove_the_error_of_a_parabola() {
        let site = Site { x: 1.0, value: 3.0, noise: 0.0, precision: const { &f64::PRECISION } };
        for scheme in [Scheme::Left, Scheme::Right] {
            let trial = Trial::new(|x| x * x + x + 1.0, &site, scheme, 0.25);
            assert!((trial.value - 3.0).abs() <= 1e-14, "{}", trial.value);
        }
    }
}
