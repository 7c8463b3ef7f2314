//! The check of a backward pass.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use fastrand::Rng;
use ndarray::ArrayD;

use crate::{
    arrays::Arrays,
    checker::Checker,
    inputs::Inputs,
    real::Real,
    strategies::line::{Differentiate, summed},
    values::{
        argument::{Argument, Input},
        finding::{Finding, first_difference, first_not_finite},
        report::Report,
    },
};

/// The check with a loss that is computed one way or another from the upstream gradients.
pub(crate) fn judge<I, O, G, L>(
    checker: Checker,
    inputs: I,
    forward: impl Fn(&mut [ArrayD<I::Real>]) -> O,
    mut backward: impl FnMut(I::Refs<'_>, O::Refs<'_>) -> G,
    loss: impl FnOnce(Upstream<I::Real>) -> L,
) -> Report
where
    I: Inputs,
    O: Arrays<Real = I::Real>,
    G: Arrays<Real = I::Real>,
    L: Differentiate<I::Real>,
{
    let inputs = inputs.inputs();
    let mut values: Vec<_> = inputs.iter().map(|input| input.value.clone()).collect();
    let outputs = forward(&mut values);
    let upstream = outputs.random(&mut Rng::with_seed(checker.seed));
    let mut gradients = || I::lend(&mut values, |refs| backward(refs, upstream.refs())).into_list();
    let (first, second) = (gradients(), gradients());
    if first.len() != inputs.len() {
        let count = Finding::WrongCount { gradients: first.len(), inputs: inputs.len() };
        return Report { findings: vec![count], forward_passes: 1, ..Report::default() };
    }
    let outputs = outputs.into_list();
    let arguments: Vec<_> = inputs.into_iter().zip(first).map(argument).collect();
    let findings = outputs.iter().enumerate().find_map(not_finite).into_iter();
    let findings: Vec<_> = findings.chain(varying(&arguments, &second)).collect();
    let upstream = Upstream { gradients: upstream.into_list(), varied: Arc::default() };
    let varied = Arc::clone(&upstream.varied);
    let mut report = checker.examine(&mut loss(upstream), &arguments);
    report.forward_passes += 1;
    let varied = varied.load(Ordering::Relaxed).then_some(Finding::OutputsVary);
    report.findings.splice(0..0, findings.into_iter().chain(varied));
    report
}

fn argument<F: Real>((input, gradient): (Input<F>, ArrayD<F>)) -> Argument<F> {
    Argument { input, gradient }
}

fn not_finite<F: Real>((output, array): (usize, &ArrayD<F>)) -> Option<Finding> {
    let (index, value) = first_not_finite(array)?;
    Some(Finding::OutputNotFinite { output, index, value })
}

/// The first gradient that is another when the backward pass runs again.
fn varying<F: Real>(arguments: &[Argument<F>], repeated: &[ArrayD<F>]) -> Option<Finding> {
    arguments.iter().zip(repeated).find_map(|(argument, again)| {
        let index = match argument.gradient.shape() == again.shape() {
            true => first_difference(&argument.gradient, again)?,
            false => Vec::new(),
        };
        Some(Finding::BackwardVaries { argument: argument.name().to_owned(), index })
    })
}

/// A random upstream gradient for each output.
pub(crate) struct Upstream<F> {
    gradients: Vec<ArrayD<F>>,
    /// Outputs were seen that no longer have its shapes, by any thread.
    varied: Arc<AtomicBool>,
}

impl<F: Real> Upstream<F> {
    /// The outputs' sum weighted with the upstream gradient, in double precision; NaN where the
    /// outputs no longer have its shapes.
    pub fn weigh(&self, outputs: Vec<ArrayD<F>>) -> f64 {
        if !self.gradients.iter().map(ArrayD::shape).eq(outputs.iter().map(ArrayD::shape)) {
            self.varied.store(true, Ordering::Relaxed);
            return f64::NAN;
        }
        let pairs = self.gradients.iter().zip(&outputs);
        let pairs = pairs.flat_map(|(weights, output)| weights.iter().zip(output));
        summed(pairs.map(|(weight, output)| weight.to_f64() * output.to_f64()))
    }
}
