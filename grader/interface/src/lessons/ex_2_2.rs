//! The scalar neuron in code.

crate::record! {
    /// What the forward pass computes.
    pub struct Forward {
        /// The pre-activation z = w·x + b.
        pub z: f64,
        /// The activation a = tanh(z).
        pub a: f64,
        /// The loss ½(a − y)².
        pub loss: f64,
    }

    /// The gradients of the loss.
    pub struct Gradients {
        /// dL/da.
        pub da: f64,
        /// dL/dz.
        pub dz: f64,
        /// dL/dw.
        pub dw: f64,
        /// dL/db.
        pub db: f64,
    }
}

crate::functions! {
    /// Forward pass at (x, w, b, y).
    forward(f64, f64, f64, f64) -> Forward;
    /// Backward pass at (x, w, b, y).
    backward(f64, f64, f64, f64) -> Gradients;
}

/// The adapter of this lesson for the crate or module at `$learner`.
#[macro_export]
macro_rules! ex_2_2 {
    ($learner:path) => {{
        use $crate::ex_2_2 as lesson;
        use $learner as learner;
        $crate::Adapter::new()
            .on(lesson::forward, |(x, w, b, y)| {
                let learner::Forward { z, a, loss } = learner::forward(x, w, b, y);
                lesson::Forward { z, a, loss }
            })
            .on(lesson::backward, |(x, w, b, y)| {
                let learner::Gradients { da, dz, dw, db } = learner::backward(x, w, b, y);
                lesson::Gradients { da, dz, dw, db }
            })
    }};
}
