//! Wrong variants of lesson 90.1.

/// Your softplus is ln(1 + eᶻ) as it is written on paper. eᶻ is infinite in f64 above z = 709: take
/// the larger of z and 0 out of the logarithm.
pub mod softplus_overflows {
    pub use ex_90_1::*;

    /// Overflows.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = b + w * x;
        let a = z.exp().ln_1p();
        Forward { z, a, loss: (a - y).powi(2) / 2.0 }
    }
}

/// Your loss is (a − y)² without the ½.
pub mod half_missing {
    pub use ex_90_1::*;

    /// Leaves out the ½.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let right = ex_90_1::forward(x, w, b, y);
        Forward { loss: 2.0 * right.loss, ..right }
    }
}

/// Your dL/db carries a factor b. The bias is added: ∂z/∂b = 1.
pub mod bias_gradient_times_b {
    pub use ex_90_1::*;

    /// Multiplies by the bias.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let right = ex_90_1::backward(x, w, b, y);
        Gradients { db: b * right.dz, ..right }
    }
}

/// Your dL/dw lacks the factor x: ∂z/∂w = x.
pub mod input_missing_in_dw {
    pub use ex_90_1::*;

    /// Hands dL/dz on.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let right = ex_90_1::backward(x, w, b, y);
        Gradients { dw: right.dz, ..right }
    }
}

/// Your dL/dz equals dL/da: the derivative of softplus, 1/(1 + e⁻ᶻ), is missing.
pub mod activation_derivative_missing {
    pub use ex_90_1::*;

    /// Goes through the activation as if it were the identity.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let dz = forward(x, w, b, y).a - y;
        Gradients { dz, dw: x * dz, db: dz }
    }
}

/// Your gradients have the wrong sign: the derivative of ½(a − y)² by a is a − y.
pub mod sign_flipped {
    pub use ex_90_1::*;

    /// Starts from y − a.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Gradients { dz, dw, db } = ex_90_1::backward(x, w, b, y);
        Gradients { dz: -dz, dw: -dw, db: -db }
    }
}
