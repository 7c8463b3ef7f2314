//! Checks of lesson 91.2: a training loop.

use engine::checks::{
    Check,
    Kind::{Cost, Property, Value},
    Learner, Lesson, Limits, Outcome, close, within,
};
use ndarray::{Array2, ShapeBuilder};

use super::contract::fit;

pub const LESSON: Lesson = Lesson::new(
    "A training loop",
    &[
        Check::hidden(Value, "steps", "the first steps", 1.0, first_steps),
        Check::hidden(Property, "line", "a line is found", 1.0, line).after(&["steps"]),
        Check::hidden(Cost, "long", "200,000 steps on 200 samples", 1.0, long)
            .after(&["line"])
            .limits(Limits { seconds: 2, memory_mib: 512 }),
    ],
)
.after(&["ex_91_1"])
.optimised()
.limits(Limits { seconds: 4, memory_mib: 1024 });

/// Samples on the line y = w·x + b.
fn samples(learner: &mut Learner, count: usize, (w, b): (f64, f64)) -> Array2<f64> {
    let columns = learner.rng().bool();
    let mut samples: Array2<f64> = learner.array((count, 2).set_f(columns), -1.0, 1.0);
    samples.rows_mut().into_iter().for_each(|mut row| row[1] = w * row[0] + b);
    samples
}

fn first_steps(learner: &mut Learner) -> Outcome {
    for steps in [0, 1, 2, 5] {
        let line = (learner.uniform(-2.0, 2.0), learner.uniform(-2.0, 2.0));
        let samples = samples(learner, 7, line);
        let (mut w, mut b) = (0.0, 0.0);
        for _ in 0..steps {
            let mean = |of: fn(f64, f64) -> f64| {
                let rows = samples.rows().into_iter();
                rows.map(|row| of(w * row[0] + b - row[1], row[0])).sum::<f64>() / 7.0
            };
            let (dw, db) = (mean(|residual, x| residual * x), mean(|residual, _| residual));
            (w, b) = (w - 0.1 * dw, b - 0.1 * db);
        }
        let got = learner.call(fit, (samples, 0.1, steps))?;
        close("w after a few steps", got.0, w, 10.0)?;
        close("b after a few steps", got.1, b, 10.0)?;
    }
    Ok(())
}

/// The samples lie on a line: whoever makes enough steps finds it.
fn found(learner: &mut Learner, count: usize, steps: usize) -> Outcome {
    let line = (learner.uniform(0.5, 2.0), learner.uniform(-2.0, -0.5));
    let samples = samples(learner, count, line);
    let (w, b) = learner.call(fit, (samples, 0.5, steps))?;
    within("w of the line", w, line.0, 1e-6)?;
    within("b of the line", b, line.1, 1e-6)
}

fn line(learner: &mut Learner) -> Outcome {
    found(learner, 20, 2_000)
}

/// A worker without optimisation takes more than a hundred times as long as an optimised one.
fn long(learner: &mut Learner) -> Outcome {
    found(learner, 200, 200_000)
}
