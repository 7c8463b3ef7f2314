//! Wrong variants of lesson 6.9. Each module is the solution with a mistake, and named after it; its documentation is
//! the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use std::collections::BTreeMap;

use ex_6_2::{Attention, Linear};
use ex_6_3::{Block, FeedForward};
use ex_6_4::{Config, Model};
use ex_6_6::{Contents, from_safetensors, to_safetensors};
use ex_6_9::LoadError;
use ndarray::{Array2, ArrayD, Axis, IxDyn, concatenate};

/// The right model with each of its blocks changed.
fn with_blocks(
    bytes: &[u8],
    config: &Config,
    change: impl Fn(&mut Block<f32>),
) -> Result<Model<f32>, LoadError> {
    let mut model = ex_6_9::load(bytes, config)?;
    model.blocks.iter_mut().for_each(change);
    Ok(model)
}

/// A `load` that changes each block of the right model.
macro_rules! load {
    (|$block:ident| $change:expr) => {
        pub fn load(
            bytes: &[u8],
            config: &ex_6_4::Config,
        ) -> Result<ex_6_4::Model<f32>, LoadError> {
            super::with_blocks(bytes, config, |$block| $change)
        }
    };
}

/// A `split_qkv` of its own, and the `load` that calls it.
macro_rules! split {
    (|$packed:ident| $split:expr) => {
        pub fn split_qkv($packed: &Linear<f32>) -> [Linear<f32>; 3] {
            // What does not fit is refused as ever.
            ex_6_9::split_qkv($packed);
            $split
        }

        load!(|block| {
            let attention = &mut block.attention;
            let packed = super::packed(attention);
            [attention.q, attention.k, attention.v] = split_qkv(&packed);
        });
    };
}

/// Queries, keys and values one below the other, as the file has them side by side.
fn packed(attention: &Attention<f32>) -> Linear<f32> {
    let Attention { q, k, v, .. } = attention;
    let bias = |layer: &Linear<f32>| layer.b.clone().expect("layers of GPT-2 have a bias");
    Linear {
        w: concatenate![Axis(0), q.w, k.w, v.w],
        b: Some(concatenate![Axis(0), bias(q), bias(k), bias(v)]),
    }
}

/// The layers of a block.
fn layers(block: &mut Block<f32>) -> Vec<&mut Linear<f32>> {
    let Block { attention: Attention { q, k, v, o }, feed_forward, .. } = block;
    let mut layers = vec![q, k, v, o];
    if let FeedForward::Gelu { up, down } = feed_forward {
        layers.extend([up, down]);
    }
    layers
}

fn turn(layer: &mut Linear<f32>) {
    layer.w = std::mem::replace(&mut layer.w, Array2::zeros((0, 0))).reversed_axes();
}

/// Your layers have W as the file has it. GPT-2 multiplies a row of inputs by W, and lesson 6.2 by Wᵀ. Which of the two
/// axes does each of them call the outputs?
pub mod never_transposed {
    use ex_6_2::Linear;
    pub use ex_6_9::*;
    use ndarray::{Array1, Array2};

    pub fn from_conv1d(weight: Array2<f32>, bias: Array1<f32>) -> Linear<f32> {
        assert_eq!(weight.ncols(), bias.len());
        Linear { w: weight, b: Some(bias) }
    }

    load!(|block| super::layers(block).into_iter().for_each(super::turn));
}

/// You transpose W where its shape asks for it. A square matrix fits either way, and `attn.c_proj` of every GPT-2 is
/// square: nothing complains, and each block mixes its heads wrongly.
pub mod square_not_transposed {
    use ex_6_2::Linear;
    pub use ex_6_9::*;
    use ndarray::{Array1, Array2};

    pub fn from_conv1d(weight: Array2<f32>, bias: Array1<f32>) -> Linear<f32> {
        let is_square = weight.is_square();
        let mut layer = ex_6_9::from_conv1d(weight, bias);
        if is_square {
            super::turn(&mut layer);
        }
        layer
    }

    load!(|block| {
        // Queries, keys and values come from one array, which is not square.
        let from_squares = super::layers(block).into_iter().skip(3).filter(|it| it.w.is_square());
        from_squares.for_each(super::turn);
    });
}

/// Your `split_qkv` deals the outputs out in turn: a query, a key, a value, and so on. The file has all queries
/// first, then all keys, then all values.
pub mod dealt_out_in_turn {
    use ex_6_2::Linear;
    pub use ex_6_9::*;
    use ndarray::s;

    split!(|packed| [0, 1, 2].map(|part| Linear {
        w: packed.w.slice(s![part..;3, ..]).to_owned(),
        b: packed.b.as_ref().map(|b| b.slice(s![part..;3]).to_owned()),
    }));
}

/// Your queries are the file's keys, and your keys its queries. The shapes are the same, and the scores of two tokens
/// are exchanged: who looks for whom?
pub mod queries_and_keys_exchanged {
    use ex_6_2::Linear;
    pub use ex_6_9::*;

    split!(|packed| {
        let [q, k, v] = ex_6_9::split_qkv(packed);
        [k, q, v]
    });
}

/// Your queries, keys and values have the bias of the queries. The bias is packed as W is.
pub mod bias_of_queries_for_all {
    use ex_6_2::Linear;
    pub use ex_6_9::*;

    split!(|packed| {
        let [q, k, v] = ex_6_9::split_qkv(packed);
        let b = q.b.clone();
        [q, Linear { b: b.clone(), ..k }, Linear { b, ..v }]
    });
}

/// Your two norms of a block are exchanged. `ln_1` stands in front of attention, `ln_2` in front of the feed-forward
/// layer.
pub mod norms_exchanged {
    pub use ex_6_9::*;

    load!(|block| std::mem::swap(&mut block.norm1, &mut block.norm2));
}

/// Your blocks come in the order of a dictionary, in which `h.10` stands before `h.2`. Up to ten layers that is the
/// right order.
pub mod layers_by_alphabet {
    use ex_6_4::{Config, Model};
    pub use ex_6_9::*;

    pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
        let mut model = ex_6_9::load(bytes, config)?;
        let mut layers: Vec<_> = (0..config.layers).collect();
        layers.sort_by_key(usize::to_string);
        model.blocks = layers.into_iter().map(|layer| model.blocks[layer].clone()).collect();
        Ok(model)
    }
}

/// Loads a file again and again, until `repair` leaves an error as it is.
fn repaired(
    bytes: &[u8],
    config: &Config,
    repair: impl Fn(&mut Vec<(String, ArrayD<f32>)>, &LoadError) -> bool,
) -> Result<Model<f32>, LoadError> {
    let mut contents = from_safetensors(bytes).map_err(LoadError::File)?;
    loop {
        match ex_6_9::load(&written(&contents), config) {
            Err(error) if repair(&mut contents.tensors, &error) => (),
            given => return given,
        }
    }
}

fn written(contents: &Contents) -> Vec<u8> {
    let views = contents.tensors.iter().map(|(name, array)| (name.clone(), array.view()));
    to_safetensors(&views.collect::<Vec<_>>(), &BTreeMap::new())
}

/// Your `load` leaves aside what it has no place for. A file of a deeper model, or one with layers that yours does
/// not have, is taken then, and computes something else.
pub mod leftovers_ignored {
    use ex_6_4::{Config, Model};
    pub use ex_6_9::*;

    pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
        super::repaired(bytes, config, |arrays, error| {
            let LoadError::Unknown(left) = error else { return false };
            arrays.retain(|(name, _)| name != left);
            true
        })
    }
}

/// Your `load` leaves an array at 0 that the file does not have, as `load_state_dict(strict=False)` leaves it at what
/// it was. A name that is spelt otherwise then makes a model that knows half of what it learned.
pub mod missing_stays_zero {
    use ex_6_4::{Config, Model};
    pub use ex_6_9::*;

    pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
        super::repaired(bytes, config, super::put_zeros)
    }
}

/// Puts zeros in the place of an array that is missing: first without axes, to learn its shape from the next error.
fn put_zeros(arrays: &mut Vec<(String, ArrayD<f32>)>, error: &LoadError) -> bool {
    match error {
        LoadError::Missing(name) => arrays.push((name.clone(), ArrayD::zeros(IxDyn(&[])))),
        LoadError::Shape { name, found, expected } if found.is_empty() => {
            arrays.retain(|(it, _)| it != name);
            arrays.push((name.clone(), ArrayD::zeros(IxDyn(expected))));
        }
        _ => return false,
    }
    true
}

/// Your model has a head of its own: a copy of the embedding. The logits are right, and the model is another one:
/// trained further, the two tables go their own ways.
pub mod head_copied {
    use ex_6_4::{Config, Model};
    pub use ex_6_9::*;

    pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
        let model = ex_6_9::load(bytes, config)?;
        Ok(Model { head: Some(model.embedding.clone()), ..model })
    }
}

/// Your hidden layers are always four times as wide as the model. That is what `n_inner` means where it is missing or
/// `null`; elsewhere it says the width.
pub mod inner_ignored {
    use ex_6_4::Config;
    pub use ex_6_9::*;

    pub fn read_config(json: &str) -> Result<Config, LoadError> {
        let config = ex_6_9::read_config(json)?;
        Ok(Config { hidden: 4 * config.width, ..config })
    }
}

/// Your ε is the 10⁻⁵ of the published GPT-2, whatever `layer_norm_epsilon` says.
pub mod epsilon_of_gpt2 {
    use ex_6_4::Config;
    pub use ex_6_9::*;

    pub fn read_config(json: &str) -> Result<Config, LoadError> {
        Ok(Config { epsilon: 1e-5, ..ex_6_9::read_config(json)? })
    }
}
