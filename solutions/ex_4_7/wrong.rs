//! Wrong variants of lesson 4.7. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_4_7::Options;
use ndarray::{Array1, Array2, ArrayView1, Axis, NdFloat, s};

/// A number in the precision that is asked for.
fn number<F: NdFloat>(value: usize) -> F {
    F::from(value).unwrap()
}

fn counted<F: NdFloat>(targets: &[usize], options: &Options<F>) -> usize {
    targets.iter().filter(|target| Some(**target) != options.ignore).count()
}

/// The right loss and gradient with some options changed.
fn with<F: NdFloat>(
    z: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
    change: impl Fn(&mut Options<F>),
) -> (F, Array2<F>) {
    let mut options = options.clone();
    change(&mut options);
    ex_4_7::language_loss(z, targets, &options)
}

fn softmax<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    let mut p = z.clone();
    for mut row in p.rows_mut() {
        let max = row.fold(F::neg_infinity(), |max, &z| max.max(z));
        row.mapv_inplace(|z| (z - max).exp());
        let sum = row.sum();
        row /= sum;
    }
    p
}

/// A `language_loss` with what it makes of the right one.
macro_rules! loss {
    (|$z:ident, $targets:ident, $options:ident, $right:ident| $changed:expr) => {
        pub fn language_loss<F: NdFloat>(
            $z: &Array2<F>,
            $targets: &[usize],
            $options: &Options<F>,
        ) -> (F, Array2<F>) {
            let $right = ex_4_7::language_loss($z, $targets, $options);
            $changed
        }
    };
}

/// Your `answer_targets` leaves nothing out: the model learns to write the question as well.
pub mod question_learned {
    pub use ex_4_7::*;

    pub fn answer_targets(tokens: &[usize], prompt: usize, ignore: usize) -> Vec<usize> {
        ex_4_7::answer_targets(tokens, prompt, ignore);
        ex_4_7::answer_targets(tokens, 0, ignore)
    }
}

/// Your `answer_targets` leaves out the target of every token of the question, also of its last one. The target of that one
/// is the first token of the answer, and the model would never learn how to begin.
pub mod first_of_answer_ignored {
    pub use ex_4_7::*;

    pub fn answer_targets(tokens: &[usize], prompt: usize, ignore: usize) -> Vec<usize> {
        let longer = (prompt + 1).min(tokens.len());
        ex_4_7::answer_targets(tokens, prompt, ignore);
        ex_4_7::answer_targets(tokens, if prompt == 0 { 0 } else { longer }, ignore)
    }
}

/// Your `answer_targets` gives each token itself for a target. A model that sees a token has only to copy it. What is it
/// to foretell?
pub mod targets_not_shifted {
    pub use ex_4_7::*;

    pub fn answer_targets(tokens: &[usize], prompt: usize, ignore: usize) -> Vec<usize> {
        let shifted = ex_4_7::answer_targets(tokens, prompt, ignore);
        let pairs = shifted.iter().zip(tokens);
        pairs.map(|(target, token)| if *target == ignore { ignore } else { *token }).collect()
    }
}

/// Your loss is divided by the number of all rows. Rows that do not count make it smaller then, and its gradient with it:
/// a batch with much padding takes smaller steps. How many losses is the mean taken of?
pub mod mean_with_ignored_rows {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|_z, targets, options, right| {
        let all = super::number::<F>(targets.len().max(1));
        let share = super::number::<F>(super::counted(targets, options)) / all;
        (right.0 * share, right.1 * share)
    });
}

/// Your loss and its gradient are sums over the rows that count. They should be means: twice the batch would make the
/// step twice as large.
pub mod mean_missing {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|_z, targets, options, right| {
        let count = super::number::<F>(super::counted(targets, options));
        (right.0 * count, right.1 * count)
    });
}

/// Your loss leaves the rows out that do not count, and your dL/dZ does not: P comes back from them. A row that is not in
/// the loss moves nothing in it.
pub mod ignored_row_has_gradient {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        let count = super::number::<F>(super::counted(targets, options).max(1));
        let (p, mut dz) = (super::softmax(z) / count, right.1);
        for (row, target) in targets.iter().enumerate() {
            if Some(*target) == options.ignore {
                dz.row_mut(row).assign(&p.row(row));
            }
        }
        (right.0, dz)
    });
}

/// Your loss is NaN where no row counts: it is 0/0. One batch of padding alone would make every weight NaN.
pub mod none_counted_is_nan {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|_z, targets, options, right| {
        let none = super::counted(targets, options) == 0;
        (if none { F::nan() } else { right.0 }, right.1)
    });
}

/// Your rows that do not count are multiplied by 0. That is not the same as leaving them out: a NaN in their logits makes
/// the loss NaN.
pub mod ignored_by_a_factor {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        let (mut loss, mut dz) = right;
        for (row, target) in targets.iter().enumerate() {
            if Some(*target) == options.ignore {
                let nothing = z.row(row).sum() * F::zero();
                loss += nothing;
                dz.row_mut(row).mapv_inplace(|it| it + nothing);
            }
        }
        (loss, dz)
    });
}

/// A loss whose smoothed target is 1 − ε + `of_target`·ε at the target and `of_other`·ε at each other class.
fn smoothed<F: NdFloat>(
    z: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
    kept: F,
    of_other: F,
) -> (F, Array2<F>) {
    let (mut loss, mut dz) = with(z, targets, options, |options| options.smoothing = F::zero());
    let weight = number::<F>(counted(targets, options).max(1)).recip();
    for (row, &target) in targets.iter().enumerate() {
        if Some(target) == options.ignore {
            continue;
        }
        for class in 0..z.ncols() {
            let share = if class == target { kept - F::one() } else { of_other };
            loss -= weight * share * z[[row, class]];
            dz[[row, class]] -= weight * share;
        }
    }
    (loss, dz)
}

/// Your smoothing spreads ε over the classes beside the target, ε/(V − 1) each. Here it is spread over all V, the
/// target among them, as in PyTorch and in the paper.
pub mod smoothing_over_other_classes {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        if z.ncols() < 2 {
            return right;
        }
        let of_other = options.smoothing / super::number(z.ncols() - 1);
        super::smoothed(z, targets, options, F::one() - options.smoothing, of_other)
    });
}

/// Your smoothing takes 1 − ε for the target and leaves its part of what is spread out: the shares add up to less than 1.
/// ε is spread over all classes, and the target is one of them.
pub mod smoothing_lost_at_the_target {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        if z.ncols() == 0 {
            return right;
        }
        let of_other = options.smoothing / super::number(z.ncols());
        super::smoothed(z, targets, options, F::one() - options.smoothing, of_other)
    });
}

/// Your dL/dZ is that of targets that are not smoothed: your loss has ε, and its gradient has not.
pub mod smoothing_missing_in_gradient {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        let hard = super::with(z, targets, options, |options| options.smoothing = F::zero());
        (right.0, hard.1)
    });
}

/// Your dL/dZ has nothing of the z-loss. log Σ e^z is a function of every logit of the row: what is its slope?
pub mod z_loss_missing_in_gradient {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        let without = super::with(z, targets, options, |options| options.z_loss = F::zero());
        (right.0, without.1)
    });
}

/// Your dL/dZ has half of what comes back through the z-loss: a square has a slope of 2 times its root.
pub mod slope_of_square_halved {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        let two = super::number::<F>(2);
        (right.0, super::with(z, targets, options, |options| options.z_loss /= two).1)
    });
}

/// Your z-loss squares the logarithm of the sum *after* a maximum was subtracted from the logits. That is a number
/// between 0 and ln V whatever the logits are, and the z-loss is there to keep the logits small. What has to be added
/// again?
pub mod z_loss_of_shifted_logits {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    loss!(|z, targets, options, right| {
        let (mut loss, _) = super::with(z, targets, options, |options| options.z_loss = F::zero());
        let weight = super::number::<F>(super::counted(targets, options).max(1)).recip();
        for (row, target) in z.rows().into_iter().zip(targets) {
            if Some(*target) != options.ignore {
                let max = row.fold(F::neg_infinity(), |max, &z| max.max(z));
                let log_sum = row.fold(F::zero(), |sum, &z| sum + (z - max).exp()).ln();
                loss += weight * options.z_loss * log_sum * log_sum;
            }
        }
        (loss, right.1)
    });
}

/// Your running sum is not made smaller when a larger logit comes: what was added so far is still relative to the old
/// maximum. By what is e^(z − old) to be multiplied to become e^(z − new)?
pub mod sum_not_rescaled {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat, Zip};

    pub fn add_chunk<F: NdFloat>(so_far: &Running<F>, z: &Array2<F>) -> Running<F> {
        let mut next = ex_4_7::add_chunk(so_far, z);
        Zip::from(z.rows()).and(&next.max).and(&so_far.sum).and(&mut next.sum).for_each(
            |z, max, before, sum| {
                let shift = max.max(F::min_value());
                *sum = z.fold(*before, |sum, &z| sum + (z - shift).exp());
            },
        );
        next
    }
}

/// Your running sum is rescaled the wrong way round: by e^(new − old), which grows. The old exponentials have to shrink
/// when the maximum grows.
pub mod rescaled_the_wrong_way {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat, Zip};

    pub fn add_chunk<F: NdFloat>(so_far: &Running<F>, z: &Array2<F>) -> Running<F> {
        let mut next = ex_4_7::add_chunk(so_far, z);
        Zip::from(&so_far.max).and(&so_far.sum).and(&next.max).and(&mut next.sum).for_each(
            |old, before, new, sum| {
                let shift = new.max(F::min_value());
                if *old > F::neg_infinity() {
                    let factor = (*old - shift).exp();
                    *sum = *sum - *before * factor + *before * (shift - *old).exp();
                }
            },
        );
        next
    }
}

/// Your running maximum is that of the last chunk, whatever came before. If the largest logit was in an earlier one, the
/// exponentials so far are multiplied by a large number, and may overflow.
pub mod maximum_of_last_chunk {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    pub fn add_chunk<F: NdFloat>(so_far: &Running<F>, z: &Array2<F>) -> Running<F> {
        let mut next = ex_4_7::add_chunk(so_far, z);
        for (row, z) in z.rows().into_iter().enumerate() {
            if let Some(&first) = z.first() {
                let max = z.fold(first, |max, &z| max.max(z));
                let factor = (next.max[row] - max).exp();
                next.sum[row] *= factor;
                next.max[row] = max;
            }
        }
        next
    }
}

/// A `chunked_loss` with what it makes of the right one.
macro_rules! chunks {
    (|$x:ident, $w:ident, $targets:ident, $options:ident, $chunk:ident, $right:ident| $changed:expr) => {
        pub fn chunked_loss<F: NdFloat>(
            $x: &Array2<F>,
            $w: &Array2<F>,
            $targets: &[usize],
            $options: &Options<F>,
            $chunk: usize,
        ) -> (F, Array2<F>, Array2<F>) {
            let $right = ex_4_7::chunked_loss($x, $w, $targets, $options, $chunk);
            $changed
        }
    };
}

/// log Σ e^z of a row.
fn log_sum<F: NdFloat>(row: ArrayView1<F>) -> F {
    let max = row.fold(F::neg_infinity(), |max, &z| max.max(z));
    max + row.fold(F::zero(), |sum, &z| sum + (z - max).exp()).ln()
}

/// dL/dZ in full, for variants that may hold it.
fn in_full<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
) -> (F, Array2<F>) {
    ex_4_7::language_loss(&x.dot(&w.t()), targets, options)
}

fn ranges(classes: usize, chunk: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..classes).step_by(chunk).map(move |first| first..classes.min(first + chunk))
}

/// Your dL/dX is that of the last chunk alone: each chunk takes the place of those before it. Every class moves x: what
/// becomes of what comes back from all chunks?
pub mod dx_of_last_chunk {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat, s};

    chunks!(|x, w, targets, options, chunk, right| {
        let (loss, _, dw) = right;
        let (_, dz) = super::in_full(x, w, targets, options);
        let last = super::ranges(w.nrows(), chunk).last().unwrap_or(0..0);
        (loss, dz.slice(s![.., last.clone()]).dot(&w.slice(s![last, ..])), dw)
    });
}

/// Your gradients are those of a softmax over each chunk by itself: its probabilities add up to 1 in each. All chunks
/// share one sum, which is known only after the last of them. So the logits are computed twice.
pub mod softmax_of_each_chunk {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    chunks!(|x, w, targets, options, chunk, right| {
        let dz = super::each_by_itself(x, w, targets, options, chunk);
        (right.0, dz.dot(w), dz.t().dot(x))
    });
}

fn each_by_itself<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
    chunk: usize,
) -> Array2<F> {
    let z = x.dot(&w.t());
    let (_, mut dz) = in_full(x, w, targets, options);
    let weight = number::<F>(counted(targets, options).max(1)).recip();
    let all = softmax(&z);
    let log_sums: Array1<F> = z.rows().into_iter().map(log_sum).collect();
    for range in ranges(w.nrows(), chunk) {
        let alone = softmax(&z.slice(s![.., range.clone()]).to_owned());
        for (row, target) in targets.iter().enumerate() {
            if Some(*target) == options.ignore {
                continue;
            }
            let factor = weight * (F::one() + number::<F>(2) * options.z_loss * log_sums[row]);
            for (place, class) in range.clone().enumerate() {
                dz[[row, class]] += factor * (alone[[row, place]] - all[[row, class]]);
            }
        }
    }
    dz
}

/// Your dL/dZ subtracts the 1 of the target in every chunk, at its place from the chunk's start. A target is a class of all
/// V: in which chunk is it, and where there?
pub mod target_in_every_chunk {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    chunks!(|x, w, targets, options, chunk, right| {
        let (_, mut dz) = super::in_full(x, w, targets, options);
        let weight = super::number::<F>(super::counted(targets, options).max(1)).recip();
        for range in super::ranges(w.nrows(), chunk) {
            for (row, &target) in targets.iter().enumerate() {
                let class = range.start + target % chunk;
                if Some(target) != options.ignore && class != target && range.contains(&class) {
                    dz[[row, class]] -= weight * (F::one() - options.smoothing);
                }
            }
        }
        (right.0, dz.dot(w), dz.t().dot(x))
    });
}

/// Your loss in chunks adds up the losses of the chunks: log Σ e^z of each of them. The logarithm of a sum is not the sum of
/// the logarithms.
pub mod log_sums_added {
    pub use ex_4_7::*;
    use ndarray::{Array2, NdFloat};

    chunks!(|x, w, targets, options, chunk, right| {
        let (_, dx, dw) = right;
        (super::by_added_log_sums(x, w, targets, options, chunk), dx, dw)
    });
}

fn by_added_log_sums<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
    chunk: usize,
) -> F {
    let z = x.dot(&w.t());
    let weight = number::<F>(counted(targets, options).max(1)).recip();
    let means = z.sum_axis(Axis(1)) / number::<F>(w.nrows().max(1));
    let mut loss = F::zero();
    for (row, &target) in targets.iter().enumerate() {
        if Some(target) == options.ignore {
            continue;
        }
        let log_sum = ranges(w.nrows(), chunk)
            .fold(F::zero(), |sum, range| sum + log_sum(z.slice(s![row, range])));
        let picked = (F::one() - options.smoothing) * z[[row, target]];
        let smoothed = picked + options.smoothing * means[row];
        loss += weight * (log_sum - smoothed + options.z_loss * log_sum * log_sum);
    }
    loss
}
