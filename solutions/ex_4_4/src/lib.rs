//! Lesson 4.4, solved: softmax and cross-entropy.

use ndarray::{Array1, Array2, ArrayViewMut1, NdFloat};

/// How many parts of a row are searched for their maxima at once: a single search waits for itself at each number.
const LANES: usize = 16;

/// The largest number of a row.
fn largest<F: NdFloat>(row: &ArrayViewMut1<F>) -> F {
    let larger = |max: F, z: F| if z > max { z } else { max };
    let (parts, rest) = row.as_slice().expect("a row has no gaps").as_chunks::<LANES>();
    let mut lanes = [F::neg_infinity(); LANES];
    for part in parts {
        lanes.iter_mut().zip(part).for_each(|(max, &z)| *max = larger(*max, z));
    }
    lanes.iter().chain(rest).fold(F::neg_infinity(), |max, &z| larger(max, z))
}

/// Puts e^(z − max) in the place of each z, and gives the maximum and the sum of the exponentials.
fn exponentials<F: NdFloat>(row: &mut ArrayViewMut1<F>) -> (F, F) {
    let max = largest(row);
    row.mapv_inplace(|z| z - max);
    kernels::exp(row);
    (max, row.sum())
}

/// A copy of `z` whose rows are changed as soon as they are copied, while they are in cache.
fn by_rows<F: NdFloat>(
    z: &Array2<F>,
    mut change: impl FnMut(ArrayViewMut1<F>, usize),
) -> Array2<F> {
    let mut copy = Array2::zeros((0, z.ncols()));
    copy.reserve_rows(z.nrows()).expect("an array of this size is there");
    for (place, row) in z.rows().into_iter().enumerate() {
        copy.push_row(row).expect("a row of z is as wide as a row of its copy");
        change(copy.row_mut(place), place);
    }
    copy
}

/// The probabilities P (N, V) of `z` (N, V): each row is a distribution. Right for logits up to ±10⁴; a logit
/// of −∞ has the probability 0, and a row with a NaN is NaN.
pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    by_rows(z, |mut row, _| {
        let (_, sum) = exponentials(&mut row);
        row *= sum.recip();
    })
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
    let mut copy = Array1::zeros(z.ncols());
    by_rows(z, |mut row, _| {
        copy.assign(&row);
        let (max, sum) = exponentials(&mut copy.view_mut());
        let log_sum = sum.ln();
        row.mapv_inplace(|z| z - max - log_sum);
    })
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
    let dz = by_rows(z, |mut row, place| {
        let target = targets[place];
        assert!(target < classes, "target {target} is not one of {classes} classes");
        let logit = row[target];
        let (max, sum) = exponentials(&mut row);
        loss += (max - logit) + sum.ln();
        // P and the mean in one pass.
        row *= weight / sum;
        row[target] -= weight;
    });
    (loss * weight, dz)
}
