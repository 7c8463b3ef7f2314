//! What crosses of lesson 4.1: the linear layer, whose cache does not leave a call.

use ndarray::{Array1, Array2, NdFloat};

/// The outputs of a linear layer.
pub fn outputs<F: NdFloat>(x: &Array2<F>, w: &Array2<F>, b: &Array1<F>) -> Array2<F> {
    learner::linear(x, w, b).0
}

/// dL/dX, and what becomes of `dw` and `db`.
pub fn gradients<F: NdFloat>(
    x: &Array2<F>,
    w: &Array2<F>,
    dz: &Array2<F>,
    mut dw: Array2<F>,
    mut db: Array1<F>,
) -> (Array2<F>, Array2<F>, Array1<F>) {
    let (_, cache) = learner::linear(x, w, &Array1::zeros(w.nrows()));
    let dx = learner::linear_backward(dz, &cache, w, &mut dw, &mut db);
    (dx, dw, db)
}

/// Two batches through one layer: both forward passes, then the backward pass of the second, then that of the
/// first. Gives both dL/dX, and the gradients of both together.
pub fn two_passes(
    w: &Array2<f64>,
    x: [Array2<f64>; 2],
    dz: [Array2<f64>; 2],
) -> ([Array2<f64>; 2], Array2<f64>, Array1<f64>) {
    let [first, second] = x.each_ref().map(|x| learner::linear(x, w, &Array1::zeros(w.nrows())).1);
    let (mut dw, mut db) = (Array2::zeros(w.dim()), Array1::zeros(w.nrows()));
    let of_second = learner::linear_backward(&dz[1], &second, w, &mut dw, &mut db);
    let of_first = learner::linear_backward(&dz[0], &first, w, &mut dw, &mut db);
    ([of_first, of_second], dw, db)
}
