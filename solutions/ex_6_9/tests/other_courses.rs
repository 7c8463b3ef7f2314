//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use std::collections::BTreeMap;

use ex_6_4::{Config, Model, Style, tensors};
use ex_6_6::to_safetensors;
use gradcheck::random;
use ndarray::{ArrayD, IxDyn};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// As deep as the smallest published GPT-2, and narrow.
fn config() -> Config {
    Config {
        vocabulary: 20,
        context: 10,
        width: 8,
        heads: 2,
        kv_heads: 2,
        hidden: 32,
        layers: 12,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

/// A whole file of that size.
fn file() -> Vec<u8> {
    let mut shapes =
        vec![("wte.weight".to_owned(), vec![20, 8]), ("wpe.weight".to_owned(), vec![10, 8])];
    for layer in 0..12 {
        for norm in ["ln_1", "ln_2"] {
            let part = |last: &str| (format!("h.{layer}.{norm}.{last}"), vec![8]);
            shapes.extend([part("weight"), part("bias")]);
        }
        for (name, inputs, outputs) in [
            ("attn.c_attn", 8, 24),
            ("attn.c_proj", 8, 8),
            ("mlp.c_fc", 8, 32),
            ("mlp.c_proj", 32, 8),
        ] {
            shapes.push((format!("h.{layer}.{name}.weight"), vec![inputs, outputs]));
            shapes.push((format!("h.{layer}.{name}.bias"), vec![outputs]));
        }
    }
    shapes.extend([("ln_f.weight".to_owned(), vec![8]), ("ln_f.bias".to_owned(), vec![8])]);
    let array = |(seed, (name, shape)): (usize, (String, Vec<usize>))| {
        let numbers: ArrayD<f64> = random(IxDyn(&shape), seed as u64);
        (name, numbers.mapv(|it| it as f32))
    };
    let arrays: Vec<_> = shapes.into_iter().enumerate().map(array).collect();
    let views: Vec<_> = arrays.iter().map(|(name, array)| (name.clone(), array.view())).collect();
    to_safetensors(&views, &BTreeMap::new())
}

/// Every array that the model needs is there, with its shape.
fn shapes_agree(model: &Model<f32>, right: &Model<f32>) -> bool {
    let shapes = |model| -> BTreeMap<String, Vec<usize>> {
        let arrays = tensors::<f32>(model).into_iter();
        arrays.map(|(name, array)| (name, array.shape().to_vec())).collect()
    };
    let found = shapes(model);
    shapes(right).into_iter().all(|(name, shape)| found.get(&name) == Some(&shape))
}

macro_rules! all {
    ($file:expr; $($name:ident)*) => {
        [$((stringify!($name), wrong::$name::load($file, &config()).unwrap())),*]
    };
}

#[test]
fn shapes_that_fit() {
    let file = file();
    let right = ex_6_9::load(&file, &config()).unwrap();
    assert!(shapes_agree(&right, &right));
    let all = all!(
        &file;
        never_transposed square_not_transposed dealt_out_in_turn queries_and_keys_exchanged
        bias_of_queries_for_all norms_exchanged layers_by_alphabet leftovers_ignored missing_stays_zero
        head_copied inner_ignored epsilon_of_gpt2
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    let wrong = all.iter().filter(|(_, model)| *model != right);
    let accepted = wrong.filter(|(_, model)| shapes_agree(model, &right)).map(|(name, _)| *name);
    other_courses::compare("6.9 Shapes that fit", &accepted.collect::<Vec<_>>());
}
