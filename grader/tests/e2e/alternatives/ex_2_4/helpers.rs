//! One quotient for all differences, and the gradient from the scalar central difference.

use ndarray::Array1;

/// How a derivative is approximated from values of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// From f(θ + ε) and f(θ).
    Forward,
    /// From f(θ + ε) and f(θ − ε).
    Central,
}

/// The slope between `from` and `to`, given as steps of `epsilon` from `theta`.
fn slope(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64, from: f64, to: f64) -> f64 {
    (f(theta + to * epsilon) - f(theta + from * epsilon)) / ((to - from) * epsilon)
}

/// The forward difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn forward_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    slope(f, theta, epsilon, 0.0, 1.0)
}

/// The central difference of `f` at the scalar `theta`, with the step `epsilon`.
pub fn central_difference(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> f64 {
    slope(f, theta, epsilon, -1.0, 1.0)
}

/// The gradient of `f` at `theta` (p) by central differences: an array of the same shape (p).
/// Calls `f` twice for each coordinate.
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, theta: &Array1<f64>, epsilon: f64) -> Array1<f64> {
    let along = |at: usize| {
        let of_coordinate = |t: f64| {
            let mut point = theta.clone();
            point[at] = t;
            f(&point)
        };
        central_difference(&of_coordinate, theta[at], epsilon)
    };
    Array1::from_iter((0..theta.len()).map(along))
}

/// The relative error of two derivatives, a scalar from 0 to 2: their difference in magnitude,
/// divided by the larger magnitude of the two. 0 when both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    match analytic.abs().max(numeric.abs()) {
        0.0 => 0.0,
        larger => (analytic / larger - numeric / larger).abs(),
    }
}

impl Scheme {
    /// The power of ε in the truncation error.
    fn order(self) -> i32 {
        match self {
            Self::Forward => 1,
            Self::Central => 2,
        }
    }
}

/// How many forward passes the whole gradient takes for this many parameters.
pub fn forward_passes(scheme: Scheme, parameters: usize) -> usize {
    scheme.order() as usize * parameters + usize::from(scheme == Scheme::Forward)
}

/// The step that makes the error smallest in `f64`, for a function whose value and derivatives are
/// of order 1, up to a factor of 10.
pub fn best_epsilon(scheme: Scheme) -> f64 {
    f64::EPSILON.powf(1.0 / f64::from(scheme.order() + 1))
}

/// The two one-sided differences at one step.
struct Sides {
    left: f64,
    right: f64,
}

impl Sides {
    fn of(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> Self {
        Self {
            left: slope(f, theta, epsilon, -1.0, 0.0),
            right: slope(f, theta, epsilon, 0.0, 1.0),
        }
    }

    fn gap(&self) -> f64 {
        (self.right - self.left).abs()
    }

    fn magnitude(&self) -> f64 {
        self.right.abs() + self.left.abs()
    }
}

/// True when `f` has a kink at `theta`: the gap between its two one-sided differences is more than
/// 10⁻⁴ of the sum of their magnitudes, and more than ¾ of it is left when `epsilon` is halved.
pub fn has_kink(f: &dyn Fn(f64) -> f64, theta: f64, epsilon: f64) -> bool {
    let (whole, half) = (Sides::of(f, theta, epsilon), Sides::of(f, theta, 0.5 * epsilon));
    let is_wide = whole.gap() > 1e-4 * whole.magnitude();
    is_wide && half.gap() > 0.75 * whole.gap()
}
