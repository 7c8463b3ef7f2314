//! Lesson 4.6: dropout and residual. The brief is in this folder's `README.md`.

use ndarray::{Array2, NdFloat};

/// Dropout with the probability `p` of a number to be dropped, between 0 and 1: the outputs (N, D) and the mask (N, D),
/// by which each number of `x` (N, D) was multiplied. A number is kept where its draw `u` (N, D), uniform in [0, 1), is at
/// least `p`. When not `training`, the outputs are `x`, and `u` is not looked at.
///
/// # Panics
/// When `p` is not between 0 and 1, or, in training, when `u` has another shape than `x`.
#[allow(unused_variables)]
pub fn dropout<F: NdFloat>(
    x: &Array2<F>,
    u: &Array2<F>,
    p: F,
    training: bool,
) -> (Array2<F>, Array2<F>) {
    todo!("when it is not training, nothing is dropped; else the mask, and x times the mask")
}

/// dL/dX (N, D) from the upstream gradient `dy` = dL/dY (N, D) and the mask (N, D) of the forward pass.
///
/// # Panics
/// When the shapes differ.
#[allow(unused_variables)]
pub fn dropout_backward<F: NdFloat>(dy: &Array2<F>, mask: &Array2<F>) -> Array2<F> {
    todo!("y is x times the mask: what comes back?")
}

/// A layer `f` with a way around it: x + f(x) (N, D).
///
/// # Panics
/// When f(x) has another shape than `x`.
#[allow(unused_variables)]
pub fn residual<F: NdFloat>(x: &Array2<F>, f: impl Fn(&Array2<F>) -> Array2<F>) -> Array2<F> {
    todo!("f(x), and the way around")
}

/// dL/dX (N, D) of `residual` from the upstream gradient `dy` = dL/dY (N, D). `f_backward` is the backward pass of f at
/// x: from the gradient by its outputs it gives that by its inputs.
///
/// # Panics
/// When `f_backward` gives another shape.
#[allow(unused_variables)]
pub fn residual_backward<F: NdFloat>(
    dy: &Array2<F>,
    f_backward: impl Fn(&Array2<F>) -> Array2<F>,
) -> Array2<F> {
    todo!("x is used twice: what comes back on both ways?")
}

/// A layer `f` behind a norm, with a way around both: x + f(norm(x)) (N, D).
///
/// # Panics
/// When f(norm(x)) has another shape than `x`.
#[allow(unused_variables)]
pub fn pre_norm<F: NdFloat>(
    x: &Array2<F>,
    norm: impl Fn(&Array2<F>) -> Array2<F>,
    f: impl Fn(&Array2<F>) -> Array2<F>,
) -> Array2<F> {
    todo!("the norm stands in front of f, and not on the way around")
}

/// dL/dX (N, D) of `pre_norm` from the upstream gradient `dy` = dL/dY (N, D), by the backward passes of both layers.
///
/// # Panics
/// When they give another shape.
#[allow(unused_variables)]
pub fn pre_norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    norm_backward: impl Fn(&Array2<F>) -> Array2<F>,
    f_backward: impl Fn(&Array2<F>) -> Array2<F>,
) -> Array2<F> {
    todo!("the same two ways; what was last comes first")
}
