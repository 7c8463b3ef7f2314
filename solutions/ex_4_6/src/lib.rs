//! Lesson 4.6, solved: dropout and residual.

use ndarray::{Array2, NdFloat};

/// Dropout with the probability `p` of a number to be dropped, between 0 and 1: the outputs (N, D) and the mask (N, D),
/// by which each number of `x` (N, D) was multiplied. A number is kept where its draw `u` (N, D), uniform in [0, 1), is at
/// least `p`. When not `training`, the outputs are `x`, and `u` is not looked at.
///
/// # Panics
/// When `p` is not between 0 and 1, or, in training, when `u` has another shape than `x`.
pub fn dropout<F: NdFloat>(
    x: &Array2<F>,
    u: &Array2<F>,
    p: F,
    training: bool,
) -> (Array2<F>, Array2<F>) {
    assert!(p >= F::zero() && p <= F::one(), "{p} is no probability");
    if !training {
        return (x.clone(), Array2::ones(x.raw_dim()));
    }
    assert_eq!(x.dim(), u.dim(), "there must be one draw for each number");
    // Infinite for p = 1, where no draw is large enough.
    let scale = (F::one() - p).recip();
    let mask = u.mapv(|u| if u >= p { scale } else { F::zero() });
    (x * &mask, mask)
}

/// dL/dX (N, D) from the upstream gradient `dy` = dL/dY (N, D) and the mask (N, D) of the forward pass.
///
/// # Panics
/// When the shapes differ.
pub fn dropout_backward<F: NdFloat>(dy: &Array2<F>, mask: &Array2<F>) -> Array2<F> {
    assert_eq!(dy.dim(), mask.dim(), "dL/dY and the mask must have one shape");
    dy * mask
}

/// A layer `f` with a way around it: x + f(x) (N, D).
///
/// # Panics
/// When f(x) has another shape than `x`.
pub fn residual<F: NdFloat>(x: &Array2<F>, f: impl Fn(&Array2<F>) -> Array2<F>) -> Array2<F> {
    let y = f(x);
    assert_eq!(y.dim(), x.dim(), "x and f(x) must have one shape");
    y + x
}

/// dL/dX (N, D) of `residual` from the upstream gradient `dy` = dL/dY (N, D). `f_backward` is the backward pass of f at
/// x: from the gradient by its outputs it gives that by its inputs.
///
/// # Panics
/// When `f_backward` gives another shape.
pub fn residual_backward<F: NdFloat>(
    dy: &Array2<F>,
    f_backward: impl Fn(&Array2<F>) -> Array2<F>,
) -> Array2<F> {
    // What was used twice adds up what comes back, as a sum adds up what goes in.
    residual(dy, f_backward)
}

/// A layer `f` behind a norm, with a way around both: x + f(norm(x)) (N, D).
///
/// # Panics
/// When f(norm(x)) has another shape than `x`.
pub fn pre_norm<F: NdFloat>(
    x: &Array2<F>,
    norm: impl Fn(&Array2<F>) -> Array2<F>,
    f: impl Fn(&Array2<F>) -> Array2<F>,
) -> Array2<F> {
    residual(x, |x| f(&norm(x)))
}

/// dL/dX (N, D) of `pre_norm` from the upstream gradient `dy` = dL/dY (N, D), by the backward passes of both layers.
///
/// # Panics
/// When they give another shape.
pub fn pre_norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    norm_backward: impl Fn(&Array2<F>) -> Array2<F>,
    f_backward: impl Fn(&Array2<F>) -> Array2<F>,
) -> Array2<F> {
    residual_backward(dy, |dy| norm_backward(&f_backward(dy)))
}
