//! Lesson 90.3, solved: functions of functions.

use ndarray::Array1;

/// The central difference of `f` at the scalar `x`, with the step `step`.
pub fn slope(f: &dyn Fn(f64) -> f64, x: f64, step: f64) -> f64 {
    (f(x + step) - f(x - step)) / (2.0 * step)
}

/// The gradient (p) of `f` at `x` (p) by central differences: two calls of `f` for each coordinate.
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, x: &Array1<f64>, step: f64) -> Array1<f64> {
    let mut point = x.clone();
    Array1::from_shape_fn(x.len(), |at| {
        point[at] = x[at] + step;
        let ahead = f(&point);
        point[at] = x[at] - step;
        let behind = f(&point);
        point[at] = x[at];
        (ahead - behind) / (2.0 * step)
    })
}

/// The mean of `f` over the `points`; there is at least one.
pub fn mean(f: impl Fn(f64) -> f64, points: &[f64]) -> f64 {
    points.iter().map(|point| f(*point)).sum::<f64>() / points.len() as f64
}

/// A root of the increasing `f` between `low` and `high`: the middle of what is left after the
/// interval was halved `steps` times, with one call of `f` each time.
pub fn root(f: &mut dyn FnMut(f64) -> f64, low: f64, high: f64, steps: usize) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..steps {
        let middle = (low + high) / 2.0;
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}
