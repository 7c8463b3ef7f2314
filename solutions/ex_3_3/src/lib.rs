//! Lesson 3.3, solved: modules.

use ex_3_2::{backward_bias, backward_input, backward_weight};
use ndarray::{Array1, Array2, ArrayD, ArrayViewD, ArrayViewMutD};

/// A part of a network. It keeps nothing from one call to the next: what its backward pass needs of the
/// forward pass is in the cache, and one layer can have any number of caches at a time.
pub trait Layer {
    /// What the forward pass keeps for the backward pass.
    type Cache;

    /// The outputs (B, d_out) for the inputs `x` (B, d_in), and the cache.
    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache);

    /// dL/dX (B, d_in) and the gradients of the parameters, in the order of `parameters`: from the cache
    /// of a forward pass and the upstream gradient `dy` (B, d_out).
    fn backward(&self, cache: &Self::Cache, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>);

    /// The parameters, each of them once. A layer without parameters leaves this as it is.
    fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
        Vec::new()
    }

    /// The same parameters in the same order, to be changed.
    fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        Vec::new()
    }
}

/// The linear layer of lesson 3.2, Z = X·Wᵀ + b.
#[derive(Debug, Clone)]
pub struct Linear {
    w: Array2<f64>,
    b: Array1<f64>,
}

impl Linear {
    /// A layer with the weights `w` (d_out, d_in) and the bias `b` (d_out).
    pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
        Self { w, b }
    }
}

impl Layer for Linear {
    type Cache = Array2<f64>;

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        (ex_3_2::forward(x, &self.w, &self.b), x.clone())
    }

    /// The gradients are those of W and b.
    fn backward(&self, x: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        let (dw, db) = (backward_weight(dz, x), backward_bias(dz));
        (backward_input(dz, &self.w), vec![dw.into_dyn(), db.into_dyn()])
    }

    /// W and b.
    fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
        vec![self.w.view().into_dyn(), self.b.view().into_dyn()]
    }

    fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        vec![self.w.view_mut().into_dyn(), self.b.view_mut().into_dyn()]
    }
}

/// The activation A = tanh(Z), element by element. It has no parameters.
#[derive(Debug, Clone)]
pub struct Tanh;

impl Layer for Tanh {
    type Cache = Array2<f64>;

    fn forward(&self, z: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        let a = z.mapv(f64::tanh);
        (a.clone(), a)
    }

    fn backward(&self, a: &Self::Cache, da: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        (da * (1.0 - a.pow2()), Vec::new())
    }
}

/// The layer that does nothing: its outputs are its inputs.
#[derive(Debug, Clone)]
pub struct Identity;

impl Layer for Identity {
    type Cache = ();

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        (x.clone(), ())
    }

    fn backward(&self, (): &Self::Cache, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        (dy.clone(), Vec::new())
    }
}

/// Two layers, the second on the outputs of the first. Either may be a `Sequential` itself.
#[derive(Debug, Clone)]
pub struct Sequential<A, B>(pub A, pub B);

impl<A: Layer, B: Layer> Layer for Sequential<A, B> {
    type Cache = (A::Cache, B::Cache);

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        let (between, first) = self.0.forward(x);
        let (y, second) = self.1.forward(&between);
        (y, (first, second))
    }

    fn backward(
        &self,
        (first, second): &Self::Cache,
        dy: &Array2<f64>,
    ) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        let (between, of_second) = self.1.backward(second, dy);
        let (dx, mut gradients) = self.0.backward(first, &between);
        gradients.extend(of_second);
        (dx, gradients)
    }

    /// Those of the first layer, then those of the second.
    fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
        let mut parameters = self.0.parameters();
        parameters.extend(self.1.parameters());
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        let mut parameters = self.0.parameters_mut();
        parameters.extend(self.1.parameters_mut());
        parameters
    }
}

/// The loss of outputs `o` (B, d_out) with the targets `y` (B, d_out), and dL/dO (B, d_out). L is the
/// mean over the samples of half the squared distance ½‖o − y‖². B is at least 1.
pub fn mse(o: &Array2<f64>, y: &Array2<f64>) -> (f64, Array2<f64>) {
    let batch = o.nrows() as f64;
    let error = o - y;
    let loss = 0.5 * error.pow2().sum() / batch;
    (loss, error / batch)
}
