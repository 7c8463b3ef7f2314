//! Wrong variants of lesson 6.3. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_6_2::{Heads, Linear};
use ex_6_3::{
    Block, BlockCache, FeedForward, Norm, SwigluCache, feed_forward_backward, norm_backward,
};
use ndarray::{Array2, NdFloat};

fn sigmoid<F: NdFloat>(z: &Array2<F>) -> Array2<F> {
    z.mapv(|z| F::one() / (F::one() + (-z).exp()))
}

/// A `swiglu` with a hidden layer of its own.
macro_rules! hidden {
    (|$a:ident, $c:ident| $h:expr) => {
        pub fn swiglu<F: NdFloat>(
            x: &Array2<F>,
            w1: &Array2<F>,
            w2: &Array2<F>,
            w3: &Array2<F>,
        ) -> (Array2<F>, SwigluCache<F>) {
            let (_, cache) = ex_6_3::swiglu(x, w1, w2, w3);
            let ($a, $c) = (&cache.a, &cache.c);
            let h: Array2<F> = $h;
            (h.dot(&w2.t()), cache)
        }
    };
}

/// Your `swiglu` has the two factors exchanged: SiLU is taken of X·W₃ᵀ. Both are (N, F), so it runs and it trains. A
/// checkpoint from elsewhere gives nonsense. Which of the two is the gate?
pub mod gate_and_up_swapped {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    hidden!(|a, c| super::sigmoid(c) * c * a);
}

/// Your `swiglu` takes SiLU of the product of both factors. One of them is only to be gated: it stays linear.
pub mod silu_of_product {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    hidden!(|a, c| {
        let product = a * c;
        super::sigmoid(&product) * product
    });
}

/// Your `swiglu` has no second factor: its hidden layer is SiLU(X·W₁ᵀ). What is W₃ there for?
pub mod gate_alone {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    hidden!(|a, _c| super::sigmoid(a) * a);
}

/// Your `swiglu` multiplies by σ(X·W₁ᵀ), which is a plain gate. SiLU is z·σ(z).
pub mod gate_is_sigmoid {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    hidden!(|a, c| super::sigmoid(a) * c);
}

/// Gradients of SwiGLU from dL/da and dL/dc.
fn gradients<F: NdFloat>(
    [da, dc]: [Array2<F>; 2],
    dy: &Array2<F>,
    cache: &SwigluCache<F>,
    [w1, w3]: [&Array2<F>; 2],
) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
    let h = sigmoid(&cache.a) * &cache.a * &cache.c;
    (da.dot(w1) + dc.dot(w3), da.t().dot(&cache.x), dy.t().dot(&h), dc.t().dot(&cache.x))
}

/// Your `swiglu_backward` takes σ(a) for the slope of SiLU. a stands in z·σ(z) twice: as the factor, and in σ.
pub mod gate_derivative_is_sigma {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn swiglu_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &SwigluCache<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
        let gate = super::sigmoid(&cache.a);
        let dh = dy.dot(w2);
        let (da, dc) = (&dh * &cache.c * &gate, dh * gate * &cache.a);
        super::gradients([da, dc], dy, cache, [w1, w3])
    }
}

/// Your `swiglu_backward` leaves SiLU out on the way to W₃: dL/dc is dL/dh times a. What is c multiplied by in
/// the forward pass?
pub mod gate_missing_in_dc {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn swiglu_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &SwigluCache<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
        let dh = dy.dot(w2);
        let da = ex_4_3::silu_backward(&(&dh * &cache.c), &cache.a);
        super::gradients([da, dh * &cache.a], dy, cache, [w1, w3])
    }
}

/// Your dL/dX of SwiGLU comes from the gate alone. X goes into two products, and what is used twice gets two
/// gradients, which are added.
pub mod dx_through_gate_alone {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn swiglu_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &SwigluCache<F>,
        w1: &Array2<F>,
        w2: &Array2<F>,
        w3: &Array2<F>,
    ) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
        let (_, dw1, dw2, dw3) = ex_6_3::swiglu_backward(dy, cache, w1, w2, w3);
        let da = ex_4_3::silu_backward(&(dy.dot(w2) * &cache.c), &cache.a);
        (da.dot(w1), dw1, dw2, dw3)
    }
}

/// Your hidden width is rounded down. The rule is the smallest multiple that is not below 8/3 of the width.
pub mod hidden_width_floor {
    pub use ex_6_3::*;

    pub fn hidden_width(width: usize, multiple: usize) -> usize {
        8 * width / 3 / multiple * multiple
    }
}

/// Your `feed_forward` of the kind `Gelu` has the exact GELU, z·Φ(z). GPT-2 was trained with its tanh form: the two
/// differ by up to 0.0005, and its weights know the one and not the other.
pub mod exact_gelu {
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn feed_forward<F: NdFloat>(
        x: &Array2<F>,
        weights: &FeedForward<F>,
    ) -> (Array2<F>, FeedForwardCache<F>) {
        let (mut y, cache) = ex_6_3::feed_forward(x, weights);
        if let (FeedForward::Gelu { down, .. }, FeedForwardCache::Gelu { z, .. }) =
            (weights, &cache)
        {
            y = ex_6_2::linear(&ex_4_3::gelu(z), down);
        }
        (y, cache)
    }
}

/// Zeros in the place of all gradients.
fn clear_norm<F: NdFloat>(norm: &mut Norm<F>) {
    match norm {
        Norm::Rms { gain } => gain.fill(F::zero()),
        Norm::Layer { gain, bias } => {
            gain.fill(F::zero());
            bias.fill(F::zero());
        }
    }
}

fn clear_linear<F: NdFloat>(layer: &mut Linear<F>) {
    layer.w.fill(F::zero());
    layer.b.iter_mut().for_each(|b| b.fill(F::zero()));
}

fn clear_feed_forward<F: NdFloat>(layer: &mut FeedForward<F>) {
    match layer {
        FeedForward::SwiGlu { w1, w2, w3 } => {
            [w1, w2, w3].into_iter().for_each(|it| it.fill(F::zero()));
        }
        FeedForward::Gelu { up, down } => [up, down].into_iter().for_each(clear_linear),
    }
}

/// Your backward passes put their gradients in the place of those that were there before. With several small batches
/// for one step, only the last of them would count.
pub mod gradients_overwritten {
    use ex_4_5::Cache;
    use ex_6_2::{Attention, Heads};
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn norm_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &Cache<F>,
        weights: &Norm<F>,
        gradients: &mut Norm<F>,
    ) -> Array2<F> {
        super::clear_norm(gradients);
        ex_6_3::norm_backward(dy, cache, weights, gradients)
    }

    pub fn feed_forward_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &FeedForwardCache<F>,
        weights: &FeedForward<F>,
        gradients: &mut FeedForward<F>,
    ) -> Array2<F> {
        super::clear_feed_forward(gradients);
        ex_6_3::feed_forward_backward(dy, cache, weights, gradients)
    }

    pub fn block_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &BlockCache<F>,
        weights: &Block<F>,
        heads: &Heads,
        gradients: &mut Block<F>,
    ) -> Array2<F> {
        let Attention { q, k, v, o } = &mut gradients.attention;
        [q, k, v, o].into_iter().for_each(super::clear_linear);
        super::clear_norm(&mut gradients.norm1);
        super::clear_norm(&mut gradients.norm2);
        super::clear_feed_forward(&mut gradients.feed_forward);
        ex_6_3::block_backward(dy, cache, weights, heads, gradients)
    }
}

/// A `block` that wires its parts its own way: `norm1`, `attention`, `norm2` and `feed_forward` are functions of rows.
macro_rules! wired {
    (|$x:ident, $norm1:ident, $attention:ident, $norm2:ident, $feed_forward:ident| $y:expr) => {
        pub fn block<F: NdFloat>(
            $x: &Array2<F>,
            weights: &Block<F>,
            heads: &Heads,
            epsilon: f64,
            batch: usize,
        ) -> (Array2<F>, BlockCache<F>) {
            let (_, cache) = ex_6_3::block($x, weights, heads, epsilon, batch);
            let $norm1 = |x: &Array2<F>| norm(x, &weights.norm1, epsilon).0;
            let $norm2 = |x: &Array2<F>| norm(x, &weights.norm2, epsilon).0;
            let $attention =
                |x: &Array2<F>| ex_6_2::multi_head(x, &weights.attention, heads, batch).0;
            let $feed_forward = |x: &Array2<F>| feed_forward(x, &weights.feed_forward).0;
            ($y, cache)
        }
    };
}

/// Your block has its norms behind the sums: norm(x + f(x)). That is the transformer of 2017. There every gradient goes
/// through all norms, and deep models of that kind start only with a warm-up.
pub mod post_norm {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    wired!(|x, norm1, attention, norm2, feed_forward| {
        let u = norm1(&(attention(x) + x));
        norm2(&(feed_forward(&u) + &u))
    });
}

/// Your block leads what is normalised around its layers: norm(x) + f(norm(x)). The way around should have nothing on
/// it, or the gradient goes through every norm of the model.
pub mod residual_from_normed {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    wired!(|x, norm1, attention, norm2, feed_forward| {
        let x = norm1(x);
        let u = norm2(&(attention(&x) + &x));
        feed_forward(&u) + u
    });
}

/// The feed-forward layer of your block gets norm₂(X), and not norm₂(U): it does not see what attention has found out. As
/// a *parallel block* that is a model of its own, and not this one.
pub mod second_norm_on_x {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    wired!(|x, norm1, attention, norm2, feed_forward| {
        attention(&norm1(x)) + x + feed_forward(&norm2(x))
    });
}

/// The second sum of your block starts from X again, so that what attention has added is lost: Y = X + f(norm₂(U)).
pub mod second_sum_from_x {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    wired!(|x, norm1, attention, norm2, feed_forward| {
        let u = attention(&norm1(x)) + x;
        feed_forward(&norm2(&u)) + x
    });
}

/// Both norms of your block have the weights of the first one. At the start of a training all gains are 1, and nobody
/// sees it.
pub mod same_norm_for_both {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    wired!(|x, norm1, attention, _norm2, feed_forward| {
        let u = attention(&norm1(x)) + x;
        feed_forward(&norm1(&u)) + u
    });
}

/// A `block_backward` from dL/dY, and from what comes back to X and to U through their layers.
macro_rules! backward {
    (|$dy:ident, $through_second:ident, $through_first:ident| $dx:expr) => {
        pub fn block_backward<F: NdFloat>(
            $dy: &Array2<F>,
            cache: &BlockCache<F>,
            weights: &Block<F>,
            heads: &Heads,
            gradients: &mut Block<F>,
        ) -> Array2<F> {
            let $through_second = super::through_feed_forward($dy, cache, weights, gradients);
            let mut $through_first = |du: &Array2<F>| {
                super::through_attention(du, cache, weights, heads, &mut *gradients)
            };
            $dx
        }
    };
}

fn through_feed_forward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &BlockCache<F>,
    weights: &Block<F>,
    gradients: &mut Block<F>,
) -> Array2<F> {
    let (layer, sums) = (&weights.feed_forward, &mut gradients.feed_forward);
    let d = feed_forward_backward(dy, &cache.feed_forward, layer, sums);
    norm_backward(&d, &cache.norm2, &weights.norm2, &mut gradients.norm2)
}

fn through_attention<F: NdFloat>(
    du: &Array2<F>,
    cache: &BlockCache<F>,
    weights: &Block<F>,
    heads: &Heads,
    gradients: &mut Block<F>,
) -> Array2<F> {
    let (layer, sums) = (&weights.attention, &mut gradients.attention);
    let d = ex_6_2::multi_head_backward(du, &cache.attention, layer, heads, sums);
    norm_backward(&d, &cache.norm1, &weights.norm1, &mut gradients.norm1)
}

/// Your `block_backward` has no way around: the gradient comes back through the layers alone. The forward pass adds X
/// and U to what the layers give. What is the derivative of a sum by one of its terms?
pub mod residual_gradient_missing {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dy, second, first| first(&second));
}

/// Your dL/dX of the block has dL/dY in it twice: as it is, and within dL/dU, which comes back on the way around the
/// first layer. How many ways lead from X to Y on which there is no layer?
pub mod residual_gradient_twice {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dy, second, first| {
        let du = second + dy;
        first(&du) + du + dy
    });
}

/// Your `block_backward` hands dL/dY to attention, and not dL/dU: what the feed-forward layer makes of its inputs does
/// not come back to attention.
pub mod attention_gets_upstream {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dy, second, first| first(dy) + second + dy);
}

/// The gradients of your two norms are exchanged. They have the same shape, and at the start about the same size.
pub mod norm_gradients_exchanged {
    use ex_6_2::Heads;
    pub use ex_6_3::*;
    use ndarray::{Array2, NdFloat};

    pub fn block_backward<F: NdFloat>(
        dy: &Array2<F>,
        cache: &BlockCache<F>,
        weights: &Block<F>,
        heads: &Heads,
        gradients: &mut Block<F>,
    ) -> Array2<F> {
        let exchange = |it: &mut Block<F>| std::mem::swap(&mut it.norm1, &mut it.norm2);
        exchange(gradients);
        let dx = ex_6_3::block_backward(dy, cache, weights, heads, gradients);
        exchange(gradients);
        dx
    }
}
