//! Views with gaps do not cross: they are cut here, out of arrays that do.

use ndarray::{Array2, ArrayView2, s};

/// `gemm_naive` on a part of each array: every second row, from the last to the first, without the
/// first and the last column.
pub fn gemm_naive_of_parts(
    alpha: f64,
    a: &Array2<f64>,
    b: &Array2<f64>,
    beta: f64,
    c: &mut Array2<f64>,
) {
    let mut part_of_c = c.slice_mut(s![..;-2, 1..-1]);
    learner::gemm_naive(alpha, &part(a), &part(b), beta, &mut part_of_c);
}

/// `gemm` on the same parts.
pub fn gemm_of_parts(alpha: f64, a: &Array2<f64>, b: &Array2<f64>, beta: f64, c: &mut Array2<f64>) {
    let mut part_of_c = c.slice_mut(s![..;-2, 1..-1]);
    learner::gemm(alpha, &part(a), &part(b), beta, &mut part_of_c);
}

fn part(whole: &Array2<f64>) -> ArrayView2<'_, f64> {
    whole.slice(s![..;-2, 1..-1])
}
