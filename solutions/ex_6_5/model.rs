//! A small language model with the six faults, for what brief, page and comparison state.

use ex_4_4::cross_entropy;
use ex_4_5::{rms_norm, rms_norm_backward};
use ex_6_5::Fault;
use ndarray::{Array1, Array2, Axis, s};

/// The weights of a small language model, or the gradients of one.
#[derive(Clone)]
pub struct Weights {
    pub table: Array2<f64>,
    pub layer: Array2<f64>,
    pub gains: [Array1<f64>; 2],
}

/// A model in which each token takes the mean of the tokens up to it, adds a layer of it to itself, and is compared with
/// all rows of the table.
#[derive(Clone, Copy)]
pub struct Model {
    pub fault: Fault,
    /// Of the norms.
    pub epsilon: f64,
}

/// What the forward pass makes of a sequence.
pub struct Passed {
    norms: [ex_4_5::Cache<f64>; 2],
    /// What goes into the layer, what comes out of it, and what the table is multiplied by.
    taken: Array2<f64>,
    given: Array2<f64>,
    last: Array2<f64>,
    pub logits: Array2<f64>,
}

impl Model {
    /// How many rows the token in this one sees.
    fn seen(self, row: usize, rows: usize) -> usize {
        (row + 1 + usize::from(self.fault == Fault::Leak)).min(rows)
    }

    pub fn forward(self, weights: &Weights, ids: &[usize], is_dropped: bool) -> Passed {
        let Weights { table, layer, gains } = weights;
        let x = table.select(Axis(0), ids);
        let mut mean = Array2::zeros(x.raw_dim());
        for (row, mut mean) in mean.outer_iter_mut().enumerate() {
            let seen = self.seen(row, ids.len());
            mean.assign(&(x.slice(s![..seen, ..]).sum_axis(Axis(0)) / seen as f64));
        }
        let (taken, first) = rms_norm(&mean, &gains[0], self.epsilon);
        let mut given = taken.dot(&layer.t()).mapv(f64::tanh);
        if is_dropped {
            let kept = |at: usize| if at.is_multiple_of(10) { 0.0 } else { 1.0 / 0.9 };
            given.iter_mut().enumerate().for_each(|(at, it)| *it *= kept(at));
        }
        let (last, second) = rms_norm(&(x + &given), &gains[1], self.epsilon);
        let logits = last.dot(&table.t());
        Passed { norms: [first, second], taken, given, last, logits }
    }

    /// The ids that go in, and those that are predicted.
    pub fn pairs(self, ids: &[usize]) -> (&[usize], &[usize]) {
        let shift = if self.fault == Fault::DoubleShift { 2 } else { 1 };
        (&ids[..ids.len() - shift], &ids[shift..])
    }

    /// The loss that it reports of a training batch, and the gradient that it trains with.
    pub fn loss_and_gradient(self, weights: &Weights, batch: &[Vec<usize>]) -> (f64, Weights) {
        let zero = |it: &Array1<f64>| Array1::zeros(it.len());
        let mut sum = Weights {
            table: Array2::zeros(weights.table.dim()),
            layer: Array2::zeros(weights.layer.dim()),
            gains: weights.gains.each_ref().map(zero),
        };
        let predictions: usize = batch.iter().map(|ids| self.pairs(ids).1.len()).sum();
        let mut total = 0.0;
        for ids in batch {
            let share = match self.fault {
                Fault::UnequalAccumulation => 1.0 / batch.len() as f64,
                _ => self.pairs(ids).1.len() as f64 / predictions as f64,
            };
            total += share * self.add(weights, ids, share, &mut sum);
        }
        (total, sum)
    }

    /// Adds the gradient of a sequence, times its share; gives its loss.
    fn add(self, weights: &Weights, ids: &[usize], share: f64, sum: &mut Weights) -> f64 {
        let (x, y) = self.pairs(ids);
        let passed = self.forward(weights, x, false);
        let (loss, dz) = cross_entropy(&passed.logits, y);
        let dz = share * dz;
        let (dy, of_last) =
            rms_norm_backward(&dz.dot(&weights.table), &passed.norms[1], &weights.gains[1]);
        let da = &dy * &passed.given.mapv(|it| 1.0 - it * it);
        sum.layer += &da.t().dot(&passed.taken);
        let (dmean, of_first) =
            rms_norm_backward(&da.dot(&weights.layer), &passed.norms[0], &weights.gains[0]);
        sum.gains[0] += &of_first;
        sum.gains[1] += &of_last;
        let mut dx = dy;
        for (row, dmean) in dmean.outer_iter().enumerate() {
            let seen = self.seen(row, x.len());
            let mut rows = dx.slice_mut(s![..seen, ..]);
            rows += &(&dmean / seen as f64);
        }
        for (dx, id) in dx.outer_iter().zip(x) {
            let mut row = sum.table.row_mut(*id);
            row += &dx;
        }
        if self.fault != Fault::HalfTiedGradient {
            sum.table += &dz.t().dot(&passed.last);
        }
        loss
    }
}
