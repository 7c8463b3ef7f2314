//! Wrong variants of lesson 6.1. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::{Array2, Array3, Axis, NdFloat, stack};

/// A number in the precision that is asked for.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).unwrap()
}

/// The scores of queries and keys.
fn scaled<F: NdFloat>(q: &Array2<F>, k: &Array2<F>) -> Array2<F> {
    q.dot(&k.t()) / number::<F>(q.ncols() as f64).sqrt()
}

/// Puts `instead` in the place of what is hidden.
fn hidden<F: NdFloat>(
    mut scores: Array2<F>,
    is_seen: impl Fn(usize, usize) -> bool,
    instead: F,
) -> Array2<F> {
    for ((t, key), score) in scores.indexed_iter_mut() {
        if !is_seen(t, key) {
            *score = instead;
        }
    }
    scores
}

/// Whether it may be seen.
fn seen((queries, keys): (usize, usize)) -> impl Fn(usize, usize) -> bool {
    move |t, key| t + keys >= key + queries
}

/// One head after the other.
fn by_heads<F: NdFloat>(
    [q, k, v]: [&Array3<F>; 3],
    one: impl Fn([Array2<F>; 3]) -> (Array2<F>, Array2<F>),
) -> (Array3<F>, Array3<F>) {
    let (heads, queries, _) = q.dim();
    let (_, keys, width) = v.dim();
    let mut o = Array3::zeros((heads, queries, width));
    let mut a = Array3::zeros((heads, queries, keys));
    for head in 0..heads {
        let of_head = |of: &Array3<F>| of.index_axis(Axis(0), head).to_owned();
        let (one_o, one_a) = one([q, k, v].map(of_head));
        o.index_axis_mut(Axis(0), head).assign(&one_o);
        a.index_axis_mut(Axis(0), head).assign(&one_a);
    }
    (o, a)
}

/// `attention` and `attention_batch` with weights of their own.
macro_rules! weights {
    (|$q:ident, $k:ident| $causal:expr, $all:expr) => {
        fn shares<F: NdFloat>($q: &Array2<F>, $k: &Array2<F>, causal: bool) -> Array2<F> {
            if causal { $causal } else { $all }
        }

        pub fn attention<F: NdFloat>(
            q: &Array2<F>,
            k: &Array2<F>,
            v: &Array2<F>,
            causal: bool,
        ) -> (Array2<F>, AttentionCache<F>) {
            // What does not fit is refused as ever.
            ex_6_1::attention(q, k, v, causal);
            let a = shares(q, k, causal);
            (a.dot(v), AttentionCache { a })
        }

        pub fn attention_batch<F: NdFloat>(
            q: &Array3<F>,
            k: &Array3<F>,
            v: &Array3<F>,
            causal: bool,
        ) -> (Array3<F>, BatchCache<F>) {
            ex_6_1::attention_batch(q, k, v, causal);
            let one = |[q, k, v]: [Array2<F>; 3]| {
                let a = shares(&q, &k, causal);
                (a.dot(&v), a)
            };
            let (o, a) = super::by_heads([q, k, v], one);
            (o, BatchCache { a })
        }
    };
    (|$q:ident, $k:ident| $causal:expr) => {
        weights!(|$q, $k| $causal, softmax(&super::scaled($q, $k)));
    };
}

/// Your causal attention sees everything: the hidden keys have their weights. A model that is trained with it reads
/// the answer, and has nothing to say where there is none to read.
pub mod mask_forgotten {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    weights!(|q, k| softmax(&super::scaled(q, k)));
}

/// `mask`, and what follows from it.
macro_rules! masked {
    (|$t:ident, $key:ident, $queries:ident, $keys:ident| $seen:expr) => {
        pub fn mask($queries: usize, $keys: usize) -> Array2<bool> {
            ex_6_1::mask($queries, $keys);
            Array2::from_shape_fn(($queries, $keys), |($t, $key)| $seen)
        }

        weights!(|q, k| {
            let mask = mask(q.nrows(), k.nrows());
            let scores = super::scaled(q, k);
            softmax(&super::hidden(scores, |t, key| mask[[t, key]], F::neg_infinity()))
        });
    };
}

/// Your queries see themselves and the future: the mask is transposed. Which index counts the queries, and which one
/// the keys?
pub mod mask_transposed {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    masked!(|t, key, queries, keys| t + keys <= key + queries);
}

/// Your queries do not see their own key. The first token of a text then has nothing to look at, and its row is 0/0.
/// A token may see itself: it knows what it is, and not what follows.
pub mod mask_excludes_itself {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    masked!(|t, key, queries, keys| t + keys > key + queries);
}

/// Your mask begins at its top left corner: query t sees the first t + 1 keys. With as many keys as queries that is
/// right. Where there are more keys, the queries are the last tokens, and query 0 has tokens before it.
pub mod mask_top_left {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    masked!(|t, key, queries, keys| key <= t);
}

/// You set weights to 0 after the softmax. The hidden keys have taken their part by then, and the rows do not add up
/// to 1 any more. What has a score to be, so that its weight is 0 and the others share everything?
pub mod mask_after_softmax {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    weights!(|q, k| {
        let a = softmax(&super::scaled(q, k));
        let is_seen = super::seen(a.dim());
        super::hidden(a, is_seen, F::zero())
    });
}

/// You set hidden scores to 0. e⁰ is 1: such a key counts as much as one that is neither near nor far. Which score
/// has a weight of 0?
pub mod masked_with_zero {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    weights!(|q, k| {
        let is_seen = super::seen((q.nrows(), k.nrows()));
        softmax(&super::hidden(super::scaled(q, k), is_seen, F::zero()))
    });
}

/// You set hidden scores to −10⁴. That is far below ordinary scores, and far above a row of −2·10⁴: there the hidden
/// keys take everything. −∞ is below every number.
pub mod mask_minus_1e4 {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    weights!(|q, k| {
        let is_seen = super::seen((q.nrows(), k.nrows()));
        softmax(&super::hidden(super::scaled(q, k), is_seen, super::number(-1e4)))
    });
}

/// The maximum that you take off the scores of a row is one of all keys, hidden ones as well. On paper it cancels. In
/// the machine a hidden score moves the last bits of earlier outputs, and a large one makes all exponentials of the row
/// 0. Hide first, and look for the maximum then.
pub mod maximum_of_hidden {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    weights!(|q, k| {
        let mut a = super::scaled(q, k);
        let is_seen = super::seen(a.dim());
        for (t, mut row) in a.outer_iter_mut().enumerate() {
            let max = row.fold(F::neg_infinity(), |max, &score| max.max(score));
            row.mapv_inplace(|score| (score - max).exp());
            let hidden = row.iter_mut().enumerate().filter(|(key, _)| !is_seen(t, *key));
            hidden.for_each(|(_, it)| *it = F::zero());
            let sum = row.sum();
            row /= sum;
        }
        a
    });
}

/// Your softmax runs over the queries: the weights of one *key* add up to 1. Each query shares out its attention, so
/// that the weights of a query add up to 1. Which axis are the keys?
pub mod softmax_over_queries {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    weights!(
        |q, k| {
            let is_seen = super::seen((q.nrows(), k.nrows()));
            let scores = super::hidden(super::scaled(q, k), is_seen, F::neg_infinity());
            softmax(&scores.t().to_owned()).t().to_owned()
        },
        softmax(&super::scaled(q, k).t().to_owned()).t().to_owned()
    );
}

/// The weights of scores that are products divided by a number of their own.
macro_rules! divided {
    (|$d:ident| $by:expr) => {
        fn quotients<F: NdFloat>(q: &Array2<F>, k: &Array2<F>) -> Array2<F> {
            let $d = super::number::<F>(q.ncols() as f64);
            q.dot(&k.t()) / $by
        }

        weights!(
            |q, k| {
                let is_seen = super::seen((q.nrows(), k.nrows()));
                softmax(&super::hidden(quotients(q, k), is_seen, F::neg_infinity()))
            },
            softmax(&quotients(q, k))
        );
    };
}

/// Your scores are plain dot products. A sum of d products of random numbers grows with √d: for d = 64 the largest
/// weight is nearly 1 from the start, and nothing comes back through the softmax. What makes it as large as one
/// product?
pub mod scale_forgotten {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    divided!(|_d| F::one());
}

/// You divide the dot products by d. The *variance* of a sum of d products is d times that of one: how much larger are
/// the numbers themselves?
pub mod scale_d_not_sqrt {
    use ex_4_4::softmax;
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    divided!(|d| d);
}

/// `attention_backward` and `attention_batch_backward`, of one head.
macro_rules! gradients {
    (|$d_o:ident, $q:ident, $k:ident, $v:ident, $a:ident| $gradients:expr) => {
        fn of_one<F: NdFloat>(
            $d_o: &Array2<F>,
            $q: &Array2<F>,
            $k: &Array2<F>,
            $v: &Array2<F>,
            $a: &Array2<F>,
        ) -> (Array2<F>, Array2<F>, Array2<F>) {
            $gradients
        }

        pub fn attention_backward<F: NdFloat>(
            d_o: &Array2<F>,
            q: &Array2<F>,
            k: &Array2<F>,
            v: &Array2<F>,
            cache: &AttentionCache<F>,
        ) -> (Array2<F>, Array2<F>, Array2<F>) {
            of_one(d_o, q, k, v, &cache.a)
        }

        pub fn attention_batch_backward<F: NdFloat>(
            d_o: &Array3<F>,
            q: &Array3<F>,
            k: &Array3<F>,
            v: &Array3<F>,
            cache: &BatchCache<F>,
        ) -> (Array3<F>, Array3<F>, Array3<F>) {
            super::gradients_by_heads([d_o, q, k, v, &cache.a], |[d_o, q, k, v, a]| {
                let (dq, dk, dv) = of_one(&d_o, &q, &k, &v, &a);
                [dq, dk, dv]
            })
        }
    };
}

/// One head after the other, backward.
fn gradients_by_heads<F: NdFloat>(
    inputs: [&Array3<F>; 5],
    one: impl Fn([Array2<F>; 5]) -> [Array2<F>; 3],
) -> (Array3<F>, Array3<F>, Array3<F>) {
    let heads = 0..inputs[0].dim().0;
    let of_head = |head: usize| inputs.map(|it| it.index_axis(Axis(0), head).to_owned());
    let gradients: Vec<_> = heads.map(|head| one(of_head(head))).collect();
    let all = |which: usize| {
        let parts: Vec<_> = gradients.iter().map(|it| it[which].view()).collect();
        if parts.is_empty() {
            return Array3::zeros(inputs[which + 1].dim());
        }
        stack(Axis(0), &parts).unwrap()
    };
    (all(0), all(1), all(2))
}

/// The right gradients of one head.
fn right<F: NdFloat>([d_o, q, k, v, a]: [&Array2<F>; 5]) -> (Array2<F>, Array2<F>, Array2<F>) {
    ex_6_1::attention_backward(d_o, q, k, v, &ex_6_1::AttentionCache { a: a.clone() })
}

/// The scale is missing in your dL/dQ and dL/dK. It stands between the dot products and the scores, forward and
/// backward: what is multiplied by a constant has a derivative with the same constant.
pub mod scale_only_forward {
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    gradients!(|d_o, q, k, v, a| {
        let (dq, dk, dv) = super::right([d_o, q, k, v, a]);
        let root = super::number::<F>(q.ncols() as f64).sqrt();
        (dq * root, dk * root, dv)
    });
}

/// Your dL/dS is A∘dL/dA: the row's own term is missing. A score moves all weights of its row, because they add up to
/// 1, and each row of dL/dS has to add up to 0. What is taken off each dL/da?
pub mod row_term_missing {
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    gradients!(|d_o, q, k, v, a| {
        let d_s = a * &d_o.dot(&v.t()) / super::number::<F>(q.ncols() as f64).sqrt();
        (d_s.dot(k), d_s.t().dot(q), a.t().dot(d_o))
    });
}

/// Your dL/dV is A·dL/dO. That fits where there are as many keys as queries, and is wrong there: value j went into the
/// outputs with column j of A. Which matrix has that column as a row?
pub mod dv_untransposed {
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    gradients!(|d_o, q, k, v, a| {
        let (dq, dk, _) = super::right([d_o, q, k, v, a]);
        (dq, dk, a.dot(d_o))
    });
}

/// You give dL/dK first, and then dL/dQ. With as many keys as queries nothing complains.
pub mod q_and_k_gradients_swapped {
    pub use ex_6_1::*;
    use ndarray::{Array2, Array3, NdFloat};

    gradients!(|d_o, q, k, v, a| {
        let (dq, dk, dv) = super::right([d_o, q, k, v, a]);
        (dk, dq, dv)
    });
}
