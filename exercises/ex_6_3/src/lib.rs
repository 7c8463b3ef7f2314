//! Lesson 6.3: feed-forward and the pre-norm block. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_4_3::{gelu_tanh, gelu_tanh_backward, silu, silu_backward};
#[allow(unused_imports)]
use ex_4_5::{Cache, layer_norm, layer_norm_backward, rms_norm, rms_norm_backward};
#[allow(unused_imports)]
use ex_6_2::{
    Attention, Heads, Linear, MultiHeadCache, linear, linear_backward, multi_head,
    multi_head_backward,
};
#[allow(unused_imports)]
use ndarray::{Array1, Array2, NdFloat, linalg::general_mat_mul};

/// The hidden width F of a gated feed-forward layer in a model of this width: the smallest multiple of `multiple` that
/// is not below 8/3 of `width`.
///
/// # Panics
/// When `multiple` is 0.
#[allow(unused_variables)]
pub fn hidden_width(width: usize, multiple: usize) -> usize {
    todo!("what is 8/3 of the width, and which multiple is the first that is not below it?")
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
#[allow(unused_variables)]
pub fn swiglu<F: NdFloat>(
    x: &Array2<F>,
    w1: &Array2<F>,
    w2: &Array2<F>,
    w3: &Array2<F>,
) -> (Array2<F>, SwigluCache<F>) {
    todo!("two products, a gate, and a product that leads back; keep what the way back needs")
}

/// dL/dX (N, D), dL/dW₁ (F, D), dL/dW₂ (D, F) and dL/dW₃ (F, D), from the upstream gradient `dy` = dL/dY (N, D), and
/// from cache and weights of `swiglu`.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn swiglu_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &SwigluCache<F>,
    w1: &Array2<F>,
    w2: &Array2<F>,
    w3: &Array2<F>,
) -> (Array2<F>, Array2<F>, Array2<F>, Array2<F>) {
    todo!("through W₂, then to both factors of the gate, and from each of them to X")
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
#[allow(unused_variables)]
pub fn norm<F: NdFloat>(x: &Array2<F>, weights: &Norm<F>, epsilon: f64) -> (Array2<F>, Cache<F>) {
    todo!("which of the two norms of lesson 4.5 is it?")
}

/// dL/dX (N, D) of `norm`, from the upstream gradient `dy` = dL/dY (N, D). Adds dL/dγ, and dL/dβ where there is a β, to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit, or weights and gradients are of two kinds.
#[allow(unused_variables)]
pub fn norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    weights: &Norm<F>,
    gradients: &mut Norm<F>,
) -> Array2<F> {
    todo!("dL/dX is given back, and the others are added to what is there")
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
#[allow(unused_variables)]
pub fn feed_forward<F: NdFloat>(
    x: &Array2<F>,
    weights: &FeedForward<F>,
) -> (Array2<F>, FeedForwardCache<F>) {
    todo!("`swiglu`, or the two linear layers with GELU in between")
}

/// dL/dX (N, D) of `feed_forward`, from the upstream gradient `dy` = dL/dY (N, D). Adds the gradients of the weights to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit, or cache, weights and gradients are of two kinds.
#[allow(unused_variables)]
pub fn feed_forward_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &FeedForwardCache<F>,
    weights: &FeedForward<F>,
    gradients: &mut FeedForward<F>,
) -> Array2<F> {
    todo!("the same two cases, backwards")
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

/// The pre-norm block: U = X + attention(norm₁(X)), Y = U + feed-forward(norm₂(U)). The rows `x` (B·T, D) are those of
/// `batch` sequences; both norms have the same `epsilon`.
///
/// # Panics
/// When the shapes do not fit.
#[allow(unused_variables)]
pub fn block<F: NdFloat>(
    x: &Array2<F>,
    weights: &Block<F>,
    heads: &Heads,
    epsilon: f64,
    batch: usize,
) -> (Array2<F>, BlockCache<F>) {
    todo!("norm, attention, and the way around; norm, feed-forward, and the way around")
}

/// dL/dX (B·T, D) of `block`, from the upstream gradient `dy` = dL/dY (B·T, D). Adds the gradients of all weights to
/// `gradients`.
///
/// # Panics
/// When the shapes do not fit, or a part of the gradients is of another kind than that of the weights.
#[allow(unused_variables)]
pub fn block_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &BlockCache<F>,
    weights: &Block<F>,
    heads: &Heads,
    gradients: &mut Block<F>,
) -> Array2<F> {
    todo!("what was last comes first; what was used twice gets two gradients")
}
