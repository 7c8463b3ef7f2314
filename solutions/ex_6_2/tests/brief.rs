//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_6_2::{Attention, Heads, Linear, linear, merge, multi_head, multi_head_backward, split};
use ndarray::{Array1, Array2, Array3, Axis, array, linalg::general_mat_mul, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

fn number(i: usize, s: usize) -> f64 {
    (((37 * i + 11 * s + 5) % 41) as f64 - 20.0) / 20.0
}

fn p(shape: (usize, usize), s: usize) -> Array2<f64> {
    Array2::from_shape_fn(shape, |(row, column)| number(row * shape.1 + column, s))
}

fn layer(shape: (usize, usize), s: usize, bias: Option<usize>) -> Linear<f64> {
    let b = |s| Array1::from_shape_fn(shape.0, |i| 0.1 * number(i, s));
    Linear { w: 0.5 * p(shape, s), b: bias.map(b) }
}

fn example() -> Attention<f64> {
    let [q, k, v, o] = [2, 3, 4, 5].map(|s| layer((4, 4), s, None));
    Attention { q, k, v, o }
}

const TWO: Heads = Heads { heads: 2, kv_heads: 2, rope: None };

/// Gradients from nothing.
fn gradients(
    x: &Array2<f64>,
    weights: &Attention<f64>,
    heads: &Heads,
    batch: usize,
    dy: &Array2<f64>,
) -> (Array2<f64>, Attention<f64>) {
    let zero = |layer: &Linear<f64>| Linear {
        w: Array2::zeros(layer.w.dim()),
        b: layer.b.as_ref().map(|b| Array1::zeros(b.len())),
    };
    let Attention { q, k, v, o } = weights;
    let mut all = Attention { q: zero(q), k: zero(k), v: zero(v), o: zero(o) };
    let (_, cache) = multi_head(x, weights, heads, batch);
    let dx = multi_head_backward(dy, &cache, weights, heads, &mut all);
    (dx, all)
}

#[test]
fn the_example_of_the_brief() {
    let (x, weights, dy) = (p((3, 4), 1), example(), p((3, 4), 6));
    let (y, _) = multi_head(&x, &weights, &TWO, 1);
    assert_all_stated(y.row(0).to_vec(), ["0.063875", "-0.13", "0.0605", "0.0665"]);
    assert_all_stated(y.row(1).to_vec(), ["-0.110495", "0.055028", "-0.048730", "-0.158535"]);
    assert_all_stated(y.row(2).to_vec(), ["-0.062244", "0.073887", "-0.035760", "-0.082842"]);
    let (dx, all) = gradients(&x, &weights, &TWO, 1, &dy);
    assert_all_stated(dx.row(0).to_vec(), ["0.031025", "0.091671", "0.050511", "-0.054197"]);
    assert_all_stated(dx.row(1).to_vec(), ["-0.035322", "0.060101", "0.024028", "0.020561"]);
    assert_all_stated(dx.row(2).to_vec(), ["0.087170", "-0.000495", "0.020861", "-0.071432"]);
    let Attention { q, k, v, o } = all;
    assert_all_stated(q.w.row(0).to_vec(), ["0.013037", "-0.007529", "-0.008305", "-0.009081"]);
    assert_all_stated(k.w.row(3).to_vec(), ["0.037310", "-0.053956", "-0.053956", "-0.053956"]);
    assert_all_stated(v.w.row(0).to_vec(), ["-0.033826", "0.038157", "0.066657", "0.095157"]);
    assert_all_stated(o.w.row(0).to_vec(), ["0.030242", "-0.148627", "0.337459", "-0.197109"]);
}

#[test]
fn the_example_with_everything() {
    let weights = Attention {
        q: layer((8, 4), 2, Some(6)),
        k: layer((4, 4), 3, Some(7)),
        v: layer((4, 4), 4, Some(8)),
        o: layer((4, 8), 5, Some(9)),
    };
    let heads = Heads { heads: 4, kv_heads: 2, rope: Some(10_000.0) };
    let (x, dy) = (p((6, 4), 1), p((6, 4), 10));
    let (y, _) = multi_head(&x, &weights, &heads, 2);
    assert_all_stated(y.row(2).to_vec(), ["0.282983", "-0.235424", "-0.247282", "-0.013995"]);
    assert_all_stated(y.row(5).to_vec(), ["-0.078275", "0.118144", "0.115775", "-0.008510"]);
    let (dx, all) = gradients(&x, &weights, &heads, 2, &dy);
    assert_all_stated(dx.row(2).to_vec(), ["0.379363", "-0.195646", "-0.273013", "0.044332"]);
    let db = all.k.b.unwrap();
    assert_all_stated(db.to_vec(), ["-0.051781", "-0.038230", "0.020718", "0.011239"]);
    // Nothing turned, it is the rounding of terms that cancel.
    let still = Heads { rope: None, ..heads };
    let (_, all) = gradients(&x, &weights, &still, 2, &dy);
    let db = all.k.b.unwrap();
    assert!(db.iter().all(|it| it.abs() <= 1e-15), "{db}");
}

#[test]
fn the_similar_case() {
    assert_eq!(5 * 2 + 3 - 4, 9);
    let x = array![[0, 1, 2, 3], [10, 11, 12, 13]].mapv(f64::from);
    let heads = split(&x, 1, 2);
    assert_eq!(heads.slice(s![0, 0, .., ..]), array![[0.0, 1.0], [10.0, 11.0]]);
    assert_eq!(heads.slice(s![0, 1, .., ..]), array![[2.0, 3.0], [12.0, 13.0]]);
    let wrong = x.to_shape((1, 2, 2, 2)).unwrap();
    assert_eq!(wrong.slice(s![0, 0, .., ..]), array![[0.0, 1.0], [2.0, 3.0]]);
}

#[test]
fn the_worked_example() {
    let (x, weights) = (p((3, 4), 1), example());
    let Attention { q, k, v, o } = &weights;
    let [q, k, v] = [q, k, v].map(|layer| linear(&x, layer));
    let head = |of: &Array2<f64>, t: usize, h: usize| of.slice(s![t, 2 * h..2 * h + 2]).to_owned();
    assert_all_stated(head(&q, 1, 0), ["-0.18375", "-0.1025"]);
    assert_all_stated(head(&k, 0, 0), ["-0.5", "0.3"]);
    assert_all_stated(head(&k, 1, 0), ["0.0775", "-0.3025"]);
    assert_all_stated(head(&v, 0, 0), ["0.18", "-0.25"]);
    assert_all_stated(head(&v, 1, 0), ["-0.17375", "-0.04125"]);
    let score = |h, key| head(&q, 1, h).dot(&head(&k, key, h)) / 2.0_f64.sqrt();
    assert_all_stated([score(0, 0), score(0, 1)], ["0.043222", "0.011855"]);
    let weight = |h| 1.0 / (1.0 + (score(h, 1) - score(h, 0)).exp());
    assert_all_stated([weight(0), 1.0 - weight(0)], ["0.507841", "0.492159"]);
    assert_all_stated([weight(1), 1.0 - weight(1)], ["0.499653", "0.500347"]);
    let output = |h| weight(h) * head(&v, 0, h) + (1.0 - weight(h)) * head(&v, 1, h);
    assert_all_stated(output(0), ["0.005899", "-0.147262"]);
    assert_all_stated(output(1), ["0.064038", "0.351837"]);
    let row: Array1<f64> = output(0).iter().chain(&output(1)).copied().collect();
    let y = linear(&row.insert_axis(Axis(0)), o);
    assert_all_stated(y.row(0).to_vec(), ["-0.110495", "0.055028", "-0.048730", "-0.158535"]);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (batch, time, width, heads, d): (u64, u64, u64, u64, u64) = (8, 1024, 768, 12, 64);
    let layer = 2 * batch * time * width * width;
    let attention = 4 * batch * heads * time * time * d;
    assert_eq!((3 * layer, layer, 4 * layer), (28_991_029_248, 9_663_676_416, 38_654_705_664));
    assert_eq!((attention, 4 * 2 * layer + 2 * attention), (25_769_803_776, 128_849_018_880));
    let bytes = 4 * batch * time * width;
    assert_eq!((bytes, 2 * bytes, 3 * bytes), (25_165_824, 50_331_648, 75_497_472));
    assert_eq!(4 * batch * heads * time * time, 402_653_184);
    let kept = |kv_heads: u64| 4 * 12 * time * 2 * kv_heads * d;
    assert_eq!((kept(heads), kept(2)), (75_497_472, 12_582_912));
    let parameters = |kv_heads: u64| 2 * width * width + 2 * width * kv_heads * d;
    assert_eq!((parameters(heads), parameters(2)), (2_359_296, 1_376_256));
    let tokens = 2 * width;
    assert_eq!((tokens, 8 * tokens * width * width), (1536, 4 * tokens * tokens * width));
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let cube: Array3<f64> =
        Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (12 * i + 4 * j + k) as f64);
    let x = cube.to_shape((6, 4)).unwrap();
    let (a, b, c) = (2, 3, 4);
    assert_eq!(x.to_shape((a, b, c)).unwrap(), cube);
    assert_eq!(x.to_shape((a, b, c)).unwrap().into_owned(), cube);
    let x = cube;
    let view = x.view().permuted_axes([2, 0, 1]);
    assert_eq!((view.dim(), view[[3, 1, 2]]), ((4, 2, 3), x[[1, 2, 3]]));
    // What the traps below the table say.
    assert!(view.into_shape_with_order((8, 3)).is_err());
    assert!(!view.to_owned().is_standard_layout());
    let moved = view.as_standard_layout().into_owned();
    assert!(moved.is_standard_layout());
    assert!(x.as_standard_layout().into_owned().is_standard_layout());
    assert_eq!(x.sum_axis(Axis(1))[[1, 3]], 15.0 + 19.0 + 23.0);
    let x = array![[1.0, 2.0], [3.0, 4.0]];
    let (a, n, b) = (2, 3, 2);
    let repeated = x.insert_axis(Axis(1)).broadcast((a, n, b)).unwrap().to_owned();
    assert_eq!(repeated.slice(s![1, .., 0]), array![3.0, 3.0, 3.0]);
    let (a, b, mut c) = (array![[1.0], [2.0]], array![[3.0], [4.0]], array![[1.0]]);
    general_mat_mul(1.0, &a.t(), &b, 1.0, &mut c);
    assert_eq!(c, array![[12.0]]);
    kernels::product(1.0, &a.t(), &b, 1.0, &mut c);
    assert_eq!(c, array![[23.0]]);
    let layer = Linear { w: a.clone(), b: Some(array![2.5]) };
    if let Some(b) = &layer.b {
        assert_stated(b[0], "2.5");
    }
}

#[test]
fn the_answers_are_what_the_page_says() {
    let (x, mut weights, dy) = (p((6, 4), 1), example(), p((6, 4), 6));
    // Without Wo nothing comes back.
    weights.o.w.fill(0.0);
    let (dx, all) = gradients(&x, &weights, &TWO, 2, &dy);
    for gradient in [&dx, &all.q.w, &all.k.w, &all.v.w] {
        assert!(gradient.iter().all(|it| *it == 0.0));
    }
    assert!(all.o.w.iter().any(|it| *it != 0.0));
}

#[test]
fn the_derivation_holds() {
    // <split(x), y> = <x, merge(y)>.
    let (x, other) = (p((6, 8), 3), p((6, 8), 4));
    let y = split(&other, 2, 4).mapv(|it| it * it);
    let [one, two] = [(split(&x, 2, 4) * &y).sum(), (&x * &merge(&y)).sum()];
    assert_relative_eq!(one, two, max_relative = 1e-13);
    // A bias of the values is one of the outputs.
    let mut weights = example();
    let b = array![0.3, -0.2, 0.5, 0.1];
    let moved = weights.o.w.dot(&b);
    weights.v.b = Some(b);
    let (y, _) = multi_head(&p((3, 4), 1), &weights, &TWO, 1);
    weights.v.b = None;
    weights.o.b = Some(moved);
    let (same, _) = multi_head(&p((3, 4), 1), &weights, &TWO, 1);
    y.iter().zip(&same).for_each(|(y, same)| assert_relative_eq!(y, same, epsilon = 1e-15));
}
