//! A finite difference that was taken for a gradient.

use std::fmt;

/// A simple finite difference that was claimed to be a gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FiniteDifference {
    /// Which points it takes.
    pub formula: Formula,
    /// Its step.
    pub step: f64,
}

/// The usual finite differences with one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// (f(x+h) − f(x)) / h, off by h/2·f″.
    Forward,
    /// (f(x) − f(x−h)) / h, off by −h/2·f″.
    Backward,
    /// (f(x+h) − f(x−h)) / 2h, off by h²/6·f‴.
    Central,
}

impl Formula {
    pub(crate) const ALL: [Self; 3] = [Self::Forward, Self::Backward, Self::Central];

    /// Its value, from f to both sides of x and at x.
    pub(crate) fn value(self, [below, at, above]: [f64; 3], h: f64) -> f64 {
        match self {
            Self::Forward => (above - at) / h,
            Self::Backward => (at - below) / h,
            Self::Central => (above - below) / (2.0 * h),
        }
    }

    /// The power of h in its error.
    pub(crate) fn order(self) -> f64 {
        if self == Self::Central { 2.0 } else { 1.0 }
    }
}

impl fmt::Display for FiniteDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formula = match self.formula {
            Formula::Forward => "forward",
            Formula::Backward => "backward",
            Formula::Central => "central",
        };
        write!(f, "a {formula} difference with a step of {:.1e}, not the derivative", self.step)
    }
}
