//! Lesson 5.3, solved: from documents to batches.

use ex_3_4::{Rng, shuffle};
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
pub fn split(documents: &[Vec<u16>], percent: u64) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
    let is_for_training = |document: &Vec<u16>| fingerprint(document) % 100 >= percent;
    documents.iter().cloned().partition(is_for_training)
}

/// All documents in one list, each with the token `end` behind it.
///
/// # Panics
/// When a document has that token within it.
pub fn pack(documents: &[Vec<u16>], end: u16) -> Vec<u16> {
    let mut tokens = Vec::new();
    for document in documents {
        assert!(!document.contains(&end), "the end of text, {end}, is within a document");
        tokens.extend_from_slice(document);
        tokens.push(end);
    }
    tokens
}

/// The tokens as a file holds them: two bytes each, the lower one first.
pub fn to_bytes(tokens: &[u16]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.to_le_bytes()).collect()
}

/// How many tokens a file of these bytes has.
fn token_count(bytes: &[u8]) -> usize {
    assert!(bytes.len().is_multiple_of(2), "a file of {} bytes ends within a token", bytes.len());
    bytes.len() / 2
}

/// `count` tokens of a file, from token `start` on; nothing else of it is read.
///
/// # Panics
/// When the file has an odd number of bytes, or not as many tokens.
pub fn read_tokens(bytes: &[u8], start: usize, count: usize) -> Vec<u16> {
    let tokens = token_count(bytes);
    let is_within = start <= tokens && count <= tokens - start;
    assert!(is_within, "{count} tokens from {start} on are not within {tokens}");
    let pairs = bytes[2 * start..2 * (start + count)].chunks_exact(2);
    pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The windows that begin at these tokens: the inputs X and the targets Y, (starts, T) each.
fn windows(bytes: &[u8], starts: &[usize], time: usize) -> (Array2<usize>, Array2<usize>) {
    let shape = (starts.len(), time);
    let (mut x, mut y) = (Array2::zeros(shape), Array2::zeros(shape));
    for ((mut x, mut y), start) in x.outer_iter_mut().zip(y.outer_iter_mut()).zip(starts) {
        // One token more than a row: each but the first is a target.
        let tokens = read_tokens(bytes, *start, time + 1);
        x.iter_mut().zip(&tokens).for_each(|(x, token)| *x = usize::from(*token));
        y.iter_mut().zip(&tokens[1..]).for_each(|(y, token)| *y = usize::from(*token));
    }
    (x, y)
}

/// X and Y (B, T) of B windows that begin anywhere. Each row draws one random number, and begins at that number
/// modulo the number of places where a window can begin.
///
/// # Panics
/// When the file has an odd number of bytes, or no room for a window and its last target.
pub fn random_batch(
    bytes: &[u8],
    batch: usize,
    time: usize,
    rng: &mut Rng,
) -> (Array2<usize>, Array2<usize>) {
    let tokens = token_count(bytes);
    assert!(
        tokens > time,
        "{tokens} tokens are too few for a window of {time} and its last target"
    );
    let places = (tokens - time) as u64;
    let starts: Vec<_> = (0..batch).map(|_| (rng.next_u64() % places) as usize).collect();
    windows(bytes, &starts, time)
}

/// How many windows of `time` tokens, one behind the other, a list of so many tokens has. Each has all its targets.
///
/// # Panics
/// When `time` is 0.
pub fn window_count(tokens: usize, time: usize) -> usize {
    tokens.saturating_sub(1) / time
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
pub fn next_batch(
    bytes: &[u8],
    batch: usize,
    time: usize,
    seed: u64,
    position: Position,
) -> (Array2<usize>, Array2<usize>, Position) {
    let count = window_count(token_count(bytes), time);
    assert!(position.window < count, "there is no window {} of {count}", position.window);
    let Position { mut epoch, mut window } = position;
    let order = |epoch| shuffle(count, &mut Rng::new(seed.wrapping_add(epoch)));
    let mut current = order(epoch);
    let mut starts = Vec::with_capacity(batch);
    for _ in 0..batch {
        starts.push(current[window] * time);
        window += 1;
        if window == count {
            (epoch, window) = (epoch + 1, 0);
            current = order(epoch);
        }
    }
    let (x, y) = windows(bytes, &starts, time);
    (x, y, Position { epoch, window })
}
