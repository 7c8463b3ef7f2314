//! Checks hand-written gradients against finite differences, in `f64`, coordinate by coordinate.
//!
//! The loss is a function of any number of arrays; each [`Argument`] carries a point and the
//! gradient that is claimed there. Of a function with many outputs, take the sum of its outputs
//! weighted with a random upstream gradient: its gradient is the vector-Jacobian product that a
//! backward pass computes.
//!
//! ```
//! use gradcheck::{Argument, check, random};
//! use ndarray::{Array2, ArrayD, Ix2};
//!
//! // Z = X·Wᵀ. A backward pass is handed R = dL/dZ and returns dL/dW = Rᵀ·X.
//! let x: Array2<f64> = random((4, 3), 1);
//! let w: Array2<f64> = random((2, 3), 2);
//! let r: Array2<f64> = random((4, 2), 3);
//! let dw = r.t().dot(&x);
//!
//! let loss = |at: &[ArrayD<f64>]| {
//!     let w = at[0].view().into_dimensionality::<Ix2>().unwrap();
//!     (&r * &x.dot(&w.t())).sum()
//! };
//! check(loss, &[Argument::new("W", &w, &dw)]).assert();
//! check(loss, &[Argument::new("W", &w, &(2.0 * dw))]).failures().next().expect("it is twice too large");
//! ```
//!
//! # Error model
//!
//! The central difference D(h) = (f(x+h) − f(x−h)) / 2h has a truncation error that is a series in
//! h², and a round-off error of about η/h, where η is the error of one evaluation of f. Halving h
//! and extrapolating removes one power of h² after the other (Richardson); the tableau of all
//! extrapolations is Ridders' method (C. Ridders, *Advances in Engineering Software* 4 (1982) 75;
//! Press et al., *Numerical Recipes*, 3rd ed., §5.7). The estimate is the entry whose neighbours
//! agree with it best; the disagreement bounds its truncation error. To it is added the round-off
//! of the steps it was made from, with η = 16 ε·max|f| — a sum of n terms is computed to about √n
//! roundings, seldom to more — amplified by at most 2, the sum of the magnitudes of the
//! extrapolation's weights.
//!
//! A coordinate passes when analytic and numeric gradient differ by no more than
//!
//! ```text
//! 4 · (truncation + round-off of the estimate)   the estimate may be off by that much
//! + 64 ε · (|analytic| + variation of f)         the analytic gradient has rounding of its own
//! ```
//!
//! where the variation of f is the largest |f|/h that was seen: a gradient that comes out small
//! because large terms cancel is accurate to ε times those terms, not to ε times itself.
//!
//! No comparison passes with NaN or infinity on either side.

// A build in which any member turns on ndarray's `blas` must link the library into every binary.
#[cfg(feature = "openblas")]
use openblas_src as _;

mod argument;
mod check;
mod derivative;
mod report;
mod structure;

pub use argument::{Argument, random};
pub use check::check;
pub use derivative::{Estimate, derivative};
pub use report::{Coordinate, Report, WrongShape};
pub use structure::Structure;
