// The caches stay in the learner's crate, and views are copied: neither can cross.

use learner::{Config, Model};
use ndarray::{Array2, NdFloat, s};

/// The logits (B·T, V) of `forward`.
pub fn forward<F: NdFloat>(model: &Model<F>, config: &Config, ids: &Array2<usize>) -> Array2<F> {
    learner::forward(model, config, ids).0
}

/// What `backward` adds to `gradients`. A forward pass of other tokens comes in between.
pub fn backward<F: NdFloat>(
    dlogits: &Array2<F>,
    ids: &Array2<usize>,
    model: &Model<F>,
    config: &Config,
    gradients: &mut Model<F>,
) {
    let (_, cache) = learner::forward(model, config, ids);
    learner::forward(model, config, &ids.slice(s![..;-1, ..;-1]).to_owned());
    learner::backward(dlogits, &cache, model, config, gradients);
}

/// Names, shapes and numbers of the views that `tensors` gives.
pub fn tensors(model: &Model<f64>) -> Vec<(String, Vec<usize>, Vec<f64>)> {
    let tensors = learner::tensors(model).into_iter();
    let copied =
        tensors.map(|(name, view)| (name, view.shape().to_vec(), view.iter().copied().collect()));
    copied.collect()
}

/// The names of the views that `tensors_mut` gives; each is filled with its place among them.
pub fn tensors_mut(model: &mut Model<f64>) -> Vec<String> {
    let tensors = learner::tensors_mut(model).into_iter().enumerate();
    let filled = tensors.map(|(place, (name, mut view))| {
        view.fill(place as f64);
        name
    });
    filled.collect()
}
