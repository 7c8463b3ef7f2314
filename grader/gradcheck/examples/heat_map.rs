//! A backward pass with a mistake, its report, and its heat map as a picture.
//!
//! ```sh
//! cargo run -p gradcheck --example heat_map -- map.svg
//! ```

use gradcheck::{check_backward, random};
use ndarray::{Array1, Array2, Axis};

/// A = tanh(X·Wᵀ + b), with X of shape (B, in), W of shape (out, in) and b of shape (out).
fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    (x.dot(&w.t()) + b).mapv(f64::tanh)
}

/// The gradients of X, W and b, but for the last neuron of W, which the loop does not reach.
fn backward(
    (x, w, b): (&Array2<f64>, &Array2<f64>, &Array1<f64>),
    da: &Array2<f64>,
) -> (Array2<f64>, Array2<f64>, Array1<f64>) {
    let dz = da * forward(x, w, b).mapv(|a| 1.0 - a * a);
    let mut dw = Array2::zeros(w.dim());
    for neuron in 0..w.nrows() - 1 {
        dw.row_mut(neuron).assign(&dz.column(neuron).dot(x));
    }
    (dz.dot(w), dw, dz.sum_axis(Axis(0)))
}

fn main() -> std::io::Result<()> {
    let (x, w, b) = (random((8, 40), 1), random((10, 40), 2), random(10, 3));
    let inputs = (("X", &x), ("W", &w), ("b", &b));
    let report = check_backward(inputs, |(x, w, b)| forward(x, w, b), backward);
    print!("{report}");
    if let (Some(path), Some(map)) = (std::env::args_os().nth(1), report.heat_map("W")) {
        std::fs::write(path, map.to_svg())?;
    }
    Ok(())
}
