//! Lesson 6.3, solved: feed-forward and the pre-norm block.

use ex_4_3::{gelu_tanh, gelu_tanh_backward, silu, silu_backward};
use ex_4_5::{Cache, layer_norm, layer_norm_backward, rms_norm, rms_norm_backward};
use ex_6_2::{
    Attention, Heads, Linear, MultiHeadCache, linear, linear_backward, multi_head,
    multi_head_backward,
};
use ndarray::{Array, Array1, Array2, Dimension, NdFloat, Zip, linalg::general_mat_mul};

/// The hidden width F of a gated feed-forward layer in a model of this width: the smallest multiple of `multiple` that
/// is not below 8/3 of `width`.
///
/// # Panics
/// When `multiple` is 0.
pub fn hidden_width(width: usize, multiple: usize) -> usize {
    assert!(multiple > 0, "there are no multiples of 0 to choose from");
    (8 * width).div_ceil(3 * multiple) * multiple
}

/// Adds a gradient to those before it.
fn add<F: NdFloat, D: Dimension>(sum: &mut Array<F, D>, gradient: &Array<F, D>) {
    // Not `+=`, which stretches an axis of length 1.
    Zip::from(sum).and(gradient).for_each(|sum, &gradient| *sum += gradient);
}

/// What the backward pass of `swiglu` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct SwigluCache<F: NdFloat> {
    /// The inputs X (N, D).
    pub x: Array2<F>,
    /// The gate before SiLU (N, F): X·W₁ᵀ.
    pub a: Array2<F>,
    /// What is gated (N, F): X·W₃ᵀ.
    pub c: Array2<F>,
}

/// The gated feed-forward layer (N, D) of each row of `x` (N, D): (SiLU(X·W₁ᵀ) ∘ X·W₃ᵀ)·W₂ᵀ, with `w1` and `w3`
/// (F, D), and `w2` (D, F).
///
/// # Panics
/// When the shapes do not fit.
pub fn swiglu<F: NdFloat>(
    x: &Array2<F>,
    w1: &Array2<F>,
    w2: &Array2<F>,
    w3: &Array2<F>,
) -> (Array2<F>, SwigluCache<F>) {
    assert_eq!(w1.dim(), w3.dim(), "W₁ and W₃ must have one shape");
    assert_eq!(w2.t().dim(), w1.dim(), "W₂ must lead back, from F to D");
    let (a, c) = (x.dot(&w1.t()), x.dot(&w3.t()));
    let y = (silu(&a) * &c).dot(&w2.t());
    (y, SwigluCache { x: x.clone(), a, c })
}

/// dL/dX (N, D), dL/dW₁ (F, D), dL/dW₂ (D, F) and dL/dW₃ (F, D), from the upstream gradient `dy` = dL/dY (N, D), and
/// from cache and weights of `swiglu`.
///
/// # Panics
/// When the shapes do not fit.
pub fn swiglu_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &SwigluCache<F>,
    w1: &Array2<F>,
    w2: &Array2<F>,
    w3: &Array2<F>,
) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
    let SwigluCache { x, a, c } = cache;
    let gate = silu(a);
    let dh = dy.dot(w2);
    let da = silu_backward(&(&dh * c), a);
    let dc = dh * &gate;
    // H is made once more: it is a product, and would take as much memory as each of its factors.
    let dw2 = dy.t().dot(&(gate * c));
    let mut dx = da.dot(w1);
    general_mat_mul(F::one(), &dc, w3, F::one(), &mut dx);
    (dx, da.t().dot(x), dw2, dc.t().dot(x))
}

/// A norm as weights, or the gradients of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Norm<F: NdFloat> {
    /// RMSNorm.
    Rms {
        /// γ (D).
        gain: Array1<F>,
    },
    /// LayerNorm.
    Layer {
        /// γ (D).
        gain: Array1<F>,
        /// β (D).
        bias: Array1<F>,
    },
}

/// The norm of each row of `x` (N, D), and what the backward pass needs: `rms_norm` or `layer_norm` of lesson 4.5.
///
/// # Panics
/// When the lengths do not fit.
pub fn norm<F: NdFloat>(x: &Array2<F>, weights: &Norm<F>, epsilon: f64) -> (Array2<F>, Cache<F>) {
    let epsilon = F::from(epsilon).expect("f32 and f64 can be made of it");
    match weights {
        Norm::Rms { gain } => rms_norm(x, gain, epsilon),
        Norm::Layer { gain, bias } => layer_norm(x, gain, bias, epsilon),
    }
}

/// dL/dX (N, D) of `norm`, from the upstream gradient `dy` = dL/dY (N, D). Adds dL/dγ, and dL/dβ where there is a β, to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit, or weights and gradients are of two kinds.
pub fn norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    weights: &Norm<F>,
    gradients: &mut Norm<F>,
) -> Array2<F> {
    match (weights, gradients) {
        (Norm::Rms { gain }, Norm::Rms { gain: sum }) => {
            let (dx, dgain) = rms_norm_backward(dy, cache, gain);
            add(sum, &dgain);
            dx
        }
        (Norm::Layer { gain, .. }, Norm::Layer { gain: sum, bias: sum_of_bias }) => {
            let (dx, dgain, dbias) = layer_norm_backward(dy, cache, gain);
            add(sum, &dgain);
            add(sum_of_bias, &dbias);
            dx
        }
        _ => panic!("the gradients of a norm must be of its kind"),
    }
}

/// A feed-forward layer as weights, or the gradients of one.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedForward<F: NdFloat> {
    /// `swiglu`.
    SwiGlu {
        /// Makes the gate (F, D).
        w1: Array2<F>,
        /// Leads back (D, F).
        w2: Array2<F>,
        /// Makes what is gated (F, D).
        w3: Array2<F>,
    },
    /// Two linear layers with the tanh form of GELU in between.
    Gelu {
        /// W is (F, D).
        up: Linear<F>,
        /// W is (D, F).
        down: Linear<F>,
    },
}

/// What the backward pass of `feed_forward` needs of the forward pass.
#[derive(Debug, Clone)]
pub enum FeedForwardCache<F: NdFloat> {
    /// Of the gated layer.
    SwiGlu {
        /// What `swiglu` keeps.
        cache: SwigluCache<F>,
    },
    /// Of the two linear layers.
    Gelu {
        /// The inputs X (N, D).
        x: Array2<F>,
        /// What goes into GELU (N, F).
        z: Array2<F>,
        /// What comes out of it (N, F).
        h: Array2<F>,
    },
}

/// The feed-forward layer (N, D) of each row of `x` (N, D), and what the backward pass needs.
///
/// # Panics
/// When the shapes do not fit.
pub fn feed_forward<F: NdFloat>(
    x: &Array2<F>,
    weights: &FeedForward<F>,
) -> (Array2<F>, FeedForwardCache<F>) {
    match weights {
        FeedForward::SwiGlu { w1, w2, w3 } => {
            let (y, cache) = swiglu(x, w1, w2, w3);
            (y, FeedForwardCache::SwiGlu { cache })
        }
        FeedForward::Gelu { up, down } => {
            let z = linear(x, up);
            let h = gelu_tanh(&z);
            (linear(&h, down), FeedForwardCache::Gelu { x: x.clone(), z, h })
        }
    }
}

/// dL/dX (N, D) of `feed_forward`, from the upstream gradient `dy` = dL/dY (N, D). Adds the gradients of the weights to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit, or cache, weights and gradients are of two kinds.
pub fn feed_forward_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &FeedForwardCache<F>,
    weights: &FeedForward<F>,
    gradients: &mut FeedForward<F>,
) -> Array2<F> {
    match (cache, weights, gradients) {
        (
            FeedForwardCache::SwiGlu { cache },
            FeedForward::SwiGlu { w1, w2, w3 },
            FeedForward::SwiGlu { w1: sum1, w2: sum2, w3: sum3 },
        ) => {
            let (dx, dw1, dw2, dw3) = swiglu_backward(dy, cache, w1, w2, w3);
            add(sum1, &dw1);
            add(sum2, &dw2);
            add(sum3, &dw3);
            dx
        }
        (
            FeedForwardCache::Gelu { x, z, h },
            FeedForward::Gelu { up, down },
            FeedForward::Gelu { up: sum_up, down: sum_down },
        ) => {
            let dh = linear_backward(dy, h, down, sum_down);
            linear_backward(&gelu_tanh_backward(&dh, z), x, up, sum_up)
        }
        _ => panic!("cache and gradients of a feed-forward layer must be of its kind"),
    }
}

/// A block of a transformer as weights, or the gradients of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<F: NdFloat> {
    /// In front of attention.
    pub norm1: Norm<F>,
    /// What tokens hear of each other.
    pub attention: Attention<F>,
    /// In front of the feed-forward layer.
    pub norm2: Norm<F>,
    /// What each token makes of it.
    pub feed_forward: FeedForward<F>,
}

/// What the backward pass of `block` needs of the forward pass.
#[derive(Debug, Clone)]
pub struct BlockCache<F: NdFloat> {
    /// Of the first norm.
    pub norm1: Cache<F>,
    /// Of attention.
    pub attention: MultiHeadCache<F>,
    /// Of the second norm.
    pub norm2: Cache<F>,
    /// Of the feed-forward layer.
    pub feed_forward: FeedForwardCache<F>,
}

/// The way around a layer, which gave `branch` for `x`.
fn around<F: NdFloat>(branch: Array2<F>, x: &Array2<F>) -> Array2<F> {
    assert_eq!(branch.dim(), x.dim(), "a layer must give as many numbers as it takes");
    branch + x
}

/// The pre-norm block: U = X + attention(norm₁(X)), Y = U + feed-forward(norm₂(U)). The rows `x` (B·T, D) are those of
/// `batch` sequences; both norms have the same `epsilon`.
///
/// # Panics
/// When the shapes do not fit.
pub fn block<F: NdFloat>(
    x: &Array2<F>,
    weights: &Block<F>,
    heads: &Heads,
    epsilon: f64,
    batch: usize,
) -> (Array2<F>, BlockCache<F>) {
    let (normed, norm1) = norm(x, &weights.norm1, epsilon);
    let (heard, attention) = multi_head(&normed, &weights.attention, heads, batch);
    let u = around(heard, x);
    let (normed, norm2) = norm(&u, &weights.norm2, epsilon);
    let (thought, feed_forward) = feed_forward(&normed, &weights.feed_forward);
    (around(thought, &u), BlockCache { norm1, attention, norm2, feed_forward })
}

/// dL/dX (B·T, D) of `block`, from the upstream gradient `dy` = dL/dY (B·T, D). Adds the gradients of all weights to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit, or a part of the gradients is of another kind than that of the weights.
pub fn block_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &BlockCache<F>,
    weights: &Block<F>,
    heads: &Heads,
    gradients: &mut Block<F>,
) -> Array2<F> {
    let BlockCache { norm1, attention, norm2, feed_forward } = cache;
    let d_thought =
        feed_forward_backward(dy, feed_forward, &weights.feed_forward, &mut gradients.feed_forward);
    // U went two ways, and its gradient comes back on both.
    let du = norm_backward(&d_thought, norm2, &weights.norm2, &mut gradients.norm2) + dy;
    let d_heard =
        multi_head_backward(&du, attention, &weights.attention, heads, &mut gradients.attention);
    norm_backward(&d_heard, norm1, &weights.norm1, &mut gradients.norm1) + du
}
