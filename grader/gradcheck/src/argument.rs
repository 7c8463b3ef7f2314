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
    pub(crate) intermediates: Vec<(String, ArrayD<f64>)>,
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
            intermediates: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names an intermediate of the backward pass, of the argument's shape: where the gradient is
    /// wrong and would be right with this factor more or less, the report says so.
    ///
    /// ```
    /// use gradcheck::{Argument, check, random};
    /// use ndarray::{Array1, ArrayD};
    ///
    /// let z: Array1<f64> = random(5, 1);
    /// let a = z.mapv(f64::tanh);
    /// // Σ a³ with a = tanh(z): the derivative of tanh was forgotten.
    /// let argument = Argument::new("Z", &z, &a.mapv(|a| 3.0 * a * a));
    /// let argument = argument.with_intermediate("1 − A²", &a.mapv(|a| 1.0 - a * a));
    /// let report = check(|at| at[0].mapv(|z| z.tanh().powi(3)).sum(), &[argument]);
    /// assert_eq!(report.structure("Z").unwrap().to_string(), "lacks the factor 1 − A²");
    /// ```
    #[must_use]
    pub fn with_intermediate<D: Dimension>(mut self, name: &str, array: &Array<F, D>) -> Self {
        let array = array.mapv(F::to_f64).into_dyn();
        self.intermediates.push((name.to_owned(), array));
        self
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
