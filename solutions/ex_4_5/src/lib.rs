//! Lesson 4.5, solved: LayerNorm and RMSNorm.

use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut1, NdFloat, Zip};

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
    let by = |row: &mut ArrayViewMut1<F>| {
        centre(row);
        normalise(row, eps)
    };
    normalised(x, by, |y| Zip::from(y).and(gamma).and(beta).for_each(|y, &g, &b| *y = *y * g + b))
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
    let mut dbeta = Array1::zeros(gamma.len());
    let (dx, dgamma) = backward(dy, cache, gamma, |row, dy, xhat, rstd| {
        dbeta += &dy;
        normalise_backward(row, xhat, rstd);
        centre(row);
    });
    (dx, dgamma, dbeta)
}

/// RMSNorm of each row of `x` (N, D): divided by √(mean square + ε), then times `gamma` (D); `eps` is positive.
///
/// # Panics
/// When `gamma` has not D elements.
pub fn rms_norm<F: NdFloat>(x: &Array2<F>, gamma: &Array1<F>, eps: F) -> (Array2<F>, Cache<F>) {
    assert_eq!(gamma.len(), x.ncols(), "there must be one γ for each column");
    normalised(x, |row| normalise(row, eps), |mut y| y *= gamma)
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
    backward(dy, cache, gamma, |row, _, xhat, rstd| normalise_backward(row, xhat, rstd))
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

/// Normalises each row by a function that gives what it was multiplied by, and finishes a copy of it. A row goes through
/// all of that while it is in cache.
fn normalised<F: NdFloat>(
    x: &Array2<F>,
    by: impl Fn(&mut ArrayViewMut1<F>) -> F,
    finish: impl Fn(ArrayViewMut1<F>),
) -> (Array2<F>, Cache<F>) {
    let [mut xhat, mut y] = [empty(x), empty(x)];
    let rstd = x.rows().into_iter().map(|row| {
        let rstd = by(&mut pushed(&mut xhat, row));
        finish(pushed(&mut y, xhat.row(xhat.nrows() - 1)));
        rstd
    });
    let rstd = rstd.collect();
    (y, Cache { xhat, rstd })
}

/// dL/dX, by a function that takes each row through its normalisation, and dL/dγ.
fn backward<F: NdFloat>(
    dy: &Array2<F>,
    cache: &Cache<F>,
    gamma: &Array1<F>,
    mut through: impl FnMut(&mut ArrayViewMut1<F>, ArrayView1<F>, ArrayView1<F>, F),
) -> (Array2<F>, Array1<F>) {
    assert_eq!(dy.dim(), cache.xhat.dim(), "dL/dY and x̂ must have one shape");
    assert_eq!(gamma.len(), dy.ncols(), "there must be one γ for each column");
    let mut dx = empty(dy);
    let mut dgamma = Array1::zeros(gamma.len());
    Zip::from(dy.rows()).and(cache.xhat.rows()).and(&cache.rstd).for_each(|dy, xhat, &rstd| {
        Zip::from(&mut dgamma).and(dy).and(xhat).for_each(|sum, &dy, &xhat| *sum += dy * xhat);
        let mut dx = pushed(&mut dx, dy);
        dx *= gamma;
        through(&mut dx, dy, xhat, rstd);
    });
    (dx, dgamma)
}

/// A matrix without rows, and room for those of `like`.
fn empty<F: NdFloat>(like: &Array2<F>) -> Array2<F> {
    let mut empty = Array2::zeros((0, like.ncols()));
    empty.reserve_rows(like.nrows()).expect("an array of this size is there");
    empty
}

/// The copy of a row that a matrix gets.
fn pushed<'a, F: NdFloat>(matrix: &'a mut Array2<F>, row: ArrayView1<F>) -> ArrayViewMut1<'a, F> {
    matrix.push_row(row).expect("all rows are equally wide");
    let last = matrix.nrows() - 1;
    matrix.row_mut(last)
}
