//! Checks of lesson 90.3: functions of functions.

use engine::checks::{
    Callback, Check,
    Kind::{Cost, Value},
    Learner, Lesson, Miss, Outcome, all_close, close, same_shape, within,
};
use ndarray::Array1;

use super::contract::{gradient, mean, root, slope};

pub const LESSON: Lesson = Lesson::new(
    "Functions of functions",
    &[
        Check::hidden(Value, "slope", "the slope of a cubic", 1.0, slopes),
        Check::hidden(Value, "gradient", "the gradient of a quadratic form", 1.0, gradients),
        Check::hidden(Cost, "gradient_calls", "two calls a coordinate", 1.0, gradient_calls)
            .after(&["gradient"]),
        Check::hidden(Value, "mean", "the mean of a function", 1.0, means),
        Check::hidden(Value, "root", "a root, with one call a step", 1.0, roots),
    ],
);

/// x³, of which the central difference is 3x² + ε².
fn cube(x: f64) -> f64 {
    x * x * x
}

fn slopes(learner: &mut Learner) -> Outcome {
    for _ in 0..8 {
        let (x, step) = (learner.uniform(-2.0, 2.0), learner.uniform(0.1, 0.5));
        let f = Callback::new(|(x,): (f64,)| cube(x));
        let got = learner.call(slope, (f, x, step))?;
        close("the slope", got, 3.0 * x * x + step * step, 10.0 / step)?;
    }
    Ok(())
}

/// The gradient of Σ (k + 1)·x_k² + Π x_k; gives how often the function was called.
fn gradient_at(learner: &mut Learner, coordinates: usize) -> Result<usize, Miss> {
    let x: Array1<f64> = learner.array(coordinates, 0.5, 1.0);
    let f = Callback::new(|(x,): (Array1<f64>,)| {
        let squares = x.iter().zip(1..).map(|(x, k)| f64::from(k) * x * x);
        squares.sum::<f64>() + x.product()
    });
    let got = learner.call(gradient, (f.clone(), x.clone(), 0.25))?;
    same_shape("the gradient", got.shape(), x.shape())?;
    let want =
        Array1::from_shape_fn(coordinates, |k| 2.0 * (k + 1) as f64 * x[k] + x.product() / x[k]);
    let scale = Array1::from_elem(coordinates, 8.0 * (coordinates * coordinates) as f64);
    all_close("the gradient", &got, &want, &scale)?;
    Ok(f.calls())
}

fn gradients(learner: &mut Learner) -> Outcome {
    (1..6).try_for_each(|coordinates| gradient_at(learner, coordinates).map(|_| ()))
}

fn gradient_calls(learner: &mut Learner) -> Outcome {
    for coordinates in [2, 7, 20] {
        let calls = gradient_at(learner, coordinates)?;
        if calls > 2 * coordinates {
            return Err(Miss::failed(format!(
                "`gradient` called f {calls} times for {coordinates} coordinates, and needs two \
                 calls for each"
            )));
        }
    }
    Ok(())
}

fn means(learner: &mut Learner) -> Outcome {
    for points in [1, 2, 9] {
        let points: Vec<f64> = (0..points).map(|_| learner.uniform(-1.0, 1.0)).collect();
        let f = Callback::new(|(x,): (f64,)| cube(x));
        let got = learner.call(mean, (f, points.clone()))?;
        let want = points.iter().map(|x| cube(*x)).sum::<f64>() / points.len() as f64;
        close("the mean", got, want, 1.0)?;
    }
    Ok(())
}

fn roots(learner: &mut Learner) -> Outcome {
    for _ in 0..8 {
        let (want, steps) = (learner.uniform(-1.0, 1.0), learner.rng().usize(20..40));
        let f = Callback::new(move |(x,): (f64,)| cube(x) - cube(want));
        let got = learner.call(root, (f.clone(), -2.0, 2.0, steps))?;
        // Half of what is left of the interval, whose ends are too far away.
        within("the root", got, want, 2.0 * (-(steps as f64)).exp2())?;
        if f.calls() != steps {
            let message = "`root` calls f another number of times than there are steps";
            return Err(Miss::failed(message));
        }
    }
    Ok(())
}
