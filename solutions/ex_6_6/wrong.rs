//! Wrong variants of lesson 6.6. Each module is the solution with a mistake, and named after it; its documentation is
//! the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_4_2::{AdamW, adamw_step, clip_global_norm, warmup_cosine};
use ex_5_3::next_batch;
use ex_6_4::{Config, Model, tensors, tensors_mut, zeros};
use ex_6_6::{Diverged, MicroBatch, Settings, State, Step};
use ndarray::{Array2, Axis, NdFloat};

fn counted(y: &Array2<usize>, ignore: Option<usize>) -> usize {
    y.iter().filter(|target| Some(**target) != ignore).count()
}

/// The loss and the gradients of a micro-batch on its own.
fn alone<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    batch: &MicroBatch,
    ignore: Option<usize>,
) -> (F, Model<F>) {
    let mut gradients = zeros(config);
    let total = counted(&batch.y, ignore);
    let loss = ex_6_6::add_micro_batch(model, config, batch, ignore, total, &mut gradients);
    (loss, gradients)
}

/// The sum of losses and gradients of micro-batches, each of them by its weight.
fn weighted<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    batches: &[MicroBatch],
    ignore: Option<usize>,
    weight: impl Fn(&MicroBatch) -> f64,
) -> (F, Model<F>) {
    let (mut sum, mut gradients) = (F::zero(), zeros(config));
    for batch in batches {
        let weight = F::from(weight(batch)).expect("a float is a number");
        let (loss, of_batch) = alone(model, config, batch, ignore);
        sum += weight * loss;
        for ((_, mut sum), (_, it)) in
            tensors_mut(&mut gradients).into_iter().zip(tensors(&of_batch))
        {
            sum.scaled_add(weight, &it);
        }
    }
    (sum, gradients)
}

type Accumulate<F> = fn(&Model<F>, &Config, &[MicroBatch], Option<usize>) -> (F, Model<F>);
type Update<F> = fn(&mut State<F>, &mut Model<F>, &Settings) -> Result<(f64, f64), Diverged>;

/// `train` with other parts.
fn train_with<F: NdFloat>(
    state: &mut State<F>,
    (config, data): (&Config, &[u8]),
    settings: &Settings,
    steps: usize,
    (accumulate, update): (Accumulate<F>, Update<F>),
) -> Result<Vec<Step>, Diverged> {
    let mut log = Vec::new();
    for _ in 0..steps {
        let Settings { batch, micro, time, seed, ignore, .. } = *settings;
        let (x, y, next) = next_batch(data, batch, time, seed, state.position);
        let parts = x.axis_chunks_iter(Axis(0), micro).zip(y.axis_chunks_iter(Axis(0), micro));
        let batches: Vec<_> =
            parts.map(|(x, y)| MicroBatch { x: x.to_owned(), y: y.to_owned() }).collect();
        let (loss, mut gradients) = accumulate(&state.model, config, &batches, ignore);
        let (grad_norm, rate) = update(state, &mut gradients, settings)?;
        state.position = next;
        let loss = loss.to_f64().unwrap_or(f64::NAN);
        log.push(Step { loss, grad_norm, rate, tokens: counted(&y, ignore) });
    }
    Ok(log)
}

/// `train` of a variant, from its own `accumulate` and `update`.
macro_rules! train {
    () => {
        pub fn train<F: ndarray::NdFloat>(
            state: &mut State<F>,
            config: &ex_6_4::Config,
            data: &[u8],
            settings: &Settings,
            steps: usize,
        ) -> Result<Vec<Step>, Diverged> {
            super::train_with(state, (config, data), settings, steps, (accumulate, update))
        }
    };
}

/// `accumulate` of a variant, with a weight for each micro-batch.
macro_rules! accumulate {
    (|$batches:ident, $batch:ident, $ignore:ident| $weight:expr) => {
        pub fn accumulate<F: ndarray::NdFloat>(
            model: &ex_6_4::Model<F>,
            config: &ex_6_4::Config,
            $batches: &[MicroBatch],
            $ignore: Option<usize>,
        ) -> (F, ex_6_4::Model<F>) {
            super::weighted(model, config, $batches, $ignore, |$batch| $weight)
        }
        train!();
    };
}

/// Your `accumulate` gives every micro-batch the same part: the mean of the means. Where micro-batches have different
/// numbers of targets that count, the targets of the small ones weigh more than those of the others. What is the mean
/// over all targets?
pub mod mean_of_means {
    pub use ex_6_6::*;

    accumulate!(|batches, _batch, _ignore| 1.0 / batches.len() as f64);
}

/// Your `accumulate` weighs each micro-batch by its windows, and not by the targets that count in them.
pub mod weighed_by_windows {
    pub use ex_6_6::*;

    accumulate!(|batches, batch, _ignore| {
        batch.y.len() as f64 / batches.iter().map(|it| it.y.len()).sum::<usize>() as f64
    });
}

/// Your `accumulate` adds the means of all micro-batches up, and divides by nothing. With twice as many micro-batches
/// the loss of the same batch would be twice as large.
pub mod never_divided {
    pub use ex_6_6::*;

    accumulate!(|_batches, _batch, _ignore| 1.0);
}

/// Your `accumulate` has the gradients of the last micro-batch alone. Where are they set to zero: before each
/// micro-batch, or before the first?
pub mod cleared_between_micro_batches {
    use ex_6_4::{Config, Model, zeros};
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn accumulate<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        batches: &[MicroBatch],
        ignore: Option<usize>,
    ) -> (F, Model<F>) {
        let total = batches.iter().map(|it| super::counted(&it.y, ignore)).sum();
        let (mut loss, mut gradients) = (F::zero(), zeros(config));
        for batch in batches {
            gradients = zeros(config);
            loss += add_micro_batch(model, config, batch, ignore, total, &mut gradients);
        }
        (loss, gradients)
    }
    train!();
}

/// Your `accumulate` clips each micro-batch on its own: the sum of clipped gradients is another vector than the clipped
/// sum. When is the gradient of the step complete?
pub mod clipped_per_micro_batch {
    use ex_6_4::{tensors, tensors_mut, zeros};
    pub use ex_6_6::*;
    use ndarray::{Axis, NdFloat};

    pub fn train<F: NdFloat>(
        state: &mut State<F>,
        config: &ex_6_4::Config,
        data: &[u8],
        settings: &Settings,
        steps: usize,
    ) -> Result<Vec<Step>, Diverged> {
        let mut log = Vec::new();
        for _ in 0..steps {
            let Settings { batch, micro, time, seed, ignore, max_norm, .. } = *settings;
            let (x, y, next) = ex_5_3::next_batch(data, batch, time, seed, state.position);
            let total = super::counted(&y, ignore);
            let (mut loss, mut gradients) = (F::zero(), zeros::<F>(config));
            let parts = x.axis_chunks_iter(Axis(0), micro).zip(y.axis_chunks_iter(Axis(0), micro));
            for (x, y) in parts {
                let part = MicroBatch { x: x.to_owned(), y: y.to_owned() };
                let mut of_part = zeros(config);
                loss += add_micro_batch(&state.model, config, &part, ignore, total, &mut of_part);
                let views = tensors_mut(&mut of_part).into_iter().map(|(_, it)| it).collect();
                ex_4_2::clip_global_norm(views, max_norm);
                for ((_, mut sum), (_, it)) in
                    tensors_mut(&mut gradients).into_iter().zip(tensors(&of_part))
                {
                    sum += &it;
                }
            }
            let (grad_norm, rate) = update(state, &mut gradients, settings)?;
            state.position = next;
            let loss = loss.to_f64().unwrap_or(f64::NAN);
            log.push(Step { loss, grad_norm, rate, tokens: total });
        }
        Ok(log)
    }
}

/// An `update` in parts that a variant exchanges.
struct Parts {
    decays: fn(&str, &[usize]) -> bool,
    /// Which step the learning rate is of, from the number of steps made.
    step: fn(usize) -> usize,
    /// Whether gradients are clipped.
    clips: bool,
    /// Whether gradients that are not finite are found.
    looks: bool,
}

const RIGHT: Parts =
    Parts { decays: |_, shape| shape.len() > 1, step: |made| made + 1, clips: true, looks: true };

impl Parts {
    fn update<F: NdFloat>(
        &self,
        state: &mut State<F>,
        gradients: &mut Model<F>,
        settings: &Settings,
    ) -> Result<(f64, f64), Diverged> {
        let is_broken = |it: &ndarray::ArrayViewD<F>| it.iter().any(|g| !g.is_finite());
        let broken = tensors(gradients).into_iter().rev().find(|(_, it)| is_broken(it));
        if let Some((tensor, _)) = broken.filter(|_| self.looks) {
            return Err(Diverged { step: state.moments.steps + 1, tensor });
        }
        let views = tensors_mut(gradients).into_iter().map(|(_, it)| it).collect();
        let norm = clip_global_norm(views, if self.clips { settings.max_norm } else { f64::MAX });
        let &Settings { rate, min_rate, warmup, total, .. } = settings;
        let step = (self.step)(state.moments.steps);
        let rate = warmup_cosine(step, rate, min_rate, warmup, total);
        let keep = F::from(1.0 - rate * settings.adamw.decay).expect("a float is a number");
        for (name, mut array) in tensors_mut(&mut state.model) {
            if (self.decays)(&name, array.shape()) {
                array *= keep;
            }
        }
        let weights = tensors_mut(&mut state.model).into_iter().map(|(_, it)| it).collect();
        let gradients: Vec<_> = tensors(gradients).into_iter().map(|(_, it)| it).collect();
        let without = AdamW { decay: 0.0, ..settings.adamw.clone() };
        adamw_step(weights, &gradients, &mut state.moments, &without, rate);
        Ok((norm, rate))
    }
}

/// `update` and `train` of a variant.
macro_rules! update {
    ($($field:ident: $value:expr),*) => {
        pub fn update<F: ndarray::NdFloat>(
            state: &mut State<F>,
            gradients: &mut ex_6_4::Model<F>,
            settings: &Settings,
        ) -> Result<(f64, f64), Diverged> {
            super::Parts { $($field: $value,)* ..super::RIGHT }.update(state, gradients, settings)
        }
        train!();
    };
}

/// In your `update` everything decays, gains and biases too. A gain is 1 for a reason: decay pulls it to 0, and with it
/// all that runs through the norm. Which arrays are matrices?
pub mod everything_decays {
    pub use ex_6_6::*;

    pub fn decays(_: &[usize]) -> bool {
        true
    }
    update!(decays: |_, _| true);
}

/// Your learning rate is one step late: the first step has the rate of step 0, which is none at all. How many steps will
/// have been made behind this one?
pub mod schedule_one_late {
    pub use ex_6_6::*;

    update!(step: |made| made);
}

/// Your `update` clips nothing: it gives the norm, and the gradients stay as long as they are.
pub mod never_clipped {
    pub use ex_6_6::*;

    update!(clips: false);
}

/// Your `update` makes a step with gradients that are not finite. One NaN in a weight is NaN in everything one step later,
/// and what was learned is lost.
pub mod steps_with_nan {
    pub use ex_6_6::*;

    update!(looks: false);
}

/// Your learning rate starts from the beginning when a training goes on: it counts the steps of this call of `train`, and
/// the warm-up comes again. Which count is saved with the state?
pub mod schedule_restarts {
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn train<F: NdFloat>(
        state: &mut State<F>,
        config: &ex_6_4::Config,
        data: &[u8],
        settings: &Settings,
        steps: usize,
    ) -> Result<Vec<Step>, Diverged> {
        let mut log = Vec::new();
        for step in 1..=steps {
            let &Settings { rate, min_rate, warmup, total, .. } = settings;
            let rate = ex_4_2::warmup_cosine(step, rate, min_rate, warmup, total);
            let flat = Settings { rate, min_rate: rate, warmup: 0, total: 0, ..settings.clone() };
            log.extend(ex_6_6::train(state, config, data, &flat, 1)?);
        }
        Ok(log)
    }
}

/// Your `train` begins with the first window each time, whatever the position of the state says: what was seen before the
/// interruption is seen again.
pub mod data_restarts {
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn train<F: NdFloat>(
        state: &mut State<F>,
        config: &ex_6_4::Config,
        data: &[u8],
        settings: &Settings,
        steps: usize,
    ) -> Result<Vec<Step>, Diverged> {
        state.position = ex_5_3::Position { epoch: 0, window: 0 };
        ex_6_6::train(state, config, data, settings, steps)
    }
}

/// Your `evaluate` leaves out the targets behind the last full window. Each token of the file but the first is a target.
pub mod rest_not_evaluated {
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn evaluate<F: NdFloat>(
        model: &ex_6_4::Model<F>,
        config: &ex_6_4::Config,
        data: &[u8],
        batch: usize,
        time: usize,
    ) -> (f64, usize) {
        let (sum, targets) = ex_6_6::evaluate(model, config, data, batch, time);
        let whole = targets / time * time;
        match whole {
            0 => (sum * 0.0, 0),
            _ => ex_6_6::evaluate(model, config, &data[..2 * (whole + 1)], batch, time),
        }
    }
}

/// Your `evaluate` gives the mean, and a sum is asked for: sums of two files can be added, and means cannot.
pub mod mean_evaluated {
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn evaluate<F: NdFloat>(
        model: &ex_6_4::Model<F>,
        config: &ex_6_4::Config,
        data: &[u8],
        batch: usize,
        time: usize,
    ) -> (f64, usize) {
        let (sum, targets) = ex_6_6::evaluate(model, config, data, batch, time);
        (sum / targets as f64, targets)
    }
}

/// Your `to_safetensors` writes numbers in the order in which they lie in memory. An array that was transposed, or is in
/// column-major order, has its rows mixed up then. In which order does the format want them?
pub mod memory_order {
    use std::collections::BTreeMap;

    pub use ex_6_6::*;
    use ndarray::ArrayViewD;

    pub fn to_safetensors(
        tensors: &[(String, ArrayViewD<'_, f32>)],
        metadata: &BTreeMap<String, String>,
    ) -> Vec<u8> {
        let in_memory = |array: &ArrayViewD<'_, f32>| match array.as_slice_memory_order() {
            Some(numbers) => ndarray::ArrayD::from_shape_vec(array.raw_dim(), numbers.to_vec())
                .unwrap_or_else(|_| array.to_owned()),
            None => array.to_owned(),
        };
        let arrays: Vec<_> =
            tensors.iter().map(|(name, it)| (name.clone(), in_memory(it))).collect();
        let views: Vec<_> = arrays.iter().map(|(name, it)| (name.clone(), it.view())).collect();
        ex_6_6::to_safetensors(&views, metadata)
    }
}

/// Your offsets count from the beginning of the file. They count from the first byte behind the header: a header that
/// grows by a text then moves no array.
pub mod offsets_from_the_file {
    use std::collections::BTreeMap;

    pub use ex_6_6::*;
    use ndarray::ArrayViewD;

    pub fn to_safetensors(
        tensors: &[(String, ArrayViewD<'_, f32>)],
        metadata: &BTreeMap<String, String>,
    ) -> Vec<u8> {
        super::moved_offsets(ex_6_6::to_safetensors(tensors, metadata))
    }
}

/// The same file with offsets that count the header as well.
fn moved_offsets(file: Vec<u8>) -> Vec<u8> {
    const KEY: &str = "\"data_offsets\":[";
    let (length, rest) = file.split_at(8);
    let count = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
    let (header, data) = rest.split_at(count);
    let text = String::from_utf8_lossy(header);
    let mut parts = text.trim_end().split(KEY);
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (offsets, behind) = part.split_once(']').unwrap_or((part, ""));
        let places: Vec<_> = offsets
            .split(',')
            .filter_map(|it| it.parse::<usize>().ok())
            .map(|it| (it + 8 + count).to_string())
            .collect();
        moved += &format!("{KEY}{}]{behind}", places.join(","));
    }
    let mut header = moved.into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    [&(header.len() as u64).to_le_bytes()[..], &header, data].concat()
}

/// Your checkpoint has no moments, or `restore` leaves them at 0: the first step behind it is longer than the others,
/// and the loss jumps. What does AdamW keep?
pub mod moments_not_saved {
    use ex_6_4::Config;
    pub use ex_6_6::*;

    pub fn restore(bytes: &[u8], config: &Config) -> Result<State<f32>, Refusal> {
        let State { model, moments, position } = ex_6_6::restore(bytes, config)?;
        let mut fresh = start(model);
        fresh.moments.steps = moments.steps;
        Ok(State { position, ..fresh })
    }
}

/// Your checkpoint forgets how many steps were made. The correction of the moments and the warm-up begin again.
pub mod steps_not_saved {
    use ex_6_4::Config;
    pub use ex_6_6::*;

    pub fn restore(bytes: &[u8], config: &Config) -> Result<State<f32>, Refusal> {
        let mut state = ex_6_6::restore(bytes, config)?;
        state.moments.steps = 0;
        Ok(state)
    }
}

/// Your checkpoint forgets where in the data the training was.
pub mod position_not_saved {
    use ex_6_4::Config;
    pub use ex_6_6::*;

    pub fn restore(bytes: &[u8], config: &Config) -> Result<State<f32>, Refusal> {
        let state = ex_6_6::restore(bytes, config)?;
        Ok(State { position: ex_5_3::Position { epoch: 0, window: 0 }, ..state })
    }
}
