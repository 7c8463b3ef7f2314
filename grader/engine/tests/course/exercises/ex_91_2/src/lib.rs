//! Lesson 91.2: a training loop. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_91_1::descend;
use ndarray::Array2;

/// Fits y ≈ w·x + b to the `samples` (n, 2), rows of x and y, by `steps` steps of gradient descent on
/// the mean of ½(w·x + b − y)², from (0, 0): the parameters (w, b).
#[allow(unused_variables)]
pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
    todo!("compute the gradient, then call `descend` of lesson 91.1")
}
