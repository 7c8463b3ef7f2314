//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_6_2::{Attention, Heads, Linear};
use ex_6_3::{Block, FeedForward, Norm};
use gradcheck::random;
use ndarray::Array2;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

const WIDTH: usize = 64;
const HIDDEN: usize = 128;

/// What a forward pass gives: SwiGLU of some rows, and a block of 4 heads over 2 sequences of 12 tokens.
macro_rules! forward {
    ($($of:ident)::*) => {{
        let x: Array2<f64> = random((24, WIDTH), 1);
        let [w1, w3] = [2, 3].map(|seed| matrix(seed, HIDDEN, WIDTH));
        let w2 = matrix(4, WIDTH, HIDDEN);
        let (gated, _) = $($of)::*::swiglu(&x, &w1, &w2, &w3);
        let heads = Heads { heads: 4, kv_heads: 4, rope: Some(1e4) };
        let (y, _) = $($of)::*::block(&x, &block(w1, w2, w3), &heads, 1e-5, 2);
        [gated, y]
    }};
}

/// Weights as at the start of a training.
fn matrix(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    random::<f64, _>((rows, columns), seed) * (3.0 / columns as f64).sqrt()
}

fn block(w1: Array2<f64>, w2: Array2<f64>, w3: Array2<f64>) -> Block<f64> {
    let [q, k, v, o] = [5, 6, 7, 8].map(|seed| Linear { w: matrix(seed, WIDTH, WIDTH), b: None });
    let gain = |seed| Norm::Rms { gain: random::<f64, _>(WIDTH, seed) / 2.0 + 1.0 };
    Block {
        norm1: gain(9),
        attention: Attention { q, k, v, o },
        norm2: gain(10),
        feed_forward: FeedForward::SwiGlu { w1, w2, w3 },
    }
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), forward!(wrong::$name))),*] };
}

/// The variants whose outputs a policy accepts.
fn accepted(accepts: impl Fn(&Array2<f64>, &Array2<f64>) -> bool) -> Vec<&'static str> {
    let all = all!(
        gate_and_up_swapped silu_of_product gate_alone gate_is_sigmoid gate_derivative_is_sigma
        gate_missing_in_dc dx_through_gate_alone hidden_width_floor exact_gelu
        gradients_overwritten post_norm residual_from_normed second_norm_on_x second_sum_from_x
        same_norm_for_both residual_gradient_missing residual_gradient_twice
        attention_gets_upstream norm_gradients_exchanged
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    let right = forward!(ex_6_3);
    let agrees =
        |outputs: &[Array2<f64>; 2]| outputs.iter().zip(&right).all(|(y, it)| accepts(y, it));
    assert!(agrees(&right));
    all.into_iter().filter(|(_, outputs)| agrees(outputs)).map(|(name, _)| name).collect()
}

/// A snapshot of the outputs, to 10⁻⁵.
#[test]
fn the_forward_pass_alone() {
    let near = |y: &Array2<f64>, right: &Array2<f64>| {
        y.shape() == right.shape() && y.iter().zip(right).all(|(y, it)| (y - it).abs() <= 1e-5)
    };
    other_courses::compare("6.3 The forward pass of a block", &accepted(near));
}

/// The shape of the outputs is that of the inputs.
#[test]
fn the_shape_alone() {
    let all = accepted(|y, right| y.shape() == right.shape());
    assert_eq!(all.len(), other_courses::variants(include_str!("../wrong.rs")).len());
}
