//! Checks of lesson 6.7: sampling and the KV cache.

#[allow(clippy::duplicate_mod, reason = "the checks of several lessons begin with it")]
#[path = "../ex_6_4/reference.rs"]
mod model;
#[allow(clippy::duplicate_mod, reason = "the checks of several lessons compare with it")]
#[path = "../ex_6_3/reference.rs"]
mod reference;

use engine::{
    checks::{
        Check,
        Kind::{Cost, Property, Value},
        Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, panics, same_shape,
    },
    wire::Wire,
};
use ndarray::{Array1, Array2, ArrayD, ArrayView1, Axis, ShapeBuilder, array, s};

use super::contract::{
    KvCache, KvCacheF32, KvLayer, Sampling, cache_bytes, draw, draw_f32, empty_cache,
    ex_6_2::{Attention, Linear},
    ex_6_3::{Block, FeedForward, Norm},
    ex_6_4::{Config, Model, ModelF32, Style},
    generate, prefill, prefill_f32, probabilities, step, step_f32, temperature, temperature_f32,
    top_k, top_k_f32, top_p, top_p_f32,
};
use model::empty;
use reference::{Shape, Weights, arrays, each_array, with_each};

pub const LESSON: Lesson =
    Lesson::new("Sampling and the KV cache", CHECKS).after(&["ex_5_6", "ex_6_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "temperature", "probabilities at a temperature", 1.0, temperatures),
    Check::hidden(
        Property,
        "extreme",
        "temperatures of 0 and infinity, logits of −∞",
        1.0,
        extreme,
    )
    .after(&["temperature"]),
    Check::hidden(Value, "top_k", "the most likely tokens, ties among them", 1.0, most_likely),
    Check::hidden(Value, "top_p", "the tokens that reach a mass", 1.0, nucleus),
    Check::hidden(Value, "draw", "the token that a random number picks", 1.0, draws),
    Check::hidden(Value, "probabilities", "temperature, top-k and top-p in a row", 1.0, in_a_row)
        .after(&["temperature", "top_k", "top_p"]),
    Check::hidden(Value, "prefill", "a prompt: its logits, and what the cache keeps", 2.0, prompts),
    Check::hidden(Value, "step", "tokens behind a cache that is handed in", 2.0, steps),
    Check::hidden(
        Property,
        "chunks",
        "a text in chunks, two texts in turns: as without a cache",
        2.0,
        chunks,
    )
    .after(&["prefill", "step"]),
    Check::hidden(Value, "generate", "a text that goes on", 2.0, texts).after(&[
        "draw",
        "probabilities",
        "chunks",
    ]),
    Check::hidden(Value, "bytes", "the bytes of a cache", 1.0, bytes),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(&[
        "temperature",
        "top_k",
        "top_p",
        "draw",
        "prefill",
        "step",
        "generate",
    ]),
    Check::hidden(Value, "single", "in single precision", 1.0, single)
        .after(&["extreme", "top_k", "top_p", "draw", "chunks"]),
    Check::hidden(Cost, "long", "a long text, every key computed once", 1.0, long_text)
        .after(&["generate"]),
];

/// The names of results, in messages.
const DISTRIBUTION: &str = "the distribution";
const LOGITS: &str = "the row of logits";

/// How many tokens there are to choose from.
const VOCABULARIES: [usize; 5] = [5, 1, 2, 40, 130];

/// Logits of several sizes, some of them equal, and a 0 among them.
fn some_logits(learner: &mut Learner) -> Vec<Array1<f64>> {
    let mut all = Vec::new();
    for vocabulary in VOCABULARIES {
        for scale in [1e-3, 2.0, 30.0, 1e3] {
            let mut logits = learner.array(vocabulary, -scale, scale);
            logits[vocabulary / 2] = logits[0];
            logits[vocabulary - 1] = 0.0;
            all.push(logits);
        }
    }
    all
}

/// Softmax of the logits over τ, each difference from the largest one divided by itself.
fn right_temperature(logits: &Array1<f64>, tau: f64) -> Array1<f64> {
    let max = logits.fold(f64::NEG_INFINITY, |max, z| max.max(*z));
    let weight = |z: &f64| if z.is_finite() { ((z - max) / tau).exp() } else { 0.0 };
    let weights: Vec<_> = logits.iter().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|it| it / sum).collect()
}

/// The least magnitude that errors are relative to: where exponentials end, they lose their digits.
const LEAST: f64 = 1e-285;

/// How many roundings an exponential is off by because of what goes into it; none where the temperature is 0.
fn exponents(logits: &Array1<f64>, tau: f64) -> f64 {
    let largest = logits.iter().filter(|z| z.is_finite()).fold(0.0, |max: f64, z| max.max(z.abs()));
    if tau == 0.0 { 0.0 } else { 8.0 * largest / tau }
}

/// What rounding is relative to: an exponential is as far off as what goes into it.
fn scale_of(logits: &Array1<f64>, tau: f64, p: &Array1<f64>) -> Array1<f64> {
    let digits = (p.len() as f64).sqrt() + exponents(logits, tau);
    p.mapv(|p| if p == 0.0 { LEAST } else { (p * digits).max(LEAST) })
}

fn temperatures(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for logits in some_logits(learner) {
        let taus = learner.decades(-2.0, 2.0, 2);
        cases.extend([taus[0], 1.0, taus[1]].map(|tau| (logits.clone(), tau)));
    }
    cases.push((array![0.0, 2e7, -1e7], 1e7));
    cases.push((array![0.0, 2e-20], 1e-20));
    type At = (Array1<f64>, f64);
    let ask = |learner: &mut Learner, (logits, tau): &At| {
        learner.call(temperature, (logits.clone(), *tau))
    };
    learner.ask_all(&cases, ask, |(logits, tau), got| {
        let want = right_temperature(logits, *tau);
        all_close(DISTRIBUTION, &got, &want, &scale_of(logits, *tau, &want))
    })
}

/// Compares probabilities that are known to the bit, or nearly.
fn known(what: &str, got: &Array1<f64>, want: &Array1<f64>) -> Outcome {
    let name = format!("{DISTRIBUTION} {what}");
    all_close(&name, got, want, want).map_err(|miss| {
        let is_nan = got.iter().any(|p| p.is_nan());
        let why = "is NaN. Which quotient is 0/0 or ∞/∞, and which difference ∞ − ∞?";
        if !is_nan {
            return miss;
        }
        miss.saying(format!("{name} {why}"))
    })
}

fn extreme(learner: &mut Learner) -> Outcome {
    let out = f64::NEG_INFINITY;
    let far = learner.uniform(1e3, 1e4);
    let cases = [
        (array![1.0, far, -far, far], 0.0, array![0.0, 1.0, 0.0, 0.0]),
        (array![-2.0, -1.0, -3.0], 0.0, array![0.0, 1.0, 0.0]),
        (array![0.0, 0.0], 0.0, array![1.0, 0.0]),
        // The same number in single precision.
        (array![1.0, 1.0 + 1e-12], 0.0, array![0.0, 1.0]),
        (array![out, -far, out], 0.0, array![0.0, 1.0, 0.0]),
        (array![1.0, far, -far, far], f64::INFINITY, array![0.25, 0.25, 0.25, 0.25]),
        (array![out, far, -far], f64::INFINITY, array![0.0, 0.5, 0.5]),
        (array![out, far, far], 0.7, array![0.0, 0.5, 0.5]),
        (array![1.0, far, -far, far], 1e-310, array![0.0, 0.5, 0.0, 0.5]),
        (array![-far, 1.0 - far], 1e-12, array![0.0, 1.0]),
        (array![far, -far], 1e300, array![0.5, 0.5]),
    ];
    for (logits, tau, want) in cases {
        let what = match tau {
            0.0 => "at a temperature of 0",
            _ if tau.is_infinite() => "at an infinite temperature",
            _ if tau < 1e-9 => "at a tiny temperature",
            _ if tau > 1e9 => "at a huge temperature",
            _ => "with a logit of −∞",
        };
        let got = learner.call(temperature, (logits, tau))?;
        known(what, &got, &want)?;
    }
    Ok(())
}

/// Distributions: some of random numbers, some of numbers with few digits, among which there are ties and zeros.
fn distributions(learner: &mut Learner) -> Vec<Array1<f64>> {
    let mut all = Vec::new();
    for vocabulary in VOCABULARIES {
        let p = learner.array(vocabulary, 0.01, 1.0).mapv(|it| it.powi(3));
        all.push(&p / p.sum());
    }
    for mut sixteenths in [
        vec![4.0, 4.0, 4.0, 2.0, 2.0],
        vec![8.0, 2.0, 2.0, 2.0, 2.0, 0.0],
        vec![3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0],
        vec![1.0; 16],
        vec![0.0, 16.0, 0.0],
        // So many that a sort which is not stable moves equal ones.
        [vec![1.0; 24], vec![2.0; 12], vec![4.0; 4]].concat(),
    ] {
        learner.rng().shuffle(&mut sixteenths);
        let sum: f64 = sixteenths.iter().sum();
        all.push(Array1::from(sixteenths) / sum);
    }
    all
}

/// The ids from the most likely one on: the largest that is left, again and again.
fn by_rank(p: &Array1<f64>) -> Vec<usize> {
    let mut left: Vec<_> = (0..p.len()).collect();
    let mut ids = Vec::new();
    while !left.is_empty() {
        let best =
            (0..left.len()).reduce(|best, at| if p[left[at]] > p[left[best]] { at } else { best });
        ids.push(left.remove(best.unwrap_or_default()));
    }
    ids
}

fn right_cut(p: &Array1<f64>, ids: &[usize]) -> Array1<f64> {
    let sum: f64 = ids.iter().map(|id| p[*id]).sum();
    let of = |id: usize| if ids.contains(&id) { p[id] / sum } else { 0.0 };
    Array1::from_shape_fn(p.len(), of)
}

fn right_top_k(p: &Array1<f64>, k: usize) -> Array1<f64> {
    right_cut(p, &by_rank(p)[..k.min(p.len())])
}

fn right_top_p(p: &Array1<f64>, mass: f64) -> Array1<f64> {
    let ids = by_rank(p);
    if mass == 1.0 {
        return right_cut(p, &ids);
    }
    let (mut count, mut sum) = (1, p[ids[0]]);
    while sum < mass && count < ids.len() {
        sum += p[ids[count]];
        count += 1;
    }
    right_cut(p, &ids[..count])
}

/// Compares what a cut leaves, and says in which way it is wrong.
fn compare_cut(function: &str, got: &Array1<f64>, want: &Array1<f64>, digits: f64) -> Outcome {
    let name = format!("{DISTRIBUTION} of `{function}`");
    let many = (want.len() as f64).sqrt();
    all_close(&name, got, want, &(digits * many * want)).map_err(|miss| {
        if got.len() != want.len() {
            return miss;
        }
        let count = |of: &Array1<f64>| of.iter().filter(|p| **p > 0.0).count();
        let (kept, wanted) = (count(got), count(want));
        let why = if got.iter().any(|p| p.is_nan()) {
            "is NaN: nothing was kept. Which token always stays?"
        } else if kept < wanted {
            "is that of too few tokens"
        } else if kept > wanted {
            "is that of too many tokens"
        } else if got.iter().zip(want).any(|(got, want)| (*got > 0.0) != (*want > 0.0)) {
            "is that of other tokens. Which of two equally likely ones is kept?"
        } else if (got.sum() - 1.0).abs() > 1e-9 {
            "does not add up to 1"
        } else {
            return miss;
        };
        miss.saying(format!("{name} {why}"))
    })
}

fn most_likely(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for p in distributions(learner) {
        // No token without a probability is among the kept ones, where it would make no difference.
        let likely = p.iter().filter(|p| **p > 0.0).count();
        let some = learner.rng().usize(1..=likely);
        cases.extend([1, 2, 3, some, p.len(), p.len() + 1, 1000].map(|k| (p.clone(), k)));
    }
    let ask =
        |learner: &mut Learner, (p, k): &(Array1<f64>, usize)| learner.call(top_k, (p.clone(), *k));
    learner.ask_all(&cases, ask, |(p, k), got| compare_cut("top_k", &got, &right_top_k(p, *k), 1.0))
}

/// A mass that no partial sum is near: where one is, rounding decides.
fn mass_between(learner: &mut Learner, p: &Array1<f64>) -> f64 {
    let ids = by_rank(p);
    let likely = ids.iter().filter(|id| p[**id] > 0.0).count();
    let last = learner.rng().usize(..likely);
    let before: f64 = ids[..last].iter().map(|id| p[*id]).sum();
    before + p[ids[last]] * learner.uniform(0.2, 0.8)
}

fn nucleus(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for p in distributions(learner) {
        let masses = [(); 4].map(|()| mass_between(learner, &p));
        cases.extend([0.0, 1e-300, 1.0].into_iter().chain(masses).map(|mass| (p.clone(), mass)));
    }
    // These add up without rounding: the mass is reached, and not exceeded.
    let halves = array![0.125, 0.5, 0.25, 0.125];
    cases.extend([0.5, 0.75, 0.875].map(|mass| (halves.clone(), mass)));
    // The sum is 1 before the last token.
    cases.push((array![0.5, 1e-20, 0.5], 1.0));
    // In single precision the mass is that of the first token.
    cases.push((array![0.5, 0.25, 0.25], 0.5 + 1e-9));
    // A mass that is nearly 1, and reached by the first token.
    cases.push((array![1.0 - 3e-7, 3e-7], 1.0 - 5e-7));
    let ask = |learner: &mut Learner, (p, mass): &(Array1<f64>, f64)| {
        learner.call(top_p, (p.clone(), *mass))
    };
    let compare = |(p, mass): &(Array1<f64>, f64), got| {
        compare_cut("top_p", &got, &right_top_p(p, *mass), 1.0)
    };
    learner.ask_all(&cases, ask, compare)
}

/// The last token with a probability whose lower ids have `u` or less.
fn right_draw(p: &Array1<f64>, u: f64) -> usize {
    let before = |id: usize| p.iter().take(id).sum::<f64>();
    let is_reached = |id: &usize| p[*id] > 0.0 && before(*id) <= u;
    (0..p.len()).rfind(is_reached).unwrap_or_default()
}

/// With the most likely tokens first.
fn ranked_draw(p: &Array1<f64>, u: f64) -> usize {
    let ids = by_rank(p);
    ids[right_draw(&ids.iter().map(|id| p[*id]).collect(), u)]
}

/// A random number that no partial sum is near.
fn number_between(learner: &mut Learner, p: &Array1<f64>) -> f64 {
    let likely: Vec<_> = (0..p.len()).filter(|id| p[*id] > 0.0).collect();
    let id = likely[learner.rng().usize(..likely.len())];
    let before: f64 = p.iter().take(id).sum();
    before + p[id] * learner.uniform(0.1, 0.9)
}

fn draws(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for p in distributions(learner) {
        let likely = p.iter().rposition(|p| *p > 0.0).unwrap_or_default();
        let behind: f64 = p.iter().take(likely).sum();
        cases.extend([0.0, behind + 0.5 * p[likely]].map(|u| (p.clone(), u)));
        cases.extend([(); 6].map(|()| (p.clone(), number_between(learner, &p))));
    }
    // These add up without rounding.
    let quarters = array![0.0, 0.25, 0.0, 0.25, 0.5, 0.0];
    cases.extend([0.0, 0.25, 0.5, 1.0 - f64::EPSILON].map(|u| (quarters.clone(), u)));
    // These do not reach 1.
    cases.extend([0.95, 0.9999].map(|u| (array![0.3, 0.0, 0.3, 0.3, 0.0, 0.0], u)));
    // In single precision both pieces are as long.
    cases.push((array![0.5 + 2e-9, 0.5 - 2e-9], 0.5 + 1e-9));
    let ask =
        |learner: &mut Learner, (p, u): &(Array1<f64>, f64)| learner.call(draw, (p.clone(), *u));
    learner.ask_all(&cases, ask, |(p, u), got| {
        if got == right_draw(p, *u) {
            return Ok(());
        }
        let why = if got >= p.len() {
            "an id that is none. What if u is more than the sum of all?"
        } else if p[got] == 0.0 {
            "a token whose probability is 0"
        } else if p.sum() < 0.99 {
            "not the last token that has a probability, where u is more than the sum of all"
        } else if got == ranked_draw(p, *u) {
            "a token as if the most likely one came first. In which order do the pieces lie on the line?"
        } else {
            "another token than the first whose probability, with those of all lower ids, is more than u"
        };
        let reveal = format!("p = {p}, u = {u}: got {got}");
        Err(Miss::failed(format!("`draw` picks {why}")).revealing(reveal))
    })
}

/// Ways to draw.
fn samplings() -> [Sampling; 6] {
    let of = |tau, k, mass| Sampling { temperature: tau, top_k: k, top_p: mass };
    [
        of(1.0, None, None),
        of(0.0, Some(3), Some(0.9)),
        of(0.7, Some(4), None),
        of(8.0, None, Some(0.7)),
        of(0.6, None, Some(0.45)),
        of(1.6, Some(4), Some(0.8)),
    ]
}

/// What tokens are drawn with; nothing where a partial sum is as near to the mass as rounding.
fn right_probabilities(logits: &Array1<f64>, sampling: &Sampling) -> Option<Array1<f64>> {
    let mut p = match sampling.temperature {
        0.0 => right_top_k(&right_temperature(logits, 1.0), 1),
        tau => right_temperature(logits, tau),
    };
    p = sampling.top_k.map_or_else(|| p.clone(), |k| right_top_k(&p, k));
    let Some(mass) = sampling.top_p else { return Some(p) };
    let mut sum = 0.0_f64;
    let mut sums = by_rank(&p).into_iter().map(|id| {
        sum += p[id];
        sum
    });
    let is_clear = sums.all(|sum: f64| (sum - mass).abs() > 1e-6);
    is_clear.then(|| right_top_p(&p, mass))
}

fn in_a_row(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    // After the first cut alone the first token has half of the mass.
    let both = Sampling { temperature: 1.0, top_k: Some(2), top_p: Some(0.5) };
    cases.push((array![0.4_f64, 0.3, 0.2, 0.1].ln(), both));
    let hot = [8.0, 300.0].map(|tau| Sampling { temperature: tau, top_k: Some(38), top_p: None });
    for sampling in samplings().into_iter().chain(hot) {
        for (vocabulary, scale) in [(3, 2.0), (6, 20.0), (6, 300.0), (40, 2.0)] {
            let mut some = || {
                let mut logits = learner.array(vocabulary, -scale, scale);
                logits[vocabulary / 2] = 0.0;
                logits
            };
            let mut logits = some();
            while right_probabilities(&logits, &sampling).is_none() {
                logits = some();
            }
            cases.push((logits, sampling.clone()));
        }
    }
    let ask = |learner: &mut Learner, (logits, sampling): &(Array1<f64>, Sampling)| {
        learner.call(probabilities, (logits.clone(), sampling.clone()))
    };
    learner.ask_all(&cases, ask, |(logits, sampling), got| {
        let want = right_probabilities(logits, sampling).unwrap_or_default();
        // The temperature rounds as well.
        let digits = 30.0 + exponents(logits, sampling.temperature);
        compare_cut("probabilities", &got, &want, digits)
    })
}

const STYLES: [Style; 2] = [Style::Gpt2, Style::Llama];

/// A configuration with few numbers.
fn small(style: Style) -> Config {
    Config {
        vocabulary: 7,
        context: 8,
        width: 16,
        heads: if style == Style::Llama { 4 } else { 2 },
        kv_heads: 2,
        hidden: 5,
        layers: 2,
        style,
        rope_base: 50.3,
        epsilon: 0.1,
    }
}

/// A configuration that shares no number with it but the context and the vocabulary.
fn other(style: Style) -> Config {
    // A head of two numbers would be turned by 1 a token, whatever the base is.
    let heads = if style == Style::Llama { 2 } else { 4 };
    let (width, kv_heads, hidden, layers) = (8, 1, 3, 1);
    let (rope_base, epsilon) = (1e4, 1e-3);
    Config { width, heads, kv_heads, hidden, layers, rope_base, epsilon, ..small(style) }
}

/// The memory order of an array: in one of the styles each lies column by column, in the other in either order.
fn is_by_columns(learner: &mut Learner, style: Style) -> bool {
    style == Style::Llama || learner.rng().bool()
}

/// A model, with its arrays by their names.
struct Text {
    config: Config,
    model: Model,
    names: Vec<String>,
    values: Vec<ArrayD<f64>>,
}

impl Text {
    /// Random numbers of order 1, and a 0 in each array.
    fn of(learner: &mut Learner, config: Config) -> Self {
        let model = with_each(empty(&config), |name, array| {
            let by_columns = is_by_columns(learner, config.style);
            let mut numbers = learner.array(array.raw_dim().set_f(by_columns), -1.0, 1.0);
            if name.ends_with("gain") {
                numbers += 0.5;
            }
            // Where a gain and its shift are both 0, nothing meets the weights.
            let at = if name.ends_with("gain") { numbers.len().saturating_sub(1) } else { 0 };
            numbers.iter_mut().skip(at).take(1).for_each(|it| *it = 0.0);
            numbers
        });
        Self::new(config, model)
    }

    fn new(config: Config, model: Model) -> Self {
        let (names, values) = arrays(model.clone()).into_iter().unzip();
        Self { config, model, names, values }
    }

    /// The same with zeros in all arrays of a name like this one.
    fn without(self, part: &str) -> Self {
        let model = with_each(
            self.model,
            |name, array| {
                if name.contains(part) { array * 0.0 } else { array }
            },
        );
        Self::new(self.config, model)
    }

    fn weights(&self) -> Weights<'_> {
        Weights::new(&self.names, &self.values)
    }

    /// d, the width of one head.
    fn d(&self) -> usize {
        self.config.width / self.config.heads
    }

    /// A cache that has seen no token.
    fn empty(&self) -> KvCache {
        self.cache(0, |rows, columns| Array2::zeros((rows, columns)))
    }

    fn cache(&self, length: usize, mut of: impl FnMut(usize, usize) -> Array2<f64>) -> KvCache {
        let mut heads = || (0..self.config.kv_heads).map(|_| of(length, self.d())).collect();
        let layers = (0..self.config.layers).map(|_| KvLayer { k: heads(), v: heads() });
        KvCache { layers: layers.collect(), length }
    }

    fn ids(&self, learner: &mut Learner, length: usize) -> Vec<usize> {
        let mut ids: Vec<_> =
            (0..length).map(|_| learner.rng().usize(..self.config.vocabulary)).collect();
        if let [first, second, .., last] = &mut ids[..] {
            // Where all tokens are alike, how attention weighs them is no matter.
            *second = (*first + 1) % self.config.vocabulary;
            *last = *first;
        }
        ids
    }

    /// The logits of a table's row, by plain sums.
    fn right_head(&self, x: &Array2<f64>) -> Array1<f64> {
        let weights = self.weights();
        let x = reference::norm(x, &weights.of("norm"), self.config.epsilon);
        let table = weights.matrix("head").or_else(|| weights.matrix("embedding"));
        table.expect("a model has a table").dot(&x.row(x.nrows() - 1))
    }

    fn looked_up(&self, id: usize, position: usize) -> Array1<f64> {
        let weights = self.weights();
        let row = weights.matrix("embedding").expect("a model has a table").row(id).to_owned();
        weights.matrix("positions").map_or_else(|| row.clone(), |it| &row + &it.row(position))
    }

    /// The logits behind the last of these tokens, all of them computed at once, without a cache.
    fn right(&self, ids: &[usize]) -> Array1<f64> {
        let Config { heads, kv_heads, style, rope_base, epsilon, .. } = self.config;
        let rope = (style == Style::Llama).then_some(rope_base);
        let shape = Shape { batch: 1, heads, kv_heads, rope, epsilon };
        let mut x = Array2::zeros((ids.len(), self.config.width));
        for (t, mut row) in x.outer_iter_mut().enumerate() {
            row.assign(&self.looked_up(ids[t], t));
        }
        for layer in 0..self.config.layers {
            x = reference::block(&x, &self.weights().of(&format!("blocks[{layer}]")), &shape);
        }
        self.right_head(&x)
    }

    /// The logits behind one token more, whose keys and values join the cache; by plain sums.
    fn right_step(&self, id: usize, cache: &mut KvCache) -> Array1<f64> {
        let epsilon = self.config.epsilon;
        let mut x = self.looked_up(id, cache.length).insert_axis(Axis(0));
        for (layer, kept) in cache.layers.iter_mut().enumerate() {
            let block = self.weights().of(&format!("blocks[{layer}]"));
            let normed = reference::norm(&x, &block.of("norm1"), epsilon);
            let heard = self.heard(&normed.row(0), &block.of("attention"), kept, cache.length);
            let u = x + &heard.insert_axis(Axis(0));
            let normed = reference::norm(&u, &block.of("norm2"), epsilon);
            x = reference::feed_forward(&normed, &block.of("feed_forward")) + u;
        }
        cache.length += 1;
        self.right_head(&x)
    }

    /// Attention of one token over all that is kept, and itself.
    fn heard(
        &self,
        x: &ArrayView1<f64>,
        weights: &Weights,
        kept: &mut KvLayer,
        position: usize,
    ) -> Array1<f64> {
        let d = self.d();
        let head =
            |of: &Array1<f64>, head: usize| of.slice(s![head * d..(head + 1) * d]).to_owned();
        let [q, k, v] = ["q", "k", "v"].map(|part| linear(x, &weights.of(part)));
        for group in 0..self.config.kv_heads {
            let rows = [self.turned(head(&k, group), position), head(&v, group)];
            for (kept, row) in [&mut kept.k[group], &mut kept.v[group]].into_iter().zip(rows) {
                kept.push_row(row.view()).expect("it has this width");
            }
        }
        let mut o = Array1::zeros(q.len());
        for at in 0..self.config.heads {
            let group = at * self.config.kv_heads / self.config.heads;
            let scores =
                kept.k[group].dot(&self.turned(head(&q, at), position)) / (d as f64).sqrt();
            let shares = right_temperature(&scores, 1.0);
            o.slice_mut(s![at * d..(at + 1) * d]).assign(&shares.dot(&kept.v[group]));
        }
        linear(&o.view(), &weights.of("o"))
    }

    fn turned(&self, row: Array1<f64>, position: usize) -> Array1<f64> {
        if self.config.style == Style::Gpt2 { row } else { self.turned_by(row, position as f64) }
    }

    /// Whether keys are the right ones but for their turns, and how.
    fn told_of_keys(&self, got: &Array2<f64>, want: &Array2<f64>) -> Option<String> {
        let is = |by: &dyn Fn(usize) -> f64| {
            let rows = want.rows().into_iter().enumerate();
            got.rows().into_iter().zip(rows).all(|(got, (at, want))| {
                let is_new = near("", &got.to_owned(), &want.to_owned()).is_err();
                let turned = self.turned_by(want.to_owned(), by(at));
                !is_new || near("", &got.to_owned(), &turned).is_ok()
            })
        };
        if self.config.style == Style::Gpt2 || got.dim() != want.dim() {
            return None;
        }
        if is(&|at| -(at as f64)) {
            return Some("are not turned. The cache keeps them as RoPE has turned them".to_owned());
        }
        let most = self.config.context as i64;
        let by = (-most..=most).find(|by| is(&|_| *by as f64))?;
        let way = if by < 0 { "before" } else { "behind" };
        Some(format!(
            "are turned as if their tokens stood {} places {way} their own. Which number of the cache is the \
             position of the first new token?",
            by.abs()
        ))
    }

    fn turned_by(&self, mut row: Array1<f64>, position: f64) -> Array1<f64> {
        for i in 0..row.len() / 2 {
            let frequency = self.config.rope_base.powf(-2.0 * i as f64 / row.len() as f64);
            let (sin, cos) = (position * frequency).sin_cos();
            let (a, b) = (row[2 * i], row[2 * i + 1]);
            (row[2 * i], row[2 * i + 1]) = (a * cos - b * sin, a * sin + b * cos);
        }
        row
    }

    /// The logits behind the last of the tokens.
    fn right_prefill(&self, ids: &[usize], cache: &mut KvCache) -> Array1<f64> {
        let logits = Array1::zeros(self.config.vocabulary);
        ids.iter().fold(logits, |_, id| self.right_step(*id, cache))
    }

    fn ask(
        &self,
        learner: &mut Learner,
        ids: &[usize],
        cache: KvCache,
    ) -> Result<(Array1<f64>, KvCache), Miss> {
        let (model, config) = (self.model.clone(), self.config.clone());
        learner.call(prefill, (model, config, ids.to_vec(), cache))
    }

    fn ask_step(
        &self,
        learner: &mut Learner,
        id: usize,
        cache: KvCache,
    ) -> Result<(Array1<f64>, KvCache), Miss> {
        learner.call(step, (self.model.clone(), self.config.clone(), id, cache))
    }

    /// The tokens that are drawn; nothing where rounding may draw another one.
    fn right_text(&self, prompt: &[usize], uniforms: &[f64], how: &Sampling) -> Option<Vec<usize>> {
        let (mut cache, mut ids) = (self.empty(), Vec::new());
        let mut logits = self.right_prefill(prompt, &mut cache);
        for (at, u) in uniforms.iter().enumerate() {
            let p = right_probabilities(&logits, how)?;
            let mut sum = 0.0_f64;
            let mut sums = p.iter().map(|p| {
                sum += p;
                sum
            });
            if !sums.all(|sum: f64| (sum - u).abs() > 1e-7) {
                return None;
            }
            ids.push(right_draw(&p, *u));
            if at + 1 < uniforms.len() {
                logits = self.right_step(ids[at], &mut cache);
            }
        }
        Some(ids)
    }
}

/// W·x, plus b where there is one.
fn linear(x: &ArrayView1<f64>, weights: &Weights) -> Array1<f64> {
    let y = weights.matrix("w").expect("a layer has weights").dot(x);
    weights.vector("b").map_or_else(|| y.clone(), |b| &y + &b)
}

/// How many roundings further apart two right results may be than the last sum alone makes them: each of the steps
/// in front of it rounds as well.
const STEPS: f64 = 100.0;

/// Compares with numbers of which some may be near 0 because terms cancel.
fn near<D: ndarray::Dimension>(
    name: &str,
    got: &ndarray::Array<f64, D>,
    want: &ndarray::Array<f64, D>,
) -> Outcome {
    let largest = want.fold(0.0, |largest: f64, it| largest.max(it.abs()));
    all_close(name, got, want, &want.mapv(|it| STEPS * (it.abs() + largest)))
}

/// Compares what the cache keeps.
fn compare_cache(text: &Text, got: &KvCache, want: &KvCache) -> Outcome {
    if got.length != want.length {
        let way = if got.length < want.length { "small" } else { "large" };
        let message =
            format!("`length` of the cache is too {way}: it is how many tokens it has seen");
        return Err(Miss::failed(message));
    }
    let layers = |cache: &KvCache| [cache.layers.len()];
    same_shape("`layers` of the cache", &layers(got), &layers(want))?;
    for (layer, (got, want)) in got.layers.iter().zip(&want.layers).enumerate() {
        for (part, got, want) in [("keys", &got.k, &want.k), ("values", &got.v, &want.v)] {
            let name = format!("the array of {part} of block {layer}");
            same_shape(&name, &[got.len()], &[want.len()])?;
            for (head, (got, want)) in got.iter().zip(want).enumerate() {
                near(&format!("{name}, head {head}"), got, want).map_err(|miss| {
                    let told = if part == "keys" { text.told_of_keys(got, want) } else { None };
                    let Some(why) = told else { return miss };
                    let message = format!("the keys of block {layer} {why}");
                    miss.saying(message)
                })?;
            }
        }
    }
    Ok(())
}

fn prompts(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        for (layers, length) in [(2, 4), (1, 1), (0, 2), (2, 8), (3, 5)] {
            let config = match layers {
                1 => other(style),
                3 => Config { vocabulary: 120, layers, ..small(style) },
                _ => Config { layers, ..small(style) },
            };
            let mut text = Text::of(learner, config);
            if layers == 0 {
                // All logits are 0.
                text = text.without("embedding").without("head");
            }
            let ids = text.ids(learner, length);
            let none = learner.call(empty_cache, (text.config.clone(),))?;
            compare_cache(&text, &none, &text.empty())?;
            let (logits, cache) = text.ask(learner, &ids, none)?;
            let mut want = text.empty();
            text.right_prefill(&ids, &mut want);
            compare_cache(&text, &cache, &want)?;
            near(LOGITS, &logits, &text.right(&ids))?;
        }
    }
    Ok(())
}

/// The keys and values are made up, so that no other way than through them leads to the answer.
fn steps(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        for (config, length) in [(small(style), 3), (small(style), 0), (other(style), 2)] {
            let text = Text::of(learner, config);
            let cache = made_up(learner, &text, length, 2.0);
            continues(learner, &text, &cache)?;
        }
        // Keys of this size leave a softmax nothing to weigh, but where queries are 0.
        let long = Text::of(learner, Config { context: 152, vocabulary: 120, ..small(style) });
        let long = long.without("attention.q");
        let cache = made_up(learner, &long, 150, 300.0);
        continues(learner, &long, &cache)?;
        let flat = Text::of(learner, other(style)).without("embedding").without("head");
        let cache = made_up(learner, &flat, 2, 2.0);
        continues(learner, &flat, &cache)?;
    }
    Ok(())
}

/// A cache with random numbers, and a 0 in each array.
fn made_up(learner: &mut Learner, text: &Text, length: usize, size: f64) -> KvCache {
    text.cache(length, |rows, columns| {
        let by_columns = is_by_columns(learner, text.config.style);
        let mut numbers = learner.array((rows, columns).set_f(by_columns), -size, size);
        numbers.iter_mut().take(1).for_each(|first| *first = 0.0);
        numbers
    })
}

/// One token behind what is in a cache, and two at once.
fn continues(learner: &mut Learner, text: &Text, before: &KvCache) -> Outcome {
    for count in [1, 2] {
        let mut ids = text.ids(learner, count);
        ids[count - 1] = text.config.vocabulary - 1;
        let (name, (logits, cache)) = match ids[..] {
            [id] => ("the row of logits of `step`", text.ask_step(learner, id, before.clone())?),
            _ => ("the row of logits of `prefill`", text.ask(learner, &ids, before.clone())?),
        };
        let mut want = before.clone();
        let right = text.right_prefill(&ids, &mut want);
        compare_cache(text, &cache, &want)?;
        near(name, &logits, &right)?;
    }
    Ok(())
}

fn chunks(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        for (lengths, config) in [(&[3, 2, 1, 2][..], small(style)), (&[1, 1, 1], other(style))] {
            let text = Text::of(learner, config);
            let total: usize = lengths.iter().sum();
            let texts = [text.ids(learner, total), text.ids(learner, total)];
            let mut caches = [text.empty(), text.empty()];
            let mut from = 0;
            for length in lengths {
                let to = from + length;
                for (ids, cache) in texts.iter().zip(&mut caches) {
                    let (logits, after) = match ids[from..to] {
                        [id] if from > 0 => text.ask_step(learner, id, cache.clone())?,
                        _ => text.ask(learner, &ids[from..to], cache.clone())?,
                    };
                    *cache = after;
                    let name =
                        if from == 0 { LOGITS } else { "the row of logits of a later chunk" };
                    near(name, &logits, &text.right(&ids[..to]))?;
                }
                from = to;
            }
        }
    }
    Ok(())
}

/// A prompt that goes on, and how.
struct Going {
    text: Text,
    prompt: Vec<usize>,
    uniforms: Vec<f64>,
    sampling: Sampling,
    right: Vec<usize>,
}

impl Going {
    fn of(learner: &mut Learner, config: &Config, sizes: [usize; 2], sampling: Sampling) -> Self {
        loop {
            // Another model as well: there are some that never draw the first token.
            let text = Text::of(learner, config.clone());
            let prompt = text.ids(learner, sizes[0]);
            let mut uniforms = learner.array(sizes[1], 0.0, 1.0).to_vec();
            if sampling.top_p.is_none() {
                uniforms.iter_mut().take(1).for_each(|u| *u = 0.0);
            }
            if let Some(right) = text.right_text(&prompt, &uniforms, &sampling) {
                return Self { text, prompt, uniforms, sampling, right };
            }
        }
    }

    fn ask(&self, learner: &mut Learner) -> Result<Vec<usize>, Miss> {
        let (prompt, uniforms) = (self.prompt.clone(), self.uniforms.clone());
        let of_model = (self.text.model.clone(), self.text.config.clone());
        let how = self.sampling.clone();
        learner.call(generate, (of_model.0, of_model.1, prompt, uniforms, how))
    }

    fn compare(&self, got: &[usize]) -> Outcome {
        same_shape("what `generate` gives", &[got.len()], &[self.right.len()])?;
        let wrong = got.iter().zip(&self.right).position(|(got, want)| got != want);
        let Some(at) = wrong else { return Ok(()) };
        let why = match at {
            0 => "the first new token is another one than that which is drawn behind the prompt",
            _ => {
                "the first new token is right, and a later one is another than that which is drawn behind it"
            }
        };
        let reveal = format!("got {got:?}, expected {:?}", self.right);
        Err(Miss::failed(format!("in `generate`, {why}")).revealing(reveal))
    }
}

fn texts(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for style in STYLES {
        for (at, sampling) in samplings().into_iter().enumerate() {
            let config = match at {
                // A longer text, so that nobody remembers the context.
                5 => Config { context: 9, ..other(style) },
                _ if at % 2 == 0 => small(style),
                _ => other(style),
            };
            // From the third on they need the whole context, as the last new token is not read.
            let sizes = [[2, 6], [3, 5], [4, 5], [1, 8], [8, 1], [4, 6]][at];
            cases.push(Going::of(learner, &config, sizes, sampling));
        }
        let [sampling, another, ..] = samplings();
        cases.push(Going::of(learner, &small(style), [4, 0], sampling));
        // Another prompt of the first one's length.
        cases.push(Going::of(learner, &small(style), [2, 6], another));
    }
    // Which tokens are drawn says little by itself, and more together.
    learner.ask_all(&cases, |learner, going| going.ask(learner), |going, got| going.compare(&got))
}

fn bytes(learner: &mut Learner) -> Outcome {
    let mut cases = vec![[12, 12, 64, 1024, 2], [32, 8, 128, 8192, 2], [3, 1, 5, 0, 4]];
    cases.push([121, 131, 127, 1001, 105]);
    cases.extend([(); 6].map(|()| [(); 5].map(|()| learner.rng().usize(1..50))));
    let ask = |learner: &mut Learner, &[layers, kv_heads, d, time, size]: &[usize; 5]| {
        learner.call(cache_bytes, (layers, kv_heads, d, time, size))
    };
    learner.ask_all(&cases, ask, |sizes, got| {
        let want = sizes.iter().product::<usize>() * 2;
        if got == want {
            return Ok(());
        }
        let is_half = 2 * got == want;
        let why = if is_half {
            "half of the bytes. What does a cache keep of each token?"
        } else {
            "another number of bytes"
        };
        Err(Miss::failed(format!("`cache_bytes` counts {why}")))
    })
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let takes = |what: &str| format!("{what} is taken, where it should be refused with a panic");
    for (logits, tau, what) in [
        (array![1.0, 2.0], -0.5, "a temperature below 0"),
        (array![1.0, 2.0], f64::NAN, "a temperature of NaN"),
        (array![1.0, f64::NAN, 2.0], 1.0, "a logit of NaN"),
        (array![f64::NAN, 1.0], 0.0, "a logit of NaN at a temperature of 0"),
        (Array1::from_elem(2, f64::NEG_INFINITY), 1.0, "a list of logits that are all −∞"),
    ] {
        panics(learner.call(temperature, (logits, tau)), || takes(what))?;
    }
    let p = array![0.5, 0.25, 0.25];
    panics(learner.call(top_k, (p.clone(), 0)), || takes("k = 0 in `top_k`"))?;
    for mass in [-0.1, 1.1, f64::NAN] {
        panics(learner.call(top_p, (p.clone(), mass)), || {
            takes("a mass that is not between 0 and 1 in `top_p`")
        })?;
    }
    let greedy = Sampling { temperature: 0.0, top_k: None, top_p: None };
    for sampling in
        [Sampling { top_k: Some(0), ..greedy.clone() }, Sampling { top_p: Some(2.0), ..greedy }]
    {
        panics(learner.call(probabilities, (p.clone(), sampling)), || {
            takes("a cut that cannot be made, at a temperature of 0, in `probabilities`")
        })?;
    }
    for u in [-0.1, 1.0, f64::NAN] {
        panics(learner.call(draw, (p.clone(), u)), || takes("a u outside of [0, 1) in `draw`"))?;
    }
    panics(learner.call(draw, (Array1::zeros(3), 0.5)), || {
        takes("a distribution of zeros in `draw`")
    })?;
    for style in STYLES {
        // A longer text, so that nobody remembers the context.
        let long = Text::of(learner, Config { context: 48, ..small(style) });
        long.ask_step(learner, 1, long.empty())?;
        long.ask(learner, &[1], long.empty())?;
        let text = Text::of(learner, small(style));
        let context = text.config.context;
        let mut full = text.empty();
        text.right_prefill(&vec![1; context], &mut full);
        let answer = text.ask_step(learner, 1, full.clone());
        panics(answer, || takes("a token behind a full context in `step`"))?;
        let answer = text.ask(learner, &vec![1; context + 1], text.empty());
        panics(answer, || takes("a prompt that is longer than the context in `prefill`"))?;
        let answer = text.ask(learner, &[], text.empty());
        panics(answer, || takes("a list of no tokens in `prefill`"))?;
        let answer = text.ask(learner, &[0, text.config.vocabulary], text.empty());
        panics(answer, || takes("an id that is not in the vocabulary in `prefill`"))?;
        let mut other = text.empty();
        other.layers.pop();
        let answer = text.ask(learner, &[1], other);
        panics(answer, || takes("a cache with a layer too few"))?;
        let mut other = text.empty();
        other.layers.extend(text.empty().layers.pop());
        let answer = text.ask(learner, &[1], other);
        panics(answer, || takes("a cache with a layer too many"))?;
        let below = Sampling { temperature: -1.0, top_k: None, top_p: None };
        let of_model = (text.model.clone(), text.config.clone());
        let answer = learner.call(generate, (of_model.0, of_model.1, vec![1], vec![0.5], below));
        panics(answer, || takes("a temperature below 0 in `generate`"))?;
        for (prompt, new) in [(context + 1, 1), (context, 2), (1, context + 1), (0, 1), (0, 0)] {
            let arguments = (vec![1; prompt], vec![0.5; new], samplings()[0].clone());
            let of_model = (text.model.clone(), text.config.clone());
            let arguments = (of_model.0, of_model.1, arguments.0, arguments.1, arguments.2);
            let what = match prompt {
                0 => "an empty prompt in `generate`",
                _ => "a text that is longer than the context in `generate`",
            };
            panics(learner.call(generate, arguments), || takes(what))?;
        }
    }
    Ok(())
}

/// The same value in single precision.
fn in_single<T: Wire, S: Wire>(of: T) -> S {
    let mut value = of.into_value();
    each_array(&mut value, "", &mut |_, array| {
        if let Ok(held) = ArrayD::<f64>::from_value(array.clone()) {
            *array = held.mapv(|it| it as f32).into_value();
        }
    });
    S::from_value(value).unwrap_or_else(|_| unreachable!("the two differ in their arrays alone"))
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let logits = learner.array(20, -3.0, 3.0).mapv(|z| f64::from(z as f32));
    let in_f32 = logits.mapv(|z| z as f32);
    let p = learner.call(temperature_f32, (in_f32.clone(), 0.5))?;
    let want = right_temperature(&logits, 0.5);
    all_close_in_single("the distribution in f32", &p, &want, &scale_of(&logits, 0.5, &want))?;
    // Smaller than any number of f32.
    let tiny = learner.call(temperature_f32, (in_f32, 1e-60))?;
    let want = right_top_k(&want, 1);
    all_close_in_single("the distribution in f32 at a temperature of 10⁻⁶⁰", &tiny, &want, &want)?;
    let eighths = array![0.125_f32, 0.25, 0.0, 0.5, 0.125];
    let in_f64 = eighths.mapv(f64::from);
    let got = learner.call(top_k_f32, (eighths.clone(), 3))?;
    compare_cut_in_single("top_k", &got, &right_top_k(&in_f64, 3))?;
    let got = learner.call(top_p_f32, (eighths.clone(), 0.7))?;
    compare_cut_in_single("top_p", &got, &right_top_p(&in_f64, 0.7))?;
    if learner.call(draw_f32, (eighths, 0.375))? != 3 {
        return Err(Miss::failed("`draw` picks another token in f32"));
    }
    // In single precision this number is the border.
    if learner.call(draw_f32, (array![0.5_f32, 0.5], 0.5 - 1e-9))? != 0 {
        return Err(Miss::failed("`draw` rounds the random number to f32"));
    }
    // Each of so many sums would be rounded to seven digits.
    let many = Array1::from_elem(50_000, 2e-5_f32);
    let (id, each) = (35_000, f64::from(many[0]));
    if learner.call(draw_f32, (many, (id as f64 + 0.5) * each))? != id {
        return Err(Miss::failed(
            "`draw` picks another token of a large vocabulary in f32. In which precision does it add up?",
        ));
    }
    for style in STYLES {
        let mut text = Text::of(learner, small(style));
        text.model = with_each(text.model, |_, array| array.mapv(|it| f64::from(it as f32)));
        text.values = arrays(text.model.clone()).into_iter().map(|(_, value)| value).collect();
        let model: ModelF32 = in_single(text.model.clone());
        let ids = text.ids(learner, 5);
        let none: KvCacheF32 = in_single(text.empty());
        let of_model = (model.clone(), text.config.clone());
        let arguments = (of_model.0, of_model.1, ids[..4].to_vec(), none);
        let (_, cache) = learner.call(prefill_f32, arguments)?;
        let (got, _) = learner.call(step_f32, (model, text.config.clone(), ids[4], cache))?;
        let want = text.right(&ids);
        let largest = want.fold(0.0, |largest: f64, it| largest.max(it.abs()));
        let scale = want.mapv(|it| STEPS * (it.abs() + largest));
        all_close_in_single("the row of logits in f32", &got, &want, &scale)?;
    }
    Ok(())
}

fn compare_cut_in_single(function: &str, got: &Array1<f32>, want: &Array1<f64>) -> Outcome {
    let name = format!("{DISTRIBUTION} of `{function}` in f32");
    all_close_in_single(&name, got, want, &(4.0 * want))
}

/// With every token computed anew for each new one, this would be 320,000 tokens, and take several times as long as a
/// check may. With a cache it takes a tenth of that, or less.
const LONG: usize = 800;

/// All logits are 0, so that it is known which tokens are drawn. They have to be computed all the same.
fn long_text(learner: &mut Learner) -> Outcome {
    let config = Config {
        context: LONG + 1,
        // Wide, so that tokens which are computed anew cost more than those that are not.
        width: 64,
        heads: 2,
        kv_heads: 1,
        hidden: 256,
        layers: 1,
        ..small(Style::Gpt2)
    };
    let text = Text::of(learner, config).without("embedding");
    let right = text.ids(learner, LONG);
    let uniforms = right.iter().map(|id| (*id as f64 + 0.5) / text.config.vocabulary as f64);
    let (prompt, uniforms) = (vec![0, 1], uniforms.collect());
    let sampling = Sampling { temperature: 1.0, top_k: None, top_p: None };
    let going = Going { text, prompt, uniforms, sampling, right };
    let got = going.ask(learner)?;
    going.compare(&got)
}
