// What AdamW keeps does not cross as lists of arrays: the moments go in and come out with the shape of a model. Views do
// not cross either, and texts beside arrays are a list.

use std::collections::BTreeMap;

use ::ex_4_2::Moments;
use ::ex_5_3::Position;
use ::ex_6_4::{Config, Model, tensors, tensors_mut};
use learner::{Diverged, Refusal, Settings, State, Step};
use ndarray::{Array3, ArrayD, ArrayViewD, Axis, NdFloat};

/// A state, with its moments as models.
pub struct Held<F: NdFloat> {
    /// The weights.
    pub model: Model<F>,
    /// The running means of the gradients.
    pub m: Model<F>,
    /// The running means of their squares.
    pub s: Model<F>,
    /// How many steps were made.
    pub steps: usize,
    /// Where in the data the next step begins.
    pub position: Position,
}

fn arrays<F: NdFloat>(model: &Model<F>) -> Vec<ArrayD<F>> {
    tensors(model).into_iter().map(|(_, array)| array.to_owned()).collect()
}

/// A model with these arrays, of the sizes of another one.
fn filled<F: NdFloat>(arrays: &[ArrayD<F>], like: &Model<F>) -> Model<F> {
    let mut model = like.clone();
    let places = tensors_mut(&mut model);
    assert_eq!(places.len(), arrays.len(), "the moments must be one for each array of the model");
    for ((name, mut place), array) in places.into_iter().zip(arrays) {
        assert_eq!(place.shape(), array.shape(), "the moments of `{name}` must have its shape");
        place.assign(array);
    }
    model
}

fn state<F: NdFloat>(held: Held<F>) -> State<F> {
    let Held { model, m, s, steps, position } = held;
    State { model, moments: Moments { steps, m: arrays(&m), s: arrays(&s) }, position }
}

fn held<F: NdFloat>(state: State<F>) -> Held<F> {
    let State { model, moments: Moments { steps, m, s }, position } = state;
    let (m, s) = (filled(&m, &model), filled(&s, &model));
    Held { model, m, s, steps, position }
}

/// The state before the first step.
pub fn start(model: Model<f64>) -> Held<f64> {
    held(learner::start(model))
}

/// The state after `update`, and what it gave.
pub fn update<F: NdFloat>(
    before: Held<F>,
    mut gradients: Model<F>,
    settings: &Settings,
) -> (Held<F>, Result<(f64, f64), Diverged>) {
    let mut state = state(before);
    let given = learner::update(&mut state, &mut gradients, settings);
    (held(state), given)
}

/// The state after so many steps, and their log.
pub fn train<F: NdFloat>(
    before: Held<F>,
    config: &Config,
    data: &[u8],
    settings: &Settings,
    steps: usize,
) -> (Held<F>, Result<Vec<Step>, Diverged>) {
    let mut state = state(before);
    let log = learner::train(&mut state, config, data, settings, steps);
    (held(state), log)
}

/// An array of at most three axes, in the memory order that it has: the axes in front of its own have length 1.
pub struct Named {
    /// Its name.
    pub name: String,
    /// How many axes it has.
    pub axes: usize,
    /// Its numbers.
    pub array: Array3<f32>,
}

fn view(named: &Named) -> ArrayViewD<'_, f32> {
    let mut view = named.array.view().into_dyn();
    while view.ndim() > named.axes {
        view = view.index_axis_move(Axis(0), 0);
    }
    view
}

/// The bytes of named arrays, and of texts beside them.
pub fn to_safetensors(tensors: Vec<Named>, texts: Vec<(String, String)>) -> Vec<u8> {
    let views: Vec<_> = tensors.iter().map(|named| (named.name.clone(), view(named))).collect();
    learner::to_safetensors(&views, &BTreeMap::from_iter(texts))
}

/// Names, shapes and numbers of the arrays of a file, and the texts beside them.
pub fn from_safetensors(
    bytes: &[u8],
) -> Result<(Vec<(String, Vec<usize>, Vec<f32>)>, Vec<(String, String)>), Refusal> {
    let contents = learner::from_safetensors(bytes)?;
    let parts = |(name, array): (String, ArrayD<f32>)| {
        (name, array.shape().to_vec(), array.iter().copied().collect())
    };
    let arrays = contents.tensors.into_iter().map(parts).collect();
    Ok((arrays, contents.metadata.into_iter().collect()))
}

/// The checkpoint of a state.
pub fn save(before: Held<f32>) -> Vec<u8> {
    learner::save(&state(before))
}

/// The state of a checkpoint.
pub fn restore(bytes: &[u8], config: &Config) -> Result<Held<f32>, Refusal> {
    learner::restore(bytes, config).map(held)
}
