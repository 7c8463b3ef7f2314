//! Correct variants of lesson 4.4. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Whole arrays: maxima and sums as columns that are broadcast, and the targets as an array of ones and zeros.
pub mod whole_arrays {
    pub use ex_4_4::*;
    use ndarray::{Array2, Axis, NdFloat};

    fn maxima<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        z.fold_axis(Axis(1), F::neg_infinity(), |max, z| max.max(*z)).insert_axis(Axis(1))
    }

    fn sums<F: NdFloat>(of: &Array2<F>) -> Array2<F> {
        of.sum_axis(Axis(1)).insert_axis(Axis(1))
    }

    pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let exponentials = (z - &maxima(z)).mapv(F::exp);
        &exponentials / &sums(&exponentials)
    }

    pub fn log_softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let shifted = z - &maxima(z);
        let log_sums = sums(&shifted.mapv(F::exp)).mapv(F::ln);
        shifted - log_sums
    }

    pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        p * &(dp - &sums(&(p * dp)))
    }

    pub fn cross_entropy<F: NdFloat>(z: &Array2<F>, targets: &[usize]) -> (F, Array2<F>) {
        assert!(!targets.is_empty() && targets.len() == z.nrows());
        assert!(targets.iter().all(|target| *target < z.ncols()));
        let n = F::from(targets.len()).unwrap();
        let one_hot = Array2::from_shape_fn(z.dim(), |(row, class)| {
            if targets[row] == class { F::one() } else { F::zero() }
        });
        let log_p = log_softmax(z);
        let picked = targets.iter().zip(log_p.outer_iter()).map(|(target, row)| row[*target]);
        let loss = picked.fold(F::zero(), |sum, log_p| sum - log_p) / n;
        (loss, (softmax(z) - one_hot) / n)
    }
}

/// Maximum and sum in a single pass over a row, which scales the sum anew where the maximum grows.
pub mod online {
    pub use ex_4_4::*;
    use ndarray::{Array2, ArrayView1, NdFloat};

    fn log_sum<F: NdFloat>(row: ArrayView1<F>) -> F {
        let (mut max, mut sum) = (F::neg_infinity(), F::zero());
        for &z in row {
            if z.is_nan() {
                return z;
            }
            if z > max {
                sum = sum * (max - z).exp() + F::one();
                max = z;
            } else if max > F::neg_infinity() {
                sum += (z - max).exp();
            }
        }
        // Where nothing but −∞ was seen, −∞ + ln 0 would be −∞: NaN shows it.
        if max == F::neg_infinity() { F::nan() } else { max + sum.ln() }
    }

    pub fn log_softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let mut log_p = z.clone();
        for mut row in log_p.outer_iter_mut() {
            let log_sum = log_sum(row.view());
            row.mapv_inplace(|z| z - log_sum);
        }
        log_p
    }

    pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        log_softmax(z).mapv(F::exp)
    }

    pub fn cross_entropy<F: NdFloat>(z: &Array2<F>, targets: &[usize]) -> (F, Array2<F>) {
        assert!(targets.len() == z.nrows() && z.nrows() > 0);
        let mut dz = log_softmax(z);
        let mut loss = F::zero();
        let n = F::from(targets.len()).unwrap();
        for (mut row, &target) in dz.outer_iter_mut().zip(targets) {
            loss -= row[target] / n;
            row.mapv_inplace(|log_p| log_p.exp() / n);
            row[target] -= F::one() / n;
        }
        (loss, dz)
    }
}

/// The gradient goes through the maximum as well, as in a derivation step by step: what it brings back adds up
/// to 0 but for rounding.
pub mod through_the_maximum {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn log_softmax_backward<F: NdFloat>(dlogp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        let mut dz = dlogp.clone();
        for (mut dz, p) in dz.outer_iter_mut().zip(p.outer_iter()) {
            let sum = dz.sum();
            // Of z − max, whose gradients all go to the maximum with a minus.
            dz.zip_mut_with(&p, |dz, &p| *dz -= p * sum);
            let of_max = -dz.sum();
            let mut largest = 0;
            for class in 1..p.len() {
                if p[class] > p[largest] {
                    largest = class;
                }
            }
            dz[largest] += of_max;
        }
        dz
    }
}

/// One row after the other, as vectors that are put together at the end.
pub mod by_elements {
    pub use ex_4_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn log_softmax_backward<F: NdFloat>(dlogp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        dlogp - &(p * &dlogp.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1)))
    }

    pub fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
        let mut numbers = Vec::with_capacity(z.len());
        for row in z.rows() {
            let max = row.iter().copied().fold(F::neg_infinity(), F::max);
            let exponentials: Vec<F> = row.iter().map(|&z| (z - max).exp()).collect();
            let sum = exponentials.iter().fold(F::zero(), |sum, &it| sum + it);
            numbers.extend(exponentials.iter().map(|&it| it / sum));
        }
        Array2::from_shape_vec(z.dim(), numbers).unwrap()
    }

    pub fn softmax_backward<F: NdFloat>(dp: &Array2<F>, p: &Array2<F>) -> Array2<F> {
        let mut dz = Array2::zeros(p.dim());
        for row in 0..p.nrows() {
            let sum = p.row(row).dot(&dp.row(row));
            for class in 0..p.ncols() {
                dz[[row, class]] = p[[row, class]] * (dp[[row, class]] - sum);
            }
        }
        dz
    }
}
