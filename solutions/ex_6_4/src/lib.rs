//! Lesson 6.4, solved: GPT: assembly, every gradient, counting.

use ex_4_4::cross_entropy;
use ex_4_5::Cache;
use ex_5_4::{embed, head};
use ex_6_2::{Attention, Heads, Linear};
use ex_6_3::{Block, BlockCache, FeedForward, Norm, block, block_backward, norm, norm_backward};
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

impl Config {
    /// d, the width of one head.
    fn head_width(&self) -> usize {
        assert!(
            self.heads > 0 && self.width.is_multiple_of(self.heads),
            "{} columns are not {} equal heads",
            self.width,
            self.heads
        );
        self.width / self.heads
    }

    /// The width of all keys, and of all values.
    fn keys_width(&self) -> usize {
        self.head_width() * self.kv_heads
    }

    /// What a block needs beside its weights.
    fn attention(&self) -> Heads {
        let rope = (self.style == Style::Llama).then_some(self.rope_base);
        Heads { heads: self.heads, kv_heads: self.kv_heads, rope }
    }
}

fn zero_linear<F: NdFloat>(rows: usize, columns: usize, style: Style) -> Linear<F> {
    let b = (style == Style::Gpt2).then(|| Array1::zeros(rows));
    Linear { w: Array2::zeros((rows, columns)), b }
}

fn zero_norm<F: NdFloat>(width: usize, style: Style) -> Norm<F> {
    let gain = Array1::zeros(width);
    match style {
        Style::Gpt2 => Norm::Layer { bias: gain.clone(), gain },
        Style::Llama => Norm::Rms { gain },
    }
}

fn zero_block<F: NdFloat>(config: &Config) -> Block<F> {
    let &Config { width, hidden, style, .. } = config;
    let linear = |rows, columns| zero_linear(rows, columns, style);
    let keys = config.keys_width();
    Block {
        norm1: zero_norm(width, style),
        attention: Attention {
            q: linear(width, width),
            k: linear(keys, width),
            v: linear(keys, width),
            o: linear(width, width),
        },
        norm2: zero_norm(width, style),
        feed_forward: match style {
            Style::Gpt2 => {
                FeedForward::Gelu { up: linear(hidden, width), down: linear(width, hidden) }
            }
            Style::Llama => FeedForward::SwiGlu {
                w1: Array2::zeros((hidden, width)),
                w2: Array2::zeros((width, hidden)),
                w3: Array2::zeros((hidden, width)),
            },
        },
    }
}

/// A model of these sizes whose numbers are all 0: what gradients are added to.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
pub fn zeros<F: NdFloat>(config: &Config) -> Model<F> {
    let &Config { vocabulary, context, width, style, .. } = config;
    let is_gpt2 = style == Style::Gpt2;
    Model {
        embedding: Array2::zeros((vocabulary, width)),
        positions: is_gpt2.then(|| Array2::zeros((context, width))),
        blocks: (0..config.layers).map(|_| zero_block(config)).collect(),
        norm: zero_norm(width, style),
        head: (!is_gpt2).then(|| Array2::zeros((vocabulary, width))),
    }
}

/// The arrays of a part with their names: of `&part` by `view`, of `&mut part` by `view_mut`.
macro_rules! arrays {
    ($view:ident, $($name:literal: $array:expr),*) => {
        vec![$(($name.to_owned(), $array.$view().into_dyn())),*]
    };
}

macro_rules! arrays_of_norm {
    ($norm:expr, $view:ident) => {
        match $norm {
            Norm::Rms { gain } => arrays!($view, "gain": gain),
            Norm::Layer { gain, bias } => arrays!($view, "gain": gain, "bias": bias),
        }
    };
}

macro_rules! arrays_of_linear {
    ($layer:expr, $view:ident) => {{
        let Linear { w, b } = $layer;
        let mut arrays = arrays!($view, "w": w);
        arrays.extend(b.into_iter().map(|b| ("b".to_owned(), b.$view().into_dyn())));
        arrays
    }};
}

macro_rules! arrays_of_block {
    ($block:expr, $view:ident) => {{
        let Block { norm1, attention: Attention { q, k, v, o }, norm2, feed_forward } = $block;
        let mut arrays: Vec<_> = within("norm1", arrays_of_norm!(norm1, $view)).collect();
        for (name, layer) in [("q", q), ("k", k), ("v", v), ("o", o)] {
            let name = format!("attention.{name}");
            arrays.extend(within(&name, arrays_of_linear!(layer, $view)));
        }
        arrays.extend(within("norm2", arrays_of_norm!(norm2, $view)));
        match feed_forward {
            FeedForward::SwiGlu { w1, w2, w3 } => {
                let of_layer = arrays!($view, "w1": w1, "w3": w3, "w2": w2);
                arrays.extend(within("feed_forward", of_layer));
            }
            FeedForward::Gelu { up, down } => {
                arrays.extend(within("feed_forward.up", arrays_of_linear!(up, $view)));
                arrays.extend(within("feed_forward.down", arrays_of_linear!(down, $view)));
            }
        }
        arrays
    }};
}

macro_rules! arrays_of_model {
    ($model:expr, $view:ident) => {{
        let Model { embedding, positions, blocks, norm, head } = $model;
        let mut arrays = arrays!($view, "embedding": embedding);
        let positions = positions.into_iter();
        arrays.extend(positions.map(|it| ("positions".to_owned(), it.$view().into_dyn())));
        for (layer, block) in blocks.into_iter().enumerate() {
            arrays.extend(within(&format!("blocks.{layer}"), arrays_of_block!(block, $view)));
        }
        arrays.extend(within("norm", arrays_of_norm!(norm, $view)));
        arrays.extend(head.into_iter().map(|it| ("head".to_owned(), it.$view().into_dyn())));
        arrays
    }};
}

/// The arrays of a part, with names that begin with the part's.
fn within<A>(part: &str, arrays: Vec<(String, A)>) -> impl Iterator<Item = (String, A)> {
    arrays.into_iter().map(move |(name, array)| (format!("{part}.{name}"), array))
}

/// Names and views of all arrays of a model, in the order in which they are used: `embedding`, `positions`, of each
/// block `blocks.0.norm1.gain` … `blocks.0.feed_forward.w2`, then `norm.gain` … `head`. Of SwiGLU, W₂ comes last.
pub fn tensors<F: NdFloat>(model: &Model<F>) -> Vec<(String, ArrayViewD<'_, F>)> {
    arrays_of_model!(model, view)
}

/// The same arrays in the same order, to be changed.
pub fn tensors_mut<F: NdFloat>(model: &mut Model<F>) -> Vec<(String, ArrayViewMutD<'_, F>)> {
    arrays_of_model!(model, view_mut)
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
pub fn forward<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    ids: &Array2<usize>,
) -> (Array2<F>, ModelCache<F>) {
    let (batch, time) = ids.dim();
    let (most, layers) = (config.context, model.blocks.len());
    assert!(time <= most, "a sequence of {time} tokens is longer than the context of {most}");
    assert_eq!(layers, config.layers, "the model must have as many blocks as its configuration");
    let mut x = embed(&model.embedding, ids);
    if let Some(positions) = &model.positions {
        assert_eq!(positions.ncols(), config.width, "positions must be as wide as the model");
        x += &positions.slice(s![..time, ..]);
    }
    let mut x = x.into_shape_with_order((batch * time, config.width)).expect("rows are in order");
    let mut caches = Vec::with_capacity(layers);
    for weights in &model.blocks {
        let (y, cache) = block(&x, weights, &config.attention(), config.epsilon, batch);
        caches.push(cache);
        x = y;
    }
    let (normed, norm) = norm(&x, &model.norm, config.epsilon);
    let logits = head(&normed, model.head.as_ref().unwrap_or(&model.embedding));
    (logits, ModelCache { ids: ids.clone(), blocks: caches, norm, normed })
}

/// Adds the gradients of all arrays of the model to `gradients`, from the upstream gradient `dlogits` = dL/dZ (B·T, V)
/// and the cache of `forward`.
///
/// # Panics
/// When the shapes do not fit, or the gradients are not of the model's kind.
pub fn backward<F: NdFloat>(
    dlogits: &Array2<F>,
    cache: &ModelCache<F>,
    model: &Model<F>,
    config: &Config,
    gradients: &mut Model<F>,
) {
    let ModelCache { ids, blocks, norm, normed } = cache;
    // A table at both ends gets this part of its gradient here, and the other one at the end.
    let (table, sums) = match (&model.head, &mut gradients.head) {
        (Some(head), Some(sums)) => (head, sums),
        (None, None) => (&model.embedding, &mut gradients.embedding),
        _ => panic!("model and gradients must have their heads in one place"),
    };
    general_mat_mul(F::one(), &dlogits.t(), normed, F::one(), sums);
    let mut dx = norm_backward(&dlogits.dot(table), norm, &model.norm, &mut gradients.norm);

    let layers = gradients.blocks.len();
    assert_eq!(layers, model.blocks.len(), "there must be gradients for each block");
    assert_eq!(layers, blocks.len(), "there must be a cache of each block");
    let [of_model, sums] = [model, &*gradients].map(|it| it.positions.as_ref().map(Array2::dim));
    assert_eq!(of_model, sums, "model and gradients must have the same positions");
    let layers = model.blocks.iter().zip(blocks).zip(&mut gradients.blocks);
    for ((weights, cache), sums) in layers.rev() {
        dx = block_backward(&dx, cache, weights, &config.attention(), sums);
    }

    for (row, (dx, &id)) in dx.rows().into_iter().zip(ids).enumerate() {
        let mut sum = gradients.embedding.row_mut(id);
        sum += &dx;
        if let Some(positions) = &mut gradients.positions {
            let mut sum = positions.row_mut(row % ids.ncols());
            sum += &dx;
        }
    }
}

/// The mean cross-entropy of all tokens `x` (B, T) with their next tokens `y` (B, T), and its gradients.
///
/// # Panics
/// When `x` and `y` have different shapes or no token, and as `forward`.
pub fn loss_and_gradients<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    x: &Array2<usize>,
    y: &Array2<usize>,
) -> (F, Model<F>) {
    assert_eq!(x.dim(), y.dim(), "each token must have one that comes next");
    let (logits, cache) = forward(model, config, x);
    let targets: Vec<_> = y.iter().copied().collect();
    let (loss, dlogits) = cross_entropy(&logits, &targets);
    let mut gradients = zeros(config);
    backward(&dlogits, &cache, model, config, &mut gradients);
    (loss, gradients)
}

impl Config {
    /// The weights in the matrices of one block: what tokens are multiplied by.
    fn matrices_of_block(&self) -> usize {
        let (attention, hidden) = (2 * (self.width + self.keys_width()), self.hidden);
        self.width
            * match self.style {
                Style::Gpt2 => attention + 2 * hidden,
                Style::Llama => attention + 3 * hidden,
            }
    }

    /// The gains and biases of one block.
    fn vectors_of_block(&self) -> usize {
        match self.style {
            Style::Gpt2 => 7 * self.width + 2 * self.keys_width() + self.hidden,
            Style::Llama => 2 * self.width,
        }
    }
}

/// How many numbers are learned.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
pub fn parameters(config: &Config) -> usize {
    let &Config { vocabulary, context, width, layers, .. } = config;
    let of_block = config.matrices_of_block() + config.vectors_of_block();
    let others = match config.style {
        // One table for both ends.
        Style::Gpt2 => (vocabulary + context) * width + 2 * width,
        Style::Llama => 2 * vocabulary * width + width,
    };
    others + layers * of_block
}

/// The FLOPs of all matrix products for each token of sequences as long as the context, forward and backward: those with
/// weights, and those of attention, whose rows of scores count in full.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
pub fn flops_per_token(config: &Config) -> usize {
    let &Config { vocabulary, context, width, layers, .. } = config;
    // A look-up multiplies nothing, and the head does, whoever owns its table.
    let weights = vocabulary * width + layers * config.matrices_of_block();
    6 * weights + 12 * layers * width * context
}

/// How many numbers the arrays have that a forward pass of `batch` sequences of `time` tokens makes: those that the brief
/// lists.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
pub fn activation_numbers(config: &Config, batch: usize, time: usize) -> usize {
    let &Config { vocabulary, width, heads, hidden, layers, .. } = config;
    let (of_norm, of_hidden) = match config.style {
        Style::Gpt2 => (width + 2, 2 * hidden),
        Style::Llama => (width + 1, 3 * hidden),
    };
    let of_attention = 3 * width + 2 * config.keys_width() + 2 * heads * time;
    let of_block = 2 * of_norm + of_attention + of_hidden + 3 * width;
    batch * time * (width + layers * of_block + of_norm + 2 * vocabulary + 1)
}

/// The bytes that training in f32 with AdamW takes: weights, gradients and two moments, and the activations.
///
/// # Panics
/// When `width` is not a multiple of `heads`.
pub fn training_bytes(config: &Config, batch: usize, time: usize) -> usize {
    4 * (4 * parameters(config) + activation_numbers(config, batch, time))
}
