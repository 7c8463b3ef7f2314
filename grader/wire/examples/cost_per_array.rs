//! What an array costs on its way from one process to the other, encoded and decoded once: as its bytes,
//! and number by number, as a serialised `Vec<f64>` travels. Both take turns in one run.
//!
//! ```text
//! cargo run --package gradlings-wire --example cost_per_array
//! ```

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use gradlings_wire::{
    Value, Wire,
    frame::{self, PREFIX},
};
use ndarray::Array1;

const ROUNDS: usize = 21;

/// Numbers an array, and how often it is sent in one round.
const SIZES: [(usize, usize); 4] = [(1, 10_000), (1_000, 2_000), (100_000, 50), (1_000_000, 5)];

fn main() {
    println!("| numbers | as bytes | number by number | ratio |\n|---|---|---|---|");
    for (length, times) in SIZES {
        let numbers = Array1::from_shape_fn(length, |at| at as f64);
        let (mut bytes, mut one_by_one) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bytes.push(timed(times, || as_bytes(&numbers)));
            one_by_one.push(timed(times, || number_by_number(&numbers)));
        }
        let [bytes, one_by_one] = [bytes, one_by_one].map(median);
        let ratio = bytes.as_secs_f64() / one_by_one.as_secs_f64();
        println!("| {length} | {bytes:.1?} | {one_by_one:.1?} | {ratio:.3} |");
    }
}

fn as_bytes(numbers: &Array1<f64>) -> Array1<f64> {
    let frame = frame::encode(&numbers.clone().into_value()).expect("it is no longer than a frame");
    let value: Value = frame::decode(&frame[PREFIX..]).expect("it was just written");
    Wire::from_value(value).expect("it has the same type")
}

fn number_by_number(numbers: &Array1<f64>) -> Array1<f64> {
    let numbers: Vec<f64> = numbers.iter().copied().collect();
    let body = postcard::to_stdvec(&numbers).expect("there is memory");
    let numbers: Vec<f64> = postcard::from_bytes(&body).expect("it was just written");
    Array1::from(numbers)
}

/// The time of one call.
fn timed(times: usize, mut run: impl FnMut() -> Array1<f64>) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(run());
    }
    start.elapsed() / times as u32
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
