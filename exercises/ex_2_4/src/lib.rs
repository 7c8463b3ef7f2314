//! Lesson 2.4: finite differences. The brief is in this folder's `README.md`.

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
#[allow(unused_variables)]
pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    todo!("the brief compares here with one step behind; compare here with one step ahead")
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
#[allow(unused_variables)]
pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    todo!("compare one step ahead with one step behind; how far apart are the two points?")
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
#[allow(unused_variables)]
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, theta: &Array1<f64>, epsilon: f64) -> Array1<f64> {
    todo!("move one coordinate at a time, both ways, and leave the others where they were")
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
#[allow(unused_variables)]
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    todo!("measure their difference by the larger of the two magnitudes; what if both are 0?")
}

/// How many forward passes the whole gradient takes for this many parameters.
#[allow(unused_variables)]
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    todo!("count the calls of f for each scheme; which call can all parameters share?")
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
#[allow(unused_variables)]
pub fn best_epsilon(scheme: Scheme) -> f64 {
    todo!(
        "balance the truncation error, which grows with ε, against round-off, which grows with 1/ε"
    )
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
#[allow(unused_variables)]
pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    todo!("take the differences to the right and to the left, with ε and with ε/2")
}
