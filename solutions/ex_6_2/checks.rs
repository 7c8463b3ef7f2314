//! Checks of lesson 6.2: multi-head attention, and keys that heads share.

use std::ops::{Add, Range};

use engine::checks::{
    Check, Filling,
    Kind::{Gradient, Property, Value},
    Learner, Lesson, Miss, Outcome, Verdict, all_close, all_close_in_single,
    gradients as differences, panics, same_shape,
};
use ndarray::{Array1, Array2, Array4, Axis, concatenate, s};

use super::contract::{
    Attention, AttentionF32, Heads, Linear, LinearF32, linear, linear_backward, merge, multi_head,
    multi_head_backward, multi_head_backward_f32, multi_head_f32, split, two_passes,
};

pub const LESSON: Lesson = Lesson::new("Multi-head attention, grouped keys", CHECKS)
    .after(&["ex_4_1", "ex_5_6", "ex_6_1"]);

const CHECKS: &[Check] = &[
    Check::hidden(Value, "linear", "a linear layer, with and without a bias", 1.0, of_linear),
    Check::hidden(Value, "split", "heads split, and merged again", 1.0, heads_apart),
    Check::hidden(Value, "forward", "Y at random shapes and scales", 2.0, forward)
        .after(&["linear", "split"]),
    Check::hidden(
        Gradient,
        "gradient",
        "dL/dX and the gradients of four layers, against finite differences",
        3.0,
        backward,
    )
    .after(&["linear", "split"]),
    Check::hidden(Value, "grouped", "keys and values that heads share", 2.0, grouped)
        .after(&["forward", "gradient"]),
    Check::hidden(Value, "turned", "queries and keys turned, with biases", 1.0, turned)
        .after(&["forward", "gradient"]),
    Check::hidden(Property, "added", "gradients are added to what is there", 1.0, added)
        .after(&["gradient"]),
    Check::hidden(
        Property,
        "invariant",
        "heads in another order, samples that do not mix",
        1.0,
        invariant,
    )
    .after(&["forward"]),
    Check::hidden(Property, "leak", "no later token, forward and backward", 1.0, leak)
        .after(&["forward", "gradient"]),
    Check::hidden(Property, "unfit", "what does not fit is refused", 1.0, unfit)
        .after(&["split", "forward"]),
    Check::hidden(Value, "single", "in single precision", 1.0, single)
        .after(&["forward", "gradient", "grouped", "turned"]),
];

/// The names of results, in messages.
const Y: &str = "Y";
const DX: &str = "dL/dX";

/// A matrix, and for each number the magnitude that rounding is relative to: the terms that it is computed from, and
/// those that they are computed from.
#[derive(Clone)]
struct Matrix {
    value: Array2<f64>,
    scale: Array2<f64>,
}

/// What a long sum of terms may be off by more than a short one.
fn long(terms: usize) -> f64 {
    (terms as f64).sqrt().max(1.0)
}

impl Matrix {
    fn exact(value: &Array2<f64>) -> Self {
        Self { value: value.clone(), scale: value.abs() }
    }

    fn zeros(shape: (usize, usize)) -> Self {
        Self::exact(&Array2::zeros(shape))
    }

    fn dot(&self, other: &Self) -> Self {
        Self {
            value: self.value.dot(&other.value),
            scale: self.scale.dot(&other.scale) * long(self.value.ncols()),
        }
    }

    fn t(&self) -> Self {
        Self { value: self.value.t().to_owned(), scale: self.scale.t().to_owned() }
    }

    fn times(&self, number: f64) -> Self {
        Self { value: &self.value * number, scale: &self.scale * number }
    }

    fn rows(&self, rows: Range<usize>) -> Self {
        let of = |it: &Array2<f64>| it.slice(s![rows.clone(), ..]).to_owned();
        Self { value: of(&self.value), scale: of(&self.scale) }
    }

    fn columns(&self, columns: Range<usize>) -> Self {
        self.t().rows(columns).t()
    }

    /// Adds a part at its place.
    fn add_at(&mut self, rows: Range<usize>, columns: Range<usize>, part: &Self) {
        let at = s![rows, columns];
        let mut value = self.value.slice_mut(at);
        value += &part.value;
        let mut scale = self.scale.slice_mut(at);
        scale += &part.scale;
    }

    /// Softmax of the first keys of each row.
    fn softmax(&self) -> Self {
        let mut a = Self::zeros(self.value.dim());
        for t in 0..self.value.nrows() {
            let (scores, sizes) = (self.value.slice(s![t, ..=t]), self.scale.slice(s![t, ..=t]));
            let [most, largest] =
                [&scores, &sizes].map(|of| of.fold(f64::NEG_INFINITY, |max, it| max.max(*it)));
            let sum: f64 = scores.iter().map(|it| (it - most).exp()).sum();
            for key in 0..=t {
                a.value[[t, key]] = (scores[key] - most).exp() / sum;
                let digits = long(t + 1) + sizes[key] + 2.0 * largest;
                a.scale[[t, key]] = (a.value[[t, key]] * digits).max(1e-285);
            }
        }
        a
    }

    /// Of these weights, from the gradient of the weights to that of the scores.
    fn softmax_backward(&self, da: &Self) -> Self {
        let column = |of: Array2<f64>| of.sum_axis(Axis(1)).insert_axis(Axis(1));
        let value = &self.value * &(&da.value - &column(&self.value * &da.value));
        let terms = long(self.value.ncols());
        let direct = &self.scale * &(&da.scale + &(terms * column(&self.value * &da.scale)));
        let of_sum = terms * &self.value * &column(&self.scale * &da.scale);
        Self { value, scale: direct + of_sum }
    }

    /// Row t turned by t angles, in the sense that is handed in.
    fn turned(&self, base: f64, sense: f64) -> Self {
        let mut turned = self.clone();
        let width = self.value.ncols();
        for (t, pair) in (0..self.value.nrows()).flat_map(|t| (0..width / 2).map(move |i| (t, i))) {
            let angle = t as f64 * base.powf(-((2 * pair) as f64) / width as f64);
            let (sin, cos) = (sense * angle).sin_cos();
            let [one, other] = [[t, 2 * pair], [t, 2 * pair + 1]];
            turned.value[one] = self.value[one] * cos - self.value[other] * sin;
            turned.value[other] = self.value[one] * sin + self.value[other] * cos;
            turned.scale[one] = (self.scale[one] + self.scale[other]) * (1.0 + 4.0 * angle);
            turned.scale[other] = turned.scale[one];
        }
        turned
    }

    fn compare(&self, name: &str, got: &Array2<f64>) -> Outcome {
        all_close(name, got, &self.value, &self.scale)
    }
}

impl Add for Matrix {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, scale: self.scale + other.scale }
    }
}

/// X·Wᵀ + b.
fn product(x: &Matrix, layer: &Linear) -> Matrix {
    let y = x.dot(&Matrix::exact(&layer.w).t());
    match &layer.b {
        Some(b) => Matrix { value: y.value + b, scale: y.scale + b.abs() },
        None => y,
    }
}

/// The gradients of a layer.
#[derive(Clone)]
struct Gradients {
    w: Matrix,
    b: Option<Matrix>,
}

impl Gradients {
    /// What is there before.
    fn before(layer: &Linear) -> Self {
        let b = layer.b.as_ref().map(|b| Matrix::exact(&b.clone().insert_axis(Axis(0))));
        Self { w: Matrix::exact(&layer.w), b }
    }

    fn plus(self, dy: &Matrix, x: &Matrix) -> Self {
        let ones = Matrix::exact(&Array2::ones((1, dy.value.nrows())));
        Self { w: self.w + dy.t().dot(x), b: self.b.map(|b| b + ones.dot(dy)) }
    }

    fn compare(&self, part: &str, got: &Linear) -> Outcome {
        self.w.compare(&format!("dL/dW{part}"), &got.w)?;
        match (&self.b, &got.b) {
            (Some(want), Some(got)) => {
                want.compare(&format!("dL/db{part}"), &got.clone().insert_axis(Axis(0)))
            }
            (None, None) => Ok(()),
            (Some(_), None) => Err(Miss::failed(format!("dL/db{part} is gone"))),
            (None, Some(_)) => {
                Err(Miss::failed(format!("there is a dL/db{part} where the layer has no bias")))
            }
        }
    }
}

/// A layer of attention, a batch, its upstream gradient, and the gradients that are there before.
#[derive(Clone)]
struct Pass {
    x: Array2<f64>,
    dy: Array2<f64>,
    weights: Attention,
    heads: Heads,
    batch: usize,
    before: Attention,
}

/// What comes out, forward and backward.
struct Want {
    y: Matrix,
    dx: Matrix,
    layers: [(&'static str, Gradients); 4],
}

impl Pass {
    fn layers(&self) -> [&Linear; 4] {
        let Attention { q, k, v, o } = &self.weights;
        [q, k, v, o]
    }

    /// How wide a head is.
    fn width(&self) -> usize {
        self.weights.q.w.nrows() / self.heads.heads
    }

    /// Where sequence `b` has its rows, head `h` its columns, and its keys and values theirs.
    fn places(&self, b: usize, h: usize) -> [Range<usize>; 3] {
        let (time, width) = (self.x.nrows() / self.batch, self.width());
        let group = h * self.heads.kv_heads / self.heads.heads;
        let range = |at: usize, length: usize| at * length..(at + 1) * length;
        [range(b, time), range(h, width), range(group, width)]
    }

    /// Sequence by sequence, head by head.
    fn want(&self) -> Want {
        let (x, dy) = (Matrix::exact(&self.x), Matrix::exact(&self.dy));
        let [q, k, v, o] = self.layers();
        let [all_q, all_k, all_v] = [q, k, v].map(|layer| product(&x, layer));
        let mut merged = Matrix::zeros(all_q.value.dim());
        let d_merged = dy.dot(&Matrix::exact(&o.w));
        let [mut dq, mut dk, mut dv] =
            [&all_q, &all_k, &all_v].map(|it| Matrix::zeros(it.value.dim()));
        let turn = |of: Matrix, sense| match self.heads.rope {
            Some(base) => of.turned(base, sense),
            None => of,
        };
        let scale = 1.0 / (self.width() as f64).sqrt();
        for (b, h) in (0..self.batch).flat_map(|b| (0..self.heads.heads).map(move |h| (b, h))) {
            let [rows, own, shared] = self.places(b, h);
            let part = |of: &Matrix, columns: &Range<usize>| {
                of.rows(rows.clone()).columns(columns.clone())
            };
            let (q, k) = (turn(part(&all_q, &own), 1.0), turn(part(&all_k, &shared), 1.0));
            let v = part(&all_v, &shared);
            let a = q.dot(&k.t()).times(scale).softmax();
            merged.add_at(rows.clone(), own.clone(), &a.dot(&v));
            let d_o = part(&d_merged, &own);
            let ds = a.softmax_backward(&d_o.dot(&v.t())).times(scale);
            dq.add_at(rows.clone(), own.clone(), &turn(ds.dot(&k), -1.0));
            dk.add_at(rows.clone(), shared.clone(), &turn(ds.t().dot(&q), -1.0));
            dv.add_at(rows.clone(), shared.clone(), &a.t().dot(&d_o));
        }
        let back = |d: &Matrix, layer: &Linear| d.dot(&Matrix::exact(&layer.w));
        let Attention { q: of_q, k: of_k, v: of_v, o: of_o } = &self.before;
        Want {
            y: product(&merged, o),
            dx: back(&dq, q) + back(&dk, k) + back(&dv, v),
            layers: [
                ("o", Gradients::before(of_o).plus(&dy, &merged)),
                ("v", Gradients::before(of_v).plus(&dv, &x)),
                ("q", Gradients::before(of_q).plus(&dq, &x)),
                ("k", Gradients::before(of_k).plus(&dk, &x)),
            ],
        }
    }

    fn y(&self, learner: &mut Learner) -> Result<Array2<f64>, Miss> {
        learner.call(
            multi_head,
            (self.x.clone(), self.weights.clone(), self.heads.clone(), self.batch),
        )
    }

    fn back(&self, learner: &mut Learner) -> Result<(Array2<f64>, Attention), Miss> {
        let Self { x, dy, weights, heads, batch, before } = self.clone();
        learner.call(multi_head_backward, (x, weights, heads, batch, dy, before))
    }

    fn scaled(self, [of_x, of_q, of_k, of_v, of_o, of_dy, of_before]: [f64; 7]) -> Self {
        let layer =
            |Linear { w, b }: Linear, scale: f64| Linear { w: scale * w, b: b.map(|b| scale * b) };
        let all = |Attention { q, k, v, o }: Attention, [of_q, of_k, of_v, of_o]: [f64; 4]| {
            Attention { q: layer(q, of_q), k: layer(k, of_k), v: layer(v, of_v), o: layer(o, of_o) }
        };
        Self {
            x: of_x * self.x,
            weights: all(self.weights, [of_q, of_k, of_v, of_o]),
            dy: of_dy * self.dy,
            before: all(self.before, [of_before; 4]),
            ..self
        }
    }

    /// With other numbers in the same shapes.
    fn with(&self, x: &Array2<f64>, w: [&Array2<f64>; 4]) -> Self {
        let [q, k, v, o] =
            [0, 1, 2, 3].map(|at| Linear { w: w[at].clone(), b: self.layers()[at].b.clone() });
        Self { x: x.clone(), weights: Attention { q, k, v, o }, ..self.clone() }
    }
}

impl Want {
    fn compare(&self, dx: &Array2<f64>, got: &Attention) -> Outcome {
        for (part, want) in &self.layers {
            let got = match *part {
                "o" => &got.o,
                "v" => &got.v,
                "q" => &got.q,
                _ => &got.k,
            };
            want.compare(part, got)?;
        }
        self.dx.compare(DX, dx)
    }
}

/// Sizes: sequences, tokens, heads, heads with keys of their own, numbers of a head, and the width of the model.
#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    time: usize,
    heads: usize,
    kv_heads: usize,
    width: usize,
    model: usize,
}

impl Sizes {
    /// As many heads with keys as without.
    const fn plain([batch, time, heads, width, model]: [usize; 5]) -> Self {
        Self { batch, time, heads, kv_heads: heads, width, model }
    }

    const fn sharing(self, kv_heads: usize) -> Self {
        Self { kv_heads, ..self }
    }
}

/// How a pass is filled.
#[derive(Clone, Copy)]
struct Style {
    bias: bool,
    rope: Option<f64>,
    /// Whether the numbers of each tensor have a size of their own.
    swept: bool,
    /// Whether there are gradients before.
    before: bool,
}

const PLAIN: Style = Style { bias: false, rope: None, swept: false, before: false };

fn pass(learner: &mut Learner, sizes: Sizes, style: Style) -> Pass {
    let Sizes { batch, time, heads, kv_heads, width, model } = sizes;
    let scales = learner.decades(-2.0, 1.0, 12);
    let mut turn = 0;
    let mut next = |learner: &mut Learner| {
        turn += 1;
        let scale = if style.swept { scales[turn % 12] } else { 1.0 };
        Filling { scale, column_major: learner.rng().bool() }
    };
    let mut layer = |learner: &mut Learner, shape: [usize; 2], times: f64| {
        let [of_w, of_b] = [next(learner), next(learner)];
        let w = times * learner.filled(shape, of_w);
        let b = times * learner.filled([shape[0]], of_b);
        Linear { w, b: style.bias.then_some(b) }
    };
    let shapes = [[heads * width, model], [kv_heads * width, model], [kv_heads * width, model]];
    let [q, k, v] = shapes.map(|shape| layer(learner, shape, 1.0));
    let o = layer(learner, [model, heads * width], 1.0);
    let zero = if style.before { 1.0 } else { 0.0 };
    let [of_q, of_k, of_v] = shapes.map(|shape| layer(learner, shape, zero));
    let of_o = layer(learner, [model, heads * width], zero);
    let [x, dy] = [(); 2].map(|()| {
        let filling = next(learner);
        learner.filled([batch * time, model], filling)
    });
    Pass {
        x,
        dy,
        weights: Attention { q, k, v, o },
        heads: Heads { heads, kv_heads, rope: style.rope },
        batch,
        before: Attention { q: of_q, k: of_k, v: of_v, o: of_o },
    }
}

/// Ordinary ones, the square first, then those with other sizes of numbers, and the square with large ones and zeros.
const SIZES: [Sizes; 8] = [
    Sizes::plain([2, 4, 2, 2, 4]),
    Sizes::plain([2, 3, 2, 2, 5]),
    Sizes::plain([1, 3, 3, 2, 4]),
    Sizes::plain([3, 1, 101, 1, 3]),
    Sizes::plain([1, 5, 1, 3, 2]),
    Sizes::plain([2, 34, 2, 2, 3]),
    Sizes::plain([101, 2, 3, 1, 2]),
    Sizes::plain([1, 2, 5, 7, 36]),
];

fn passes(learner: &mut Learner) -> Vec<Pass> {
    let mut passes = Vec::new();
    for swept in [false, true] {
        for (at, sizes) in SIZES.into_iter().enumerate() {
            let style = Style { bias: at % 3 == 2, swept, ..PLAIN };
            passes.push(pass(learner, sizes, style));
        }
    }
    passes.extend(SCALES.map(|scales| pass(learner, SIZES[0], PLAIN).scaled(scales)));
    passes
}

/// What X, the layers q, k, v and o, dL/dY and the gradients before are multiplied by: each is large once, while the
/// scores stay of order 1, and X and dL/dY are 0 once.
const SCALES: [[f64; 7]; 5] = [
    [1e3, 1e-3, 1e-3, 1.0, 1e3, 1.0, 1e3],
    [1.0, 1e3, 1e-3, 1e3, 1.0, 1.0, 1.0],
    [1.0, 1e-3, 1e3, 1.0, 1.0, 1e3, 1.0],
    [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
];

/// Rows, inputs and outputs of a linear layer.
const LINEAR: [[usize; 3]; 10] = [
    [3, 3, 3],
    [2, 3, 4],
    [4, 2, 1],
    [1, 1, 2],
    [40, 2, 3],
    [2, 70, 2],
    [2, 3, 36],
    [0, 2, 3],
    [5, 3, 2],
    [70, 71, 70],
];

fn of_linear(learner: &mut Learner) -> Outcome {
    // The first shape comes again: with each argument large, and with zeros alone.
    let large = (0..6)
        .map(|large| ([3, 3, 3], std::array::from_fn(|at| if at == large { 1e3 } else { 1.0 })));
    let mut cases: Vec<([usize; 3], [f64; 6])> = Vec::new();
    for (at, shape) in LINEAR.into_iter().enumerate() {
        let scales = [(); 6].map(|()| if at < 3 { 1.0 } else { learner.decades(-3.0, 3.0, 1)[0] });
        cases.push((shape, scales));
    }
    cases.extend(large.chain([([3, 3, 3], [0.0; 6])]));
    for (at, ([rows, d_in, d_out], scales)) in cases.into_iter().enumerate() {
        let mut scales = scales.into_iter();
        let mut fill = |shape: [usize; 2]| {
            let scale = scales.next().unwrap_or(1.0);
            learner.filled(shape, Filling { scale, column_major: at % 2 == 1 })
        };
        let (x, dy) = (fill([rows, d_in]), fill([rows, d_out]));
        let mut layer = || {
            let b = fill([d_out, 1]).column(0).to_owned();
            let has_bias = at % 2 == 0 || at >= LINEAR.len();
            Linear { w: fill([d_out, d_in]), b: has_bias.then_some(b) }
        };
        let (weights, before) = (layer(), layer());
        let y = learner.call(linear, (x.clone(), weights.clone()))?;
        product(&Matrix::exact(&x), &weights).compare("Y of `linear`", &y)?;
        let arguments = (dy.clone(), x.clone(), weights.clone(), before.clone());
        let (dx, got) = learner.call(linear_backward, arguments)?;
        let (x, dy) = (Matrix::exact(&x), Matrix::exact(&dy));
        dy.dot(&Matrix::exact(&weights.w)).compare("dL/dX of `linear_backward`", &dx)?;
        let want = Gradients::before(&before).plus(&dy, &x);
        want.compare(" of `linear_backward`, added to what was there,", &got)?;
    }
    Ok(())
}

fn heads_apart(learner: &mut Learner) -> Outcome {
    let sizes =
        [[2, 3, 2, 2], [3, 2, 4, 5], [1, 4, 3, 2], [2, 1, 3, 4], [5, 2, 1, 3], [2, 40, 33, 1]];
    // And the first sizes come again, twice.
    let others = [[101, 1, 2, 1], [1, 2, 101, 1], [2, 0, 2, 1], [2, 3, 2, 2], [2, 3, 2, 2]];
    for (at, [batch, time, heads, width]) in sizes.into_iter().chain(others).enumerate() {
        let scale = if at == 0 { 1.0 } else { 1e3 };
        let filling = Filling { scale, column_major: at % 2 == 1 };
        let x = learner.filled([batch * time, heads * width], filling);
        let got = learner.call(split, (x.clone(), batch, heads))?;
        let want = Array4::from_shape_fn((batch, heads, time, width), |(b, h, t, i)| {
            x[[b * time + t, h * width + i]]
        });
        same_shape("the heads", got.shape(), want.shape())?;
        if got != want {
            return Err(Miss::failed(told_of_heads(&x, [batch, time, heads, width], &got)));
        }
        let x = learner.filled([batch, heads, time, width], filling);
        let got = learner.call(merge, (x.clone(),))?;
        let want = Array2::from_shape_fn((batch * time, heads * width), |(row, column)| {
            let (b, t) = (row / time, row % time);
            x[[b, column / width, t, column % width]]
        });
        same_shape("the merged heads", got.shape(), want.shape())?;
        if got != want {
            return Err(Miss::failed(
                "`merge` has the numbers in other places. Row b·T + t, column h·d + i of the result is number (b, h, \
                 t, i): token before head, and both before the number",
            ));
        }
    }
    Ok(())
}

/// What is wrong with heads that hold other numbers.
fn told_of_heads(x: &Array2<f64>, sizes: [usize; 4], got: &Array4<f64>) -> &'static str {
    let [batch, time, heads, width] = sizes;
    let like = |place: fn([usize; 4], [usize; 4]) -> [usize; 2]| {
        got.indexed_iter().all(|((b, h, t, i), it)| *it == x[place([b, h, t, i], sizes)])
    };
    if batch * time * heads * width == 0 {
        "`split` has the numbers in other places"
    } else if like(|[b, h, t, i], [_, time, heads, width]| {
        let flat = ((b * heads + h) * time + t) * width + i;
        [flat / (heads * width), flat % (heads * width)]
    }) {
        "`split` reads the rows as if they lay head by head in memory already. They lie token by token: name the four \
         indices in that order, and change the order of the axes then"
    } else if like(|[b, h, t, i], [_, time, heads, _]| [b * time + t, i * heads + h]) {
        "`split` deals the columns out among the heads one by one. Head h has the columns from h·d on, side by side"
    } else if like(|[b, h, t, i], [batch, _, _, width]| [t * batch + b, h * width + i]) {
        "`split` takes the rows for (T·B): one token of each sequence after the other. The rows are (B·T): one sequence \
         after the other"
    } else {
        "`split` has the numbers in other places. Number (b, h, t, i) of the result is row b·T + t, column h·d + i"
    }
}

fn forward(learner: &mut Learner) -> Outcome {
    let passes = passes(learner);
    learner.ask_all(
        &passes,
        |learner, pass| pass.y(learner),
        |pass, y| pass.want().y.compare(Y, &y),
    )
}

fn backward(learner: &mut Learner) -> Outcome {
    for (at, pass) in passes(learner).into_iter().enumerate() {
        let (dx, got) = pass.back(learner)?;
        let compared = pass.want().compare(&dx, &got);
        if at == 1 {
            let differs = against_differences(learner, &pass, &dx, &got);
            differs.or_else(|miss| compared.clone().and(Err(miss)))?;
        }
        compared?;
    }
    Ok(())
}

fn against_differences(
    learner: &mut Learner,
    pass: &Pass,
    dx: &Array2<f64>,
    got: &Attention,
) -> Outcome {
    let Attention { q, k, v, o } = &pass.weights;
    for (name, got, of) in
        [(DX, dx, &pass.x), ("dL/dWq", &got.q.w, &q.w), ("dL/dWo", &got.o.w, &o.w)]
    {
        same_shape(name, got.shape(), of.shape())?;
    }
    same_shape("dL/dWk", got.k.w.shape(), k.w.shape())?;
    same_shape("dL/dWv", got.v.w.shape(), v.w.shape())?;
    type Inputs<'a> =
        (&'a Array2<f64>, &'a Array2<f64>, &'a Array2<f64>, &'a Array2<f64>, &'a Array2<f64>);
    let at = |(x, q, k, v, o): Inputs| pass.with(x, [q, k, v, o]);
    let loss = |inputs: Inputs| (&pass.dy * &at(inputs).want().y.value).sum();
    let own = |learner: &mut Learner, inputs: Inputs| {
        let y = at(inputs).y(learner)?;
        same_shape(Y, y.shape(), pass.dy.shape())?;
        Ok((&pass.dy * &y).sum())
    };
    let arguments = (
        ("X", &pass.x, dx),
        ("Wq", &q.w, &got.q.w),
        ("Wk", &k.w, &got.k.w),
        ("Wv", &v.w, &got.v.w),
        ("Wo", &o.w, &got.o.w),
    );
    differences(learner, arguments, loss, own)
        .map_err(|miss| Miss { message: miss.message.replace("`forward`", "`multi_head`"), ..miss })
}

/// Both directions of some passes.
fn both(learner: &mut Learner, passes: &[Pass]) -> Outcome {
    for pass in passes {
        let y = pass.y(learner)?;
        let want = pass.want();
        want.y.compare(Y, &y).map_err(|miss| told_of_base(pass, &y, miss))?;
        let (dx, got) = pass.back(learner)?;
        want.compare(&dx, &got)?;
    }
    Ok(())
}

/// What it means that another base than the one that is handed in turns the rows.
fn told_of_base(pass: &Pass, y: &Array2<f64>, miss: Miss) -> Miss {
    let heads = Heads { rope: pass.heads.rope.map(|_| 1e4), ..pass.heads.clone() };
    let other = Pass { heads, ..pass.clone() }.want();
    if pass.heads.rope == Some(1e4) || other.y.compare(Y, y).is_err() {
        return miss;
    }
    let message = "Y has its queries and keys turned with a base of 10,000. The base is handed in";
    miss.saying(message)
}

fn grouped(learner: &mut Learner) -> Outcome {
    let sizes = [
        Sizes::plain([2, 3, 4, 2, 3]).sharing(2),
        Sizes::plain([1, 4, 6, 1, 5]).sharing(2),
        Sizes::plain([2, 3, 4, 2, 8]).sharing(1),
        Sizes::plain([2, 2, 6, 2, 3]).sharing(3),
        Sizes::plain([1, 3, 3, 2, 4]).sharing(1),
    ];
    let passes: Vec<_> = sizes
        .into_iter()
        .enumerate()
        .map(|(at, sizes)| pass(learner, sizes, Style { swept: at == 3, bias: at == 4, ..PLAIN }))
        .collect();
    both(learner, &passes)
}

fn turned(learner: &mut Learner) -> Outcome {
    let sizes = [
        (Sizes::plain([2, 4, 2, 4, 5]), 1e4),
        (Sizes::plain([1, 5, 3, 2, 4]), 1e4),
        (Sizes::plain([2, 3, 4, 6, 3]).sharing(2), 100.0),
        (Sizes::plain([1, 260, 1, 2, 3]), 7.5),
        (Sizes::plain([3, 2, 1, 4, 4]), 5e5),
    ];
    let mut passes: Vec<_> = sizes
        .into_iter()
        .enumerate()
        .map(|(at, (sizes, base))| {
            let rope = Some(base);
            pass(learner, sizes, Style { rope, bias: at != 1, swept: at == 4, before: false })
        })
        .collect();
    // In each of the others one layer has no bias beside three that have one.
    let with_bias = passes.iter_mut().filter(|pass| pass.weights.q.b.is_some());
    for (nth, pass) in with_bias.enumerate() {
        for Attention { q, k, v, o } in [&mut pass.weights, &mut pass.before] {
            [q, k, v, o][nth].b = None;
        }
    }
    both(learner, &passes)
}

fn added(learner: &mut Learner) -> Outcome {
    const FIRST: Sizes = Sizes::plain([2, 3, 2, 2, 5]);
    let others = [Sizes::plain([6, 2, 12, 2, 3]).sharing(6), Sizes::plain([1, 2, 5, 7, 36])];
    let ordinary = [FIRST].into_iter().chain(others).map(|sizes| (sizes, [1.0; 7]));
    // The first sizes come again.
    let scaled = SCALES.map(|scales| (FIRST, scales));
    for (sizes, scales) in ordinary.chain(scaled) {
        let style = Style { before: true, bias: true, ..PLAIN };
        let pass = self::pass(learner, sizes, style).scaled(scales);
        let (dx, got) = pass.back(learner)?;
        pass.want().compare(&dx, &got).map_err(|miss| told_of_sum(&pass, &got, miss))?;
        two_batches(learner, pass, scales)?;
    }
    Ok(())
}

/// What it means that gradients are those of one pass alone.
fn told_of_sum(pass: &Pass, got: &Attention, miss: Miss) -> Miss {
    let zero = |layer: &Linear| Linear { w: &layer.w * 0.0, b: layer.b.as_ref().map(|b| b * 0.0) };
    let Attention { q, k, v, o } = &pass.before;
    let before = Attention { q: zero(q), k: zero(k), v: zero(v), o: zero(o) };
    let alone = Pass { before, ..pass.clone() }.want();
    let is_alone = alone.layers.iter().zip([&got.o, &got.v, &got.q, &got.k]);
    if !is_alone.into_iter().any(|((part, want), got)| want.compare(part, got).is_ok()) {
        return miss;
    }
    let message = "the gradients of a layer take the place of those that were there. A weight that is used twice has \
                   both gradients: add yours";
    miss.saying(message)
}

/// Two batches of different sizes through one layer.
fn two_batches(learner: &mut Learner, first: Pass, [of_x, .., of_dy, _]: [f64; 7]) -> Outcome {
    let rows = first.x.nrows() / first.batch * (first.batch + 1);
    let mut draw = |scale| {
        let column_major = learner.rng().bool();
        learner.filled([rows, first.x.ncols()], Filling { scale, column_major })
    };
    let second = Pass { x: draw(of_x), dy: draw(of_dy), batch: first.batch + 1, ..first.clone() };
    let arguments = (
        [first.x.clone(), second.x.clone()],
        first.weights.clone(),
        first.heads.clone(),
        [first.batch, second.batch],
        [first.dy.clone(), second.dy.clone()],
        first.before.clone(),
    );
    let (dx, got) = learner.call(two_passes, arguments).map_err(|miss| {
        let is_panic = miss.verdict == Verdict::Panicked;
        let of_two =
            ". Two passes are under way here: is all that the way back needs in the cache?";
        let message = format!("{}{}", miss.message, if is_panic { of_two } else { "" });
        Miss { message, ..miss }
    })?;
    let together = |of: fn(&Pass) -> &Array2<f64>| {
        concatenate(Axis(0), &[of(&first).view(), of(&second).view()])
            .map_err(|_| Miss::of_check("two batches do not have the same columns"))
    };
    let pass = Pass {
        x: together(|it| &it.x)?,
        dy: together(|it| &it.dy)?,
        batch: first.batch + second.batch,
        ..first.clone()
    };
    pass.want().compare(&together_of(&dx), &got).map_err(|miss| {
        let message = format!("{}, after two batches. Each has a cache of its own.", miss.message);
        miss.saying(message)
    })
}

fn together_of([first, second]: &[Array2<f64>; 2]) -> Array2<f64> {
    concatenate(Axis(0), &[first.view(), second.view()]).unwrap_or_default()
}

fn invariant(learner: &mut Learner) -> Outcome {
    let sizes = Sizes::plain([3, 4, 3, 2, 5]);
    let pass = pass(learner, sizes, Style { bias: true, rope: Some(1e4), ..PLAIN });
    let y = pass.y(learner)?;
    let want = pass.want().y;
    want.compare(Y, &y)?;

    // Head 2 first, then 0 and 1: rows of Q, K and V, columns of O.
    let order = [4, 5, 0, 1, 2, 3];
    let rows = |layer: &Linear| Linear {
        w: layer.w.select(Axis(0), &order),
        b: layer.b.as_ref().map(|b| b.select(Axis(0), &order)),
    };
    let Attention { q, k, v, o } = &pass.weights;
    let other = Linear { w: o.w.select(Axis(1), &order), b: o.b.clone() };
    let weights = Attention { q: rows(q), k: rows(k), v: rows(v), o: other };
    let y = Pass { weights, ..pass.clone() }.y(learner)?;
    want.compare("Y, after the heads changed their order", &y)?;

    // The last sequence first.
    let order: Vec<_> = (0..12).map(|row| (row + 8) % 12).collect();
    let y = Pass { x: pass.x.select(Axis(0), &order), ..pass.clone() }.y(learner)?;
    let moved = Matrix {
        value: want.value.select(Axis(0), &order),
        scale: want.scale.select(Axis(0), &order),
    };
    moved.compare("Y, after the sequences changed their order", &y)
}

fn leak(learner: &mut Learner) -> Outcome {
    let sizes = Sizes::plain([2, 5, 4, 2, 3]).sharing(2);
    let pass = pass(learner, sizes, Style { bias: true, rope: Some(1e4), ..PLAIN });
    let before = pass.y(learner)?;
    for token in 1..5 {
        for scale in [1.0, 1e3] {
            let mut later = pass.clone();
            later.x.row_mut(5 + token).assign(&learner.array([3], -scale, scale));
            let after = later.y(learner)?;
            same_shape(Y, after.shape(), before.shape())?;
            if let Some(row) = (0..5 + token).find(|row| before.row(*row) != after.row(*row)) {
                let whose = if row < 5 { "of another sequence" } else { "before it" };
                return Err(Miss::failed(format!(
                    "an output {whose} changes when token {token} of a sequence changes, if only in the last bit"
                ))
                .of(&[Y]));
            }
        }
        let mut alone = pass.clone();
        alone.dy.fill(0.0);
        alone.dy.row_mut(5 + token).assign(&pass.dy.row(5 + token));
        let (dx, _) = alone.back(learner)?;
        same_shape(DX, dx.shape(), pass.x.shape())?;
        let others = (0..5).chain(6 + token..10);
        if others.into_iter().any(|row| dx.row(row).iter().any(|it| *it != 0.0)) {
            return Err(Miss::failed(format!(
                "only output {token} of a sequence has an upstream gradient, and {DX} is not exactly 0 at a later token \
                 or in another sequence"
            ))
            .of(&[DX]));
        }
    }
    Ok(())
}

fn unfit(learner: &mut Learner) -> Outcome {
    let refused = |function: &str, what: &str| {
        format!(
            "`{function}` takes {what}, and gives numbers for it. Which condition would you assert?"
        )
    };
    let x = learner.array([6, 4], -1.0, 1.0);
    for (batch, heads, what) in [
        (4, 2, "6 rows of 4 sequences"),
        (2, 3, "4 columns for 3 heads"),
        (0, 2, "a batch of no sequence"),
        (2, 0, "no head"),
    ] {
        panics(learner.call(split, (x.clone(), batch, heads)), || refused("split", what))?;
    }
    let of =
        |rows: usize, b: usize| Linear { w: Array2::ones((rows, 2)), b: Some(Array1::zeros(b)) };
    let arguments = (Array2::ones((4, 1)), Array2::ones((4, 2)), of(1, 1), of(1, 3));
    let what = "three dL/db for one output";
    panics(learner.call(linear_backward, arguments), || refused("linear_backward", what))?;
    let sizes = Sizes::plain([2, 3, 4, 2, 5]);
    let right = pass(learner, sizes, Style { bias: true, ..PLAIN });
    let with = |change: fn(&mut Pass)| {
        let mut pass = right.clone();
        change(&mut pass);
        pass
    };
    let short = Sizes::plain([2, 3, 3, 2, 5]).sharing(2);
    let cases = [
        (with(|it| it.batch = 4), "6 rows of 4 sequences"),
        (with(|it| it.x = Array2::zeros((6, 4))), "inputs of another width than the weights"),
        (
            with(|it| it.weights.k.b = Some(Array1::zeros(1))),
            "one bias for all numbers of the keys",
        ),
        (with(|it| it.heads.kv_heads = 0), "no head with keys"),
        (pass(learner, short, PLAIN), "3 heads that share the keys of 2"),
    ];
    for (pass, what) in cases {
        panics(pass.y(learner), || refused("multi_head", what))?;
    }
    Ok(())
}

/// Numbers that f32 holds, compared with the right values there.
fn single(learner: &mut Learner) -> Outcome {
    let sizes = Sizes::plain([2, 4, 4, 2, 5]).sharing(2);
    let style = Style { bias: true, rope: Some(1e4), before: true, swept: false };
    let mut pass = pass(learner, sizes, style);
    let round = |of: &mut Array2<f64>| of.mapv_inplace(|it| f64::from(it as f32));
    round(&mut pass.x);
    round(&mut pass.dy);
    let Attention { q, k, v, o } = &mut pass.weights;
    for layer in [q, k, v, o] {
        round(&mut layer.w);
        layer.b.iter_mut().for_each(|b| b.mapv_inplace(|it| f64::from(it as f32)));
    }
    let narrow = |of: &Array2<f64>| of.mapv(|it| it as f32);
    let layer = |of: &Linear| LinearF32 {
        w: narrow(&of.w),
        b: of.b.as_ref().map(|b| b.mapv(|it| it as f32)),
    };
    let all = |Attention { q, k, v, o }: &Attention| AttentionF32 {
        q: layer(q),
        k: layer(k),
        v: layer(v),
        o: layer(o),
    };
    let (x, weights) = (narrow(&pass.x), all(&pass.weights));
    let want = pass.want();
    let y = learner
        .call(multi_head_f32, (x.clone(), weights.clone(), pass.heads.clone(), pass.batch))?;
    all_close_in_single("Y in f32", &y, &want.y.value, &want.y.scale)?;
    let arguments =
        (x, weights, pass.heads.clone(), pass.batch, narrow(&pass.dy), all(&pass.before));
    let (dx, got) = learner.call(multi_head_backward_f32, arguments)?;
    all_close_in_single("dL/dX in f32", &dx, &want.dx.value, &want.dx.scale)?;
    for ((part, want), got) in want.layers.iter().zip([&got.o, &got.v, &got.q, &got.k]) {
        let name = format!("dL/dW{part} in f32");
        all_close_in_single(&name, &got.w, &want.w.value, &want.w.scale)?;
    }
    Ok(())
}
