//! The formulas of lesson 1.2.

fn gemm_naive(
    /// α
    alpha: f64,
    A: [f64; (m, k)],
    B: [f64; (k, n)],
    /// β
    beta: f64,
    C: [f64; (m, n)],
) {
    /// new C
    let naive = alpha * A.dot(B) + beta * C;
}

fn gemm(
    /// α
    alpha: f64,
    A: [f64; (m, k)],
    B: [f64; (k, n)],
    /// β
    beta: f64,
    C: [f64; (m, n)],
) {
    /// new C
    let by_library = alpha * A.dot(B) + beta * C;
}

fn flops(m: usize, n: usize, k: usize) {
    /// number of FLOPs
    let flops = 2 * m * n * k;
}

fn bytes(
    m: usize,
    n: usize,
    k: usize,
    /// the size of an element
    size: Whole<1, 16>,
    beta: f64,
) {
    /// number of bytes
    let bytes = size * (m * k + k * n + m * n + m * n * (beta && beta));
}

fn intensity(m: usize, n: usize, k: usize, size: Whole<1, 16>, beta: f64) {
    /// arithmetic intensity
    let intensity = flops / bytes;
}

fn layer_as_gemm(
    /// the number of samples
    batch: Whole<1, 5000>,
    /// d_in
    d_in: Whole<1, 5000>,
    /// d_out
    d_out: Whole<1, 5000>,
) {
    /// m of the layer
    let rows = batch;
    /// n of the layer
    let columns = d_out;
    /// k of the layer
    let inner = d_in;
}
