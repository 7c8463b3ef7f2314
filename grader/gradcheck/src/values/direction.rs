//! A claimed derivative in a random direction beside a numeric one.

use super::coordinate::Verdict;

/// The derivative of the loss in one random direction of an argument, claimed and numeric.
///
/// The weights of the direction are independent and Gaussian with variance 1. A gradient that is
/// wrong by an array e is off by N(0, ‖e‖²) in it, so that a direction misses it with a probability
/// of at most 0.8·τ/‖e‖, where τ is the [`tolerance`](Self::tolerance), and all four with at most
/// (0.8·τ/‖e‖)⁴: 4e-9 for an error a hundred times the tolerance, and no better than chance for one
/// that is as small as it.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// The argument's name.
    pub argument: String,
    /// How many coordinates the direction moves: all that the argument has.
    pub coordinates: usize,
    /// The sum of the claimed gradient times the direction.
    pub analytic: f64,
    /// The derivative by finite differences.
    pub numeric: f64,
    /// How far the two may be apart; infinite where finite differences cannot tell.
    pub tolerance: f64,
    /// Whether the two agree.
    pub verdict: Verdict,
}

impl Direction {
    /// True when the two agree. What is not finite agrees with nothing.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Agrees
    }
}
