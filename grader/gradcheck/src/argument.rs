use ndarray::{Array, ArrayD, Dimension, ShapeBuilder, arr0};

use crate::Float;

/// One array argument of the loss: where it is, and the gradient that is claimed there.
///
/// ```
/// use gradcheck::{Argument, check};
/// use ndarray::array;
///
/// // Σ x², in single precision.
/// let x = array![[1.0_f32, 2.0], [3.0, 4.0]];
/// check(|at| at[0].mapv(|x| x * x).sum(), &[Argument::new("x", &x, &(2.0 * &x))]).assert();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Argument<F = f64> {
    pub(crate) name: String,
    pub(crate) value: ArrayD<F>,
    pub(crate) gradient: ArrayD<F>,
}

impl<F: Float> Argument<F> {
    /// An array and its gradient, which should have the same shape. A gradient of another shape is
    /// a finding of the report.
    pub fn new<D: Dimension, G: Dimension>(
        name: &str,
        value: &Array<F, D>,
        gradient: &Array<F, G>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            value: value.clone().into_dyn(),
            gradient: gradient.clone().into_dyn(),
        }
    }

    /// A number and its gradient. The loss sees an array without axes.
    pub fn scalar(name: &str, value: F, gradient: F) -> Self {
        Self::new(name, &arr0(value), &arr0(gradient))
    }
}

/// An array of numbers in [−1, 1), the same for the same seed: inputs, or an upstream gradient.
///
/// ```
/// use ndarray::Array2;
///
/// let x: Array2<f64> = gradcheck::random((4, 3), 1);
/// assert_eq!(x, gradcheck::random((4, 3), 1));
/// let single: Array2<f32> = x.mapv(|x| x as f32);
/// ```
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
