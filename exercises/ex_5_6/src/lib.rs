//! Lesson 5.6: positions. The brief is in this folder's `README.md`.

use ndarray::{Array2, Array4, NdFloat};

/// The sinusoidal positions (T, D): row m has a sine and a cosine for each of the D/2 frequencies, the sine first,
/// from the fastest to the slowest.
///
/// # Panics
/// When D is odd, or when the base is not positive.
#[allow(unused_variables)]
pub fn sinusoidal<F: NdFloat>(time: usize, width: usize, base: f64) -> Array2<F> {
    todo!(
        "the angle of frequency i at position m, then its sine and cosine in columns 2i and 2i + 1"
    )
}

/// `x` (B, H, T, d) with each pair of neighbours, numbers 2i and 2i + 1, turned by the angle of frequency i at the
/// position of its token: token t stands at `positions[t]`.
///
/// # Panics
/// When d is odd, when the base is not positive, or when there is not one position for each token.
#[allow(unused_variables)]
pub fn rope<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
    todo!("where does a turn by α take the point (a, b)?")
}

/// dL/dX of `rope`, from the upstream gradient `dy` = dL/dY (B, H, T, d).
///
/// # Panics
/// As `rope`.
#[allow(unused_variables)]
pub fn rope_backward<F: NdFloat>(dy: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
    todo!("the transposed matrix of a turn is again a turn: by which angle?")
}

/// As `rope`, with other pairs: number i and number i + d/2 are turned by the angle of frequency i.
///
/// # Panics
/// As `rope`.
#[allow(unused_variables)]
pub fn rope_half<F: NdFloat>(x: &Array4<F>, positions: &[usize], base: f64) -> Array4<F> {
    todo!("the same turns, of numbers that stand half a row apart")
}

/// The order that takes one layout to the other: for each of the d places of a row of `rope_half`, the place of the
/// same number in a row of `rope`.
///
/// # Panics
/// When d is odd.
#[allow(unused_variables)]
pub fn half_order(d: usize) -> Vec<usize> {
    todo!("first those that are first in their pairs, then their partners")
}

/// What attention makes of each token. Its scores are dot products of queries with keys. They say how much of the
/// value of each token is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What a token looks for.
    Query,
    /// What a token is found by.
    Key,
    /// What a token has to say.
    Value,
}

/// Whether RoPE turns this part.
#[allow(unused_variables)]
pub fn is_turned(part: Part) -> bool {
    todo!("which parts have to know where they stand, so that scores depend on distances?")
}
