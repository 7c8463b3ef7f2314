//! Correct variants of lesson 5.5. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Loss and gradient from the counts: the text is not looked at again.
pub mod from_counts {
    pub use ex_5_5::*;
    use ndarray::{Array2, NdFloat};

    pub fn bigram_backward<F: NdFloat>(w: &Array2<F>, x: &[usize], y: &[usize]) -> (F, Array2<F>) {
        assert!(!x.is_empty() && x.len() == y.len());
        let mut counts = Array2::<usize>::zeros(w.dim());
        x.iter().zip(y).for_each(|(&x, &y)| counts[[x, y]] += 1);
        let (mut loss, mut dw) = (F::zero(), Array2::zeros(w.raw_dim()));
        let number = |count: usize| F::from(count).unwrap();
        for ((counts, w), mut dw) in
            counts.outer_iter().zip(w.outer_iter()).zip(dw.outer_iter_mut())
        {
            let times = number(counts.sum());
            if times == F::zero() {
                continue;
            }
            let max = w.fold(F::neg_infinity(), |max, &w| max.max(w));
            let log_sum = w.mapv(|w| (w - max).exp()).sum().ln();
            for ((dw, &w), &count) in dw.iter_mut().zip(w).zip(counts) {
                let log_p = w - max - log_sum;
                // 0·∞ would be NaN.
                if count > 0 {
                    loss -= number(count) * log_p;
                }
                *dw = times * log_p.exp() - number(count);
            }
        }
        let n = number(x.len());
        (loss / n, dw / n)
    }
}

/// Rows are selected, and gradients are added one after the other.
pub mod selected_rows {
    use ex_4_4::cross_entropy;
    pub use ex_5_5::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn bigram_backward<F: NdFloat>(w: &Array2<F>, x: &[usize], y: &[usize]) -> (F, Array2<F>) {
        let (loss, dz) = cross_entropy(&w.select(Axis(0), x), y);
        let mut dw = Array2::zeros(w.raw_dim());
        for (row, &id) in dz.outer_iter().zip(x) {
            let mut sum = dw.row_mut(id);
            sum += &row;
        }
        (loss, dw)
    }

    pub fn train(
        w: &Array2<f64>,
        ids: &[usize],
        steps: usize,
        rate: f64,
    ) -> (Array2<f64>, Vec<f64>) {
        assert!(ids.len() > 1 && rate.is_finite());
        let (x, y) = (&ids[..ids.len() - 1], &ids[1..]);
        let mut w = w.clone();
        let mut curve = vec![bigram_backward(&w, x, y).0];
        for _ in 0..steps {
            let (_, dw) = bigram_backward(&w, x, y);
            w = w - rate * dw;
            curve.push(bigram_backward(&w, x, y).0);
        }
        (w, curve)
    }
}

/// Loops over numbers.
pub mod by_elements {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn counts(ids: &[usize], vocabulary: usize) -> Array2<usize> {
        let mut counts = Array2::zeros((vocabulary, vocabulary));
        for at in 1..ids.len() {
            counts[[ids[at - 1], ids[at]]] += 1;
        }
        counts
    }

    pub fn probabilities(counts: &Array2<usize>, alpha: f64) -> Array2<f64> {
        assert!(alpha >= 0.0);
        let vocabulary = counts.ncols();
        Array2::from_shape_fn(counts.dim(), |(i, j)| {
            let total: usize = counts.row(i).sum();
            match total as f64 + alpha * vocabulary as f64 {
                0.0 => 1.0 / vocabulary as f64,
                sum => (counts[[i, j]] as f64 + alpha) / sum,
            }
        })
    }

    pub fn nll(p: &Array2<f64>, ids: &[usize]) -> f64 {
        assert!(ids.len() >= 2);
        let mut loss = 0.0;
        for at in 1..ids.len() {
            loss -= p[[ids[at - 1], ids[at]]].ln() / (ids.len() - 1) as f64;
        }
        loss
    }

    pub fn perplexity(losses: &[f64], tokens: &[usize]) -> f64 {
        assert_eq!(losses.len(), tokens.len());
        let (mut sum, mut count) = (0.0, 0);
        for at in 0..losses.len() {
            sum += losses[at] * tokens[at] as f64;
            count += tokens[at];
        }
        assert_ne!(count, 0);
        (sum / count as f64).exp()
    }
}
