//! Checks of lesson 1.4: a layer is many neurons.

use std::ops::Range;

use engine::checks::Kind::{Property, Source, Value};
use engine::checks::{Case, Check, Learner, Lesson, Miss, Outcome, all_close, close, same_shape};
use ndarray::{Array1, Array2, Axis, ShapeBuilder, concatenate, s};

use super::contract::{
    Index, Part, column_of_z, layer_einsum, layer_elementwise, layer_gemm, layer_size, neuron_of,
    row_of_z, summed_index,
};

pub const LESSON: Lesson = Lesson::new("A layer is many neurons", CHECKS).after(&["ex_1_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "elementwise", "Z element by element", 1.0, elementwise),
    Check::hidden(Value, "einsum", "Z as dot products", 1.0, einsum),
    Check::hidden(Value, "gemm", "Z as one GEMM", 1.0, gemm),
    Check::hidden(Source, "no_loops", "no loop in `layer_gemm`", 1.0, no_loops).after(&["gemm"]),
    Check::hidden(Value, "one_neuron", "one neuron taken out of a layer", 1.0, one_neuron),
    Check::hidden(
        Property,
        "one_layer",
        "samples and neurons in any order, stacked batches, a column for each neuron",
        1.0,
        one_layer,
    )
    .after(&["elementwise", "einsum", "gemm", "one_neuron"]),
    Check::hidden(Property, "edges", "no inputs, no samples, no neurons, NaN", 1.0, edges)
        .after(&["elementwise", "einsum", "gemm"]),
    Check::hidden(Value, "index", "which index is summed", 1.0, index),
    Check::hidden(Value, "parts", "what a row and a column of Z are", 1.0, parts),
    Check::hidden(Value, "size", "how many neurons, how many parameters", 1.0, size),
];

/// More than `f32` counts one by one.
const LARGE: usize = (1 << 24) + 1;

/// One of the three ways to ask the learner for Z.
type Form = fn(&mut Learner, &Layer) -> Result<Array2<f64>, Miss>;

const FORMS: [(&str, Form); 3] =
    [("layer_elementwise", by_elements), ("layer_einsum", by_dots), ("layer_gemm", by_gemm)];

fn by_elements(learner: &mut Learner, layer: &Layer) -> Result<Array2<f64>, Miss> {
    learner.call(layer_elementwise, layer.arguments())
}

fn by_dots(learner: &mut Learner, layer: &Layer) -> Result<Array2<f64>, Miss> {
    learner.call(layer_einsum, layer.arguments())
}

fn by_gemm(learner: &mut Learner, layer: &Layer) -> Result<Array2<f64>, Miss> {
    learner.call(layer_gemm, layer.arguments())
}

/// A layer and a batch.
#[derive(Clone)]
struct Layer {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
}

impl Layer {
    fn of(learner: &mut Learner, case: &Case<3, 3>) -> Self {
        let ([samples, d_in, d_out], [x, w, b]) = (case.sizes, case.fillings);
        Self {
            x: learner.filled([samples, d_in], x),
            w: learner.filled([d_out, d_in], w),
            b: learner.filled([d_out], b),
        }
    }

    /// With numbers of order 1; the sizes are B, d_in and d_out.
    fn ordinary(learner: &mut Learner, sizes: [usize; 3]) -> Self {
        Self::of(learner, &Case::ordinary(sizes))
    }

    fn arguments(&self) -> (Array2<f64>, Array2<f64>, Array1<f64>) {
        (self.x.clone(), self.w.clone(), self.b.clone())
    }

    fn z(&self) -> Array2<f64> {
        self.x.dot(&self.w.t()) + &self.b
    }

    /// The sum of the magnitudes of the terms of each element of Z.
    fn scale(&self) -> Array2<f64> {
        Self { x: self.x.abs(), w: self.w.abs(), b: self.b.abs() }.z()
    }

    fn with_samples(&self, order: &[usize]) -> Self {
        Self { x: self.x.select(Axis(0), order), ..self.clone() }
    }

    fn with_neurons(&self, order: &[usize]) -> Self {
        let w = self.w.select(Axis(0), order);
        Self { w, b: self.b.select(Axis(0), order), x: self.x.clone() }
    }

    /// With these inputs alone.
    fn with_inputs(&self, inputs: Range<usize>) -> Self {
        let [x, w] = [&self.x, &self.w].map(|it| it.slice(s![.., inputs.clone()]).to_owned());
        Self { x, w, b: self.b.clone() }
    }

    /// Compares a form with the reference.
    fn check(&self, learner: &mut Learner, (name, form): (&str, Form)) -> Outcome {
        let z = form(learner, self)?;
        all_close(&format!("Z of `{name}`"), &z, &self.z(), &self.scale())
            .map_err(|miss| self.told(miss, &z))
    }

    /// Adds what a wrong Z looks like: slips of loops, which no change of the formula describes.
    fn told(&self, miss: Miss, z: &Array2<f64>) -> Miss {
        let (inputs, right) = (self.x.ncols(), self.z());
        if z.dim() != right.dim() || inputs < 3 {
            return miss;
        }
        let products = &right - &self.b;
        let is = |other: Array2<f64>| all_close("Z", z, &other, &self.scale()).is_ok();
        let of = |inputs| is(self.with_inputs(inputs).z());
        let one_of = |input: usize| {
            let alone = self.with_inputs(input..input + 1).z();
            is(&alone - &self.b) || is(alone)
        };
        let before = |(i, j)| right.iter().take(i * right.ncols() + j + 1).sum();
        let bias_of_sample = |(i, j)| products[[i, j]] + self.b.get(i).copied().unwrap_or(f64::NAN);
        let bias_once = |(i, j)| products[[i, j]] + if i == 0 { self.b[j] } else { 0.0 };
        let shaped = |of: &dyn Fn((usize, usize)) -> f64| Array2::from_shape_fn(z.dim(), of);
        let told = match () {
            () if of(1..inputs) => "The first input is left out.",
            () if of(0..inputs - 1) => "The last input is left out.",
            () if one_of(0) => "Of each sum, only the first product is there.",
            () if one_of(inputs - 1) => "Of each sum, only the last product is there.",
            () if is(shaped(&before)) => {
                "Each element contains all those before it: where does a sum start again?"
            }
            () if is(shaped(&bias_of_sample)) => {
                "The biases are those of the samples: b has one for each neuron."
            }
            () if is(shaped(&bias_once)) => "The bias is in the first row alone.",
            () => return miss,
        };
        Miss { message: format!("{}. {told}", miss.message), ..miss }
    }
}

fn elementwise(learner: &mut Learner) -> Outcome {
    values(learner, FORMS[0])
}

fn einsum(learner: &mut Learner) -> Outcome {
    values(learner, FORMS[1])
}

fn gemm(learner: &mut Learner) -> Outcome {
    values(learner, FORMS[2])
}

fn values(learner: &mut Learner, form: (&str, Form)) -> Outcome {
    for case in learner.cases() {
        Layer::of(learner, &case).check(learner, form)?;
    }
    Ok(())
}

/// The values are compared too: what computes nothing has no loop either.
fn no_loops(learner: &mut Learner) -> Outcome {
    Layer::ordinary(learner, [4, 3, 2]).check(learner, FORMS[2])?;
    learner.without_loops()
}

/// Each call is made twice: first without a look at the answers, so that a diagnosis has all of them to
/// go by.
fn one_neuron(learner: &mut Learner) -> Outcome {
    let mut layers: Vec<_> = learner.cases().iter().map(|case| Layer::of(learner, case)).collect();
    layers.push(Layer::ordinary(learner, [1, 2, 120]));
    let places: Vec<_> = layers
        .iter()
        .flat_map(|it| [0, it.w.nrows() - 1, it.w.nrows() / 2].map(|j| (it, j)))
        .collect();
    for (layer, j) in &places {
        learner.call(neuron_of, (layer.w.clone(), layer.b.clone(), *j))?;
    }
    for (Layer { w, b, .. }, j) in places {
        let (weights, bias) = learner.call(neuron_of, (w.clone(), b.clone(), j))?;
        all_close("w of `neuron_of`", &weights, &w.row(j).to_owned(), &w.row(j).abs())
            .map_err(|miss| of_another_neuron(miss, "w", w.outer_iter().any(|it| it == weights)))?;
        close("b of `neuron_of`", bias, b[j], b[j])
            .map_err(|miss| of_another_neuron(miss, "b", b.iter().any(|it| *it == bias)))?;
    }
    Ok(())
}

/// Says so where they are those of another neuron.
fn of_another_neuron(miss: Miss, what: &str, is_another: bool) -> Miss {
    if !is_another {
        return miss;
    }
    let message =
        format!("{what} of `neuron_of` is that of another neuron. The first is neuron 0.");
    miss.saying(message)
}

fn one_layer(learner: &mut Learner) -> Outcome {
    for sizes in [[3, 3, 3], [4, 2, 3]] {
        let layer = Layer::ordinary(learner, sizes);
        for form in FORMS {
            layer.check(learner, form)?;
            orders(learner, &layer, form)?;
            batches(learner, &layer, form)?;
            columns(learner, &layer, form)?;
        }
    }
    Ok(())
}

/// Samples in another order are rows in that order, and neurons are columns.
fn orders(learner: &mut Learner, layer: &Layer, (name, form): (&str, Form)) -> Outcome {
    let (z, scale) = (form(learner, layer)?, layer.scale());
    same_shape(&format!("Z of `{name}`"), z.shape(), scale.shape())?;
    let order = [2, 0, 1];
    let moved = form(learner, &layer.with_samples(&order))?;
    let [want, magnitude] = [&z, &scale].map(|it| it.select(Axis(0), &order));
    all_close(&format!("Z of `{name}` for reordered samples"), &moved, &want, &magnitude)?;
    let moved = form(learner, &layer.with_neurons(&order))?;
    let [want, magnitude] = [&z, &scale].map(|it| it.select(Axis(1), &order));
    all_close(&format!("Z of `{name}` for reordered neurons"), &moved, &want, &magnitude)
}

/// Two batches on top of each other have their Z on top of each other.
fn batches(learner: &mut Learner, layer: &Layer, (name, form): (&str, Form)) -> Outcome {
    let lower = Layer { x: learner.array([2, layer.x.ncols()], -1.0, 1.0), ..layer.clone() };
    let x = concatenate![Axis(0), layer.x, lower.x];
    let stacked = Layer { x, ..layer.clone() };
    let (above, below) = (form(learner, layer)?, form(learner, &lower)?);
    same_shape(&format!("Z of `{name}`"), above.shape(), layer.scale().shape())?;
    same_shape(&format!("Z of `{name}`"), below.shape(), lower.scale().shape())?;
    let want = concatenate![Axis(0), above, below];
    let name = format!("Z of `{name}` for two batches in one");
    all_close(&name, &form(learner, &stacked)?, &want, &stacked.scale())
}

/// A column of Z is what its neuron, taken out by the learner, gives as a layer of its own.
fn columns(learner: &mut Learner, layer: &Layer, (name, form): (&str, Form)) -> Outcome {
    let z = form(learner, layer)?;
    same_shape(&format!("Z of `{name}`"), z.shape(), layer.scale().shape())?;
    for j in 0..layer.w.nrows() {
        let (w, b) = learner.call(neuron_of, (layer.w.clone(), layer.b.clone(), j))?;
        same_shape("w of `neuron_of`", w.shape(), &[layer.w.ncols()])?;
        let w = w.insert_axis(Axis(0));
        let alone = Layer { x: layer.x.clone(), w, b: Array1::from_elem(1, b) };
        let want = z.select(Axis(1), &[j]);
        let name = format!("Z of `{name}` for the neuron of `neuron_of` alone, beside its column,");
        all_close(&name, &form(learner, &alone)?, &want, &layer.scale().select(Axis(1), &[j]))?;
    }
    Ok(())
}

/// Without inputs each row is b; without samples or neurons there is no element.
fn edges(learner: &mut Learner) -> Outcome {
    for form in FORMS {
        for sizes in [[3, 0, 2], [0, 3, 2], [3, 2, 0], [0, 0, 0]] {
            Layer::ordinary(learner, sizes).check(learner, form)?;
        }
        nan(learner, form)?;
    }
    Ok(())
}

/// A NaN spoils what it enters and nothing else: in X one row, in W and in b one column.
fn nan(learner: &mut Learner, (name, form): (&str, Form)) -> Outcome {
    let [samples, d_in, d_out] = [3, 4, 2];
    let clean = Layer {
        // No zeros: some libraries leave out products with 0, even that of 0 and NaN.
        x: learner.array([samples, d_in].f(), 0.5, 1.5),
        w: learner.array([d_out, d_in], 0.5, 1.5),
        b: learner.array(d_out, -1.0, 1.0),
    };
    clean.check(learner, (name, form))?;
    let mut spoilt = [clean.clone(), clean.clone(), clean.clone()];
    let k = learner.rng().usize(..d_in);
    spoilt[0].x[[1, k]] = f64::NAN;
    spoilt[1].w[[1, k]] = f64::NAN;
    spoilt[2].b[1] = f64::NAN;
    for (layer, what) in spoilt.iter().zip(["input", "weight", "bias"]) {
        let (z, want) = (form(learner, layer)?, layer.z());
        same_shape(&format!("Z of `{name}`"), z.shape(), want.shape())?;
        if z.iter().zip(&want).any(|(z, want)| want.is_nan() && !z.is_nan()) {
            let message = format!("`{name}` hides a NaN: an element is a number although a {what}");
            return Err(Miss::failed(message + " of it is NaN"));
        }
        let others = |it: &Array2<f64>, or: &Array2<f64>| {
            Array2::from_shape_fn(it.dim(), |at| if want[at].is_nan() { or[at] } else { it[at] })
        };
        let name = format!("Z of `{name}`, where another element is NaN,");
        all_close(&name, &others(&z, &clean.z()), &clean.z(), &clean.scale())?;
    }
    Ok(())
}

fn index(learner: &mut Learner) -> Outcome {
    if learner.call(summed_index, ())? == Index::Input {
        return Ok(());
    }
    Err(Miss::failed("`summed_index` names an index that z_ij still has"))
}

/// Both are asked before either is judged, so that each wrong answer is explained.
fn parts(learner: &mut Learner) -> Outcome {
    let (row, column) = (learner.call(row_of_z, ())?, learner.call(column_of_z, ())?);
    let row = (row != Part::AllNeuronsOnOneSample).then_some("`row_of_z`");
    let column = (column != Part::OneNeuronOnAllSamples).then_some("`column_of_z`");
    let wrong: Vec<_> = row.into_iter().chain(column).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Miss::failed(format!("another part of Z is named by {}", wrong.join(" and by "))))
}

fn size(learner: &mut Learner) -> Outcome {
    let random = (learner.rng().usize(2..5000), learner.rng().usize(2..5000));
    // A feed-forward layer of GPT-2, one neuron, one input, none; then any.
    let large = [(LARGE, 3), (3, LARGE), (100_000, 100_000)];
    let shapes = [(2, 3), (3072, 768), (1, 7), (7, 1), (3, 0), (0, 3), random];
    for (rows, columns) in shapes.into_iter().chain(large) {
        let (neurons, parameters) = learner.call(layer_size, (rows, columns))?;
        let wrong = match () {
            () if neurons != rows => "neurons. What does one neuron have in W?",
            () if parameters == rows * columns + 1 && rows > 1 => {
                "parameters. Has each neuron a bias of its own?"
            }
            () if parameters != rows * columns + rows => {
                "parameters. How many numbers does one neuron have for itself?"
            }
            () => continue,
        };
        let miss = Miss::failed(format!("`layer_size` gives another number of {wrong}"));
        return Err(miss.revealing(format!(
            "{rows} rows, {columns} columns: got {neurons} neurons, {parameters} parameters"
        )));
    }
    Ok(())
}
