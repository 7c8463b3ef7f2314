//! Lesson 91.1: gradient descent on the softplus neuron. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_90_1::{Gradients, backward, forward};

/// The mean loss of the neuron with the weight `w` and the bias `b` over the inputs `xs` (n) and the
/// targets `ys` (n).
#[allow(unused_variables)]
pub fn mean_loss(xs: &[f64], ys: &[f64], w: f64, b: f64) -> f64 {
    todo!("call `forward` of lesson 90.1 for every sample")
}

/// dL/dw and dL/db of the mean loss.
#[allow(unused_variables)]
pub fn mean_gradient(xs: &[f64], ys: &[f64], w: f64, b: f64) -> (f64, f64) {
    todo!("call `backward` of lesson 90.1 for every sample")
}

/// The parameters after one step against the `gradient`.
#[allow(unused_variables)]
pub fn descend(parameters: (f64, f64), gradient: (f64, f64), rate: f64) -> (f64, f64) {
    todo!("subtract the gradient, scaled by the rate")
}
