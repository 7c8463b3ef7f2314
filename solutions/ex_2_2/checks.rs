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
    fn random(learner: &mut Learner) -> Self {
        let mut draw = || learner.uniform(-1.5, 1.5);
        Self { x: draw(), w: draw(), b: draw(), y: draw() }
    }

    fn arguments(self) -> (f64, f64, f64, f64) {
        (self.x, self.w, self.b, self.y)
    }

    /// z and the magnitude of its terms.
    fn z(self) -> (f64, f64) {
        (self.w * self.x + self.b, (self.w * self.x).abs() + self.b.abs())
    }

    fn loss(self) -> f64 {
        (self.z().0.tanh() - self.y).powi(2) / 2.0
    }
}

/// Random points; in the last of them tanh is nearly flat, or one argument is zero.
fn points(learner: &mut Learner) -> Vec<Point> {
    let mut points: Vec<_> = (0..22).map(|_| Point::random(learner)).collect();
    for (point, sign) in points[16..18].iter_mut().zip([-1.0, 1.0]) {
        point.x = learner.uniform(1.5, 1.6);
        point.w = sign * learner.uniform(1.5, 1.6);
        point.b = learner.uniform(-0.5, 0.5);
    }
    (points[18].x, points[19].w, points[20].b, points[21].y) = (0.0, 0.0, 0.0, 0.0);
    points
}

fn activation(learner: &mut Learner) -> Outcome {
    for point in points(learner) {
        let got = learner.call(forward, point.arguments())?;
        let (z, scale) = point.z();
        close("z", got.z, z, scale)?;
        // |tanh′| ≤ 1: tanh does not enlarge an error in z.
        close("a", got.a, z.tanh(), scale + 1.0)?;
    }
    Ok(())
}

fn loss(learner: &mut Learner) -> Outcome {
    for point in points(learner) {
        let got = learner.call(forward, point.arguments())?;
        let (_, scale) = point.z();
        let residual = 1.0 + point.y.abs();
        close("the loss", got.loss, point.loss(), residual * (residual + scale))?;
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
    for point in points(learner) {
        chain_at(learner, point)?;
    }
    for _ in 0..4 {
        let (point, other) = (Point::random(learner), Point::random(learner));
        // A backward pass that remembers the last forward pass is wrong here. Whether `forward` is
        // right, or written at all, is for other checks.
        learner.call(forward, other.arguments()).ok();
        chain_at(learner, point)?;
    }
    Ok(())
}

fn chain_at(learner: &mut Learner, point: Point) -> Outcome {
    let got = learner.call(backward, point.arguments())?;
    let (z, scale) = point.z();
    // 1 − tanh² as 1/cosh²: computed in another way than in the solution.
    let da = z.tanh() - point.y;
    let error = 1.0 + point.y.abs() + scale;
    close("dL/da", got.da, da, error)?;
    close("dL/dz", got.dz, da / z.cosh().powi(2), error * (1.0 + scale))
}

fn weight_gradient(learner: &mut Learner) -> Outcome {
    for point in points(learner) {
        let got = learner.call(backward, point.arguments())?;
        let at = |w| Point { w, ..point };
        let claimed = ("w", point.w, got.dw);
        gradients(learner, claimed, |w| at(w).loss(), |learner, w| own_loss(learner, at(w)))?;
    }
    Ok(())
}

fn bias_gradient(learner: &mut Learner) -> Outcome {
    for point in points(learner) {
        let got = learner.call(backward, point.arguments())?;
        let at = |b| Point { b, ..point };
        let claimed = ("b", point.b, got.db);
        gradients(learner, claimed, |b| at(b).loss(), |learner, b| own_loss(learner, at(b)))?;
    }
    Ok(())
}

fn own_loss(learner: &mut Learner, point: Point) -> Result<f64, Miss> {
    Ok(learner.call(forward, point.arguments())?.loss)
}

fn large_inputs(learner: &mut Learner) -> Outcome {
    for (low, high) in [(4.0, 8.0), (8.0, 15.0)] {
        let magnitude = learner.uniform(low, high);
        at_both_signs(learner, magnitude, nearly_saturated)?;
    }
    for magnitude in [20.0, 400.0, 720.0, 1000.0, 1e6] {
        at_both_signs(learner, magnitude, saturated)?;
    }
    Ok(())
}

/// A check of the points with z = ±magnitude.
fn at_both_signs(
    learner: &mut Learner,
    magnitude: f64,
    check: fn(&mut Learner, Point) -> Outcome,
) -> Outcome {
    for sign in [-1.0, 1.0] {
        let y = learner.uniform(-0.5, 0.5);
        check(learner, Point { x: sign * magnitude, w: 1.0, b: 0.0, y })?;
    }
    Ok(())
}

/// Where ±1 is a tempting approximation of tanh, and a wrong one.
fn nearly_saturated(learner: &mut Learner, point: Point) -> Outcome {
    let (z, _) = point.z();
    let Forward { a, loss, .. } = learner.call(forward, point.arguments())?;
    close("a of a large z", a, z.tanh(), 1.0)?;
    close("the loss at a large z", loss, point.loss(), 2.0)?;
    let Gradients { dz, .. } = learner.call(backward, point.arguments())?;
    // 1 − a² has an absolute error of a few ε, however small it is.
    close("dL/dz at a large z", dz, (z.tanh() - point.y) / z.cosh().powi(2), 2.0)
}

fn saturated(learner: &mut Learner, point: Point) -> Outcome {
    let Point { x, y, .. } = point;
    let Forward { a, loss, .. } = learner.call(forward, point.arguments())?;
    close("a of a large z", a, x.signum(), 1.0)?;
    close("the loss at a large z", loss, (x.signum() - y).powi(2) / 2.0, 2.0)?;
    let Gradients { dz, dw, db, .. } = learner.call(backward, point.arguments())?;
    // Where tanh rounds to 1, cancellation may leave a few ε of 1 − a².
    close("dL/dz at a large z", dz, 0.0, 2.0)?;
    close("dL/dw at a large z", dw, 0.0, 2.0 * x)?;
    close("dL/db at a large z", db, 0.0, 2.0)
}
