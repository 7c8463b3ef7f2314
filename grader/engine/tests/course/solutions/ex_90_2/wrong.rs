//! Wrong variants of lesson 90.2.

use ndarray::{Array1, Array2, Axis};

/// Your product reads the memory of X row by row. X may lie there column by column.
pub mod memory_order_assumed {
    use super::*;
    pub use ex_90_2::*;

    /// Takes the elements in the order of the memory.
    pub fn product(x: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        let memory = x.as_slice_memory_order().expect("the grader sends whole arrays").to_vec();
        Array2::from_shape_vec(x.dim(), memory).expect("as many elements").dot(w)
    }
}

/// Your `accumulate` puts dL/dW in the place of what was there. Add to it.
pub mod gradient_replaced {
    use super::*;
    pub use ex_90_2::*;

    /// Assigns.
    pub fn accumulate(gradient: &mut Array2<f64>, x: &Array2<f64>, dy: &Array2<f64>) {
        gradient.assign(&x.t().dot(dy));
    }
}

/// Your `accumulate` changes nothing: the sum is lost when the function returns.
pub mod gradient_dropped {
    use super::*;
    pub use ex_90_2::*;

    /// Adds to a copy.
    pub fn accumulate(gradient: &mut Array2<f64>, x: &Array2<f64>, dy: &Array2<f64>) {
        let mut copy = gradient.clone();
        copy += &x.t().dot(dy);
    }
}

/// Your `total` is a mean over the batch; it is a sum.
pub mod mean_for_total {
    use super::*;
    pub use ex_90_2::*;

    /// Averages.
    pub fn total(dy: &Array2<f64>) -> Array1<f64> {
        dy.sum_axis(Axis(0)) / dy.nrows() as f64
    }
}

/// Your `clip` scales every gradient to the norm; a shorter one stays as it is.
pub mod short_gradients_stretched {
    use super::*;
    pub use ex_90_2::*;

    /// Scales whatever the norm.
    pub fn clip(gradient: &mut Array2<f64>, most: f64) -> f64 {
        let norm = gradient.pow2().sum().sqrt();
        *gradient *= most / norm;
        norm
    }
}

/// Your `clip` gives the norm after clipping; the norm before it is asked for.
pub mod norm_after_clipping {
    use super::*;
    pub use ex_90_2::*;

    /// Measures too late.
    pub fn clip(gradient: &mut Array2<f64>, most: f64) -> f64 {
        ex_90_2::clip(gradient, most).min(most)
    }
}
