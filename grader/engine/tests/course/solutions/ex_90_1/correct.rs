//! Lesson 90.1, solved in other styles.

/// The two halves of softplus as two branches.
pub mod branches {
    pub use ex_90_1::*;

    /// Keeps the exponent negative.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let z = x.mul_add(w, b);
        let a = if z > 0.0 { z + (-z).exp().ln_1p() } else { z.exp().ln_1p() };
        Forward { z, a, loss: 0.5 * (a - y) * (a - y) }
    }
}

/// The square of the residual written out.
pub mod square_written_out {
    pub use ex_90_1::*;

    /// ½(a − y)² as a difference of products.
    pub fn forward(x: f64, w: f64, b: f64, y: f64) -> Forward {
        let right = ex_90_1::forward(x, w, b, y);
        Forward { loss: (right.a * right.a - 2.0 * right.a * y + y * y) / 2.0, ..right }
    }
}

/// The derivative by the hyperbolic tangent.
pub mod hyperbolic {
    pub use ex_90_1::*;

    /// 1/(1 + e⁻ᶻ) = ½(1 + tanh(z/2)).
    pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {
        let Forward { z, a, .. } = forward(x, w, b, y);
        let dz = (a - y) * (0.5 + 0.5 * (z / 2.0).tanh());
        Gradients { dz, dw: dz * x, db: dz }
    }
}
