//! What crosses of lesson 3.4: each function builds a network, trains it, and gives everything back.

use std::cell::RefCell;

use ::ex_3_3::{Layer, Linear, Sequential, Tanh};
use learner::Settings;
use ndarray::{Array1, Array2, Array3, ArrayD, ArrayViewD, ArrayViewMutD, Axis};

/// The parameters of a linear layer.
pub struct Parameters {
    /// W (d_out, d_in).
    pub w: Array2<f64>,
    /// b (d_out).
    pub b: Array1<f64>,
}

/// One step of gradient descent on W and b.
pub fn step(
    mut w: Array2<f64>,
    mut b: Array1<f64>,
    dw: Array2<f64>,
    db: Array1<f64>,
    rate: f64,
) -> Parameters {
    let gradients = [dw.into_dyn(), db.into_dyn()];
    learner::sgd_step(vec![w.view_mut().into_dyn(), b.view_mut().into_dyn()], &gradients, rate);
    Parameters { w, b }
}

/// What training gave.
pub struct Trained {
    /// The parameters of each linear layer.
    pub layers: Vec<Parameters>,
    /// The loss curve; empty where training was given up.
    pub curve: Vec<f64>,
    /// After which epoch training was given up.
    pub diverged: Option<usize>,
}

/// Trains one linear layer, or two or three with tanh between them.
pub fn train(
    layers: Vec<Parameters>,
    x: &Array2<f64>,
    y: &Array2<f64>,
    settings: &Settings,
) -> Trained {
    let mut linear: Vec<_> = layers.into_iter().map(|it| Linear::new(it.w, it.b)).collect();
    match (linear.pop(), linear.pop(), linear.pop()) {
        (Some(last), Some(middle), Some(first)) => {
            let behind = Sequential(middle, Sequential(Tanh, last));
            trained(Sequential(first, Sequential(Tanh, behind)), x, y, settings)
        }
        (Some(last), Some(first), None) => {
            trained(Sequential(first, Sequential(Tanh, last)), x, y, settings)
        }
        (Some(only), None, _) => trained(only, x, y, settings),
        (None, ..) => panic!("a network has at least one layer"),
    }
}

fn trained(
    mut network: impl Layer,
    x: &Array2<f64>,
    y: &Array2<f64>,
    settings: &Settings,
) -> Trained {
    let (curve, diverged) = match learner::fit(&mut network, x, y, settings) {
        Ok(curve) => (curve, None),
        Err(diverged) => (Vec::new(), Some(diverged.epoch)),
    };
    let owned: Vec<ArrayD<f64>> = network.parameters().iter().map(|it| it.to_owned()).collect();
    let layers = owned.chunks(2).map(|pair| parameters(&pair[0].view(), &pair[1].view()));
    Trained { layers: layers.collect(), curve, diverged }
}

fn parameters(w: &ArrayViewD<f64>, b: &ArrayViewD<f64>) -> Parameters {
    Parameters {
        w: w.to_owned().into_dimensionality().expect("W has two axes"),
        b: b.to_owned().into_dimensionality().expect("b has one axis"),
    }
}

/// The backward passes that training ran through a linear layer, one after the other.
pub struct Passes {
    /// How many samples each of them saw.
    pub sizes: Vec<usize>,
    /// The inputs of their forward passes (all samples, d_in).
    pub x: Array2<f64>,
    /// The outputs of their forward passes (all samples, d_out).
    pub o: Array2<f64>,
    /// Their upstream gradients (all samples, d_out).
    pub upstream: Array2<f64>,
    /// W when each of them ran, and at the end (passes + 1, d_out, d_in).
    pub w: Array3<f64>,
    /// b when each of them ran, and at the end (passes + 1, d_out).
    pub b: Array2<f64>,
}

/// Trains one linear layer, however large its loss, and gives the backward passes that ran.
pub fn backward_passes(
    layer: Parameters,
    x: &Array2<f64>,
    y: &Array2<f64>,
    epochs: usize,
    batch: usize,
    rate: f64,
    seed: u64,
) -> Passes {
    let mut noting = Noting::of(Linear::new(layer.w, layer.b), x, y);
    let settings = Settings { epochs, batch, rate, seed, limit: f64::INFINITY };
    // What becomes of the loss is another check's question.
    let _ = learner::fit(&mut noting, x, y, &settings);
    noting.note_parameters();
    noting.passes.into_inner()
}

/// A linear layer that notes its backward passes.
struct Noting {
    layer: Linear,
    passes: RefCell<Passes>,
}

impl Noting {
    fn of(layer: Linear, x: &Array2<f64>, y: &Array2<f64>) -> Self {
        let (d_in, d_out) = (x.ncols(), y.ncols());
        let none = |columns| Array2::zeros((0, columns));
        let passes = Passes {
            sizes: Vec::new(),
            x: none(d_in),
            o: none(d_out),
            upstream: none(d_out),
            w: Array3::zeros((0, d_out, d_in)),
            b: none(d_out),
        };
        Self { layer, passes: RefCell::new(passes) }
    }

    fn note_parameters(&self) {
        let [w, b] = &self.layer.parameters()[..] else { panic!("W and b are listed") };
        let Parameters { w, b } = parameters(w, b);
        let mut passes = self.passes.borrow_mut();
        passes.w.push(Axis(0), w.view()).expect("W keeps its shape");
        passes.b.push(Axis(0), b.view()).expect("b keeps its shape");
    }

    fn note(&self, x: &Array2<f64>, o: &Array2<f64>, upstream: &Array2<f64>) {
        self.note_parameters();
        let mut passes = self.passes.borrow_mut();
        passes.sizes.push(x.nrows());
        passes.x.append(Axis(0), x.view()).expect("X keeps its columns");
        passes.o.append(Axis(0), o.view()).expect("O has a column for each output");
        passes.upstream.append(Axis(0), upstream.view()).expect("dL/dO has the shape of O");
    }
}

impl Layer for Noting {
    type Cache = (Array2<f64>, Array2<f64>, <Linear as Layer>::Cache);

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        let (o, cache) = self.layer.forward(x);
        (o.clone(), (x.clone(), o, cache))
    }

    fn backward(
        &self,
        (x, o, cache): &Self::Cache,
        upstream: &Array2<f64>,
    ) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        self.note(x, o, upstream);
        self.layer.backward(cache, upstream)
    }

    fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
        self.layer.parameters()
    }

    fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        self.layer.parameters_mut()
    }
}
