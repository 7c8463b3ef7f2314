use ndarray::ArrayD;

use crate::{
    Argument, Finding, Float, Report,
    check::{SEED, examine},
    finding::first_difference,
    line::Serial,
};

/// The same as [`check`](crate::check()), for a loss that is handed its arguments mutably; that it
/// changes one is a [`Finding`].
///
/// ```
/// use gradcheck::{Argument, Finding, check_in_place};
/// use ndarray::{ArrayD, array};
///
/// let relu = |at: &mut [ArrayD<f64>]| {
///     at[0].mapv_inplace(|x| x.max(0.0));
///     at[0].sum()
/// };
/// let report = check_in_place(relu, &[Argument::new("x", &array![-1.0, 2.0], &array![0.0, 1.0])]);
/// assert_eq!(report.failures().count(), 0, "the gradient is right");
/// assert!(matches!(report.findings(), [Finding::InputModified { .. }]));
/// ```
pub fn check_in_place<F: Float>(
    mut f: impl FnMut(&mut [ArrayD<F>]) -> F,
    arguments: &[Argument<F>],
) -> Report {
    let mut modified = None;
    let mut loss = Serial(|at: &[ArrayD<F>]| {
        let mut handed = at.to_vec();
        let loss = f(&mut handed);
        modified = modified.take().or_else(|| first_modified(arguments, at, &handed));
        loss.to_f64()
    });
    let mut report = examine(&mut loss, arguments, SEED);
    report.findings.splice(0..0, modified);
    report
}

fn first_modified<F: Float>(
    arguments: &[Argument<F>],
    before: &[ArrayD<F>],
    after: &[ArrayD<F>],
) -> Option<Finding> {
    let pairs = arguments.iter().zip(before.iter().zip(after));
    pairs
        .filter_map(|(argument, (before, after))| {
            let index = match before.shape() == after.shape() {
                true => Some(first_difference(before, after)?),
                false => None,
            };
            Some(Finding::InputModified { argument: argument.name.clone(), index })
        })
        .next()
}
