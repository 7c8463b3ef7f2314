//! A step of AdamW on ten million parameters beside PyTorch, in f32 on one thread.
//!
//! ```sh
//! PYTHON=python3 cargo bench --package solution_ex_4_2
//! ```
//!
//! The two take turns, and the fastest of all rounds is told. `PYTHON` is an interpreter that has PyTorch;
//! without it PyTorch is left out.

use std::cell::RefCell;

use ex_4_2::{AdamW, Moments, adamw_step, zeros_like};
use ndarray::{ArrayD, IxDyn};
use rival::{Rival, fastest, print_row};

#[path = "../../rival.rs"]
mod rival;

/// Ten tensors of a million parameters each.
const TENSORS: usize = 10;
const SHAPE: [usize; 2] = [1000, 1000];
const ROUNDS: usize = 15;

const SCRIPT: &str = "
import sys, time, torch
torch.set_num_threads(1)
w = [torch.randn(1000, 1000, requires_grad=True) for _ in range(10)]
for it in w:
    it.grad = torch.randn(1000, 1000)
settings = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
plain = torch.optim.AdamW(w, foreach=False, **settings)
fused = torch.optim.AdamW(w, fused=True, **settings)
tasks = {
    'adamw': plain.step,
    'adamw, fused': fused.step,
}
for line in sys.stdin:
    run = tasks[line.strip()]
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
";

fn tensors(shift: usize) -> Vec<ArrayD<f32>> {
    let tensor = |tensor| {
        let number = |place: IxDyn| ((place[0] * 31 + place[1] * 17 + tensor + shift) % 101) as f32;
        ArrayD::from_shape_fn(IxDyn(&SHAPE), |place| number(place) / 50.0 - 1.0)
    };
    (0..TENSORS).map(tensor).collect()
}

fn main() {
    println!("| | solution | PyTorch | PyTorch / solution |\n|---|---|---|---|");
    let (parameters, gradients) = (tensors(0), tensors(7));
    let views: Vec<_> = parameters.iter().map(|it| it.view()).collect();
    let moments = Moments { steps: 0, m: zeros_like(&views), s: zeros_like(&views) };
    drop(views);
    let settings = AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 };
    let mut torch = Rival::start(SCRIPT, &[""; 0], 1);
    let mut compare = |task: &str, run: &dyn Fn()| {
        print_row(task, fastest(ROUNDS, run, &mut torch, task));
    };
    let state = RefCell::new((parameters, moments));
    let step = || {
        let (parameters, moments) = &mut *state.borrow_mut();
        let parameters = parameters.iter_mut().map(|it| it.view_mut()).collect();
        let gradients: Vec<_> = gradients.iter().map(|it| it.view()).collect();
        adamw_step(parameters, &gradients, moments, &settings, 1e-3);
    };
    compare("adamw", &step);
    compare("adamw, fused", &step);
}
