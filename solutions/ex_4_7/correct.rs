//! Correct variants of lesson 4.7. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// One row after the other, with p divided by the sum, and the shares of the smoothed target written out.
pub mod by_rows {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    pub fn language_loss<F: NdFloat>(
        z: &Array2<F>,
        targets: &[usize],
        options: &Options<F>,
    ) -> (F, Array2<F>) {
        let Options { ignore, smoothing, z_loss } = *options;
        assert!(targets.len() == z.nrows() && (F::zero()..=F::one()).contains(&smoothing));
        assert!(z_loss >= F::zero());
        let (classes, two) = (F::from(z.ncols()).unwrap(), F::one() + F::one());
        let (mut loss, mut dz, mut count) = (F::zero(), Array2::zeros(z.dim()), F::zero());
        for (row, &target) in targets.iter().enumerate() {
            if ignore == Some(target) {
                continue;
            }
            count += F::one();
            let z = z.row(row);
            let max = z.iter().copied().fold(F::neg_infinity(), F::max);
            let exponentials: Vec<F> = z.iter().map(|&z| (z - max).exp()).collect();
            let sum = exponentials.iter().fold(F::zero(), |sum, &it| sum + it);
            let log_sum = max + sum.ln();
            loss += z_loss * log_sum.powi(2);
            assert!(target < z.len());
            for (class, e) in exponentials.iter().enumerate() {
                let hard = if class == target { F::one() - smoothing } else { F::zero() };
                let share = hard + smoothing / classes;
                if share > F::zero() {
                    loss += share * (log_sum - z[class]);
                }
                let p = *e / sum;
                dz[[row, class]] = p - share + two * z_loss * log_sum * p;
            }
        }
        let count = count.max(F::one());
        (loss / count, dz / count)
    }

    pub fn answer_targets(tokens: &[usize], prompt: usize, ignore: usize) -> Vec<usize> {
        assert!(prompt <= tokens.len());
        let mut targets = tokens.to_vec();
        targets[..prompt].fill(ignore);
        targets.remove(0);
        targets
    }
}

/// A whole row's softmax in chunks of two passes: first the maximum of all chunks, then the sum.
pub mod maximum_first {
    pub use ex_4_7::*;
    use ndarray::{Array1, Array2, NdFloat};

    pub fn add_chunk<F: NdFloat>(so_far: &Running<F>, z: &Array2<F>) -> Running<F> {
        assert_eq!(so_far.sum.len(), z.nrows());
        let (mut max, mut sum) = (so_far.max.to_vec(), Vec::new());
        for (row, max) in max.iter_mut().enumerate() {
            let old = *max;
            for &z in z.row(row) {
                if z > *max {
                    *max = z;
                }
            }
            // What is −∞ alone has the sum 0.
            let mut total = if old == F::neg_infinity() {
                F::zero()
            } else {
                so_far.sum[row] * (old - *max).exp()
            };
            for &z in z.row(row) {
                if z != F::neg_infinity() {
                    total += (z - *max).exp();
                }
            }
            sum.push(total);
        }
        Running { max: Array1::from(max), sum: Array1::from(sum) }
    }
}

/// Each chunk's logits become probabilities in place, and the target's part comes after all chunks.
pub mod targets_last {
    pub use ex_4_7::*;
    use ndarray::{Array1, Array2, Axis, NdFloat};

    pub fn chunked_loss<F: NdFloat>(
        x: &Array2<F>,
        w: &Array2<F>,
        targets: &[usize],
        options: &Options<F>,
        chunk: usize,
    ) -> (F, Array2<F>, Array2<F>) {
        let Options { ignore, smoothing, z_loss } = *options;
        assert!(chunk >= 1 && targets.len() == x.nrows() && z_loss >= F::zero());
        assert!(smoothing >= F::zero() && smoothing <= F::one());
        let counts: Vec<F> = targets
            .iter()
            .map(|target| if Some(*target) == ignore { F::zero() } else { F::one() })
            .collect();
        let counts = Array1::from(counts);
        let n = counts.sum().max(F::one());
        let rows = x.nrows();
        let mut running =
            Running { max: Array1::from_elem(rows, F::neg_infinity()), sum: Array1::zeros(rows) };
        for w in w.axis_chunks_iter(Axis(0), chunk) {
            running = add_chunk(&running, &x.dot(&w.t()));
        }
        let log_sums = &running.max + &running.sum.mapv(F::ln);
        let spread = smoothing / F::from(w.nrows()).unwrap();
        let two = F::one() + F::one();
        let of_p = log_sums.mapv(|it| F::one() + two * z_loss * it) * &counts / n;
        let (mut dx, mut dw) = (Array2::zeros(x.dim()), Array2::zeros(w.dim()));
        let mut loss = F::zero();
        for (w, mut dw) in
            w.axis_chunks_iter(Axis(0), chunk).zip(dw.axis_chunks_iter_mut(Axis(0), chunk))
        {
            let mut z = x.dot(&w.t());
            loss -= (z.sum_axis(Axis(1)) * &counts).sum() * spread / n;
            for (row, mut z) in z.outer_iter_mut().enumerate() {
                z.mapv_inplace(|z| {
                    (z - log_sums[row]).exp() * of_p[row] - counts[row] * spread / n
                });
            }
            dx += &z.dot(&w);
            dw += &z.t().dot(x);
        }
        for (row, &target) in targets.iter().enumerate() {
            if Some(target) == ignore {
                continue;
            }
            let share = (F::one() - smoothing) / n;
            let picked = x.row(row).dot(&w.row(target));
            loss += (log_sums[row] + z_loss * log_sums[row].powi(2)) / n - picked * share;
            dx.row_mut(row).scaled_add(-share, &w.row(target));
            dw.row_mut(target).scaled_add(-share, &x.row(row));
        }
        (loss, dx, dw)
    }
}
