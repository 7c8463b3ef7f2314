//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_5_6::{half_order, rope, rope_backward, rope_half, sinusoidal};
use ndarray::{Array2, Array4, Axis, array, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

const BASE: f64 = 10_000.0;

fn one_head(rows: Array2<f64>) -> Array4<f64> {
    rows.insert_axis(Axis(0)).insert_axis(Axis(0))
}

fn example() -> Array4<f64> {
    one_head(array![[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.5, -1.0, 2.0, 0.25]])
}

/// One row of a (1, 1, T, d) array.
fn row(of: &Array4<f64>, t: usize) -> Vec<f64> {
    of.slice(s![0, 0, t, ..]).to_vec()
}

#[test]
fn the_clocks_of_the_brief() {
    let theta = [0.0, 1.0, 2.0].map(|i| BASE.powf(-2.0 * i / 6.0));
    assert_all_stated(theta, ["1", "0.046416", "0.002154"]);
    assert_all_stated(theta.map(|it| std::f64::consts::TAU / it), ["6.3", "135.4", "2916.4"]);
    let rows = sinusoidal::<f64>(3, 6, BASE);
    assert_all_stated(rows.row(0).to_vec(), ["0", "1", "0", "1", "0", "1"]);
    assert_all_stated(
        rows.row(1).to_vec(),
        ["0.841471", "0.540302", "0.046399", "0.998923", "0.002154", "0.999998"],
    );
    assert_all_stated(
        rows.row(2).to_vec(),
        ["0.909297", "-0.416147", "0.092699", "0.995694", "0.004309", "0.999991"],
    );
}

#[test]
fn the_turns_of_the_brief() {
    let y = rope(&example(), &[0, 1, 2], BASE);
    assert_stated(BASE.powf(-2.0 / 4.0), "0.01");
    assert_all_stated(row(&y, 0), ["1", "0", "1", "0"]);
    assert_all_stated(row(&y, 1), ["0.540302", "0.841471", "0.999950", "0.010000"]);
    assert_all_stated(row(&y, 2), ["0.701224", "0.870796", "1.994600", "0.289947"]);
    let halves = rope_half(&example(), &[0, 1, 2], BASE);
    assert_all_stated(row(&halves, 2), ["-2.026668", "-1.004800", "-0.377645", "0.229951"]);
    let dy = one_head(array![[1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 0.0, 1.0], [0.3, 0.2, 0.1, 0.0]]);
    let dx = rope_backward(&dy, &[0, 1, 2], BASE);
    assert_all_stated(row(&dx, 1), ["-0.119567", "1.111622", "0.010000", "0.999950"]);
    assert_all_stated(row(&dx, 2), ["0.057015", "-0.356019", "0.099980", "-0.002000"]);
}

#[test]
fn scores_of_the_brief() {
    let q = one_head(array![[1.0, 0.0]]);
    let score = |m, n| (rope(&q, &[m], BASE) * rope(&q, &[n], BASE)).sum();
    assert_all_stated(
        [score(0, 0), score(1, 0), score(2, 1), score(1001, 1000), score(2, 0)],
        ["1", "0.540302", "0.540302", "0.540302", "-0.416147"],
    );
}

/// The turn with sides 3, 4 and 5.
#[test]
fn the_similar_case() {
    let forward = |a: f64, b: f64| ((3.0 * a - 4.0 * b) / 5.0, (4.0 * a + 3.0 * b) / 5.0);
    let backward = |u: f64, v: f64| ((3.0 * u + 4.0 * v) / 5.0, (-4.0 * u + 3.0 * v) / 5.0);
    assert_eq!(backward(5.0, 10.0), (11.0, 2.0));
    assert_eq!(forward(11.0, 2.0), (5.0, 10.0));
    // Linear, so that a step of 1 gives the slope.
    let loss = |a: f64, b: f64| 5.0 * forward(a, b).0 + 10.0 * forward(a, b).1;
    assert_relative_eq!(loss(1.0, 0.0) - loss(0.0, 0.0), 11.0, max_relative = 1e-14);
    assert_relative_eq!(loss(0.0, 1.0) - loss(0.0, 0.0), 2.0, max_relative = 1e-14);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (base, e, a, v): (f64, f64, f64, f64) = (4.0, 0.5, 1.0, 2.5);
    assert_eq!((base.powf(e), a.sin_cos()), (2.0, (a.sin(), a.cos())));
    fn single<F: ndarray::NdFloat>(v: f64) -> F {
        F::from(v).unwrap()
    }
    assert_eq!(single::<f32>(v), 2.5_f32);
    let f = |i, j| i + 10 * j;
    let (m, n) = (2, 3);
    assert_eq!(Array2::from_shape_fn((m, n), |(i, j)| f(i, j)), array![[0, 10, 20], [1, 11, 21]]);
    let mut y = Array4::from_shape_fn((1, 2, 1, 4), |(_, h, _, i)| (4 * h + i) as f64);
    let p = [2, 0];
    let x = y.clone();
    let x = x.select(Axis(3), &p);
    assert_eq!(x.iter().copied().collect::<Vec<_>>(), [2.0, 0.0, 6.0, 4.0]);
    let again: Vec<_> = p.iter().cycle().take(3).collect();
    assert_eq!(again, [&2, &0, &2]);
    for mut row in y.rows_mut() {
        let start = row[0];
        assert_eq!(row.slice(s![0..;2]), array![start, start + 2.0]);
        assert_eq!(row.slice(s![1..;2]), array![start + 1.0, start + 3.0]);
        let (mut first, second) = row.multi_slice_mut((s![0..;2], s![1..;2]));
        first += &second;
    }
    let (b, h, t, i) = (0, 1, 0, 2);
    assert_eq!(y[[b, h, t, i]], 13.0);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (texts, heads, tokens, d): (u64, u64, u64, u64) = (8, 12, 1024, 64);
    let pairs = texts * heads * tokens * d / 2;
    let bytes = 4 * texts * heads * tokens * d;
    assert_eq!((pairs, 6 * pairs, bytes), (3_145_728, 18_874_368, 25_165_824));
    assert_eq!(2 * bytes, 50_331_648);
    assert_stated((6 * pairs) as f64 / (2 * bytes) as f64, "0.375");
    assert_eq!((tokens * d / 2, heads * texts, 2 * 4 * tokens * d / 2), (32_768, 96, 262_144));
    assert_eq!(2 * d * d * texts * heads * tokens, 805_306_368);
    // Half the distance of two neighbours of f32 near 999,999, and where a hand is off at 10⁶.
    let near = 999_999.0_f32;
    assert_stated(f64::from(near.next_up() - near) / 2.0, "0.031");
    assert_stated(f64::from(f32::EPSILON) / 2.0 * 1e6, "0.06");
    assert!((0.9e-10..1.2e-10).contains(&(f64::EPSILON / 2.0 * 1e6)));
    // The slowest hand of d = 64, and the rounds of the fastest at 10⁶.
    let slowest = BASE.powf(-62.0 / 64.0);
    assert_stated(std::f64::consts::TAU / slowest, "47117");
    assert_stated((1024.0 * slowest).to_degrees(), "8");
    assert_stated(1e6 / std::f64::consts::TAU, "159155");
    // Of Llama 3, with d = 128, in millions.
    assert_stated(1e-6 * std::f64::consts::TAU * 500_000_f64.powf(126.0 / 128.0), "2.6");
}

#[test]
fn the_worked_example() {
    let (sin, cos) = 2.0_f64.sin_cos();
    assert_all_stated([cos, sin], ["-0.416147", "0.909297"]);
    assert_all_stated(
        [0.5 * cos, sin, 0.5 * sin, -cos],
        ["-0.208073", "0.909297", "0.454649", "0.416147"],
    );
    assert_stated(0.5 * cos + sin, "0.701224");
    assert_stated(0.5 * sin - cos, "0.870796");
    assert_eq!(0.25 + 1.0, 1.25);
    assert_relative_eq!(0.701224 * 0.701224 + 0.870796 * 0.870796, 1.25, epsilon = 1e-5);
    let (sin, cos) = 0.02_f64.sin_cos();
    assert_all_stated([cos, sin], ["0.999800", "0.019999"]);
    assert_all_stated(
        [2.0 * cos, 0.25 * sin, 2.0 * sin, 0.25 * cos],
        ["1.999600", "0.005000", "0.039997", "0.249950"],
    );
    assert_stated(2.0 * cos - 0.25 * sin, "1.994600");
    assert_stated(2.0 * sin + 0.25 * cos, "0.289947");
    let (sin, cos) = 2.0_f64.sin_cos();
    assert_all_stated(
        [0.3 * cos, 0.2 * sin, -0.3 * sin, 0.2 * cos],
        ["-0.124844", "0.181859", "-0.272789", "-0.083229"],
    );
}

/// The points of the page's drawing: 1.2 long, turned by 0.5 and by 1.
#[test]
fn the_drawing_of_the_page() {
    for (angle, stated) in [(0.5_f64, ["1.0531", "0.5753"]), (1.0, ["0.6484", "1.0098"])] {
        assert_all_stated([1.2 * angle.cos(), 1.2 * angle.sin()], stated);
    }
}

#[test]
fn the_answers_are_what_the_page_says() {
    // A sinusoidal row from another one, without its position.
    let rows = sinusoidal::<f64>(9, 4, BASE);
    for m in 0..4 {
        let (from, to) = (rows.row(m), rows.row(m + 5));
        for i in [0, 1] {
            let (sin, cos) = (5.0 * BASE.powf(-2.0 * i as f64 / 4.0)).sin_cos();
            let (s, c) = (from[2 * i], from[2 * i + 1]);
            assert_relative_eq!(to[2 * i], s * cos + c * sin, epsilon = 1e-14);
            assert_relative_eq!(to[2 * i + 1], c * cos - s * sin, epsilon = 1e-14);
        }
    }
    // Frequencies over two heads of four numbers, as one row of eight.
    assert_stated(BASE.powf(-2.0 / 8.0), "0.1");
    assert_eq!(half_order(4), [0, 2, 1, 3]);
}

#[test]
fn the_derivation_holds() {
    let x = example();
    let back = rope_backward(&rope(&x, &[4, 5, 6], BASE), &[4, 5, 6], BASE);
    x.iter().zip(&back).for_each(|(x, back)| assert_relative_eq!(x, back, epsilon = 1e-14));
    let twice = rope(&rope(&x, &[1, 2, 3], BASE), &[10, 10, 10], BASE);
    let once = rope(&x, &[11, 12, 13], BASE);
    twice.iter().zip(&once).for_each(|(a, b)| assert_relative_eq!(a, b, epsilon = 1e-14));
}
