//! Wrong variants of lesson 6.7. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_5_4::{embed, head};
use ex_5_6::rope;
use ex_6_1::attention;
use ex_6_2::{Attention, linear, merge, split};
use ex_6_3::{feed_forward, norm};
use ex_6_4::{Config, Model, Style};
use ex_6_7::{KvCache, KvLayer};
use ndarray::{Array1, Array2, Array4, Axis, NdFloat, s};

/// A number in the precision that is asked for.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).unwrap()
}

fn softmax<F: NdFloat>(z: &Array1<F>) -> Array1<F> {
    let max = z.fold(F::neg_infinity(), |max, &z| max.max(z));
    let p = z.mapv(|z| (z - max).exp());
    let sum = p.sum();
    p / sum
}

/// The ids from the most likely one to the least likely one.
fn ranked<F: NdFloat>(p: &Array1<F>) -> Vec<usize> {
    let mut ids: Vec<_> = (0..p.len()).collect();
    let falling = |one: &usize, other: &usize| p[*other].partial_cmp(&p[*one]).unwrap();
    ids.sort_by(falling);
    ids
}

/// The ids that are kept, with what they had.
fn kept<F: NdFloat>(p: &Array1<F>, ids: &[usize]) -> Array1<F> {
    Array1::from_shape_fn(p.len(), |id| if ids.contains(&id) { p[id] } else { F::zero() })
}

fn divided<F: NdFloat>(p: Array1<F>) -> Array1<F> {
    let sum = p.sum();
    p / sum
}

/// A `temperature` with probabilities of its own.
macro_rules! temperature {
    (|$logits:ident, $tau:ident| $p:expr) => {
        pub fn temperature<F: NdFloat>($logits: &Array1<F>, tau: f64) -> Array1<F> {
            // What does not fit is refused as ever.
            ex_6_7::temperature($logits, tau);
            let $tau = super::number::<F>(tau);
            $p
        }
    };
}

/// You multiply the logits by τ. A temperature above 1 makes the text wilder: does it bring logits closer to each
/// other, or further apart?
pub mod temperature_multiplies {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    temperature!(|logits, tau| super::softmax(&(logits * tau)));
}

/// You divide probabilities by τ, and take the softmax of that. They lie between 0 and 1, so that softmax of them is
/// nearly flat. τ divides what goes into the exponential: the logits.
pub mod temperature_on_probabilities {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    temperature!(|logits, tau| super::softmax(&(super::softmax(logits) / tau)));
}

/// Your `top_k` keeps one token more than k.
pub mod top_k_one_too_many {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    pub fn top_k<F: NdFloat>(p: &Array1<F>, k: usize) -> Array1<F> {
        ex_6_7::top_k(p, k);
        ex_6_7::top_k(p, k.saturating_add(1))
    }
}

/// Your `top_k` keeps every token that is as likely as the last one that it keeps: with ties these are more than k. The
/// brief says which of them stay.
pub mod ties_all_kept {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    pub fn top_k<F: NdFloat>(p: &Array1<F>, k: usize) -> Array1<F> {
        ex_6_7::top_k(p, k);
        let last = p[super::ranked(p)[k.min(p.len()) - 1]];
        super::divided(p.mapv(|p| if p >= last { p } else { F::zero() }))
    }
}

/// What your `top_k` and `top_p` leave does not add up to 1. `draw` then gives all that is missing to its last token.
pub mod not_renormalised {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    fn undivided<F: NdFloat>(p: &Array1<F>, left: Array1<F>) -> Array1<F> {
        let ids: Vec<_> = (0..p.len()).filter(|&id| left[id] > F::zero()).collect();
        super::kept(p, &ids)
    }

    pub fn top_k<F: NdFloat>(p: &Array1<F>, k: usize) -> Array1<F> {
        undivided(p, ex_6_7::top_k(p, k))
    }

    pub fn top_p<F: NdFloat>(p: &Array1<F>, mass: f64) -> Array1<F> {
        undivided(p, ex_6_7::top_p(p, mass))
    }
}

/// Your `top_p` drops the token that reaches the mass: what it keeps has less than was asked for. Look at what there is
/// *before* a token: as long as that is less than the mass, the token is needed.
pub mod top_p_drops_crossing_token {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    pub fn top_p<F: NdFloat>(p: &Array1<F>, mass: f64) -> Array1<F> {
        ex_6_7::top_p(p, mass);
        let (ids, mut sum) = (super::ranked(p), F::zero());
        let fits = |&id: &usize| {
            sum += p[id];
            mass == 1.0 || sum <= super::number(mass)
        };
        let count = ids.iter().copied().take_while(fits).count().max(1);
        super::divided(super::kept(p, &ids[..count]))
    }
}

/// Your `draw` picks the first token whose sum is u *or* more. Then u = 0 picks token 0, also where its probability is
/// 0: with `top_p` that is a token which was cut away.
pub mod cdf_inclusive {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    pub fn draw<F: NdFloat>(p: &Array1<F>, u: f64) -> usize {
        let right = ex_6_7::draw(p, u);
        let mut sum = 0.0;
        let reaches = |p: &F| {
            sum += p.to_f64().unwrap();
            sum >= u
        };
        p.iter().position(reaches).unwrap_or(right)
    }
}

/// You cut before the temperature: `top_p` sees the probabilities at τ = 1, and not those that are drawn from. For
/// `top_k` the order does not matter, because τ keeps the order of the tokens.
pub mod filter_before_temperature {
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    pub fn probabilities<F: NdFloat>(logits: &Array1<F>, sampling: &Sampling) -> Array1<F> {
        ex_6_7::probabilities(logits, sampling);
        let cut = ex_6_7::probabilities(logits, &Sampling { temperature: 1.0, ..*sampling });
        ex_6_7::temperature(&cut.mapv(F::ln), sampling.temperature)
    }
}

/// What a wrong cache does otherwise.
#[derive(Clone, Copy, PartialEq)]
enum Twist {
    PositionsFromZero,
    PositionsByLayer,
    KeysBeforeTurns,
    TopLeft,
    Unmasked,
    SingleNotStored,
}

/// `prefill` with a twist.
fn decode<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    ids: &[usize],
    cache: &mut KvCache<F>,
    twist: Twist,
) -> Array1<F> {
    // What does not fit is refused as ever.
    assert!(!ids.is_empty() && cache.length + ids.len() <= config.context);
    assert!(cache.layers.len() == model.blocks.len());
    let (new, from) = (ids.len(), if twist == Twist::PositionsFromZero { 0 } else { cache.length });
    let ids = Array2::from_shape_fn((1, new), |(_, at)| ids[at]);
    let mut x = embed(&model.embedding, &ids).index_axis_move(Axis(0), 0);
    if let Some(positions) = &model.positions {
        x += &positions.slice(s![from..from + new, ..]);
    }
    for (layer, (weights, kept)) in model.blocks.iter().zip(&mut cache.layers).enumerate() {
        let is_late = twist == Twist::PositionsByLayer && layer > 0;
        let from = from + if is_late { new } else { 0 };
        let (normed, _) = norm(&x, &weights.norm1, config.epsilon);
        let u = attend(&normed, &weights.attention, config, kept, from, twist) + x;
        let (normed, _) = norm(&u, &weights.norm2, config.epsilon);
        x = feed_forward(&normed, &weights.feed_forward).0 + u;
    }
    cache.length += new;
    let (normed, _) = norm(&x, &model.norm, config.epsilon);
    let table = model.head.as_ref().unwrap_or(&model.embedding);
    head(&normed, table).row(new - 1).to_owned()
}

fn attend<F: NdFloat>(
    x: &Array2<F>,
    weights: &Attention<F>,
    config: &Config,
    kept: &mut KvLayer<F>,
    from: usize,
    twist: Twist,
) -> Array2<F> {
    let new = x.nrows();
    let positions: Vec<_> = (from..from + new).collect();
    let turned = |x: Array4<F>| match config.style {
        Style::Llama => rope(&x, &positions, config.rope_base),
        Style::Gpt2 => x,
    };
    let q = turned(split(&linear(x, &weights.q), 1, config.heads));
    let k = split(&linear(x, &weights.k), 1, config.kv_heads);
    let k = if twist == Twist::KeysBeforeTurns { k } else { turned(k) };
    let v = split(&linear(x, &weights.v), 1, config.kv_heads);
    let before = kept.clone();
    for (kept, new) in [(&mut kept.k, &k), (&mut kept.v, &v)] {
        for (kept, new) in kept.iter_mut().zip(new.index_axis(Axis(0), 0).outer_iter()) {
            kept.append(Axis(0), new).unwrap();
        }
    }
    let mut o = Array4::zeros(q.dim());
    for head in 0..config.heads {
        let group = head * config.kv_heads / config.heads;
        let q = q.slice(s![0, head, .., ..]).to_owned();
        let of_head = of_head(&q, &kept.k[group], &kept.v[group], twist);
        o.slice_mut(s![0, head, .., ..]).assign(&of_head);
    }
    if twist == Twist::SingleNotStored && new == 1 {
        *kept = before;
    }
    linear(&merge(&o), &weights.o)
}

fn of_head<F: NdFloat>(q: &Array2<F>, k: &Array2<F>, v: &Array2<F>, twist: Twist) -> Array2<F> {
    if twist != Twist::TopLeft {
        return attention(q, k, v, twist != Twist::Unmasked).0;
    }
    let mut o = Array2::zeros((q.nrows(), v.ncols()));
    for (t, mut row) in o.outer_iter_mut().enumerate() {
        let first = |of: &Array2<F>| of.slice(s![..=t, ..]).to_owned();
        let q = q.slice(s![t..=t, ..]).to_owned();
        row.assign(&attention(&q, &first(k), &first(v), false).0.row(0));
    }
    o
}

/// `generate`, from the logits behind the prompt on.
macro_rules! generating {
    (
        |$logits:ident, $model:ident, $config:ident, $cache:ident, $prompt:ident, $uniforms:ident, $sampling:ident|
        $ids:expr
    ) => {
        pub fn generate<F: NdFloat>(
            $model: &Model<F>,
            $config: &Config,
            $prompt: &[usize],
            $uniforms: &[f64],
            $sampling: &Sampling,
        ) -> Vec<usize> {
            ex_6_7::generate($model, $config, $prompt, $uniforms, $sampling);
            if $uniforms.is_empty() {
                return Vec::new();
            }
            let mut $cache = empty_cache($config);
            let $logits = prefill($model, $config, $prompt, &mut $cache);
            $ids
        }
    };
}

/// `prefill`, `step` and `generate` with a twist.
macro_rules! decoding {
    ($twist:ident) => {
        pub fn prefill<F: NdFloat>(
            model: &Model<F>,
            config: &Config,
            ids: &[usize],
            cache: &mut KvCache<F>,
        ) -> Array1<F> {
            super::decode(model, config, ids, cache, super::Twist::$twist)
        }

        generating!(|logits, model, config, cache, prompt, uniforms, sampling| {
            let mut ids = vec![draw(&probabilities(&logits, sampling), uniforms[0])];
            for &u in &uniforms[1..] {
                let logits = step(model, config, ids[ids.len() - 1], &mut cache);
                ids.push(draw(&probabilities(&logits, sampling), u));
            }
            ids
        });

        pub fn step<F: NdFloat>(
            model: &Model<F>,
            config: &Config,
            id: usize,
            cache: &mut KvCache<F>,
        ) -> Array1<F> {
            prefill(model, config, &[id], cache)
        }
    };
}

/// The positions of new tokens count from 0 in each of your calls: a single token always stands at position 0. How many
/// tokens are there before it?
pub mod position_zero_in_decode {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    decoding!(PositionsFromZero);
}

/// The first of your blocks moves the length on, and the others turn queries and keys as if the new tokens came later.
/// `length` changes once for each call, behind the last block.
pub mod position_advanced_in_layer_0 {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    decoding!(PositionsByLayer);
}

/// You keep the keys as they are before RoPE. A key has its position once and for all: turn it, then keep it. Kept
/// unturned, all keys of the cache would have to be turned again for each new token.
pub mod cache_before_rope {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    decoding!(KeysBeforeTurns);
}

/// Your mask begins at its top left corner: new token t sees the first t + 1 tokens of the cache. That is right while
/// the cache is empty. The new tokens are the last ones, and see all that came before.
pub mod mask_top_left_in_chunks {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    decoding!(TopLeft);
}

/// Several new tokens see each other without a mask. With one at a time nothing is wrong, and in a prompt of a model of
/// one block the last row is right as well. From the second block on, keys and values know the future.
pub mod prefill_unmasked {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    decoding!(Unmasked);
}

/// A single new token leaves no key and no value in your cache: the next one does not see it. Everything that is drawn
/// is forgotten.
pub mod single_token_not_kept {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::{Array1, NdFloat};

    decoding!(SingleNotStored);
}

/// Your `generate` hands the last token of the prompt to the model twice, once with the prompt and once alone. The
/// logits of `prefill` are those of what comes next already.
pub mod last_token_twice {
    use ex_6_4::{Config, Model};
    pub use ex_6_7::*;
    use ndarray::NdFloat;

    generating!(|_logits, model, config, cache, prompt, uniforms, sampling| {
        let mut ids = Vec::new();
        let mut last = prompt[prompt.len() - 1];
        for &u in uniforms {
            let logits = step(model, config, last, &mut cache);
            last = draw(&probabilities(&logits, sampling), u);
            ids.push(last);
        }
        ids
    });
}
