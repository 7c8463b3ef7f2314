//! Checks of lesson 4.7: the loss of a language model.

use engine::checks::{
    Case, Check,
    Kind::{Cost, Gradient, Property, Value},
    Learner, Lesson, Limits, Miss, Outcome, all_close, all_close_in_single, close, gradients,
    panics, same_shape,
};
use ndarray::{Array1, Array2, ShapeBuilder, array, s};

use super::contract::{
    Options, OptionsF32, Running, add_chunk, add_chunk_f32, answer_targets, chunked_loss,
    chunked_loss_f32, language_loss, language_loss_f32,
};

pub const LESSON: Lesson =
    Lesson::new("The loss of a language model", CHECKS).after(&["ex_4_4"]).optimised();

const CHECKS: &[Check] = &[
    Check::hidden(Value, "answer", "the targets of an answer", 1.0, answers),
    Check::hidden(Value, "ignored", "the mean over the rows that count", 1.0, |learner| {
        values(learner, Part::Ignored)
    }),
    Check::hidden(Value, "smoothing", "the loss with smoothed targets", 1.0, |learner| {
        values(learner, Part::Smoothing)
    })
    .after(&["ignored"]),
    Check::hidden(Value, "z_loss", "the loss with the z-loss", 1.0, |learner| {
        values(learner, Part::ZLoss)
    })
    .after(&["ignored"]),
    Check::hidden(
        Gradient,
        "gradient",
        "dL/dZ against finite differences, with every option",
        1.0,
        gradient,
    ),
    Check::hidden(
        Property,
        "left_out",
        "rows that do not count, whatever they hold",
        1.0,
        left_out,
    )
    .after(WHOLE),
    Check::hidden(Value, "running", "maximum and sum, chunk by chunk", 1.0, running),
    Check::hidden(Value, "chunked", "the loss in chunks of any size", 1.0, chunked).after(WHOLE),
    Check::hidden(
        Gradient,
        "chunked_gradients",
        "dL/dX and dL/dW in chunks of any size",
        1.0,
        chunked_gradients,
    )
    .after(WHOLE),
    Check::hidden(Property, "extreme", "logits of ±10⁴, and −∞ in a chunk", 1.0, extreme)
        .after(ALL),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit).after(ALL),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(ALL),
    Check::hidden(Cost, "memory", "65,536 classes, in less memory than their logits", 1.0, memory)
        .after(ALL)
        .limits(Limits { seconds: 10, memory_mib: 20 }),
];

const WHOLE: &[&str] = ALL.split_at(4).0;
const ALL: &[&str] =
    &["ignored", "smoothing", "z_loss", "gradient", "running", "chunked", "chunked_gradients"];

/// The names of results, in messages.
const LOSS: &str = "the loss";
const DZ: &str = "dL/dZ";
const DX: &str = "dL/dX";
const DW: &str = "dL/dW";

/// No class at all.
const NONE: usize = usize::MAX;

const PLAIN: Options = Options { ignore: None, smoothing: 0.0, z_loss: 0.0 };

/// Texts of all small lengths, with questions of all lengths.
fn answers(learner: &mut Learner) -> Outcome {
    let mut calls = Vec::new();
    // The first length comes again.
    for length in [3, 1, 2, 3, 6, 40, 130] {
        let tokens: Vec<usize> = (0..length).map(|_| learner.rng().usize(..9)).collect();
        for prompt in [0, 1, 2, 3, length / 2, length - 1, length] {
            if prompt <= length {
                let ignore = *learner.rng().choice(&[NONE, 100, 4]).expect("not empty");
                calls.push((tokens.clone(), prompt, ignore));
            }
        }
    }
    let ask = |learner: &mut Learner, call: &(Vec<usize>, usize, usize)| {
        learner.call(answer_targets, call.clone())
    };
    learner.ask_all(&calls, ask, |(tokens, prompt, ignore), got| {
        let mut want = tokens[1..].to_vec();
        let of_question = prompt.saturating_sub(1).min(want.len());
        want[..of_question].fill(*ignore);
        if got.len() != want.len() {
            return Err(Miss::failed(
                "`answer_targets` gives another number of targets than one for each token but the last: nothing \
                 follows on that.",
            ));
        }
        let Some(place) = got.iter().zip(&want).position(|(got, want)| got != want) else {
            return Ok(());
        };
        Err(Miss::failed(if got[place] == *ignore {
            "`answer_targets` ignores a target that is part of the answer. The target of the last token of the \
             question is the first one of the answer: that is where the model has to begin."
        } else if want[place] == *ignore {
            "`answer_targets` keeps a target that is part of the question"
        } else {
            "`answer_targets` gives a token another target than the one that follows on it"
        }))
    })
}

/// Logits, targets and options.
#[derive(Clone)]
struct Input {
    z: Array2<f64>,
    targets: Vec<usize>,
    options: Options,
    /// Whether there are few numbers, all of order 1.
    is_small: bool,
}

/// Sizes of the factor λ, some of which nobody would use.
const Z_LOSSES: [f64; 3] = [0.01, 0.3, 300.0];

/// How many numbers are compared with finite differences at once.
const FEW: usize = 12;

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Ignored,
    Smoothing,
    ZLoss,
}

/// Over all shapes, orders and scales.
fn inputs(learner: &mut Learner) -> Vec<Input> {
    let cases: Vec<Case<2, 1>> = learner.cases();
    let mut factors = Z_LOSSES.into_iter().cycle();
    let mut input = |case: Case<2, 1>| {
        let z = learner.filled(case.sizes, case.fillings[0]);
        let factor = factors.next().expect("again and again");
        let is_small = case.is_ordinary && z.len() <= FEW;
        let options = Options {
            ignore: *learner
                .rng()
                .choice(&[None, Some(NONE), Some(z.ncols() / 2), Some(0)])
                .expect("four"),
            smoothing: learner.uniform(0.05, 0.9),
            z_loss: if case.is_ordinary { 0.3 } else { factor * learner.uniform(0.5, 1.5) },
        };
        Input { targets: targets(learner, z.dim(), options.ignore), z, options, is_small }
    };
    let mut inputs: Vec<_> = cases.into_iter().map(&mut input).collect();
    // More rows than anybody takes at once.
    let z = learner.array([300, 3], -2.0, 2.0);
    let options = Options { ignore: Some(0), smoothing: 0.1, z_loss: 0.3 };
    let targets = targets(learner, z.dim(), options.ignore);
    inputs.push(Input { targets, z, options, is_small: false });
    inputs
}

/// A target for each row; about a third of the rows do not count, where some may be left out.
fn targets(
    learner: &mut Learner,
    (rows, classes): (usize, usize),
    ignore: Option<usize>,
) -> Vec<usize> {
    let mut targets: Vec<_> = (0..rows).map(|_| learner.rng().usize(..classes)).collect();
    if let Some(ignore) = ignore.filter(|_| rows > 1) {
        targets.iter_mut().skip(1).step_by(3).for_each(|target| *target = ignore);
    }
    targets
}

fn values(learner: &mut Learner, part: Part) -> Outcome {
    let mut inputs = inputs(learner);
    for Input { options, .. } in &mut inputs {
        if part != Part::Smoothing {
            options.smoothing = 0.0;
        }
        if part != Part::ZLoss {
            options.z_loss = 0.0;
        }
    }
    let ask = |learner: &mut Learner, input: &Input| {
        learner.call(language_loss, (input.z.clone(), input.targets.clone(), input.options.clone()))
    };
    learner.ask_all(&inputs, ask, |input, (loss, _)| {
        let want = Loss::of(&input.z, &input.targets, &input.options);
        let is_class = input.options.ignore.is_some_and(|ignore| ignore < input.z.ncols());
        close(LOSS, loss, want.value, want.scale).map_err(|miss| match is_class {
            true => Miss {
                message: format!("{}, where the target to ignore is a class", miss.message),
                ..miss
            },
            false => miss,
        })
    })
}

/// What is right, with the magnitudes of the terms.
struct Loss {
    value: f64,
    scale: f64,
    dz: Array2<f64>,
    dz_scale: Array2<f64>,
}

/// The least magnitude that errors are relative to: where exponentials end, they lose their digits.
const LEAST: f64 = 1e-285;
const LEAST_IN_SINGLE: f64 = 1e-29;

impl Loss {
    fn of(z: &Array2<f64>, targets: &[usize], options: &Options) -> Self {
        Self::of_inexact(z, &z.mapv(f64::abs), targets, options)
    }

    /// Of logits that are themselves sums of products, with terms of these magnitudes.
    fn of_inexact(
        z: &Array2<f64>,
        magnitudes: &Array2<f64>,
        targets: &[usize],
        options: &Options,
    ) -> Self {
        let Options { ignore, smoothing, z_loss } = *options;
        let classes = z.ncols() as f64;
        let counted: Vec<_> =
            (0..targets.len()).filter(|it| Some(targets[*it]) != ignore).collect();
        let weight = 1.0 / counted.len().max(1) as f64;
        let (mut value, mut scale) = (0.0, 0.0);
        // In the memory order of z.
        let (mut dz, mut dz_scale) = (0.0 * z, 0.0 * z);
        for row in counted {
            let log_p = log_row(&z.row(row).to_vec());
            let target = targets[row];
            let log_sum = z[[row, target]] - log_p[target];
            // Of a logit, and of anything made of it.
            let off = 1.0 + 3.0 * magnitudes.row(row).fold(0.0, |max: f64, it| max.max(*it));
            for (class, log_p) in log_p.iter().enumerate() {
                let share =
                    smoothing / classes + if class == target { 1.0 - smoothing } else { 0.0 };
                value -= weight * share * log_p;
                scale += weight * share * (log_p.abs() + off);
                let p = log_p.exp();
                let slope = 2.0 * z_loss * log_sum;
                dz[[row, class]] = weight * (p * (1.0 + slope) - share);
                let size = p * (1.0 + slope.abs() + 2.0 * z_loss) * (off + log_sum.abs()) + share;
                dz_scale[[row, class]] = (weight * size).max(LEAST);
            }
            value += weight * z_loss * log_sum.powi(2);
            scale += weight * z_loss * log_sum.abs() * (log_sum.abs() + 2.0 * off);
        }
        Self { value, scale, dz, dz_scale }
    }

    fn compare(&self, (loss, dz): &(f64, Array2<f64>)) -> Outcome {
        close(LOSS, *loss, self.value, self.scale)?;
        all_close(DZ, dz, &self.dz, &self.dz_scale)
    }
}

/// log P of one row, by a sum from the smallest term to the largest.
fn log_row(z: &[f64]) -> Vec<f64> {
    let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut terms: Vec<_> = z.iter().map(|z| (z - max).exp()).collect();
    terms.sort_by(f64::total_cmp);
    // The largest term is 1.
    let log_sum = terms[..terms.len() - 1].iter().sum::<f64>().ln_1p();
    z.iter().map(|z| z - max - log_sum).collect()
}

fn gradient(learner: &mut Learner) -> Outcome {
    for Input { z, targets, options, is_small } in inputs(learner) {
        let call = |z: &Array2<f64>| (z.clone(), targets.clone(), options.clone());
        let (_, got) = learner.call(language_loss, call(&z))?;
        let want = Loss::of(&z, &targets, &options);
        same_shape(DZ, got.shape(), z.shape())?;
        if is_small {
            gradients(
                learner,
                ("Z", &z, &got),
                |z| Loss::of(z, &targets, &options).value,
                |learner, z| Ok(learner.call(language_loss, call(z))?.0),
            )
            .map_err(|miss| Miss {
                message: miss.message.replace("`forward`", "the loss"),
                ..miss
            })?;
        }
        all_close(DZ, &got, &want.dz, &want.dz_scale)?;
    }
    Ok(())
}

/// Rows that do not count have no part in the loss, and none of it comes back, also where they hold NaN.
fn left_out(learner: &mut Learner) -> Outcome {
    let options = Options { ignore: Some(NONE), smoothing: 0.1, z_loss: 0.01 };
    let mut z = learner.array([4, 3], -2.0, 2.0);
    let none = vec![NONE; 4];
    for (what, call) in [
        ("no row counts", (z.clone(), none.clone(), options.clone())),
        ("there is no row", (Array2::zeros((0, 3)), vec![], options.clone())),
    ] {
        let rows = call.0.nrows();
        let (loss, dz) = learner.call(language_loss, call)?;
        same_shape(DZ, dz.shape(), &[rows, 3])?;
        if loss != 0.0 || dz.iter().any(|it| *it != 0.0) {
            return Err(Miss::failed(format!(
                "where {what}, loss and dL/dZ should be 0. A batch of padding alone comes now and then, and a \
                 mean of nothing is 0/0: one such batch would make all weights NaN."
            )));
        }
    }
    z.row_mut(2).fill(f64::NAN);
    let targets = vec![1, 0, NONE, 2];
    let counting = z.select(ndarray::Axis(0), &[0, 1, 3]);
    let want = Loss::of(&counting, &[1, 0, 2], &options);
    let (loss, dz) = learner.call(language_loss, (z, targets, options))?;
    same_shape(DZ, dz.shape(), &[4, 3])?;
    let hidden = loss.is_nan() || dz.iter().any(|it| it.is_nan());
    if hidden {
        return Err(Miss::failed(
            "a row that does not count holds NaN, and the loss or dL/dZ is NaN as well. 0·NaN is NaN: such a row is \
             left out, and not multiplied by 0.",
        ));
    }
    close(LOSS, loss, want.value, want.scale)?;
    if dz.row(2).iter().any(|it| *it != 0.0) {
        return Err(Miss::failed("dL/dZ is not 0 in a row that does not count").of(&[DZ]));
    }
    let rest = dz.select(ndarray::Axis(0), &[0, 1, 3]);
    all_close(DZ, &rest, &want.dz, &want.dz_scale)
}

/// Maximum and sum of rows of logits.
fn right_running(z: &Array2<f64>) -> Running {
    let max: Array1<f64> =
        z.rows().into_iter().map(|row| row.fold(f64::NEG_INFINITY, |max, z| max.max(*z))).collect();
    let sum = z.rows().into_iter().zip(&max).map(|(row, max)| {
        row.iter().filter(|z| **z > f64::NEG_INFINITY).map(|z| (z - max).exp()).sum()
    });
    Running { sum: sum.collect(), max }
}

fn compare_running(z: &Array2<f64>, got: &Running) -> Outcome {
    let want = right_running(z);
    let size = |it: &f64| if it.is_finite() { it.abs() } else { 0.0 };
    if got.max.len() != want.max.len() || got.max.iter().zip(&want.max).any(|(a, b)| a != b) {
        return Err(
            Miss::failed("the running maximum is not the largest logit so far").of(&["max"])
        );
    }
    let largest = z.fold(0.0, |largest: f64, z| largest.max(size(z)));
    let scale = want.sum.mapv(|sum| (1.0 + 2.0 * largest) * sum.max(LEAST));
    all_close("the running sum", &got.sum, &want.sum, &scale)
}

/// Each row in pieces, whose maximum grows, falls and stays.
fn running(learner: &mut Learner) -> Outcome {
    let cases: Vec<Case<2, 1>> = learner.cases();
    for case in cases {
        let z = learner.filled(case.sizes, case.fillings[0]);
        let cut = learner.rng().usize(..=z.ncols());
        let (before, chunk) =
            (z.slice(s![.., ..cut]).to_owned(), z.slice(s![.., cut..]).to_owned());
        let got = learner.call(add_chunk, (right_running(&before), chunk))?;
        compare_running(&z, &got)?;
    }
    // A large sum.
    let z = learner.array([3, 150], -0.1, 0.1);
    let [before, chunk] = [s![.., ..140], s![.., 140..]].map(|part| z.slice(part).to_owned());
    let got = learner.call(add_chunk, (right_running(&before), chunk))?;
    compare_running(&z, &got)
}

/// What goes into the loss in chunks.
#[derive(Clone)]
struct Head {
    x: Array2<f64>,
    w: Array2<f64>,
    targets: Vec<usize>,
    options: Options,
    chunk: usize,
}

/// Sizes N, V and D, and the magnitudes of X and W.
const HEADS: [([usize; 3], f64, f64); 9] = [
    ([3, 3, 3], 1.0, 1.0),
    ([3, 4, 2], 1.0, 1.0),
    ([1, 1, 1], 1.0, 1.0),
    ([5, 7, 3], 1.0, 1.0),
    ([300, 9, 2], 1.0, 1.0),
    ([3, 70, 2], 1.0, 1.0),
    ([2, 5, 40], 1.0, 1.0),
    ([4, 6, 3], 300.0, 0.01),
    ([4, 6, 3], 0.01, 300.0),
];

/// Each in chunks of one class, of some, of all, and of more than there are.
fn heads(learner: &mut Learner) -> Vec<Head> {
    let mut heads = Vec::new();
    for ([rows, classes, width], of_x, of_w) in HEADS {
        for chunk in [1, 2, classes.div_ceil(2) + 1, classes, classes + 200] {
            let by_column = learner.rng().bool();
            let x = learner.array([rows, width].set_f(by_column), -1.5, 1.5) * of_x;
            let w = learner.array([classes, width].set_f(!by_column), -1.5, 1.5) * of_w;
            let options = Options {
                ignore: *learner.rng().choice(&[None, Some(NONE), Some(0)]).expect("three"),
                smoothing: learner.uniform(0.05, 0.9),
                z_loss: Z_LOSSES[heads.len() % 3] * learner.uniform(0.5, 1.5),
            };
            let targets = targets(learner, (rows, classes), options.ignore);
            heads.push(Head { x, w, targets, options, chunk });
        }
    }
    heads
}

impl Head {
    fn ask(&self, learner: &mut Learner) -> Result<(f64, Array2<f64>, Array2<f64>), Miss> {
        let Self { x, w, targets, options, chunk } = self.clone();
        learner.call(chunked_loss, (x, w, targets, options, chunk))
    }

    fn right(&self) -> Loss {
        let z = self.x.dot(&self.w.t());
        let magnitudes = self.x.mapv(f64::abs).dot(&self.w.mapv(f64::abs).t());
        Loss::of_inexact(&z, &magnitudes, &self.targets, &self.options)
    }

    fn compare_gradients(&self, dx: &Array2<f64>, dw: &Array2<f64>) -> Outcome {
        let Loss { dz, dz_scale, .. } = self.right();
        let [x, w] = [&self.x, &self.w].map(|it| it.mapv(f64::abs));
        all_close(DX, dx, &dz.dot(&self.w), &dz_scale.dot(&w))?;
        all_close(DW, dw, &dz.t().dot(&self.x), &dz_scale.t().dot(&x))
    }
}

fn chunked(learner: &mut Learner) -> Outcome {
    let heads = heads(learner);
    let ask = |learner: &mut Learner, head: &Head| head.ask(learner);
    learner.ask_all(&heads, ask, |head, (loss, ..)| {
        let want = head.right();
        close("the loss in chunks", loss, want.value, want.scale)
    })
}

fn chunked_gradients(learner: &mut Learner) -> Outcome {
    let heads = heads(learner);
    let ask = |learner: &mut Learner, head: &Head| head.ask(learner);
    learner.ask_all(&heads, ask, |head, (_, dx, dw)| head.compare_gradients(&dx, &dw))
}

fn extreme(learner: &mut Learner) -> Outcome {
    let far = learner.uniform(9e3, 1.1e4);
    let z = array![[far, 0.0, -far], [-far, -far - 1.0, -2.0 * far], [0.0, -800.0, 1.0]];
    let [some, all] = [0.1, 1.0].map(|smoothing| Options { ignore: None, smoothing, z_loss: 1e-4 });
    for options in [PLAIN, some, all] {
        let targets = vec![2, 0, 1];
        let got = learner.call(language_loss, (z.clone(), targets.clone(), options.clone()))?;
        Loss::of(&z, &targets, &options).compare(&got).map_err(overflowed)?;
        for chunk in [1, 2] {
            let (x, w) = (z.clone(), Array2::eye(3));
            let head = Head { x, w, targets: targets.clone(), options: options.clone(), chunk };
            let (loss, dx, dw) = head.ask(learner)?;
            let want = head.right();
            close("the loss in chunks", loss, want.value, want.scale).map_err(overflowed)?;
            head.compare_gradients(&dx, &dw).map_err(overflowed)?;
        }
    }
    let least = f64::NEG_INFINITY;
    let z = array![[least, least, 1.0, least], [least, 0.5, -0.5, least], [least; 4]];
    for cut in 0..=4 {
        let (before, chunk) =
            (z.slice(s![.., ..cut]).to_owned(), z.slice(s![.., cut..]).to_owned());
        let got = learner.call(add_chunk, (right_running(&before), chunk))?;
        if got.sum.iter().any(|it| it.is_nan()) {
            return Err(Miss::failed(
                "the running sum is NaN where the logits so far are −∞: −∞ − (−∞) is NaN. What is subtracted there \
                 must be a number.",
            ));
        }
        compare_running(&z, &got)?;
    }
    not_a_number(learner)
}

/// A NaN stays visible, and −∞ is a probability of 0.
fn not_a_number(learner: &mut Learner) -> Outcome {
    let z = array![[1.0, f64::NAN, -1.0], [0.5, 2.0, f64::NEG_INFINITY]];
    let got = learner.call(add_chunk, (right_running(&Array2::zeros((2, 0))), z.clone()))?;
    if !got.sum.first().is_some_and(|sum| sum.is_nan()) {
        return Err(Miss::failed(
            "`add_chunk` hides a logit that is NaN: the running sum is a number",
        ));
    }
    let options = Options { ignore: Some(0), ..PLAIN };
    let (loss, dz) = learner.call(language_loss, (z.clone(), vec![2, 1], options.clone()))?;
    if !loss.is_nan() || dz.row(0).iter().any(|it| !it.is_nan()) {
        return Err(Miss::failed(
            "a row that counts has a NaN, and the loss or a number of its dL/dZ is none",
        ));
    }
    let (loss, dz) = learner.call(language_loss, (z.clone(), vec![0, 1], options.clone()))?;
    let counts = z.slice(s![1.., ..2]).to_owned();
    let want = Loss::of(&counts, &[1], &PLAIN);
    close("the loss beside a logit of −∞", loss, want.value, want.scale).map_err(|miss| {
        if !loss.is_nan() {
            return miss;
        }
        miss.saying("the loss is NaN where a logit is −∞ and nothing is smoothed: 0·(−∞) is NaN")
    })?;
    let message = "dL/dZ is not 0 where the logit is −∞";
    if dz[[1, 2]] == 0.0 { Ok(()) } else { Err(Miss::failed(message)) }
}

fn overflowed(miss: Miss) -> Miss {
    let name = miss.quantities.first().cloned().unwrap_or_default();
    let message = format!(
        "{name} goes wrong for logits of ±10⁴. Exponentials of them are infinite or 0: everything is computed from z \
         minus log Σ e^z, or minus a maximum."
    );
    miss.saying(message)
}

/// Calls that have no answer. What is not written yet panics as well, and is told by other checks.
fn unfit(learner: &mut Learner) -> Outcome {
    let z = learner.array([2, 3], -2.0, 2.0);
    let with = |smoothing: f64, z_loss: f64| Options { ignore: Some(NONE), smoothing, z_loss };
    for (targets, options, what) in [
        (vec![0, 3], with(0.0, 0.0), "a target that is no class"),
        (vec![0, NONE - 1], with(0.0, 0.0), "a target that is no class"),
        (vec![0], with(0.0, 0.0), "one target for two rows"),
        (vec![0, 1, 2], with(0.0, 0.0), "three targets for two rows"),
        (vec![0, NONE], Options { ignore: None, ..PLAIN }, "a target that is no class"),
        (vec![0, 1], with(-0.1, 0.0), "a negative smoothing"),
        (vec![0, 1], with(1.1, 0.0), "a smoothing above 1"),
        (vec![0, 1], with(f64::NAN, 0.0), "a smoothing of NaN"),
        (vec![0, 1], with(0.0, -0.1), "a negative factor of the z-loss"),
        (vec![0, 1], with(0.0, f64::NAN), "a NaN for the factor of the z-loss"),
        (vec![NONE; 2], with(-0.1, 0.0), "a negative smoothing where no row counts"),
        (vec![NONE; 2], with(0.0, -0.1), "a negative factor of the z-loss where no row counts"),
    ] {
        let answer = learner.call(language_loss, (z.clone(), targets.clone(), options.clone()));
        refused("language_loss", what, answer)?;
        let answer = learner.call(chunked_loss, (z.clone(), Array2::eye(3), targets, options, 2));
        refused("chunked_loss", what, answer)?;
    }
    let answer = learner.call(chunked_loss, (z.clone(), Array2::eye(3), vec![0, 1], PLAIN, 0));
    refused("chunked_loss", "a chunk of no class", answer)?;
    let answer = learner.call(chunked_loss, (z.clone(), Array2::eye(4), vec![0, 1], PLAIN, 2));
    refused("chunked_loss", "an X of three columns and a W of four", answer)?;
    for rows in [1, 3] {
        let answer = learner.call(add_chunk, (right_running(&Array2::zeros((rows, 1))), z.clone()));
        refused("add_chunk", "a chunk that has not as many rows", answer)?;
    }
    refused("answer_targets", "no token", learner.call(answer_targets, (vec![], 0, NONE)))?;
    let answer = learner.call(answer_targets, (vec![1, 2], 3, NONE));
    refused("answer_targets", "a question that is longer than the text", answer)
}

fn refused<A>(function: &str, what: &str, answer: Result<A, Miss>) -> Outcome {
    panics(answer, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Which condition would you assert at the start?"
        )
    })
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let x = learner.array([4, 3], -2.0, 2.0).mapv(|it| it as f32);
    let w = learner.array([5, 3], -2.0, 2.0).mapv(|it| it as f32);
    let (targets, chunk) = (vec![1, 0, 9, 4], 2);
    let options = Options { ignore: Some(9), smoothing: 0.125, z_loss: 0.25 };
    let options32 = || OptionsF32 { ignore: Some(9), smoothing: 0.125, z_loss: 0.25 };
    let floor = |scale: Array2<f64>| scale.mapv(|it| it.max(LEAST_IN_SINGLE));
    let loss_close = |name: &str, got: f32, want: &Loss| {
        all_close_in_single(name, &array![got], &array![want.value], &array![want.scale])
    };

    let z = x.dot(&w.t());
    let (loss, dz) = learner.call(language_loss_f32, (z.clone(), targets.clone(), options32()))?;
    let want = Loss::of(&z.mapv(f64::from), &targets, &options);
    loss_close("the loss in f32", loss, &want)?;
    all_close_in_single("dL/dZ in f32", &dz, &want.dz, &floor(want.dz_scale))?;

    let (x64, w64) = (x.mapv(f64::from), w.mapv(f64::from));
    let head = Head { x: x64, w: w64, targets: targets.clone(), options, chunk };
    let call = (x.clone(), w, targets, options32(), chunk);
    let (loss, dx, dw) = learner.call(chunked_loss_f32, call)?;
    let want = head.right();
    loss_close("the loss in chunks, in f32", loss, &want)?;
    let [of_x, of_w] = [&head.x, &head.w].map(|it| it.mapv(f64::abs));
    let scale = floor(want.dz_scale);
    all_close_in_single("dL/dX in f32", &dx, &want.dz.dot(&head.w), &scale.dot(&of_w))?;
    all_close_in_single("dL/dW in f32", &dw, &want.dz.t().dot(&head.x), &scale.t().dot(&of_x))?;

    let before = right_running(&head.x.slice(s![.., ..1]).to_owned());
    let before = super::contract::RunningF32 {
        max: before.max.mapv(|it| it as f32),
        sum: before.sum.mapv(|it| it as f32),
    };
    let rest = x.slice(s![.., 1..]).to_owned();
    let got = learner.call(add_chunk_f32, (before, rest))?;
    let want = right_running(&head.x);
    let scale = want.sum.mapv(|sum| 10.0 * sum);
    all_close_in_single("the running sum in f32", &got.sum, &want.sum, &scale)
}

/// Rows, classes and width. All logits take 64 MiB; the weights, 1 MiB.
const LARGE: [usize; 3] = [128, 65_536, 2];
/// The weights come again after so many classes, so that what is right is found from the first ones.
const PERIOD: usize = 64;

fn memory(learner: &mut Learner) -> Outcome {
    let [rows, classes, width] = LARGE;
    let x = learner.array([rows, width], -1.5, 1.5);
    let first = learner.array([PERIOD, width], -1.5, 1.5);
    let w = Array2::from_shape_fn([classes, width], |(class, k)| first[[class % PERIOD, k]]);
    let targets: Vec<_> = (0..rows).map(|row| 127 * row).collect();
    let (loss, dx, _) = learner.call(chunked_loss, (x.clone(), w, targets.clone(), PLAIN, 512))?;
    // Each of the first classes stands for so many.
    let copies = (classes / PERIOD) as f64;
    let targets: Vec<_> = targets.iter().map(|target| target % PERIOD).collect();
    let z = x.dot(&first.t());
    let of_few = Loss::of(&z, &targets, &PLAIN);
    let terms = (classes as f64).sqrt();
    close("the loss of 65,536 classes", loss, of_few.value + copies.ln(), terms * of_few.scale)?;
    all_close(
        "dL/dX of 65,536 classes",
        &dx,
        &of_few.dz.dot(&first),
        &(terms * of_few.dz_scale.dot(&first.mapv(f64::abs))),
    )
}
