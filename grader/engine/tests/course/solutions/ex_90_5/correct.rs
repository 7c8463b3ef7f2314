//! Lesson 90.5, solved in other styles.

use ndarray::{Array1, NdFloat};

/// The norm by a fold.
pub mod fold {
    use super::*;
    pub use ex_90_5::*;

    /// Adds up the squares one by one.
    pub fn unit<A: NdFloat>(x: &Array1<A>) -> Array1<A> {
        let norm = x.fold(A::zero(), |sum, element| sum + *element * *element).sqrt();
        x.mapv(|element| if norm > A::zero() { element / norm } else { element })
    }
}

/// The most frequent byte by sorting.
pub mod sorted {
    pub use ex_90_5::*;

    /// The longest run, the first of several.
    pub fn most_frequent(bytes: &[u8]) -> Option<u8> {
        let mut sorted = bytes.to_vec();
        sorted.sort_unstable();
        let runs = sorted.chunk_by(|one, other| one == other);
        runs.reduce(|best, run| if run.len() > best.len() { run } else { best }).map(|run| run[0])
    }
}

/// Merging and encoding with an index.
pub mod index {
    use super::*;
    pub use ex_90_5::*;

    /// Walks by one byte or by two.
    pub fn merge(bytes: &[u8], pair: (u8, u8), by: u8) -> Vec<u8> {
        let (mut at, mut merged) = (0, Vec::new());
        while at < bytes.len() {
            let is_pair = bytes[at..].starts_with(&[pair.0, pair.1]);
            merged.push(if is_pair { by } else { bytes[at] });
            at += if is_pair { 2 } else { 1 };
        }
        merged
    }

    /// Looks every letter up.
    pub fn encode(text: &str) -> Result<Array1<i64>, String> {
        let mut ids = Vec::new();
        for (at, letter) in text.char_indices() {
            let id = "abcdefghijklmnopqrstuvwxyz ".find(letter);
            ids.push(id.ok_or_else(|| text[..at].to_owned())? as i64);
        }
        Ok(Array1::from(ids))
    }
}
