//! The numbers and the Rust that the brief of lesson 2.2 shows.

use approx::assert_relative_eq;
use ex_2_2::{Forward, forward};

/// The program of the brief.
#[test]
fn the_similar_case_has_the_numbers_of_lesson_2_1() {
    let (w, b, y) = (1.0_f64, -0.5, 0.1);
    // Forward.
    let z = w * w + 3.0 * b;
    let a = z.exp();
    let loss = (a - y).powi(3) / 3.0;
    // Backward.
    let da = (a - y).powi(2);
    let dz = da * a;
    let dw = dz * 2.0 * w;
    let db = dz * 3.0;

    let stated = [-0.5, 0.60653, 0.04332, 0.25657, 0.15562, 0.31124, 0.46686];
    for (found, stated) in [z, a, loss, da, dz, dw, db].into_iter().zip(stated) {
        assert_relative_eq!(found, stated, epsilon = 5e-6);
    }
}

fn returned([x, w, b, y]: [f64; 4]) -> Forward {
    let Forward { z, a, loss } = forward(x, w, b, y);
    Forward { z, a, loss }
}

#[test]
fn the_rust_of_the_table_computes_what_its_numpy_does() {
    let (z, p) = (0.5_f64, -3.0_f64);
    assert_relative_eq!(z.tanh(), 0.462_117_157, epsilon = 1e-9);
    assert_eq!(p.powi(2), 9.0);
    let Forward { a, .. } = returned([1.0, 0.5, 0.0, 0.0]);
    assert_eq!(a, z.tanh());
}

#[test]
fn the_exponential_overflows_where_the_brief_says() {
    assert!(709.78_f64.exp().is_finite());
    assert!(709.79_f64.exp().is_infinite());
    assert!((f64::INFINITY / f64::INFINITY).is_nan());
    assert_eq!([1e3_f64.tanh(), (-1e3_f64).tanh()], [1.0, -1.0]);
}
