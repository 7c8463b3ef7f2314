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

/// Your dL/db is multiplied by b. In z = w·x + b the bias is added: move b by 0.1, and by how much
/// does z move? Does it matter where b was? With b = 1 the mistake does not show.
pub mod bias_gradient_times_b {
    pub use ex_2_2::*;

    /// Multiplies the bias gradient by the bias.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let right = ex_2_2::backward(x, w, b, y);
        Gradients { db: right.dz * b, ..right }
    }
}

/// Your dL/dz equals dL/da: the local derivative of tanh is missing. The step back through
/// a = tanh(z) multiplies by how fast a follows z.
pub mod activation_derivative_missing {
    pub use ex_2_2::*;

    /// Goes through the activation as if it were the identity.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let da = ex_2_2::backward(x, w, b, y).da;
        Gradients { da, dz: da, dw: da * x, db: da }
    }
}

/// Your derivative of tanh is taken at a instead of z: 1 − tanh²(a). The value a is tanh(z) already,
/// so tanh does not come in a second time.
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

/// Your derivative of tanh is 1 − z², which is negative from z = 1 on, where tanh still grows. Which
/// number has to be squared: the one that goes into tanh, or the one that comes out?
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

/// Your dL/dz multiplies y alone by the slope of tanh: in `a - y * s` the product comes first. What
/// arrives is all of dL/da: put it in parentheses, or use the number that you have for it.
pub mod parentheses_missing {
    pub use ex_2_2::*;

    /// Multiplies before it subtracts.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { a, .. } = forward(x, w, b, y);
        let dz = a - y * (1.0 - a * a);
        Gradients { da: a - y, dz, dw: dz * x, db: dz }
    }
}

/// Your gradients have the wrong sign: they start from y − a. Where a is below y, the loss falls as a
/// grows: which sign has dL/da there? With the other one, a step of gradient descent would increase
/// the loss.
pub mod sign_flipped {
    pub use ex_2_2::*;

    /// Starts from y − a.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Gradients { da, dz, dw, db } = ex_2_2::backward(x, w, b, y);
        Gradients { da: -da, dz: -dz, dw: -dw, db: -db }
    }
}

/// Your loss is (a − y)²: the ½ is missing. It is there to cancel the 2 that differentiating the
/// square brings.
pub mod half_missing {
    pub use ex_2_2::*;

    /// Leaves out the ½.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let right = ex_2_2::forward(x, w, b, y);
        Forward { loss: (right.a - y).powi(2), ..right }
    }
}

/// Your dL/dw is dL/dz: the local derivative ∂z/∂w is missing. In z = w·x + b, move w alone: which
/// number decides how far z follows?
pub mod input_missing_in_dw {
    pub use ex_2_2::*;

    /// Returns dL/dz as dL/dw.
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let right = ex_2_2::backward(x, w, b, y);
        Gradients { dw: right.dz, ..right }
    }
}
