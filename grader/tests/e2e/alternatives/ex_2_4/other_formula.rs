//! The mean of the one-sided differences, a second difference for the gap, and no `max`.

use ndarray::Array1;

/// How a derivative is approximated from values of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// From f(θ + ε) and f(θ).
    Forward,
    /// From f(θ + ε) and f(θ − ε).
    Central,
}

/// The forward difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    f(theta + epsilon) / epsilon - f(theta) / epsilon
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    let right = forward_difference(f, theta, epsilon);
    let left = forward_difference(f, theta, -epsilon);
    (right + left) / 2.0
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, theta: &Array1<f64>, epsilon: f64) -> Array1<f64> {
    let half = 0.5 / epsilon;
    theta
        .indexed_iter()
        .map(|(at, coordinate)| {
            let mut point = theta.clone();
            point[at] = coordinate - epsilon;
            let behind = f(&point);
            point[at] = coordinate + epsilon;
            half * f(&point) - half * behind
        })
        .collect()
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    let (a, n) = (analytic.abs(), numeric.abs());
    // max(a, n) = (a + n + |a − n|)/2
    let twice_the_larger = a + n + (a - n).abs();
    if twice_the_larger > 0.0 { 2.0 * (analytic - numeric).abs() / twice_the_larger } else { 0.0 }
}

/// How many forward passes the whole gradient takes for this many parameters.
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    match scheme {
        Scheme::Forward => 1 + parameters,
        Scheme::Central => parameters + parameters,
    }
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
pub fn best_epsilon(scheme: Scheme) -> f64 {
    // Where the derivative of the error by ε is zero: ½ = 2u/ε² and ε/3 = u/ε².
    match scheme {
        Scheme::Forward => 2.0 * f64::EPSILON.sqrt(),
        Scheme::Central => (3.0 * f64::EPSILON).cbrt(),
    }
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    let here = f(theta);
    let second = |step: f64| {
        let (ahead, behind) = (f(theta + step), f(theta - step));
        let bend = (ahead - 2.0 * here + behind).abs();
        (bend / step, ((ahead - here).abs() + (behind - here).abs()) / step)
    };
    let ((gap, magnitude), (gap_of_half, _)) = (second(epsilon), second(0.5 * epsilon));
    gap / magnitude > 1e-4 && gap_of_half / gap > 0.75
}
