//! Checks of lesson 6.1: causal attention.

use engine::checks::{
    Check, Filling, Function,
    Kind::{Cost, Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, gradients, panics, same_shape,
    within,
};
use ndarray::{Array1, Array2, Array3, Axis, ShapeBuilder, array, s};

use super::contract::{
    self, AttentionCache, AttentionCacheF32, BatchCache, BatchCacheF32, attention,
    attention_backward, attention_backward_f32, attention_batch, attention_batch_backward,
    attention_batch_backward_f32, attention_batch_f32, attention_f32, mask_of_ones,
};

pub const LESSON: Lesson =
    Lesson::new("Causal attention: one query by hand, then all", CHECKS).after(&["ex_4_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "hand", "one query by hand, forward", 1.0, forward_by_hand),
    Check::hidden(Value, "hand_backward", "one query by hand, backward", 1.0, backward_by_hand),
    Check::hidden(Value, "mask", "which keys each query may see", 1.0, masks),
    Check::hidden(Value, "forward", "A and O at random shapes and scales", 2.0, forward),
    Check::hidden(
        Gradient,
        "gradient",
        "dL/dQ, dL/dK and dL/dV against finite differences",
        3.0,
        backward,
    ),
    Check::hidden(Value, "batch", "many heads, forward and backward", 2.0, batch)
        .after(&["forward", "gradient"]),
    Check::hidden(Property, "leak", "a later token moves no earlier output", 1.0, leak)
        .after(&["forward"]),
    Check::hidden(
        Property,
        "leak_backward",
        "the gradient of one output reaches no later token",
        1.0,
        leak_backward,
    )
    .after(&["forward", "gradient"]),
    Check::hidden(
        Property,
        "invariant",
        "one vector added to every key, keys in another order",
        1.0,
        invariant,
    )
    .after(&["forward", "gradient"]),
    Check::hidden(Property, "extreme", "scores of ±10⁴, and one token alone", 1.0, extreme)
        .after(&["forward", "gradient"]),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit)
        .after(&["mask", "forward", "batch"]),
    Check::hidden(Value, "single", "in single precision", 1.0, single)
        .after(&["forward", "gradient", "batch"]),
    Check::hidden(Cost, "square", "work that grows with T², and not with T³", 1.0, square)
        .after(&["gradient"]),
];

/// The names of results, in messages.
const A: &str = "A";
const O: &str = "O";
const DQ: &str = "dL/dQ";
const DK: &str = "dL/dK";
const DV: &str = "dL/dV";

/// The inputs of the brief's query.
const QUERY: [f64; 4] = [1.0, 2.0, 0.0, 1.0];
const KEYS: [[f64; 4]; 3] = [[2.0, 0.0, 1.0, 0.0], [0.0, 1.0, 3.0, -2.0], [1.0, 1.0, -1.0, 1.0]];
const VALUES: [[f64; 2]; 3] = [[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]];
const UPSTREAM: [f64; 2] = [2.0, -1.0];

/// Four correct digits.
const DIGITS: f64 = 1e-3;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn softmax_of(scores: [f64; 3]) -> [f64; 3] {
    let exponentials = scores.map(f64::exp);
    exponentials.map(|it| it / exponentials.iter().sum::<f64>())
}

/// The numbers of one query.
struct ByHand {
    scores: [f64; 3],
    weights: [f64; 3],
    output: [f64; 2],
    d_weights: [f64; 3],
    d_scores: [f64; 3],
}

impl ByHand {
    fn new() -> Self {
        let scores = KEYS.map(|key| dot(&QUERY, &key) / 2.0);
        let weights = softmax_of(scores);
        let d_weights = VALUES.map(|value| dot(&UPSTREAM, &value));
        Self {
            output: [0, 1].map(|column| dot(&weights, &VALUES.map(|value| value[column]))),
            d_scores: each(|key| weights[key] * (d_weights[key] - dot(&weights, &d_weights))),
            scores,
            weights,
            d_weights,
        }
    }
}

fn each(of: impl Fn(usize) -> f64) -> [f64; 3] {
    [0, 1, 2].map(of)
}

/// Numbers of a mistake, and what to say of it.
type Known<const N: usize> = ([f64; N], &'static str);

/// Compares numbers that a person computed, in the digits that a person writes down.
fn by_hand<const N: usize, F>(
    learner: &mut Learner,
    function: F,
    want: [f64; N],
    mistakes: &[Known<N>],
) -> Outcome
where
    F: Function<Arguments = (), Output = [f64; N]>,
{
    let got = learner.call(function, ())?;
    let compare = |want: &[f64; N]| {
        got.iter().zip(want).enumerate().try_for_each(|(at, (got, want))| {
            let name = format!("number {} of `{}`", at + 1, F::NAME);
            within(&name, *got, *want, DIGITS * want.abs() + DIGITS / 10.0)
        })
    };
    compare(&want).map_err(|miss| {
        let known = mistakes.iter().find(|(numbers, _)| compare(numbers).is_ok());
        let Some((_, why)) = known else { return miss };
        miss.saying(format!("`{}` is wrong: {why}", F::NAME))
    })
}

fn forward_by_hand(learner: &mut Learner) -> Outcome {
    let want = ByHand::new();
    let products = want.scores.map(|score| 2.0 * score);
    let mistakes = [
        (products, "these are the dot products. Which number are they divided by?"),
        (products.map(|it| it / 4.0), "the dot products are divided by d. What of d is it?"),
    ];
    by_hand(learner, contract::scores, want.scores, &mistakes)?;
    let mistakes = [
        (softmax_of(products), "they are the softmax of the dot products, without the scale"),
        (want.scores.map(f64::exp), "the exponentials do not add up to 1 yet"),
    ];
    by_hand(learner, contract::weights, want.weights, &mistakes)?;
    let mean = [0, 1].map(|column| VALUES.iter().map(|value| value[column]).sum::<f64>() / 3.0);
    let mistakes = [
        (mean, "it is the plain mean of the values. How much does each of them count?"),
        (mean.map(|it| 3.0 * it), "it is the plain sum of the values"),
    ];
    by_hand(learner, contract::output, want.output, &mistakes)
}

fn backward_by_hand(learner: &mut Learner) -> Outcome {
    let ByHand { weights, d_weights: da, d_scores: ds, .. } = ByHand::new();
    let weighted = each(|key| weights[key] * da[key]);
    let mistakes = [
        (da.map(|it| -it), "the signs are those of −dL/do"),
        (weighted, "a weight is in them that belongs into the next step"),
    ];
    by_hand(learner, contract::d_weights, da, &mistakes)?;
    let mean = |of: [f64; 3]| of.iter().sum::<f64>() / 3.0;
    let mistakes = [
        (
            weighted,
            "the row's own term is missing. A score moves the other weights as well, because they add up to 1",
        ),
        (
            each(|key| weights[key] * (da[key] - mean(da))),
            "the plain mean of dL/da is taken off. With which weights is the mean taken?",
        ),
        (
            each(|key| weights[key] * (1.0 - weights[key]) * da[key]),
            "that is the way of a score to its own weight alone. Which other weights does it move?",
        ),
        (each(|key| da[key] - dot(&weights, &da)), "what is left of dL/da is not multiplied yet"),
        (
            ds.map(|it| it / 2.0),
            "the scale belongs to the step from the scores to the dot products, which comes next",
        ),
    ];
    by_hand(learner, contract::d_scores, ds, &mistakes)
}

fn masks(learner: &mut Learner) -> Outcome {
    let shapes =
        [(3, 3), (3, 5), (1, 4), (4, 4), (1, 1), (2, 7), (101, 101), (5, 70), (0, 3), (0, 0)];
    let ask = |learner: &mut Learner, shape: &(usize, usize)| learner.call(mask_of_ones, *shape);
    learner.ask_all(&shapes, ask, |&(queries, keys), got| {
        same_shape("the mask", got.shape(), &[queries, keys])?;
        let got = got.mapv(|it| it == 1);
        // The last query is the last token.
        let want = Array2::from_shape_fn((queries, keys), |(t, key)| t + keys >= key + queries);
        if got == want {
            return Ok(());
        }
        let top_left = Array2::from_shape_fn(want.dim(), |(t, key)| key <= t);
        let told = if got == want.mapv(|it| !it) {
            "`mask` is true where a key is hidden. It should be true where it may be seen"
        } else if got == top_left {
            "`mask` counts queries from the first key on. Where there are more keys than queries, the queries are \
             the last tokens: which key is query 0 itself?"
        } else if (0..queries).any(|t| !got[[t, t + keys - queries]]) {
            "in `mask`, a query does not see its own key"
        } else if got.iter().zip(&want).any(|(got, want)| *got && !want) {
            "in `mask`, a query sees a key that comes after its own"
        } else {
            "in `mask`, a query does not see all keys that come before its own"
        };
        Err(Miss::failed(told).revealing(format!("{queries} queries, {keys} keys: got\n{got}")))
    })
}

/// One head of one sequence.
#[derive(Clone)]
struct Head {
    /// (T, d).
    q: Array2<f64>,
    /// (S, d).
    k: Array2<f64>,
    /// (S, e).
    v: Array2<f64>,
    causal: bool,
}

/// What `attention` gives, with the magnitudes that rounding is relative to.
struct Forward {
    a: Array2<f64>,
    a_scale: Array2<f64>,
    o: Array2<f64>,
    o_scale: Array2<f64>,
}

/// dL/dQ, dL/dK and dL/dV.
type Gradients = (Array2<f64>, Array2<f64>, Array2<f64>);

/// The least magnitude that errors are relative to: where exponentials end, they lose their digits.
const LEAST: f64 = 1e-285;

/// What a long sum of terms may be off by more than a short one.
fn long(terms: usize) -> f64 {
    (terms as f64).sqrt().max(1.0)
}

impl Head {
    /// How many keys query t sees, the first ones.
    fn seen(&self, t: usize) -> usize {
        if self.causal { self.k.nrows() + t + 1 - self.q.nrows() } else { self.k.nrows() }
    }

    fn arguments(&self) -> (Array2<f64>, Array2<f64>, Array2<f64>, bool) {
        (self.q.clone(), self.k.clone(), self.v.clone(), self.causal)
    }

    fn width(&self) -> f64 {
        self.q.ncols() as f64
    }

    /// Query by query, key by key.
    fn forward(&self) -> Forward {
        let shape = (self.q.nrows(), self.k.nrows());
        let (mut a, mut a_scale) = (Array2::zeros(shape), Array2::zeros(shape));
        for (t, q) in self.q.outer_iter().enumerate() {
            let keys = || self.k.outer_iter().take(self.seen(t));
            let score = |of: fn(f64) -> f64, key: ndarray::ArrayView1<f64>| {
                q.iter().zip(key).map(|(q, k)| of(q * k)).sum::<f64>() / self.width().sqrt()
            };
            let scores: Vec<_> = keys().map(|key| score(|it| it, key)).collect();
            let sizes: Vec<_> = keys().map(|key| long(q.len()) * score(f64::abs, key)).collect();
            let [most, largest] =
                [&scores, &sizes].map(|of| of.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
            for (key, (score, size)) in scores.iter().zip(&sizes).enumerate() {
                a[[t, key]] = (score - most).exp() / sum;
                let digits = long(scores.len()) + size + 2.0 * largest;
                a_scale[[t, key]] = (a[[t, key]] * digits).max(LEAST);
            }
        }
        let (o, terms) = (a.dot(&self.v), a_scale.dot(&self.v.abs()));
        Forward { o, o_scale: long(self.k.nrows()) * terms, a, a_scale }
    }

    /// With weights that are handed in; and the magnitudes of their terms.
    fn backward(&self, d_o: &Array2<f64>, a: &Array2<f64>) -> (Gradients, Gradients) {
        let [queries, keys] = [long(self.q.nrows()), long(self.k.nrows())];
        let da = d_o.dot(&self.v.t());
        let da_scale = long(self.v.ncols()) * d_o.abs().dot(&self.v.abs().t());
        let column = |of: Array2<f64>| of.sum_axis(Axis(1)).insert_axis(Axis(1));
        let ds = a * &(&da - &column(a * &da));
        let ds_scale = a * &(&da_scale + &(keys * column(a * &da_scale)));
        let scale = 1.0 / self.width().sqrt();
        let least = |of: Array2<f64>| of.mapv(|it| it.max(LEAST));
        let want = (ds.dot(&self.k) * scale, ds.t().dot(&self.q) * scale, a.t().dot(d_o));
        let scales = (
            least(keys * scale * ds_scale.dot(&self.k.abs())),
            least(queries * scale * ds_scale.t().dot(&self.q.abs())),
            least(queries * a.t().dot(&d_o.abs())),
        );
        (want, scales)
    }

    fn compare(&self, o: &Array2<f64>, a: &Array2<f64>) -> Outcome {
        let want = self.forward();
        all_close(A, a, &want.a, &want.a_scale).map_err(|miss| self.told(a, miss))?;
        all_close(O, o, &want.o, &want.o_scale)
    }

    /// What can be said of weights that are wrong.
    fn told(&self, a: &Array2<f64>, miss: Miss) -> Miss {
        if a.dim() != (self.q.nrows(), self.k.nrows()) {
            return miss;
        }
        let is_hidden = |(t, key): (usize, usize)| key >= self.seen(t);
        let is_one = |sum: &f64| (sum - 1.0).abs() <= 1e-9;
        let why = if a.iter().any(|it| it.is_nan()) {
            "is NaN. Either a query has no key left that it may see, or all exponentials of a row are 0 or infinite. \
             Over which scores is the maximum of a row taken?"
        } else if a.indexed_iter().any(|(at, weight)| is_hidden(at) && *weight != 0.0) {
            "has a weight that is not 0 at a key which the query may not see"
        } else if !a.sum_axis(Axis(1)).iter().all(is_one) {
            "has rows that do not add up to 1. A query shares out all of its weight among the keys that it sees"
        } else {
            return miss;
        };
        miss.saying(format!("{A} {why}"))
    }

    fn compare_gradients(&self, got: &Gradients, d_o: &Array2<f64>, a: &Array2<f64>) -> Outcome {
        let (want, scales) = self.backward(d_o, a);
        all_close(DV, &got.2, &want.2, &scales.2)?;
        all_close(DQ, &got.0, &want.0, &scales.0)?;
        all_close(DK, &got.1, &want.1, &scales.1)
    }

    /// With these keys, and their values, in another order.
    fn with_keys(&self, order: &[usize]) -> Self {
        let [k, v] = [&self.k, &self.v].map(|it| it.select(Axis(0), order));
        Self { k, v, ..self.clone() }
    }
}

/// T, S, d and e, and whether it is causal.
const SHAPES: [([usize; 4], bool); 18] = [
    ([3, 3, 3, 3], true),
    ([3, 4, 2, 5], true),
    ([4, 3, 2, 3], false),
    ([4, 4, 1, 2], true),
    ([3, 3, 3, 3], false),
    ([2, 6, 3, 1], true),
    ([1, 4, 3, 2], true),
    ([1, 1, 2, 3], true),
    ([3, 1, 2, 2], false),
    ([40, 40, 2, 3], true),
    ([2, 70, 3, 2], true),
    ([35, 3, 2, 4], false),
    ([34, 66, 5, 2], true),
    ([3, 4, 70, 2], true),
    ([2, 3, 34, 4], false),
    ([3, 3, 2, 66], true),
    ([0, 2, 3, 2], true),
    ([2, 2, 2, 2], true),
];

/// The magnitudes of Q, K, V and dL/dO: each is large once, while the scores stay of order 1.
const LARGE: [[f64; 4]; 2] = [[1e3, 1e-3, 1.0, 1e3], [1e-3, 1e3, 1e3, 1.0]];

/// So many ordinary heads: all numbers of the others are of other sizes, in both memory orders.
fn heads(learner: &mut Learner) -> Vec<Head> {
    let mut heads = Vec::new();
    for round in 0..2 {
        let scales: Vec<_> =
            [(); 3].map(|()| learner.decades(-3.0, 2.0, SHAPES.len())).into_iter().collect();
        for (at, ([queries, keys, d, e], causal)) in SHAPES.into_iter().enumerate() {
            let mut fill = |argument: usize, shape: [usize; 2]| {
                let scale = match (round, (at + argument) % 6) {
                    (0, _) => 1.0,
                    (_, 5) => 0.0,
                    _ => scales[argument][at],
                };
                let column_major = (at + argument + round) % 2 == 1;
                learner.filled(shape, Filling { scale, column_major })
            };
            let [q, k] = [fill(0, [queries, d]), fill(1, [keys, d])];
            heads.push(Head { q, k, v: fill(2, [keys, e]), causal });
        }
    }
    for [of_q, of_k, of_v, _] in LARGE {
        let mut fill = |scale| learner.filled([3, 3], Filling { scale, column_major: false });
        heads.push(Head { q: fill(of_q), k: fill(of_k), v: fill(of_v), causal: true });
    }
    heads
}

fn forward(learner: &mut Learner) -> Outcome {
    let heads = heads(learner);
    let ask = |learner: &mut Learner, head: &Head| learner.call(attention, head.arguments());
    learner.ask_all(&heads, ask, |head, (o, cache)| head.compare(&o, &cache.a))
}

/// How many numbers are compared with finite differences at once.
const FEW: usize = 30;

fn backward(learner: &mut Learner) -> Outcome {
    for (at, head) in heads(learner).into_iter().enumerate() {
        let scale = match at.checked_sub(2 * SHAPES.len()) {
            Some(large) => LARGE[large][3],
            None if at < SHAPES.len() => 1.0,
            None => learner.decades(-3.0, 3.0, 1)[0],
        };
        let filling = Filling { scale, column_major: at % 2 == 1 };
        let d_o = learner.filled([head.q.nrows(), head.v.ncols()], filling);
        let a = head.forward().a;
        let got = through(learner, &head, &d_o, a.clone())?;
        let compared = head.compare_gradients(&got, &d_o, &a);
        if at < SHAPES.len() && head.q.len() + head.k.len() + head.v.len() <= FEW {
            let differs = differences(learner, &head, &d_o, &got);
            // What is known of a wrong gradient says more.
            differs.or_else(|miss| compared.clone().and(Err(miss)))?;
        }
        compared?;
    }
    Ok(())
}

fn through(
    learner: &mut Learner,
    head: &Head,
    d_o: &Array2<f64>,
    a: Array2<f64>,
) -> Result<Gradients, Miss> {
    let (q, k, v, _) = head.arguments();
    learner.call(attention_backward, (d_o.clone(), q, k, v, AttentionCache { a }))
}

fn differences(
    learner: &mut Learner,
    head: &Head,
    d_o: &Array2<f64>,
    (dq, dk, dv): &Gradients,
) -> Outcome {
    let Head { q, k, v, causal } = head;
    for (name, got, of) in [(DQ, dq, q), (DK, dk, k), (DV, dv, v)] {
        same_shape(name, got.shape(), of.shape())?;
    }
    type Inputs<'a> = (&'a Array2<f64>, &'a Array2<f64>, &'a Array2<f64>);
    let at = |(q, k, v): Inputs| Head { q: q.clone(), k: k.clone(), v: v.clone(), causal: *causal };
    let loss = |inputs: Inputs| (d_o * &at(inputs).forward().o).sum();
    let own = |learner: &mut Learner, inputs: Inputs| {
        let (o, _) = learner.call(attention, at(inputs).arguments())?;
        same_shape(O, o.shape(), d_o.shape())?;
        Ok((d_o * &o).sum())
    };
    gradients(learner, (("Q", q, dq), ("K", k, dk), ("V", v, dv)), loss, own)
        .map_err(|miss| Miss { message: miss.message.replace("`forward`", "`attention`"), ..miss })
}

/// Heads side by side.
struct Heads {
    q: Array3<f64>,
    k: Array3<f64>,
    v: Array3<f64>,
    d_o: Array3<f64>,
    causal: bool,
}

impl Heads {
    fn head(&self, at: usize) -> Head {
        let [q, k, v] = [&self.q, &self.k, &self.v].map(|it| it.index_axis(Axis(0), at).to_owned());
        Head { q, k, v, causal: self.causal }
    }

    fn upstream(&self, at: usize) -> Array2<f64> {
        self.d_o.index_axis(Axis(0), at).to_owned()
    }

    /// The weights of all heads (N, T, S), in the memory order of Q.
    fn a(&self) -> Array3<f64> {
        let (heads, queries, _) = self.q.dim();
        let shape = (heads, queries, self.k.dim().1).set_f(!self.q.is_standard_layout());
        let mut a = Array3::zeros(shape);
        for (at, mut a) in a.outer_iter_mut().enumerate() {
            a.assign(&self.head(at).forward().a);
        }
        a
    }

    fn inputs(&self) -> (Array3<f64>, Array3<f64>, Array3<f64>) {
        (self.q.clone(), self.k.clone(), self.v.clone())
    }
}

fn one(of: &Array3<f64>, at: usize) -> Array2<f64> {
    of.index_axis(Axis(0), at).to_owned()
}

fn many(learner: &mut Learner) -> Vec<Heads> {
    // N, T, S, d and e.
    let shapes = [
        ([3, 3, 3, 3, 3], true),
        ([2, 3, 4, 2, 5], true),
        ([4, 5, 2, 3, 2], false),
        ([1, 4, 4, 2, 3], true),
        ([35, 2, 3, 2, 1], true),
        ([2, 34, 36, 3, 4], true),
        ([3, 2, 70, 34, 35], true),
        ([5, 1, 1, 1, 1], true),
        ([0, 2, 3, 2, 2], true),
    ];
    let mut all = Vec::new();
    for round in 0..2 {
        for (at, ([n, queries, keys, d, e], causal)) in shapes.into_iter().enumerate() {
            let mut fill = |argument: usize, shape: [usize; 3]| {
                let scale = if round == 0 { 1.0 } else { learner.decades(-3.0, 2.0, 1)[0] };
                let scale = if round == 1 && (at + argument) % 7 == 6 { 0.0 } else { scale };
                let column_major = (at + argument + round) % 2 == 1;
                learner.filled(shape, Filling { scale, column_major })
            };
            all.push(Heads {
                q: fill(0, [n, queries, d]),
                k: fill(1, [n, keys, d]),
                v: fill(2, [n, keys, e]),
                d_o: fill(3, [n, queries, e]),
                causal,
            });
        }
    }
    all.extend(LARGE.map(|scales| {
        let [q, k, v, d_o] =
            scales.map(|scale| learner.filled([3, 3, 3], Filling { scale, column_major: false }));
        Heads { q, k, v, d_o, causal: true }
    }));
    all
}

fn batch(learner: &mut Learner) -> Outcome {
    let all = many(learner);
    let ask = |learner: &mut Learner, heads: &Heads| {
        let (q, k, v) = heads.inputs();
        learner.call(attention_batch, (q, k, v, heads.causal))
    };
    learner.ask_all(&all, ask, |heads, (o, cache)| {
        let (n, queries, keys) = (heads.q.dim().0, heads.q.dim().1, heads.k.dim().1);
        same_shape("A of all heads", cache.a.shape(), &[n, queries, keys])?;
        same_shape("O of all heads", o.shape(), heads.d_o.shape())?;
        (0..n).try_for_each(|at| {
            let compared = heads.head(at).compare(&one(&o, at), &one(&cache.a, at));
            compared.map_err(|miss| of_head(at, n, miss))
        })
    })?;
    for heads in all {
        batch_backward(learner, &heads)?;
    }
    Ok(())
}

fn batch_backward(learner: &mut Learner, heads: &Heads) -> Outcome {
    let ((q, k, v), a) = (heads.inputs(), heads.a());
    let arguments = (heads.d_o.clone(), q, k, v, BatchCache { a: a.clone() });
    let (dq, dk, dv) = learner.call(attention_batch_backward, arguments)?;
    for (name, got, of) in [(DQ, &dq, &heads.q), (DK, &dk, &heads.k), (DV, &dv, &heads.v)] {
        same_shape(&format!("{name} of all heads"), got.shape(), of.shape())?;
    }
    let n = heads.q.dim().0;
    (0..n).try_for_each(|at| {
        let got = (one(&dq, at), one(&dk, at), one(&dv, at));
        let compared = heads.head(at).compare_gradients(&got, &heads.upstream(at), &one(&a, at));
        compared.map_err(|miss| of_head(at, n, miss))
    })
}

/// Says which head is wrong.
fn of_head(at: usize, heads: usize, miss: Miss) -> Miss {
    let others = if at > 0 { ", and right for those before it" } else { "" };
    let message = format!("{}. This is for head {at} of {heads}{others}.", miss.message);
    miss.saying(message)
}

/// Sizes at which tokens are told from each other: as many keys as queries, and more.
const TOKENS: [[usize; 2]; 2] = [[5, 5], [4, 7]];

fn causal_head(learner: &mut Learner, [queries, keys]: [usize; 2]) -> Head {
    Head {
        q: learner.array([queries, 3], -2.0, 2.0),
        k: learner.array([keys, 3], -2.0, 2.0),
        v: learner.array([keys, 2], -2.0, 2.0),
        causal: true,
    }
}

fn leak(learner: &mut Learner) -> Outcome {
    for sizes in TOKENS {
        let head = causal_head(learner, sizes);
        let before = learner.call(attention, head.arguments())?;
        for token in 1..sizes[1] {
            for scale in [1.0, 1e10] {
                let later = changed(learner, &head, token, scale);
                let after = learner.call(attention, later.arguments())?;
                untouched(&head, token, &before, &after)?;
            }
        }
    }
    Ok(())
}

/// With other numbers in one token: in its query, where it has one, in its key and in its value.
fn changed(learner: &mut Learner, head: &Head, token: usize, scale: f64) -> Head {
    let mut head = head.clone();
    let mut new = |length: usize| learner.array([length], -2.0 * scale, 2.0 * scale);
    let (first, [d, e]) = (head.k.nrows() - head.q.nrows(), [head.q.ncols(), head.v.ncols()]);
    head.k.row_mut(token).assign(&new(d));
    head.v.row_mut(token).assign(&new(e));
    if let Some(query) = token.checked_sub(first) {
        head.q.row_mut(query).assign(&new(d));
    }
    head
}

/// Compares the rows of all earlier tokens, to the bit.
fn untouched(
    head: &Head,
    token: usize,
    (o, cache): &(Array2<f64>, AttentionCache),
    (changed_o, changed): &(Array2<f64>, AttentionCache),
) -> Outcome {
    for (name, before, after) in [(A, &cache.a, &changed.a), (O, o, changed_o)] {
        same_shape(name, after.shape(), before.shape())?;
        let earlier = (0..head.q.nrows()).filter(|t| head.seen(*t) <= token);
        for t in earlier {
            if before.row(t) != after.row(t) {
                return Err(Miss::failed(format!(
                    "row {t} of {name} changes when a later token changes, if only in the last bit. What the token \
                     brings must not be in it at all: neither a weight that is almost 0, nor a score among those of \
                     which the maximum is taken. With such a leak a model learns to look ahead"
                ))
                .of(&[name]));
            }
        }
    }
    Ok(())
}

fn leak_backward(learner: &mut Learner) -> Outcome {
    for sizes in TOKENS {
        let head = causal_head(learner, sizes);
        let (_, cache) = learner.call(attention, head.arguments())?;
        for t in 0..sizes[0] {
            let mut d_o = Array2::zeros((sizes[0], 2));
            d_o.row_mut(t).assign(&learner.array([2], -2.0, 2.0));
            let (dq, dk, dv) = through(learner, &head, &d_o, cache.a.clone())?;
            let others = |row: &usize| *row != t;
            stays_zero(DQ, &dq, t, (0..sizes[0]).filter(others))?;
            stays_zero(DK, &dk, t, head.seen(t)..sizes[1])?;
            stays_zero(DV, &dv, t, head.seen(t)..sizes[1])?;
        }
    }
    Ok(())
}

fn stays_zero(
    name: &str,
    got: &Array2<f64>,
    t: usize,
    rows: impl IntoIterator<Item = usize>,
) -> Outcome {
    for row in rows {
        if got.nrows() <= row || got.row(row).iter().any(|it| *it != 0.0) {
            return Err(Miss::failed(format!(
                "only output {t} has an upstream gradient, and row {row} of {name} is not exactly 0. Output {t} does \
                 not depend on it"
            ))
            .of(&[name]));
        }
    }
    Ok(())
}

fn invariant(learner: &mut Learner) -> Outcome {
    for sizes in TOKENS {
        let head = causal_head(learner, sizes);
        let moved = Head { k: &head.k + &learner.array([3], -4.0, 4.0), ..head.clone() };
        let (o, _) = learner.call(attention, moved.arguments())?;
        let (want, scale) = (head.forward().o, moved.forward().o_scale);
        all_close("O, after one vector was added to every key", &o, &want, &scale)?;
        let d_o = learner.array([sizes[0], 2], -2.0, 2.0);
        let a = head.forward().a;
        let (_, dk, _) = through(learner, &head, &d_o, a.clone())?;
        let (_, (_, scale, _)) = head.backward(&d_o, &a);
        let [sum, scale] = [dk, scale].map(|it| it.sum_axis(Axis(0)));
        all_close("the sum of dL/dK over all keys", &sum, &Array1::zeros(3), &scale)?;

        let all = Head { causal: false, ..head };
        let mut order: Vec<_> = (0..sizes[1]).collect();
        learner.rng().shuffle(&mut order);
        let (o, _) = learner.call(attention, all.with_keys(&order).arguments())?;
        let want = all.forward();
        all_close("O, after the keys changed their order", &o, &want.o, &want.o_scale)?;
    }
    Ok(())
}

fn extreme(learner: &mut Learner) -> Outcome {
    let far = learner.uniform(1.8e4, 2.2e4);
    let k = array![
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [-1.0, 0.0, 0.0, 0.0],
        [-1.0, 0.5, 0.0, 0.0]
    ];
    // Scores of ±10⁴ and 0. Query 1 has −2·10⁴ where it may look, and as much with a plus where it may not.
    let q = array![
        [far, 0.0, 0.0, 0.0],
        [-2.0 * far, -2.0 * far, 0.0, 0.0],
        [-far, -far, 0.0, 0.0],
        [2.0 * far, 0.0, 0.0, 0.0]
    ];
    let v = learner.array([4, 3], -2.0, 2.0);
    for (queries, causal) in [(4, true), (2, true), (4, false)] {
        let q = q.slice(s![4 - queries.., ..]).to_owned();
        let head = Head { q, k: k.clone(), v: v.clone(), causal };
        let (o, cache) = learner.call(attention, head.arguments())?;
        head.compare(&o, &cache.a)?;
        let d_o = learner.array([queries, 3], -2.0, 2.0);
        let got = through(learner, &head, &d_o, head.forward().a)?;
        head.compare_gradients(&got, &d_o, &head.forward().a)?;
    }
    alone(learner)
}

/// One token sees itself: its output is its value, whatever query and key are.
fn alone(learner: &mut Learner) -> Outcome {
    let head = causal_head(learner, [1, 1]);
    let (o, _) = learner.call(attention, head.arguments())?;
    all_close("O of one token alone", &o, &head.v, &head.v.abs())?;
    let d_o = learner.array([1, 2], -2.0, 2.0);
    let got = through(learner, &head, &d_o, array![[1.0]])?;
    head.compare_gradients(&got, &d_o, &array![[1.0]])
}

fn unfit(learner: &mut Learner) -> Outcome {
    let refused = |function: &str, what: &str| {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Which condition would you assert?"
        )
    };
    let few = "more queries than keys, where each query has to see its own";
    panics(learner.call(mask_of_ones, (3, 2)), || refused("mask", few))?;
    let matrix = |learner: &mut Learner, rows, columns| learner.array([rows, columns], -1.0, 1.0);
    let cases = [
        ([3, 2, 2, 2, 2, 2], true, few),
        ([3, 2, 3, 4, 3, 2], false, "keys of another width than the queries"),
        ([3, 2, 4, 2, 3, 2], true, "three values for four keys"),
        ([2, 2, 3, 2, 4, 2], true, "four values for three keys"),
    ];
    for ([queries, d, keys, of_key, values, e], causal, what) in cases {
        let q = matrix(learner, queries, d);
        let k = matrix(learner, keys, of_key);
        let v = matrix(learner, values, e);
        let batch = [&q, &k, &v].map(|it| it.clone().insert_axis(Axis(0)));
        panics(learner.call(attention, (q, k, v, causal)), || refused("attention", what))?;
        let [q, k, v] = batch;
        let got = learner.call(attention_batch, (q, k, v, causal));
        panics(got, || refused("attention_batch", what))?;
    }
    let right = causal_head(learner, [3, 4]);
    for (shape, what) in [
        ([2, 2], "upstream gradients of two outputs for three queries"),
        ([3, 1], "upstream gradients of another width than the values"),
    ] {
        let d_o = learner.array(shape, -1.0, 1.0);
        let got = through(learner, &right, &d_o, right.forward().a);
        panics(got, || refused("attention_backward", what))?;
    }
    let what = "arrays of different numbers of heads";
    for heads in [[2, 2, 3, 2], [2, 3, 2, 3], [2, 2, 2, 3], [3, 2, 2, 2]] {
        let [d_o, q, k, v] = heads.map(|n| learner.array([n, 3, 2], -1.0, 1.0));
        let a = Array3::from_elem((2, 3, 3), 1.0 / 3.0);
        let arguments = (d_o, q.clone(), k.clone(), v.clone(), BatchCache { a });
        let got = learner.call(attention_batch_backward, arguments);
        panics(got, || refused("attention_batch_backward", what))?;
        if heads[1..] != [2, 2, 2] {
            let got = learner.call(attention_batch, (q, k, v, true));
            panics(got, || refused("attention_batch", what))?;
        }
    }
    Ok(())
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    for size in [1.0, 40.0] {
        let mut draw = |shape| learner.array(shape, -size, size).mapv(|it| it as f32);
        let (q, k) = (draw([2, 4, 3]), draw([2, 6, 3]));
        let (v, d_o) = (draw([2, 6, 2]), draw([2, 4, 2]));
        let (o, cache) =
            learner.call(attention_batch_f32, (q.clone(), k.clone(), v.clone(), true))?;
        let [of_q, of_k, of_v, of_o] = [&q, &k, &v, &d_o].map(|it| it.mapv(f64::from));
        let heads = Heads { q: of_q, k: of_k, v: of_v, d_o: of_o, causal: true };
        let a = heads.a().mapv(|it| it as f32);
        let given = BatchCacheF32 { a: a.clone() };
        let arguments = (d_o.clone(), q.clone(), k.clone(), v.clone(), given);
        let got = learner.call(attention_batch_backward_f32, arguments)?;
        same_shape("A of all heads", cache.a.shape(), a.shape())?;
        same_shape("O of all heads", o.shape(), d_o.shape())?;
        let row = |of: &Array3<f32>| of.index_axis(Axis(0), 1).to_owned();
        let (q, k, v, d_o, a) = (row(&q), row(&k), row(&v), row(&d_o), row(&a));
        in_single(&heads.head(1), (&row(&o), &row(&cache.a)))?;
        gradients_in_single(&heads, 1, &a, [&got.0, &got.1, &got.2].map(row))?;
        let (o, cache) = learner.call(attention_f32, (q.clone(), k.clone(), v.clone(), true))?;
        in_single(&heads.head(1), (&o, &cache.a))?;
        let given = AttentionCacheF32 { a: a.clone() };
        let (dq, dk, dv) = learner.call(attention_backward_f32, (d_o, q, k, v, given))?;
        gradients_in_single(&heads, 1, &a, [dq, dk, dv])?;
    }
    Ok(())
}

/// Below this, f32 loses digits.
const LEAST_IN_SINGLE: f64 = 1e-29;

fn in_single(head: &Head, (o, a): (&Array2<f32>, &Array2<f32>)) -> Outcome {
    let want = head.forward();
    let hidden = |scale: &f64| if *scale == 0.0 { 0.0 } else { scale.max(LEAST_IN_SINGLE) };
    all_close_in_single("A in f32", a, &want.a, &want.a_scale.map(hidden))?;
    all_close_in_single("O in f32", o, &want.o, &want.o_scale.map(hidden))
}

fn gradients_in_single(
    heads: &Heads,
    at: usize,
    a: &Array2<f32>,
    got: [Array2<f32>; 3],
) -> Outcome {
    let (want, scales) = heads.head(at).backward(&heads.upstream(at), &a.mapv(f64::from));
    let names = ["dL/dQ in f32", "dL/dK in f32", "dL/dV in f32"];
    let parts = [(&want.0, &scales.0), (&want.1, &scales.1), (&want.2, &scales.2)];
    for ((name, got), (want, scale)) in names.into_iter().zip(&got).zip(parts) {
        all_close_in_single(name, got, want, &scale.mapv(|it| it.max(LEAST_IN_SINGLE)))?;
    }
    Ok(())
}

/// With so many tokens T³ is 262 million steps, which take many times what the limit allows. T² are 410,000.
const MANY: usize = 640;

fn square(learner: &mut Learner) -> Outcome {
    let head = Head {
        q: learner.array([MANY, 1], -1.0, 1.0),
        k: learner.array([MANY, 1], -1.0, 1.0),
        v: learner.array([MANY, 1], -1.0, 1.0),
        causal: false,
    };
    let d_o = learner.array([MANY, 1], -1.0, 1.0);
    let scores = head.q.dot(&head.k.t()) / head.width().sqrt();
    let mut a = scores.mapv(f64::exp);
    a.outer_iter_mut().for_each(|mut row| row /= row.sum());
    let got = through(learner, &head, &d_o, a.clone())?;
    head.compare_gradients(&got, &d_o, &a)?;
    let alone = |it: &Array2<f64>| it.clone().insert_axis(Axis(0));
    let [q, k, v] = [&head.q, &head.k, &head.v].map(alone);
    let arguments = (alone(&d_o), q, k, v, BatchCache { a: alone(&a) });
    let (dq, dk, dv) = learner.call(attention_batch_backward, arguments)?;
    head.compare_gradients(&(one(&dq, 0), one(&dk, 0), one(&dv, 0)), &d_o, &a)
}
