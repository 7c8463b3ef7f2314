//! A batch, forward and backward.

use ndarray::{Array1, Array2};

crate::record! {
    /// What the forward pass computes.
    pub struct Forward {
        /// The pre-activations Z = X·Wᵀ + b, shape (B, 1).
        pub z: Array2<f64>,
        /// The activations A = tanh(Z), shape (B, 1).
        pub a: Array2<f64>,
        /// The mean over the batch of ½(a − y)².
        pub loss: f64,
    }

    /// The gradients of the loss.
    pub struct Gradients {
        /// dL/dA, shape (B, 1).
        pub da: Array2<f64>,
        /// dL/dZ, shape (B, 1).
        pub dz: Array2<f64>,
        /// dL/dW, shape (1, d_in).
        pub dw: Array2<f64>,
        /// dL/db, shape (1).
        pub db: Array1<f64>,
    }
}

crate::functions! {
    /// Forward pass at (X, W, b, Y).
    forward(Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>) -> Forward;
    /// Backward pass at (X, Y) from what the forward pass computed.
    backward(Array2<f64>, Array2<f64>, Forward) -> Gradients;
}

/// The adapter of this lesson for the crate or module at `$learner`.
#[macro_export]
macro_rules! ex_3_1 {
    ($learner:path) => {{
        use $crate::ex_3_1 as lesson;
        use $learner as learner;
        $crate::Adapter::new()
            .on(lesson::forward, |(x, w, b, y)| {
                let learner::Forward { z, a, loss } = learner::forward(&x, &w, &b, &y);
                lesson::Forward { z, a, loss }
            })
            .on(lesson::backward, |(x, y, lesson::Forward { z, a, loss })| {
                let forward = learner::Forward { z, a, loss };
                let learner::Gradients { da, dz, dw, db } = learner::backward(&x, &y, &forward);
                lesson::Gradients { da, dz, dw, db }
            })
    }};
}
