//! Wrong variants of lesson 1.2. Each module is the solution with a mistake, and named after it; its
//! documentation is the explanation that a learner reads.
#![allow(missing_docs, reason = "the solution documents these functions")]

/// The naive product with another innermost body: `$body` is run for each element of C with its place.
macro_rules! wrong_naive {
    (|$alpha:ident, $a:ident, $b:ident, $beta:ident, $c:ident, $i:ident, $j:ident| $body:block) => {
        pub fn gemm_naive(
            $alpha: f64,
            $a: &ArrayView2<f64>,
            $b: &ArrayView2<f64>,
            $beta: f64,
            $c: &mut ArrayViewMut2<f64>,
        ) {
            for $i in 0..$a.nrows() {
                for $j in 0..$b.ncols() {
                    $body
                }
            }
        }
    };
}

/// Your `gemm_naive` multiplies C by β even where β is 0. 0·NaN is NaN, so whatever lay in C spoils the
/// result. GEMM promises that C is not read there: what does your line do when C is not even
/// initialised?
pub mod nan_survives_beta_zero {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    wrong_naive!(|alpha, a, b, beta, c, i, j| {
        c[[i, j]] = alpha * a.row(i).dot(&b.column(j)) + beta * c[[i, j]];
    });
}

/// Your `gemm` multiplies C by β even where β is 0. 0·NaN is NaN, so whatever lay in C spoils the
/// result. The library's GEMM takes β itself, and knows that 0 means not to read C.
pub mod nan_survives_beta_zero_in_gemm {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

    pub fn gemm(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        *c *= beta;
        general_mat_mul(alpha, a, b, 1.0, c);
    }
}

/// Your `gemm_naive` multiplies C by β in every turn of the innermost loop: k turns make βᵏ of it, and
/// the products of the first turns are scaled as well. How often may β meet an element of C?
pub mod beta_in_every_turn {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    wrong_naive!(|alpha, a, b, beta, c, i, j| {
        for p in 0..a.ncols() {
            let kept = if beta == 0.0 { 0.0 } else { beta * c[[i, j]] };
            c[[i, j]] = alpha * a[[i, p]] * b[[p, j]] + kept;
        }
    });
}

/// Your `gemm_naive` multiplies by α in every turn of the innermost loop, and with each turn all of the sum
/// so far: the first product ends with αᵏ. When is the time for α?
pub mod alpha_in_every_turn {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    wrong_naive!(|alpha, a, b, beta, c, i, j| {
        let kept = if beta == 0.0 { 0.0 } else { beta * c[[i, j]] };
        let products = a.row(i).into_iter().zip(b.column(j)).map(|(a, b)| a * b);
        c[[i, j]] = products.fold(0.0, |sum, product| alpha * (sum + product)) + kept;
    });
}

/// Your `gemm_naive` goes on with the sum of the element before: only the first element starts at 0.
/// Inside which of the loops does a sum begin?
pub mod sum_not_reset {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        let mut sum = 0.0;
        for ((i, j), element) in c.indexed_iter_mut() {
            sum += a.row(i).dot(&b.column(j));
            let kept = if beta == 0.0 { 0.0 } else { beta * *element };
            *element = alpha * sum + kept;
        }
    }
}

/// Your `gemm_naive` scales all of the result by α, C as well. Set A to zeros: then α should have no say
/// in what becomes of C.
pub mod alpha_scales_c {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    wrong_naive!(|alpha, a, b, beta, c, i, j| {
        let kept = if beta == 0.0 { 0.0 } else { beta * c[[i, j]] };
        c[[i, j]] = alpha * (a.row(i).dot(&b.column(j)) + kept);
    });
}

/// Your `gemm_naive` overwrites C with α·A·B, whatever β is. What should be left of the old C when β is
/// 1?
pub mod c_overwritten {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    wrong_naive!(|alpha, a, b, _beta, c, i, j| {
        c[[i, j]] = alpha * a.row(i).dot(&b.column(j));
    });
}

/// Your `gemm_naive` adds the product to C, whatever β is. That is right for β = 1 alone. Which part of
/// the old C is to stay?
pub mod c_accumulated {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    wrong_naive!(|alpha, a, b, _beta, c, i, j| {
        c[[i, j]] += alpha * a.row(i).dot(&b.column(j));
    });
}

/// Your `gemm_naive` takes its operands from memory as if they lay there row by row. A transposed view
/// lies column by column, and a part of a matrix has gaps. Index the view with `a[[i, p]]`: it knows its
/// strides.
pub mod reads_flat_memory {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        let ((m, k), n) = (a.dim(), b.ncols());
        let [flat_a, flat_b] = [a, b].map(|it| it.as_slice_memory_order().unwrap());
        for i in 0..m {
            for j in 0..n {
                let sum: f64 = (0..k).map(|p| flat_a[i * k + p] * flat_b[p * n + j]).sum();
                let kept = if beta == 0.0 { 0.0 } else { beta * c[[i, j]] };
                c[[i, j]] = alpha * sum + kept;
            }
        }
    }
}

/// Your `gemm_naive` leaves C as it is where A and B have no elements. An empty sum is 0, not nothing to
/// do: with k = 0 the formula still says what becomes of C.
pub mod empty_product_skipped {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm_naive(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        if !a.is_empty() && !b.is_empty() {
            ex_1_2::gemm_naive(alpha, a, b, beta, c);
        }
    }
}

/// Your `gemm` leaves β out: C holds α·A·B alone. `dot` knows no C. Which function of ndarray's `linalg`
/// takes α, β and C?
pub mod beta_left_out_of_gemm {
    pub use ex_1_2::*;
    use ndarray::{ArrayView2, ArrayViewMut2};

    pub fn gemm(
        alpha: f64,
        a: &ArrayView2<f64>,
        b: &ArrayView2<f64>,
        _beta: f64,
        c: &mut ArrayViewMut2<f64>,
    ) {
        c.assign(&(alpha * a.dot(b)));
    }
}

/// Your count has the multiplications and no additions. Each turn of the innermost loop does two things
/// to numbers: which?
pub mod additions_not_counted {
    pub use ex_1_2::*;

    pub fn flops(m: usize, n: usize, k: usize) -> usize {
        m * n * k
    }

    pub fn intensity(m: usize, n: usize, k: usize, size: usize, beta: f64) -> f64 {
        flops(m, n, k) as f64 / bytes(m, n, k, size, beta) as f64
    }
}

/// Your count leaves out the first addition of each sum. That is how a person adds on paper. Here, as in
/// the figures that are published for hardware and models, the addition to the 0 at the start counts.
pub mod first_addition_not_counted {
    pub use ex_1_2::*;

    pub fn flops(m: usize, n: usize, k: usize) -> usize {
        m * n * (2 * k).saturating_sub(1)
    }

    pub fn intensity(m: usize, n: usize, k: usize, size: usize, beta: f64) -> f64 {
        flops(m, n, k) as f64 / bytes(m, n, k, size, beta) as f64
    }
}

/// Another number of bytes, and the intensity that follows from it.
macro_rules! wrong_bytes {
    (|$m:ident, $n:ident, $k:ident, $size:ident, $beta:ident| $bytes:expr) => {
        pub fn bytes($m: usize, $n: usize, $k: usize, $size: usize, $beta: f64) -> usize {
            $bytes
        }

        pub fn intensity(m: usize, n: usize, k: usize, size: usize, beta: f64) -> f64 {
            flops(m, n, k) as f64 / bytes(m, n, k, size, beta) as f64
        }
    };
}

/// Your count of bytes has no C in it. The result has to get to memory too.
pub mod bytes_without_c {
    pub use ex_1_2::*;

    wrong_bytes!(|m, n, k, size, _beta| size * (m * k + k * n));
}

/// Your count moves C once, whatever β is. Where β is not 0, what happens to an element of C before its
/// new value can be written?
pub mod c_counted_once {
    pub use ex_1_2::*;

    wrong_bytes!(|m, n, k, size, _beta| size * (m * k + k * n + m * n));
}

/// Your count leaves C out where β is 0. It is not read there: how does the result get to memory?
pub mod c_not_written_where_beta_is_zero {
    pub use ex_1_2::*;

    wrong_bytes!(|m, n, k, size, beta| {
        let c = if beta == 0.0 { 0 } else { 2 * m * n };
        size * (m * k + k * n + c)
    });
}

/// Your count moves C twice, whatever β is. Where β is 0, one of the two is not needed: which?
pub mod c_always_counted_twice {
    pub use ex_1_2::*;

    wrong_bytes!(|m, n, k, size, _beta| size * (m * k + k * n + 2 * m * n));
}

/// Your count has elements where bytes are asked for: the size of an element is not in it.
pub mod elements_counted {
    pub use ex_1_2::*;

    wrong_bytes!(|m, n, k, _size, beta| ex_1_2::bytes(m, n, k, 1, beta));
}

/// Your intensity is upside down: bytes per FLOP. The more is done with each byte, the larger it should
/// be.
pub mod intensity_inverted {
    pub use ex_1_2::*;

    pub fn intensity(m: usize, n: usize, k: usize, size: usize, beta: f64) -> f64 {
        1.0 / ex_1_2::intensity(m, n, k, size, beta)
    }
}

/// Your `contiguous` asks for stride 1 even where there is one element, or none. From which element to
/// which would that stride lead? It may be any number; ndarray writes 0 there.
pub mod lengths_ignored {
    pub use ex_1_2::*;

    pub fn contiguous(_shape: [usize; 2], strides: [isize; 2], axis: usize) -> bool {
        strides[axis] == 1
    }
}

/// Your `contiguous` looks at the second axis, whichever is asked for. That is the contiguous one of a
/// matrix in rows; a transposed view has its strides exchanged.
pub mod rows_assumed {
    pub use ex_1_2::*;

    pub fn contiguous(shape: [usize; 2], strides: [isize; 2], _axis: usize) -> bool {
        ex_1_2::contiguous(shape, strides, 1)
    }
}

/// Your `contiguous` takes the sign off the stride. With stride −1 the elements lie next to each other,
/// but the first one lies last: whoever reads on in memory leaves the view.
pub mod direction_ignored {
    pub use ex_1_2::*;

    pub fn contiguous(shape: [usize; 2], strides: [isize; 2], axis: usize) -> bool {
        ex_1_2::contiguous(shape, strides.map(isize::abs), axis)
    }
}

/// Your walks are those of matrices that lie in memory column by column, as in Fortran. Row by row, the
/// neighbour of an element is in its own row.
pub mod walks_column_by_column {
    pub use ex_1_2::*;

    pub fn walks(order: LoopOrder) -> Walks {
        let turned = |walk| match walk {
            Walk::Stays => Walk::Stays,
            Walk::NextElement => Walk::NextRow,
            Walk::NextRow => Walk::NextElement,
        };
        let Walks { a, b, c } = ex_1_2::walks(order);
        Walks { a: turned(a), b: turned(b), c: turned(c) }
    }
}

/// Your n and k are exchanged. k is the size that A and B share, along which the products are added up.
/// Along what does a neuron add up?
pub mod inner_size_exchanged {
    pub use ex_1_2::*;

    pub fn layer_as_gemm(batch: usize, d_in: usize, d_out: usize) -> (usize, usize, usize) {
        (batch, d_in, d_out)
    }
}
