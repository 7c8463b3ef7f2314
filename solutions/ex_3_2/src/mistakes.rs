//! Wrong variants of lesson 3.2. Each module is a whole wrong crate, named after its mistake; its
//! documentation is the explanation that a learner reads.

/// Your forward pass leaves out the bias. Z = X·Wᵀ + b: every row of Z gets the same b. Put b into Z
/// first and let the product add to it.
pub mod bias_forgotten {
    use ndarray::{Array1, Array2};

    pub use ex_3_2::*;

    /// The product alone.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, _b: &Array1<f64>) -> Array2<f64> {
        x.dot(&w.t())
    }
}

/// Your forward pass multiplies by W where Wᵀ belongs. W is (d_out, d_in): each of its rows is one
/// neuron, so X·Wᵀ meets every sample with every neuron. X·W fits only if the layer is square.
pub mod weight_not_transposed {
    use ndarray::{Array1, Array2};

    pub use ex_3_2::*;

    /// Reads the columns of W as neurons.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
        x.dot(w) + b
    }
}

/// Your dL/dX multiplies by Wᵀ where W belongs. The forward pass went through Wᵀ, so the way back
/// goes through W: dL/dZ·W, (B, d_out)·(d_out, d_in). dL/dZ·Wᵀ fits only if the layer is square.
pub mod weight_transposed_in_backward {
    use ndarray::Array2;

    pub use ex_3_2::*;

    /// Goes back through the transposed weights.
    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        dz.dot(&w.t())
    }
}

/// Your dL/dW is transposed: (d_in, d_out). A gradient has the shape of what it is the gradient of,
/// and W is (d_out, d_in): the product is (dL/dZ)ᵀ·X. In a square layer only the values tell.
pub mod weight_gradient_transposed {
    use ndarray::Array2;

    pub use ex_3_2::*;

    /// Multiplies the other way round.
    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        x.t().dot(dz)
    }

    /// Names that product.
    pub fn weight_gradient_product() -> Product {
        Product::InputTransposedTimesUpstream
    }

    /// Its shape.
    pub fn weight_gradient_shape(_batch: usize, d_in: usize, d_out: usize) -> (usize, usize) {
        (d_in, d_out)
    }
}

/// Your dL/dW is divided by B. The upstream gradient carries the 1/B of the mean loss already, and
/// only once; the product (dL/dZ)ᵀ·X has to add up the samples, not to average them.
pub mod mean_applied_twice {
    use ndarray::Array2;

    pub use ex_3_2::*;

    /// Averages what is an average already.
    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        ex_3_2::backward_weight(dz, x) / dz.nrows() as f64
    }

    /// Believes the same of the batch of 32.
    pub fn batch_reduction() -> Reduction {
        Reduction::OneProductThenAverage
    }
}

/// Your dL/db is the mean over the batch. The upstream gradient carries the 1/B of the mean loss
/// already, so the bias, which every sample uses, collects the sum.
pub mod bias_gradient_mean {
    use ndarray::{Array1, Array2};

    pub use ex_3_2::*;

    /// Takes a mean where a sum belongs.
    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        ex_3_2::backward_bias(dz) / dz.nrows() as f64
    }
}

/// Your dL/db is summed over the outputs: it has one entry for each sample. b has one entry for each
/// output and is shared by the samples, so its gradient adds up over the batch, which is axis 0.
pub mod bias_gradient_wrong_axis {
    use ndarray::{Array1, Array2, Axis};

    pub use ex_3_2::*;

    /// Sums each row.
    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        dz.sum_axis(Axis(1))
    }
}

/// Your gradients have the wrong sign. Z = X·Wᵀ + b has no minus in it, and a − y of the loss is in
/// dL/dZ already: hand dL/dZ on as it came. With a minus, gradient descent would climb.
pub mod sign_flipped {
    use ndarray::{Array1, Array2};

    pub use ex_3_2::*;

    /// −dL/dX.
    pub fn backward_input(dz: &Array2<f64>, w: &Array2<f64>) -> Array2<f64> {
        -ex_3_2::backward_input(dz, w)
    }

    /// −dL/dW.
    pub fn backward_weight(dz: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
        -ex_3_2::backward_weight(dz, x)
    }

    /// −dL/db.
    pub fn backward_bias(dz: &Array2<f64>) -> Array1<f64> {
        -ex_3_2::backward_bias(dz)
    }
}

/// Your answer gives dL/dW the shape of X. The batch is gone in dL/dW: all samples share one W, and
/// the gradient has the shape of W, (d_out, d_in), whatever the batch size.
pub mod batch_kept_in_weight_gradient {
    pub use ex_3_2::*;

    /// The shape of X.
    pub fn weight_gradient_shape(batch: usize, d_in: usize, _d_out: usize) -> (usize, usize) {
        (batch, d_in)
    }
}

/// Your answer goes through the batch sample by sample. That gives the right number, but the loop is
/// what the matrix product already does: its inner dimension is the batch, so it adds up all 32
/// samples at once, and the 1/32 is in dL/dZ.
pub mod samples_looped {
    pub use ex_3_2::*;

    /// One gradient for each sample.
    pub fn batch_reduction() -> Reduction {
        Reduction::SampleBySampleThenAverage
    }
}
