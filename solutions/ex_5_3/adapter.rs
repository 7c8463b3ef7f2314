//! What crosses of lesson 5.3: a generator goes in and comes out as its state.

use ::ex_3_4::Rng;
use ndarray::Array2;

/// `random_batch` with a generator in this state; and the state behind it.
pub fn random_batch_from(
    bytes: &[u8],
    batch: usize,
    time: usize,
    state: u64,
) -> (Array2<usize>, Array2<usize>, u64) {
    let mut rng = Rng { state };
    let (x, y) = learner::random_batch(bytes, batch, time, &mut rng);
    (x, y, rng.state)
}
