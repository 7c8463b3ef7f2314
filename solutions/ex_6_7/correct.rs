//! Correct variants of lesson 6.7. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Cut by a threshold on ranks, and a draw that takes away instead of adding up; in plain loops.
pub mod by_ranks {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    /// How many tokens come before each one.
    fn ranks<F: NdFloat>(p: &Array1<F>) -> Vec<usize> {
        let is_before = |a: usize, b: usize| p[a] > p[b] || (p[a] == p[b] && a < b);
        (0..p.len()).map(|id| (0..p.len()).filter(|&it| is_before(it, id)).count()).collect()
    }

    fn first<F: NdFloat>(p: &Array1<F>, count: usize) -> Array1<F> {
        let ranks = ranks(p);
        let mut left = p.clone();
        let mut sum = F::zero();
        for id in 0..p.len() {
            if ranks[id] < count {
                sum += p[id];
            } else {
                left[id] = F::zero();
            }
        }
        left.mapv_into(|p| p / sum)
    }

    pub fn top_k<F: NdFloat>(p: &Array1<F>, k: usize) -> Array1<F> {
        assert!(k >= 1);
        first(p, k)
    }

    pub fn top_p<F: NdFloat>(p: &Array1<F>, mass: f64) -> Array1<F> {
        assert!((0.0..=1.0).contains(&mass));
        let ranks = ranks(p);
        // A mass of 1 keeps every token, whatever the sum is rounded to.
        let mut count = if mass == 1.0 { p.len() } else { 1 };
        for rank in 1..p.len() {
            let before = (0..p.len()).filter(|&id| ranks[id] < rank);
            let before = before.fold(F::zero(), |sum, id| sum + p[id]);
            if before < F::from(mass).unwrap() {
                count = count.max(rank + 1);
            }
        }
        first(p, count)
    }

    pub fn draw<F: NdFloat>(p: &Array1<F>, u: f64) -> usize {
        assert!((0.0..1.0).contains(&u));
        let mut left = u;
        let mut last = None;
        for (id, p) in p.iter().enumerate() {
            let p = p.to_f64().unwrap();
            if p > 0.0 {
                last = Some(id);
            }
            if left < p {
                return id;
            }
            left -= p;
        }
        last.unwrap()
    }
}

/// In double precision, whatever the logits are in.
pub mod in_double {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    pub fn temperature<F: NdFloat>(logits: &Array1<F>, tau: f64) -> Array1<F> {
        assert!(tau >= 0.0);
        let z: Vec<f64> = logits.iter().map(|z| z.to_f64().unwrap()).collect();
        let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!(max.is_finite() && z.iter().all(|z| !z.is_nan()));
        let first = z.iter().position(|z| *z == max).unwrap();
        let weight = |(id, z): (usize, &f64)| match tau {
            0.0 => f64::from(u8::from(id == first)),
            _ if *z == f64::NEG_INFINITY => 0.0,
            _ => ((z - max) / tau).exp(),
        };
        let p: Vec<f64> = z.iter().enumerate().map(weight).collect();
        let sum: f64 = p.iter().sum();
        p.into_iter().map(|p| F::from(p / sum).unwrap()).collect()
    }
}

/// A prompt is read token by token, and each block's keys are joined anew.
pub mod one_by_one {
    use ex_5_4::{embed, head};
    use ex_5_6::rope;
    use ex_6_2::{linear, merge, split};
    use ex_6_3::{feed_forward, norm};
    use ex_6_4::{Config, Model, Style};
    pub use ex_6_7::*;
    use ndarray::{Array1, Array2, Array4, Axis, NdFloat, array, concatenate, s};

    pub fn prefill<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        ids: &[usize],
        cache: &mut KvCache<F>,
    ) -> Array1<F> {
        assert!(!ids.is_empty());
        let mut logits = Array1::zeros(0);
        for &id in ids {
            logits = step(model, config, id, cache);
        }
        logits
    }

    pub fn step<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        id: usize,
        cache: &mut KvCache<F>,
    ) -> Array1<F> {
        assert!(cache.length < config.context && cache.layers.len() == config.layers);
        let mut x = embed(&model.embedding, &array![[id]]).index_axis_move(Axis(0), 0);
        if let Some(positions) = &model.positions {
            x = x + positions.row(cache.length);
        }
        for (weights, kept) in model.blocks.iter().zip(&mut cache.layers) {
            let h = norm(&x, &weights.norm1, config.epsilon).0;
            let turn = |x: Array4<F>| match config.style {
                Style::Llama => rope(&x, &[cache.length], config.rope_base),
                Style::Gpt2 => x,
            };
            let q = turn(split(&linear(&h, &weights.attention.q), 1, config.heads));
            let k = turn(split(&linear(&h, &weights.attention.k), 1, config.kv_heads));
            let v = split(&linear(&h, &weights.attention.v), 1, config.kv_heads);
            for group in 0..config.kv_heads {
                for (kept, new) in [(&mut kept.k[group], &k), (&mut kept.v[group], &v)] {
                    let new = new.slice(s![0, group, .., ..]);
                    *kept = concatenate(Axis(0), &[kept.view(), new]).unwrap();
                }
            }
            let mut o = Array4::zeros(q.dim());
            for head in 0..config.heads {
                let group = head / (config.heads / config.kv_heads);
                let query = q.slice(s![0, head, 0, ..]);
                // One query sees all keys.
                let mut a: Array1<F> = kept.k[group].dot(&query);
                a /= F::from(query.len()).unwrap().sqrt();
                let max = a.fold(F::neg_infinity(), |max, &it| max.max(it));
                a.mapv_inplace(|it| (it - max).exp());
                a /= a.sum();
                o.slice_mut(s![0, head, 0, ..]).assign(&a.dot(&kept.v[group]));
            }
            let u: Array2<F> = x + linear(&merge(&o), &weights.attention.o);
            let h = norm(&u, &weights.norm2, config.epsilon).0;
            x = feed_forward(&h, &weights.feed_forward).0 + u;
        }
        cache.length += 1;
        let x = norm(&x, &model.norm, config.epsilon).0;
        let table = model.head.as_ref().unwrap_or(&model.embedding);
        head(&x, table).row(0).to_owned()
    }

    pub fn generate<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        prompt: &[usize],
        uniforms: &[f64],
        sampling: &Sampling,
    ) -> Vec<usize> {
        assert!(!prompt.is_empty() && prompt.len() + uniforms.len() <= config.context + 1);
        let mut cache = empty_cache(config);
        let mut ids = prompt.to_vec();
        let mut seen = 0;
        for &u in uniforms {
            let logits = prefill(model, config, &ids[seen..], &mut cache);
            seen = ids.len();
            ids.push(draw(&probabilities(&logits, sampling), u));
        }
        ids.split_off(prompt.len())
    }
}
