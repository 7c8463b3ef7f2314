//! Checks hand-written gradients against finite differences, and says what is wrong with them.
//!
//! | to check | use |
//! |---|---|
//! | the gradient of a loss in up to six arrays or numbers | [`check_loss`] |
//! | a backward pass: several inputs, several outputs, random upstream gradients | [`check_backward`] |
//! | the gradient of a loss whose arrays are in a slice | [`check()`] |
//! | any of these with a seed, on all cores, tolerating what is undecided | [`Checker`] |
//! | one derivative of a function of one variable | [`derivative()`] |
//!
//! All but the last give a [`Report`], which a test [asserts](Report::assert), a person reads, and
//! a program asks for its [failures](Report::failures), [findings](Report::findings),
//! [structure](Report::structure) and [heat map](Report::heat_map). What to do when one fails is a
//! page of its own: [`my_check_fails`].
//!
//! ```
//! use gradcheck::{check_loss, random};
//! use ndarray::Array2;
//!
//! // Z = X·Wᵀ. A backward pass is handed R = dL/dZ and returns dL/dW = Rᵀ·X.
//! let x: Array2<f64> = random((4, 3), 1);
//! let w: Array2<f64> = random((2, 3), 2);
//! let r: Array2<f64> = random((4, 2), 3);
//! let dw = r.t().dot(&x);
//!
//! let loss = |w: &Array2<f64>| (&r * &x.dot(&w.t())).sum();
//! check_loss(("W", &w, &dw), loss).assert();
//!
//! let wrong = check_loss(("W", &w, &(4.0 * dw)), loss);
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
//!   two values that are free of the h² term, and of those one that is free of the h⁴ term too. The
//!   difference of the two is the h⁴ term that has just been removed and more than what is left of a
//!   smooth function (L. F. Richardson, “The approximate arithmetical solution by finite
//!   differences…”, *Phil. Trans. R. Soc. A* 210, 1911; C. J. F. Ridders, “Accurate computation of
//!   F′(x) and F′(x)F″(x)”, *Adv. Eng. Software* 4, 1982). The second differences at the same points
//!   are extrapolated in the same way, for what is odd about one side of x shows in the curvature as
//!   it does in the slope; where one of the two differences vanishes by accident, the other does not.
//!   The bound is 1.5 times their sum. For f that is smooth plus (t − δ)₊ᵖ, a kink (p = 1) or a seam
//!   (p = 2) at any distance δ, the error is at most 1.4 times the sum (found by computing it for p
//!   from 1 to 4 and 6,000 δ; a unit test does so again).
//! - *Round-off.* 6.6 η/h, the sum of what η does to the three differences with their weights, and
//!   4ε·|derivative| for the divisions; 2ε·|x|·|f″| for the rounding of x inside of f.
//! - *The value's own error.* η = 4σ + 2ε·|f|. ε·|f| alone would miss a loss whose large terms have
//!   cancelled, so the noise σ is measured, once a check: from third divided differences of f at
//!   points that are too close together for f itself to show in them, without the three largest of
//!   thirteen, which a kink among the points may have made (Hamming's difference table; J. J. Moré &
//!   S. M. Wild, “Estimating Computational Noise”, *SIAM J. Sci. Comput.* 33, 2011, there with equal
//!   spacing).
//! - *Step.* It begins near ε^⅕ of the coordinate (of 1 where that is smaller), in a form that x can
//!   take exactly (Press et al., *Numerical Recipes*, §5.7, who have the balance of truncation and
//!   round-off too). Where that bound is worse than 1e-9 of the derivative, up to seven more steps
//!   are tried, the first of them near ε^⅕ of the coordinate alone, each other where h⁴ truncation and
//!   1/h round-off of the last would be equal. The smallest bound counts, unless a shorter step
//!   contradicts it, or says less for another reason than the noise.
//!
//! A coordinate passes when analytic and numeric gradient differ by no more than this bound plus
//! the rounding of the analytic gradient, 64ε times the largest coordinate of its argument's
//! numeric gradient: a matrix product is accurate relative to its largest entries, not to each.
//!
//! Nothing passes with NaN or infinity on either side. A coordinate is [`Undecided`] where f jumps or
//! is not finite, and where the bound is more than a thousandth of all that f shows there: of its
//! largest derivative, of its change over the first step, and of min(|f|, 1) / max(|x|, 1).
//!
//! What the bound cannot see: a gradient that is small beside 1e-12·|f|/|x| is judged with fewer
//! digits or none, for double precision holds no more of it. Nor does it see a millionth of a slope
//! between two pieces of f that meet a millionth away and differ by no more than that there, nor a bend
//! of f that is narrower than the step and rises by less than some 40 η, such as the last of a tanh that
//! saturates within a hundredth of x.
//!
//! # Kinks
//!
//! Where central differences are bent or say little, each side is differentiated on its own: three
//! one-sided differences free of h and h², with a bound that a shorter step has to confirm. Slopes
//! that differ by more than their bounds are a [`Kink`] if they still do at the shortest step that
//! could tell them apart. Otherwise the kink is beside the point, and the slope is that of the side on
//! which central differences over that step are. Nearer to a kink than that step, some
//! 300 η/|height|, the slopes of both sides are accepted.
//!
//! At a kink every number between the two slopes, a subgradient in the sense of Clarke (*Optimization
//! and Nonsmooth Analysis*, 1983), is right: 0, ½ or 1 for ReLU at 0. Several kinks at once are judged
//! together: the claim must be a mean of gradients near the point, to 1/256 of the kinks' heights. The
//! gradients are sampled where the claim lies furthest from what is known. For sums of convex and
//! concave functions, such as maxima and ReLUs, that finds what there is; where the samples are not
//! those of such a sum, and no mean was found, the claim is undecided.
//!
//! # Many coordinates
//!
//! Beyond [`EVERY_COORDINATE`] coordinates, each argument is differentiated in random directions;
//! where the gradient disagrees in one, halves of the argument are searched for up to
//! [`NAMED`] wrong coordinates. That takes about a hundred forward passes for an argument that is
//! right, however large, and fewer than 7,000 for one that is wrong. [`Direction`] says how small an
//! error may hide. Kinks are not judged together there.
//!
//! # Single precision
//!
//! Arguments of `f32` are moved to points that exist in `f32`, with steps and bounds that follow
//! from its ε. A sum of many outputs is best left to [`check_backward`], which adds in `f64`.

// A build in which any member turns on ndarray's `blas` must link the library into every binary.
#[cfg(feature = "__openblas")]
use openblas_src as _;

mod arrays;
mod backward;
mod checker;
mod inputs;
mod numeric;
#[cfg(feature = "parallel")]
mod parallel;
mod real;
mod strategies;
mod values;

pub use arrays::Arrays;
pub use checker::{Checker, EVERY_COORDINATE, check, check_backward, check_loss};
pub use inputs::{Arguments, Claimed, Given, Inputs, One, Values};
pub use ndarray;
pub use numeric::derivative::derivative;
#[cfg(feature = "parallel")]
pub use parallel::ParallelChecker;
pub use real::Real;
pub use strategies::directions::NAMED;
pub use values::{
    argument::{Argument, Input, random},
    coordinate::{Coordinate, Undecided, Verdict},
    direction::Direction,
    finding::{Finding, WrongShape},
    finite_difference::{FiniteDifference, Formula},
    heat_map::HeatMap,
    report::Report,
    slope::{Estimate, Kink, Slope},
    structure::{Slice, Structure},
};

#[doc = include_str!("../MY_CHECK_FAILS.md")]
pub mod my_check_fails {}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
