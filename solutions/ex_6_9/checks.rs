//! Checks of lesson 6.9: published weights.

use engine::checks::{
    Check,
    Kind::{Property, Snapshot, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, close, panics, same_shape,
};
use ndarray::{Array, Array1, Array2, ArrayD, Axis, Dimension, IxDyn, ShapeBuilder as _, array};

use super::contract::{
    LoadError,
    ex_6_2::{AttentionF32, LinearF32},
    ex_6_3::{BlockF32, FeedForwardF32, NormF32},
    ex_6_4::{Config, ModelF32, Style},
    ex_6_6::Refusal,
    from_conv1d, load, published_logits, read_config, split_qkv,
};

pub const LESSON: Lesson = Lesson::new("Published weights", CHECKS).after(&["ex_6_4", "ex_6_6"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "config", "the sizes that config.json says", 2.0, sizes_of_texts),
    Check::hidden(Property, "hostile_config", "sizes that are refused", 1.0, refused_texts)
        .after(&["config"]),
    Check::hidden(Value, "conv1d", "a layer that is stored the other way round", 1.0, one_layer),
    Check::hidden(Value, "split", "queries, keys and values from one layer", 2.0, three_layers),
    Check::hidden(Value, "load", "every array of a file in its place", 4.0, every_array)
        .after(&["conv1d", "split"]),
    Check::hidden(Value, "others", "files as other programs write them", 2.0, files_of_others)
        .after(&["load"]),
    Check::hidden(Property, "refused", "files that do not fit, each with its reason", 3.0, refused)
        .after(&["load"]),
    Check::visible(Snapshot, "snapshot", "the logits of a file from elsewhere", 2.0, snapshot)
        .after(&["config", "load"]),
    Check::hidden(Property, "unfit", "what does not fit panics", 1.0, unfit)
        .after(&["conv1d", "split", "load"]),
];

/// Sizes of a model in the style of GPT-2.
fn sizes([vocabulary, context, width, heads, hidden, layers]: [usize; 6]) -> Config {
    Config {
        vocabulary,
        context,
        width,
        heads,
        kv_heads: heads,
        hidden,
        layers,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

/// The entries of a `config.json`, each with its text.
fn entries(config: &Config) -> Vec<(&'static str, String)> {
    let sizes = [
        ("vocab_size", config.vocabulary),
        ("n_positions", config.context),
        ("n_embd", config.width),
        ("n_head", config.heads),
        ("n_inner", config.hidden),
        ("n_layer", config.layers),
        // Nobody reads these.
        ("n_ctx", config.context + 7),
        ("num_key_value_heads", 1),
    ];
    let mut entries = sizes.map(|(name, size)| (name, size.to_string())).to_vec();
    entries.extend([
        ("model_type", "\"gpt2\"".to_owned()),
        ("activation_function", "\"gelu_new\"".to_owned()),
        ("layer_norm_epsilon", format!("{:e}", config.epsilon)),
        ("architectures", "[\"GPT2LMHeadModel\"]".to_owned()),
        ("resid_pdrop", "0.1".to_owned()),
    ]);
    entries
}

fn json(entries: &[(&str, String)]) -> String {
    let entries: Vec<_> = entries.iter().map(|(name, it)| format!("  \"{name}\": {it}")).collect();
    format!("{{\n{}\n}}\n", entries.join(",\n"))
}

fn sizes_of_texts(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for inner in [Some("given"), None, Some("null"), Some("given")] {
        let rng = learner.rng();
        let heads = rng.usize(1..5);
        let width = heads * rng.usize(1..9);
        let mut size = || rng.usize(1..100_000);
        let mut config = sizes([size(), size(), width, heads, size(), size()]);
        config.epsilon = 10_f64.powf(learner.uniform(-7.0, -1.0));
        let mut entries = entries(&config);
        if inner != Some("given") {
            config.hidden = 4 * width;
            entries.retain(|(name, _)| *name != "n_inner");
            entries.extend(inner.map(|it| ("n_inner", it.to_owned())));
        }
        learner.rng().shuffle(&mut entries);
        cases.push((json(&entries), config));
    }
    let ask = |learner: &mut Learner, (text, _): &(String, Config)| {
        learner.call(read_config, (text.clone(),))
    };
    learner.ask_all(&cases, ask, |(_, want), got| compare_sizes(got, want))
}

fn compare_sizes(got: Result<Config, LoadError>, want: &Config) -> Outcome {
    let refuses = |error| {
        let error = said(&error);
        Miss::failed(format!("`read_config` refuses the sizes of a model of GPT-2 with {error}"))
    };
    let got = got.map_err(refuses)?;
    for (name, entry, got, want) in [
        ("vocabulary", "vocab_size", got.vocabulary, want.vocabulary),
        ("context", "n_positions", got.context, want.context),
        ("width", "n_embd", got.width, want.width),
        ("heads", "n_head", got.heads, want.heads),
        ("kv_heads", "n_head", got.kv_heads, want.kv_heads),
        ("hidden", "n_inner", got.hidden, want.hidden),
        ("layers", "n_layer", got.layers, want.layers),
    ] {
        if got != want {
            let message = format!("`{name}` of `read_config` is not what `{entry}` says");
            return Err(Miss::failed(message).revealing(format!("got {got}, expected {want}")));
        }
    }
    if got.style != Style::Gpt2 {
        return Err(Miss::failed("`style` of `read_config` is not `Gpt2`"));
    }
    close("`rope_base` of `read_config`", got.rope_base, want.rope_base, want.rope_base)?;
    close("`epsilon` of `read_config`", got.epsilon, want.epsilon, want.epsilon)
}

/// Values that an entry cannot have.
fn unfit_entries() -> Vec<(&'static str, Vec<&'static str>)> {
    let no_size = vec!["-1", "2.5", "\"12\"", "[12]", "null", "18446744073709551616"];
    let sizes = ["vocab_size", "n_positions", "n_embd", "n_layer"];
    let mut all: Vec<_> = sizes.map(|name| (name, no_size.clone())).to_vec();
    all.extend([
        // Of eight columns.
        ("n_head", [&no_size[..], &["0", "3", "16"]].concat()),
        ("n_inner", vec!["-1", "2.5", "\"12\""]),
        ("layer_norm_epsilon", vec!["0", "-1e-5", "\"1e-5\"", "null"]),
        ("model_type", vec!["\"llama\"", "\"gpt_neo\"", "2", "null"]),
        ("activation_function", vec!["\"gelu\"", "\"relu\"", "null"]),
    ]);
    all
}

fn refused_texts(learner: &mut Learner) -> Outcome {
    let entries = entries(&sizes([7, 6, 8, 2, 16, 2]));
    let nested = "[".repeat(10_000);
    for text in ["", "{", "{\"n_embd\": 8", "[]", "\"gpt2\"", "3", "null", &nested] {
        let got = learner.call(read_config, (text.to_owned(),))?;
        if got != Err(LoadError::Json) {
            let message = "`read_config` does not refuse with `Json` what is no JSON object";
            return Err(Miss::failed(message).revealing(format!("{text:?}: {got:?}")));
        }
    }
    for (name, values) in unfit_entries() {
        let others = entries.iter().filter(|(it, _)| *it != name).cloned();
        let others: Vec<_> = others.collect();
        let with = |value: &&str| [&others[..], &[(name, (*value).to_owned())]].concat();
        let mut texts: Vec<_> = values.iter().map(with).collect();
        if name != "n_inner" {
            texts.push(others.clone());
        }
        for entries in texts {
            let got = learner.call(read_config, (json(&entries),))?;
            if got != Err(LoadError::Entry(name.to_owned())) {
                let message = format!(
                    "`read_config` does not refuse with `Entry` a text whose `{name}` is missing or no value for it"
                );
                let reveal = format!("{:?}: {got:?}", entries.last());
                return Err(Miss::failed(message).revealing(reveal));
            }
        }
    }
    let mut entries = entries;
    entries.retain(|(name, _)| !["n_inner", "n_embd", "n_head"].contains(name));
    let none = [("n_embd", "0"), ("n_head", "0")].map(|(name, it)| (name, it.to_owned()));
    let got = learner.call(read_config, (json(&[&entries[..], &none].concat()),))?;
    if got != Err(LoadError::Entry("n_head".to_owned())) {
        return Err(Miss::failed("`read_config` takes a model of no width that has no heads"));
    }
    // Four times this width is no number.
    let wide = [("n_embd", "9223372036854775808"), ("n_head", "1")];
    entries.extend(wide.map(|(name, it)| (name, it.to_owned())));
    match learner.call(read_config, (json(&entries),))? {
        Err(LoadError::Entry(name)) if name == "n_embd" || name == "n_inner" => Ok(()),
        _ => {
            Err(Miss::failed("`read_config` takes a width that is too large to be multiplied by 4"))
        }
    }
}

/// Numbers that f32 holds.
const LARGE: f64 = 300.0;

fn single<D: Dimension>(array: Array<f64, D>) -> Array<f32, D> {
    array.mapv(|it| it as f32)
}

/// Random numbers in either memory order.
fn matrix(learner: &mut Learner, rows: usize, columns: usize) -> Array2<f32> {
    let by_columns = learner.rng().bool();
    single(learner.array([rows, columns].set_f(by_columns), -LARGE, LARGE))
}

fn vector(learner: &mut Learner, length: usize) -> Array1<f32> {
    single(learner.array(length, -LARGE, LARGE))
}

fn layer(learner: &mut Learner, outputs: usize, inputs: usize) -> LinearF32 {
    LinearF32 { w: matrix(learner, outputs, inputs), b: Some(vector(learner, outputs)) }
}

/// Nothing is computed, so nothing is rounded.
fn same<D: Dimension>(name: &str, got: &Array<f32, D>, want: &Array<f32, D>) -> Outcome {
    let [got, want] = [got, want].map(|it| it.mapv(f64::from));
    all_close(name, &got, &want, &want.mapv(|_| 0.0))
}

fn compare_layer(name: &str, got: &LinearF32, want: &LinearF32) -> Outcome {
    same(&format!("W of {name}"), &got.w, &want.w)?;
    match (&got.b, &want.b) {
        (Some(got), Some(want)) => same(&format!("b of {name}"), got, want),
        _ => Err(Miss::failed(format!("{name} has no bias"))),
    }
}

fn one_layer(learner: &mut Learner) -> Outcome {
    // The same sizes twice: what is remembered of the first is wrong the second time.
    let shapes = [(3, 2), (3, 2), (4, 4), (1, 5), (2, 33), (33, 1)];
    let cases = shapes.map(|(outputs, inputs)| layer(learner, outputs, inputs));
    let ask = |learner: &mut Learner, layer: &LinearF32| {
        let (outputs, inputs) = layer.w.dim();
        // In row-major order here, in column-major order there.
        let shape = (inputs, outputs).set_f(outputs > inputs);
        let weight = Array2::from_shape_fn(shape, |(input, output)| layer.w[[output, input]]);
        let bias = layer.b.clone().unwrap_or_default();
        learner.call(from_conv1d, (weight, bias))
    };
    learner.ask_all(&cases, ask, |want, got| {
        compare_layer("`from_conv1d`", &got, want).map_err(|miss| {
            let in_order = want.w.t().iter().copied().collect();
            let reshaped = Array2::from_shape_vec(want.w.dim(), in_order);
            let is_reshaped = got.w != want.w && reshaped == Ok(got.w);
            let message = "`from_conv1d` leaves the numbers of the matrix in their order and gives them another shape. \
                           Where does number (1, 2) go?";
            if is_reshaped {
                miss.saying(message)
            } else {
                miss
            }
        })
    })
}

/// Layers one below the other.
fn packed(layers: &[LinearF32; 3]) -> LinearF32 {
    let rows: Vec<_> = layers.iter().flat_map(|layer| layer.w.rows()).collect();
    let w =
        Array2::from_shape_fn((rows.len(), layers[0].w.ncols()), |(row, column)| rows[row][column]);
    let b = layers.iter().flat_map(|layer| layer.b.iter().flatten().copied()).collect();
    LinearF32 { w, b: Some(b) }
}

const PARTS: [&str; 3] = ["queries", "keys", "values"];

fn three_layers(learner: &mut Learner) -> Outcome {
    let shapes = [(2, 2), (2, 2), (1, 4), (4, 1), (12, 2), (33, 3)];
    let cases = shapes.map(|(outputs, inputs)| [(); 3].map(|()| layer(learner, outputs, inputs)));
    let ask =
        |learner: &mut Learner, layers: &[LinearF32; 3]| learner.call(split_qkv, (packed(layers),));
    learner.ask_all(&cases, ask, |want, got| {
        for (part, got) in got.iter().enumerate() {
            if let Some(other) = (0..3).find(|other| *other != part && want[*other] == *got) {
                let (part, other) = (PARTS[part], PARTS[other]);
                return Err(Miss::failed(format!("the {part} of `split_qkv` are the {other}")));
            }
            compare_layer(&format!("the {} of `split_qkv`", PARTS[part]), got, &want[part])?;
        }
        Ok(())
    })
}

fn random_norm(learner: &mut Learner, width: usize) -> NormF32 {
    NormF32::Layer { gain: vector(learner, width), bias: vector(learner, width) }
}

fn random_block(learner: &mut Learner, config: &Config) -> BlockF32 {
    let &Config { width, hidden, .. } = config;
    BlockF32 {
        norm1: random_norm(learner, width),
        attention: AttentionF32 {
            q: layer(learner, width, width),
            k: layer(learner, width, width),
            v: layer(learner, width, width),
            o: layer(learner, width, width),
        },
        norm2: random_norm(learner, width),
        feed_forward: FeedForwardF32::Gelu {
            up: layer(learner, hidden, width),
            down: layer(learner, width, hidden),
        },
    }
}

fn random_model(learner: &mut Learner, config: &Config) -> ModelF32 {
    ModelF32 {
        embedding: matrix(learner, config.vocabulary, config.width),
        positions: Some(matrix(learner, config.context, config.width)),
        blocks: (0..config.layers).map(|_| random_block(learner, config)).collect(),
        norm: random_norm(learner, config.width),
        head: None,
    }
}

/// Arrays with their names.
type Arrays = Vec<(String, ArrayD<f32>)>;

/// An array of a part, and the part's name in front of its own.
fn named<D: Dimension>(part: &str, name: &str, array: &Array<f32, D>) -> (String, ArrayD<f32>) {
    (format!("{part}{name}"), array.clone().into_dyn())
}

/// The arrays of a model, as `tensors` names them.
fn in_model(model: &ModelF32) -> Arrays {
    let of_norm = |name: &str, norm: &NormF32| match norm {
        NormF32::Rms { gain } => vec![named(name, ".gain", gain)],
        NormF32::Layer { gain, bias } => {
            vec![named(name, ".gain", gain), named(name, ".bias", bias)]
        }
    };
    let of_layer = |name: &str, layer: &LinearF32| {
        let bias = layer.b.iter().map(|b| named(name, ".b", b));
        [named(name, ".w", &layer.w)].into_iter().chain(bias).collect::<Vec<_>>()
    };
    let mut all = vec![named("", "embedding", &model.embedding)];
    all.extend(model.positions.iter().map(|it| named("", "positions", it)));
    for (at, block) in model.blocks.iter().enumerate() {
        let of = |part: &str| format!("blocks.{at}.{part}");
        let AttentionF32 { q, k, v, o } = &block.attention;
        all.extend(of_norm(&of("norm1"), &block.norm1));
        for (name, layer) in [("q", q), ("k", k), ("v", v), ("o", o)] {
            all.extend(of_layer(&of(&format!("attention.{name}")), layer));
        }
        all.extend(of_norm(&of("norm2"), &block.norm2));
        match &block.feed_forward {
            FeedForwardF32::Gelu { up, down } => {
                all.extend(of_layer(&of("feed_forward.up"), up));
                all.extend(of_layer(&of("feed_forward.down"), down));
            }
            FeedForwardF32::SwiGlu { w1, w2, w3 } => {
                for (name, array) in [("w1", w1), ("w2", w2), ("w3", w3)] {
                    all.push(named(&of("feed_forward."), name, array));
                }
            }
        }
    }
    all.extend(of_norm("norm", &model.norm));
    all.extend(model.head.iter().map(|it| named("", "head", it)));
    all
}

/// The arrays of a model, as GPT-2's files have them.
fn in_file(model: &ModelF32) -> Arrays {
    let of_norm = |name: &str, norm: &NormF32| match norm {
        NormF32::Layer { gain, bias } => {
            vec![named(name, ".weight", gain), named(name, ".bias", bias)]
        }
        NormF32::Rms { .. } => vec![],
    };
    let of_layers = |name: &str, layers: &[&LinearF32]| {
        let outputs: Vec<_> = layers.iter().flat_map(|layer| layer.w.rows()).collect();
        let weight =
            Array2::from_shape_fn((layers[0].w.ncols(), outputs.len()), |(input, output)| {
                outputs[output][input]
            });
        let bias = layers.iter().flat_map(|layer| layer.b.iter().flatten().copied());
        let bias: Array1<f32> = bias.collect();
        vec![named(name, ".weight", &weight), named(name, ".bias", &bias)]
    };
    let mut all = vec![named("", "wte.weight", &model.embedding)];
    all.extend(model.positions.iter().map(|it| named("", "wpe.weight", it)));
    for (at, block) in model.blocks.iter().enumerate() {
        let of = |part: &str| format!("h.{at}.{part}");
        let AttentionF32 { q, k, v, o } = &block.attention;
        all.extend(of_norm(&of("ln_1"), &block.norm1));
        all.extend(of_layers(&of("attn.c_attn"), &[q, k, v]));
        all.extend(of_layers(&of("attn.c_proj"), &[o]));
        all.extend(of_norm(&of("ln_2"), &block.norm2));
        if let FeedForwardF32::Gelu { up, down } = &block.feed_forward {
            all.extend(of_layers(&of("mlp.c_fc"), &[up]));
            all.extend(of_layers(&of("mlp.c_proj"), &[down]));
        }
    }
    all.extend(of_norm("ln_f", &model.norm));
    all
}

/// A file in the format safetensors whose header says that all numbers are of this type.
fn file_of(arrays: &Arrays, dtype: &str) -> Vec<u8> {
    let mut header = "{\"__metadata__\":{\"format\":\"pt\"}".to_owned();
    let mut numbers = Vec::new();
    for (name, array) in arrays {
        let begin = numbers.len();
        numbers.extend(array.iter().flat_map(|number| number.to_le_bytes()));
        let (shape, end) = (array.shape(), numbers.len());
        header += &format!(
            ",\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{begin},{end}]}}"
        );
    }
    header += "}";
    let length = header.len() as u64;
    [&length.to_le_bytes()[..], header.as_bytes(), &numbers].concat()
}

fn file(arrays: &Arrays) -> Vec<u8> {
    file_of(arrays, "F32")
}

/// An error, without the sizes in it.
fn said(error: &LoadError) -> String {
    match error {
        LoadError::Json => "`Json`".to_owned(),
        LoadError::Entry(name) => format!("`Entry` for `{name}`"),
        LoadError::File(refusal) => format!("`File({refusal:?})`"),
        LoadError::Missing(name) => format!("`Missing` for `{name}`"),
        LoadError::Shape { name, .. } => format!("`Shape` for `{name}`"),
        LoadError::Unknown(name) => format!("`Unknown` for `{name}`"),
    }
}

/// A file, and the model that it holds.
struct Published {
    /// What kind of file it is.
    what: &'static str,
    bytes: Vec<u8>,
    config: Config,
    model: ModelF32,
}

impl Published {
    fn ask(&self, learner: &mut Learner) -> Result<Result<ModelF32, LoadError>, Miss> {
        learner.call(load, (self.bytes.clone(), self.config.clone()))
    }

    fn compare(&self, got: Result<ModelF32, LoadError>) -> Outcome {
        let refuses = |error| {
            let error = said(&error);
            Miss::failed(format!("`load` refuses a file {} with {error}", self.what))
        };
        let (got, want) = (in_model(&got.map_err(refuses)?), in_model(&self.model));
        for (name, want_array) in &want {
            let Some((_, array)) = got.iter().find(|(found, _)| found == name) else {
                return Err(Miss::failed(format!("`{name}` is missing in the model of `load`")));
            };
            let name_of_got = format!("`{name}` of `load`");
            same_shape(&name_of_got, array.shape(), want_array.shape())?;
            let twin = want.iter().find(|(other, it)| other != name && it == array);
            if let Some((other, _)) = twin {
                let message = format!("{name_of_got} has the numbers of `{other}`");
                return Err(Miss::failed(message));
            }
            same(&name_of_got, array, want_array)?;
        }
        match got.iter().find(|(name, _)| want.iter().all(|(it, _)| it != name)) {
            Some((name, _)) => {
                let message = format!("`{name}` does not belong in a model in the style of GPT-2");
                Err(Miss::failed(message))
            }
            None => Ok(()),
        }
    }
}

fn every_array(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for (sizes_of_case, is_shuffled) in [
        ([40, 5, 4, 2, 33, 2], false),
        // All matrices but the packed one are square.
        ([6, 6, 6, 3, 6, 1], true),
        // In a dictionary, 10 comes before 2.
        ([3, 2, 2, 1, 5, 12], true),
        ([4, 3, 2, 2, 1, 0], false),
        ([130, 120, 104, 104, 410, 1], false),
    ] {
        let config = sizes(sizes_of_case);
        let model = random_model(learner, &config);
        let mut arrays = in_file(&model);
        if is_shuffled {
            learner.rng().shuffle(&mut arrays);
        }
        let what = "that has every array of its model, and no other,";
        cases.push(Published { what, bytes: file(&arrays), config, model });
    }
    learner.ask_all(&cases, |learner, case| case.ask(learner), |case, got| case.compare(got))
}

fn with_prefix(arrays: &mut Arrays) {
    arrays.iter_mut().for_each(|(name, _)| *name = format!("transformer.{name}"));
}

/// The buffers that a program keeps beside its weights.
fn add_masks(arrays: &mut Arrays, config: &Config) {
    let time = config.context;
    let mask = ArrayD::from_shape_fn(IxDyn(&[1, 1, time, time]), |at| f32::from(at[3] <= at[2]));
    for layer in 0..config.layers {
        arrays.push((format!("h.{layer}.attn.bias"), mask.clone()));
        let number = ArrayD::from_elem(IxDyn(&[]), -1e4);
        arrays.push((format!("h.{layer}.attn.masked_bias"), number));
    }
}

fn add_head(arrays: &mut Arrays, model: &ModelF32) {
    arrays.push(named("", "lm_head.weight", &model.embedding));
}

fn files_of_others(learner: &mut Learner) -> Outcome {
    type Change = fn(&mut Arrays, &Config, &ModelF32);
    let kinds: [(&str, Change); 4] = [
        ("whose names begin with `transformer.`", |arrays, _, _| with_prefix(arrays)),
        ("with masks of attention", |arrays, config, _| add_masks(arrays, config)),
        ("with a copy of the embedding as its head", |arrays, _, model| add_head(arrays, model)),
        ("with a prefix, masks and a head", |arrays, config, model| {
            add_masks(arrays, config);
            with_prefix(arrays);
            add_head(arrays, model);
            arrays.reverse();
        }),
    ];
    let mut cases = Vec::new();
    for (what, change) in kinds {
        let config = sizes([5, 3, 4, 2, 3, 12]);
        let model = random_model(learner, &config);
        let mut arrays = in_file(&model);
        change(&mut arrays, &config, &model);
        cases.push(Published { what, bytes: file(&arrays), config, model });
    }
    learner.ask_all(&cases, |learner, case| case.ask(learner), |case, got| case.compare(got))
}

/// A file that does not fit.
struct Unfit {
    what: String,
    bytes: Vec<u8>,
    config: Config,
    /// Whether a reason is the one.
    is_right: Box<dyn Fn(&LoadError) -> bool>,
}

impl Unfit {
    fn new(what: &str, bytes: Vec<u8>, reason: LoadError) -> Self {
        let (what, config) = (what.to_owned(), small());
        Self { what, bytes, config, is_right: Box::new(move |error| *error == reason) }
    }

    fn of(what: &str, arrays: &Arrays, reason: LoadError) -> Self {
        Self::new(what, file(arrays), reason)
    }
}

fn small() -> Config {
    sizes([5, 3, 4, 2, 3, 2])
}

/// Files with their bytes in disorder.
fn broken(arrays: &Arrays) -> Vec<Unfit> {
    let whole = file(arrays);
    let short = |length: usize| whole[..length].to_vec();
    let file = |what, bytes, refusal| Unfit::new(what, bytes, LoadError::File(refusal));
    vec![
        file("that was cut short by a byte", short(whole.len() - 1), Refusal::Layout),
        file("that ends within its header", short(100), Refusal::Short),
        file("of F16", file_of(arrays, "F16"), Refusal::Type),
        file("of BF16", file_of(arrays, "BF16"), Refusal::Type),
    ]
}

/// Files that lack an array.
fn incomplete(arrays: &Arrays) -> Vec<Unfit> {
    let names = [
        "wte.weight",
        "wpe.weight",
        "h.0.ln_1.bias",
        "h.1.attn.c_attn.bias",
        "h.0.attn.c_proj.weight",
        "h.1.ln_2.weight",
        "h.1.mlp.c_fc.bias",
        "h.0.mlp.c_proj.weight",
        "ln_f.bias",
    ];
    let without = |name: &str, is_prefixed: bool| {
        let mut arrays = arrays.clone();
        arrays.retain(|(it, _)| it != name);
        if is_prefixed {
            with_prefix(&mut arrays);
        }
        let prefix = if is_prefixed { "with a prefix and " } else { "" };
        let what = format!("{prefix}without `{name}`");
        Unfit::of(&what, &arrays, LoadError::Missing(name.to_owned()))
    };
    let all = names.iter().map(|name| without(name, false));
    // Its name in the error is the one without the prefix.
    all.chain([without("ln_f.weight", true)]).collect()
}

/// Files in which an array has another shape.
fn misshapen(arrays: &Arrays) -> Vec<Unfit> {
    let cases: [(&str, &[usize], &[usize]); 9] = [
        ("wte.weight", &[6, 4], &[5, 4]),
        ("wpe.weight", &[2, 4], &[3, 4]),
        ("h.0.ln_1.weight", &[1, 4], &[4]),
        ("h.1.attn.c_attn.weight", &[12, 4], &[4, 12]),
        ("h.1.attn.c_attn.bias", &[4], &[12]),
        ("h.0.attn.c_proj.weight", &[4, 5], &[4, 4]),
        ("h.0.mlp.c_fc.weight", &[3, 4], &[4, 3]),
        ("h.1.mlp.c_proj.bias", &[3], &[4]),
        ("ln_f.bias", &[5], &[4]),
    ];
    let case = |(name, found, expected): (&str, &[usize], &[usize])| {
        let mut arrays = arrays.clone();
        for (it, array) in &mut arrays {
            if it == name {
                *array = ArrayD::from_elem(IxDyn(found), 0.5);
            }
        }
        let [found, expected] = [found, expected].map(<[usize]>::to_vec);
        let reason = LoadError::Shape { name: name.to_owned(), found, expected };
        Unfit::of(&format!("whose `{name}` has another shape"), &arrays, reason)
    };
    cases.map(case).into_iter().collect()
}

/// Files with an array too many.
fn overfull(arrays: &Arrays) -> Vec<Unfit> {
    let embedding = &arrays[0].1;
    let mut other_head = embedding.clone();
    other_head[[4, 3]] += 1.0;
    let mut near_head = embedding.clone();
    near_head[[4, 3]] = f32::from_bits(near_head[[4, 3]].to_bits() ^ 1);
    let extra = ArrayD::from_elem(IxDyn(&[2]), 1.0);
    let in_a_row = embedding.to_shape(IxDyn(&[embedding.len()])).map(|it| it.to_owned());
    let cases = [
        ("with an array that GPT-2 does not have", "h.0.attn.c_attn.adapter", extra.clone()),
        ("with a mask for a layer that is not there", "h.2.attn.bias", extra),
        ("with a head of its own", "lm_head.weight", other_head),
        ("with a head of its own, near to the embedding,", "lm_head.weight", near_head),
        ("with a head in another shape", "lm_head.weight", embedding.t().to_owned()),
        ("with a head in one row", "lm_head.weight", in_a_row.unwrap_or_default()),
    ];
    let case = |(what, name, array): (&str, &str, ArrayD<f32>)| {
        let arrays = [&arrays[..], &[(name.to_owned(), array)]].concat();
        Unfit::of(what, &arrays, LoadError::Unknown(name.to_owned()))
    };
    let of_two_reasons = ["extra", "lm_head.weight"].map(|extra| of_two_reasons(arrays, extra));
    let others = of_two_reasons.into_iter().chain([with_prefixed(arrays)]);
    cases.map(case).into_iter().chain(others).collect()
}

/// A file that lacks an array, and has another one too many.
fn of_two_reasons(arrays: &Arrays, extra: &str) -> Unfit {
    const LACKING: &str = "ln_f.bias";
    let mut arrays = arrays.clone();
    arrays.retain(|(name, _)| name != LACKING);
    arrays.insert(0, (extra.to_owned(), ArrayD::from_elem(IxDyn(&[4]), 1.0)));
    let reason = LoadError::Missing(LACKING.to_owned());
    Unfit::of(&format!("without `{LACKING}` and with an array too many"), &arrays, reason)
}

/// A file with a prefix before all names, that of an array too many among them.
fn with_prefixed(arrays: &Arrays) -> Unfit {
    let mut arrays = [&arrays[..], &[("extra".to_owned(), arrays[0].1.clone())]].concat();
    with_prefix(&mut arrays);
    let reason = LoadError::Unknown("transformer.extra".to_owned());
    Unfit::of("with a prefix and an array too many", &arrays, reason)
}

/// A file of two layers, for models of one and of three.
fn other_depths(arrays: &Arrays) -> Vec<Unfit> {
    let of = |layers: usize, is_right: fn(&LoadError) -> bool| Unfit {
        what: format!("of two layers for a model of {layers}"),
        bytes: file(arrays),
        config: Config { layers, ..small() },
        is_right: Box::new(is_right),
    };
    vec![
        of(1, |error| matches!(error, LoadError::Unknown(name) if name.starts_with("h.1."))),
        of(3, |error| matches!(error, LoadError::Missing(name) if name.starts_with("h.2."))),
    ]
}

fn refused(learner: &mut Learner) -> Outcome {
    let arrays = in_file(&random_model(learner, &small()));
    let kinds = [broken, incomplete, misshapen, overfull, other_depths];
    for Unfit { what, bytes, config, is_right } in kinds.iter().flat_map(|kind| kind(&arrays)) {
        match learner.call(load, (bytes, config))? {
            Ok(_) => return Err(Miss::failed(format!("`load` takes a file {what}"))),
            Err(error) if !is_right(&error) => {
                let message = format!(
                    "`load` refuses a file {what} with {}: which of the reasons is it, and of which array?",
                    said(&error)
                );
                return Err(Miss::failed(message).revealing(format!("{error:?}")));
            }
            Err(_) => (),
        }
    }
    Ok(())
}

const FILE: &[u8] = include_bytes!("../../exercises/ex_6_9/tests/small.safetensors");
const JSON: &str = include_str!("../../exercises/ex_6_9/tests/config.json");

/// Tokens, and their logits: computed by another program, in f64.
fn texts() -> [(Array2<usize>, Array2<f64>); 2] {
    [
        (
            array![[1, 2, 3, 1], [0, 6, 5, 5]],
            array![
                [
                    -0.237694700,
                    0.599932145,
                    0.232996371,
                    0.598834912,
                    0.606650485,
                    -0.905400089,
                    0.269691159
                ],
                [
                    -0.239937799,
                    -0.443995524,
                    0.529515737,
                    0.629631433,
                    0.737053321,
                    -1.353869868,
                    0.554601979
                ],
                [
                    0.089054529,
                    -1.565114085,
                    -0.091161936,
                    1.536690549,
                    0.391612071,
                    -0.804592824,
                    -0.067259839
                ],
                [
                    1.350004697,
                    0.712719837,
                    -0.006338358,
                    0.089435099,
                    -0.367785426,
                    0.355468923,
                    0.030299021
                ],
                [
                    0.967636560,
                    1.180727362,
                    -0.400863794,
                    -0.106985747,
                    -0.003076863,
                    0.205730784,
                    -0.360502952
                ],
                [
                    0.434922544,
                    0.186011894,
                    0.326535062,
                    -0.467460280,
                    0.812357992,
                    -0.902036412,
                    0.352816974
                ],
                [
                    -0.090601369,
                    1.434744239,
                    -0.189822609,
                    0.579944141,
                    -0.971700426,
                    1.188974601,
                    -0.134857772
                ],
                [
                    0.171762989,
                    1.777946128,
                    -0.195256335,
                    -0.116756369,
                    -0.886391647,
                    1.142396235,
                    -0.143308016
                ],
            ],
        ),
        (
            array![[4, 2]],
            array![
                [
                    -0.801337234,
                    1.144779107,
                    0.113801116,
                    -1.415478935,
                    -0.250683058,
                    1.115926405,
                    0.123934691
                ],
                [
                    -0.509485111,
                    -1.331712118,
                    0.465510495,
                    0.493921862,
                    0.440088759,
                    -0.275752062,
                    0.469620462
                ],
            ],
        ),
    ]
}

/// How many roundings further apart two right results may be than the last sum alone makes them.
const STEPS: f64 = 30.0;

fn snapshot(learner: &mut Learner) -> Outcome {
    let [(ids, want), other] = texts();
    // The two sequences of the first text the other way round, and so the four rows of each.
    let rows = [4, 5, 6, 7, 0, 1, 2, 3];
    let turned = (ids.select(Axis(0), &[1, 0]), want.select(Axis(0), &rows));
    for (ids, want) in [(ids, want), turned, other] {
        let arguments = (JSON.to_owned(), FILE.to_vec(), ids);
        let got = learner.call(published_logits, arguments)?.map_err(|error| {
            Miss::failed(format!("a file from elsewhere is refused with {}", said(&error)))
        })?;
        let scale = want.mapv(|it| STEPS * (it.abs() + 1.0));
        all_close_in_single("Z", &got, &want, &scale)?;
    }
    Ok(())
}

fn unfit(learner: &mut Learner) -> Outcome {
    let refuses = |what: &str| format!("{what} is taken, where it should be refused with a panic");
    let weight = matrix(learner, 2, 3);
    for length in [2, 4] {
        let bias = vector(learner, length);
        let answer = learner.call(from_conv1d, (weight.clone(), bias));
        panics(answer, || refuses("a bias of another length in `from_conv1d`"))?;
    }
    let four = layer(learner, 4, 2);
    let answer = learner.call(split_qkv, (four,));
    panics(answer, || refuses("a layer of four outputs in `split_qkv`"))?;
    let without = LinearF32 { b: None, ..layer(learner, 6, 2) };
    let answer = learner.call(split_qkv, (without,));
    panics(answer, || refuses("a layer without a bias in `split_qkv`"))?;
    for length in [3, 5, 7, 9] {
        let mut other = layer(learner, 6, 2);
        other.b = Some(vector(learner, length));
        let answer = learner.call(split_qkv, (other,));
        panics(answer, || refuses("a bias of another length in `split_qkv`"))?;
    }
    let config = small();
    let bytes = file(&in_file(&random_model(learner, &config)));
    let shared = Config { kv_heads: 1, ..config.clone() };
    for (what, bytes, config) in [
        ("the style of Llama in `load`", bytes.clone(), Config { style: Style::Llama, ..config }),
        ("heads that share keys in `load`", bytes, shared.clone()),
        ("heads that share keys in `load`, with a file that is empty,", vec![], shared),
    ] {
        let answer = learner.call(load, (bytes, config));
        panics(answer, || refuses(what))?;
    }
    Ok(())
}
