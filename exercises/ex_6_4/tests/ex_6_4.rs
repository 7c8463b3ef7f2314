//! The visible tests of lesson 6.4.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_6_3::{FeedForward, Norm};
use ex_6_4::{
    Config, Model, Style, activation_numbers, backward, flops_per_token, forward,
    loss_and_gradients, parameters, tensors, tensors_mut, training_bytes, zeros,
};
use gradcheck::random;
use ndarray::{Array2, ArrayD, Axis, IxDyn, Slice, array, s};
use rstest::rstest;

/// The numbers P(s) of the brief, in any shape.
fn p(s: usize, shape: &[usize]) -> ArrayD<f64> {
    let mut i = 0;
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

/// The sizes of the brief's two models.
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

/// A model of the brief: its arrays are filled with P(1), P(2), … in the order of `tensors`. In the style of GPT-2,
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

/// Tokens and next tokens of the brief.
fn text() -> (Array2<usize>, Array2<usize>) {
    (array![[1, 2, 3, 1], [0, 6, 5, 5]], array![[2, 3, 1, 4], [6, 5, 5, 0]])
}

/// Compares to 10⁻¹¹.
#[track_caller]
fn assert_near(name: &str, yours: f64, expected: f64) {
    assert!(
        (yours - expected).abs() <= 1e-11,
        "\n{name}\nexpected: {expected}\nyours:    {yours}\n"
    );
}

#[rstest]
#[case::gpt2(Style::Gpt2, 36, 1320)]
#[case::llama(Style::Llama, 21, 1240)]
fn a_model_has_its_arrays(#[case] style: Style, #[case] arrays: usize, #[case] numbers: usize) {
    let model: Model<f64> = zeros(&config(style));
    let tensors = tensors(&model);
    let names: Vec<_> = tensors.iter().map(|(name, _)| name.as_str()).collect();
    assert!(tensors.len() == arrays, "{arrays} arrays are expected, and not {names:?}");
    let found: usize = tensors.iter().map(|(_, view)| view.len()).sum();
    assert!(found == numbers, "the arrays of `zeros` have {found} numbers, and not {numbers}");
    let counted = parameters(&config(style));
    assert!(counted == numbers, "`parameters` counts {counted} of {numbers}");
    let expected = match style {
        Style::Gpt2 => ["embedding", "positions", "blocks.0.norm1.gain", "blocks.0.norm1.bias"],
        Style::Llama => {
            ["embedding", "blocks.0.norm1.gain", "blocks.0.attention.q.w", "blocks.0.attention.k.w"]
        }
    };
    assert!(names[..4] == expected, "{expected:?} come first, and not {:?}", &names[..4]);
    let expected = if style == Style::Gpt2 { "norm.bias" } else { "head" };
    assert!(names[arrays - 1] == expected, "`{expected}` comes last, and not {:?}", names.last());
}

#[rstest]
#[case::gpt2(
    Style::Gpt2,
    [-0.237694713866, 0.599932240834, 0.232996399659, 0.598834814473, 0.606650432855, -0.905400107049, 0.269691196780],
)]
#[case::llama(
    Style::Llama,
    [0.547106430891, 0.163542870458, 0.370000569446, 0.728205358392, -0.249488292811, 0.376633737365, -0.270639519794],
)]
fn the_logits_of_the_brief(#[case] style: Style, #[case] expected: [f64; 7]) {
    let (z, _) = forward(&model(style), &config(style), &text().0);
    assert!(z.dim() == (8, 7), "the logits have the shape {:?}, and not (8, 7)", z.dim());
    for (column, expected) in expected.into_iter().enumerate() {
        assert_near(&format!("the first token's logit {column}"), z[[0, column]], expected);
    }
}

/// The norms of the gradients of all arrays that another program has computed.
const NORMS_OF_LLAMA: [(&str, f64); 21] = [
    ("embedding", 0.776552261737),
    ("blocks.0.norm1.gain", 0.330452274654),
    ("blocks.0.attention.q.w", 0.753356967068),
    ("blocks.0.attention.k.w", 0.749268585965),
    ("blocks.0.attention.v.w", 0.844285712997),
    ("blocks.0.attention.o.w", 1.053656626241),
    ("blocks.0.norm2.gain", 0.191781570468),
    ("blocks.0.feed_forward.w1", 0.498997343534),
    ("blocks.0.feed_forward.w3", 0.435110951496),
    ("blocks.0.feed_forward.w2", 0.463108633273),
    ("blocks.1.norm1.gain", 0.055703083382),
    ("blocks.1.attention.q.w", 0.079970337822),
    ("blocks.1.attention.k.w", 0.049211038361),
    ("blocks.1.attention.v.w", 0.452070248773),
    ("blocks.1.attention.o.w", 0.512490206952),
    ("blocks.1.norm2.gain", 0.108944632375),
    ("blocks.1.feed_forward.w1", 0.355111619836),
    ("blocks.1.feed_forward.w3", 0.221972630633),
    ("blocks.1.feed_forward.w2", 0.162497466617),
    ("norm.gain", 0.214353628004),
    ("head", 0.793966398973),
];

#[test]
fn the_gradients_in_the_style_of_llama() {
    let (x, y) = text();
    let (loss, gradients) = loss_and_gradients(&model(Style::Llama), &config(Style::Llama), &x, &y);
    assert_near("the loss", loss, 2.006747022795);
    let all: f64 = tensors(&gradients).iter().map(|(_, gradient)| gradient.pow2().sum()).sum();
    for ((name, gradient), (expected_name, expected)) in
        tensors(&gradients).into_iter().zip(NORMS_OF_LLAMA)
    {
        assert!(name == expected_name, "`{name}` stands where `{expected_name}` is expected");
        let norm = gradient.pow2().sum().sqrt();
        assert_near(&format!("the norm of the gradient of `{name}`"), norm, expected);
    }
    assert_near("the norm of all gradients", all.sqrt(), 2.392211675438);
}

#[test]
fn the_gradients_in_the_style_of_gpt2() {
    let (x, y) = text();
    let (loss, gradients) = loss_and_gradients(&model(Style::Gpt2), &config(Style::Gpt2), &x, &y);
    assert_near("the loss", loss, 2.462059657722);
    let square = |names: &[&str]| -> f64 {
        let tensors = tensors(&gradients).into_iter();
        let meant = tensors.filter(|(name, _)| names.contains(&name.as_str()));
        meant.map(|(_, gradient)| gradient.pow2().sum()).sum()
    };
    for (names, expected) in [
        (&["embedding"][..], 1.146844860010),
        (&["positions"], 1.071039044385),
        (
            &["blocks.0.attention.q.w", "blocks.0.attention.k.w", "blocks.0.attention.v.w"],
            1.339892517509,
        ),
        (&["blocks.0.feed_forward.up.w"], 0.909615604332),
        (&["blocks.0.feed_forward.down.b"], 0.281160414195),
        (
            &["blocks.1.attention.q.w", "blocks.1.attention.k.w", "blocks.1.attention.v.w"],
            0.711780353869,
        ),
        // A bias of the keys shifts all scores of a query, and softmax does not see that.
        (&["blocks.0.attention.k.b"], 0.0),
        (&["norm.bias"], 0.115271365427),
    ] {
        let norm = square(names).sqrt();
        assert_near(&format!("the norm of the gradients of {names:?}"), norm, expected);
    }
}

/// A loss along a direction of one array, whose slope the gradient claims.
#[rstest]
fn each_array_agrees_with_a_finite_difference(#[values(Style::Gpt2, Style::Llama)] style: Style) {
    let (config, model, (x, y)) = (config(style), model(style), text());
    let (_, gradients) = loss_and_gradients(&model, &config, &x, &y);
    for (place, (name, gradient)) in tensors(&gradients).into_iter().enumerate() {
        let direction: ArrayD<f64> = random(gradient.raw_dim(), place as u64);
        let moved = |step: f64| {
            let mut moved = model.clone();
            tensors_mut(&mut moved)[place].1.scaled_add(step, &direction);
            loss_and_gradients(&moved, &config, &x, &y).0
        };
        let step = 1e-5;
        let numeric = (moved(step) - moved(-step)) / (2.0 * step);
        let claimed = (&gradient * &direction).sum();
        assert!(
            (numeric - claimed).abs() <= 1e-6,
            "along a random direction of `{name}` the loss rises by {numeric}, and its gradient says {claimed}"
        );
    }
}

#[rstest]
fn backward_adds_to_what_is_there(#[values(Style::Gpt2, Style::Llama)] style: Style) {
    let (config, model, (x, _)) = (config(style), model(style), text());
    let (z, cache) = forward(&model, &config, &x);
    let dlogits: Array2<f64> = random(z.dim(), 5);
    let [mut once, mut twice] = [zeros(&config), zeros(&config)];
    backward(&dlogits, &cache, &model, &config, &mut once);
    forward(&model, &config, &array![[4, 4]]);
    for _ in 0..2 {
        backward(&dlogits, &cache, &model, &config, &mut twice);
    }
    for ((name, once), (_, twice)) in tensors(&once).into_iter().zip(tensors(&twice)) {
        let is_double =
            once.iter().zip(twice).all(|(once, twice)| (2.0 * once - twice).abs() < 1e-12);
        assert!(is_double, "called twice, `backward` does not add up twice as much for `{name}`");
    }
}

#[rstest]
fn a_later_token_moves_nothing_earlier(#[values(Style::Gpt2, Style::Llama)] style: Style) {
    let (config, model, (mut x, _)) = (config(style), model(style), text());
    let (z, _) = forward(&model, &config, &x);
    x[[0, 3]] = 4;
    let (changed, _) = forward(&model, &config, &x);
    for row in [0, 1, 2, 4, 5, 6, 7] {
        assert!(
            changed.row(row) == z.row(row),
            "row {row} of the logits sees token 3 of the first text"
        );
    }
    assert!(changed.row(3) != z.row(3), "the logits of the token itself do not change");
}

#[test]
fn a_token_that_is_not_there_has_no_gradient() {
    let (config, model, (x, y)) = (config(Style::Llama), model(Style::Llama), text());
    let (_, gradients) = loss_and_gradients(&model, &config, &x, &y);
    let row = gradients.embedding.row(4);
    assert!(row.iter().all(|it| *it == 0.0), "token 4 is not in the batch, and its row has {row}");
    let (config, model) = (self::config(Style::Gpt2), self::model(Style::Gpt2));
    let (_, gradients) = loss_and_gradients(&model, &config, &x, &y);
    let positions = gradients.positions.expect("the style of GPT-2 has positions");
    let rows = positions.slice(s![4.., ..]);
    assert!(
        rows.iter().all(|it| *it == 0.0),
        "no text is longer than 4, and these rows have {rows}"
    );
}

#[rstest]
#[case::gpt2(Style::Gpt2)]
#[case::llama(Style::Llama)]
fn a_fresh_model_knows_nothing(#[case] style: Style) {
    let config = Config { vocabulary: 50, width: 32, hidden: 64, ..config(style) };
    let mut model: Model<f64> = zeros(&config);
    for (place, (name, mut view)) in tensors_mut(&mut model).into_iter().enumerate() {
        let numbers: ArrayD<f64> = random(view.raw_dim(), place as u64);
        view.assign(&if name.ends_with("gain") { 1.0 + 0.0 * numbers } else { 0.035 * numbers });
    }
    let (x, y) = (array![[3, 44, 7, 3, 21]], array![[44, 7, 3, 21, 0]]);
    let (loss, _) = loss_and_gradients(&model, &config, &x, &y);
    let expected = 50.0_f64.ln();
    assert!(
        (loss / expected - 1.0).abs() < 0.05,
        "the first loss is {loss}, and ln 50 is {expected}"
    );
}

/// GPT-2 of so many layers and heads, of this width.
fn gpt2(layers: usize, heads: usize, width: usize) -> Config {
    let (vocabulary, context) = (50_257, 1024);
    let (kv_heads, hidden) = (heads, 4 * width);
    Config { vocabulary, context, width, heads, kv_heads, hidden, layers, ..config(Style::Gpt2) }
}

#[rstest]
#[case::small(gpt2(12, 12, 768), 124_439_808)]
#[case::medium(gpt2(24, 16, 1024), 354_823_168)]
#[case::large(gpt2(36, 20, 1280), 774_030_080)]
#[case::xl(gpt2(48, 25, 1600), 1_557_611_200)]
fn published_models_have_their_sizes(#[case] config: Config, #[case] expected: usize) {
    let yours = parameters(&config);
    assert!(yours == expected, "{expected} parameters are expected, and not {yours}");
}

#[test]
fn the_small_gpt2_has_its_costs() {
    let config = gpt2(12, 12, 768);
    let (yours, expected) = (flops_per_token(&config), 854_438_400);
    assert!(yours == expected, "{expected} FLOPs for each token are expected, and not {yours}");
    // llm.c pads the vocabulary.
    let padded = Config { vocabulary: 50_304, ..config.clone() };
    let (yours, expected) = (activation_numbers(&padded, 4, 64), 73_347_840);
    assert!(yours == expected, "{expected} activations are expected, and not {yours}");
    let (yours, expected) = (training_bytes(&config, 4, 64), 2_284_332_032);
    assert!(yours == expected, "{expected} bytes are expected, and not {yours}");
}

#[test]
fn the_style_of_llama_is_counted() {
    let llama3 = Config {
        vocabulary: 128_256,
        context: 8192,
        width: 4096,
        heads: 32,
        kv_heads: 8,
        hidden: 14_336,
        layers: 32,
        ..config(Style::Llama)
    };
    let (yours, expected) = (parameters(&llama3), 8_030_261_248);
    assert!(yours == expected, "Llama 3 has {expected} parameters, and not {yours}");
    let model: Model<f32> = zeros(&Config { kv_heads: 1, ..config(Style::Llama) });
    let keys = &model.blocks[0].attention.k.w;
    assert!(
        keys.dim() == (4, 8),
        "the keys of one of two heads are (4, 8), and not {:?}",
        keys.dim()
    );
    assert!(matches!(model.norm, Norm::Rms { .. }), "the style of Llama has an RMSNorm");
    assert!(
        matches!(model.blocks[1].feed_forward, FeedForward::SwiGlu { .. }),
        "the style of Llama has SwiGLU"
    );
}

#[rstest]
fn what_does_not_fit_panics(#[values(Style::Gpt2, Style::Llama)] style: Style) {
    // What is not written yet panics as well, and here it does so first.
    let (config, model, (x, y)) = (config(style), model(style), text());
    loss_and_gradients(&model, &config, &x, &y);
    let long = Array2::zeros((1, 7));
    let calls: [(&str, &dyn Fn()); 3] = [
        ("forward takes the token 7 of 7", &|| drop(forward(&model, &config, &array![[7]]))),
        ("forward takes 7 tokens for a context of 6", &|| drop(forward(&model, &config, &long))),
        ("loss_and_gradients takes one next token for eight", &|| {
            drop(loss_and_gradients(&model, &config, &x, &array![[1]]))
        }),
    ];
    for (what, call) in calls {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{what}");
    }
}
