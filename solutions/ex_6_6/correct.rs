//! Correct variants of lesson 6.6, in other styles.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// The gradients of each micro-batch apart, and a weighted sum of them.
pub mod weighted_sum {
    use ex_6_4::{Config, Model, tensors, tensors_mut, zeros};
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn accumulate<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        batches: &[MicroBatch],
        ignore: Option<usize>,
    ) -> (F, Model<F>) {
        let count = |batch: &MicroBatch| batch.y.iter().filter(|it| Some(**it) != ignore).count();
        let total: usize = batches.iter().map(count).sum();
        let (mut loss, mut sum) = (F::zero(), zeros(config));
        for batch in batches.iter().filter(|it| count(it) > 0) {
            let own = count(batch);
            let mut gradients = zeros(config);
            let of_batch = add_micro_batch(model, config, batch, ignore, own, &mut gradients);
            let weight = F::from(own as f64 / total as f64).expect("a float is a number");
            loss += weight * of_batch;
            for ((_, mut sum), (_, it)) in
                tensors_mut(&mut sum).into_iter().zip(tensors(&gradients))
            {
                sum.scaled_add(weight, &it);
            }
        }
        (loss, sum)
    }
}

/// Two calls of AdamW: one for what decays, one for what does not.
pub mod two_groups {
    use ex_4_2::{AdamW, Moments, adamw_step, clip_global_norm, warmup_cosine};
    use ex_6_4::{Model, tensors, tensors_mut};
    pub use ex_6_6::*;
    use ndarray::NdFloat;

    pub fn update<F: NdFloat>(
        state: &mut State<F>,
        gradients: &mut Model<F>,
        settings: &Settings,
    ) -> Result<(f64, f64), Diverged> {
        let step = state.moments.steps + 1;
        let mut broken = None;
        for (name, gradient) in tensors(gradients) {
            if gradient.iter().any(|it| !it.is_finite()) {
                broken = Some(name);
            }
        }
        if let Some(tensor) = broken {
            return Err(Diverged { step, tensor });
        }
        let views = tensors_mut(gradients).into_iter().map(|(_, it)| it).collect();
        let norm = clip_global_norm(views, settings.max_norm);
        let &Settings { rate, min_rate, warmup, total, .. } = settings;
        let rate = warmup_cosine(step, rate, min_rate, warmup, total);
        for group in [true, false] {
            let is_in = |shape: &[usize]| decays(shape) == group;
            let places: Vec<_> = tensors(&state.model)
                .iter()
                .enumerate()
                .filter(|(_, (_, it))| is_in(it.shape()))
                .map(|(at, _)| at)
                .collect();
            let take =
                |all: &[ndarray::ArrayD<F>]| places.iter().map(|at| all[*at].clone()).collect();
            let mut moments =
                Moments { steps: step - 1, m: take(&state.moments.m), s: take(&state.moments.s) };
            let weights = tensors_mut(&mut state.model).into_iter().map(|(_, it)| it);
            let weights = weights.filter(|it| is_in(it.shape())).collect();
            let own: Vec<_> = tensors(gradients)
                .into_iter()
                .map(|(_, it)| it)
                .filter(|it| is_in(it.shape()))
                .collect();
            let decay = if group { settings.adamw.decay } else { 0.0 };
            let adamw = AdamW { decay, ..settings.adamw.clone() };
            adamw_step(weights, &own, &mut moments, &adamw, rate);
            for ((at, m), s) in places.iter().zip(moments.m).zip(moments.s) {
                (state.moments.m[*at], state.moments.s[*at]) = (m, s);
            }
        }
        state.moments.steps = step;
        Ok((norm, rate))
    }
}

/// A batch for each micro-batch, and one window after the other.
pub mod window_by_window {
    use ex_5_3::{next_batch, read_tokens};
    use ex_6_4::{Config, Model, forward};
    pub use ex_6_6::*;
    use ndarray::{Array2, NdFloat};

    pub fn train<F: NdFloat>(
        state: &mut State<F>,
        config: &Config,
        data: &[u8],
        settings: &Settings,
        steps: usize,
    ) -> Result<Vec<Step>, Diverged> {
        let mut log = Vec::with_capacity(steps);
        for _ in 0..steps {
            let (mut next, mut left) = (state.position, settings.batch);
            let mut batches = Vec::new();
            while left > 0 {
                let size = left.min(settings.micro);
                let (x, y, after) = next_batch(data, size, settings.time, settings.seed, next);
                batches.push(MicroBatch { x, y });
                (next, left) = (after, left - size);
            }
            let (loss, mut gradients) = accumulate(&state.model, config, &batches, settings.ignore);
            let (grad_norm, rate) = update(state, &mut gradients, settings)?;
            state.position = next;
            let counts = |it: &&usize| Some(**it) != settings.ignore;
            let tokens = batches.iter().map(|it| it.y.iter().filter(counts).count()).sum();
            log.push(Step { loss: loss.to_f64().unwrap_or(f64::NAN), grad_norm, rate, tokens });
        }
        Ok(log)
    }

    pub fn evaluate<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        data: &[u8],
        batch: usize,
        time: usize,
    ) -> (f64, usize) {
        assert!(batch > 0 && time > 0 && data.len().is_multiple_of(2) && data.len() > 2);
        let tokens = read_tokens(data, 0, data.len() / 2);
        let ids: Vec<_> = tokens.iter().map(|it| usize::from(*it)).collect();
        let targets = ids.len() - 1;
        let mut sum = 0.0;
        for start in (0..targets).step_by(time) {
            let end = targets.min(start + time);
            let x = Array2::from_shape_vec((1, end - start), ids[start..end].to_vec());
            let (z, _) = forward(model, config, &x.expect("one row"));
            for (row, target) in z.rows().into_iter().zip(&ids[start + 1..=end]) {
                let row = row.mapv(|it| it.to_f64().unwrap_or(f64::NAN));
                let max = row.fold(f64::NEG_INFINITY, |max, it| max.max(*it));
                sum += max + row.mapv(|it| (it - max).exp()).sum().ln() - row[*target];
            }
        }
        (sum, targets)
    }
}
