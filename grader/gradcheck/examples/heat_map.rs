//! A backward pass with a mistake, its report, and its heat map as a picture.
//!
//! ```sh
//! cargo run -p gradcheck --example heat_map -- map.svg
//! ```

use gradcheck::{check_backward, random};
use ndarray::{Array1, Array2, ArrayD, Axis, Ix1, Ix2};

type Layer = (Array2<f64>, Array2<f64>, Array1<f64>);

/// X of shape (B, in), W of shape (out, in) and b of shape (out).
fn layer(inputs: &[ArrayD<f64>]) -> Layer {
    let matrix = |at: usize| inputs[at].clone().into_dimensionality::<Ix2>().expect("a matrix");
    let b = inputs[2].clone().into_dimensionality::<Ix1>().expect("a vector");
    (matrix(0), matrix(1), b)
}

/// A = tanh(X·Wᵀ + b).
fn forward(inputs: &[ArrayD<f64>]) -> Vec<ArrayD<f64>> {
    let (x, w, b) = layer(inputs);
    vec![(x.dot(&w.t()) + b).mapv(f64::tanh).into_dyn()]
}

/// The gradients of X, W and b, but for the last neuron of W, which the loop does not reach.
fn backward(inputs: &[ArrayD<f64>], upstream: &[ArrayD<f64>]) -> Vec<ArrayD<f64>> {
    let (x, w, _) = layer(inputs);
    let a = forward(inputs).remove(0);
    let dz = (&upstream[0] * &a.mapv(|a| 1.0 - a * a)).into_dimensionality::<Ix2>();
    let dz = dz.expect("a matrix");
    let mut dw = Array2::zeros(w.dim());
    for neuron in 0..w.nrows() - 1 {
        dw.row_mut(neuron).assign(&dz.column(neuron).dot(&x));
    }
    vec![dz.dot(&w).into_dyn(), dw.into_dyn(), dz.sum_axis(Axis(0)).into_dyn()]
}

fn main() -> std::io::Result<()> {
    let inputs = [
        ("X", random((8, 40), 1).into_dyn()),
        ("W", random((10, 40), 2).into_dyn()),
        ("b", random(10, 3).into_dyn()),
    ];
    let report = check_backward(forward, backward, &inputs, 4);
    print!("{report}");
    if let (Some(path), Some(map)) = (std::env::args_os().nth(1), report.heat_map("W")) {
        std::fs::write(path, map.to_svg())?;
    }
    Ok(())
}
