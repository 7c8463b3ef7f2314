//! Wrong variants of lesson 3.4. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_3_3::{Layer, mse};
use ex_3_4::{Diverged, Rng, Settings};
use ndarray::{Array2, ArrayD, ArrayViewMutD, Axis};

type Step = fn(Vec<ArrayViewMutD<'_, f64>>, &[ArrayD<f64>], f64);

/// `fit` in parts that a variant exchanges.
struct Parts {
    shuffle: fn(usize, &mut Rng) -> Vec<usize>,
    batches: fn(&[usize], usize) -> Vec<Vec<usize>>,
    step: Step,
    /// Whether a loss is above the limit.
    is_above: fn(f64, f64) -> bool,
    /// Whether targets are taken in the order of the inputs.
    pairs: bool,
    /// Whether each epoch starts the generator from the seed.
    restarts: bool,
    /// What the curve has of an epoch, from the losses of its batches and the loss of all samples.
    noted: fn(&[f64], f64) -> f64,
}

const RIGHT: Parts = Parts {
    shuffle: ex_3_4::shuffle,
    batches: ex_3_4::batches,
    step: ex_3_4::sgd_step,
    is_above: |loss, limit| !(loss <= limit),
    pairs: true,
    restarts: false,
    noted: |_, all| all,
};

impl Parts {
    fn fit(
        &self,
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        let mut rng = Rng::new(settings.seed);
        let mut curve = vec![mse(&network.forward(x).0, y).0];
        for epoch in 1..=settings.epochs {
            if self.restarts {
                rng = Rng::new(settings.seed);
            }
            let order = (self.batches)(&(self.shuffle)(x.nrows(), &mut rng), settings.batch);
            let plain = (self.batches)(&(0..x.nrows()).collect::<Vec<_>>(), settings.batch);
            let mut of_batches = Vec::new();
            for (rows, in_order) in order.iter().zip(&plain) {
                let targets = y.select(Axis(0), if self.pairs { rows } else { in_order });
                let (o, cache) = network.forward(&x.select(Axis(0), rows));
                let (loss, upstream) = mse(&o, &targets);
                of_batches.push(loss);
                let (_, gradients) = network.backward(&cache, &upstream);
                (self.step)(network.parameters_mut(), &gradients, settings.rate);
            }
            let all = mse(&network.forward(x).0, y).0;
            if (self.is_above)(all, settings.limit) {
                return Err(Diverged { epoch });
            }
            curve.push((self.noted)(&of_batches, all));
        }
        Ok(curve)
    }
}

/// Your `shuffle` lets each place choose among all n places. Then nⁿ⁻¹ runs fall on n! orders, which they
/// cannot do evenly: for n = 3, nine runs on six orders. Which places are left to choose from, once the
/// places behind have had their turn?
pub mod shuffle_swaps_with_any {
    use super::*;
    pub use ex_3_4::*;

    pub fn shuffle(n: usize, rng: &mut Rng) -> Vec<usize> {
        let mut order: Vec<_> = (0..n).collect();
        for i in (1..n).rev() {
            let j = rng.next_u64() % n as u64;
            order.swap(i, j as usize);
        }
        order
    }

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { shuffle, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// In your `shuffle` a place never chooses itself, so that no number ever stays where it was: only
/// (n − 1)! of the n! orders can come. How many places are there from the first up to itself?
pub mod shuffle_never_fixed {
    use super::*;
    pub use ex_3_4::*;

    pub fn shuffle(n: usize, rng: &mut Rng) -> Vec<usize> {
        let mut order: Vec<_> = (0..n).collect();
        for i in (1..n).rev() {
            let j = rng.next_u64() % i as u64;
            order.swap(i, j as usize);
        }
        order
    }

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { shuffle, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your `batches` leaves out the samples that do not fill a batch. The last batch may be smaller.
pub mod last_batch_dropped {
    use super::*;
    pub use ex_3_4::*;

    pub fn batches(order: &[usize], size: usize) -> Vec<Vec<usize>> {
        order.chunks_exact(size).map(<[usize]>::to_vec).collect()
    }

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { batches, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your `sgd_step` adds η·dL/dθ to each parameter. A positive gradient says that the loss grows with the
/// parameter: which way should the parameter go?
pub mod uphill {
    use super::*;
    pub use ex_3_4::*;

    pub fn sgd_step(parameters: Vec<ArrayViewMutD<'_, f64>>, gradients: &[ArrayD<f64>], rate: f64) {
        ex_3_4::sgd_step(parameters, gradients, -rate);
    }

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { step: sgd_step, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your `fit` shuffles the inputs and not the targets: each sample learns the target of another one. What
/// selects the rows of X, and what selects those of Y?
pub mod targets_not_shuffled {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { pairs: false, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your `fit` has the same order in every epoch: the generator starts from the seed each time. How often
/// should it be made?
pub mod same_order_every_epoch {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { restarts: true, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your `fit` takes the samples in the order of X. Nothing shuffles them: what is cut into batches?
pub mod never_shuffled {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { shuffle: |n, _| (0..n).collect(), ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your loss curve has the loss of the last batch of each epoch. A batch is a few samples by chance, and its
/// loss was measured before its own step. The curve has the loss of all samples at the end of the epoch.
pub mod loss_of_last_batch {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { noted: |of_batches, _| of_batches[of_batches.len() - 1], ..RIGHT }
            .fit(network, x, y, settings)
    }
}

/// Your loss curve has the mean of the losses of the batches. Each of them was measured with other
/// parameters, before its own step. The curve has the loss of all samples with one set of parameters, those
/// at the end of the epoch.
pub mod mean_of_batch_losses {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        let noted =
            |of_batches: &[f64], _| of_batches.iter().sum::<f64>() / of_batches.len() as f64;
        Parts { noted, ..RIGHT }.fit(network, x, y, settings)
    }
}

/// Your `fit` takes NaN for a good loss: `loss > limit` is false where the loss is not a number. Can you ask
/// the other way round, whether the loss is within the limit?
pub mod nan_accepted {
    use super::*;
    pub use ex_3_4::*;

    pub fn fit(
        network: &mut impl Layer,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Vec<f64>, Diverged> {
        Parts { is_above: |loss, limit| loss > limit, ..RIGHT }.fit(network, x, y, settings)
    }
}
