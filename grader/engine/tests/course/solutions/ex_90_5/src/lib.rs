//! Lesson 90.5, solved: numbers of two widths, text and bytes.

use ndarray::{Array1, NdFloat};

/// `x` (n) divided by its Euclidean norm: (n). Zeros stay zeros.
pub fn unit<A: NdFloat>(x: &Array1<A>) -> Array1<A> {
    let norm = x.dot(x).sqrt();
    if norm == A::zero() { x.clone() } else { x / norm }
}

/// The most frequent byte, and of several the smallest; `None` where there is none.
pub fn most_frequent(bytes: &[u8]) -> Option<u8> {
    let mut counts = [0_usize; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let most = *counts.iter().max()?;
    let first = counts.iter().position(|count| *count == most)?;
    if most == 0 { None } else { u8::try_from(first).ok() }
}

/// Puts the byte `by` in the place of every occurrence of `pair`, from the left.
pub fn merge(bytes: &[u8], pair: (u8, u8), by: u8) -> Vec<u8> {
    let mut merged = Vec::new();
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let is_pair = *first == pair.0 && tail.first() == Some(&pair.1);
        merged.push(if is_pair { by } else { *first });
        rest = &tail[usize::from(is_pair)..];
    }
    merged
}

/// The token ids (n) of the characters of `text`: 0 to 25 for a to z, and 26 for a space.
///
/// # Errors
/// The text up to the first other character.
pub fn encode(text: &str) -> Result<Array1<i64>, String> {
    let id = |(at, letter): (usize, char)| match letter {
        ' ' => Ok(26),
        'a'..='z' => Ok(i64::from(u32::from(letter) - u32::from('a'))),
        _ => Err(text[..at].to_owned()),
    };
    text.char_indices().map(id).collect()
}
