//! Measures what the roofline of a GEMM is drawn from: memory, arithmetic, and a layer with batches of several
//! sizes. Prints the table of docs/performance.md.
//!
//! ```sh
//! cargo run --release --package solution_ex_1_2 --example roofline
//! ```

use std::{hint::black_box, time::Instant};

use ex_1_2::flops;
use ndarray::Array2;

const ROUNDS: usize = 21;
const WIDTH: usize = 2048;
const BATCHES: [usize; 6] = [1, 4, 16, 64, 256, 1024];

/// Seconds of one call: the fastest of [`ROUNDS`].
fn fastest(mut act: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        act();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// GB/s of reading: a sum over more than any cache holds.
fn memory() -> f64 {
    let numbers = vec![1.0_f64; 1 << 26];
    let seconds = fastest(|| {
        // Eight sums at once, so that the additions do not wait for one another.
        let sums = numbers
            .chunks_exact(8)
            .fold([0.0; 8], |sums: [f64; 8], chunk| std::array::from_fn(|at| sums[at] + chunk[at]));
        black_box(sums);
    });
    (numbers.len() * size_of::<f64>()) as f64 / seconds / 1e9
}

fn main() {
    println!("| what | measured |\n|---|---|\n| memory | {:.1} GB/s |", memory());
    let w = Array2::from_elem((WIDTH, WIDTH), 0.5);
    let reached = BATCHES.map(|batch| {
        let x = Array2::from_elem((batch, WIDTH), 0.5);
        let seconds = fastest(|| drop(black_box(x.dot(&w.t()))));
        flops(batch, WIDTH, WIDTH) as f64 / seconds / 1e9
    });
    println!("| peak | {:.1} GFLOP/s |", reached.iter().copied().fold(0.0, f64::max));
    for (batch, reached) in BATCHES.iter().zip(reached) {
        println!("| {batch} × {WIDTH} → {WIDTH}, f64 | {reached:.2} GFLOP/s |");
    }
}
