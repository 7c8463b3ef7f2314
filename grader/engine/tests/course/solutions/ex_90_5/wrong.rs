//! Wrong variants of lesson 90.5.

use ndarray::{Array1, NdFloat};

/// You divide by the square of the norm; take its root.
pub mod root_missing {
    use super::*;
    pub use ex_90_5::*;

    /// Divides by x·x.
    pub fn unit<A: NdFloat>(x: &Array1<A>) -> Array1<A> {
        let square = x.dot(x);
        if square == A::zero() { x.clone() } else { x / square }
    }
}

/// You divide zeros by their norm, which is 0; zeros stay zeros.
pub mod zeros_divided {
    use super::*;
    pub use ex_90_5::*;

    /// 0/0 is NaN.
    pub fn unit<A: NdFloat>(x: &Array1<A>) -> Array1<A> {
        x / x.dot(x).sqrt()
    }
}

/// Of several most frequent bytes you take the largest; take the smallest.
pub mod largest_of_equals {
    pub use ex_90_5::*;

    /// Prefers later bytes.
    pub fn most_frequent(bytes: &[u8]) -> Option<u8> {
        let count = |byte: &u8| bytes.iter().filter(|it| *it == byte).count();
        (0..=255).max_by_key(count).filter(|byte| count(byte) > 0)
    }
}

/// Your `merge` looks for pairs inside of what it has merged already.
pub mod overlapping_pairs {
    pub use ex_90_5::*;

    /// Lets the second byte of a pair begin another one.
    pub fn merge(bytes: &[u8], pair: (u8, u8), by: u8) -> Vec<u8> {
        let mut merged: Vec<u8> =
            bytes.windows(2).map(|two| if two == [pair.0, pair.1] { by } else { two[0] }).collect();
        merged.extend(bytes.last());
        merged
    }
}

/// Your ids begin at 1; `a` has the id 0.
pub mod ids_from_one {
    use super::*;
    pub use ex_90_5::*;

    /// Shifts every letter.
    pub fn encode(text: &str) -> Result<Array1<i64>, String> {
        Ok(ex_90_5::encode(text)?.mapv(|id| if id < 26 { id + 1 } else { id }))
    }
}
