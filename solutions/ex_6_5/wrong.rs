//! Wrong variants of lesson 6.5. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Your loss is the mean of the losses of the documents, whatever their length. That is the fault which you are to find:
/// every prediction counts alike.
pub mod documents_alike {
    pub use ex_6_5::*;
    use ndarray::Array2;

    pub fn next_token_loss(
        logits: &dyn Fn(&[usize]) -> Array2<f64>,
        documents: &[Vec<usize>],
    ) -> f64 {
        ex_6_5::next_token_loss(logits, documents);
        let of = |ids: &Vec<usize>| ex_6_5::next_token_loss(logits, std::slice::from_ref(ids));
        documents.iter().map(of).sum::<f64>() / documents.len() as f64
    }
}

/// Your loss of a model that knows nothing is log₂ V. Losses are natural logarithms here.
pub mod chance_in_bits {
    pub use ex_6_5::*;

    pub fn beyond_chance(loss: f64, vocabulary: usize) -> f64 {
        ex_6_5::beyond_chance(loss, vocabulary);
        loss / (vocabulary as f64).log2() - 1.0
    }
}

/// Your `influence` allows logits to change by a small amount. Without a leak nothing changes at all, so that every bit of
/// a change is one.
pub mod leak_with_tolerance {
    pub use ex_6_5::*;
    use ndarray::Array2;

    pub fn influence(
        logits: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        vocabulary: usize,
    ) -> Array2<bool> {
        let rounded = |ids: &[usize]| logits(ids).mapv(|it| (it * 1e6).round());
        ex_6_5::influence(&rounded, ids, vocabulary)
    }
}

/// Your `influence` changes the last id alone. A leak may come from any id.
pub mod last_id_alone {
    pub use ex_6_5::*;
    use ndarray::Array2;

    pub fn influence(
        logits: &dyn Fn(&[usize]) -> Array2<f64>,
        ids: &[usize],
        vocabulary: usize,
    ) -> Array2<bool> {
        let mut depends = ex_6_5::influence(logits, ids, vocabulary);
        let last = ids.len().saturating_sub(1);
        depends
            .indexed_iter_mut()
            .filter(|((_, id), _)| *id < last)
            .for_each(|(_, it)| *it = false);
        depends
    }
}

/// Your update ratio divides by the norm after the step. By what size is a tensor moved that had another one before?
pub mod ratio_to_weights_after {
    pub use ex_6_5::*;
    use ndarray::Array1;

    pub fn update_ratios(
        before: &Array1<f64>,
        after: &Array1<f64>,
        tensors: &[Tensor],
    ) -> Vec<f64> {
        ex_6_5::update_ratios(after, before, tensors)
    }
}

/// Your norms are means: they do not grow with the number of weights. A norm is the root of the *sum* of the squares.
pub mod root_mean_square {
    pub use ex_6_5::*;
    use ndarray::Array1;

    pub fn norms(gradient: &Array1<f64>, tensors: &[Tensor]) -> Vec<f64> {
        let norms = ex_6_5::norms(gradient, tensors).into_iter().zip(tensors);
        norms.map(|(norm, it)| norm / ((it.end - it.start) as f64).sqrt()).collect()
    }
}

/// Your slope is a forward difference. It is off by as much as ε, and a central one by ε².
pub mod forward_difference {
    pub use ex_6_5::*;
    use ndarray::Array1;

    pub fn slope(
        loss: &dyn Fn(&Array1<f64>) -> f64,
        weights: &Array1<f64>,
        direction: &Array1<f64>,
        epsilon: f64,
    ) -> f64 {
        (loss(&(weights + &(direction * epsilon))) - loss(weights)) / epsilon
    }
}

/// Your bisection follows one half and forgets the other: of several wrong tensors it finds the first alone.
pub mod first_wrong_alone {
    pub use ex_6_5::*;
    use ndarray::Array1;

    pub fn wrong_tensors(
        loss: &dyn Fn(&Array1<f64>) -> f64,
        weights: &Array1<f64>,
        gradient: &Array1<f64>,
        direction: &Array1<f64>,
        tensors: &[Tensor],
        tolerance: f64,
    ) -> Vec<usize> {
        let mut wrong =
            ex_6_5::wrong_tensors(loss, weights, gradient, direction, tensors, tolerance);
        wrong.truncate(1);
        wrong
    }
}

/// Your curve of `overfit` has the losses after the steps, and not the one before the first.
pub mod curve_without_start {
    pub use ex_6_5::*;
    use ndarray::Array1;

    pub fn overfit(
        loss: &dyn Fn(&Array1<f64>) -> f64,
        step: &dyn Fn(&Array1<f64>) -> Array1<f64>,
        weights: &Array1<f64>,
        steps: usize,
    ) -> Vec<f64> {
        ex_6_5::overfit(loss, step, weights, steps).split_off(1)
    }
}

/// A program in which something is answered differently.
struct Changed<'a> {
    program: &'a dyn ex_6_5::Program,
    one_document: bool,
    reports_own_loss: bool,
}

impl ex_6_5::Program for Changed<'_> {
    fn tensors(&self) -> Vec<ex_6_5::Tensor> {
        self.program.tensors()
    }

    fn weights(&self) -> ndarray::Array1<f64> {
        self.program.weights()
    }

    fn documents(&self) -> Vec<Vec<usize>> {
        let mut documents = self.program.documents();
        if self.one_document {
            documents.truncate(1);
        }
        documents
    }

    fn logits(&self, weights: &ndarray::Array1<f64>, ids: &[usize]) -> ndarray::Array2<f64> {
        self.program.logits(weights, ids)
    }

    fn gradient(
        &self,
        weights: &ndarray::Array1<f64>,
        documents: &[Vec<usize>],
    ) -> ndarray::Array1<f64> {
        self.program.gradient(weights, documents)
    }

    fn step(
        &self,
        weights: &ndarray::Array1<f64>,
        gradient: &ndarray::Array1<f64>,
    ) -> ndarray::Array1<f64> {
        self.program.step(weights, gradient)
    }

    fn evaluate(&self, weights: &ndarray::Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        match self.reports_own_loss {
            true => ex_6_5::next_token_loss(&|ids: &[usize]| self.logits(weights, ids), documents),
            false => self.program.evaluate(weights, documents),
        }
    }
}

/// Your `diagnose` looks at one document, where nothing is accumulated: an unequal accumulation is right there. What do
/// documents of unequal length show?
pub mod one_document {
    pub use ex_6_5::*;

    pub fn diagnose(program: &dyn Program) -> Fault {
        ex_6_5::diagnose(&super::Changed { program, one_document: true, reports_own_loss: false })
    }
}

/// Your `diagnose` does not see dropout in an evaluation. To run the same evaluation again is not enough: this program sets
/// its seed before each of them, as many do, and draws the same numbers. Which loss should it report?
pub mod evaluation_compared_with_itself {
    pub use ex_6_5::*;

    pub fn diagnose(program: &dyn Program) -> Fault {
        ex_6_5::diagnose(&super::Changed { program, one_document: false, reports_own_loss: true })
    }
}

/// Your `diagnose` takes every wrong gradient for a double shift. In which tensors is it wrong, and is it so on one
/// document?
pub mod wrong_gradient_is_a_shift {
    pub use ex_6_5::*;

    pub fn diagnose(program: &dyn Program) -> Fault {
        match ex_6_5::diagnose(program) {
            Fault::HalfTiedGradient | Fault::UnequalAccumulation => Fault::DoubleShift,
            fault => fault,
        }
    }
}
