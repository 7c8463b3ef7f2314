//! Lesson 6.6, solved: training a small language model.

use std::collections::BTreeMap;

use ex_4_2::{AdamW, Moments, adamw_step, clip_global_norm, warmup_cosine, zeros_like};
use ex_4_7::{Options, language_loss};
use ex_5_3::{Position, next_batch, read_tokens};
use ex_6_4::{Config, Model, backward, forward, tensors, tensors_mut, zeros};
use ndarray::{Array2, ArrayD, ArrayViewD, Axis, IxDyn, NdFloat};
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
pub fn start<F: NdFloat>(model: Model<F>) -> State<F> {
    let zeros = zeros_like(&views(&model));
    let moments = Moments { steps: 0, m: zeros.clone(), s: zeros };
    State { model, moments, position: Position { epoch: 0, window: 0 } }
}

/// The arrays of a model without their names.
fn views<F: NdFloat>(model: &Model<F>) -> Vec<ArrayViewD<'_, F>> {
    tensors(model).into_iter().map(|(_, array)| array).collect()
}

/// How many targets count.
fn counted(y: &Array2<usize>, ignore: Option<usize>) -> usize {
    y.iter().filter(|target| Some(**target) != ignore).count()
}

/// Adds to `gradients` what a micro-batch contributes to the gradients of its step, and gives what it contributes to
/// the loss. `total` is the number of targets that count in the whole step.
///
/// # Panics
/// When `total` is 0 although targets of the micro-batch count, and as `forward` and `language_loss`.
pub fn add_micro_batch<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    batch: &MicroBatch,
    ignore: Option<usize>,
    total: usize,
    gradients: &mut Model<F>,
) -> F {
    let MicroBatch { x, y } = batch;
    let count = counted(y, ignore);
    assert!(count <= total, "{count} targets of a micro-batch count, and {total} of its step");
    let number = |count: usize| F::from(count).expect("a count is a number");
    let share = number(count) / number(total.max(1));
    let targets: Vec<_> = y.iter().copied().collect();
    let options = Options { ignore, smoothing: F::zero(), z_loss: F::zero() };
    let (logits, cache) = forward(model, config, x);
    let (loss, mut dlogits) = language_loss(&logits, &targets, &options);
    dlogits *= share;
    backward(&dlogits, &cache, model, config, gradients);
    loss * share
}

/// The mean loss of all targets that count in the micro-batches of a step, and its gradients. The caches of one
/// micro-batch at a time are in memory.
///
/// # Panics
/// As `add_micro_batch`.
pub fn accumulate<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    batches: &[MicroBatch],
    ignore: Option<usize>,
) -> (F, Model<F>) {
    let total = batches.iter().map(|batch| counted(&batch.y, ignore)).sum();
    let mut gradients = zeros(config);
    let loss = batches.iter().fold(F::zero(), |loss, batch| {
        loss + add_micro_batch(model, config, batch, ignore, total, &mut gradients)
    });
    (loss, gradients)
}

/// Whether an array of this shape decays: matrices do, gains and biases do not.
pub fn decays(shape: &[usize]) -> bool {
    shape.len() > 1
}

/// One step from the gradients of a whole batch: clips them, and changes the weights and moments of the state. Gives the
/// norm that the gradients had, and the learning rate.
///
/// # Errors
/// When a gradient is not finite. The state is then as it was.
///
/// # Panics
/// As `clip_global_norm`, `warmup_cosine` and `adamw_step`.
pub fn update<F: NdFloat>(
    state: &mut State<F>,
    gradients: &mut Model<F>,
    settings: &Settings,
) -> Result<(f64, f64), Diverged> {
    let &Settings { max_norm, rate, min_rate, warmup, total, .. } = settings;
    let State { model, moments, .. } = state;
    let step = moments.steps + 1;
    let to_clip = tensors_mut(gradients).into_iter().map(|(_, array)| array).collect();
    let norm = clip_global_norm(to_clip, max_norm);
    // A norm that is finite is one of numbers that are, and takes no pass of its own to tell.
    let is_broken = |array: &ArrayViewD<F>| array.iter().any(|g| !g.is_finite());
    if !norm.is_finite()
        && let Some((tensor, _)) = tensors(gradients).into_iter().rev().find(|it| is_broken(&it.1))
    {
        return Err(Diverged { step, tensor });
    }
    let rate = warmup_cosine(step, rate, min_rate, warmup, total);
    let keep = F::from(1.0 - rate * settings.adamw.decay).expect("a float is a number");
    let mut weights: Vec<_> = tensors_mut(model).into_iter().map(|(_, array)| array).collect();
    for array in weights.iter_mut().filter(|it| decays(it.shape())) {
        *array *= keep;
    }
    let without = AdamW { decay: 0.0, ..settings.adamw.clone() };
    adamw_step(weights, &views(gradients), moments, &without, rate);
    Ok((norm, rate))
}

/// Makes so many steps with the windows of `data`, the bytes of a file of tokens, from the state's position on. Gives
/// a log of them.
///
/// # Errors
/// When a gradient is not finite. The state is then that of the last step before it.
///
/// # Panics
/// As `next_batch`, `accumulate` and `update`.
pub fn train<F: NdFloat>(
    state: &mut State<F>,
    config: &Config,
    data: &[u8],
    settings: &Settings,
    steps: usize,
) -> Result<Vec<Step>, Diverged> {
    (0..steps).map(|_| step(state, config, data, settings)).collect()
}

fn step<F: NdFloat>(
    state: &mut State<F>,
    config: &Config,
    data: &[u8],
    settings: &Settings,
) -> Result<Step, Diverged> {
    let &Settings { batch, micro, time, seed, ignore, .. } = settings;
    let (x, y, next) = next_batch(data, batch, time, seed, state.position);
    let parts = x.axis_chunks_iter(Axis(0), micro).zip(y.axis_chunks_iter(Axis(0), micro));
    let batches: Vec<_> =
        parts.map(|(x, y)| MicroBatch { x: x.to_owned(), y: y.to_owned() }).collect();
    let (loss, mut gradients) = accumulate(&state.model, config, &batches, ignore);
    let (grad_norm, rate) = update(state, &mut gradients, settings)?;
    state.position = next;
    let loss = loss.to_f64().expect("a float is a number");
    Ok(Step { loss, grad_norm, rate, tokens: counted(&y, ignore) })
}

/// The sum of −log p over all targets of `data`, and how many there are: every token of the file but the first. The
/// windows of `time` tokens lie side by side, and the last one may be shorter; `batch` of them are in memory at once.
///
/// # Panics
/// When the file has an odd number of bytes or no target, or when `batch` or `time` is 0.
pub fn evaluate<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    data: &[u8],
    batch: usize,
    time: usize,
) -> (f64, usize) {
    assert!(data.len() > 2 && data.len().is_multiple_of(2), "{} bytes have no target", data.len());
    assert!(batch > 0 && time > 0, "a batch has a window, and a window has a token");
    let targets = data.len() / 2 - 1;
    let (mut at, mut sum) = (0, 0.0);
    while at < targets {
        let left = targets - at;
        let shape = if left < time { (1, left) } else { (batch.min(left / time), time) };
        let count = shape.0 * shape.1;
        sum += loss_of(model, config, &read_tokens(data, at, count + 1), shape) * count as f64;
        at += count;
    }
    (sum, targets)
}

/// The mean loss of windows side by side, of which these are the tokens and the last target.
fn loss_of<F: NdFloat>(
    model: &Model<F>,
    config: &Config,
    tokens: &[u16],
    shape: (usize, usize),
) -> f64 {
    let ids: Vec<_> = tokens.iter().map(|token| usize::from(*token)).collect();
    let inputs = ids[..ids.len() - 1].to_vec();
    let x = Array2::from_shape_vec(shape, inputs).expect("as many tokens");
    let options = Options { ignore: None, smoothing: F::zero(), z_loss: F::zero() };
    let (loss, _) = language_loss(&forward(model, config, &x).0, &ids[1..], &options);
    loss.to_f64().expect("a float is a number")
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

/// The name under which a header has its texts.
const METADATA: &str = "__metadata__";

/// A text in JSON.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

/// Arrays as a file in the format *safetensors*: the length of the header in eight bytes, the lowest first; the header,
/// filled up with spaces to a multiple of eight; the numbers of all arrays in the order given, each array row by row,
/// each number in four bytes, the lowest first.
///
/// The header has no spaces elsewhere. First comes `"__metadata__"`, where there are any texts, then each array with
/// `"dtype"`, `"shape"` and `"data_offsets"` in this order.
pub fn to_safetensors(
    tensors: &[(String, ArrayViewD<'_, f32>)],
    metadata: &BTreeMap<String, String>,
) -> Vec<u8> {
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    if !metadata.is_empty() {
        let texts: Vec<_> = metadata
            .iter()
            .map(|(key, text)| format!("{}:{}", quoted(key), quoted(text)))
            .collect();
        entries.push(format!("\"{METADATA}\":{{{}}}", texts.join(",")));
    }
    for (name, array) in tensors {
        let begin = data.len();
        // In logical order, whatever the order in memory is.
        data.extend(array.iter().flat_map(|number| number.to_le_bytes()));
        let shape: Vec<_> = array.shape().iter().map(usize::to_string).collect();
        entries.push(format!(
            "{}:{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{begin},{}]}}",
            quoted(name),
            shape.join(","),
            data.len()
        ));
    }
    let mut header = format!("{{{}}}", entries.join(",")).into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, &data].concat()
}

/// What a file in the format *safetensors* holds.
///
/// # Errors
/// When the file is cut short or anything in it is not as the format wants it. Every byte behind the header belongs to
/// exactly one array.
pub fn from_safetensors(bytes: &[u8]) -> Result<Contents, Refusal> {
    let (length, rest) = bytes.split_first_chunk().ok_or(Refusal::Short)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| Refusal::Short)?;
    let (header, data) = rest.split_at_checked(length).ok_or(Refusal::Short)?;
    let header: Value = serde_json::from_slice(header).map_err(|_| Refusal::Header)?;
    let mut metadata = BTreeMap::new();
    let mut entries = Vec::new();
    for (name, value) in header.as_object().ok_or(Refusal::Header)? {
        if name == METADATA {
            metadata = texts(value).ok_or(Refusal::Header)?;
        } else {
            entries.push(Entry::of(name, value).ok_or(Refusal::Header)?);
        }
    }
    let tensors = arrays(entries, data)?;
    Ok(Contents { tensors, metadata })
}

fn texts(value: &Value) -> Option<BTreeMap<String, String>> {
    let text = |(key, text): (&String, &Value)| Some((key.clone(), text.as_str()?.to_owned()));
    value.as_object()?.iter().map(text).collect()
}

/// What a header says of an array.
struct Entry {
    begin: usize,
    end: usize,
    name: String,
    dtype: String,
    shape: Vec<usize>,
}

impl Entry {
    fn of(name: &str, value: &Value) -> Option<Self> {
        let numbers = |key| numbers(value.get(key)?);
        let [begin, end] = numbers("data_offsets")?[..] else {
            return None;
        };
        let dtype = value.get("dtype")?.as_str()?.to_owned();
        Some(Self { begin, end, name: name.to_owned(), dtype, shape: numbers("shape")? })
    }

    /// Whether the bytes are as many as the shape asks for. A product that is too large for a number is none.
    fn fits(&self) -> bool {
        let numbers =
            self.shape.iter().try_fold(4_usize, |bytes, length| bytes.checked_mul(*length));
        numbers.is_some() && self.end.checked_sub(self.begin) == numbers
    }
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|it| usize::try_from(it.as_u64()?).ok()).collect()
}

/// The arrays, whose bytes must follow one another from the first to the last of `data`.
fn arrays(mut entries: Vec<Entry>, data: &[u8]) -> Result<Vec<(String, ArrayD<f32>)>, Refusal> {
    if entries.iter().any(|it| it.dtype != "F32") {
        return Err(Refusal::Type);
    }
    if !entries.iter().all(Entry::fits) {
        return Err(Refusal::Size);
    }
    entries.sort_by(|one, other| {
        (one.begin, one.end, &one.name).cmp(&(other.begin, other.end, &other.name))
    });
    let mut arrays = Vec::with_capacity(entries.len());
    let mut at = 0;
    for Entry { begin, end, name, shape, .. } in entries {
        let bytes = data.get(begin..end).filter(|_| begin == at).ok_or(Refusal::Layout)?;
        let numbers =
            bytes.chunks_exact(4).map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]]));
        let array = ArrayD::from_shape_vec(IxDyn(&shape), numbers.collect());
        arrays.push((name, array.map_err(|_| Refusal::Size)?));
        at = end;
    }
    if at == data.len() { Ok(arrays) } else { Err(Refusal::Layout) }
}

/// A checkpoint: the state as a file of tensors. The weights are `model.` and the name that `tensors` gives, the moments
/// `m.` and `s.` with the same names; `steps`, `epoch` and `window` are texts beside them.
pub fn save(state: &State<f32>) -> Vec<u8> {
    let State { model, moments, position } = state;
    let weights = tensors(model);
    let named = |prefix: &str, arrays: &[ArrayD<f32>]| -> Vec<_> {
        let names = weights.iter().map(|(name, _)| format!("{prefix}.{name}"));
        names.zip(arrays.iter().cloned()).collect()
    };
    let mut all = named("model", &weights.iter().map(|(_, it)| it.to_owned()).collect::<Vec<_>>());
    all.extend(named("m", &moments.m));
    all.extend(named("s", &moments.s));
    let numbers = [
        ("steps", moments.steps as u64),
        ("epoch", position.epoch),
        ("window", position.window as u64),
    ];
    let metadata = numbers.map(|(name, number)| (name.to_owned(), number.to_string())).into();
    let views: Vec<_> = all.iter().map(|(name, array)| (name.clone(), array.view())).collect();
    to_safetensors(&views, &metadata)
}

/// The state that a checkpoint holds, of a model of these sizes.
///
/// # Errors
/// As `from_safetensors`, and when it is not the checkpoint of such a model.
pub fn restore(bytes: &[u8], config: &Config) -> Result<State<f32>, Refusal> {
    let Contents { tensors: arrays, metadata } = from_safetensors(bytes)?;
    let number = |name| -> Option<u64> { metadata.get(name)?.parse().ok() };
    let size = |name| number(name).and_then(|it| usize::try_from(it).ok()).ok_or(Refusal::Other);
    let mut arrays: BTreeMap<_, _> = arrays.into_iter().collect();
    let mut state = start(zeros(config));
    let State { model, moments, position } = &mut state;
    for ((name, mut weights), (m, s)) in
        tensors_mut(model).into_iter().zip(moments.m.iter_mut().zip(&mut moments.s))
    {
        for (prefix, place) in
            [("model", &mut weights), ("m", &mut m.view_mut()), ("s", &mut s.view_mut())]
        {
            let array = arrays.remove(&format!("{prefix}.{name}")).ok_or(Refusal::Other)?;
            if array.shape() != place.shape() {
                return Err(Refusal::Other);
            }
            place.assign(&array);
        }
    }
    moments.steps = size("steps")?;
    position.epoch = number("epoch").ok_or(Refusal::Other)?;
    position.window = size("window")?;
    if arrays.is_empty() { Ok(state) } else { Err(Refusal::Other) }
}
