//! GELU, its tanh form and SiLU of a million numbers beside PyTorch, in f32 on one thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_3
//! ```
//!
//! The two take turns, and the fastest of all rounds is told. `PYTHON` is an interpreter that has PyTorch;
//! without it PyTorch is left out.

use ex_4_3::{gelu, gelu_backward, gelu_tanh, gelu_tanh_backward, silu, silu_backward};
use ndarray::Array2;
use rival::{Rival, fastest, print_row};

#[path = "../../rival.rs"]
mod rival;

const SHAPE: (usize, usize) = (1000, 1000);
const ROUNDS: usize = 15;

type Forward = fn(&Array2<f32>) -> Array2<f32>;
type Backward = fn(&Array2<f32>, &Array2<f32>) -> Array2<f32>;

/// The functions, and what the script calls them.
const ALL: [(&str, Forward, Backward); 3] = [
    ("gelu", gelu, gelu_backward),
    ("gelu_tanh", gelu_tanh, gelu_tanh_backward),
    ("silu", silu, silu_backward),
];

const SCRIPT: &str = "
import sys, time, torch
import torch.nn.functional as F
torch.set_num_threads(1)
z = torch.randn(1000, 1000)
dy = torch.randn(1000, 1000)
back = torch.ops.aten
tasks = {
    'gelu': lambda: F.gelu(z),
    'gelu_backward': lambda: back.gelu_backward(dy, z),
    'gelu_tanh': lambda: F.gelu(z, approximate='tanh'),
    'gelu_tanh_backward': lambda: back.gelu_backward(dy, z, approximate='tanh'),
    'silu': lambda: F.silu(z),
    'silu_backward': lambda: back.silu_backward(dy, z),
}
for line in sys.stdin:
    run = tasks[line.strip()]
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
";

/// Prints one row of the table.
fn compare<T>(task: &str, torch: &mut Option<Rival>, run: impl Fn() -> T) {
    print_row(task, fastest(ROUNDS, run, torch, task));
}

fn main() {
    println!("| | solution | PyTorch | PyTorch / solution |\n|---|---|---|---|");
    let number = |(i, j): (usize, usize)| ((i * 31 + j * 17) % 101) as f32 / 20.0 - 2.5;
    let z = Array2::from_shape_fn(SHAPE, number);
    let mut torch = Rival::start(SCRIPT, &[""; 0], 1);
    for (name, forward, backward) in ALL {
        compare(name, &mut torch, || forward(&z));
        compare(&format!("{name}_backward"), &mut torch, || backward(&z, &z));
    }
}
