//! Lesson 90.3: functions of functions. The brief is in this folder's `README.md`.

use ndarray::Array1;

/// The central difference of `f` at the scalar `x`, with the step `step`.
#[allow(unused_variables)]
pub fn slope(f: &dyn Fn(f64) -> f64, x: f64, step: f64) -> f64 {
    todo!("call f on both sides of x")
}

/// The gradient (p) of `f` at `x` (p) by central differences: two calls of `f` for each coordinate.
#[allow(unused_variables)]
pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, x: &Array1<f64>, step: f64) -> Array1<f64> {
    todo!("move one coordinate at a time")
}

/// The mean of `f` over the `points`; there is at least one.
#[allow(unused_variables)]
pub fn mean(f: impl Fn(f64) -> f64, points: &[f64]) -> f64 {
    todo!("add up the values first")
}

/// A root of the increasing `f` between `low` and `high`: the middle of what is left after the
/// interval was halved `steps` times, with one call of `f` each time.
#[allow(unused_variables)]
pub fn root(f: &mut dyn FnMut(f64) -> f64, low: f64, high: f64, steps: usize) -> f64 {
    todo!("keep the half in which f changes its sign")
}
