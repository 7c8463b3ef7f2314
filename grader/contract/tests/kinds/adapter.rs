// Training, with the model's state as a value.

use learner::{Forward, Model};
use ndarray::Array1;
use wire::Callback;

/// What training gives back.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The parameters.
    pub weights: Vec<f64>,
    /// What the lesson calls one of them.
    pub last: Forward,
}

/// The training, step by step.
pub fn train(weight: f64, steps: &[f64]) -> Trained {
    assert!(weight.is_finite(), "{}", format!("the weight is {weight}"));
    let weights = steps.iter().scan(weight, |weight, step| {
        *weight = learner::train(Model::new(*weight), &mut vec![*step].into_iter()).weight();
        Some(*weight)
    });
    let weights: Vec<_> = weights.collect();
    let z = weights.last().copied().unwrap_or(weight);
    Trained { weights, last: Forward { z, a: Array1::zeros(1) } }
}

/// A callback and types of both kinds.
pub fn loss(trained: Trained, of: &Callback<(f64,), f64>, start: learner::Forward) -> f64 {
    of.call((learner::scalars(trained.last.z, 1, false, '\0') + start.z,))
}
