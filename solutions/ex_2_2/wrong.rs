//! Wrong variants of lesson 2.2. Each module is a whole wrong crate, named after its mistake; its
//! documentation is the explanation that a learner reads.

/// Your tanh is built from exponentials. `exp` overflows above 709.78, and ∞/∞ is NaN, where tanh
/// should saturate at ±1. `f64::tanh` is stable for every z.
pub mod manual_tanh {
    pub use ex_2_2::*;

    /// Overflows in the numerator and in the denominator.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = w * x + b;
        let a = (z.exp() - (-z).exp()) / (z.exp() + (-z).exp());
        Forward { z, a, loss: 0.5 * (a - y).powi(2) }
    }

    /// Right formulas on top of an unstable forward pass.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { a, .. } = forward(x, w, b, y);
        let da = a - y;
        let dz = da * (1.0 - a * a);
        Gradients { da, dz, dw: dz * x, db: dz }
    }
}

/// Your dL/db is multiplied by b. In z = w·x + b the bias is added: ∂z/∂b = 1, whatever b is, so
/// dL/db is dL/dz itself. With b = 1 both give the same number.
pub mod bias_gradient_times_b {
    pub use ex_2_2::*;

    /// Multiplies the bias gradient by the bias.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let right = ex_2_2::backward(x, w, b, y);
        Gradients { db: right.dz * b, ..right }
    }
}

/// Your dL/dz equals dL/da: the local derivative of tanh is missing. The step back through
/// a = tanh(z) multiplies by ∂a/∂z = 1 − a².
pub mod activation_derivative_missing {
    pub use ex_2_2::*;

    /// Goes through the activation as if it were the identity.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let da = ex_2_2::backward(x, w, b, y).da;
        Gradients { da, dz: da, dw: da * x, db: da }
    }
}

/// Your derivative of tanh is taken at a instead of z: 1 − tanh²(a). The value a is tanh(z) already,
/// so ∂a/∂z is 1 − a², with no second tanh.
pub mod activation_derivative_at_a {
    pub use ex_2_2::*;

    /// Applies tanh twice in the derivative.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { a, .. } = forward(x, w, b, y);
        let da = a - y;
        let dz = da * (1.0 - a.tanh().powi(2));
        Gradients { da, dz, dw: dz * x, db: dz }
    }
}

/// Your derivative of tanh is 1 − z². The formula is 1 − tanh²(z), and tanh(z) is a: write 1 − a².
pub mod activation_derivative_of_z {
    pub use ex_2_2::*;

    /// Squares the pre-activation instead of the activation.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { z, a, .. } = forward(x, w, b, y);
        let da = a - y;
        let dz = da * (1.0 - z * z);
        Gradients { da, dz, dw: dz * x, db: dz }
    }
}

/// Your gradients have the wrong sign. The derivative of ½(a − y)² with respect to a is a − y, not
/// y − a; with the other sign, a step of gradient descent would increase the loss.
pub mod sign_flipped {
    pub use ex_2_2::*;

    /// Starts from y − a.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Gradients { da, dz, dw, db } = ex_2_2::backward(x, w, b, y);
        Gradients { da: -da, dz: -dz, dw: -dw, db: -db }
    }
}

/// Your loss is (a − y)²: the ½ is missing. The ½ cancels the 2 that differentiating the square
/// brings; without it, dL/da would be 2(a − y).
pub mod half_missing {
    pub use ex_2_2::*;

    /// Leaves out the ½.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let right = ex_2_2::forward(x, w, b, y);
        Forward { loss: (right.a - y).powi(2), ..right }
    }
}

/// Your dL/dw is dL/dz: the factor x is missing. In z = w·x + b the local derivative is ∂z/∂w = x, so
/// dL/dw = dL/dz · x.
pub mod input_missing_in_dw {
    pub use ex_2_2::*;

    /// Returns dL/dz as dL/dw.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let right = ex_2_2::backward(x, w, b, y);
        Gradients { dw: right.dz, ..right }
    }
}
