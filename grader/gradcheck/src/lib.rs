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
//! h², and a round-off error of η/h, where η is the error of one value of f. Both are estimated:
//!
//! - *Truncation.* From D at three steps (h, 0.61 h and 0.37 h), Richardson's extrapolation makes
//!   two values that are free of the h² term, and of those one that is free of the h⁴ term too. Its
//!   bound is the whole difference of the two, the h⁴ term that has just been removed and more than
//!   what is left of a smooth function.
//! - *Round-off.* 6.6 η/h, the sum of what η does to the three differences with their weights, and
//!   4ε·|derivative| for the divisions.
//! - *The value's own error.* η = 4σ + 2ε·|f|. ε·|f| alone would miss a loss whose large terms have
//!   cancelled, so the noise σ is measured, once a check: from third divided differences of f at
//!   points that are too close together for f itself to show in them (Hamming's difference table;
//!   Moré & Wild, “Estimating Computational Noise”, *SIAM J. Sci. Comput.* (2011), there with
//!   equal spacing).
//! - *Step.* It begins near ε^⅕ of the coordinate (of 1 where that is smaller), in a form that x can
//!   take exactly (Press et al., *Numerical Recipes*, §5.7, who have the balance of truncation and
//!   round-off too). Where that bound is worse than 1e-9 of the derivative, up to seven more steps
//!   are tried, each where h⁴ truncation and 1/h round-off of the last would be equal. The smallest
//!   bound counts, unless a shorter step contradicts it.
//!
//! A coordinate passes when analytic and numeric gradient differ by no more than this bound plus
//! the rounding of the analytic gradient, 64ε times the largest coordinate of its argument's
//! numeric gradient: a matrix product is accurate relative to its largest entries, not to each.
//!
//! Nothing passes with NaN or infinity on either side. Nor does it where the bound times h is more
//! than a thousandth of f: there f jumps or is mostly noise, any gradient would agree, and so none
//! is accepted.
//!
//! What the bound cannot see: a gradient that is small beside 1e-12·|f|/|x| is judged with fewer
//! digits or none, for double precision holds no more of it.

// A build in which any member turns on ndarray's `blas` must link the library into every binary.
#[cfg(feature = "openblas")]
use openblas_src as _;

mod argument;
mod backward;
mod check;
mod derivative;
mod difference;
mod direction;
mod finding;
mod heat_map;
mod in_place;
mod kink;
mod line;
mod noise;
#[cfg(feature = "parallel")]
mod parallel;
mod precision;
mod report;
mod structure;
mod trial;

pub use argument::{Argument, random};
pub use backward::check_backward;
pub use check::{EVERY_COORDINATE, check};
pub use derivative::{Estimate, derivative};
pub use difference::{FiniteDifference, Formula};
pub use direction::{DIRECTIONS, Direction, NAMED};
pub use finding::{Finding, WrongShape};
pub use heat_map::HeatMap;
pub use in_place::check_in_place;
pub use kink::{Kink, Slope};
#[cfg(feature = "parallel")]
pub use parallel::{check_backward_parallel, check_parallel};
pub use precision::Float;
pub use report::{Coordinate, Report};
pub use structure::{Slice, Structure};
