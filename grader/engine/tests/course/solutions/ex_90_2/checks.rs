//! Checks of lesson 90.2: a product and its gradient.

use engine::checks::{
    Check,
    Kind::{Cost, Gradient, Source, Value},
    Learner, Lesson, Miss, Outcome, all_close, close, gradients, same_shape,
};
use ndarray::{Array1, Array2, ShapeBuilder};

use super::contract::{accumulate, clip, product, total};

pub const LESSON: Lesson = Lesson::new(
    "A product and its gradient",
    &[
        Check::hidden(Value, "product", "Y in both memory orders", 1.0, products),
        Check::hidden(Value, "total", "the sum over the batch", 1.0, totals),
        Check::hidden(Gradient, "accumulate", "dL/dW by differences", 2.0, accumulated)
            .after(&["product"]),
        Check::hidden(Value, "clip", "the norm, and the shortened gradient", 1.0, clipped),
        Check::hidden(Source, "no_loops", "no loop in the four functions", 1.0, no_loops),
        Check::hidden(Cost, "large", "the gradient of 10⁵ weights", 1.0, large)
            .after(&["accumulate"]),
    ],
);

/// Samples, inputs and outputs.
const SHAPES: [(usize, usize, usize); 5] = [(3, 3, 3), (1, 4, 2), (5, 1, 3), (4, 3, 1), (6, 5, 2)];

/// A gradient of 10⁵ elements. One forward pass for each of them takes a hundred times as long.
const LARGE: (usize, usize, usize) = (8, 10_000, 10);

/// Inputs, weights, the upstream gradient dL/dY of the loss L = Σ dL/dY ∘ Y, and an earlier gradient.
#[derive(Clone)]
struct Batch {
    x: Array2<f64>,
    w: Array2<f64>,
    dy: Array2<f64>,
    earlier: Array2<f64>,
}

impl Batch {
    /// Column-major arrays, or row-major ones.
    fn random(
        learner: &mut Learner,
        (samples, n, m): (usize, usize, usize),
        columns: bool,
    ) -> Self {
        let mut array =
            |rows: usize, length: usize| learner.array((rows, length).set_f(columns), -1.0, 1.0);
        Self { x: array(samples, n), w: array(n, m), dy: array(samples, m), earlier: array(n, m) }
    }

    fn all(learner: &mut Learner) -> Vec<Self> {
        let both = SHAPES.iter().flat_map(|shape| [(shape, false), (shape, true)]);
        both.map(|(shape, columns)| Self::random(learner, *shape, columns)).collect()
    }

    /// The same with the magnitudes of all numbers: its results are the scales of the comparisons.
    fn scale(&self) -> Self {
        let Self { x, w, dy, earlier } = self;
        Self { x: x.abs(), w: w.abs(), dy: dy.abs(), earlier: earlier.abs() }
    }

    fn y(&self) -> Array2<f64> {
        Array2::from_shape_fn(self.dy.dim(), |(i, j)| {
            (0..self.w.nrows()).map(|k| self.x[[i, k]] * self.w[[k, j]]).sum()
        })
    }

    fn total(&self) -> Array1<f64> {
        Array1::from_shape_fn(self.dy.ncols(), |j| self.dy.column(j).iter().sum())
    }

    /// The earlier gradient and dL/dW.
    fn accumulated(&self, k: usize, j: usize) -> f64 {
        let terms = (0..self.x.nrows()).map(|i| self.x[[i, k]] * self.dy[[i, j]]);
        self.earlier[[k, j]] + terms.sum::<f64>()
    }

    fn loss(&self, y: &Array2<f64>) -> f64 {
        self.dy.iter().zip(y).map(|(dy, y)| dy * y).sum()
    }

    fn call_product(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        let y = learner.call(product, (self.x.clone(), self.w.clone()))?;
        same_shape("Y", y.shape(), self.dy.shape())?;
        Ok(y)
    }

    fn call_accumulate(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        let arguments = (self.earlier.clone(), self.x.clone(), self.dy.clone());
        let sum = learner.call(accumulate, arguments)?;
        same_shape("the gradient", sum.shape(), self.w.shape())?;
        Ok(sum)
    }
}

fn products(learner: &mut Learner) -> Outcome {
    for batch in Batch::all(learner) {
        all_close("Y", &batch.call_product(learner)?, &batch.y(), &batch.scale().y())?;
    }
    Ok(())
}

fn totals(learner: &mut Learner) -> Outcome {
    for batch in Batch::all(learner) {
        let got = learner.call(total, (batch.dy.clone(),))?;
        all_close("the sum", &got, &batch.total(), &batch.scale().total())?;
    }
    Ok(())
}

fn accumulated(learner: &mut Learner) -> Outcome {
    for batch in Batch::all(learner) {
        let sum = batch.call_accumulate(learner)?;
        let at = |w: &Array2<f64>| Batch { w: w.clone(), ..batch.clone() };
        let claimed = ("W", &batch.w, &(sum - &batch.earlier));
        let own = |learner: &mut Learner, w: &_| Ok(batch.loss(&at(w).call_product(learner)?));
        gradients(learner, claimed, |w| batch.loss(&at(w).y()), own)?;
    }
    Ok(())
}

fn clipped(learner: &mut Learner) -> Outcome {
    for batch in Batch::all(learner) {
        let norm = batch.w.iter().map(|element| element * element).sum::<f64>().sqrt();
        for part in [0.1, 0.9, 1.1, 10.0] {
            let most = part * norm;
            let (got, short) = learner.call(clip, (batch.w.clone(), most))?;
            close("the norm", got, norm, norm)?;
            let want = &batch.w * part.min(1.0);
            all_close("the clipped gradient", &short, &want, &batch.w.abs())?;
        }
    }
    Ok(())
}

fn no_loops(learner: &mut Learner) -> Outcome {
    let batch = Batch::random(learner, (4, 3, 2), false);
    batch.call_product(learner)?;
    batch.call_accumulate(learner)?;
    learner.call(total, (batch.dy.clone(),))?;
    learner.call(clip, (batch.w.clone(), 1.0))?;
    learner.without_loops()
}

fn large(learner: &mut Learner) -> Outcome {
    let batch = Batch::random(learner, LARGE, false);
    let scale = batch.scale();
    let sum = batch.call_accumulate(learner)?;
    for _ in 0..64 {
        let [k, j] = [sum.nrows(), sum.ncols()].map(|length| learner.rng().usize(..length));
        close("a gradient", sum[[k, j]], batch.accumulated(k, j), scale.accumulated(k, j))?;
    }
    Ok(())
}
