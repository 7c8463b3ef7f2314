//! Wrong variants of lesson 3.2. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Your forward pass leaves out the bias: every row of Z gets the same b. Put b into Z first and let
/// the product add to it.
pub mod bias_forgotten {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, _b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t())
    }
}

/// Your forward pass multiplies by W where Wᵀ belongs. W is (d_out, d_in), one row for each neuron,
/// so X·Wᵀ pairs every sample with every neuron. X·W is possible only in a square layer.
pub mod weight_not_transposed {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2};

    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(w) + b
    }
}

/// Your dL/dX multiplies by Wᵀ. That sums over the inputs, but x_ik is in z_ij for all outputs j, so j
/// is summed. It is the column of dL/dZ: is it the row or the column of W? dL/dZ·Wᵀ is possible only
/// in a square layer.
pub mod weight_transposed_in_backward {
    pub use ex_3_2::*;
    use ndarray::Array2;

    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        dz.dot(&w.t())
    }
}

/// Your dL/dW is transposed: (d_in, d_out). A gradient has the shape of what it is the gradient of,
/// and W is (d_out, d_in). The sum over the batch is right: which of the two factors belongs on the
/// left? In a square layer both shapes match, so only the values show the error.
pub mod weight_gradient_transposed {
    pub use ex_3_2::*;
    use ndarray::Array2;

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        x.t().dot(dz)
    }

    pub fn weight_gradient_product() -> Product {
        Product::InputTransposedTimesUpstream
    }

    pub fn weight_gradient_shape(_batch: usize, d_in: usize, d_out: usize) -> (usize, usize) {
        (d_in, d_out)
    }
}

/// Your dL/dW is divided by B. The upstream gradient already contains the 1/B of the mean loss: a layer
/// adds up what it is handed, and divides nothing.
pub mod mean_applied_twice {
    pub use ex_3_2::*;
    use ndarray::Array2;

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        ex_3_2::backward_weight(dz, x) / dz.nrows() as f64
    }

    pub fn batch_reduction() -> Reduction {
        Reduction::OneProductThenAverage
    }
}

/// Your dL/db is the mean over the batch. The upstream gradient already contains the 1/B of the mean
/// loss. Every sample uses the bias: what becomes of that which comes back from all of them?
pub mod bias_gradient_mean {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2};

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        ex_3_2::backward_bias(dz) / dz.nrows() as f64
    }
}

/// Your dL/db is summed over the outputs: it has one entry for each sample. b has one entry for each
/// output, and all samples share it, so its gradient is a sum over the batch, which is axis 0.
pub mod bias_gradient_wrong_axis {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2, Axis};

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        dz.sum_axis(Axis(1))
    }
}

/// Your gradients have the wrong sign. Z = X·Wᵀ + b has no minus sign, and the a − y of the loss is
/// in dL/dZ already: use dL/dZ as it is. With the extra minus, gradient descent raises the loss.
pub mod sign_flipped {
    pub use ex_3_2::*;
    use ndarray::{Array1, Array2};

    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        -ex_3_2::backward_input(dz, w)
    }

    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        -ex_3_2::backward_weight(dz, x)
    }

    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        -ex_3_2::backward_bias(dz)
    }
}

/// Your answer gives dL/dW the shape of X. dL/dW has no axis for the batch: all samples share one W,
/// and its gradient has the shape of W, (d_out, d_in), for every batch size.
pub mod batch_kept_in_weight_gradient {
    pub use ex_3_2::*;

    pub fn weight_gradient_shape(batch: usize, d_in: usize, _d_out: usize) -> (usize, usize) {
        (batch, d_in)
    }
}

/// Your answer computes one gradient for each sample. The result is right, but a single matrix
/// product gives it too: its inner dimension is the batch, so it sums over all 32 samples, and
/// dL/dZ contains the 1/32 already.
pub mod samples_looped {
    pub use ex_3_2::*;

    pub fn batch_reduction() -> Reduction {
        Reduction::SampleBySampleThenAverage
    }
}
