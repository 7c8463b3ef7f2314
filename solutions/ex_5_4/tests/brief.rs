//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_5_4::{embed, embed_backward, head, head_backward, tied_gradient};
use ndarray::{Array1, Array2, Array3, Axis, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

fn table() -> Array2<f64> {
    array![[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6], [0.7, 0.8]]
}

/// The similar cases of the brief: prices, and a number that is used twice.
#[test]
fn the_similar_cases() {
    let (u, sold) = ([0.5, -1.0, 2.0], [0, 2, 0]);
    let total = |p: [f64; 3]| u.iter().zip(sold).map(|(u, i)| u * p[i]).sum::<f64>();
    let p = [3.0, 5.0, 2.0];
    assert_eq!((total(p), 0.5 * 3.0 - 1.0 * 2.0 + 2.0 * 3.0), (5.5, 5.5));
    let slopes = [0, 1, 2].map(|at| {
        let mut dearer = p;
        dearer[at] += 1.0;
        total(dearer) - total(p)
    });
    assert_eq!((slopes, 0.5 + 2.0), ([2.5, 0.0, -1.0], 2.5));

    let (x, c) = (3.0, 1.0);
    let s = |a: f64| (a * x + c) * a;
    let (a, step) = (2.0, 1e-6);
    assert_eq!([x * a, a * x + c], [6.0, 7.0]);
    assert_relative_eq!((s(a + step) - s(a - step)) / (2.0 * step), 13.0, max_relative = 1e-9);
}

#[test]
fn the_first_table_of_the_brief() {
    let ids = array![[1, 3, 1], [0, 1, 3]];
    let dy = Array3::from_shape_vec((2, 3, 2), (-5..7).map(|it| f64::from(it) / 10.0).collect());
    let dy = dy.unwrap();
    assert_eq!((dy[[0, 0, 0]], dy[[0, 0, 1]], dy[[1, 2, 1]]), (-0.5, -0.4, 0.6));
    let counts = [0, 1, 2, 3].map(|id| ids.iter().filter(|it| **it == id).count());
    assert_eq!(counts, [1, 3, 0, 2]);
    let de = embed_backward(&dy, &ids, 4);
    let stated = ["0.1", "0.2", "-0.3", "0.0", "0.0", "0.0", "0.2", "0.4"];
    assert_all_stated(de.iter().map(|it| (it * 1e9).round() / 1e9), stated);
    let sums = [dy.sum_axis(Axis(0)).sum_axis(Axis(0)), de.sum_axis(Axis(0))];
    assert_relative_eq!(sums[0][0], sums[1][0], epsilon = 1e-15);
}

/// The brief's second example.
struct Model {
    x: Array2<f64>,
    z: Array2<f64>,
    p: Array2<f64>,
    dz: Array2<f64>,
    loss: f64,
}

fn ids() -> Array2<usize> {
    array![[1, 2]]
}

fn model(e: &Array2<f64>) -> Model {
    let x = embed(e, &ids()).index_axis_move(Axis(0), 0) + array![[1.0, -1.0], [0.5, 2.0]];
    let z = head(&x, e);
    let exponentials = z.mapv(f64::exp);
    let p = &exponentials / &exponentials.sum_axis(Axis(1)).insert_axis(Axis(1));
    let loss = -(p[[0, 2]].ln() + p[[1, 0]].ln()) / 2.0;
    let mut dz = p.clone();
    dz[[0, 2]] -= 1.0;
    dz[[1, 0]] -= 1.0;
    Model { x, z, p, dz: dz / 2.0, loss }
}

#[test]
fn the_second_table_of_the_brief() {
    let Model { x, dz, loss, .. } = model(&table());
    assert_stated(loss, "2.582349");
    let (dx, of_head) = head_backward(&dz, &x, &table());
    assert_all_stated(
        of_head.iter().copied(),
        [
            "0.124813",
            "-1.286656",
            "0.374960",
            "-0.372754",
            "-0.617318",
            "1.082843",
            "0.117545",
            "0.576567",
        ],
    );
    let dy = dx.insert_axis(Axis(0));
    assert_all_stated(
        embed_backward(&dy, &ids(), 4),
        ["0", "0", "0.396854", "-0.308751", "0.068184", "0.219415", "0", "0"],
    );
    // As the derivation has it.
    let de = tied_gradient(&dz, &x, &dy, &ids());
    assert_stated(de[[1, 0]], "0.771814");
    assert_stated(0.374960 + 0.396854, "0.771814");
}

#[test]
fn the_worked_example() {
    let Model { x, z, p, dz, .. } = model(&table());
    assert_all_stated(x.iter().copied(), ["1.3", "-1.4", "0", "2.6"]);
    assert_all_stated(
        z.iter().copied(),
        ["-0.15", "0.95", "-1.49", "-0.21", "0.52", "-1.04", "1.56", "2.08"],
    );
    assert_all_stated(
        p.iter().copied(),
        [
            "0.192021", "0.576862", "0.050280", "0.180838", "0.113660", "0.023884", "0.321569",
            "0.540887",
        ],
    );
    assert_all_stated(
        dz.iter().copied(),
        [
            "0.096010",
            "0.288431",
            "-0.474860",
            "0.090419",
            "-0.443170",
            "0.011942",
            "0.160784",
            "0.270444",
        ],
    );
    let row: Array1<f64> = -0.474860 * array![1.3, -1.4] + 0.160784 * array![0.0, 2.6];
    let e = table();
    let dx =
        0.096010 * &e.row(0) + 0.288431 * &e.row(1) - 0.474860 * &e.row(2) + 0.090419 * &e.row(3);
    let near = |found: f64, stated: f64| assert_relative_eq!(found, stated, epsilon = 2e-6);
    near(row[0], -0.617318);
    near(row[1], 1.082843);
    near(dx[0], 0.396854);
    near(dx[1], -0.308751);
}

#[test]
fn steps_with_half_of_the_gradient_descend_too() {
    let Model { x, dz, loss, .. } = model(&table());
    let (dx, of_head) = head_backward(&dz, &x, &table());
    let dy = dx.insert_axis(Axis(0));
    let of_embed = embed_backward(&dy, &ids(), 4);
    let both = tied_gradient(&dz, &x, &dy, &ids());
    assert_stated(loss, "2.582349");
    for (gradient, stated) in [(both, "2.117211"), (of_head, "2.180516"), (of_embed, "2.508043")] {
        assert_stated(model(&(table() - 0.1 * gradient)).loss, stated);
    }
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (b, t, d, two) = (1, 2, 2, 2.0);
    let mut y: Array3<f64> = Array3::zeros((b, t, d));
    let ids = &array![[1, 0]];
    for (mut row, &id) in y.rows_mut().into_iter().zip(ids) {
        row.fill(id as f64);
    }
    assert_eq!(y, array![[[1.0, 1.0], [0.0, 0.0]]]);
    let found: Vec<_> =
        y.rows().into_iter().zip(ids).map(|(row, id)| row.sum() + *id as f64).collect();
    assert_eq!(found, [3.0, 0.0]);
    let (mut p, q, k, n) = (Array2::<f64>::zeros((2, 2)), array![1.0, -1.0], 1, 2);
    assert!(k < n, "{k}");
    p.row_mut(k).assign(&q);
    p.row_mut(k).scaled_add(two, &q);
    assert_eq!(p.row_mut(k), array![3.0, -3.0]);
    let (a, b) = (array![[1.0, 2.0]], array![[3.0, 4.0]]);
    assert_eq!(a.dot(&b.t()), array![[11.0]]);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (tokens, width, words): (u64, u64, u64) = (8 * 1024, 768, 50_257);
    assert_eq!((tokens, 4 * width, 4 * tokens * width), (8192, 3072, 25_165_824));
    let (y, e, z) = (4 * tokens * width, 4 * words * width, 4 * tokens * words);
    assert_eq!((2 * tokens * words * width, e), (632_379_408_384, 154_389_504));
    assert_eq!((2 * y, tokens * width, 3 * y), (50_331_648, 6_291_456, 75_497_472));
    assert_eq!((y + e + z, 2 * (y + e + z)), (1_826_376_704, 3_652_753_408));
    assert_eq!(4 * tokens * words * width, 1_264_758_816_768);
    // GPT-2 has 124,439,808 parameters.
    assert_eq!((words * width, 124_439_808 + words * width), (38_597_376, 163_037_184));
    assert_eq!(3072 / 64, 48);
    assert_stated(768_f64.sqrt() * 0.02, "0.55");
    assert_stated(768_f64.sqrt(), "27.7");
}
