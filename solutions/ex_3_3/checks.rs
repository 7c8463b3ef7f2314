//! Checks of lesson 3.3: modules.

use std::slice::from_ref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::checks::Kind::{Cost, Gradient, Property};
use engine::checks::{
    Callback, Case, Check, Learner, Lesson, Miss, Outcome, Verdict, all_close, close, gradients,
    same_shape,
};
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, IxDyn};

use super::contract::{
    Batch, Build, Run, Stack, Tensor, foreign, linear_backward, linear_forward, mse, passes,
    tanh_backward, tanh_forward,
};

pub const LESSON: Lesson = Lesson::new("Modules", CHECKS).after(&["ex_1_3", "ex_3_2"]);

const CHECKS: &[Check] = &[
    Check::hidden(Gradient, "linear", "both passes of `Linear`", 1.0, linear),
    Check::hidden(Gradient, "tanh", "both passes of `Tanh`", 1.0, tanh),
    Check::hidden(Gradient, "mse", "the loss of `mse` and its gradient", 1.0, mean_squared_error),
    Check::hidden(
        Cost,
        "sequential",
        "`Sequential`: each layer once forward and once backward",
        2.0,
        sequential,
    ),
    Check::hidden(
        Gradient,
        "stack",
        "three layers: every gradient against finite differences",
        2.0,
        three_layers,
    )
    .after(&["linear", "tanh", "sequential"]),
    Check::hidden(Property, "parameters", "each parameter is listed once", 1.0, parameters)
        .after(&["linear", "sequential"]),
    Check::hidden(
        Property,
        "two_batches",
        "two forward passes, then two backward passes",
        1.0,
        two_batches,
    )
    .after(&["linear", "tanh", "sequential"]),
    Check::hidden(
        Property,
        "grouping",
        "the grouping of layers does not matter, and `Identity` does nothing",
        1.0,
        grouping,
    )
    .after(&["linear", "tanh", "sequential", "stack"]),
];

/// X·Wᵀ + b.
fn affine(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> Array2<f64> {
    x.dot(&w.t()) + b
}

/// dL/dX, dL/dW and dL/db of a linear layer.
fn affine_back(
    x: &Array2<f64>,
    w: &Array2<f64>,
    dz: &Array2<f64>,
) -> (Array2<f64>, Array2<f64>, Array1<f64>) {
    let db = Array1::from_shape_fn(dz.ncols(), |j| dz.column(j).iter().sum());
    (dz.dot(w), dz.t().dot(x), db)
}

fn linear(learner: &mut Learner) -> Outcome {
    for case in learner.cases::<3, 4>() {
        let ([samples, d_in, d_out], [x, w, b, dz]) = (case.sizes, case.fillings);
        let x = learner.filled([samples, d_in], x);
        let w = learner.filled([d_out, d_in], w);
        let b = learner.filled([d_out], b);
        let dz = learner.filled([samples, d_out], dz);
        let z = learner.call(linear_forward, (x.clone(), w.clone(), b.clone()))?;
        let scale = affine(&x.abs(), &w.abs(), &b.abs());
        all_close("Z of `Linear`", &z, &affine(&x, &w, &b), &scale)?;
        let got = learner.call(linear_backward, (x.clone(), w.clone(), dz.clone()))?;
        let (dx, dw, db) = affine_back(&x, &w, &dz);
        one_for_each("`Linear`", &got.listed, &["W", "b"], &[w.shape(), b.shape()])?;
        let (of_x, of_w, of_b) = affine_back(&x.abs(), &w.abs(), &dz.abs());
        all_close("dL/dX of `Linear`", &got.dx, &dx, &of_x)?;
        all_close("dL/dW of `Linear`", &got.dw, &dw, &of_w)?;
        all_close("dL/db of `Linear`", &got.db, &db, &of_b)?;
    }
    Ok(())
}

/// There is one gradient for each parameter, in the order of the parameters.
fn one_for_each(of: &str, listed: &[String], names: &[&str], shapes: &[&[usize]]) -> Outcome {
    let owed = names.iter().map(|name| format!("dL/d{name}")).collect::<Vec<_>>().join(", ");
    if listed.len() != names.len() {
        return Err(Miss::failed(format!(
            "`backward` of {of} lists {} gradients, and it owes {}: {owed}",
            listed.len(),
            names.len()
        )));
    }
    let mut pairs = names.iter().zip(listed.iter().zip(shapes));
    match pairs.find(|(_, (listed, shape))| **listed != format!("{shape:?}")) {
        None => Ok(()),
        Some((name, _)) => Err(Miss::failed(format!(
            "`backward` of {of} owes {owed}, in the order of the parameters. In the place of dL/d{name} \
             stands an array that has not the shape of {name}"
        ))),
    }
}

fn tanh(learner: &mut Learner) -> Outcome {
    for case in learner.cases::<2, 2>() {
        let [z, da] = case.fillings.map(|it| learner.filled(case.sizes, it));
        let a = z.mapv(f64::tanh);
        all_close("A of `Tanh`", &learner.call(tanh_forward, (z.clone(),))?, &a, &a.abs())?;
        let dz = Array2::from_shape_fn(a.dim(), |at| da[at] * (1.0 - a[at] * a[at]));
        let got = learner.call(tanh_backward, (z, da.clone()))?;
        // 1 − A² is the difference of two terms that are at most 1.
        all_close("dL/dZ of `Tanh`", &got, &dz, &da.abs())?;
    }
    Ok(())
}

fn mean_squared_error(learner: &mut Learner) -> Outcome {
    for case in learner.cases::<2, 2>() {
        let [o, y] = case.fillings.map(|it| learner.filled(case.sizes, it));
        let batch = o.nrows() as f64;
        let mean = |error: &Array2<f64>| {
            error.iter().map(|error| error * error / 2.0).sum::<f64>() / batch
        };
        let (error, terms) = (&o - &y, o.abs() + y.abs());
        let (loss, got) = learner.call(mse, (o, y))?;
        close("the loss", loss, mean(&error), mean(&terms))?;
        all_close("dL/dO", &got, &(error / batch), &(terms / batch))?;
    }
    Ok(())
}

/// Layers that the lesson does not know: the grader evaluates their passes, and sees what each is handed.
fn sequential(learner: &mut Learner) -> Outcome {
    for scale in learner.decades(-3.0, 3.0, 6) {
        let widths = [2, 4, 3, 5];
        let maps = [0, 1, 2].map(|at| learner.array([widths[at], widths[at + 1]], -1.0, 1.0));
        let x = learner.array([3, widths[0]], -scale, scale);
        let upstream = learner.array([3, widths[3]], -scale, scale);
        let layers = Layers { maps: Arc::new(maps), calls: Arc::default() };
        let (forward, backward) = (layers.clone(), layers.clone());
        let forward = Callback::new(move |(layer, x)| forward.forward(layer, x));
        let backward = Callback::new(move |(layer, x, dy)| backward.backward(layer, x, dy));
        let got = learner.call(foreign, (x.clone(), upstream.clone(), forward, backward));
        if let Err(miss) = &got
            && miss.verdict == Verdict::NotImplemented
        {
            return Err(miss.clone());
        }
        // Passes on the wrong arrays say more than the panic that may have followed.
        let (outputs, dx) = layers.judged(&x, &upstream)?;
        let got = got?;
        let exact = |array: &Array2<f64>| Array2::zeros(array.dim());
        all_close("the outputs of `Sequential`", &got.0, &outputs, &exact(&outputs))?;
        all_close("dL/dX of `Sequential`", &got.1, &dx, &exact(&dx))?;
    }
    Ok(())
}

/// A pass that ran: of which layer, forward or backward, and on which inputs or upstream gradient.
#[derive(Clone, PartialEq)]
struct Ran {
    layer: usize,
    is_forward: bool,
    handed: Array2<f64>,
}

/// Three layers Y = X²·M, with the squares element by element.
#[derive(Clone)]
struct Layers {
    maps: Arc<[Array2<f64>; 3]>,
    calls: Arc<Mutex<Vec<Ran>>>,
}

impl Layers {
    fn noted(&self) -> MutexGuard<'_, Vec<Ran>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is handed in comes from the learner: where it does not fit, it comes back as it is.
    fn forward(&self, layer: usize, x: Array2<f64>) -> Array2<f64> {
        self.noted().push(Ran { layer, is_forward: true, handed: x.clone() });
        let map = &self.maps[layer];
        if x.ncols() == map.nrows() { (&x * &x).dot(map) } else { x }
    }

    fn backward(&self, layer: usize, x: Array2<f64>, dy: Array2<f64>) -> Array2<f64> {
        self.noted().push(Ran { layer, is_forward: false, handed: dy.clone() });
        let map = &self.maps[layer];
        let fits = x.ncols() == map.nrows() && dy.dim() == (x.nrows(), map.ncols());
        if fits { 2.0 * x * dy.dot(&map.t()) } else { dy }
    }

    /// The outputs and dL/dX, if the passes that ran are those that belong to them.
    fn judged(
        &self,
        x: &Array2<f64>,
        upstream: &Array2<f64>,
    ) -> Result<(Array2<f64>, Array2<f64>), Miss> {
        let ran = std::mem::take(&mut *self.noted());
        let mut inputs = vec![x.clone()];
        (0..3).for_each(|layer| inputs.push(self.forward(layer, inputs[layer].clone())));
        let dx = (0..3)
            .rev()
            .fold(upstream.clone(), |dy, layer| self.backward(layer, inputs[layer].clone(), dy));
        let expected = std::mem::take(&mut *self.noted());
        told(&ran, &expected)?;
        Ok((inputs.swap_remove(3), dx))
    }
}

/// Compares the passes that ran with those that are expected, and tells the first that is another one.
fn told(ran: &[Ran], expected: &[Ran]) -> Outcome {
    let pass = |it: &Ran| {
        let direction = if it.is_forward { "`forward`" } else { "`backward`" };
        format!("{direction} of the {} layer", ["first", "second", "third"][it.layer])
    };
    let differs = |at: &usize| ran.get(*at) != expected.get(*at);
    let Some(at) = (0..ran.len().max(expected.len())).find(differs) else { return Ok(()) };
    let message = match (ran.get(at), expected.get(at)) {
        (Some(got), Some(want)) if pass(got) == pass(want) => {
            let what = match (want.is_forward, want.layer) {
                (true, 0) => "the inputs of the network",
                (true, _) => "the outputs of the layer before it",
                (false, 2) => "the upstream gradient of the network",
                (false, _) => "the dL/dX of the layer after it",
            };
            format!("{} is not handed {what}", pass(got))
        }
        (Some(got), Some(want)) => {
            format!("{} runs where {} is due", pass(got), pass(want))
        }
        (Some(got), None) => format!("{} runs once more than it has to", pass(got)),
        (None, Some(want)) => format!("{} does not run", pass(want)),
        (None, None) => return Ok(()),
    };
    Err(Miss::failed(format!(
        "in a `Sequential` of three layers, {message}. Each layer runs once forward, the first to the \
         last, and once backward, the last to the first, with what its neighbour gave"
    )))
}

/// Two linear layers with tanh between them, their inputs, and the upstream gradient dL/dO of the loss
/// L = Σ dL/dO ∘ O.
#[derive(Clone)]
struct Network {
    x: Array2<f64>,
    w1: Array2<f64>,
    b1: Array1<f64>,
    w2: Array2<f64>,
    b2: Array1<f64>,
    upstream: Array2<f64>,
}

const NAMES: [&str; 5] = ["X", "W₁", "b₁", "W₂", "b₂"];

/// The gradients by X, W₁, b₁, W₂ and b₂.
struct Gradients(Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>, Array1<f64>);

impl Gradients {
    fn list(&self) -> [ArrayD<f64>; 5] {
        let Self(dx, dw1, db1, dw2, db2) = self;
        [any(dx), any(dw1), any(db1), any(dw2), any(db2)]
    }
}

fn any<D: Dimension>(array: &Array<f64, D>) -> ArrayD<f64> {
    array.clone().into_dyn()
}

impl Network {
    fn of(learner: &mut Learner, case: &Case<4, 6>) -> Self {
        let ([samples, d_in, h, d_out], [x, w1, b1, w2, b2, upstream]) =
            (case.sizes, case.fillings);
        Self {
            x: learner.filled([samples, d_in], x),
            w1: learner.filled([h, d_in], w1),
            b1: learner.filled([h], b1),
            w2: learner.filled([d_out, h], w2),
            b2: learner.filled([d_out], b2),
            upstream: learner.filled([samples, d_out], upstream),
        }
    }

    /// Another batch for the same layers.
    fn another_batch(&self, learner: &mut Learner, samples: usize) -> Self {
        let x = learner.array([samples, self.x.ncols()], -1.0, 1.0);
        let upstream = learner.array([samples, self.b2.len()], -1.0, 1.0);
        Self { x, upstream, ..self.clone() }
    }

    fn a(&self) -> Array2<f64> {
        affine(&self.x, &self.w1, &self.b1).mapv(f64::tanh)
    }

    fn o(&self) -> Array2<f64> {
        affine(&self.a(), &self.w2, &self.b2)
    }

    fn loss(&self) -> f64 {
        (&self.upstream * &self.o()).sum()
    }

    fn gradients(&self) -> Gradients {
        let a = self.a();
        let (da, dw2, db2) = affine_back(&a, &self.w2, &self.upstream);
        let (dx, dw1, db1) = affine_back(&self.x, &self.w1, &(da * a.mapv(|a| 1.0 - a * a)));
        Gradients(dx, dw1, db1, dw2, db2)
    }

    /// The magnitudes of the terms of A: what rounds in Z arrives through the slope of tanh.
    fn a_scale(&self) -> Array2<f64> {
        let terms = affine(&self.x.abs(), &self.w1.abs(), &self.b1.abs());
        let a = self.a();
        a.abs() + terms * a.mapv(|a| 1.0 - a * a)
    }

    fn o_scale(&self) -> Array2<f64> {
        affine(&self.a_scale(), &self.w2.abs(), &self.b2.abs())
    }

    /// As [`Network::gradients`], of magnitudes. 1 − A² is off by twice the error of A at most, and by the
    /// rounding of a difference.
    fn gradient_scales(&self) -> Gradients {
        let a = self.a_scale();
        let (da, dw2, db2) = affine_back(&a, &self.w2.abs(), &self.upstream.abs());
        let (dx, dw1, db1) = affine_back(&self.x.abs(), &self.w1.abs(), &(da * (1.0 + 2.0 * &a)));
        Gradients(dx, dw1, db1, dw2, db2)
    }

    fn batch(&self) -> Batch {
        Batch { x: self.x.clone(), upstream: self.upstream.clone() }
    }

    fn call(&self, learner: &mut Learner, build: Build, other: Batch) -> Result<Run, Miss> {
        self.call_on(learner, build, self.batch(), other, &[1.0; 4])
    }

    fn call_on(
        &self,
        learner: &mut Learner,
        build: Build,
        first: Batch,
        second: Batch,
        factors: &[f64],
    ) -> Result<Run, Miss> {
        let Self { w1, b1, w2, b2, .. } = self.clone();
        learner.call(passes, (build, Stack { w1, b1, w2, b2 }, first, second, factors.to_vec()))
    }
}

fn three_layers(learner: &mut Learner) -> Outcome {
    for (number, case) in learner.cases().iter().enumerate() {
        let (first, other) = (Network::of(learner, case), Network::of(learner, case));
        let second = Network { x: other.x, upstream: other.upstream, ..first.clone() };
        let got = first.call(learner, Build::Stack, second.batch())?;
        all_close("O of the three layers", &got.outputs, &first.o(), &first.o_scale())?;
        same_gradients(&got.gradients[1], &first)?;
        // The first two: a square network, and one of pairwise different sizes.
        if number < 2 {
            by_differences(learner, &first, &got.gradients[1])?;
        }
        same_gradients(&got.gradients[0], &second)?;
        same_gradients(&got.gradients[2], &first)?;
    }
    Ok(())
}

fn same_gradients(got: &[Tensor], network: &Network) -> Outcome {
    let (want, scale) = (network.gradients().list(), network.gradient_scales().list());
    let got: Vec<_> = got.iter().map(array).collect();
    let listed: Vec<_> = got.iter().map(|it| format!("{:?}", it.shape())).collect();
    let shapes = want.each_ref().map(|it| it.shape());
    same_shape("dL/dX of the three layers", got[0].shape(), shapes[0])?;
    one_for_each("the three layers", &listed[1..], &NAMES[1..], &shapes[1..])?;
    for (name, (got, (want, scale))) in NAMES.iter().zip(got.iter().zip(want.iter().zip(&scale))) {
        all_close(&format!("dL/d{name} of the three layers"), got, want, scale)?;
    }
    Ok(())
}

/// A parameter or gradient as an array of whatever rank; empty where the rank is none of a parameter.
fn array(tensor: &Tensor) -> ArrayD<f64> {
    match tensor {
        Tensor::Vector(vector) => any(vector),
        Tensor::Matrix(matrix) => any(matrix),
        Tensor::Other(_) => ArrayD::default(IxDyn(&[0, 0, 0])),
    }
}

fn by_differences(learner: &mut Learner, at: &Network, got: &[Tensor]) -> Outcome {
    let (x, w1, w2) = (any(&at.x), any(&at.w1), any(&at.w2));
    let (b1, b2) = (any(&at.b1), any(&at.b2));
    let got: Vec<_> = got.iter().map(array).collect();
    let claimed = (
        ("X", &x, &got[0]),
        ("W₁", &w1, &got[1]),
        ("b₁", &b1, &got[2]),
        ("W₂", &w2, &got[3]),
        ("b₂", &b2, &got[4]),
    );
    let moved = |[x, w1, b1, w2, b2]: [&ArrayD<f64>; 5]| {
        let matrix = |it: &ArrayD<f64>| it.clone().into_dimensionality().expect("it is a matrix");
        let vector = |it: &ArrayD<f64>| it.clone().into_dimensionality().expect("it is a vector");
        let (x, w1, w2, b1, b2) = (matrix(x), matrix(w1), matrix(w2), vector(b1), vector(b2));
        Network { x, w1, b1, w2, b2, upstream: at.upstream.clone() }
    };
    gradients(
        learner,
        claimed,
        |(x, w1, b1, w2, b2)| moved([x, w1, b1, w2, b2]).loss(),
        |learner, (x, w1, b1, w2, b2)| {
            let network = moved([x, w1, b1, w2, b2]);
            let run = network.call(learner, Build::Stack, network.batch())?;
            same_shape("O", run.outputs.shape(), network.upstream.shape())?;
            Ok((&network.upstream * &run.outputs).sum())
        },
    )
}

fn parameters(learner: &mut Learner) -> Outcome {
    for case in learner.cases() {
        let at = Network::of(learner, &case);
        let factors = [(); 4].map(|()| {
            learner.decades(-2.0, 3.0, 1)[0] * if learner.rng().bool() { 1.0 } else { -1.0 }
        });
        let [first, second] = [at.inner_batch(), at.inner_batch()];
        let alone = at.call_on(learner, Build::Linear, first, second, &factors)?;
        each_in_its_place("`Linear`", &alone, &["W", "b"], &at.values(), &factors)?;
        of_both(learner, &at, factors)?;
    }
    // Both layers have the same numbers, as those have that begin with biases of 0.
    let square = Network::of(learner, &Case::ordinary([2, 3, 3, 3]));
    let equal = Network { w2: square.w1.clone(), b2: square.b1.clone(), ..square };
    of_both(learner, &equal, [2.0; 4])
}

fn of_both(learner: &mut Learner, at: &Network, factors: [f64; 4]) -> Outcome {
    let all = at.call_on(learner, Build::Stack, at.batch(), at.batch(), &factors)?;
    each_in_its_place("the three layers", &all, &NAMES[1..], &at.values(), &factors)
}

/// The parameters are listed once, and what is changed in one list is changed in the other.
fn each_in_its_place(
    of: &str,
    run: &Run,
    names: &[&str],
    values: &[ArrayD<f64>],
    factors: &[f64],
) -> Outcome {
    let all = names.join(", ");
    let lists = [("parameters", run.parameters.len()), ("parameters_mut", run.changeable)];
    if let Some((function, count)) = lists.iter().find(|(_, count)| *count != names.len()) {
        return Err(Miss::failed(format!(
            "`{function}` of {of} lists {count} arrays, and there are {} parameters: {all}. Each has one \
             place in the list",
            names.len()
        )));
    }
    let expected = values.iter().zip(factors).map(|(value, factor)| value * *factor);
    let mut pairs = names.iter().zip(run.parameters.iter().zip(expected));
    match pairs.find(|(_, (got, want))| array(got) != *want) {
        None => Ok(()),
        Some((name, _)) => Err(Miss::failed(format!(
            "{name} is not in its place in both `parameters` and `parameters_mut` of {of}. The order is \
             {all}; what is changed through one list is seen through the other"
        ))),
    }
}

impl Network {
    fn values(&self) -> [ArrayD<f64>; 4] {
        [any(&self.w1), any(&self.b1), any(&self.w2), any(&self.b2)]
    }

    /// The inputs, and an upstream gradient for the first layer.
    fn inner_batch(&self) -> Batch {
        Batch { x: self.x.clone(), upstream: self.a() }
    }

    /// Inputs and upstream gradient of the width of the outputs: for an activation.
    fn outer_batch(&self) -> Batch {
        Batch { x: self.o(), upstream: self.upstream.clone() }
    }

    fn linear_gradients(&self) -> Vec<ArrayD<f64>> {
        let (dx, dw, db) = affine_back(&self.x, &self.w1, &self.a());
        vec![any(&dx), any(&dw), any(&db)]
    }

    fn tanh_gradients(&self) -> Vec<ArrayD<f64>> {
        let Batch { x, upstream } = self.outer_batch();
        vec![any(&(upstream * x.mapv(|z| 1.0 - z.tanh().powi(2))))]
    }
}

fn two_batches(learner: &mut Learner) -> Outcome {
    // Batches of one size, where a cache of the wrong batch fits, and of two.
    for (samples, others) in [(3, 3), (4, 2), (1, 5)] {
        let first = Network::of(learner, &Case::ordinary([samples, 3, 4, 2]));
        let second = first.another_batch(learner, others);
        let factors = [1.0; 4];
        let (one, two) = (first.inner_batch(), second.inner_batch());
        let run = first.call_on(learner, Build::Linear, one, two, &factors)?;
        each_of_its_own("`Linear`", &run, [&first, &second].map(Network::linear_gradients))?;
        let (one, two) = (first.outer_batch(), second.outer_batch());
        let run = first.call_on(learner, Build::Tanh, one, two, &factors)?;
        each_of_its_own("`Tanh`", &run, [&first, &second].map(Network::tanh_gradients))?;
        let run = first.call(learner, Build::Stack, second.batch())?;
        let want = [&first, &second].map(|it| it.gradients().list().to_vec());
        each_of_its_own("a stack of three layers", &run, want)?;
    }
    Ok(())
}

/// Each backward pass has the gradients of its own forward pass, the second time as well.
fn each_of_its_own(of: &str, run: &Run, [first, second]: [Vec<ArrayD<f64>>; 2]) -> Outcome {
    let whose = ["the second batch", "the first batch", "the first batch, asked a second time,"];
    let want = [&second, &first, &first];
    let mut all = whose.iter().zip(run.gradients.iter().zip(want));
    match all.find(|(_, (got, want))| !are_close(got, want)) {
        None => Ok(()),
        Some((_, (got, want))) if is_reordered(got, want) => Err(Miss::failed(format!(
            "{of} lists its gradients in another order than its parameters"
        ))),
        Some((whose, _)) => Err(Miss::failed(format!(
            "{of} ran forward on two batches, and then backward. The gradients of {whose} are wrong. A \
             layer keeps nothing: what a backward pass needs of its forward pass is in the cache that it \
             is handed, and its gradients begin anew"
        ))),
    }
}

/// For numbers of order 1: rounding is a thousandth of what is allowed, and any mistake is far more.
fn are_close(got: &[Tensor], want: &[ArrayD<f64>]) -> bool {
    got.len() == want.len()
        && got.iter().map(array).zip(want).all(|(got, want)| {
            let mut pairs = got.iter().zip(want);
            got.shape() == want.shape() && pairs.all(|(a, b)| (a - b).abs() <= 1e-12)
        })
}

/// The right gradients, in another order.
fn is_reordered(got: &[Tensor], want: &[ArrayD<f64>]) -> bool {
    let is_listed = |want| got.iter().any(|it| are_close(from_ref(it), from_ref(want)));
    got.len() == want.len() && want.iter().all(is_listed)
}

fn grouping(learner: &mut Learner) -> Outcome {
    for sizes in [[3, 3, 3, 3], [4, 3, 5, 2], [1, 2, 1, 3]] {
        let network = Network::of(learner, &Case::ordinary(sizes));
        let alone = network.call_on(
            learner,
            Build::Identity,
            network.outer_batch(),
            network.outer_batch(),
            &[],
        )?;
        all_close("Y of `Identity`", &alone.outputs, &network.o(), &network.o().abs())?;
        if !are_close(&alone.gradients[1], &[any(&network.upstream)]) {
            return Err(Miss::failed(
                "`Identity` gives another dL/dX, or a gradient where there is no parameter. Where Y = X, \
                 what becomes of the loss when one number of X moves?",
            ));
        }
        let three = network.gradients().list().to_vec();
        let (_, dw, db) = affine_back(&network.o(), &network.w2, &network.upstream);
        let four = [&three[..], &[any(&dw), any(&db)]].concat();
        for (build, what, want) in [
            (Build::FirstTwo, "grouped as ((first, second), third)", &three),
            (Build::WithIdentities, "with `Identity` between them", &three),
            (Build::FirstThree, "with a linear layer behind them all", &four),
        ] {
            let run = network.call(learner, build, network.batch())?;
            let name = format!("O of three layers {what}");
            all_close(&name, &run.outputs, &network.o(), &network.o_scale())?;
            if !are_close(&run.gradients[1], want) {
                return Err(Miss::failed(format!(
                    "the gradients of three layers {what} are not those of (first, (second, third)). Does \
                     `Sequential` take each of its two parts for any layer, with any number of parameters?"
                )));
            }
        }
    }
    Ok(())
}
