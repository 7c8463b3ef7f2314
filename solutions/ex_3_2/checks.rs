//! Checks of lesson 3.2: the linear layer.

use engine::checks::Kind::{Cost, Gradient, Property, Source, Value};
use engine::checks::{
    Case, Check, Learner, Lesson, Miss, Outcome, all_close, close, gradients, same_shape,
};
use ndarray::{Array, Array1, Array2, Axis, Dimension, concatenate};

use super::contract::{
    Product, Reduction, backward_bias, backward_input, backward_weight, batch_reduction, forward,
    weight_gradient_product, weight_gradient_shape,
};

pub const LESSON: Lesson = Lesson::new("The linear layer", CHECKS).after(&["ex_1_4", "ex_3_1"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "forward", "Z at random shapes", 1.0, layer_forward),
    Check::hidden(
        Gradient,
        "input_gradient",
        "dL/dX against finite differences, random upstream gradient",
        2.0,
        input_gradient,
    ),
    Check::hidden(
        Gradient,
        "weight_gradient",
        "dL/dW against finite differences, random upstream gradient",
        2.0,
        weight_gradient,
    ),
    Check::hidden(
        Gradient,
        "bias_gradient",
        "dL/db against finite differences, random upstream gradient",
        1.0,
        bias_gradient,
    ),
    Check::hidden(
        Property,
        "repeated_samples",
        "repeated samples: dL/dX halves, dL/dW and dL/db stay",
        1.0,
        repeated_samples,
    )
    .after(GRADIENTS),
    Check::hidden(Source, "no_loops", "no loop in the four functions", 1.0, no_loops).after(&[
        "forward",
        "input_gradient",
        "weight_gradient",
        "bias_gradient",
    ]),
    Check::hidden(
        Cost,
        "large_layer",
        "the backward pass of a layer of 10⁵ parameters",
        1.0,
        large_layer,
    )
    .after(GRADIENTS),
    Check::hidden(Value, "questions", "the three questions", 1.0, questions),
];

const GRADIENTS: &[&str] = &["input_gradient", "weight_gradient", "bias_gradient"];

/// A layer of 10⁵ parameters. A backward pass in unoptimised loops takes an eighth of the limit of
/// processor time; one forward pass for each element of X or W takes more than ten times the limit.
const LARGE: [usize; 3] = [8, 10_000, 10];

/// How many numbers are compared with finite differences at once; with the closed form, all are.
const FEW: usize = 12;

/// How many elements of a large gradient are compared.
const SAMPLED: usize = 64;

/// A layer, its inputs, and the upstream gradient dL/dZ of the loss L = Σ dL/dZ ∘ Z.
#[derive(Clone)]
struct Layer {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
    dz: Array2<f64>,
}

impl Layer {
    fn of(learner: &mut Learner, case: &Case<3, 4>) -> Self {
        let ([samples, d_in, d_out], [x, w, b, dz]) = (case.sizes, case.fillings);
        Self {
            x: learner.filled([samples, d_in], x),
            w: learner.filled([d_out, d_in], w),
            b: learner.filled([d_out], b),
            dz: learner.filled([samples, d_out], dz),
        }
    }

    /// With numbers of order 1.
    fn ordinary(learner: &mut Learner, sizes: [usize; 3]) -> Self {
        Self::of(learner, &Case::ordinary(sizes))
    }

    /// The layer with the magnitudes of all numbers: its results are the scales of comparisons.
    fn scale(&self) -> Self {
        let Self { x, w, b, dz } = self;
        Self { x: x.abs(), w: w.abs(), b: b.abs(), dz: dz.abs() }
    }

    /// Every sample twice, each with half of its upstream gradient: the same mean loss.
    fn repeated(&self) -> Self {
        Self { x: twice(&self.x), dz: twice(&self.dz) / 2.0, ..self.clone() }
    }

    fn z(&self) -> Array2<f64> {
        self.x.dot(&self.w.t()) + &self.b
    }

    fn loss(&self) -> f64 {
        (&self.dz * &self.z()).sum()
    }

    fn dx(&self) -> Array2<f64> {
        self.dz.dot(&self.w)
    }

    fn dw(&self) -> Array2<f64> {
        self.dz.t().dot(&self.x)
    }

    fn db(&self) -> Array1<f64> {
        Array1::from_shape_fn(self.b.len(), |j| (0..self.x.nrows()).map(|i| self.dz[[i, j]]).sum())
    }

    fn call_forward(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        learner.call(forward, (self.x.clone(), self.w.clone(), self.b.clone()))
    }

    fn call_input(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        learner.call(backward_input, (self.dz.clone(), self.w.clone()))
    }

    fn call_weight(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        learner.call(backward_weight, (self.dz.clone(), self.x.clone()))
    }

    fn call_bias(&self, learner: &mut Learner) -> Result<Array1<f64>, Miss> {
        learner.call(backward_bias, (self.dz.clone(),))
    }

    /// The loss of the learner's own forward pass.
    fn call_loss(&self, learner: &mut Learner) -> Result<f64, Miss> {
        let z = self.call_forward(learner)?;
        same_shape("Z", z.shape(), self.dz.shape())?;
        Ok((&self.dz * &z).sum())
    }
}

fn twice(rows: &Array2<f64>) -> Array2<f64> {
    concatenate![Axis(0), rows.view(), rows.view()]
}

/// Over all shapes, orders and scales; then more samples and more inputs than a byte counts, and upstream gradients that
/// are as small as those of deep networks.
fn cases(learner: &mut Learner) -> Vec<Case<3, 4>> {
    let mut tiny = Case::ordinary([2, 3, 2]);
    tiny.is_ordinary = false;
    tiny.fillings[3].scale = 1e-12;
    let mut cases = learner.cases();
    cases.extend([[300, 3, 2], [2, 300, 3]].map(Case::ordinary));
    cases.push(tiny);
    cases
}

fn layer_forward(learner: &mut Learner) -> Outcome {
    for case in cases(learner) {
        let layer = Layer::of(learner, &case);
        all_close("Z", &layer.call_forward(learner)?, &layer.z(), &layer.scale().z())?;
    }
    Ok(())
}

fn input_gradient(learner: &mut Learner) -> Outcome {
    for case in cases(learner) {
        let layer = Layer::of(learner, &case);
        let dx = layer.call_input(learner)?;
        if case.is_ordinary && dx.len() <= FEW {
            gradient(learner, "X", &layer.x, &dx, |x| Layer { x, ..layer.clone() })?;
        }
        all_close("dL/dX", &dx, &layer.dx(), &layer.scale().dx())?;
    }
    Ok(())
}

fn weight_gradient(learner: &mut Learner) -> Outcome {
    for case in cases(learner) {
        let layer = Layer::of(learner, &case);
        let dw = layer.call_weight(learner)?;
        if case.is_ordinary && dw.len() <= FEW {
            gradient(learner, "W", &layer.w, &dw, |w| Layer { w, ..layer.clone() })?;
        }
        all_close("dL/dW", &dw, &layer.dw(), &layer.scale().dw())?;
    }
    Ok(())
}

fn bias_gradient(learner: &mut Learner) -> Outcome {
    for case in cases(learner) {
        let layer = Layer::of(learner, &case);
        let db = layer.call_bias(learner)?;
        if case.is_ordinary && db.len() <= FEW {
            gradient(learner, "b", &layer.b, &db, |b| Layer { b, ..layer.clone() })?;
        }
        all_close("dL/db", &db, &layer.db(), &layer.scale().db())?;
    }
    Ok(())
}

/// Compares `gradient` with finite differences of the loss by one array, the layer's `name`.
fn gradient<D: Dimension + 'static>(
    learner: &mut Learner,
    name: &str,
    value: &Array<f64, D>,
    gradient: &Array<f64, D>,
    layer_at: impl Fn(Array<f64, D>) -> Layer,
) -> Outcome {
    same_shape(&format!("dL/d{name}"), gradient.shape(), value.shape())?;
    let at = |point: &Array<f64, D>| layer_at(point.clone());
    let claimed = (name, value, gradient);
    gradients(learner, claimed, |x| at(x).loss(), |learner, x| at(x).call_loss(learner))
}

fn repeated_samples(learner: &mut Learner) -> Outcome {
    for sizes in [[2, 4, 3], [5, 2, 3], [1, 3, 1]] {
        let layer = Layer::ordinary(learner, sizes);
        let (repeated, scale) = (layer.repeated(), layer.scale());
        let (got, again) = (layer.call_weight(learner)?, repeated.call_weight(learner)?);
        unchanged("dL/dW", &got, &again, &layer.dw(), &scale.dw())?;
        let (got, again) = (layer.call_bias(learner)?, repeated.call_bias(learner)?);
        unchanged("dL/db", &got, &again, &layer.db(), &scale.db())?;
        // Every row of dL/dX is there twice, and half as large.
        let (got, again) = (layer.call_input(learner)?, repeated.call_input(learner)?);
        same_shape("dL/dX", got.shape(), layer.x.shape())?;
        let [got, want, scale] = [got, layer.dx(), scale.dx()].map(|dx| twice(&dx) / 2.0);
        unchanged("dL/dX", &got, &again, &want, &scale)?;
    }
    Ok(())
}

/// Compares a gradient with that of the repeated samples, and with `want`: zeros never change.
fn unchanged<D: Dimension>(
    name: &str,
    got: &Array<f64, D>,
    of_repeated: &Array<f64, D>,
    want: &Array<f64, D>,
    scale: &Array<f64, D>,
) -> Outcome {
    same_shape(name, got.shape(), want.shape())?;
    all_close(&format!("{name} of the repeated samples"), of_repeated, got, scale)?;
    all_close(name, got, want, scale)
}

/// The results are compared too: what computes nothing has no loop either.
fn no_loops(learner: &mut Learner) -> Outcome {
    let layer = Layer::ordinary(learner, [4, 3, 2]);
    let scale = layer.scale();
    all_close("Z", &layer.call_forward(learner)?, &layer.z(), &scale.z())?;
    all_close("dL/dX", &layer.call_input(learner)?, &layer.dx(), &scale.dx())?;
    all_close("dL/dW", &layer.call_weight(learner)?, &layer.dw(), &scale.dw())?;
    all_close("dL/db", &layer.call_bias(learner)?, &layer.db(), &scale.db())?;
    learner.without_loops()
}

fn large_layer(learner: &mut Learner) -> Outcome {
    let layer = Layer::ordinary(learner, LARGE);
    let scale = layer.scale();
    let dx = layer.call_input(learner)?;
    some_close(learner, "dL/dX of a large layer", &dx, &layer.dx(), &scale.dx())?;
    let dw = layer.call_weight(learner)?;
    some_close(learner, "dL/dW of a large layer", &dw, &layer.dw(), &scale.dw())?;
    let db = layer.call_bias(learner)?;
    all_close("dL/db of a large layer", &db, &layer.db(), &scale.db())
}

/// Compares random elements: all of them would take longer than the products.
fn some_close(
    learner: &mut Learner,
    name: &str,
    got: &Array2<f64>,
    want: &Array2<f64>,
    scale: &Array2<f64>,
) -> Outcome {
    same_shape(name, got.shape(), want.shape())?;
    let rng = learner.rng();
    (0..SAMPLED).try_for_each(|_| {
        let at = (rng.usize(..want.nrows()), rng.usize(..want.ncols()));
        close(name, got[at], want[at], scale[at])
    })
}

fn questions(learner: &mut Learner) -> Outcome {
    if learner.call(weight_gradient_product, ())? != Product::UpstreamTransposedTimesInput {
        return Err(Miss::failed(
            "`weight_gradient_product` names another product. Write down the sum for one dL/dw_jk. \
             The index that is summed belongs inside the product; of the two outside, j comes first.",
        ));
    }
    shape_question(learner)?;
    if learner.call(batch_reduction, ())? != Reduction::OneProduct {
        return Err(Miss::failed(
            "`batch_reduction`: this layer has a shorter way. Which index does the product for dL/dW \
             sum over, and which factor does each row of dL/dZ already contain?",
        ));
    }
    Ok(())
}

fn shape_question(learner: &mut Learner) -> Outcome {
    let rng = learner.rng();
    // No two sizes of a layer are equal: a wrong answer is never right by chance.
    let layers = [
        (32, rng.usize(2..30), 1),
        (rng.usize(20..30), rng.usize(2..10), rng.usize(10..20)),
        (rng.usize(200..300), (1 << 24) + 1, (1 << 25) + 3),
    ];
    for (batch, d_in, d_out) in layers {
        if learner.call(weight_gradient_shape, (batch, d_in, d_out))? != (d_out, d_in) {
            return Err(Miss::failed(
                "`weight_gradient_shape` gives another shape. What is dL/dW the gradient of?",
            )
            .revealing(format!("batch = {batch}, d_in = {d_in}, d_out = {d_out}")));
        }
    }
    Ok(())
}
