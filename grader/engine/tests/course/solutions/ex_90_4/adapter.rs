//! What crosses of lesson 90.4: each function builds a layer, uses it, and gives everything back.

use learner::{Chain, Cube, Layer, Scale};
use ndarray::Array1;

/// Two forward passes and, after both, the backward pass of the first.
pub struct Passes {
    /// The output (n) of the first input.
    pub first: Array1<f64>,
    /// The output (n) of the second input.
    pub second: Array1<f64>,
    /// dL/dx (n) of the first input.
    pub gradient: Array1<f64>,
}

/// Through `Scale`.
pub fn scale(factor: f64, x: &Array1<f64>, other: &Array1<f64>, dy: &Array1<f64>) -> Passes {
    passes(&Scale::new(factor), x, other, dy)
}

/// Through `Cube`.
pub fn cube(x: &Array1<f64>, other: &Array1<f64>, dy: &Array1<f64>) -> Passes {
    passes(&Cube, x, other, dy)
}

/// Through `Scale` and then `Cube`.
pub fn chain(factor: f64, x: &Array1<f64>, other: &Array1<f64>, dy: &Array1<f64>) -> Passes {
    passes(&Chain { first: Scale::new(factor), second: Cube }, x, other, dy)
}

fn passes(layer: &impl Layer, x: &Array1<f64>, other: &Array1<f64>, dy: &Array1<f64>) -> Passes {
    let (first, cache) = layer.forward(x);
    let (second, _) = layer.forward(other);
    let gradient = layer.backward(&cache, dy);
    Passes { first, second, gradient }
}
