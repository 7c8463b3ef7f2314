//! GELU, its tanh form and SiLU of a million numbers beside PyTorch, in f32 on one thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_3
//! ```
//!
//! The two take turns, and the fastest of all rounds is told. `PYTHON` is an interpreter that has PyTorch;
//! without it PyTorch is left out.

use std::{
    env,
    hint::black_box,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use ex_4_3::{gelu, gelu_backward, gelu_tanh, gelu_tanh_backward, silu, silu_backward};
use ndarray::Array2;

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

/// PyTorch in a process of its own, which runs a task whenever it is asked.
struct PyTorch {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl PyTorch {
    fn start() -> Option<Self> {
        let mut child = Command::new(env::var_os("PYTHON")?)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("PYTHON names an interpreter");
        let asks = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Some(Self { child, asks, answers })
    }

    fn seconds(&mut self, task: &str) -> f64 {
        writeln!(self.asks, "{task}").expect("PyTorch is installed there");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers in text");
        line.trim().parse().expect("PyTorch is installed there")
    }
}

impl Drop for PyTorch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn seconds<T>(run: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    let result = black_box(run());
    let elapsed = start.elapsed().as_secs_f64();
    drop(result);
    elapsed
}

/// Prints one row of the table.
fn compare<T>(task: &str, torch: &mut Option<PyTorch>, run: impl Fn() -> T) {
    let (mut own, mut theirs) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        own = own.min(seconds(&run));
        theirs = torch.as_mut().map_or(f64::NAN, |it| it.seconds(task)).min(theirs);
    }
    println!("| {task} | {:.2} ms | {:.2} ms | {:.2} |", 1e3 * own, 1e3 * theirs, theirs / own);
}

fn main() {
    println!("| | solution | PyTorch | PyTorch / solution |\n|---|---|---|---|");
    let number = |(i, j): (usize, usize)| ((i * 31 + j * 17) % 101) as f32 / 20.0 - 2.5;
    let z = Array2::from_shape_fn(SHAPE, number);
    let mut torch = PyTorch::start();
    for (name, forward, backward) in ALL {
        compare(name, &mut torch, || forward(&z));
        compare(&format!("{name}_backward"), &mut torch, || backward(&z, &z));
    }
}
