//! Lesson 6.1, solved: causal attention.

use kernels::product;
use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut2, Axis, NdFloat};

/// By hand: the scores of the three keys.
pub fn scores() -> [f64; 3] {
    [1.0, 0.0, 2.0]
}

/// By hand: the weights of the three keys, softmax of their scores.
pub fn weights() -> [f64; 3] {
    [0.244_728_471_055, 0.090_030_573_170, 0.665_240_955_775]
}

/// By hand: the output, the values added up by their weights.
pub fn output() -> [f64; 2] {
    [-0.420_512_484_720, 0.845_302_102_116]
}

/// By hand: dL/da of the three weights.
pub fn d_weights() -> [f64; 3] {
    [2.0, -2.0, -3.0]
}

/// By hand: dL/ds of the three scores.
pub fn d_scores() -> [f64; 3] {
    [0.902_149_188_030, -0.028_240_153_536, -0.873_909_034_494]
}

/// How many keys the query at place `t` may see, the first ones. The last query sees all of them.
fn seen(t: usize, queries: usize, keys: usize) -> usize {
    t + 1 + keys - queries
}

/// The queries are the last of the tokens that the keys belong to.
fn assert_keys(queries: usize, keys: usize) {
    assert!(keys >= queries, "{queries} queries see {keys} keys: each must have a key of its own");
}

/// Which keys each query may see (T, S), where the queries are the last T of S tokens: the last query sees all keys,
/// and each one before it one key less.
///
/// # Panics
/// When there are fewer keys than queries.
pub fn mask(queries: usize, keys: usize) -> Array2<bool> {
    assert_keys(queries, keys);
    Array2::from_shape_fn((queries, keys), |(t, key)| key < seen(t, queries, keys))
}

/// 1/√d, for queries and keys of d numbers.
fn scale<F: NdFloat>(d: usize) -> F {
    F::one() / F::from(d).expect("a width is a number").sqrt()
}

/// Puts the weights of a head in the place of its scores: softmax of those that a row sees, the first ones, and 0 in the
/// place of the others.
fn softmax_in_place<F: NdFloat>(a: &mut ArrayViewMut2<F>, seen: impl Fn(usize) -> usize) {
    for (t, row) in a.outer_iter_mut().enumerate() {
        let (mut row, mut hidden) = row.split_at(Axis(0), seen(t));
        let max = row.fold(F::neg_infinity(), |max, &score| if score > max { score } else { max });
        row -= max;
        hidden.fill(F::neg_infinity());
    }
    // All rows at once: a call costs as much as the exponentials of a short row.
    kernels::exp(a);
    for (t, row) in a.outer_iter_mut().enumerate() {
        let (mut row, _) = row.split_at(Axis(0), seen(t));
        let sum = row.sum();
        row /= sum;
    }
}

/// The weights `a` (T, S) and the outputs `o` (T, e) of one head.
fn attend<F: NdFloat>(
    [q, k, v]: [ArrayView2<F>; 3],
    causal: bool,
    mut a: ArrayViewMut2<F>,
    mut o: ArrayViewMut2<F>,
) {
    let (queries, keys) = a.dim();
    if causal {
        assert_keys(queries, keys);
    }
    // The scale costs nothing: it is the α of the product.
    product(scale(q.ncols()), &q, &k.t(), F::zero(), &mut a);
    softmax_in_place(&mut a, |t| if causal { seen(t, queries, keys) } else { keys });
    product(F::one(), &a, &v, F::zero(), &mut o);
}

/// dL/dQ, dL/dK and dL/dV of one head. `d_s` (T, S) is overwritten.
fn attend_backward<F: NdFloat>(
    d_o: ArrayView2<F>,
    [q, k, v]: [ArrayView2<F>; 3],
    a: ArrayView2<F>,
    d_s: &mut Array2<F>,
    [mut dq, mut dk, mut dv]: [ArrayViewMut2<F>; 3],
) {
    product(F::one(), &a.t(), &d_o, F::zero(), &mut dv);
    // dL/dA, which becomes dL/dS row by row.
    product(F::one(), &d_o, &v.t(), F::zero(), d_s);
    for (mut row, a) in d_s.outer_iter_mut().zip(a.outer_iter()) {
        let mean = row.dot(&a);
        row.zip_mut_with(&a, |d, &a| *d = a * (*d - mean));
    }
    let scale = scale(q.ncols());
    product(scale, &*d_s, &k, F::zero(), &mut dq);
    product(scale, &d_s.t(), &q, F::zero(), &mut dk);
}

/// What the backward pass of `attention` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct AttentionCache<F: NdFloat> {
    /// The weights A (T, S): row t says how much of each value goes into output t.
    pub a: Array2<F>,
}

/// The outputs O (T, e) of queries `q` (T, d) over keys `k` (S, d) and values `v` (S, e), and what the backward pass
/// needs. Where it is `causal`, each query sees the keys that `mask` names, else all of them.
///
/// # Panics
/// When the shapes do not fit, and when it is causal and there are fewer keys than queries.
pub fn attention<F: NdFloat>(
    q: &Array2<F>,
    k: &Array2<F>,
    v: &Array2<F>,
    causal: bool,
) -> (Array2<F>, AttentionCache<F>) {
    let (queries, keys) = (q.nrows(), k.nrows());
    let mut a = Array2::zeros((queries, keys));
    let mut o = Array2::zeros((queries, v.ncols()));
    attend([q.view(), k.view(), v.view()], causal, a.view_mut(), o.view_mut());
    (o, AttentionCache { a })
}

/// dL/dQ (T, d), dL/dK (S, d) and dL/dV (S, e), from the upstream gradient `d_o` = dL/dO (T, e), and from inputs and
/// cache of `attention`.
///
/// # Panics
/// When the shapes do not fit.
pub fn attention_backward<F: NdFloat>(
    d_o: &Array2<F>,
    q: &Array2<F>,
    k: &Array2<F>,
    v: &Array2<F>,
    cache: &AttentionCache<F>,
) -> (Array2<F>, Array2<F>, Array2<F>) {
    let [mut dq, mut dk, mut dv] = [q, k, v].map(|it| Array2::zeros(it.dim()));
    attend_backward(
        d_o.view(),
        [q, k, v].map(|it| it.view()),
        cache.a.view(),
        &mut Array2::zeros(cache.a.dim()),
        [&mut dq, &mut dk, &mut dv].map(|it| it.view_mut()),
    );
    (dq, dk, dv)
}

/// What the backward pass of `attention_batch` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct BatchCache<F: NdFloat> {
    /// The weights A (N, T, S).
    pub a: Array3<F>,
}

/// `attention` of each of N heads by itself: `q` (N, T, d), `k` (N, S, d) and `v` (N, S, e) give O (N, T, e).
///
/// # Panics
/// As `attention`.
pub fn attention_batch<F: NdFloat>(
    q: &Array3<F>,
    k: &Array3<F>,
    v: &Array3<F>,
    causal: bool,
) -> (Array3<F>, BatchCache<F>) {
    let (heads, queries, _) = q.dim();
    let (_, keys, width) = v.dim();
    assert!([k, v].iter().all(|it| it.dim().0 == heads), "Q, K and V must have as many heads");
    let mut a = Array3::zeros((heads, queries, keys));
    let mut o = Array3::zeros((heads, queries, width));
    for (head, (a, o)) in a.outer_iter_mut().zip(o.outer_iter_mut()).enumerate() {
        attend([q, k, v].map(|it| it.index_axis(Axis(0), head)), causal, a, o);
    }
    (o, BatchCache { a })
}

/// dL/dQ (N, T, d), dL/dK (N, S, d) and dL/dV (N, S, e), from the upstream gradient `d_o` = dL/dO (N, T, e), and from
/// inputs and cache of `attention_batch`.
///
/// # Panics
/// When the shapes do not fit.
pub fn attention_batch_backward<F: NdFloat>(
    d_o: &Array3<F>,
    q: &Array3<F>,
    k: &Array3<F>,
    v: &Array3<F>,
    cache: &BatchCache<F>,
) -> (Array3<F>, Array3<F>, Array3<F>) {
    let (heads, queries, keys) = cache.a.dim();
    let has_all = |it: &&Array3<F>| it.dim().0 == heads;
    assert!([d_o, q, k, v].iter().all(has_all), "all arrays must have as many heads as the cache");
    let [mut dq, mut dk, mut dv] = [q, k, v].map(|it| Array3::zeros(it.dim()));
    let mut d_s = Array2::zeros((queries, keys));
    for head in 0..heads {
        let [d_o, a] = [d_o, &cache.a].map(|it| it.index_axis(Axis(0), head));
        let inputs = [q, k, v].map(|it| it.index_axis(Axis(0), head));
        let gradients = [&mut dq, &mut dk, &mut dv].map(|it| it.index_axis_mut(Axis(0), head));
        attend_backward(d_o, inputs, a, &mut d_s, gradients);
    }
    (dq, dk, dv)
}
