//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_5_6::rope;
use ex_6_1::attention;
use ex_6_4::{Config, Model, Style, forward, tensors_mut, zeros};
use ex_6_7::{
    Sampling, cache_bytes, draw, empty_cache, generate, prefill, probabilities, step, temperature,
    top_k, top_p,
};
use ndarray::{Array1, Array2, Array4, ArrayD, Axis, IxDyn, NdFloat, Slice, array, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

fn logits() -> Array1<f64> {
    array![2.0, 1.0, 0.5, -1.0, 0.0]
}

#[test]
fn the_choices_of_the_brief() {
    let at = |tau| temperature(&logits(), tau);
    assert_all_stated(at(1.0), ["0.563021", "0.207124", "0.125627", "0.028031", "0.076197"]);
    assert_all_stated(at(0.5), ["0.829245", "0.112226", "0.041286", "0.002055", "0.015188"]);
    assert_all_stated(top_k(&at(1.0), 2), ["0.731059", "0.268941", "0", "0", "0"]);
    assert_all_stated(top_p(&at(1.0), 0.8), ["0.628532", "0.231224", "0.140244", "0", "0"]);
    let of = Sampling { temperature: 2.0, top_k: None, top_p: Some(0.7) };
    let p = probabilities(&logits(), &of);
    assert_all_stated(p, ["0.481024", "0.291756", "0.227220", "0", "0"]);
    let ids = [0.0, 0.3, 0.6, 0.9, 0.999].map(|u| draw(&at(1.0), u));
    assert_eq!(ids, [0, 0, 1, 3, 4]);
    let p = array![0.5, 0.3, 0.15, 0.05];
    assert_all_stated(top_p(&p, 0.0), ["1", "0", "0", "0"]);
    assert_all_stated(top_p(&p, 0.6), ["0.625", "0.375", "0", "0"]);
    assert_all_stated(top_p(&p, 0.9), ["0.526316", "0.315789", "0.157895", "0"]);
    // The sums of the derivation.
    assert_all_stated([0.5, 0.5 + 0.3, 0.5 + 0.3 + 0.15], ["0.5", "0.8", "0.95"]);
}

/// Two tokens at three temperatures, coins, and nonsense.
#[test]
fn the_similar_cases() {
    for (tau, quotient) in [(1.0, 9.0), (0.5, 81.0), (2.0, 3.0)] {
        let p = temperature(&array![9.0_f64.ln(), 0.0], tau);
        assert_relative_eq!(p[0] / p[1], quotient, max_relative = 1e-14);
    }
    let coins = array![8.0, 5.0, 2.0, 1.0] / 16.0;
    let kept = top_p(&coins, 12.0 / 16.0);
    assert_eq!(kept.iter().filter(|p| **p > 0.0).count(), 2);
    assert_relative_eq!(50_000.0 * 1e-6, 1.0 / 20.0, max_relative = 1e-14);
}

#[test]
fn the_worked_example() {
    let z = logits().select(Axis(0), &[0, 1, 2, 4, 3]);
    let halves = (z - 2.0) / 2.0;
    assert_eq!(halves, array![0.0, -0.5, -0.75, -1.0, -1.5]);
    let e = halves.exp();
    assert_all_stated(e.clone(), ["1", "0.606531", "0.472367", "0.367879", "0.223130"]);
    assert_stated(e.sum(), "2.669907");
    let p = &e / e.sum();
    assert_all_stated(p.clone(), ["0.374545", "0.227173", "0.176922", "0.137787", "0.083572"]);
    let before = |rank: usize| p.iter().take(rank).sum::<f64>();
    let all = [0, 1, 2, 3, 4].map(before);
    assert_all_stated(all, ["0", "0.374545", "0.601718", "0.778640", "0.916428"]);
    let left: Vec<_> = p.iter().take(3).map(|p| p / before(3)).collect();
    assert_all_stated(left.clone(), ["0.481024", "0.291756", "0.227220"]);
    assert_stated(left[0] + left[1], "0.772780");
    let of = Sampling { temperature: 2.0, top_k: None, top_p: Some(0.7) };
    assert_eq!(draw(&probabilities(&logits(), &of), 0.9), 2);
}

#[test]
fn the_worked_step() {
    let q = array![[1.0, 1.0]];
    let (mut k, mut v) = (array![[1.0, 0.0], [1.0, 1.0]], array![[1.0, 2.0], [3.0, 4.0]]);
    let (without, _) = attention(&q, &k, &v, true);
    assert_all_stated(without, ["2.339523", "3.339523"]);
    k.append(Axis(0), array![[0.0, 2.0]].view()).unwrap();
    v.append(Axis(0), array![[5.0, 6.0]].view()).unwrap();
    let scores = k.dot(&q.row(0)) / 2.0_f64.sqrt();
    assert_all_stated(scores, ["0.707107", "1.414214", "1.414214"]);
    let (o, cache) = attention(&q, &k, &v, true);
    assert_all_stated(cache.a, ["0.197776", "0.401112", "0.401112"]);
    assert_all_stated(o, ["3.406673", "4.406673"]);
    let product = |query: usize, key: usize| {
        let x = Array4::from_shape_fn((1, 1, 1, 2), |(.., i)| [1.0, 0.0][i]);
        let [q, k] = [query, key].map(|at| rope(&x, &[at], 1e4));
        (q * k).sum()
    };
    assert_stated(product(3, 1), "-0.416147");
    assert_stated(product(0, 1), "0.540302");
}

/// The numbers P(s) of lesson 6.4, in any shape.
fn p(s: usize, shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

/// A model of lesson 6.4.
fn model(style: Style) -> (Model<f64>, Config) {
    let config = Config {
        vocabulary: 7,
        context: 6,
        width: 8,
        heads: 2,
        kv_heads: 2,
        hidden: if style == Style::Gpt2 { 16 } else { 12 },
        layers: 2,
        style,
        rope_base: 1e4,
        epsilon: 1e-5,
    };
    let mut model = zeros(&config);
    let mut next = 1;
    for (name, mut view) in tensors_mut(&mut model) {
        let of_part = |it: &&str| name.contains(&format!("attention.{it}."));
        let third = ["q", "k", "v"].iter().position(of_part);
        let third = third.filter(|_| style == Style::Gpt2);
        let is_bias = name.ends_with(".b");
        // Queries, keys and values of GPT-2 are thirds of two arrays, W and b.
        let number = match third {
            Some(at) => next + usize::from(is_bias) - if at > 0 { 2 } else { 0 },
            None => next,
        };
        next += match third {
            Some(0) if is_bias => 2,
            Some(_) => 0,
            None => 1,
        };
        let mut shape = view.shape().to_vec();
        let rows = shape[0];
        shape[0] *= if third.is_some() { 3 } else { 1 };
        let from = third.unwrap_or(0) * rows;
        let numbers = p(number, &shape);
        let numbers = numbers.slice_axis(Axis(0), Slice::from(from..from + rows)).to_owned();
        view.assign(&match name.rsplit('.').next() {
            Some("gain") => 1.0 + 0.1 * numbers,
            Some("bias" | "b" | "positions") => 0.1 * numbers,
            _ => 0.5 * numbers,
        });
    }
    (model, config)
}

#[test]
fn the_models_of_the_brief() {
    for (style, first, likely, drawn) in [
        (Style::Gpt2, "1.350005", [3, 3, 3, 3], [0, 3, 6, 1]),
        (Style::Llama, "-0.175655", [6, 6, 0, 2], [1, 4, 6, 1]),
    ] {
        let (model, config) = model(style);
        let mut cache = empty_cache(&config);
        prefill(&model, &config, &[1, 2, 3], &mut cache);
        let z = step(&model, &config, 1, &mut cache);
        assert_stated(z[0], first);
        let (all, _) = forward(&model, &config, &array![[1, 2, 3, 1]]);
        for (z, full) in z.iter().zip(all.row(3)) {
            assert_relative_eq!(z, full, max_relative = 1e-12);
        }
        let uniforms = [0.1, 0.5, 0.9, 0.3];
        let go = |how| generate(&model, &config, &[1, 2, 3], &uniforms, &how);
        assert_eq!(go(Sampling { temperature: 0.0, top_k: None, top_p: None }), likely);
        assert_eq!(go(Sampling { temperature: 1.5, top_k: Some(5), top_p: Some(0.9) }), drawn);
    }
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let bytes = 4 * 124_439_808_u64;
    assert_eq!((bytes, 20_000_000_000 / bytes), (497_759_232, 40));
    assert_eq!((cache_bytes(12, 12, 64, 1, 1), cache_bytes(12, 12, 64, 1, 2)), (18_432, 36_864));
    assert_eq!(cache_bytes(12, 12, 64, 1024, 2), 37_748_736);
    assert_eq!(cache_bytes(32, 8, 128, 8192, 2), 1_073_741_824);
    assert_eq!(cache_bytes(12, 12, 64, 1000, 4), 73_728_000);
    assert_eq!(8 * cache_bytes(12, 12, 64, 1000, 4), 589_824_000);
    let matrices = 12 * (4 * 768 * 768 + 2 * 768 * 3072) + 50_257 * 768;
    assert_eq!((2 * matrices, 4 * 1000 * 768 * 12), (247_064_064, 36_864_000));
    assert_eq!((1..=1000).sum::<u64>(), 500_500);
    assert_stated(1e5 * 0.3, "30000");
    let deviation = (1e5 * 0.3 * 0.7_f64).sqrt();
    assert_stated(deviation, "144.9");
    assert_stated(5.0 * deviation, "725");
    // How often a normal number is more than five deviations off: its density, summed up in small steps.
    let density = |x: f64| (-x * x / 2.0).exp() * (2.0 / std::f64::consts::PI).sqrt();
    let beyond: f64 =
        (0..100_000).map(|at| 1e-4 * density(5.0 + 1e-4 * (f64::from(at) + 0.5))).sum();
    assert_stated(1e-6 / beyond, "1.7");
}

/// As in the derivation.
fn smallest<F: NdFloat>(tau: f64) -> F {
    let tau = F::from(tau).expect("a temperature is a number").max(F::min_positive_value());
    assert!(tau > F::zero());
    tau
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    assert_eq!(smallest::<f32>(1e-60), f32::MIN_POSITIVE);
    assert_eq!(smallest::<f64>(0.5), 0.5);
    let p = [0.25_f64, 0.5, 0.25];
    let mut ids: Vec<usize> = vec![0, 1, 2];
    ids.sort_by(|&a, &b| p[b].partial_cmp(&p[a]).unwrap());
    assert_eq!(ids, [1, 0, 2]);
    let f = |id: &&usize| **id < 2;
    assert_eq!(ids.iter().take_while(f).count(), 2);
    let p = array![0.0, 0.5, 0.5, 0.0];
    let f = |it: &f64| *it > 0.0;
    assert_eq!((p.iter().position(f), p.iter().rposition(f)), (Some(1), Some(2)));
    let (mut k, new): (Array2<f64>, _) = (Array2::zeros((0, 2)), array![[1.0, 2.0]]);
    k.append(Axis(0), new.view()).unwrap();
    k.append(Axis(0), new.view()).unwrap();
    assert_eq!(k, array![[1.0, 2.0], [1.0, 2.0]]);
    let x = array![[1.0], [2.0]];
    assert_eq!(x.slice(s![-1.., ..]), array![[2.0]]);
    let x = Array4::from_shape_fn((1, 2, 3, 1), |(_, h, t, _)| 10 * h + t);
    let h = 1;
    assert_eq!(x.slice(s![0, h, .., ..]), array![[10], [11], [12]]);
}

/// What a model wrote cannot be computed here.
#[test]
fn the_steps_are_those_of_the_performance_page() {
    let page = include_str!("../../../docs/performance.md");
    let brief = include_str!("../../../exercises/ex_6_7/README.md");
    for steps in ["500", "2,000", "10,000"] {
        let line = |text: &'static str| {
            let (_, rest) = text.split_once(&format!("\n{steps}  ")).unwrap();
            rest.lines().next().unwrap()
        };
        assert_eq!(line(brief), line(page));
    }
}

/// One head of the derivation: the new keys join, and the new queries see them all.
#[test]
fn the_rust_of_the_derivation() {
    let (model, config) = model(Style::Llama);
    let mut cache = empty_cache(&config);
    let (prompt, sampling) = ([1, 2, 3], Sampling { temperature: 1.0, top_k: None, top_p: None });
    let (sampling, mut ids) = (&sampling, Vec::new());
    for u in [0.2, 0.7] {
        let prompt = &prompt[..];
        let (model, config) = (&model, &config);
        let from = cache.length;
        let logits = match ids.last() {
            None => prefill(model, config, prompt, &mut cache),
            Some(&id) => step(model, config, id, &mut cache),
        };
        ids.push(draw(&probabilities(&logits, sampling), u));
        let x = Array2::<f64>::zeros((cache.length - from, 1));
        let positions: Vec<_> = (from..from + x.nrows()).collect();
        assert_eq!(positions.last(), Some(&(cache.length - 1)));
    }
    assert_eq!(ids, generate(&model, &config, &prompt, &[0.2, 0.7], sampling));
    let blocks = &model.blocks;
    assert_eq!(blocks.iter().zip(&mut cache.layers).count(), 2);
    let (kept, group) = (&cache.layers[1], 0);
    let q = kept.k[group].slice(s![2.., ..]).to_owned();
    let (of_head, _) = attention(&q, &kept.k[group], &kept.v[group], true);
    let (all, _) = attention(&kept.k[group], &kept.k[group], &kept.v[group], true);
    for (new, full) in of_head.iter().zip(all.slice(s![2.., ..])) {
        assert_relative_eq!(new, full, max_relative = 1e-14);
    }
}
