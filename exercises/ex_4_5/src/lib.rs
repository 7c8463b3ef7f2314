//! Lesson 4.5: LayerNorm and RMSNorm. The brief is in this folder's `README.md`.

use ndarray::{Array1, Array2, NdFloat};

/// What the backward pass needs of the forward pass, of either norm.
#[derive(Debug, Clone)]
pub struct Cache<F: NdFloat> {
    /// The normalised rows (N, D), before γ and β.
    pub xhat: Array2<F>,
    /// What each row was multiplied by (N): 1/√(variance + ε), or 1/√(mean square + ε).
    pub rstd: Array1<F>,
}

/// LayerNorm of each row of `x` (N, D): without its mean, divided by √(variance + ε), then times `gamma` (D), plus
/// `beta` (D). The variance is the mean of the squared distances from the mean; `eps` is positive.
///
/// # Panics
/// When `gamma` or `beta` has not D elements.
#[allow(unused_variables)]
pub fn layer_norm<F: NdFloat>(
    x: &Array2<F>,
    gamma: &Array1<F>,
    beta: &Array1<F>,
    eps: F,
) -> (Array2<F>, Cache<F>) {
    todo!("compare the lengths; normalise each row and keep it; then γ and β")
}

/// dL/dX (N, D), dL/dγ (D) and dL/dβ (D), from the upstream gradient `dy` = dL/dY (N, D) and the cache of
/// `layer_norm`.
///
/// # Panics
/// When `dy` has another shape than `xhat`, or `gamma` not D elements.
#[allow(unused_variables)]
pub fn layer_norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    gamma: &Array1<F>,
) -> (Array2<F>, Array1<F>, Array1<F>) {
    todo!("back through γ and β, through the division, and through the mean")
}

/// RMSNorm of each row of `x` (N, D): divided by √(mean square + ε), then times `gamma` (D); `eps` is positive.
///
/// # Panics
/// When `gamma` has not D elements.
#[allow(unused_variables)]
pub fn rms_norm<F: NdFloat>(x: &Array2<F>, gamma: &Array1<F>, eps: F) -> (Array2<F>, Cache<F>) {
    todo!("as LayerNorm, without mean and β")
}

/// dL/dX (N, D) and dL/dγ (D), from the upstream gradient `dy` = dL/dY (N, D) and the cache of `rms_norm`.
///
/// # Panics
/// When `dy` has another shape than `xhat`, or `gamma` not D elements.
#[allow(unused_variables)]
pub fn rms_norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    gamma: &Array1<F>,
) -> (Array2<F>, Array1<F>) {
    todo!("back through γ and through the division")
}
