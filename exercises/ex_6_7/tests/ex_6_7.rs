//! The visible tests of lesson 6.7.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_6_4::{Config, Model, Style, forward, tensors_mut, zeros};
use ex_6_7::{
    KvCache, Sampling, cache_bytes, draw, empty_cache, generate, prefill, probabilities, step,
    temperature, top_k, top_p,
};
use gradcheck::random;
use ndarray::{Array1, Array2, ArrayD, Axis, IxDyn, Slice, array};
use rstest::rstest;

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_close(name: &str, yours: &Array1<f64>, expected: &Array1<f64>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.len() == expected.len() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

/// The logits of the brief.
fn logits() -> Array1<f64> {
    array![2.0, 1.0, 0.5, -1.0, 0.0]
}

/// The distribution of the brief.
fn four() -> Array1<f64> {
    array![0.5, 0.3, 0.15, 0.05]
}

#[rstest]
#[case::one(1.0, [0.563021231814, 0.207123936127, 0.125627017622, 0.028031176561, 0.076196637876])]
#[case::half(0.5, [0.829244644026, 0.112226058772, 0.041285659786, 0.002055491966, 0.015188145450])]
#[case::two(2.0, [0.374544907276, 0.227172969702, 0.176922486697, 0.083572265143, 0.137787371182])]
#[case::zero(0.0, [1.0, 0.0, 0.0, 0.0, 0.0])]
#[case::infinite(f64::INFINITY, [0.2; 5])]
fn a_temperature_sharpens_or_flattens(#[case] tau: f64, #[case] expected: [f64; 5]) {
    let yours = temperature(&logits(), tau);
    assert_close(&format!("probabilities at τ = {tau}"), &yours, &Array1::from(expected.to_vec()));
}

#[test]
fn a_tiny_temperature_is_no_trouble() {
    let yours = temperature(&array![1.0, 3.0, 3.0, 2.0], 1e-310);
    assert_close("probabilities at τ = 10⁻³¹⁰", &yours, &array![0.0, 0.5, 0.5, 0.0]);
    let yours = temperature(&array![1.0, 3.0, 3.0, 2.0], 0.0);
    assert_close("probabilities at τ = 0", &yours, &array![0.0, 1.0, 0.0, 0.0]);
    let yours = temperature(&array![1.0_f32, 3.0, 2.0], 1e-60);
    assert!(yours == array![0.0, 1.0, 0.0], "at τ = 10⁻⁶⁰ in f32: {yours}");
}

#[test]
fn what_is_excluded_stays_excluded() {
    let logits = array![f64::NEG_INFINITY, 1.0, 2.0];
    for tau in [0.0, 0.5, 1.0, f64::INFINITY] {
        let yours = temperature(&logits, tau);
        assert!(yours[0] == 0.0, "a logit of −∞ has the probability {} at τ = {tau}", yours[0]);
    }
}

#[rstest]
#[case::one(1, [1.0, 0.0, 0.0, 0.0])]
#[case::two(2, [0.625, 0.375, 0.0, 0.0])]
#[case::all(4, [0.5, 0.3, 0.15, 0.05])]
#[case::more(9, [0.5, 0.3, 0.15, 0.05])]
fn top_k_keeps_k(#[case] k: usize, #[case] expected: [f64; 4]) {
    assert_close(&format!("top_k of {k}"), &top_k(&four(), k), &Array1::from(expected.to_vec()));
}

#[rstest]
#[case::none(0.0, [1.0, 0.0, 0.0, 0.0])]
#[case::crossing(0.6, [0.625, 0.375, 0.0, 0.0])]
#[case::more(0.9, [0.526315789474, 0.315789473684, 0.157894736842, 0.0])]
#[case::all(1.0, [0.5, 0.3, 0.15, 0.05])]
fn top_p_reaches_its_mass(#[case] mass: f64, #[case] expected: [f64; 4]) {
    let yours = top_p(&four(), mass);
    assert_close(&format!("top_p of {mass}"), &yours, &Array1::from(expected.to_vec()));
}

#[test]
fn of_equal_ones_the_lower_ids_are_kept() {
    let p = array![0.125, 0.25, 0.125, 0.25, 0.25];
    assert_close("top_k of 2", &top_k(&p, 2), &array![0.0, 0.5, 0.0, 0.5, 0.0]);
    assert_close("top_p of 0.4", &top_p(&p, 0.4), &array![0.0, 0.5, 0.0, 0.5, 0.0]);
    assert_close("top_k of 4", &top_k(&p, 4), &(array![1.0, 2.0, 0.0, 2.0, 2.0] / 7.0));
}

#[test]
fn a_random_number_picks_a_token() {
    let p = temperature(&logits(), 1.0);
    for (u, expected) in [(0.0, 0), (0.3, 0), (0.6, 1), (0.9, 3), (0.999, 4)] {
        let yours = draw(&p, u);
        assert!(yours == expected, "{u} picks token {yours}, and not {expected}");
    }
    let p = array![0.0, 0.25, 0.25, 0.5, 0.0];
    for (u, expected) in [(0.0, 1), (0.25, 2), (0.5, 3), (1.0 - f64::EPSILON, 3)] {
        let yours = draw(&p, u);
        assert!(yours == expected, "{u} picks token {yours} of {p}, and not {expected}");
    }
    // Rounded, so that it does not add up to 1.
    let yours = draw(&array![0.333, 0.333, 0.333, 0.0], 0.9999);
    assert!(yours == 2, "behind the sum of all, the last token with a probability comes");
}

#[test]
fn tokens_come_as_often_as_they_should() {
    let (p, draws) = (four(), 100_000);
    let uniforms: Array1<f64> = random(draws, 1);
    let mut counts = [0_u32; 4];
    uniforms.iter().for_each(|u| counts[draw(&p, (u + 1.0) / 2.0)] += 1);
    for (count, p) in counts.into_iter().zip(&p) {
        let expected = draws as f64 * p;
        let deviation = (expected * (1.0 - p)).sqrt();
        assert!(
            (f64::from(count) - expected).abs() <= 5.0 * deviation,
            "{count} of {draws} draws have a probability of {p}"
        );
    }
}

#[test]
fn the_temperature_comes_first() {
    let sampling = Sampling { temperature: 2.0, top_k: None, top_p: Some(0.7) };
    let yours = probabilities(&logits(), &sampling);
    let expected = array![0.481024, 0.291756, 0.227220, 0.0, 0.0];
    assert!(
        (&yours - &expected).iter().all(|it| it.abs() <= 1e-6),
        "\nτ = 2, then top_p of 0.7\nexpected: {expected}\nyours:    {yours}\n"
    );
    let sampling = Sampling { temperature: 1.0, top_k: None, top_p: None };
    assert_close("nothing cut", &probabilities(&logits(), &sampling), &temperature(&logits(), 1.0));
}

/// The numbers P(s) of lesson 6.4, in any shape.
fn p(s: usize, shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

/// The sizes of the two models of lesson 6.4.
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
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

/// Gains, positions and biases, and all others, of numbers between −1 and 1.
fn scaled(name: &str, numbers: ArrayD<f64>) -> ArrayD<f64> {
    match name.rsplit('.').next() {
        Some("gain") => 1.0 + 0.1 * numbers,
        Some("bias" | "b" | "positions") => 0.1 * numbers,
        _ => 0.5 * numbers,
    }
}

/// A model of lesson 6.4: its arrays are filled with P(1), P(2), … in the order of `tensors`. In the style of GPT-2,
/// queries, keys and values are thirds of one array.
fn model(style: Style) -> Model<f64> {
    let mut model = zeros(&config(style));
    let mut s = 0;
    for (name, mut view) in tensors_mut(&mut model) {
        let third =
            ["q", "k", "v"].iter().position(|it| name.contains(&format!("attention.{it}.")));
        let third = third.filter(|_| style == Style::Gpt2);
        // W and b of the queries take two numbers, and keys and values the same two.
        let number = match (third, name.ends_with(".b")) {
            (Some(0), false) => {
                s += 2;
                s - 1
            }
            (Some(_), is_bias) => s - usize::from(!is_bias),
            (None, _) => {
                s += 1;
                s
            }
        };
        let mut shape = view.shape().to_vec();
        let rows = shape[0];
        shape[0] *= if third.is_some() { 3 } else { 1 };
        let from = third.unwrap_or(0) * rows;
        let numbers = p(number, &shape);
        let numbers = numbers.slice_axis(Axis(0), Slice::from(from..from + rows)).to_owned();
        view.assign(&scaled(&name, numbers));
    }
    model
}

/// A model with other sizes: heads share keys, and all numbers are random.
fn random_model(style: Style) -> (Model<f64>, Config) {
    let config = Config {
        vocabulary: 9,
        context: 8,
        width: 12,
        heads: 6,
        kv_heads: if style == Style::Llama { 3 } else { 6 },
        layers: 3,
        ..config(style)
    };
    let mut model = zeros(&config);
    for (seed, (name, mut view)) in tensors_mut(&mut model).into_iter().enumerate() {
        let numbers: ArrayD<f64> = random(view.raw_dim(), seed as u64);
        let offset = if name.ends_with("gain") { 1.0 } else { 0.0 };
        view.assign(&(numbers + offset));
    }
    (model, config)
}

/// The logits behind the last of the tokens, without a cache.
fn recomputed(model: &Model<f64>, config: &Config, ids: &[usize]) -> Array1<f64> {
    let ids = Array2::from_shape_fn((1, ids.len()), |(_, at)| ids[at]);
    let (z, _) = forward(model, config, &ids);
    z.row(z.nrows() - 1).to_owned()
}

#[rstest]
#[case::gpt2(
    Style::Gpt2,
    [1.350004673187, 0.712719804878, -0.006338338277, 0.089435092429, -0.367785441729, 0.355468863779, 0.030299040899],
    [0.543250637176, 0.199876396420, 0.482060541574, 0.346781247761],
)]
#[case::llama(
    Style::Llama,
    [-0.175654586033, -0.576719936185, 0.360686564394, -0.891099690717, -0.332734886279, -0.353905852768, 0.807891929040],
    [-1.254173063318, 0.065093041426, -0.151518429092, 0.466370125396],
)]
fn the_models_of_lesson_6_4(#[case] style: Style, #[case] logits: [f64; 7], #[case] key: [f64; 4]) {
    let (model, config) = (model(style), config(style));
    let mut cache = empty_cache(&config);
    prefill(&model, &config, &[1, 2, 3], &mut cache);
    let yours = step(&model, &config, 1, &mut cache);
    assert_close("logits behind 1, 2, 3, 1", &yours, &Array1::from(logits.to_vec()));
    assert!(cache.length == 4, "the cache has seen {} tokens, and not 4", cache.length);
    let keys = &cache.layers[1].k[1];
    assert!(keys.dim() == (4, 4), "the keys of a head have the shape {:?}", keys.dim());
    let expected = Array1::from(key.to_vec());
    assert_close("the key of token 3 in block 1, head 1", &keys.row(3).to_owned(), &expected);
}

#[rstest]
#[case::one_by_one(&[1, 1, 1, 1, 1, 1, 1])]
#[case::at_once(&[7])]
#[case::prompt_and_steps(&[3, 1, 1, 1, 1])]
#[case::chunks(&[2, 3, 2])]
#[case::step_and_chunk(&[1, 4, 1, 1])]
fn a_cache_changes_nothing(
    #[values(Style::Gpt2, Style::Llama)] style: Style,
    #[case] chunks: &[usize],
) {
    let (model, config) = random_model(style);
    let ids = [3, 0, 8, 3, 3, 5, 1];
    let (mut cache, mut from) = (empty_cache(&config), 0);
    for length in chunks {
        let to = from + length;
        let yours = match ids[from..to] {
            [id] => step(&model, &config, id, &mut cache),
            _ => prefill(&model, &config, &ids[from..to], &mut cache),
        };
        let name = format!("logits behind token {} of chunks {chunks:?}", to - 1);
        assert_close(&name, &yours, &recomputed(&model, &config, &ids[..to]));
        from = to;
    }
}

#[test]
fn two_texts_have_two_caches() {
    let (model, config) = random_model(Style::Llama);
    let (mut first, mut second) = (empty_cache(&config), empty_cache(&config));
    prefill(&model, &config, &[1, 2], &mut first);
    prefill(&model, &config, &[3, 4, 5], &mut second);
    let yours = step(&model, &config, 0, &mut first);
    assert_close("logits behind 1, 2, 0", &yours, &recomputed(&model, &config, &[1, 2, 0]));
}

#[rstest]
#[case::gpt2(Style::Gpt2, [3, 3, 3, 3], [0, 3, 6, 1])]
#[case::llama(Style::Llama, [6, 6, 0, 2], [1, 4, 6, 1])]
fn a_text_goes_on(
    #[case] style: Style,
    #[case] most_likely: [usize; 4],
    #[case] sampled: [usize; 4],
) {
    let (model, config) = (model(style), config(style));
    let uniforms = [0.1, 0.5, 0.9, 0.3];
    let next = |sampling| generate(&model, &config, &[1, 2, 3], &uniforms, &sampling);
    let yours = next(Sampling { temperature: 0.0, top_k: None, top_p: None });
    assert!(yours == most_likely, "at τ = 0, 1, 2, 3 goes on with {yours:?}, not {most_likely:?}");
    let yours = next(Sampling { temperature: 1.5, top_k: Some(5), top_p: Some(0.9) });
    assert!(yours == sampled, "at τ = 1.5, 1, 2, 3 goes on with {yours:?}, not {sampled:?}");
}

#[rstest]
#[case::gpt2(12, 12, 64, 1024, 2, 37_748_736)]
#[case::llama(32, 8, 128, 8192, 2, 1_073_741_824)]
#[case::nothing(12, 12, 64, 0, 4, 0)]
fn bytes_of_a_cache(
    #[case] layers: usize,
    #[case] kv_heads: usize,
    #[case] d: usize,
    #[case] time: usize,
    #[case] size: usize,
    #[case] expected: usize,
) {
    let yours = cache_bytes(layers, kv_heads, d, time, size);
    assert!(yours == expected, "\nexpected: {expected}\nyours:    {yours}");
}

#[test]
fn what_does_not_fit_panics() {
    let (model, config) = random_model(Style::Gpt2);
    let sampling = Sampling { temperature: 1.0, top_k: None, top_p: None };
    let full: KvCache<f64> = {
        let mut cache = empty_cache(&config);
        prefill(&model, &config, &[1; 8], &mut cache);
        cache
    };
    // What is not written yet panics as well, and here it does so first.
    generate(&model, &config, &[1], &[0.5], &sampling);
    let panics = |call: &dyn Fn()| catch_unwind(AssertUnwindSafe(call)).is_err();
    assert!(panics(&|| drop(temperature(&logits(), -1.0))), "a temperature below 0 is taken");
    assert!(panics(&|| drop(temperature(&array![f64::NAN, 1.0], 1.0))), "a logit of NaN is taken");
    assert!(panics(&|| drop(top_k(&four(), 0))), "top_k keeps no token");
    assert!(panics(&|| drop(top_p(&four(), 1.5))), "top_p takes a mass of 1.5");
    assert!(
        panics(&|| {
            draw(&four(), 1.0);
        }),
        "draw takes 1, which is not in [0, 1)"
    );
    assert!(
        panics(&|| drop(step(&model, &config, 1, &mut full.clone()))),
        "step takes a ninth token where the context has eight"
    );
    assert!(
        panics(&|| drop(prefill(&model, &config, &[], &mut empty_cache(&config)))),
        "prefill takes no token"
    );
    assert!(
        panics(&|| drop(generate(&model, &config, &[1; 9], &[0.5], &sampling))),
        "generate takes a prompt of nine tokens where the context has eight"
    );
}
