//! Lesson 90.4, solved: layers and their caches.

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
    factor: f64,
}

impl Scale {
    /// A layer that multiplies by `factor`.
    pub fn new(factor: f64) -> Self {
        Self { factor }
    }
}

impl Layer for Scale {
    type Cache = ();

    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, ()) {
        (self.factor * x, ())
    }

    fn backward(&self, (): &(), dy: &Array1<f64>) -> Array1<f64> {
        self.factor * dy
    }
}

/// y = x³, element by element.
pub struct Cube;

impl Layer for Cube {
    type Cache = Array1<f64>;

    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Array1<f64>) {
        (x.powi(3), x.clone())
    }

    fn backward(&self, x: &Array1<f64>, dy: &Array1<f64>) -> Array1<f64> {
        3.0 * x.pow2() * dy
    }
}

/// One layer after the other.
pub struct Chain<A, B> {
    /// The layer that sees the input.
    pub first: A,
    /// The layer that gives the output.
    pub second: B,
}

impl<A: Layer, B: Layer> Layer for Chain<A, B> {
    type Cache = (A::Cache, B::Cache);

    fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Self::Cache) {
        let (middle, first) = self.first.forward(x);
        let (y, second) = self.second.forward(&middle);
        (y, (first, second))
    }

    fn backward(&self, (first, second): &Self::Cache, dy: &Array1<f64>) -> Array1<f64> {
        self.first.backward(first, &self.second.backward(second, dy))
    }
}
