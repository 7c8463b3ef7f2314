//! Checks of lesson 2.1: backprop by hand.

use engine::checks::{
    Check, Function,
    Kind::{Snapshot, Value},
    Learner, Lesson, Miss, Outcome, rounded, same_table, within,
};

use super::contract::{Example, a, da, db, dw, dz, loss, z};

pub const LESSON: Lesson = Lesson::new(
    "Backprop by hand",
    &[
        Check::hidden(Value, "z", "z = w·x + b", 1.0, |it| step(it, z, "z", Numbers::z)),
        Check::hidden(Value, "a", "a = tanh(z)", 1.0, |it| step(it, a, "a", Numbers::a)),
        Check::hidden(Value, "loss", "the loss", 1.0, |it| step(it, loss, "L", Numbers::loss)),
        Check::hidden(Value, "da", "dL/da", 1.0, |it| step(it, da, "dL/da", Numbers::da)),
        Check::hidden(Value, "dz", "dL/dz", 2.0, |it| step(it, dz, "dL/dz", Numbers::dz)),
        Check::hidden(Value, "dw", "dL/dw", 1.0, |it| step(it, dw, "dL/dw", Numbers::dw)),
        Check::hidden(Value, "db", "dL/db", 2.0, |it| step(it, db, "dL/db", Numbers::dz)),
        Check::visible(Snapshot, "course_table", "the course's printed table", 1.0, course_table)
            .after(&["z", "a", "loss", "da", "dz", "dw", "db"]),
    ],
)
.after(&["ex_1_1", "ex_1_3"])
.precision(DIGITS);

/// Four correct digits: cutting a number after its fourth digit changes it by less than this part
/// of it.
const DIGITS: f64 = 1e-3;

/// The inputs of an example; its methods apply the chain rule.
struct Numbers {
    x: f64,
    w: f64,
    b: f64,
    y: f64,
}

impl Numbers {
    fn of(example: Example) -> Self {
        match example {
            Example::First => Self { x: 2.0, w: -0.5, b: 1.0, y: 0.8 },
            Example::Second => Self { x: 1.5, w: 0.8, b: -0.7, y: -0.25 },
        }
    }

    fn z(&self) -> f64 {
        self.w * self.x + self.b
    }

    fn a(&self) -> f64 {
        self.z().tanh()
    }

    fn loss(&self) -> f64 {
        self.da().powi(2) / 2.0
    }

    fn da(&self) -> f64 {
        self.a() - self.y
    }

    /// 1 − tanh² as 1/cosh².
    fn dz(&self) -> f64 {
        self.da() / self.z().cosh().powi(2)
    }

    fn dw(&self) -> f64 {
        self.dz() * self.x
    }
}

/// One step of both examples: a number is right or wrong on its own.
fn step<F>(learner: &mut Learner, function: F, name: &str, number: fn(&Numbers) -> f64) -> Outcome
where
    F: Function<Arguments = (Example,), Output = f64> + Copy,
{
    for (example, which) in [(Example::First, "first"), (Example::Second, "second")] {
        let got = learner.call(function, (example,))?;
        let want = number(&Numbers::of(example));
        let name = format!("{name} of the {which} example");
        within(&name, got, want, DIGITS * want.abs() + DIGITS / 10.0)?;
    }
    Ok(())
}

fn course_table(learner: &mut Learner) -> Outcome {
    let rows = [
        ("z", first(learner, z)?),
        ("a", first(learner, a)?),
        ("L", first(learner, loss)?),
        ("dL/dw", first(learner, dw)?),
        ("dL/db", first(learner, db)?),
    ];
    let got = rows.map(|(name, number)| format!("{name} = {number}")).join("\n");
    same_table(&got, "z = 0\na = 0\nL = 0.32\ndL/dw = -1.6\ndL/db = -0.8")
}

fn first<F>(learner: &mut Learner, function: F) -> Result<f64, Miss>
where
    F: Function<Arguments = (Example,), Output = f64>,
{
    Ok(rounded(learner.call(function, (Example::First,))?))
}
