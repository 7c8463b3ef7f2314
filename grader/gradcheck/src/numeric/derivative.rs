//! The derivative of a function of one variable.

use super::{
    noise::{Noise, neighbour},
    search::{self, Search},
    sides,
    trial::{Scheme, Site},
};
use crate::{real::sealed::Real, values::slope::Estimate};

/// An error that is a larger part of the derivative makes the two sides worth a look.
const CLEAR: f64 = 1e-7;

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
    let noise = Noise::of(precision, |distance, least| f(neighbour(x, distance, least)));
    let (noise, evaluations) = (noise.deviation, 1 + noise.evaluations);
    let mut estimate = estimate(
        f,
        &Site { x, value, noise, largest: x.abs(), enough: precision.enough, precision },
    );
    estimate.evaluations += evaluations;
    if estimate.error > precision.resolved * estimate.scale.max(estimate.value.abs()) {
        estimate.error = f64::INFINITY;
    }
    estimate
}

/// The derivative of an `f` whose value and noise are known.
pub(crate) fn estimate(mut f: impl FnMut(f64) -> f64, site: &Site) -> Estimate {
    if !(site.x.is_finite() && site.value.is_finite()) {
        return Estimate::unknown(f64::NAN);
    }
    let mut evaluations = 0;
    let mut counted = |x| {
        evaluations += 1;
        f(x)
    };
    let central = search::run(&mut counted, site, Scheme::Central);
    let estimate = if is_clear(&central) {
        Estimate::of(central.best.slope())
    } else {
        sides::judge(&mut counted, site, &central)
    };
    // max forgets a steepness that is not a number.
    let scale = Estimate::scale_of(site.value, site.x).max(central.widest.steepness());
    let rounding = 2.0 * site.precision.epsilon * site.largest.max(1.0);
    let flat = central.best.rise == 0.0 && central.widest.rise <= rounding;
    Estimate { evaluations, scale, flat, ..estimate }
}

/// True where f looks smooth at the best step, or where nothing of it is to be seen but its noise.
fn is_clear(Search { best, widest, rough, .. }: &Search) -> bool {
    let slope = best.value.abs().max(widest.steepness());
    let flat = widest.rise <= 2.0 * widest.noise;
    !best.bent && !rough && best.error().is_finite() && (flat || best.error() <= CLEAR * slope)
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
