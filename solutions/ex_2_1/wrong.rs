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

/// Your dL/db is multiplied by b. In z = w·x + b the bias is added: ∂z/∂b = 1, whatever b is, so
/// dL/db is dL/dz itself. The first example cannot show the mistake, because its b is 1.
pub mod bias_gradient_times_b {
    pub use ex_2_1::*;

    /// Multiplies by the bias.
    pub fn db(example: Example) -> f64 {
        let [.., b, _] = super::point(example);
        ex_2_1::db(example) * b
    }
}

/// Your gradients have the wrong sign: they start from y − a. The derivative of ½(a − y)² with
/// respect to a is a − y. To check the sign: where a is below y, the loss falls as a grows, so dL/da
/// is negative.
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
/// a = tanh(z) multiplies by ∂a/∂z = 1 − a². The first example cannot show the mistake, because its
/// a is 0.
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

/// Your derivative of tanh is taken at a instead of z: 1 − tanh²(a). The value a is tanh(z) already,
/// so ∂a/∂z is 1 − a², with no second tanh.
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

/// Your derivative of tanh is 1 − z². The formula is 1 − tanh²(z), and tanh(z) is a: use 1 − a².
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

/// Your loss is (a − y)²: the ½ is missing. The ½ cancels the 2 that differentiating the square
/// brings, so that dL/da is a − y.
pub mod half_missing {
    pub use ex_2_1::*;

    /// Leaves out the ½.
    pub fn loss(example: Example) -> f64 {
        2.0 * ex_2_1::loss(example)
    }
}

/// Your dL/dw is dL/dz: the factor x is missing. In z = w·x + b the local derivative is ∂z/∂w = x.
pub mod input_missing_in_dw {
    pub use ex_2_1::*;

    /// Returns dL/dz.
    pub fn dw(example: Example) -> f64 {
        dz(example)
    }
}

/// Your dL/dw is dL/dz · w. The derivative of w·x with respect to w is the other factor, x; a product
/// with w gives dL/dx, the gradient of the input.
pub mod weight_for_input {
    pub use ex_2_1::*;

    /// Multiplies by the weight.
    pub fn dw(example: Example) -> f64 {
        let [_, w, ..] = super::point(example);
        dz(example) * w
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
