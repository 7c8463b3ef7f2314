//! Wrong variants of lesson 3.1. Each module is a whole wrong crate, named after its mistake; its
//! documentation is the explanation that a learner reads.

/// Your loss is the sum over the batch, where the course's is the mean. Divide by B once in the loss,
/// and let the gradients start from (A − Y)/B; then the step does not grow with the batch.
pub mod sum_for_mean {
    use ndarray::{Array1, Array2};

    pub use ex_3_1::*;

    /// Leaves the loss as a sum.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let right = ex_3_1::forward(x, w, b, y);
        Forward { loss: right.loss * x.nrows() as f64, ..right }
    }

    /// The gradients of that sum.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        super::mean_forgotten::backward(x, y, forward)
    }
}

/// Your loss is a mean, but your gradients are those of the sum: B times too large. The derivative
/// of the mean by one activation is (a − y)/B. Divide dL/dA by B; the steps after it inherit that.
pub mod mean_forgotten {
    use ndarray::Array2;

    pub use ex_3_1::*;

    /// Starts from A − Y.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = x.nrows() as f64;
        let Gradients { da, dz, dw, db } = ex_3_1::backward(x, y, forward);
        Gradients { da: da * batch, dz: dz * batch, dw: dw * batch, db: db * batch }
    }
}

/// Your dL/dW and dL/db are averaged a second time. dL/dA already carries the 1/B of the mean loss,
/// so what is left to do over the batch is a sum: the product (dL/dZ)ᵀ·X and the column sum.
pub mod mean_applied_twice {
    use ndarray::Array2;

    pub use ex_3_1::*;

    /// Takes means where sums belong.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = x.nrows() as f64;
        let right = ex_3_1::backward(x, y, forward);
        Gradients { dw: right.dw / batch, db: right.db / batch, ..right }
    }
}

/// Your dL/dZ equals dL/dA: the local derivative of tanh is missing. Going back through A = tanh(Z)
/// multiplies every element by its own 1 − a².
pub mod activation_derivative_missing {
    use ndarray::{Array2, Axis};

    pub use ex_3_1::*;

    /// Goes through the activation as if it were the identity.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = ex_3_1::backward(x, y, forward).da;
        Gradients { dz: da.clone(), dw: da.t().dot(x), db: da.sum_axis(Axis(0)), da }
    }
}

/// Your derivative of tanh is taken at A where Z belongs: 1 − tanh²(A). A is tanh(Z) already, so the
/// derivative is 1 − A², with no second tanh.
pub mod activation_derivative_at_a {
    use ndarray::{Array2, Axis};

    pub use ex_3_1::*;

    /// Applies tanh twice in the derivative.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = ex_3_1::backward(x, y, forward).da;
        let dz = &da * forward.a.mapv(|a| 1.0 - a.tanh().powi(2));
        Gradients { dw: dz.t().dot(x), db: dz.sum_axis(Axis(0)), da, dz }
    }
}

/// Your dL/dZ is a single number. Z has one element for each sample, and so has its gradient: shape
/// (B, 1). The sum over the batch comes one step later, in dL/dW and dL/db, where each sample still
/// meets its own input.
pub mod dz_collapsed {
    use ndarray::{Array2, Axis};

    pub use ex_3_1::*;

    /// Sums over the batch one step too early, so that every sample meets the mean input.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let right = ex_3_1::backward(x, y, forward);
        let dz = right.dz.sum_axis(Axis(0)).insert_axis(Axis(0));
        let mean_input = x.sum_axis(Axis(0)) / x.nrows() as f64;
        Gradients { dw: &dz * &mean_input, dz, ..right }
    }
}

/// Your dL/db is summed over the wrong axis: it has one entry for each sample. The bias is shared by
/// all samples, so its gradient adds up over the batch, which is axis 0.
pub mod bias_gradient_wrong_axis {
    use ndarray::{Array2, Axis};

    pub use ex_3_1::*;

    /// Sums each row.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let right = ex_3_1::backward(x, y, forward);
        Gradients { db: right.dz.sum_axis(Axis(1)), ..right }
    }
}

/// Your dL/dW is a column, (d_in, 1). W is a row of shape (1, d_in), and a gradient has the shape of
/// what it is the gradient of: write (dL/dZ)ᵀ·X, not Xᵀ·dL/dZ.
pub mod weight_gradient_transposed {
    use ndarray::Array2;

    pub use ex_3_1::*;

    /// Multiplies the other way round.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let right = ex_3_1::backward(x, y, forward);
        Gradients { dw: x.t().dot(&right.dz), ..right }
    }
}

/// Your gradients have the wrong sign. The derivative of ½(a − y)² by a is a − y, not y − a; with
/// the sign flipped, gradient descent would climb.
pub mod sign_flipped {
    use ndarray::Array2;

    pub use ex_3_1::*;

    /// Starts from Y − A.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let Gradients { da, dz, dw, db } = ex_3_1::backward(x, y, forward);
        Gradients { da: -da, dz: -dz, dw: -dw, db: -db }
    }
}

/// Your loss is the mean of (a − y)² without the ½. The ½ is there to cancel the 2 of the
/// derivative; without it, dL/dA would have to be 2(A − Y)/B.
pub mod half_missing {
    use ndarray::{Array1, Array2};

    pub use ex_3_1::*;

    /// Leaves out the ½.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let right = ex_3_1::forward(x, w, b, y);
        Forward { loss: 2.0 * right.loss, ..right }
    }
}

/// Your tanh is built from exponentials. `exp` overflows near 710, and ∞/∞ is NaN: one such sample
/// turns the loss of the whole batch into NaN. `f64::tanh` is stable everywhere.
pub mod manual_tanh {
    use ndarray::{Array1, Array2};

    pub use ex_3_1::*;

    /// Overflows in the numerator and in the denominator.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = ex_3_1::forward(x, w, b, y).z;
        let a = z.mapv(|z| (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()));
        let loss = 0.5 * (&a - y).pow2().sum() / x.nrows() as f64;
        Forward { z, a, loss }
    }
}
