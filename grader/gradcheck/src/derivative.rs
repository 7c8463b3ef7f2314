use crate::{
    Kink, Slope, kink,
    noise::{Noise, neighbour},
    precision::{Precision, sealed::Float},
    trial::{CHANGE, Scheme, Site, Trial},
};

/// How many steps are tried at most: enough to shorten one from 1e6 to 1e-6 and find the best there.
const TRIALS: usize = 8;

/// A derivative found by finite differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The derivative; at a kink, the mean of the slopes to both sides.
    pub value: f64,
    /// How far it may be from the true one, truncation and round-off; at a kink, from any of its
    /// subgradients. Infinite where the differences say nothing, because f is not finite, jumps, or
    /// is mostly noise.
    pub error: f64,
    /// How often f was evaluated.
    pub evaluations: usize,
    /// The slopes to both sides, where they differ.
    pub kink: Option<Kink>,
    /// The error that would be believed were f known to be neither a jump nor noise.
    pub(crate) bound: f64,
}

impl Estimate {
    /// Of a point where nothing can be learnt.
    fn none() -> Self {
        let (value, error) = (f64::NAN, f64::INFINITY);
        Self { value, error, evaluations: 0, kink: None, bound: error }
    }

    /// Where f is near zero by accident, its noise is most of it and its slope may still be well
    /// known. Errors that are small beside the largest certain derivative are believed after all.
    pub(crate) fn settle(estimates: &mut [Self], precision: &Precision) {
        let certain = estimates.iter().filter(|it| it.error.is_finite());
        let largest = certain.map(|it| it.value.abs()).fold(0.0, f64::max);
        for estimate in estimates.iter_mut().filter(|it| it.error.is_infinite()) {
            if estimate.bound <= precision.resolved * largest {
                estimate.error = estimate.bound;
            }
        }
    }

    /// What a claimed derivative is to be compared with: at a kink, the nearest subgradient.
    pub(crate) fn nearest(&self, claimed: f64) -> Slope {
        match &self.kink {
            Some(kink) => kink.nearest(claimed),
            None => Slope { value: self.value, error: self.error },
        }
    }
}

/// The derivative of `f` at `x` by central differences with three steps and Richardson's
/// extrapolation, from up to eight h, of which the best is kept; where those say that `f` is not
/// smooth, by differences to both sides.
///
/// ```
/// let estimate = gradcheck::derivative(f64::sin, 0.7);
/// assert!((estimate.value - 0.7_f64.cos()).abs() <= estimate.error);
/// assert!(estimate.error <= 1e-9);
/// ```
pub fn derivative(mut f: impl FnMut(f64) -> f64, x: f64) -> Estimate {
    let precision = const { &f64::PRECISION };
    let value = f(x);
    let noise = Noise::of(precision, |distance| f(neighbour(x, distance)));
    let estimate = estimate(f, &Site { x, value, noise: noise.deviation, precision });
    Estimate { evaluations: 1 + noise.evaluations + estimate.evaluations, ..estimate }
}

/// The derivative of an `f` whose value and noise are known.
pub(crate) fn estimate(mut f: impl FnMut(f64) -> f64, site: &Site) -> Estimate {
    if !(site.x.is_finite() && site.value.is_finite()) {
        return Estimate::none();
    }
    let mut evaluations = 0;
    let mut counted = |x| {
        evaluations += 1;
        f(x)
    };
    let first = site.precision.first_step * site.x.abs().max(1.0);
    let central = Search::run(&mut counted, site, Scheme::Central, first);
    let estimate = if central.is_resolved() && !central.best.bent {
        central.estimate()
    } else {
        kink::judge(&mut counted, site, &central)
    };
    Estimate { evaluations, ..estimate }
}

/// The best of several trials.
pub(crate) struct Search {
    pub best: Trial,
    /// Of the largest value of f in any of them.
    pub magnitude: f64,
    /// An error of f that is a larger part of f leaves nothing to learn from its differences.
    resolved: f64,
}

impl Search {
    /// Tries a `step`, and others while the best is not good enough.
    pub fn run(mut f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme, step: f64) -> Self {
        let precision = site.precision;
        let shortest = precision.shortest_step * site.x.abs();
        let longest = precision.longest_step * site.x.abs().max(1.0);
        let mut trial = Trial::new(&mut f, site, scheme, step);
        let (magnitude, resolved) = (trial.magnitude, precision.resolved);
        let mut search = Self { best: trial, magnitude, resolved };
        for _ in 1..TRIALS {
            if search.best.is_enough(precision.enough) {
                break;
            }
            let wanted = trial.next_step().clamp(shortest, longest);
            // The best step is found, unless a much shorter one contradicts it.
            let found = (0.5..2.0).contains(&(wanted / trial.step));
            let step = if found { (trial.step * CHANGE.0).max(shortest) } else { wanted };
            trial = Trial::new(&mut f, site, scheme, step);
            if !search.keep(trial) && found {
                break;
            }
        }
        search
    }

    /// Keeps a trial that is better than the best, and says so.
    fn keep(&mut self, trial: Trial) -> bool {
        self.magnitude = self.magnitude.max(trial.magnitude);
        let better = trial.beats(&self.best);
        if better {
            self.best = trial;
        }
        better
    }

    /// False when the error of f leaves nothing to learn from its differences.
    pub fn is_resolved(&self) -> bool {
        let error = self.best.error();
        error.is_finite() && error * self.best.step <= self.resolved * self.magnitude
    }

    pub fn estimate(&self) -> Estimate {
        let bound = self.best.error();
        let error = if self.is_resolved() { bound } else { f64::INFINITY };
        Estimate { value: self.best.value, error, evaluations: 0, kink: None, bound }
    }
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
        assert_eq!(estimate.evaluations, 1 + 6 + 16, "the first h is enough");
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
    fn a_step_that_overflows_is_shortened() {
        let scale: f64 = 2.7115610968804813e5;
        assert_derivative(|x| (scale * x).exp(), 3.5e-6, scale * (scale * 3.5e-6).exp());
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
        assert_eq!(derivative(f64::sin, 0.7).evaluations, 1 + 6 + 16);
    }
}
