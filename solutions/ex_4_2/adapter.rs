//! What crosses of lesson 4.2: one matrix for each argument, of which two parameters are made. State goes in
//! and comes out.

use learner::{AdamW, Moments, Momentum};
use ndarray::{Array2, ArrayD, ArrayViewD, ArrayViewMutD, Axis, NdFloat, concatenate};

/// Two parameters of one matrix: its last row, a vector, and the rows before. A single row is one, and a single number
/// is one without an axis.
fn parts<F: NdFloat>(matrix: &Array2<F>) -> Vec<ArrayViewD<'_, F>> {
    let before = matrix.nrows() - 1;
    if matrix.dim() == (1, 1) {
        return vec![matrix.index_axis(Axis(0), 0).index_axis_move(Axis(0), 0).into_dyn()];
    }
    if before == 0 {
        return vec![matrix.view().into_dyn()];
    }
    let (rows, last) = matrix.view().split_at(Axis(0), before);
    vec![rows.into_dyn(), last.index_axis_move(Axis(0), 0).into_dyn()]
}

fn parts_mut<F: NdFloat>(matrix: &mut Array2<F>) -> Vec<ArrayViewMutD<'_, F>> {
    let before = matrix.nrows() - 1;
    if matrix.dim() == (1, 1) {
        return vec![matrix.index_axis_mut(Axis(0), 0).index_axis_move(Axis(0), 0).into_dyn()];
    }
    if before == 0 {
        return vec![matrix.view_mut().into_dyn()];
    }
    let (rows, last) = matrix.view_mut().split_at(Axis(0), before);
    vec![rows.into_dyn(), last.index_axis_move(Axis(0), 0).into_dyn()]
}

/// The state of two parameters: zeros, to which a matrix is added.
fn state<F: NdFloat>(matrix: &Array2<F>) -> Vec<ArrayD<F>> {
    let parts = parts(matrix);
    let mut state = learner::zeros_like(&parts);
    state.iter_mut().zip(&parts).for_each(|(state, part)| *state += part);
    state
}

/// The matrix of these parameters.
fn joined<F: NdFloat>(parts: &[ArrayD<F>]) -> Array2<F> {
    let parts: Vec<_> = parts.iter().map(rows).collect();
    let joined = concatenate(Axis(0), &parts).expect("parts of one matrix");
    joined.into_dimensionality().expect("a matrix stays one")
}

fn rows<F: NdFloat>(part: &ArrayD<F>) -> ArrayViewD<'_, F> {
    match part.ndim() {
        0 => part.view().insert_axis(Axis(0)).insert_axis(Axis(0)),
        1 => part.view().insert_axis(Axis(0)),
        _ => part.view(),
    }
}

/// A step with momentum: v and w after it.
pub fn momentum<F: NdFloat>(
    w: Array2<F>,
    g: &Array2<F>,
    v: &Array2<F>,
    mu: f64,
    rate: f64,
) -> (Array2<F>, Array2<F>) {
    moved(w, g, v, &Momentum { mu, nesterov: false }, rate)
}

/// A step that looks ahead: v and w after it.
pub fn look_ahead<F: NdFloat>(
    w: Array2<F>,
    g: &Array2<F>,
    v: &Array2<F>,
    mu: f64,
    rate: f64,
) -> (Array2<F>, Array2<F>) {
    moved(w, g, v, &Momentum { mu, nesterov: true }, rate)
}

fn moved<F: NdFloat>(
    mut w: Array2<F>,
    g: &Array2<F>,
    v: &Array2<F>,
    settings: &Momentum,
    rate: f64,
) -> (Array2<F>, Array2<F>) {
    let mut v = state(v);
    learner::momentum_step(parts_mut(&mut w), &parts(g), &mut v, settings, rate);
    (joined(&v), w)
}

/// The number of steps, m and s after a step of AdamW, after so many `steps`. The old s is handed in as its
/// `root`, so that every array is one.
pub fn means<F: NdFloat>(
    g: &Array2<F>,
    m: &Array2<F>,
    root: &Array2<F>,
    steps: usize,
    beta1: f64,
    beta2: f64,
) -> (usize, Array2<F>, Array2<F>) {
    let mut moments = Moments { steps, m: state(m), s: state(&(root * root)) };
    let settings = AdamW { beta1, beta2, epsilon: 1.0, decay: 0.0 };
    let mut w = Array2::zeros(g.dim());
    learner::adamw_step(parts_mut(&mut w), &parts(g), &mut moments, &settings, 0.1);
    (moments.steps, joined(&moments.m), joined(&moments.s))
}

/// w after a step of AdamW, after so many `steps`. The gradient has been the same for long: m is g and s is
/// g², before the step and after it.
pub fn adamw<F: NdFloat>(
    mut w: Array2<F>,
    g: &Array2<F>,
    steps: usize,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    decay: f64,
    rate: f64,
) -> Array2<F> {
    let mut moments = Moments { steps, m: state(g), s: state(&(g * g)) };
    let settings = AdamW { beta1, beta2, epsilon, decay };
    learner::adamw_step(parts_mut(&mut w), &parts(g), &mut moments, &settings, rate);
    w
}

/// The norm of two gradients, and what clipping leaves of them.
pub fn clip<F: NdFloat>(mut g: Array2<F>, max: f64) -> (f64, Array2<F>) {
    let norm = learner::clip_global_norm(parts_mut(&mut g), max);
    (norm, g)
}

/// The norm of forty gradients of one number and of one more, and what clipping leaves of the forty.
pub fn clip_beside(number: f64) -> (f64, Array2<f64>) {
    let mut g = Array2::from_shape_fn((40, 1), |(row, _)| 10.1 * (row as f64 - 19.3));
    let mut number = ArrayD::from_elem(vec![1], number);
    let gradients = vec![g.view_mut().into_dyn(), number.view_mut()];
    (learner::clip_global_norm(gradients, 0.25), g)
}

/// The norm of no gradients.
pub fn norm_of_nothing() -> f64 {
    learner::clip_global_norm(Vec::<ArrayViewMutD<f64>>::new(), 1.0)
}

/// What does not belong to two parameters, a matrix and a vector.
pub enum Unfit {
    /// One gradient.
    FewerGradients,
    /// Three gradients.
    MoreGradients,
    /// A gradient that would be stretched over the rows of its parameter.
    GradientOfOneRow,
    /// The gradient of a matrix, transposed.
    GradientTransposed,
    /// The state of one parameter.
    LessState,
    /// The state of three parameters.
    MoreState,
    /// A state that would be stretched over the rows of its parameter.
    StateOfOneRow,
    /// The state of a matrix, transposed.
    StateTransposed,
}

/// Parameters that are right, with gradients and a state that are so but for one thing.
fn spoiled(unfit: Unfit) -> [Vec<ArrayD<f64>>; 3] {
    let parameters = || vec![ArrayD::ones(vec![2, 3]), ArrayD::ones(vec![2])];
    let (mut gradients, mut state) = (parameters(), parameters());
    match unfit {
        Unfit::FewerGradients => gradients.truncate(1),
        Unfit::MoreGradients => gradients.push(ArrayD::ones(vec![2])),
        Unfit::GradientOfOneRow => gradients[0] = ArrayD::ones(vec![1, 3]),
        Unfit::GradientTransposed => gradients[0] = ArrayD::ones(vec![3, 2]),
        Unfit::LessState => state.truncate(1),
        Unfit::MoreState => state.push(ArrayD::ones(vec![2])),
        Unfit::StateOfOneRow => state[0] = ArrayD::ones(vec![1, 3]),
        Unfit::StateTransposed => state[0] = ArrayD::ones(vec![3, 2]),
    }
    [parameters(), gradients, state]
}

/// A step with momentum that cannot be made.
pub fn unfit_for_momentum(unfit: Unfit) {
    let [mut parameters, gradients, mut state] = spoiled(unfit);
    let parameters = parameters.iter_mut().map(|it| it.view_mut()).collect();
    let gradients: Vec<_> = gradients.iter().map(|it| it.view()).collect();
    let settings = Momentum { mu: 0.5, nesterov: true };
    learner::momentum_step(parameters, &gradients, &mut state, &settings, 0.1);
}

/// A step of AdamW that cannot be made. Of the state, either m or s is spoiled.
pub fn unfit_for_adamw(unfit: Unfit, is_of_m: bool) {
    let [mut parameters, gradients, state] = spoiled(unfit);
    let right = parameters.clone();
    let (m, s) = if is_of_m { (state, right) } else { (right, state) };
    let parameters = parameters.iter_mut().map(|it| it.view_mut()).collect();
    let gradients: Vec<_> = gradients.iter().map(|it| it.view()).collect();
    let settings = AdamW { beta1: 0.5, beta2: 0.5, epsilon: 0.1, decay: 0.1 };
    let mut moments = Moments { steps: 1, m, s };
    learner::adamw_step(parameters, &gradients, &mut moments, &settings, 0.1);
}
