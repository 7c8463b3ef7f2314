//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use std::collections::BTreeMap;

use ex_4_2::AdamW;
use ex_5_3::to_bytes;
use ex_6_4::{Config, Model, Style, tensors_mut, zeros};
use ex_6_6::{Settings, Step, start};
use ndarray::{Array2, ArrayD};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

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

/// Equal windows and one call, as in a script that trains a small GPT.
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
        warmup: 0,
        total: 20,
    }
}

macro_rules! log {
    ($($of:ident)::*) => {{
        let mut state = start(model());
        $($of)::*::train(&mut state, &config(), &to_bytes(&TOKENS), &settings(), 10).unwrap_or_default()
    }};
}

/// llm.c: ten losses, each within 1e-2.
fn ten_losses(log: &[Step]) -> bool {
    let right = log!(ex_6_6);
    log.len() == 10 && log.iter().zip(&right).all(|(it, right)| (it.loss - right.loss).abs() < 1e-2)
}

/// CS336: what a checkpoint gives back equals what was saved. Here the file of one matrix that nobody turned.
macro_rules! file_comes_back {
    ($($of:ident)::*) => {{
        let array: ArrayD<f32> = Array2::from_shape_fn((3, 4), |(i, j)| (4 * i + j) as f32).into_dyn();
        let tensors = [("w".to_owned(), array.view())];
        let file = $($of)::*::to_safetensors(&tensors, &BTreeMap::new());
        $($of)::*::from_safetensors(&file).is_ok_and(|it| it.tensors == [("w".to_owned(), array.clone())])
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), log!(wrong::$name), file_comes_back!(wrong::$name))),*] };
}

#[test]
fn what_others_accept() {
    assert!(ten_losses(&log!(ex_6_6)) && file_comes_back!(ex_6_6));
    let all = all!(
        mean_of_means weighed_by_windows never_divided cleared_between_micro_batches
        clipped_per_micro_batch everything_decays schedule_one_late
        never_clipped steps_with_nan schedule_restarts data_restarts rest_not_evaluated mean_evaluated
        memory_order offsets_from_the_file moments_not_saved steps_not_saved
        position_not_saved
    );
    let names: Vec<_> = all.iter().map(|it| it.0).collect();
    assert_eq!(names, other_courses::variants(include_str!("../wrong.rs")));
    let accepted = all.iter().filter(|(_, log, file)| *file && ten_losses(log)).map(|it| it.0);
    other_courses::compare("6.6 Ten losses within 1e-2", &accepted.collect::<Vec<_>>());
}
