//! Correct variants of lesson 6.4. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Tokens as one-hot rows: what is looked up is a product, and so is its gradient.
pub mod one_hot {
    use ex_6_2::Heads;
    use ex_6_3::{block, block_backward, norm, norm_backward};
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    fn rows<F: NdFloat>(ids: impl Iterator<Item = usize>, count: usize) -> Array2<F> {
        let ids: Vec<_> = ids.collect();
        assert!(ids.iter().all(|id| *id < count), "an id is too large");
        Array2::from_shape_fn((ids.len(), count), |(row, column)| {
            if ids[row] == column { F::one() } else { F::zero() }
        })
    }

    fn places<F: NdFloat>(ids: &Array2<usize>, count: usize) -> Array2<F> {
        rows((0..ids.len()).map(|row| row % ids.ncols()), count)
    }

    fn heads(config: &Config) -> Heads {
        let rope = match config.style {
            Style::Gpt2 => None,
            Style::Llama => Some(config.rope_base),
        };
        Heads { heads: config.heads, kv_heads: config.kv_heads, rope }
    }

    pub fn forward<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        ids: &Array2<usize>,
    ) -> (Array2<F>, ModelCache<F>) {
        assert!(ids.ncols() <= config.context);
        assert!(model.blocks.len() == config.layers);
        let tokens = rows::<F>(ids.iter().copied(), model.embedding.nrows());
        let mut x = tokens.dot(&model.embedding);
        if let Some(positions) = &model.positions {
            assert_eq!(positions.ncols(), config.width);
            x = x + places::<F>(ids, positions.nrows()).dot(positions);
        }
        let mut blocks = Vec::new();
        for weights in &model.blocks {
            let (next, cache) = block(&x, weights, &heads(config), config.epsilon, ids.nrows());
            blocks.push(cache);
            x = next;
        }
        let (normed, cache) = norm(&x, &model.norm, config.epsilon);
        let table = match &model.head {
            Some(head) => head,
            None => &model.embedding,
        };
        let logits = normed.dot(&table.t());
        (logits, ModelCache { ids: ids.clone(), blocks, norm: cache, normed })
    }

    pub fn backward<F: NdFloat>(
        dlogits: &Array2<F>,
        cache: &ModelCache<F>,
        model: &Model<F>,
        config: &Config,
        gradients: &mut Model<F>,
    ) {
        assert_eq!(model.head.is_some(), gradients.head.is_some());
        assert_eq!(model.positions.is_some(), gradients.positions.is_some());
        assert_eq!(model.blocks.len(), gradients.blocks.len());
        let table = model.head.as_ref().unwrap_or(&model.embedding);
        let of_head = dlogits.t().dot(&cache.normed);
        match &mut gradients.head {
            Some(sum) => *sum += &of_head,
            None => gradients.embedding += &of_head,
        }
        let d = dlogits.dot(table);
        let mut dx = norm_backward(&d, &cache.norm, &model.norm, &mut gradients.norm);
        for layer in (0..model.blocks.len()).rev() {
            let (weights, sums) = (&model.blocks[layer], &mut gradients.blocks[layer]);
            dx = block_backward(&dx, &cache.blocks[layer], weights, &heads(config), sums);
        }
        let tokens = rows::<F>(cache.ids.iter().copied(), model.embedding.nrows());
        gradients.embedding += &tokens.t().dot(&dx);
        if let Some(sum) = &mut gradients.positions {
            let count = sum.nrows();
            *sum += &places::<F>(&cache.ids, count).t().dot(&dx);
        }
    }
}

/// The loss from probabilities: −ln p, and p less the one-hot target.
pub mod loss_from_probabilities {
    pub use ex_6_4::*;
    use ndarray::{Array2, NdFloat};

    pub fn loss_and_gradients<F: NdFloat>(
        model: &Model<F>,
        config: &Config,
        x: &Array2<usize>,
        y: &Array2<usize>,
    ) -> (F, Model<F>) {
        assert!(x.shape() == y.shape());
        let (logits, cache) = forward(model, config, x);
        let count = F::from(y.len()).unwrap();
        let mut d = ex_4_4::softmax(&logits);
        let mut loss = F::zero();
        for (mut row, &target) in d.rows_mut().into_iter().zip(y) {
            loss -= row[target].ln();
            row[target] -= F::one();
        }
        let mut gradients = zeros(config);
        backward(&(d / count), &cache, model, config, &mut gradients);
        (loss / count, gradients)
    }
}

/// Numbers are counted where they are: in the arrays of a model.
pub mod counted_in_arrays {
    pub use ex_6_4::*;

    /// A block and all else. The arrays of a published model would take gigabytes: one of them with a single block and few
    /// words is enough.
    fn sizes(config: &Config) -> (usize, usize, usize) {
        let few = Config { layers: 1, vocabulary: 1, context: 1, ..config.clone() };
        let (mut matrices, mut block, mut all) = (0, 0, 0);
        for (name, array) in tensors(&zeros::<f32>(&few)) {
            all += array.len();
            if name.starts_with("blocks") {
                block += array.len();
                matrices += if array.ndim() == 2 { array.len() } else { 0 };
            }
        }
        (matrices, block, all)
    }

    pub fn parameters(config: &Config) -> usize {
        let (_, block, all) = sizes(config);
        let (words, places) = (config.vocabulary - 1, config.context - 1);
        let tables = match config.style {
            Style::Gpt2 => words + places,
            Style::Llama => 2 * words,
        };
        all - block + config.layers * block + tables * config.width
    }

    pub fn flops_per_token(config: &Config) -> usize {
        let (matrices, ..) = sizes(config);
        let forward = 2 * (config.layers * matrices + config.vocabulary * config.width);
        let attention = 4 * config.context * config.width * config.layers;
        3 * (forward + attention)
    }

    pub fn training_bytes(config: &Config, batch: usize, time: usize) -> usize {
        16 * parameters(config) + 4 * activation_numbers(config, batch, time)
    }
}

/// The activations array by array.
pub mod activations_one_by_one {
    pub use ex_6_4::*;

    pub fn activation_numbers(config: &Config, batch: usize, time: usize) -> usize {
        assert!(config.width.is_multiple_of(config.heads));
        let rows = batch * time;
        let stream = rows * config.width;
        let keys = rows * config.width / config.heads * config.kv_heads;
        let scores = batch * config.heads * time * time;
        let (statistics, hidden) = match config.style {
            Style::Gpt2 => (2 * rows, 2),
            Style::Llama => (rows, 3),
        };
        let norm = stream + statistics;
        let attention = stream + keys + keys + scores + scores + stream + stream;
        let feed_forward = hidden * rows * config.hidden + stream;
        let block = norm + attention + stream + norm + feed_forward + stream;
        let blocks: usize = (0..config.layers).map(|_| block).sum();
        let logits = rows * config.vocabulary;
        stream + blocks + norm + logits + logits + rows
    }
}
