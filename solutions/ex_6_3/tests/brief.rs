//! The numbers and the Rust that the brief, its page and its derivation show.

use ex_4_3::{gelu_tanh, silu, silu_backward};
use ex_6_2::{Attention, Heads, Linear, multi_head};
use ex_6_3::{
    Block, FeedForward, Norm, block, block_backward, feed_forward, hidden_width, norm, swiglu,
    swiglu_backward,
};
use ndarray::{Array, Array2, ShapeBuilder, array, linalg::general_mat_mul};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

/// P(s) of the brief.
fn p<Sh: ShapeBuilder>(s: usize, shape: Sh) -> Array<f64, Sh::Dim> {
    let mut i = 0;
    Array::from_shape_simple_fn(shape, || {
        i += 1;
        ((37 * (i - 1) + 11 * s + 5) % 41) as f64 / 20.0 - 1.0
    })
}

/// X, W₁, W₂, W₃ and dL/dY of the first example.
fn gated() -> [Array2<f64>; 5] {
    [p(1, (2, 4)), 0.5 * p(2, (3, 4)), 0.5 * p(4, (4, 3)), 0.5 * p(3, (3, 4)), p(5, (2, 4))]
}

fn first(of: &Array2<f64>) -> Vec<f64> {
    of.row(0).to_vec()
}

#[test]
fn the_similar_case() {
    let t: f64 = 2.0;
    let (one, other) = (3.0 * t.sin(), 3.0 * t * t.cos());
    assert_all_stated([one, other, one + other], ["2.727892", "-2.496881", "0.231011"]);
    // Whoever forgets one of the ways is off by more than the result.
    assert!(one.abs() > (one + other).abs() && other.abs() > (one + other).abs());
    let h = |t: f64| 3.0 * t * t.sin();
    assert_stated((h(t + 1e-6) - h(t - 1e-6)) / 2e-6, "0.231011");
}

#[test]
fn the_numbers_of_the_gated_layer() {
    let [x, w1, w2, w3, dy] = gated();
    let (y, cache) = swiglu(&x, &w1, &w2, &w3);
    assert_all_stated(first(&y), ["-0.024871", "0.008139", "-0.005521", "-0.019180"]);
    let (dx, dw1, dw2, dw3) = swiglu_backward(&dy, &cache, &w1, &w2, &w3);
    assert_all_stated(first(&dx), ["0.001313", "0.005181", "-0.031469", "-0.010775"]);
    assert_all_stated(first(&dw1), ["-0.023149", "0.014627", "0.008579", "0.002532"]);
    assert_all_stated(first(&dw2), ["0.006138", "-0.012731", "-0.008448"]);
    assert_all_stated(first(&dw3), ["0.056507", "-0.047538", "-0.036098", "-0.024658"]);
}

#[test]
fn the_worked_example() {
    let [x, w1, w2, w3, dy] = gated();
    let (_, cache) = swiglu(&x, &w1, &w2, &w3);
    let (a, c) = (&cache.a, &cache.c);
    let sigma = a.mapv(|a| 1.0 / (1.0 + (-a).exp()));
    assert_all_stated(first(a), ["0.05", "0.03", "-0.4"]);
    assert_all_stated(first(&sigma), ["0.512497", "0.507499", "0.401312"]);
    assert_all_stated(first(c), ["-0.5", "0.3", "-0.335"]);
    // As the derivation has it.
    let gate = silu(a);
    let dh = dy.dot(&w2);
    let da = silu_backward(&(&dh * c), a);
    assert_all_stated(first(&gate), ["0.025625", "0.015225", "-0.160525"]);
    assert_all_stated(first(&(&gate * c)), ["-0.012812", "0.004567", "0.053776"]);
    assert_all_stated(first(&dh), ["-0.03375", "0.10625", "0.24625"]);
    let dc = dh * &gate;
    assert_all_stated(first(&dc), ["-0.000865", "0.001618", "-0.039529"]);
    let slope = silu_backward(&Array2::ones(a.dim()), a);
    assert_all_stated(first(&slope), ["0.524990", "0.514998", "0.305208"]);
    assert_all_stated(first(&da), ["0.008859", "0.016416", "-0.025178"]);
    let (dx, ..) = swiglu_backward(&dy, &cache, &w1, &w2, &w3);
    let sum = da.dot(&w1) + dc.dot(&w3);
    assert!(dx.iter().zip(&sum).all(|(dx, sum)| (dx - sum).abs() < 1e-15));
}

/// The block of the brief.
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
    (p(1, (3, 4)), weights, Heads { heads: 2, kv_heads: 2, rope: Some(10_000.0) })
}

#[test]
fn the_numbers_of_the_block() {
    let (x, weights, heads) = example();
    let (y, cache) = block(&x, &weights, &heads, 1e-5, 1);
    assert_all_stated(first(&y), ["-0.244898", "-0.877478", "-0.305045", "-1.066327"]);
    assert_all_stated(y.row(2).to_vec(), ["0.218496", "-0.455325", "0.152642", "-0.611342"]);
    let dy = p(11, (3, 4));
    let dx = block_backward(&dy, &cache, &weights, &heads, &mut weights.clone());
    assert_all_stated(first(&dx), ["-0.760702", "0.799084", "0.807405", "0.709777"]);
    assert_all_stated(dx.row(2).to_vec(), ["-0.364557", "-0.473927", "-1.040355", "-0.923312"]);
}

#[test]
fn other_wirings() {
    let (x, weights, heads) = example();
    let norm1 = |x: &Array2<f64>| norm(x, &weights.norm1, 1e-5).0;
    let norm2 = |x: &Array2<f64>| norm(x, &weights.norm2, 1e-5).0;
    let attention = |x: &Array2<f64>| multi_head(x, &weights.attention, &heads, 1).0;
    let layer = |x: &Array2<f64>| feed_forward(x, &weights.feed_forward).0;
    let parallel = &x + attention(&norm1(&x)) + layer(&norm2(&x));
    assert_all_stated(first(&parallel), ["-0.207621", "-0.887072", "-0.361512", "-1.009520"]);
    let v = norm1(&(&x + attention(&x)));
    let post = norm2(&(&v + layer(&v)));
    assert_all_stated(first(&post), ["-0.325797", "-1.183701", "-0.758955", "-1.539685"]);
}

#[test]
fn the_widths() {
    assert_eq!((hidden_width(768, 1), hidden_width(512, 64)), (2048, 1408));
    // Rounded down first.
    assert_eq!((8_usize * 4 / 3).div_ceil(10) * 10, 10);
    assert_eq!(hidden_width(4, 10), 20);
    assert_stated(8.0 * 4.0 / 3.0, "10.67");
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (tokens, width, hidden): (u64, u64, u64) = (1024, 768, 2048);
    let flops = 6 * tokens * width * hidden;
    assert_eq!((8 * tokens * width * width, flops), (4_831_838_208, 9_663_676_416));
    assert_eq!(flops, 16 * tokens * width * width);
    assert_eq!((2 * 4 * tokens * hidden, 2 * 4 * tokens * width), (16_777_216, 6_291_456));
    assert_eq!(tokens * hidden, 2_097_152);
    assert_stated(flops as f64 / 1e9, "9.66");
    assert_stated(flops as f64 / 312e6, "31.0");
    for (arrays, width, megabytes, microseconds) in [
        (3, hidden, "12.6", "6.2"),
        (5, hidden, "21.0", "10.3"),
        (2, width, "3.1", "1.5"),
        (3, width, "4.7", "2.3"),
    ] {
        let bytes = (2 * arrays * tokens * width) as f64;
        assert_stated(bytes / 1e6, megabytes);
        assert_stated(bytes / 2.039e6, microseconds);
    }
}

#[test]
fn the_rust_of_the_brief() {
    let (p, q) = (array![[1.0, 2.0]], array![[3.0, 4.0]]);
    let (n, k) = (7_usize, 2);
    assert_eq!(n.div_ceil(k) * k, 8);
    assert_eq!(p.dim(), q.dim(), "why");
    assert_eq!(&p * &q, array![[3.0, 8.0]]);
    assert_eq!(p * &q, array![[3.0, 8.0]]);
    // Stretched without a word.
    assert_eq!(&q * &array![[2.0]], array![[6.0, 8.0]]);
    let (p, q, mut r) = (array![[1.0, 2.0]], array![[3.0], [4.0]], array![[1.0]]);
    let one = 1.0;
    general_mat_mul(one, &p, &q, one, &mut r);
    assert_eq!(r, array![[12.0]]);
    let (a, c, z) = (array![[0.0]], array![[5.0]], array![[0.0]]);
    assert_eq!(silu(&a) * &c, gelu_tanh(&z));
    let (weights, mut gradients) =
        (Norm::Rms { gain: array![1.0] }, Norm::Rms { gain: array![2.0] });
    match (&weights, &mut gradients) {
        (Norm::Rms { gain }, Norm::Rms { gain: sum }) => *sum += gain,
        _ => panic!("of two kinds"),
    }
    assert_eq!(gradients, Norm::Rms { gain: array![3.0] });
}
