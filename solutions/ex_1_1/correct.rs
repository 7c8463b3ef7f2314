//! Correct variants of lesson 1.1: other styles, which keep their points.

/// The bias as the weight of one more input, which is always 1.
pub mod bias_as_weight {
    use ndarray::{Array1, Array2, Axis, array, concatenate};

    pub use ex_1_1::*;

    /// Walks over d + 1 inputs.
    pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        x.iter().chain(&[1.0]).zip(w.iter().chain(&[b])).map(|(x, w)| x * w).sum()
    }

    /// One dot product of length d + 1.
    pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        let inputs = concatenate![Axis(0), x.view(), array![1.0]];
        inputs.dot(&concatenate![Axis(0), w.view(), array![b]])
    }

    /// X with a column of ones.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        let inputs = concatenate![Axis(1), x.view(), Array2::ones((x.nrows(), 1))];
        inputs.dot(&concatenate![Axis(0), w.view(), array![b]])
    }
}

/// Products element by element, then a sum; a single neuron is a batch of one.
pub mod elementwise {
    use ndarray::{Array1, Array2, Axis};

    pub use ex_1_1::*;

    /// A batch of one.
    pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        neurons(&x.clone().insert_axis(Axis(0)), w, b)[0]
    }

    /// w is broadcast over the rows of X.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        (x * w).sum_axis(Axis(1)) + b
    }

    /// Builds each array anew.
    pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, _b: f64) -> Local {
        Local { dx: w * 1.0, dw: x * 1.0, db: 1.0 }
    }

    /// Counts the edges of the graph: one from each product to a sum.
    pub fn cost(d: usize) -> (usize, usize) {
        let [multiplications, additions] = [d; 2];
        (multiplications, additions)
    }
}

/// The sum starts from the bias, from the last input to the first, with fused multiply-adds; many
/// inputs go through β = 1.
pub mod starts_from_the_bias {
    use ndarray::{Array1, Array2, linalg::general_mat_vec_mul};

    pub use ex_1_1::*;

    /// From the last input to the first.
    pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        (0..x.len()).rev().fold(b, |z, k| w[k].mul_add(x[k], z))
    }

    /// The operands the other way round.
    pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        b + x.dot(w)
    }

    /// z ← 1·X·w + 1·z.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        let mut z = Array1::from_elem(x.nrows(), b);
        general_mat_vec_mul(1.0, x, w, 1.0, &mut z);
        z
    }
}

/// One neuron for each row, by a closure over the lanes of X.
pub mod row_by_row {
    use ndarray::{Array1, Array2, Axis};

    pub use ex_1_1::*;

    /// The rows as views: nothing is copied.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        x.map_axis(Axis(1), |row| w.dot(&row) + b)
    }
}

/// Loops everywhere.
pub mod loops {
    use ndarray::{Array1, Array2};

    pub use ex_1_1::*;

    /// By index.
    pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        let mut z = 0.0;
        for k in 0..x.len() {
            z += x[k] * w[k];
        }
        z + b
    }

    /// The loop once more.
    pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        neuron_loop(x, w, b)
    }

    /// A loop of loops.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        let mut z = Array1::zeros(x.nrows());
        for i in 0..x.nrows() {
            z[i] = neuron_loop(&x.row(i).to_owned(), w, b);
        }
        z
    }
}

/// One function for one sample and for many, generic over what has a product with w.
pub mod generic {
    use std::ops::Add;

    use ndarray::{Array1, Array2, linalg::Dot};

    pub use ex_1_1::*;

    fn affine<X, Z>(x: &X, w: &Array1<f64>, b: f64) -> Z
    where
        X: Dot<Array1<f64>, Output = Z>,
        Z: Add<f64, Output = Z>,
    {
        x.dot(w) + b
    }

    /// A vector has a number.
    pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        affine(x, w, b)
    }

    /// A matrix has a vector.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        affine(x, w, b)
    }
}

/// Rounding errors collected and added back, and results whose memory runs backwards.
pub mod backwards {
    use ndarray::{Array1, Array2, Axis, s};

    pub use ex_1_1::*;

    /// Neumaier's sum.
    pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
        let (mut sum, mut lost) = (b, 0.0);
        for (x, w) in x.iter().zip(w) {
            let term = x * w;
            let next = sum + term;
            lost += if sum.abs() > term.abs() { (sum - next) + term } else { (term - next) + sum };
            sum = next;
        }
        sum + lost
    }

    /// The same numbers from the last to the first in memory.
    fn reversed(array: &Array1<f64>) -> Array1<f64> {
        let mut reversed = array.slice(s![..;-1]).to_owned();
        reversed.invert_axis(Axis(0));
        reversed
    }

    /// The samples from the last to the first.
    pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
        let mut z = w.dot(&x.slice(s![..;-1, ..]).t()) + b;
        z.invert_axis(Axis(0));
        z
    }

    /// Copies with a negative stride.
    pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, _b: f64) -> Local {
        Local { dx: reversed(w), dw: reversed(x), db: 1.0 }
    }
}
