//! Lesson 90.5: numbers of two widths, text and bytes. The brief is in this folder's `README.md`.

use ndarray::{Array1, NdFloat};

/// `x` (n) divided by its Euclidean norm: (n). Zeros stay zeros.
#[allow(unused_variables)]
pub fn unit<A: NdFloat>(x: &Array1<A>) -> Array1<A> {
    todo!("compute the norm in the type of the elements")
}

/// The most frequent byte, and of several the smallest; `None` where there is none.
#[allow(unused_variables)]
pub fn most_frequent(bytes: &[u8]) -> Option<u8> {
    todo!("count all 256 bytes")
}

/// Puts the byte `by` in the place of every occurrence of `pair`, from the left.
#[allow(unused_variables)]
pub fn merge(bytes: &[u8], pair: (u8, u8), by: u8) -> Vec<u8> {
    todo!("walk from the left, by one byte or by two")
}

/// The token ids (n) of the characters of `text`: 0 to 25 for a to z, and 26 for a space.
///
/// # Errors
/// The text up to the first other character.
#[allow(unused_variables)]
pub fn encode(text: &str) -> Result<Array1<i64>, String> {
    todo!("look at one character after the other")
}
