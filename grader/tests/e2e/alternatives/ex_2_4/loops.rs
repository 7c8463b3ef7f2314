//! A plain `for` loop over the coordinates, with a fresh copy of the point for each call.

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
    let here = f(theta);
    let ahead = f(theta + epsilon);
    (ahead - here) / epsilon
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    let behind = f(theta - epsilon);
    let ahead = f(theta + epsilon);
    (ahead - behind) / (epsilon + epsilon)
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, theta: &Array1<f64>, epsilon: f64) -> Array1<f64> {
    let mut gradient = Array1::zeros(theta.len());
    for i in 0..theta.len() {
        let mut ahead = theta.clone();
        ahead[i] += epsilon;
        let mut behind = theta.clone();
        behind[i] -= epsilon;
        gradient[i] = (f(&ahead) - f(&behind)) / (2.0 * epsilon);
    }
    gradient
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    if analytic == 0.0 && numeric == 0.0 {
        return 0.0;
    }
    let mut larger = analytic.abs();
    if numeric.abs() > larger {
        larger = numeric.abs();
    }
    (analytic - numeric).abs() / larger
}

/// How many forward passes the whole gradient takes for this many parameters.
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    // One baseline, which only forward differences share.
    let mut passes = if scheme == Scheme::Forward { 1 } else { 0 };
    for _ in 0..parameters {
        passes += if scheme == Scheme::Forward { 1 } else { 2 };
    }
    passes
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
pub fn best_epsilon(scheme: Scheme) -> f64 {
    // The brief's round numbers.
    match scheme {
        Scheme::Forward => 1e-8,
        Scheme::Central => 1e-5,
    }
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    let here = f(theta);
    let mut gaps = [0.0; 2];
    let mut magnitudes = [0.0; 2];
    for (i, step) in [epsilon, 0.5 * epsilon].into_iter().enumerate() {
        let right = (f(theta + step) - here) / step;
        let left = (here - f(theta - step)) / step;
        gaps[i] = (right - left).abs();
        magnitudes[i] = right.abs() + left.abs();
    }
    gaps[0] > 1e-4 * magnitudes[0] && gaps[1] > 0.75 * gaps[0]
}
