//! Wrong variants of lesson 6.2. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_5_6::{rope, rope_backward};
use ex_6_1::{BatchCache, attention_batch, attention_batch_backward};
use ex_6_2::{Attention, Heads, Linear, linear, linear_backward, merge, split};
use ndarray::{Array1, Array2, Array3, Array4, Axis, NdFloat};

/// What goes wrong in a whole that is put together as it should be otherwise.
#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    Merge,
    Split,
    Interleaved,
    TokensFirst,
    NotCausal,
    OutputTransposed,
    OfQueriesAlone,
    LastOfThree,
    Tiled,
    MeanOfGroup,
    FirstOfGroup,
    Overwritten,
    ValuesTurned,
    NotTurnedBack,
    Scale,
    Exchanged,
    NoOutput,
}

use Mistake::*;

struct Cache<F: NdFloat> {
    x: Array2<F>,
    parts: [Array3<F>; 3],
    weights: BatchCache<F>,
    merged: Array2<F>,
}

fn apart<F: NdFloat>(mistake: Mistake, x: &Array2<F>, batch: usize, heads: usize) -> Array4<F> {
    // What does not fit is refused as ever.
    let right = split(x, batch, heads);
    let (_, _, time, width) = right.dim();
    match mistake {
        Split => x.to_shape((batch, heads, time, width)).unwrap().into_owned(),
        Interleaved => {
            Array4::from_shape_fn(right.dim(), |(b, h, t, i)| x[[b * time + t, i * heads + h]])
        }
        TokensFirst => {
            Array4::from_shape_fn(right.dim(), |(b, h, t, i)| x[[t * batch + b, h * width + i]])
        }
        _ => right,
    }
}

fn together<F: NdFloat>(mistake: Mistake, x: &Array4<F>) -> Array2<F> {
    let (batch, heads, time, width) = x.dim();
    let shape = (batch * time, heads * width);
    match mistake {
        Merge => x.to_shape(shape).unwrap().into_owned(),
        Interleaved => Array2::from_shape_fn(shape, |(row, column)| {
            x[[row / time, column % heads, row % time, column / heads]]
        }),
        TokensFirst => Array2::from_shape_fn(shape, |(row, column)| {
            x[[row % batch, column / width, row / batch, column % width]]
        }),
        _ => merge(x),
    }
}

fn flat<F: NdFloat>(x: &Array4<F>) -> Array3<F> {
    let (batch, heads, time, width) = x.dim();
    x.to_shape((batch * heads, time, width)).unwrap().into_owned()
}

fn unflat<F: NdFloat>(x: &Array3<F>, batch: usize) -> Array4<F> {
    let (heads, time, width) = x.dim();
    x.to_shape((batch, heads / batch, time, width)).unwrap().into_owned()
}

/// Whose keys a head has.
fn owner(mistake: Mistake, head: usize, heads: &Heads) -> usize {
    if mistake == Tiled { head % heads.kv_heads } else { head * heads.kv_heads / heads.heads }
}

fn is_square<F: NdFloat>(layer: &Linear<F>) -> bool {
    layer.w.nrows() == layer.w.ncols()
}

/// A layer whose square matrix is the transposed one.
fn transposed<F: NdFloat>(layer: &Linear<F>) -> Linear<F> {
    let w = if is_square(layer) { layer.w.t().to_owned() } else { layer.w.clone() };
    Linear { w, b: layer.b.clone() }
}

fn multi_head<F: NdFloat>(
    mistake: Mistake,
    x: &Array2<F>,
    weights: &Attention<F>,
    heads: &Heads,
    batch: usize,
) -> (Array2<F>, Cache<F>) {
    ex_6_2::multi_head(x, weights, heads, batch);
    let part = |layer: &Linear<F>, heads| apart(mistake, &linear(x, layer), batch, heads);
    let mut q = part(&weights.q, heads.heads);
    let [mut k, mut v] = [&weights.k, &weights.v].map(|layer| part(layer, heads.kv_heads));
    if let Some(base) = heads.rope {
        let positions: Vec<_> = (0..q.dim().2).collect();
        q = rope(&q, &positions, base);
        k = rope(&k, &positions, base);
        if mistake == ValuesTurned {
            v = rope(&v, &positions, base);
        }
    }
    let owners: Vec<_> = (0..heads.heads).map(|head| owner(mistake, head, heads)).collect();
    if mistake == Scale {
        // Attention divides by the root of d.
        q.mapv_inplace(|it| it / F::from(heads.heads).unwrap().sqrt());
    }
    if mistake == Exchanged {
        (k, v) = (v, k);
    }
    let parts = [flat(&q), flat(&k.select(Axis(1), &owners)), flat(&v.select(Axis(1), &owners))];
    let (o, cache) = attention_batch(&parts[0], &parts[1], &parts[2], mistake != NotCausal);
    let merged = together(mistake, &unflat(&o, batch));
    let y = match mistake {
        OutputTransposed => linear(&merged, &transposed(&weights.o)),
        NoOutput if is_square(&weights.o) => merged.clone(),
        _ => linear(&merged, &weights.o),
    };
    (y, Cache { x: x.clone(), parts, weights: cache, merged })
}

/// What comes back to a head with keys from those that share it.
fn of_group<F: NdFloat>(mistake: Mistake, dx: &Array4<F>, heads: &Heads) -> Array4<F> {
    let (batch, _, time, width) = dx.dim();
    let mut sum = Array4::zeros((batch, heads.kv_heads, time, width));
    let group = F::from(heads.heads / heads.kv_heads).unwrap();
    for head in 0..heads.heads {
        let owner = owner(mistake, head, heads);
        let is_first = (0..head).all(|other| self::owner(mistake, other, heads) != owner);
        if mistake == FirstOfGroup && !is_first {
            continue;
        }
        let mut sum = sum.index_axis_mut(Axis(1), owner);
        sum += &dx.index_axis(Axis(1), head);
    }
    if mistake == MeanOfGroup { sum / group } else { sum }
}

fn zeros<F: NdFloat>(layer: &Linear<F>) -> Linear<F> {
    Linear { w: Array2::zeros(layer.w.dim()), b: layer.b.as_ref().map(|b| Array1::zeros(b.len())) }
}

fn multi_head_backward<F: NdFloat>(
    mistake: Mistake,
    dy: &Array2<F>,
    cache: &Cache<F>,
    weights: &Attention<F>,
    heads: &Heads,
    gradients: &mut Attention<F>,
) -> Array2<F> {
    let Cache { x, parts: [q, k, v], weights: attention, merged } = cache;
    let batch = q.dim().0 / heads.heads;
    if mistake == Overwritten {
        let Attention { q, k, v, o } = &weights;
        *gradients = Attention { q: zeros(q), k: zeros(k), v: zeros(v), o: zeros(o) };
    }
    let d_merged = match mistake {
        OutputTransposed => {
            let mut of_o = transposed(&gradients.o);
            let d_merged = linear_backward(dy, merged, &transposed(&weights.o), &mut of_o);
            gradients.o = transposed(&of_o);
            d_merged
        }
        NoOutput if is_square(&weights.o) => dy.clone(),
        _ => linear_backward(dy, merged, &weights.o, &mut gradients.o),
    };
    // The way back through a merge without its change of axes is a split without one.
    let adjoint = match mistake {
        Merge => Split,
        Split => Merge,
        _ => mistake,
    };
    let d_o = flat(&apart(adjoint, &d_merged, batch, heads.heads));
    let (mut dq, mut dk, mut dv) = attention_batch_backward(&d_o, q, k, v, attention);
    if mistake == Exchanged {
        (dk, dv) = (dv, dk);
    }
    if mistake == Scale {
        dq.mapv_inplace(|it| it / F::from(heads.heads).unwrap().sqrt());
    }
    let mut dq = unflat(&dq, batch);
    let [mut dk, mut dv] = [&dk, &dv].map(|it| of_group(mistake, &unflat(it, batch), heads));
    if let Some(base) = heads.rope.filter(|_| mistake != NotTurnedBack) {
        let positions: Vec<_> = (0..dq.dim().2).collect();
        dq = rope_backward(&dq, &positions, base);
        dk = rope_backward(&dk, &positions, base);
        if mistake == ValuesTurned {
            dv = rope_backward(&dv, &positions, base);
        }
    }
    let rows = |of: &Array4<F>| together(adjoint, of);
    let of_q = linear_backward(&rows(&dq), x, &weights.q, &mut gradients.q);
    let of_k = linear_backward(&rows(&dk), x, &weights.k, &mut gradients.k);
    let of_v = linear_backward(&rows(&dv), x, &weights.v, &mut gradients.v);
    match mistake {
        OfQueriesAlone => of_q,
        LastOfThree => of_v,
        _ => of_q + of_k + of_v,
    }
}

/// `multi_head` and `multi_head_backward` with a mistake.
macro_rules! with {
    ($mistake:ident) => {
        pub struct MultiHeadCache<F: NdFloat>(super::Cache<F>);

        pub fn multi_head<F: NdFloat>(
            x: &Array2<F>,
            weights: &Attention<F>,
            heads: &Heads,
            batch: usize,
        ) -> (Array2<F>, MultiHeadCache<F>) {
            let (y, cache) = super::multi_head(super::Mistake::$mistake, x, weights, heads, batch);
            (y, MultiHeadCache(cache))
        }

        pub fn multi_head_backward<F: NdFloat>(
            dy: &Array2<F>,
            MultiHeadCache(cache): &MultiHeadCache<F>,
            weights: &Attention<F>,
            heads: &Heads,
            gradients: &mut Attention<F>,
        ) -> Array2<F> {
            let mistake = super::Mistake::$mistake;
            super::multi_head_backward(mistake, dy, cache, weights, heads, gradients)
        }
    };
}

/// And with it `split` or `merge`.
macro_rules! with_split {
    ($mistake:ident) => {
        pub fn split<F: NdFloat>(x: &Array2<F>, batch: usize, heads: usize) -> Array4<F> {
            super::apart(super::Mistake::$mistake, x, batch, heads)
        }
    };
}

macro_rules! with_merge {
    ($mistake:ident) => {
        pub fn merge<F: NdFloat>(x: &Array4<F>) -> Array2<F> {
            super::together(super::Mistake::$mistake, x)
        }
    };
}

/// Your `merge` does not change the order of the axes: it reads (B, H, T, d) off as it lies, head by head, and a row of
/// the result has numbers of several tokens. With one head or one token nothing differs, and a model trains with it all
/// the same. Which of the four axes is a row made of?
pub mod merge_without_transpose {
    pub use ex_6_2::*;
    use ndarray::{Array2, Array4, NdFloat};

    with!(Merge);
    with_merge!(Merge);
}

/// Your `split` gives the numbers the shape (B, H, T, d) without moving any. They lie token by token, so that a head
/// gets all numbers of some tokens. Which shape do the numbers have as they lie?
pub mod split_without_transpose {
    pub use ex_6_2::*;
    use ndarray::{Array2, Array4, NdFloat};

    with!(Split);
    with_split!(Split);
}

/// Your heads take turns: head h has the columns h, h + H, h + 2·H and so on. Each head has d columns side by side.
/// Weights that were trained with one order give nonsense with the other.
pub mod heads_interleaved {
    pub use ex_6_2::*;
    use ndarray::{Array2, Array4, NdFloat};

    with!(Interleaved);
    with_split!(Interleaved);
    with_merge!(Interleaved);
}

/// Your rows are (T·B): the first token of every sequence, then the second of every sequence. Here they are (B·T), one
/// sequence after the other. With B = 1 nothing differs.
pub mod tokens_before_batch {
    pub use ex_6_2::*;
    use ndarray::{Array2, Array4, NdFloat};

    with!(TokensFirst);
    with_split!(TokensFirst);
    with_merge!(TokensFirst);
}

/// Your attention is not causal: each token sees those that follow.
pub mod not_causal {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(NotCausal);
}

/// Your scores are divided by the root of the whole width H·d. Each head is an attention of its own, with vectors of d
/// numbers.
pub mod scale_of_all_heads {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(Scale);
}

/// Your output layer multiplies by Wo as it is, where every other layer takes the transposed one. Where H·d is D it fits.
pub mod wo_transposed {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(OutputTransposed);
}

/// Your keys and values have changed places: queries meet the values, and the keys are what is passed on. Queries and keys
/// make the weights; the values are what the weights mix.
pub mod keys_and_values_exchanged {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(Exchanged);
}

/// Your result is the merged heads as they are. The output layer comes behind them: without it the numbers of one head
/// never meet those of another.
pub mod output_layer_forgotten {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(NoOutput);
}

/// Your dL/dX is what comes back from the queries. X went into the keys and the values as well.
pub mod dx_only_from_q {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(OfQueriesAlone);
}

/// Your dL/dX is what comes back from the values: each of the three parts takes the place of the one before. They add
/// up.
pub mod dx_overwritten {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(LastOfThree);
}

/// Your heads share keys in turn: 0, 1, 0, 1. Neighbours share: 0, 0, 1, 1. Both are a model, and weights of one are
/// nonsense in the other.
pub mod group_repeat_tiled {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(Tiled);
}

/// The gradient of your shared keys and values is the mean over the heads of a group. What goes into several heads gets a
/// gradient from each, and they add up.
pub mod group_gradient_mean {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(MeanOfGroup);
}

/// The gradient of your shared keys and values is that of the first head of a group. What came back to the other heads is
/// lost.
pub mod group_gradient_first_head {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(FirstOfGroup);
}

/// Your backward pass starts with gradients of 0 and forgets those that were there. The layers add theirs, so that
/// batches can be cut, and weights be used twice.
pub mod gradients_overwritten {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(Overwritten);
}

/// You turn the values too. Positions belong into the scores, and nothing turns a sum of values back.
pub mod values_turned_too {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(ValuesTurned);
}

/// Your backward pass does not turn back: the gradients of the turned queries and keys go into the layers as they are.
/// Between the layer and the scores there is a turn, forward and backward.
pub mod rope_backward_forgotten {
    pub use ex_6_2::*;
    use ndarray::{Array2, NdFloat};

    with!(NotTurnedBack);
}
