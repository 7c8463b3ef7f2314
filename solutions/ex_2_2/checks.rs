//! Checks of lesson 2.2: the scalar neuron in code.

use engine::checks::{
    Check,
    Kind::{Gradient, Property, Snapshot, Value},
    Learner, Lesson, Miss, Outcome, close, gradients, rounded, same_table,
};

use super::contract::{Forward, Gradients, backward, forward};

pub const LESSON: Lesson = Lesson::new(
    "The scalar neuron in code",
    &[
        Check::hidden(Value, "activation", "z and a at random points", 1.0, activation),
        Check::hidden(Value, "loss", "the loss at random points", 1.0, loss).after(&["activation"]),
        Check::visible(Snapshot, "course_table", "the course's printed table", 1.0, course_table)
            .after(&["activation", "loss", "chain", "weight_gradient", "bias_gradient"]),
        Check::hidden(Value, "chain", "dL/da and dL/dz at random points", 2.0, chain)
            .after(&["activation"]),
        Check::hidden(
            Gradient,
            "weight_gradient",
            "dL/dw against finite differences",
            2.0,
            weight_gradient,
        )
        .after(&["activation", "chain"]),
        Check::hidden(
            Gradient,
            "bias_gradient",
            "dL/db against finite differences",
            2.0,
            bias_gradient,
        )
        .after(&["activation", "chain"]),
        Check::hidden(
            Property,
            "large_inputs",
            "large |z|: saturated, never NaN",
            1.0,
            large_inputs,
        )
        .after(&["activation", "loss", "chain", "weight_gradient", "bias_gradient"]),
    ],
)
.after(&["ex_2_1"]);

/// x, w, b, y of one neuron.
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    w: f64,
    b: f64,
    y: f64,
}

impl Point {
    fn of([x, w, b, y]: [f64; 4]) -> Self {
        Self { x, w, b, y }
    }

    /// With the bias for which |z| is `magnitude`, and z has the sign of `y`.
    fn moved_to(self, magnitude: f64) -> Self {
        Self { b: magnitude.copysign(self.y) - self.w * self.x, ..self }
    }

    fn arguments(self) -> (f64, f64, f64, f64) {
        (self.x, self.w, self.b, self.y)
    }

    fn z(self) -> f64 {
        self.w * self.x + self.b
    }

    fn a(self) -> f64 {
        self.z().tanh()
    }

    fn loss(self) -> f64 {
        self.da().powi(2) / 2.0
    }

    fn da(self) -> f64 {
        self.a() - self.y
    }

    /// 1 − tanh² as 1/cosh², unlike the solution.
    fn slope(self) -> f64 {
        self.z().cosh().powi(-2)
    }

    fn dz(self) -> f64 {
        self.da() * self.slope()
    }

    /// The scale of z: the magnitude of its terms.
    fn z_scale(self) -> f64 {
        (self.w * self.x).abs() + self.b.abs()
    }

    /// tanh enlarges an error of z by its slope.
    fn a_scale(self) -> f64 {
        1.0 + self.slope() * self.z_scale()
    }

    fn loss_scale(self) -> f64 {
        (1.0 + self.y.abs()) * self.da_scale()
    }

    fn da_scale(self) -> f64 {
        self.a_scale() + self.y.abs()
    }

    /// However small 1 − a² is, its error is that of 1 and of a twice.
    fn dz_scale(self) -> f64 {
        self.da_scale() * self.slope() + self.da().abs() * 2.0 * self.a_scale()
    }
}

/// Up to this |z| the gradients are compared with those of the loss, and above it in `large_inputs`.
const UNSATURATED: f64 = 4.0;

fn ordinary(learner: &mut Learner) -> Vec<Point> {
    learner.ordinary_points().map(Point::of).into()
}

/// Ordinary points, and points with every argument over its range, with a bias for which |z| is less
/// than 4: where tanh is flat, wrong gradients are 0 as well.
fn points(learner: &mut Learner) -> Vec<Point> {
    let swept = learner.swept_points();
    let magnitudes = learner.decades(-3.0, UNSATURATED.log10(), swept.len());
    let swept = swept.into_iter().zip(magnitudes);
    let mut points = ordinary(learner);
    points.extend(swept.map(|(numbers, magnitude)| Point::of(numbers).moved_to(magnitude)));
    points
}

fn activation(learner: &mut Learner) -> Outcome {
    for at in points(learner) {
        let got = learner.call(forward, at.arguments())?;
        close("z", got.z, at.z(), at.z_scale())?;
        close("a", got.a, at.a(), at.a_scale())?;
    }
    Ok(())
}

fn loss(learner: &mut Learner) -> Outcome {
    for at in points(learner) {
        let got = learner.call(forward, at.arguments())?;
        close("the loss", got.loss, at.loss(), at.loss_scale())?;
    }
    Ok(())
}

fn course_table(learner: &mut Learner) -> Outcome {
    let example = Point { x: 2.0, w: -0.5, b: 1.0, y: 0.8 };
    let Forward { z, a, loss } = learner.call(forward, example.arguments())?;
    let Gradients { dw, db, .. } = learner.call(backward, example.arguments())?;
    let [z, a, loss, dw, db] = [z, a, loss, dw, db].map(rounded);
    let got = format!("z = {z}\na = {a}\nL = {loss}\ndL/dw = {dw}\ndL/db = {db}");
    same_table(&got, "z = 0\na = 0\nL = 0.32\ndL/dw = -1.6\ndL/db = -0.8")
}

fn chain(learner: &mut Learner) -> Outcome {
    for at in points(learner) {
        let got = learner.call(backward, at.arguments())?;
        close("dL/da", got.da, at.da(), at.da_scale())?;
        close("dL/dz", got.dz, at.dz(), at.dz_scale())?;
    }
    Ok(())
}

fn weight_gradient(learner: &mut Learner) -> Outcome {
    for point in ordinary(learner) {
        let dw = learner.call(backward, point.arguments())?.dw;
        let at = |w| Point { w, ..point };
        let claimed = ("w", point.w, dw);
        gradients(learner, claimed, |w| at(w).loss(), |learner, w| own_loss(learner, at(w)))?;
    }
    for at in points(learner) {
        let dw = learner.call(backward, at.arguments())?.dw;
        close("dL/dw", dw, at.dz() * at.x, at.dz_scale() * at.x)?;
    }
    Ok(())
}

fn bias_gradient(learner: &mut Learner) -> Outcome {
    for point in ordinary(learner) {
        let db = learner.call(backward, point.arguments())?.db;
        let at = |b| Point { b, ..point };
        let claimed = ("b", point.b, db);
        gradients(learner, claimed, |b| at(b).loss(), |learner, b| own_loss(learner, at(b)))?;
    }
    for at in points(learner) {
        let db = learner.call(backward, at.arguments())?.db;
        close("dL/db", db, at.dz(), at.dz_scale())?;
    }
    Ok(())
}

fn own_loss(learner: &mut Learner, point: Point) -> Result<f64, Miss> {
    Ok(learner.call(forward, point.arguments())?.loss)
}

fn large_inputs(learner: &mut Learner) -> Outcome {
    let points = ordinary(learner);
    let magnitudes = learner.decades(UNSATURATED.log10(), 20_f64.log10(), points.len());
    for (point, magnitude) in points.iter().zip(magnitudes) {
        nearly_saturated(learner, point.moved_to(magnitude))?;
    }
    for magnitude in [20.0, 400.0, 720.0, 1000.0, 1e6] {
        for z in [-magnitude, magnitude] {
            let y = learner.uniform(-0.5, 0.5);
            saturated(learner, Point { x: z, w: 1.0, b: 0.0, y })?;
        }
    }
    Ok(())
}

/// Where ±1 is a tempting approximation of tanh, and a wrong one.
fn nearly_saturated(learner: &mut Learner, at: Point) -> Outcome {
    let Forward { z, a, loss } = learner.call(forward, at.arguments())?;
    close("z", z, at.z(), at.z_scale())?;
    close("a of a large z", a, at.a(), at.a_scale())?;
    close("the loss at a large z", loss, at.loss(), at.loss_scale())?;
    let Gradients { dz, dw, db, .. } = learner.call(backward, at.arguments())?;
    close("dL/dz at a large z", dz, at.dz(), at.dz_scale())?;
    close("dL/dw at a large z", dw, at.dz() * at.x, at.dz_scale() * at.x)?;
    close("dL/db at a large z", db, at.dz(), at.dz_scale())
}

fn saturated(learner: &mut Learner, point: Point) -> Outcome {
    let Point { x, y, .. } = point;
    let Forward { z, a, loss } = learner.call(forward, point.arguments())?;
    close("z", z, x, x)?;
    close("a of a large z", a, x.signum(), 1.0)?;
    close("the loss at a large z", loss, (x.signum() - y).powi(2) / 2.0, 2.0)?;
    let Gradients { da, dz, dw, db } = learner.call(backward, point.arguments())?;
    close("dL/da at a large z", da, x.signum() - y, 2.0)?;
    // Where tanh rounds to 1, cancellation may leave a few ε of 1 − a².
    close("dL/dz at a large z", dz, 0.0, 2.0)?;
    close("dL/dw at a large z", dw, 0.0, 2.0 * x)?;
    close("dL/db at a large z", db, 0.0, 2.0)
}
