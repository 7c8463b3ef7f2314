//! Wrong variants of lesson 90.3.

use ndarray::Array1;

/// Your slope uses one side only; the error of a central difference is far smaller.
pub mod one_side {
    pub use ex_90_3::*;

    /// The forward difference.
    pub fn slope(f: &dyn Fn(f64) -> f64, x: f64, step: f64) -> f64 {
        (f(x + step) - f(x)) / step
    }
}

/// Your gradient divides by ε; the two points are 2ε apart.
pub mod distance_of_one_step {
    use super::*;
    pub use ex_90_3::*;

    /// Twice as large.
    pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, x: &Array1<f64>, step: f64) -> Array1<f64> {
        2.0 * ex_90_3::gradient(f, x, step)
    }
}

/// Your gradient does not put a coordinate back before the next one moves.
pub mod coordinates_left_behind {
    use super::*;
    pub use ex_90_3::*;

    /// Leaves every coordinate where it was tried last.
    pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, x: &Array1<f64>, step: f64) -> Array1<f64> {
        let mut point = x.clone();
        Array1::from_shape_fn(x.len(), |at| {
            point[at] = x[at] + step;
            let ahead = f(&point);
            point[at] = x[at] - step;
            (ahead - f(&point)) / (2.0 * step)
        })
    }
}

/// Your mean is a sum: divide by the number of points.
pub mod sum_for_mean {
    pub use ex_90_3::*;

    /// Adds up.
    pub fn mean(f: impl Fn(f64) -> f64, points: &[f64]) -> f64 {
        points.iter().map(|point| f(*point)).sum()
    }
}

/// Your root is searched in the wrong half: f increases, so that the root lies above a middle where
/// f is negative.
pub mod other_half {
    pub use ex_90_3::*;

    /// Mirrors the search.
    pub fn root(f: &mut dyn FnMut(f64) -> f64, low: f64, high: f64, steps: usize) -> f64 {
        ex_90_3::root(&mut |x| -f(x), low, high, steps)
    }
}
