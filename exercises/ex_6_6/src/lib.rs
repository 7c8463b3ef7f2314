//! Lesson 6.6: training a small language model. The brief is in this folder's `README.md`.

use std::collections::BTreeMap;

#[allow(unused_imports)]
use ex_4_2::{AdamW, Moments, adamw_step, clip_global_norm, warmup_cosine, zeros_like};
#[allow(unused_imports)]
use ex_4_7::{Options, language_loss};
#[allow(unused_imports)]
use ex_5_3::{Position, next_batch, read_tokens};
#[allow(unused_imports)]
use ex_6_4::{Config, Model, backward, forward, tensors, tensors_mut, zeros};
#[allow(unused_imports)]
use ndarray::{Array2, ArrayD, ArrayViewD, Axis, IxDyn, NdFloat};
#[allow(unused_imports)]
use serde_json::Value;

/// A part of a batch that fits into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicroBatch {
    /// Tokens (B, T).
    pub x: Array2<usize>,
    /// The token behind each of them (B, T).
    pub y: Array2<usize>,
}

/// How a model is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How many windows a step sees; at least 1.
    pub batch: usize,
    /// How many windows are in memory at once; at least 1. The last micro-batch of a step may be smaller.
    pub micro: usize,
    /// T, the tokens of a window.
    pub time: usize,
    /// The seed of the order of the windows.
    pub seed: u64,
    /// The target that does not count, such as one that fills rows up.
    pub ignore: Option<usize>,
    /// AdamW, whose decay is for matrices alone.
    pub adamw: AdamW,
    /// The norm to which all gradients together are clipped.
    pub max_norm: f64,
    /// The learning rate behind the warm-up.
    pub rate: f64,
    /// The learning rate at the end.
    pub min_rate: f64,
    /// How many steps the rate rises.
    pub warmup: usize,
    /// The step with which it is at its end.
    pub total: usize,
}

/// All that a training goes on from.
#[derive(Debug, Clone, PartialEq)]
pub struct State<F: NdFloat> {
    /// The weights.
    pub model: Model<F>,
    /// What AdamW keeps: two arrays for each of `tensors`, in their order, and the number of steps.
    pub moments: Moments<F>,
    /// Where in the data the next step begins.
    pub position: Position,
}

/// One step in the log of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The mean loss of the targets that count, before the step.
    pub loss: f64,
    /// The norm of all gradients together, before they are clipped.
    pub grad_norm: f64,
    /// The learning rate.
    pub rate: f64,
    /// How many targets counted.
    pub tokens: usize,
}

/// A step that was not made, because a gradient is not finite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diverged {
    /// Which step; the first one is 1.
    pub step: usize,
    /// Of the arrays with such a gradient the last one in the order of `tensors`: the backward pass came to it first.
    pub tensor: String,
}

/// The state before the first step: moments of 0, and the beginning of the data.
#[allow(unused_variables)]
pub fn start<F: NdFloat>(model: Model<F>) -> State<F> {
    todo!("moments of zeros for each array of the model, and the first window of the first epoch")
}

/// Adds to `gradients` what a micro-batch contributes to the gradients of its step, and gives what it contributes to
/// the loss. `total` is the number of targets that count in the whole step.
///
/// # Panics
/// When `total` is 0 although targets of the micro-batch count, and as `forward` and `language_loss`.
#[allow(unused_variables)]
pub fn add_micro_batch<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    batch: &MicroBatch,
    ignore: Option<usize>,
    total: usize,
    gradients: &mut Model<F>,
) -> F {
    todo!("a micro-batch with few targets that count has a small part in the mean over all")
}

/// The mean loss of all targets that count in the micro-batches of a step, and its gradients. The caches of one
/// micro-batch at a time are in memory.
///
/// # Panics
/// As `add_micro_batch`.
#[allow(unused_variables)]
pub fn accumulate<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    batches: &[MicroBatch],
    ignore: Option<usize>,
) -> (F, Model<F>) {
    todo!("count all targets first, then add one micro-batch after the other")
}

/// Whether an array of this shape decays: matrices do, gains and biases do not.
#[allow(unused_variables)]
pub fn decays(shape: &[usize]) -> bool {
    todo!("which arrays multiply what comes in?")
}

/// One step from the gradients of a whole batch: clips them, and changes the weights and moments of the state. Gives the
/// norm that the gradients had, and the learning rate.
///
/// # Errors
/// When a gradient is not finite. The state is then as it was.
///
/// # Panics
/// As `clip_global_norm`, `warmup_cosine` and `adamw_step`.
#[allow(unused_variables)]
pub fn update<F: NdFloat>(
    state: &mut State<F>,
    gradients: &mut Model<F>,
    settings: &Settings,
) -> Result<(f64, f64), Diverged> {
    todo!("look for what is not finite, clip, find the rate of this step, then decay and AdamW")
}

/// Makes so many steps with the windows of `data`, the bytes of a file of tokens, from the state's position on. Gives
/// a log of them.
///
/// # Errors
/// When a gradient is not finite. The state is then that of the last step before it.
///
/// # Panics
/// As `next_batch`, `accumulate` and `update`.
#[allow(unused_variables)]
pub fn train<F: NdFloat>(
    state: &mut State<F>,
    config: &Config,
    data: &[u8],
    settings: &Settings,
    steps: usize,
) -> Result<Vec<Step>, Diverged> {
    todo!("for each step: its windows, cut into micro-batches; their gradients; the update")
}

/// The sum of −log p over all targets of `data`, and how many there are: every token of the file but the first. The
/// windows of `time` tokens lie side by side, and the last one may be shorter; `batch` of them are in memory at once.
///
/// # Panics
/// When the file has an odd number of bytes or no target, or when `batch` or `time` is 0.
#[allow(unused_variables)]
pub fn evaluate<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    data: &[u8],
    batch: usize,
    time: usize,
) -> (f64, usize) {
    todo!("window after window; the last one has what is left")
}

/// What a file of tensors holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Names and arrays, in the order of their bytes.
    pub tensors: Vec<(String, ArrayD<f32>)>,
    /// Texts beside them.
    pub metadata: BTreeMap<String, String>,
}

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It ends before its header does.
    Short,
    /// Its header is no JSON, or not of the form that is asked for.
    Header,
    /// The numbers of an array are no `F32`.
    Type,
    /// An array has not as many bytes as its shape asks for.
    Size,
    /// The bytes of an array overlap with others, leave some out or end behind the file.
    Layout,
    /// An array or a number of a checkpoint is missing, is none of the model's or has another shape.
    Other,
}

/// Arrays as a file in the format *safetensors*: the length of the header in eight bytes, the lowest first; the header,
/// filled up with spaces to a multiple of eight; the numbers of all arrays in the order given, each array row by row,
/// each number in four bytes, the lowest first.
///
/// The header has no spaces elsewhere. First comes `"__metadata__"`, where there are any texts, then each array with
/// `"dtype"`, `"shape"` and `"data_offsets"` in this order.
#[allow(unused_variables)]
pub fn to_safetensors(
    tensors: &[(String, ArrayViewD<'_, f32>)],
    metadata: &BTreeMap<String, String>,
) -> Vec<u8> {
    todo!("write the arrays one behind the other, and note where each begins and ends")
}

/// What a file in the format *safetensors* holds.
///
/// # Errors
/// When the file is cut short or anything in it is not as the format wants it. Every byte behind the header belongs to
/// exactly one array.
#[allow(unused_variables)]
pub fn from_safetensors(bytes: &[u8]) -> Result<Contents, Refusal> {
    todo!("trust no number: each may be too large, and any two may contradict each other")
}

/// A checkpoint: the state as a file of tensors. The weights are `model.` and the name that `tensors` gives, the moments
/// `m.` and `s.` with the same names; `steps`, `epoch` and `window` are texts beside them.
#[allow(unused_variables)]
pub fn save(state: &State<f32>) -> Vec<u8> {
    todo!("which arrays and which numbers does the next step need?")
}

/// The state that a checkpoint holds, of a model of these sizes.
///
/// # Errors
/// As `from_safetensors`, and when it is not the checkpoint of such a model.
#[allow(unused_variables)]
pub fn restore(bytes: &[u8], config: &Config) -> Result<State<f32>, Refusal> {
    todo!("every array must be there once, with the shape that the model has")
}
