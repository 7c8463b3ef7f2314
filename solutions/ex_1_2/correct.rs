//! Correct variants of lesson 1.2. Each module is the solution in another style, which its
//! documentation names. Those called `loops…` lose the source check.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// C is scaled first, then row p of B is added to each row of C: the order i, p, j.
pub mod rows_of_b {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        if beta == 0.0 {
            c.fill(0.0);
        } else {
            c.mapv_inplace(|element| beta * element);
        }
        for i in 0..a.nrows() {
            for p in 0..a.ncols() {
                let factor = alpha * a[[i, p]];
                for j in 0..b.ncols() {
                    c[[i, j]] += factor * b[[p, j]];
                }
            }
        }
    }

    pub fn bytes(m: usize, n: usize, k: usize, size: usize, beta: f64) -> usize {
        let read = m * k + k * n + if beta != 0.0 { m * n } else { 0 };
        let written = m * n;
        (read + written) * size
    }
}

/// The product as a new array by `dot`, which is then combined with C.
pub mod by_dot {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        let product = alpha * a.dot(b);
        if beta == 0.0 {
            c.assign(&product);
        } else {
            c.zip_mut_with(&product, |c, product| *c = product + beta * *c);
        }
    }

    pub fn intensity(m: usize, n: usize, k: usize, size: usize, beta: f64) -> f64 {
        let [m, n, k, size] = [m, n, k, size].map(|it| it as f64);
        let passes = if beta == 0.0 { 1.0 } else { 2.0 };
        2.0 * m * n * k / ((m * k + k * n + passes * m * n) * size)
    }
}

/// Everything turned: Cᵀ ← α·Bᵀ·Aᵀ + β·Cᵀ, and sums from the last term to the first.
pub mod transposed {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        for j in (0..b.ncols()).rev() {
            for i in (0..a.nrows()).rev() {
                let start = if beta == 0.0 { 0.0 } else { beta * c[[i, j]] };
                c[[i, j]] = (0..a.ncols())
                    .rev()
                    .fold(start, |sum, p| (alpha * b[[p, j]]).mul_add(a[[i, p]], sum));
            }
        }
    }

    pub fn gemm(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        general_mat_mul(alpha, &b.t(), &a.t(), beta, &mut c.view_mut().reversed_axes());
    }

    pub fn contiguous(shape: [usize; 2], strides: [isize; 2], axis: usize) -> bool {
        matches!((shape[axis], strides[axis]), (0 | 1, _) | (_, 1))
    }
}

/// The inner dimension in two halves: β goes with the first, the second is added with β = 1.
pub mod split {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2, Axis, linalg::general_mat_mul};

    pub fn gemm(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        let half = a.ncols() / 2;
        let (left, right) = a.view().split_at(Axis(1), half);
        let (upper, lower) = b.view().split_at(Axis(0), half);
        general_mat_mul(alpha, &left, &upper, beta, c);
        general_mat_mul(alpha, &right, &lower, 1.0, c);
    }

    pub fn flops(m: usize, n: usize, k: usize) -> usize {
        let (multiplications, additions) = (m * k * n, m * k * n);
        multiplications + additions
    }
}

/// Iterators over the places of C, and rows and columns as views.
pub mod iterators {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        for ((i, j), element) in c.indexed_iter_mut() {
            let products = a.row(i).into_iter().zip(b.column(j)).map(|(a, b)| a * b);
            let sum = alpha * products.sum::<f64>();
            *element = if beta == 0.0 { sum } else { beta * *element + sum };
        }
    }
}

/// The library's name for the loops: `gemm` calls `gemm_naive`.
pub mod loops {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        let (m, n) = c.dim();
        for i in 0..m {
            for j in 0..n {
                let mut element = if beta == 0.0 { 0.0 } else { beta * c[[i, j]] };
                for p in 0..a.ncols() {
                    element += alpha * a[[i, p]] * b[[p, j]];
                }
                c[[i, j]] = element;
            }
        }
    }

    pub fn gemm(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        gemm_naive(alpha, a, b, beta, c);
    }
}
