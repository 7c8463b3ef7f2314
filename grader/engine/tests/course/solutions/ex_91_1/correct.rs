//! Lesson 91.1, solved in other styles.

use ex_90_1::{backward, forward};

/// The mean as a running mean.
pub mod running_mean {
    use super::*;
    pub use ex_91_1::*;

    /// Moves the mean a little for every sample.
    pub fn mean_loss(xs: &[f64], ys: &[f64], w: f64, b: f64) -> f64 {
        let samples = xs.iter().zip(ys).zip(1..);
        samples.fold(0.0, |mean, ((x, y), count)| {
            mean + (forward(*x, w, b, *y).loss - mean) / f64::from(count)
        })
    }
}

/// The gradient by two sums.
pub mod two_sums {
    use super::*;
    pub use ex_91_1::*;

    /// Runs every backward pass twice.
    pub fn mean_gradient(xs: &[f64], ys: &[f64], w: f64, b: f64) -> (f64, f64) {
        let passes = || xs.iter().zip(ys).map(|(x, y)| backward(*x, w, b, *y));
        let count = xs.len() as f64;
        (
            passes().map(|it| it.dw).sum::<f64>() / count,
            passes().map(|it| it.db).sum::<f64>() / count,
        )
    }
}

/// The step in place.
pub mod in_place {
    pub use ex_91_1::*;

    /// Changes the parameters.
    pub fn descend(mut parameters: (f64, f64), gradient: (f64, f64), rate: f64) -> (f64, f64) {
        parameters.0 -= gradient.0 * rate;
        parameters.1 -= gradient.1 * rate;
        parameters
    }
}
