//! Lesson 5.4: embedding, and the tied head. The brief is in this folder's `README.md`.

use ndarray::{Array2, Array3, NdFloat};

/// Y (B, T, D): for each of the `ids` (B, T) its row of the table `e` (V, D), copied.
///
/// # Panics
/// When an id is not below V.
#[allow(unused_variables)]
pub fn embed<F: NdFloat>(e: &Array2<F>, ids: &Array2<usize>) -> Array3<F> {
    todo!("an array of the right shape, and a copy of one row for each id")
}

/// dL/dE (V, D) of `embed`, from the upstream gradient `dy` = dL/dY (B, T, D), the `ids` (B, T) and the number V
/// of rows that the table has.
///
/// # Panics
/// When `dy` has not one row for each id, or when an id is not below V.
#[allow(unused_variables)]
pub fn embed_backward<F: NdFloat>(
    dy: &Array3<F>,
    ids: &Array2<usize>,
    vocabulary: usize,
) -> Array2<F> {
    todo!("what comes back to a row that was used once, several times, or never?")
}

/// The logits Z = X·Eᵀ (N, V): the dot product of each row of `x` (N, D) with each row of the table `e` (V, D).
#[allow(unused_variables)]
pub fn head<F: NdFloat>(x: &Array2<F>, e: &Array2<F>) -> Array2<F> {
    todo!("one product, as in a linear layer without a bias")
}

/// dL/dX (N, D) and dL/dE (V, D) of `head`, from the upstream gradient `dz` = dL/dZ (N, V).
#[allow(unused_variables)]
pub fn head_backward<F: NdFloat>(
    dz: &Array2<F>,
    x: &Array2<F>,
    e: &Array2<F>,
) -> (Array2<F>, Array2<F>) {
    todo!("one product each: which shapes fit?")
}

/// dL/dE (V, D) of one table that `embed` reads at the start of a model and `head` at its end. At the end, `dz` =
/// dL/dZ (B·T, V) came to `head`, whose input was `x` (B·T, D). At the start, `dy` = dL/dY (B, T, D) came to
/// `embed`, whose ids were `ids` (B, T).
///
/// # Panics
/// When the sizes do not agree, or when an id is not below V.
#[allow(unused_variables)]
pub fn tied_gradient<F: NdFloat>(
    dz: &Array2<F>,
    x: &Array2<F>,
    dy: &Array3<F>,
    ids: &Array2<usize>,
) -> Array2<F> {
    todo!("L depends on the table in two places: how do their gradients go together?")
}
