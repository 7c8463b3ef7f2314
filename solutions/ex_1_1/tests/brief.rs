//! The numbers and the Rust that the brief of lesson 1.1 shows.

use approx::assert_relative_eq;
use ex_1_1::{cost, neurons};
use ndarray::{Array1, Array2, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[test]
fn the_similar_case_is_what_the_brief_says() {
    let f = |u: f64, v: f64, c: f64| u * u * v + 3.0 * c;
    let (u, v, c) = (2.0, 5.0, 1.0);
    let found = [f(u, v, c), f(2.001, v, c), f(u, 5.001, c), f(u, v, 1.001), 2.0 * u * v, u * u];
    for (found, stated) in found.into_iter().zip([23.0, 23.020005, 23.004, 23.003, 20.0, 4.0]) {
        assert_relative_eq!(found, stated, epsilon = 1e-12);
    }
}

#[test]
fn the_example_is_what_the_brief_says() {
    let (x, w) = (array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]], array![0.5, -1.0, 2.0]);
    assert_eq!(&x.row(0) * &w, array![0.5, -2.0, -2.0]);
    for (found, stated) in neurons(&x, &w, 0.1).iter().zip([-3.4, 7.35]) {
        assert_relative_eq!(*found, stated, epsilon = 1e-12);
    }
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (p, q) = (array![1.0, 2.0], array![3.0, -1.0]);
    let m = array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    assert_eq!(p.dot(&q), 1.0);
    assert_eq!(m.dot(&p), array![1.0, 2.0, 3.0]);
    let mut pairs = Vec::new();
    for (s, t) in p.iter().zip(&q) {
        pairs.push((*s, *t));
    }
    assert_eq!(pairs, [(1.0, 3.0), (2.0, -1.0)]);
    assert_eq!(p.clone(), p);
    assert_eq!(p + 2.0, array![3.0, 4.0]);
    let (column, row) = (Array2::<f64>::zeros((3, 1)), Array1::<f64>::zeros(3));
    assert_eq!((column + row).dim(), (3, 3));
}

#[test]
fn the_hardware_figures_are_what_the_brief_says() {
    let flops = |d: usize| {
        let (multiplications, additions) = cost(d);
        (multiplications + additions) as f64
    };
    let read = |d: f64| 2.0 * d + 1.0;
    assert_relative_eq!(flops(1_000_000) / (8.0 * read(1e6)), 1.0 / 8.0, epsilon = 1e-6);
    let balance = 32e9 / 16e9;
    assert_eq!((balance, balance / (1.0 / 8.0)), (2.0, 16.0));

    let (batch, d) = (32.0, 768.0);
    let of_batch = batch * flops(768);
    let numbers = batch * d + d + 1.0 + batch;
    assert_eq!((of_batch, numbers, 8.0 * numbers), (49_152.0, 25_377.0, 203_016.0));
    assert_eq!(format!("{:.2}", of_batch / (8.0 * numbers)), "0.24");

    let of_layer = 768.0 * of_batch;
    let bytes = 8.0 * (batch * d + 768.0 * d + 768.0 + batch * 768.0);
    assert_eq!(format!("{:.1}", of_layer / 1e6), "37.7");
    assert_eq!(format!("{:.1}", bytes / 1e6), "5.1");
    assert_eq!(format!("{:.1}", of_layer / bytes), "7.4");
}
