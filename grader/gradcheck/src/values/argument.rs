//! Arrays with names, and random ones.

use ndarray::{Array, ArrayD, Dimension, ShapeBuilder, arr0};

use crate::real::Real;

/// One array that a loss or a forward pass takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Input<F = f64> {
    pub(crate) name: String,
    pub(crate) value: ArrayD<F>,
    pub(crate) intermediates: Vec<(String, ArrayD<f64>)>,
}

/// An input of a loss with the gradient that is claimed there.
///
/// ```
/// use gradcheck::{Argument, check};
/// use ndarray::{ArrayD, array};
///
/// // Σ x², in single precision.
/// let x = array![[1.0_f32, 2.0], [3.0, 4.0]];
/// let loss = |at: &[ArrayD<f32>]| at[0].mapv(|x| x * x).sum();
/// check(loss, &[Argument::new("x", &x, &(2.0 * &x))]).assert();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Argument<F = f64> {
    pub(crate) input: Input<F>,
    pub(crate) gradient: ArrayD<F>,
}

impl<F: Real> Input<F> {
    /// An array and its name.
    pub fn new<D: Dimension>(name: &str, value: &Array<F, D>) -> Self {
        let value = value.clone().into_dyn();
        Self { name: name.to_owned(), value, intermediates: Vec::new() }
    }

    /// A number. The loss sees an array without axes.
    pub fn scalar(name: &str, value: F) -> Self {
        Self::new(name, &arr0(value))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names an intermediate of the backward pass, of the input's shape: where the gradient is wrong
    /// and would be right with this factor more or less, the report says so.
    ///
    /// ```
    /// use gradcheck::{Argument, Input, check, random};
    /// use ndarray::{Array1, ArrayD};
    ///
    /// let z: Array1<f64> = random(5, 1);
    /// let a = z.mapv(f64::tanh);
    /// let input = Input::new("Z", &z).with_intermediate("1 − A²", &a.mapv(|a| 1.0 - a * a));
    /// // Σ a³ with a = tanh(z): the derivative of tanh was forgotten.
    /// let argument = Argument::of(input, &a.mapv(|a| 3.0 * a * a));
    /// let report = check(|at: &[ArrayD<f64>]| at[0].mapv(|z| z.tanh().powi(3)).sum(), &[argument]);
    /// assert_eq!(report.structure("Z").unwrap().to_string(), "lacks the factor 1 − A²");
    /// ```
    #[must_use]
    pub fn with_intermediate<D: Dimension>(mut self, name: &str, array: &Array<F, D>) -> Self {
        let array = array.mapv(F::to_f64).into_dyn();
        self.intermediates.push((name.to_owned(), array));
        self
    }
}

impl<F: Real> Argument<F> {
    /// An array and its gradient, which should have the same shape. A gradient of another shape is
    /// a finding of the report.
    pub fn new<D: Dimension, G: Dimension>(
        name: &str,
        value: &Array<F, D>,
        gradient: &Array<F, G>,
    ) -> Self {
        Self::of(Input::new(name, value), gradient)
    }

    /// A number and its gradient. The loss sees an array without axes.
    pub fn scalar(name: &str, value: F, gradient: F) -> Self {
        Self::of(Input::scalar(name, value), &arr0(gradient))
    }

    /// An input and its gradient.
    pub fn of<G: Dimension>(input: Input<F>, gradient: &Array<F, G>) -> Self {
        Self { input, gradient: gradient.clone().into_dyn() }
    }

    /// See [`Input::with_intermediate`].
    #[must_use]
    pub fn with_intermediate<D: Dimension>(self, name: &str, array: &Array<F, D>) -> Self {
        Self { input: self.input.with_intermediate(name, array), ..self }
    }
}

impl<F> Argument<F> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.input.name
    }

    pub(crate) fn shape(&self) -> &[usize] {
        self.input.value.shape()
    }
}

/// An array of numbers in [−1, 1), the same for the same seed: inputs, or an upstream gradient.
///
/// ```
/// use ndarray::Array2;
///
/// let x: Array2<f64> = gradcheck::random((4, 3), 1);
/// assert_eq!(x, gradcheck::random((4, 3), 1));
/// let single: Array2<f32> = gradcheck::random((4, 3), 1);
/// assert_eq!(single, x.mapv(|x| x as f32));
/// ```
pub fn random<F: Real, S: ShapeBuilder>(shape: S, seed: u64) -> Array<F, S::Dim> {
    let mut rng = fastrand::Rng::with_seed(seed);
    Array::from_shape_simple_fn(shape, || F::from_f64(2.0 * rng.f64() - 1.0))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn random_arrays_are_repeatable_and_spread_over_their_range() {
        let numbers: Array2<f64> = random((20, 50), 7);
        assert_eq!(numbers, random((20, 50), 7));
        assert_ne!(numbers, random((20, 50), 8));
        assert!(numbers.iter().all(|number| (-1.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < -0.9));
        assert!(numbers.iter().any(|number| *number > 0.9));
    }
}
