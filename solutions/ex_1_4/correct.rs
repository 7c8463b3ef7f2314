//! Correct variants of lesson 1.4. Each module is the solution in another style, which its
//! documentation names. Those called `loops…` lose the source check.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// `dot` for the product, and the bias added to the result; the inner loops by iterators.
pub mod dot {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows()));
        for ((i, j), z) in z.indexed_iter_mut() {
            *z = x.row(i).iter().zip(w.row(j)).map(|(x, w)| x * w).sum::<f64>() + b[j];
        }
        z
    }

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t()) + b
    }

    pub fn layer_size(rows: usize, columns: usize) -> (usize, usize) {
        (rows, rows * columns + rows)
    }
}

/// The loops in another order, with Z updated in place: k outermost, then the samples.
pub mod inputs_outermost {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_elementwise(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows()));
        for k in (0..x.ncols()).rev() {
            for i in 0..x.nrows() {
                for j in 0..w.nrows() {
                    z[[i, j]] += x[[i, k]] * w[[j, k]];
                }
            }
        }
        z + b
    }

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows()));
        for (j, (w, b)) in w.outer_iter().zip(b).enumerate() {
            for (i, x) in x.outer_iter().enumerate() {
                z[[i, j]] = b + w.dot(&x);
            }
        }
        z
    }

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), b.len()));
        z.assign(b);
        z += &x.dot(&w.t());
        z
    }

    pub fn neuron_of(w: &Array2<f64>, b: &Array1<f64>, j: usize) -> (Array1<f64>, f64) {
        let weights = (0..w.ncols()).map(|k| w[[j, k]]).collect();
        (weights, b[j])
    }
}

/// The bias as the weight of one more input, which is always 1.
pub mod bias_as_weight {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2, Axis, concatenate};

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let inputs = concatenate![Axis(1), x.view(), Array2::ones((x.nrows(), 1))];
        inputs.dot(&concatenate![Axis(1), w.view(), b.view().insert_axis(Axis(1))].t())
    }
}

/// The product the other way round, (W·Xᵀ + b)ᵀ, so that the result is column-major.
pub mod transposed {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn((w.nrows(), x.nrows()), |(j, i)| w.row(j).dot(&x.row(i)) + b[j])
            .reversed_axes()
    }

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        (w.dot(&x.t()) + b.view().insert_axis(Axis(1))).reversed_axes()
    }

    pub fn neuron_of(w: &Array2<f64>, b: &Array1<f64>, j: usize) -> (Array1<f64>, f64) {
        (w.t().column(j).to_owned(), b[j])
    }
}

/// A layer as a list of neurons: each is taken out and asked, a column of Z at a time.
pub mod neuron_by_neuron {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows()));
        for j in 0..w.nrows() {
            let (weights, bias) = neuron_of(w, b, j);
            z.column_mut(j).assign(&(x.dot(&weights) + bias));
        }
        z
    }
}

/// The product as a broadcast over three axes and a sum over one, like `einsum`.
pub mod broadcast {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        layer_gemm(x, w, b)
    }

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let products = &x.view().insert_axis(Axis(1)) * &w.view().insert_axis(Axis(0));
        products.sum_axis(Axis(2)) + b
    }
}

/// The loops once more in place of the product.
pub mod loops {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), w.nrows()));
        for i in 0..x.nrows() {
            for j in 0..w.nrows() {
                z[[i, j]] = b[j];
                for k in 0..x.ncols() {
                    z[[i, j]] += x[[i, k]] * w[[j, k]];
                }
            }
        }
        z
    }
}

/// The dot products in place of the product: what fills Z by position asks for whole rows.
pub mod loops_of_dot_products {
    pub use ex_1_4::*;
    use ndarray::{Array1, Array2};

    pub fn layer_gemm(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        layer_einsum(x, w, b)
    }

    pub fn layer_einsum(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn((x.nrows(), w.nrows()), |(i, j)| w.row(j).dot(&x.row(i)) + b[j])
    }
}
