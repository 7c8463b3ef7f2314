//! What crosses of lesson 6.5: a program is four functions, which the grader answers.

use learner::{Fault, Program, Tensor};
use ndarray::{Array1, Array2};

/// What does not change.
pub struct Setup {
    /// The tensors, in the order of their weights.
    pub tensors: Vec<Tensor>,
    /// The weights before the first step.
    pub weights: Array1<f64>,
    /// The documents.
    pub documents: Vec<Vec<usize>>,
}

/// A program elsewhere.
struct Elsewhere<'a> {
    setup: &'a Setup,
    logits: &'a dyn Fn(&Array1<f64>, &[usize]) -> Array2<f64>,
    gradient: &'a dyn Fn(&Array1<f64>, &[Vec<usize>]) -> Array1<f64>,
    step: &'a dyn Fn(&Array1<f64>, &Array1<f64>) -> Array1<f64>,
    evaluate: &'a dyn Fn(&Array1<f64>, &[Vec<usize>]) -> f64,
}

impl Program for Elsewhere<'_> {
    fn tensors(&self) -> Vec<Tensor> {
        self.setup.tensors.clone()
    }

    fn weights(&self) -> Array1<f64> {
        self.setup.weights.clone()
    }

    fn documents(&self) -> Vec<Vec<usize>> {
        self.setup.documents.clone()
    }

    fn logits(&self, weights: &Array1<f64>, ids: &[usize]) -> Array2<f64> {
        (self.logits)(weights, ids)
    }

    fn gradient(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> Array1<f64> {
        (self.gradient)(weights, documents)
    }

    fn step(&self, weights: &Array1<f64>, gradient: &Array1<f64>) -> Array1<f64> {
        (self.step)(weights, gradient)
    }

    fn evaluate(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        (self.evaluate)(weights, documents)
    }
}

/// `influence`, with 1 for true: arrays of truth values do not cross.
pub fn influence(
    logits: &dyn Fn(&[usize]) -> Array2<f64>,
    ids: &[usize],
    vocabulary: usize,
) -> Array2<u8> {
    learner::influence(logits, ids, vocabulary).mapv(u8::from)
}

/// `diagnose` of a program of these functions.
pub fn diagnosed(
    setup: &Setup,
    logits: &dyn Fn(&Array1<f64>, &[usize]) -> Array2<f64>,
    gradient: &dyn Fn(&Array1<f64>, &[Vec<usize>]) -> Array1<f64>,
    step: &dyn Fn(&Array1<f64>, &Array1<f64>) -> Array1<f64>,
    evaluate: &dyn Fn(&Array1<f64>, &[Vec<usize>]) -> f64,
) -> Fault {
    learner::diagnose(&Elsewhere { setup, logits, gradient, step, evaluate })
}
