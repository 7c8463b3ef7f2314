use crate::noise::{Noise, neighbour};

/// The first step, relative to the coordinate or to 1 where that is smaller: near ε^⅕, where
/// truncation h⁴ and round-off ε/h of a function of order one are alike.
const FIRST_STEP: f64 = 1.0 / (1 << 8) as f64;

/// The ratio of a step to the one before, e^−½. Were it ½, a periodic f would look the same at all
/// three steps whenever the shortest is a multiple of its period.
const RATIO: f64 = 0.606_530_659_712_633_4;

/// The longest step, relative to the coordinate or to 1 where that is smaller.
const LONGEST_STEP: f64 = 1.0 / 32.0;

/// The shortest step, relative to the coordinate: the three still differ at the spacing of numbers.
const SHORTEST_STEP: f64 = 1.0 / (1_u64 << 40) as f64;

/// By how much one trial may shorten and lengthen the step.
const CHANGE: (f64, f64) = (1.0 / 1024.0, 32.0);

/// How many steps are tried at most: enough to shorten one from 1e6 to 1e-6 and find the best there.
const TRIALS: usize = 8;

/// A relative error that no further trial needs to improve: a thousandth of 1e-6.
const ENOUGH: f64 = 1e-9;

/// An error of f that is a larger part of f than this leaves nothing to learn from a difference.
const RESOLVED: f64 = 1e-3;

/// How far one value of f may be off: standard deviations of its noise, and units of ε·|f|.
const DEVIATIONS: f64 = 4.0;
const ROUNDINGS: f64 = 2.0;

/// A derivative found by finite differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The derivative.
    pub value: f64,
    /// How far it may be from the true one, truncation and round-off; infinite where the
    /// differences say nothing, because f is not finite, jumps, or is mostly noise.
    pub error: f64,
    /// How often f was evaluated.
    pub evaluations: usize,
}

/// The derivative of `f` at `x` by central differences with three steps and Richardson's
/// extrapolation, from up to eight h, of which the best is kept.
pub fn derivative(mut f: impl FnMut(f64) -> f64, x: f64) -> Estimate {
    let noise = Noise::of(|distance| f(neighbour(x, distance)));
    let estimate = estimate(f, x, noise.deviation);
    Estimate { evaluations: estimate.evaluations + noise.evaluations, ..estimate }
}

/// The derivative of an `f` whose noise is known.
pub(crate) fn estimate(mut f: impl FnMut(f64) -> f64, x: f64, noise: f64) -> Estimate {
    let scale = x.abs().max(1.0);
    let (shortest, longest) = (SHORTEST_STEP * x.abs(), LONGEST_STEP * scale);
    let mut trial = Trial::new(&mut f, x, FIRST_STEP * scale, noise);
    let (mut best, mut magnitude, mut trials) = (trial, trial.magnitude, 1);
    while trials < TRIALS && !best.is_enough() {
        let wanted = trial.next_step().clamp(shortest, longest);
        // The best step is found, unless a much shorter one contradicts it.
        let found = (0.5..2.0).contains(&(wanted / trial.step));
        let step = if found { (trial.step * CHANGE.0).max(shortest) } else { wanted };
        trial = Trial::new(&mut f, x, step, noise);
        trials += 1;
        magnitude = magnitude.max(trial.magnitude);
        if trial.beats(&best) {
            best = trial;
        } else if found {
            break;
        }
    }
    let resolved = best.error() * best.step <= RESOLVED * magnitude;
    Estimate {
        value: best.value,
        error: if resolved { best.error() } else { f64::INFINITY },
        evaluations: 6 * trials,
    }
}

/// What the differences at three steps, from h down, say.
#[derive(Clone, Copy)]
struct Trial {
    step: f64,
    value: f64,
    truncation: f64,
    round_off: f64,
    magnitude: f64,
}

impl Trial {
    fn new(mut f: impl FnMut(f64) -> f64, x: f64, step: f64, noise: f64) -> Self {
        let mut magnitude: f64 = 0.0;
        let mut difference = |h: f64| {
            let (above, below) = (x + h, x - h);
            let (f_above, f_below) = (f(above), f(below));
            magnitude = magnitude.max(f_above.abs()).max(f_below.abs());
            // The distance of the two points as they are, were a rounding to have moved one.
            (f_above - f_below) / (above - below)
        };
        let steps = [step, step * RATIO, step * RATIO * RATIO].map(|step| representable(x, step));
        let [coarse, middle, fine] = steps.map(&mut difference);
        let early = without(2, coarse, middle);
        let late = without(2, middle, fine);
        let value = without(4, early, late);
        let of_f = DEVIATIONS * noise + ROUNDINGS * f64::EPSILON * magnitude;
        let step = steps[0];
        Self {
            step,
            value,
            truncation: (late - early).abs(),
            // The weights 1.83, 0.92 and 0.09 times the errors 2.72/h, 1.65/h and 1/h.
            round_off: 6.6 * of_f / step + 4.0 * f64::EPSILON * value.abs(),
            magnitude,
        }
    }

    fn error(&self) -> f64 {
        self.truncation + self.round_off
    }

    fn is_enough(&self) -> bool {
        self.error() <= ENOUGH * self.value.abs()
    }

    /// Of two trials that contradict each other the shorter step is right: over the longer one f
    /// is not smooth, or turns so often that its differences agree by accident.
    fn beats(&self, other: &Self) -> bool {
        let agree = (self.value - other.value).abs() <= self.error() + other.error();
        if agree { self.error() < other.error() } else { self.step < other.step }
    }

    /// The step at which h⁴ truncation and 1/h round-off would be equal.
    fn next_step(&self) -> f64 {
        let (shortest, longest) = CHANGE;
        if !self.error().is_finite() {
            self.step * shortest
        } else if self.truncation <= self.round_off {
            // The truncation is hidden by the noise: its size is not known yet.
            self.step * longest
        } else {
            self.step * (self.round_off / self.truncation).powf(0.2).clamp(shortest, longest)
        }
    }
}

/// What two values tend to for h → 0 when their errors go as h to the `power`.
fn without(power: i32, coarse: f64, fine: f64) -> f64 {
    fine + (fine - coarse) * RATIO.powi(power) / (1.0 - RATIO.powi(power))
}

/// The nearest step that `x` can take exactly; none is shorter than the spacing of numbers at `x`.
fn representable(x: f64, h: f64) -> f64 {
    let x = x.abs();
    ((x + h) - x).max(x.next_up() - x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_derivative(f: impl FnMut(f64) -> f64, x: f64, exact: f64) {
        let estimate = derivative(f, x);
        let off = (estimate.value - exact).abs();
        assert!(off <= estimate.error, "{estimate:?}, exactly {exact}");
        assert!(estimate.error <= 1e-7 * exact.abs().max(1e-3), "{estimate:?}, exactly {exact}");
    }

    #[test]
    fn smooth_functions_are_differentiated_within_their_bound() {
        assert_derivative(|x| x * x, 3.0, 6.0);
        assert_derivative(f64::exp, -1.5, (-1.5_f64).exp());
        assert_derivative(f64::tanh, 0.5, 1.0 - 0.5_f64.tanh().powi(2));
        assert_derivative(|x| (3.0 * x).sin(), 0.7, 3.0 * (2.1_f64).cos());
    }

    #[test]
    fn the_steps_remove_the_error_of_a_polynomial() {
        let estimate = derivative(|x| x.powi(4), 1.0);
        assert!((estimate.value - 4.0).abs() <= 1e-11, "{estimate:?}");
        assert_eq!(estimate.evaluations, 6 + 16, "the first h is enough");
    }

    #[test]
    fn every_step_is_taken_exactly_and_to_both_sides() {
        // Just above 1, numbers below 1 are twice as close together as those above.
        for x in (0..20).map(|number| 1.0 + f64::from(number) / 1e4) {
            let mut points = Vec::new();
            let record = |at| {
                points.push(at);
                f64::sin(at)
            };
            estimate(record, x, 0.0);
            assert!(points.chunks(2).all(|pair| pair[0] - x == x - pair[1]), "{points:?}");
        }
    }

    #[test]
    fn a_domain_that_ends_near_the_point_is_not_left() {
        assert_derivative(f64::ln, 1e-6, 1e6);
        assert_derivative(f64::sqrt, 1e-6, 500.0);
    }

    #[test]
    fn a_function_that_varies_faster_than_its_argument_is_followed() {
        assert_derivative(f64::sin, 1e6, 1e6_f64.cos());
        assert_derivative(|x| (1e4 * x).sin(), 0.5, 1e4 * 5e3_f64.cos());
    }

    #[test]
    fn differences_that_agree_by_accident_do_not_count() {
        for x in (0..2000).map(|number| 5e5 + 0.1 * f64::from(number)) {
            let f = |x: f64| (3435.0123 * (x % 8.0)).sin();
            let exact = 3435.0123 * (3435.0123 * (x % 8.0)).cos();
            let estimate = derivative(f, x);
            assert!((estimate.value - exact).abs() <= estimate.error, "{estimate:?} at {x}");
        }
    }

    #[test]
    fn scaling_the_function_scales_the_bound() {
        for scale in [1e-12, 1.0, 1e12] {
            assert_derivative(|x| scale * x.sin() / scale, 1.0, 1.0_f64.cos());
            let estimate = derivative(|x| scale * x.sin(), 1.0);
            assert!((estimate.value / scale - 1.0_f64.cos()).abs() <= estimate.error / scale);
            assert!(estimate.error <= 1e-8 * scale, "{estimate:?}");
        }
    }

    #[test]
    fn roundings_that_cancelled_are_in_the_bound() {
        for x in (1..100).map(|tenths| f64::from(tenths) / 10.0) {
            let estimate = derivative(|x| (1e8 + x.sin()) - 1e8, x);
            assert!((estimate.value - x.cos()).abs() <= estimate.error, "{estimate:?} at {x}");
        }
    }

    #[test]
    fn flat_places_have_a_derivative_of_zero() {
        for (f, x) in [((|_| 5.0) as fn(f64) -> f64, 2.0), (|x| x * x, 0.0), (|x| x * x * x, 0.0)] {
            let estimate = derivative(f, x);
            assert!(
                estimate.value.abs() <= estimate.error && estimate.error <= 1e-9,
                "{estimate:?}"
            );
        }
    }

    #[test]
    fn what_is_not_finite_or_jumps_or_rustles_has_no_derivative() {
        assert_eq!(derivative(|_| f64::NAN, 1.0).error, f64::INFINITY);
        assert_eq!(derivative(|x| 1.0 / (x - x), 1.0).error, f64::INFINITY);
        assert_eq!(derivative(|x| if x > 0.7 { 1.0 } else { 0.0 }, 0.7).error, f64::INFINITY);
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(derivative(|x| x + 0.1 * rng.f64(), 1.0).error, f64::INFINITY);
    }

    #[test]
    fn a_smooth_function_of_order_one_needs_six_evaluations_and_the_noise() {
        assert_eq!(derivative(f64::sin, 0.7).evaluations, 6 + 16);
    }
}
