//! Wrong variants of lesson 4.3. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// The functions of one activation from the value and the slope at one number in `f64`.
macro_rules! activation {
    ($forward:ident, $backward:ident, |$z:ident| $value:expr, $slope:expr) => {
        pub fn $forward<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
            z.mapv(|z| {
                let $z = z.to_f64().unwrap();
                F::from($value).unwrap()
            })
        }

        activation!($backward, |$z| $slope);
    };
    ($backward:ident, |$z:ident| $slope:expr) => {
        pub fn $backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
            dy * z.mapv(|z| {
                let $z = z.to_f64().unwrap();
                F::from($slope).unwrap()
            })
        }
    };
}

/// σ(z) and its slope.
fn sigmoid(z: f64) -> (f64, f64) {
    let a = 1.0 / (1.0 + (-z).exp());
    (a, a * (1.0 - a))
}

/// tanh u and du/dz of the tanh form.
fn tanh_of_cubic(z: f64) -> (f64, f64) {
    let rate = (2.0 / std::f64::consts::PI).sqrt();
    let u = rate * (z + 0.044715 * z.powi(3));
    (u.tanh(), rate * (1.0 + 3.0 * 0.044715 * z * z))
}

/// Your `gelu` is the tanh form. The two differ in the fourth digit, so a network that was trained with one
/// of them answers otherwise with the other. Which one does `erfc` belong to?
pub mod tanh_form_for_exact {
    pub use ex_4_3::*;
    pub use ex_4_3::{gelu_tanh as gelu, gelu_tanh_backward as gelu_backward};
}

/// Your `gelu_tanh` is the exact GELU. The two differ in the fourth digit, so a network that was trained with
/// one of them answers otherwise with the other. Where does `gelu_tanh` need an erfc?
pub mod exact_for_tanh_form {
    pub use ex_4_3::*;
    pub use ex_4_3::{gelu as gelu_tanh, gelu_backward as gelu_tanh_backward};
}

/// Your `gelu` is z·σ(1.702·z), which is known as quick GELU. It is a third function beside the exact
/// GELU and its tanh form, and off in the second digit. What is Φ in terms of erfc?
pub mod sigmoid_1702 {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::sigmoid;

    activation!(gelu, gelu_backward, |z| z * sigmoid(1.702 * z).0, {
        let (a, slope) = sigmoid(1.702 * z);
        a + 1.702 * z * slope
    });
}

/// Your Φ is ½·erfc(−z). The error function belongs to a bell of another width, e^(−x²) in the place of
/// e^(−z²/2). By which number do you have to divide z, so that x² is z²/2?
pub mod erf_without_sqrt2 {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    activation!(gelu, gelu_backward, |z| z * 0.5 * libm::erfc(-z), {
        let density = (-z * z).exp() / std::f64::consts::PI.sqrt();
        0.5 * libm::erfc(-z) + z * density
    });
}

/// Your `gelu_backward` gives dL/dY·Φ(z). z stands in z·Φ(z) twice: you have held Φ fixed while z moves. What
/// does the other half of the rule for products add?
pub mod product_rule_missing_in_gelu {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    activation!(gelu_backward, |z| 0.5 * libm::erfc(-z / 2.0_f64.sqrt()));
}

/// Your `silu_backward` gives dL/dY·σ(z). z stands in z·σ(z) twice: you have held σ fixed while z moves. What
/// does the other half of the rule for products add?
pub mod product_rule_missing_in_silu {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::sigmoid;

    activation!(silu_backward, |z| sigmoid(z).0);
}

/// Your `silu_backward` gives dL/dY·z·σ(z)·(1 − σ(z)). You have differentiated σ, and held the z before it
/// fixed. What does the other half of the rule for products add?
pub mod silu_derivative_of_sigmoid {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::sigmoid;

    activation!(silu_backward, |z| z * sigmoid(z).1);
}

/// In your `gelu_tanh_backward`, du/dz has 0.044715·z² where the derivative of 0.044715·z³ belongs. What is the
/// slope of z³?
pub mod cubic_derivative_missing {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::tanh_of_cubic;

    activation!(gelu_tanh_backward, |z| {
        let (t, _) = tanh_of_cubic(z);
        let du = (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 0.044715 * z * z);
        0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * du
    });
}

/// Your `gelu_tanh_backward` has no du/dz in it. tanh is a function of u, and u moves when z does: what
/// does the chain rule multiply 1 − tanh² by?
pub mod inner_derivative_missing {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::tanh_of_cubic;

    activation!(gelu_tanh_backward, |z| {
        let (t, _) = tanh_of_cubic(z);
        0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t)
    });
}

/// Your backward passes take the slope at the output, as if y were z. Lesson 1.3 could write slopes with the
/// output. Here two different z have the same y, so y cannot tell which slope is meant. What are the functions
/// handed?
pub mod slope_at_the_output {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        ex_4_3::gelu_backward(dy, &ex_4_3::gelu(z))
    }

    pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        ex_4_3::gelu_tanh_backward(dy, &ex_4_3::gelu_tanh(z))
    }

    pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        ex_4_3::silu_backward(dy, &ex_4_3::silu(z))
    }
}

/// Your `silu` is right where z is positive, and only there: its σ has |z| in the exponent for both signs.
/// Which of the two formulas of lesson 1.3 is for a negative z?
pub mod sigmoid_of_the_magnitude {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::sigmoid;

    activation!(silu, silu_backward, |z| z * sigmoid(z.abs()).0, {
        let (a, slope) = sigmoid(z.abs());
        a + z * slope
    });
}

/// Your backward passes give the slopes alone: the upstream gradient is not in them. A test that adds up all
/// outputs hands back ones, and cannot see it. What arrives from the right is multiplied by the slope.
pub mod upstream_dropped {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn gelu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        ex_4_3::gelu_backward(&Array2::ones(dy.dim()), z)
    }

    pub fn gelu_tanh_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        ex_4_3::gelu_tanh_backward(&Array2::ones(dy.dim()), z)
    }

    pub fn silu_backward<F: NdFloat>(dy: &Array2<F>, z: &Array2<F>) -> Array2<F> {
        ex_4_3::silu_backward(&Array2::ones(dy.dim()), z)
    }
}

/// Your `silu` gives σ(z). SiLU is z times that: a gate that lets z through or not.
pub mod gate_without_z {
    pub use ex_4_3::*;
    use ndarray::{Array2, NdFloat};

    use super::sigmoid;

    activation!(silu, silu_backward, |z| sigmoid(z).0, sigmoid(z).1);
}
