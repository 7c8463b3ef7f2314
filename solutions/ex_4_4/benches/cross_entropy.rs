//! Softmax and cross-entropy beside the same with the standard library's exponential, and beside PyTorch, in f32 on one
//! thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_4
//! ```
//!
//! Solution and PyTorch take turns, and the fastest of all rounds is told. `PYTHON` is an interpreter that has PyTorch;
//! without it PyTorch is left out.

use std::hint::black_box;

use correct::whole_arrays;
use ex_4_4::{cross_entropy, softmax};
use ndarray::Array2;
use rival::{Rival, fastest, keep_memory, print_row};

#[allow(dead_code, unused_imports, reason = "a benchmark needs a part of it")]
#[path = "../correct.rs"]
mod correct;
#[path = "../../rival.rs"]
mod rival;

/// N and V: a batch of a small GPT-2, and one of bytes with some more tokens.
const SHAPES: [(usize, usize); 2] = [(1024, 50_257), (4096, 512)];
const ROUNDS: usize = 15;

const SCRIPT: &str = "
import sys, time, torch
import torch.nn.functional as F
torch.set_num_threads(1)
torch.ones(31 << 20, dtype=torch.uint8)
n, v = int(sys.argv[1]), int(sys.argv[2])
z = torch.randn(n, v, requires_grad=True)
y = torch.randint(0, v, (n,))
def softmax():
    with torch.no_grad():
        torch.softmax(z, 1)
def cross_entropy():
    z.grad = None
    F.cross_entropy(z, y).backward()
for line in sys.stdin:
    run = globals()[line.strip()]
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
";

fn main() {
    keep_memory();
    println!(
        "| N × V | | by std | solution | PyTorch | PyTorch / solution |\n|---|---|---|---|---|---|"
    );
    for (rows, classes) in SHAPES {
        let z = Array2::from_shape_fn((rows, classes), |(i, j)| {
            ((i * 31 + j * 17) % 101) as f32 / 20.0 - 2.5
        });
        let targets: Vec<_> = (0..rows).map(|row| row * 7 % classes).collect();
        let mut torch = Rival::start(SCRIPT, &[rows, classes].map(|size| size.to_string()), 1);
        let mut compare = |task: &str, [own, std]: [&dyn Fn(); 2]| {
            let times = fastest(ROUNDS, own, &mut torch, task);
            let [std, _] = fastest(ROUNDS, std, &mut None, task);
            print_row(&format!("{rows} × {classes} | {task} | {:.2} ms", 1e3 * std), times);
        };
        let std = || drop(black_box(whole_arrays::softmax(&z)));
        compare("softmax", [&|| drop(black_box(softmax(&z))), &std]);
        let std = || drop(black_box(whole_arrays::cross_entropy(&z, &targets)));
        compare("cross_entropy", [&|| drop(black_box(cross_entropy(&z, &targets))), &std]);
    }
}
