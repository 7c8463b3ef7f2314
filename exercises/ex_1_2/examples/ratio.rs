//! How much faster the library's product is than three loops, in this build on this machine:
//! `cargo run --release -p ex_1_2 --example ratio`.

use std::{hint::black_box, time::Instant};

use ex_1_2::{flops, gemm, gemm_naive};
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

type Gemm = fn(f64, &ArrayView2<f64>, &ArrayView2<f64>, f64, &mut ArrayViewMut2<f64>);

/// How often each product is measured; the fastest counts.
const RUNS: usize = 3;

fn main() {
    println!("{:>6} {:>16} {:>16} {:>8}", "n", "gemm_naive", "gemm", "ratio");
    for n in [64, 256, 512] {
        let [naive, library] = [gemm_naive, gemm].map(|gemm: Gemm| fastest(gemm, n));
        let speed = |seconds: f64| format!("{:.2} GFLOP/s", flops(n, n, n) as f64 / seconds / 1e9);
        println!("{n:>6} {:>16} {:>16} {:>8.1}", speed(naive), speed(library), naive / library);
    }
}

/// The shortest time, in seconds, that the product of two square matrices of n rows takes.
fn fastest(gemm: Gemm, n: usize) -> f64 {
    let a = Array2::from_shape_fn((n, n), |(i, j)| ((37 * i + 11 * j) % 41) as f64 / 20.0 - 1.0);
    let mut c = Array2::zeros((n, n));
    let mut run = || {
        let start = Instant::now();
        gemm(1.0, &black_box(&a).view(), &a.view(), 0.0, &mut c.view_mut());
        black_box(&c);
        start.elapsed().as_secs_f64()
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}
