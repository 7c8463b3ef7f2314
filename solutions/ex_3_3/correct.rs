//! Correct variants of lesson 3.3. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these types")]

use ndarray::{Array1, Array2, ArrayD, ArrayViewD, ArrayViewMutD};

/// Caches that hold what the backward pass multiplies by: the derivative of tanh, and Xᵀ. The products
/// are written out.
pub mod derivatives_cached {
    use ndarray::Axis;

    use super::*;
    pub use ex_3_3::*;

    pub struct Tanh;

    impl Layer for Tanh {
        type Cache = Array2<f64>;

        fn forward(&self, z: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
            (z.mapv(f64::tanh), z.mapv(|z| z.cosh().powi(-2)))
        }

        fn backward(
            &self,
            slope: &Self::Cache,
            da: &Array2<f64>,
        ) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            (slope * da, vec![])
        }
    }

    pub struct Linear {
        weights: Array2<f64>,
        bias: Array1<f64>,
    }

    impl Linear {
        pub fn new(weights: Array2<f64>, bias: Array1<f64>) -> Self {
            Self { weights, bias }
        }
    }

    impl Layer for Linear {
        type Cache = Array2<f64>;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            (x.dot(&self.weights.t()) + &self.bias, x.t().to_owned())
        }

        fn backward(&self, xt: &Self::Cache, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            let dw = xt.dot(dz).reversed_axes();
            (dz.dot(&self.weights), vec![dw.into_dyn(), dz.sum_axis(Axis(0)).into_dyn()])
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            vec![self.weights.view().into_dyn(), self.bias.view().into_dyn()]
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            vec![self.weights.view_mut().into_dyn(), self.bias.view_mut().into_dyn()]
        }
    }
}

/// Shared and boxed caches, and lists that are chained.
pub mod boxed_caches {
    use std::rc::Rc;

    use super::*;
    pub use ex_3_3::*;

    pub struct Tanh;

    impl Layer for Tanh {
        type Cache = Rc<Array2<f64>>;

        fn forward(&self, z: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            let a = Rc::new(z.mapv(f64::tanh));
            ((*a).clone(), a)
        }

        fn backward(&self, a: &Self::Cache, da: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            let mut dz = da.clone();
            dz.zip_mut_with(a, |dz, a| *dz *= (1.0 - a) * (1.0 + a));
            (dz, Vec::new())
        }
    }

    pub struct Sequential<A, B>(pub A, pub B);

    impl<A: Layer, B: Layer> Layer for Sequential<A, B> {
        type Cache = Box<(A::Cache, B::Cache)>;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            let (x, first) = self.0.forward(x);
            let (x, second) = self.1.forward(&x);
            (x, Box::new((first, second)))
        }

        fn backward(
            &self,
            caches: &Self::Cache,
            dy: &Array2<f64>,
        ) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            let (dy, last) = self.1.backward(&caches.1, dy);
            let (dx, first) = self.0.backward(&caches.0, &dy);
            (dx, [first, last].concat())
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            self.0.parameters().into_iter().chain(self.1.parameters()).collect()
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            self.0.parameters_mut().into_iter().chain(self.1.parameters_mut()).collect()
        }
    }
}

/// The loss as a mean of the losses of samples; the gradient from a sum of scaled arrays.
pub mod sample_by_sample {
    use ndarray::Axis;

    use super::*;
    pub use ex_3_3::*;

    pub fn mse(o: &Array2<f64>, y: &Array2<f64>) -> (f64, Array2<f64>) {
        let losses = (o - y).map_axis(Axis(1), |error| error.dot(&error) / 2.0);
        let share = 1.0 / o.nrows() as f64;
        let mut gradient = y * -share;
        gradient.scaled_add(share, o);
        (losses.mean().unwrap_or(f64::NAN), gradient)
    }
}

/// `Linear` reads and writes its parameters by one function, and an `Identity` that moves its arrays.
pub mod own_structs {
    use super::*;
    pub use ex_3_3::*;

    #[derive(Clone, Copy, Default)]
    pub struct Identity;

    pub struct IdentityCache {}

    impl Layer for Identity {
        type Cache = IdentityCache;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Self::Cache) {
            (x.to_owned(), IdentityCache {})
        }

        fn backward(&self, _: &Self::Cache, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            (dy.to_owned(), self.parameters().iter().map(|it| it.to_owned()).collect())
        }
    }

    pub struct Linear(Array2<f64>, Array1<f64>);

    pub struct Inputs {
        rows: Vec<Array1<f64>>,
    }

    impl Linear {
        pub fn new(w: Array2<f64>, b: Array1<f64>) -> Self {
            Self(w, b)
        }
    }

    impl Layer for Linear {
        type Cache = Inputs;

        fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Inputs) {
            let rows = x.outer_iter().map(|row| row.to_owned()).collect();
            (ex_3_2::forward(x, &self.0, &self.1), Inputs { rows })
        }

        fn backward(&self, inputs: &Inputs, dz: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
            let mut dw = Array2::zeros(self.0.raw_dim());
            let mut db = Array1::zeros(self.1.len());
            for (x, dz) in inputs.rows.iter().zip(dz.outer_iter()) {
                for ((mut row, dz), db) in dw.outer_iter_mut().zip(&dz).zip(&mut db) {
                    row.scaled_add(*dz, x);
                    *db += dz;
                }
            }
            (dz.dot(&self.0), vec![dw.into_dyn(), db.into_dyn()])
        }

        fn parameters(&self) -> Vec<ArrayViewD<'_, f64>> {
            Vec::from([self.0.view().into_dyn(), self.1.view().into_dyn()])
        }

        fn parameters_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
            let Self(w, b) = self;
            Vec::from([w.view_mut().into_dyn(), b.view_mut().into_dyn()])
        }
    }
}
