//! One point that is moved back and forth in place with `+=` and `-=`.

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
    let mut slope = -f(theta);
    slope += f(theta + epsilon);
    slope /= epsilon;
    slope
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    let mut slope = f(theta + epsilon);
    slope -= f(theta - epsilon);
    slope /= epsilon;
    slope /= 2.0;
    slope
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, theta: &Array1<f64>, epsilon: f64) -> Array1<f64> {
    let mut point = theta.to_owned();
    let mut gradient = Array1::<f64>::zeros(theta.raw_dim());
    for (at, slope) in gradient.iter_mut().enumerate() {
        point[at] += epsilon;
        *slope += f(&point);
        point[at] -= 2.0 * epsilon;
        *slope -= f(&point);
        point[at] += epsilon;
    }
    gradient /= 2.0 * epsilon;
    gradient
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    let mut error = (numeric - analytic).abs();
    if error > 0.0 {
        error /= analytic.abs().max(numeric.abs());
    }
    error
}

/// How many forward passes the whole gradient takes for this many parameters.
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    let mut passes = parameters;
    match scheme {
        Scheme::Forward => passes += 1,
        Scheme::Central => passes *= 2,
    }
    passes
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
pub fn best_epsilon(scheme: Scheme) -> f64 {
    let mut step = f64::EPSILON.ln();
    step /= if scheme == Scheme::Forward { 2.0 } else { 3.0 };
    step.exp()
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    let here = f(theta);
    let mut step = epsilon;
    let mut gaps = Vec::with_capacity(2);
    while gaps.len() < 2 {
        let right = (f(theta + step) - here) / step;
        let left = (here - f(theta - step)) / step;
        let gap = (right - left).abs();
        if gap <= 1e-4 * (right.abs() + left.abs()) && gaps.is_empty() {
            return false;
        }
        gaps.push(gap);
        step /= 2.0;
    }
    gaps[1] > 0.75 * gaps[0]
}
