use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ndarray::ArrayD;

use crate::{
    Argument, Finding, Float, Report,
    check::examine,
    finding::{first_difference, first_not_finite},
    line::{Differentiate, Serial, summed},
    random,
};

/// Checks a backward pass: the vector-Jacobian product of any number of outputs with any number of
/// inputs.
///
/// `forward` takes the inputs and gives the outputs. `backward` takes the inputs and an upstream
/// gradient for each output, of that output's shape, and gives the gradient of each input. The
/// upstream gradients are random numbers in [−1, 1) that `seed` draws; the check is that of the loss
/// that sums the outputs weighted with them.
///
/// ```
/// use gradcheck::{check_backward, random};
/// use ndarray::{ArrayD, Ix2};
///
/// let matrix = |array: &ArrayD<f64>| array.clone().into_dimensionality::<Ix2>().unwrap();
/// let forward = |at: &[ArrayD<f64>]| vec![matrix(&at[0]).dot(&matrix(&at[1])).into_dyn()];
/// let backward = |at: &[ArrayD<f64>], upstream: &[ArrayD<f64>]| {
///     let (a, b, r) = (matrix(&at[0]), matrix(&at[1]), matrix(&upstream[0]));
///     vec![r.dot(&b.t()).into_dyn(), a.t().dot(&r).into_dyn()]
/// };
/// let inputs = [("A", random((4, 3), 1).into_dyn()), ("B", random((3, 2), 2).into_dyn())];
/// check_backward(forward, backward, &inputs, 3).assert();
/// ```
pub fn check_backward<F: Float>(
    forward: impl FnMut(&[ArrayD<F>]) -> Vec<ArrayD<F>>,
    backward: impl FnMut(&[ArrayD<F>], &[ArrayD<F>]) -> Vec<ArrayD<F>>,
    inputs: &[(&str, ArrayD<F>)],
    seed: u64,
) -> Report {
    let forward = RefCell::new(forward);
    let outputs = |at: &[ArrayD<F>]| forward.borrow_mut()(at);
    judge(outputs, backward, inputs, seed, |upstream| {
        Serial(move |at: &[ArrayD<F>]| upstream.weigh(&outputs(at)))
    })
}

/// The check with a loss that is computed one way or another from the upstream gradients.
pub(crate) fn judge<F: Float, L: Differentiate<F>>(
    forward: impl Fn(&[ArrayD<F>]) -> Vec<ArrayD<F>>,
    mut backward: impl FnMut(&[ArrayD<F>], &[ArrayD<F>]) -> Vec<ArrayD<F>>,
    inputs: &[(&str, ArrayD<F>)],
    seed: u64,
    loss: impl FnOnce(Upstream<F>) -> L,
) -> Report {
    let values: Vec<_> = inputs.iter().map(|(_, value)| value.clone()).collect();
    let outputs = forward(&values);
    let upstream = Upstream::random(&outputs, seed);
    let gradients = backward(&values, &upstream.gradients);
    if gradients.len() != inputs.len() {
        let count = Finding::WrongCount { gradients: gradients.len(), inputs: inputs.len() };
        return Report { findings: vec![count], forward_passes: 1, ..Report::default() };
    }
    let repeated = backward(&values, &upstream.gradients);
    let arguments: Vec<_> = inputs.iter().zip(&gradients).map(argument).collect();
    let findings = outputs.iter().enumerate().find_map(not_finite).into_iter();
    let findings: Vec<_> = findings.chain(varying(&arguments, &repeated)).collect();
    let varied = Arc::clone(&upstream.varied);
    let mut report = examine(&mut loss(upstream), &arguments, seed);
    report.forward_passes += 1;
    let varied = varied.load(Ordering::Relaxed).then_some(Finding::OutputsVary);
    report.findings.splice(0..0, findings.into_iter().chain(varied));
    report
}

fn argument<F: Float>(((name, value), gradient): (&(&str, ArrayD<F>), &ArrayD<F>)) -> Argument<F> {
    Argument::new(name, value, gradient)
}

fn not_finite<F: Float>((output, array): (usize, &ArrayD<F>)) -> Option<Finding> {
    let (index, value) = first_not_finite(array)?;
    Some(Finding::OutputNotFinite { output, index, value })
}

/// The first gradient that is another when the backward pass runs again.
fn varying<F: Float>(arguments: &[Argument<F>], repeated: &[ArrayD<F>]) -> Option<Finding> {
    arguments.iter().zip(repeated).find_map(|(argument, again)| {
        let index = match argument.gradient.shape() == again.shape() {
            true => first_difference(&argument.gradient, again)?,
            false => Vec::new(),
        };
        Some(Finding::BackwardVaries { argument: argument.name.clone(), index })
    })
}

/// A random upstream gradient for each output.
pub(crate) struct Upstream<F> {
    gradients: Vec<ArrayD<F>>,
    /// Outputs were seen that no longer have its shapes, by any thread.
    varied: Arc<AtomicBool>,
}

impl<F: Float> Upstream<F> {
    fn random(outputs: &[ArrayD<F>], seed: u64) -> Self {
        let mut seeds = fastrand::Rng::with_seed(seed);
        let gradient =
            |output: &ArrayD<F>| random(output.raw_dim(), seeds.u64(..)).mapv(F::from_f64);
        Self { gradients: outputs.iter().map(gradient).collect(), varied: Arc::default() }
    }

    /// The outputs' sum weighted with the upstream gradient, in double precision; NaN where the
    /// outputs no longer have its shapes.
    pub fn weigh(&self, outputs: &[ArrayD<F>]) -> f64 {
        if !self.gradients.iter().map(ArrayD::shape).eq(outputs.iter().map(ArrayD::shape)) {
            self.varied.store(true, Ordering::Relaxed);
            return f64::NAN;
        }
        let pairs = self.gradients.iter().zip(outputs);
        let pairs = pairs.flat_map(|(weights, output)| weights.iter().zip(output));
        summed(pairs.map(|(weight, output)| weight.to_f64() * output.to_f64()))
    }
}
