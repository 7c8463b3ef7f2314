//! Lesson 1.2: GEMM. The brief is in this folder's `README.md`.

use ndarray::{ArrayView2, ArrayViewMut2};

/// An order of the three loops of a matrix product, the outermost first. In C = A·B, i counts the rows
/// of A and C, j the columns of B and C, and p the columns of A and the rows of B.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopOrder {
    /// i, then j, and p innermost.
    Ijp,
    /// i, then p, and j innermost.
    Ipj,
    /// j, then p, and i innermost.
    Jpi,
}

/// Where the next turn of the innermost loop finds its element of a matrix that lies in memory row by
/// row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Where the last turn found it: it is the same element.
    Stays,
    /// Next to the last one in memory.
    NextElement,
    /// A whole row of elements further.
    NextRow,
}

/// How the innermost loop walks through each of the three matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walks {
    /// Through A.
    pub a: Walk,
    /// Through B.
    pub b: Walk,
    /// Through C.
    pub c: Walk,
}

/// An operation on the samples X (B, d), one in each row, and the weights w (d, 1) of one neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// X ∘ wᵀ: each sample times the weights, element by element.
    ElementwiseProduct,
    /// x·w, of one sample and the weights.
    DotProduct,
    /// X·w.
    MatrixProduct,
    /// x⊗w: each input of one sample times each weight.
    OuterProduct,
}

/// C ← α·A·B + β·C by three loops: `a` (m, k), `b` (k, n), `c` (m, n). Where `beta` is 0, what `c` held
/// does not matter. Any size may be 0.
#[allow(unused_variables)]
pub fn gemm_naive(
    alpha: f64,
    a: &ArrayView2<f64>,
    b: &ArrayView2<f64>,
    beta: f64,
    c: &mut ArrayViewMut2<f64>,
) {
    todo!(
        "write one element of C as a sum over p, put loops over i and j around it; what if β is 0?"
    )
}

/// C ← α·A·B + β·C by the library and without a loop, for the same arguments as [`gemm_naive`].
#[allow(unused_variables)]
pub fn gemm(
    alpha: f64,
    a: &ArrayView2<f64>,
    b: &ArrayView2<f64>,
    beta: f64,
    c: &mut ArrayViewMut2<f64>,
) {
    todo!("find the function of `ndarray::linalg` that takes α, A, B, β and C")
}

/// How many FLOPs A·B takes, with `a` (`m`, `k`) and `b` (`k`, `n`): multiplications, and additions to
/// running sums that start at 0. What α and β cost is not counted.
#[allow(unused_variables)]
pub fn flops(m: usize, n: usize, k: usize) -> usize {
    todo!("count what one element of C takes, then the elements")
}

/// How many bytes C ← α·A·B + β·C moves at least, where an element has `size` bytes: each element that
/// is read and each one that is written, once. Where `beta` is 0, C is not read.
#[allow(unused_variables)]
pub fn bytes(m: usize, n: usize, k: usize, size: usize, beta: f64) -> usize {
    todo!("list the matrices that are read and those that are written, each with its size")
}

/// The arithmetic intensity of C ← α·A·B + β·C, in FLOPs per byte. All sizes are at least 1.
#[allow(unused_variables)]
pub fn intensity(m: usize, n: usize, k: usize, size: usize, beta: f64) -> f64 {
    todo!("divide what is done by what is moved")
}

/// True where the elements of a matrix along `axis` (0 or 1) follow each other in memory without a gap,
/// in their order. `strides` are counted in elements. One element, or none, has no gap.
#[allow(unused_variables)]
pub fn contiguous(shape: [usize; 2], strides: [isize; 2], axis: usize) -> bool {
    todo!("how far is it in memory from one element along the axis to the next?")
}

/// Question: how does the innermost loop walk through A, B and C, which lie in memory row by row?
#[allow(unused_variables)]
pub fn walks(order: LoopOrder) -> Walks {
    todo!(
        "for each order, find the innermost index, then ask each matrix what that index does in it"
    )
}

/// Question: which single operation gives the outputs of one neuron for all samples at once?
pub fn all_samples_at_once() -> Operation {
    todo!("answer with a variant of Operation: its result has one number for each row of X")
}

/// Question: the layer Z = X·Wᵀ has `d_out` neurons with `d_in` weights each, and X has `batch` samples.
/// What are m, n and k, as GEMM calls them?
#[allow(unused_variables)]
pub fn layer_as_gemm(batch: usize, d_in: usize, d_out: usize) -> (usize, usize, usize) {
    todo!("write down the shapes of X, Wᵀ and Z: which of their sizes are m, n and k?")
}
