/// How many steps are tried at most; each is half of the one before.
const STEPS: usize = 12;

/// The first step, relative to the coordinate.
const FIRST_STEP: f64 = 0.125;

/// An extrapolation that is this many times worse than the best one ends the search.
const GIVE_UP: f64 = 4.0;

/// The error of one evaluation of f, relative to its magnitude, in units of ε.
const ROUNDINGS: f64 = 16.0;

/// A derivative found by finite differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The derivative.
    pub value: f64,
    /// How far it may be from the true one: truncation and round-off.
    pub error: f64,
    /// The largest |f|/h that was seen: the magnitude of the terms a derivative is made of.
    pub variation: f64,
    /// How often f was evaluated.
    pub evaluations: usize,
}

/// The derivative of `f` at `x` by central differences with Ridders' extrapolation.
///
/// The first step is an eighth of |x|, or of 1 where |x| is smaller. Where `f` is not finite, the
/// error is infinite: nothing passes.
pub fn derivative(mut f: impl FnMut(f64) -> f64, x: f64) -> Estimate {
    let mut best =
        Estimate { value: f64::NAN, error: f64::INFINITY, variation: 0.0, evaluations: 0 };
    let mut previous: Vec<f64> = Vec::new();
    let mut magnitude: f64 = 0.0;
    for step in 0..STEPS {
        let h = representable(x, FIRST_STEP * x.abs().max(1.0) / f64::from(1 << step));
        let (above, below) = (f(x + h), f(x - h));
        best.evaluations += 2;
        magnitude = magnitude.max(above.abs()).max(below.abs());
        best.variation = best.variation.max(above.abs().max(below.abs()) / h);
        let row = extrapolated((above - below) / (2.0 * h), &previous);
        let round_off = 2.0 * ROUNDINGS * f64::EPSILON * magnitude / h;
        for (order, value) in row.iter().enumerate().skip(1) {
            let neighbours =
                (value - row[order - 1]).abs().max((value - previous[order - 1]).abs());
            let error = neighbours + round_off;
            if error < best.error {
                (best.value, best.error) = (*value, error);
            }
        }
        // Smaller steps only add round-off once it is larger than the best error.
        if round_off > GIVE_UP * best.error {
            break;
        }
        previous = row;
    }
    best
}

/// The nearest step that `x` can take exactly.
fn representable(x: f64, h: f64) -> f64 {
    (x + h) - x
}

/// A row of the tableau: each entry removes one more power of h² from the error.
fn extrapolated(difference: f64, previous: &[f64]) -> Vec<f64> {
    let mut row = vec![difference];
    let mut factor = 1.0;
    for coarser in previous {
        factor *= 4.0;
        let finer = row[row.len() - 1];
        row.push((factor * finer - coarser) / (factor - 1.0));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_derivative(f: impl FnMut(f64) -> f64, x: f64, exact: f64) {
        let estimate = derivative(f, x);
        let off = (estimate.value - exact).abs();
        assert!(off <= estimate.error, "{estimate:?}, exactly {exact}");
        assert!(estimate.error <= 1e-8 * exact.abs().max(1e-3), "{estimate:?}, exactly {exact}");
    }

    #[test]
    fn smooth_functions_are_differentiated_within_their_bound() {
        assert_derivative(|x| x * x, 3.0, 6.0);
        assert_derivative(f64::exp, -1.5, (-1.5_f64).exp());
        assert_derivative(f64::tanh, 0.5, 1.0 - 0.5_f64.tanh().powi(2));
        assert_derivative(|x| (3.0 * x).sin(), 0.7, 3.0 * (2.1_f64).cos());
    }

    #[test]
    fn a_constant_has_a_derivative_of_zero() {
        assert_eq!(derivative(|_| 5.0, 2.0).value, 0.0);
    }

    #[test]
    fn scaling_the_function_scales_the_bound() {
        for scale in [1e-12, 1.0, 1e12] {
            let estimate = derivative(|x| scale * x.sin(), 1.0);
            assert!((estimate.value / scale - 1.0_f64.cos()).abs() <= estimate.error / scale);
            assert!(estimate.error <= 1e-10 * scale, "{estimate:?}");
        }
    }

    #[test]
    fn what_is_not_finite_has_no_derivative() {
        let estimate = derivative(|_| f64::NAN, 1.0);
        assert!(estimate.value.is_nan() && estimate.error == f64::INFINITY);
        assert_eq!(derivative(|x| 1.0 / (x - x), 1.0).error, f64::INFINITY);
    }
}
