//! The visible tests of lesson 6.6.

use std::collections::BTreeMap;

use ex_4_2::AdamW;
use ex_5_3::{Position, to_bytes};
use ex_6_4::{Config, Model, Style, tensors, tensors_mut, zeros};
use ex_6_6::{
    Contents, Diverged, MicroBatch, Refusal, Settings, State, accumulate, add_micro_batch, decays,
    evaluate, from_safetensors, restore, save, start, to_safetensors, train, update,
};
use ndarray::{Array2, ArrayD, NdFloat, array, s};
use rstest::rstest;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

/// The tokens of the brief.
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

/// The model of the brief: number i of array s is ((37·i + 11·s + 5) mod 41 − 20)/20, halved in matrices; gains are 1 and
/// a tenth of it.
fn model<F: NdFloat>() -> Model<F> {
    let mut model = zeros(&config());
    for (s, (_, mut array)) in (1..).zip(tensors_mut(&mut model)) {
        let is_matrix = array.ndim() == 2;
        for (i, number) in array.iter_mut().enumerate() {
            let pattern = ((37 * i + 11 * s + 5) % 41) as f64 / 20.0 - 1.0;
            let value = if is_matrix { 0.5 * pattern } else { 1.0 + 0.1 * pattern };
            *number = F::from(value).expect("a float is a number");
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

/// The two windows of the brief.
fn windows() -> [MicroBatch; 2] {
    let of = |from: usize| {
        let row = |from: usize| {
            let ids = TOKENS[from..from + 4].iter().map(|it| usize::from(*it));
            Array2::from_shape_vec((1, 4), ids.collect()).expect("four tokens")
        };
        MicroBatch { x: row(from), y: row(from + 1) }
    };
    [of(0), of(4)]
}

fn arrays<F: NdFloat>(model: &Model<F>) -> Vec<(String, ArrayD<F>)> {
    tensors(model).into_iter().map(|(name, it)| (name, it.to_owned())).collect()
}

fn norm(model: &Model<f64>) -> f64 {
    arrays(model).iter().map(|(_, it)| it.iter().map(|it| it * it).sum::<f64>()).sum::<f64>().sqrt()
}

#[track_caller]
fn assert_near(name: &str, yours: f64, expected: f64, tolerance: f64) {
    let is_near = (yours - expected).abs() <= tolerance;
    assert!(is_near, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

#[track_caller]
fn assert_same<T: PartialEq + std::fmt::Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[test]
fn targets_weigh_the_same_wherever_they_are() {
    let [one, other] = windows();
    // The target 5 does not count: four targets are left in the first window, and two in the other.
    let all = [one.clone(), other.clone()];
    let (loss, gradients) = accumulate(&model::<f64>(), &config(), &all, Some(5));
    assert_near("the loss of both windows", loss, 2.358615967, 1e-9);
    assert_near("the norm of its gradients", norm(&gradients), 3.267439341, 1e-8);
    let mut part = zeros(&config());
    let loss = add_micro_batch(&model::<f64>(), &config(), &other, Some(5), 6, &mut part);
    assert_near("what the other window adds to the loss", loss, 3.035213466 / 3.0, 1e-9);
    assert_near("the norm of what it adds", norm(&part), 4.631369323 / 3.0, 1e-8);
}

#[test]
fn micro_batches_are_one_batch() {
    let [one, other] = windows();
    let joined = [MicroBatch {
        x: ndarray::concatenate![ndarray::Axis(0), one.x, other.x],
        y: ndarray::concatenate![ndarray::Axis(0), one.y, other.y],
    }];
    for ignore in [None, Some(5), Some(1)] {
        let (loss, parts) =
            accumulate(&model::<f64>(), &config(), &[one.clone(), other.clone()], ignore);
        let (want, whole) = accumulate(&model::<f64>(), &config(), &joined, ignore);
        assert_near("the loss of two micro-batches", loss, want, 1e-12);
        for ((name, yours), (_, expected)) in arrays(&parts).iter().zip(arrays(&whole)) {
            let furthest = (yours - &expected).iter().fold(0.0, |far: f64, it| far.max(it.abs()));
            assert_near(
                &format!("the furthest number of the gradient of {name}"),
                furthest,
                0.0,
                1e-12,
            );
        }
    }
}

#[test]
fn matrices_decay() {
    let model = model::<f64>();
    let of_one_axis: Vec<_> = tensors(&model)
        .into_iter()
        .filter(|(_, it)| !decays(it.shape()))
        .map(|(name, _)| name)
        .collect();
    let gains = ["blocks.0.norm1", "blocks.0.norm2", "blocks.1.norm1", "blocks.1.norm2", "norm"];
    let gains: Vec<_> = gains.iter().map(|it| format!("{it}.gain")).collect();
    assert_same("what does not decay", of_one_axis, gains);
}

/// Loss, norm and rate of the brief's steps.
const LOG: [[f64; 3]; 4] = [
    [2.170542412, 2.479395231, 0.006666667],
    [1.852917261, 1.898659744, 0.013333333],
    [1.481956414, 1.454841391, 0.020000000],
    [1.222047755, 1.267130854, 0.019108720],
];

#[test]
fn the_first_steps_of_the_brief() {
    let mut state = start(model::<f64>());
    let log = train(&mut state, &config(), &to_bytes(&TOKENS), &settings(), 4);
    let log = log.expect("no gradient is infinite");
    assert_same("entries in the log", log.len(), 4);
    for (at, (step, [loss, norm, rate])) in log.iter().zip(LOG).enumerate() {
        let name = |what: &str| format!("the {what} of step {}", at + 1);
        assert_near(&name("loss"), step.loss, loss, 2e-9);
        assert_near(&name("norm"), step.grad_norm, norm, 2e-8);
        assert_near(&name("rate"), step.rate, rate, 1e-9);
        assert_same(&name("number of targets"), step.tokens, 8);
    }
    assert_same("steps made", state.moments.steps, 4);
    assert_same("the position", state.position, Position { epoch: 4, window: 0 });
}

#[test]
fn two_windows_are_learned_by_heart() {
    let mut state = start(model::<f32>());
    let steady =
        Settings { rate: 0.01, min_rate: 0.01, warmup: 0, total: 0, max_norm: 1e9, ..settings() };
    let log = train(&mut state, &config(), &to_bytes(&TOKENS), &steady, 60);
    let last = log.expect("no gradient is infinite")[59].loss;
    assert!(last < 0.05, "the loss of step 60 is {last}, and 0.034 is right");
}

#[test]
fn to_go_on_is_to_have_gone_on() {
    let data = to_bytes(&TOKENS);
    let settings = Settings { batch: 3, micro: 2, ignore: Some(5), ..settings() };
    let mut at_once = start(model::<f32>());
    let log = train(&mut at_once, &config(), &data, &settings, 7).expect("no gradient is infinite");
    let mut first = start(model::<f32>());
    train(&mut first, &config(), &data, &settings, 3).expect("no gradient is infinite");
    let mut then = restore(&save(&first), &config()).expect("a checkpoint is read");
    assert!(then == first, "`restore` gives another state than `save` took");
    let rest = train(&mut then, &config(), &data, &settings, 4).expect("no gradient is infinite");
    assert_same("the log behind the checkpoint", &rest[..], &log[3..]);
    assert!(then == at_once, "three steps, a checkpoint and four steps are not seven steps");
}

#[test]
fn a_gradient_that_is_not_finite_stops_the_training() {
    let mut state = start(model::<f64>());
    let before = state.clone();
    let mut gradients = model::<f64>();
    gradients.embedding[[3, 3]] = f64::NAN;
    gradients.blocks[1].attention.v.w[[0, 2]] = f64::INFINITY;
    let given = update(&mut state, &mut gradients, &settings());
    let tensor = "blocks.1.attention.v.w".to_owned();
    assert_same("what `update` gives", given, Err(Diverged { step: 1, tensor }));
    assert!(state == before, "a step that was not made has changed the state");
}

#[rstest]
#[case(1, 4, 17.364339295)]
#[case(5, 4, 17.364339295)]
#[case::the_last_window_is_shorter(2, 3, 17.629514451)]
#[case::each_token_alone(3, 1, 18.777009777)]
fn every_target_is_evaluated(#[case] batch: usize, #[case] time: usize, #[case] expected: f64) {
    let (sum, targets) = evaluate(&model::<f64>(), &config(), &to_bytes(&TOKENS), batch, time);
    assert_same("targets", targets, 8);
    assert_near("the sum of −log p", sum, expected, 1e-8);
}

/// The file of the brief.
const FILE: &[u8] =
    b"\x38\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  \
                      \0\0\xc0\x3f\0\0\0\xc0";

#[test]
fn the_file_of_the_brief() {
    let w = array![1.5_f32, -2.0].into_dyn();
    let yours = to_safetensors(&[("w".to_owned(), w.view())], &BTreeMap::new());
    assert_same("the bytes", &yours[..], FILE);
    let contents = Contents { tensors: vec![("w".to_owned(), w)], metadata: BTreeMap::new() };
    assert_same("what it holds", from_safetensors(FILE), Ok(contents));
}

#[test]
fn what_is_written_is_read() {
    let table = Array2::from_shape_fn((3, 4), |(row, column)| (10 * row + column) as f32);
    let turned = table.t().into_dyn();
    let part = table.slice(s![.., 1..;2]).into_dyn();
    let metadata = BTreeMap::from([("steps".to_owned(), "12".to_owned())]);
    let views = [("turned".to_owned(), turned.clone()), ("a \"part\"".to_owned(), part.clone())];
    let file = to_safetensors(&views, &metadata);
    let tensors =
        vec![("turned".to_owned(), turned.to_owned()), ("a \"part\"".to_owned(), part.to_owned())];
    assert_same("what is read", from_safetensors(&file), Ok(Contents { tensors, metadata }));
}

#[rstest]
#[case::a_cut_header(&FILE[..40], Refusal::Short)]
#[case::a_cut_array(&FILE[..70], Refusal::Layout)]
#[case::no_length(&FILE[..5], Refusal::Short)]
#[case::a_huge_header(b"\xff\xff\xff\xff\xff\xff\xff\xff{}", Refusal::Short)]
#[case::no_json(b"\x02\0\0\0\0\0\0\0{]", Refusal::Header)]
#[case::bytes_of_no_array(b"\x02\0\0\0\0\0\0\0{}1234", Refusal::Layout)]
fn a_broken_file_is_refused(#[case] file: &[u8], #[case] why: Refusal) {
    assert_same("what is read", from_safetensors(file), Err(why));
}

#[test]
fn a_checkpoint_of_another_model_is_refused() {
    let file = save(&start(model::<f32>()));
    let wider = Config { hidden: 13, ..config() };
    let given: Result<State<f32>, _> = restore(&file, &wider);
    assert_same("of wider layers", given.err(), Some(Refusal::Other));
    let shallow = Config { layers: 1, ..config() };
    assert_same("of fewer layers", restore(&file, &shallow).err(), Some(Refusal::Other));
}
