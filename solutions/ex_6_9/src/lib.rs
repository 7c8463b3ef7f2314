//! Lesson 6.9, solved: published weights.

use std::collections::BTreeMap;

use ex_6_2::{Attention, Linear};
use ex_6_3::{Block, FeedForward, Norm};
use ex_6_4::{Config, Model, Style};
use ex_6_6::{Refusal, from_safetensors};
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, IntoDimension, s};
use serde_json::Value;

/// Why a model is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// `config.json` is no JSON object.
    Json,
    /// This entry of `config.json` is missing, or has a value that no model of this kind has.
    Entry(String),
    /// The weights are no file that lesson 6.6 reads.
    File(Refusal),
    /// The model needs this array, and the file does not have it.
    Missing(String),
    /// This array has another shape than the model needs.
    Shape {
        /// Its name.
        name: String,
        /// The shape that it has.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// The file has this array, and the model has no place for it.
    Unknown(String),
}

/// The sizes of a model in the style of GPT-2, from the text of its `config.json`.
///
/// # Errors
/// `Json` when it is no JSON object, else `Entry` with the name of an entry that is missing or does not fit.
pub fn read_config(json: &str) -> Result<Config, LoadError> {
    let entries: Value = serde_json::from_str(json).map_err(|_| LoadError::Json)?;
    if !entries.is_object() {
        return Err(LoadError::Json);
    }
    let unfit = |name: &str| LoadError::Entry(name.to_owned());
    for (name, known) in [("model_type", "gpt2"), ("activation_function", "gelu_new")] {
        if entries[name] != known {
            return Err(unfit(name));
        }
    }
    let size = |name: &str| {
        let number = entries[name].as_u64().and_then(|it| usize::try_from(it).ok());
        number.ok_or_else(|| unfit(name))
    };
    let (width, heads) = (size("n_embd")?, size("n_head")?);
    if heads == 0 || !width.is_multiple_of(heads) {
        return Err(unfit("n_head"));
    }
    let hidden = match &entries["n_inner"] {
        Value::Null => width.checked_mul(4).ok_or_else(|| unfit("n_embd"))?,
        _ => size("n_inner")?,
    };
    let epsilon = entries["layer_norm_epsilon"].as_f64().filter(|it| *it > 0.0);
    Ok(Config {
        vocabulary: size("vocab_size")?,
        context: size("n_positions")?,
        width,
        heads,
        kv_heads: heads,
        hidden,
        layers: size("n_layer")?,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: epsilon.ok_or_else(|| unfit("layer_norm_epsilon"))?,
    })
}

/// A layer as `linear` takes it, from `weight` (d_in, d_out) and `bias` (d_out) as GPT-2's files have them.
///
/// # Panics
/// When there is not one bias for each output.
pub fn from_conv1d(weight: Array2<f32>, bias: Array1<f32>) -> Linear<f32> {
    assert_eq!(weight.ncols(), bias.len(), "there must be one bias for each output");
    // Only the strides change: no number moves.
    Linear { w: weight.reversed_axes(), b: Some(bias) }
}

/// The layers of queries, keys and values, from one that makes all three: its outputs are first all queries, then all
/// keys, then all values.
///
/// # Panics
/// When the outputs are not three equal parts, or there is not one bias for each.
pub fn split_qkv(packed: &Linear<f32>) -> [Linear<f32>; 3] {
    let Linear { w, b } = packed;
    let b = b.as_ref().expect("the layer must have a bias");
    let outputs = w.nrows();
    assert!(outputs.is_multiple_of(3), "{outputs} outputs are not three equal parts");
    assert_eq!(b.len(), outputs, "there must be one bias for each output");
    let third = outputs / 3;
    [0, third, 2 * third].map(|from| {
        let to = from + third;
        Linear {
            w: w.slice(s![from..to, ..]).to_owned(),
            b: Some(b.slice(s![from..to]).to_owned()),
        }
    })
}

/// The model of these sizes that a file in the format *safetensors* holds, with the names of GPT-2's published files.
///
/// # Errors
/// `File` as `from_safetensors`; `Missing` or `Shape` for an array that the model needs; else `Unknown` for one that is
/// left over.
///
/// # Panics
/// When the sizes are not those of a model in the style of GPT-2 whose heads have their own keys.
pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
    let &Config { vocabulary, context, width, layers, .. } = config;
    assert_eq!(config.style, Style::Gpt2, "the file is one of the style of GPT-2");
    assert_eq!(config.heads, config.kv_heads, "no heads of GPT-2 share their keys");
    let contents = from_safetensors(bytes).map_err(LoadError::File)?;
    let mut arrays = Arrays(contents.tensors.into_iter().collect());
    let model = Model {
        embedding: arrays.take("wte.weight", (vocabulary, width))?,
        positions: Some(arrays.take("wpe.weight", (context, width))?),
        blocks: (0..layers).map(|layer| arrays.block(layer, config)).collect::<Result<_, _>>()?,
        norm: arrays.norm("ln_f", width)?,
        head: None,
    };
    arrays.finish(&model)?;
    Ok(model)
}

/// The arrays of a file that have not found their places yet.
struct Arrays(BTreeMap<String, ArrayD<f32>>);

impl Arrays {
    /// Takes an array out, whose name may have the prefix that some programs write.
    fn remove(&mut self, name: &str) -> Option<ArrayD<f32>> {
        self.0.remove(name).or_else(|| self.0.remove(&format!("transformer.{name}")))
    }

    /// Takes out the array that must be there, with this shape.
    fn take<D: Dimension>(
        &mut self,
        name: &str,
        shape: impl IntoDimension<Dim = D>,
    ) -> Result<Array<f32, D>, LoadError> {
        let (name, shape) = (name.to_owned(), shape.into_dimension());
        let Some(array) = self.remove(&name) else { return Err(LoadError::Missing(name)) };
        if array.shape() != shape.slice() {
            let (found, expected) = (array.shape().to_vec(), shape.slice().to_vec());
            return Err(LoadError::Shape { name, found, expected });
        }
        Ok(array.into_dimensionality().expect("it has as many axes"))
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm<f32>, LoadError> {
        let gain = self.take(&format!("{name}.weight"), width)?;
        Ok(Norm::Layer { gain, bias: self.take(&format!("{name}.bias"), width)? })
    }

    fn layer(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear<f32>, LoadError> {
        let weight = self.take(&format!("{name}.weight"), (inputs, outputs))?;
        Ok(from_conv1d(weight, self.take(&format!("{name}.bias"), outputs)?))
    }

    fn block(&mut self, layer: usize, config: &Config) -> Result<Block<f32>, LoadError> {
        let &Config { width, hidden, .. } = config;
        let of = |part: &str| format!("h.{layer}.{part}");
        let norm1 = self.norm(&of("ln_1"), width)?;
        let [q, k, v] = split_qkv(&self.layer(&of("attn.c_attn"), width, 3 * width)?);
        let o = self.layer(&of("attn.c_proj"), width, width)?;
        let norm2 = self.norm(&of("ln_2"), width)?;
        let up = self.layer(&of("mlp.c_fc"), width, hidden)?;
        let down = self.layer(&of("mlp.c_proj"), hidden, width)?;
        let attention = Attention { q, k, v, o };
        Ok(Block { norm1, attention, norm2, feed_forward: FeedForward::Gelu { up, down } })
    }

    /// Finds out whether what is left over is known, and not learned.
    fn finish(mut self, model: &Model<f32>) -> Result<(), LoadError> {
        for layer in 0..model.blocks.len() {
            self.remove(&format!("h.{layer}.attn.bias"));
            self.remove(&format!("h.{layer}.attn.masked_bias"));
        }
        const HEAD: &str = "lm_head.weight";
        if self.0.get(HEAD).is_some_and(|head| *head == model.embedding.view().into_dyn()) {
            self.0.remove(HEAD);
        }
        self.0.into_keys().next().map_or(Ok(()), |name| Err(LoadError::Unknown(name)))
    }
}
