//! Lesson 91.2, solved: a training loop.

use ex_91_1::descend;
use ndarray::Array2;

/// Fits y ≈ w·x + b to the `samples` (n, 2), rows of x and y, by `steps` steps of gradient descent on
/// the mean of ½(w·x + b − y)², from (0, 0): the parameters (w, b).
pub fn fit(samples: &Array2<f64>, rate: f64, steps: usize) -> (f64, f64) {
    let mut parameters = (0.0, 0.0);
    for _ in 0..steps {
        parameters = descend(parameters, slope(samples, parameters), rate);
    }
    parameters
}

fn slope(samples: &Array2<f64>, (w, b): (f64, f64)) -> (f64, f64) {
    let (mut dw, mut db) = (0.0, 0.0);
    for at in 0..samples.nrows() {
        let (x, y) = (samples[[at, 0]], samples[[at, 1]]);
        let residual = w * x + b - y;
        dw += residual * x;
        db += residual;
    }
    let count = samples.nrows() as f64;
    (dw / count, db / count)
}
