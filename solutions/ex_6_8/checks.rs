//! Checks of lesson 6.8: evaluation.

use std::{
    f64::consts::LN_2,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine::checks::{
    Callback, Check,
    Kind::{Property, Value},
    Learner, Lesson, Miss, Outcome, close, panics,
};
use ndarray::Array2;

use super::contract::{
    Evaluation, Window, bits_per_byte, choose, difference_interval, evaluate, log_likelihood,
    mean_interval, share_interval, windows,
};

pub const LESSON: Lesson = Lesson::new("Evaluation", CHECKS).after(&["ex_5_5", "ex_6_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "windows", "each prediction once, with its context", 2.0, cut),
    Check::hidden(Value, "evaluate", "the sum over all windows", 2.0, evaluated)
        .after(&["windows"]),
    Check::hidden(Property, "calls", "what the model reads, and how often", 1.0, calls)
        .after(&["evaluate"]),
    Check::hidden(Value, "bits", "bits for each byte that was predicted", 1.0, bits),
    Check::hidden(Value, "answer", "the likelihood of an answer", 1.0, answers),
    Check::hidden(Value, "choose", "answers of unequal lengths", 1.0, chosen).after(&["answer"]),
    Check::hidden(Value, "mean", "the interval of a mean", 1.0, means),
    Check::hidden(Value, "difference", "two models on the same texts", 1.0, differences)
        .after(&["mean"]),
    Check::hidden(Value, "share", "the interval of a share", 1.0, shares),
    Check::hidden(Property, "unfit", "what has no answer is refused", 1.0, unfit).after(ORDINARY),
];

/// The checks of values.
const ORDINARY: &[&str] =
    &["windows", "evaluate", "bits", "answer", "choose", "mean", "difference", "share"];

type Ids = Vec<usize>;

/// A model of V ids whose logits depend on everything that it has read and on nothing else. It notes what it is
/// handed.
#[derive(Clone)]
struct Model {
    vocabulary: usize,
    seed: u64,
    scale: f64,
    reads: Arc<Mutex<Vec<Ids>>>,
}

impl Model {
    fn new(learner: &mut Learner, vocabulary: usize, scale: f64) -> Self {
        Self { vocabulary, seed: learner.rng().u64(..), scale, reads: Arc::default() }
    }

    fn reads(&self) -> MutexGuard<'_, Vec<Ids>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it says behind these ids: V logits.
    fn behind(&self, ids: &[usize]) -> Vec<f64> {
        let mix = |state: u64, id: usize| {
            let state = (state ^ (id as u64 + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            state ^ (state >> 29)
        };
        let state = ids.iter().fold(self.seed, |state, id| mix(state, *id));
        // Some are 0.
        let logit = |id| match mix(state, id) {
            drawn if drawn % 8 == 0 => 0.0,
            drawn => (drawn >> 11) as f64 / (1_u64 << 52) as f64 - 1.0,
        };
        (0..self.vocabulary).map(|id| self.scale * logit(id)).collect()
    }

    fn logits(&self, ids: &[usize]) -> Array2<f64> {
        let rows: Vec<f64> = (1..=ids.len()).flat_map(|seen| self.behind(&ids[..seen])).collect();
        Array2::from_shape_vec((ids.len(), self.vocabulary), rows).unwrap_or_default()
    }

    /// For a learner, who may ask anything.
    fn callback(&self) -> Callback<(Ids,), Array2<f64>> {
        let model = self.clone();
        Callback::new(move |(ids,): (Ids,)| {
            model.reads().push(ids.clone());
            model.logits(&ids)
        })
    }

    /// −ln p of the last id of these, and the magnitude of what it is computed from.
    fn surprise(&self, ids: &[usize]) -> (f64, f64) {
        let Some((last, seen)) = ids.split_last() else { return (0.0, 0.0) };
        let logits = self.behind(seen);
        let max = logits.iter().fold(f64::NEG_INFINITY, |max: f64, it| max.max(*it));
        let log_sum = logits.iter().map(|it| (it - max).exp()).sum::<f64>().ln();
        (max - logits[*last] + log_sum, 1.0 + max.abs() + logits[*last].abs() + log_sum)
    }

    /// The sum of these: each prediction is of the last of so many ids.
    fn sum(&self, predictions: impl Iterator<Item = Ids>) -> (f64, f64) {
        predictions.map(|ids| self.surprise(&ids)).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1))
    }
}

fn random_ids(learner: &mut Learner, count: usize, vocabulary: usize) -> Ids {
    (0..count).map(|_| learner.rng().usize(..vocabulary)).collect()
}

/// Of each prediction but that of the first id: where the window begins that counts it. Written from the text's side.
fn starts(count: usize, size: usize, context: usize) -> Vec<usize> {
    let stride = size + 1 - context;
    let window = |target: usize| (target - 1).saturating_sub(context - 1) / stride;
    (1..count).map(|target| window(target) * stride).collect()
}

fn reference(count: usize, size: usize, context: usize) -> Vec<Window> {
    let starts = starts(count, size, context);
    let mut cuts: Vec<Window> = Vec::new();
    for (input, start) in starts.into_iter().enumerate() {
        match cuts.last_mut() {
            Some(last) if last.start == start => {
                last.end = input + 1;
                last.scored += 1;
            }
            _ => cuts.push(Window { start, end: input + 1, scored: 1 }),
        }
    }
    cuts
}

/// Texts that are shorter than a window, as long, a little longer and much longer.
const CUTS: [[usize; 3]; 16] = [
    [10, 4, 2],
    [10, 4, 1],
    [10, 4, 4],
    [2, 1, 1],
    [2, 8, 8],
    [4, 8, 3],
    [9, 8, 5],
    [10, 8, 5],
    [11, 8, 6],
    [5, 1, 1],
    [40, 7, 3],
    [41, 7, 7],
    [200, 64, 33],
    [137, 50, 1],
    [400, 120, 5],
    [300, 150, 120],
];

fn cut(learner: &mut Learner) -> Outcome {
    let mut cases = CUTS.to_vec();
    for _ in 0..12 {
        let size = learner.rng().usize(1..12);
        let context = learner.rng().usize(1..=size);
        cases.push([learner.rng().usize(2..70), size, context]);
    }
    let ask = |learner: &mut Learner, &[count, size, context]: &[usize; 3]| {
        learner.call(windows, (count, size, context))
    };
    learner.ask_all(&cases, ask, |case, got| compare_windows(*case, &got))
}

fn compare_windows([count, size, context]: [usize; 3], got: &[Window]) -> Outcome {
    let want = reference(count, size, context);
    if got == want {
        return Ok(());
    }
    let message = told_of_windows([count, size, context], got);
    let reveal =
        format!("{count} ids, size {size}, context {context}: got {got:?}, expected {want:?}");
    Err(Miss::failed(message).revealing(reveal))
}

/// What is wrong with windows.
fn told_of_windows([count, size, context]: [usize; 3], got: &[Window]) -> &'static str {
    let total: usize = got.iter().map(|it| it.scored).sum();
    let is_whole = |it: &Window| it.start < it.end && it.scored <= it.end - it.start;
    if got.iter().any(|it| it.end >= count) {
        return "a window reads the last id of the text. What would it predict from it?";
    }
    if !got.iter().all(is_whole) {
        return "a window is empty, or counts more predictions than it makes";
    }
    if got.iter().any(|it| it.end - it.start > size) {
        return "a window has more ids than the model can read";
    }
    if total > count - 1 {
        return "some predictions count twice. What does a window count that begins before the last one has ended?";
    }
    if total < count - 1 {
        return "some predictions do not count at all. A text of n ids has n − 1";
    }
    let least = got.iter().skip(1).map(|it| it.end - it.start - it.scored + 1).min();
    if least.is_some_and(|least| least < context) {
        return "a prediction that counts is made from fewer ids than the context asks for. The id that it is made at is \
                one of them";
    }
    if least.is_some_and(|least| least > context) {
        return "windows overlap more than the context asks for: the first new prediction of each has more ids before it \
                than needed";
    }
    let want = reference(count, size, context);
    if got.len() == want.len() && got.iter().rev().skip(1).eq(want.iter().rev().skip(1)) {
        return "the last window begins where the others would not. It may be shorter than they are";
    }
    "the windows count each prediction once, and are cut in other places than the text asks for"
}

fn evaluated(learner: &mut Learner) -> Outcome {
    for (at, [count, size, context]) in CUTS.into_iter().enumerate() {
        let (vocabulary, scale) = ([5, 2, 11][at % 3], [2.0, 0.01, 40.0, 900.0][at % 4]);
        let model = Model::new(learner, vocabulary, scale);
        let ids = random_ids(learner, count, vocabulary);
        let got = learner.call(evaluate, (model.callback(), ids.clone(), size, context))?;
        if got.tokens != count - 1 {
            let message = "`tokens` is not the number of predictions. A text of n ids has n − 1";
            let reveal = format!("{count} ids: got {}, expected {}", got.tokens, count - 1);
            return Err(Miss::failed(message).revealing(reveal));
        }
        compare_nll(&model, &ids, [size, context], got.nll)?;
    }
    Ok(())
}

fn compare_nll(model: &Model, ids: &[usize], [size, context]: [usize; 2], got: f64) -> Outcome {
    let starts = starts(ids.len(), size, context);
    let seen = |target: usize| ids[starts[target - 1]..=target].to_vec();
    let (want, scale) = model.sum((1..ids.len()).map(seen));
    close("the nll", got, want, scale).map_err(|miss| {
        let is = |other: f64| close("", got, other, scale).is_ok();
        let inputs = ids.len() - 1;
        let own = (1..ids.len()).map(|target| {
            let read = &ids[starts[target - 1]..target];
            [read, &read[read.len() - 1..]].concat()
        });
        let why = if is(-want) {
            "has the wrong sign. ln p is negative, and a loss is not"
        } else if is(want / LN_2) {
            "counts bits. Here it is in nats"
        } else if inputs > 1 && is(want / inputs as f64) {
            "is the mean over the predictions, and not their sum"
        } else if is(model.sum(own).0) {
            "is that of the ids that were read. The target of a prediction is the id behind"
        } else {
            return miss;
        };
        miss.saying(format!("the nll {why}"))
    })
}

fn calls(learner: &mut Learner) -> Outcome {
    for [count, size, context] in [[23, 6, 3], [6, 9, 4], [30, 5, 1], [12, 4, 4]] {
        let model = Model::new(learner, 4, 1.0);
        let ids = random_ids(learner, count, 4);
        learner.call(evaluate, (model.callback(), ids.clone(), size, context))?;
        let cuts = reference(count, size, context);
        let want: Vec<Ids> = cuts.iter().map(|it| ids[it.start..it.end].to_vec()).collect();
        let got = model.reads().clone();
        let message = if got.iter().any(|read| read.len() > size) {
            "`evaluate` hands the model more ids than a window has"
        } else if got.len() > want.len() {
            "`evaluate` asks the model more often than there are windows"
        } else if got != want {
            "`evaluate` hands the model other ids than those of the windows, or in another order"
        } else {
            continue;
        };
        return Err(Miss::failed(message).revealing(format!("got {got:?}, expected {want:?}")));
    }
    Ok(())
}

fn bits(learner: &mut Learner) -> Outcome {
    let sums = learner.decades(-3.0, 7.0, 10);
    for (at, nll) in sums.into_iter().chain([0.0]).enumerate() {
        let tokens = [1, 2, 9, 150][at % 4];
        let most = [9, 1000, 300_000_000][at % 3];
        // Odd, so that no large one is a number of single precision.
        let mut lengths: Vec<usize> =
            (0..=tokens).map(|_| learner.rng().usize(most / 2..most) | 1).collect();
        // Half of a character.
        if tokens > 2 {
            lengths[2] = 0;
        }
        let found = Evaluation { nll, tokens };
        let got = learner.call(bits_per_byte, (found, lengths.clone()))?;
        let bytes: usize = lengths[1..].iter().sum();
        let want = nll / LN_2 / bytes as f64;
        close("the number of bits", got, want, want).map_err(|miss| {
            let is = |bytes: usize| close("", got, nll / LN_2 / bytes as f64, want).is_ok();
            let why = if is(bytes + lengths[0]) {
                "is shared among the bytes of all tokens. Which of them was not predicted?"
            } else if is(bytes + lengths[0] - lengths[tokens]) {
                "is shared among the bytes of all tokens but the last. Which token was not predicted?"
            } else {
                return miss;
            };
            miss.saying(format!("the number of bits {why}"))
        })?;
    }
    Ok(())
}

/// The sum of ln p of an answer, with its scale.
fn likelihood(model: &Model, prompt: &[usize], answer: &[usize]) -> (f64, f64) {
    let seen = |end: usize| [prompt, &answer[..end]].concat();
    let (nll, scale) = model.sum((1..=answer.len()).map(seen));
    (-nll, scale)
}

fn answers(learner: &mut Learner) -> Outcome {
    // The last model has a single id, of which it is certain.
    let sizes = [[3, 2], [1, 1], [1, 6], [20, 1], [5, 9], [2, 3], [40, 4], [3, 2], [2, 2]];
    for ([before, length], at) in sizes.into_iter().zip(0..) {
        let vocabulary = if at + 1 < sizes.len() { 6 } else { 1 };
        let model = Model::new(learner, vocabulary, [1.0, 30.0, 0.01, 900.0][at % 4]);
        let prompt = random_ids(learner, before, vocabulary);
        let answer = random_ids(learner, length, vocabulary);
        let asked = (model.callback(), prompt.clone(), answer.clone());
        let got = learner.call(log_likelihood, asked)?;
        compare_likelihood(&model, &prompt, &answer, got)?;
    }
    Ok(())
}

fn compare_likelihood(model: &Model, prompt: &[usize], answer: &[usize], got: f64) -> Outcome {
    let (want, scale) = likelihood(model, prompt, answer);
    close("the log-likelihood", got, want, scale).map_err(|miss| {
        let is = |other: f64| close("", got, other, scale).is_ok();
        let length = answer.len();
        let first = likelihood(model, prompt, &answer[..1]).0;
        let behind = |(at, target): (usize, &usize)| {
            [prompt, &answer[..=at], std::slice::from_ref(target)].concat()
        };
        let why = if is(-want) {
            "has the wrong sign"
        } else if length > 1 && is(want / length as f64) {
            "is a mean: the division by the length comes in `choose`"
        } else if length > 1 && is(first) {
            "is that of the first id alone"
        } else if length > 1 && is(want - first) {
            "leaves the first id out. Which row of the logits predicts it?"
        } else if is(-model.sum(answer.iter().enumerate().map(behind)).0) {
            "has each id predicted from itself: an id's own row says what follows it"
        } else {
            return miss;
        };
        miss.saying(format!("the log-likelihood {why}"))
    })
}

/// Which answer is best, by these scores; `None` where two are too near to each other.
fn best(scores: &[f64]) -> Option<usize> {
    let most = scores.iter().fold(f64::NEG_INFINITY, |most: f64, it| most.max(*it));
    let near = scores.iter().filter(|it| **it > most - 1e-6 * most.abs()).count();
    (near == 1).then(|| scores.iter().position(|it| *it == most)).flatten()
}

fn chosen(learner: &mut Learner) -> Outcome {
    // All choices are made before one is judged: together they say how they were made.
    let (mut by_sum, mut by_token, mut asked, mut missed) = (0, 0, 0, None);
    for at in 0..40 {
        let model = Model::new(learner, 7, [2.0, 4e4][at % 2]);
        let before = learner.rng().usize(1..5);
        let prompt = random_ids(learner, before, 7);
        let count = [2, 4, 3, 5][at % 4];
        let drawn: Vec<Ids> = (0..count)
            .map(|_| {
                let length = learner.rng().usize(1..7);
                random_ids(learner, length, 7)
            })
            .collect();
        let lengths: Vec<usize> =
            drawn.iter().map(|it| it.len() * learner.rng().usize(2..5)).collect();
        let sums: Vec<f64> = drawn.iter().map(|it| likelihood(&model, &prompt, it).0).collect();
        let each: Vec<f64> =
            sums.iter().zip(&lengths).map(|(sum, length)| sum / *length as f64).collect();
        let Some(want) = best(&each) else { continue };
        let call = (model.callback(), prompt, drawn.clone(), lengths);
        let got = learner.call(choose, call)?;
        let tokens: Vec<f64> =
            sums.iter().zip(&drawn).map(|(sum, ids)| sum / ids.len() as f64).collect();
        asked += 1;
        by_sum += usize::from(best(&sums) == Some(got));
        by_token += usize::from(best(&tokens) == Some(got));
        if got != want {
            let reveal = format!("for each unit of length {each:?}: got {got}, expected {want}");
            missed.get_or_insert(reveal);
        }
    }
    match missed {
        Some(reveal) => {
            Err(Miss::failed(told_of_choice([by_sum, by_token, asked])).revealing(reveal))
        }
        None => {
            let rare = [many, near_ties, ties, impossible];
            rare.into_iter().try_for_each(|check| check(learner))
        }
    }
}

/// What explains all choices.
fn told_of_choice([by_sum, by_token, asked]: [usize; 3]) -> &'static str {
    if by_sum == asked {
        "`choose` takes the answer with the largest sum, whatever its length is"
    } else if by_token == asked {
        "`choose` divides by the number of ids. It is handed the lengths in which to count"
    } else {
        "`choose` takes an answer that is not the most likely one for its length"
    }
}

/// A choice, and which answer is right.
struct Choice {
    model: Callback<(Ids,), Array2<f64>>,
    prompt: Ids,
    answers: Vec<Ids>,
    lengths: Vec<usize>,
    want: usize,
}

impl Choice {
    fn ask(self, learner: &mut Learner, message: &str) -> Outcome {
        let Self { model, prompt, answers, lengths, want } = self;
        let got = learner.call(choose, (model, prompt, answers, lengths))?;
        if got == want {
            return Ok(());
        }
        Err(Miss::failed(message).revealing(format!("got {got}, expected {want}")))
    }
}

/// The last of many is best.
fn many(learner: &mut Learner) -> Outcome {
    let model = Model::new(learner, 7, 2.0);
    let prompt = vec![3, 1];
    let mut answers: Vec<Ids> = (0..130).map(|_| random_ids(learner, 3, 7)).collect();
    let likely = |answer: &Ids| likelihood(&model, &prompt, answer).0;
    answers.sort_by(|a, b| likely(a).total_cmp(&likely(b)));
    // Of equal ones the first would count.
    answers.dedup();
    let (count, lengths) = (answers.len(), vec![1; answers.len()]);
    let model = model.callback();
    let choice = Choice { model, prompt, answers, lengths, want: count - 1 };
    let message =
        format!("of {count} answers, `choose` does not take the last, which is most likely");
    choice.ask(learner, &message)
}

/// No answer with an id 0 is possible: ln p is −∞.
fn impossible(learner: &mut Learner) -> Outcome {
    let logit = |(_, id): (usize, usize)| if id == 0 { f64::NEG_INFINITY } else { 1.0 };
    let logits = move |(ids,): (Ids,)| Array2::from_shape_fn((ids.len(), 3), logit);
    for (answers, want) in
        [(vec![vec![0], vec![1, 0]], 0), (vec![vec![0], vec![0, 2], vec![1, 2]], 2)]
    {
        let lengths = answers.iter().map(Vec::len).collect();
        let model = Callback::new(logits);
        Choice { model, prompt: vec![2], answers, lengths, want }.ask(
            learner,
            "where ln p of some answers is −∞, `choose` takes another than the best, or not the first of equal ones",
        )?;
    }
    Ok(())
}

/// The same answer by two lengths: the longer one is better by a millionth.
fn near_ties(learner: &mut Learner) -> Outcome {
    let model = Model::new(learner, 5, 1.0);
    for (lengths, want) in [([1_000_000, 1_000_001], 1), ([1_000_001, 1_000_000], 0)] {
        let (model, lengths) = (model.callback(), lengths.to_vec());
        Choice { model, prompt: vec![2], answers: vec![vec![3, 1]; 2], lengths, want }.ask(
            learner,
            "of two answers that are nearly as likely, `choose` takes the less likely one",
        )?;
    }
    Ok(())
}

fn ties(learner: &mut Learner) -> Outcome {
    for place in [0, 1] {
        let model = Model::new(learner, 5, 1.0);
        let worse = vec![4, 4, 4];
        let same = vec![1];
        let mut answers = vec![same.clone(), same];
        let mut lengths = vec![3, 3];
        // Length 1 makes it worse than the others.
        answers.insert(place * 2, worse);
        lengths.insert(place * 2, 1);
        let each = |at: usize| likelihood(&model, &[2], &answers[at]).0 / lengths[at] as f64;
        let (want, other) = (1 - place, place * 2);
        if each(want) <= each(other) {
            continue;
        }
        let model = model.callback();
        Choice { model, prompt: vec![2], answers, lengths, want }.ask(
            learner,
            "of two answers that are equally likely, `choose` does not take the first",
        )?;
    }
    Ok(())
}

/// An interval and the scale of both ends.
struct Interval {
    centre: f64,
    reach: f64,
    scale: f64,
}

impl Interval {
    fn of_mean(values: &[f64], z: f64) -> Self {
        let n = values.len() as f64;
        let centre = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|it| (it - centre) * (it - centre)).sum();
        let reach = z * (squares / ((n - 1.0) * n)).sqrt();
        let largest = values.iter().fold(0.0, |most: f64, it| most.max(it.abs()));
        Self { centre, reach, scale: 4.0 * (1.0 + z.abs()) * largest }
    }

    fn compare(&self, name: &str, (from, to): (f64, f64), n: f64) -> Outcome {
        let &Self { centre, reach, scale } = self;
        let ends = close(&format!("the lower end of {name}"), from, centre - reach, scale)
            .and_then(|()| close(&format!("the upper end of {name}"), to, centre + reach, scale));
        ends.map_err(|miss| {
            let is = |other: f64| {
                close("", from, centre - other, scale).is_ok()
                    && close("", to, centre + other, scale).is_ok()
            };
            let why = if is(-reach) {
                "has its two ends exchanged"
            } else if n > 1.0 && is(reach * n.sqrt()) {
                "says how far single values scatter, and not how far their mean does"
            } else if is(reach * ((n - 1.0) / n).sqrt()) {
                "divides the squares by the number of values. The mean was taken from the same values"
            } else if is(reach / 2.0) {
                "reaches half as far as it has to: z standard errors to each side"
            } else {
                return miss;
            };
            miss.saying(format!("the interval of {name} {why}"))
        })
    }
}

fn means(learner: &mut Learner) -> Outcome {
    let scales = learner.decades(-3.0, 3.0, 9);
    for (at, scale) in scales.into_iter().enumerate() {
        let count = [4, 2, 3, 40, 7][at % 5];
        let middle = [0.0, 3.0 * scale, -scale][at % 3];
        let mut values: Vec<f64> =
            (0..count).map(|_| middle + learner.uniform(-scale, scale)).collect();
        values[at % 2] = 0.0;
        let z = [1.96, 0.0, 2.576, 0.1, 150.0][(at + at / 5) % 5];
        let got = learner.call(mean_interval, (values.clone(), z))?;
        Interval::of_mean(&values, z).compare("the mean", got, count as f64)?;
    }
    [2.0, 0.0, 0.1, -1234.7].into_iter().try_for_each(|centre| equal_values(learner, centre))
}

/// What cancels on paper leaves nothing, or rounding.
fn equal_values(learner: &mut Learner, centre: f64) -> Outcome {
    let (from, to) = learner.call(mean_interval, (vec![centre; 5], 1.96))?;
    let want = Interval { centre, reach: 0.0, scale: centre };
    want.compare("the mean of equal values", (from, to), 1.0).map_err(|miss| {
        let middle = (from + to) / 2.0;
        if !middle.is_nan() && close("", middle, centre, centre).is_err() {
            return miss;
        }
        let message = "the interval of the mean of equal values is not that value alone. Is the variance a difference of \
                       two large sums? Rounding is what they leave: take the mean off each value first";
        miss.saying(message)
    })
}

fn differences(learner: &mut Learner) -> Outcome {
    let scales = learner.decades(-3.0, 5.0, 8);
    for (at, scale) in scales.into_iter().enumerate() {
        let count = [5, 2, 12, 40][at % 4];
        // Texts that are hard for both.
        let hard: Vec<f64> = (0..count).map(|_| learner.uniform(-scale, scale)).collect();
        let mut read = |more: f64| -> Vec<f64> {
            hard.iter().map(|it| it + learner.uniform(more, more + 0.2 * scale)).collect()
        };
        // Of every other pair one is better on all texts.
        let (mut ours, mut theirs) = (read(0.0), read([0.0, 2.0 * scale][at % 2]));
        (ours[0], theirs[1]) = (0.0, 0.0);
        let z = [1.96, 0.0, 3.0, 0.1, 150.0][at % 5];
        let got = learner.call(difference_interval, (ours.clone(), theirs.clone(), z))?;
        compare_difference(&ours, &theirs, z, got)?;
    }
    let same = vec![1.0, 3.0, 2.0];
    let got = learner.call(difference_interval, (same.clone(), same, 1.96))?;
    let want = Interval { centre: 0.0, reach: 0.0, scale: 0.0 };
    want.compare("the difference of a model to itself", got, 1.0)
}

fn compare_difference(ours: &[f64], theirs: &[f64], z: f64, got: (f64, f64)) -> Outcome {
    let values: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
    let [a, b] = [ours, theirs].map(|it| Interval::of_mean(it, z));
    let want = Interval { scale: a.scale + b.scale, ..Interval::of_mean(&values, z) };
    want.compare("the difference", got, ours.len() as f64).map_err(|miss| {
        let unpaired = Interval {
            centre: want.centre,
            reach: a.reach.hypot(b.reach),
            scale: want.scale,
        };
        let reversed = Interval { centre: -want.centre, ..want };
        let is = |it: &Interval| {
            close("", got.0, it.centre - it.reach, it.scale).is_ok()
                && close("", got.1, it.centre + it.reach, it.scale).is_ok()
        };
        let why = if is(&unpaired) {
            "adds up the variances of both models. Value i of both is of the same text: what scatters is their difference"
        } else if is(&reversed) {
            "is that of theirs less ours"
        } else {
            return miss;
        };
        miss.saying(format!("the interval of the difference {why}"))
    })
}

fn shares(learner: &mut Learner) -> Outcome {
    let fixed = [(9, 10), (90, 100), (20, 20), (0, 5), (1, 1), (0, 1), (500, 1000)];
    let mut cases: Vec<_> = fixed.map(|(k, n)| (k, n, 1.96)).to_vec();
    for z in [0.5, 1.0, 2.576, 5.0, 150.0] {
        let n = learner.rng().usize(2..3000);
        cases.push((learner.rng().usize(0..=n), n, z));
    }
    // Numbers that single precision does not hold.
    cases.push((20_000_001, 40_000_003, 1.96));
    let ask = |learner: &mut Learner, &(k, n, z): &(usize, usize, f64)| {
        learner.call(share_interval, (k, n, z))
    };
    learner.ask_all(&cases, ask, |&(k, n, z), got| compare_share(k, n, z, got))
}

fn compare_share(k: usize, n: usize, z: f64, got: (f64, f64)) -> Outcome {
    let (share, count) = (k as f64 / n as f64, n as f64);
    let square = z * z / count;
    let centre = (share + square / 2.0) / (1.0 + square);
    let spread = share * (1.0 - share) / count + square / (4.0 * count);
    let reach = z * spread.sqrt() / (1.0 + square);
    let scale = 4.0;
    let ends = close("the lower end of the share", got.0, centre - reach, scale)
        .and_then(|()| close("the upper end of the share", got.1, centre + reach, scale));
    ends.map_err(|miss| {
        let plain = z * (share * (1.0 - share) / count).sqrt();
        let is = |from: f64, to: f64| {
            close("", got.0, from, scale).is_ok() && close("", got.1, to, scale).is_ok()
        };
        let cut = |end: f64| end.clamp(0.0, 1.0);
        let why = if is(share - plain, share + plain)
            || is(cut(share - plain), cut(share + plain))
        {
            "takes the share that was found for p. The condition asks for every p by its own scatter"
        } else if is(share - reach, share + reach) {
            "lies evenly around the share that was found. For which share would it?"
        } else if is(centre + reach, centre - reach) {
            "has its two ends exchanged"
        } else {
            return miss;
        };
        miss.saying(format!("the interval of the share {why}"))
    })
}

/// A call that has no answer, and what it would be to give one.
fn refused<T>(result: Result<T, Miss>, function: &str, what: &str) -> Outcome {
    panics(result, || {
        format!("`{function}` takes {what}, and gives an answer. Which condition would you assert?")
    })
}

fn unfit(learner: &mut Learner) -> Outcome {
    for ([count, size, context], what) in [
        ([1, 4, 2], "a single id"),
        ([0, 4, 2], "no id"),
        ([9, 4, 0], "a context of 0"),
        ([9, 4, 5], "a context of more than a window has"),
        ([3, 4, 5], "a context of more than a window has, and of more than the text"),
        ([3, 0, 0], "windows without an id"),
    ] {
        refused(learner.call(windows, (count, size, context)), "windows", what)?;
        let model = Model::new(learner, 3, 1.0);
        let ids = random_ids(learner, count, 3);
        let got = learner.call(evaluate, (model.callback(), ids, size, context));
        refused(got, "evaluate", what)?;
    }
    for (lengths, what) in [
        (vec![1, 1], "two lengths for two predictions"),
        (vec![1; 4], "four lengths for two predictions"),
        (vec![5, 0, 0], "predicted tokens without a byte"),
    ] {
        let found = Evaluation { nll: 3.0, tokens: 2 };
        refused(learner.call(bits_per_byte, (found, lengths)), "bits_per_byte", what)?;
    }
    let model = Model::new(learner, 3, 1.0);
    for (prompt, answer, what) in
        [(vec![], vec![1], "an empty prompt"), (vec![1], vec![], "an empty answer")]
    {
        let got = learner.call(log_likelihood, (model.callback(), prompt, answer));
        refused(got, "log_likelihood", what)?;
    }
    for (answers, lengths, what) in [
        (vec![], vec![], "no answer"),
        (vec![vec![1], vec![2]], vec![1], "two answers and one length"),
        (vec![vec![1]], vec![1, 1], "one answer and two lengths"),
        (vec![vec![1], vec![2]], vec![1, 0], "a length of 0"),
    ] {
        let got = learner.call(choose, (model.callback(), vec![0], answers, lengths));
        refused(got, "choose", what)?;
    }
    for values in [vec![], vec![2.0]] {
        let got = learner.call(mean_interval, (values, 1.0));
        refused(got, "mean_interval", "fewer than two values")?;
    }
    for (ours, theirs) in [(vec![1.0, 2.0, 4.0], vec![1.0, 2.0]), (vec![1.0, 2.0], vec![0.0; 3])] {
        let got = learner.call(difference_interval, (ours, theirs, 1.0));
        refused(got, "difference_interval", "different numbers of texts")?;
    }
    refused(learner.call(share_interval, (0, 0, 1.0)), "share_interval", "no question")?;
    let more = "more right answers than questions";
    refused(learner.call(share_interval, (3, 2, 1.0)), "share_interval", more)
}
