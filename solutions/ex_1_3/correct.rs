//! Correct variants of lesson 1.3. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// 1/(1 + e⁻ᶻ) for every z: far below zero e⁻ᶻ is infinite and the result 0. tanh by `exp_m1`.
pub mod one_formula {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn sigmoid(z: &Array2<f64>) -> Array2<f64> {
        1.0 / (1.0 + z.mapv(|z| (-z).exp()))
    }

    /// tanh(z) = −m/(2 + m) with m = e^(−2|z|) − 1.
    pub fn tanh(z: &Array2<f64>) -> Array2<f64> {
        z.mapv(|z| {
            let m = (-2.0 * z.abs()).exp_m1();
            (-m / (2.0 + m)).copysign(z)
        })
    }

    pub fn sigmoid_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        da * &(a - &(a * a))
    }

    pub fn tanh_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        (1.0 - a) * (1.0 + a) * da
    }
}

/// At the kink the slope of the right side; masks of 0 and 1 that are multiplied.
pub mod kink_is_one {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn relu(z: &Array2<f64>) -> Array2<f64> {
        z * &z.mapv(|z| f64::from(z >= 0.0))
    }

    pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
        da * &z.mapv(|z| f64::from(z >= 0.0))
    }

    pub fn leaky_relu_backward(da: &Array2<f64>, z: &Array2<f64>, alpha: f64) -> Array2<f64> {
        let positive = z.mapv(|z| f64::from(z >= 0.0));
        let negative = z.mapv(|z| f64::from(z < 0.0));
        da * &(positive + alpha * negative)
    }
}

/// At the kink the mean of both sides, by the sign; ReLU as (z + |z|)/2.
pub mod kink_is_half {
    pub use ex_1_3::*;
    use ndarray::Array2;

    fn sign(z: f64) -> f64 {
        if z == 0.0 { 0.0 } else { z.signum() }
    }

    pub fn relu(z: &Array2<f64>) -> Array2<f64> {
        z.mapv(|z| z / 2.0 + z.abs() / 2.0)
    }

    pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
        da * &z.mapv(|z| (1.0 + sign(z)) / 2.0)
    }
}

/// Arrays that are changed in place, and `Zip`.
pub mod in_place {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2, Zip};

    pub fn leaky_relu(z: &Array2<f64>, alpha: f64) -> Array2<f64> {
        let mut a = z.clone();
        a.mapv_inplace(|z| if z < 0.0 { alpha * z } else { z });
        a
    }

    pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
        let mut dz = da.clone();
        dz.zip_mut_with(z, |dz, z| {
            if *z <= 0.0 {
                *dz = 0.0;
            }
        });
        dz
    }

    pub fn tanh_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        Zip::from(da).and(a).map_collect(|da, a| da - da * a * a)
    }

    pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
        let (mut w, mut b) = layers[0].clone();
        for (next_w, next_b) in &layers[1..] {
            b = next_w.dot(&b) + next_b;
            w = next_w.dot(&w);
        }
        (w, b)
    }
}

/// The stack multiplied from the last layer down: W_L·W_(L−1) first. Biases as what the stack makes of 0.
pub mod from_the_end {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2};

    pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
        let d_out = layers[layers.len() - 1].1.len();
        let w = layers.iter().rev().fold(Array2::eye(d_out), |product, (w, _)| product.dot(w));
        let nothing = Array1::zeros(layers[0].0.ncols());
        let b = layers.iter().fold(nothing, |x, (w, b)| w.dot(&x) + b);
        (w, b)
    }
}

/// Bias and weights as one matrix with a further column, (W | b) over (0 | 1).
pub mod homogeneous {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2, s};

    fn affine(w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let (rows, columns) = w.dim();
        let mut matrix = Array2::zeros((rows + 1, columns + 1));
        matrix.slice_mut(s![..rows, ..columns]).assign(w);
        matrix.slice_mut(s![..rows, columns]).assign(b);
        matrix[[rows, columns]] = 1.0;
        matrix
    }

    pub fn collapse_two(
        w1: &Array2<f64>,
        b1: &Array1<f64>,
        w2: &Array2<f64>,
        b2: &Array1<f64>,
    ) -> (Array2<f64>, Array1<f64>) {
        let both = affine(w2, b2).dot(&affine(w1, b1));
        let (rows, columns) = (w2.nrows(), w1.ncols());
        (both.slice(s![..rows, ..columns]).to_owned(), both.slice(s![..rows, columns]).to_owned())
    }
}
