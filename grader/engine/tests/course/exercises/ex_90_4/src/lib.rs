//! Lesson 90.4: layers and their caches. The brief is in this folder's `README.md`.

use ndarray::Array1;

/// A part of a network. It keeps no state: what the backward pass needs is in the cache.
pub trait Layer {
    /// What the forward pass keeps for the backward pass.
    type Cache;

    /// The output (n) for the input `x` (n), and the cache.
    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Self::Cache);

    /// dL/dx (n), from the cache of the forward pass and the upstream gradient `dy` (n).
    fn backward(&self, cache: &Self::Cache, dy: &Array1<f64>) -> Array1<f64>;
}

/// y = factor·x.
pub struct Scale {
    #[allow(dead_code)]
    factor: f64,
}

impl Scale {
    /// A layer that multiplies by `factor`.
    pub fn new(factor: f64) -> Self {
        Self { factor }
    }
}

#[allow(unused_variables)]
impl Layer for Scale {
    type Cache = ();

    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, ()) {
        todo!("multiply")
    }

    fn backward(&self, (): &(), dy: &Array1<f64>) -> Array1<f64> {
        todo!("multiply by dy/dx")
    }
}

/// y = x³, element by element.
pub struct Cube;

#[allow(unused_variables)]
impl Layer for Cube {
    type Cache = Array1<f64>;

    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Array1<f64>) {
        todo!("give the input back as the cache")
    }

    fn backward(&self, x: &Array1<f64>, dy: &Array1<f64>) -> Array1<f64> {
        todo!("multiply by dy/dx")
    }
}

/// One layer after the other.
pub struct Chain<A, B> {
    /// The layer that sees the input.
    pub first: A,
    /// The layer that gives the output.
    pub second: B,
}

#[allow(unused_variables)]
impl<A: Layer, B: Layer> Layer for Chain<A, B> {
    type Cache = (A::Cache, B::Cache);

    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Self::Cache) {
        todo!("keep both caches")
    }

    fn backward(&self, (first, second): &Self::Cache, dy: &Array1<f64>) -> Array1<f64> {
        todo!("go back through the second layer first")
    }
}
