//! Wrong variants of lesson 3.1. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.

/// Your loss is the sum over the batch; the lesson's is the mean, so that its size does not grow with
/// the batch. The gradients follow from the loss: which of them is the first to get the 1/B?
pub mod sum_for_mean {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2};

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

/// Your loss is a mean, but your gradients are those of the sum: B times too large. One activation is
/// in one of the B terms of the mean: how fast does the mean follow it? Divide where the way back
/// begins; the later gradients are computed from that one, and need no division of their own.
pub mod mean_forgotten {
    pub use ex_3_1::*;
    use ndarray::Array2;

    /// Starts from A − Y.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = x.nrows() as f64;
        let Gradients { da, dz, dw, db } = ex_3_1::backward(x, y, forward);
        Gradients { da: da * batch, dz: dz * batch, dw: dw * batch, db: db * batch }
    }
}

/// Your dL/dA and dL/dZ lack the 1/B of the mean, and your dL/dW and dL/db get it later. L is divided
/// by B, so everything on the way back is, from the first gradient on: divide there, and only there.
pub mod mean_taken_late {
    pub use ex_3_1::*;
    use ndarray::Array2;

    /// Starts from A − Y, and averages over the samples at the end.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = x.nrows() as f64;
        let right = ex_3_1::backward(x, y, forward);
        Gradients { da: &right.da * batch, dz: &right.dz * batch, ..right }
    }
}

/// Your dL/dW and dL/db are averaged a second time. L has only one 1/B, and dL/dA already contains it.
/// What is left to do with the samples, if not to average them?
pub mod mean_applied_twice {
    pub use ex_3_1::*;
    use ndarray::Array2;

    /// Takes means where sums belong.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let batch = x.nrows() as f64;
        let right = ex_3_1::backward(x, y, forward);
        Gradients { dw: right.dw / batch, db: right.db / batch, ..right }
    }
}

/// Your dL/dZ equals dL/dA: the derivative of tanh is missing. Going back through A = tanh(Z)
/// multiplies every element by the slope of tanh at its own z, as in lesson 2.2.
pub mod activation_derivative_missing {
    pub use ex_3_1::*;
    use ndarray::{Array2, Axis};

    /// Goes through the activation as if it were the identity.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = ex_3_1::backward(x, y, forward).da;
        Gradients { dz: da.clone(), dw: da.t().dot(x), db: da.sum_axis(Axis(0)), da }
    }
}

/// Your derivative of tanh is 1 − tanh²(A), where 1 − tanh²(Z) belongs. A is tanh(Z) already: tanh does
/// not come in a second time.
pub mod activation_derivative_at_a {
    pub use ex_3_1::*;
    use ndarray::{Array2, Axis};

    /// Applies tanh twice in the derivative.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let da = ex_3_1::backward(x, y, forward).da;
        let dz = &da * forward.a.mapv(|a| 1.0 - a.tanh().powi(2));
        Gradients { dw: dz.t().dot(x), db: dz.sum_axis(Axis(0)), da, dz }
    }
}

/// Your dL/dZ is a single number. Z has one element for each sample, and so has its gradient: shape
/// (B, 1). The sum over the batch comes one step later, in dL/dW and dL/db, after each dL/dz has been
/// multiplied by the input of its own sample.
pub mod dz_collapsed {
    pub use ex_3_1::*;
    use ndarray::{Array2, Axis};

    /// Sums over the batch one step too early, so that every sample is multiplied by the mean input.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let right = ex_3_1::backward(x, y, forward);
        let dz = right.dz.sum_axis(Axis(0)).insert_axis(Axis(0));
        let mean_input = x.sum_axis(Axis(0)) / x.nrows() as f64;
        Gradients { dw: &dz * &mean_input, dz, ..right }
    }
}

/// Your dL/db is summed over the wrong axis: it has one entry for each sample. All samples share the
/// bias, so its gradient is a sum over the batch, which is axis 0.
pub mod bias_gradient_wrong_axis {
    pub use ex_3_1::*;
    use ndarray::{Array2, Axis};

    /// Sums each row.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let right = ex_3_1::backward(x, y, forward);
        Gradients { db: right.dz.sum_axis(Axis(1)), ..right }
    }
}

/// Your dL/dW is a column, (d_in, 1). W is a row of shape (1, d_in), and a gradient has the shape of
/// what it is the gradient of. The sum over the batch is right: which of the two factors has to be on
/// the left, so that the result is a row?
pub mod weight_gradient_transposed {
    pub use ex_3_1::*;
    use ndarray::Array2;

    /// Multiplies in the other order.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let right = ex_3_1::backward(x, y, forward);
        Gradients { dw: x.t().dot(&right.dz), ..right }
    }
}

/// Your gradients have the wrong sign: they start from Y − A. Where a is below y, the loss falls as a
/// grows: which sign has dL/dA there? With the other one, gradient descent raises the loss.
pub mod sign_flipped {
    pub use ex_3_1::*;
    use ndarray::Array2;

    /// Starts from Y − A.
    pub fn backward(x: &Array2<f64>, y: &Array2<f64>, forward: &Forward) -> Gradients {
        let Gradients { da, dz, dw, db } = ex_3_1::backward(x, y, forward);
        Gradients { da: -da, dz: -dz, dw: -dw, db: -db }
    }
}

/// Your loss is the mean of (a − y)² without the ½, which is there to cancel the 2 of the derivative.
pub mod half_missing {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2};

    /// Leaves out the ½.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let right = ex_3_1::forward(x, w, b, y);
        Forward { loss: 2.0 * right.loss, ..right }
    }
}

/// Your tanh is built from exponentials. `exp` overflows to ∞ above 709, and ∞/∞ is NaN: one such
/// sample turns the loss of the whole batch into NaN. `f64::tanh` is stable everywhere.
pub mod manual_tanh {
    pub use ex_3_1::*;
    use ndarray::{Array1, Array2};

    /// Overflows in the numerator and in the denominator.
    pub fn forward(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>) -> Forward {
        let z = ex_3_1::forward(x, w, b, y).z;
        let a = z.mapv(|z| (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()));
        let loss = 0.5 * (&a - y).pow2().sum() / x.nrows() as f64;
        Forward { z, a, loss }
    }
}
