//! Lesson 6.4: GPT: assembly, every gradient, counting. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_4_4::cross_entropy;
#[allow(unused_imports)]
use ex_4_5::Cache;
#[allow(unused_imports)]
use ex_5_4::{embed, head};
#[allow(unused_imports)]
use ex_6_2::{Attention, Heads, Linear};
#[allow(unused_imports)]
use ex_6_3::{Block, BlockCache, FeedForward, Norm, block, block_backward, norm, norm_backward};
#[allow(unused_imports)]
use ndarray::{Array1, Array2, ArrayViewD, ArrayViewMutD, NdFloat, linalg::general_mat_mul, s};

/// Which parts a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Learned positions, LayerNorm, biases everywhere but in the head, the tanh form of GELU, and one table at both
    /// ends.
    Gpt2,
    /// Turned queries and keys, RMSNorm, no bias, SwiGLU, and a head of its own.
    Llama,
}

/// The sizes of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// V, the number of tokens.
    pub vocabulary: usize,
    /// The most tokens of a sequence.
    pub context: usize,
    /// D, the width of what runs through the model.
    pub width: usize,
    /// H, the number of heads.
    pub heads: usize,
    /// G, the number of heads with keys and values of their own.
    pub kv_heads: usize,
    /// F, the width of the hidden layers.
    pub hidden: usize,
    /// L, the number of blocks.
    pub layers: usize,
    /// Which parts it has.
    pub style: Style,
    /// The base of the turns of queries and keys, in the style of Llama.
    pub rope_base: f64,
    /// ε of every norm.
    pub epsilon: f64,
}

/// A model as weights, or the gradients of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Model<F: NdFloat> {
    /// A row for each token (V, D).
    pub embedding: Array2<F>,
    /// A row for each place (context, D), where places are learned.
    pub positions: Option<Array2<F>>,
    /// The blocks, from the first one on.
    pub blocks: Vec<Block<F>>,
    /// Behind the last block.
    pub norm: Norm<F>,
    /// A row for each token (V, D); `None` where the embedding takes its part.
    pub head: Option<Array2<F>>,
}

/// A model of these sizes whose numbers are all 0: what gradients are added to.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
#[allow(unused_variables)]
pub fn zeros<F: NdFloat>(config: &Config) -> Model<F> {
    todo!("which arrays does a model of this style have, and of which shapes?")
}

/// Names and views of all arrays of a model, in the order in which they are used: `embedding`, `positions`, of each
/// block `blocks.0.norm1.gain` … `blocks.0.feed_forward.w2`, then `norm.gain` … `head`. Of SwiGLU, W₂ comes last.
#[allow(unused_variables)]
pub fn tensors<F: NdFloat>(model: &Model<F>) -> Vec<(String, ArrayViewD<'_, F>)> {
    todo!("a name and a view of each array, from the embedding to the head")
}

/// The same arrays in the same order, to be changed.
#[allow(unused_variables)]
pub fn tensors_mut<F: NdFloat>(model: &mut Model<F>) -> Vec<(String, ArrayViewMutD<'_, F>)> {
    todo!("the same names, and views that can be written to")
}

/// What the backward pass needs of the forward pass.
#[derive(Debug, Clone)]
pub struct ModelCache<F: NdFloat> {
    /// The tokens (B, T).
    pub ids: Array2<usize>,
    /// Of each block.
    pub blocks: Vec<BlockCache<F>>,
    /// Of the last norm.
    pub norm: Cache<F>,
    /// What the head gets (B·T, D).
    pub normed: Array2<F>,
}

/// The logits (B·T, V) of the tokens `ids` (B, T), and what the backward pass needs. Row b·T + t says what comes behind
/// token (b, t).
///
/// # Panics
/// When there are more tokens than the context has, when an id is not below V, or when the shapes do not fit.
#[allow(unused_variables)]
pub fn forward<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    ids: &Array2<usize>,
) -> (Array2<F>, ModelCache<F>) {
    todo!(
        "look up, add the places, run through the blocks, normalise, and compare with each row of the table"
    )
}

/// Adds the gradients of all arrays of the model to `gradients`, from the upstream gradient `dlogits` = dL/dZ (B·T, V)
/// and the cache of `forward`.
///
/// # Panics
/// When the shapes do not fit, or the gradients are not of the model's kind.
#[allow(unused_variables)]
pub fn backward<F: NdFloat>(
    dlogits: &Array2<F>,
    cache: &ModelCache<F>,
    model: &Model<F>,
    config: &Config,
    gradients: &mut Model<F>,
) {
    todo!("from the logits back to the tables: what was last comes first")
}

/// The mean cross-entropy of all tokens `x` (B, T) with their next tokens `y` (B, T), and its gradients.
///
/// # Panics
/// When `x` and `y` have different shapes or no token, and as `forward`.
#[allow(unused_variables)]
pub fn loss_and_gradients<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    x: &Array2<usize>,
    y: &Array2<usize>,
) -> (F, Model<F>) {
    todo!("forward, the loss, and backward into zeros")
}

/// How many numbers are learned.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
#[allow(unused_variables)]
pub fn parameters(config: &Config) -> usize {
    todo!("the arrays of a model, counted without making them")
}

/// The FLOPs of all matrix products for each token of sequences as long as the context, forward and backward: those with
/// weights, and those of attention, whose rows of scores count in full.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
#[allow(unused_variables)]
pub fn flops_per_token(config: &Config) -> usize {
    todo!("by which weights is a token multiplied, and what does attention add?")
}

/// How many numbers the arrays have that a forward pass of `batch` sequences of `time` tokens makes: those that the brief
/// lists.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
#[allow(unused_variables)]
pub fn activation_numbers(config: &Config, batch: usize, time: usize) -> usize {
    todo!("the arrays of the brief, one by one")
}

/// The bytes that training in f32 with AdamW takes: weights, gradients and two moments, and the activations.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
#[allow(unused_variables)]
pub fn training_bytes(config: &Config, batch: usize, time: usize) -> usize {
    todo!("how many numbers of four bytes belong to each parameter?")
}
