//! Lesson 90.2, solved: a product and its gradient.

use ndarray::{Array1, Array2, Axis, linalg::general_mat_mul};

/// Y = X·W (B, m) of the inputs `x` (B, n) and the weights `w` (n, m).
pub fn product(x: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
    x.dot(w)
}

/// The upstream gradient `dy` = dL/dY (B, m), summed over the batch: (m).
pub fn total(dy: &Array2<f64>) -> Array1<f64> {
    dy.sum_axis(Axis(0))
}

/// Adds dL/dW = Xᵀ·dL/dY to `gradient` (n, m), for the inputs `x` (B, n) and the upstream gradient
/// `dy` (B, m).
pub fn accumulate(gradient: &mut Array2<f64>, x: &Array2<f64>, dy: &Array2<f64>) {
    general_mat_mul(1.0, &x.t(), dy, 1.0, gradient);
}

/// Scales `gradient` (n, m) down to the Euclidean norm `most` where it is longer; gives the norm that
/// it had.
pub fn clip(gradient: &mut Array2<f64>, most: f64) -> f64 {
    let norm = gradient.pow2().sum().sqrt();
    if norm > most {
        *gradient *= most / norm;
    }
    norm
}
