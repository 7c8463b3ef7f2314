//! Checks of lesson 6.5: debugging a run: six broken trainings.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use engine::checks::{
    Callback, Check,
    Kind::{Cost, Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, close, panics, within,
};
use ndarray::{Array1, Array2, Axis, s};

use super::contract::{
    Fault, Kind, Setup, Tensor, beyond_chance, diagnosed, influence, next_token_loss, norms,
    overfit, slope, update_ratios, wrong_tensors,
};

pub const LESSON: Lesson =
    Lesson::new("Debugging a run: six broken trainings", CHECKS).after(&["ex_2_4", "ex_6_4"]);

const CHECKS: &[Check] =
    &[
        Check::hidden(Value, "loss", "the loss of the next token", 1.0, loss_of_next),
        Check::hidden(Value, "chance", "the first loss against ln V", 1.0, chance),
        Check::hidden(Property, "leak", "what each row depends on", 1.0, dependence),
        Check::hidden(Value, "sizes", "norms of gradients, and ratios of updates", 1.0, sizes),
        Check::hidden(Gradient, "slope", "a difference along a line", 1.0, slopes),
        Check::hidden(Gradient, "bisection", "the tensors whose gradient is wrong", 1.0, bisected)
            .after(&["slope"]),
        Check::hidden(Cost, "calls", "few evaluations of the loss", 1.0, few_calls)
            .after(&["bisection"]),
        Check::hidden(Value, "overfit", "steps on one batch", 1.0, curves),
        Check::hidden(Value, "healthy", "nothing is found in a right program", 1.0, healthy)
            .after(&["loss", "leak", "sizes", "bisection"]),
        Check::hidden(
            Value,
            "evaluation",
            "leak, and dropout in the evaluation",
            1.0,
            seen_from_outside,
        )
        .after(&["loss", "leak", "healthy"]),
        Check::hidden(Value, "update", "decay on norms", 1.0, decay).after(&["sizes", "healthy"]),
        Check::hidden(
            Value,
            "gradient",
            "half tied gradient, double shift, unequal accumulation",
            2.0,
            three_gradients,
        )
        .after(&["loss", "bisection", "healthy"]),
        Check::hidden(Property, "unfit", "what has no answer is refused", 1.0, unfit)
            .after(&["loss", "chance", "leak"]),
    ];

/// A small language model: each token takes a mean of the tokens before it, adds a layer of it to itself, and is
/// compared with all rows of the table. Norms stand before the layer and at the end.
#[derive(Clone)]
struct Training {
    fault: Fault,
    /// Which of two programs with this fault it is: they differ in what shows it.
    turn: usize,
    /// Where the table stands among the tensors: 1 to 3. It is not the first one.
    place: usize,
    vocabulary: usize,
    width: usize,
    rate: f64,
    decay: f64,
    setup: Setup,
    /// Whether it was asked about an id that is none.
    is_asked_of_none: Arc<AtomicBool>,
}

/// The mean loss of rows of logits with these targets. Rows that have none do not count.
fn cross_entropy(logits: &Array2<f64>, targets: &[usize]) -> f64 {
    let pairs = logits.outer_iter().zip(targets);
    let losses = pairs.map(|(z, target)| z.mapv(f64::exp).sum().ln() - z[*target]);
    losses.sum::<f64>() / targets.len() as f64
}

fn cross_entropy_backward(logits: &Array2<f64>, targets: &[usize]) -> Array2<f64> {
    let mut dz = logits.mapv(f64::exp);
    dz /= &dz.sum_axis(Axis(1)).insert_axis(Axis(1));
    for (row, mut dz) in dz.outer_iter_mut().enumerate() {
        match targets.get(row) {
            Some(target) => dz[*target] -= 1.0,
            None => dz.fill(0.0),
        }
    }
    dz / targets.len() as f64
}

/// Rows divided by the roots of their mean squares, and what each was multiplied by. The large ε keeps differences exact
/// where a row is nearly 0.
fn normed(x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let mean = (x * x).mean_axis(Axis(1)).unwrap_or_default();
    let factors = mean.mapv(|it| 1.0 / (it + 0.1).sqrt()).insert_axis(Axis(1));
    (x * &factors, factors)
}

/// dL/dx of rows that were normed, from dL/dy.
fn normed_backward(dy: &Array2<f64>, (y, factors): &(Array2<f64>, Array2<f64>)) -> Array2<f64> {
    let along = (dy * y).mean_axis(Axis(1)).unwrap_or_default().insert_axis(Axis(1));
    (dy - y * &along) * factors
}

/// The weights of a model, or their gradient, each tensor in its shape.
struct Parts {
    table: Array2<f64>,
    layer: Array2<f64>,
    gains: [Array1<f64>; 2],
}

/// What a forward pass keeps.
struct Passed {
    /// How much each token takes of each.
    shares: Array2<f64>,
    norms: [(Array2<f64>, Array2<f64>); 2],
    /// What the layer is given, what it gives, and what is compared with the table.
    taken: Array2<f64>,
    given: Array2<f64>,
    last: Array2<f64>,
    logits: Array2<f64>,
}

impl Training {
    fn new(learner: &mut Learner, fault: Fault, turn: usize) -> Self {
        let (vocabulary, width) = (learner.rng().usize(5..7), learner.rng().usize(3..5));
        let place = learner.rng().usize(1..4);
        let mut start = 0;
        let mut weights = Vec::new();
        let mut tensor = |(name, kind, count, low, high): (&str, Kind, usize, f64, f64)| {
            let tensor = Tensor { name: name.to_owned(), kind, start, end: start + count };
            start += count;
            weights.extend(learner.array(count, low, high));
            tensor
        };
        let mut all = [
            ("table", Kind::Table, vocabulary * width, -0.5, 0.5),
            ("layer", Kind::Matrix, width * width, -1.0, 1.0),
            ("first gain", Kind::Gain, width, 0.8, 1.2),
            ("last gain", Kind::Gain, width, 0.8, 1.2),
        ];
        all.rotate_right(place);
        let tensors = all.map(&mut tensor).to_vec();
        let weights = weights.into();
        let mut documents = LENGTHS[turn].map(|count: usize| {
            let first = learner.rng().usize(..vocabulary);
            // With repeats.
            (0..count).map(|at| (first + at * at + at) % vocabulary).collect::<Vec<_>>()
        });
        // The last id in a document that is longer than the vocabulary: behind it comes none, whatever is taken for V.
        documents[0][0] = vocabulary - 1;
        Self {
            fault,
            turn,
            place,
            vocabulary,
            width,
            rate: learner.uniform(0.05, 0.2),
            decay: learner.uniform(0.05, 0.2),
            setup: Setup { tensors, weights, documents: documents.to_vec() },
            is_asked_of_none: Arc::default(),
        }
    }

    fn parts(&self, weights: &Array1<f64>) -> Parts {
        let part = |tensor: usize| {
            let Tensor { start, end, .. } = self.setup.tensors[(tensor + self.place) % 4];
            weights.slice(s![start..end]).to_owned()
        };
        let matrix = |tensor: usize| {
            let part = part(tensor);
            let rows = part.len() / self.width;
            part.into_shape_with_order((rows, self.width)).unwrap_or_default()
        };
        Parts { table: matrix(0), layer: matrix(1), gains: [part(2), part(3)] }
    }

    /// How much each token takes of each: of those up to it the same.
    fn shares(&self, tokens: usize) -> Array2<f64> {
        let ahead = usize::from(self.fault == Fault::Leak);
        Array2::from_shape_fn((tokens, tokens), |(row, of)| {
            let seen = (row + 1 + ahead).min(tokens);
            if of < seen { 1.0 / seen as f64 } else { 0.0 }
        })
    }

    /// A forward pass, in which numbers of what tokens take may be dropped.
    fn forward(&self, weights: &Parts, ids: &[usize], dropped: Option<usize>) -> Passed {
        let Parts { table, layer, gains } = weights;
        let x = table.select(Axis(0), ids);
        let shares = self.shares(ids.len());
        let mut mean = shares.dot(&x);
        if let Some(draw) = dropped {
            // About four in 13.
            let kept = |at: usize| if (at + 1) * (draw + 2) % 13 < 4 { 0.0 } else { 13.0 / 9.0 };
            mean.iter_mut().enumerate().for_each(|(at, it)| *it *= kept(at));
        }
        let first = normed(&mean);
        let taken = &first.0 * &gains[0];
        let given = taken.dot(&layer.t()).mapv(f64::tanh);
        let second = normed(&(x + &given));
        let last = &second.0 * &gains[1];
        let logits = last.dot(&table.t());
        Passed { shares, norms: [first, second], taken, given, last, logits }
    }

    fn logits(&self, weights: &Array1<f64>, ids: &[usize]) -> Array2<f64> {
        self.forward(&self.parts(weights), ids, None).logits
    }

    /// How far behind an id its target is.
    fn shift(&self) -> usize {
        if self.fault == Fault::DoubleShift { 2 } else { 1 }
    }

    /// The loss of each document with how many predictions it has.
    fn losses(
        &self,
        weights: &Array1<f64>,
        documents: &[Vec<usize>],
        dropped: Option<usize>,
    ) -> Vec<(f64, usize)> {
        let weights = self.parts(weights);
        let of = |ids: &Vec<usize>| {
            let logits = self.forward(&weights, &ids[..ids.len() - 1], dropped).logits;
            let targets = &ids[self.shift()..];
            (cross_entropy(&logits, targets), targets.len())
        };
        documents.iter().map(of).collect()
    }

    /// The gradient that it trains with.
    fn gradient(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> Array1<f64> {
        let counts = documents.iter().map(|ids| (ids.len() - self.shift()) as f64);
        let predictions: f64 = counts.clone().sum();
        let weights = self.parts(weights);
        let mut sum = Array1::zeros(self.setup.weights.len());
        for (ids, count) in documents.iter().zip(counts) {
            let share = match self.fault {
                Fault::UnequalAccumulation => 1.0 / documents.len() as f64,
                _ => count / predictions,
            };
            sum.scaled_add(share, &self.gradient_of(&weights, ids));
        }
        sum
    }

    /// The gradient of one document's loss.
    fn gradient_of(&self, weights: &Parts, ids: &[usize]) -> Array1<f64> {
        let targets = &ids[self.shift()..];
        let ids = &ids[..ids.len() - 1];
        let Passed { shares, norms: [first, second], taken, given, last, logits } =
            self.forward(weights, ids, None);
        let dz = cross_entropy_backward(&logits, targets);
        let dlast = dz.dot(&weights.table);
        let dy = normed_backward(&(&dlast * &weights.gains[1]), &second);
        let dgiven = &dy * &(1.0 - &given * &given);
        let dtaken = dgiven.dot(&weights.layer);
        let dmean = normed_backward(&(&dtaken * &weights.gains[0]), &first);
        let dx = dy + shares.t().dot(&dmean);
        let mut table = match self.fault {
            Fault::HalfTiedGradient => Array2::zeros(weights.table.dim()),
            _ => dz.t().dot(&last),
        };
        for (id, dx) in ids.iter().zip(dx.outer_iter()) {
            let mut row = table.row_mut(*id);
            row += &dx;
        }
        let gains = [dtaken * first.0, dlast * second.0].map(|it| it.sum_axis(Axis(0)));
        let [first, last] = gains.map(|it| it.to_vec());
        let layer = dgiven.t().dot(&taken).into_iter().collect();
        let mut all = [table.into_iter().collect(), layer, first, last];
        all.rotate_right(self.place);
        all.concat().into()
    }

    fn step(&self, weights: &Array1<f64>, gradient: &Array1<f64>) -> Array1<f64> {
        let mut after = weights - &(gradient * self.rate);
        for Tensor { kind, start, end, .. } in &self.setup.tensors {
            if *kind != Kind::Gain || self.fault == Fault::DecayOnNorms {
                let decayed = weights.slice(s![*start..*end]).mapv(|w| w * self.rate * self.decay);
                let mut part = after.slice_mut(s![*start..*end]);
                part -= &decayed;
            }
        }
        after
    }

    fn evaluate(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        let loss = |dropped| mean(&self.losses(weights, documents, dropped), true);
        let whole = loss(None);
        if self.fault != Fault::DropoutInEvaluation {
            return whole;
        }
        // The same numbers each time: of some draws that with the lowest loss, or with the highest.
        let drawn = (0..11).map(|draw| loss(Some(draw)));
        let [low, high] = drawn.fold([whole; 2], |[low, high], it| [it.min(low), it.max(high)]);
        let [drawn, other] = if self.turn == 0 { [low, high] } else { [high, low] };
        if (drawn - whole).abs() > SHOWS { drawn } else { other }
    }

    /// Whether a call from outside can be answered; where not, the answer is NaN or of no size.
    fn fits(&self, weights: &Array1<f64>, ids: &[usize]) -> bool {
        let is_of_none = ids.iter().any(|id| *id >= self.vocabulary);
        self.is_asked_of_none.fetch_or(is_of_none, Ordering::Relaxed);
        weights.len() == self.setup.weights.len() && !is_of_none
    }

    fn all_fit(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> bool {
        !documents.is_empty()
            && documents.iter().all(|ids| ids.len() > 2 && self.fits(weights, ids))
    }

    /// What `diagnose` finds, asked over the wire.
    fn diagnosed(&self, learner: &mut Learner) -> Result<Fault, Miss> {
        let [a, b, c, d] = [(); 4].map(|()| self.clone());
        let logits = Callback::new(move |(weights, ids): (Array1<f64>, Vec<usize>)| {
            let answer = || a.logits(&weights, &ids);
            // No number of these is the one before: what asks for an id that is none sees a leak.
            let nan = || Array2::from_elem((ids.len(), a.vocabulary), f64::NAN);
            if a.fits(&weights, &ids) { answer() } else { nan() }
        });
        let gradient =
            Callback::new(move |(weights, documents): (Array1<f64>, Vec<Vec<usize>>)| {
                let answer = || b.gradient(&weights, &documents);
                if b.all_fit(&weights, &documents) { answer() } else { Array1::zeros(0) }
            });
        let step = Callback::new(move |(weights, gradient): (Array1<f64>, Array1<f64>)| {
            let fits = c.fits(&weights, &[]) && weights.len() == gradient.len();
            if fits { c.step(&weights, &gradient) } else { Array1::zeros(0) }
        });
        let evaluate =
            Callback::new(move |(weights, documents): (Array1<f64>, Vec<Vec<usize>>)| {
                if d.all_fit(&weights, &documents) {
                    d.evaluate(&weights, &documents)
                } else {
                    f64::NAN
                }
            });
        learner.call(diagnosed, (self.setup.clone(), logits, gradient, step, evaluate))
    }
}

/// The mean of losses, by how many predictions each has, or of all alike.
fn mean(losses: &[(f64, usize)], is_weighted: bool) -> f64 {
    let weight = |count: usize| if is_weighted { count as f64 } else { 1.0 };
    let sum: f64 = losses.iter().map(|(loss, count)| loss * weight(*count)).sum();
    sum / losses.iter().map(|(_, count)| weight(*count)).sum::<f64>()
}

/// How far from the right one a loss has to be that dropout changes.
const SHOWS: f64 = 1e-3;

/// How many ids the documents of a program have.
const LENGTHS: [[usize; 3]; 2] = [[7, 7, 3], [7, 3, 7]];

/// Asks what is wrong with programs that have these faults, in random order.
fn told_apart(learner: &mut Learner, faults: &[Fault]) -> Outcome {
    // No two documents show what all three of them do: two are of one length, and in turn not the same two.
    let mut programs: Vec<_> = faults.iter().zip([0, 1].into_iter().cycle()).collect();
    learner.rng().shuffle(&mut programs);
    for (&fault, turn) in programs {
        let training = Training::new(learner, fault, turn);
        let got = training.diagnosed(learner)?;
        if got != fault {
            let reveal = format!("its fault is {fault:?}, and `diagnose` says {got:?}");
            let message = match training.is_asked_of_none.load(Ordering::Relaxed) {
                true => OF_NONE.to_owned(),
                false => explained(got, fault),
            };
            return Err(Miss::failed(message).revealing(reveal));
        }
    }
    Ok(())
}

const OF_NONE: &str = "`diagnose` asks a program about an id that it does not have, and takes what it says for a fault. \
                       Each row of the logits has one column an id: which is the last?";

/// Why a program does not have the fault that was claimed, without saying which one it has.
fn explained(claimed: Fault, fault: Fault) -> String {
    let shows = match claimed {
        Fault::None => {
            return "`diagnose` finds nothing wrong in a program that has a fault. Which of the six would you not have \
                    seen by what you measured?"
                .to_owned();
        }
        Fault::HalfTiedGradient => {
            "the gradient of the table disagrees with differences, and that of all other tensors agrees, on every batch"
        }
        Fault::DoubleShift => {
            "the gradient of all tensors disagrees with the slope of the next token's loss, even on one document"
        }
        Fault::UnequalAccumulation => {
            "the gradient is right on one document, and wrong on several of unequal length"
        }
        Fault::Leak => "a row of the logits changes with an id that comes after it",
        Fault::DropoutInEvaluation => {
            "all gradients are right, and an evaluation reports another loss than yours"
        }
        Fault::DecayOnNorms => "a step without a gradient moves the gains",
    };
    let instead = match (claimed, fault) {
        (_, Fault::None) => "In this program nothing is wrong",
        (Fault::HalfTiedGradient, Fault::DoubleShift) => "Here other tensors disagree as well",
        (Fault::HalfTiedGradient, Fault::UnequalAccumulation) => {
            "Here the gradient of one document agrees everywhere"
        }
        (Fault::DoubleShift, Fault::HalfTiedGradient) => "Here the gradient of most tensors agrees",
        (Fault::DoubleShift, Fault::UnequalAccumulation) => {
            "Here the gradient of one document agrees"
        }
        (Fault::UnequalAccumulation, Fault::HalfTiedGradient | Fault::DoubleShift) => {
            "Here the gradient of one document disagrees, and nothing is accumulated there"
        }
        (Fault::HalfTiedGradient | Fault::DoubleShift | Fault::UnequalAccumulation, _) => {
            "Here all gradients agree with the slope of the loss of the program's own logits"
        }
        (Fault::Leak, _) => {
            "Here no row does. Do you compare the rows before the id that you change?"
        }
        (Fault::DropoutInEvaluation, Fault::DoubleShift) => "Here the gradients are wrong as well",
        (Fault::DropoutInEvaluation, _) => "Here the two losses are the same",
        (Fault::DecayOnNorms, _) => {
            "Here only tables and matrices move, as they should. Is the gradient 0?"
        }
        (Fault::None, _) => "Something else is wrong",
    };
    format!("`diagnose` says {claimed:?}. With that fault, {shows}. {instead}.")
}

fn healthy(learner: &mut Learner) -> Outcome {
    told_apart(learner, &[Fault::None])
}

fn seen_from_outside(learner: &mut Learner) -> Outcome {
    let dropout = Fault::DropoutInEvaluation;
    told_apart(learner, &[Fault::Leak, dropout, dropout])
}

fn decay(learner: &mut Learner) -> Outcome {
    told_apart(learner, &[Fault::DecayOnNorms])
}

fn three_gradients(learner: &mut Learner) -> Outcome {
    let faults = [Fault::HalfTiedGradient, Fault::DoubleShift];
    told_apart(learner, &[faults, [Fault::UnequalAccumulation; 2]].concat())
}

fn loss_of_next(learner: &mut Learner) -> Outcome {
    // The same for all ids of a vocabulary, which changes no probability. Lengths come again.
    // A model that sees ahead is to see no more than goes in.
    for (lengths, up, fault) in [
        (vec![5, 2, 9], 0.0, Fault::None),
        (vec![5, 2, 9], 150.0, Fault::None),
        (vec![2], 0.0, Fault::None),
        (vec![4, 4], 0.0, Fault::Leak),
        (vec![3, 30], 150.0, Fault::None),
    ] {
        let training = Training::new(learner, fault, 0);
        let documents: Vec<Vec<usize>> = lengths
            .iter()
            .map(|count| (0..*count).map(|_| learner.rng().usize(..training.vocabulary)).collect())
            .collect();
        let model = training.clone();
        let weights = training.setup.weights.clone();
        let logits = Callback::new(move |(ids,): (Vec<usize>,)| {
            if model.fits(&weights, &ids) && !ids.is_empty() {
                model.logits(&weights, &ids) + up
            } else {
                Array2::zeros((0, 0))
            }
        });
        let got = learner.call(next_token_loss, (logits, documents.clone()))?;
        compare_loss(got, &training, &documents)?;
    }
    Ok(())
}

fn compare_loss(got: f64, training: &Training, documents: &[Vec<usize>]) -> Outcome {
    const SCALE: f64 = 20.0;
    let weights = &training.setup.weights;
    let losses = training.losses(weights, documents, None);
    close("the loss", got, mean(&losses, true), SCALE).map_err(|miss| {
        let is = |other: f64| close("", got, other, SCALE).is_ok();
        let sum: f64 = losses.iter().map(|(loss, count)| loss * *count as f64).sum();
        let of_itself = |ids: &[usize]| cross_entropy(&training.logits(weights, ids), ids);
        let with_last = |ids: &Vec<usize>| {
            let logits = training.logits(weights, ids);
            let rows = logits.slice(s![..ids.len() - 1, ..]).to_owned();
            (cross_entropy(&rows, &ids[1..]), ids.len() - 1)
        };
        let last = documents.iter().map(|ids| (of_itself(&ids[1..]), ids.len() - 1));
        let first = documents.iter().map(|ids| (of_itself(&ids[..ids.len() - 1]), ids.len() - 1));
        let why = if is(mean(&losses, false)) {
            "counts each document alike. One of 30 ids has more predictions than one of 3"
        } else if is(sum) {
            "is a sum over the predictions, and not their mean"
        } else if [last.collect::<Vec<_>>(), first.collect()].iter().any(|it| is(mean(it, true))) {
            "is that of predicting the id which goes in. Row t of the logits is about what follows id t"
        } else if is(mean(&documents.iter().map(with_last).collect::<Vec<_>>(), true)) {
            "is that of a model which was handed the last id as well. It is predicted, and does not go in"
        } else {
            return miss;
        };
        miss.saying(format!("the loss {why}"))
    })
}

fn chance(learner: &mut Learner) -> Outcome {
    let losses = learner.decades(-3.0, 3.0, 8);
    // The last one is that of chance.
    for (at, loss) in losses.into_iter().chain([0.0, 2.5, 65_f64.ln()]).enumerate() {
        let vocabulary = [2, 50_257, 65, 200_000_001][at % 4];
        let got = learner.call(beyond_chance, (loss, vocabulary))?;
        let chance = (vocabulary as f64).ln();
        close("the share beyond chance", got, (loss - chance) / chance, loss / chance + 1.0)?;
    }
    Ok(())
}

/// One logit of a row, and all the others, by the sum of the ids that it depends on.
type Shown = fn(f64) -> [f64; 2];

/// Logits whose row t depends on a set of ids, drawn at random: rows before an id among them.
fn dependence(learner: &mut Learner) -> Outcome {
    // As small as a leak may be, in numbers that are negative, from 0 to 1, in the sign alone, and in numbers that change
    // places; and of one id.
    let shows: [(usize, usize, Shown); 6] = [
        (5, 3, |sum| [1.0 + 1e-13 * sum, -2.0]),
        (8, 9, |sum| [-1.0 - sum, -2.0]),
        (5, 2, |sum| [sum % 2.0, -2.0]),
        (5, 2, |sum| [3.0 * (sum % 2.0) - 1.5, -2.0]),
        (5, 2, |sum| [sum % 2.0, 1.0 - sum % 2.0]),
        (1, 2, |sum| [1.0 + sum, -2.0]),
    ];
    for (time, vocabulary, shown) in shows {
        let depends = Array2::from_shape_simple_fn((time, time), || learner.rng().bool());
        let of = depends.clone();
        let logits = Callback::new(move |(ids,): (Vec<usize>,)| {
            Array2::from_shape_fn((ids.len(), vocabulary), |(row, column)| {
                let seen =
                    ids.iter().enumerate().filter(|(at, _)| of.get((row, *at)) == Some(&true));
                let sum: f64 = seen.map(|(at, id)| (2 * at + 1) as f64 * *id as f64).sum();
                shown(sum)[usize::from(column != row % vocabulary)]
            })
        });
        let ids: Vec<usize> = (0..time).map(|_| learner.rng().usize(..vocabulary)).collect();
        let got = learner.call(influence, (logits, ids, vocabulary))?.mapv(|it| it != 0);
        if got != depends {
            let message = told_of_influence(&got, &depends);
            let reveal = format!("got\n{got}\nexpected\n{depends}");
            return Err(Miss::failed(message).revealing(reveal));
        }
    }
    alone(learner)
}

/// Logits that depend on every id, as long as the first one is what it was.
fn alone(learner: &mut Learner) -> Outcome {
    let ids = vec![1, 0, 2, 2];
    let sums =
        |ids: &[usize]| -> f64 { (1..).zip(ids).map(|(at, id)| f64::from(at) * *id as f64).sum() };
    let logits = Callback::new(move |(ids,): (Vec<usize>,)| {
        let shown = if ids.first() == Some(&1) { sums(&ids) } else { -1.0 };
        Array2::from_elem((ids.len(), 3), shown)
    });
    let got = learner.call(influence, (logits, ids, 3))?;
    if got == Array2::from_elem((4, 4), 1) {
        return Ok(());
    }
    let message = "`influence` misses that all rows depend on each of four ids. Is every other id what it was when one is \
                   changed?";
    Err(Miss::failed(message).revealing(format!("got\n{got}")))
}

fn told_of_influence(got: &Array2<bool>, want: &Array2<bool>) -> &'static str {
    let count = |it: &Array2<bool>| it.iter().filter(|it| **it).count();
    if got.dim() != want.dim() {
        "`influence` has another shape than (T, T)"
    } else if got == want.t() {
        "`influence` is transposed: its rows are those of the logits"
    } else if count(got) < count(want) {
        "`influence` misses that some row depends on some id. A change in the last bit is one, and so is a change of places"
    } else {
        "`influence` has a row depend on an id which does not change it"
    }
}

/// Tensors of these sizes, one after the other.
fn tensors(sizes: &[usize]) -> Vec<Tensor> {
    let mut start = 0;
    let mut tensor = |(at, size): (usize, &usize)| {
        let kind = [Kind::Table, Kind::Matrix, Kind::Gain][at % 3];
        let tensor = Tensor { name: format!("tensor {at}"), kind, start, end: start + size };
        start += size;
        tensor
    };
    sizes.iter().enumerate().map(&mut tensor).collect()
}

fn sizes(learner: &mut Learner) -> Outcome {
    for (at, scale) in learner.decades(-3.0, 3.0, 4).into_iter().enumerate() {
        // As many weights in other tensors.
        let sizes = [[6, 1, 4, 134], [106, 3, 2, 35]][at % 2];
        let tensors = tensors(&sizes);
        let count = sizes.iter().sum::<usize>();
        let before = learner.array(count, -scale, scale);
        let far = [0.1, 300.0][at / 2] * scale;
        let mut change = learner.array(count, -far, far);
        // A tensor that does not move: another one of the same sizes.
        let still = &tensors[[2, 1, 1, 2][at]];
        change.slice_mut(s![still.start..still.end]).fill(0.0);
        let after = &before + &change;
        let length = |list: &Array1<f64>, it: &Tensor| {
            let squares = (it.start..it.end).map(|at| list[at] * list[at]);
            squares.sum::<f64>().sqrt()
        };
        let gradient = 100.0 * &change;
        let got = learner.call(norms, (gradient.clone(), tensors.clone()))?;
        let want: Vec<f64> = tensors.iter().map(|it| length(&gradient, it)).collect();
        same_numbers("the norms", &got, &want, &want)?;
        let got = learner.call(update_ratios, (before.clone(), after.clone(), tensors.clone()))?;
        let moved = &after - &before;
        let ratio = |it: &Tensor| length(&moved, it) / length(&before, it);
        let want: Vec<f64> = tensors.iter().map(ratio).collect();
        let scales: Vec<f64> = want.iter().map(|it| 1.0 + it).collect();
        same_numbers("the update ratios", &got, &want, &scales)?;
    }
    some_in_any_order(learner)?;
    // A tensor of zeros that stays where it is, and one that moves.
    let zeros = Array1::zeros(3);
    let after = Array1::from(vec![0.0, 0.0, 1e-3]);
    let got = learner.call(update_ratios, (zeros, after, tensors(&[1, 2])))?;
    let message = match got[..] {
        [0.0, f64::INFINITY] => return Ok(()),
        [0.0, _] => "the update ratio of a tensor of zeros that moves is not infinite",
        _ => "the update ratio of a tensor of zeros that does not move is not 0",
    };
    Err(Miss::failed(message).revealing(format!("got {got:?}")))
}

/// Not all tensors of a list, and the last one first.
fn some_in_any_order(learner: &mut Learner) -> Outcome {
    let mut asked = tensors(&[2, 1, 1, 3]);
    asked.remove(1);
    asked.reverse();
    let list: Array1<f64> = (0..7).map(|at| f64::from(1 << at)).collect();
    let want = [2.0_f64.powi(8) * 21.0, 64.0, 5.0].map(f64::sqrt);
    let told = |miss: Miss, function: &str| {
        miss.saying(format!(
            "`{function}` does not look where each tensor stands: they may come in any order, and not all of them"
        ))
    };
    let got = learner.call(norms, (list.clone(), asked.clone()))?;
    same_numbers("the norms", &got, &want, &want).map_err(|miss| told(miss, "norms"))?;
    let after = 1.5 * &list;
    let got = learner.call(update_ratios, (list, after, asked))?;
    same_numbers("the update ratios", &got, &[0.5; 3], &[1.0; 3])
        .map_err(|miss| told(miss, "update_ratios"))
}

fn same_numbers(name: &str, got: &[f64], want: &[f64], scales: &[f64]) -> Outcome {
    if got.len() != want.len() {
        let message = format!("{name} are {} numbers for {} tensors", got.len(), want.len());
        return Err(Miss::failed(message));
    }
    got.iter()
        .zip(want)
        .zip(scales)
        .try_for_each(|((got, want), scale)| close(name, *got, *want, *scale))
}

/// A loss without symmetries, of as many weights as it has coefficients, and its gradient.
#[derive(Clone)]
struct Landscape {
    /// How high it is.
    height: f64,
    coefficients: Array1<f64>,
    calls: Arc<AtomicUsize>,
}

impl Landscape {
    fn new(learner: &mut Learner, count: usize) -> Self {
        let coefficients = learner.array(count, 0.5, 1.5);
        Self { height: 1.0, coefficients, calls: Arc::default() }
    }

    fn loss(&self, weights: &Array1<f64>) -> f64 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let pairs = weights.iter().zip(&self.coefficients);
        self.height * pairs.map(|(w, c)| (c * w).sin() + 0.3 * w * w).sum::<f64>()
    }

    fn gradient(&self, weights: &Array1<f64>) -> Array1<f64> {
        let pairs = weights.iter().zip(&self.coefficients);
        pairs.map(|(w, c)| self.height * (c * (c * w).cos() + 0.6 * w)).collect()
    }

    fn callback(&self) -> Callback<(Array1<f64>,), f64> {
        let it = self.clone();
        Callback::new(move |(weights,): (Array1<f64>,)| it.loss(&weights))
    }
}

fn slopes(learner: &mut Learner) -> Outcome {
    // How high the loss is, how far from 0 the weights are, and how long their ways.
    for (count, epsilon, [height, far, long]) in [
        (1, 1e-3, [1.0, 1.0, 2.0]),
        (4, 1e-4, [1.0, 1.0, 2.0]),
        (36, 1e-2, [1.0, 1.0, 2.0]),
        (7, 0.3, [300.0, 1.0, 2.0]),
        (3, 150.3, [1.0, 1.0, 0.01]),
        (3, 1e-2, [1.0, 300.0, 300.0]),
        (1, 0.1, [1.0, 1.0, 0.0]),
    ] {
        let loss = Landscape { height, ..Landscape::new(learner, count) };
        let mut weights = learner.array(count, -far, far);
        if count > 1 {
            weights[0] = 0.0;
        }
        let direction = learner.array(count, -long, long);
        let asked = (loss.callback(), weights.clone(), direction.clone(), epsilon);
        let got = learner.call(slope, asked)?;
        let at = |distance: f64| loss.loss(&(&weights + &(&direction * distance)));
        let want = (at(epsilon) - at(-epsilon)) / (2.0 * epsilon);
        let tolerance = 1e-13 * loss.loss(&weights).abs().max(count as f64 + 4.0) / epsilon;
        within("the slope", got, want, tolerance).map_err(|miss| {
            let is = |other: f64| (got - other).abs() <= tolerance;
            let length = direction.dot(&direction).sqrt();
            let why = if is((at(epsilon) - at(0.0)) / epsilon) {
                "is a forward difference. A central one costs as much and is off by ε² only"
            } else if is(want / length) {
                "is that along a direction of length 1. Here the direction counts as it is"
            } else if is(2.0 * want) || is(want / 2.0) {
                "is off by a factor of 2. How far apart are the two points?"
            } else {
                return miss;
            };
            miss.saying(format!("the slope {why}"))
        })?;
    }
    Ok(())
}

/// A gradient with wrong tensors in it.
struct Broken {
    loss: Landscape,
    weights: Array1<f64>,
    gradient: Array1<f64>,
    direction: Array1<f64>,
    tensors: Vec<Tensor>,
    wrong: Vec<usize>,
}

/// Where in a tensor the mistake is.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Far above what differences are off by, and far below the errors.
const TOLERANCE: f64 = 1e-3;

impl Broken {
    fn new(
        learner: &mut Learner,
        height: f64,
        sizes: &[usize],
        (wrong, end): (&[usize], End),
    ) -> Self {
        let tensors = tensors(sizes);
        let count = sizes.iter().sum();
        let loss = Landscape { height, ..Landscape::new(learner, count) };
        let far = if height > 1.0 { 120.0 } else { 1.0 };
        let mut weights = learner.array(count, -far, far);
        weights.iter_mut().next().into_iter().for_each(|it| *it = 0.0);
        let mut gradient = loss.gradient(&weights);
        let direction = learner.array(count, 0.5, 1.5);
        let direction = direction * learner.array(count, -1.0, 1.0).mapv(f64::signum);
        for (nth, at) in wrong.iter().enumerate() {
            let weight = match end {
                End::First => tensors[*at].start,
                End::Last => tensors[*at].end - 1,
            };
            // Each error is of another size, so that no two of them cancel along the direction.
            gradient[weight] += 0.1 * height * (nth + 1) as f64 / direction[weight];
        }
        Self { loss, weights, gradient, direction, tensors, wrong: wrong.to_vec() }
    }

    /// What `wrong_tensors` says, to a tolerance that is a share of the loss's height.
    fn asked(&self, learner: &mut Learner, tolerance: f64) -> Result<Vec<usize>, Miss> {
        let Self { loss, weights, gradient, direction, tensors, .. } = self;
        let (weights, gradient, direction) = (weights.clone(), gradient.clone(), direction.clone());
        let tolerance = loss.height * tolerance;
        let asked = (loss.callback(), weights, gradient, direction, tensors.clone(), tolerance);
        learner.call(wrong_tensors, asked)
    }
}

/// Sizes of tensors, and which of them are wrong.
const BROKEN: [(&[usize], &[usize]); 12] = [
    (&[4, 3, 2, 5], &[]),
    (&[4, 3, 2, 5], &[2]),
    (&[4, 3, 2, 5], &[0, 3]),
    (&[6], &[0]),
    (&[6], &[]),
    (&[], &[]),
    (&[1, 2, 1, 3, 2], &[4]),
    // The second one is found later than the fourth where halves are asked side by side.
    (&[1, 2, 1, 3, 2, 1], &[1, 3]),
    (&[1, 2, 1, 3, 2], &[0, 1, 2, 3, 4]),
    (&[2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], &[5, 6]),
    (&[120, 2, 3, 4], &[0, 2]),
    (&[120, 2, 3, 4], &[1, 3]),
];

fn bisected(learner: &mut Learner) -> Outcome {
    // Each comes twice: once with wrong first weights, and once with wrong last ones.
    for (at, (sizes, wrong)) in BROKEN.into_iter().chain(BROKEN).enumerate() {
        let (end, height) = ([End::First, End::Last][at % 2], [1.0, 1.0, 300.0][at % 3]);
        let broken = Broken::new(learner, height, sizes, (wrong, end));
        let mut got = broken.asked(learner, TOLERANCE)?;
        if got == broken.wrong {
            continue;
        }
        let in_order = got.is_sorted();
        got.sort_unstable();
        let message = if got == broken.wrong && !in_order {
            "`wrong_tensors` finds the right ones, but not in order. Which half is asked first?"
        } else if got.iter().any(|at| !wrong.contains(at)) {
            "`wrong_tensors` names a tensor whose gradient is right. Is the direction 0 outside of the group?"
        } else {
            "`wrong_tensors` misses a tensor whose gradient is wrong. Are both halves of a wrong group asked?"
        };
        return Err(Miss::failed(message).revealing(format!("got {got:?}, expected {wrong:?}")));
    }
    let tolerated = Broken::new(learner, 1200.0, &[3, 2, 4], (&[1], End::First));
    if !tolerated.asked(learner, 0.125)?.is_empty() {
        let message = "`wrong_tensors` names a tensor that is within the tolerance it is handed";
        return Err(Miss::failed(message));
    }
    let mut without = Broken::new(learner, 1.0, &[3, 2, 4], (&[], End::First));
    without.gradient[4] = f64::NAN;
    if without.asked(learner, TOLERANCE)?.contains(&1) {
        return Ok(());
    }
    let message = "`wrong_tensors` takes a gradient of NaN for right. NaN is neither within a tolerance nor beyond it: \
                   which of the two do you ask?";
    Err(Miss::failed(message))
}

fn few_calls(learner: &mut Learner) -> Outcome {
    let sizes = [2; 32];
    for wrong in [&[][..], &[13], &[3, 28]] {
        let broken = Broken::new(learner, 1.0, &sizes, (wrong, End::First));
        let before = broken.loss.calls.load(Ordering::Relaxed);
        broken.asked(learner, TOLERANCE)?;
        let calls = broken.loss.calls.load(Ordering::Relaxed) - before;
        // Two for each group: all, and both halves of each that is wrong.
        let most = 2 * (1 + 2 * 5 * wrong.len());
        if calls > most {
            let message = "`wrong_tensors` evaluates the loss more often than it needs. When the slope of a whole group is \
                           right, so are its members";
            let reveal = format!("{} of 32 wrong: {calls} calls, {most} are enough", wrong.len());
            return Err(Miss::failed(message).revealing(reveal));
        }
    }
    Ok(())
}

fn curves(learner: &mut Learner) -> Outcome {
    // Some take as many steps as others before them.
    for (count, steps, far) in
        [(1, 0, 1.0), (36, 1, 120.0), (2, 1, 1.0), (3, 120, 1.0), (1, 3, 1.0), (4, 0, 1.0)]
    {
        let loss = Landscape::new(learner, count);
        let mut weights = learner.array(count, -far, far);
        if count > 1 {
            weights[0] = 0.0;
        }
        let rate = learner.uniform(0.05, 0.3);
        let of = loss.clone();
        let step = Callback::new(move |(weights,): (Array1<f64>,)| {
            let gradient = of.gradient(&weights);
            if weights.len() == gradient.len() { weights - rate * gradient } else { weights }
        });
        let asked = (loss.callback(), step, weights.clone(), steps);
        let got = learner.call(overfit, asked)?;
        let mut at = weights;
        let mut want = vec![loss.loss(&at)];
        for _ in 0..steps {
            at = &at - &(rate * loss.gradient(&at));
            want.push(loss.loss(&at));
        }
        if got.len() != want.len() {
            let message = "the curve of `overfit` has not one number more than there are steps: the first is that before \
                           any step";
            return Err(Miss::failed(message));
        }
        learner.draw("one batch", "steps", &got);
        got.iter()
            .zip(&want)
            .try_for_each(|(got, want)| within("the loss of a step", *got, *want, 1e-9))?;
    }
    let loss = Callback::new(|(weights,): (Array1<f64>,)| weights.sum());
    let step = Callback::new(|(weights,): (Array1<f64>,)| 1e200 * weights);
    let got = learner.call(overfit, (loss, step, Array1::ones(1), 4))?;
    if got[..] == [1.0, 1e200, f64::INFINITY, f64::INFINITY, f64::INFINITY] {
        return Ok(());
    }
    let message = "the curve of `overfit` is another one where the loss becomes infinite. It has one number for each step, \
                   whatever they are";
    Err(Miss::failed(message).revealing(format!("got {got:?}")))
}

/// A call that has no answer, and what it would be to give one.
fn refused<T>(result: Result<T, Miss>, function: &str, what: &str) -> Outcome {
    panics(result, || {
        format!("`{function}` takes {what}, and gives an answer. Which condition would you assert?")
    })
}

fn unfit(learner: &mut Learner) -> Outcome {
    let logits = || Callback::new(|(ids,): (Vec<usize>,)| Array2::<f64>::zeros((ids.len(), 3)));
    for (documents, what) in [
        (vec![], "no document"),
        (vec![vec![1, 2], vec![0]], "a document of one id"),
        (vec![vec![]], "an empty document"),
    ] {
        refused(learner.call(next_token_loss, (logits(), documents)), "next_token_loss", what)?;
    }
    for vocabulary in [0, 1] {
        let what = "fewer than two ids to choose from";
        refused(learner.call(beyond_chance, (1.0, vocabulary)), "beyond_chance", what)?;
        let got = learner.call(influence, (logits(), vec![0, 0], vocabulary));
        refused(got, "influence", what)?;
    }
    Ok(())
}
