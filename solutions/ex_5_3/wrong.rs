//! Wrong variants of lesson 5.3. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

use ndarray::Array2;

/// X and Y of windows that begin at these tokens, and whose targets stand `ahead` of their inputs.
fn windows(
    bytes: &[u8],
    starts: &[usize],
    time: usize,
    ahead: usize,
) -> (Array2<usize>, Array2<usize>) {
    let tokens = ex_5_3::read_tokens(bytes, 0, bytes.len() / 2);
    // Where there is no such token, the last one.
    let at = |place: usize| usize::from(tokens[place.min(tokens.len() - 1)]);
    let rows = |ahead: usize| {
        Array2::from_shape_fn((starts.len(), time), |(row, t)| at(starts[row] + t + ahead))
    };
    (rows(0), rows(ahead))
}

/// `random_batch` and `next_batch` with targets so many tokens ahead of their inputs.
macro_rules! targets_ahead {
    ($ahead:expr) => {
        pub fn random_batch(
            bytes: &[u8],
            batch: usize,
            time: usize,
            rng: &mut Rng,
        ) -> (Array2<usize>, Array2<usize>) {
            let places = (bytes.len() / 2).saturating_sub(time) as u64;
            // What does not fit is refused as ever.
            ex_5_3::random_batch(bytes, batch, time, &mut rng.clone());
            let starts: Vec<_> = (0..batch).map(|_| (rng.next_u64() % places) as usize).collect();
            super::windows(bytes, &starts, time, $ahead)
        }

        pub fn next_batch(
            bytes: &[u8],
            batch: usize,
            time: usize,
            seed: u64,
            position: Position,
        ) -> (Array2<usize>, Array2<usize>, Position) {
            let (_, _, next) = ex_5_3::next_batch(bytes, batch, time, seed, position);
            let starts =
                super::starts(bytes, batch, time, |epoch| seed.wrapping_add(epoch), position);
            let (x, y) = super::windows(bytes, &starts, time, $ahead);
            (x, y, next)
        }
    };
}

/// Where the next windows begin, when the generator of an epoch starts from `seed_of`.
fn starts(
    bytes: &[u8],
    batch: usize,
    time: usize,
    seed_of: impl Fn(u64) -> u64,
    position: ex_5_3::Position,
) -> Vec<usize> {
    let count = ex_5_3::window_count(bytes.len() / 2, time);
    let ex_5_3::Position { mut epoch, mut window } = position;
    let mut starts = Vec::new();
    while starts.len() < batch {
        let order = ex_3_4::shuffle(count, &mut ex_3_4::Rng::new(seed_of(epoch)));
        starts.push(order[window] * time);
        window += 1;
        if window == count {
            (epoch, window) = (epoch + 1, 0);
        }
    }
    starts
}

/// Your Y is X: each token is its own target, and the loss will go to 0. What stands behind each input?
pub mod target_is_input {
    use ex_3_4::Rng;
    pub use ex_5_3::*;
    use ndarray::Array2;

    targets_ahead!(0);
}

/// Your targets stand two tokens behind their inputs: the text is shifted twice. A model learns that, too, and its
/// loss says nothing.
pub mod shifted_twice {
    use ex_3_4::Rng;
    pub use ex_5_3::*;
    use ndarray::Array2;

    targets_ahead!(2);
}

/// Your `random_batch` never draws the last window: it takes one place too few. n tokens have n − T places for T
/// inputs and one more target; is the upper bound of a remainder included?
pub mod last_window_never_drawn {
    use ex_3_4::Rng;
    pub use ex_5_3::*;
    use ndarray::Array2;

    pub fn random_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        rng: &mut Rng,
    ) -> (Array2<usize>, Array2<usize>) {
        let tokens = bytes.len() / 2;
        if tokens <= time + 1 {
            return ex_5_3::random_batch(bytes, batch, time, rng);
        }
        ex_5_3::random_batch(bytes, 0, time, rng);
        let places = (tokens - time - 1) as u64;
        let starts: Vec<_> = (0..batch).map(|_| (rng.next_u64() % places) as usize).collect();
        super::windows(bytes, &starts, time, 1)
    }
}

/// The rows of your `random_batch` lie one behind the other: only the first one begins at a random place. A batch
/// is a better sample of the text when each row draws its own.
pub mod rows_side_by_side {
    use ex_3_4::Rng;
    pub use ex_5_3::*;
    use ndarray::Array2;

    pub fn random_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        rng: &mut Rng,
    ) -> (Array2<usize>, Array2<usize>) {
        ex_5_3::random_batch(bytes, 0, time, rng);
        let places = bytes.len() / 2 - time;
        let first = (rng.next_u64() % places as u64) as usize;
        let starts: Vec<_> = (0..batch).map(|row| (first + row * time) % places).collect();
        super::windows(bytes, &starts, time, 1)
    }
}

/// Your `window_count` is T·count = n: the last window has no token left for its last target. Which of the n tokens
/// can be no input?
pub mod window_without_target {
    pub use ex_5_3::*;

    pub fn window_count(tokens: usize, time: usize) -> usize {
        tokens / time
    }
}

/// Your `next_batch` has the same order in every epoch. What has to be in the seed of an epoch's generator besides
/// the seed?
pub mod same_order_every_epoch {
    pub use ex_5_3::*;
    use ndarray::Array2;

    pub fn next_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        seed: u64,
        position: Position,
    ) -> (Array2<usize>, Array2<usize>, Position) {
        let (_, _, next) = ex_5_3::next_batch(bytes, batch, time, seed, position);
        let starts = super::starts(bytes, batch, time, |_| seed, position);
        let (x, y) = super::windows(bytes, &starts, time, 1);
        (x, y, next)
    }
}

/// Your `next_batch` begins a new epoch when the old one cannot fill the batch: the windows that are left are never
/// used.
pub mod rest_of_epoch_dropped {
    pub use ex_5_3::*;
    use ndarray::Array2;

    pub fn next_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        seed: u64,
        position: Position,
    ) -> (Array2<usize>, Array2<usize>, Position) {
        let count = window_count(bytes.len() / 2, time);
        let is_short = position.window + batch > count && batch <= count;
        let fresh = Position { epoch: position.epoch + 1, window: 0 };
        let position = if is_short && position.window < count { fresh } else { position };
        ex_5_3::next_batch(bytes, batch, time, seed, position)
    }
}

/// Your `next_batch` begins at the first window of the epoch, whatever the position says. A training that goes on
/// would see these windows again.
pub mod position_ignored {
    pub use ex_5_3::*;
    use ndarray::Array2;

    pub fn next_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        seed: u64,
        position: Position,
    ) -> (Array2<usize>, Array2<usize>, Position) {
        let (_, _, next) = ex_5_3::next_batch(bytes, batch, time, seed, position);
        let start = Position { window: 0, ..position };
        let (x, y, _) = ex_5_3::next_batch(bytes, batch, time, seed, start);
        (x, y, next)
    }
}

/// The windows of your epochs overlap: window w begins at token w, and most tokens come T times. Side by side,
/// where does window w begin?
pub mod windows_overlap {
    pub use ex_5_3::*;
    use ndarray::Array2;

    pub fn next_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        seed: u64,
        position: Position,
    ) -> (Array2<usize>, Array2<usize>, Position) {
        let (_, _, next) = ex_5_3::next_batch(bytes, batch, time, seed, position);
        let starts = super::starts(bytes, batch, time, |epoch| seed.wrapping_add(epoch), position);
        let starts: Vec<_> = starts.into_iter().map(|start| start / time).collect();
        let (x, y) = super::windows(bytes, &starts, time, 1);
        (x, y, next)
    }
}

/// Your `split` decides by the place of a document. Copies of it then stand on both sides, and a new document in
/// front moves all others. What does a document carry with it?
pub mod split_by_place {
    pub use ex_5_3::*;

    pub fn split(documents: &[Vec<u16>], percent: u64) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
        let training = documents.len() - documents.len() * percent as usize / 100;
        (documents[..training].to_vec(), documents[training..].to_vec())
    }
}

/// Your `split` leaves the validation documents in the training set. What the model has learned from cannot say how
/// well it does on what is new.
pub mod training_has_validation {
    pub use ex_5_3::*;

    pub fn split(documents: &[Vec<u16>], percent: u64) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
        (documents.to_vec(), ex_5_3::split(documents, percent).1)
    }
}

/// Your `split` has its two results the other way round: most documents are for validation.
pub mod sides_exchanged {
    pub use ex_5_3::*;

    pub fn split(documents: &[Vec<u16>], percent: u64) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
        let (training, validation) = ex_5_3::split(documents, percent);
        (validation, training)
    }
}

/// Your `pack` puts nothing between documents: the end of one and the beginning of the next look like one text.
pub mod packed_without_end {
    pub use ex_5_3::*;

    pub fn pack(documents: &[Vec<u16>], end: u16) -> Vec<u16> {
        ex_5_3::pack(documents, end);
        documents.concat()
    }
}

/// Your `pack` has an end of text between documents, and none behind the last one. A model never learns then that
/// this one is over.
pub mod end_only_between {
    pub use ex_5_3::*;

    pub fn pack(documents: &[Vec<u16>], end: u16) -> Vec<u16> {
        let mut tokens = ex_5_3::pack(documents, end);
        tokens.pop();
        tokens
    }
}

/// The bytes of your tokens are in the other order, the higher one first.
pub mod big_endian {
    pub use ex_5_3::*;

    pub fn to_bytes(tokens: &[u16]) -> Vec<u8> {
        tokens.iter().flat_map(|token| token.to_be_bytes()).collect()
    }
}

/// Your `read_tokens` begins at byte `start`. A token has two bytes: at which one does token `start` begin?
pub mod start_in_bytes {
    pub use ex_5_3::*;

    pub fn read_tokens(bytes: &[u8], start: usize, count: usize) -> Vec<u16> {
        ex_5_3::read_tokens(bytes, start, count);
        let pairs = bytes[start..start + 2 * count].chunks_exact(2);
        pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
    }
}
