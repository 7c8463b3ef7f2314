//! Wrong variants of lesson 91.2.

use ndarray::Array2;

/// Your gradient is a sum over the samples; it is a mean.
pub mod gradient_summed {
    use super::*;

    /// A rate that grows with the number of samples.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        ex_91_2::fit(samples, rate * samples.nrows() as f64, steps)
    }
}

/// Your loop makes one step too many.
pub mod one_step_too_many {
    use super::*;

    /// Counts from 0 to `steps`, both included.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        ex_91_2::fit(samples, rate, steps + 1)
    }
}

/// Your loop makes a single step.
pub mod single_step {
    use super::*;

    /// Forgets the loop.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        ex_91_2::fit(samples, rate, steps.min(1))
    }
}

/// You give b first; w comes first.
pub mod parameters_swapped {
    use super::*;

    /// Swaps.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        let (w, b) = ex_91_2::fit(samples, rate, steps);
        (b, w)
    }
}

/// Your residual is y − (w·x + b): every step climbs.
pub mod uphill {
    use super::*;

    /// Goes the other way.
    pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
        ex_91_2::fit(samples, -rate, steps)
    }
}
