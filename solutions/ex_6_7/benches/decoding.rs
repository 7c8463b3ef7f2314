//! The time of one token more, with a cache and without, in f32 on one thread.
//!
//! ```sh
//! OPENBLAS_NUM_THREADS=1 cargo bench --package solution_ex_6_7
//! ```
//!
//! Medians over several texts. The sizes are those of a small model that two cores train in minutes.

use std::{hint::black_box, time::Instant};

use ex_6_4::{Config, Model, Style, forward, parameters, tensors_mut, zeros};
use ex_6_7::{empty_cache, prefill, step};
use gradcheck::random;
use ndarray::{Array2, ArrayD};
use rival::median;

#[path = "../../rival.rs"]
mod rival;

const CONFIG: Config = Config {
    vocabulary: 512,
    context: 256,
    width: 128,
    heads: 4,
    kv_heads: 4,
    hidden: 352,
    layers: 4,
    style: Style::Llama,
    rope_base: 1e4,
    epsilon: 1e-5,
};

/// Behind so many tokens the time is told.
const BEHIND: [usize; 3] = [10, 100, 200];
const TEXTS: usize = 9;

fn model() -> Model<f32> {
    let mut model = zeros(&CONFIG);
    for (seed, (_, mut view)) in tensors_mut(&mut model).into_iter().enumerate() {
        let numbers: ArrayD<f32> = random(view.raw_dim(), seed as u64);
        view.assign(&(numbers / 10.0));
    }
    model
}

fn seconds<T>(of: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(of());
    start.elapsed().as_secs_f64()
}

/// The time of a step behind so many tokens, each of which was a step as well.
fn with_cache(model: &Model<f32>) -> [f64; BEHIND.len()] {
    let mut times = vec![Vec::new(); CONFIG.context];
    for text in 0..TEXTS {
        let mut cache = empty_cache(&CONFIG);
        for (at, times) in times.iter_mut().enumerate() {
            let id = (31 * at + text) % CONFIG.vocabulary;
            times.push(seconds(|| step(model, &CONFIG, id, &mut cache)));
        }
    }
    // Neighbours are as good as a further text, and there are more of them.
    BEHIND.map(|at| median(times[at - 5..=at + 5].concat()))
}

fn ids(length: usize) -> Vec<usize> {
    (0..length).map(|at| 31 * at % CONFIG.vocabulary).collect()
}

fn without(model: &Model<f32>, behind: usize) -> f64 {
    let ids = Array2::from_shape_vec((1, behind + 1), ids(behind + 1)).expect("as many ids");
    median((0..TEXTS).map(|_| seconds(|| forward(model, &CONFIG, &ids))).collect())
}

fn prompt(model: &Model<f32>, length: usize) -> f64 {
    let ids = ids(length);
    let once = || seconds(|| prefill(model, &CONFIG, &ids, &mut empty_cache(&CONFIG)));
    median((0..TEXTS).map(|_| once()).collect())
}

fn main() {
    let model = model();
    println!("{} parameters\n", parameters(&CONFIG));
    println!("| tokens before | step | without a cache | prompt, a token |\n|---|---|---|---|");
    let steps = with_cache(&model);
    for (behind, step) in BEHIND.into_iter().zip(steps) {
        let a_token = prompt(&model, behind) / behind as f64;
        let [step, without, a_token] =
            [step, without(&model, behind), a_token].map(|it| format!("{:.3} ms", 1e3 * it));
        println!("| {behind} | {step} | {without} | {a_token} |");
    }
    println!("\ntoken {} / token {}: {:.2}", BEHIND[2], BEHIND[1], steps[2] / steps[1]);
}
