//! GELU, its tanh form and SiLU of a million numbers beside the same by the standard library, one number after the
//! other, and beside PyTorch, in f32 on one thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_3
//! ```
//!
//! Solution and PyTorch take turns, and the fastest of all rounds is told. `PYTHON` is an interpreter that has PyTorch;
//! without it PyTorch is left out.

use correct::{by_sigmoid, in_place, whole_arrays};
use ex_4_3::{gelu, gelu_backward, gelu_tanh, gelu_tanh_backward, silu, silu_backward};
use ndarray::Array2;
use rival::{Rival, fastest, keep_memory, print_row};

#[allow(dead_code, unused_imports, reason = "a benchmark needs a part of it")]
#[path = "../correct.rs"]
mod correct;
#[path = "../../rival.rs"]
mod rival;

const SHAPE: (usize, usize) = (1000, 1000);
const ROUNDS: usize = 51;

type Forward = fn(&Array2<f32>) -> Array2<f32>;
type Backward = fn(&Array2<f32>, &Array2<f32>) -> Array2<f32>;

/// An activation in two ways: the solution's, and by the standard library.
struct Activation {
    /// What the script calls it.
    name: &'static str,
    forward: [Forward; 2],
    backward: [Backward; 2],
}

const ALL: [Activation; 3] = [
    Activation {
        name: "gelu",
        forward: [gelu, whole_arrays::gelu],
        backward: [gelu_backward, whole_arrays::gelu_backward],
    },
    Activation {
        name: "gelu_tanh",
        forward: [gelu_tanh, by_sigmoid::gelu_tanh],
        backward: [gelu_tanh_backward, by_sigmoid::gelu_tanh_backward],
    },
    Activation {
        name: "silu",
        forward: [silu, in_place::silu],
        backward: [silu_backward, in_place::silu_backward],
    },
];

const SCRIPT: &str = "
import sys, time, torch
import torch.nn.functional as F
torch.set_num_threads(1)
torch.ones(31 << 20, dtype=torch.uint8)
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
fn compare<T>(task: &str, torch: &mut Option<Rival>, runs: [&dyn Fn() -> T; 2]) {
    let times = fastest(ROUNDS, runs[0], torch, task);
    let [std, _] = fastest(ROUNDS, runs[1], &mut None, task);
    print_row(&format!("{task} | {:.2} ms", 1e3 * std), times);
}

fn main() {
    keep_memory();
    println!("| | by std | solution | PyTorch | PyTorch / solution |\n|---|---|---|---|---|");
    let number = |(i, j): (usize, usize)| ((i * 31 + j * 17) % 101) as f32 / 20.0 - 2.5;
    let z = Array2::from_shape_fn(SHAPE, number);
    let mut torch = Rival::start(SCRIPT, &[""; 0], 1);
    for Activation { name, forward, backward } in ALL {
        compare(name, &mut torch, [&|| forward[0](&z), &|| forward[1](&z)]);
        let name = format!("{name}_backward");
        compare(&name, &mut torch, [&|| backward[0](&z, &z), &|| backward[1](&z, &z)]);
    }
}
