//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use std::sync::LazyLock;

use ex_6_4::{Config, Model, Style, forward, tensors_mut, zeros};
use ex_6_7::{KvCache, Sampling};
use gradcheck::random;
use ndarray::{Array1, Array2, ArrayD};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Generate = fn(&Model<f32>, &Config, &[usize], &[f64], &Sampling) -> Vec<usize>;
type Prefill = fn(&Model<f32>, &Config, &[usize], &mut KvCache<f32>) -> Array1<f32>;

/// What a policy looks at.
struct Decoding {
    generate: Generate,
    prefill: Prefill,
}

macro_rules! decoding {
    ($($of:ident)::*) => {
        Decoding { generate: $($of)::*::generate, prefill: $($of)::*::prefill }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), decoding!(wrong::$name))),*] };
}

/// The variants that a policy accepts.
fn accepted(policy: fn(&Decoding) -> bool) -> Vec<&'static str> {
    let all = all!(
        temperature_multiplies temperature_on_probabilities top_k_one_too_many ties_all_kept
        not_renormalised top_p_drops_crossing_token cdf_inclusive filter_before_temperature
        position_zero_in_decode position_advanced_in_layer_0 cache_before_rope
        mask_top_left_in_chunks prefill_unmasked single_token_not_kept last_token_twice
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(policy(&decoding!(ex_6_7)));
    all.into_iter().filter(|(_, decoding)| policy(decoding)).map(|(name, _)| name).collect()
}

/// A model in the style of GPT-2 that has learned nothing, small enough for a test.
fn model() -> (Model<f32>, Config) {
    let config = Config {
        vocabulary: 200,
        context: 64,
        width: 48,
        heads: 4,
        kv_heads: 4,
        hidden: 192,
        layers: 4,
        style: Style::Gpt2,
        rope_base: 1e4,
        epsilon: 1e-5,
    };
    let mut model = zeros(&config);
    for (seed, (name, mut view)) in tensors_mut(&mut model).into_iter().enumerate() {
        let numbers: ArrayD<f32> = random(view.raw_dim(), seed as u64);
        // As PyTorch begins: tables are normal, linear layers are within ±1/√d.
        let numbers = match name.as_str() {
            "embedding" | "positions" => 3.0_f32.sqrt() * numbers,
            name if name.ends_with("gain") => ArrayD::ones(view.raw_dim()),
            name if name.ends_with("bias") => ArrayD::zeros(view.raw_dim()),
            _ => numbers / 48.0_f32.sqrt(),
        };
        view.assign(&numbers);
    }
    // That course has a head of its own.
    let head: Array2<f32> = random((config.vocabulary, config.width), 99);
    model.head = Some(head / 48.0_f32.sqrt());
    (model, config)
}

/// The most likely tokens behind a prompt, with the whole text read for each of them.
fn greedy(model: &Model<f32>, config: &Config, prompt: &[usize], new: usize) -> Vec<usize> {
    let mut ids = prompt.to_vec();
    for _ in 0..new {
        let all = Array2::from_shape_fn((1, ids.len()), |(_, at)| ids[at]);
        let (z, _) = forward(model, config, &all);
        let last = z.row(ids.len() - 1);
        let best =
            (0..last.len()).fold(0, |best, id| if last[id] > last[best] { id } else { best });
        ids.push(best);
    }
    ids.split_off(prompt.len())
}

const MOST_LIKELY: Sampling = Sampling { temperature: 0.0, top_k: None, top_p: None };

/// The most likely text of 30 tokens behind one prompt, with a cache and without.
#[test]
fn the_same_text() {
    const PROMPT: [usize; 4] = [15, 11, 40, 116];
    static WITHOUT: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let (model, config) = model();
        greedy(&model, &config, &PROMPT, 30)
    });
    let policy = |Decoding { generate, .. }: &Decoding| {
        let (model, config) = model();
        generate(&model, &config, &PROMPT, &[0.5; 30], &MOST_LIKELY) == *WITHOUT
    };
    other_courses::compare("6.7 The same text", &accepted(policy));
}

/// A prompt of ten tokens is read in chunks of four, and two more are asked for: that there are two.
#[test]
fn a_number_of_tokens() {
    let policy = |Decoding { generate, prefill }: &Decoding| {
        let (model, config) = model();
        let prompt: Vec<_> = (0..10).map(|at| 17 * at % config.vocabulary).collect();
        let mut cache = ex_6_7::empty_cache(&config);
        for chunk in prompt.chunks(4) {
            prefill(&model, &config, chunk, &mut cache);
        }
        generate(&model, &config, &prompt, &[0.5; 2], &MOST_LIKELY).len() == 2
    };
    other_courses::compare("6.7 A number of tokens", &accepted(policy));
}
