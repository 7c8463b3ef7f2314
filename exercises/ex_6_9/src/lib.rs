//! Lesson 6.9: published weights. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use std::collections::BTreeMap;

#[allow(unused_imports)]
use ex_6_2::{Attention, Linear};
#[allow(unused_imports)]
use ex_6_3::{Block, FeedForward, Norm};
#[allow(unused_imports)]
use ex_6_4::{Config, Model, Style};
#[allow(unused_imports)]
use ex_6_6::{Refusal, from_safetensors};
#[allow(unused_imports)]
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, IntoDimension, s};
#[allow(unused_imports)]
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
#[allow(unused_variables)]
pub fn read_config(json: &str) -> Result<Config, LoadError> {
    todo!("read the entries that the brief lists, and trust none of them")
}

/// A layer as `linear` takes it, from `weight` (d_in, d_out) and `bias` (d_out) as GPT-2's files have them.
///
/// # Panics
/// When there is not one bias for each output.
#[allow(unused_variables)]
pub fn from_conv1d(weight: Array2<f32>, bias: Array1<f32>) -> Linear<f32> {
    todo!("which of the two axes has the inputs here, and which one there?")
}

/// The layers of queries, keys and values, from one that makes all three: its outputs are first all queries, then all
/// keys, then all values.
///
/// # Panics
/// When the outputs are not three equal parts, or there is not one bias for each.
#[allow(unused_variables)]
pub fn split_qkv(packed: &Linear<f32>) -> [Linear<f32>; 3] {
    todo!("which numbers of W and b belong to an output?")
}

/// The model of these sizes that a file in the format *safetensors* holds, with the names of GPT-2's published files.
///
/// # Errors
/// `File` as `from_safetensors`; `Missing` or `Shape` for an array that the model needs; else `Unknown` for one that is
/// left over.
///
/// # Panics
/// When the sizes are not those of a model in the style of GPT-2 whose heads have their own keys.
#[allow(unused_variables)]
pub fn load(bytes: &[u8], config: &Config) -> Result<Model<f32>, LoadError> {
    todo!("take one array after the other out of the file, and look at what is left")
}
