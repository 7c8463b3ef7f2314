//! Lesson 3.4: training. The brief is in this folder's `README.md`.

#[allow(unused_imports)]
use ex_3_3::{Layer, mse};
#[allow(unused_imports)]
use ndarray::{Array2, ArrayD, ArrayViewMutD, Axis};

/// A generator of random numbers, SplitMix64: given. The same seed gives the same numbers on every
/// machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    /// What the next number is made of.
    pub state: u64,
}

impl Rng {
    /// A generator that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number, any of the 2⁶⁴.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How often training goes through all samples.
    pub epochs: usize,
    /// How many samples a step sees; at least 1.
    pub batch: usize,
    /// The learning rate η.
    pub rate: f64,
    /// The seed of the order of the samples.
    pub seed: u64,
    /// The largest loss with which training goes on.
    pub limit: f64,
}

/// Training that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diverged {
    /// The epoch at whose end the loss was above the limit, or not a number. The first epoch is 1.
    pub epoch: usize,
}

/// The numbers from 0 to n − 1 in random order, by Fisher and Yates. Each place i, from the last down to
/// the second, draws one random number and chooses by it among the places up to and with i; the two
/// numbers change places. The place chosen among k is the random number modulo k.
#[allow(unused_variables)]
pub fn shuffle(n: usize, rng: &mut Rng) -> Vec<usize> {
    todo!(
        "start from the numbers in order, and let each place i change with one of the places up to i"
    )
}

/// The `order` cut into batches of `size` numbers. The last one has what is left, so that every number is
/// in one batch.
#[allow(unused_variables)]
pub fn batches(order: &[usize], size: usize) -> Vec<Vec<usize>> {
    todo!("cut the order into pieces; the last may be shorter")
}

/// One step of gradient descent with the learning rate `rate`: every parameter moves against its gradient.
#[allow(unused_variables)]
pub fn sgd_step(parameters: Vec<ArrayViewMutD<'_, f64>>, gradients: &[ArrayD<f64>], rate: f64) {
    todo!("change each parameter through its view: which way does the gradient point?")
}

/// Trains the network on the inputs `x` (n, d_in) and the targets `y` (n, d_out). Gives the *loss curve*:
/// the loss of all samples before the first epoch, then after each of them.
///
/// A single generator, started from the seed, shuffles the samples anew for each epoch.
///
/// # Errors
/// After the first epoch at whose end the loss is not within the limit. NaN is not within it.
#[allow(unused_variables)]
pub fn fit(
    network: &mut impl Layer,
    x: &Array2<f64>,
    y: &Array2<f64>,
    settings: &Settings,
) -> Result<Vec<f64>, Diverged> {
    todo!("for each epoch: shuffle, then one step for each batch, then the loss of all samples")
}
