//! Lesson 5.3: from documents to batches. The brief is in this folder's `README.md`.

use ex_3_4::Rng;
#[allow(unused_imports)]
use ex_3_4::shuffle;
use ndarray::Array2;

/// A number that is the same for equal documents, and nearly always another one for others: FNV-1a of the bytes.
/// Given.
pub fn fingerprint(document: &[u16]) -> u64 {
    let bytes = document.iter().flat_map(|token| token.to_le_bytes());
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The documents for training and those for validation, each in their order. A document is for validation when its
/// fingerprint modulo 100 is below `percent`.
#[allow(unused_variables)]
pub fn split(documents: &[Vec<u16>], percent: u64) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
    todo!("two lists, and each document goes into one of them")
}

/// All documents in one list, each with the token `end` behind it.
///
/// # Panics
/// When a document has that token within it.
#[allow(unused_variables)]
pub fn pack(documents: &[Vec<u16>], end: u16) -> Vec<u16> {
    todo!("one document after the other; what tells a model that one is over?")
}

/// The tokens as a file holds them: two bytes each, the lower one first.
#[allow(unused_variables)]
pub fn to_bytes(tokens: &[u16]) -> Vec<u8> {
    todo!("a number has a function for its bytes in this order")
}

/// `count` tokens of a file, from token `start` on; nothing else of it is read.
///
/// # Panics
/// When the file has an odd number of bytes, or not as many tokens.
#[allow(unused_variables)]
pub fn read_tokens(bytes: &[u8], start: usize, count: usize) -> Vec<u16> {
    todo!("at which byte does token `start` begin?")
}

/// X and Y (B, T) of B windows that begin anywhere. Each row draws one random number, and begins at that number
/// modulo the number of places where a window can begin.
///
/// # Panics
/// When the file has an odd number of bytes, or no room for a window and its last target.
#[allow(unused_variables)]
pub fn random_batch(
    bytes: &[u8],
    batch: usize,
    time: usize,
    rng: &mut Rng,
) -> (Array2<usize>, Array2<usize>) {
    todo!("how many tokens does a row of X need, together with its row of Y?")
}

/// How many windows of `time` tokens, one behind the other, a list of so many tokens has. Each has all its targets.
///
/// # Panics
/// When `time` is 0.
#[allow(unused_variables)]
pub fn window_count(tokens: usize, time: usize) -> usize {
    todo!("which token can be no input?")
}

/// Where a training stands in its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// How many epochs are over.
    pub epoch: u64,
    /// How many windows of this epoch have been used.
    pub window: usize,
}

/// X and Y (B, T) of the next B windows, and the position behind them. Window w begins at token w·T. Epoch e takes
/// all windows once, in the order that `shuffle` gives them with a generator started from seed + e. A batch that an
/// epoch cannot fill goes on with the next one.
///
/// # Panics
/// When the file has an odd number of bytes or no window, or when the position is behind the last window of its
/// epoch.
#[allow(unused_variables)]
pub fn next_batch(
    bytes: &[u8],
    batch: usize,
    time: usize,
    seed: u64,
    position: Position,
) -> (Array2<usize>, Array2<usize>, Position) {
    todo!("the order of the epoch; then one window after the other from it, B times")
}
