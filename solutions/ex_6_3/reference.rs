//! A transformer's parts by plain sums, for the checks of this lesson and of those that build on it. Weights are arrays
//! that go by their names: the fields that lead to them.

use engine::wire::{Value, Wire};
use ndarray::{Array2, ArrayD, ArrayView1, ArrayView2};

/// The arrays of one precision that a value holds, each with its name: `attention.q.w`, or `blocks[1].norm1.gain`.
pub fn arrays<F>(of: impl Wire) -> Vec<(String, ArrayD<F>)>
where
    ArrayD<F>: Wire,
{
    let mut found = Vec::new();
    each_array(&mut of.into_value(), "", &mut |name, array| {
        found.extend(ArrayD::from_value(array.clone()).map(|array| (name.to_owned(), array)));
    });
    found
}

/// The value with each array, of the name that is given, changed.
pub fn with_each<T: Wire>(of: T, mut change: impl FnMut(&str, ArrayD<f64>) -> ArrayD<f64>) -> T {
    let mut value = of.into_value();
    each_array(&mut value, "", &mut |name, array| {
        if let Ok(held) = ArrayD::from_value(array.clone()) {
            *array = change(name, held).into_value();
        }
    });
    T::from_value(value).unwrap_or_else(|_| unreachable!("arrays stay arrays"))
}

/// Changes each array of a value by its name.
pub fn each_array(value: &mut Value, name: &str, change: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Array(_) => change(name, value),
        Value::Record(fields) => {
            for (field, part) in fields {
                let dot = if name.is_empty() { "" } else { "." };
                each_array(part, &format!("{name}{dot}{field}"), change);
            }
        }
        Value::List(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                each_array(item, &format!("{name}[{at}]"), change);
            }
        }
        Value::Option(Some(inner)) | Value::Enum { payload: inner, .. } => {
            each_array(inner, name, change);
        }
        _ => (),
    }
}

/// The weights of a part: the arrays whose names begin with that of the part.
#[derive(Clone)]
pub struct Weights<'a> {
    names: &'a [String],
    arrays: &'a [ArrayD<f64>],
    part: String,
}

impl<'a> Weights<'a> {
    pub fn new(names: &'a [String], arrays: &'a [ArrayD<f64>]) -> Self {
        Self { names, arrays, part: String::new() }
    }

    pub fn of(&self, field: &str) -> Self {
        Self { part: format!("{}{field}.", self.part), ..*self }
    }

    fn find(&self, field: &str) -> Option<&'a ArrayD<f64>> {
        let name = format!("{}{field}", self.part);
        self.names.iter().position(|it| *it == name).map(|at| &self.arrays[at])
    }

    pub fn matrix(&self, field: &str) -> Option<ArrayView2<'a, f64>> {
        self.find(field).map(|it| it.view().into_dimensionality().expect("it is a matrix"))
    }

    pub fn vector(&self, field: &str) -> Option<ArrayView1<'a, f64>> {
        self.find(field).map(|it| it.view().into_dimensionality().expect("it is a vector"))
    }
}

/// What the parts of a model share beside their weights.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many sequences the rows hold.
    pub batch: usize,
    pub heads: usize,
    pub kv_heads: usize,
    /// The base of the turns of queries and keys.
    pub rope: Option<f64>,
    pub epsilon: f64,
}

/// X·Wᵀ, plus b where there is one.
fn linear(x: &Array2<f64>, weights: &Weights) -> Array2<f64> {
    let y = x.dot(&weights.matrix("w").expect("a layer has weights").t());
    weights.vector("b").map_or_else(|| y.clone(), |b| &y + &b)
}

/// LayerNorm where there is a bias, RMSNorm elsewhere.
pub fn norm(x: &Array2<f64>, weights: &Weights, epsilon: f64) -> Array2<f64> {
    let gain = weights.vector("gain").expect("a norm has a gain");
    let bias = weights.vector("bias");
    let mut y = x.clone();
    for mut row in y.rows_mut() {
        let width = row.len() as f64;
        let mean = bias.map_or(0.0, |_| row.sum() / width);
        let square = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width;
        let deviation = (square + epsilon).sqrt();
        for (column, x) in row.iter_mut().enumerate() {
            let bias = bias.map_or(0.0, |bias| bias[column]);
            *x = (*x - mean) / deviation * gain[column] + bias;
        }
    }
    y
}

/// Number `i` of the d numbers of a head, turned by its place `t`.
fn turned(row: ArrayView1<f64>, base: Option<f64>, t: usize, i: usize) -> f64 {
    let Some(base) = base else { return row[i] };
    let angle = t as f64 * base.powf(-((i / 2 * 2) as f64) / row.len() as f64);
    match i % 2 {
        0 => row[i] * angle.cos() - row[i + 1] * angle.sin(),
        _ => row[i - 1] * angle.sin() + row[i] * angle.cos(),
    }
}

/// Queries or keys with the heads one beside the other, all of them turned.
fn all_turned(mut x: Array2<f64>, heads: usize, shape: &Shape) -> Array2<f64> {
    let (time, width) = (x.nrows() / shape.batch, x.ncols() / heads);
    for (row, mut numbers) in x.rows_mut().into_iter().enumerate() {
        for mut head in numbers.exact_chunks_mut(width) {
            let before = head.to_owned();
            for (i, it) in head.iter_mut().enumerate() {
                *it = turned(before.view(), shape.rope, row % time, i);
            }
        }
    }
    x
}

/// Causal multi-head attention, score by score.
pub fn attention(x: &Array2<f64>, weights: &Weights, shape: &Shape) -> Array2<f64> {
    let Shape { heads, kv_heads, .. } = *shape;
    let q = all_turned(linear(x, &weights.of("q")), heads, shape);
    let k = all_turned(linear(x, &weights.of("k")), kv_heads, shape);
    let v = linear(x, &weights.of("v"));
    let (time, width) = (x.nrows() / shape.batch, q.ncols() / heads);
    let mut o = Array2::zeros(q.dim());
    for (row, head) in (0..x.nrows()).flat_map(|row| (0..heads).map(move |head| (row, head))) {
        let (own, shared) = (head * width, head * kv_heads / heads * width);
        let seen = row / time * time..=row;
        let score = |key: usize| {
            let terms = (0..width).map(|i| q[[row, own + i]] * k[[key, shared + i]]);
            terms.sum::<f64>() / (width as f64).sqrt()
        };
        let scores: Vec<_> = seen.clone().map(score).collect();
        let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - max).exp()).sum();
        for (key, score) in seen.zip(scores) {
            let weight = (score - max).exp() / sum;
            (0..width).for_each(|i| o[[row, own + i]] += weight * v[[key, shared + i]]);
        }
    }
    linear(&o, &weights.of("o"))
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// SwiGLU where there is a third matrix, two layers with the tanh form of GELU elsewhere.
pub fn feed_forward(x: &Array2<f64>, weights: &Weights) -> Array2<f64> {
    let matrix = |name: &str| weights.matrix(name);
    if let (Some(w1), Some(w2), Some(w3)) = (matrix("w1"), matrix("w2"), matrix("w3")) {
        let gate = x.dot(&w1.t()).mapv(|a| a * sigmoid(a));
        return (gate * x.dot(&w3.t())).dot(&w2.t());
    }
    let z = linear(x, &weights.of("up"));
    let inner = |z: f64| (2.0 / std::f64::consts::PI).sqrt() * (z + 0.044715 * z.powi(3));
    linear(&z.mapv(|z| 0.5 * z * (1.0 + inner(z).tanh())), &weights.of("down"))
}

/// The pre-norm block.
pub fn block(x: &Array2<f64>, weights: &Weights, shape: &Shape) -> Array2<f64> {
    let normed = norm(x, &weights.of("norm1"), shape.epsilon);
    let u = x + &attention(&normed, &weights.of("attention"), shape);
    let normed = norm(&u, &weights.of("norm2"), shape.epsilon);
    &u + &feed_forward(&normed, &weights.of("feed_forward"))
}
