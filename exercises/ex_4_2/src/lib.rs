//! Lesson 4.2: optimisers and schedules. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, NdFloat, Zip};

/// Settings of gradient descent with momentum.
#[derive(Debug, Clone, PartialEq)]
pub struct Momentum {
    /// How much of its velocity a parameter keeps from one step to the next, μ: from 0 on, and below 1.
    pub mu: f64,
    /// Whether the step looks ahead, as Nesterov's does.
    pub nesterov: bool,
}

/// Settings of AdamW. Without decay it is Adam.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    /// How much the mean of the gradients keeps in a step, β₁: from 0 on, and below 1.
    pub beta1: f64,
    /// The same for the mean of their squares, β₂.
    pub beta2: f64,
    /// What is added to the root of that mean, ε: above 0.
    pub epsilon: f64,
    /// The weight decay λ.
    pub decay: f64,
}

/// What AdamW keeps from one step to the next: two arrays for each parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments<F> {
    /// How many steps were made.
    pub steps: usize,
    /// The running mean of each gradient.
    pub m: Vec<ArrayD<F>>,
    /// The running mean of each gradient's squares.
    pub s: Vec<ArrayD<F>>,
}

/// A zero for each number of these parameters: velocity and moments before the first step. Given.
pub fn zeros_like<F: NdFloat>(parameters: &[ArrayViewD<'_, F>]) -> Vec<ArrayD<F>> {
    parameters.iter().map(|it| ArrayD::zeros(it.raw_dim())).collect()
}

/// One step of gradient descent with momentum: changes the parameters, and their `velocity`. `rate` is the
/// learning rate η.
///
/// # Panics
/// When the rate is negative or not finite, and when there is not a gradient and a velocity of its shape
/// for each parameter.
#[allow(unused_variables)]
pub fn momentum_step<F: NdFloat>(
    parameters: Vec<ArrayViewMutD<'_, F>>,
    gradients: &[ArrayViewD<'_, F>],
    velocity: &mut [ArrayD<F>],
    settings: &Momentum,
    rate: f64,
) {
    todo!("check what was handed in; then, number by number, the velocity first")
}

/// One step of AdamW: changes the parameters, and their `moments`. `rate` is the learning rate η.
///
/// # Panics
/// When the rate is negative or not finite, and when there is not a gradient and a pair of moments of its
/// shape for each parameter.
#[allow(unused_variables)]
pub fn adamw_step<F: NdFloat>(
    parameters: Vec<ArrayViewMutD<'_, F>>,
    gradients: &[ArrayViewD<'_, F>],
    moments: &mut Moments<F>,
    settings: &AdamW,
    rate: f64,
) {
    todo!("count the step; the two means, by how much each is too small, and then the parameters")
}

/// Shortens the gradients so that the norm of all of them together is at most `max`, and gives the norm that
/// they had. A norm that is not finite leaves them as they are.
///
/// # Panics
/// When `max` is negative or NaN.
#[allow(unused_variables)]
pub fn clip_global_norm<F: NdFloat>(gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
    todo!("one norm, of everything; and when is there something to shorten?")
}

/// The learning rate of step `t`, counted from 1: rises in a line to `max`, which it has at step `warmup`,
/// falls along half a wave of the cosine to `min`, which it has at step `total`, and stays there. The line
/// starts from 0 at step 0.
///
/// # Panics
/// When `warmup` is larger than `total`.
#[allow(unused_variables)]
pub fn warmup_cosine(t: usize, max: f64, min: f64, warmup: usize, total: usize) -> f64 {
    todo!("three parts: which part of its own length has the middle one covered at t?")
}
