//! Lesson 1.1, solved: the mathematical neuron.

use ndarray::{Array1, Array2};

/// The derivatives of z = w·x + b, each with the shape of what z is derived by.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    /// ∂z/∂x (d).
    pub dx: Array1<f64>,
    /// ∂z/∂w (d).
    pub dw: Array1<f64>,
    /// ∂z/∂b.
    pub db: f64,
}

/// A kind of node in the computational graph of z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// Adds b.
    AddBias,
    /// Multiplies an input by its weight; there is one such node for each input.
    Mul,
    /// Adds up d numbers.
    Sum,
}

/// z = w·x + b, by a loop over the inputs: `x` (d) and `w` (d) give one number.
pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
    let mut sum = 0.0;
    for (x_k, w_k) in x.iter().zip(w) {
        sum += w_k * x_k;
    }
    sum + b
}

/// z = w·x + b without a loop: `x` (d) and `w` (d) give one number.
pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
    w.dot(x) + b
}

/// z of many inputs without a loop: `x` (B, d) has one sample in each row, `w` is (d), and there is
/// one z for each sample (B).
pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
    x.dot(w) + b
}

/// The derivatives of z at `x` (d), `w` (d) and `b`.
pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, _b: f64) -> Local {
    // z is linear in each of the three: the slope by one is what it is multiplied by.
    Local { dx: w.clone(), dw: x.clone(), db: 1.0 }
}

/// Question: in which order are the nodes of z = w·x + b evaluated?
pub fn evaluation_order() -> [Node; 3] {
    [Node::Mul, Node::Sum, Node::AddBias]
}

/// Question: how many multiplications and how many additions does one z with `d` inputs take? An
/// addition to the 0 that a running sum starts from does not count.
pub fn cost(d: usize) -> (usize, usize) {
    // d − 1 additions between the products, and one for b. Without inputs z is b: none at all.
    (d, d)
}
