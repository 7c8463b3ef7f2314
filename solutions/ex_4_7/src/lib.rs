//! Lesson 4.7, solved: the loss of a language model.

use ndarray::{Array1, Array2, ArrayViewMut2, Axis, NdFloat, Zip, s};

/// What the loss is made of, beside −log p of the targets.
#[derive(Debug, Clone)]
pub struct Options<F: NdFloat> {
    /// The target of rows that do not count. It may be a class, or no class at all.
    pub ignore: Option<usize>,
    /// The share ε of each target that is spread evenly over all classes, from 0 to 1.
    pub smoothing: F,
    /// The factor λ of the square of log Σ e^z; not negative.
    pub z_loss: F,
}

/// The largest logit of each row (N) in the chunks so far, −∞ before the first one, and the sum (N) of the
/// exponentials e^(z − max) of all of them, 0 before the first one.
#[derive(Debug, Clone)]
pub struct Running<F: NdFloat> {
    /// The largest logit so far.
    pub max: Array1<F>,
    /// The sum of e^(z − max) so far.
    pub sum: Array1<F>,
}

/// The targets (T − 1) of a text of T tokens, of which the first `prompt` are a question: the target of each token is
/// the next one. Targets that are part of the question are `ignore`, so that the answer alone is learned.
///
/// # Panics
/// When there is no token, or when the question is longer than the text.
pub fn answer_targets(tokens: &[usize], prompt: usize, ignore: usize) -> Vec<usize> {
    assert!(!tokens.is_empty(), "a text without tokens has no targets");
    assert!(prompt <= tokens.len(), "a question of {prompt} tokens is longer than the text");
    let next = tokens.iter().enumerate().skip(1);
    next.map(|(place, &token)| if place < prompt { ignore } else { token }).collect()
}

/// The loss of the logits `z` (N, V), and its gradient dL/dZ (N, V): the mean over the rows that count of
/// −Σ q·log p + λ·(log Σ e^z)², where q is the smoothed target. A row that does not count has the gradient 0, whatever
/// its logits are; where none counts, the loss is 0.
///
/// # Panics
/// When there are not as many targets as rows, when a target is neither below V nor ignored, or when an option is out
/// of its range.
pub fn language_loss<F: NdFloat>(
    z: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
) -> (F, Array2<F>) {
    let rows = Rows::of(targets, z.dim(), options);
    let log_sums = log_sums(&add_chunk(&before_the_first(z.nrows()), z));
    let picked = targets.iter().enumerate().map(|(row, class)| z.get([row, *class]));
    let picked = picked.map(|z| z.copied().unwrap_or(F::zero())).collect();
    let mut dz = z.clone();
    rows.gradient(&mut dz.view_mut(), 0, &log_sums);
    (rows.loss(&log_sums, &picked, &z.sum_axis(Axis(1))), dz)
}

/// Takes the logits `z` (N, C) of the next C classes in. A logit of −∞ adds nothing, also where there was no other
/// one so far.
///
/// # Panics
/// When `z` has not as many rows.
pub fn add_chunk<F: NdFloat>(so_far: &Running<F>, z: &Array2<F>) -> Running<F> {
    assert_eq!(z.nrows(), so_far.max.len(), "each chunk has logits for the same rows");
    let mut next = so_far.clone();
    Zip::from(z.rows()).and(&mut next.max).and(&mut next.sum).for_each(|z, max, sum| {
        let larger = z.fold(*max, |larger, &z| larger.max(z));
        // −∞ − (−∞) would be NaN.
        let shift = larger.max(F::min_value());
        let added = z.fold(F::zero(), |sum, &z| sum + (z - shift).exp());
        *sum = *sum * (*max - shift).exp() + added;
        *max = larger;
    });
    next
}

/// The loss of the logits Z = X·Wᵀ of `x` (N, D) and the classes' weights `w` (V, D), with dL/dX (N, D) and dL/dW (V, D).
/// The logits of `chunk` classes at a time are in memory, and never all of them.
///
/// # Panics
/// As `language_loss`, when `x` and `w` have not the same number of columns, or when `chunk` is 0.
pub fn chunked_loss<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    targets: &[usize],
    options: &Options<F>,
    chunk: usize,
) -> (F, Array2<F>, Array2<F>) {
    assert!(chunk > 0, "a chunk has at least one class");
    let rows = Rows::of(targets, (x.nrows(), w.nrows()), options);
    let mut running = before_the_first(x.nrows());
    let (mut picked, mut sums) = (Array1::zeros(x.nrows()), Array1::zeros(x.nrows()));
    for (index, w) in w.axis_chunks_iter(Axis(0), chunk).enumerate() {
        let z = x.dot(&w.t());
        running = add_chunk(&running, &z);
        sums += &z.sum_axis(Axis(1));
        for (row, target) in rows.within(index * chunk, w.nrows()) {
            picked[row] = z[[row, target]];
        }
    }
    let log_sums = log_sums(&running);
    let (mut dx, mut dw) = (Array2::zeros(x.raw_dim()), Array2::zeros(w.raw_dim()));
    for first in (0..w.nrows()).step_by(chunk) {
        let classes = s![first..w.nrows().min(first + chunk), ..];
        let mut dz = x.dot(&w.slice(classes).t());
        rows.gradient(&mut dz.view_mut(), first, &log_sums);
        dx += &dz.dot(&w.slice(classes));
        dw.slice_mut(classes).assign(&dz.t().dot(x));
    }
    (rows.loss(&log_sums, &picked, &sums), dx, dw)
}

fn before_the_first<F: NdFloat>(rows: usize) -> Running<F> {
    Running { max: Array1::from_elem(rows, F::neg_infinity()), sum: Array1::zeros(rows) }
}

/// log Σ e^z of each row.
fn log_sums<F: NdFloat>(running: &Running<F>) -> Array1<F> {
    &running.max + &running.sum.mapv(F::ln)
}

/// The rows of a batch, and what each of them adds.
struct Rows<'a, F: NdFloat> {
    targets: &'a [usize],
    options: &'a Options<F>,
    /// How much a row that counts adds to the mean.
    weight: F,
    /// What each class has of a smoothed target.
    spread: F,
}

impl<'a, F: NdFloat> Rows<'a, F> {
    fn of(targets: &'a [usize], (rows, classes): (usize, usize), options: &'a Options<F>) -> Self {
        let Options { ignore, smoothing, z_loss } = options;
        assert_eq!(targets.len(), rows, "there must be one target for each row");
        assert!(*smoothing >= F::zero() && *smoothing <= F::one(), "smoothing is a share");
        assert!(*z_loss >= F::zero(), "the factor of the z-loss is not negative");
        let counted = || targets.iter().filter(|target| Some(**target) != *ignore);
        assert!(counted().all(|target| *target < classes), "a target is none of {classes} classes");
        let number = |count: usize| F::from(count).expect("a count is a number");
        let weight = number(counted().count().max(1)).recip();
        Self { targets, options, weight, spread: *smoothing / number(classes) }
    }

    fn counts(&self, row: usize) -> bool {
        Some(self.targets[row]) != self.options.ignore
    }

    /// The rows whose targets are among these classes, with the places there.
    fn within(&self, first: usize, classes: usize) -> impl Iterator<Item = (usize, usize)> {
        let place = move |target: &usize| target.checked_sub(first).filter(|it| *it < classes);
        let places = self.targets.iter().map(place).enumerate();
        places.filter_map(|(row, place)| Some((row, place?))).filter(|(row, _)| self.counts(*row))
    }

    /// From log Σ e^z, the logit of the target and the sum of all logits of each row.
    fn loss(&self, log_sums: &Array1<F>, picked: &Array1<F>, sums: &Array1<F>) -> F {
        let Options { smoothing, z_loss, .. } = self.options;
        let of_row = |row: usize| {
            let log_sum = log_sums[row];
            // 0·(−∞) would be NaN.
            let spread = if self.spread > F::zero() { self.spread * sums[row] } else { F::zero() };
            let smoothed = (F::one() - *smoothing) * picked[row] + spread;
            log_sum - smoothed + *z_loss * log_sum * log_sum
        };
        let counted = (0..self.targets.len()).filter(|row| self.counts(*row));
        counted.fold(F::zero(), |loss, row| loss + of_row(row)) * self.weight
    }

    /// Puts dL/dZ in the place of the logits of some classes.
    fn gradient(&self, z: &mut ArrayViewMut2<F>, first: usize, log_sums: &Array1<F>) {
        let Options { smoothing, z_loss, .. } = *self.options;
        let two = F::one() + F::one();
        for (row, mut z) in z.outer_iter_mut().enumerate() {
            if !self.counts(row) {
                z.fill(F::zero());
                continue;
            }
            let of_p = self.weight * (F::one() + two * z_loss * log_sums[row]);
            let of_all = self.weight * self.spread;
            z.mapv_inplace(|z| of_p * (z - log_sums[row]).exp() - of_all);
        }
        for (row, class) in self.within(first, z.ncols()) {
            z[[row, class]] -= self.weight * (F::one() - smoothing);
        }
    }
}
