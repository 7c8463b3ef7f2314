//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_6_2::{Attention, Heads, Linear};
use gradcheck::random;
use ndarray::Array2;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// Y, and dL/dX with the gradients of the four matrices.
type Whole = fn(&Case) -> (Array2<f64>, Vec<Array2<f64>>);

/// A layer, a batch and its upstream gradient.
struct Case {
    x: Array2<f64>,
    dy: Array2<f64>,
    weights: Attention<f64>,
    heads: Heads,
    batch: usize,
}

macro_rules! whole {
    ($($of:ident)::*) => {{
        let whole: Whole = |case| {
            let Case { x, dy, weights, heads, batch } = case;
            let (y, cache) = $($of)::*::multi_head(x, weights, heads, *batch);
            let mut all = zeros(weights);
            let dx = $($of)::*::multi_head_backward(dy, &cache, weights, heads, &mut all);
            (y, vec![dx, all.q.w, all.k.w, all.v.w, all.o.w])
        };
        whole
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), whole!(wrong::$name))),*] };
}

fn zeros(weights: &Attention<f64>) -> Attention<f64> {
    let zero = |layer: &Linear<f64>| Linear { w: Array2::zeros(layer.w.dim()), b: None };
    let Attention { q, k, v, o } = weights;
    Attention { q: zero(q), k: zero(k), v: zero(v), o: zero(o) }
}

/// The variants that a policy accepts.
fn accepted(policy: fn(Whole) -> bool) -> Vec<&'static str> {
    let all = all!(
        merge_without_transpose split_without_transpose heads_interleaved tokens_before_batch
        not_causal scale_of_all_heads wo_transposed keys_and_values_exchanged
        output_layer_forgotten dx_only_from_q dx_overwritten group_repeat_tiled
        group_gradient_mean group_gradient_first_head gradients_overwritten
        values_turned_too rope_backward_forgotten
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(policy(whole!(ex_6_2)));
    all.into_iter().filter(|(_, whole)| policy(*whole)).map(|(name, _)| name).collect()
}

/// Numbers of this deviation.
fn numbers(shape: (usize, usize), deviation: f64, seed: u64) -> Array2<f64> {
    let uniform: Array2<f64> = random(shape, seed);
    3.0_f64.sqrt() * deviation * uniform
}

fn case(rows: usize, model: usize, heads: usize, batch: usize, deviation: f64) -> Case {
    let layer = |seed| Linear { w: numbers((model, model), deviation, seed), b: None };
    let [q, k, v, o] = [1, 2, 3, 4].map(layer);
    Case {
        x: numbers((rows, model), 1.0, 5),
        dy: numbers((rows, model), 1.0, 6),
        weights: Attention { q, k, v, o },
        heads: Heads { heads, kv_heads: heads, rope: None },
        batch,
    }
}

/// Outputs against a snapshot, plain and turned.
#[test]
fn two_snapshots_of_the_outputs() {
    let policy = |whole: Whole| {
        let plain = case(4 * 12, 64, 4, 4, 0.125);
        let mut turned = case(4 * 12, 64, 4, 4, 0.125);
        turned.heads.rope = Some(10_000.0);
        [plain, turned].into_iter().all(|case| {
            let [found, wanted] = [whole, whole!(ex_6_2)].map(|of| of(&case).0);
            found
                .iter()
                .zip(&wanted)
                .all(|(it, want)| (it - want).abs() <= 1e-6 + 1e-4 * want.abs())
        })
    };
    other_courses::compare("6.2 Two snapshots of the outputs", &accepted(policy));
}

/// The loss and all gradients within 0.02, in a layer as it is at the start of a training.
#[test]
fn within_two_hundredths() {
    let policy = |whole: Whole| {
        let mut case = case(4 * 16, 64, 4, 4, 0.02);
        // What comes back from a mean over 64 tokens.
        case.dy.mapv_inplace(|it| it / 64.0);
        let near = |found: &Array2<f64>, wanted: &Array2<f64>| {
            found.iter().zip(wanted).all(|(it, want)| (it - want).abs() <= 0.02)
        };
        let ((y, found), (want, wanted)) = (whole(&case), whole!(ex_6_2)(&case));
        near(&y, &want) && found.iter().zip(&wanted).all(|(it, want)| near(it, want))
    };
    other_courses::compare("6.2 Gradients within 0.02", &accepted(policy));
}

/// A shape, and that there is a gradient.
#[test]
fn a_shape_and_a_gradient() {
    let policy = |whole: Whole| {
        let case = case(20, 32, 4, 2, 0.1);
        let (y, gradients) = whole(&case);
        y.dim() == (20, 32) && gradients[0].dim() == (20, 32)
    };
    let all = other_courses::variants(include_str!("../wrong.rs"));
    assert_eq!(accepted(policy), all);
}
