//! The numbers and the Rust that the brief, its page and its derivation show.

use std::collections::BTreeMap;

use ex_6_2::{Linear, linear};
use ex_6_3::Block;
use ex_6_4::{
    Config, Model, Style, forward, loss_and_gradients, parameters, tensors, tensors_mut, zeros,
};
use ex_6_6::from_safetensors;
use ex_6_9::{LoadError, from_conv1d, load, read_config, split_qkv};
use ndarray::{Array2, ArrayD, Axis, Ix2, array, concatenate, s};
use serde_json::Value;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

const FILE: &[u8] = include_bytes!("../../../exercises/ex_6_9/tests/small.safetensors");
const JSON: &str = include_str!("../../../exercises/ex_6_9/tests/config.json");

fn loaded() -> (Config, Model<f32>) {
    let config = read_config(JSON).unwrap();
    let model = load(FILE, &config).unwrap();
    (config, model)
}

/// Computed in f64, as in the program that the logits come from.
fn logits_and_loss(config: &Config, model: &Model<f32>) -> (Array2<f64>, f64) {
    let mut wide: Model<f64> = zeros(config);
    for ((_, mut wide), (_, array)) in tensors_mut(&mut wide).into_iter().zip(tensors(model)) {
        wide.zip_mut_with(&array, |wide, it| *wide = f64::from(*it));
    }
    let (x, y) = (array![[1, 2, 3, 1], [0, 6, 5, 5]], array![[2, 3, 1, 4], [6, 5, 5, 0]]);
    let (loss, _) = loss_and_gradients(&wide, config, &x, &y);
    (forward(&wide, config, &x).0, loss)
}

#[test]
fn the_file_of_the_brief() {
    let (config, model) = loaded();
    assert_eq!(parameters(&config), 1320);
    assert_eq!(tensors(&model).iter().map(|(_, array)| array.len()).sum::<usize>(), 1320);
    let (logits, loss) = logits_and_loss(&config, &model);
    assert_stated(logits[[0, 0]], "-0.237695");
    assert_stated(logits[[7, 6]], "-0.143308");
    assert_stated(loss, "2.462060");
}

/// Outputs of the packed layer in another order.
fn repacked(block: &mut Block<f32>, order: impl Fn(usize) -> usize) {
    let attention = &mut block.attention;
    let w = concatenate![Axis(0), attention.q.w, attention.k.w, attention.v.w];
    let bias = |layer: &Linear<f32>| layer.b.clone().unwrap();
    let b = concatenate![Axis(0), bias(&attention.q), bias(&attention.k), bias(&attention.v)];
    let order: Vec<_> = (0..w.nrows()).map(order).collect();
    let packed = Linear { w: w.select(Axis(0), &order), b: Some(b.select(Axis(0), &order)) };
    [attention.q, attention.k, attention.v] = split_qkv(&packed);
}

#[test]
fn what_each_mistake_makes() {
    type Change = fn(&mut Block<f32>);
    let cases: [(Change, [&str; 3]); 7] = [
        (|_| (), ["-0.237695", "-0.239938", "2.462060"]),
        (
            |block| block.attention.o.w = block.attention.o.w.t().to_owned(),
            ["-0.454866", "-0.625042", "2.297832"],
        ),
        (|block| repacked(block, |at| 3 * (at % 8) + at / 8), ["1.034758", "0.785341", "2.411266"]),
        // Part p of head h, for two heads of four columns.
        (
            |block| repacked(block, |at| 12 * (at % 8 / 4) + 4 * (at / 8) + at % 4),
            ["0.296916", "0.433788", "2.223008"],
        ),
        (
            |block| repacked(block, |at| if at < 16 { (at + 8) % 16 } else { at }),
            ["-0.237695", "-0.483894", "2.286082"],
        ),
        (
            |block| {
                let bias = block.attention.q.b.clone();
                (block.attention.k.b, block.attention.v.b) = (bias.clone(), bias);
            },
            ["-0.848680", "-0.789623", "2.394266"],
        ),
        (
            |block| std::mem::swap(&mut block.norm1, &mut block.norm2),
            ["-0.329863", "-0.382619", "2.428279"],
        ),
    ];
    for (change, stated) in cases {
        let (config, mut model) = loaded();
        model.blocks.iter_mut().for_each(change);
        let (logits, loss) = logits_and_loss(&config, &model);
        let found = [logits[[0, 0]], logits[[1, 0]], loss];
        assert_all_stated(found, stated);
    }
}

/// The published GPT-2.
fn gpt2() -> Config {
    let json = JSON.replace("\"vocab_size\": 7", "\"vocab_size\": 50257");
    let json = json.replace("\"n_positions\": 6", "\"n_positions\": 1024");
    let json = json.replace("\"n_embd\": 8", "\"n_embd\": 768");
    let json = json.replace("\"n_head\": 2", "\"n_head\": 12");
    let json = json.replace("\"n_layer\": 2", "\"n_layer\": 12");
    read_config(&json.replace("\"n_inner\": 16", "\"n_inner\": null")).unwrap()
}

#[test]
fn the_bytes_of_gpt2() {
    let config = gpt2();
    assert_eq!((parameters(&config), 4 * parameters(&config)), (124_439_808, 497_759_232));
    let one_layer: Model<f32> =
        zeros(&Config { layers: 1, vocabulary: 1, context: 1, ..config.clone() });
    let of = |parts: &[&str]| -> usize {
        let arrays = tensors(&one_layer).into_iter();
        let of_parts = arrays.filter(|(name, _)| parts.iter().any(|part| name.contains(part)));
        4 * of_parts.map(|(_, array)| array.len()).sum::<usize>()
    };
    let tables = 4 * (50_257 + 1024) * 768;
    let packed = 12 * of(&["attention.q", "attention.k", "attention.v"]);
    let outputs = 12 * of(&["attention.o"]);
    let feed_forward = 12 * of(&["feed_forward"]);
    let norms = 12 * of(&["norm1", "norm2"]) + 4 * 2 * 768;
    let masks = 12 * 4 * 1024 * 1024;
    assert_eq!((tables, packed, outputs), (157_535_232, 85_045_248, 28_348_416));
    assert_eq!((feed_forward, norms, masks), (226_676_736, 153_600, 50_331_648));
    let weights = tables + packed + outputs + feed_forward + norms;
    assert_eq!((weights, weights + masks), (497_759_232, 548_090_880));
    assert_eq!(2 + 12 * (2 + 2 + 4 + 4 + 1) + 2, 160);
    assert_eq!([2, 24, 24, 48, 50, 12].iter().sum::<usize>(), 160);
    let file = (weights + masks) as f64;
    assert_stated(100.0 * masks as f64 / file, "9");
    assert_stated(file / 2e9, "0.27");
    assert!(2 * weights > weights + masks);
    assert_stated(50_257_f64.ln(), "10.82");
    assert_eq!(50_257 * 768, 38_597_376);
    assert_eq!((12 * 64, 6 * 128), (768, 768));
}

#[test]
fn the_worked_example() {
    let m = array![[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let b = array![0.1, 0.2, 0.3];
    let x = array![[1.0, 10.0]];
    let layer = from_conv1d(m.clone(), b.clone());
    assert_eq!(layer.w, array![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    // Number (1, 2) of M.
    assert_eq!((m[[1, 2]], layer.w[[2, 1]]), (6.0, 6.0));
    let stated = |y: Array2<f32>| y.into_iter().map(f64::from).collect::<Vec<_>>();
    assert_all_stated(stated(linear(&x, &layer)), ["41.1", "52.2", "63.3"]);
    assert_eq!(x.dot(&m) + &b, linear(&x, &layer));
    let reshaped = Linear { w: m.to_shape((3, 2)).unwrap().into_owned(), b: Some(b) };
    assert_eq!(reshaped.w, array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    assert_all_stated(stated(linear(&x, &reshaped)), ["21.1", "43.2", "65.3"]);

    let m = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let before = m.slice(s![.., 1..2]).reversed_axes();
    let after = m.t().slice_move(s![1..2, ..]);
    assert_eq!(before, after); // [[2.0, 5.0]]
    assert_eq!(before, array![[2.0, 5.0]]);
    let large = Array2::<f32>::zeros((768, 3072));
    assert_eq!(large.strides(), [3072, 1]);
    let turned = large.reversed_axes();
    assert_eq!((turned.dim(), turned.strides()), ((3072, 768), &[1, 3072][..]));
}

#[test]
fn the_rust_of_the_brief() {
    let s = "{\"k\": 3}";
    let v = serde_json::from_str::<Value>(s).unwrap();
    let numbers: [Option<u64>; 2] = [v["k"].as_u64(), v["none"].as_u64()];
    assert_eq!(numbers, [Some(3), None]);
    let v = serde_json::json!({ "k": "gpt2" });
    assert!(v["k"] == "gpt2" && v["none"].is_null());
    let pairs = [("k", 1), ("l", 2)];
    let mut map = pairs.into_iter().collect::<BTreeMap<_, _>>();
    assert_eq!((map.remove("k"), map.remove("k"), map.len()), (Some(1), None, 1));
    let p = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let (a, b) = (1, 3);
    assert_eq!(p.slice(s![a..b, ..]).to_owned(), array![[3.0, 4.0], [5.0, 6.0]]);
    let turned = p.t().to_owned();
    assert_eq!(p.clone(), turned.reversed_axes());
    let p = p.reversed_axes();
    assert_eq!(p, array![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]);
    let p = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let p: ArrayD<f64> = p.into_dyn();
    assert_eq!(p.into_dimensionality::<Ix2>().unwrap().dim(), (3, 2));
    let read = |bytes: &[u8]| -> Result<usize, LoadError> {
        let result = from_safetensors(bytes);
        Ok(result.map_err(LoadError::File)?.tensors.len())
    };
    assert!(read(FILE).is_ok() && read(&FILE[..7]).is_err());
    let texts = ["1", "2", "x", "y"];
    let numbers = |count: usize| {
        texts[..count].iter().map(|it| it.parse::<u8>()).collect::<Result<Vec<_>, _>>()
    };
    assert!(numbers(2) == Ok(vec![1, 2]) && numbers(4).is_err());
}

/// The calls that the page has beside those of NumPy and PyTorch.
#[test]
fn the_calls_of_the_page() {
    let (config, _) = loaded();
    let bytes = FILE.to_vec();
    assert_eq!(from_safetensors(&bytes).unwrap().tensors.len(), 28);
    assert!(load(&bytes, &config).is_ok());
    let (m, b, x) = (array![[1.0, 2.0, 3.0]], array![4.0, 5.0, 6.0], array![[2.0]]);
    let layer = from_conv1d(m, b);
    assert_eq!(linear(&x, &layer), array![[6.0, 9.0, 12.0]]);
    let [_, keys, _] = split_qkv(&layer);
    assert_eq!(linear(&x, &keys), array![[9.0]]);
    assert_eq!(config.rope_base, 10_000.0);
}

/// The Rust of the derivation is in the solution.
#[test]
fn the_derivation_shows_the_solution() {
    let solution = include_str!("../src/lib.rs");
    let derivation = include_str!("../derivation.md");
    let shown = derivation.split("```rust\n").nth(1).and_then(|it| it.split("```").next()).unwrap();
    for line in shown.lines() {
        assert!(solution.contains(line.trim()), "{line}");
    }
    assert_eq!(gpt2().style, Style::Gpt2);
}
