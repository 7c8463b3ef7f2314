//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_4_4::{cross_entropy, log_softmax, log_softmax_backward, softmax, softmax_backward};
use ndarray::{Array2, ArrayView1, Axis, NdFloat, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

fn example() -> (Array2<f64>, [usize; 3]) {
    (array![[2.0, 1.0, 0.1], [0.0, 0.0, 0.0], [-1.0, 3.0, 1.0]], [0, 2, 1])
}

fn upstream() -> Array2<f64> {
    array![[1.0, -2.0, 0.5], [0.3, 0.1, -0.4], [0.0, 1.0, 2.0]]
}

/// The similar case of the brief: plain normalisation.
#[test]
fn the_similar_case() {
    let (a, u) = (array![1.0, 2.0, 5.0], array![1.0, -1.0, 0.5]);
    let (s, q) = (a.sum(), &a / a.sum());
    let mean = (&q * &u).sum();
    assert_eq!((s, &q, mean), (8.0, &array![0.125, 0.25, 0.625], 0.1875));
    let gradient = (&u - mean) / s;
    assert_eq!(gradient, array![0.1015625, -0.1484375, 0.0390625]);
    let loss = |a: &ndarray::Array1<f64>| (&u * &(a / a.sum())).sum();
    for k in 0..3 {
        let step = 1e-6;
        let (mut left, mut right) = (a.clone(), a.clone());
        left[k] -= step;
        right[k] += step;
        let difference = (loss(&right) - loss(&left)) / (2.0 * step);
        assert_relative_eq!(difference, gradient[k], epsilon = 1e-8);
    }
}

#[test]
fn the_numbers_of_the_brief() {
    let (z, targets) = example();
    let p = softmax(&z);
    assert_all_stated(
        p.iter().copied(),
        [
            "0.659001", "0.242433", "0.098566", "0.333333", "0.333333", "0.333333", "0.015876",
            "0.866813", "0.117310",
        ],
    );
    let log_p = log_softmax(&z);
    let losses = targets.iter().enumerate().map(|(row, class)| -log_p[[row, *class]]);
    assert_all_stated(losses, ["0.417030", "1.098612", "0.142932"]);
    let (loss, dz) = cross_entropy(&z, &targets);
    assert_stated(loss, "0.552858");
    assert_all_stated(
        dz.iter().copied(),
        [
            "-0.113666",
            "0.080811",
            "0.032855",
            "0.111111",
            "0.111111",
            "-0.222222",
            "0.005292",
            "-0.044396",
            "0.039103",
        ],
    );
    assert_all_stated(
        softmax_backward(&upstream(), &p),
        [
            "0.511768",
            "-0.539030",
            "0.027262",
            "0.1",
            "0.033333",
            "-0.133333",
            "-0.017487",
            "-0.087925",
            "0.105411",
        ],
    );
}

#[test]
fn a_model_that_knows_nothing() {
    for (classes, stated) in [(65, "4.174387"), (50_257, "10.824905")] {
        assert_stated(cross_entropy(&Array2::zeros((1, classes)), &[1]).0, stated);
    }
}

#[test]
fn exponentials_end() {
    assert!(709.78_f64.exp().is_finite() && 709.79_f64.exp().is_infinite());
    assert_eq!((-800.0_f64).exp(), 0.0);
    assert!((-103.9_f32).exp() > 0.0 && (-104.0_f32).exp() == 0.0);
    assert_eq!(log_softmax(&array![[0.0, -800.0]])[[0, 1]], -800.0);
    assert_eq!(softmax(&array![[0.0, -800.0]]).mapv(f64::ln)[[0, 1]], f64::NEG_INFINITY);
}

fn largest_and_count<F: NdFloat>(row: ArrayView1<F>, n: usize) -> (F, F) {
    assert!(n > 0, "why");
    (row.fold(F::neg_infinity(), |max, &it| max.max(it)), F::from(n).unwrap())
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let mut p: Array2<f64> = array![[1.0, 3.0], [2.0, -1.0]];
    let q = array![[0.5, 0.5], [1.0, 2.0]];
    let two = 2.0;
    for (mut row, other) in p.outer_iter_mut().zip(q.outer_iter()) {
        row.zip_mut_with(&other, |it, &other| *it -= two * other);
    }
    assert_eq!(p, array![[0.0, 2.0], [0.0, -5.0]]);
    assert_eq!(largest_and_count(p.row(1), 2), (0.0, 2.0));
    for mut row in p.outer_iter_mut() {
        row.mapv_inplace(|it| it.sin());
        let s = row.sum();
        row /= s;
        assert_relative_eq!(row.sum(), 1.0);
    }
    let y = [1, 0];
    assert_eq!([0, 1].map(|i| p[[i, y[i]]]), [p[[0, 1]], p[[1, 0]]]);
    assert_eq!(f64::NAN.max(1.0), 1.0);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (rows, classes): (u64, u64) = (1024, 50_257);
    assert_eq!((classes * classes, 4 * rows * classes), (2_525_766_049, 205_852_672));
    assert_stated(4.0 * (classes * classes) as f64 / 1e9, "10.1");
    assert_eq!((4 * classes, rows * classes), (201_028, 51_463_168));
    let once = 1e3 * 205_852_672.0 / 2.039e12;
    for (arrays, stated) in
        [(1.0, "0.10"), (4.0, "0.40"), (7.0, "0.71"), (11.0, "1.11"), (2.0, "0.20")]
    {
        assert_stated(arrays * once, stated);
    }
    assert_stated(1e3 * 15.0 * 51_463_168.0 / 19.5e12, "0.04");
    assert_eq!(2 * rows * 768 * classes, 79_047_426_048);
    assert_stated(1e3 * 79_047_426_048.0 / 312e12, "0.25");
    assert_stated(2.0 * 205_852_672.0 / 1e6, "412");
}

/// The figures of `docs/performance.md`, which cannot be computed here.
#[test]
fn the_figures_are_those_of_the_performance_page() {
    let page = include_str!("../../../docs/performance.md");
    for row in [
        "| 1024 × 50,257 | softmax | 659.6 ms | 142.5 ms |",
        "| 1024 × 50,257 | `cross_entropy` | 1385.4 ms | 135.3 ms |",
    ] {
        assert!(page.contains(row), "{row}");
    }
}

#[test]
fn the_worked_example() {
    let z = array![[2.0, 1.0, 0.1]];
    assert_eq!(&z - 2.0, array![[0.0, -1.0, -1.9]]);
    let exponentials = (&z - 2.0).mapv(f64::exp);
    assert_all_stated(exponentials.iter().copied(), ["1", "0.367879", "0.149569"]);
    assert_stated(exponentials.sum(), "1.517448");
    assert_stated(exponentials.sum().ln(), "0.417030");
    let p = softmax(&z);
    assert_all_stated(log_softmax(&z), ["-0.417030", "-1.417030", "-2.317030"]);
    let (loss, dz) = cross_entropy(&z, &[0]);
    assert_stated(loss, "0.417030");
    assert_all_stated(dz.iter().copied(), ["-0.340999", "0.242433", "0.098566"]);
    assert_all_stated(&dz / 3.0, ["-0.113666", "0.080811", "0.032855"]);
    let u = array![[1.0, -2.0, 0.5]];
    assert_stated((&p * &u).sum(), "0.223418");
    assert_all_stated(softmax_backward(&u, &p), ["0.511768", "-0.539030", "0.027262"]);
    let moved = &z - &dz;
    assert_all_stated(moved.iter().copied(), ["2.340999", "0.757567", "0.001434"]);
    assert_stated(cross_entropy(&moved, &[0]).0, "0.263624");
}

#[test]
fn the_answers_are_what_the_page_says() {
    let p = softmax(&example().0);
    let ones = Array2::ones(p.dim());
    let right = |u: &Array2<f64>| softmax_backward(u, &p);
    let unweighted =
        |u: &Array2<f64>| &p * &(u - &u.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1)));
    let diagonal = |u: &Array2<f64>| &p * &(1.0 - &p) * u;
    let near_zero = |of: Array2<f64>| of.iter().all(|it| it.abs() < 1e-15);
    assert!(near_zero(right(&ones)) && near_zero(unweighted(&ones)));
    assert!(!near_zero(diagonal(&ones)));
    let u = upstream();
    for wrong in [Array2::zeros(p.dim()), unweighted(&u), diagonal(&u)] {
        assert!(!near_zero(wrong - right(&u)));
    }
    assert_eq!((-10_000.0_f64).exp(), 0.0);
    assert_eq!(softmax(&array![[-20_000.0, -20_000.0]]), array![[0.5, 0.5]]);
    assert_stated(50_257.0_f64.ln(), "10.82");
}

#[test]
fn the_derivation_holds() {
    let p = softmax(&example().0);
    let u = upstream();
    let by_log = log_softmax_backward(&(&p * &u), &p);
    for (one, other) in by_log.iter().zip(&softmax_backward(&u, &p)) {
        assert_relative_eq!(one, other, epsilon = 1e-15);
    }
    assert_eq!(cross_entropy(&array![[1e4, 0.0, -1e4]], &[2]).0, 20_000.0);
    // The squared error of the target's probability, back through softmax.
    let (z, p) = (array![[0.5, -1.0]], softmax(&array![[0.5, -1.0]])[[0, 0]]);
    let gradient = softmax_backward(&array![[p - 1.0, 0.0]], &softmax(&z))[[0, 0]];
    assert_relative_eq!(gradient, (p - 1.0) * p * (1.0 - p), max_relative = 1e-14);
}
