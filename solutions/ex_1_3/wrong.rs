//! Wrong variants of lesson 1.3. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Your sigmoid has the wrong sign in the exponent: it falls where it should rise. What is σ of a large
/// positive z?
pub mod sigmoid_falls {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn sigmoid(z: &Array2<f64>) -> Array2<f64> {
        ex_1_3::sigmoid(&-z)
    }
}

/// Your ReLU lets everything pass: it is the identity. What becomes of a negative z?
pub mod relu_passes_everything {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn relu(z: &Array2<f64>) -> Array2<f64> {
        z.clone()
    }

    pub fn relu_backward(da: &Array2<f64>, _z: &Array2<f64>) -> Array2<f64> {
        da.clone()
    }
}

/// Your ReLU gives |z|: what is negative comes out positive.
pub mod relu_folds {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn relu(z: &Array2<f64>) -> Array2<f64> {
        z.mapv(f64::abs)
    }
}

/// Your leaky ReLU takes the larger of α·z and z. That is the right one of the two as long as α is below
/// 1. For α = 2, which one is larger where z is positive?
pub mod leaky_max {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn leaky_relu(z: &Array2<f64>, alpha: f64) -> Array2<f64> {
        z.mapv(|z| if z.is_nan() { z } else { z.max(alpha * z) })
    }
}

/// Your leaky ReLU has 0.01 in it, whatever α is. The function is handed its α.
pub mod leaky_alpha_fixed {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn leaky_relu(z: &Array2<f64>, _alpha: f64) -> Array2<f64> {
        ex_1_3::leaky_relu(z, 0.01)
    }

    pub fn leaky_relu_backward(da: &Array2<f64>, z: &Array2<f64>, _alpha: f64) -> Array2<f64> {
        ex_1_3::leaky_relu_backward(da, z, 0.01)
    }
}

/// Your `sigmoid_backward` applies σ once more. What it is handed is the output of `sigmoid` already: the
/// derivative can be written with it alone.
pub mod sigmoid_applied_twice {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn sigmoid_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        ex_1_3::sigmoid_backward(da, &ex_1_3::sigmoid(a))
    }
}

/// Your `tanh_backward` applies tanh once more. What it is handed is the output of `tanh` already: the
/// derivative can be written with it alone.
pub mod tanh_applied_twice {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn tanh_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        ex_1_3::tanh_backward(da, &ex_1_3::tanh(a))
    }
}

/// Your `sigmoid_backward` has the slope of tanh. σ is half as high and half as wide: at z = 0, how steep is
/// it?
pub mod slope_of_tanh_for_sigmoid {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn sigmoid_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        ex_1_3::tanh_backward(da, a)
    }
}

/// Your backward passes give the slopes alone: the upstream gradient is not in them. What arrives from
/// the right is multiplied by the slope, element by element.
pub mod upstream_dropped {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn sigmoid_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        ex_1_3::sigmoid_backward(&Array2::ones(da.dim()), a)
    }

    pub fn tanh_backward(da: &Array2<f64>, a: &Array2<f64>) -> Array2<f64> {
        ex_1_3::tanh_backward(&Array2::ones(da.dim()), a)
    }

    pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
        ex_1_3::relu_backward(&Array2::ones(da.dim()), z)
    }

    pub fn leaky_relu_backward(da: &Array2<f64>, z: &Array2<f64>, alpha: f64) -> Array2<f64> {
        ex_1_3::leaky_relu_backward(&Array2::ones(da.dim()), z, alpha)
    }
}

/// Your `relu_backward` looks at the sign of the upstream gradient. Which number decided in the forward
/// pass?
pub mod relu_gated_by_upstream {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn relu_backward(da: &Array2<f64>, _z: &Array2<f64>) -> Array2<f64> {
        ex_1_3::relu(da)
    }
}

/// Your `relu_backward` multiplies the upstream gradient by the output, relu(z). The derivative of z by z
/// has no z left in it.
pub mod relu_output_for_slope {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn relu_backward(da: &Array2<f64>, z: &Array2<f64>) -> Array2<f64> {
        da * &ex_1_3::relu(z)
    }
}

/// Your `leaky_relu_backward` is that of ReLU: it stops what comes to a negative z. What does leaky ReLU
/// leak?
pub mod leak_forgotten_in_backward {
    pub use ex_1_3::*;
    use ndarray::Array2;

    pub fn leaky_relu_backward(da: &Array2<f64>, z: &Array2<f64>, _alpha: f64) -> Array2<f64> {
        ex_1_3::relu_backward(da, z)
    }
}

/// The other functions of a stack with another way to collapse two layers.
macro_rules! wrong_collapse {
    (|$w1:ident, $b1:ident, $w2:ident, $b2:ident| $collapsed:expr) => {
        pub fn collapse_two(
            $w1: &Array2<f64>,
            $b1: &Array1<f64>,
            $w2: &Array2<f64>,
            $b2: &Array1<f64>,
        ) -> (Array2<f64>, Array1<f64>) {
            $collapsed
        }

        pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
            let collapsed = layers
                .iter()
                .cloned()
                .reduce(|(w, b), (next_w, next_b)| collapse_two(&w, &b, &next_w, &next_b));
            collapsed.expect("there is at least one layer")
        }
    };
}

/// Your b_eff is the sum of the biases. The second layer multiplies all that the first one gives, its
/// bias included: multiply W₂·(W₁·x + b₁) + b₂ out.
pub mod bias_not_pushed {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2};

    wrong_collapse!(|w1, b1, w2, b2| (w2.dot(w1), b1 + b2));
}

/// Your b_eff is the bias of the last layer alone. Set x to 0: what does the first layer hand on?
pub mod first_bias_dropped {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2};

    wrong_collapse!(|w1, _b1, w2, b2| (w2.dot(w1), b2.clone()));
}

/// Your W_eff has its factors exchanged. x meets W₁ first, so W₁ stands next to x. Where all layers are
/// square both products exist, and only the values show it.
pub mod collapse_order {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2};

    wrong_collapse!(|w1, b1, w2, b2| (w1.dot(w2), w2.dot(b1) + b2));
}

/// Your `collapse` goes through the layers from the last to the first, as if the last one came first.
/// Which layer does x meet first?
pub mod layers_from_the_end {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2};

    pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
        let turned: Vec<_> = layers.iter().rev().cloned().collect();
        ex_1_3::collapse(&turned)
    }
}

/// Your `collapse` takes the first and the last layer alone. A stack may have any number of layers: what
/// becomes of those in between?
pub mod layers_between_skipped {
    pub use ex_1_3::*;
    use ndarray::{Array1, Array2};

    pub fn collapse(layers: &[(Array2<f64>, Array1<f64>)]) -> (Array2<f64>, Array1<f64>) {
        let last = &layers[layers.len() - 1..];
        let ends = if layers.len() > 1 { [&layers[..1], last].concat() } else { last.to_vec() };
        ex_1_3::collapse(&ends)
    }
}
