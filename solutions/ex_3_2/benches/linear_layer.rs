//! The linear layer beside raw cblas and NumPy: forward, dL/dX, dL/dW and dL/db, on OpenBLAS.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_3_2 --features openblas
//! ```
//!
//! The rivals take turns, and medians are told. Raw cblas writes into buffers that it keeps; the layer
//! returns new arrays, once as malloc serves them by default and once with memory that malloc keeps.
//! Without `PYTHON`, an interpreter that has NumPy, NumPy is left out.
#![allow(unsafe_code)]

use std::{hint::black_box, time::Instant};

use ex_3_2::{backward_bias, backward_input, backward_weight, forward};
use ndarray::{Array1, Array2, Axis, LinalgScalar, linalg::general_mat_mul};
use rival::{Rival, median};

#[path = "../../rival.rs"]
mod rival;

/// B, d_in, d_out.
type Sizes = (usize, usize, usize);

const SHAPES: [Sizes; 2] = [(512, 1024, 1024), (32, 768, 3072)];
const ROUNDS: usize = 41;

const ROW_MAJOR: i32 = 101;
const NO_TRANS: i32 = 111;
const TRANS: i32 = 112;

#[link(name = "openblas")]
unsafe extern "C" {
    fn openblas_set_num_threads(threads: i32);
    fn cblas_dgemm(
        order: i32,
        ta: i32,
        tb: i32,
        m: i32,
        n: i32,
        k: i32,
        alpha: f64,
        a: *const f64,
        lda: i32,
        b: *const f64,
        ldb: i32,
        beta: f64,
        c: *mut f64,
        ldc: i32,
    );
    fn cblas_sgemm(
        order: i32,
        ta: i32,
        tb: i32,
        m: i32,
        n: i32,
        k: i32,
        alpha: f32,
        a: *const f32,
        lda: i32,
        b: *const f32,
        ldb: i32,
        beta: f32,
        c: *mut f32,
        ldc: i32,
    );
}

/// A precision, with its GEMM of row-major matrices and its layer.
trait Precision: LinalgScalar + Into<f64> {
    const NAME: &str;

    fn of(number: f64) -> Self;

    /// C ← op(A)·op(B) + βC, where C is `m` by `n`, over `k` terms.
    fn gemm(sizes: [usize; 3], a: (&[Self], bool), b: (&[Self], bool), beta: Self, c: &mut [Self]);

    fn layer(layer: &Layer<Self>) -> Results<Self>;
}

/// Z, dL/dX, dL/dW and dL/db.
type Results<F> = (Array2<F>, Array2<F>, Array2<F>, Array1<F>);

macro_rules! gemm {
    ($gemm:ident) => {
        fn gemm(
            [m, n, k]: [usize; 3],
            (a, ta): (&[Self], bool),
            (b, tb): (&[Self], bool),
            beta: Self,
            c: &mut [Self],
        ) {
            assert_eq!([a.len(), b.len(), c.len()], [m * k, k * n, m * n]);
            let op = |transposed: bool| if transposed { TRANS } else { NO_TRANS };
            let (lda, ldb) = (if ta { m } else { k }, if tb { k } else { n });
            let [m, n, k, lda, ldb] = [m, n, k, lda, ldb].map(|size| size as i32);
            // SAFETY: the matrices have the sizes that are claimed, and none overlaps `c`.
            unsafe {
                $gemm(
                    ROW_MAJOR,
                    op(ta),
                    op(tb),
                    m,
                    n,
                    k,
                    1.0,
                    a.as_ptr(),
                    lda,
                    b.as_ptr(),
                    ldb,
                    beta,
                    c.as_mut_ptr(),
                    n,
                );
            }
        }
    };
}

impl Precision for f64 {
    const NAME: &str = "f64";

    gemm!(cblas_dgemm);

    fn of(number: f64) -> Self {
        number
    }

    fn layer(Layer { x, w, b, dz }: &Layer<Self>) -> Results<Self> {
        (forward(x, w, b), backward_input(dz, w), backward_weight(dz, x), backward_bias(dz))
    }
}

impl Precision for f32 {
    const NAME: &str = "f32";

    gemm!(cblas_sgemm);

    fn of(number: f64) -> Self {
        number as Self
    }

    /// The steps of the solution, which is written for `f64`.
    fn layer(Layer { x, w, b, dz }: &Layer<Self>) -> Results<Self> {
        let mut z = Array2::zeros((x.nrows(), w.nrows())) + b;
        general_mat_mul(1.0, x, &w.t(), 1.0, &mut z);
        let mut dx = Array2::zeros(x.dim());
        general_mat_mul(1.0, dz, w, 0.0, &mut dx);
        let mut dw = Array2::zeros(w.dim());
        general_mat_mul(1.0, &dz.t(), x, 0.0, &mut dw);
        (z, dx, dw, dz.sum_axis(Axis(0)))
    }
}

struct Layer<F> {
    x: Array2<F>,
    w: Array2<F>,
    b: Array1<F>,
    dz: Array2<F>,
}

impl<F: Precision> Layer<F> {
    fn new((samples, d_in, d_out): Sizes) -> Self {
        let number = |(i, k): (usize, usize)| F::of(((i * 31 + k * 17) % 101) as f64 / 101.0 - 0.5);
        Self {
            x: Array2::from_shape_fn((samples, d_in), number),
            w: Array2::from_shape_fn((d_out, d_in), number),
            b: Array1::from_shape_fn(d_out, |j| number((0, j))),
            dz: Array2::from_shape_fn((samples, d_out), number),
        }
    }

    fn sizes(&self) -> Sizes {
        (self.x.nrows(), self.x.ncols(), self.w.nrows())
    }
}

/// The same with cblas, into buffers that are kept.
struct Raw<F> {
    z: Vec<F>,
    dx: Vec<F>,
    dw: Vec<F>,
    db: Vec<F>,
}

impl<F: Precision> Raw<F> {
    fn new((samples, d_in, d_out): Sizes) -> Self {
        let zeros = |length| vec![F::zero(); length];
        Self {
            z: zeros(samples * d_out),
            dx: zeros(samples * d_in),
            dw: zeros(d_out * d_in),
            db: zeros(d_out),
        }
    }

    fn run(&mut self, layer: &Layer<F>) {
        let (samples, d_in, d_out) = layer.sizes();
        let [x, w, dz] = [&layer.x, &layer.w, &layer.dz].map(|it| it.as_slice().unwrap());
        let b = layer.b.as_slice().unwrap();
        self.z.chunks_exact_mut(d_out).for_each(|row| row.copy_from_slice(b));
        F::gemm([samples, d_out, d_in], (x, false), (w, true), F::one(), &mut self.z);
        F::gemm([samples, d_in, d_out], (dz, false), (w, false), F::zero(), &mut self.dx);
        F::gemm([d_out, d_in, samples], (dz, true), (x, false), F::zero(), &mut self.dw);
        self.db.fill(F::zero());
        for row in dz.chunks_exact(d_out) {
            self.db.iter_mut().zip(row).for_each(|(db, dz)| *db = *db + *dz);
        }
    }

    /// The same results as the layer's, or there is nothing to compare.
    fn agrees(&self, (z, dx, dw, db): &Results<F>) -> bool {
        let pairs = [(&self.z, z), (&self.dx, dx), (&self.dw, dw)];
        let near = |raw: &F, it: &F| ((*raw).into() - (*it).into()).abs() <= 1e-2;
        let all = |raw: &[F], it: &mut dyn Iterator<Item = &F>| {
            raw.iter().zip(it).all(|(raw, it)| near(raw, it))
        };
        pairs.iter().all(|(raw, it)| raw.len() == it.len() && all(raw, &mut it.iter()))
            && all(&self.db, &mut db.iter())
    }
}

/// NumPy, which runs a round whenever it is asked.
const SCRIPT: &str = "
import sys, time, numpy as np
dtype, B, n, m = sys.argv[1], *map(int, sys.argv[2:])
x, w, dz = (np.full(s, 0.25, dtype) for s in ((B, n), (m, n), (B, m)))
b = np.zeros(m, dtype)
for _ in sys.stdin:
    start = time.perf_counter()
    z = x @ w.T + b; dx = dz @ w; dw = dz.T @ x; db = dz.sum(axis=0)
    print(time.perf_counter() - start, flush=True)
";

fn numpy(dtype: &str, (samples, d_in, d_out): Sizes, threads: i32) -> Option<Rival> {
    let dtype = if dtype == "f32" { "float32" } else { "float64" };
    let [samples, d_in, d_out] = [samples, d_in, d_out].map(|size| size.to_string());
    Rival::start(SCRIPT, &[dtype, &samples, &d_in, &d_out], threads)
}

/// Whether malloc keeps the memory of large arrays that were dropped, or gives it back.
fn keep_memory(keep: bool) {
    #[cfg(target_env = "gnu")]
    {
        const TRIM_THRESHOLD: i32 = -1;
        const MMAP_THRESHOLD: i32 = -3;
        const DEFAULT: i32 = 128 << 10;
        unsafe extern "C" {
            fn mallopt(parameter: i32, value: i32) -> i32;
        }
        // SAFETY: both are settings of malloc, and the values are in their range.
        unsafe {
            mallopt(MMAP_THRESHOLD, if keep { 32 << 20 } else { DEFAULT });
            mallopt(TRIM_THRESHOLD, if keep { i32::MAX } else { DEFAULT });
        }
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = keep;
}

fn seconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

/// Prints one row of the table.
fn compare<F: Precision>(sizes: Sizes, threads: i32) {
    // SAFETY: no product runs meanwhile.
    unsafe { openblas_set_num_threads(threads) };
    let layer = Layer::<F>::new(sizes);
    let mut raw = Raw::new(sizes);
    let mut numpy = numpy(F::NAME, sizes, threads);
    raw.run(&layer);
    assert!(raw.agrees(&F::layer(&layer)), "the rivals compute different things");
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(seconds(|| raw.run(&layer)));
        for (at, keep) in [(1, true), (2, false)] {
            keep_memory(keep);
            // What the setting finds in use, or has to map first, is not measured.
            drop(F::layer(&layer));
            times[at].push(seconds(|| drop(black_box(F::layer(&layer)))));
        }
        times[3].extend(numpy.as_mut().map(|it| it.seconds("")));
    }
    let (samples, d_in, d_out) = sizes;
    let operations = 6.0 * (samples * d_in * d_out) as f64;
    let speed = |times: &Vec<f64>| operations / median(times.clone()) / 1e9;
    let [raw, kept, default] = [0, 1, 2].map(|at| speed(&times[at]));
    let numpy = speed(&times[3]);
    println!(
        "| {samples}×{d_in}→{d_out}, {}, {threads} | {raw:.0} | {kept:.0} | {:.2} | {default:.0} | {:.2} | \
         {numpy:.0} | {:.2} |",
        F::NAME,
        kept / raw,
        default / raw,
        kept / numpy,
    );
}

fn main() {
    println!(
        "GFLOP/s of the three products\n\n\
         | shape, precision, threads | cblas | layer | of cblas | malloc's default | of cblas | NumPy | layer of NumPy |\n\
         |---|---|---|---|---|---|---|---|"
    );
    for sizes in SHAPES {
        for threads in [1, 2] {
            compare::<f64>(sizes, threads);
            compare::<f32>(sizes, threads);
        }
    }
}
