//! What crosses of lesson 90.5: the generic function for each of the two widths.

use ndarray::Array1;

/// `unit` for numbers of 64 bits.
pub fn unit_f64(x: Array1<f64>) -> Array1<f64> {
    learner::unit(&x)
}

/// `unit` for numbers of 32 bits.
pub fn unit_f32(x: Array1<f32>) -> Array1<f32> {
    learner::unit(&x)
}
