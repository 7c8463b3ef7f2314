//! Lesson 1.1: the mathematical neuron. The brief is in this folder's `README.md`.

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
#[allow(unused_variables)]
pub fn neuron_loop(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
    todo!("let a running sum collect one product for each input; where does b come in?")
}

/// z = w·x + b without a loop: `x` (d) and `w` (d) give one number.
#[allow(unused_variables)]
pub fn neuron(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
    todo!("let one dot product do what the loop did")
}

/// z of many inputs without a loop: `x` (B, d) has one sample in each row, `w` is (d), and there is
/// one z for each sample (B).
#[allow(unused_variables)]
pub fn neurons(x: &Array2<f64>, w: &Array1<f64>, b: f64) -> Array1<f64> {
    todo!("find the product that meets every row of X with w")
}

/// The derivatives of z at `x` (d), `w` (d) and `b`.
#[allow(unused_variables)]
pub fn local_derivatives(x: &Array1<f64>, w: &Array1<f64>, b: f64) -> Local {
    todo!("hold everything but one number of z, and ask how fast z follows that number")
}

/// Question: in which order are the nodes of z = w·x + b evaluated?
pub fn evaluation_order() -> [Node; 3] {
    todo!("answer with the three variants of Node: none can run before what it waits for")
}

/// Question: how many multiplications and how many additions does one z with `d` inputs take? An
/// addition to the 0 that a running sum starts from does not count.
#[allow(unused_variables)]
pub fn cost(d: usize) -> (usize, usize) {
    todo!("answer with (multiplications, additions): write z out for d = 3 and count the signs")
}
