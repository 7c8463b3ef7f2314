//! The same checks on all cores.

use ndarray::ArrayD;
use rayon::prelude::*;

use crate::{
    arrays::Arrays,
    backward,
    checker::Checker,
    inputs::{Arguments, Inputs},
    real::{Real, sealed::Real as _},
    strategies::line::{Differentiate, Line, Place, Point},
    values::{report::Report, slope::Estimate},
};

/// A [`Checker`] that differentiates on all cores: the same reports, to the last bit.
///
/// ```
/// use gradcheck::{Checker, check_loss, random};
/// use ndarray::Array2;
///
/// let w: Array2<f64> = random((30, 20), 1);
/// let dw = w.mapv(|w| 1.0 - w.tanh().powi(2));
/// let loss = |w: &Array2<f64>| w.mapv(f64::tanh).sum();
/// let report = Checker::new().parallel().check_loss(("W", &w, &dw), loss);
/// assert_eq!(report, check_loss(("W", &w, &dw), loss));
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a checker checks nothing before it is told to"]
pub struct ParallelChecker(Checker);

impl Checker {
    /// Differentiates on all cores.
    pub const fn parallel(self) -> ParallelChecker {
        ParallelChecker(self)
    }
}

impl ParallelChecker {
    /// The same as [`Checker::check_loss`].
    pub fn check_loss<A: Arguments>(
        self,
        arguments: A,
        loss: impl Fn(A::Refs<'_>) -> A::Real + Sync,
    ) -> Report {
        let loss = |at: &mut [ArrayD<A::Real>]| A::lend(at, &loss).to_f64();
        self.0.examine(&mut Parallel(loss), &arguments.arguments())
    }

    /// The same as [`Checker::check_backward`].
    pub fn check_backward<I, O, G>(
        self,
        inputs: I,
        forward: impl Fn(I::Refs<'_>) -> O + Sync,
        backward: impl FnMut(I::Refs<'_>, O::Refs<'_>) -> G,
    ) -> Report
    where
        I: Inputs,
        O: Arrays<Real = I::Real>,
        G: Arrays<Real = I::Real>,
    {
        let outputs = |at: &mut [ArrayD<I::Real>]| I::lend(at, &forward);
        backward::judge::<I, O, G, _>(self.0, inputs, outputs, backward, |upstream| {
            Parallel(move |at: &mut [ArrayD<I::Real>]| upstream.weigh(outputs(at).into_list()))
        })
    }
}

/// Many lines at once, each on a copy of the point.
struct Parallel<L>(L);

impl<F: Real, L: Fn(&mut [ArrayD<F>]) -> f64 + Sync> Differentiate<F> for Parallel<L> {
    fn loss(&mut self, at: &mut [ArrayD<F>]) -> f64 {
        self.0(at)
    }

    fn along(&mut self, point: &Point<F>, lines: &[Line], enough: f64) -> Vec<Estimate> {
        let copy = || point.values.clone();
        let estimate = |values: &mut Vec<ArrayD<F>>, line: &Line| {
            line.estimate(&self.0, point, values, enough)
        };
        lines.par_iter().map_init(copy, estimate).collect()
    }

    fn at(&mut self, point: &Point<F>, places: &[Place]) -> Vec<f64> {
        let copy = || point.values.clone();
        let loss = |values: &mut Vec<ArrayD<F>>, place: &Place| {
            place.line.value(&self.0, point, values, place.t)
        };
        places.par_iter().map_init(copy, loss).collect()
    }
}
