//! Iterator chains for every sum and every comparison, and generic functions in place of `dyn`.

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
pub fn forward_difference(f: &impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    [(1.0, 1.0), (-1.0, 0.0)]
        .iter()
        .map(|(sign, steps)| sign * f(theta + steps * epsilon))
        .sum::<f64>()
        / epsilon
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn central_difference(f: &impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    [1.0, -1.0].iter().fold(0.0, |sum, side| sum + side * f(theta + side * epsilon))
        / (2.0 * epsilon)
}

/// The unit vector of coordinate `at`, of the length of `like`.
fn unit(like: &Array1<f64>, at: usize) -> Array1<f64> {
    (0..like.len()).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
pub fn gradient(
    f: &impl Fn(&Array1<f64>) -> f64,
    theta: &Array1<f64>,
    epsilon: f64,
) -> Array1<f64> {
    (0..theta.len())
        .map(|at| unit(theta, at) * epsilon)
        .map(|step| (f(&(theta + &step)) - f(&(theta - &step))) / (2.0 * epsilon))
        .collect()
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    let larger = [analytic, numeric].into_iter().map(f64::abs).fold(0.0, f64::max);
    Some((analytic - numeric).abs() / larger).filter(|error| error.is_finite()).unwrap_or(0.0)
}

/// How many forward passes the whole gradient takes for this many parameters.
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    let of_each = std::iter::repeat_n(if scheme == Scheme::Central { 2 } else { 1 }, parameters);
    let shared = (scheme == Scheme::Forward).then_some(1);
    of_each.chain(shared).sum()
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
pub fn best_epsilon(scheme: Scheme) -> f64 {
    let order = [Scheme::Forward, Scheme::Central].iter().take_while(|it| **it != scheme).count();
    f64::EPSILON.powf(1.0 / (order as f64 + 2.0))
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
pub fn has_kink(f: &impl Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    let gap_and_magnitude = |step: f64| {
        let [left, right] = [-step, step].map(|signed| (f(theta + signed) - f(theta)) / signed);
        ((right - left).abs(), left.abs() + right.abs())
    };
    let sides: Vec<(f64, f64)> =
        [epsilon, epsilon / 2.0].into_iter().map(gap_and_magnitude).collect();
    sides[0].0 > 1e-4 * sides[0].1 && sides.windows(2).all(|pair| pair[1].0 > 0.75 * pair[0].0)
}
