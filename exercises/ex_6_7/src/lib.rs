//! Lesson 6.7: sampling and the KV cache. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_5_4::{embed, head};
#[allow(unused_imports)]
use ex_5_6::rope;
#[allow(unused_imports)]
use ex_6_1::attention;
#[allow(unused_imports)]
use ex_6_2::{Attention, Heads, linear, merge, split};
#[allow(unused_imports)]
use ex_6_3::{Block, feed_forward, norm};
#[allow(unused_imports)]
use ex_6_4::{Config, Model, Style};
#[allow(unused_imports)]
use ndarray::{Array1, Array2, Array4, Axis, NdFloat, s};

/// The probabilities (V) of the next token at temperature `tau`: softmax of `logits` (V) divided by τ. At 0 the largest
/// logit has all of it, of several equal ones that with the lowest id; at infinity all tokens are equally likely. A
/// logit of −∞ has the probability 0 at every temperature.
///
/// # Panics
/// When τ is negative or NaN, when a logit is NaN or +∞, or when none is finite.
#[allow(unused_variables)]
pub fn temperature<F: NdFloat>(logits: &Array1<F>, tau: f64) -> Array1<F> {
    todo!("what if τ is 0, or a logit −∞?")
}

/// The probabilities `p` (V) of the `k` most likely tokens, divided by their sum, and 0 for all others. Of equally
/// likely tokens those with the lower ids are kept.
///
/// # Panics
/// When `k` is 0.
#[allow(unused_variables)]
pub fn top_k<F: NdFloat>(p: &Array1<F>, k: usize) -> Array1<F> {
    todo!("which k are the largest, and what do the kept ones add up to?")
}

/// The probabilities `p` (V) of the fewest most likely tokens whose probabilities add up to `mass` or more, divided by
/// their sum, and 0 for all others. The most likely token is always kept, and a mass of 1 keeps them all. Of equally
/// likely tokens those with the lower ids are kept.
///
/// # Panics
/// When the mass is not between 0 and 1.
#[allow(unused_variables)]
pub fn top_p<F: NdFloat>(p: &Array1<F>, mass: f64) -> Array1<F> {
    todo!("how much is there before each token, from the most likely one on?")
}

/// The token that `u`, a random number in [0, 1), picks: the first whose probability, together with those of all lower
/// ids, is more than `u`. Where rounding leaves none, it is the last token that has a probability.
///
/// # Panics
/// When `u` is not in [0, 1), or when all of `p` (V) is 0.
#[allow(unused_variables)]
pub fn draw<F: NdFloat>(p: &Array1<F>, u: f64) -> usize {
    todo!("add up until it is more than u; what if it never is?")
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
#[allow(unused_variables)]
pub fn probabilities<F: NdFloat>(logits: &Array1<F>, sampling: &Sampling) -> Array1<F> {
    todo!("one after the other")
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
#[allow(unused_variables)]
pub fn empty_cache<F: NdFloat>(config: &Config) -> KvCache<F> {
    todo!("no rows yet, for each head of each layer")
}

/// The logits (V) of what comes behind the last of the new tokens `ids`, which follow those in the cache. Keys and
/// values of the new tokens join the cache.
///
/// # Panics
/// When there is no new token, when cache and new tokens are together longer than the context, when an id is not below
/// V, or when the cache does not fit the model.
#[allow(unused_variables)]
pub fn prefill<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    ids: &[usize],
    cache: &mut KvCache<F>,
) -> Array1<F> {
    todo!("a block reads the new rows alone; attention also reads what is kept")
}

/// The logits (V) of what comes behind the new token `id`, which follows those in the cache. Its keys and values join
/// the cache.
///
/// # Panics
/// As `prefill`.
#[allow(unused_variables)]
pub fn step<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    id: usize,
    cache: &mut KvCache<F>,
) -> Array1<F> {
    todo!("what is a prefill of one token?")
}

/// The tokens that follow the `prompt`: one for each of the random numbers `uniforms` in [0, 1), which `draw` gets.
/// Each of them is drawn behind all tokens before it.
///
/// # Panics
/// When the prompt is empty, when prompt and new tokens but the last are together longer than the context, and as
/// `prefill`, `probabilities` and `draw`.
#[allow(unused_variables)]
pub fn generate<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    prompt: &[usize],
    uniforms: &[f64],
    sampling: &Sampling,
) -> Vec<usize> {
    todo!("the prompt once, then one token at a time")
}

/// The bytes of a cache of `layers` layers that holds `time` tokens: keys and values of `kv_heads` heads with `d`
/// numbers each, of `size` bytes a number.
#[allow(unused_variables)]
pub fn cache_bytes(layers: usize, kv_heads: usize, d: usize, time: usize, size: usize) -> usize {
    todo!("keys and values of every token, head and layer")
}
