//! Checks of lesson 90.4: layers and their caches.

use engine::checks::{Check, Kind::Gradient, Learner, Lesson, Miss, Outcome, all_close};
use ndarray::Array1;

use super::contract::{Passes, chain, cube, scale};

pub const LESSON: Lesson = Lesson::new(
    "Layers and their caches",
    &[
        Check::hidden(Gradient, "scale", "both passes of a scale", 1.0, scales),
        Check::hidden(Gradient, "cube", "both passes of a cube", 1.0, cubes),
        Check::hidden(Gradient, "chain", "both passes of a chain", 2.0, chains)
            .after(&["scale", "cube"]),
    ],
);

/// A factor, two inputs, and an upstream gradient.
struct Case {
    factor: f64,
    x: Array1<f64>,
    other: Array1<f64>,
    dy: Array1<f64>,
}

impl Case {
    fn random(learner: &mut Learner, length: usize) -> Self {
        let factor = learner.uniform(-2.0, 2.0);
        let mut array = || learner.array(length, -2.0, 2.0);
        Self { factor, x: array(), other: array(), dy: array() }
    }

    /// Compares the passes of a layer that is `y`, element by element, with the derivative `slope`.
    fn compare(&self, got: &Passes, y: fn(f64, f64) -> f64, slope: fn(f64, f64) -> f64) -> Outcome {
        let factor = self.factor;
        let same = |name: &str, got: &Array1<f64>, want: Array1<f64>| {
            all_close(name, got, &want, &want.abs())
        };
        same("the first output", &got.first, self.x.mapv(|x| y(factor, x)))?;
        same("the output after it", &got.second, self.other.mapv(|x| y(factor, x)))?;
        let gradient = self.x.mapv(|x| slope(factor, x)) * &self.dy;
        same("dL/dx", &got.gradient, gradient)
    }
}

/// Runs one check on vectors of several lengths.
fn each(learner: &mut Learner, check: impl Fn(&mut Learner, &Case) -> Result<(), Miss>) -> Outcome {
    for length in [1, 2, 5, 33] {
        let case = Case::random(learner, length);
        check(learner, &case)?;
    }
    Ok(())
}

fn scales(learner: &mut Learner) -> Outcome {
    each(learner, |learner, case| {
        let Case { factor, x, other, dy } = case;
        let got = learner.call(scale, (*factor, x.clone(), other.clone(), dy.clone()))?;
        case.compare(&got, |factor, x| factor * x, |factor, _| factor)
    })
}

fn cubes(learner: &mut Learner) -> Outcome {
    each(learner, |learner, case| {
        let Case { x, other, dy, .. } = case;
        let got = learner.call(cube, (x.clone(), other.clone(), dy.clone()))?;
        case.compare(&got, |_, x| x * x * x, |_, x| 3.0 * x * x)
    })
}

fn chains(learner: &mut Learner) -> Outcome {
    each(learner, |learner, case| {
        let Case { factor, x, other, dy } = case;
        let got = learner.call(chain, (*factor, x.clone(), other.clone(), dy.clone()))?;
        let y = |factor: f64, x: f64| (factor * x).powi(3);
        case.compare(&got, y, |factor, x| 3.0 * factor.powi(3) * x * x)
    })
}
