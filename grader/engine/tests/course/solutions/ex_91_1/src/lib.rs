//! Lesson 91.1, solved: gradient descent on the softplus neuron.

use ex_90_1::{Gradients, backward, forward};

/// The mean loss of the neuron with the weight `w` and the bias `b` over the inputs `xs` (n) and the
/// targets `ys` (n).
pub fn mean_loss(xs: &[f64], ys: &[f64], w: f64, b: f64) -> f64 {
    xs.iter().zip(ys).map(|(x, y)| forward(*x, w, b, *y).loss).sum::<f64>() / xs.len() as f64
}

/// dL/dw and dL/db of the mean loss.
pub fn mean_gradient(xs: &[f64], ys: &[f64], w: f64, b: f64) -> (f64, f64) {
    let (mut sum_w, mut sum_b) = (0.0, 0.0);
    for (x, y) in xs.iter().zip(ys) {
        let Gradients { dw, db, .. } = backward(*x, w, b, *y);
        sum_w += dw;
        sum_b += db;
    }
    (sum_w / xs.len() as f64, sum_b / xs.len() as f64)
}

/// The parameters after one step against the `gradient`.
pub fn descend(parameters: (f64, f64), gradient: (f64, f64), rate: f64) -> (f64, f64) {
    (parameters.0 - rate * gradient.0, parameters.1 - rate * gradient.1)
}
