//! Checks of lesson 3.1: a batch, forward and backward.

use std::convert;

use engine::checks::Kind::{Gradient, Property, Snapshot, Source, Value};
use engine::checks::{
    Case, Check, Learner, Lesson, Miss, Outcome, all_close, close, gradients, rounded, same_shape,
    same_table,
};
use ndarray::{Array1, Array2, Axis, array};

use super::contract::{Forward, Gradients, backward, forward};

pub const LESSON: Lesson = Lesson::new("A batch, forward and backward", CHECKS).after(&["ex_2_4"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "activation", "Z and A at random batches", 1.0, activation),
    Check::hidden(Value, "loss", "the loss at random batches", 1.0, loss).after(&["activation"]),
    Check::visible(Snapshot, "course_table", "the course's printed table", 1.0, course_table)
        .after(ALL_VALUES),
    Check::hidden(
        Value,
        "chain",
        "dL/dA and dL/dZ at random batches, one element for each sample",
        1.0,
        chain,
    ),
    Check::hidden(
        Gradient,
        "weight_gradient",
        "dL/dW against finite differences",
        2.0,
        weight_gradient,
    )
    .after(&["chain"]),
    Check::hidden(
        Gradient,
        "bias_gradient",
        "dL/db against finite differences",
        1.0,
        bias_gradient,
    )
    .after(&["chain"]),
    Check::hidden(
        Property,
        "mean_of_samples",
        "the gradient of a batch is the mean over its samples",
        1.0,
        mean_of_samples,
    )
    .after(ALL_VALUES),
    Check::hidden(Property, "large_inputs", "large |z|: saturated, never NaN", 1.0, large_inputs)
        .after(ALL_VALUES),
    Check::hidden(Source, "no_loops", "no loop in `forward` and `backward`", 1.0, no_loops)
        .after(ALL_VALUES),
];

/// The checks of every value that the two functions give.
const ALL_VALUES: &[&str] = &["activation", "loss", "chain", "weight_gradient", "bias_gradient"];

/// Where tanh is flatter than here, wrong gradients are 0 as well.
const MAX_UNSATURATED: f64 = 2.5;

/// How many inputs the batches have that are compared with finite differences; with the closed form, all are.
const FEW: usize = 12;

/// X, W, b, Y of one neuron over a batch.
#[derive(Clone)]
struct Batch {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
    y: Array2<f64>,
}

impl Batch {
    fn of(learner: &mut Learner, case: &Case<2, 4>) -> Self {
        let ([samples, d_in], [x, w, b, y]) = (case.sizes, case.fillings);
        Self {
            x: learner.filled([samples, d_in], x),
            w: learner.filled([1, d_in], w),
            b: learner.filled([1], b),
            y: learner.filled([samples, 1], y),
        }
    }

    /// With numbers of order 1.
    fn ordinary(learner: &mut Learner) -> Vec<Self> {
        let cases = learner.cases().into_iter().filter(|case| case.is_ordinary);
        cases.map(|case| Self::of(learner, &case)).collect()
    }

    /// With numbers of order 1, and few of them.
    fn few(learner: &mut Learner) -> Vec<Self> {
        let mut batches = Self::ordinary(learner);
        batches.retain(|it| it.x.len() <= FEW);
        batches
    }

    /// With every argument over its range, and W and b for which tanh is not flat, or Z is 0.
    fn unsaturated(learner: &mut Learner) -> Vec<Self> {
        let cases = learner.cases().into_iter();
        let drawn = cases.map(|case| Self::of(learner, &case));
        let scaled = drawn.map(|it| it.clone().scaled_to(it.max_z().min(MAX_UNSATURATED)));
        let mut batches: Vec<_> = scaled.collect();
        batches.push(Self::of(learner, &Case::ordinary([4, 3])).scaled_to(0.0));
        // More samples than a byte counts.
        batches.push(Self::of(learner, &Case::ordinary([300, 2])).scaled_to(1.0));
        batches
    }

    fn max_z(&self) -> f64 {
        (0..self.samples()).map(|i| self.z(i).abs()).fold(0.0, f64::max)
    }

    /// With W and b for which the largest |z| is this one.
    fn scaled_to(self, max_z: f64) -> Self {
        let own = self.max_z();
        let factor = if own > 0.0 { max_z / own } else { 1.0 };
        Self { w: self.w * factor, b: self.b * factor, ..self }
    }

    fn samples(&self) -> usize {
        self.x.nrows()
    }

    /// Sample `i` as a batch of its own.
    fn sample(&self, i: usize) -> Self {
        let row = |array: &Array2<f64>| array.row(i).insert_axis(Axis(0)).to_owned();
        Self { x: row(&self.x), y: row(&self.y), ..self.clone() }
    }

    /// One number for each sample.
    fn column(&self, of_sample: impl Fn(usize) -> f64) -> Array2<f64> {
        Array2::from_shape_fn([self.samples(), 1], |(i, _)| of_sample(i))
    }

    /// z of sample `i`.
    fn z(&self, i: usize) -> f64 {
        self.w.row(0).dot(&self.x.row(i)) + self.b[0]
    }

    /// The magnitude of the terms of z of sample `i`.
    fn z_scale(&self, i: usize) -> f64 {
        let terms = self.w.row(0).into_iter().zip(self.x.row(i)).map(|(w, x)| (w * x).abs());
        terms.sum::<f64>() + self.b[0].abs()
    }

    /// 1 − tanh² as 1/cosh², unlike the solution.
    fn slope(&self, i: usize) -> f64 {
        self.z(i).cosh().powi(-2)
    }

    /// tanh enlarges an error of z by its slope.
    fn a_scale(&self, i: usize) -> f64 {
        1.0 + self.slope(i) * self.z_scale(i)
    }

    fn loss(&self) -> f64 {
        let losses = (0..self.samples()).map(|i| (self.z(i).tanh() - self.y[[i, 0]]).powi(2) / 2.0);
        losses.sum::<f64>() / self.samples() as f64
    }

    fn loss_scale(&self) -> f64 {
        (0..self.samples()).map(|i| (1.0 + self.y[[i, 0]].abs()) * self.da_scale(i)).sum()
    }

    fn da(&self, i: usize) -> f64 {
        (self.z(i).tanh() - self.y[[i, 0]]) / self.samples() as f64
    }

    fn dz(&self, i: usize) -> f64 {
        self.da(i) * self.slope(i)
    }

    fn da_scale(&self, i: usize) -> f64 {
        (self.a_scale(i) + self.y[[i, 0]].abs()) / self.samples() as f64
    }

    /// However small 1 − a² is, its error is that of 1 and of a twice.
    fn dz_scale(&self, i: usize) -> f64 {
        self.da_scale(i) * self.slope(i) + self.da(i).abs() * 2.0 * self.a_scale(i)
    }

    /// dL/dW and dL/db.
    fn gradients(&self) -> (Array2<f64>, Array1<f64>) {
        self.over_samples(|i| self.dz(i), convert::identity)
    }

    fn gradient_scales(&self) -> (Array2<f64>, Array1<f64>) {
        self.over_samples(|i| self.dz_scale(i), f64::abs)
    }

    /// The sums over the samples of dL/dz·x and of dL/dz, or of their scales.
    fn over_samples(
        &self,
        dz: impl Fn(usize) -> f64,
        x: impl Fn(f64) -> f64,
    ) -> (Array2<f64>, Array1<f64>) {
        let dz: Vec<_> = (0..self.samples()).map(dz).collect();
        let dw = |(_, k): (usize, usize)| {
            self.x.column(k).iter().zip(&dz).map(|(x_ik, dz)| dz * x(*x_ik)).sum()
        };
        (Array2::from_shape_fn(self.w.dim(), dw), array![dz.iter().sum()])
    }

    fn forward(&self) -> Forward {
        Forward {
            z: self.column(|i| self.z(i)),
            a: self.column(|i| self.z(i).tanh()),
            loss: self.loss(),
        }
    }

    fn call_forward(&self, learner: &mut Learner) -> Result<Forward, Miss> {
        let Self { x, w, b, y } = self.clone();
        learner.call(forward, (x, w, b, y))
    }

    fn call_backward(&self, learner: &mut Learner, computed: Forward) -> Result<Gradients, Miss> {
        learner.call(backward, (self.x.clone(), self.y.clone(), computed))
    }

    /// The gradients that the learner's `backward` computes from the learner's `forward`.
    fn call_both(&self, learner: &mut Learner) -> Result<Gradients, Miss> {
        let computed = self.call_forward(learner)?;
        self.call_backward(learner, computed)
    }
}

fn activation(learner: &mut Learner) -> Outcome {
    for batch in Batch::unsaturated(learner) {
        let got = batch.call_forward(learner)?;
        let want = batch.forward();
        all_close("Z", &got.z, &want.z, &batch.column(|i| batch.z_scale(i)))?;
        all_close("A", &got.a, &want.a, &batch.column(|i| batch.a_scale(i)))?;
    }
    Ok(())
}

fn loss(learner: &mut Learner) -> Outcome {
    for batch in Batch::unsaturated(learner) {
        let got = batch.call_forward(learner)?;
        close("the loss", got.loss, batch.loss(), batch.loss_scale())?;
    }
    Ok(())
}

fn course_table(learner: &mut Learner) -> Outcome {
    let batch = Batch {
        x: array![[2.0], [1.5], [-1.0]],
        w: array![[-0.5]],
        b: array![1.0],
        y: array![[0.8], [0.5], [-0.3]],
    };
    let computed = batch.call_forward(learner)?;
    let Forward { z, a, loss } = computed.clone();
    let Gradients { dz, dw, db, .. } = batch.call_backward(learner, computed)?;
    let [z, a, dz, dw] = [z, a, dz, dw].map(|array| array.mapv(rounded));
    let (loss, db) = (rounded(loss), db.mapv(rounded));
    let got = format!("Z =\n{z}\nA =\n{a}\nL = {loss}\ndL/dZ =\n{dz}\ndL/dW = {dw}\ndL/db = {db}");
    same_table(&got, COURSE_TABLE)
}

const COURSE_TABLE: &str = "\
Z =
[[0],
 [0.25],
 [1.5]]
A =
[[0],
 [0.244918662],
 [0.905148254]]
L = 0.3595748
dL/dZ =
[[-0.266666667],
 [-0.079926748],
 [0.072592763]]
dL/dW = [[-0.725816219]]
dL/db = [-0.274000652]";

fn chain(learner: &mut Learner) -> Outcome {
    for batch in Batch::unsaturated(learner) {
        let got = batch.call_backward(learner, batch.forward())?;
        let (da, dz) = (batch.column(|i| batch.da(i)), batch.column(|i| batch.dz(i)));
        all_close("dL/dA", &got.da, &da, &batch.column(|i| batch.da_scale(i)))?;
        all_close("dL/dZ", &got.dz, &dz, &batch.column(|i| batch.dz_scale(i)))?;
    }
    Ok(())
}

fn weight_gradient(learner: &mut Learner) -> Outcome {
    for batch in Batch::few(learner) {
        let dw = batch.call_backward(learner, batch.forward())?.dw;
        same_shape("dL/dW", dw.shape(), batch.w.shape())?;
        let at = |w: &Array2<f64>| Batch { w: w.clone(), ..batch.clone() };
        let claimed = ("W", &batch.w, &dw);
        gradients(learner, claimed, |w| at(w).loss(), |learner, w| own_loss(learner, &at(w)))?;
    }
    for batch in Batch::unsaturated(learner) {
        let dw = batch.call_backward(learner, batch.forward())?.dw;
        all_close("dL/dW", &dw, &batch.gradients().0, &batch.gradient_scales().0)?;
    }
    Ok(())
}

fn bias_gradient(learner: &mut Learner) -> Outcome {
    for batch in Batch::few(learner) {
        let db = batch.call_backward(learner, batch.forward())?.db;
        same_shape("dL/db", db.shape(), batch.b.shape())?;
        let at = |b: &Array1<f64>| Batch { b: b.clone(), ..batch.clone() };
        let claimed = ("b", &batch.b, &db);
        gradients(learner, claimed, |b| at(b).loss(), |learner, b| own_loss(learner, &at(b)))?;
    }
    for batch in Batch::unsaturated(learner) {
        let db = batch.call_backward(learner, batch.forward())?.db;
        all_close("dL/db", &db, &batch.gradients().1, &batch.gradient_scales().1)?;
    }
    Ok(())
}

fn own_loss(learner: &mut Learner, batch: &Batch) -> Result<f64, Miss> {
    Ok(batch.call_forward(learner)?.loss)
}

fn mean_of_samples(learner: &mut Learner) -> Outcome {
    for batch in Batch::ordinary(learner) {
        let got = batch.call_both(learner)?;
        let (dw_scale, db_scale) = batch.gradient_scales();
        let (dw, db) = mean_over_singles(learner, &batch)?;
        all_close("dL/dW, compared with the mean over the samples,", &got.dw, &dw, &dw_scale)?;
        all_close("dL/db, compared with the mean over the samples,", &got.db, &db, &db_scale)?;
        // A constant is its own mean as well: the gradients also have to be those of the loss.
        let (dw, db) = batch.gradients();
        all_close("dL/dW", &got.dw, &dw, &dw_scale)?;
        all_close("dL/db", &got.db, &db, &db_scale)?;
    }
    Ok(())
}

/// The mean of the learner's gradients of each sample as a batch of its own.
fn mean_over_singles(
    learner: &mut Learner,
    batch: &Batch,
) -> Result<(Array2<f64>, Array1<f64>), Miss> {
    let (mut dw, mut db) = (Array2::zeros(batch.w.dim()), Array1::zeros(batch.b.dim()));
    for i in 0..batch.samples() {
        let alone = batch.sample(i).call_both(learner)?;
        same_shape("dL/dW of a single sample", alone.dw.shape(), dw.shape())?;
        same_shape("dL/db of a single sample", alone.db.shape(), db.shape())?;
        dw += &alone.dw;
        db += &alone.db;
    }
    let samples = batch.samples() as f64;
    Ok((dw / samples, db / samples))
}

fn large_inputs(learner: &mut Learner) -> Outcome {
    for magnitude in [20.0, 400.0, 720.0, 1000.0, 1e6] {
        // Two saturated samples, and an ordinary one that they must not change.
        let saturated = Batch {
            x: array![[magnitude], [learner.uniform(-1.0, 1.0)], [-magnitude]],
            w: array![[1.0]],
            b: array![0.0],
            y: learner.array([3, 1], -0.5, 0.5),
        };
        large_input(learner, &saturated)?;
    }
    for case in learner.cases() {
        // As it is; and where ±1 is a tempting approximation of tanh, and a wrong one.
        let batch = Batch::of(learner, &case);
        let nearly_saturated = batch.clone().scaled_to(learner.uniform(4.0, 20.0));
        large_input(learner, &batch)?;
        large_input(learner, &nearly_saturated)?;
    }
    Ok(())
}

fn large_input(learner: &mut Learner, batch: &Batch) -> Outcome {
    let (got, want) = (batch.call_forward(learner)?, batch.forward());
    all_close("Z", &got.z, &want.z, &batch.column(|i| batch.z_scale(i)))?;
    all_close("A at large z", &got.a, &want.a, &batch.column(|i| batch.a_scale(i)))?;
    close("the loss at large z", got.loss, want.loss, batch.loss_scale())?;
    let got = batch.call_backward(learner, got)?;
    let dz = batch.column(|i| batch.dz(i));
    all_close("dL/dZ at large z", &got.dz, &dz, &batch.column(|i| batch.dz_scale(i)))?;
    let ((dw, db), (dw_scale, db_scale)) = (batch.gradients(), batch.gradient_scales());
    all_close("dL/dW at large z", &got.dw, &dw, &dw_scale)?;
    all_close("dL/db at large z", &got.db, &db, &db_scale)
}

/// The results are compared too: what computes nothing has no loop either.
fn no_loops(learner: &mut Learner) -> Outcome {
    let batch = Batch::of(learner, &Case::ordinary([4, 3]));
    let computed = batch.call_forward(learner)?;
    close("the loss", computed.loss, batch.loss(), batch.loss_scale())?;
    let Gradients { dw, db, .. } = batch.call_backward(learner, computed)?;
    let ((want_dw, want_db), (dw_scale, db_scale)) = (batch.gradients(), batch.gradient_scales());
    all_close("dL/dW", &dw, &want_dw, &dw_scale)?;
    all_close("dL/db", &db, &want_db, &db_scale)?;
    learner.without_loops()
}
