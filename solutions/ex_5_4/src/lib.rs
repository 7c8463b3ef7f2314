//! Lesson 5.4, solved: embedding, and the tied head.

use ndarray::{Array2, Array3, NdFloat};

/// The id, which has to be one of the vocabulary.
fn known(id: usize, vocabulary: usize) -> usize {
    assert!(id < vocabulary, "id {id} is not one of the {vocabulary} of the vocabulary");
    id
}

/// Y (B, T, D): for each of the `ids` (B, T) its row of the table `e` (V, D), copied.
///
/// # Panics
/// When an id is not below V.
pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
    let (vocabulary, width) = e.dim();
    let mut y = Array3::zeros((ids.nrows(), ids.ncols(), width));
    for (mut row, &id) in y.rows_mut().into_iter().zip(ids) {
        row.assign(&e.row(known(id, vocabulary)));
    }
    y
}

/// Adds each row of `dy` (B, T, D) to the row of `de` (V, D) that its id names.
fn scatter_add<F: NdFloat>(de: &mut Array2<F>, dy: &Array3<F>, ids: &Array2<usize>) {
    assert_eq!(ids.shape(), &dy.shape()[..2], "dL/dY must have one row for each id");
    let vocabulary = de.nrows();
    for (row, &id) in dy.rows().into_iter().zip(ids) {
        let mut sum = de.row_mut(known(id, vocabulary));
        sum += &row;
    }
}

/// dL/dE (V, D) of `embed`, from the upstream gradient `dy` = dL/dY (B, T, D), the `ids` (B, T) and the number V
/// of rows that the table has.
///
/// # Panics
/// When `dy` has not one row for each id, or when an id is not below V.
pub fn embed_backward<F: NdFloat>(
    dy: &Array3<F>,
    ids: &Array2<usize>,
    vocabulary: usize,
) -> Array2<F> {
    let width = dy.dim().2;
    let mut de = Array2::zeros((vocabulary, width));
    scatter_add(&mut de, dy, ids);
    de
}

/// The logits Z = X·Eᵀ (N, V): the dot product of each row of `x` (N, D) with each row of the table `e` (V, D).
pub fn head<F: NdFloat>(x: &Array2<F>, e: &Array2<F>) -> Array2<F> {
    x.dot(&e.t())
}

/// dL/dX (N, D) and dL/dE (V, D) of `head`, from the upstream gradient `dz` = dL/dZ (N, V).
pub fn head_backward<F: NdFloat>(
    dz: &Array2<F>,
    x: &Array2<F>,
    e: &Array2<F>,
) -> (Array2<F>, Array2<F>) {
    (dz.dot(e), dz.t().dot(x))
}

/// dL/dE (V, D) of one table that `embed` reads at the start of a model and `head` at its end. At the end, `dz` =
/// dL/dZ (B·T, V) came to `head`, whose input was `x` (B·T, D). At the start, `dy` = dL/dY (B, T, D) came to
/// `embed`, whose ids were `ids` (B, T).
///
/// # Panics
/// When the sizes do not agree, or when an id is not below V.
pub fn tied_gradient<F: NdFloat>(
    dz: &Array2<F>,
    x: &Array2<F>,
    dy: &Array3<F>,
    ids: &Array2<usize>,
) -> Array2<F> {
    assert_eq!(x.nrows(), ids.len(), "X must have one row for each id");
    assert_eq!(x.ncols(), dy.dim().2, "X and dL/dY must be of one width");
    // A second table is never needed: what comes to `embed` is added to what came to `head`.
    let mut de = dz.t().dot(x);
    scatter_add(&mut de, dy, ids);
    de
}
