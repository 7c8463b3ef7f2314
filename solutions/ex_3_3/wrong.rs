//! Wrong variants of lesson 3.3. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these types")]

use ndarray::{Array1, Array2, ArrayD, ArrayViewD, ArrayViewMutD};

/// Your `Tanh` computes 1 − Z²: it caches its inputs, and takes them for its outputs. Cache the outputs, or
/// apply tanh to what you cached before you square it.
pub mod tanh_cache_is_input {
    use super::*;
    pub use ex_3_3::*;

    pub struct Tanh;

    impl Layer for Tanh {
        type Cache = Array2<f64>;

        fn forward(&self, z: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
            (z.mapv(f64::tanh), z.clone())
        }

        fn backward(&self, z: &Array2<f64>, da: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            (da * (1.0 - z.pow2()), Vec::new())
        }
    }
}

/// Your `Sequential` goes back through its first layer first. The upstream gradient that it is handed
/// belongs to the outputs of the last layer. That layer runs first, and its dL/dX is the upstream gradient
/// of the one before it.
pub mod order_not_reversed {
    use super::*;
    pub use ex_3_3::*;

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
            let (between, mut gradients) = self.0.backward(first, dy);
            let (dx, of_second) = self.1.backward(second, &between);
            gradients.extend(of_second);
            (dx, gradients)
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters().into_iter().chain(self.1.parameters()).collect()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut().into_iter().chain(self.1.parameters_mut()).collect()
        }
    }
}

/// Your `Sequential` lists the gradients in the order in which the backward pass computes them: the last
/// layer's first. Whoever trains the network pairs them with `parameters`, where the first layer comes
/// first. Put the gradients of the first layer before those of the second.
pub mod gradients_in_backward_order {
    use super::*;
    pub use ex_3_3::*;

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
            let (between, mut gradients) = self.1.backward(second, dy);
            let (dx, of_first) = self.0.backward(first, &between);
            gradients.extend(of_first);
            (dx, gradients)
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters().into_iter().chain(self.1.parameters()).collect()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut().into_iter().chain(self.1.parameters_mut()).collect()
        }
    }
}

/// Your `Linear` caches its outputs, and takes them for its inputs in dL/dW. Which array does
/// `backward_weight` of lesson 3.2 need beside dL/dZ?
pub mod linear_cache_is_output {
    use super::*;
    pub use ex_3_3::*;

    pub struct Linear(ex_3_3::Linear);

    impl Linear {
        pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
            Self(ex_3_3::Linear::new(w, b))
        }
    }

    impl Layer for Linear {
        type Cache = Array2<f64>;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            let (z, _inputs) = self.0.forward(x);
            (z.clone(), z)
        }

        fn backward(&self, z: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            self.0.backward(z, dz)
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut()
        }
    }
}

/// Your `Linear` lists dL/db before dL/dW. Whoever trains the network pairs the gradients with
/// `parameters`: in which order does that list W and b?
pub mod bias_gradient_listed_first {
    use super::*;
    pub use ex_3_3::*;

    pub struct Linear(ex_3_3::Linear);

    impl Linear {
        pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
            Self(ex_3_3::Linear::new(w, b))
        }
    }

    impl Layer for Linear {
        type Cache = Array2<f64>;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            self.0.forward(x)
        }

        fn backward(&self, x: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            let (dx, gradients) = self.0.backward(x, dz);
            (dx, gradients.into_iter().rev().collect())
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut()
        }
    }
}

/// Your `Linear` lists W and not b. What is not listed is never trained, and every gradient after it is
/// paired with another parameter.
pub mod bias_not_listed {
    use super::*;
    pub use ex_3_3::*;

    pub struct Linear(ex_3_3::Linear);

    impl Linear {
        pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
            Self(ex_3_3::Linear::new(w, b))
        }
    }

    impl Layer for Linear {
        type Cache = Array2<f64>;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            self.0.forward(x)
        }

        fn backward(&self, x: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            self.0.backward(x, dz)
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters().into_iter().take(1).collect()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut().into_iter().take(1).collect()
        }
    }
}

/// Your `Linear` keeps its inputs in itself, where a second forward pass overwrites those of the first.
/// Return them as the cache: then every backward pass is handed the inputs that belong to it.
pub mod cache_overwritten {
    use std::cell::RefCell;

    use super::*;
    pub use ex_3_3::*;

    pub struct Linear(ex_3_3::Linear, RefCell<Array2<f64>>);

    impl Linear {
        pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
            Self(ex_3_3::Linear::new(w, b), RefCell::default())
        }
    }

    impl Layer for Linear {
        type Cache = ();

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            self.1.replace(x.clone());
            (self.0.forward(x).0, ())
        }

        fn backward(&self, (): &(), dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            self.0.backward(&self.1.borrow(), dz)
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut()
        }
    }
}

/// Your `Linear` adds its gradients to those of the backward passes before. Here each backward pass
/// returns its own: whoever wants a sum adds them up.
pub mod gradients_accumulated {
    use std::cell::RefCell;

    use super::*;
    pub use ex_3_3::*;

    pub struct Linear(ex_3_3::Linear, RefCell<Vec<ArrayD<f64>>>);

    impl Linear {
        pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
            Self(ex_3_3::Linear::new(w, b), RefCell::default())
        }
    }

    impl Layer for Linear {
        type Cache = Array2<f64>;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            self.0.forward(x)
        }

        fn backward(&self, x: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            let (dx, mut gradients) = self.0.backward(x, dz);
            let before = self.1.take();
            gradients.iter_mut().zip(&before).for_each(|(gradient, before)| *gradient += before);
            self.1.replace(gradients.clone());
            (dx, gradients)
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut()
        }
    }
}

/// Your `mse` is a mean over all entries of O. The lesson's loss adds up the outputs of a sample and
/// averages over the samples: the divisor is B, both in the loss and in its gradient.
pub mod mean_over_elements {
    use super::*;
    pub use ex_3_3::*;

    pub fn mse(o: &Array2<f64>, y: &Array2<f64>) -> (f64, Array2<f64>) {
        let (loss, gradient) = ex_3_3::mse(o, y);
        (loss / o.ncols() as f64, gradient / o.ncols() as f64)
    }
}

/// Your `mse` has no ½: both the loss and its gradient are twice as large as those of the lesson.
pub mod half_missing {
    use super::*;
    pub use ex_3_3::*;

    pub fn mse(o: &Array2<f64>, y: &Array2<f64>) -> (f64, Array2<f64>) {
        let (loss, gradient) = ex_3_3::mse(o, y);
        (2.0 * loss, 2.0 * gradient)
    }
}
