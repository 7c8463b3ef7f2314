//! Correct variants of lesson 5.3. Each module is the solution in another style, which its documentation
//! names.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// Plain loops, and bytes by arithmetic.
pub mod by_arithmetic {
    pub use ex_5_3::*;

    pub fn split(documents: &[Vec<u16>], percent: u64) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
        let (mut training, mut validation) = (Vec::new(), Vec::new());
        for document in documents {
            if fingerprint(document) % 100 < percent {
                validation.push(document.clone());
            } else {
                training.push(document.clone());
            }
        }
        (training, validation)
    }

    pub fn to_bytes(tokens: &[u16]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * tokens.len());
        for token in tokens {
            bytes.push((token & 0xff) as u8);
            bytes.push((token >> 8) as u8);
        }
        bytes
    }

    pub fn read_tokens(bytes: &[u8], start: usize, count: usize) -> Vec<u16> {
        assert!(bytes.len().is_multiple_of(2));
        let end = start.checked_add(count).filter(|end| *end <= bytes.len() / 2);
        let end = end.expect("it is within the file");
        (start..end)
            .map(|at| u16::from(bytes[2 * at]) + 256 * u16::from(bytes[2 * at + 1]))
            .collect()
    }
}

/// Iterators, with arrays made by a function of their places.
pub mod iterators {
    use ex_3_4::{Rng, shuffle};
    pub use ex_5_3::*;
    use ndarray::Array2;

    fn rows(bytes: &[u8], starts: &[usize], time: usize) -> [Array2<usize>; 2] {
        [0, 1].map(|ahead| {
            Array2::from_shape_fn((starts.len(), time), |(row, t)| {
                usize::from(read_tokens(bytes, starts[row] + t + ahead, 1)[0])
            })
        })
    }

    pub fn pack(documents: &[Vec<u16>], end: u16) -> Vec<u16> {
        assert!(!documents.iter().flatten().any(|token| *token == end));
        documents.iter().flat_map(|document| document.iter().copied().chain([end])).collect()
    }

    pub fn random_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        rng: &mut Rng,
    ) -> (Array2<usize>, Array2<usize>) {
        assert!(bytes.len().is_multiple_of(2));
        let places = (bytes.len() / 2).checked_sub(time).filter(|places| *places > 0).unwrap();
        let starts: Vec<_> = std::iter::repeat_with(|| (rng.next_u64() % places as u64) as usize)
            .take(batch)
            .collect();
        let [x, y] = rows(bytes, &starts, time);
        (x, y)
    }

    pub fn next_batch(
        bytes: &[u8],
        batch: usize,
        time: usize,
        seed: u64,
        Position { epoch, window }: Position,
    ) -> (Array2<usize>, Array2<usize>, Position) {
        assert!(bytes.len().is_multiple_of(2));
        let count = window_count(bytes.len() / 2, time);
        assert!(window < count);
        let of_epoch = |epoch| shuffle(count, &mut Rng::new(seed.wrapping_add(epoch)));
        let all = (epoch..).flat_map(of_epoch).skip(window).take(batch);
        let starts: Vec<_> = all.map(|window| window * time).collect();
        let [x, y] = rows(bytes, &starts, time);
        let done = window + batch;
        let position = Position { epoch: epoch + (done / count) as u64, window: done % count };
        (x, y, position)
    }
}

/// Windows are counted one by one.
pub mod counted_one_by_one {
    pub use ex_5_3::*;

    pub fn window_count(tokens: usize, time: usize) -> usize {
        assert!(time > 0);
        if tokens == 0 { 0 } else { (tokens - 1) / time }
    }
}
