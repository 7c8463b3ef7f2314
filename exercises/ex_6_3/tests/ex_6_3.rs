//! The visible tests of lesson 6.3.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ex_6_2::{Attention, Heads, Linear};
use ex_6_3::{
    Block, FeedForward, Norm, block, block_backward, feed_forward, feed_forward_backward,
    hidden_width, norm, norm_backward, swiglu, swiglu_backward,
};
use gradcheck::{check_loss, random};
use ndarray::{Array, Array1, Array2, Dimension, ShapeBuilder, array};
use rstest::rstest;

/// Compares to eleven digits.
#[track_caller]
fn assert_close<D: Dimension>(name: &str, yours: &Array<f64, D>, expected: &Array<f64, D>) {
    let near = |(yours, expected): (&f64, &f64)| (yours - expected).abs() <= 1e-11;
    let all_near = yours.shape() == expected.shape() && yours.iter().zip(expected).all(near);
    assert!(all_near, "\n{name}\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// The numbers P(s) of the brief, in any shape.
fn p<Sh: ShapeBuilder>(s: usize, shape: Sh) -> Array<f64, Sh::Dim> {
    let mut i = 0;
    Array::from_shape_simple_fn(shape, || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

#[rstest]
#[case::exact(768, 1, 2048)]
#[case::rounded_up(512, 64, 1408)]
#[case::of_llama(4096, 256, 11008)]
#[case::a_fraction_more(4, 10, 20)]
#[case::a_multiple(6, 16, 16)]
#[case::nothing(0, 8, 0)]
fn hidden_widths(#[case] width: usize, #[case] multiple: usize, #[case] expected: usize) {
    let yours = hidden_width(width, multiple);
    assert!(yours == expected, "hidden_width({width}, {multiple}) is {yours}, and not {expected}");
}

/// X and the three matrices of the brief.
fn gated() -> [Array2<f64>; 4] {
    [p(1, (2, 4)), 0.5 * p(2, (3, 4)), 0.5 * p(4, (4, 3)), 0.5 * p(3, (3, 4))]
}

#[test]
fn swiglu_gives_the_numbers_of_the_brief() {
    let [x, w1, w2, w3] = gated();
    let (y, _) = swiglu(&x, &w1, &w2, &w3);
    let expected = array![
        [-0.024871194274, 0.008138718065, -0.005520556006, -0.019179830078],
        [-0.007330882172, 0.003556032476, -0.000948897723, -0.005453827922],
    ];
    assert_close("Y of swiglu", &y, &expected);
    let (twice, _) = swiglu(&x, &w1, &w2, &(2.0 * w3));
    assert_close("Y of swiglu with 2·W₃", &twice, &(2.0 * expected));
}

#[test]
fn swiglu_backward_gives_the_numbers_of_the_brief() {
    let [x, w1, w2, w3] = gated();
    let (_, cache) = swiglu(&x, &w1, &w2, &w3);
    let (dx, dw1, dw2, dw3) = swiglu_backward(&p(5, (2, 4)), &cache, &w1, &w2, &w3);
    let expected = array![
        [0.001312705962, 0.005180651330, -0.031468900417, -0.010775012926],
        [0.024526402113, 0.028690321179, 0.038550287056, -0.029653324630],
    ];
    assert_close("dL/dX", &dx, &expected);
    let first = |of: &Array2<f64>| of.row(0).to_owned();
    let expected = array![-0.023148788763, 0.014626726857, 0.008579497218, 0.002532267580];
    assert_close("the first row of dL/dW₁", &first(&dw1), &expected);
    let expected = array![0.006138394749, -0.012731266781, -0.008447642545];
    assert_close("the first row of dL/dW₂", &first(&dw2), &expected);
    let expected = array![0.056506884798, -0.047537893645, -0.036098142388, -0.024658391132];
    assert_close("the first row of dL/dW₃", &first(&dw3), &expected);
}

#[rstest]
#[case::one_of_all(1, 1, 1)]
#[case::square(2, 3, 3)]
#[case::wide(3, 2, 5)]
fn swiglu_agrees_with_finite_differences(
    #[case] rows: usize,
    #[case] width: usize,
    #[case] hidden: usize,
    #[values(false, true)] column_major: bool,
) {
    let [x, dy]: [Array2<f64>; 2] =
        [1, 2].map(|seed| random((rows, width).set_f(column_major), seed));
    let [w1, w3]: [Array2<f64>; 2] = [3, 4].map(|seed| random((hidden, width), seed));
    let w2: Array2<f64> = random((width, hidden), 5);
    let (_, cache) = swiglu(&x, &w1, &w2, &w3);
    let (dx, dw1, dw2, dw3) = swiglu_backward(&dy, &cache, &w1, &w2, &w3);
    let report = check_loss(
        (("X", &x, &dx), ("W₁", &w1, &dw1), ("W₂", &w2, &dw2), ("W₃", &w3, &dw3)),
        |(x, w1, w2, w3)| (&dy * &swiglu(x, w1, w2, w3).0).sum(),
    );
    assert!(report.passed(), "swiglu_backward: gradient check failed\n{report}");
}

/// A layer with random weights, and a bias in the style of GPT-2.
fn linear(seed: u64, rows: usize, columns: usize, is_gpt2: bool) -> Linear<f64> {
    let b = is_gpt2.then(|| random(rows, seed + 100));
    Linear { w: random((rows, columns), seed), b }
}

fn random_norm(seed: u64, width: usize, is_gpt2: bool) -> Norm<f64> {
    let gain = random::<f64, _>(width, seed) / 2.0 + 1.0;
    if is_gpt2 { Norm::Layer { gain, bias: random(width, seed + 100) } } else { Norm::Rms { gain } }
}

fn random_feed_forward(width: usize, hidden: usize, is_gpt2: bool) -> FeedForward<f64> {
    if is_gpt2 {
        let [up, down] = [(21, hidden, width), (22, width, hidden)];
        let layer = |(seed, rows, columns)| linear(seed, rows, columns, true);
        return FeedForward::Gelu { up: layer(up), down: layer(down) };
    }
    let [w1, w3] = [23, 24].map(|seed| random((hidden, width), seed));
    FeedForward::SwiGlu { w1, w2: random((width, hidden), 25), w3 }
}

fn random_block(width: usize, hidden: usize, is_gpt2: bool) -> Block<f64> {
    let [q, k, v, o] = [11, 12, 13, 14].map(|seed| linear(seed, width, width, is_gpt2));
    Block {
        norm1: random_norm(1, width, is_gpt2),
        attention: Attention { q, k, v, o },
        norm2: random_norm(2, width, is_gpt2),
        feed_forward: random_feed_forward(width, hidden, is_gpt2),
    }
}

#[test]
fn norms_of_both_kinds_agree_with_finite_differences() {
    for is_gpt2 in [false, true] {
        let [x, dy]: [Array2<f64>; 2] = [1, 2].map(|seed| random((3, 4), seed));
        let weights = random_norm(3, 4, is_gpt2);
        let (_, cache) = norm(&x, &weights, 0.1);
        let mut gradients = random_norm(4, 4, is_gpt2);
        let before = gradients.clone();
        let dx = norm_backward(&dy, &cache, &weights, &mut gradients);
        let report = check_loss(("X", &x, &dx), |x| (&dy * &norm(x, &weights, 0.1).0).sum());
        assert!(report.passed(), "norm_backward: gradient check failed\n{report}");
        let gain = |of: &Norm<f64>| match of {
            Norm::Rms { gain } | Norm::Layer { gain, .. } => gain.clone(),
        };
        let with = |gain: &Array1<f64>| match &weights {
            Norm::Rms { .. } => Norm::Rms { gain: gain.clone() },
            Norm::Layer { bias, .. } => Norm::Layer { gain: gain.clone(), bias: bias.clone() },
        };
        let added = gain(&gradients) - gain(&before);
        let report = check_loss(("γ", &gain(&weights), &added), |gain| {
            (&dy * &norm(&x, &with(gain), 0.1).0).sum()
        });
        assert!(report.passed(), "norm_backward: what was added for γ is wrong\n{report}");
    }
}

#[test]
fn feed_forward_layers_of_both_kinds_agree_with_finite_differences() {
    for is_gpt2 in [false, true] {
        let [x, dy]: [Array2<f64>; 2] = [1, 2].map(|seed| random((3, 4), seed));
        let weights = random_feed_forward(4, 5, is_gpt2);
        let (_, cache) = feed_forward(&x, &weights);
        let mut gradients = weights.clone();
        let dx = feed_forward_backward(&dy, &cache, &weights, &mut gradients);
        let report = check_loss(("X", &x, &dx), |x| (&dy * &feed_forward(x, &weights).0).sum());
        assert!(report.passed(), "feed_forward_backward: gradient check failed\n{report}");
        // The gradients were the weights, so the loss of twice as much differs.
        assert!(gradients != weights, "feed_forward_backward adds no gradients");
    }
}

#[test]
fn the_gelu_is_the_tanh_form() {
    let layer = |w: f64, b: f64| Linear { w: array![[w]], b: Some(array![b]) };
    let weights = FeedForward::Gelu { up: layer(2.0, -0.5), down: layer(3.0, 0.25) };
    // z = 2·0.75 − 0.5 = 1, whose tanh form is 0.841191990608 (lesson 4.3).
    let (y, _) = feed_forward(&array![[0.75]], &weights);
    assert_close("feed_forward", &y, &array![[3.0 * 0.841191990608 + 0.25]]);
}

/// The block of the brief, its rows, and how its rows are shared out.
fn example() -> (Array2<f64>, Block<f64>, Heads) {
    let gain = |s| Norm::Rms { gain: 1.0 + 0.1 * p(s, 4) };
    let layer = |s| Linear { w: 0.5 * p(s, (4, 4)), b: None };
    let weights = Block {
        norm1: gain(2),
        attention: Attention { q: layer(3), k: layer(4), v: layer(5), o: layer(6) },
        norm2: gain(7),
        feed_forward: FeedForward::SwiGlu {
            w1: 0.5 * p(8, (3, 4)),
            w2: 0.5 * p(10, (4, 3)),
            w3: 0.5 * p(9, (3, 4)),
        },
    };
    (p(1, (3, 4)), weights, Heads { heads: 2, kv_heads: 2, rope: Some(1e4) })
}

#[test]
fn the_block_gives_the_numbers_of_the_brief() {
    let (x, weights, heads) = example();
    let (y, cache) = block(&x, &weights, &heads, 1e-5, 1);
    let expected = array![
        [-0.244898249751, -0.877477642043, -0.305045270904, -1.066327424107],
        [-0.924391447488, 0.534453119061, 0.861510279537, 0.382519118474],
        [0.218495592026, -0.455325052224, 0.152642131959, -0.611341749014],
    ];
    assert_close("Y of the block", &y, &expected);
    let mut gradients = weights.clone();
    let dx = block_backward(&p(11, (3, 4)), &cache, &weights, &heads, &mut gradients);
    let expected = array![
        [-0.760701641701, 0.799084493374, 0.807405272338, 0.709777368374],
        [0.424492517650, 0.223856970434, 0.009150608584, -0.204600190617],
        [-0.364556773810, -0.473926508845, -1.040355432287, -0.923311939048],
    ];
    assert_close("dL/dX of the block", &dx, &expected);
    let (Norm::Rms { gain: sum }, Norm::Rms { gain }) = (&gradients.norm2, &weights.norm2) else {
        panic!("the gradients of an RMSNorm are no RMSNorm");
    };
    let expected = array![0.037135128533, 0.083597566072, -0.000693676821, 0.087923812994];
    assert_close("what was added for γ of the second norm", &(sum - gain), &expected);
    let added = &gradients.attention.k.w - &weights.attention.k.w;
    let expected = array![0.000763343858, -0.008345659729, -0.013174370753, -0.017802351827];
    assert_close("the first row of what was added for W of k", &added.row(0).to_owned(), &expected);
}

#[rstest]
fn gradients_of_the_block_agree_with_finite_differences(#[values(false, true)] is_gpt2: bool) {
    let heads = Heads { heads: 2, kv_heads: 2, rope: (!is_gpt2).then_some(1e4) };
    let weights = random_block(4, 5, is_gpt2);
    let [x, dy]: [Array2<f64>; 2] = [31, 32].map(|seed| random((6, 4), seed));
    let (_, cache) = block(&x, &weights, &heads, 0.1, 2);
    let mut gradients = weights.clone();
    let dx = block_backward(&dy, &cache, &weights, &heads, &mut gradients);
    let loss =
        |x: &Array2<f64>, weights: &Block<f64>| (&dy * &block(x, weights, &heads, 0.1, 2).0).sum();
    let dwq = &gradients.attention.q.w - &weights.attention.q.w;
    let dwo = &gradients.attention.o.w - &weights.attention.o.w;
    let (wq, wo) = (&weights.attention.q.w, &weights.attention.o.w);
    let report = check_loss((("X", &x, &dx), ("Wq", wq, &dwq), ("Wo", wo, &dwo)), |(x, wq, wo)| {
        let mut weights = weights.clone();
        weights.attention.q.w.assign(wq);
        weights.attention.o.w.assign(wo);
        loss(x, &weights)
    });
    assert!(report.passed(), "block_backward: gradient check failed\n{report}");
}

#[rstest]
fn a_block_whose_layers_give_zeros_changes_nothing(#[values(false, true)] is_gpt2: bool) {
    let clear = |layer: &mut Linear<f64>| {
        layer.w.fill(0.0);
        layer.b.iter_mut().for_each(|b| b.fill(0.0));
    };
    let mut weights = random_block(4, 5, is_gpt2);
    clear(&mut weights.attention.o);
    match &mut weights.feed_forward {
        FeedForward::SwiGlu { w2, .. } => w2.fill(0.0),
        FeedForward::Gelu { down, .. } => clear(down),
    }
    let heads = Heads { heads: 2, kv_heads: 2, rope: None };
    let [x, dy]: [Array2<f64>; 2] = [31, 32].map(|seed| random((6, 4), seed));
    let (y, cache) = block(&x, &weights, &heads, 1e-5, 2);
    assert!(y == x, "\nthe block\nexpected:\n{x}\nyours:\n{y}\n");
    let dx = block_backward(&dy, &cache, &weights, &heads, &mut weights.clone());
    assert!(dx == dy, "\nblock_backward\nexpected:\n{dy}\nyours:\n{dx}\n");
}

#[test]
fn a_later_token_moves_nothing_earlier() {
    let (x, weights, heads) = example();
    let (y, _) = block(&x, &weights, &heads, 1e-5, 1);
    let mut moved = x.clone();
    moved[[2, 1]] += 1.0;
    let (changed, _) = block(&moved, &weights, &heads, 1e-5, 1);
    for token in 0..2 {
        assert!(changed.row(token) == y.row(token), "token {token} sees a later one");
    }
    assert!(changed.row(2) != y.row(2), "the token itself does not change");
}

#[test]
fn what_does_not_fit_panics() {
    // What is not written yet panics as well, and here it does so first.
    let [x, w1, w2, w3] = gated();
    swiglu(&x, &w1, &w2, &w3);
    hidden_width(8, 1);
    let weights = random_norm(1, 4, false);
    let (_, cache) = norm(&x, &weights, 0.1);
    norm_backward(&x, &cache, &weights, &mut weights.clone());
    let one = w3.slice(ndarray::s![..1, ..]).to_owned();
    let calls: [(&str, &dyn Fn()); 3] = [
        ("hidden_width takes a multiple of 0", &|| assert_eq!(hidden_width(8, 0), 0)),
        ("swiglu takes a W₃ of one row for three", &|| drop(swiglu(&x, &w1, &w2, &one))),
        ("norm_backward takes gradients of another kind", &|| {
            drop(norm_backward(&x, &cache, &weights, &mut random_norm(1, 4, true)))
        }),
    ];
    for (what, call) in calls {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{what}");
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let [x, w1, w2, w3] = gated();
    let (expected, _) = swiglu(&x, &w1, &w2, &w3);
    let single = |array: &Array2<f64>| array.mapv(|it| it as f32);
    let (yours, _) = swiglu(&single(&x), &single(&w1), &single(&w2), &single(&w3));
    assert!(
        yours.iter().zip(&expected).all(|(yours, it)| (f64::from(*yours) - it).abs() <= 1e-6),
        "\nswiglu in f32\nexpected:\n{expected}\nyours:\n{yours}\n"
    );
}
