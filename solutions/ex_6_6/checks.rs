//! Checks of lesson 6.6: training a small language model.

#[allow(clippy::duplicate_mod, reason = "the checks of several lessons begin with it")]
#[path = "../ex_6_4/reference.rs"]
mod model;
#[allow(clippy::duplicate_mod, reason = "the checks of several lessons compare with it")]
#[path = "../ex_6_3/reference.rs"]
mod reference;

use std::collections::BTreeMap;

use engine::{
    checks::{
        Check,
        Kind::{Gradient, Property, Snapshot, Value},
        Learner, Lesson, Miss, Outcome, Tensor, added, all_close, all_close_in_single, close,
        gradients_of_model, panics, same_parts, within,
    },
    wire::Wire,
};
use ndarray::{Array2, ArrayD, Axis, IxDyn, ShapeBuilder as _, array};

use super::contract::{
    Diverged, Held, HeldF32, MicroBatch, Named, Refusal, Settings, Step, accumulate,
    add_micro_batch, decays, evaluate, evaluate_f32,
    ex_4_2::AdamW,
    ex_5_3::Position,
    ex_6_2::{Attention, Linear},
    ex_6_3::{Block, FeedForward, Norm},
    ex_6_4::{Config, Model, ModelF32, Style},
    from_safetensors, restore, save, start, to_safetensors, train, update, update_f32,
};
use model::empty;
use reference::{Shape, Weights, arrays, each_array, with_each};

pub const LESSON: Lesson = Lesson::new("Training a small language model", CHECKS)
    .after(&["ex_4_2", "ex_4_7", "ex_5_3", "ex_6_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(
        Gradient,
        "micro_batch",
        "what one micro-batch adds to the loss and to every gradient",
        2.0,
        one_micro_batch,
    ),
    Check::hidden(
        Gradient,
        "accumulate",
        "micro-batches of unequal counts make the gradient of the whole batch",
        3.0,
        unequal_counts,
    )
    .after(&["micro_batch"]),
    Check::hidden(Value, "start", "the state before the first step", 1.0, before_the_first),
    Check::hidden(Value, "decays", "which arrays decay", 1.0, which_decay),
    Check::hidden(Value, "update", "one step: clipping, rate, decay, AdamW", 3.0, one_update)
        .after(&["decays"]),
    Check::hidden(
        Property,
        "diverged",
        "a gradient that is not finite changes nothing, and is named",
        1.0,
        divergence,
    )
    .after(&["update"]),
    Check::hidden(Value, "train", "each step of a training, and its log", 2.0, steps)
        .after(&["accumulate", "update"]),
    Check::visible(Snapshot, "snapshot", "the training of the brief", 1.0, snapshot)
        .after(&["train"]),
    Check::hidden(Property, "resume", "to go on is to have gone on, bit for bit", 2.0, resume)
        .after(&["train"]),
    Check::hidden(Value, "evaluate", "every target of a file, once", 2.0, evaluation),
    Check::hidden(Value, "write", "the bytes of a file of tensors", 2.0, bytes),
    Check::hidden(Value, "read", "files of tensors that others wrote", 1.0, files_of_others),
    Check::hidden(Property, "hostile", "files that are refused", 2.0, hostile).after(&["read"]),
    Check::hidden(Value, "checkpoint", "a checkpoint has all that a step needs", 2.0, checkpoint)
        .after(&["write", "read"]),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit)
        .after(&["evaluate", "checkpoint"]),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(&["evaluate"]),
];

const STYLES: [Style; 2] = [Style::Gpt2, Style::Llama];

/// A configuration with few numbers.
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
        layers: 1,
        style,
        // One that the other style is given is not this one's.
        rope_base: if style == Style::Llama { 150.3 } else { 170.3 },
        epsilon: if style == Style::Llama { 0.1 } else { 0.15 },
    }
}

/// A configuration that shares no number with it but how many tokens and layers there are.
fn other(style: Style) -> Config {
    let (kv_heads, hidden) = match style {
        Style::Gpt2 => (1, 4),
        Style::Llama => (3, 5),
    };
    let (context, width, heads) = (5, 12, 3);
    let (rope_base, epsilon) = (310.7, 0.3);
    Config { context, width, heads, kv_heads, hidden, rope_base, epsilon, ..small(style) }
}

/// A configuration with more than 32 rows in each array.
fn wide(style: Style) -> Config {
    let (kv_heads, hidden) = (2, 35);
    Config { vocabulary: 33, context: 34, width: 36, kv_heads, hidden, ..small(style) }
}

/// As `tensors` names the array that a check finds under this name.
fn in_tensors(name: &str) -> String {
    name.replace('[', ".").replace(']', "")
}

fn random_model(learner: &mut Learner, config: &Config) -> Model {
    with_each(like(learner, &empty(config), -1.0, 1.0), |name, numbers| {
        if !name.ends_with("gain") {
            return numbers;
        }
        let mut gains = 1.0 + numbers / 2.0;
        // Not the first: where a gain and its shift are both 0, nothing meets the weights.
        gains.iter_mut().last().into_iter().for_each(|it| *it = 0.0);
        gains
    })
}

/// The size of numbers that no product is made with.
const LARGE: f64 = 300.0;

/// Random numbers in the places of all arrays. The first of each is 0, as where no batch has come to yet. One of the
/// styles has every array column by column, the other each in either memory order.
fn like(learner: &mut Learner, model: &Model, low: f64, high: f64) -> Model {
    let is_llama = model.head.is_some();
    with_each(model.clone(), |_, array| {
        let by_columns = is_llama || learner.rng().bool();
        let mut numbers = learner.array(array.raw_dim().set_f(by_columns), low, high);
        numbers.iter_mut().next().into_iter().for_each(|it| *it = 0.0);
        numbers
    })
}

/// A state in the middle of a training.
fn random_state(learner: &mut Learner, config: &Config, steps: usize) -> Held {
    let model = random_model(learner, config);
    let (m, s) = (like(learner, &model, -1.0, 1.0), like(learner, &model, 0.1, 2.0));
    Held { model, m, s, steps, position: Position { epoch: 0, window: 0 } }
}

fn random_ids(learner: &mut Learner, shape: [usize; 2], below: usize) -> Array2<usize> {
    let rng = learner.rng();
    Array2::from_shape_simple_fn(shape, || rng.usize(..below))
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
    let rope = (config.style == Style::Llama).then_some(config.rope_base);
    let Config { heads, kv_heads, epsilon, layers, .. } = *config;
    let shape = Shape { batch, heads, kv_heads, rope, epsilon };
    for layer in 0..layers {
        x = reference::block(&x, &weights.of(&format!("blocks[{layer}]")), &shape);
    }
    let x = reference::norm(&x, &weights.of("norm"), epsilon);
    x.dot(&weights.matrix("head").unwrap_or(table).t())
}

/// The sum of −ln p of the targets that count.
fn right_sum(logits: &Array2<f64>, targets: &Array2<usize>, ignore: Option<usize>) -> f64 {
    let counted = logits.rows().into_iter().zip(targets).filter(|(_, it)| Some(**it) != ignore);
    counted
        .map(|(row, target)| {
            let max = row.fold(f64::NEG_INFINITY, |max, z| max.max(*z));
            max + row.iter().map(|z| (z - max).exp()).sum::<f64>().ln() - row[*target]
        })
        .sum()
}

fn with_weights<R>(model: &Model, of: impl FnOnce(&[String], &[ArrayD<f64>]) -> R) -> R {
    let (names, values): (Vec<_>, Vec<_>) = arrays(model.clone()).into_iter().unzip();
    of(&names, &values)
}

fn counted(y: &Array2<usize>, ignore: Option<usize>) -> usize {
    y.iter().filter(|target| Some(**target) != ignore).count()
}

/// How many roundings further apart two right results may be than the last sum alone makes them.
const STEPS: f64 = 30.0;

fn one_micro_batch(learner: &mut Learner) -> Outcome {
    // What was there hides the last digits of what is added: the smaller the part of the mean, the smaller it is.
    for (style, ignore, more, size) in
        [(Style::Gpt2, None, 1, 120.0), (Style::Llama, Some(0), 130, 1.0)]
    {
        let config = small(style);
        let model = random_model(learner, &config);
        let x = random_ids(learner, [2, 3], 6);
        let mut y = random_ids(learner, [2, 3], 6);
        (y[[0, 1]], y[[1, 2]], y[[1, 0]]) = (ignore.unwrap_or(1), ignore.unwrap_or(2), 3);
        let total = counted(&y, ignore) + more;
        let before = like(learner, &model, -size, size);
        let batch = MicroBatch { x: x.clone(), y: y.clone() };
        // A call with another model comes first.
        let another = random_model(learner, &other(style));
        let sums = like(learner, &another, -LARGE, LARGE);
        learner.call(add_micro_batch, (another, other(style), batch.clone(), None, 9, sums))?;
        let arguments = (model.clone(), config.clone(), batch, ignore, total, before.clone());
        let (loss, after) = learner.call(add_micro_batch, arguments)?;
        with_weights(&model, |names, values| {
            let part = |at: &[ArrayD<f64>]| {
                let logits = right_logits(&x, &Weights::new(names, at), &config);
                right_sum(&logits, &y, ignore) / total as f64
            };
            let want = part(values);
            close("the part of the loss", loss, want, STEPS * (1.0 + want))?;
            let [after, before] = [after, before].map(arrays::<f64>);
            let added = added("the gradient of `add_micro_batch`", after, &before)?;
            let tensor = |((name, value), gradient): ((&String, &ArrayD<f64>), ArrayD<f64>)| {
                Tensor { name: in_tensors(name), value: value.clone(), gradient }
            };
            let all: Vec<_> = names.iter().zip(values).zip(added).map(tensor).collect();
            gradients_of_model(learner.rng(), &all, part)
        })?;
    }
    Ok(())
}

/// The largest number in any array.
fn largest<'a>(arrays: impl IntoIterator<Item = &'a ArrayD<f64>>) -> f64 {
    arrays.into_iter().flatten().fold(0.0, |largest: f64, it| largest.max(it.abs()))
}

fn unequal_counts(learner: &mut Learner) -> Outcome {
    for (config, ignore, rows) in [
        (small(Style::Llama), Some(4), &[1, 3, 1][..]),
        (small(Style::Gpt2), None, &[3, 1]),
        (other(Style::Llama), None, &[1, 1]),
    ] {
        let model = random_model(learner, &config);
        let mut batches = Vec::new();
        for (at, rows) in rows.iter().enumerate() {
            let x = random_ids(learner, [*rows, 3], 6);
            let mut y = random_ids(learner, [*rows, 3], 6);
            // The first micro-batch has one target that counts.
            if let (0, Some(ignore)) = (at, ignore) {
                y.fill(ignore);
                y[[0, 1]] = 5;
            }
            batches.push(MicroBatch { x, y });
        }
        compare_parts(learner, &model, &config, &batches, ignore)?;
    }
    nothing_counts(learner)
}

/// Compares `accumulate` with what the learner's own micro-batches give, one call for each.
fn compare_parts(
    learner: &mut Learner,
    model: &Model,
    config: &Config,
    batches: &[MicroBatch],
    ignore: Option<usize>,
) -> Outcome {
    let total: usize = batches.iter().map(|it| counted(&it.y, ignore)).sum();
    let (mut want_loss, mut want) = (0.0, empty(config));
    for batch in batches {
        let arguments = (model.clone(), config.clone(), batch.clone(), ignore, total, want);
        let (loss, sum) = learner.call(add_micro_batch, arguments)?;
        want_loss += loss;
        want = sum;
    }
    let arguments = (model.clone(), config.clone(), batches.to_vec(), ignore);
    let (loss, gradients) = learner.call(accumulate, arguments)?;
    let [want, got] = [want, gradients].map(arrays::<f64>);
    same_parts("the gradient of `accumulate`", &got, &want)?;
    let largest = largest(want.iter().map(|(_, it)| it));
    for ((name, want), (_, got)) in want.iter().zip(got) {
        let scale = want.mapv(|want| STEPS * (want.abs() + largest));
        let name = format!("the accumulated gradient of `{}`", in_tensors(name));
        all_close(&name, &got, want, &scale)
            .map_err(|miss| told_of_parts(miss, batches, ignore))?;
    }
    close("the loss of all micro-batches", loss, want_loss, STEPS * (1.0 + want_loss))
}

/// Says of what kind the micro-batches are that go wrong.
fn told_of_parts(miss: Miss, batches: &[MicroBatch], ignore: Option<usize>) -> Miss {
    let mut counts: Vec<_> = batches.iter().map(|it| counted(&it.y, ignore)).collect();
    counts.dedup();
    let kind = match counts.len() {
        1 => "as many targets that count in each",
        _ => "different numbers of targets that count: how much of the mean over all is each?",
    };
    let message = format!("{}. The micro-batches have {kind}", miss.message);
    Miss { message, ..miss }
}

fn nothing_counts(learner: &mut Learner) -> Outcome {
    let config = small(Style::Llama);
    let model = random_model(learner, &config);
    let batch = MicroBatch { x: Array2::ones((1, 3)), y: Array2::from_elem((1, 3), 4) };
    let arguments = (model, config, vec![batch.clone(), batch], Some(4));
    let (loss, gradients) = learner.call(accumulate, arguments)?;
    if loss == 0.0 && arrays::<f64>(gradients).iter().all(|(_, it)| it.iter().all(|g| *g == 0.0)) {
        return Ok(());
    }
    Err(Miss::failed(
        "where no target of any micro-batch counts, loss and gradients of `accumulate` are not 0",
    ))
}

fn before_the_first(learner: &mut Learner) -> Outcome {
    let [gpt2, llama] = STYLES.map(small);
    // The second model of a style is another one.
    for config in [gpt2.clone(), llama, gpt2, wide(Style::Gpt2)] {
        // 0 times what is not finite is no 0.
        let model = with_each(like(learner, &empty(&config), -LARGE, LARGE), |_, mut array| {
            array.iter_mut().last().into_iter().for_each(|it| *it = f64::INFINITY);
            array
        });
        let got = learner.call(start, (model.clone(),))?;
        let is_zero =
            |it: Model| arrays::<f64>(it).iter().all(|(_, it)| it.iter().all(|it| *it == 0.0));
        let message = if arrays::<f64>(got.model) != arrays::<f64>(model) {
            "`start` gives another model than the one that it takes"
        } else if !is_zero(got.m) || !is_zero(got.s) {
            "the moments of `start` are not 0"
        } else if got.steps != 0 {
            "`start` has made steps already"
        } else if (got.position.epoch, got.position.window) != (0, 0) {
            "`start` does not begin with the first window of the first epoch"
        } else {
            continue;
        };
        return Err(Miss::failed(message));
    }
    Ok(())
}

fn which_decay(learner: &mut Learner) -> Outcome {
    for (shape, want) in [
        (vec![6, 4], true),
        (vec![4], false),
        (vec![1, 1], true),
        (vec![1, 7], true),
        (vec![500], false),
        (vec![1], false),
        (vec![50_257, 768], true),
    ] {
        if learner.call(decays, (shape.clone(),))? == want {
            continue;
        }
        let message = match want {
            true => {
                "`decays` leaves a matrix out: an embedding is one, and so is a matrix of one row"
            }
            false => "`decays` takes a gain or a bias: an array with one axis, however long",
        };
        return Err(Miss::failed(message).revealing(format!("{shape:?}")));
    }
    Ok(())
}

fn settings(learner: &mut Learner) -> Settings {
    Settings {
        batch: 5,
        micro: 2,
        time: 3,
        seed: learner.rng().u64(..1 << 40),
        ignore: None,
        adamw: AdamW { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, decay: 0.3 },
        max_norm: 0.3,
        rate: 0.05,
        min_rate: 0.004,
        warmup: 2,
        total: 6,
    }
}

/// Settings that are 0, that are large, and with more steps than `f32` counts.
fn rare(usual: &Settings) -> [Settings; 4] {
    let none = AdamW { beta1: 0.0, beta2: 0.0, decay: 0.0, ..usual.adamw.clone() };
    let slow = AdamW { epsilon: 150.3, ..usual.adamw.clone() };
    let large = AdamW { decay: 150.3, ..slow.clone() };
    let (warmup, total) = ((1 << 24) + 1, (1 << 26) + 3);
    [
        Settings { rate: 0.0, ..usual.clone() },
        Settings { adamw: none, max_norm: 0.0, min_rate: 0.0, warmup: 0, ..usual.clone() },
        Settings { adamw: large, max_norm: 150.3, ..usual.clone() },
        Settings { adamw: slow, rate: 150.3, min_rate: 120.3, warmup, total, ..usual.clone() },
    ]
}

/// A number of steps between the two of the last of these.
const LATE: usize = 40_000_001;

fn right_rate(t: usize, settings: &Settings) -> f64 {
    let &Settings { rate, min_rate, warmup, total, .. } = settings;
    if t >= total {
        min_rate
    } else if t < warmup {
        rate * t as f64 / warmup as f64
    } else {
        let left = (total - t) as f64 / (total - warmup) as f64;
        min_rate + (rate - min_rate) * (std::f64::consts::FRAC_PI_2 * left).sin().powi(2)
    }
}

fn right_norm(gradients: &Model) -> f64 {
    let squares = arrays::<f64>(gradients.clone()).into_iter().map(|(_, it)| it.pow2().sum());
    squares.sum::<f64>().sqrt()
}

/// Compares a state with what a step makes of another one.
fn compare_update(
    when: &str,
    before: &Held,
    gradients: &Model,
    settings: &Settings,
    after: &Held,
) -> Outcome {
    let AdamW { beta1, beta2, epsilon, decay } = settings.adamw;
    let norm = right_norm(gradients);
    let factor = if norm > settings.max_norm { settings.max_norm / norm } else { 1.0 };
    let t = before.steps + 1;
    let rate = right_rate(t, settings);
    let [grown_m, grown_s] = [beta1, beta2].map(|beta| 1.0 - beta.powf(t as f64));
    let of = |model: &Model| arrays::<f64>(model.clone());
    let (w, m, s, g) = (of(&before.model), of(&before.m), of(&before.s), of(gradients));
    let (got_w, got_m, got_s) = (of(&after.model), of(&after.m), of(&after.s));
    for (part, got) in [("the model", &got_w), ("m", &got_m), ("s", &got_s)] {
        same_parts(&format!("{when}, {part}"), got, &w)?;
    }
    for (at, (name, w)) in w.iter().enumerate() {
        let name = in_tensors(name);
        let g = &g[at].1 * factor;
        let m = beta1 * &m[at].1 + (1.0 - beta1) * &g;
        let s = beta2 * &s[at].1 + (1.0 - beta2) * &g * &g;
        let way = rate * (&m / grown_m) / ((&s / grown_s).mapv(f64::sqrt) + epsilon);
        let lost = if w.ndim() > 1 { rate * decay * w } else { 0.0 * w };
        let scale = |it: &ArrayD<f64>| STEPS * (it.abs() + 0.1);
        all_close(&format!("{when}, m of `{name}`"), &got_m[at].1, &m, &scale(&m))?;
        all_close(&format!("{when}, s of `{name}`"), &got_s[at].1, &s, &scale(&s))?;
        let want = w - &way - &lost;
        let miss = all_close(&format!("{when}, `{name}`"), &got_w[at].1, &want, &scale(w));
        if let Err(miss) = miss {
            let other = if w.ndim() > 1 { w - &way } else { w - &way - rate * decay * w };
            let is = |it: &ArrayD<f64>| all_close("", &got_w[at].1, it, &scale(w)).is_ok();
            let told = match (is(&other), w.ndim()) {
                (true, 1) => ": it decays, and gains and biases do not",
                (true, _) => ": it does not decay, and matrices do",
                (false, 2) if is(&((w - &way) * (1.0 - rate * decay))) => {
                    ": it decays behind the step. At which weights does the decay look?"
                }
                (false, _) => {
                    ": its moments are right. What is the rate of this step, and what decays?"
                }
            };
            let message = format!("{}{told}", miss.message);
            return Err(Miss { message, ..miss });
        }
    }
    match after.steps == t {
        true => Ok(()),
        false => Err(Miss::failed(format!(
            "{when}, {} steps are counted, and {t} were made",
            after.steps
        ))),
    }
}

fn one_update(learner: &mut Learner) -> Outcome {
    let usual = settings(learner);
    let [still, none, large, late] = rare(&usual);
    let [gpt2, llama] = STYLES.map(small);
    // The step, and the length of the gradients: some are clipped, and some are not.
    for (config, settings, steps, size) in [
        (&gpt2, &usual, 0, 1.0),
        (&llama, &still, 1, 0.01),
        (&wide(Style::Gpt2), &large, 3, LARGE),
        (&llama, &none, 4, 0.02),
        (&gpt2, &usual, 5, 1.0),
        (&llama, &usual, 400, 1e-3),
        (&gpt2, &late, LATE, 1.0),
    ] {
        let of = size.max(1.0);
        let [model, m] = [(); 2].map(|()| like(learner, &empty(config), -of, of));
        let s = like(learner, &model, 0.1 * of, 2.0 * of);
        let position = Position { epoch: (1 << 33) + steps as u64, window: LATE + steps };
        let before = Held { model, m, s, steps, position };
        let gradients = like(learner, &before.model, -size, size);
        let arguments = (before.clone(), gradients.clone(), settings.clone());
        let (after, given) = learner.call(update, arguments)?;
        let Ok((norm, rate)) = given else {
            return Err(Miss::failed("`update` refuses gradients that are all finite"));
        };
        close("the norm that `update` gives", norm, right_norm(&gradients), STEPS * norm.abs())?;
        let want = right_rate(steps + 1, settings);
        close("the rate that `update` gives", rate, want, STEPS * settings.rate).map_err(
            |miss| {
                let message = format!(
                    "{}. The rate is that of the step which is made now, and the first step is 1",
                    miss.message
                );
                miss.saying(message)
            },
        )?;
        let long = if right_norm(&gradients) > settings.max_norm { "above" } else { "below" };
        let when = format!("after `update` with gradients {long} the largest norm");
        compare_update(&when, &before, &gradients, settings, &after)?;
        if (after.position.epoch, after.position.window)
            != (before.position.epoch, before.position.window)
        {
            return Err(Miss::failed("`update` moves the position in the data"));
        }
    }
    Ok(())
}

fn same_state(got: &Held, want: &Held) -> bool {
    let of =
        |held: &Held| [&held.model, &held.m, &held.s].map(|model| arrays::<f64>(model.clone()));
    of(got) == of(want)
        && (got.steps, got.position.epoch, got.position.window)
            == (want.steps, want.position.epoch, want.position.window)
}

fn divergence(learner: &mut Learner) -> Outcome {
    for (style, broken, number, last) in [
        (Style::Llama, &["embedding"][..], f64::NAN, "embedding"),
        (
            Style::Llama,
            &["embedding", "blocks[0].attention.k.w"],
            f64::NAN,
            "blocks.0.attention.k.w",
        ),
        (Style::Gpt2, &["norm.bias"], f64::INFINITY, "norm.bias"),
        (
            Style::Gpt2,
            &["positions", "blocks[0].norm1.gain"],
            f64::NEG_INFINITY,
            "blocks.0.norm1.gain",
        ),
        (
            Style::Llama,
            &["blocks[0].feed_forward.w3", "blocks[0].feed_forward.w2"],
            f64::NAN,
            "blocks.0.feed_forward.w2",
        ),
        (Style::Llama, &["head", "norm.gain"], f64::NAN, "head"),
    ] {
        let config = small(style);
        let settings = settings(learner);
        let steps = learner.rng().usize(..9);
        let before = random_state(learner, &config, steps);
        let gradients = with_each(like(learner, &before.model, -1.0, 1.0), |name, mut array| {
            if broken.contains(&name) {
                // Not the first number of the array.
                array.iter_mut().last().into_iter().for_each(|it| *it = number);
            }
            array
        });
        let (after, given) = learner.call(update, (before.clone(), gradients, settings))?;
        let Err(Diverged { step, tensor }) = given else {
            return Err(Miss::failed(format!(
                "`update` makes a step with a gradient that is {}",
                if number.is_nan() { "NaN" } else { "infinite" }
            )));
        };
        if !same_state(&after, &before) {
            return Err(Miss::failed(
                "`update` gives `Diverged`, and the state is another one than before: what was good is lost",
            ));
        }
        if step != before.steps + 1 {
            return Err(Miss::failed(
                "`Diverged` names another step than the one that was not made. The first step is 1",
            ));
        }
        if tensor != last {
            return Err(Miss::failed(
                "`Diverged` names another array than the last one in the order of `tensors` whose gradient is not \
                 finite",
            )
            .revealing(format!("{broken:?}: got {tensor}")));
        }
    }
    large_gradients(learner)?;
    given_up(learner)?;
    given_up_later(learner)
}

/// The squares of these gradients are no numbers any more, and they themselves are.
fn large_gradients(learner: &mut Learner) -> Outcome {
    let before = random_state(learner, &small(Style::Llama), 2);
    let gradients = like(learner, &before.model, 1e200, 2e200);
    let settings = settings(learner);
    match learner.call(update, (before, gradients, settings))? {
        (_, Ok(_)) => Ok(()),
        _ => Err(Miss::failed("`update` gives `Diverged`, and all gradients are finite")),
    }
}

/// A model whose logits are infinite: `train` stops in front of the step.
fn given_up(learner: &mut Learner) -> Outcome {
    let config = small(Style::Gpt2);
    let settings = settings(learner);
    let tokens = random_tokens(learner, 400);
    let mut before = random_state(learner, &config, 3);
    before.model = with_each(before.model, |name, array| match name {
        "norm.gain" => array * 0.0 + 1e308,
        "embedding" => array * 1e9,
        _ => array,
    });
    let arguments = (before.clone(), config, to_file(&tokens), settings, 2);
    let (after, log) = learner.call(train, arguments)?;
    let message = match log {
        Ok(_) => "`train` makes a step where the gradients are not finite",
        Err(_) if !same_state(&after, &before) => {
            "`train` gives up, and the state is not that in front of the step: its position counts too"
        }
        Err(_) => return Ok(()),
    };
    Err(Miss::failed(message))
}

/// The first of the steps makes weights infinite, and so the second one is not made.
fn given_up_later(learner: &mut Learner) -> Outcome {
    let config = small(Style::Llama);
    let settings = Settings { rate: 50.0, min_rate: 50.0, ..settings(learner) };
    let data = to_file(&random_tokens(learner, 40));
    let mut before = random_state(learner, &config, 3);
    before.m = with_each(before.m, |_, array| array * 0.0 + 1e308);
    let arguments = |steps| (before.clone(), config.clone(), data.clone(), settings.clone(), steps);
    let (first, _) = learner.call(train, arguments(1))?;
    let (after, log) = learner.call(train, arguments(3))?;
    let message = match log {
        Ok(_) => "`train` makes a step where the gradients are not finite",
        Err(given) if given.step != 5 => {
            "`train` gives up in another step than it says: steps count from the beginning of the training"
        }
        Err(_) if !same_state(&after, &first) => {
            "`train` gives up in its second step, and the state is not that behind its first"
        }
        Err(_) => return Ok(()),
    };
    Err(Miss::failed(message))
}

/// SplitMix64, written anew: the next number and the next state.
fn next(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = state;
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9_u64), (27, 0x94d0_49bb_1331_11eb)] {
        z = (z ^ (z >> shift)).wrapping_mul(factor);
    }
    (z ^ (z >> 31), state)
}

fn shuffled(n: usize, mut state: u64) -> Vec<usize> {
    let mut order: Vec<_> = (0..n).collect();
    for i in (1..n).rev() {
        let (number, after) = next(state);
        state = after;
        order.swap(i, (number % (i as u64 + 1)) as usize);
    }
    order
}

fn to_file(tokens: &[u16]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.to_le_bytes()).collect()
}

fn random_tokens(learner: &mut Learner, count: usize) -> Vec<u16> {
    (0..count).map(|_| learner.rng().u16(..6)).collect()
}

/// The inputs and the targets of windows side by side.
fn windows(tokens: &[u16], windows: &[usize], time: usize) -> MicroBatch {
    let rows = |ahead: usize| {
        Array2::from_shape_fn((windows.len(), time), |(row, t)| {
            usize::from(tokens[windows[row] * time + t + ahead])
        })
    };
    MicroBatch { x: rows(0), y: rows(1) }
}

/// The windows of the next step, and the position behind them.
fn of_step(tokens: &[u16], settings: &Settings, at: &Position) -> (Vec<usize>, Position) {
    let count = (tokens.len() - 1) / settings.time;
    let Position { mut epoch, mut window } = *at;
    let mut taken = Vec::new();
    for _ in 0..settings.batch {
        taken.push(shuffled(count, settings.seed.wrapping_add(epoch))[window]);
        window += 1;
        if window == count {
            (epoch, window) = (epoch + 1, 0);
        }
    }
    (taken, Position { epoch, window })
}

fn steps(learner: &mut Learner) -> Outcome {
    for (config, batch, micro, time, ignore, count) in [
        (small(Style::Llama), 7, 2, 3, Some(3), 133),
        (small(Style::Gpt2), 4, 1, 3, None, 133),
        (other(Style::Llama), 2, 3, 4, None, 133),
        // A step takes more than two epochs.
        (small(Style::Gpt2), 7, 2, 3, None, 3),
    ] {
        let usual = Settings { batch, micro, time, ignore, ..settings(learner) };
        let [still, none, large, late] = rare(&usual);
        let tokens = random_tokens(learner, count * time + 1);
        let mut state = random_state(learner, &config, 0);
        // The last windows of an epoch.
        state.position = Position { epoch: (1 << 33) + 5, window: count - 3 };
        for (made, settings) in [(0, &usual), (1, &still), (2, &none), (3, &large), (LATE, &late)] {
            state.steps = made;
            let arguments = (state.clone(), config.clone(), to_file(&tokens), settings.clone(), 1);
            let (after, log) = learner.call(train, arguments)?;
            let when = format!("after step {}", made + 1);
            compare_step(learner, &when, &tokens, (&config, settings), &state, (&after, log))?;
            state = after;
        }
        let arguments = (state.clone(), config.clone(), to_file(&tokens), usual, 0);
        let (after, log) = learner.call(train, arguments)?;
        if !same_state(&after, &state) || log.is_ok_and(|log| !log.is_empty()) {
            return Err(Miss::failed("`train` with 0 steps changes the state or logs something"));
        }
    }
    Ok(())
}

fn compare_step(
    learner: &mut Learner,
    when: &str,
    tokens: &[u16],
    (config, settings): (&Config, &Settings),
    before: &Held,
    (after, log): (&Held, Result<Vec<Step>, Diverged>),
) -> Outcome {
    let (taken, position) = of_step(tokens, settings, &before.position);
    let batches: Vec<_> =
        taken.chunks(settings.micro).map(|it| windows(tokens, it, settings.time)).collect();
    let arguments = (before.model.clone(), config.clone(), batches.clone(), settings.ignore);
    let (loss, gradients) = learner.call(accumulate, arguments)?;
    let Ok(log) = log else {
        return Err(Miss::failed("`train` gives up where all gradients are finite"));
    };
    let [got] = &log[..] else {
        return Err(Miss::failed(format!("the log of 1 step has {} entries", log.len())));
    };
    let name = |what: &str| format!("{when}, the {what} in the log");
    close(&name("loss"), got.loss, loss, STEPS * (1.0 + loss)).map_err(|miss| {
        let message = format!(
            "{}: it is the mean over all targets that count in the windows of the step, before the step",
            miss.message
        );
        miss.saying(message)
    })?;
    let norm = right_norm(&gradients);
    close(&name("norm"), got.grad_norm, norm, STEPS * (1.0 + norm))?;
    let rate = right_rate(before.steps + 1, settings);
    close(&name("rate"), got.rate, rate, STEPS * settings.rate)?;
    let total: usize = batches.iter().map(|it| counted(&it.y, settings.ignore)).sum();
    if got.tokens != total {
        let message = format!("{}s are not the targets that count", name("number of token"));
        return Err(Miss::failed(message));
    }
    compare_update(when, before, &gradients, settings, after)?;
    if (after.position.epoch, after.position.window) != (position.epoch, position.window) {
        return Err(Miss::failed(format!(
            "{when}, the position is not that behind the windows of the step"
        )));
    }
    Ok(())
}

/// (37·i + 11·s + 5) mod 41 − 20, divided by 20: the same numbers in every language.
fn pattern(shape: &[usize], s: usize) -> ArrayD<f64> {
    let count: usize = shape.iter().product();
    let numbers = (0..count).map(|i| ((37 * i + 11 * s + 5) % 41) as f64 / 20.0 - 1.0);
    ArrayD::from_shape_vec(IxDyn(shape), numbers.collect()).expect("as many numbers")
}

/// The model of the brief: 1,240 parameters.
fn model_of_brief() -> (Config, Model) {
    let config = Config {
        vocabulary: 7,
        context: 4,
        width: 8,
        heads: 2,
        kv_heads: 2,
        hidden: 12,
        layers: 2,
        style: Style::Llama,
        rope_base: 1e4,
        epsilon: 1e-5,
    };
    let mut order = vec!["embedding".to_owned()];
    for layer in 0..2 {
        let parts = [
            "norm1.gain",
            "attention.q.w",
            "attention.k.w",
            "attention.v.w",
            "attention.o.w",
            "norm2.gain",
            "feed_forward.w1",
            "feed_forward.w3",
            "feed_forward.w2",
        ];
        order.extend(parts.map(|part| format!("blocks[{layer}].{part}")));
    }
    order.extend(["norm.gain", "head"].map(str::to_owned));
    let model = with_each(empty(&config), |name, array| {
        let s = 1 + order.iter().position(|it| it == name).expect("each array has its place");
        match array.ndim() {
            1 => 1.0 + 0.1 * pattern(array.shape(), s),
            _ => 0.5 * pattern(array.shape(), s),
        }
    });
    (config, model)
}

/// The tokens of the brief.
const TOKENS: [u16; 9] = [1, 2, 3, 1, 4, 0, 6, 5, 5];

/// Loss, norm and rate of the brief's steps, by JAX in double precision.
const LOG: [[f64; 3]; 6] = [
    [2.170542412, 2.479395231, 0.006666667],
    [1.852917261, 1.898659744, 0.013333333],
    [1.481956414, 1.454841391, 0.020000000],
    [1.222047755, 1.267130854, 0.019108720],
    [1.016292007, 0.931431314, 0.016611408],
    [0.884474310, 0.787629420, 0.013002688],
];

/// Above the loss of step 30 with the rate 0.01, which is 0.197, and far below that of step 1.
const MAX_LOSS_BY_HEART: f64 = 0.25;

fn snapshot(learner: &mut Learner) -> Outcome {
    let (config, model) = model_of_brief();
    let zeros = empty(&config);
    let position = Position { epoch: 0, window: 0 };
    let state = Held { model, m: zeros.clone(), s: zeros, steps: 0, position };
    let settings = Settings {
        batch: 2,
        micro: 1,
        time: 4,
        seed: 1,
        ignore: None,
        adamw: AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 },
        max_norm: 1.0,
        rate: 0.02,
        min_rate: 0.002,
        warmup: 3,
        total: 10,
    };
    // The rate stays where it is, and nothing is clipped.
    let steady = Settings {
        rate: 0.01,
        min_rate: 0.01,
        warmup: 0,
        total: 0,
        max_norm: 1e9,
        ..settings.clone()
    };
    let (_, log) =
        learner.call(train, (state.clone(), config.clone(), to_file(&TOKENS), steady, 30))?;
    let losses: Vec<_> = log.unwrap_or_default().iter().map(|it| it.loss).collect();
    learner.draw("nine tokens, learned by heart", "steps", &losses);
    let (_, log) = learner.call(train, (state, config, to_file(&TOKENS), settings, 6))?;
    let log = log.unwrap_or_default();
    for (at, [loss, norm, rate]) in LOG.into_iter().enumerate() {
        let step = at + 1;
        let Some(got) = log.get(at) else {
            return Err(Miss::failed(format!("the log ends before step {step}")));
        };
        within(&format!("the loss of step {step}"), got.loss, loss, 2e-9)?;
        within(&format!("the norm of step {step}"), got.grad_norm, norm, 2e-8)?;
        within(&format!("the rate of step {step}"), got.rate, rate, 1e-9)?;
    }
    match losses.get(29) {
        Some(last) if *last < MAX_LOSS_BY_HEART => Ok(()),
        _ => Err(Miss::failed(
            "a model that cannot learn two windows by heart has a bug: 30 steps with the rate 0.01",
        )),
    }
}

fn resume(learner: &mut Learner) -> Outcome {
    for (style, parts) in [(Style::Llama, [2, 3]), (Style::Gpt2, [1, 6])] {
        let config = small(style);
        let settings = Settings { batch: 2, ignore: Some(1), ..settings(learner) };
        let data = to_file(&random_tokens(learner, 24));
        let mut state = random_state(learner, &config, 0);
        let all = parts.iter().sum();
        let arguments = (state.clone(), config.clone(), data.clone(), settings.clone(), all);
        let (at_once, log) = learner.call(train, arguments)?;
        let mut in_parts = Vec::new();
        for part in parts {
            let arguments = (state, config.clone(), data.clone(), settings.clone(), part);
            let (after, log) = learner.call(train, arguments)?;
            in_parts.extend(log.unwrap_or_default());
            state = after;
        }
        same_bits(&state, &at_once)?;
        if log.unwrap_or_default() != in_parts {
            return Err(Miss::failed(
                "two calls of `train` have another log than one call with all of their steps",
            ));
        }
    }
    Ok(())
}

/// Compares two states to the last bit.
fn same_bits(got: &Held, want: &Held) -> Outcome {
    let bits = |model: &Model| -> Vec<_> {
        let all = arrays::<f64>(model.clone()).into_iter();
        all.flat_map(|(_, it)| it.iter().map(|it| it.to_bits()).collect::<Vec<_>>()).collect()
    };
    let what = if got.steps != want.steps {
        "another number of steps"
    } else if (got.position.epoch, got.position.window)
        != (want.position.epoch, want.position.window)
    {
        "another position in the data"
    } else if bits(&got.m) != bits(&want.m) || bits(&got.s) != bits(&want.s) {
        "other moments"
    } else if bits(&got.model) != bits(&want.model) {
        "other weights"
    } else {
        return Ok(());
    };
    Err(Miss::failed(format!(
        "two calls of `train` lead to another state than one call with all of their steps: {what}"
    )))
}

fn evaluation(learner: &mut Learner) -> Outcome {
    for (at, (count, batch, time)) in
        [(9, 2, 4), (12, 1, 4), (24, 3, 3), (130, 30, 4), (3, 2, 4), (2, 1, 1)]
            .into_iter()
            .enumerate()
    {
        let style = STYLES[at % 2];
        let config = if at < 2 { small(style) } else { other(style) };
        let model = random_model(learner, &config);
        let tokens = random_tokens(learner, count);
        let arguments = (model.clone(), config.clone(), to_file(&tokens), batch, time);
        let (sum, targets) = learner.call(evaluate, arguments)?;
        if targets != count - 1 {
            let which = if targets < count - 1 { "fewer" } else { "more" };
            return Err(Miss::failed(format!(
                "`evaluate` has {which} targets than the file: each token but the first is one, once"
            ))
            .revealing(format!("{count} tokens, B = {batch}, T = {time}: got {targets}")));
        }
        let want = with_weights(&model, |names, values| {
            let starts = (0..count - 1).step_by(time);
            let of_window = |begin: usize| {
                let end = (begin + time).min(count - 1);
                let row = |from: usize, to: usize| {
                    let ids = tokens[from..to].iter().map(|it| usize::from(*it)).collect();
                    Array2::from_shape_vec((1, to - from), ids).expect("one row")
                };
                let logits = right_logits(&row(begin, end), &Weights::new(names, values), &config);
                right_sum(&logits, &row(begin + 1, end + 1), None)
            };
            starts.map(of_window).sum::<f64>()
        });
        close("the sum of −log p", sum, want, STEPS * (1.0 + want))?;
    }
    Ok(())
}

/// A file of tensors with this header.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn numbers(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|it| it.to_le_bytes()).collect()
}

/// A text in JSON, of the characters that are used here.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\u{1}', "\\u0001"))
}

/// The file that the brief asks for.
fn right_file(tensors: &[(String, ArrayD<f32>)], texts: &[(String, String)]) -> Vec<u8> {
    let mut texts: Vec<_> =
        texts.iter().map(|(key, text)| format!("{}:{}", quoted(key), quoted(text))).collect();
    texts.sort();
    let mut header = String::from("{");
    if !texts.is_empty() {
        header += &format!("\"__metadata__\":{{{}}}", texts.join(","));
    }
    let mut data = Vec::new();
    for (name, array) in tensors {
        let comma = if header.len() > 1 { "," } else { "" };
        let begin = data.len();
        for (_, number) in array.indexed_iter() {
            data.extend(number.to_le_bytes());
        }
        let shape = format!("{:?}", array.shape()).replace(' ', "");
        let (name, end) = (quoted(name), data.len());
        header += &format!(
            "{comma}{name}:{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[{begin},{end}]}}"
        );
    }
    header.push('}');
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    file(&header, &data)
}

fn single_array(learner: &mut Learner, shape: &[usize]) -> ArrayD<f32> {
    learner.array(IxDyn(shape), -9.0, 9.0).mapv(|it| it as f32)
}

type Arrays = Vec<(String, ArrayD<f32>)>;
type Texts = Vec<(String, String)>;

/// Asks for the bytes of these arrays, each in the memory order that it has.
fn ask_written(learner: &mut Learner, tensors: &Arrays, texts: &Texts) -> Result<Vec<u8>, Miss> {
    let named = |(name, array): &(String, ArrayD<f32>)| {
        let (axes, mut array) = (array.ndim(), array.clone());
        while array.ndim() < 3 {
            array = array.insert_axis(Axis(0));
        }
        let array = array.into_dimensionality().expect("it has three axes");
        Named { name: name.clone(), axes, array }
    };
    let tensors: Vec<_> = tensors.iter().map(named).collect();
    learner.call(to_safetensors, (tensors, texts.clone()))
}

/// Asks for what a file holds.
fn ask_read(
    learner: &mut Learner,
    bytes: Vec<u8>,
) -> Result<Result<(Arrays, Texts), Refusal>, Miss> {
    let (tensors, texts) = match learner.call(from_safetensors, (bytes,))? {
        Ok(contents) => contents,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let array = |(name, shape, numbers): (String, Vec<usize>, Vec<f32>)| {
        let array = ArrayD::from_shape_vec(IxDyn(&shape), numbers);
        let has_other = || Miss::failed(format!("`{name}` has not as many numbers as its shape"));
        array.map_err(|_| has_other()).map(|array| (name.clone(), array))
    };
    let tensors = tensors.into_iter().map(array).collect::<Result<_, _>>()?;
    Ok(Ok((tensors, texts)))
}

fn files(learner: &mut Learner) -> Vec<(Arrays, Texts)> {
    let texts = |of: &[(&str, &str)]| -> Texts {
        of.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    };
    let mut named = |of: &[(&str, &[usize])]| -> Arrays {
        of.iter().map(|(name, shape)| ((*name).to_owned(), single_array(learner, shape))).collect()
    };
    let mut files = vec![
        (vec![("w".to_owned(), array![1.5_f32, -2.0].into_dyn())], vec![]),
        (named(&[("z", &[3, 2]), ("a.b", &[4]), ("norm.gain", &[1])]), texts(&[("steps", "7")])),
        (vec![], vec![]),
        (named(&[("nothing", &[0, 3]), ("one number", &[]), ("cube", &[2, 1, 3])]), texts(&[])),
        (named(&[("quo\"ted\\", &[2])]), texts(&[("b", "a \"text\""), ("a", "")])),
        (named(&[("large", &[70, 33])]), texts(&[])),
        (named(&[("c", &[2]), ("b", &[0, 3]), ("a", &[2])]), texts(&[("k\"ey", "\u{1}")])),
    ];
    // Arrays whose order in memory is not that of their rows.
    let columns = learner.array((3, 5).f(), -1.0, 1.0).mapv(|it| it as f32);
    let mut cube = single_array(learner, &[2, 3, 4]);
    cube.swap_axes(0, 2);
    files.push((
        vec![("columns".to_owned(), columns.into_dyn()), ("cube".to_owned(), cube)],
        texts(&[]),
    ));
    files
}

fn bytes(learner: &mut Learner) -> Outcome {
    for (tensors, texts) in files(learner) {
        let got = ask_written(learner, &tensors, &texts)?;
        let want = right_file(&tensors, &texts);
        if got != want {
            let reveal = format!("got {got:?}, expected {want:?}");
            return Err(Miss::failed(told_of_bytes(&got, &want)).revealing(reveal));
        }
    }
    Ok(())
}

/// Which part of a file is wrong.
fn told_of_bytes(got: &[u8], want: &[u8]) -> &'static str {
    let length = |file: &[u8]| -> Option<u64> { Some(u64::from_le_bytes(*file.first_chunk()?)) };
    let count = length(want).unwrap_or(0);
    let Some(own) = length(got) else {
        return "a file of `to_safetensors` has no eight bytes for the length of the header";
    };
    if own.swap_bytes() == count {
        return "the length of the header has its highest byte first";
    }
    let part = |file: &[u8], count: u64| -> Option<(Vec<u8>, Vec<u8>)> {
        let (header, data) = file.get(8..)?.split_at_checked(usize::try_from(count).ok()?)?;
        Some((header.to_vec(), data.to_vec()))
    };
    let (Some((header, data)), Some((right, right_data))) = (part(got, own), part(want, count))
    else {
        return "the first eight bytes are not the length of the header that follows, spaces included";
    };
    let trimmed = |header: &[u8]| String::from_utf8_lossy(header).trim_end().to_owned();
    if trimmed(&header) == trimmed(&right) && header != right {
        return "the header is not filled up with spaces to the next multiple of eight bytes";
    }
    let without = |header: &[u8]| {
        let text = trimmed(header);
        let mut parts = text.split("\"data_offsets\":[");
        let front = parts.next().map(str::to_owned);
        let behind = |it: &str| it.split_once(']').map_or(it, |(_, behind)| behind).to_owned();
        front.into_iter().chain(parts.map(behind)).collect::<Vec<_>>()
    };
    if header != right && data == right_data && without(&header) == without(&right) {
        return "the numbers are right, and `data_offsets` are others: they count bytes, from the first one behind \
                the header";
    }
    if header != right {
        return "the header is another text. Mind its order, what JSON asks of quotation marks and control characters, \
                that it has no spaces but at its end, and `__metadata__` only where there are texts";
    }
    "the header is right, and the numbers behind it are others, or in another order: an array is written row by row, \
     however it lies in memory"
}

/// A header with spaces, escapes and its arrays in another order than their bytes, as other programs write it.
const OF_OTHERS: &str = "{ \"late\": {\"shape\": [2, 2], \"data_offsets\": [8, 24], \"dtype\": \"F32\"},\n \
                         \"\\u0065arly\": {\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}, \
                         \"__metadata__\": {\"format\": \"pt\", \"a\": \"\\\"\"}, \
                         \"last\":{\"dtype\":\"F32\",\"data_offsets\":[24,28],\"shape\":[]}}";

fn files_of_others(learner: &mut Learner) -> Outcome {
    for (tensors, mut texts) in files(learner) {
        let got = ask_read(learner, right_file(&tensors, &texts))?;
        texts.sort();
        compare_contents(got, (tensors, texts))?;
    }
    let data = [0.5, -1.0, 1.0, 2.0, 3.0, f32::NEG_INFINITY, 7.0];
    let tensors = vec![
        ("early".to_owned(), array![0.5_f32, -1.0].into_dyn()),
        ("late".to_owned(), array![[1.0_f32, 2.0], [3.0, f32::NEG_INFINITY]].into_dyn()),
        ("last".to_owned(), ArrayD::from_elem(IxDyn(&[]), 7.0_f32)),
    ];
    let texts =
        [("a", "\""), ("format", "pt")].map(|(key, text)| (key.to_owned(), text.to_owned()));
    let got = ask_read(learner, file(OF_OTHERS, &numbers(&data)))?;
    compare_contents(got, (tensors, texts.to_vec()))
}

fn compare_contents(got: Result<(Arrays, Texts), Refusal>, want: (Arrays, Texts)) -> Outcome {
    let (arrays, texts) = match got {
        Ok(contents) => contents,
        Err(refusal) => {
            return Err(Miss::failed(format!(
                "`from_safetensors` refuses a file that is as it should be, with `{refusal:?}`"
            )));
        }
    };
    let names =
        |arrays: &Arrays| -> Vec<_> { arrays.iter().map(|(name, _)| name.clone()).collect() };
    let message = if names(&arrays) != names(&want.0) {
        "the arrays of `from_safetensors` have other names, or another order than their bytes"
    } else if arrays.iter().zip(&want.0).any(|(got, want)| got.1.shape() != want.1.shape()) {
        "an array of `from_safetensors` has another shape"
    } else if arrays != want.0 {
        "an array of `from_safetensors` has other numbers"
    } else if texts != want.1 {
        "the texts of `from_safetensors` are others"
    } else {
        return Ok(());
    };
    Err(Miss::failed(message).revealing(format!("got {arrays:?} {texts:?}, expected {want:?}")))
}

/// What a header says of an array.
fn entry(name: &str, dtype: &str, shape: &str, offsets: &str) -> String {
    format!("\"{name}\":{{\"dtype\":{dtype},\"shape\":{shape},\"data_offsets\":{offsets}}}")
}

/// A header of one array.
fn of_one(dtype: &str, shape: &str, offsets: &str) -> String {
    format!("{{{}}}", entry("w", dtype, shape, offsets))
}

/// Files with one thing wrong in each.
fn broken_files() -> Vec<(&'static str, Vec<u8>, Refusal)> {
    let f32s = "\"F32\"";
    let good = file(&of_one(f32s, "[2]", "[0,8]"), &[0; 8]);
    let one = |shape: &str, offsets: &str, bytes: usize| {
        file(&of_one(f32s, shape, offsets), &vec![0; bytes])
    };
    let of_two = |a: &str, b: &str, bytes: usize| file(&format!("{{{a},{b}}}"), &vec![0; bytes]);
    // Of two numbers each.
    let two = |a: &str, b: &str, bytes: usize| {
        let [a, b] = [("a", a), ("b", b)].map(|(name, at)| entry(name, f32s, "[2]", at));
        of_two(&a, &b, bytes)
    };
    let with_length = |length: u64| [&length.to_le_bytes()[..], &good[8..]].concat();
    vec![
        ("an empty file", vec![], Refusal::Short),
        ("a file of seven bytes", good[..7].to_vec(), Refusal::Short),
        ("a file that ends within its header", good[..30].to_vec(), Refusal::Short),
        ("a header longer than the file", with_length(10_000), Refusal::Short),
        ("a header of 2⁶⁴ − 1 bytes", with_length(u64::MAX), Refusal::Short),
        ("a header of 2⁶⁴ − 8 bytes", with_length(u64::MAX - 7), Refusal::Short),
        ("a header that is no JSON", file("{\"w\":", &[]), Refusal::Header),
        (
            "a header that is not UTF-8",
            [&[1, 0, 0, 0, 0, 0, 0, 0][..], &[0xff]].concat(),
            Refusal::Header,
        ),
        ("a header of no bytes", file("", &[]), Refusal::Header),
        ("a header that is a list", file("[]", &[]), Refusal::Header),
        ("a negative length", one("[-2]", "[0,8]", 8), Refusal::Header),
        ("a length of 2.5", one("[2.5]", "[0,10]", 10), Refusal::Header),
        ("a length of 2.0", one("[2.0]", "[0,8]", 8), Refusal::Header),
        ("a header with a letter behind its JSON", file("{}x", &[]), Refusal::Header),
        ("a header of two objects", file("{}{}", &[]), Refusal::Header),
        ("a shape that is a text", one("\"[2]\"", "[0,8]", 8), Refusal::Header),
        ("three offsets", one("[2]", "[0,8,16]", 8), Refusal::Header),
        ("one offset", one("[2]", "[0]", 8), Refusal::Header),
        ("an offset of −8", one("[2]", "[-8,0]", 8), Refusal::Header),
        (
            "an array without a type",
            file("{\"w\":{\"shape\":[2],\"data_offsets\":[0,8]}}", &[0; 8]),
            Refusal::Header,
        ),
        (
            "an array without a shape",
            file("{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", &[0; 8]),
            Refusal::Header,
        ),
        ("an array that is a number", file("{\"w\":3}", &[]), Refusal::Header),
        ("texts that are numbers", file("{\"__metadata__\":{\"steps\":3}}", &[]), Refusal::Header),
        ("brackets nested ten thousand deep", file(&"[".repeat(10_000), &[]), Refusal::Header),
        (
            "numbers of eight bytes",
            file(&of_one("\"F64\"", "[1]", "[0,8]"), &[0; 8]),
            Refusal::Type,
        ),
        (
            "numbers of eight bytes and a negative length",
            file(&of_one("\"F64\"", "[-1]", "[0,8]"), &[0; 8]),
            Refusal::Header,
        ),
        (
            "numbers of an unknown type",
            file(&of_one("\"f32\"", "[2]", "[0,8]"), &[0; 8]),
            Refusal::Type,
        ),
        (
            "an array of numbers of eight bytes, and behind it one without a shape",
            of_two(
                &entry("a", "\"F64\"", "[1]", "[0,8]"),
                "\"b\":{\"dtype\":\"F32\",\"data_offsets\":[8,16]}",
                16,
            ),
            Refusal::Header,
        ),
        (
            "an array with too few bytes, and behind it one of another type",
            of_two(&entry("a", f32s, "[3]", "[0,8]"), &entry("b", "\"F64\"", "[1]", "[8,16]"), 16),
            Refusal::Type,
        ),
        ("fewer bytes than the shape asks for", one("[3]", "[0,8]", 8), Refusal::Size),
        ("more bytes than the shape asks for", one("[1]", "[0,8]", 8), Refusal::Size),
        ("offsets in the wrong order", one("[2]", "[8,0]", 8), Refusal::Size),
        (
            "a shape of 2⁶² · 2 · 2 numbers",
            one("[4611686018427387904,2,2]", "[0,0]", 0),
            Refusal::Size,
        ),
        (
            "a shape of 2⁶² numbers, whose bytes are 2⁶⁴",
            one("[4611686018427387904]", "[0,0]", 0),
            Refusal::Size,
        ),
        (
            "an array of no numbers whose offsets are in the wrong order",
            one("[0]", "[8,0]", 8),
            Refusal::Size,
        ),
        (
            "a gap, and an array of another size behind it",
            two("[4,12]", "[12,24]", 24),
            Refusal::Size,
        ),
        ("two arrays in the same bytes", two("[0,8]", "[0,8]", 8), Refusal::Layout),
        ("two arrays that overlap", two("[0,8]", "[4,12]", 12), Refusal::Layout),
        ("a gap between two arrays", two("[0,8]", "[12,20]", 20), Refusal::Layout),
        ("a gap before the first array", one("[2]", "[4,12]", 12), Refusal::Layout),
        ("bytes behind the last array", one("[2]", "[0,8]", 9), Refusal::Layout),
        ("an array that ends behind the file", two("[0,8]", "[8,16]", 15), Refusal::Layout),
        ("bytes and no array", file("{}", &[0; 4]), Refusal::Layout),
    ]
}

fn hostile(learner: &mut Learner) -> Outcome {
    for (what, bytes, want) in broken_files() {
        match ask_read(learner, bytes)? {
            Ok(_) => return Err(Miss::failed(format!("`from_safetensors` takes {what}"))),
            Err(got) if got != want => {
                return Err(Miss::failed(format!(
                    "`from_safetensors` refuses {what} with `{got:?}`: which of the reasons in `Refusal` comes first?"
                )));
            }
            Err(_) => (),
        }
    }
    // Whether there is such an array of no numbers is open: an answer is all that is asked for.
    let empty = of_one("\"F32\"", "[0,4611686018427387904,4611686018427387904]", "[0,0]");
    ask_read(learner, file(&empty, &[])).map(|_| ())
}

/// What a checkpoint of this state holds.
fn contents(state: &HeldF32) -> (Arrays, Texts) {
    let mut all = Vec::new();
    for (prefix, model) in [("model", &state.model), ("m", &state.m), ("s", &state.s)] {
        let named = arrays::<f32>(model.clone()).into_iter();
        all.extend(named.map(|(name, array)| (format!("{prefix}.{}", in_tensors(&name)), array)));
    }
    let Position { epoch, window } = state.position;
    let numbers = [("steps", state.steps as u64), ("epoch", epoch), ("window", window as u64)];
    let texts = numbers.map(|(key, number)| (key.to_owned(), number.to_string()));
    (all, texts.to_vec())
}

fn same_contents(
    (arrays, texts): &(Arrays, Texts),
    (want, want_texts): &(Arrays, Texts),
) -> Outcome {
    same_parts("the state of `restore`", arrays, want)?;
    let array = arrays.iter().zip(want).find(|(got, want)| got != want).map(|(got, _)| &got.0);
    let text = texts.iter().zip(want_texts).find(|(got, want)| got != want).map(|(got, _)| &got.0);
    match array.or(text) {
        None => Ok(()),
        Some(name) => Err(Miss::failed(format!(
            "`restore` gives a state whose `{name}` is not that of the checkpoint"
        ))),
    }
}

fn single_state(learner: &mut Learner, config: &Config, steps: usize) -> HeldF32 {
    in_single(random_state(learner, config, steps))
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

fn checkpoint(learner: &mut Learner) -> Outcome {
    // The first shapes come again, and then with another context.
    let [gpt2, llama] = STYLES.map(small);
    let longer = Config { context: gpt2.context + 3, ..gpt2.clone() };
    let configs = [gpt2.clone(), llama, gpt2, other(Style::Llama), longer];
    for (at, config) in configs.into_iter().enumerate() {
        let mut state = single_state(learner, &config, LATE + at);
        state.position = Position { epoch: u64::MAX - 2 - at as u64, window: LATE + 2 * at };
        let bytes = learner.call(save, (state.clone(),))?;
        let (mut tensors, texts) = contents(&state);
        let Ok((got, got_texts)) = ask_read(learner, bytes)? else {
            return Err(Miss::failed("`from_safetensors` refuses what `save` wrote"));
        };
        let by_name = |of: &Arrays| -> BTreeMap<_, _> { of.iter().cloned().collect() };
        let (got, want) = (by_name(&got), by_name(&tensors));
        if let Some((name, _)) = want.iter().find(|(name, it)| got.get(*name) != Some(*it)) {
            return Err(Miss::failed(format!(
                "`{name}` is missing in a checkpoint, or is another array"
            )));
        }
        let has = |wanted: &(String, String)| got_texts.contains(wanted);
        if let Some((key, _)) = texts.iter().find(|it| !has(it)) {
            return Err(Miss::failed(format!(
                "`{key}` is missing in a checkpoint, or is another text"
            )));
        }
        if got.len() > want.len() || got_texts.len() > texts.len() {
            return Err(Miss::failed("a checkpoint of `save` has more than is asked for"));
        }
        // Another program may write them in another order.
        tensors.reverse();
        let given = learner.call(restore, (right_file(&tensors, &texts), config))?;
        match given {
            Err(refusal) => {
                return Err(Miss::failed(format!(
                    "`restore` refuses a checkpoint with `{refusal:?}`"
                )));
            }
            Ok(given) => same_contents(&contents(&given), &contents(&state))?,
        }
    }
    Ok(())
}

/// The arrays of a checkpoint with one of these turned, whose rows are not as many as its columns.
fn with_one_turned(tensors: &Arrays, prefix: &str) -> Arrays {
    let mut tensors = tensors.clone();
    let is_oblong = |(name, it): &&mut (String, ArrayD<f32>)| {
        name.starts_with(&format!("{prefix}.")) && it.ndim() == 2 && it.shape()[0] != it.shape()[1]
    };
    if let Some((_, array)) = tensors.iter_mut().find(is_oblong) {
        array.swap_axes(0, 1);
    }
    tensors
}

fn not_restored(
    learner: &mut Learner,
    what: &str,
    (bytes, config): (Vec<u8>, &Config),
    want: Refusal,
) -> Outcome {
    match learner.call(restore, (bytes, config.clone()))? {
        Ok(_) => Err(Miss::failed(format!("`restore` takes {what}"))),
        Err(got) if got != want => {
            let message =
                format!("`restore` refuses {what} with `{got:?}`: which of the reasons is it?");
            Err(Miss::failed(message))
        }
        Err(_) => Ok(()),
    }
}

fn unfit(learner: &mut Learner) -> Outcome {
    let config = small(Style::Llama);
    let state = single_state(learner, &config, 3);
    let (tensors, texts) = contents(&state);
    let mut other = config.clone();
    other.hidden += 1;
    let mut deeper = config.clone();
    deeper.layers = 2;
    let extra = [tensors.clone(), vec![("x".to_owned(), array![1.0_f32].into_dyn())]].concat();
    let minus = [texts[1..].to_vec(), vec![("steps".to_owned(), "-1".to_owned())]].concat();
    let whole = right_file(&tensors, &texts);
    for (key, _) in &texts {
        let others: Texts = texts.iter().filter(|(it, _)| it != key).cloned().collect();
        let what = format!("a checkpoint without the number of `{key}`");
        not_restored(learner, &what, (right_file(&tensors, &others), &config), Refusal::Other)?;
    }
    for prefix in ["model", "m", "s"] {
        let what = format!("a checkpoint with an array of `{prefix}` in another shape");
        let turned = with_one_turned(&tensors, prefix);
        not_restored(learner, &what, (right_file(&turned, &texts), &config), Refusal::Other)?;
        let name = format!("{prefix}.embedding");
        let mut of_one = tensors.clone();
        let one = of_one.iter_mut().filter(|(it, _)| *it == name);
        one.for_each(|(_, array)| *array = array![1.0_f32].into_dyn());
        let what = format!("a checkpoint whose `{name}` has one number");
        not_restored(learner, &what, (right_file(&of_one, &texts), &config), Refusal::Other)?;
    }
    for (what, bytes, config, want) in [
        ("a checkpoint of narrower layers", whole.clone(), other, Refusal::Other),
        ("a checkpoint with fewer layers", whole.clone(), deeper, Refusal::Other),
        (
            "a checkpoint without its last array",
            right_file(&tensors[..tensors.len() - 1], &texts),
            config.clone(),
            Refusal::Other,
        ),
        (
            "a checkpoint with one array more",
            right_file(&extra, &texts),
            config.clone(),
            Refusal::Other,
        ),
        (
            "a checkpoint after −1 steps",
            right_file(&tensors, &minus),
            config.clone(),
            Refusal::Other,
        ),
        (
            "a checkpoint that was cut short",
            whole[..whole.len() - 1].to_vec(),
            config.clone(),
            Refusal::Layout,
        ),
    ] {
        not_restored(learner, what, (bytes, &config), want)?;
    }
    let model = random_model(learner, &config);
    for (what, data, batch, time) in [
        ("a file without a token", vec![], 1, 3),
        ("a file of one token", vec![1, 0], 1, 3),
        ("an odd number of bytes", vec![1, 0, 2, 0, 3], 1, 3),
        ("batches of 0 windows", vec![1, 0, 2, 0], 0, 3),
        ("windows of 0 tokens", vec![1, 0, 2, 0], 1, 0),
    ] {
        let call = learner.call(evaluate, (model.clone(), config.clone(), data, batch, time));
        panics(call, || format!("`evaluate` takes {what}"))?;
    }
    let model = random_model(learner, &config);
    let batch = MicroBatch { x: Array2::ones((1, 3)), y: Array2::ones((1, 3)) };
    let gradients = like(learner, &model, -1.0, 1.0);
    let call = learner.call(add_micro_batch, (model, config, batch, None, 0, gradients));
    panics(call, || "`add_micro_batch` takes a `total` of 0 where targets count".to_owned())
}

fn single(learner: &mut Learner) -> Outcome {
    for style in STYLES {
        let config = small(style);
        let model = random_model(learner, &config);
        let model = with_each(model, |_, array| array.mapv(|it| f64::from(it as f32)));
        let data = to_file(&random_tokens(learner, 12));
        let arguments = (model.clone(), config.clone(), data.clone(), 2, 4);
        let (want, _) = learner.call(evaluate, arguments)?;
        let arguments = (in_single::<_, ModelF32>(model), config, data, 2, 4);
        let (sum, _) = learner.call(evaluate_f32, arguments)?;
        // Each window has a mean in single precision.
        let scale = array![STEPS * (1.0 + want)];
        all_close_in_single(
            "the sum of −log p in f32",
            &array![sum as f32],
            &array![want],
            &scale,
        )?;
    }
    let state = random_state(learner, &small(Style::Llama), 2);
    let gradients = like(learner, &state.model, 1e24, 1e25);
    let (want, settings) = (right_norm(&gradients), settings(learner));
    let arguments = (in_single::<_, HeldF32>(state), in_single::<_, ModelF32>(gradients), settings);
    match learner.call(update_f32, arguments)? {
        (_, Ok((norm, _))) if (norm / want - 1.0).abs() < 1e-5 => Ok(()),
        _ => Err(Miss::failed(
            "`update` in f32 gives another norm where the squares of the gradients are larger than an f32 can be",
        )),
    }
}
