//! Checks of lesson 91.1: gradient descent on the softplus neuron.

use engine::checks::{
    Check,
    Kind::{Gradient, Value},
    Learner, Lesson, Outcome, close, gradients,
};

use super::contract::{descend, mean_gradient, mean_loss};

pub const LESSON: Lesson = Lesson::new(
    "Gradient descent on the softplus neuron",
    &[
        Check::hidden(Value, "mean_loss", "the mean loss", 1.0, losses),
        Check::hidden(Gradient, "mean_gradient", "the gradient by differences", 2.0, slopes)
            .after(&["mean_loss"]),
        Check::hidden(Value, "descend", "one step", 1.0, steps),
    ],
)
.after(&["ex_90_1"]);

/// Inputs, targets, and the parameters.
#[derive(Clone)]
struct Batch {
    xs: Vec<f64>,
    ys: Vec<f64>,
    w: f64,
    b: f64,
}

impl Batch {
    fn random(learner: &mut Learner, samples: usize) -> Self {
        let mut draw = || learner.uniform(-2.0, 2.0);
        let (w, b) = (draw(), draw());
        let mut draw_all = || (0..samples).map(|_| draw()).collect();
        Self { xs: draw_all(), ys: draw_all(), w, b }
    }

    fn arguments(&self) -> (Vec<f64>, Vec<f64>, f64, f64) {
        (self.xs.clone(), self.ys.clone(), self.w, self.b)
    }

    fn loss(&self) -> f64 {
        let softplus = |z: f64| if z > 0.0 { z + (-z).exp().ln_1p() } else { z.exp().ln_1p() };
        let loss = |(x, y): (&f64, &f64)| (softplus(self.w * x + self.b) - y).powi(2) / 2.0;
        self.xs.iter().zip(&self.ys).map(loss).sum::<f64>() / self.xs.len() as f64
    }
}

fn losses(learner: &mut Learner) -> Outcome {
    for samples in [1, 2, 9] {
        let batch = Batch::random(learner, samples);
        let got = learner.call(mean_loss, batch.arguments())?;
        // |a − y| is at most 1 + 2·2 + 2 + 2.
        close("the mean loss", got, batch.loss(), 81.0)?;
    }
    Ok(())
}

fn slopes(learner: &mut Learner) -> Outcome {
    for samples in [1, 2, 9] {
        let batch = Batch::random(learner, samples);
        let (dw, db) = learner.call(mean_gradient, batch.arguments())?;
        let at = |(w, b)| Batch { w, b, ..batch.clone() };
        let claimed = (("w", batch.w, dw), ("b", batch.b, db));
        let own = |learner: &mut Learner, it| learner.call(mean_loss, at(it).arguments());
        gradients(learner, claimed, |it| at(it).loss(), own)?;
    }
    Ok(())
}

fn steps(learner: &mut Learner) -> Outcome {
    for _ in 0..4 {
        let mut draw = || learner.uniform(-2.0, 2.0);
        let (parameters, gradient, rate) = ((draw(), draw()), (draw(), draw()), draw());
        let got = learner.call(descend, (parameters, gradient, rate))?;
        close("w after a step", got.0, parameters.0 - rate * gradient.0, 6.0)?;
        close("b after a step", got.1, parameters.1 - rate * gradient.1, 6.0)?;
    }
    Ok(())
}
