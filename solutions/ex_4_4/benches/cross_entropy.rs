//! Softmax and cross-entropy beside PyTorch, in f32 on one thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_4
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

use ex_4_4::{cross_entropy, softmax};
use ndarray::Array2;

/// N and V: a batch of a small GPT-2, and one of bytes with some more tokens.
const SHAPES: [(usize, usize); 2] = [(1024, 50_257), (4096, 512)];
const ROUNDS: usize = 9;

/// What is measured, as the script calls it.
const TASKS: [&str; 2] = ["softmax", "cross_entropy"];

const SCRIPT: &str = "
import sys, time, torch
import torch.nn.functional as F
torch.set_num_threads(1)
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

/// PyTorch in a process of its own, which runs a task whenever it is asked.
struct PyTorch {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl PyTorch {
    fn start((rows, classes): (usize, usize)) -> Option<Self> {
        let mut child = Command::new(env::var_os("PYTHON")?)
            .args(["-c", SCRIPT, &rows.to_string(), &classes.to_string()])
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

fn main() {
    println!("| N × V | | solution | PyTorch | PyTorch / solution |\n|---|---|---|---|---|");
    for (rows, classes) in SHAPES {
        let z = Array2::from_shape_fn((rows, classes), |(i, j)| {
            ((i * 31 + j * 17) % 101) as f32 / 20.0 - 2.5
        });
        let targets: Vec<_> = (0..rows).map(|row| row * 7 % classes).collect();
        let mut torch = PyTorch::start((rows, classes));
        for task in TASKS {
            let (mut own, mut theirs) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..ROUNDS {
                own = own.min(match task {
                    "softmax" => seconds(|| softmax(&z)),
                    _ => seconds(|| cross_entropy(&z, &targets)),
                });
                theirs = torch.as_mut().map_or(f64::NAN, |it| it.seconds(task)).min(theirs);
            }
            println!(
                "| {rows} × {classes} | {task} | {:.1} ms | {:.1} ms | {:.2} |",
                1e3 * own,
                1e3 * theirs,
                theirs / own
            );
        }
    }
}
