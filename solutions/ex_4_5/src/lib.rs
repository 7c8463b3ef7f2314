//! Lesson 4.5, solved: LayerNorm and RMSNorm.

use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut1, Axis, NdFloat, Zip};

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
pub fn layer_norm<F: NdFloat>(
    x: &Array2<F>,
    gamma: &Array1<F>,
    beta: &Array1<F>,
    eps: F,
) -> (Array2<F>, Cache<F>) {
    assert_eq!(gamma.len(), x.ncols(), "there must be one γ for each column");
    assert_eq!(beta.len(), x.ncols(), "there must be one β for each column");
    let cache = normalised(x, |row| {
        centre(row);
        normalise(row, eps)
    });
    let mut y = &cache.xhat * gamma;
    y += beta;
    (y, cache)
}

/// dL/dX (N, D), dL/dγ (D) and dL/dβ (D), from the upstream gradient `dy` = dL/dY (N, D) and the cache of
/// `layer_norm`.
///
/// # Panics
/// When `dy` has another shape than `xhat`, or `gamma` not D elements.
pub fn layer_norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    gamma: &Array1<F>,
) -> (Array2<F>, Array1<F>, Array1<F>) {
    let (dx, dgamma) = backward(dy, cache, gamma, |row, xhat, rstd| {
        normalise_backward(row, xhat, rstd);
        centre(row);
    });
    (dx, dgamma, dy.sum_axis(Axis(0)))
}

/// RMSNorm of each row of `x` (N, D): divided by √(mean square + ε), then times `gamma` (D); `eps` is positive.
///
/// # Panics
/// When `gamma` has not D elements.
pub fn rms_norm<F: NdFloat>(x: &Array2<F>, gamma: &Array1<F>, eps: F) -> (Array2<F>, Cache<F>) {
    assert_eq!(gamma.len(), x.ncols(), "there must be one γ for each column");
    let cache = normalised(x, |row| normalise(row, eps));
    (&cache.xhat * gamma, cache)
}

/// dL/dX (N, D) and dL/dγ (D), from the upstream gradient `dy` = dL/dY (N, D) and the cache of `rms_norm`.
///
/// # Panics
/// When `dy` has another shape than `xhat`, or `gamma` not D elements.
pub fn rms_norm_backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    gamma: &Array1<F>,
) -> (Array2<F>, Array1<F>) {
    backward(dy, cache, gamma, normalise_backward)
}

/// Takes the mean of a row off each of its numbers. It is its own backward pass.
fn centre<F: NdFloat>(row: &mut ArrayViewMut1<F>) {
    let mean = mean(row.sum(), row.len());
    row.mapv_inplace(|it| it - mean);
}

/// Divides a row by √(its mean square + ε), and gives what it was multiplied by.
fn normalise<F: NdFloat>(row: &mut ArrayViewMut1<F>, eps: F) -> F {
    let rstd = (mean(row.dot(row), row.len()) + eps).sqrt().recip();
    row.mapv_inplace(|it| it * rstd);
    rstd
}

/// Puts the gradient by the row in the place of that by the normalised row.
fn normalise_backward<F: NdFloat>(row: &mut ArrayViewMut1<F>, xhat: ArrayView1<F>, rstd: F) {
    let along = mean(row.dot(&xhat), row.len());
    row.zip_mut_with(&xhat, |it, &xhat| *it = rstd * (*it - xhat * along));
}

fn mean<F: NdFloat>(sum: F, count: usize) -> F {
    sum / F::from(count).expect("a count is a number")
}

/// Normalises each row by a function that gives what it was multiplied by.
fn normalised<F: NdFloat>(x: &Array2<F>, by: impl Fn(&mut ArrayViewMut1<F>) -> F) -> Cache<F> {
    let mut xhat = x.clone();
    let rstd = xhat.rows_mut().into_iter().map(|mut row| by(&mut row)).collect();
    Cache { xhat, rstd }
}

/// dL/dX, by a function that takes each row through its normalisation, and dL/dγ.
fn backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    gamma: &Array1<F>,
    through: impl Fn(&mut ArrayViewMut1<F>, ArrayView1<F>, F),
) -> (Array2<F>, Array1<F>) {
    assert_eq!(dy.dim(), cache.xhat.dim(), "dL/dY and x̂ must have one shape");
    assert_eq!(gamma.len(), dy.ncols(), "there must be one γ for each column");
    let mut dx = dy * gamma;
    let mut dgamma = Array1::zeros(gamma.len());
    let rows = Zip::from(dy.rows()).and(cache.xhat.rows()).and(&cache.rstd).and(dx.rows_mut());
    rows.for_each(|dy, xhat, &rstd, mut dx| {
        Zip::from(&mut dgamma).and(dy).and(xhat).for_each(|sum, &dy, &xhat| *sum += dy * xhat);
        through(&mut dx, xhat, rstd);
    });
    (dx, dgamma)
}
