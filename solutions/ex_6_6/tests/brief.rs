//! The numbers and the Rust that the brief, its page and its derivation show.

use std::{collections::BTreeMap, slice};

use ex_4_2::AdamW;
use ex_5_3::to_bytes;
use ex_6_4::{
    Config, Model, Style, flops_per_token, forward, parameters, tensors, tensors_mut, zeros,
};
use ex_6_6::{
    MicroBatch, Settings, accumulate, decays, evaluate, save, start, to_safetensors, train,
};
use ndarray::{Array1, Array2, ArrayD, Axis, array};
use serde_json::Value;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

const TOKENS: [u16; 9] = [1, 2, 3, 1, 4, 0, 6, 5, 5];

fn config() -> Config {
    Config {
        vocabulary: 7,
        context: 4,
        width: 8,
        heads: 2,
        kv_heads: 2,
        hidden: 12,
        layers: 2,
        style: Style::Llama,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

fn model() -> Model<f64> {
    let mut model = zeros(&config());
    for (s, (_, mut array)) in (1..).zip(tensors_mut(&mut model)) {
        let is_matrix = array.ndim() == 2;
        for (i, number) in array.iter_mut().enumerate() {
            let pattern = ((37 * i + 11 * s + 5) % 41) as f64 / 20.0 - 1.0;
            *number = if is_matrix { 0.5 * pattern } else { 1.0 + 0.1 * pattern };
        }
    }
    model
}

fn settings() -> Settings {
    Settings {
        batch: 2,
        micro: 1,
        time: 4,
        seed: 1,
        ignore: None,
        adamw: AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 },
        max_norm: 1.0,
        rate: 0.02,
        min_rate: 0.002,
        warmup: 3,
        total: 10,
    }
}

fn windows() -> [MicroBatch; 2] {
    let row = |from: usize| {
        let ids = TOKENS[from..from + 4].iter().map(|it| usize::from(*it));
        Array2::from_shape_vec((1, 4), ids.collect()).unwrap()
    };
    [0, 4].map(|from| MicroBatch { x: row(from), y: row(from + 1) })
}

fn arrays(model: &Model<f64>) -> Vec<ArrayD<f64>> {
    tensors(model).into_iter().map(|(_, it)| it.to_owned()).collect()
}

fn norm(arrays: &[ArrayD<f64>]) -> f64 {
    arrays.iter().map(|it| it.mapv(|it| it * it).sum()).sum::<f64>().sqrt()
}

#[test]
fn a_mean_in_parts() {
    let rooms = [vec![2.0, 4.0, 3.0, 1.0], vec![5.0]];
    let mean = |marks: &[f64]| marks.iter().sum::<f64>() / marks.len() as f64;
    let means = [mean(&rooms[0]), mean(&rooms[1])];
    assert_eq!((means, mean(&means), mean(&rooms.concat())), ([2.5, 5.0], 3.75, 3.0));
    assert_eq!(4.0 / 5.0 * 2.5 + 1.0 / 5.0 * 5.0, 3.0);

    let parts = [(4, array![1.0, -2.0]), (2, array![4.0, 1.0])];
    let total: usize = parts.iter().map(|(count, _)| count).sum();
    let mut sum = Array1::zeros(2);
    for (count, gradient) in &parts {
        sum.scaled_add(*count as f64 / total as f64, gradient);
    }
    // sum is [2, −1]
    let wanted = array![2.0, -1.0];
    assert!((&sum - &wanted).iter().all(|it| it.abs() < 1e-15));
}

#[test]
fn two_windows_with_six_targets() {
    let [one, other] = windows();
    let of = |batches: &[MicroBatch]| {
        let (loss, gradients) = accumulate(&model(), &config(), batches, Some(5));
        (loss, arrays(&gradients))
    };
    let (first, second) = (of(slice::from_ref(&one)), of(slice::from_ref(&other)));
    let both = of(&[one, other]);
    assert_all_stated([first.0, norm(&first.1)], ["2.020317", "4.080355"]);
    assert_all_stated([second.0, norm(&second.1)], ["3.035213", "4.631369"]);
    assert_all_stated([both.0, norm(&both.1)], ["2.358616", "3.267439"]);
    assert_stated((4.0 * 2.020317 + 2.0 * 3.035213) / 6.0, "2.358616");
    assert_stated((first.0 + second.0) / 2.0, "2.527765");
    let numbers =
        |arrays: &[ArrayD<f64>]| -> Vec<f64> { arrays.iter().flatten().copied().collect() };
    let means = numbers(&first.1).into_iter().zip(numbers(&second.1)).map(|(a, b)| (a + b) / 2.0);
    let is_off = |(mean, right): &(f64, f64)| (mean - right).abs() > 0.01 * right.abs();
    let off = means.zip(numbers(&both.1)).filter(is_off).count();
    assert_eq!((off, parameters(&config())), (1_208, 1_240));
}

#[test]
fn the_targets_one_by_one() {
    let of = |window: &MicroBatch| -> Vec<f64> {
        let (z, _) = forward(&model(), &config(), &window.x);
        let rows = z.rows().into_iter().zip(&window.y);
        rows.map(|(row, target)| row.mapv(f64::exp).sum().ln() - row[*target]).collect()
    };
    let [one, other] = windows();
    assert_all_stated(of(&one), ["1.873310", "2.069696", "1.872958", "2.265305"]);
    assert_all_stated(of(&other), ["2.572029", "3.498398", "1.475357", "1.737287"]);
    assert_stated(
        (of(&one).iter().sum::<f64>() + of(&other).iter().sum::<f64>()) / 8.0,
        "2.170542",
    );
}

#[test]
fn the_training_of_the_brief() {
    let log = train(&mut start(model()), &config(), &to_bytes(&TOKENS), &settings(), 10).unwrap();
    for (step, stated) in [
        (1, ["2.170542", "2.479395", "0.006667"]),
        (2, ["1.852917", "1.898660", "0.013333"]),
        (3, ["1.481956", "1.454841", "0.020000"]),
        (4, ["1.222048", "1.267131", "0.019109"]),
        (10, ["0.699210", "0.641187", "0.002000"]),
    ] {
        let it = &log[step - 1];
        assert_all_stated([it.loss, it.grad_norm, it.rate], stated);
    }
    assert_stated(1.0 / log[0].grad_norm, "0.403324");
    assert_stated(1.0 - log[0].rate * 0.1, "0.999333");
    assert_stated(7_f64.ln(), "1.945910");
    let steady =
        Settings { rate: 0.01, min_rate: 0.01, warmup: 0, total: 0, max_norm: 1e9, ..settings() };
    let log = train(&mut start(model()), &config(), &to_bytes(&TOKENS), &steady, 60).unwrap();
    assert_stated(log[59].loss, "0.033750");
}

/// Gains that decay as well: before each step, those that `update` leaves alone.
#[test]
fn gains_that_decay() {
    let mut state = start(model());
    let mut losses = Vec::new();
    for step in 1..=10 {
        let Settings { rate, min_rate, warmup, total, .. } = settings();
        let rate = ex_4_2::warmup_cosine(step, rate, min_rate, warmup, total);
        let before = state.clone();
        let log = train(&mut state, &config(), &to_bytes(&TOKENS), &settings(), 1).unwrap();
        losses.push(log[0].loss);
        let decayed = tensors_mut(&mut state.model).into_iter().zip(tensors(&before.model));
        for ((_, mut array), (_, before)) in decayed.filter(|((_, it), _)| !decays(it.shape())) {
            array.scaled_add(-rate * 0.1, &before);
        }
    }
    assert_all_stated([losses[1], losses[9]], ["1.852905", "0.706271"]);
}

#[test]
fn windows_of_other_lengths() {
    let of = |time| evaluate(&model(), &config(), &to_bytes(&TOKENS), 2, time);
    assert_all_stated([of(4).0, of(3).0, of(1).0], ["17.364339", "17.629514", "18.777010"]);
    assert_eq!([of(4).1, of(3).1, of(1).1], [8; 3]);
    assert_stated((of(4).0 / 8.0).exp(), "8.763036");
}

#[test]
fn the_file_of_the_brief() {
    let w = array![1.5_f32, -2.0].into_dyn();
    let file = to_safetensors(&[("w".to_owned(), w.view())], &BTreeMap::new());
    let header = r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert_eq!((header.len(), file.len()), (54, 72));
    assert_eq!(file[..8], [0x38, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&file[8..64], format!("{header}  ").as_bytes());
    assert_eq!(file[64..], [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
    let texts = BTreeMap::from([("steps".to_owned(), "12".to_owned())]);
    let file = to_safetensors(&[], &texts);
    assert_eq!(&file[8..], br#"{"__metadata__":{"steps":"12"}} "#);
}

/// The model that `./x train` begins with, and GPT-2.
#[test]
fn what_a_step_costs() {
    let small = Config {
        vocabulary: 65,
        context: 64,
        width: 128,
        heads: 4,
        kv_heads: 4,
        hidden: 512,
        layers: 4,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    };
    let count = parameters(&small);
    assert_eq!((count, 28 * count, 16 * count), (809_856, 22_675_968, 12_957_696));
    let of_corpus = Config { vocabulary: 1024, ..small.clone() };
    assert_eq!(parameters(&of_corpus), 932_608);
    assert_stated(1024_f64.ln(), "6.931472");
    assert_eq!(flops_per_token(&small), 5_161_728);
    assert_eq!(5_161_728_u64 * 12 * 64, 3_964_207_104);
    assert_eq!((12 * 64 * 65 * 4, 4 * 12 * 4 * 64 * 64 * 4), (199_680, 3_145_728));
    assert_eq!(3_145_728 / 4, 786_432);
    let bytes = save(&start::<f32>(zeros(&small))).len();
    // The header comes on top.
    assert!((9_718_272..9_750_000).contains(&bytes) && 12 * count == 9_718_272);
    let gpt2 = Config {
        vocabulary: 50_257,
        context: 1024,
        width: 768,
        heads: 12,
        kv_heads: 12,
        hidden: 3072,
        layers: 12,
        ..small
    };
    assert_eq!(parameters(&gpt2), 124_439_808);
    assert_stated(12.0 * 124_439_808.0 / 1e9, "1.49");
    assert_stated(100.0 * 1.49 / 600.0, "0.25");
}

/// The figures of `docs/performance.md`, which cannot be computed here.
#[test]
fn the_figures_are_those_of_the_performance_page() {
    let page = include_str!("../../../docs/performance.md");
    let (_, section) = page.split_once("## What a small model learns in 21 minutes").unwrap();
    for row in ["| 500 steps | 4.07 |", "| 2,000 steps | 3.56 |", "| 10,000 steps | 3.13 |"] {
        assert!(section.contains(row), "{row}");
    }
    let options = "--width 64 --layers 3 --heads 4 --context 64 --batch 8 --micro 4 --rate 3e-3 --steps 10000";
    assert!(section.contains(options));
    let its = Config {
        vocabulary: 1024,
        context: 64,
        width: 64,
        heads: 4,
        kv_heads: 4,
        hidden: 256,
        layers: 3,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    };
    assert_eq!(parameters(&its), 219_712);
}

#[test]
fn the_answers_and_the_derivation() {
    assert_all_stated([1000_f64.sqrt().recip(), 0.1 / 0.001_f64.sqrt()], ["0.031623", "3.162278"]);
    let sum = [3.0_f64, 1.0];
    let length = sum[0].hypot(sum[1]);
    assert_all_stated(sum.map(|it| it / length), ["0.948683", "0.316228"]);
    assert_eq!((1_u64 << 62).wrapping_mul(4), 0);
}

#[test]
fn the_rust_of_the_table() {
    let (n, k) = (2, 54_usize);
    let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, f64::NAN]];
    let rows: Vec<_> = x.axis_chunks_iter(Axis(0), n).map(|it| it.nrows()).collect();
    assert_eq!(rows, [2, 1]);
    assert!(!x.iter().all(|it| it.is_finite()));
    assert_eq!(x.t().iter().take(3).copied().collect::<Vec<_>>(), [1.0, 3.0, 5.0]);
    let (a, b) = ([1, 2].into_iter(), [3, 4].into_iter());
    assert_eq!(a.zip(b).collect::<Vec<_>>(), [(1, 3), (2, 4)]);
    let (xs, f) = ([1, 2, 3], |it: &i32| *it < 3);
    assert_eq!(xs.into_iter().rev().find(f), Some(2));
    let b = b"\x38\0\0\0\0\0\0\0{}".as_slice();
    let split: Option<(&[u8; 8], &[u8])> = b.split_first_chunk::<8>();
    let (b, rest) = split.unwrap();
    assert_eq!((rest, rest.len()), (b"{}".as_slice(), n));
    let b = *b;
    assert_eq!(u64::from_le_bytes(b), 56);
    let n = 8;
    assert_eq!(k.next_multiple_of(n), 56);
    let n = 9;
    assert_eq!(b.split_at_checked(n), None);
    let s = "a \"text\"";
    let json: Result<String, _> = serde_json::to_string(s);
    assert_eq!(json.unwrap(), "\"a \\\"text\\\"\"");
    let b = b"{\"k\":3}";
    let v = serde_json::from_slice::<Value>(b).unwrap();
    let v = v.get("k").unwrap();
    assert_eq!(v.as_u64(), Some(3));
    let (a, b) = (1_usize << 62, 4);
    assert_eq!(a.checked_mul(b), None);
}
