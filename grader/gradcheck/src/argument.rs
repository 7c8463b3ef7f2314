use ndarray::{Array, ArrayD, Dimension, ShapeBuilder, arr0};

/// One array argument of the loss: where it is, and the gradient that is claimed there.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub(crate) name: String,
    pub(crate) value: ArrayD<f64>,
    pub(crate) gradient: ArrayD<f64>,
}

impl Argument {
    /// An array and its gradient, which should have the same shape. A gradient of another shape is
    /// a finding of the report.
    pub fn new<D: Dimension, G: Dimension>(
        name: &str,
        value: &Array<f64, D>,
        gradient: &Array<f64, G>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            value: value.clone().into_dyn(),
            gradient: gradient.clone().into_dyn(),
        }
    }

    /// A number and its gradient. The loss sees an array without axes.
    pub fn scalar(name: &str, value: f64, gradient: f64) -> Self {
        Self::new(name, &arr0(value), &arr0(gradient))
    }
}

/// An array of numbers in [−1, 1), the same for the same seed: inputs, or an upstream gradient.
pub fn random<S: ShapeBuilder>(shape: S, seed: u64) -> Array<f64, S::Dim> {
    let mut rng = fastrand::Rng::with_seed(seed);
    Array::from_shape_simple_fn(shape, || 2.0 * rng.f64() - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_arrays_are_repeatable_and_spread_over_their_range() {
        let numbers = random((20, 50), 7);
        assert_eq!(numbers, random((20, 50), 7));
        assert_ne!(numbers, random((20, 50), 8));
        assert!(numbers.iter().all(|number| (-1.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < -0.9));
        assert!(numbers.iter().any(|number| *number > 0.9));
    }
}
