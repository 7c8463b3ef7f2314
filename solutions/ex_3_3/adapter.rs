//! What crosses of lesson 3.3: each function builds layers, uses them, and gives everything back.

use learner::{Identity, Layer, Linear, Sequential, Tanh};
use ndarray::{Array, Array1, Array2, ArrayD, Dimension};

/// `Linear`: its outputs (B, d_out).
pub fn linear_forward(x: &Array2<f64>, w: Array2<f64>, b: Array1<f64>) -> Array2<f64> {
    Linear::new(w, b).forward(x).0
}

/// The gradients of a linear layer.
pub struct LinearGradients {
    /// The shapes of all arrays that it lists, as text: one for W and one for b, if all is well.
    pub listed: Vec<String>,
    /// dL/dX (B, d_in).
    pub dx: Array2<f64>,
    /// dL/dW (d_out, d_in); empty where it is not listed.
    pub dw: Array2<f64>,
    /// dL/db (d_out); empty where it is not listed.
    pub db: Array1<f64>,
}

/// `Linear`: its gradients, from the upstream gradient `dz` (B, d_out).
pub fn linear_backward(x: &Array2<f64>, w: Array2<f64>, dz: &Array2<f64>) -> LinearGradients {
    let layer = Linear::new(w, Array1::zeros(dz.ncols()));
    let (dx, gradients) = layer.backward(&layer.forward(x).1, dz);
    let listed = gradients.iter().map(|it| format!("{:?}", it.shape())).collect();
    let mut gradients = gradients.into_iter();
    LinearGradients { listed, dx, dw: ranked(gradients.next()), db: ranked(gradients.next()) }
}

fn ranked<D: Dimension>(array: Option<ArrayD<f64>>) -> Array<f64, D> {
    array.and_then(|array| array.into_dimensionality().ok()).unwrap_or_default()
}

/// `Tanh`: its outputs (B, d).
pub fn tanh_forward(z: &Array2<f64>) -> Array2<f64> {
    Tanh.forward(z).0
}

/// `Tanh`: dL/dZ (B, d), from the upstream gradient `da` (B, d).
pub fn tanh_backward(z: &Array2<f64>, da: &Array2<f64>) -> Array2<f64> {
    Tanh.backward(&Tanh.forward(z).1, da).0
}

/// A layer of somebody else's: its passes are functions that were handed in.
struct Foreign<'a> {
    forward: &'a dyn Fn(&Array2<f64>) -> Array2<f64>,
    backward: &'a dyn Fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>,
}

/// What a foreign layer keeps: neither a matrix nor something that can be copied.
struct Kept(Array2<f64>);

impl Layer for Foreign<'_> {
    type Cache = Kept;

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Kept) {
        ((self.forward)(x), Kept(x.clone()))
    }

    fn backward(&self, Kept(x): &Kept, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        ((self.backward)(x, dy), Vec::new())
    }
}

/// Three foreign layers, one after the other: the outputs, and dL/dX. Each function is told the number of
/// its layer.
pub fn foreign(
    x: &Array2<f64>,
    upstream: &Array2<f64>,
    forward: &dyn Fn(usize, &Array2<f64>) -> Array2<f64>,
    backward: &dyn Fn(usize, &Array2<f64>, &Array2<f64>) -> Array2<f64>,
) -> (Array2<f64>, Array2<f64>) {
    let forwards = [0, 1, 2].map(|layer| move |x: &Array2<f64>| forward(layer, x));
    let backwards =
        [0, 1, 2].map(|layer| move |x: &Array2<f64>, dy: &Array2<f64>| backward(layer, x, dy));
    let layer = |at: usize| Foreign { forward: &forwards[at], backward: &backwards[at] };
    let network = Sequential(layer(0), Sequential(layer(1), layer(2)));
    let (outputs, cache) = network.forward(x);
    (outputs, network.backward(&cache, upstream).0)
}

/// What is built of the two linear layers of a stack.
pub enum Build {
    /// The first `Linear` alone.
    Linear,
    /// `Tanh` alone.
    Tanh,
    /// `Identity` alone.
    Identity,
    /// (first, (`Tanh`, second)).
    Stack,
    /// ((first, `Tanh`), second).
    FirstTwo,
    /// ((first, (`Tanh`, second)), a third linear layer whose outputs are its inputs).
    FirstThree,
    /// The stack, with an `Identity` before its layers, between them and after them.
    WithIdentities,
}

/// The parameters of two linear layers.
pub struct Stack {
    /// W₁ (h, d_in).
    pub w1: Array2<f64>,
    /// b₁ (h).
    pub b1: Array1<f64>,
    /// W₂ (d_out, h).
    pub w2: Array2<f64>,
    /// b₂ (d_out).
    pub b2: Array1<f64>,
}

/// A batch and its upstream gradient.
pub struct Batch {
    /// The inputs (B, d_in).
    pub x: Array2<f64>,
    /// The upstream gradient (B, d_out).
    pub upstream: Array2<f64>,
}

/// A parameter or its gradient.
pub enum Tensor {
    /// With one axis.
    Vector(Array1<f64>),
    /// With two.
    Matrix(Array2<f64>),
    /// With another number of axes, so many.
    Other(usize),
}

/// What a layer does with two batches at a time.
pub struct Run {
    /// The outputs of the first batch.
    pub outputs: Array2<f64>,
    /// dL/dX, then the gradients of the parameters: of the second batch, of the first, and of the first
    /// once more.
    pub gradients: [Vec<Tensor>; 3],
    /// How many arrays `parameters_mut` lists.
    pub changeable: usize,
    /// What `parameters` lists, after each array of `parameters_mut` was multiplied by its factor.
    pub parameters: Vec<Tensor>,
}

/// Both forward passes, then the backward passes, then a change of the parameters.
pub fn passes(build: Build, stack: Stack, first: &Batch, second: &Batch, factors: &[f64]) -> Run {
    let Stack { w1, b1, w2, b2 } = stack;
    let (one, two) = (Linear::new(w1, b1), Linear::new(w2, b2));
    match build {
        Build::Linear => run(one, first, second, factors),
        Build::Tanh => run(Tanh, first, second, factors),
        Build::Identity => run(Identity, first, second, factors),
        Build::Stack => run(Sequential(one, Sequential(Tanh, two)), first, second, factors),
        Build::FirstTwo => run(Sequential(Sequential(one, Tanh), two), first, second, factors),
        Build::FirstThree => {
            let stack = Sequential(one, Sequential(Tanh, two));
            let width = first.upstream.ncols();
            let third = Linear::new(Array2::eye(width), Array1::zeros(width));
            run(Sequential(stack, third), first, second, factors)
        }
        Build::WithIdentities => {
            let middle = Sequential(Sequential(Identity, Tanh), Sequential(Identity, Identity));
            let end = Sequential(Sequential(middle, two), Identity);
            run(Sequential(Identity, Sequential(one, end)), first, second, factors)
        }
    }
}

fn run(mut layer: impl Layer, first: &Batch, second: &Batch, factors: &[f64]) -> Run {
    let (outputs, of_first) = layer.forward(&first.x);
    let (_, of_second) = layer.forward(&second.x);
    let gradients = [
        gradients(&layer, &of_second, &second.upstream),
        gradients(&layer, &of_first, &first.upstream),
        gradients(&layer, &of_first, &first.upstream),
    ];
    let changed = layer.parameters_mut();
    let changeable = changed.len();
    changed.into_iter().zip(factors).for_each(|(mut parameter, factor)| parameter *= *factor);
    let parameters = layer.parameters().iter().map(|it| tensor(it.to_owned())).collect();
    Run { outputs, gradients, changeable, parameters }
}

fn gradients<L: Layer>(layer: &L, cache: &L::Cache, upstream: &Array2<f64>) -> Vec<Tensor> {
    let (dx, gradients) = layer.backward(cache, upstream);
    std::iter::once(dx.into_dyn()).chain(gradients).map(tensor).collect()
}

fn tensor(array: ArrayD<f64>) -> Tensor {
    match array.ndim() {
        1 => Tensor::Vector(ranked(Some(array))),
        2 => Tensor::Matrix(ranked(Some(array))),
        other => Tensor::Other(other),
    }
}
