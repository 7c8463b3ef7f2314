//! Lesson 3.3: modules. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
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
#[allow(dead_code)]
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

#[allow(unused_variables)]
impl Layer for Linear {
    // What do `backward_weight`, `backward_bias` and `backward_input` need that `self` does not have?
    // Every `Cache` in this file may be another type, if you need one.
    type Cache = Array2<f64>;

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        todo!("call the forward pass of lesson 3.2, and cache what its backward pass needs")
    }

    /// The gradients are those of W and b.
    fn backward(&self, cache: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        todo!(
            "call the three backward functions of lesson 3.2; `into_dyn` fits arrays into one list"
        )
    }

    /// W and b.
    fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
        todo!("list a view of each parameter: `view`, then `into_dyn`")
    }

    fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        todo!("list the same parameters in the same order: `view_mut`, then `into_dyn`")
    }
}

/// The activation A = tanh(Z), element by element. It has no parameters.
#[derive(Debug, Clone)]
pub struct Tanh;

#[allow(unused_variables)]
impl Layer for Tanh {
    // Which of the two arrays makes the backward pass cheaper, Z or A?
    type Cache = Array2<f64>;

    fn forward(&self, z: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        todo!("apply tanh, and cache what its derivative needs")
    }

    fn backward(&self, cache: &Self::Cache, da: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        todo!("go back through tanh; the list of gradients is empty")
    }
}

/// The layer that does nothing: its outputs are its inputs.
#[derive(Debug, Clone)]
pub struct Identity;

#[allow(unused_variables)]
impl Layer for Identity {
    type Cache = ();

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        todo!("hand the inputs on")
    }

    fn backward(&self, (): &Self::Cache, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        todo!("ask what dL/dX is where Y = X")
    }
}

/// Two layers, the second on the outputs of the first. Either may be a `Sequential` itself.
#[derive(Debug, Clone)]
pub struct Sequential<A, B>(pub A, pub B);

#[allow(unused_variables)]
impl<A: Layer, B: Layer> Layer for Sequential<A, B> {
    type Cache = (A::Cache, B::Cache);

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
        todo!("run the first layer, then the second on its outputs, and keep both caches")
    }

    fn backward(
        &self,
        (first, second): &Self::Cache,
        dy: &Array2<f64>,
    ) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        todo!("find the layer whose upstream gradient `dy` is, and begin there")
    }

    /// Those of the first layer, then those of the second.
    fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
        todo!("list the parameters of both layers, first layer first")
    }

    fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        todo!("list the same parameters in the same order")
    }
}

/// The loss of outputs `o` (B, d_out) with the targets `y` (B, d_out), and dL/dO (B, d_out). L is the
/// mean over the samples of half the squared distance ½‖o − y‖². B is at least 1.
#[allow(unused_variables)]
pub fn mse(o: &Array2<f64>, y: &Array2<f64>) -> (f64, Array2<f64>) {
    todo!("add up the squares of all entries of O − Y; of what is the loss a mean?")
}
