use ndarray::ArrayD;
use rayon::prelude::*;

use crate::{
    Argument, Estimate, Float, Report, backward,
    check::{SEED, examine},
    line::{Differentiate, Line, Point},
};

/// The same as [`check`](crate::check()), to the last bit, on all cores.
///
/// ```
/// use gradcheck::{Argument, check, check_parallel, random};
/// use ndarray::ArrayD;
///
/// let w = random((30, 20), 1);
/// let loss = |at: &[ArrayD<f64>]| at[0].mapv(f64::tanh).sum();
/// let arguments = [Argument::new("W", &w, &w.mapv(|w| 1.0 - w.tanh().powi(2)))];
/// assert_eq!(check_parallel(loss, &arguments), check(loss, &arguments));
/// ```
pub fn check_parallel<F: Float>(
    f: impl Fn(&[ArrayD<F>]) -> F + Sync,
    arguments: &[Argument<F>],
) -> Report {
    examine(&mut Parallel(|at: &[ArrayD<F>]| f(at).to_f64()), arguments, SEED)
}

/// The same as [`check_backward`](crate::check_backward()), to the last bit, on all cores.
pub fn check_backward_parallel<F: Float>(
    forward: impl Fn(&[ArrayD<F>]) -> Vec<ArrayD<F>> + Sync,
    backward: impl FnMut(&[ArrayD<F>], &[ArrayD<F>]) -> Vec<ArrayD<F>>,
    inputs: &[(&str, ArrayD<F>)],
    seed: u64,
) -> Report {
    backward::judge(&forward, backward, inputs, seed, |upstream| {
        let forward = &forward;
        Parallel(move |at: &[ArrayD<F>]| upstream.weigh(&forward(at)))
    })
}

/// Many lines at once, each on a copy of the point.
struct Parallel<L>(L);

impl<F: Float, L: Fn(&[ArrayD<F>]) -> f64 + Sync> Differentiate<F> for Parallel<L> {
    fn loss(&mut self, at: &[ArrayD<F>]) -> f64 {
        self.0(at)
    }

    fn along(&mut self, point: &Point<F>, lines: &[Line]) -> Vec<Estimate> {
        let copy = || point.values.clone();
        let estimate =
            |values: &mut Vec<ArrayD<F>>, line: &Line| line.estimate(&self.0, point, values);
        lines.par_iter().map_init(copy, estimate).collect()
    }
}
