//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_6_1::{attention, attention_backward, d_scores, d_weights, output, scores, weights};
use ndarray::{Array2, Array3, Axis, array, linalg::general_mat_mul, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

/// Q, K, V and dL/dO of the brief.
fn example() -> [Array2<f64>; 4] {
    [
        array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        array![[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]],
        array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        array![[1.0, 0.0], [0.0, 1.0], [0.5, -1.0]],
    ]
}

#[test]
fn the_query_of_the_brief() {
    let q = array![1.0, 2.0, 0.0, 1.0];
    let k = array![[2.0, 0.0, 1.0, 0.0], [0.0, 1.0, 3.0, -2.0], [1.0, 1.0, -1.0, 1.0]];
    let v = array![[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]];
    assert_eq!(k.dot(&q), array![2.0, 0.0, 4.0]);
    assert_eq!(scores(), [1.0, 0.0, 2.0]);
    let (o, cache) = attention(&q.insert_axis(Axis(0)), &k, &v, true);
    let near = |found: &[f64], by_hand: &[f64]| {
        assert_eq!(found.len(), by_hand.len());
        found.iter().zip(by_hand).for_each(|(it, by_hand)| {
            assert_relative_eq!(it, by_hand, max_relative = 1e-11);
        });
    };
    near(&cache.a.row(0).to_vec(), &weights());
    near(&o.row(0).to_vec(), &output());
    let u = array![2.0, -1.0];
    assert_eq!(v.dot(&u).to_vec(), d_weights());
    let delta = cache.a.row(0).dot(&v.dot(&u));
    assert_relative_eq!(delta, o.row(0).dot(&u), max_relative = 1e-14);
    assert_stated(delta, "-1.686327");
    assert_all_stated(weights(), ["0.244728", "0.090031", "0.665241"]);
    let distances = d_weights().map(|it| it - delta);
    assert_all_stated(distances, ["3.686327", "-0.313673", "-1.313673"]);
    assert_all_stated(d_scores(), ["0.902149", "-0.028240", "-0.873909"]);
    let ds = [0, 1, 2].map(|j| weights()[j] * distances[j]);
    near(&ds, &d_scores());
}

/// Two keys, whose weights are σ of the difference of their scores.
#[test]
fn the_similar_case() {
    let output = |s: [f64; 2], v: [f64; 2]| {
        let a = 1.0 / (1.0 + (s[1] - s[0]).exp());
        (a, a * v[0] + (1.0 - a) * v[1])
    };
    let (s, v) = ([3.0_f64.ln(), 0.0], [4.0, 0.0]);
    let (a, o) = output(s, v);
    assert_relative_eq!(a, 0.75, max_relative = 1e-14);
    assert_relative_eq!(o, 3.0, max_relative = 1e-14);
    let slope = a * (1.0 - a) * (v[0] - v[1]);
    assert_relative_eq!(slope, 0.75, max_relative = 1e-14);
    let moved = |by: f64| output([s[0] + by, s[1]], v).1;
    assert_relative_eq!((moved(1e-5) - moved(-1e-5)) / 2e-5, 0.75, max_relative = 1e-8);
    assert_relative_eq!((1.0 - a) * (v[0] - v[1]), v[0] - o, max_relative = 1e-14);
}

#[test]
fn the_example_of_the_brief() {
    let [q, k, v, d_o] = example();
    let (o, cache) = attention(&q, &k, &v, true);
    let all = |of: &Array2<f64>| of.iter().copied().collect::<Vec<_>>();
    assert_all_stated(
        all(&cache.a),
        ["1", "0", "0", "0.330238", "0.669762", "0", "0.197776", "0.401112", "0.401112"],
    );
    assert_all_stated(all(&o), ["1", "2", "2.339523", "3.339523", "3.406673", "4.406673"]);
    let (dq, dk, dv) = attention_backward(&d_o, &q, &k, &v, &cache);
    assert_all_stated(all(&dq), ["0", "0", "0", "0.312797", "0.225957", "-0.394242"]);
    assert_all_stated(
        all(&dk),
        ["0.168285", "-0.144512", "0.057672", "0.370469", "-0.225957", "-0.225957"],
    );
    assert_all_stated(
        all(&dv),
        ["1.098888", "0.132463", "0.200556", "0.268649", "0.200556", "-0.401112"],
    );
    for sum in dk.sum_axis(Axis(0)) {
        assert!(sum.abs() <= 1e-15);
    }
    let (o, _) = attention(&q, &k, &v, false);
    assert_all_stated(o.row(0).to_vec(), ["2.593327", "3.593327"]);
}

#[test]
fn the_worked_example() {
    let [q, k, v, d_o] = example();
    let (_, cache) = attention(&q, &k, &v, true);
    let products = k.dot(&q.row(2));
    assert_eq!(products, array![1.0, 2.0, 2.0]);
    let root = 2.0_f64.sqrt();
    assert_all_stated((products / root).to_vec(), ["0.707107", "1.414214", "1.414214"]);
    let da = v.dot(&d_o.row(2));
    assert_eq!(da, array![-1.5, -2.5, -3.5]);
    let a = cache.a.row(2);
    assert_all_stated((&a * &da).to_vec(), ["-0.296664", "-1.002780", "-1.403892"]);
    let sum = a.dot(&da);
    assert_stated(sum, "-2.703336");
    let distances = &da - sum;
    assert_all_stated(distances.to_vec(), ["1.203336", "0.203336", "-0.796664"]);
    let ds = &a * &distances;
    assert_all_stated(ds.to_vec(), ["0.237991", "0.081561", "-0.319551"]);
    assert!(ds.sum().abs() <= 1e-15);
    assert_all_stated((ds.dot(&k) / root).to_vec(), ["0.225957", "-0.394242"]);
    // q is (1, 1), so that both numbers of a row are the same.
    assert_all_stated((&ds / root).to_vec(), ["0.168285", "0.057672", "-0.225957"]);
    let alone = d_o.clone() * &array![[0.0], [1.0], [0.0]];
    let (_, dk, _) = attention_backward(&alone, &q, &k, &v, &cache);
    assert_all_stated(dk.row(0).to_vec(), ["0", "-0.312797"]);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (tokens, d): (u64, u64) = (1024, 64);
    let product = 2 * tokens * tokens * d;
    assert_eq!((product, 2 * product, 4 * product), (134_217_728, 268_435_456, 536_870_912));
    let numbers = tokens * tokens;
    assert_eq!((numbers, 2 * numbers, 3 * numbers), (1_048_576, 2_097_152, 3_145_728));
    assert_eq!((4 * numbers, 8 * 12 * 4 * numbers), (4_194_304, 402_653_184));
    assert_eq!((product / numbers, 4 * tokens), (128, 4096));
    assert_eq!((tokens * (tokens - 1) / 2, tokens * numbers), (523_776, 1_073_741_824));
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (alpha, beta) = (2.0, 1.0);
    let (a, b) = (array![[1.0, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]);
    let mut c = array![[1.0, 1.0]];
    general_mat_mul(alpha, &a, &b.t(), beta, &mut c);
    assert_eq!(c, array![[23.0, 35.0]]);
    kernels::product(alpha, &a, &b.t(), beta, &mut c);
    assert_eq!(c, array![[45.0, 69.0]]);
    let (mut x, m) = (array![[1.0, 2.0]], array![[true, false]]);
    x.zip_mut_with(&m, |x, &m| *x = if m { *x } else { 7.0 });
    assert_eq!(x, array![[1.0, 7.0]]);
    let (mut a, n, other) = (array![[1.0, 2.0, 3.0]], 1, array![2.0, 2.0, 2.0]);
    for (t, mut row) in a.outer_iter_mut().enumerate() {
        assert_eq!(t, 0);
        row.zip_mut_with(&other, |it, &other| *it = 2.0 * *it + other);
        let (first, rest) = row.split_at(Axis(0), n);
        assert_eq!((first, rest), (array![4.0].view_mut(), array![6.0, 8.0].view_mut()));
    }
    let mut row = array![0.0, 1.0];
    kernels::exp(&mut row);
    assert_eq!(row, array![1.0, 1.0_f64.exp()]);
    let (n, t, s) = (2, 1, 3);
    let mut x: Array3<f64> = Array3::zeros((n, t, s));
    let (n, y) = (1, array![[1.0, 2.0, 3.0]]);
    x.index_axis_mut(Axis(0), n).assign(&y);
    assert_eq!(x.index_axis(Axis(0), n), y);
    assert_eq!(x.slice(s![0, .., ..]), array![[0.0, 0.0, 0.0]]);
}
