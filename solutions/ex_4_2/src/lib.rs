//! Lesson 4.2, solved: optimisers and schedules.

use std::f64::consts::PI;

use ndarray::{ArrayD, ArrayView1, ArrayViewD, ArrayViewMutD, NdFloat, Zip};

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
pub fn momentum_step<F: NdFloat>(
    parameters: Vec<ArrayViewMutD<'_, F>>,
    gradients: &[ArrayViewD<'_, F>],
    velocity: &mut [ArrayD<F>],
    settings: &Momentum,
    rate: f64,
) {
    assert_is_rate(rate);
    assert_fit("gradient", gradients.iter().map(|it| it.shape()), &parameters);
    assert_fit("velocity", velocity.iter().map(|it| it.shape()), &parameters);
    let [mu, rate] = [settings.mu, rate].map(number::<F>);
    for ((w, g), v) in parameters.into_iter().zip(gradients).zip(velocity) {
        Zip::from(w).and(g).and(v).for_each(|w, &g, v| {
            *v = mu * *v + g;
            *w -= rate * if settings.nesterov { g + mu * *v } else { *v };
        });
    }
}

/// One step of AdamW: changes the parameters, and their `moments`. `rate` is the learning rate η.
///
/// # Panics
/// When the rate is negative or not finite, and when there is not a gradient and a pair of moments of its
/// shape for each parameter.
pub fn adamw_step<F: NdFloat>(
    parameters: Vec<ArrayViewMutD<'_, F>>,
    gradients: &[ArrayViewD<'_, F>],
    moments: &mut Moments<F>,
    settings: &AdamW,
    rate: f64,
) {
    assert_is_rate(rate);
    assert_fit("gradient", gradients.iter().map(|it| it.shape()), &parameters);
    assert_fit("mean m", moments.m.iter().map(|it| it.shape()), &parameters);
    assert_fit("mean s", moments.s.iter().map(|it| it.shape()), &parameters);
    moments.steps += 1;
    let t = moments.steps as f64;
    let AdamW { beta1, beta2, epsilon, decay } = *settings;
    // What is the same for all numbers, in f64: in f32 the differences from 1 would lose their digits.
    let [old_m, new_m, old_s, new_s] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(number::<F>);
    let [keep, epsilon] = [1.0 - rate * decay, epsilon].map(number::<F>);
    let length = number::<F>(rate / (1.0 - beta1.powf(t)));
    let stretch = number::<F>((1.0 - beta2.powf(t)).sqrt().recip());
    let states = moments.m.iter_mut().zip(&mut moments.s);
    for ((w, g), (m, s)) in parameters.into_iter().zip(gradients).zip(states) {
        Zip::from(w).and(g).and(m).and(s).for_each(|w, &g, m, s| {
            *m = old_m * *m + new_m * g;
            *s = old_s * *s + new_s * g * g;
            *w = keep * *w - length * *m / (stretch * s.sqrt() + epsilon);
        });
    }
}

/// The sum of the squares of a row, in f64: the square of an f32 may be too large for an f32. A dot product keeps eight
/// sums, since each addition to a single one would wait for the one before.
fn square_norm<F: NdFloat>(row: ArrayView1<F>) -> f64 {
    let row = row.mapv(|it| it.to_f64().expect("a float is a number"));
    row.dot(&row)
}

/// Shortens the gradients so that the norm of all of them together is at most `max`, and gives the norm that
/// they had. A norm that is not finite leaves them as they are.
///
/// # Panics
/// When `max` is negative or NaN.
pub fn clip_global_norm<F: NdFloat>(gradients: Vec<ArrayViewMutD<'_, F>>, max: f64) -> f64 {
    assert!(max >= 0.0, "a norm cannot be held below {max}");
    let squares =
        |gradient: &ArrayViewMutD<F>| -> f64 { gradient.rows().into_iter().map(square_norm).sum() };
    let norm = gradients.iter().map(squares).sum::<f64>().sqrt();
    if norm > max && norm.is_finite() {
        let factor = number::<F>(max / norm);
        gradients.into_iter().for_each(|mut gradient| gradient *= factor);
    }
    norm
}

/// The learning rate of step `t`, counted from 1: rises in a line to `max`, which it has at step `warmup`,
/// falls along half a wave of the cosine to `min`, which it has at step `total`, and stays there. The line
/// starts from 0 at step 0.
///
/// # Panics
/// When `warmup` is larger than `total`.
pub fn warmup_cosine(t: usize, max: f64, min: f64, warmup: usize, total: usize) -> f64 {
    assert!(warmup <= total, "the warm-up of {warmup} steps is longer than all {total}");
    if t >= total {
        min
    } else if t < warmup {
        max * t as f64 / warmup as f64
    } else {
        let way = (t - warmup) as f64 / (total - warmup) as f64;
        min + 0.5 * (1.0 + (PI * way).cos()) * (max - min)
    }
}

/// A number in the precision of the parameters.
fn number<F: NdFloat>(value: f64) -> F {
    F::from(value).expect("a float has a nearest one in either precision")
}

fn assert_is_rate(rate: f64) {
    assert!(rate.is_finite() && rate >= 0.0, "{rate} is no learning rate");
}

/// Refuses shapes that are not those of the parameters.
fn assert_fit<'a, F>(
    what: &str,
    shapes: impl ExactSizeIterator<Item = &'a [usize]>,
    parameters: &[ArrayViewMutD<'_, F>],
) {
    assert_eq!(shapes.len(), parameters.len(), "there must be one {what} for each parameter");
    for (shape, parameter) in shapes.zip(parameters) {
        assert_eq!(shape, parameter.shape(), "a {what} must have the shape of its parameter");
    }
}
