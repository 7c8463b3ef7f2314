//! The numbers and the Rust that the brief, its page and its derivation show.

use ex_5_4::embed;
use ex_6_4::{
    Config, Model, Style, activation_numbers, backward, flops_per_token, forward,
    loss_and_gradients, parameters, tensors, tensors_mut, training_bytes, zeros,
};
use ndarray::{Array2, ArrayD, Axis, IxDyn, Slice, array, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::assert_stated;

/// P(s) of the brief.
fn p(s: usize, shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

fn config(style: Style) -> Config {
    Config {
        vocabulary: 7,
        context: 6,
        width: 8,
        heads: 2,
        kv_heads: 2,
        hidden: if style == Style::Gpt2 { 16 } else { 12 },
        layers: 2,
        style,
        rope_base: 10_000.0,
        epsilon: 1e-5,
    }
}

fn scaled(name: &str, numbers: ArrayD<f64>) -> ArrayD<f64> {
    match name.rsplit('.').next() {
        Some("gain") => 1.0 + 0.1 * numbers,
        Some("bias" | "b" | "positions") => 0.1 * numbers,
        _ => 0.5 * numbers,
    }
}

/// P(1), P(2), … in the order of `tensors`; queries, keys and values of GPT-2 are thirds of one array.
fn model(style: Style) -> Model<f64> {
    let mut model = zeros(&config(style));
    let mut numbers = std::collections::HashMap::new();
    for (name, mut view) in tensors_mut(&mut model) {
        let parts = ["q", "k", "v"].map(|part| format!("attention.{part}."));
        let third = parts.iter().position(|it| name.contains(it) && style == Style::Gpt2);
        let whole = third.map_or(name.clone(), |at| name.replace(&parts[at], "attention.qkv."));
        let next = numbers.len() + 1;
        let s = *numbers.entry(whole).or_insert(next);
        let rows = view.shape()[0];
        let mut shape = view.shape().to_vec();
        shape[0] *= if third.is_some() { 3 } else { 1 };
        let from = third.unwrap_or(0) * rows;
        let numbers = p(s, &shape).slice_axis(Axis(0), Slice::from(from..from + rows)).to_owned();
        view.assign(&scaled(&name, numbers));
    }
    model
}

fn text() -> (Array2<usize>, Array2<usize>) {
    (array![[1, 2, 3, 1], [0, 6, 5, 5]], array![[2, 3, 1, 4], [6, 5, 5, 0]])
}

/// The norm of the gradients whose names begin so.
fn norm(gradients: &Model<f64>, name: &str) -> f64 {
    let all = tensors(gradients).into_iter().filter(|(it, _)| it.starts_with(name));
    all.map(|(_, gradient)| gradient.pow2().sum()).sum::<f64>().sqrt()
}

#[test]
fn the_two_models() {
    let (x, y) = text();
    for (style, first, loss, norms) in [
        (
            Style::Gpt2,
            "-0.237695",
            "2.462060",
            &[
                ("embedding", "1.146845"),
                ("positions", "1.071039"),
                ("blocks.0.attention.k.w", "0.619848"),
                ("blocks.0.attention.k.b", "0"),
                ("blocks.0.attention.q.w", "0.861904"),
                ("blocks.1.attention.q.w", "0.456670"),
                ("blocks.0.attention.o.w", "1.266492"),
                ("norm.gain", "0.312149"),
                ("", "3.084379"),
            ][..],
        ),
        (
            Style::Llama,
            "0.547106",
            "2.006747",
            &[
                ("embedding", "0.776552"),
                ("head", "0.793966"),
                ("blocks.0.attention.k.w", "0.749269"),
                ("blocks.0.attention.q.w", "0.753357"),
                ("blocks.1.attention.q.w", "0.079970"),
                ("blocks.0.attention.o.w", "1.053657"),
                ("norm.gain", "0.214354"),
                ("", "2.392212"),
            ],
        ),
    ] {
        let (config, model) = (config(style), model(style));
        assert_stated(forward(&model, &config, &x).0[[0, 0]], first);
        let (found, gradients) = loss_and_gradients(&model, &config, &x, &y);
        assert_stated(found, loss);
        norms.iter().for_each(|(name, stated)| assert_stated(norm(&gradients, name), stated));
    }
    assert_eq!([Style::Gpt2, Style::Llama].map(|it| parameters(&config(it))), [1320, 1240]);
}

/// What a tied table gets from the head.
#[test]
fn half_of_a_tied_gradient() {
    let (x, y) = text();
    let (config, model) = (config(Style::Gpt2), model(Style::Gpt2));
    let (z, cache) = forward(&model, &config, &x);
    let targets: Vec<_> = y.iter().copied().collect();
    let (_, dz) = ex_4_4::cross_entropy(&z, &targets);
    let of_head = dz.t().dot(&cache.normed);
    assert_stated(of_head.pow2().sum().sqrt(), "0.870164");
    let (_, gradients) = loss_and_gradients(&model, &config, &x, &y);
    let both = &gradients.embedding;
    let [of_both, of_half] = [both, &of_head].map(|it| it.pow2().sum().sqrt());
    assert_stated(of_half / of_both, "0.76");
    let cosine = (both * &of_head).sum() / of_both / of_half;
    assert_stated(cosine.acos().to_degrees(), "67");
}

fn gpt2(layers: usize, width: usize) -> Config {
    Config {
        vocabulary: 50_257,
        context: 1024,
        width,
        heads: width / 64,
        kv_heads: width / 64,
        hidden: 4 * width,
        layers,
        ..config(Style::Gpt2)
    }
}

#[test]
fn the_counts_of_gpt2() {
    let (small, xl) = (gpt2(12, 768), gpt2(48, 1600));
    let count = parameters(&small);
    assert_eq!((count, 16 * count, 6 * count), (124_439_808, 1_991_036_928, 746_638_848));
    assert_eq!(count + 50_257 * 768, 163_037_184);
    assert_eq!(12 * (12 * 768 * 768 + 13 * 768) + (50_257 + 1024) * 768 + 2 * 768, count);
    assert_eq!((12 * 768, 4 * 50_257 * 768), (9216, 154_389_504));
    let chance = 50_257_f64.ln();
    assert_stated(chance, "10.82");
    assert!(10.9 / chance < 1.01 && 14.0 / chance > 1.29);
    let flops = flops_per_token(&small);
    assert_eq!(flops, 854_438_400);
    assert_stated(flops as f64 / 312e6, "2.7");

    let (attention, layers, head) = (12 * 4 * 768 * 768, 12 * 2 * 768 * 3072, 50_257 * 768);
    assert_eq!((attention, layers, head), (28_311_552, 56_623_104, 38_597_376));
    let scores = 12 * 12 * 1024 * 768;
    assert_eq!((6 * attention, 6 * layers, 6 * head), (169_869_312, 339_738_624, 231_584_256));
    assert_eq!((scores, count - attention - layers - head), (113_246_208, 907_776));
    assert_eq!(6 * (attention + layers + head), 741_192_192);
    assert_eq!(6 * (attention + layers + head) + scores, flops);
    let share = |part: usize, all: usize| 100.0 * part as f64 / all as f64;
    for (part, stated) in
        [(6 * attention, "20"), (scores, "13"), (6 * layers, "40"), (6 * head, "27")]
    {
        assert_stated(share(part, flops), stated);
    }
    assert_stated(share(6 * count, 741_192_192) - 100.0, "0.7");
    assert_stated(share(6 * 50_257 * 1600, flops_per_token(&xl)), "5");
    let tables = |config: &Config| (config.vocabulary + config.context) * config.width;
    assert_stated(share(tables(&small), count), "32");
    assert_stated(share(tables(&xl), parameters(&xl)), "5");
    assert_eq!((6 * 1024 / 4, 6.0 / 4.0), (1536, 1.5));
}

#[test]
fn the_activations_of_gpt2() {
    let small = gpt2(12, 768);
    let padded = Config { vocabulary: 50_304, ..small.clone() };
    assert_eq!(activation_numbers(&padded, 4, 64), 73_347_840);
    let share =
        |part: usize| 100.0 * (1024 * part) as f64 / activation_numbers(&small, 1, 1024) as f64;
    assert_stated(share(12 * 2 * 12 * 1024), "52");
    assert_stated(share(2 * 50_257), "18");
    let bytes = training_bytes(&small, 1, 1024);
    assert_eq!(bytes, 16 * parameters(&small) + 4 * activation_numbers(&small, 1, 1024));
}

#[test]
fn the_worked_example() {
    let sizes = |style, part: &str| -> Vec<usize> {
        let model: Model<f64> = zeros(&config(style));
        let all = tensors(&model).into_iter();
        all.filter(|(name, _)| name.starts_with(part)).map(|(_, view)| view.len()).collect()
    };
    let sum = |style, part: &str| sizes(style, part).iter().sum::<usize>();
    let llama = |part: &str| sum(Style::Llama, part);
    assert_eq!([llama("blocks.0.norm"), llama("blocks.0.attention")], [16, 256]);
    assert_eq!(sizes(Style::Llama, "blocks.0.feed_forward"), [96, 96, 96]);
    assert_eq!([llama("blocks.0"), llama("blocks"), llama("norm")], [560, 1120, 8]);
    assert_eq!(llama("embedding") + llama("head"), 112);
    let gpt2 = |part: &str| sum(Style::Gpt2, part);
    assert_eq!([gpt2("blocks.0.attention"), 4 * (64 + 8)], [288, 288]);
    assert_eq!([gpt2("blocks.0.feed_forward"), 128 + 16 + 128 + 8], [280, 280]);
    assert_eq!([gpt2("blocks.0.norm"), gpt2("blocks.0"), gpt2("blocks")], [32, 600, 1200]);
    assert_eq!([gpt2("embedding"), gpt2("positions"), gpt2("norm")], [56, 48, 16]);
    let layer = Config { width: 4, hidden: 10, layers: 1, ..config(Style::Gpt2) };
    let model: Model<f64> = zeros(&layer);
    let all = tensors(&model).into_iter();
    let of_layer = all.filter(|(name, _)| name.contains("feed_forward"));
    assert_eq!(of_layer.map(|(_, view)| view.len()).sum::<usize>(), 94);
    // Two forward passes for each number, or for each array.
    assert_eq!((2 * parameters(&config(Style::Llama)), 2 * 21), (2480, 42));
}

#[test]
fn the_rust_of_the_brief() {
    let e = array![[1.0, 2.0], [3.0, 4.0]];
    let (b, t, d) = (2, 1, 2);
    let p = array![[0.5, 0.5], [9.0, 9.0]];
    let ids = &array![[1], [0]];
    let mut x = embed(&e, ids);
    x += &p.slice(s![..t, ..]);
    let x = x.into_shape_with_order((b * t, d)).unwrap();
    assert_eq!(x, array![[3.5, 4.5], [1.5, 2.5]]);
    let (mut p, q, k) = (p, array![1.0, -1.0], 1);
    let mut row = p.row_mut(k);
    row += &q;
    assert_eq!(p, array![[0.5, 0.5], [10.0, 8.0]]);
    let (a, b) = ([1, 2], [3, 4]);
    let mut found = Vec::new();
    for (a, b) in a.iter().zip(&b).rev() {
        found.push(a * b);
    }
    assert_eq!(found, [8, 3]);
    let head: Option<Array2<f64>> = None;
    assert_eq!(head.as_ref().unwrap_or(&e), &e);
    assert_eq!(p.view().into_dyn().ndim(), 2);
    let config = config(Style::Gpt2);
    let model: Model<f64> = zeros(&config);
    assert!(model.head.is_none());
    let numbers = tensors(&model).iter().map(|(_, view)| view.len()).sum::<usize>();
    assert_eq!(numbers, parameters(&config));
}

/// The match of the derivation is in the solution, and a gradient of another kind is refused.
#[test]
fn a_gradient_of_another_kind_is_refused() {
    let solution = include_str!("../src/lib.rs");
    let derivation = include_str!("../derivation.md");
    let shown = derivation.split("```rust\n").nth(1).and_then(|it| it.split("```").next()).unwrap();
    for line in shown.lines() {
        assert!(solution.contains(line.trim()), "{line}");
    }
    let (config, model) = (config(Style::Gpt2), model(Style::Gpt2));
    let (z, cache) = forward(&model, &config, &text().0);
    let mut gradients: Model<f64> = zeros(&config);
    gradients.head = Some(gradients.embedding.clone());
    let call =
        std::panic::AssertUnwindSafe(|| backward(&z, &cache, &model, &config, &mut gradients));
    assert!(std::panic::catch_unwind(call).is_err());
}
