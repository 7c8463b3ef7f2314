//! What a claimed derivative comes to beside a numeric one.

use std::fmt;

use super::slope::{Estimate, Kink};
use crate::real::Precision;

/// The width of the column that says where.
const AT: usize = 24;

/// Whether a claimed derivative is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is within the bound of the numeric one.
    Agrees,
    /// It is not.
    Disagrees,
    /// Finite differences cannot tell.
    Undecided(Undecided),
}

/// Why finite differences cannot tell whether a derivative is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Undecided {
    /// Near the point the loss is not finite, or jumps.
    NotSmooth,
    /// The noise of the loss is larger than its change: the bound would accept zero too.
    Noise,
    /// The loss does not change at all, and the claimed derivative is too small to show in it.
    Flat,
    /// Many kinks meet at the point, and no mean of gradients nearby was found that is the claim.
    Kinks,
}

/// One coordinate of one gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinate {
    /// The argument's name.
    pub argument: String,
    /// The index in the argument.
    pub index: Vec<usize>,
    /// The gradient that was claimed.
    pub analytic: f64,
    /// The gradient by finite differences; at a kink, the subgradient nearest to what was claimed.
    pub numeric: f64,
    /// How far the two may be apart; infinite where finite differences cannot tell.
    pub tolerance: f64,
    /// The slopes to both sides, where they differ.
    pub kink: Option<Kink>,
    /// Whether it is right.
    pub verdict: Verdict,
}

/// A claimed and a numeric derivative.
pub(crate) struct Comparison {
    pub numeric: f64,
    pub tolerance: f64,
    pub verdict: Verdict,
}

/// What the derivatives of one argument are compared with beside their own bounds.
pub(crate) struct Scale {
    /// Roundings of the analytic gradient.
    pub rounding: f64,
    /// The largest numeric derivative.
    pub largest: f64,
}

impl Scale {
    /// Of an argument's numeric derivatives. Not of the claimed ones: a wrong gradient of 1e20 must
    /// not excuse its neighbours.
    pub fn of<'a>(numeric: impl Iterator<Item = &'a Estimate>, precision: &Precision) -> Self {
        let largest = numeric.map(|it| it.value.abs()).filter(|it| it.is_finite());
        let largest = largest.fold(0.0, f64::max);
        Self { rounding: ROUNDINGS * precision.epsilon * largest, largest }
    }
}

/// A slope that a loss may hide where it does not change, in units of ε: over the longest step that is
/// as much as the rounding of an x that was taken from it.
const FLAT: f64 = 256.0;

/// Roundings of the analytic gradient, in units of ε times its argument's largest coordinate.
const ROUNDINGS: f64 = 64.0;

impl Comparison {
    pub fn new(analytic: f64, estimate: &Estimate, scale: &Scale, precision: &Precision) -> Self {
        let nearest = estimate.nearest(analytic);
        let tolerance = nearest.error + scale.rounding;
        let off = (analytic - nearest.value).abs();
        let shown = precision.resolved * estimate.scale.max(scale.largest).max(nearest.value.abs());
        let verdict = match () {
            () if !analytic.is_finite() => Verdict::Disagrees,
            () if !tolerance.is_finite() => Verdict::Undecided(Undecided::NotSmooth),
            () if off > tolerance && estimate.flat && off <= FLAT * precision.epsilon => {
                Verdict::Undecided(Undecided::Flat)
            }
            () if off > tolerance || off.is_nan() => Verdict::Disagrees,
            () if nearest.error > shown && estimate.kink.is_some() => {
                Verdict::Undecided(Undecided::NotSmooth)
            }
            () if nearest.error > shown => Verdict::Undecided(Undecided::Noise),
            () => Verdict::Agrees,
        };
        Self { numeric: nearest.value, tolerance, verdict }
    }
}

impl Coordinate {
    /// True when the two gradients agree. What is not finite agrees with nothing.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Agrees
    }

    /// The difference beside the larger of the two; zero where they agree, NaN where there is none.
    pub(crate) fn relative_error(&self) -> f64 {
        let larger = self.analytic.abs().max(self.numeric.abs());
        match self.verdict {
            Verdict::Agrees => 0.0,
            Verdict::Undecided(_) => f64::NAN,
            Verdict::Disagrees => (self.analytic - self.numeric).abs() / larger,
        }
    }

    /// How many tolerances the two are apart; infinite for what is not a number.
    pub(crate) fn excess(&self) -> f64 {
        let excess = (self.analytic - self.numeric).abs() / self.tolerance;
        if excess.is_nan() { f64::INFINITY } else { excess }
    }

    /// Where it is.
    fn at(&self) -> String {
        let index = if self.index.is_empty() { String::new() } else { format!("{:?}", self.index) };
        // A long name gives way: the index is what tells the rows apart.
        let name = AT.saturating_sub(index.len());
        format!("{:.name$}{index}", self.argument)
    }

    /// True when the claim is between the slopes of its kink.
    pub(crate) fn is_between(&self) -> bool {
        self.kink.is_some_and(|kink| {
            let nearest = kink.nearest(self.analytic);
            (self.analytic - nearest.value).abs() <= nearest.error
        })
    }

    /// What the slopes to both sides say of the claimed gradient.
    pub(crate) fn write_kink(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Kink { left, right }) = self.kink else { return Ok(()) };
        let word = if self.is_between() { "lies" } else { "does not lie" };
        writeln!(
            f,
            "{} is at a kink: {:.4e} {word} between the slopes {:.4e} (left) and {:.4e} (right)",
            self.at(),
            self.analytic,
            left.value,
            right.value
        )
    }
}

impl fmt::Display for Undecided {
    /// Why, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSmooth => {
                "near this point the loss is not finite, jumps, or is infinitely steep.\n\
                 Check the forward pass first, or move the point away from the jump."
            }
            Self::Noise => {
                "the loss changes less than its rounding noise, which hides the derivative.\n\
                 Choose a point where the loss depends more on this coordinate."
            }
            Self::Flat => {
                "the loss does not change at all, and the claim is too small to show in it.\n\
                 Choose a point where the loss depends more on this coordinate."
            }
            Self::Kinks => {
                "many kinks meet here, and no mix of gradients near by was found that is the claim.\n\
                 Move the point by a random amount, away from the kinks."
            }
        })
    }
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at();
        let ratio = self.analytic / self.numeric;
        // In full where a factor, a sign or a missing mean can be read off it.
        let ratio = if (1e-3..1e4).contains(&ratio.abs()) {
            format!("{ratio:.4}")
        } else {
            format!("{ratio:.1e}")
        };
        let Self { analytic, numeric, tolerance, .. } = self;
        write!(f, "{at:<AT$.AT$} {analytic:>15.7e} {numeric:>15.7e} {tolerance:>9.1e} {ratio:>10}")
    }
}
