//! Wrong variants of lesson 91.1.

/// Your loss is a sum over the samples; it is a mean.
pub mod loss_summed {
    pub use ex_91_1::*;

    /// Does not divide.
    pub fn mean_loss(xs: &[f64], ys: &[f64], w: f64, b: f64) -> f64 {
        ex_91_1::mean_loss(xs, ys, w, b) * xs.len() as f64
    }
}

/// Your gradient is a sum over the samples; it is a mean.
pub mod gradient_summed {
    pub use ex_91_1::*;

    /// Does not divide.
    pub fn mean_gradient(xs: &[f64], ys: &[f64], w: f64, b: f64) -> (f64, f64) {
        let (dw, db) = ex_91_1::mean_gradient(xs, ys, w, b);
        (dw * xs.len() as f64, db * xs.len() as f64)
    }
}

/// You give dL/db first; dL/dw comes first.
pub mod gradients_swapped {
    pub use ex_91_1::*;

    /// Swaps.
    pub fn mean_gradient(xs: &[f64], ys: &[f64], w: f64, b: f64) -> (f64, f64) {
        let (dw, db) = ex_91_1::mean_gradient(xs, ys, w, b);
        (db, dw)
    }
}

/// Your step climbs: subtract the gradient.
pub mod uphill {
    pub use ex_91_1::*;

    /// Adds.
    pub fn descend(parameters: (f64, f64), gradient: (f64, f64), rate: f64) -> (f64, f64) {
        ex_91_1::descend(parameters, gradient, -rate)
    }
}

/// Your step leaves the bias where it is.
pub mod bias_kept {
    pub use ex_91_1::*;

    /// Moves the weight alone.
    pub fn descend(parameters: (f64, f64), gradient: (f64, f64), rate: f64) -> (f64, f64) {
        (ex_91_1::descend(parameters, gradient, rate).0, parameters.1)
    }
}
