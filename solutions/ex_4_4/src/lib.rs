//! Lesson 4.4, solved: softmax and cross-entropy.

use ndarray::{Array2, ArrayViewMut1, NdFloat};

/// Puts e^(z − max) in the place of each z, and gives the maximum and the sum of the exponentials.
fn exponentials<F: NdFloat>(row: &mut ArrayViewMut1<F>) -> (F, F) {
    let max = row.fold(F::neg_infinity(), |max, &z| max.max(z));
    row.mapv_inplace(|z| (z - max).exp());
    (max, row.sum())
}

/// The probabilities P (N, V) of `z` (N, V): each row is a distribution. Right for logits up to ±10⁴; a logit
/// of −∞ has the probability 0, and a row with a NaN is NaN.
pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut p = z.clone();
    for mut row in p.outer_iter_mut() {
        let (_, sum) = exponentials(&mut row);
        row /= sum;
    }
    p
}

/// dL/dZ (N, V) from the upstream gradient `dp` = dL/dP (N, V) and the output `p` (N, V) of `softmax`.
pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
    let mut dz = dp * p;
    for (mut row, p) in dz.outer_iter_mut().zip(p.outer_iter()) {
        let sum = row.sum();
        row.zip_mut_with(&p, |dz, &p| *dz -= p * sum);
    }
    dz
}

/// The logarithms of the probabilities of `z` (N, V), also where a probability is too small to be a number.
pub fn log_softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut logp = z.clone();
    let mut exponential = z.clone();
    for (mut row, mut exponential) in logp.outer_iter_mut().zip(exponential.outer_iter_mut()) {
        let (max, sum) = exponentials(&mut exponential);
        let log_sum = sum.ln();
        row.mapv_inplace(|z| z - max - log_sum);
    }
    logp
}

/// dL/dZ (N, V) from the upstream gradient `dlogp` (N, V) of `log_softmax`, and `p` (N, V), the output of
/// `softmax`.
pub fn log_softmax_backward<F: NdFloat>(dlogp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
    let mut dz = dlogp.clone();
    for (mut row, p) in dz.outer_iter_mut().zip(p.outer_iter()) {
        let sum = row.sum();
        row.zip_mut_with(&p, |dz, &p| *dz -= p * sum);
    }
    dz
}

/// The mean of −log p of the targets over the N rows of `z` (N, V), and its gradient dL/dZ (N, V). Row i has
/// the class `targets[i]`.
///
/// # Panics
/// When there is no row, when there are not as many targets as rows, or when a target is not below V.
pub fn cross_entropy<F: NdFloat>(z: &Array2<F>, targets: &[usize]) -> (F, Array2<F>) {
    let (rows, classes) = z.dim();
    assert!(rows > 0, "the mean of no rows is not defined");
    assert_eq!(targets.len(), rows, "there must be one target for each row");
    let weight = F::one() / F::from(rows).expect("a count is a number");
    let mut loss = F::zero();
    let mut dz = z.clone();
    for ((mut row, z), &target) in dz.outer_iter_mut().zip(z.outer_iter()).zip(targets) {
        assert!(target < classes, "target {target} is not one of {classes} classes");
        let (max, sum) = exponentials(&mut row);
        loss += (max - z[target]) + sum.ln();
        // P and the mean in one pass.
        row *= weight / sum;
        row[target] -= weight;
    }
    (loss * weight, dz)
}
