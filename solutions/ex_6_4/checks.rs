//! Checks of lesson 6.4: GPT: assembly, every gradient, counting.

#[allow(clippy::duplicate_mod, reason = "the checks of several lessons begin with it")]
#[path = "reference.rs"]
mod model;
#[allow(clippy::duplicate_mod, reason = "the checks of two lessons compare with it")]
#[path = "../ex_6_3/reference.rs"]
mod reference;

use engine::{
    checks::{
        Check,
        Kind::{Gradient, Property, Snapshot, Value},
        Learner, Lesson, Miss, Outcome, Tensor, added, all_close, all_close_in_single, close,
        gradients_of_model, panics, same_parts, same_shape, within,
    },
    wire::Wire,
};
use ndarray::{Array2, ArrayD, Axis, IxDyn, ShapeBuilder, array, concatenate, s};

use super::contract::{
    Config, Model, ModelF32, Style, activation_numbers, backward,
    ex_6_2::{Attention, Linear},
    ex_6_3::{Block, FeedForward, Norm},
    flops_per_token, forward, forward_f32, loss_and_gradients, parameters, tensors, tensors_mut,
    training_bytes, zeros,
};
use model::empty;
use reference::{Shape, Weights, arrays, each_array, with_each};

pub const LESSON: Lesson = Lesson::new("GPT: assembly, every gradient, counting", CHECKS)
    .after(&["ex_4_7", "ex_5_4", "ex_6_3"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "zeros", "the arrays of a model and their shapes", 1.0, shapes_of_zeros),
    Check::hidden(Value, "tensors", "names and views of all arrays, in order", 1.0, names)
        .after(&["zeros"]),
    Check::hidden(Value, "forward", "the logits, in both styles", 2.0, logits),
    Check::hidden(
        Gradient,
        "backward",
        "every gradient of the model against finite differences, added to what is there",
        4.0,
        gradients,
    )
    .after(&["forward"]),
    Check::hidden(Gradient, "loss", "the loss and its gradients", 2.0, loss_gradients)
        .after(&["backward"]),
    Check::visible(Snapshot, "snapshot", "two small models from elsewhere", 1.0, snapshot)
        .after(&["loss"]),
    Check::hidden(
        Property,
        "leak",
        "a later token moves nothing earlier, forward and backward",
        1.0,
        leak,
    )
    .after(MODEL),
    Check::hidden(Property, "absent", "tokens and places that are not there", 1.0, absent)
        .after(MODEL),
    Check::hidden(Value, "parameters", "how many numbers are learned", 1.0, count_of_parameters),
    Check::hidden(Value, "flops", "the FLOPs of a token", 1.0, count_of_flops),
    Check::hidden(Value, "memory", "activations, and the bytes of training", 1.0, count_of_memory)
        .after(&["parameters"]),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(MODEL),
    Check::hidden(Value, "single", "the logits in single precision", 1.0, single)
        .after(&["forward"]),
];

const MODEL: &[&str] = &["forward", "backward", "loss"];

const STYLES: [Style; 2] = [Style::Gpt2, Style::Llama];

/// A configuration with few numbers, of which hardly any two are equal.
fn small(style: Style) -> Config {
    let (kv_heads, hidden) = match style {
        Style::Gpt2 => (2, 5),
        Style::Llama => (1, 3),
    };
    Config {
        vocabulary: 6,
        context: 4,
        // Two pairs for RoPE to turn: the first turns alike with every base.
        width: if style == Style::Llama { 8 } else { 4 },
        heads: 2,
        kv_heads,
        hidden,
        layers: 2,
        style,
        // One that the other style is given is not this one's.
        rope_base: if style == Style::Llama { 50.0 } else { 70.0 },
        epsilon: if style == Style::Llama { 0.1 } else { 0.15 },
    }
}

/// A configuration in which nothing is as in the small one, but for the style.
fn other(style: Style) -> Config {
    Config {
        vocabulary: 7,
        context: 5,
        width: 12,
        heads: 3,
        kv_heads: if style == Style::Llama { 3 } else { 1 },
        hidden: 4,
        layers: 1,
        style,
        rope_base: 300.0,
        epsilon: 0.3,
    }
}

/// The shape of each array by its name, in order.
fn shapes(config: &Config) -> Vec<(String, Vec<usize>)> {
    let &Config { vocabulary, context, width, hidden, layers, style, .. } = config;
    let keys = width / config.heads * config.kv_heads;
    let is_gpt2 = style == Style::Gpt2;
    let mut shapes = vec![("embedding".to_owned(), vec![vocabulary, width])];
    let mut put = |name: String, shape: &[usize]| shapes.push((name, shape.to_vec()));
    if is_gpt2 {
        put("positions".to_owned(), &[context, width]);
    }
    let norm = |name: &str, put: &mut dyn FnMut(String, &[usize])| {
        put(format!("{name}.gain"), &[width]);
        if is_gpt2 {
            put(format!("{name}.bias"), &[width]);
        }
    };
    let linear = |name: &str, shape: [usize; 2], put: &mut dyn FnMut(String, &[usize])| {
        put(format!("{name}.w"), &shape);
        if is_gpt2 {
            put(format!("{name}.b"), &shape[..1]);
        }
    };
    for layer in 0..layers {
        let of = |part: &str| format!("blocks.{layer}.{part}");
        norm(&of("norm1"), &mut put);
        for (part, rows) in [("q", width), ("k", keys), ("v", keys), ("o", width)] {
            linear(&of(&format!("attention.{part}")), [rows, width], &mut put);
        }
        norm(&of("norm2"), &mut put);
        if is_gpt2 {
            linear(&of("feed_forward.up"), [hidden, width], &mut put);
            linear(&of("feed_forward.down"), [width, hidden], &mut put);
        } else {
            put(of("feed_forward.w1"), &[hidden, width]);
            put(of("feed_forward.w3"), &[hidden, width]);
            put(of("feed_forward.w2"), &[width, hidden]);
        }
    }
    norm("norm", &mut put);
    if !is_gpt2 {
        put("head".to_owned(), &[vocabulary, width]);
    }
    shapes
}

/// As `tensors` names the array that a check finds under this name.
fn in_tensors(name: &str) -> String {
    name.replace('[', ".").replace(']', "")
}

/// Configurations of both styles, among them some of one layer and of none. No size comes twice in those of one style
/// and depth.
fn configs(learner: &mut Learner) -> Vec<Config> {
    let mut configs = Vec::new();
    for style in STYLES {
        for (heads, kv_heads, layers) in [(2, 2, 2), (3, 1, 1), (1, 1, 0)] {
            for (sizes, head) in [(3..8, 2), (8..13, 4)] {
                let [vocabulary, context, hidden] =
                    [(); 3].map(|()| learner.rng().usize(sizes.clone()));
                let width = heads * head;
                let (rope_base, epsilon) = (1e4, 1e-5);
                configs.push(Config {
                    vocabulary,
                    context,
                    width,
                    heads,
                    kv_heads,
                    hidden,
                    layers,
                    style,
                    rope_base,
                    epsilon,
                });
            }
        }
    }
    configs
}

fn shapes_of_zeros(learner: &mut Learner) -> Outcome {
    for config in configs(learner) {
        let model = learner.call(zeros, (config.clone(),))?;
        let mut found = arrays::<f64>(model);
        for (name, shape) in shapes(&config) {
            let Some(at) = found.iter().position(|(found, _)| in_tensors(found) == name) else {
                let message =
                    format!("`{name}` is missing in `zeros` in the style {:?}", config.style);
                return Err(Miss::failed(message));
            };
            let (_, array) = found.remove(at);
            same_shape(&format!("`{name}` of `zeros`"), array.shape(), &shape)?;
            if array.iter().any(|it| *it != 0.0) {
                return Err(Miss::failed(format!("`{name}` of `zeros` is not 0 everywhere")));
            }
        }
        if let Some((name, _)) = found.first() {
            let name = in_tensors(name);
            let message =
                format!("`{name}` does not belong in a model in the style {:?}", config.style);
            return Err(Miss::failed(message));
        }
    }
    Ok(())
}

/// A model with random numbers of order 1 and gains near 1.
fn random_model(learner: &mut Learner, config: &Config) -> Model {
    with_each(like(learner, &empty(config)), |name, array| {
        let numbers = array / LARGE;
        if name.ends_with("gain") { 1.0 + numbers / 2.0 } else { numbers }
    })
}

/// The size of numbers that no product is made with.
const LARGE: f64 = 300.0;

/// Random numbers in the places of all arrays, and a 0 in each. One of the styles has every array column by column, the
/// other each in either memory order.
fn like(learner: &mut Learner, model: &Model) -> Model {
    let is_llama = model.head.is_some();
    with_each(model.clone(), |_, array| {
        let by_columns = is_llama || learner.rng().bool();
        let mut random = learner.array(array.raw_dim().set_f(by_columns), -LARGE, LARGE);
        random.first_mut().into_iter().for_each(|it| *it = 0.0);
        random
    })
}

fn names(learner: &mut Learner) -> Outcome {
    // As many blocks as have numbers of two digits.
    let deep = STYLES.map(|style| Config { layers: 11, ..small(style) });
    let configs = configs(learner).into_iter().chain(deep);
    for config in configs.flat_map(|config| [config.clone(), config]) {
        let model = like(learner, &empty(&config));
        let expected = shapes(&config);
        let values = arrays::<f64>(model.clone());
        let value = |name: &str| {
            let found = values.iter().find(|(found, _)| in_tensors(found) == name);
            found.map(|(_, array)| array.iter().copied().collect::<Vec<_>>()).unwrap_or_default()
        };
        let got = learner.call(tensors, (model.clone(),))?;
        same_names("tensors", got.iter().map(|(name, ..)| name), &expected)?;
        for ((name, shape, numbers), (_, want)) in got.iter().zip(&expected) {
            same_shape(&format!("`{name}` of `tensors`"), shape, want)?;
            if *numbers != value(name) {
                let message = format!("`{name}` of `tensors` is a view of another array");
                return Err(Miss::failed(message));
            }
        }
        let (got, filled) = learner.call(tensors_mut, (model,))?;
        same_names("tensors_mut", got.iter(), &expected)?;
        let filled = arrays::<f64>(filled);
        for (place, (name, _)) in expected.iter().enumerate() {
            let array = filled.iter().find(|(filled, _)| in_tensors(filled) == *name);
            if array.is_none_or(|(_, array)| array.iter().any(|it| *it != place as f64)) {
                let message =
                    format!("what is written to `{name}` of `tensors_mut` does not arrive");
                return Err(Miss::failed(message));
            }
        }
    }
    Ok(())
}

/// Compares names with those that are expected, in their order.
fn same_names<'a>(
    function: &str,
    got: impl Iterator<Item = &'a String>,
    expected: &[(String, Vec<usize>)],
) -> Outcome {
    let got: Vec<_> = got.collect();
    let wrong = got.iter().zip(expected).position(|(got, (want, _))| *got != want);
    let message = match wrong {
        Some(at) => format!(
            "`{function}` has `{}` in place {at}, where `{}` is expected",
            got[at], expected[at].0
        ),
        None if got.len() < expected.len() => {
            format!("`{function}` ends before `{}`", expected[got.len()].0)
        }
        None if got.len() > expected.len() => format!("`{function}` has too many arrays"),
        None => return Ok(()),
    };
    Err(Miss::failed(message))
}

fn shape_of(config: &Config, batch: usize) -> Shape {
    let rope = (config.style == Style::Llama).then_some(config.rope_base);
    let Config { heads, kv_heads, epsilon, .. } = *config;
    Shape { batch, heads, kv_heads, rope, epsilon }
}

/// The logits by plain sums.
fn right_logits(ids: &Array2<usize>, weights: &Weights, config: &Config) -> Array2<f64> {
    let (batch, time) = ids.dim();
    let table = weights.matrix("embedding").expect("a model has an embedding");
    let positions = weights.matrix("positions");
    let mut x = Array2::from_shape_fn((batch * time, config.width), |(row, column)| {
        let (b, t) = (row / time, row % time);
        table[[ids[[b, t]], column]] + positions.map_or(0.0, |it| it[[t, column]])
    });
    let shape = shape_of(config, batch);
    for layer in 0..config.layers {
        x = reference::block(&x, &weights.of(&format!("blocks[{layer}]")), &shape);
    }
    let x = reference::norm(&x, &weights.of("norm"), config.epsilon);
    x.dot(&weights.matrix("head").unwrap_or(table).t())
}

/// The mean of −ln p of the targets.
fn right_loss(logits: &Array2<f64>, targets: &Array2<usize>) -> f64 {
    let surprise = |(row, target): (ndarray::ArrayView1<f64>, &usize)| {
        let max = row.fold(f64::NEG_INFINITY, |max, z| max.max(*z));
        max + row.iter().map(|z| (z - max).exp()).sum::<f64>().ln() - row[*target]
    };
    logits.rows().into_iter().zip(targets).map(surprise).sum::<f64>() / targets.len() as f64
}

/// Calls `of` with the names and values of a model's arrays.
fn with_weights<R>(model: &Model, of: impl FnOnce(&[String], &[ArrayD<f64>]) -> R) -> R {
    let (names, values): (Vec<_>, Vec<_>) = arrays(model.clone()).into_iter().unzip();
    of(&names, &values)
}

/// A model, and tokens of which one comes several times and another never.
struct Text {
    config: Config,
    model: Model,
    ids: Array2<usize>,
}

impl Text {
    fn of(learner: &mut Learner, config: Config, [batch, time]: [usize; 2]) -> Self {
        let model = random_model(learner, &config);
        let rng = learner.rng();
        // Tokens may lie in either memory order.
        let by_columns = config.style == Style::Llama;
        // The last token of the vocabulary is absent.
        let present = config.vocabulary - 1;
        let mut ids =
            Array2::from_shape_simple_fn([batch, time].set_f(by_columns), || rng.usize(..present));
        if time > 2 {
            // Where all tokens are alike, how attention weighs them is no matter.
            ids[[0, 1]] = (ids[[0, 0]] + 1) % present;
        }
        ids[[batch - 1, time - 1]] = ids[[0, 0]];
        Self { config, model, ids }
    }

    fn small(learner: &mut Learner, style: Style) -> Self {
        Self::of(learner, small(style), [2, 3])
    }

    fn ask(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        learner.call(forward, (self.model.clone(), self.config.clone(), self.ids.clone()))
    }

    fn right(&self) -> Array2<f64> {
        with_weights(&self.model, |names, values| {
            right_logits(&self.ids, &Weights::new(names, values), &self.config)
        })
    }

    /// The same with logits that are so much larger.
    fn times(mut self, factor: f64) -> Self {
        self.model = with_each(self.model, |name, array| match name {
            "norm.gain" => array * factor,
            _ => array,
        });
        self
    }

    /// Column by column: arrays come in either order.
    fn upstream(&self, learner: &mut Learner) -> Array2<f64> {
        learner.array([self.ids.len(), self.config.vocabulary].set_f(true), -LARGE, LARGE)
    }

    /// What `backward` makes of the gradients `before`.
    fn ask_backward(
        &self,
        learner: &mut Learner,
        dlogits: &Array2<f64>,
        before: &Model,
    ) -> Result<Model, Miss> {
        let Self { config, model, ids } = self;
        let of_model = (ids.clone(), model.clone(), config.clone());
        let arguments = (dlogits.clone(), of_model.0, of_model.1, of_model.2, before.clone());
        learner.call(backward, arguments)
    }

    /// What `loss_and_gradients` makes of these next tokens.
    fn ask_loss(&self, learner: &mut Learner, y: &Array2<usize>) -> Result<(f64, Model), Miss> {
        let Self { config, model, ids } = self;
        learner.call(loss_and_gradients, (model.clone(), config.clone(), ids.clone(), y.clone()))
    }

    fn targets(&self, learner: &mut Learner) -> Array2<usize> {
        let (vocabulary, rng) = (self.config.vocabulary, learner.rng());
        self.ids.mapv(|_| rng.usize(..vocabulary))
    }

    fn compare_loss(&self, got: f64, y: &Array2<usize>) -> Outcome {
        let logits = self.right();
        let largest = logits.fold(0.0, |largest: f64, it| largest.max(it.abs()));
        let scale = STEPS * (1.0 + largest);
        close("the loss", got, right_loss(&logits, y), scale).map_err(|miss| {
            if close("", got, right_loss(&logits, &self.ids), scale).is_err() {
                return miss;
            }
            let message = "the loss asks each row of logits for the token that was read there. Which one does a row predict?";
            miss.saying(message)
        })
    }

    /// Compares gradients with finite differences of a loss of the logits.
    fn compare_gradients(
        &self,
        learner: &mut Learner,
        gradients: Vec<ArrayD<f64>>,
        loss: impl Fn(&Array2<f64>) -> f64,
    ) -> Outcome {
        with_weights(&self.model, |names, values| {
            let tensor = |((name, value), gradient): ((&String, &ArrayD<f64>), ArrayD<f64>)| {
                Tensor { name: name.clone(), value: value.clone(), gradient }
            };
            let all: Vec<_> = names.iter().zip(values).zip(gradients).map(tensor).collect();
            gradients_of_model(learner.rng(), &all, |at| {
                loss(&right_logits(&self.ids, &Weights::new(names, at), &self.config))
            })
        })
    }
}

const LOGITS: &str = "Z";

/// How many roundings further apart two right results may be than the last sum alone makes them: each of the steps
/// in front of it rounds as well.
const STEPS: f64 = 30.0;

fn scale_of(want: &Array2<f64>) -> Array2<f64> {
    let largest = want.fold(0.0, |largest: f64, it| largest.max(it.abs()));
    want.mapv(|want| STEPS * (want.abs() + largest))
}

fn logits(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for style in STYLES {
        // Twice of the same sizes.
        cases.extend([(); 2].map(|()| Text::small(learner, style)));
        let config = Config { layers: 1, epsilon: 1e-6, ..small(style) };
        cases.push(Text::of(learner, config, [3, 4]));
        let config = Config {
            vocabulary: 3,
            width: 12,
            heads: 3,
            kv_heads: if style == Style::Gpt2 { 3 } else { 1 },
            hidden: 33,
            layers: 3,
            rope_base: 1e4,
            ..small(style)
        };
        cases.push(Text::of(learner, config, [1, 3]));
        let config = Config { layers: 0, ..small(style) };
        cases.push(Text::of(learner, config, [2, 1]));
        cases.push(Text::of(learner, other(style), [2, 3]).times(LARGE));
        let config = Config { layers: 11, ..small(style) };
        cases.push(Text::of(learner, config, [1, 3]));
    }
    learner.ask_all(
        &cases,
        |learner, text| text.ask(learner),
        |text, got| {
            let want = text.right();
            let name = format!("{LOGITS} in the style {:?}", text.config.style);
            all_close(&name, &got, &want, &scale_of(&want))
        },
    )
}

fn gradients(learner: &mut Learner) -> Outcome {
    // Blocks in a row in one of the styles: the other has twice as many arrays in each.
    let cases = [(Style::Gpt2, 1, [2, 3]), (Style::Llama, 2, [2, 3]), (Style::Gpt2, 0, [4, 2])];
    for (style, layers, sizes) in cases {
        // Another call with other numbers comes first.
        let [other, text] = [other(style), Config { layers, ..small(style) }]
            .map(|config| Text::of(learner, config, sizes));
        let [(d, sums), (dlogits, before)] =
            [&other, &text].map(|it| (it.upstream(learner), like(learner, &it.model)));
        other.ask_backward(learner, &d, &sums)?;
        let after = text.ask_backward(learner, &dlogits, &before)?;
        let [after, before] = [after, before].map(arrays::<f64>);
        let added = added("the gradient of `backward`", after, &before)?;
        text.compare_gradients(learner, added, |logits| (logits * &dlogits).sum())?;
    }
    Ok(())
}

/// dL/dZ of the mean of −ln p of the targets.
fn right_dlogits(logits: &Array2<f64>, targets: &Array2<usize>) -> Array2<f64> {
    let mut d = logits.clone();
    for (mut row, target) in d.rows_mut().into_iter().zip(targets) {
        let max = row.fold(f64::NEG_INFINITY, |max, z| max.max(*z));
        row.mapv_inplace(|z| (z - max).exp());
        row /= row.sum();
        row[*target] -= 1.0;
    }
    d / targets.len() as f64
}

/// The gradients are those of `backward`, which another check compares with finite differences.
fn loss_gradients(learner: &mut Learner) -> Outcome {
    // Twice, so that gradients of the same sizes come one after the other; calls of other sizes come between them.
    for style in STYLES.into_iter().flat_map(|style| [style, style]) {
        let other = Text::of(learner, other(style), [2, 3]).times(20.0);
        let text = Text::small(learner, style);
        let [of_other, y] = [&other, &text].map(|it| it.targets(learner));
        other.ask(learner)?;
        let (loss, gradients) = text.ask_loss(learner, &y)?;
        text.compare_loss(loss, &y)?;
        let (loss, _) = other.ask_loss(learner, &of_other)?;
        other.compare_loss(loss, &of_other)?;
        let nothing = with_each(text.model.clone(), |_, array| array * 0.0);
        let want = text.ask_backward(learner, &right_dlogits(&text.right(), &y), &nothing)?;
        let [got, want] = [gradients, want].map(arrays::<f64>);
        same_parts("the gradient of `loss_and_gradients`", &got, &want)?;
        let all = want.iter().flat_map(|(_, gradient)| gradient);
        let largest = all.fold(0.0, |largest: f64, it| largest.max(it.abs()));
        for ((name, want), (_, got)) in want.iter().zip(&got) {
            let scale = want.mapv(|want| STEPS * (want.abs() + largest));
            all_close(&format!("the gradient of `{name}`"), got, want, &scale)?;
        }
    }
    Ok(())
}

/// P(s): numbers that are the same in every language.
fn p(s: usize, shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

/// The arrays of the two small models from elsewhere, in the order in which they are numbered there: queries, keys and
/// values of GPT-2 are one array.
fn numbered(style: Style) -> Vec<String> {
    let (front, block, behind): (&[&str], &[&str], &[&str]) = match style {
        Style::Gpt2 => (
            &["embedding", "positions"],
            &[
                "norm1.gain",
                "norm1.bias",
                "attention.qkv.w",
                "attention.qkv.b",
                "attention.o.w",
                "attention.o.b",
                "norm2.gain",
                "norm2.bias",
                "feed_forward.up.w",
                "feed_forward.up.b",
                "feed_forward.down.w",
                "feed_forward.down.b",
            ],
            &["norm.gain", "norm.bias"],
        ),
        Style::Llama => (
            &["embedding"],
            &[
                "norm1.gain",
                "attention.q.w",
                "attention.k.w",
                "attention.v.w",
                "attention.o.w",
                "norm2.gain",
                "feed_forward.w1",
                "feed_forward.w3",
                "feed_forward.w2",
            ],
            &["norm.gain", "head"],
        ),
    };
    let of_layer = |layer| block.iter().map(move |part| format!("blocks[{layer}].{part}"));
    let names = front.iter().map(ToString::to_string).chain((0..2).flat_map(of_layer));
    names.chain(behind.iter().map(ToString::to_string)).collect()
}

/// Which third of a packed array an array is, and the name of that.
fn packed(name: &str) -> (usize, String) {
    let is_part = |part: &&str| name.contains(&format!("attention.{part}."));
    let part = ["q", "k", "v"].iter().position(is_part);
    let packed = |at: usize| name.replace(&format!(".{}.", ["q", "k", "v"][at]), ".qkv.");
    part.map_or_else(|| (0, name.to_owned()), |at| (at, packed(at)))
}

/// The models of the visible tests, whose losses and gradients JAX has computed.
fn canonical(style: Style) -> (Config, Model) {
    let config = Config {
        vocabulary: 7,
        context: 6,
        width: 8,
        kv_heads: 2,
        hidden: if style == Style::Gpt2 { 16 } else { 12 },
        rope_base: 1e4,
        epsilon: 1e-5,
        ..small(style)
    };
    let names = numbered(style);
    let filled = with_each(empty(&config), |name, array| {
        let mut shape = array.shape().to_vec();
        let rows = shape[0];
        let (third, whole) = packed(name);
        let is_packed = style == Style::Gpt2 && whole != name;
        let (third, name) = if is_packed { (third, &*whole) } else { (0, name) };
        shape[0] *= if is_packed { 3 } else { 1 };
        let s = 1 + names.iter().position(|it| it == name).unwrap_or_default();
        let numbers = p(s, &shape);
        let rows = ndarray::Slice::from(third * rows..(third + 1) * rows);
        let numbers = numbers.slice_axis(Axis(0), rows).to_owned();
        match name.rsplit('.').next() {
            Some("gain") => 1.0 + 0.1 * numbers,
            Some("bias" | "b" | "positions") => 0.1 * numbers,
            _ => 0.5 * numbers,
        }
    });
    (config, filled)
}

/// Losses, and the norms of some gradients, to the digits that the visible tests have.
fn snapshot(learner: &mut Learner) -> Outcome {
    let x = array![[1, 2, 3, 1], [0, 6, 5, 5]];
    let y = array![[2, 3, 1, 4], [6, 5, 5, 0]];
    for (style, want, norms) in [
        (
            Style::Gpt2,
            2.462059657722,
            [("embedding", 1.146844860010), ("positions", 1.071039044385)],
        ),
        (Style::Llama, 2.006747022795, [("embedding", 0.776552261737), ("head", 0.793966398973)]),
    ] {
        let (config, model) = canonical(style);
        let arguments = (model, config, x.clone(), y.clone());
        let (loss, gradients) = learner.call(loss_and_gradients, arguments)?;
        within(&format!("the loss of the model in the style {style:?}"), loss, want, 1e-11)?;
        let gradients = arrays::<f64>(gradients);
        for (name, want) in norms {
            let found = gradients.iter().find(|(found, _)| found == name);
            let norm = found.map_or(0.0, |(_, gradient)| gradient.pow2().sum().sqrt());
            let name = format!("the norm of the gradient of `{name}` in the style {style:?}");
            within(&name, norm, want, 1e-11)?;
        }
    }
    Ok(())
}

/// To the bit: what is multiplied by 0 leaves no trace.
fn leak(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        let mut text = Text::small(learner, style);
        text.ids.assign(&array![[0, 1, 2], [3, 1, 4]]);
        let z = text.ask(learner)?;
        text.ids[[0, 2]] = 3;
        let changed = text.ask(learner)?;
        text.ids[[0, 2]] = 2;
        same_shape(LOGITS, changed.shape(), z.shape())?;
        let is_same = |row: &usize| changed.row(*row) == z.row(*row);
        if ![0, 1, 3, 4, 5].iter().all(is_same) {
            return Err(Miss::failed(
                "the last token of a sequence moves logits that are not its own: those of earlier tokens, or of \
                 another sequence",
            ));
        }
        let mut dlogits = Array2::zeros(z.dim());
        dlogits.row_mut(1).assign(&learner.array(z.ncols(), -2.0, 2.0));
        let before = with_each(text.model.clone(), |_, array| array * 0.0);
        let after = text.ask_backward(learner, &dlogits, &before)?;
        let is_zero = |rows: ndarray::ArrayView2<f64>| rows.iter().all(|it| *it == 0.0);
        let reaches = match &after.positions {
            Some(positions) => !is_zero(positions.slice(s![2.., ..])),
            None => !is_zero(after.embedding.slice(s![2.., ..])),
        };
        if reaches {
            return Err(Miss::failed(
                "a gradient at the second token of a sequence reaches tokens or places that come later",
            ));
        }
    }
    Ok(())
}

/// Gradients that are 0 because what they belong to was not there.
fn absent(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        let text = Text::small(learner, style);
        let dlogits = text.upstream(learner);
        let before = with_each(text.model.clone(), |_, array| array * 0.0);
        let after = text.ask_backward(learner, &dlogits, &before)?;
        let (time, last) = (text.ids.ncols(), text.config.vocabulary - 1);
        let is_zero = |rows: ndarray::ArrayView2<f64>| rows.iter().all(|it| *it == 0.0);
        if let Some(positions) = &after.positions
            && !is_zero(positions.slice(s![time.., ..]))
        {
            return Err(Miss::failed(
                "the gradient of `positions` is not 0 in places behind the end of all sequences",
            ));
        }
        if after.head.is_some() && !is_zero(after.embedding.slice(s![last.., ..])) {
            return Err(Miss::failed(
                "the gradient of `embedding` is not 0 in the row of a token that is not in the batch, and nothing \
                 but the batch reads that table here",
            ));
        }
    }
    Ok(())
}

/// Published models.
fn published() -> Vec<Config> {
    let gpt2 = |layers, heads, width| Config {
        vocabulary: 50_257,
        context: 1024,
        width,
        heads,
        kv_heads: heads,
        hidden: 4 * width,
        layers,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    };
    let small = gpt2(12, 12, 768);
    let llama3 = Config {
        vocabulary: 128_256,
        context: 8192,
        width: 4096,
        heads: 32,
        kv_heads: 8,
        hidden: 14_336,
        layers: 32,
        style: Style::Llama,
        ..small.clone()
    };
    vec![small, gpt2(24, 16, 1024), gpt2(36, 20, 1280), gpt2(48, 25, 1600), llama3]
}

fn all_configs(learner: &mut Learner) -> Vec<Config> {
    // More heads and layers than those have.
    let many = Config { width: 256, heads: 128, kv_heads: 128, layers: 120, ..small(Style::Llama) };
    configs(learner).into_iter().chain(published()).chain([many]).collect()
}

/// Compares a count, and says which way it is off.
fn counts(function: &str, got: usize, want: usize, config: &Config) -> Outcome {
    let style = config.style;
    let message = if got == want {
        return Ok(());
    } else if got == want as u32 as usize {
        format!(
            "`{function}` is right but for what 32 bits do not hold. Which type is it counted in?"
        )
    } else if got.abs_diff(want) < want >> 20 {
        format!("`{function}` is rounded: which type is it counted in?")
    } else {
        let few_or_many = if got < want { "few" } else { "many" };
        format!("`{function}` counts too {few_or_many} in the style {style:?}")
    };
    Err(Miss::failed(message).revealing(format!("{config:?}: got {got}, expected {want}")))
}

fn learned(config: &Config) -> usize {
    shapes(config).iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
}

fn count_of_parameters(learner: &mut Learner) -> Outcome {
    let cases = all_configs(learner);
    let ask = |learner: &mut Learner, config: &Config| learner.call(parameters, (config.clone(),));
    learner.ask_all(&cases, ask, |config, got| counts("parameters", got, learned(config), config))
}

fn count_of_flops(learner: &mut Learner) -> Outcome {
    let cases = all_configs(learner);
    let ask =
        |learner: &mut Learner, config: &Config| learner.call(flops_per_token, (config.clone(),));
    learner.ask_all(&cases, ask, |config, got| {
        let is_multiplied =
            |(name, shape): &(String, Vec<usize>)| shape.len() == 2 && name.starts_with("blocks");
        let matrices = shapes(config).into_iter().filter(is_multiplied);
        let weights: usize = matrices.map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let head = config.vocabulary * config.width;
        let scores = 2 * config.context * config.width;
        // A multiplication and an addition, forward and for both gradients.
        let want = 3 * 2 * (weights + head + config.layers * scores);
        counts("flops_per_token", got, want, config)
    })
}

/// Every array that the brief lists, for one token.
fn activations(config: &Config, time: usize) -> usize {
    let &Config { vocabulary, width, heads, kv_heads, hidden, layers, style, .. } = config;
    let (statistics, hidden_arrays) = match style {
        Style::Gpt2 => (2, 2),
        Style::Llama => (1, 3),
    };
    let keys_and_values = 2 * width / heads * kv_heads;
    let queries_and_scores = width + 2 * heads * time;
    let around_attention = width + width + width;
    let feed_forward = hidden_arrays * hidden + width + width;
    let norms = 2 * (width + statistics);
    let block = norms + queries_and_scores + keys_and_values + around_attention + feed_forward;
    width + layers * block + (width + statistics) + 2 * vocabulary + 1
}

fn count_of_memory(learner: &mut Learner) -> Outcome {
    let mut cases: Vec<_> = all_configs(learner)
        .into_iter()
        .map(|config| {
            let rng = learner.rng();
            let (batch, time) = (rng.usize(1..9), rng.usize(1..=config.context));
            (config, batch, time)
        })
        .collect();
    cases.push((Config { vocabulary: 50_304, ..published().remove(0) }, 4, 64));
    cases.push((published().remove(0), 128, 1024));
    type Memory = (Config, usize, usize);
    let ask = |learner: &mut Learner, (config, batch, time): &Memory| {
        let numbers = learner.call(activation_numbers, (config.clone(), *batch, *time))?;
        Ok((numbers, learner.call(training_bytes, (config.clone(), *batch, *time))?))
    };
    learner.ask_all(&cases, ask, |(config, batch, time), (numbers, bytes)| {
        let kept = batch * time * activations(config, *time);
        counts("activation_numbers", numbers, kept, config)?;
        counts("training_bytes", bytes, 4 * (4 * learned(config) + kept), config)
    })
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let refuses = |what: &str| format!("{what} is taken, where it should be refused with a panic");
    for style in STYLES {
        let text = Text::small(learner, style);
        let with_ids = |ids| Text { config: text.config.clone(), model: text.model.clone(), ids };
        let answer = with_ids(array![[0, 6]]).ask(learner);
        panics(answer, || refuses("the token 6 of a vocabulary of 6 in `forward`"))?;
        // What another type of integer would cut to the token 0.
        for far in [1 << 16, 1 << 32] {
            let answer = with_ids(array![[0, far]]).ask(learner);
            panics(answer, || {
                refuses(&format!("the token {far} of a vocabulary of 6 in `forward`"))
            })?;
        }
        let answer = with_ids(array![[0, 1, 2, 3, 4]]).ask(learner);
        panics(answer, || refuses("a sequence of 5 tokens where the context has 4 in `forward`"))?;

        let arguments =
            (text.model.clone(), text.config.clone(), text.ids.clone(), array![[0, 1, 2]]);
        let answer = learner.call(loss_and_gradients, arguments);
        panics(answer, || refuses("one sequence of targets for two of tokens"))?;
        let turned = text.ids.t().to_owned();
        let arguments = (text.model.clone(), text.config.clone(), text.ids.clone(), turned);
        let answer = learner.call(loss_and_gradients, arguments);
        panics(answer, || refuses("targets (3, 2) for tokens (2, 3)"))?;
        for layers in [1, 3] {
            let config = Config { layers, ..text.config.clone() };
            let other = Text { config, model: text.model.clone(), ids: text.ids.clone() };
            let what = "a model that has not as many blocks as its configuration in `forward`";
            panics(other.ask(learner), || refuses(what))?;
        }
        let uneven = Config { heads: 3, kv_heads: 3, ..text.config.clone() };
        let what = |function: &str| {
            refuses(&format!("a width that is no multiple of the number of heads in `{function}`"))
        };
        panics(learner.call(zeros, (uneven.clone(),)), || what("zeros"))?;
        panics(learner.call(parameters, (uneven.clone(),)), || what("parameters"))?;
        panics(learner.call(flops_per_token, (uneven.clone(),)), || what("flops_per_token"))?;
        let answer = learner.call(activation_numbers, (uneven.clone(), 2, 3));
        panics(answer, || what("activation_numbers"))?;
        panics(learner.call(training_bytes, (uneven, 2, 3)), || what("training_bytes"))?;

        let dlogits = text.upstream(learner);
        let long = concatenate![Axis(0), dlogits, dlogits];
        let answer = text.ask_backward(learner, &long, &text.model);
        panics(answer, || refuses("dL/dZ of 12 rows for 6 tokens in `backward`"))?;
        let mut other = text.model.clone();
        other.head = match other.head {
            Some(_) => None,
            None => Some(other.embedding.clone()),
        };
        let answer = text.ask_backward(learner, &dlogits, &other);
        panics(answer, || refuses("a gradient that has its head elsewhere in `backward`"))?;
        let mut other = text.model.clone();
        other.blocks.truncate(1);
        let answer = text.ask_backward(learner, &dlogits, &other);
        panics(answer, || refuses("a gradient of one block for two in `backward`"))?;
        let mut other = text.model.clone();
        other.blocks.extend(text.model.blocks.last().cloned());
        let answer = text.ask_backward(learner, &dlogits, &other);
        panics(answer, || refuses("a gradient of three blocks for two in `backward`"))?;
        if style == Style::Gpt2 {
            let other = Model { positions: None, ..text.model.clone() };
            let answer = text.ask_backward(learner, &dlogits, &other);
            panics(answer, || refuses("a gradient without the model's positions in `backward`"))?;
            let positions = Some(Array2::zeros((text.config.context, 1)));
            let model = Model { positions, ..text.model.clone() };
            let narrow = Text { config: text.config.clone(), model, ids: text.ids.clone() };
            let what = "positions of one number each in `forward`";
            panics(narrow.ask(learner), || refuses(what))?;
        }
    }
    Ok(())
}

/// The same value in single precision.
fn in_single<T: Wire, S: Wire>(of: T) -> S {
    let mut value = of.into_value();
    each_array(&mut value, "", &mut |_, array| {
        if let Ok(held) = ArrayD::<f64>::from_value(array.clone()) {
            *array = held.mapv(|it| it as f32).into_value();
        }
    });
    S::from_value(value).unwrap_or_else(|_| unreachable!("the two differ in their arrays alone"))
}

/// Numbers that f32 holds.
fn single(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        let mut text = Text::small(learner, style);
        text.model = with_each(text.model, |_, array| array.mapv(|it| f64::from(it as f32)));
        let model: ModelF32 = in_single(text.model.clone());
        let got = learner.call(forward_f32, (model, text.config.clone(), text.ids.clone()))?;
        let want = text.right();
        all_close_in_single("Z in f32", &got, &want, &scale_of(&want))?;
    }
    Ok(())
}
