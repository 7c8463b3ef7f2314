//! Lesson 90.2, solved in other styles.

use ndarray::{Array1, Array2};

/// The product by `dot`, added in place.
pub mod dot {
    use super::*;
    pub use ex_90_2::*;

    /// One product, one addition.
    pub fn accumulate(gradient: &mut Array2<f64>, x: &Array2<f64>, dy: &Array2<f64>) {
        *gradient += &x.t().dot(dy);
    }
}

/// The sum over the batch as a product with ones.
pub mod ones {
    use super::*;
    pub use ex_90_2::*;

    /// 1ᵀ·dL/dY.
    pub fn total(dy: &Array2<f64>) -> Array1<f64> {
        Array1::ones(dy.nrows()).dot(dy)
    }
}

/// Everything transposed, and back.
pub mod transposed {
    use super::*;
    pub use ex_90_2::*;

    /// (Wᵀ·Xᵀ)ᵀ.
    pub fn product(x: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        w.t().dot(&x.t()).reversed_axes()
    }

    /// Clips by a factor that is at most 1.
    pub fn clip(gradient: &mut Array2<f64>, most: f64) -> f64 {
        let norm = gradient.mapv(|element| element * element).sum().sqrt();
        let factor = if norm > most { most / norm } else { 1.0 };
        gradient.mapv_inplace(|element| factor * element);
        norm
    }
}

/// Loops over all elements.
pub mod loops {
    use super::*;
    pub use ex_90_2::*;

    /// Three loops.
    pub fn accumulate(gradient: &mut Array2<f64>, x: &Array2<f64>, dy: &Array2<f64>) {
        for ((k, j), element) in gradient.indexed_iter_mut() {
            for i in 0..x.nrows() {
                *element += x[[i, k]] * dy[[i, j]];
            }
        }
    }
}
