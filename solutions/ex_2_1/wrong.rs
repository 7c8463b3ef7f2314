//! Wrong variants of lesson 2.1. Each module is a whole wrong crate, named after its mistake; its
//! documentation is the explanation that a learner reads.

use ex_2_1::Example;

/// x, w, b, y of an example.
fn point(example: Example) -> [f64; 4] {
    match example {
        Example::First => [2.0, -0.5, 1.0, 0.8],
        Example::Second => [1.5, 0.8, -0.7, -0.25],
    }
}

/// Your dL/db is multiplied by b. In z = w·x + b the bias is added: move b by 0.1, and by how much
/// does z move? Does it matter where b was? The first example cannot show the mistake, because its b
/// is 1.
pub mod bias_gradient_times_b {
    pub use ex_2_1::*;

    /// Multiplies by the bias.
    pub fn db(example: Example) -> f64 {
        let [.., b, _] = super::point(example);
        ex_2_1::db(example) * b
    }
}

/// Your gradients have the wrong sign: they start from y − a. To check the sign: where a is below y,
/// the loss falls as a grows. Which sign has dL/da there?
pub mod sign_flipped {
    pub use ex_2_1::*;

    /// Starts from y − a.
    pub fn da(example: Example) -> f64 {
        -ex_2_1::da(example)
    }

    /// Carries the sign on.
    pub fn dz(example: Example) -> f64 {
        -ex_2_1::dz(example)
    }

    /// Carries the sign on.
    pub fn dw(example: Example) -> f64 {
        -ex_2_1::dw(example)
    }

    /// Carries the sign on.
    pub fn db(example: Example) -> f64 {
        -ex_2_1::db(example)
    }
}

/// Your dL/dz equals dL/da: the local derivative of tanh is missing. The step back through
/// a = tanh(z) multiplies by how fast a follows z. The first example cannot show the mistake: its z
/// is 0, where tanh has the slope 1.
pub mod activation_derivative_missing {
    pub use ex_2_1::*;

    /// Goes through the activation as if it were the identity.
    pub fn dz(example: Example) -> f64 {
        da(example)
    }

    /// Follows from that.
    pub fn dw(example: Example) -> f64 {
        let [x, ..] = super::point(example);
        dz(example) * x
    }

    /// Follows from that.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}

/// Your derivative of tanh is taken at a instead of z: 1 − tanh²(a). The value a is tanh(z) already.
/// How often has tanh to be applied?
pub mod activation_derivative_at_a {
    pub use ex_2_1::*;

    /// Applies tanh twice.
    pub fn dz(example: Example) -> f64 {
        da(example) * (1.0 - a(example).tanh().powi(2))
    }

    /// Follows from that.
    pub fn dw(example: Example) -> f64 {
        let [x, ..] = super::point(example);
        dz(example) * x
    }

    /// Follows from that.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}

/// Your derivative of tanh is 1 − z², which is negative from z = 1 on, where tanh still grows. Which
/// number does the quotient rule square: the one that goes into tanh, or the one that comes out?
pub mod activation_derivative_of_z {
    pub use ex_2_1::*;

    /// Squares z instead of a.
    pub fn dz(example: Example) -> f64 {
        da(example) * (1.0 - z(example).powi(2))
    }

    /// Follows from that.
    pub fn dw(example: Example) -> f64 {
        let [x, ..] = super::point(example);
        dz(example) * x
    }

    /// Follows from that.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}

/// Your loss is (a − y)²: the ½ is missing. It is there to cancel the 2 that differentiating the
/// square brings.
pub mod half_missing {
    pub use ex_2_1::*;

    /// Leaves out the ½.
    pub fn loss(example: Example) -> f64 {
        2.0 * ex_2_1::loss(example)
    }
}

/// Your dL/dw is dL/dz: the local derivative ∂z/∂w is missing. In z = w·x + b, move w alone: which
/// number decides how far z follows?
pub mod input_missing_in_dw {
    pub use ex_2_1::*;

    /// Returns dL/dz.
    pub fn dw(example: Example) -> f64 {
        dz(example)
    }
}

/// Your dL/dw is dL/dz · w. That is dL/dx, the gradient of the input. In w·x, move w alone: which of
/// the two factors decides how far the product follows?
pub mod weight_for_input {
    pub use ex_2_1::*;

    /// Multiplies by the weight.
    pub fn dw(example: Example) -> f64 {
        let [_, w, ..] = super::point(example);
        dz(example) * w
    }
}

/// Your dL/dz multiplies dL/da by 1 − a: the square is missing. The quotient rule for sinh/cosh leaves
/// a difference of squares over cosh². What becomes of sinh²/cosh²?
pub mod square_missing_in_activation_derivative {
    pub use ex_2_1::*;

    /// Leaves a as it is.
    pub fn dz(example: Example) -> f64 {
        da(example) * (1.0 - a(example))
    }

    /// Follows from that.
    pub fn dw(example: Example) -> f64 {
        let [x, ..] = super::point(example);
        dz(example) * x
    }

    /// Follows from that.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}

/// Your z is w·x alone: the bias is missing. Add b; every number after z changes with it.
pub mod bias_missing {
    pub use ex_2_1::*;

    /// Leaves out b.
    pub fn z(example: Example) -> f64 {
        let [x, w, ..] = super::point(example);
        w * x
    }

    /// Follows from that.
    pub fn a(example: Example) -> f64 {
        z(example).tanh()
    }

    /// Follows from that.
    pub fn loss(example: Example) -> f64 {
        0.5 * da(example).powi(2)
    }

    /// Follows from that.
    pub fn da(example: Example) -> f64 {
        let [.., y] = super::point(example);
        a(example) - y
    }

    /// Follows from that.
    pub fn dz(example: Example) -> f64 {
        da(example) * (1.0 - a(example).powi(2))
    }

    /// Follows from that.
    pub fn dw(example: Example) -> f64 {
        let [x, ..] = super::point(example);
        dz(example) * x
    }

    /// Follows from that.
    pub fn db(example: Example) -> f64 {
        dz(example)
    }
}
