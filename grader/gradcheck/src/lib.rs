//! Checks hand-written gradients against finite differences, and says what is wrong with them.
//!
//! | to check | use |
//! |---|---|
//! | the gradient of a loss in any number of arrays | [`check()`] |
//! | a backward pass: several inputs, several outputs, random upstream gradients | [`check_backward`] |
//! | a loss that is handed its arguments mutably | [`check_in_place`] |
//! | either on all cores, with the feature `parallel` | `check_parallel`, `check_backward_parallel` |
//! | one derivative of a function of one variable | [`derivative()`] |
//!
//! All but the last give a [`Report`], which a test [asserts](Report::assert), a person reads, and
//! a program asks for its [failures](Report::failures), [findings](Report::findings),
//! [structure](Report::structure) and [heat map](Report::heat_map).
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
//!
//! let wrong = check(loss, &[Argument::new("W", &w, &(4.0 * dw))]);
//! let structure = wrong.structure("W").expect("a constant factor");
//! assert_eq!(format!("{structure:#}"), "is 4 times too large everywhere");
//! ```
//!
//! There are no tolerances to choose. Every coordinate has a numeric derivative with an error bound
//! of its own, and the two gradients agree when they differ by no more.
//!
//! # Error model
//!
//! The central difference D(h) = (f(x+h) − f(x−h)) / 2h has a truncation error that is a series in
//! h², and a round-off error of η/h, where η is the error of one value of f. Both are estimated:
//!
//! - *Truncation.* From D at three steps (h, 0.61 h and 0.37 h), Richardson's extrapolation makes
//!   two values that are free of the h² term, and of those one that is free of the h⁴ term too. Its
//!   bound is the whole difference of the two, the h⁴ term that has just been removed and more than
//!   what is left of a smooth function (L. F. Richardson, “The approximate arithmetical solution by
//!   finite differences…”, *Phil. Trans. R. Soc. A* 210, 1911; C. J. F. Ridders, “Accurate
//!   computation of F′(x) and F′(x)F″(x)”, *Adv. Eng. Software* 4, 1982).
//! - *Round-off.* 6.6 η/h, the sum of what η does to the three differences with their weights, and
//!   4ε·|derivative| for the divisions.
//! - *The value's own error.* η = 4σ + 2ε·|f|. ε·|f| alone would miss a loss whose large terms have
//!   cancelled, so the noise σ is measured, once a check: from third divided differences of f at
//!   points that are too close together for f itself to show in them (Hamming's difference table;
//!   J. J. Moré & S. M. Wild, “Estimating Computational Noise”, *SIAM J. Sci. Comput.* 33, 2011,
//!   there with equal spacing).
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
//! than a thousandth of f and the bound itself more than a thousandth of the largest derivative:
//! there f jumps or is mostly noise, any gradient would agree, and so none is accepted.
//!
//! What the bound cannot see: a gradient that is small beside 1e-12·|f|/|x| is judged with fewer
//! digits or none, for double precision holds no more of it.
//!
//! # Kinks
//!
//! Where the differences to both sides contradict each other, each side is differentiated on its
//! own: three one-sided differences free of h and h², with a bound that a shorter step has to
//! confirm. Slopes that differ by more than their bounds are a [`Kink`] if they still do at the
//! shortest step that could tell them apart; otherwise the kink is near the point and not at it, and
//! a shorter central difference decides. At a kink every number between the two slopes, a
//! subgradient in the sense of Clarke (*Optimization and Nonsmooth Analysis*, 1983), is right: 0, ½
//! or 1 for ReLU at 0, and any way to break a tie of a maximum. The report names the coordinate and
//! both slopes.
//!
//! # Many coordinates
//!
//! Beyond [`EVERY_COORDINATE`] coordinates, each argument is differentiated in [`DIRECTIONS`] random
//! directions; where the gradient disagrees in one, halves of the argument are searched for up to
//! [`NAMED`] wrong coordinates. That takes about a hundred forward passes for an argument that is
//! right, however large, and fewer than 7,000 for one that is wrong. [`Direction`] says how small an
//! error may hide.
//!
//! # Single precision
//!
//! Arguments of `f32` are moved to points that exist in `f32`, with steps and bounds that follow
//! from its ε. A sum of many outputs is best left to [`check_backward`], which adds in `f64`.

// A build in which any member turns on ndarray's `blas` must link the library into every binary.
#[cfg(feature = "openblas")]
use openblas_src as _;

mod argument;
mod backward;
mod check;
mod coordinate;
mod derivative;
mod difference;
mod direction;
mod finding;
mod heat_map;
mod in_place;
mod line;
mod noise;
#[cfg(feature = "parallel")]
mod parallel;
mod precision;
mod report;
mod search;
mod sides;
mod slope;
mod structure;
mod subgradient;
mod trial;

pub use argument::{Argument, random};
pub use backward::check_backward;
pub use check::{EVERY_COORDINATE, check};
pub use coordinate::{Coordinate, Undecided, Verdict};
pub use derivative::derivative;
pub use difference::{FiniteDifference, Formula};
pub use direction::{DIRECTIONS, Direction, NAMED};
pub use finding::{Finding, WrongShape};
pub use heat_map::HeatMap;
pub use in_place::check_in_place;
#[cfg(feature = "parallel")]
pub use parallel::{check_backward_parallel, check_parallel};
pub use precision::Float;
pub use report::Report;
pub use slope::{Estimate, Kink, Slope};
pub use structure::{Slice, Structure};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
