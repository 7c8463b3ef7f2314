//! LayerNorm and RMSNorm, forward and backward, beside the same step by step over whole arrays, and beside PyTorch, in f32
//! on one thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_5
//! ```
//!
//! Solution and PyTorch take turns, and the fastest of all rounds is told. `PYTHON` is an interpreter that has PyTorch;
//! without it PyTorch is left out.

use std::hint::black_box;

use correct::whole_arrays;
use ex_4_5::{layer_norm, layer_norm_backward, rms_norm, rms_norm_backward};
use ndarray::{Array1, Array2};
use rival::{Rival, fastest, keep_memory, print_row};

#[allow(dead_code, unused_imports, reason = "a benchmark needs a part of it")]
#[path = "../correct.rs"]
mod correct;
#[path = "../../rival.rs"]
mod rival;

/// N and D: 4096 tokens of the small GPT-2.
const SHAPE: (usize, usize) = (4096, 768);
const ROUNDS: usize = 25;
const EPS: f32 = 1e-5;

const SCRIPT: &str = "
import sys, time, torch
import torch.nn.functional as F
torch.set_num_threads(1)
torch.ones(31 << 20, dtype=torch.uint8)
n, d = int(sys.argv[1]), int(sys.argv[2])
x = torch.randn(n, d, requires_grad=True)
gamma, beta = [torch.randn(d, requires_grad=True) for _ in range(2)]
dy = torch.randn(n, d)
def forward_and_backward(norm):
    for it in (x, gamma, beta):
        it.grad = None
    norm().backward(dy)
def layer_norm():
    forward_and_backward(lambda: F.layer_norm(x, (d,), gamma, beta, 1e-5))
def rms_norm():
    forward_and_backward(lambda: F.rms_norm(x, (d,), gamma, 1e-5))
for line in sys.stdin:
    run = globals()[line.strip()]
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
";

fn main() {
    keep_memory();
    let (rows, width) = SHAPE;
    let numbers = |factor: usize| {
        let number = |(i, j)| ((i * factor + j * 17) % 101) as f32 / 20.0 - 2.5;
        Array2::from_shape_fn(SHAPE, number)
    };
    let (x, dy) = (numbers(31), numbers(7));
    let [gamma, beta] = [0.1, 0.2].map(|step| Array1::linspace(-1.0_f32, 1.0 + step, width));
    let mut torch = Rival::start(SCRIPT, &[rows, width].map(|size| size.to_string()), 1);
    println!("| {rows} × {width} | whole arrays | solution | PyTorch | PyTorch / solution |");
    println!("|---|---|---|---|---|");
    let mut compare = |task: &str, [own, whole]: [&dyn Fn(); 2]| {
        let times = fastest(ROUNDS, own, &mut torch, task);
        let [whole, _] = fastest(ROUNDS, whole, &mut None, task);
        print_row(&format!("`{task}` | {:.2} ms", 1e3 * whole), times);
    };
    let own = || {
        let (y, cache) = layer_norm(&x, &gamma, &beta, EPS);
        drop(black_box((y, layer_norm_backward(&dy, &cache, &gamma))));
    };
    let whole = || {
        let (y, cache) = whole_arrays::layer_norm(&x, &gamma, &beta, EPS);
        drop(black_box((y, whole_arrays::layer_norm_backward(&dy, &cache, &gamma))));
    };
    compare("layer_norm", [&own, &whole]);
    let own = || {
        let (y, cache) = rms_norm(&x, &gamma, EPS);
        drop(black_box((y, rms_norm_backward(&dy, &cache, &gamma))));
    };
    let whole = || {
        let (y, cache) = whole_arrays::rms_norm(&x, &gamma, EPS);
        drop(black_box((y, whole_arrays::rms_norm_backward(&dy, &cache, &gamma))));
    };
    compare("rms_norm", [&own, &whole]);
}
