//! Every quotient is divided by the step as `f64` could take it: (θ + ε) − θ, and not ε.

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
    let ahead = theta + epsilon;
    (f(ahead) - f(theta)) / (ahead - theta)
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    let (ahead, behind) = (theta + epsilon, theta - epsilon);
    (f(ahead) - f(behind)) / (ahead - behind)
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, theta: &Array1<f64>, epsilon: f64) -> Array1<f64> {
    let mut point = theta.clone();
    theta
        .indexed_iter()
        .map(|(at, &here)| {
            let mut moved_to = |there: f64| {
                point[at] = there;
                f(&point)
            };
            let (ahead, behind) = (here + epsilon, here - epsilon);
            let slope = (moved_to(ahead) - moved_to(behind)) / (ahead - behind);
            point[at] = here;
            slope
        })
        .collect()
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    let larger = f64::max(analytic.abs(), numeric.abs());
    if larger == 0.0 { larger } else { f64::abs(analytic - numeric) / larger }
}

/// How many forward passes the whole gradient takes for this many parameters.
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    if scheme == Scheme::Central { parameters << 1 } else { parameters + 1 }
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
pub fn best_epsilon(scheme: Scheme) -> f64 {
    match scheme {
        Scheme::Forward => f64::EPSILON.powf(0.5),
        Scheme::Central => f64::EPSILON.powf(1.0 / 3.0),
    }
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    let side = |step: f64| {
        let there = theta + step;
        (f(there) - f(theta)) / (there - theta)
    };
    let gap = |step: f64| (side(step) - side(-step)).abs();
    let magnitude = side(epsilon).abs() + side(-epsilon).abs();
    gap(epsilon) > 1e-4 * magnitude && gap(epsilon / 2.0) > 0.75 * gap(epsilon)
}
