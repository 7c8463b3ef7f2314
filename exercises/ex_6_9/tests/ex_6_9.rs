//! The visible tests of lesson 6.9.
//!
//! `small.safetensors` and `config.json` are the model of lesson 6.4's brief in the style of GPT-2, as the library
//! transformers wrote it. Its logits are those that transformers computed of this file in f64.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ex_6_2::Linear;
use ex_6_4::{Config, Model, Style, forward, loss_and_gradients, tensors, tensors_mut, zeros};
use ex_6_6::{Refusal, from_safetensors, to_safetensors};
use ex_6_9::{LoadError, from_conv1d, load, read_config, split_qkv};
use ndarray::{Array2, ArrayD, Axis, IxDyn, Slice, array};
use rstest::rstest;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

const FILE: &[u8] = include_bytes!("small.safetensors");
const JSON: &str = include_str!("config.json");

/// The sizes of the file's model.
fn config() -> Config {
    Config {
        vocabulary: 7,
        context: 6,
        width: 8,
        heads: 2,
        kv_heads: 2,
        hidden: 16,
        layers: 2,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

/// The numbers P(s) of lesson 6.4's brief, in any shape.
fn p(s: usize, shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

/// The model of lesson 6.4's brief, whose queries, keys and values are thirds of one array.
fn model() -> Model<f32> {
    let mut model = zeros(&config());
    let mut numbers = HashMap::new();
    for (name, mut view) in tensors_mut(&mut model) {
        let parts = ["q", "k", "v"].map(|part| format!("attention.{part}."));
        let third = parts.iter().position(|it| name.contains(it));
        let whole = third.map_or(name.clone(), |at| name.replace(&parts[at], "attention.qkv."));
        let next = numbers.len() + 1;
        let s = *numbers.entry(whole).or_insert(next);
        let rows = view.shape()[0];
        let mut shape = view.shape().to_vec();
        shape[0] *= if third.is_some() { 3 } else { 1 };
        let from = third.unwrap_or(0) * rows;
        let numbers = p(s, &shape).slice_axis(Axis(0), Slice::from(from..from + rows)).to_owned();
        let numbers = match name.rsplit('.').next() {
            Some("gain") => 1.0 + 0.1 * numbers,
            Some("bias" | "b" | "positions") => 0.1 * numbers,
            _ => 0.5 * numbers,
        };
        view.assign(&numbers.mapv(|it| it as f32));
    }
    model
}

/// The file with its arrays changed.
fn changed(change: impl FnOnce(&mut Vec<(String, ArrayD<f32>)>)) -> Vec<u8> {
    let mut contents = from_safetensors(FILE).expect("lesson 6.6 reads the file");
    change(&mut contents.tensors);
    let arrays = contents.tensors.iter().map(|(name, array)| (name.clone(), array.view()));
    to_safetensors(&arrays.collect::<Vec<_>>(), &contents.metadata)
}

/// Where an array is in a file.
fn place(arrays: &[(String, ArrayD<f32>)], name: &str) -> usize {
    arrays.iter().position(|(found, _)| found == name).expect("the file has this array")
}

#[track_caller]
fn assert_same<T: PartialEq + std::fmt::Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

/// Compares array by array.
#[track_caller]
fn assert_same_model(yours: &Model<f32>, expected: &Model<f32>) {
    for ((name, yours), (expected_name, expected)) in tensors(yours).iter().zip(tensors(expected)) {
        assert_same("the name of an array", name, &expected_name);
        assert_same(&format!("the shape of `{name}`"), yours.shape(), expected.shape());
        assert!(*yours == expected, "\n`{name}`\nexpected:\n{expected}\nyours:\n{yours}\n");
    }
    assert!(yours.head.is_none(), "`head` should be `None`: the embedding takes its part");
}

#[test]
fn the_sizes_of_the_file() {
    assert_same("the sizes", read_config(JSON), Ok(config()));
    // Where it is not said how wide the hidden layers are, they are four times as wide as the model.
    let unknown = JSON.replace("\"n_inner\": 16", "\"n_inner\": null");
    for json in [JSON.replace("\"n_inner\": 16,", ""), unknown] {
        let expected = Config { hidden: 32, ..config() };
        assert_same("the sizes without `n_inner`", read_config(&json), Ok(expected));
    }
}

#[rstest]
#[case::a_model_of_another_kind("\"gpt2\"", "\"llama\"", "model_type")]
#[case::the_exact_gelu("gelu_new", "gelu", "activation_function")]
#[case::no_layers("n_layer", "layers", "n_layer")]
#[case::three_heads_for_eight_columns("\"n_head\": 2", "\"n_head\": 3", "n_head")]
#[case::half_a_column("\"n_embd\": 8", "\"n_embd\": 8.5", "n_embd")]
fn sizes_that_are_refused(#[case] part: &str, #[case] instead: &str, #[case] entry: &str) {
    let json = JSON.replace(part, instead);
    assert!(json != JSON, "the file has {part}");
    let why = LoadError::Entry(entry.to_owned());
    assert_same(&format!("{instead} in the place of {part}"), read_config(&json), Err(why));
}

#[test]
fn a_text_that_holds_no_sizes_is_refused() {
    for json in ["", "{", "[1]"] {
        assert_same(&format!("the text {json:?}"), read_config(json), Err(LoadError::Json));
    }
}

#[test]
fn a_layer_from_two_inputs_to_three_outputs() {
    let weight = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let bias = array![0.1, 0.2, 0.3];
    let layer = from_conv1d(weight.clone(), bias.clone());
    assert_same("the shape of W", layer.w.dim(), (3, 2));
    let x = array![[1.0, 10.0]];
    let expected = x.dot(&weight) + &bias;
    assert_same("the outputs of (1, 10)", ex_6_2::linear(&x, &layer), expected);
}

#[test]
fn three_layers_from_one() {
    let w = Array2::from_shape_fn((6, 2), |(row, column)| (10 * row + column) as f32);
    let packed = Linear { w, b: Some(array![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]) };
    let [q, k, v] = split_qkv(&packed);
    let layer = |w, b| Linear { w, b: Some(b) };
    assert_same("queries", q, layer(array![[0.0, 1.0], [10.0, 11.0]], array![0.0, 1.0]));
    assert_same("keys", k, layer(array![[20.0, 21.0], [30.0, 31.0]], array![2.0, 3.0]));
    assert_same("values", v, layer(array![[40.0, 41.0], [50.0, 51.0]], array![4.0, 5.0]));
}

#[test]
fn every_array_of_the_file() {
    let loaded = load(FILE, &config()).expect("the file is whole");
    assert_same_model(&loaded, &model());
}

/// The logits of the first and of the last token.
const LOGITS: [[f32; 7]; 2] = [
    [-0.237695, 0.599932, 0.232996, 0.598835, 0.606650, -0.905400, 0.269691],
    [0.171763, 1.777946, -0.195256, -0.116756, -0.886391, 1.142396, -0.143308],
];

#[test]
fn the_logits_of_the_file() {
    let config = read_config(JSON).expect("the sizes are those of a GPT-2");
    let loaded = load(FILE, &config).expect("the file is whole");
    let (x, y) = (array![[1, 2, 3, 1], [0, 6, 5, 5]], array![[2, 3, 1, 4], [6, 5, 5, 0]]);
    let (logits, _) = forward(&loaded, &config, &x);
    for (row, expected) in [0, 7].into_iter().zip(LOGITS) {
        for (column, expected) in expected.into_iter().enumerate() {
            let yours = logits[[row, column]];
            assert!(
                (yours - expected).abs() < 1e-5,
                "\nlogit {column} of row {row}\nexpected: {expected}\nyours:    {yours}\n"
            );
        }
    }
    let (loss, _) = loss_and_gradients(&loaded, &config, &x, &y);
    assert!((loss - 2.46206).abs() < 1e-5, "the loss is {loss}, and 2.46206 is right");
}

#[test]
fn a_file_as_other_programs_write_it() {
    let bytes = changed(|arrays| {
        arrays.reverse();
        for (name, _) in arrays.iter_mut() {
            *name = format!("transformer.{name}");
        }
        let mask = Array2::from_shape_fn((6, 6), |(row, column)| f32::from(column <= row));
        let mask = mask.insert_axis(Axis(0)).insert_axis(Axis(0)).into_dyn();
        arrays.push(("transformer.h.1.attn.bias".into(), mask));
        arrays
            .push(("transformer.h.0.attn.masked_bias".into(), ArrayD::from_elem(IxDyn(&[]), -1e4)));
        let head = arrays[place(arrays, "transformer.wte.weight")].1.clone();
        arrays.push(("lm_head.weight".into(), head));
    });
    let loaded = load(&bytes, &config()).expect("the arrays that are learned are all there");
    assert_same_model(&loaded, &model());
}

#[test]
fn layers_have_their_places() {
    // As many layers as it takes for 10 to come before 2 in a dictionary.
    let twelve = Config { layers: 12, width: 2, hidden: 1, heads: 1, kv_heads: 1, ..config() };
    let bytes = changed(|arrays| {
        let number = |layer: usize| layer as f32;
        let filled = |shape: &[usize], with| ArrayD::from_elem(IxDyn(shape), with);
        *arrays = vec![
            ("wte.weight".into(), filled(&[7, 2], 100.0)),
            ("wpe.weight".into(), filled(&[6, 2], 101.0)),
            ("ln_f.weight".into(), filled(&[2], 102.0)),
            ("ln_f.bias".into(), filled(&[2], 103.0)),
        ];
        for layer in 0..12 {
            for (part, inputs, outputs) in [
                ("attn.c_attn", 2, 6),
                ("attn.c_proj", 2, 2),
                ("mlp.c_fc", 2, 1),
                ("mlp.c_proj", 1, 2),
            ] {
                let name = format!("h.{layer}.{part}");
                arrays.push((format!("{name}.weight"), filled(&[inputs, outputs], number(layer))));
                arrays.push((format!("{name}.bias"), filled(&[outputs], number(layer))));
            }
            for norm in ["ln_1", "ln_2"] {
                let name = format!("h.{layer}.{norm}");
                arrays.push((format!("{name}.weight"), filled(&[2], number(layer))));
                arrays.push((format!("{name}.bias"), filled(&[2], number(layer))));
            }
        }
    });
    let loaded = load(&bytes, &twelve).expect("the file is whole");
    for (layer, block) in loaded.blocks.iter().enumerate() {
        let found = block.attention.o.w[[0, 0]];
        assert!(found == layer as f32, "block {layer} has the weights of layer {found}");
    }
}

fn without(name: &str) -> Vec<u8> {
    changed(|arrays| drop(arrays.remove(place(arrays, name))))
}

fn with(name: &str, array: ArrayD<f32>) -> Vec<u8> {
    changed(|arrays| {
        arrays.retain(|(found, _)| found != name);
        arrays.push((name.into(), array));
    })
}

#[test]
fn a_file_that_does_not_fit_is_refused() {
    let bias = "h.1.attn.c_attn.bias";
    let shape = |name: &str, found: &[usize], expected: &[usize]| LoadError::Shape {
        name: name.into(),
        found: found.into(),
        expected: expected.into(),
    };
    let halves = String::from_utf8_lossy(FILE).find("F32").expect("the header has types");
    let mut halves_file = FILE.to_vec();
    halves_file[halves..halves + 3].copy_from_slice(b"F16");
    for (what, bytes, why) in [
        (
            "a file that was cut short",
            FILE[..FILE.len() - 4].to_vec(),
            LoadError::File(Refusal::Layout),
        ),
        ("the first kilobyte of a file", FILE[..1024].to_vec(), LoadError::File(Refusal::Short)),
        ("an array of F16", halves_file, LoadError::File(Refusal::Type)),
        ("a bias that is missing", without(bias), LoadError::Missing(bias.into())),
        (
            "a bias of 8 numbers for 24",
            with(bias, p(1, &[8]).mapv(|it| it as f32)),
            shape(bias, &[8], &[24]),
        ),
        (
            "an array in the orientation of PyTorch's Linear",
            with("h.0.mlp.c_fc.weight", ArrayD::zeros(IxDyn(&[16, 8]))),
            shape("h.0.mlp.c_fc.weight", &[16, 8], &[8, 16]),
        ),
        (
            "an adapter",
            with("h.0.adapter.weight", ArrayD::zeros(IxDyn(&[3]))),
            LoadError::Unknown("h.0.adapter.weight".into()),
        ),
        (
            "a head of its own",
            with("lm_head.weight", ArrayD::zeros(IxDyn(&[7, 8]))),
            LoadError::Unknown("lm_head.weight".into()),
        ),
    ] {
        assert_same(what, load(&bytes, &config()).err(), Some(why));
    }
    let fewer = load(FILE, &Config { layers: 1, ..config() });
    let names_layer_1 = matches!(&fewer, Err(LoadError::Unknown(name)) if name.starts_with("h.1."));
    assert!(names_layer_1, "a file of two layers is taken for a model of one");
    let more = load(FILE, &Config { layers: 3, ..config() }).err();
    let names_layer_2 = matches!(&more, Some(LoadError::Missing(name)) if name.starts_with("h.2."));
    assert!(
        names_layer_2,
        "a file of two layers is taken for a model of three, or refused with {more:?}"
    );
}

#[test]
fn what_does_not_fit_panics() {
    // What is not written yet panics as well, and here it does so first.
    let layer = from_conv1d(array![[1.0, 2.0, 3.0]], array![1.0, 2.0, 3.0]);
    split_qkv(&layer);
    load(FILE, &config()).expect("the file is whole");
    let calls: [(&str, &dyn Fn()); 3] = [
        ("from_conv1d takes two biases for three outputs", &|| {
            drop(from_conv1d(array![[1.0, 2.0, 3.0]], array![1.0, 2.0]));
        }),
        ("split_qkv takes four outputs", &|| {
            drop(split_qkv(&Linear {
                w: Array2::zeros((4, 2)),
                b: Some(array![1.0, 2.0, 3.0, 4.0]),
            }));
        }),
        ("load takes the sizes of a model in the style of Llama", &|| {
            drop(load(FILE, &Config { style: Style::Llama, ..config() }));
        }),
    ];
    for (what, call) in calls {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{what}");
    }
}

/// Weights of your own: `GPT2` is the whole path of a folder with `model.safetensors` and `config.json`.
#[test]
#[ignore = "wants a published GPT-2: GPT2=/path/to/folder cargo test --release -p ex_6_9 -- --ignored --nocapture"]
fn a_published_gpt2() {
    let folder = std::env::var("GPT2").expect("GPT2 is the path of a folder");
    let read = |name: &str| {
        let path = format!("{folder}/{name}");
        std::fs::read(&path).unwrap_or_else(|error| panic!("failed to read {path}: {error}"))
    };
    let json = String::from_utf8(read("config.json")).expect("a configuration is a text");
    let config = read_config(&json).expect("the sizes are those of a GPT-2");
    let loaded = load(&read("model.safetensors"), &config).expect("the file is that of a GPT-2");
    // “Hello, how are you?”
    let ids = [15496, 11, 703, 389, 345, 30];
    let x = Array2::from_shape_fn((1, 5), |(_, at)| ids[at]);
    let (logits, _) = forward(&loaded, &config, &x);
    let surprise = |(row, target): (ndarray::ArrayView1<f32>, &usize)| {
        let largest = row.fold(f32::NEG_INFINITY, |largest, it| largest.max(*it));
        largest + row.mapv(|it| (it - largest).exp()).sum().ln() - row[*target]
    };
    let loss = logits.rows().into_iter().zip(&ids[1..]).map(surprise).sum::<f32>() / 5.0;
    let nothing = (config.vocabulary as f32).ln();
    println!("{} parameters, a loss of {loss:.2}", ex_6_4::parameters(&config));
    assert!(
        loss < nothing / 2.0,
        "a loss of {loss}: knowing nothing has {nothing:.2}, and GPT-2 less than half of it for “Hello, how are you?”"
    );
}
