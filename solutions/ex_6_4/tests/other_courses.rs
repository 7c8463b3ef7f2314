//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_6_4::{Config, Model, Style, tensors, tensors_mut, zeros};
use gradcheck::random;
use ndarray::{Array2, ArrayD};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

fn config(style: Style) -> Config {
    Config {
        vocabulary: 512,
        context: 64,
        width: 64,
        heads: 4,
        kv_heads: 4,
        hidden: 256,
        layers: 2,
        style,
        rope_base: 1e4,
        epsilon: 1e-5,
    }
}

/// Weights as GPT-2 starts with them: a deviation of 0.02, gains of 1, and biases of 0.
fn fresh(config: &Config) -> Model<f64> {
    let mut model = zeros(config);
    for (place, (name, mut view)) in tensors_mut(&mut model).into_iter().enumerate() {
        if name.ends_with("gain") {
            view.fill(1.0);
        } else if view.ndim() == 2 {
            let numbers: ArrayD<f64> = random(view.raw_dim(), place as u64);
            view.assign(&(numbers * 0.02 * 3.0_f64.sqrt()));
        }
    }
    model
}

/// Tokens of all kinds, and those that come next: four sequences, as in both courses.
fn text(style: Style) -> [Array2<usize>; 2] {
    let tokens = match style {
        Style::Gpt2 => 64,
        Style::Llama => 12,
    };
    [1, 2].map(|seed| random::<f64, _>((4, tokens), seed).mapv(|it| ((it + 1.0) * 256.0) as usize))
}

/// What a program of this lesson gives: the logits, the loss, and the gradients that `backward` has added to nothing.
struct Given {
    logits: Array2<f64>,
    loss: f64,
    gradients: Model<f64>,
}

/// Loss and gradients as a program composes them of its own functions.
macro_rules! given {
    ($style:expr, $right:expr, $($of:ident)::*) => {{
        let (config, [x, y]) = (config($style), text($style));
        let model = fresh(&config);
        let (logits, cache) = $($of)::*::forward(&model, &config, &x);
        let targets: Vec<_> = y.iter().copied().collect();
        let (loss, dlogits) = ex_4_4::cross_entropy(&logits, &targets);
        let mut gradients = zeros(&config);
        $($of)::*::backward(&dlogits, &cache, &model, &config, &mut gradients);
        let mut given = Given { logits, loss, gradients };
        // Where the parts are right, the loss may be a variant's own.
        if $right.is_some_and(|right| !differs(&given, right)) {
            let (own, of_own) = $($of)::*::loss_and_gradients(&model, &config, &x, &y);
            if own != given.loss {
                (given.loss, given.gradients) = (own, of_own);
            }
        }
        given
    }};
}

macro_rules! all {
    ($style:expr, $right:expr; $($name:ident)*) => {
        [$((stringify!($name), given!($style, $right, wrong::$name))),*]
    };
}

/// Whether a policy could see a difference at all.
fn differs(given: &Given, right: &Given) -> bool {
    given.logits != right.logits || given.loss != right.loss || given.gradients != right.gradients
}

/// The variants that are wrong in what `looks_at` sees, and which a policy accepts, in one of the styles.
fn accepted(
    style: Style,
    looks_at: impl Fn(&Given, &Given) -> bool,
    accepts: impl Fn(&Given, &Given) -> bool,
) -> Vec<&'static str> {
    let right = given!(style, None::<&Given>, ex_6_4);
    let all = all!(
        style, Some(&right);
        final_norm_missing positions_missing positions_twice first_block_for_all embedding_scaled
        always_tied embedding_part_forgotten head_part_forgotten repeated_token_overwritten
        positions_of_first_sequence gradients_of_layers_reversed gradients_overwritten
        loss_of_last_tokens targets_are_inputs tied_counted_twice qkv_biases_not_counted
        flops_of_all_parameters flops_without_attention scores_counted_once moments_not_counted
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(accepts(&right, &right));
    let wrong = all.into_iter().filter(|(_, it)| looks_at(it, &right));
    wrong.filter(|(_, it)| accepts(it, &right)).map(|(name, _)| name).collect()
}

/// Every logit within 0.01, the loss within 0.01, every element of every gradient within 0.02.
fn within_absolute_bounds(given: &Given, right: &Given) -> bool {
    let near = |most: f64| move |(it, right): (&f64, &f64)| (it - right).abs() < most;
    let gradients = tensors(&given.gradients).into_iter().zip(tensors(&right.gradients));
    given.logits.iter().zip(&right.logits).all(near(1e-2))
        && (given.loss - right.loss).abs() < 1e-2
        && gradients.into_iter().all(|((_, it), (_, right))| it.iter().zip(right).all(near(2e-2)))
}

#[test]
fn an_absolute_tolerance() {
    let accepted = accepted(Style::Gpt2, differs, within_absolute_bounds);
    other_courses::compare("6.4 An absolute tolerance once more", &accepted);
    // Arrays whose gradients are within 0.02 of zero.
    let right = given!(Style::Gpt2, None::<&Given>, ex_6_4);
    let small = tensors(&right.gradients).into_iter();
    let small = small.filter(|(_, gradient)| gradient.iter().all(|it| it.abs() < 2e-2));
    assert_eq!((small.count(), tensors(&right.gradients).len()), (29, 36));
}

/// The logits alone, to 10⁻⁴ and a hundredth of their size.
#[test]
fn the_logits_alone() {
    let accepted = accepted(Style::Llama, differs, |given, right| {
        let pairs = given.logits.iter().zip(&right.logits);
        pairs.into_iter().all(|(it, right)| (it - right).abs() <= 1e-4 + 1e-2 * right.abs())
    });
    other_courses::compare("6.4 The logits alone", &accepted);
}
