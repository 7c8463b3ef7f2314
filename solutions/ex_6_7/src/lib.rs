//! Lesson 6.7, solved: sampling and the KV cache.

use ex_5_4::{embed, head};
use ex_5_6::rope;
use ex_6_1::attention;
use ex_6_2::{Attention, Heads, linear, merge, split};
use ex_6_3::{Block, feed_forward, norm};
use ex_6_4::{Config, Model, Style};
use ndarray::{Array1, Array2, Array4, ArrayView3, Axis, NdFloat, s};

/// The place of the largest number, of several equal ones the first.
fn argmax<F: NdFloat>(of: &Array1<F>) -> usize {
    (0..of.len()).fold(0, |best, id| if of[id] > of[best] { id } else { best })
}

/// The probabilities (V) of the next token at temperature `tau`: softmax of `logits` (V) divided by τ. At 0 the largest
/// logit has all of it, of several equal ones that with the lowest id; at infinity all tokens are equally likely. A
/// logit of −∞ has the probability 0 at every temperature.
///
/// # Panics
/// When τ is negative or NaN, when a logit is NaN or +∞, or when none is finite.
pub fn temperature<F: NdFloat>(logits: &Array1<F>, tau: f64) -> Array1<F> {
    assert!(tau >= 0.0, "the temperature is {tau}, and has to be 0 or more");
    // NaN is not below infinity either.
    assert!(logits.iter().all(|z| *z < F::infinity()), "a logit is NaN or infinite");
    assert!(logits.iter().any(|z| z.is_finite()), "no logit is finite: no token can come next");
    let best = argmax(logits);
    if tau == 0.0 {
        return only(&Array1::ones(logits.len()), &[best]);
    }
    // In f32 a tiny τ becomes 0, and 0/0 is NaN.
    let tau = F::from(tau).expect("a temperature is a number").max(F::min_positive_value());
    let max = logits[best];
    let mut p = logits.mapv(|z| if z.is_finite() { ((z - max) / tau).exp() } else { F::zero() });
    p /= p.sum();
    p
}

/// `p` (V) with 0 everywhere but at the ids that are kept, divided by what they add up to.
fn only<F: NdFloat>(p: &Array1<F>, ids: &[usize]) -> Array1<F> {
    let mut left = Array1::zeros(p.len());
    for &id in ids {
        left[id] = p[id];
    }
    left /= left.sum();
    left
}

/// The ids from the most likely token to the least likely one, of equally likely ones the lower id first.
fn ranked<F: NdFloat>(p: &Array1<F>) -> Vec<usize> {
    let mut ids: Vec<_> = (0..p.len()).collect();
    // This sort is stable: what is equal stays in its order.
    ids.sort_by(|&a, &b| p[b].partial_cmp(&p[a]).expect("a probability is a number"));
    ids
}

/// The probabilities `p` (V) of the `k` most likely tokens, divided by their sum, and 0 for all others. Of equally
/// likely tokens those with the lower ids are kept.
///
/// # Panics
/// When `k` is 0.
pub fn top_k<F: NdFloat>(p: &Array1<F>, k: usize) -> Array1<F> {
    assert!(k > 0, "of no tokens none can be drawn: k has to be 1 or more");
    only(p, &ranked(p)[..k.min(p.len())])
}

/// The probabilities `p` (V) of the fewest most likely tokens whose probabilities add up to `mass` or more, divided by
/// their sum, and 0 for all others. The most likely token is always kept, and a mass of 1 keeps them all. Of equally
/// likely tokens those with the lower ids are kept.
///
/// # Panics
/// When the mass is not between 0 and 1.
pub fn top_p<F: NdFloat>(p: &Array1<F>, mass: f64) -> Array1<F> {
    assert!((0.0..=1.0).contains(&mass), "the mass is {mass}, and has to be between 0 and 1");
    let ids = ranked(p);
    if mass == 1.0 {
        // Rounding may reach 1 before the last token.
        return only(p, &ids);
    }
    let mass = F::from(mass).expect("a mass is a number");
    let mut before = F::zero();
    let is_kept = |&id: &usize| {
        let is_short = before < mass;
        before += p[id];
        is_short
    };
    let count = ids.iter().copied().take_while(is_kept).count().max(1);
    only(p, &ids[..count])
}

/// The token that `u`, a random number in [0, 1), picks: the first whose probability, together with those of all lower
/// ids, is more than `u`. Where rounding leaves none, it is the last token that has a probability.
///
/// # Panics
/// When `u` is not in [0, 1), or when all of `p` (V) is 0.
pub fn draw<F: NdFloat>(p: &Array1<F>, u: f64) -> usize {
    assert!((0.0..1.0).contains(&u), "the random number is {u}, and has to be in [0, 1)");
    let mut sum = 0.0;
    let reaches = |p: &F| {
        // In f32 a sum over a whole vocabulary loses digits.
        sum += p.to_f64().expect("a probability is a number");
        sum > u
    };
    let drawn = p.iter().position(reaches);
    let last = || p.iter().rposition(|p| *p > F::zero());
    drawn.or_else(last).expect("one token must have a probability")
}

/// How the next token is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// τ: 0 is the most likely token, 1 the model's own distribution.
    pub temperature: f64,
    /// How many tokens `top_k` leaves; `None` leaves them all.
    pub top_k: Option<usize>,
    /// Which mass `top_p` leaves; `None` leaves all of it.
    pub top_p: Option<f64>,
}

/// The probabilities (V) that a token is drawn with: `temperature` of `logits` (V), then `top_k`, then `top_p`.
///
/// # Panics
/// As the three.
pub fn probabilities<F: NdFloat>(logits: &Array1<F>, sampling: &Sampling) -> Array1<F> {
    let mut p = temperature(logits, sampling.temperature);
    if let Some(k) = sampling.top_k {
        p = top_k(&p, k);
    }
    if let Some(mass) = sampling.top_p {
        p = top_p(&p, mass);
    }
    p
}

/// What one block keeps of the tokens that it has seen.
#[derive(Debug, Clone, PartialEq)]
pub struct KvLayer<F: NdFloat> {
    /// Of each of the G heads with keys: the keys (length, d), turned by their positions.
    pub k: Vec<Array2<F>>,
    /// Of each of these heads: the values (length, d).
    pub v: Vec<Array2<F>>,
}

/// What a model keeps of the tokens that it has seen: of one sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct KvCache<F: NdFloat> {
    /// Of each block.
    pub layers: Vec<KvLayer<F>>,
    /// How many tokens there are. The next one has this position.
    pub length: usize,
}

/// A cache for a model of these sizes that has seen no token: L layers of G keys and G values (0, d).
pub fn empty_cache<F: NdFloat>(config: &Config) -> KvCache<F> {
    let none = || vec![Array2::zeros((0, config.width / config.heads)); config.kv_heads];
    let layers = (0..config.layers).map(|_| KvLayer { k: none(), v: none() }).collect();
    KvCache { layers, length: 0 }
}

/// Adds new rows (G, T, d) behind those of each head.
fn append<F: NdFloat>(kept: &mut [Array2<F>], new: ArrayView3<F>) {
    assert_eq!(kept.len(), new.dim().0, "the cache must have as many heads as the model");
    for (kept, new) in kept.iter_mut().zip(new.outer_iter()) {
        kept.append(Axis(0), new).expect("the heads of cache and model must have one width");
    }
}

/// Attention of the new tokens `x` (T, D), which stand at position `from` and behind it, over themselves and all that
/// is kept. Their keys and values join what is kept.
fn attend<F: NdFloat>(
    x: &Array2<F>,
    weights: &Attention<F>,
    heads: &Heads,
    kept: &mut KvLayer<F>,
    from: usize,
) -> Array2<F> {
    let positions: Vec<_> = (from..from + x.nrows()).collect();
    let turned = |x: Array4<F>| match heads.rope {
        Some(base) => rope(&x, &positions, base),
        None => x,
    };
    let q = turned(split(&linear(x, &weights.q), 1, heads.heads));
    let k = turned(split(&linear(x, &weights.k), 1, heads.kv_heads));
    let v = split(&linear(x, &weights.v), 1, heads.kv_heads);
    append(&mut kept.k, k.index_axis(Axis(0), 0));
    append(&mut kept.v, v.index_axis(Axis(0), 0));
    let mut o = Array4::zeros(q.dim());
    for head in 0..heads.heads {
        let q = q.slice(s![0, head, .., ..]).to_owned();
        let group = head * heads.kv_heads / heads.heads;
        // The queries are the last tokens: that is the mask of lesson 6.1.
        let (of_head, _) = attention(&q, &kept.k[group], &kept.v[group], true);
        o.slice_mut(s![0, head, .., ..]).assign(&of_head);
    }
    linear(&merge(&o), &weights.o)
}

/// One block of the new tokens `x` (T, D).
fn through<F: NdFloat>(
    x: &Array2<F>,
    weights: &Block<F>,
    config: &Config,
    kept: &mut KvLayer<F>,
    from: usize,
) -> Array2<F> {
    let rope = (config.style == Style::Llama).then_some(config.rope_base);
    let heads = Heads { heads: config.heads, kv_heads: config.kv_heads, rope };
    let (normed, _) = norm(x, &weights.norm1, config.epsilon);
    let u = attend(&normed, &weights.attention, &heads, kept, from) + x;
    let (normed, _) = norm(&u, &weights.norm2, config.epsilon);
    let (thought, _) = feed_forward(&normed, &weights.feed_forward);
    thought + u
}

/// The logits (V) of what comes behind the last of the new tokens `ids`, which follow those in the cache. Keys and
/// values of the new tokens join the cache.
///
/// # Panics
/// When there is no new token, when cache and new tokens are together longer than the context, when an id is not below
/// V, or when the cache does not fit the model.
pub fn prefill<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    ids: &[usize],
    cache: &mut KvCache<F>,
) -> Array1<F> {
    let (from, to) = (cache.length, cache.length + ids.len());
    assert!(!ids.is_empty(), "logits belong to a token, and there is none");
    assert!(
        to <= config.context,
        "{from} tokens and {} new ones are more than the context of {}",
        ids.len(),
        config.context
    );
    let layers = cache.layers.len();
    assert_eq!(layers, model.blocks.len(), "the cache must have a layer for each block");
    let ids = Array2::from_shape_fn((1, ids.len()), |(_, at)| ids[at]);
    let mut x = embed(&model.embedding, &ids).index_axis_move(Axis(0), 0);
    if let Some(positions) = &model.positions {
        x += &positions.slice(s![from..to, ..]);
    }
    for (weights, kept) in model.blocks.iter().zip(&mut cache.layers) {
        x = through(&x, weights, config, kept, from);
    }
    cache.length = to;
    // What comes behind the other tokens is known: their logits are not asked for.
    let last = x.slice(s![-1.., ..]).to_owned();
    let (normed, _) = norm(&last, &model.norm, config.epsilon);
    let table = model.head.as_ref().unwrap_or(&model.embedding);
    head(&normed, table).index_axis_move(Axis(0), 0)
}

/// The logits (V) of what comes behind the new token `id`, which follows those in the cache. Its keys and values join
/// the cache.
///
/// # Panics
/// As `prefill`.
pub fn step<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    id: usize,
    cache: &mut KvCache<F>,
) -> Array1<F> {
    prefill(model, config, &[id], cache)
}

/// The tokens that follow the `prompt`: one for each of the random numbers `uniforms` in [0, 1), which `draw` gets.
/// Each of them is drawn behind all tokens before it.
///
/// # Panics
/// When the prompt is empty, when prompt and new tokens but the last are together longer than the context, and as
/// `prefill`, `probabilities` and `draw`.
pub fn generate<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    prompt: &[usize],
    uniforms: &[f64],
    sampling: &Sampling,
) -> Vec<usize> {
    let (given, new) = (prompt.len(), uniforms.len());
    assert!(given > 0, "the prompt is empty: begin with a token, as that for the end of a text");
    // What comes behind the last new token is not asked for.
    assert!(
        given + new <= config.context + 1,
        "a prompt of {given} tokens and {new} new ones need a context of {}, and it is {}",
        given + new - 1,
        config.context
    );
    let mut cache = empty_cache(config);
    let mut ids = Vec::with_capacity(new);
    for &u in uniforms {
        let logits = match ids.last() {
            None => prefill(model, config, prompt, &mut cache),
            Some(&id) => step(model, config, id, &mut cache),
        };
        ids.push(draw(&probabilities(&logits, sampling), u));
    }
    ids
}

/// The bytes of a cache of `layers` layers that holds `time` tokens: keys and values of `kv_heads` heads with `d`
/// numbers each, of `size` bytes a number.
pub fn cache_bytes(layers: usize, kv_heads: usize, d: usize, time: usize, size: usize) -> usize {
    2 * layers * kv_heads * d * time * size
}
