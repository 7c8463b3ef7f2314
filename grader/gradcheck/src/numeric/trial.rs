use crate::{real::Precision, values::slope::Slope};

/// The ratio of a step to the one before, e^−½. Were it ½, a periodic f would look the same at all
/// three steps whenever the shortest is a multiple of its period.
pub(crate) const RATIO: f64 = 0.606_530_659_712_633_4;

/// How far one value of f may be off: standard deviations of its noise, and units of ε·|f|.
pub(crate) const DEVIATIONS: f64 = 4.0;
const ROUNDINGS: f64 = 2.0;

/// What the bound of the truncation is multiplied with. It then holds too where f has a kink or a
/// seam at one side of x at any distance: smooth plus (t − δ)₊ᵖ with any p ≥ 1 is off by at most
/// 1.4 times the sum of the residuals.
const SAFETY: f64 = 1.5;

/// The part of their bounds by which two trials at one kink may differ.
const ALIKE: f64 = 1.0 / 32.0;

/// By how much one trial may shorten and lengthen the step.
pub(crate) const CHANGE: (f64, f64) = (1.0 / 1024.0, 32.0);

/// A point of a function, and what is known of the function there.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub x: f64,
    pub value: f64,
    pub noise: f64,
    /// The largest coordinate of all, which f may have taken from another.
    pub largest: f64,
    /// A relative error that no further trial needs to improve.
    pub enough: f64,
    pub precision: &'static Precision,
}

impl Site {
    /// The nearest step that x can take exactly; none is shorter than the spacing of numbers at x.
    fn representable(&self, h: f64) -> f64 {
        let (x, precision) = (self.x.abs(), self.precision);
        ((precision.round)(x + h) - x).max((precision.next_up)(x) - x)
    }

    /// What the rounding of x inside of f makes of a value where f has this slope. Near a point where
    /// f is zero it is most of its noise, and the points that the noise is read from may not show it.
    pub fn rounding_of_x(&self, slope: f64) -> f64 {
        self.precision.epsilon * self.x.abs() * slope.abs()
    }

    /// The error of one value of f of this `magnitude`.
    pub fn error(&self, magnitude: f64) -> f64 {
        error(self.noise, magnitude, self.precision)
    }
}

/// The error of one value of this `magnitude` of a function with this `noise`.
pub(crate) fn error(noise: f64, magnitude: f64, precision: &Precision) -> f64 {
    DEVIATIONS * noise + ROUNDINGS * precision.epsilon * magnitude
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
    /// The largest change of f from x.
    pub rise: f64,
    /// How far one value of f may be off.
    pub noise: f64,
    /// How much the slope may change where x is rounded, for central differences.
    pub wobble: f64,
    /// A central difference whose two halves contradict each other.
    pub bent: bool,
}

impl Trial {
    pub fn new(f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme, step: f64) -> Self {
        let samples = Sample::at(f, site, scheme, step);
        match scheme {
            Scheme::Central => Self::of_both(site, &samples).0,
            Scheme::Left | Scheme::Right => Self::of(site, scheme, &samples),
        }
    }

    /// The central difference, and those to the left and to the right from the same samples.
    pub fn both(f: impl FnMut(f64) -> f64, site: &Site, step: f64) -> (Self, [Self; 2]) {
        Self::of_both(site, &Sample::at(f, site, Scheme::Central, step))
    }

    fn of_both(site: &Site, samples: &[Sample; 3]) -> (Self, [Self; 2]) {
        let x = (site.x, site.value);
        let left = Self::of(site, Scheme::Left, &samples.map(|it| Sample { above: x, ..it }));
        let right = Self::of(site, Scheme::Right, &samples.map(|it| Sample { below: x, ..it }));
        let whole = Self::of(site, Scheme::Central, samples);
        // What is odd about one side of x alone is in the curvature as it is in the slope.
        let curvature = extrapolated((2, 4), samples.map(|it| it.curvature(site.value)));
        let truncation = whole.truncation + SAFETY * curvature.residual * samples[1].h;
        let bent = left.slope().contradicts(&right.slope());
        let most = samples.iter().map(|it| it.curvature(site.value).abs()).fold(0.0, f64::max);
        let wobble = ROUNDINGS * site.precision.epsilon * site.x.abs() * most;
        let round_off = whole.round_off + wobble;
        (Self { truncation, round_off, wobble, bent, ..whole }, [left, right])
    }

    fn of(site: &Site, scheme: Scheme, samples: &[Sample; 3]) -> Self {
        let Extrapolated { value, residual } =
            extrapolated(scheme.powers(), samples.map(|it| it.difference()));
        let magnitude = samples.iter().map(Sample::magnitude).fold(0.0, f64::max);
        let rise = samples.iter().map(|it| it.rise(site.value)).fold(0.0, f64::max);
        let (per_step, divisions) = scheme.round_off();
        let (step, noise) = (samples[0].h, site.error(magnitude));
        let round_off = per_step * noise / step + divisions * site.precision.epsilon * value.abs();
        let truncation = SAFETY * residual;
        let (wobble, bent) = (0.0, false);
        Self { scheme, step, value, truncation, round_off, rise, noise, wobble, bent }
    }

    pub fn slope(&self) -> Slope {
        Slope { value: self.value, error: self.error() }
    }

    pub fn error(&self) -> f64 {
        self.truncation + self.round_off
    }

    /// How much f changes for each unit of x. Not finite where f is not.
    pub fn steepness(&self) -> f64 {
        if self.error().is_finite() { self.rise / self.step } else { f64::NAN }
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

    /// Bent in the same way over another step: at the point itself, which is looked at from each side.
    pub fn is_bent_like(&self, other: &Self) -> bool {
        let off = (self.value - other.value).abs();
        self.bent && other.bent && off <= ALIKE * self.error().min(other.error())
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
    /// At a step and two shorter ones.
    fn at(mut f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme, step: f64) -> [Self; 3] {
        let (above, below) = scheme.sides();
        let mut point = |t: f64| (t, if t == site.x { site.value } else { f(t) });
        [step, step * RATIO, step * RATIO * RATIO].map(|step| {
            let h = site.representable(step);
            Self { h, above: point(site.x + above * h), below: point(site.x - below * h) }
        })
    }

    /// Over the distance of the two points as they are, were a rounding to have moved one.
    fn difference(&self) -> f64 {
        (self.above.1 - self.below.1) / (self.above.0 - self.below.0)
    }

    /// The second difference, of points that are h above and below x.
    fn curvature(&self, value: f64) -> f64 {
        ((self.above.1 - value) + (self.below.1 - value)) / self.h / self.h
    }

    fn magnitude(&self) -> f64 {
        self.above.1.abs().max(self.below.1.abs())
    }

    fn rise(&self, value: f64) -> f64 {
        (self.above.1 - value).abs().max((self.below.1 - value).abs())
    }
}

/// A limit for h → 0, and what the last step towards it removed.
struct Extrapolated {
    value: f64,
    residual: f64,
}

/// The limit of values whose errors go as h to these two powers.
fn extrapolated((first, second): (i32, i32), [coarse, middle, fine]: [f64; 3]) -> Extrapolated {
    let early = without(first, coarse, middle);
    let late = without(first, middle, fine);
    Extrapolated { value: without(second, early, late), residual: (late - early).abs() }
}

/// What two values tend to for h → 0 when their errors go as h to the `power`.
fn without(power: i32, coarse: f64, fine: f64) -> f64 {
    fine + (fine - coarse) * RATIO.powi(power) / (1.0 - RATIO.powi(power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::sealed::Real;

    #[test]
    fn every_step_is_taken_exactly_and_to_both_sides() {
        // Just above 1, numbers below 1 are twice as close together as those above.
        for precision in [const { &f64::PRECISION }, const { &f32::PRECISION }] {
            for x in (0..20).map(|number| (precision.round)(1.0 + f64::from(number) / 1e4)) {
                let site =
                    Site { x, value: x.sin(), noise: 0.0, largest: 1.0, enough: 1e-9, precision };
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
                extrapolated(scheme.powers(), [0, 1, 2].map(unit)).value.abs()
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
        let site = Site {
            x: 1.0,
            value: 3.0,
            noise: 0.0,
            largest: 1.0,
            enough: 1e-9,
            precision: const { &f64::PRECISION },
        };
        for scheme in [Scheme::Left, Scheme::Right] {
            let trial = Trial::new(|x| x * x + x + 1.0, &site, scheme, 0.25);
            assert!((trial.value - 3.0).abs() <= 1e-14, "{}", trial.value);
        }
    }

    #[test]
    fn the_bound_holds_with_a_kink_or_a_seam_at_any_distance() {
        let site = Site {
            x: 0.0,
            value: 0.0,
            noise: 0.0,
            largest: 1.0,
            enough: 1e-9,
            precision: const { &f64::PRECISION },
        };
        for power in [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0] {
            // At a kink itself the slopes to both sides differ, and it is bent.
            for distance in (0..6000).map(|number| 1e-3 + f64::from(number) / 5e3) {
                let f = |t: f64| 3.0 * t + (t - distance).max(0.0).powf(power);
                let trial = Trial::new(f, &site, Scheme::Central, 1.0);
                let off = (trial.value - 3.0).abs();
                assert!(
                    off <= trial.error(),
                    "{off:e} for {:e}, {power} {distance}",
                    trial.error()
                );
            }
        }
    }
}
