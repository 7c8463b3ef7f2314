//! Checks of lesson 90.1: the softplus neuron.

use engine::checks::{
    Check,
    Kind::{Gradient, Property, Snapshot, Value},
    Learner, Lesson, Limits, Miss, Outcome, close, gradients, rounded, same_table,
};

use super::contract::{Forward, Gradients, backward, forward};

pub const LESSON: Lesson = Lesson::new(
    "The softplus neuron",
    &[
        Check::hidden(Value, "activation", "z and a at random points", 1.0, activation),
        Check::hidden(Value, "loss", "the loss at random points", 1.0, loss).after(&["activation"]),
        Check::visible(Snapshot, "table", "the printed table", 1.0, table).after(&[
            "activation",
            "loss",
            "gradients",
        ]),
        Check::hidden(Gradient, "gradients", "dL/dw and dL/db by differences", 2.0, both_gradients)
            .after(&["activation"]),
        Check::hidden(
            Property,
            "large_inputs",
            "large z of both signs: never infinite",
            1.0,
            large_inputs,
        )
        .after(&["activation", "loss", "gradients"]),
    ],
)
// Attacks that only wait are stopped the sooner.
.limits(Limits { seconds: 1, memory_mib: 2048 });

/// How many random points a check visits.
const POINTS: usize = 8;

/// x, w, b, y of one neuron.
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    w: f64,
    b: f64,
    y: f64,
}

impl Point {
    fn random(learner: &mut Learner) -> Self {
        let mut draw = || learner.uniform(-2.0, 2.0);
        Self { x: draw(), w: draw(), b: draw(), y: draw() }
    }

    fn arguments(self) -> (f64, f64, f64, f64) {
        (self.x, self.w, self.b, self.y)
    }

    fn z(self) -> f64 {
        self.w * self.x + self.b
    }

    /// The magnitudes of the terms of a − y.
    fn scale(self) -> f64 {
        1.0 + (self.w * self.x).abs() + self.b.abs() + self.y.abs()
    }

    fn loss(self) -> f64 {
        (softplus(self.z()) - self.y).powi(2) / 2.0
    }
}

/// Another road to ln(1 + eᶻ), for |z| below 700.
fn softplus(z: f64) -> f64 {
    if z > 0.0 { z + (-z).exp().ln_1p() } else { z.exp().ln_1p() }
}

fn activation(learner: &mut Learner) -> Outcome {
    for _ in 0..POINTS {
        let point = Point::random(learner);
        let got = learner.call(forward, point.arguments())?;
        close("z", got.z, point.z(), point.scale())?;
        close("a", got.a, softplus(point.z()), point.scale())?;
    }
    Ok(())
}

fn loss(learner: &mut Learner) -> Outcome {
    for _ in 0..POINTS {
        let point = Point::random(learner);
        let got = learner.call(forward, point.arguments())?;
        close("the loss", got.loss, point.loss(), point.scale().powi(2))?;
    }
    Ok(())
}

fn table(learner: &mut Learner) -> Outcome {
    let example = Point { x: 3.0, w: -0.5, b: 1.5, y: 0.0 };
    let Forward { z, a, loss } = learner.call(forward, example.arguments())?;
    let Gradients { dz, dw, db } = learner.call(backward, example.arguments())?;
    let [z, a, loss, dz, dw, db] = [z, a, loss, dz, dw, db].map(rounded);
    let got = format!("z = {z}, a = {a}, L = {loss}\ndL/dz = {dz}, dL/dw = {dw}, dL/db = {db}");
    let want = "z = 0, a = 0.693147181, L = 0.240226507\n\
                dL/dz = 0.34657359, dL/dw = 1.039720771, dL/db = 0.34657359";
    same_table(&got, want)
}

fn both_gradients(learner: &mut Learner) -> Outcome {
    for _ in 0..POINTS {
        let point = Point::random(learner);
        let Gradients { dz, dw, db } = learner.call(backward, point.arguments())?;
        let at = |(w, b)| Point { w, b, ..point };
        let claimed = (("w", point.w, dw), ("b", point.b, db));
        gradients(learner, claimed, |it| at(it).loss(), |learner, it| own_loss(learner, at(it)))?;
        let want = (softplus(point.z()) - point.y) / (1.0 + (-point.z()).exp());
        close("dL/dz", dz, want, point.scale().powi(2))?;
    }
    Ok(())
}

fn own_loss(learner: &mut Learner, point: Point) -> Result<f64, Miss> {
    Ok(learner.call(forward, point.arguments())?.loss)
}

fn large_inputs(learner: &mut Learner) -> Outcome {
    for magnitude in [50.0, 720.0, 1e6] {
        for (sign, slope) in [(1.0, 1.0), (-1.0, 0.0)] {
            let y = learner.uniform(-0.5, 0.5);
            let point = Point { x: sign * magnitude, w: 1.0, b: 0.0, y };
            let a = slope * magnitude;
            let scale = magnitude + 1.0;
            let got = learner.call(forward, point.arguments())?;
            close("a of a large z", got.a, a, scale)?;
            close("the loss at a large z", got.loss, (a - y).powi(2) / 2.0, scale.powi(2))?;
            let Gradients { dw, db, .. } = learner.call(backward, point.arguments())?;
            close("dL/db at a large z", db, slope * (a - y), scale)?;
            close("dL/dw at a large z", dw, point.x * slope * (a - y), scale.powi(2))?;
        }
    }
    Ok(())
}
