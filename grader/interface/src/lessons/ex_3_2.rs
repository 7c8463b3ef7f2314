//! The linear layer.

use ndarray::{Array1, Array2};

crate::choice! {
    /// A product of two matrices of the layer.
    pub enum Product {
        /// X·Wᵀ.
        InputTimesWeightTransposed,
        /// dL/dZ·W.
        UpstreamTimesWeight,
        /// Xᵀ·dL/dZ.
        InputTransposedTimesUpstream,
        /// (dL/dZ)ᵀ·X.
        UpstreamTransposedTimesInput,
    }

    /// How the samples of a batch become one gradient.
    pub enum Reduction {
        /// One gradient for each sample, then their average.
        SampleBySampleThenAverage,
        /// One matrix product, then a division by the batch size.
        OneProductThenAverage,
        /// One matrix product and nothing after it.
        OneProduct,
    }
}

crate::functions! {
    /// Forward pass at (X, W, b).
    forward(Array2<f64>, Array2<f64>, Array1<f64>) -> Array2<f64>;
    /// dL/dX from (dL/dZ, W).
    backward_input(Array2<f64>, Array2<f64>) -> Array2<f64>;
    /// dL/dW from (dL/dZ, X).
    backward_weight(Array2<f64>, Array2<f64>) -> Array2<f64>;
    /// dL/db from dL/dZ.
    backward_bias(Array2<f64>) -> Array1<f64>;
    /// Which product dL/dW is.
    weight_gradient_product() -> Product;
    /// The shape of dL/dW for (batch, d_in, d_out).
    weight_gradient_shape(usize, usize, usize) -> (usize, usize);
    /// How a batch of 32 becomes one dL/dW.
    batch_reduction() -> Reduction;
}

/// The adapter of this lesson for the crate or module at `$learner`.
#[macro_export]
macro_rules! ex_3_2 {
    ($learner:path) => {{
        use $crate::ex_3_2 as lesson;
        use $learner as learner;
        $crate::Adapter::new()
            .on(lesson::forward, |(x, w, b)| learner::forward(&x, &w, &b))
            .on(lesson::backward_input, |(dz, w)| learner::backward_input(&dz, &w))
            .on(lesson::backward_weight, |(dz, x)| learner::backward_weight(&dz, &x))
            .on(lesson::backward_bias, |(dz,)| learner::backward_bias(&dz))
            .on(lesson::weight_gradient_product, |()| {
                use learner::Product as Answer;
                match learner::weight_gradient_product() {
                    Answer::InputTimesWeightTransposed => {
                        lesson::Product::InputTimesWeightTransposed
                    }
                    Answer::UpstreamTimesWeight => lesson::Product::UpstreamTimesWeight,
                    Answer::InputTransposedTimesUpstream => {
                        lesson::Product::InputTransposedTimesUpstream
                    }
                    Answer::UpstreamTransposedTimesInput => {
                        lesson::Product::UpstreamTransposedTimesInput
                    }
                }
            })
            .on(lesson::weight_gradient_shape, |(batch, d_in, d_out)| {
                learner::weight_gradient_shape(batch, d_in, d_out)
            })
            .on(lesson::batch_reduction, |()| {
                use learner::Reduction as Answer;
                match learner::batch_reduction() {
                    Answer::SampleBySampleThenAverage => {
                        lesson::Reduction::SampleBySampleThenAverage
                    }
                    Answer::OneProductThenAverage => lesson::Reduction::OneProductThenAverage,
                    Answer::OneProduct => lesson::Reduction::OneProduct,
                }
            })
    }};
}
