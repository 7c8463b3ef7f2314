//! Checks of lesson 5.5: the bigram model and perplexity.

use std::f64::consts::LN_2;

use engine::checks::{
    Check, Filling,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, all_close, all_close_in_single, close, gradients, panics,
    same_shape, within,
};
use ndarray::{Array2, Axis, array};

use super::contract::{
    bigram_backward, bigram_backward_f32, bits_per_byte, counts, nll, perplexity, probabilities,
    train,
};

pub const LESSON: Lesson =
    Lesson::new("The bigram model and perplexity", CHECKS).after(&["ex_3_4", "ex_4_4", "ex_5_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "counts", "which id follows which", 1.0, neighbours),
    Check::hidden(Value, "probabilities", "rows, with and without smoothing", 1.0, rows),
    Check::hidden(Value, "nll", "the loss of a table on a text", 1.0, loss_of_table),
    Check::hidden(
        Gradient,
        "gradient",
        "the loss of logits, and dL/dW against finite differences",
        2.0,
        gradient,
    ),
    Check::hidden(Value, "steps", "each step of `train`, and its loss", 1.0, steps)
        .after(&["gradient"]),
    Check::hidden(
        Property,
        "entropy",
        "training goes to the entropy that counting gives",
        1.0,
        entropy,
    )
    .after(&["steps"]),
    Check::hidden(Value, "perplexity", "the perplexity of unequal batches", 1.0, of_batches),
    Check::hidden(Value, "bits", "bits for each byte", 1.0, bits),
    Check::hidden(Property, "unfit", "what has no answer is refused", 1.0, unfit).after(ORDINARY),
    Check::hidden(Value, "single", "in single precision", 1.0, single).after(&["gradient"]),
];

/// The checks of values.
const ORDINARY: &[&str] =
    &["counts", "probabilities", "nll", "gradient", "steps", "perplexity", "bits"];

/// The names of results, in messages.
const P: &str = "P";
const NLL: &str = "the nll";
const LOSS: &str = "the loss";
const DW: &str = "dL/dW";

/// So many ids, one of which is absent where there is another one.
fn random_ids(learner: &mut Learner, count: usize, vocabulary: usize) -> Vec<usize> {
    let rng = learner.rng();
    let absent = rng.usize(..vocabulary);
    let others = (vocabulary - 1).max(1);
    (0..count).map(|_| (absent + 1 + rng.usize(..others)) % vocabulary).collect()
}

/// How often j follows i.
fn counted(ids: &[usize], vocabulary: usize) -> Array2<usize> {
    pairs_of(&ids[..ids.len().saturating_sub(1)], ids.get(1..).unwrap_or_default(), vocabulary)
}

fn pairs_of(x: &[usize], y: &[usize], vocabulary: usize) -> Array2<usize> {
    Array2::from_shape_fn((vocabulary, vocabulary), |(i, j)| {
        x.iter().zip(y).filter(|pair| *pair == (&i, &j)).count()
    })
}

fn neighbours(learner: &mut Learner) -> Outcome {
    let sizes =
        [(10, 3), (10, 3), (30, 4), (2, 5), (1, 3), (0, 2), (40, 1), (200, 2), (60, 34), (9, 120)];
    let mut texts = sizes.map(|(count, of)| (random_ids(learner, count, of), of)).to_vec();
    // An id without a neighbour, which may be any; and a pair more often than 16 bits count.
    texts.extend([(vec![7], 3), (vec![0; (1 << 16) + 2], 1)]);
    for (ids, vocabulary) in texts {
        let got = learner.call(counts, (ids.clone(), vocabulary))?;
        same_shape("C", got.shape(), &[vocabulary, vocabulary])?;
        let want = counted(&ids, vocabulary);
        if got != want {
            let reveal = format!("{ids:?}: got\n{got}\nexpected\n{want}");
            return Err(Miss::failed(told_of_counts(&ids, &got, &want)).revealing(reveal));
        }
    }
    Ok(())
}

/// What is wrong with counts.
fn told_of_counts(ids: &[usize], got: &Array2<usize>, want: &Array2<usize>) -> &'static str {
    let two_ahead = pairs_of(
        &ids[..ids.len().saturating_sub(2)],
        ids.get(2..).unwrap_or_default(),
        want.nrows(),
    );
    if got == want.t() {
        "C is transposed: a row belongs to the id that stands first"
    } else if *got == two_ahead {
        "C counts the id after the next one"
    } else if got.sum() < want.sum() {
        "C has fewer pairs than the text has neighbours. A text of n ids has n − 1, and the same pair may come \
         several times"
    } else if got.sum() > want.sum() {
        "C has more pairs than the text has neighbours. A text of n ids has n − 1"
    } else {
        "C has as many pairs as the text, and not the same ones"
    }
}

/// P, by a sum for each number.
fn smoothed(tally: &Array2<usize>, alpha: f64) -> Array2<f64> {
    let vocabulary = tally.nrows() as f64;
    Array2::from_shape_fn(tally.dim(), |(i, j)| {
        let sum = tally.row(i).sum() as f64;
        if sum == 0.0 && alpha == 0.0 {
            return 1.0 / vocabulary;
        }
        (tally[[i, j]] as f64 + alpha) / (sum + alpha * vocabulary)
    })
}

fn rows(learner: &mut Learner) -> Outcome {
    let mut cases = vec![(array![[0, 1], [3, 1]], 0.0), (array![[1]], 0.0), (array![[0]], 0.0)];
    let alphas = learner.decades(-3.0, 3.0, 8);
    for (at, alpha) in alphas.into_iter().chain([0.0, 1.0, 500.0]).enumerate() {
        let vocabulary = [3, 2, 1, 5, 34][at % 5];
        let most = [4, 1000, 50_000_000][at % 3];
        let rng = learner.rng();
        let mut tally = Array2::from_shape_simple_fn([vocabulary; 2], || rng.usize(..=most));
        // Nothing ever followed the last id.
        tally.row_mut(vocabulary - 1).fill(0);
        if at % 2 == 1 {
            tally = tally.reversed_axes();
        }
        cases.push((tally, alpha));
    }
    let ask = |learner: &mut Learner, (tally, alpha): &(Array2<usize>, f64)| {
        learner.call(probabilities, (tally.clone(), *alpha))
    };
    learner.ask_all(&cases, ask, |(tally, alpha), got| {
        let want = smoothed(tally, *alpha);
        all_close(P, &got, &want, &want).map_err(|miss| told_of_rows(&got, miss))
    })
}

/// What is wrong with probabilities.
fn told_of_rows(got: &Array2<f64>, miss: Miss) -> Miss {
    let sums = |axis| got.sum_axis(Axis(axis));
    let are_ones = |axis| sums(axis).iter().all(|sum| (sum - 1.0).abs() <= 1e-12);
    let why = if got.iter().any(|it| it.is_nan()) {
        "P is NaN in a row where nothing was counted and nothing is added"
    } else if !are_ones(1) && are_ones(0) {
        "the columns of P add up to 1. A row says what may come behind one id: which of the two has to?"
    } else if sums(1).iter().any(|sum| *sum == 0.0) {
        "P has a row of zeros. Where nothing was counted and nothing is added, all ids are as likely"
    } else if !are_ones(1) && sums(1).iter().all(|sum| *sum < 1.0 + 1e-12) {
        "rows of P add up to less than 1. Each row is divided by its own sum"
    } else if !are_ones(1) {
        "rows of P add up to more than 1. What was added to each count is in the sum as well"
    } else {
        return miss;
    };
    miss.saying(why)
}

fn loss_of_table(learner: &mut Learner) -> Outcome {
    let mut cases = Vec::new();
    for (count, vocabulary) in [(10, 3), (2, 4), (60, 3), (30, 34), (5, 1), (150, 2), (6, 120)] {
        for least in [0.1, 1e-6] {
            let p = learner.array([vocabulary; 2], least, 1.0);
            let p = &p / &p.sum_axis(Axis(1)).insert_axis(Axis(1));
            let p = if least < 0.1 { p.reversed_axes() } else { p };
            cases.push((p, random_ids(learner, count, vocabulary)));
        }
    }
    // What was impossible and happened; what happened for sure; and a product that is too small for a number.
    cases.push((array![[0.0, 1.0], [0.5, 0.5]], vec![0, 1, 0, 0]));
    cases.push((array![[0.0, 1.0], [1.0, 0.0]], vec![0, 1, 0, 1]));
    cases.push((array![[1e-300, 1.0], [1.0, 0.0]], vec![0, 0, 0, 1]));
    let ask = |learner: &mut Learner, (p, ids): &(Array2<f64>, Vec<usize>)| {
        learner.call(nll, (p.clone(), ids.clone()))
    };
    learner.ask_all(&cases, ask, |(p, ids), got| {
        let surprise = |pair: &[usize]| -p[[pair[0], pair[1]]].ln();
        let want = ids.windows(2).map(surprise).sum::<f64>() / (ids.len() - 1) as f64;
        let scale = ids.windows(2).map(|it| 1.0 + surprise(it).abs()).sum::<f64>();
        compare_nll(got, want, scale / (ids.len() - 1) as f64, ids.len())
    })
}

fn compare_nll(got: f64, want: f64, scale: f64, count: usize) -> Outcome {
    if want.is_infinite() {
        let message = "the nll of a text with a pair that is impossible is not ∞. What is −ln 0?";
        return if got == want { Ok(()) } else { Err(Miss::failed(message)) };
    }
    close(NLL, got, want, scale).map_err(|miss| {
        let is = |other: f64| close(NLL, got, other, scale + other.abs()).is_ok();
        let predictions = (count - 1) as f64;
        let why = if is(-want) {
            "has the wrong sign. The logarithm of a probability is negative, and a loss is not"
        } else if is(want / LN_2) {
            "counts bits. The logarithm here is the natural one"
        } else if is(want * predictions) {
            "is a sum over the predictions, and not their mean"
        } else if is(want * predictions / (predictions + 1.0)) {
            "is divided by the number of ids. How many of them are predicted?"
        } else if got.is_infinite() {
            "is infinite, and every pair is possible. A product of probabilities soon is too small for a number: \
             where do you take the logarithm?"
        } else {
            return miss;
        };
        miss.saying(format!("{NLL} {why}"))
    })
}

/// Logits, ids, and the ids that follow them.
struct Model {
    w: Array2<f64>,
    x: Vec<usize>,
    y: Vec<usize>,
}

impl Model {
    /// Of all sizes and scales; ids are missing, others come several times.
    fn list(learner: &mut Learner) -> Vec<Self> {
        let sizes =
            [[6, 3], [1, 4], [9, 2], [3, 3], [5, 1], [140, 3], [40, 34], [4, 120], [33, 5], [6, 4]];
        let mut models = Vec::new();
        for round in 0..3 {
            let scales = learner.decades(-3.0, 3.0, sizes.len());
            for ([count, vocabulary], swept) in sizes.into_iter().zip(scales) {
                let scale = [1.0, swept, 0.0][round];
                let filling = Filling { scale, column_major: round == 1 };
                let w = learner.filled([vocabulary; 2], filling);
                let [x, y] = [(); 2].map(|()| random_ids(learner, count, vocabulary));
                models.push(Self { w, x, y });
            }
        }
        // Where the loss is large as well.
        let far = Filling { scale: 900.0, column_major: false };
        let [x, y] = [vec![0, 1, 1, 2], vec![1, 0, 2, 0]];
        models.push(Self { w: learner.filled([3, 3], far), x, y });
        // Rows so far apart that each has to be taken from its own maximum, and more ids than anybody takes at once.
        let apart = array![[-900.0], [0.0], [900.0]] + learner.array([3, 3], -1.0, 1.0);
        let (x, y) = (0..311).map(|at| (at / 104, at % 3)).unzip();
        models.push(Self { w: apart, x, y });
        models
    }

    /// The loss and dL/dW from the counts; and the magnitudes that rounding is relative to.
    fn loss(&self) -> (f64, f64) {
        let lines = self.x.iter().zip(&self.y).map(|(x, y)| {
            let row = self.w.row(*x);
            let max = row.fold(f64::NEG_INFINITY, |max: f64, w| max.max(*w));
            let log_sum = row.iter().map(|w| (w - max).exp()).sum::<f64>().ln();
            (max - row[*y] + log_sum, 1.0 + max.abs() + row[*y].abs() + log_sum)
        });
        let (sum, scale) = lines.fold((0.0, 0.0), |sums, it| (sums.0 + it.0, sums.1 + it.1));
        (sum / self.x.len() as f64, scale / self.x.len() as f64)
    }

    fn gradient(&self) -> (Array2<f64>, Array2<f64>) {
        let tally = pairs_of(&self.x, &self.y, self.w.nrows()).mapv(|it| it as f64);
        let (mut dw, mut scale) = (tally.clone(), tally.clone());
        for (i, row) in self.w.outer_iter().enumerate() {
            let max = row.fold(f64::NEG_INFINITY, |max: f64, w| max.max(*w));
            let sum: f64 = row.iter().map(|w| (w - max).exp()).sum();
            let times = tally.row(i).sum();
            for (j, w) in row.iter().enumerate() {
                let expected = times * (w - max).exp() / sum;
                dw[[i, j]] = expected - tally[[i, j]];
                let units = 1.0 + max.abs() + w.abs();
                scale[[i, j]] = (expected * units + tally[[i, j]]).max(1e-290);
            }
        }
        let n = self.x.len() as f64;
        (dw / n, scale / n)
    }

    fn step(&mut self, rate: f64) {
        let (dw, _) = self.gradient();
        self.w.zip_mut_with(&dw, |w, dw| *w -= rate * dw);
    }

    fn call(&self, learner: &mut Learner) -> Result<(f64, Array2<f64>), Miss> {
        learner.call(bigram_backward, (self.w.clone(), self.x.clone(), self.y.clone()))
    }
}

/// How many numbers are compared with finite differences at once.
const FEW: usize = 16;

fn gradient(learner: &mut Learner) -> Outcome {
    for model in Model::list(learner) {
        let (loss, dw) = model.call(learner)?;
        let (want, scale) = model.loss();
        close(LOSS, loss, want, scale).map_err(|miss| {
            if close(LOSS, loss * LN_2, want, scale).is_err() {
                return miss;
            }
            let message = format!("{LOSS} counts bits. The logarithm here is the natural one");
            miss.saying(message)
        })?;
        let compared = compare_dw(&model, &dw);
        let largest = model.w.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        if model.w.len() <= FEW && largest <= 1.0 {
            let differs = differences(learner, &model, &dw);
            // What is known of a wrong gradient says more.
            differs.or_else(|miss| compared.clone().and(Err(miss)))?;
        }
        compared?;
    }
    Ok(())
}

fn compare_dw(model: &Model, got: &Array2<f64>) -> Outcome {
    let (want, scale) = model.gradient();
    all_close(DW, got, &want, &scale).map_err(|miss| {
        if got.dim() != want.dim() {
            return miss;
        }
        let times = |row: usize| model.x.iter().filter(|id| **id == row).count();
        let is_right = |row: usize| {
            let pairs = got.row(row).into_iter().zip(want.row(row));
            pairs.into_iter().all(|(got, want)| (got - want).abs() <= 1e-9 * want.abs().max(1e-9))
        };
        let rows = |right: bool| {
            let of = (0..got.nrows()).filter(|row| is_right(*row) == right);
            of.map(times).collect::<Vec<_>>()
        };
        let why = if rows(true).contains(&1) && rows(false).iter().all(|times| *times > 1) {
            "is right in the rows of ids that come once, and wrong where one comes several times: what do all \
             places of an id do to its row?"
        } else if rows(false).iter().all(|times| *times == 0) {
            "is wrong in the rows of ids that do not come at all. What comes back to those?"
        } else {
            return miss;
        };
        miss.saying(format!("{DW} {why}"))
    })
}

fn differences(learner: &mut Learner, model: &Model, dw: &Array2<f64>) -> Outcome {
    same_shape(DW, dw.shape(), model.w.shape())?;
    let at = |w: &Array2<f64>| Model { w: w.clone(), x: model.x.clone(), y: model.y.clone() };
    let loss = |w: &Array2<f64>| at(w).loss().0;
    let own = |learner: &mut Learner, w: &Array2<f64>| Ok(at(w).call(learner)?.0);
    gradients(learner, ("W", &model.w, dw), loss, own)
        .map_err(|miss| Miss { message: miss.message.replace("`forward`", "the loss"), ..miss })
}

/// How far rounding may lead two right trainings apart: a step of these rates does not make a difference larger.
const ROUNDED: f64 = 1e-11;

fn steps(learner: &mut Learner) -> Outcome {
    for (count, vocabulary, steps, rate) in [
        (10, 3, 3, 4.0),
        (2, 4, 2, 0.5),
        (30, 5, 4, 2.0),
        (30, 4, 0, 1.0),
        (12, 3, 6, 0.03),
        (20, 3, 2, -0.5),
        (40, 34, 2, 3.0),
        (150, 2, 1, 1.5),
        (9, 1, 2, 1.0),
        (8, 3, 2, 0.0),
        (10, 4, 35, 0.7),
        (4, 2, 130, 0.5),
        (9, 120, 1, 2.0),
        (6, 3, 1, 130.0),
        // As many steps as the first time.
        (14, 4, 3, 1.0),
    ] {
        let scale = match steps {
            2 => learner.uniform(150.0, 400.0),
            ..2 => learner.uniform(2.0, 6.0),
            _ => 1.0,
        };
        let ids = random_ids(learner, count, vocabulary);
        // Twice the same text, from other logits.
        for column_major in [false, true] {
            let w = learner.filled([vocabulary; 2], Filling { scale, column_major });
            let got = learner.call(train, (w.clone(), ids.clone(), steps, rate))?;
            let mut model = Model { w, x: ids[..count - 1].to_vec(), y: ids[1..].to_vec() };
            let mut curve = vec![model.loss().0];
            for _ in 0..steps {
                model.step(rate);
                curve.push(model.loss().0);
            }
            same_training(&got, (&model.w, &curve), rate)?;
        }
    }
    Ok(())
}

fn same_training(
    (w, curve): &(Array2<f64>, Vec<f64>),
    (want_w, want): (&Array2<f64>, &[f64]),
    rate: f64,
) -> Outcome {
    if curve.len() != want.len() {
        let (steps, got) = (want.len() - 1, curve.len());
        return Err(Miss::failed(format!(
            "the loss curve of {steps} steps has {got} numbers. It owes the loss before the first step, and then \
             after each"
        )));
    }
    let tolerance = |want: f64| ROUNDED * (1.0 + rate.abs()) * (1.0 + want.abs());
    for (step, (got, want)) in curve.iter().zip(want).enumerate() {
        let name = format!("the loss after {step} steps");
        within(&name, *got, *want, tolerance(*want)).map_err(|miss| {
            if step > 0 {
                return miss;
            }
            let why = "is that of other predictions or other logits, before any step is made. What does each id of \
                       the text predict, and which ids are not predicted or predict nothing?";
            miss.saying(format!("{LOSS} {why}"))
        })?;
    }
    same_shape("the trained W", w.shape(), want_w.shape())?;
    for (got, want) in w.iter().zip(want_w) {
        within("the trained W", *got, *want, tolerance(*want))?;
    }
    Ok(())
}

/// A text in which every pair comes, so that counting leaves no probability at 0.
fn text_of_all_pairs(learner: &mut Learner, vocabulary: usize, count: usize) -> Vec<usize> {
    let mut ids = vec![0];
    for i in 0..vocabulary {
        for j in 0..vocabulary {
            ids.extend([i, j]);
        }
    }
    let favourites: Vec<_> = (0..vocabulary).map(|_| learner.rng().usize(..vocabulary)).collect();
    while ids.len() < count {
        let last = ids[ids.len() - 1];
        let is_favourite = learner.rng().u8(..4) > 0;
        let other = learner.rng().usize(..vocabulary);
        ids.push(if is_favourite { favourites[last] } else { other });
    }
    ids
}

fn entropy(learner: &mut Learner) -> Outcome {
    let vocabulary = 4;
    let ids = text_of_all_pairs(learner, vocabulary, 90);
    let w = learner.array([vocabulary; 2], -1.0, 1.0);
    let (w, curve) = learner.call(train, (w, ids.clone(), 120, 2.0))?;
    learner.draw("the bigram model", "steps", &curve);
    same_shape("the trained W", w.shape(), &[vocabulary; 2])?;
    let model = Model { w, x: ids[..ids.len() - 1].to_vec(), y: ids[1..].to_vec() };
    let tally = counted(&ids, vocabulary);
    let p = smoothed(&tally, 0.0);
    let sum: f64 = p.indexed_iter().map(|((i, j), p)| -p.ln() * tally[[i, j]] as f64).sum();
    let entropy = sum / model.x.len() as f64;
    let (loss, _) = model.loss();
    if (entropy - 1e-9..=entropy + 0.01).contains(&loss) {
        return Ok(());
    }
    let message = "after 120 steps the trained logits have a loss that is not the entropy that counting gives";
    Err(Miss::failed(message).revealing(format!("the loss is {loss}, the entropy {entropy}")))
}

fn of_batches(learner: &mut Learner) -> Outcome {
    let fixed = [
        (vec![1.0, 3.0], vec![5, 5]),
        (vec![2.0], vec![7]),
        (vec![0.5, 4.0, 1.5], vec![300, 2, 0]),
        (vec![0.0, 0.0], vec![1, 9]),
        (vec![13.0], vec![1]),
        (vec![120.0, 150.0], vec![1, 2]),
        (vec![1.0, 2.0], vec![20_000_001, 1]),
    ];
    let mut cases = fixed.to_vec();
    for count in [1, 2, 3, 8, 40, 120] {
        let largest = learner.uniform(0.5, 15.0);
        let losses = (0..count).map(|_| learner.uniform(0.0, largest)).collect();
        let tokens = (0..count).map(|_| learner.rng().usize(1..2000)).collect();
        cases.push((losses, tokens));
    }
    let ask = |learner: &mut Learner, (losses, tokens): &(Vec<f64>, Vec<usize>)| {
        learner.call(perplexity, (losses.clone(), tokens.clone()))
    };
    learner.ask_all(&cases, ask, |(losses, tokens), got| compare_perplexity(losses, tokens, got))
}

fn compare_perplexity(losses: &[f64], tokens: &[usize], got: f64) -> Outcome {
    let mean = |of: fn(f64) -> f64| {
        let terms = losses.iter().zip(tokens).map(|(loss, count)| of(*loss) * *count as f64);
        terms.sum::<f64>() / tokens.iter().sum::<usize>() as f64
    };
    let plain =
        |of: fn(f64) -> f64| losses.iter().map(|it| of(*it)).sum::<f64>() / losses.len() as f64;
    let want = mean(|loss| loss).exp();
    let scale = want * (1.0 + mean(|loss| loss));
    close("the perplexity", got, want, scale).map_err(|miss| {
        let is = |other: f64| close("", got, other, other * 10.0).is_ok();
        let why = if is(mean(f64::exp)) || is(plain(f64::exp)) {
            "is a mean of perplexities. What is averaged is the loss, and its exponential comes last"
        } else if is(plain(|loss| loss).exp()) {
            "counts each batch alike. A batch of 300 predictions weighs more than one of 2"
        } else if is(mean(|loss| loss).exp2()) {
            "is a power of 2. These losses are natural logarithms"
        } else {
            return miss;
        };
        miss.saying(format!("the perplexity {why}"))
    })
}

fn bits(learner: &mut Learner) -> Outcome {
    let losses = learner.decades(-3.0, 3.0, 8);
    for (at, loss) in losses.into_iter().chain([0.0, 3.2]).enumerate() {
        let [most_tokens, most_bytes] = [[40, 200], [60_000_000, 900], [3, 90_000_000]][at % 3];
        // Odd, so that no large one is a number of single precision.
        let [tokens, bytes] =
            [most_tokens, most_bytes].map(|most| learner.rng().usize(most / 2..most) | 1);
        // The last text has no prediction.
        let tokens = if at == 9 { 0 } else { tokens };
        let got = learner.call(bits_per_byte, (loss, tokens, bytes))?;
        let want = loss / LN_2 * (tokens as f64 / bytes as f64);
        close("the number of bits", got, want, want)?;
    }
    Ok(())
}

/// A call that has no answer, and what it would be to give one.
fn refused<T>(result: Result<T, Miss>, function: &str, what: &str) -> Outcome {
    panics(result, || {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Which condition would you assert?"
        )
    })
}

fn unfit(learner: &mut Learner) -> Outcome {
    let unknown = "an id that is not below V";
    for ids in [vec![0, 3, 1], vec![0, 1, 3], vec![3, 0], vec![1, usize::MAX]] {
        refused(learner.call(counts, (ids.clone(), 3)), "counts", unknown)?;
        let w = learner.array([3, 3], -1.0, 1.0);
        let others = vec![1; ids.len()];
        let got = learner.call(bigram_backward, (w.clone(), ids.clone(), others.clone()));
        refused(got, "bigram_backward", unknown)?;
        let got = learner.call(bigram_backward, (w, others, ids));
        refused(got, "bigram_backward", unknown)?;
    }
    for alpha in [-0.25, -3.0, f64::NAN] {
        let got = learner.call(probabilities, (array![[2, 1], [3, 9]], alpha));
        refused(got, "probabilities", "an α that is negative or NaN")?;
    }
    let w = learner.array([3, 3], -1.0, 1.0);
    for few in [vec![], vec![1]] {
        let p = Array2::from_elem((3, 3), 1.0 / 3.0);
        refused(learner.call(nll, (p, few.clone())), "nll", "fewer than two ids")?;
        refused(learner.call(train, (w.clone(), few, 2, 0.1)), "train", "fewer than two ids")?;
    }
    for rate in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        for steps in [2, 0] {
            let got = learner.call(train, (w.clone(), vec![0, 1, 2], steps, rate));
            refused(got, "train", "a rate that is not finite")?;
        }
    }
    for (x, y, what) in [
        (vec![], vec![], "no id at all"),
        (vec![0, 1], vec![1], "two ids and one that follows"),
        (vec![0], vec![1, 2], "one id and two that follow"),
    ] {
        refused(learner.call(bigram_backward, (w.clone(), x, y)), "bigram_backward", what)?;
    }
    for (losses, tokens, what) in [
        (vec![], vec![], "no batch"),
        (vec![1.0, 2.0], vec![0, 0], "batches without a prediction"),
        (vec![1.0], vec![1, 2], "one loss for two batches"),
        (vec![1.0, 2.0], vec![1], "two losses for one batch"),
    ] {
        refused(learner.call(perplexity, (losses, tokens)), "perplexity", what)?;
    }
    refused(learner.call(bits_per_byte, (1.0, 3, 0)), "bits_per_byte", "a text without a byte")
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    for scale in [1.0, 30.0] {
        let w = learner.array([4, 4], -scale, scale).mapv(|it| it as f32);
        let [x, y] = [(); 2].map(|()| random_ids(learner, 9, 4));
        let (loss, dw) = learner.call(bigram_backward_f32, (w.clone(), x.clone(), y.clone()))?;
        let model = Model { w: w.mapv(f64::from), x, y };
        let (want, magnitude) = model.loss();
        all_close_in_single("the loss in f32", &array![loss], &array![want], &array![magnitude])?;
        let (want, magnitude) = model.gradient();
        all_close_in_single("dL/dW in f32", &dw, &want, &magnitude.mapv(|it| it.max(1e-29)))?;
    }
    Ok(())
}
