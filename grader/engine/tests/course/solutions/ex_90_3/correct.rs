//! Lesson 90.3, solved in other styles.

use ndarray::Array1;

/// The step as it is after rounding.
pub mod representable_step {
    pub use ex_90_3::*;

    /// Divides by the distance of the two points.
    pub fn slope(f: &dyn Fn(f64) -> f64, x: f64, step: f64) -> f64 {
        let (ahead, behind) = (x + step, x - step);
        (f(ahead) - f(behind)) / (ahead - behind)
    }
}

/// A fresh point for every call.
pub mod fresh_points {
    use super::*;
    pub use ex_90_3::*;

    /// Copies instead of putting back.
    pub fn gradient(f: &dyn Fn(&Array1<f64>) -> f64, x: &Array1<f64>, step: f64) -> Array1<f64> {
        let at = |coordinate: usize, by: f64| {
            let mut point = x.clone();
            point[coordinate] += by;
            f(&point)
        };
        (0..x.len()).map(|it| (at(it, step) - at(it, -step)) / (2.0 * step)).collect()
    }
}

/// The mean by a running sum, the root by recursion.
pub mod recursion {
    pub use ex_90_3::*;

    /// Adds up in a loop.
    pub fn mean(f: impl Fn(f64) -> f64, points: &[f64]) -> f64 {
        let mut sum = 0.0;
        for point in points {
            sum += f(*point);
        }
        sum / points.len() as f64
    }

    /// Calls itself on one half.
    pub fn root(f: &mut dyn FnMut(f64) -> f64, low: f64, high: f64, steps: usize) -> f64 {
        let middle = 0.5 * (low + high);
        match steps {
            0 => middle,
            _ if f(middle) < 0.0 => root(f, middle, high, steps - 1),
            _ => root(f, low, middle, steps - 1),
        }
    }
}
