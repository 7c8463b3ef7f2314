// The model of lesson 6.4 runs where its weights are: what crosses are the logits.

use ::ex_6_4::forward;
use learner::LoadError;
use ndarray::Array2;

/// The logits (B·T, V) of the tokens `ids`, of a model that is read from both of its files.
pub fn published_logits(
    json: &str,
    bytes: &[u8],
    ids: &Array2<usize>,
) -> Result<Array2<f32>, LoadError> {
    let config = learner::read_config(json)?;
    let model = learner::load(bytes, &config)?;
    Ok(forward(&model, &config, ids).0)
}
