//! Checks of lesson 3.4: training.

use engine::checks::Kind::{Property, Value};
use engine::checks::{
    Check, Filling, Learner, Lesson, Limits, Miss, Outcome, all_close, close, within,
};
use ndarray::{Array, Array1, Array2, Axis, Dimension, ShapeBuilder as _, Slice};

use super::contract::{
    Parameters, Passes, Rng, Settings, Trained, backward_passes, batches, shuffle, step, train,
};

pub const LESSON: Lesson = Lesson::new("Training", CHECKS)
    .after(&["ex_3_3"])
    .optimised()
    .limits(Limits { seconds: 3, memory_mib: 1024 });

const CHECKS: &[Check] = &[
    Check::hidden(Value, "shuffle", "the order of the samples", 1.0, order),
    Check::hidden(Value, "batches", "every sample is in one batch", 1.0, cut),
    Check::hidden(Value, "step", "one step of gradient descent", 1.0, one_step),
    Check::hidden(
        Value,
        "fit",
        "each step of `fit`: its samples, its gradient, its change",
        2.0,
        fit,
    )
    .after(&["shuffle", "batches", "step"]),
    Check::hidden(Value, "curve", "the loss curve, and the parameters at the end", 1.0, curve)
        .after(&["fit"]),
    Check::hidden(Property, "diverged", "training that diverges is given up", 1.0, divergence)
        .after(&["fit"]),
    Check::hidden(Value, "least_squares", "least squares: the optimum is reached", 1.0, optimum)
        .after(&["curve"]),
    Check::hidden(Value, "xor", "XOR is learned", 1.0, xor).after(&["curve"]),
    Check::hidden(Value, "moons", "two moons are told apart", 1.0, two_moons).after(&["curve"]),
];

/// SplitMix64, written anew: the next number and the next state.
fn next(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = state;
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9_u64), (27, 0x94d0_49bb_1331_11eb)] {
        z = (z ^ (z >> shift)).wrapping_mul(factor);
    }
    (z ^ (z >> 31), state)
}

/// The order of n samples, and the state after it.
fn shuffled(n: usize, mut state: u64) -> (Vec<usize>, u64) {
    let mut order: Vec<_> = (0..n).collect();
    let mut i = n;
    while i > 1 {
        i -= 1;
        let (number, after) = next(state);
        state = after;
        order.swap(i, (number % (i as u64 + 1)) as usize);
    }
    (order, state)
}

fn order(learner: &mut Learner) -> Outcome {
    for n in [8, 3, 2, 1, 0, 4, 33, 300] {
        for _ in 0..4 {
            let state = learner.rng().u64(..);
            let (got, rng) = learner.call(shuffle, (n, Rng { state }))?;
            let (want, after) = shuffled(n, state);
            let drawn = (0..=2 * n).find(|count| state_after(state, *count) == rng.state);
            if got != want || rng.state != after {
                return Err(Miss::failed(told_of_order(&got, &want, drawn)).revealing(format!(
                    "n = {n}, state = {state:#x}: got {got:?}, expected {want:?}"
                )));
            }
        }
    }
    Ok(())
}

/// The state of a generator that has drawn so many numbers.
fn state_after(state: u64, drawn: usize) -> u64 {
    (0..drawn).fold(state, |state, _| next(state).1)
}

/// What is wrong with an order. `drawn`: how many random numbers were drawn, where that can be told.
fn told_of_order(got: &[usize], want: &[usize], drawn: Option<usize>) -> String {
    let (n, due) = (want.len(), want.len().saturating_sub(1));
    let mut sorted = got.to_vec();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..n) {
        return "what `shuffle` gives does not have every number from 0 to n − 1 once".to_owned();
    }
    if got.iter().copied().eq(0..n) && n > 4 {
        return "`shuffle` leaves the numbers in their order".to_owned();
    }
    match drawn {
        None => return "`shuffle` does not leave the generator as it is after n − 1 random numbers: draw \
                        them with `next_u64` of the generator that is handed in"
            .to_owned(),
        Some(drawn) if drawn != due => {
            return format!(
                "`shuffle` draws {drawn} random numbers for n = {n}, and {due} are due: one for each place \
                 from the last down to the second"
            );
        }
        Some(_) => {}
    }
    let turn = if got.last() == want.last() {
        "The number in the last place is the right one, so that the first turn is right, and a later one \
         is not: which places are left to choose from there?"
    } else {
        "The number in the last place is wrong already: which place has the first turn, and among which \
         places does it choose?"
    };
    format!(
        "`shuffle` draws {due} random numbers for n = {n}, as it should, and gives another order. {turn}"
    )
}

fn cut(learner: &mut Learner) -> Outcome {
    for (n, size) in [
        (10, 4),
        (8, 4),
        (3, 5),
        (1, 1),
        (0, 3),
        (7, 1),
        (250, 120),
        (100, 33),
        (33, 33),
        (34, 33),
        // All in one batch, whatever their number is.
        (6, usize::MAX),
    ] {
        // The second order is another one.
        for _ in 0..2 {
            let (order, _) = shuffled(n, learner.rng().u64(..));
            let got = learner.call(batches, (order.clone(), size))?;
            cut_into(&got, &order, size)?;
        }
    }
    Ok(())
}

fn cut_into(got: &[Vec<usize>], order: &[usize], size: usize) -> Outcome {
    let n = order.len();
    if got.concat() != order {
        let lost = got.iter().map(Vec::len).sum::<usize>() < n;
        return Err(Miss::failed(match lost {
            true => "`batches` loses samples. What becomes of those that do not fill a batch?",
            false => "`batches` changes the order, or has a sample more than once",
        }));
    }
    let full = n / size;
    let sizes = got.iter().map(Vec::len);
    if !sizes.eq((0..full).map(|_| size).chain((!n.is_multiple_of(size)).then_some(n % size))) {
        return Err(Miss::failed(
            "`batches` has every sample once, in batches of other sizes: all but the last are full, and \
             none is empty",
        ));
    }
    Ok(())
}

fn one_step(learner: &mut Learner) -> Outcome {
    let rates = learner.swept_points::<1>();
    let cases = learner.cases::<2, 4>();
    for (case, rate) in cases.iter().zip(rates.iter().map(|it| it[0].abs()).chain([0.0]).cycle()) {
        let ([d_out, d_in], [w, b, dw, db]) = (case.sizes, case.fillings);
        let (w, dw) = (learner.filled([d_out, d_in], w), learner.filled([d_out, d_in], dw));
        let (b, db) = (learner.filled([d_out], b), learner.filled([d_out], db));
        let arguments = (w.clone(), b.clone(), dw.clone(), db.clone(), rate);
        let got = learner.call(step, arguments)?;
        stepped("W", &got.w, &w, &dw, rate)?;
        stepped("b", &got.b, &b, &db, rate)?;
    }
    Ok(())
}

fn stepped<D: Dimension>(
    name: &str,
    got: &Array<f64, D>,
    from: &Array<f64, D>,
    gradient: &Array<f64, D>,
    rate: f64,
) -> Outcome {
    let scale = from.abs() + rate * gradient.abs();
    let way = -rate * gradient;
    let miss = match all_close(&format!("{name} after a step"), got, &(from + &way), &scale) {
        Err(miss) if got.shape() == from.shape() => miss,
        other => return other,
    };
    // How far it went says more than where it is.
    let went = all_close(&format!("the change of {name} in a step"), &(got - from), &way, &scale);
    let message = went.err().map_or(miss.message, |went| went.message);
    Err(Miss { message, ..miss })
}

/// One linear layer, or two or three with tanh between them.
#[derive(Clone)]
struct Model(Vec<(Array2<f64>, Array1<f64>)>);

impl Model {
    /// Weights with mean 0 and variance 1/d_in, and small biases.
    fn random(learner: &mut Learner, widths: &[usize]) -> Self {
        let layer = |pair: &[usize]| {
            let bound = (3.0 / pair[0] as f64).sqrt();
            (learner.array([pair[1], pair[0]], -bound, bound), learner.array([pair[1]], -0.1, 0.1))
        };
        Self(widths.windows(2).map(layer).collect())
    }

    fn parameters(&self) -> Vec<Parameters> {
        self.0.iter().map(|(w, b)| Parameters { w: w.clone(), b: b.clone() }).collect()
    }

    /// The inputs of each layer, then the outputs of the last.
    fn forward(&self, x: &Array2<f64>) -> Vec<Array2<f64>> {
        let mut arrays = vec![x.clone()];
        for (at, (w, b)) in self.0.iter().enumerate() {
            let z = affine(&arrays[at], w, b);
            let is_last = at + 1 == self.0.len();
            arrays.push(if is_last { z } else { z.mapv(f64::tanh) });
        }
        arrays
    }

    fn outputs(&self, x: &Array2<f64>) -> Array2<f64> {
        self.forward(x).pop().unwrap_or_default()
    }

    fn loss(&self, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
        (self.outputs(x) - y).iter().map(|error| error * error / 2.0).sum::<f64>()
            / x.nrows() as f64
    }

    fn step(&mut self, x: &Array2<f64>, y: &Array2<f64>, rate: f64) {
        let arrays = self.forward(x);
        let mut dz = (&arrays[self.0.len()] - y) / x.nrows() as f64;
        for at in (0..self.0.len()).rev() {
            let (w, b) = &mut self.0[at];
            let input = &arrays[at];
            let dx = dz.dot(w);
            *w -= &(rate * dz.t().dot(input));
            *b -= &(rate * sum(&dz));
            dz = dx * input.mapv(|a| 1.0 - a * a);
        }
    }

    /// Trains, and gives the loss curve, which may end above the limit or with NaN.
    fn fit(&mut self, x: &Array2<f64>, y: &Array2<f64>, settings: &Settings) -> Vec<f64> {
        let mut state = settings.seed;
        let mut curve = vec![self.loss(x, y)];
        for _ in 0..settings.epochs {
            let (order, after) = shuffled(x.nrows(), state);
            state = after;
            for rows in order.chunks(settings.batch) {
                self.step(&x.select(Axis(0), rows), &y.select(Axis(0), rows), settings.rate);
            }
            curve.push(self.loss(x, y));
            if !curve.last().is_some_and(|loss| *loss <= settings.limit) {
                break;
            }
        }
        curve
    }

    fn call(
        &self,
        learner: &mut Learner,
        x: &Array2<f64>,
        y: &Array2<f64>,
        settings: &Settings,
    ) -> Result<Trained, Miss> {
        learner.call(train, (self.parameters(), x.clone(), y.clone(), settings.clone()))
    }
}

/// What the learner's training made of a model.
fn model(trained: &Trained) -> Model {
    Model(trained.layers.iter().map(|it| (it.w.clone(), it.b.clone())).collect())
}

fn settings(learner: &mut Learner, epochs: usize, batch: usize, rate: f64) -> Settings {
    Settings { epochs, batch, rate, seed: learner.rng().u64(..), limit: f64::MAX }
}

/// Inputs (n, d_in) and targets (n, d_out) up to these sizes.
fn samples(
    learner: &mut Learner,
    n: usize,
    [d_in, d_out]: [usize; 2],
    scales: [f64; 2],
) -> (Array2<f64>, Array2<f64>) {
    let [of_x, of_y] = scales.map(|scale| Filling { scale, column_major: learner.rng().bool() });
    (learner.filled([n, d_in], of_x), learner.filled([n, d_out], of_y))
}

fn fit(learner: &mut Learner) -> Outcome {
    // Of X, Y, W and b, and of the rate.
    let ordinary = [[1.0, 1.0, 1.0, 1.0, 0.1]; 2];
    for (n, batch, epochs) in [(10, 4, 3), (9, 3, 3), (5, 1, 3), (3, 3, 2), (4, 7, 2), (40, 1, 1)] {
        each_step(learner, [3, 2], [n, batch, epochs], ordinary)?;
    }
    each_step(learner, [3, 34], [40, 33, 2], ordinary)?;
    each_step(learner, [1, 1], [130, 120, 1], ordinary)?;
    each_step(learner, [1, 1], [2, 2, 110], ordinary)?;
    each_step(learner, [3, 2], [6, 4, 2], [[1.0, 0.0, 0.0, 0.0, 0.1]; 2])?;
    each_step(learner, [3, 2], [6, 4, 2], [[1.0, 1.0, 1.0, 1.0, 0.0]; 2])?;
    let scales = [(); 5].map(|()| learner.decades(-3.0, 3.0, 12));
    for at in (0..12).step_by(2) {
        let two = [at, at + 1].map(|at| scales.each_ref().map(|it| it[at]));
        each_step(learner, [2, 3], [5, 2, 1], two)?;
    }
    Ok(())
}

/// Two trainings of one shape, with these scales. In the second, W lies in memory column by column.
fn each_step(
    learner: &mut Learner,
    widths: [usize; 2],
    [n, batch, epochs]: [usize; 3],
    scales: [[f64; 5]; 2],
) -> Outcome {
    for (turn, [of_x, of_y, of_w, of_b, rate]) in scales.into_iter().enumerate() {
        let (x, y) = samples(learner, n, widths, [of_x, of_y]);
        let w = learner.array([widths[1], widths[0]].set_f(turn == 1), -of_w, of_w);
        let b = learner.array([widths[1]], -of_b, of_b);
        let course = Course { settings: settings(learner, epochs, batch, rate), x, y };
        let (Course { x, y, .. }, seed) = (&course, course.settings.seed);
        let start = Parameters { w: w.clone(), b: b.clone() };
        let got = (start, x.clone(), y.clone(), epochs, batch, rate, seed);
        let got = learner.call(backward_passes, got)?;
        course.judge(&got)?;
        if got.w.index_axis(Axis(0), 0) != w || got.b.row(0) != b {
            return Err(Miss::failed("`fit` changes parameters before its first backward pass"));
        }
    }
    Ok(())
}

/// The way that a training should take.
struct Course {
    x: Array2<f64>,
    y: Array2<f64>,
    settings: Settings,
}

/// A backward pass of a linear layer: what its forward pass had, its upstream gradient, the parameters when
/// it ran, and the parameters when the next one did.
struct Pass {
    x: Array2<f64>,
    o: Array2<f64>,
    upstream: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
    next_w: Array2<f64>,
    next_b: Array1<f64>,
}

impl Pass {
    fn list(all: &Passes) -> Result<Vec<Self>, Miss> {
        let samples: usize = all.sizes.iter().sum();
        let rows = [&all.x, &all.o, &all.upstream].map(Array2::nrows);
        let moments = [all.w.len_of(Axis(0)), all.b.nrows()];
        if rows != [samples; 3] || moments != [all.sizes.len() + 1; 2] {
            return Err(Miss::failed(
                "a backward pass of `fit` has arrays that do not belong together",
            ));
        }
        let mut end = 0;
        let passes = all.sizes.iter().enumerate().map(|(at, size)| {
            end += size;
            let rows =
                |of: &Array2<f64>| of.slice_axis(Axis(0), Slice::from(end - size..end)).to_owned();
            let w = |at| all.w.index_axis(Axis(0), at).to_owned();
            Self {
                x: rows(&all.x),
                o: rows(&all.o),
                upstream: rows(&all.upstream),
                w: w(at),
                b: all.b.row(at).to_owned(),
                next_w: w(at + 1),
                next_b: all.b.row(at + 1).to_owned(),
            }
        });
        Ok(passes.collect())
    }
}

impl Course {
    /// The batches of each epoch.
    fn epochs(&self) -> Vec<Vec<Vec<usize>>> {
        let mut state = self.settings.seed;
        let epochs = (0..self.settings.epochs).map(|_| {
            let (order, after) = shuffled(self.x.nrows(), state);
            state = after;
            order.chunks(self.settings.batch).map(<[usize]>::to_vec).collect()
        });
        epochs.collect()
    }

    /// Compares each backward pass, and what changed until the next.
    fn judge(&self, passes: &Passes) -> Outcome {
        let (epochs, passes) = (self.epochs(), Pass::list(passes)?);
        let due: usize = epochs.iter().map(Vec::len).sum();
        if passes.len() != due {
            return Err(Miss::failed(format!(
                "`fit` ran {} backward passes in {} epochs of {} batches, and {due} are due: one for each \
                 batch of each epoch",
                passes.len(),
                epochs.len(),
                epochs[0].len(),
            )));
        }
        for (number, pass) in passes.iter().enumerate() {
            let (epoch, batch) = (number / epochs[0].len(), number % epochs[0].len());
            self.judge_step(&epochs, [epoch, batch], pass).map_err(|miss| Miss {
                message: format!("in step {} of epoch {}, {}", batch + 1, epoch + 1, miss.message),
                ..miss
            })?;
        }
        Ok(())
    }

    fn judge_step(&self, epochs: &[Vec<Vec<usize>>], at: [usize; 2], pass: &Pass) -> Outcome {
        let rows = match rows_of(&pass.x, &self.x) {
            Some(rows) if same_samples(&rows, &epochs[at[0]][at[1]]) => rows,
            seen => return Err(Miss::failed(self.told_of_samples(epochs, at, seen))),
        };
        let Pass { x, o, upstream, w, b, next_w, next_b } = pass;
        let (outputs, terms) = (affine(x, w, b), affine(&x.abs(), &w.abs(), &b.abs()));
        if all_close("O", o, &outputs, &terms).is_err() {
            return Err(Miss::failed(
                "the forward pass ran before the step of an earlier batch. Finish each batch before the \
                 next one begins: forward, `mse`, backward, step",
            ));
        }
        let size = rows.len() as f64;
        let targets = self.y.select(Axis(0), &rows);
        let terms = (&terms + &targets.abs()) / size;
        all_close("dL/dO", upstream, &((o - &targets) / size), &terms)
            .map_err(|miss| self.told_of_targets(&(o - &(upstream * size)), miss))?;
        let rate = self.settings.rate;
        let (of_w, of_b) = (-rate * upstream.t().dot(x), -rate * sum(upstream));
        let mut pairs = of_b.iter().zip(b);
        let is_still = next_w == w && next_b == b;
        if is_still && pairs.any(|(change, b)| change.abs() > 1e-9 * b.abs()) {
            return Err(Miss::failed(
                "no parameter changes between this backward pass and the next one: each batch has a step of \
                 its own",
            ));
        }
        let left_over = |miss: Miss| match at {
            [0, 0] => miss,
            _ => Miss {
                message: miss.message
                    + ". The steps before it are right: what is different, or left over?",
                ..miss
            },
        };
        let terms = rate * upstream.abs().t().dot(&x.abs());
        all_close("the change of W", &(next_w - w), &of_w, &(w.abs() + terms))
            .map_err(left_over)?;
        let terms = rate * sum(&upstream.abs());
        all_close("the change of b", &(next_b - b), &of_b, &(b.abs() + terms)).map_err(left_over)
    }

    /// What is wrong with the samples of a step: `seen`, where they are rows of X.
    fn told_of_samples(
        &self,
        epochs: &[Vec<Vec<usize>>],
        [epoch, batch]: [usize; 2],
        seen: Option<Vec<usize>>,
    ) -> String {
        let (all, n) = (&epochs[epoch], self.x.nrows());
        let Some(seen) = seen else {
            return "the inputs are not rows of X".to_owned();
        };
        let (got, want) = (seen.len(), all[batch].len());
        let in_order: Vec<_> = (0..n).skip(batch * self.settings.batch).take(want).collect();
        let is_of = |epoch: &[Vec<usize>]| epoch.iter().any(|it| same_samples(&seen, it));
        if got == n && want != n {
            "the network runs on all samples, and not on those of its batch".to_owned()
        } else if got != want {
            format!("the network runs on {got} samples, and the batch has {want}")
        } else if same_samples(&seen, &in_order) {
            "the batch has the samples that come next in X, as if nothing had shuffled them"
                .to_owned()
        } else if is_of(all) {
            "the batch is one of this epoch, and not the one whose turn it is".to_owned()
        } else if epoch > 0 && is_of(&epochs[0]) {
            "the batch is one of the first epoch again. Each epoch has an order of its own: where is the \
             generator made, and where is the order drawn?"
                .to_owned()
        } else {
            "the batch has other samples than its place in the order. The generator starts once, from the \
             seed as it is; `shuffle` is called once an epoch, and its order is what `batches` cuts"
                .to_owned()
        }
    }

    /// What is wrong with an upstream gradient, where `targets` would have led to it.
    fn told_of_targets(&self, targets: &Array2<f64>, miss: Miss) -> Miss {
        let is_row = |target: ndarray::ArrayView1<f64>| {
            self.y
                .outer_iter()
                .any(|y| y.iter().zip(target).all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs()))
        };
        if targets.outer_iter().all(is_row) {
            let message = "the outputs are compared with the targets of other samples. Inputs and targets \
                           belong together: what selects the rows of each?";
            return Miss::failed(message).revealing(miss.reveal);
        }
        let message = format!(
            "{} The upstream gradient is what `mse` gives for the outputs and the targets of this batch",
            miss.message + "."
        );
        Miss { message, ..miss }
    }
}

/// Which rows of `all` the rows of `some` are.
fn rows_of(some: &Array2<f64>, all: &Array2<f64>) -> Option<Vec<usize>> {
    some.outer_iter().map(|row| all.outer_iter().position(|it| it == row)).collect()
}

/// Whether two batches have the same samples: their order changes nothing but the rounding.
fn same_samples(one: &[usize], other: &[usize]) -> bool {
    let sorted = |batch: &[usize]| {
        let mut batch = batch.to_vec();
        batch.sort_unstable();
        batch
    };
    sorted(one) == sorted(other)
}

/// X·Wᵀ + b.
fn affine(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    x.dot(&w.t()) + b
}

/// The sum over the samples.
fn sum(p: &Array2<f64>) -> Array1<f64> {
    Array1::from_shape_fn(p.ncols(), |j| p.column(j).iter().sum())
}

/// How far rounding may lead two right trainings apart. Numbers are of order 1, and a step rounds some
/// 10⁻¹⁵ of them; with the rates of these checks a step does not make a difference larger.
const ROUNDED: f64 = 1e-11;

fn curve(learner: &mut Learner) -> Outcome {
    for (n, batch, epochs) in [
        (10, 4, 2),
        (10, 10, 3),
        (6, 2, 3),
        (4, 1, 2),
        (5, 7, 2),
        (40, 33, 2),
        (300, 280, 1),
        (9, 4, 0),
    ] {
        for widths in [&[2, 4, 2][..], &[3, 2], &[1, 5, 1], &[2, 4, 3, 1]] {
            let scales = learner.decades(-2.0, 1.0, 2);
            let ends = [widths[0], widths[widths.len() - 1]];
            let (x, y) = samples(learner, n, ends, [scales[0], scales[1]]);
            let mut want = Model::random(learner, widths);
            let steepest = (1.0 + ends[0] as f64 * scales[0] * scales[0]) * (1.0 + scales[1]);
            let mut settings = settings(learner, epochs, batch, 0.3 / steepest);
            if widths.len() == 2 {
                // A seed like any other.
                settings.seed = 0;
            }
            let got = want.call(learner, &x, &y, &settings)?;
            let curve = want.fit(&x, &y, &settings);
            went_through(&got)?;
            same_layers(&got, &want)?;
            same_curve(&got.curve, &curve)?;
        }
    }
    standstill(learner)
}

/// With the rate 0 nothing changes, whatever the numbers are.
fn standstill(learner: &mut Learner) -> Outcome {
    let scales = [(); 6].map(|()| learner.decades(-3.0, 3.0, 8));
    let swept = (0..8).map(|at| ([2, 3, 2], 5, scales.each_ref().map(|it| it[at])));
    let wide = ([2, 34, 33], 40, [1.0; 6]);
    let zeros = ([2, 3, 2], 5, [0.0; 6]);
    let all = swept.chain([wide, wide, zeros]);
    for (widths, n, [of_x, of_y, of_w1, of_b1, of_w2, of_b2]) in all {
        let (x, y) = samples(learner, n, [widths[0], widths[2]], [of_x, of_y]);
        let w = |scale| Filling { scale, column_major: true };
        let layers = [(0, of_w1, of_b1), (1, of_w2, of_b2)].map(|(at, of_w, of_b)| {
            let w = learner.filled([widths[at + 1], widths[at]], w(of_w));
            let mut b: Array1<f64> = learner.array([widths[at + 1]], -of_b, of_b);
            b[0] = 0.0;
            b[1] = of_b.copysign(b[1]);
            (w, b)
        });
        let start = Model(layers.to_vec());
        let settings = settings(learner, 2, 3, 0.0);
        let got = start.call(learner, &x, &y, &settings)?;
        went_through(&got)?;
        for (number, (got, (w, b))) in got.layers.iter().zip(&start.0).enumerate() {
            let exact =
                |name| format!("{name} of linear layer {} after steps of rate 0", number + 1);
            all_close(&exact("W"), &got.w, w, &Array2::zeros(w.dim()))?;
            all_close(&exact("b"), &got.b, b, &Array1::zeros(b.dim()))?;
        }
        let terms = Model(start.0.iter().map(|(w, b)| (w.abs(), b.abs())).collect());
        let scale = terms.loss(&x.abs(), &-y.abs());
        let loss = start.loss(&x, &y);
        if got.curve.len() != 3 {
            return same_curve(&got.curve, &[loss; 3]);
        }
        for got in &got.curve {
            close("the loss of all samples, with steps of rate 0,", *got, loss, scale)?;
        }
    }
    Ok(())
}

fn went_through(got: &Trained) -> Outcome {
    match got.diverged {
        None => Ok(()),
        Some(_) => Err(Miss::failed("`fit` gives up a training whose loss is within the limit")),
    }
}

fn same_layers(got: &Trained, want: &Model) -> Outcome {
    for (number, (got, (w, b))) in got.layers.iter().zip(&want.0).enumerate() {
        let pairs = got.w.iter().zip(w).map(|pair| ("W", pair));
        for (name, (got, want)) in pairs.chain(got.b.iter().zip(b).map(|pair| ("b", pair))) {
            let name = format!("{name} of linear layer {} after training", number + 1);
            within(&name, *got, *want, ROUNDED * (1.0 + want.abs()))?;
        }
    }
    Ok(())
}

fn same_curve(got: &[f64], want: &[f64]) -> Outcome {
    let owed = "It owes the loss of all samples before the first epoch, and then after each epoch";
    if got.len() != want.len() {
        let (epochs, got) = (want.len() - 1, got.len());
        let message = format!("the loss curve of {epochs} epochs has {got} numbers. {owed}");
        return Err(Miss::failed(message));
    }
    let is_loss = |got: f64, want: f64| (got - want).abs() <= ROUNDED * (1.0 + want.abs());
    let moment = |epoch| match epoch {
        0 => "before the first epoch".to_owned(),
        epoch => format!("after epoch {epoch}"),
    };
    for (epoch, (got, loss)) in got.iter().zip(want).enumerate() {
        if is_loss(*got, *loss) {
            continue;
        }
        let name = format!("the loss of all samples {}", moment(epoch));
        if let Some(other) = want.iter().position(|loss| is_loss(*got, *loss)) {
            let message =
                format!("in the place of {name} stands the one {}. {owed}", moment(other));
            return Err(Miss::failed(message));
        }
        within(&name, *got, *loss, ROUNDED * (1.0 + loss.abs())).map_err(|miss| Miss {
            message: format!(
                "{}. The parameters are right there: which samples is it the loss of, and when is it \
                 measured?",
                miss.message
            ),
            ..miss
        })?;
    }
    Ok(())
}

fn divergence(learner: &mut Learner) -> Outcome {
    // With the last rate, a sum within one epoch is infinite minus infinite.
    for (limit, rate) in
        [(1e3, 3.0), (1e1, 2.0), (1e12, 30.0), (1e300, 30.0), (1e3, 0.05), (1e300, 1e200)]
    {
        let (x, y) = samples(learner, 8, [2, 1], [1.0, 1.0]);
        let start = Model::random(learner, &[2, 1]);
        let settings = settings(learner, 60, 3, rate);
        gives_up(learner, &start, [&x, &y], &Settings { limit, ..settings })?;
    }
    let (x, mut y) = samples(learner, 8, [2, 1], [1.0, 1.0]);
    let start = Model::random(learner, &[2, 1]);
    // The loss before training may be above the limit, if that after the first epoch is not.
    let far = 100.0 + &y;
    let settings = settings(learner, 3, 8, 0.1);
    let curve = start.clone().fit(&x, &far, &settings);
    let limit = (curve[0] + curve[1]) / 2.0;
    gives_up(learner, &start, [&x, &far], &Settings { limit, ..settings.clone() })?;
    // A loss that equals the limit is within it. Where inputs, biases and targets are 0, nothing is rounded.
    let zero = |of: &Array2<f64>| Array2::zeros(of.dim());
    let unbiased = Model(vec![(start.0[0].0.clone(), Array1::zeros(1))]);
    let exact = Settings { limit: 0.0, ..settings.clone() };
    gives_up(learner, &unbiased, [&zero(&x), &zero(&y)], &exact)?;
    // No loss is within a negative limit, not even 0.
    let negative = Settings { limit: -1e3, ..settings.clone() };
    gives_up(learner, &unbiased, [&zero(&x), &zero(&y)], &negative)?;
    // Where one target is the only number, and nothing is rounded but its square, which may be infinite. A loss of 1/8
    // is above the limit 0.
    let zeros = Model(vec![(Array2::zeros((1, 2)), Array1::zeros(1))]);
    for (target, limit) in [(2.1, 2.1 * 2.1 / 2.0), (1e200, f64::INFINITY), (0.5, 0.0)] {
        let target = Array2::from_elem((1, 1), target);
        let exact = Settings { limit, rate: 0.0, ..settings.clone() };
        gives_up(learner, &zeros, [&Array2::zeros((1, 2)), &target], &exact)?;
    }
    // Not a number from the first step on.
    y[[5, 0]] = f64::NAN;
    gives_up(learner, &start, [&x, &y], &settings)
}

/// Training is given up where the reference gives it up, or not at all.
fn gives_up(
    learner: &mut Learner,
    start: &Model,
    [x, y]: [&Array2<f64>; 2],
    settings: &Settings,
) -> Outcome {
    let trained = start.call(learner, x, y, settings)?;
    let (got, mut model) = (trained.diverged, start.clone());
    let curve = model.fit(x, y, settings);
    let last = curve[curve.len() - 1];
    let want = (!(last <= settings.limit)).then(|| curve.len() - 1);
    let message = match (got, want) {
        (Some(got), Some(want)) if got == want => return Ok(()),
        (None, None) => return same_layers(&trained, &model),
        (None, Some(_)) if last.is_nan() => {
            "`fit` goes on although the loss is not a number. What is the answer of a comparison with NaN?"
        }
        (None, Some(_)) => "`fit` goes on although the loss is above the limit",
        (Some(_), None) if curve[0] > settings.limit => {
            "`fit` gives up because of the loss before the first epoch. What counts is the loss after an epoch"
        }
        (Some(_), None) => {
            "`fit` gives up a training whose loss is within the limit. A loss that equals the limit is"
        }
        (Some(got), Some(want)) if got + 1 == want => {
            "`fit` names the epoch before the first one that ends above the limit. The first epoch is 1"
        }
        (Some(got), Some(want)) if got < want => {
            "`fit` names an earlier epoch than the first one that ends above the limit"
        }
        _ => "`fit` names a later epoch than the first one that ends above the limit",
    };
    Err(Miss::failed(message).revealing(format!("{settings:?}: got {got:?}, expected {want:?}")))
}

/// The least-squares solution of (X | 1)·θ = y by Householder reflections, which are as exact as LAPACK's:
/// the weights, then the bias.
fn least_squares(x: &Array2<f64>, y: &Array2<f64>) -> Vec<f64> {
    let (n, columns) = (x.nrows(), x.ncols() + 1);
    let mut a = Array2::from_shape_fn((n, columns + 1), |(i, j)| match j {
        j if j + 1 < columns => x[[i, j]],
        j if j < columns => 1.0,
        _ => y[[i, 0]],
    });
    for k in 0..columns {
        let norm = (k..n).map(|i| a[[i, k]] * a[[i, k]]).sum::<f64>().sqrt();
        let alpha = -norm.copysign(a[[k, k]]);
        let mut v: Vec<_> = (k..n).map(|i| a[[i, k]]).collect();
        v[0] -= alpha;
        let length: f64 = v.iter().map(|it| it * it).sum();
        for j in k..=columns {
            let share = 2.0 * (k..n).map(|i| v[i - k] * a[[i, j]]).sum::<f64>() / length;
            (k..n).for_each(|i| a[[i, j]] -= share * v[i - k]);
        }
    }
    let mut theta = vec![0.0; columns];
    for k in (0..columns).rev() {
        let known: f64 = (k + 1..columns).map(|j| a[[k, j]] * theta[j]).sum();
        theta[k] = (a[[k, columns]] - known) / a[[k, k]];
    }
    theta
}

/// The eigenvalues of ZᵀZ/n are above 0.1 for such samples, and below 1.4: what is left of
/// the way is below 1e-20.
fn optimum(learner: &mut Learner) -> Outcome {
    for (n, d) in [(20, 1), (40, 2), (60, 3)] {
        let (x, y) = samples(learner, n, [d, 1], [1.0, 3.0]);
        let start = Model::random(learner, &[d, 1]);
        let settings = settings(learner, 600, n, 0.8);
        let got = start.call(learner, &x, &y, &settings)?;
        went_through(&got)?;
        let theta = least_squares(&x, &y);
        let Parameters { w, b } = &got.layers[0];
        for (got, want) in w.iter().chain(b).zip(&theta) {
            within("a parameter at the end", *got, *want, 1e-9)?;
        }
    }
    Ok(())
}

/// The loss at the end is that of the parameters, and not above `most`.
fn learned(
    got: &Trained,
    [x, y]: [&Array2<f64>; 2],
    epochs: usize,
    most: f64,
) -> Result<Model, Miss> {
    went_through(got)?;
    let model = model(got);
    let loss = model.loss(x, y);
    if !(loss <= most) {
        return Err(Miss::failed(
            "the parameters that training gives back have a large loss, where any right training has a \
             small one",
        )
        .revealing(format!("loss {loss:e}, at most {most:e}")));
    }
    let end = got.curve.get(epochs).copied().unwrap_or(f64::NAN);
    within("the end of the loss curve", end, loss, 1e-9 * (1.0 + loss))?;
    Ok(model)
}

/// Coded as ±1. In 1000 trainings from other weights, eight hidden neurons learned it 1000 times, to a loss
/// below 1e-12.
fn xor(learner: &mut Learner) -> Outcome {
    let x = ndarray::array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let y = ndarray::array![[-1.0], [1.0], [1.0], [-1.0]];
    for _ in 0..3 {
        let start = Model::random(learner, &[2, 8, 1]);
        let settings = settings(learner, 400, 4, 0.2);
        let got = start.call(learner, &x, &y, &settings)?;
        learner.draw("XOR", "epochs", &got.curve);
        learned(&got, [&x, &y], settings.epochs, 1e-3)?;
    }
    Ok(())
}

/// Two half circles, one into the other, and noise with a deviation of 0.1.
fn moons(learner: &mut Learner, n: usize) -> (Array2<f64>, Array2<f64>) {
    let bound = 0.1 * 3.0_f64.sqrt();
    let mut x: Array2<f64> = learner.array([n, 2], -bound, bound);
    for (i, mut row) in x.rows_mut().into_iter().enumerate() {
        let angle = learner.uniform(0.0, std::f64::consts::PI);
        let (sin, cos) = angle.sin_cos();
        let at = if i % 2 == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
        row[0] += at[0];
        row[1] += at[1];
    }
    (x, Array2::from_shape_fn((n, 1), |(i, _)| if i % 2 == 0 { -1.0 } else { 1.0 }))
}

/// In 300 trainings from other weights, on other moons, even 200 epochs had 196 samples or more on the right
/// side, and a loss below 0.11. The line of least squares had 188 of them at most.
fn two_moons(learner: &mut Learner) -> Outcome {
    let (x, y) = moons(learner, 200);
    let start = Model::random(learner, &[2, 16, 1]);
    let settings = settings(learner, 300, 32, 0.2);
    let got = start.call(learner, &x, &y, &settings)?;
    learner.draw("two moons", "epochs", &got.curve);
    let model = learned(&got, [&x, &y], settings.epochs, 0.15)?;
    let outputs = model.outputs(&x);
    let right = outputs.iter().zip(&y).filter(|(o, y)| *o * *y > 0.0).count();
    if right >= 192 {
        return Ok(());
    }
    Err(Miss::failed(
        "fewer than 96 of 100 samples are on the right side, as with a straight line: does the hidden layer \
         learn?",
    ))
}
