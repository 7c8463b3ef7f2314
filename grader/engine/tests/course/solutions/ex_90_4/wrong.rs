//! Wrong variants of lesson 90.4.

use ndarray::Array1;

/// Your `Scale` hands the upstream gradient on; multiply it by the factor.
pub mod factor_missing_in_the_gradient {
    use super::*;
    pub use ex_90_4::*;

    /// A scale whose backward pass is the identity.
    pub struct Scale(ex_90_4::Scale);

    impl Scale {
        /// A layer that multiplies by `factor`.
        pub fn new(factor: f64) -> Self {
            Self(ex_90_4::Scale::new(factor))
        }
    }

    impl Layer for Scale {
        type Cache = ();

        fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, ()) {
            self.0.forward(x)
        }

        fn backward(&self, (): &(), dy: &Array1<f64>) -> Array1<f64> {
            dy.clone()
        }
    }
}

/// Your derivative of x³ is x²; the exponent comes down as a factor.
pub mod three_missing {
    use super::*;
    pub use ex_90_4::*;

    /// A cube with x² for a derivative.
    pub struct Cube;

    impl Layer for Cube {
        type Cache = Array1<f64>;

        fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Array1<f64>) {
            ex_90_4::Cube.forward(x)
        }

        fn backward(&self, x: &Array1<f64>, dy: &Array1<f64>) -> Array1<f64> {
            x.pow2() * dy
        }
    }
}

/// Your derivative of x³ is 3x: the power goes down by one only.
pub mod power_too_low {
    use super::*;
    pub use ex_90_4::*;

    /// A cube with 3x for a derivative.
    pub struct Cube;

    impl Layer for Cube {
        type Cache = Array1<f64>;

        fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, Array1<f64>) {
            ex_90_4::Cube.forward(x)
        }

        fn backward(&self, x: &Array1<f64>, dy: &Array1<f64>) -> Array1<f64> {
            3.0 * x * dy
        }
    }
}

/// Your `Cube` remembers its last input by itself; the gradient belongs to the input of the cache.
pub mod last_input_remembered {
    use std::sync::Mutex;

    use super::*;
    pub use ex_90_4::*;

    static LAST: Mutex<Option<Array1<f64>>> = Mutex::new(None);

    /// A cube with a memory.
    pub struct Cube;

    impl Layer for Cube {
        type Cache = ();

        fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, ()) {
            *LAST.lock().expect("no panic while it is locked") = Some(x.clone());
            (x.powi(3), ())
        }

        fn backward(&self, (): &(), dy: &Array1<f64>) -> Array1<f64> {
            let last = LAST.lock().expect("no panic while it is locked");
            3.0 * last.as_ref().expect("a forward pass came before").pow2() * dy
        }
    }
}

/// Your `Chain` goes back through its second layer only.
pub mod first_layer_skipped {
    use super::*;
    pub use ex_90_4::*;

    /// A chain that forgets its first layer on the way back.
    pub struct Chain<A, B> {
        /// The layer that sees the input.
        pub first: A,
        /// The layer that gives the output.
        pub second: B,
    }

    impl<A: Layer, B: Layer> Layer for Chain<A, B> {
        type Cache = B::Cache;

        fn forward(&self, x: &Array1<f64>) -> (Array1<f64>, B::Cache) {
            self.second.forward(&self.first.forward(x).0)
        }

        fn backward(&self, cache: &B::Cache, dy: &Array1<f64>) -> Array1<f64> {
            self.second.backward(cache, dy)
        }
    }
}
