//! Lesson 90.2: a product and its gradient. The brief is in this folder's `README.md`.

use ndarray::{Array1, Array2};

/// Y = X·W (B, m) of the inputs `x` (B, n) and the weights `w` (n, m).
#[allow(unused_variables)]
pub fn product(x: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
    todo!("one matrix product")
}

/// The upstream gradient `dy` = dL/dY (B, m), summed over the batch: (m).
#[allow(unused_variables)]
pub fn total(dy: &Array2<f64>) -> Array1<f64> {
    todo!("sum over the axis of the batch")
}

/// Adds dL/dW = Xᵀ·dL/dY to `gradient` (n, m), for the inputs `x` (B, n) and the upstream gradient
/// `dy` (B, m).
#[allow(unused_variables)]
pub fn accumulate(gradient: &mut Array2<f64>, x: &Array2<f64>, dy: &Array2<f64>) {
    todo!("add one matrix product to what is there")
}

/// Scales `gradient` (n, m) down to the Euclidean norm `most` where it is longer; gives the norm that
/// it had.
#[allow(unused_variables)]
pub fn clip(gradient: &mut Array2<f64>, most: f64) -> f64 {
    todo!("compute the norm first")
}
