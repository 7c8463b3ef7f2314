//! A model of zeros, for the checks of this lesson and of those that build on it. The types are those of the contract
//! that the checks have.

use ndarray::{Array1, Array2};

use super::{Attention, Block, Config, FeedForward, Linear, Model, Norm, Style};

/// A model of these sizes, of zeros.
pub fn empty(config: &Config) -> Model {
    let &Config { vocabulary, context, width, hidden, layers, style, .. } = config;
    let keys = width / config.heads * config.kv_heads;
    let is_gpt2 = style == Style::Gpt2;
    let vector = Array1::zeros;
    let matrix = |rows, columns| Array2::zeros((rows, columns));
    let norm = || match style {
        Style::Gpt2 => Norm::Layer { gain: vector(width), bias: vector(width) },
        Style::Llama => Norm::Rms { gain: vector(width) },
    };
    let linear =
        |rows, columns| Linear { w: matrix(rows, columns), b: is_gpt2.then(|| vector(rows)) };
    let block = || Block {
        norm1: norm(),
        attention: Attention {
            q: linear(width, width),
            k: linear(keys, width),
            v: linear(keys, width),
            o: linear(width, width),
        },
        norm2: norm(),
        feed_forward: match style {
            Style::Gpt2 => {
                FeedForward::Gelu { up: linear(hidden, width), down: linear(width, hidden) }
            }
            Style::Llama => FeedForward::SwiGlu {
                w1: matrix(hidden, width),
                w2: matrix(width, hidden),
                w3: matrix(hidden, width),
            },
        },
    };
    Model {
        embedding: matrix(vocabulary, width),
        positions: is_gpt2.then(|| matrix(context, width)),
        blocks: (0..layers).map(|_| block()).collect(),
        norm: norm(),
        head: (!is_gpt2).then(|| matrix(vocabulary, width)),
    }
}
