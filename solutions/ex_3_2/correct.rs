//! Correct variants of lesson 3.2. Each module is the solution in another style, which its
//! documentation names. Those called `loops…` lose the source check.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// `dot` for every product, and the bias added to the result.
pub mod dot {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t()) + b
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        dz.t().dot(x)
    }
}

/// The bias as the weight of an input that is always 1, and its gradient as a product with ones.
pub mod bias_as_weight {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2, Axis, concatenate};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let inputs = concatenate![Axis(1), x.view(), Array2::ones((x.nrows(), 1))];
        inputs.dot(&concatenate![Axis(1), w.view(), b.view().insert_axis(Axis(1))].t())
    }

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        Array1::ones(dz.nrows()).dot(dz)
    }
}

/// Products as a broadcast over three axes and a sum over one, like `einsum`.
pub mod broadcast {
    pub use ex_3_2::*;
    use ndarray::{Array2, ArrayView2, Axis};

    fn contracted(left: ArrayView2<f64>, right: ArrayView2<f64>) -> Array2<f64> {
        (&left.insert_axis(Axis(2)) * &right.insert_axis(Axis(0))).sum_axis(Axis(1))
    }

    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        contracted(dz.view(), w.view())
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        contracted(dz.t(), x.view())
    }
}

/// A layer that borrows its parameters, in a module of its own.
pub mod helpers {
    pub use ex_3_2::*;
    pub use layer::forward;

    mod layer {
        use ndarray::{Array1, Array2};

        struct Linear<'a>(&'a Array2<f64>, &'a Array1<f64>);

        impl Linear<'_> {
            fn forward(&self, x: &Array2<f64>) -> Array2<f64> {
                x.dot(&self.0.t().to_owned()) + self.1
            }
        }

        pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
            Linear(w, b).forward(x)
        }
    }
}

/// Results that are allocated first, then updated in place.
pub mod in_place {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut z = Array2::zeros((x.nrows(), b.len()));
        z.assign(b);
        z += &x.dot(&w.t());
        z
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        let mut dw = Array2::zeros((dz.ncols(), x.ncols()));
        dw.scaled_add(1.0, &dz.t().dot(x));
        dw
    }
}

/// Sums from the last term to the first, through views with a negative stride.
pub mod reversed {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2, Axis, s};

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        let last_output_first = dz.slice(s![..;-1, ..;-1]).t().dot(&x.slice(s![..;-1, ..]));
        last_output_first.slice_move(s![..;-1, ..])
    }

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        dz.slice(s![..;-1, ..]).fold_axis(Axis(0), 0.0, |sum, term| sum + term)
    }
}

/// Sums over the batch in two halves, as on two processors.
pub mod split {
    pub use ex_3_2::*;
    use ndarray::{Array2, Axis};

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        let [dz, x] = [dz, x].map(|it| it.view().split_at(Axis(0), it.nrows() / 2));
        dz.0.t().dot(&x.0) + dz.1.t().dot(&x.1)
    }
}

/// Every product in the other order, (P·Q)ᵀ = Qᵀ·Pᵀ, so that results are column-major.
pub mod transposed {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        (w.dot(&x.t()) + b.view().insert_axis(Axis(1))).reversed_axes()
    }

    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        w.t().dot(&dz.t()).reversed_axes()
    }
}

/// Explicit loops over samples, outputs and inputs.
pub mod loops {
    pub use ex_3_2::*;
    use ndarray::Array2;

    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        let mut dx = Array2::zeros((dz.nrows(), w.ncols()));
        for i in 0..dz.nrows() {
            for k in 0..w.ncols() {
                for j in 0..w.nrows() {
                    dx[[i, k]] += dz[[i, j]] * w[[j, k]];
                }
            }
        }
        dx
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        backward_input(&dz.t().to_owned(), x)
    }
}

/// Iterators over rows and places, which the lesson counts as loops.
pub mod loops_by_iterator {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn((x.nrows(), w.nrows()), |(i, j)| x.row(i).dot(&w.row(j)) + b[j])
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        let samples = dz.outer_iter().zip(x.outer_iter());
        samples.fold(Array2::zeros((dz.ncols(), x.ncols())), |sum, (dz, x)| {
            sum + dz.insert_axis(Axis(1)).dot(&x.insert_axis(Axis(0)))
        })
    }
}

/// One product, generic over how a matrix is stored, into column-major memory.
pub mod column_major {
    pub use ex_3_2::*;
    use ndarray::{
        Array1, Array2, ArrayBase, Axis, Data, Ix2, ShapeBuilder, linalg::general_mat_mul,
    };

    fn product<P, Q>(left: &ArrayBase<P, Ix2>, right: &ArrayBase<Q, Ix2>) -> Array2<f64>
    where
        P: Data<Elem = f64>,
        Q: Data<Elem = f64>,
    {
        let mut product = Array2::zeros((left.nrows(), right.ncols()).f());
        general_mat_mul(1.0, left, right, 0.0, &mut product);
        product
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        product(x, &w.t()) + b
    }

    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        product(dz, w)
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        product(&dz.t(), x)
    }

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        product(&Array2::ones((1, dz.nrows())), dz).remove_axis(Axis(0))
    }
}

/// Both parameters as one matrix (W | b), and a gradient for it that is taken apart.
pub mod one_parameter {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2, ArrayView2, Axis, s};

    /// (X | 1).
    fn homogeneous(x: ArrayView2<f64>) -> Array2<f64> {
        let mut inputs = Array2::ones((x.nrows(), x.ncols() + 1));
        inputs.slice_mut(s![.., ..-1]).assign(&x);
        inputs
    }

    /// dL/d(W | b).
    fn gradient(dz: &Array2<f64>, x: ArrayView2<f64>) -> Array2<f64> {
        dz.t().dot(&homogeneous(x))
    }

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        let mut parameter = homogeneous(w.view());
        parameter.column_mut(w.ncols()).assign(b);
        homogeneous(x.view()).dot(&parameter.t())
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        gradient(dz, x.view()).slice_move(s![.., ..-1])
    }

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        gradient(dz, Array2::zeros((dz.nrows(), 0)).view()).index_axis_move(Axis(1), 0)
    }
}
