//! Lesson 6.2, solved: multi-head attention, and keys that heads share.

use ex_5_6::{rope, rope_backward};
use ex_6_1::{BatchCache, attention_batch, attention_batch_backward};
use kernels::product;
use ndarray::{Array1, Array2, Array3, Array4, ArrayView4, Axis, NdFloat};

/// A linear layer as weights, or the gradients of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<F: NdFloat> {
    /// (d_out, d_in).
    pub w: Array2<F>,
    /// (d_out), where the layer has a bias.
    pub b: Option<Array1<F>>,
}

/// The outputs Y = X·Wᵀ, plus b where there is one: `x` (N, d_in) gives (N, d_out).
///
/// # Panics
/// When the shapes do not fit.
pub fn linear<F: NdFloat>(x: &Array2<F>, weights: &Linear<F>) -> Array2<F> {
    let Linear { w, b } = weights;
    let shape = (x.nrows(), w.nrows());
    let mut y = match b {
        Some(b) => {
            assert_eq!(b.len(), w.nrows(), "there must be one bias for each output");
            Array2::from_shape_vec(shape, b.to_vec().repeat(x.nrows())).expect("as many numbers")
        }
        None => Array2::zeros(shape),
    };
    product(F::one(), x, &w.t(), F::one(), &mut y);
    y
}

/// dL/dX (N, d_in) of `linear`, from the upstream gradient `dy` = dL/dY (N, d_out). Adds dL/dW and dL/db to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit.
pub fn linear_backward<F: NdFloat>(
    dy: &Array2<F>,
    x: &Array2<F>,
    weights: &Linear<F>,
    gradients: &mut Linear<F>,
) -> Array2<F> {
    product(F::one(), &dy.t(), x, F::one(), &mut gradients.w);
    if let Some(db) = &mut gradients.b {
        assert_eq!(db.len(), dy.ncols(), "there must be one dL/db for each output");
        *db += &dy.sum_axis(Axis(0));
    }
    let mut dx = Array2::zeros((dy.nrows(), weights.w.ncols()));
    product(F::one(), dy, &weights.w, F::zero(), &mut dx);
    dx
}

/// The four linear layers of multi-head attention, as weights or as gradients. With H heads of d numbers, G of them
/// with keys and values:
#[derive(Debug, Clone, PartialEq)]
pub struct Attention<F: NdFloat> {
    /// Makes the queries: W is (H·d, D).
    pub q: Linear<F>,
    /// Makes the keys: W is (G·d, D).
    pub k: Linear<F>,
    /// Makes the values: W is (G·d, D).
    pub v: Linear<F>,
    /// Mixes the outputs of all heads: W is (D, H·d).
    pub o: Linear<F>,
}

/// How the rows are shared out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heads {
    /// H, the number of heads.
    pub heads: usize,
    /// G, the number of heads that have keys and values of their own. H/G neighbours share them.
    pub kv_heads: usize,
    /// The base of the turns of queries and keys (lesson 5.6); `None` turns nothing.
    pub rope: Option<f64>,
}

impl Heads {
    /// How many heads share the keys of one.
    fn group(&self) -> usize {
        let Self { heads, kv_heads, .. } = self;
        assert!(*kv_heads > 0 && *heads > 0, "there must be a head");
        assert!(
            heads.is_multiple_of(*kv_heads),
            "{heads} heads do not share the keys of {kv_heads} equally"
        );
        heads / kv_heads
    }
}

/// The rows of `x` (B·T, H·d) head by head: (B, H, T, d).
///
/// # Panics
/// When the rows are not `batch` sequences of one length, or the columns not `heads` heads of one width.
pub fn split<F: NdFloat>(x: &Array2<F>, batch: usize, heads: usize) -> Array4<F> {
    let (rows, width) = x.dim();
    assert!(batch > 0 && rows.is_multiple_of(batch), "{rows} rows are not {batch} equal sequences");
    assert!(
        heads > 0 && width.is_multiple_of(heads),
        "{width} columns are not {heads} equal heads"
    );
    let tokens = x.to_shape((batch, rows / batch, heads, width / heads)).expect("as many numbers");
    in_order(tokens.permuted_axes([0, 2, 1, 3]).view())
}

/// The inverse of `split`: (B, H, T, d) as rows (B·T, H·d).
pub fn merge<F: NdFloat>(x: &Array4<F>) -> Array2<F> {
    let (batch, heads, time, width) = x.dim();
    let tokens = in_order(x.view().permuted_axes([0, 2, 1, 3]));
    tokens.into_shape_with_order((batch * time, heads * width)).expect("as many numbers")
}

/// A copy whose numbers lie in the order of the axes. `assign` copies a row at a time, and an iterator number by number.
fn in_order<F: NdFloat>(x: ArrayView4<F>) -> Array4<F> {
    let mut copy = Array4::zeros(x.dim());
    copy.assign(&x);
    copy
}

/// (B, H, T, d) as (B·H, T, d).
fn flat<F: NdFloat>(x: Array4<F>) -> Array3<F> {
    let (batch, heads, time, width) = x.dim();
    x.into_shape_clone((batch * heads, time, width)).expect("as many numbers")
}

/// The inverse of `flat`.
fn unflat<F: NdFloat>(x: Array3<F>, batch: usize) -> Array4<F> {
    let (heads, time, width) = x.dim();
    x.into_shape_clone((batch, heads / batch, time, width)).expect("as many numbers")
}

/// Each head `group` times, one after the other: (B, G, T, d) as (B·H, T, d).
fn shared<F: NdFloat>(x: Array4<F>, group: usize) -> Array3<F> {
    let (batch, heads, time, width) = x.dim();
    let x = x.insert_axis(Axis(2));
    let all = x.broadcast((batch, heads, group, time, width)).expect("a new axis repeats");
    let flat = all.to_shape((batch * heads * group, time, width)).expect("as many numbers");
    flat.into_owned()
}

/// The way back through `shared`: a head gets the sum of what comes back to those that share it, (B, G, T, d).
fn shared_backward<F: NdFloat>(dx: Array3<F>, batch: usize, group: usize) -> Array4<F> {
    let (all, time, width) = dx.dim();
    let groups = dx.into_shape_clone((batch, all / batch / group, group, time, width));
    groups.expect("as many numbers").sum_axis(Axis(2))
}

/// Queries and keys, turned by their positions where the heads have any.
fn turned<F: NdFloat>(
    parts: [Array4<F>; 2],
    heads: &Heads,
    turn: fn(&Array4<F>, &[usize], f64) -> Array4<F>,
) -> [Array4<F>; 2] {
    let Some(base) = heads.rope else { return parts };
    let positions: Vec<_> = (0..parts[0].dim().2).collect();
    parts.map(|it| turn(&it, &positions, base))
}

/// What the backward pass of `multi_head` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct MultiHeadCache<F: NdFloat> {
    /// The inputs X (B·T, D).
    x: Array2<F>,
    /// Queries, keys and values (B·H, T, d), as attention saw them.
    inputs: [Array3<F>; 3],
    weights: BatchCache<F>,
    /// The outputs of all heads (B·T, H·d).
    merged: Array2<F>,
}

/// Causal multi-head attention: the rows `x` (B·T, D) of `batch` sequences give Y (B·T, D), and what the backward
/// pass needs. Positions count from 0 in each sequence.
///
/// # Panics
/// When the shapes do not fit, or when `heads` is not a multiple of `kv_heads`.
pub fn multi_head<F: NdFloat>(
    x: &Array2<F>,
    weights: &Attention<F>,
    heads: &Heads,
    batch: usize,
) -> (Array2<F>, MultiHeadCache<F>) {
    let group = heads.group();
    let part = |layer: &Linear<F>, heads| split(&linear(x, layer), batch, heads);
    let q = part(&weights.q, heads.heads);
    let k = part(&weights.k, heads.kv_heads);
    let v = part(&weights.v, heads.kv_heads);
    let [q, k] = turned([q, k], heads, rope);
    let inputs = [flat(q), shared(k, group), shared(v, group)];
    let [q, k, v] = &inputs;
    let (o, cache) = attention_batch(q, k, v, true);
    let merged = merge(&unflat(o, batch));
    let y = linear(&merged, &weights.o);
    (y, MultiHeadCache { x: x.clone(), inputs, weights: cache, merged })
}

/// dL/dX (B·T, D) of `multi_head`, from the upstream gradient `dy` = dL/dY (B·T, D). Adds the gradients of the four
/// layers to `gradients`.
///
/// # Panics
/// When the shapes do not fit.
pub fn multi_head_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &MultiHeadCache<F>,
    weights: &Attention<F>,
    heads: &Heads,
    gradients: &mut Attention<F>,
) -> Array2<F> {
    let MultiHeadCache { x, inputs: [q, k, v], weights: attention, merged } = cache;
    let (group, batch) = (heads.group(), q.dim().0 / heads.heads);
    let d_merged = linear_backward(dy, merged, &weights.o, &mut gradients.o);
    let d_o = flat(split(&d_merged, batch, heads.heads));
    let (dq, dk, dv) = attention_batch_backward(&d_o, q, k, v, attention);
    let [dk, dv] = [dk, dv].map(|it| shared_backward(it, batch, group));
    let [dq, dk] = turned([unflat(dq, batch), dk], heads, rope_backward);
    let mut dx = linear_backward(&merge(&dq), x, &weights.q, &mut gradients.q);
    dx += &linear_backward(&merge(&dk), x, &weights.k, &mut gradients.k);
    dx += &linear_backward(&merge(&dv), x, &weights.v, &mut gradients.v);
    dx
}
