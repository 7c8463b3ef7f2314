//! How long the check of a tanh layer takes, beside a plain loop of central differences.
//!
//! ```sh
//! cargo run --release -p gradcheck --features parallel --example speed
//! ```

use std::time::Instant;

use gradcheck::{Checker, Report, check_loss, random};
use ndarray::Array2;

/// How often each is timed; the median counts.
const ROUNDS: usize = 5;

/// The loss Σ R∘tanh(X·Wᵀ) of a batch of four, and its gradient in W.
struct Layer {
    x: Array2<f64>,
    r: Array2<f64>,
    w: Array2<f64>,
}

impl Layer {
    fn new(out: usize, input: usize) -> Self {
        let w = random::<f64, _>((out, input), 3) / (input as f64).sqrt();
        Self { x: random((4, input), 1), r: random((4, out), 2), w }
    }

    fn loss(&self, w: &Array2<f64>) -> f64 {
        (&self.r * &self.x.dot(&w.t()).mapv(f64::tanh)).sum()
    }

    fn gradient(&self) -> Array2<f64> {
        let dz = &self.r * &self.x.dot(&self.w.t()).mapv(|z| 1.0 - z.tanh().powi(2));
        dz.t().dot(&self.x)
    }

    fn check(&self, gradient: &Array2<f64>) -> Report {
        check_loss(("W", &self.w, gradient), |w| self.loss(w))
    }

    fn check_parallel(&self, gradient: &Array2<f64>) -> Report {
        Checker::new().parallel().check_loss(("W", &self.w, gradient), |w| self.loss(w))
    }
}

/// The rival: two forward passes a coordinate, one step, one tolerance, no bound.
fn plain_loop(layer: &Layer) -> usize {
    let (mut w, gradient, h) = (layer.w.clone(), layer.gradient(), 1e-5);
    for (index, analytic) in gradient.indexed_iter() {
        let index = [index.0, index.1];
        let mut loss = |by: f64| {
            w[index] = layer.w[index] + by;
            layer.loss(&w)
        };
        let numeric = (loss(h) - loss(-h)) / (2.0 * h);
        assert!((analytic - numeric).abs() <= 1e-6, "{analytic} is not {numeric}");
        w[index] = layer.w[index];
    }
    2 * gradient.len()
}

/// The median time, and what was done.
fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let done = work();
            (start.elapsed().as_secs_f64(), done)
        })
        .collect();
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    rounds.swap_remove(ROUNDS / 2)
}

fn passed(report: Report) -> usize {
    report.assert();
    report.forward_passes()
}

fn row(name: &str, passes: usize, time: f64, plain: f64) {
    println!("| {name} | {passes} | {time:.3} s | {:.2} |", time / plain);
}

fn main() {
    println!("| 10 × 768 = 7,680 parameters | forward passes | time | ratio |\n|---|---|---|---|");
    let layer = Layer::new(10, 768);
    let (plain, passes) = timed(|| plain_loop(&layer));
    row("plain loop", passes, plain, plain);
    let (time, passes) = timed(|| passed(layer.check(&layer.gradient())));
    row("`check`", passes, time, plain);
    let (time, passes) = timed(|| passed(layer.check_parallel(&layer.gradient())));
    row("on all cores", passes, time, plain);

    println!("\n| 1000 × 1000 = 10⁶ parameters | forward passes | time |\n|---|---|---|");
    let layer = Layer::new(1000, 1000);
    let (time, passes) = timed(|| passed(layer.check(&layer.gradient())));
    println!("| `check`, right | {passes} | {time:.2} s |");
    let mut wrong = layer.gradient();
    wrong[[123, 456]] += 1e-3;
    let (time, report) = timed(|| layer.check(&wrong));
    let found = report.failures().map(|it| format!("{:?}", it.index)).collect::<Vec<_>>();
    let (passes, found) = (report.forward_passes(), found.join(", "));
    println!("| `check`, wrong at [123, 456]; found {found} | {passes} | {time:.2} s |");
}
