//! Wrong variants of lesson 6.4. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ex_5_4::{embed, head};
use ex_6_2::Heads;
use ex_6_3::{Block, block, block_backward, norm, norm_backward};
use ex_6_4::{Config, Model, ModelCache, Style, zeros};
use ndarray::{Array2, NdFloat};

fn heads_of(config: &Config) -> Heads {
    let rope = (config.style == Style::Llama).then_some(config.rope_base);
    Heads { heads: config.heads, kv_heads: config.kv_heads, rope }
}

/// The rows (B·T, D) that the tokens name.
fn looked_up<F: NdFloat>(model: &Model<F>, ids: &Array2<usize>) -> Array2<F> {
    let rows = embed(&model.embedding, ids);
    let (batch, time, width) = rows.dim();
    rows.into_shape_with_order((batch * time, width)).unwrap()
}

/// The rows (B·T, D) of the places of the tokens, times how often they are added.
fn places<F: NdFloat>(model: &Model<F>, ids: &Array2<usize>, often: F) -> Array2<F> {
    let mut rows = Array2::zeros((ids.len(), model.embedding.ncols()));
    if let Some(positions) = &model.positions {
        for (at, mut row) in rows.rows_mut().into_iter().enumerate() {
            row.scaled_add(often, &positions.row(at % ids.ncols()));
        }
    }
    rows
}

/// What comes out of the blocks.
fn through<'a, F: NdFloat>(
    x: Array2<F>,
    blocks: impl Iterator<Item = &'a Block<F>>,
    config: &Config,
    batch: usize,
) -> Array2<F> {
    blocks.fold(x, |x, weights| block(&x, weights, &heads_of(config), config.epsilon, batch).0)
}

/// The logits of what comes out of the blocks.
fn logits<F: NdFloat>(x: &Array2<F>, model: &Model<F>, config: &Config) -> Array2<F> {
    let (normed, _) = norm(x, &model.norm, config.epsilon);
    head(&normed, model.head.as_ref().unwrap_or(&model.embedding))
}

/// A `forward` whose logits are its own.
macro_rules! forward {
    (|$model:ident, $config:ident, $ids:ident| $logits:expr) => {
        pub fn forward<F: NdFloat>(
            $model: &Model<F>,
            $config: &Config,
            $ids: &Array2<usize>,
        ) -> (Array2<F>, ModelCache<F>) {
            // What does not fit is refused as ever.
            let (_, cache) = ex_6_4::forward($model, $config, $ids);
            ($logits, cache)
        }
    };
}

/// Your model has no norm behind its last block. What runs through the blocks grows with each of them, and the head
/// gets all of it.
pub mod final_norm_missing {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    forward!(|model, config, ids| {
        let x = super::looked_up(model, ids) + super::places(model, ids, F::one());
        let x = super::through(x, model.blocks.iter(), config, ids.nrows());
        ex_5_4::head(&x, model.head.as_ref().unwrap_or(&model.embedding))
    });
}

/// Your model in the style of GPT-2 does not add the rows of `positions`. Attention alone does not see the order of
/// what it hears, so all such a model knows of places is which tokens it may see.
pub mod positions_missing {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    forward!(|model, config, ids| {
        let x = super::looked_up(model, ids);
        let x = super::through(x, model.blocks.iter(), config, ids.nrows());
        super::logits(&x, model, config)
    });
}

/// Your model in the style of GPT-2 adds the rows of `positions` twice.
pub mod positions_twice {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    forward!(|model, config, ids| {
        let x = super::looked_up(model, ids) + super::places(model, ids, F::one() + F::one());
        let x = super::through(x, model.blocks.iter(), config, ids.nrows());
        super::logits(&x, model, config)
    });
}

/// All blocks of your model have the weights of the first one.
pub mod first_block_for_all {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    forward!(|model, config, ids| {
        let x = super::looked_up(model, ids) + super::places(model, ids, F::one());
        let first = model.blocks.iter().take(1).cycle().take(model.blocks.len());
        super::logits(&super::through(x, first, config, ids.nrows()), model, config)
    });
}

/// Your model multiplies the embedding by √D. The transformer of 2017 does so, GPT-2 and Llama do not.
pub mod embedding_scaled {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    forward!(|model, config, ids| {
        let scale = F::from(config.width).unwrap().sqrt();
        let x = super::looked_up(model, ids) * scale + super::places(model, ids, F::one());
        let x = super::through(x, model.blocks.iter(), config, ids.nrows());
        super::logits(&x, model, config)
    });
}

/// Your model always takes the embedding for its head. In the style of Llama the head has a table of its own.
pub mod always_tied {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    forward!(|model, config, ids| {
        let x = super::looked_up(model, ids) + super::places(model, ids, F::one());
        let x = super::through(x, model.blocks.iter(), config, ids.nrows());
        let (normed, _) = ex_6_3::norm(&x, &model.norm, config.epsilon);
        ex_5_4::head(&normed, &model.embedding)
    });
}

/// What `backward` adds where nothing was before.
fn added<F: NdFloat>(
    dlogits: &Array2<F>,
    cache: &ModelCache<F>,
    model: &Model<F>,
    config: &Config,
) -> Model<F> {
    let mut gradients = zeros(config);
    ex_6_4::backward(dlogits, cache, model, config, &mut gradients);
    gradients
}

/// The gradient by what goes into the first block.
fn at_the_start<F: NdFloat>(
    dlogits: &Array2<F>,
    cache: &ModelCache<F>,
    model: &Model<F>,
    config: &Config,
) -> Array2<F> {
    let mut unused: Model<F> = zeros(config);
    let d_normed = dlogits.dot(model.head.as_ref().unwrap_or(&model.embedding));
    let dx = norm_backward(&d_normed, &cache.norm, &model.norm, &mut unused.norm);
    let layers = model.blocks.iter().zip(&cache.blocks).zip(&mut unused.blocks);
    layers.rev().fold(dx, |dx, ((weights, cache), sums)| {
        block_backward(&dx, cache, weights, &heads_of(config), sums)
    })
}

/// A `backward` of its own.
macro_rules! backward {
    (|$dlogits:ident, $cache:ident, $model:ident, $config:ident, $gradients:ident| $change:expr) => {
        pub fn backward<F: NdFloat>(
            $dlogits: &Array2<F>,
            $cache: &ModelCache<F>,
            $model: &Model<F>,
            $config: &Config,
            $gradients: &mut Model<F>,
        ) {
            $change
        }
    };
}

/// Your gradient of a table at both ends is that of the head alone. What comes back to the look-up is lost, and the loss
/// falls all the same.
pub mod embedding_part_forgotten {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dlogits, cache, model, config, gradients| {
        let before = gradients.embedding.clone();
        ex_6_4::backward(dlogits, cache, model, config, gradients);
        if model.head.is_none() {
            gradients.embedding = before + dlogits.t().dot(&cache.normed);
        }
    });
}

/// Your gradient of a table at both ends is that of the look-up alone. The rows of words that are not in the batch get
/// none, although each of them is compared with every token at the end.
pub mod head_part_forgotten {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dlogits, cache, model, config, gradients| {
        ex_6_4::backward(dlogits, cache, model, config, gradients);
        if model.head.is_none() {
            gradients.embedding -= &dlogits.t().dot(&cache.normed);
        }
    });
}

/// In your gradient of the embedding, a token that comes several times gets what belongs to its last place. Each place
/// adds to its row.
pub mod repeated_token_overwritten {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dlogits, cache, model, config, gradients| {
        let before = gradients.embedding.clone();
        ex_6_4::backward(dlogits, cache, model, config, gradients);
        let dx = super::at_the_start(dlogits, cache, model, config);
        let mut last = Array2::zeros(before.raw_dim());
        for (dx, &id) in dx.rows().into_iter().zip(&cache.ids) {
            last.row_mut(id).assign(&dx);
        }
        gradients.embedding = before + last;
        if model.head.is_none() {
            gradients.embedding += &dlogits.t().dot(&cache.normed);
        }
    });
}

/// Your gradient of `positions` is that of the first sequence. A place is used once in each sequence of the batch.
pub mod positions_of_first_sequence {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat, s};

    backward!(|dlogits, cache, model, config, gradients| {
        let before = gradients.positions.clone();
        ex_6_4::backward(dlogits, cache, model, config, gradients);
        let dx = super::at_the_start(dlogits, cache, model, config);
        let time = cache.ids.ncols();
        gradients.positions = before.map(|mut positions| {
            let mut rows = positions.slice_mut(s![..time, ..]);
            rows += &dx.slice(s![..time, ..]);
            positions
        });
    });
}

/// Your gradients belong to other blocks: those of the last are put where those of the first should be, and the other way
/// round. On the way back the blocks come from the end, and their gradients have to as well.
pub mod gradients_of_layers_reversed {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dlogits, cache, model, config, gradients| {
        gradients.blocks.reverse();
        ex_6_4::backward(dlogits, cache, model, config, gradients);
        gradients.blocks.reverse();
    });
}

/// Your `backward` puts its gradients in the place of what was there. With several small batches for one step, only the last
/// of them would count.
pub mod gradients_overwritten {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    backward!(|dlogits, cache, model, config, gradients| {
        for (_, mut array) in tensors_mut(gradients) {
            array.fill(F::zero());
        }
        ex_6_4::backward(dlogits, cache, model, config, gradients);
    });
}

/// A loss and gradients from logits, with what counts of them.
fn of_targets<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    x: &Array2<usize>,
    y: &Array2<usize>,
    rows: impl Fn(usize) -> bool,
) -> (F, Model<F>) {
    let (logits, cache) = ex_6_4::forward(model, config, x);
    let kept: Vec<usize> = (0..x.len()).filter(|row| rows(*row)).collect();
    let targets: Vec<usize> = y.iter().copied().collect();
    let targets: Vec<usize> = kept.iter().map(|row| targets[*row]).collect();
    let (loss, d) = ex_4_4::cross_entropy(&logits.select(ndarray::Axis(0), &kept), &targets);
    let mut dlogits = Array2::zeros(logits.raw_dim());
    for (row, d) in kept.iter().zip(d.rows()) {
        dlogits.row_mut(*row).assign(&d);
    }
    (loss, added(&dlogits, &cache, model, config))
}

/// Your loss is that of the last token of each sequence. Every token predicts the next one, and all of these predictions
/// are made at once: that is what makes training a transformer cheap.
pub mod loss_of_last_tokens {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn loss_and_gradients<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        x: &Array2<usize>,
        y: &Array2<usize>,
    ) -> (F, Model<F>) {
        assert_eq!(x.dim(), y.dim());
        super::of_targets(model, config, x, y, |row| (row + 1) % x.ncols() == 0)
    }
}

/// Your loss compares each logit with the token that went in, and not with the next one. A model learns that within a few
/// steps.
pub mod targets_are_inputs {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn loss_and_gradients<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        x: &Array2<usize>,
        y: &Array2<usize>,
    ) -> (F, Model<F>) {
        assert_eq!(x.dim(), y.dim());
        super::of_targets(model, config, x, x, |_| true)
    }
}

/// Your count has a table for the head in both styles. In the style of GPT-2 one table is at both ends, and it is
/// learned once: with a second one, GPT-2 would have 163 million parameters, and not 124.
pub mod tied_counted_twice {
    pub use ex_6_4::*;

    pub fn parameters(config: &Config) -> usize {
        let second = match config.style {
            Style::Gpt2 => config.vocabulary * config.width,
            Style::Llama => 0,
        };
        ex_6_4::parameters(config) + second
    }
}

/// Your count leaves out the biases of queries, keys and values. They are learned, even if those of the keys never change
/// anything.
pub mod qkv_biases_not_counted {
    pub use ex_6_4::*;

    pub fn parameters(config: &Config) -> usize {
        let keys = config.width / config.heads * config.kv_heads;
        let biases = match config.style {
            Style::Gpt2 => config.layers * (config.width + 2 * keys),
            Style::Llama => 0,
        };
        ex_6_4::parameters(config) - biases
    }
}

/// Your FLOPs are 6 for each parameter, and those of the scores. A parameter that is looked up or added multiplies nothing:
/// tables of tokens and places, gains and biases.
pub mod flops_of_all_parameters {
    pub use ex_6_4::*;

    pub fn flops_per_token(config: &Config) -> usize {
        6 * parameters(config) + 12 * config.layers * config.context * config.width
    }
}

/// Your FLOPs leave out attention itself. Scores and sums of values are products without weights, and they grow with the
/// length of the sequence.
pub mod flops_without_attention {
    pub use ex_6_4::*;

    pub fn flops_per_token(config: &Config) -> usize {
        ex_6_4::flops_per_token(config) - 12 * config.layers * config.context * config.width
    }
}

/// Your activations count one array of T numbers for each token and head. There are two: the scores, and the weights that
/// softmax makes of them.
pub mod scores_counted_once {
    pub use ex_6_4::*;

    fn scores(config: &Config, batch: usize, time: usize) -> usize {
        config.layers * batch * config.heads * time * time
    }

    pub fn activation_numbers(config: &Config, batch: usize, time: usize) -> usize {
        ex_6_4::activation_numbers(config, batch, time) - scores(config, batch, time)
    }

    pub fn training_bytes(config: &Config, batch: usize, time: usize) -> usize {
        ex_6_4::training_bytes(config, batch, time) - 4 * scores(config, batch, time)
    }
}

/// Your bytes of training leave out the two moments of AdamW. They are as large as weights and gradients together.
pub mod moments_not_counted {
    pub use ex_6_4::*;

    pub fn training_bytes(config: &Config, batch: usize, time: usize) -> usize {
        ex_6_4::training_bytes(config, batch, time) - 8 * parameters(config)
    }
}
