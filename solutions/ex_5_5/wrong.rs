//! Wrong variants of lesson 5.5. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::Array2;

/// `train` on these inputs and targets.
fn trained(
    w: &Array2<f64>,
    [x, y]: [&[usize]; 2],
    steps: usize,
    rate: f64,
) -> (Array2<f64>, Vec<f64>) {
    let mut w = w.clone();
    let mut curve = Vec::new();
    for _ in 0..steps {
        let (loss, dw) = ex_5_5::bigram_backward(&w, x, y);
        curve.push(loss);
        w.scaled_add(-rate, &dw);
    }
    curve.push(ex_5_5::bigram_backward(&w, x, y).0);
    (w, curve)
}

/// Your `train` has the same ids as inputs and as targets: each one predicts itself, and the loss goes to 0. The
/// target of an id is the one that stands behind it.
pub mod target_is_input {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn train(
        w: &Array2<f64>,
        ids: &[usize],
        steps: usize,
        rate: f64,
    ) -> (Array2<f64>, Vec<f64>) {
        ex_5_5::train(w, ids, 0, rate);
        let x = &ids[..ids.len() - 1];
        super::trained(w, [x, x], steps, rate)
    }
}

/// Your `train` predicts the id after the next one: the text is shifted twice.
pub mod shifted_twice {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn train(
        w: &Array2<f64>,
        ids: &[usize],
        steps: usize,
        rate: f64,
    ) -> (Array2<f64>, Vec<f64>) {
        ex_5_5::train(w, ids, 0, rate);
        if ids.len() < 3 {
            return ex_5_5::train(w, ids, steps, rate);
        }
        super::trained(w, [&ids[..ids.len() - 2], &ids[2..]], steps, rate)
    }
}

/// Your `train` leaves out the last pair of the text. A text of n ids has n − 1 predictions; how many have you?
pub mod last_pair_dropped {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn train(
        w: &Array2<f64>,
        ids: &[usize],
        steps: usize,
        rate: f64,
    ) -> (Array2<f64>, Vec<f64>) {
        ex_5_5::train(w, ids, 0, rate);
        let end = ids.len().max(3) - 1;
        ex_5_5::train(w, &ids[..end.min(ids.len())], steps, rate)
    }
}

/// Your `train` goes uphill: its loss grows. The gradient points to where the loss becomes larger.
pub mod uphill {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn train(
        w: &Array2<f64>,
        ids: &[usize],
        steps: usize,
        rate: f64,
    ) -> (Array2<f64>, Vec<f64>) {
        ex_5_5::train(w, ids, steps, -rate)
    }
}

/// Your C is transposed: entry (i, j) counts how often i follows j. A row of the model belongs to the id that is
/// known.
pub mod counts_transposed {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn counts(ids: &[usize], vocabulary: usize) -> Array2<usize> {
        ex_5_5::counts(ids, vocabulary).reversed_axes()
    }
}

/// Your C has a 1 for each pair that comes, however often it comes. Which of two next ids is more likely is in how
/// often each of them came.
pub mod pairs_counted_once {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn counts(ids: &[usize], vocabulary: usize) -> Array2<usize> {
        ex_5_5::counts(ids, vocabulary).mapv(|count| count.min(1))
    }
}

/// The columns of your P add up to 1, and not its rows: it says what stood before an id. A row has to say what may
/// come behind it.
pub mod normalised_over_columns {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn probabilities(counts: &Array2<usize>, alpha: f64) -> Array2<f64> {
        ex_5_5::probabilities(&counts.t().to_owned(), alpha).reversed_axes()
    }
}

/// Your P has α in its numerators and not in the sum of the row, so that the rows add up to more than 1. Add to the
/// counts first, and take the sum of what you have then.
pub mod smoothing_not_in_denominator {
    pub use ex_5_5::*;
    use ndarray::{Array2, Axis};

    pub fn probabilities(counts: &Array2<usize>, alpha: f64) -> Array2<f64> {
        let p = ex_5_5::probabilities(counts, alpha);
        let sums = counts.sum_axis(Axis(1)).insert_axis(Axis(1)).mapv(|sum| sum as f64);
        if sums.iter().all(|sum| *sum == 0.0) || alpha == 0.0 {
            return p;
        }
        counts.mapv(|count| count as f64 + alpha) / sums
    }
}

/// Your P has α in the sum of a row once. It is added to each of the V counts of the row: how much does the sum
/// grow?
pub mod smoothing_once_in_denominator {
    pub use ex_5_5::*;
    use ndarray::{Array2, Axis};

    pub fn probabilities(counts: &Array2<usize>, alpha: f64) -> Array2<f64> {
        if alpha == 0.0 {
            return ex_5_5::probabilities(counts, alpha);
        }
        ex_5_5::probabilities(counts, alpha);
        let sums = counts.sum_axis(Axis(1)).insert_axis(Axis(1)).mapv(|sum| sum as f64 + alpha);
        counts.mapv(|count| count as f64 + alpha) / sums
    }
}

/// Your `nll` is divided by the number of ids. The first one is not predicted: how many predictions are there?
pub mod mean_over_ids {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn nll(p: &Array2<f64>, ids: &[usize]) -> f64 {
        let predictions = ids.len() as f64 - 1.0;
        ex_5_5::nll(p, ids) * predictions / ids.len() as f64
    }
}

/// Your `nll` counts bits: its logarithm is to the base 2. Here losses are natural logarithms, and `bits_per_byte`
/// changes the unit.
pub mod nll_in_bits {
    pub use ex_5_5::*;
    use ndarray::Array2;

    pub fn nll(p: &Array2<f64>, ids: &[usize]) -> f64 {
        ex_5_5::nll(p, ids) / std::f64::consts::LN_2
    }
}

/// In your dL/dW, the row of an id is that of its last place in the text. An id that comes several times has its
/// row looked up several times: what becomes of the gradients of the other places?
pub mod overwrites_repeated_id {
    use ex_4_4::cross_entropy;
    pub use ex_5_5::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn bigram_backward<F: NdFloat>(w: &Array2<F>, x: &[usize], y: &[usize]) -> (F, Array2<F>) {
        let (loss, mut dw) = ex_5_5::bigram_backward(w, x, y);
        let (_, dz) = cross_entropy(&w.select(Axis(0), x), y);
        for (row, &id) in dz.outer_iter().zip(x) {
            dw.row_mut(id).assign(&row);
        }
        (loss, dw)
    }
}

/// Your dL/dW has the gradient of each prediction in the row of the target. Which row of W was looked up for it?
pub mod gradient_at_target {
    use ex_4_4::cross_entropy;
    pub use ex_5_5::*;
    use ndarray::{Array2, Axis, NdFloat};

    pub fn bigram_backward<F: NdFloat>(w: &Array2<F>, x: &[usize], y: &[usize]) -> (F, Array2<F>) {
        let (loss, mut dw) = ex_5_5::bigram_backward(w, x, y);
        dw.fill(F::zero());
        let (_, dz) = cross_entropy(&w.select(Axis(0), x), y);
        for (row, &id) in dz.outer_iter().zip(y) {
            let mut sum = dw.row_mut(id);
            sum += &row;
        }
        (loss, dw)
    }
}

/// Your perplexity is the mean of the perplexities of the batches. A text has one perplexity: take the mean of the
/// losses first, and the exponential last.
pub mod perplexity_mean_of_exp {
    pub use ex_5_5::*;

    pub fn perplexity(losses: &[f64], tokens: &[usize]) -> f64 {
        ex_5_5::perplexity(losses, tokens);
        let terms = losses.iter().zip(tokens).map(|(loss, &count)| loss.exp() * count as f64);
        terms.sum::<f64>() / tokens.iter().sum::<usize>() as f64
    }
}

/// Your perplexity gives every batch the same weight. A batch of 300 predictions says more than one of 2: over what
/// is the mean taken?
pub mod mean_of_batch_means {
    pub use ex_5_5::*;

    pub fn perplexity(losses: &[f64], tokens: &[usize]) -> f64 {
        ex_5_5::perplexity(losses, tokens);
        (losses.iter().sum::<f64>() / losses.len() as f64).exp()
    }
}

/// Your perplexity is a power of 2, and your losses are natural logarithms. The two have to have the same base.
pub mod base_2_mixed {
    pub use ex_5_5::*;

    pub fn perplexity(losses: &[f64], tokens: &[usize]) -> f64 {
        ex_5_5::perplexity(losses, tokens).ln().exp2()
    }
}

/// Your `bits_per_byte` counts nats. How many nats are a bit?
pub mod nats_per_byte {
    pub use ex_5_5::*;

    pub fn bits_per_byte(nll: f64, tokens: usize, bytes: usize) -> f64 {
        ex_5_5::bits_per_byte(nll, tokens, bytes) * std::f64::consts::LN_2
    }
}

/// Your `bits_per_byte` counts the bits of one token, whatever the number of bytes is. A loss of the same size is
/// better where tokens are longer.
pub mod bits_per_token {
    pub use ex_5_5::*;

    pub fn bits_per_byte(nll: f64, tokens: usize, bytes: usize) -> f64 {
        ex_5_5::bits_per_byte(nll, tokens, bytes);
        nll / std::f64::consts::LN_2
    }
}
