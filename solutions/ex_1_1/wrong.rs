//! Wrong variants of lesson 1.1. Each module is a whole wrong crate, named after what is wrong; its
//! documentation is what a learner reads.

/// One wrong formula of z in the three forms.
macro_rules! wrong_z {
    (|$x:ident, $w:ident, $b:ident| $z:expr) => {
        /// One sample.
        pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
            neuron(x, w, b)
        }

        /// One sample.
        pub fn neuron($x: &Array1<f64>, $w: &Array1<f64>, $b: f64) -> f64 {
            $z
        }

        /// Sample by sample.
        pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
            x.outer_iter().map(|x| neuron(&x.to_owned(), w, b)).collect()
        }
    };
}

/// Your z holds b once for each input, d·b in all: b is added inside the sum. Set every input to 0.
/// What is left of z should be a single b.
pub mod bias_per_product {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| (w * x + b).sum());
}

/// Your loop adds b in every turn, so z holds d·b. Set every input to 0: what is left of z should be
/// a single b. What stands once in the formula stands once, after the loop.
pub mod bias_in_every_turn {
    use ndarray::Array1;

    pub use ex_1_1::*;

    /// Adds b with each product.
    pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        x.iter().zip(w).map(|(x, w)| w * x + b).sum()
    }
}

/// Your z has no b in it: with every input at 0 it is 0, whatever b is.
pub mod bias_forgotten {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, _b| w.dot(x));
}

/// Your z subtracts b. Some texts do so and call b a threshold; here it is a bias: with every input
/// at 0, z is b itself.
pub mod bias_subtracted {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| w.dot(x) - b);
}

/// You made b an array with one entry for each input. The product X·w has one entry for each sample
/// already, and `+` stretches the shorter array where it can: one sample comes out as d numbers.
/// The neuron has one bias, and it is a number. What does ndarray do with an array plus a number?
pub mod bias_as_vector {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    /// Adds an array of length d.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        x.dot(w) + Array1::from_elem(w.len(), b)
    }
}

/// Your product runs down the columns of X: each result mixes one input of all samples. A neuron
/// reads one sample, which is one row. Where B = d both products fit, so only the values show it.
pub mod samples_as_weights {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    /// Xᵀ·w for X·w.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        x.t().dot(w) + b
    }
}

/// Your z does not react to the first input. Mathematics counts from 1, Rust from 0: where does
/// your loop or your slice begin? `zip` is no warning here: it stops with the shorter side,
/// silently.
pub mod inputs_zipped_short {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| x.iter().zip(w).skip(1).map(|(x, w)| w * x).sum::<f64>() + b);
}

/// Your z does not react to the last input. A range in Rust leaves its end out, so that `0..d - 1`
/// ends one early: how many turns does it take for three inputs?
pub mod last_input_left_out {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| x.iter().zip(w).rev().skip(1).map(|(x, w)| w * x).sum::<f64>() + b);
}

/// Your result is tanh(z), the activation. This lesson stops before it: z itself is asked for, and
/// it may be any number, not only one between −1 and 1.
pub mod activation_included {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| (w.dot(x) + b).tanh());
}

/// You add b to the inputs: w·(x + b) = w·x + b·Σwₖ. In the graph, b does not pass through a
/// multiplication. After which node does it come in?
pub mod bias_added_to_inputs {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| w.dot(&(x + b)));
}

/// Your z has the mean of the products where the sum belongs: w·x is divided by d. With one input
/// the two are equal.
pub mod products_averaged {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    wrong_z!(|x, w, b| w.dot(x) / w.len() as f64 + b);
}

/// Your ∂z/∂b is b. Move b by 0.1 and hold the rest: by how much does z move? Does the answer
/// depend on where b started?
pub mod local_bias_is_b {
    use ndarray::Array1;

    pub use ex_1_1::*;

    /// Gives b itself.
    pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> Local {
        Local { db: b, ..ex_1_1::local_derivatives(x, w, b) }
    }
}

/// Your ∂z/∂x and ∂z/∂w are exchanged. Move one input and hold everything else: which number
/// decides how far z follows?
pub mod dx_dw_swapped {
    use ndarray::Array1;

    pub use ex_1_1::*;

    /// Exchanges the two.
    pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> Local {
        let Local { dx, dw, db } = ex_1_1::local_derivatives(x, w, b);
        Local { dx: dw, dw: dx, db }
    }
}

/// Your ∂z/∂x and ∂z/∂w are the products wₖ·xₖ. That is what the input adds to z, not how fast z
/// follows it: the derivative of 5·x by x has no x left in it.
pub mod derivative_keeps_product {
    use ndarray::Array1;

    pub use ex_1_1::*;

    /// Keeps the factor that the derivative is taken by.
    pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> Local {
        Local { dx: w * x, dw: w * x, ..ex_1_1::local_derivatives(x, w, b) }
    }
}

/// In your order b is added before the sum, so every product gets a b of its own and z holds d of
/// them. How many b does the formula have?
pub mod bias_before_sum {
    pub use ex_1_1::*;

    /// Exchanges the last two nodes.
    pub fn evaluation_order() -> [Node; 3] {
        [Node::Mul, Node::AddBias, Node::Sum]
    }
}

/// Your order is the way back, the one in which derivatives are collected. The forward pass starts
/// at the inputs: which nodes have all that they need at the very beginning?
pub mod order_of_the_way_back {
    pub use ex_1_1::*;

    /// Starts at z.
    pub fn evaluation_order() -> [Node; 3] {
        [Node::AddBias, Node::Sum, Node::Mul]
    }
}

/// Your count leaves an addition out. Between d products there are d − 1 plus signs; is that all
/// that z adds?
pub mod bias_addition_not_counted {
    pub use ex_1_1::*;

    /// Counts the signs between the products alone.
    pub fn cost(d: usize) -> (usize, usize) {
        (d, d.saturating_sub(1))
    }
}

/// Your count has one addition too many. A running sum that starts at 0 adds to it in its first
/// turn; written out for d = 3, how many plus signs does z have?
pub mod first_addition_counted {
    pub use ex_1_1::*;

    /// Counts 0 + w₁·x₁ too.
    pub fn cost(d: usize) -> (usize, usize) {
        (d, d + 1)
    }
}
