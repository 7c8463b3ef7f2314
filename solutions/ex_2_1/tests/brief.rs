//! The numbers and the Rust that the brief of lesson 2.1 shows.

use approx::assert_relative_eq;

/// z = w² + 3b, a = eᶻ and L = ⅓(a − y)³ at y = 0.1.
fn similar_case(w: f64, b: f64) -> [f64; 3] {
    let z = w * w + 3.0 * b;
    let a = z.exp();
    [z, a, (a - 0.1).powi(3) / 3.0]
}

#[test]
fn the_similar_case_is_what_the_brief_says() {
    let (w, b) = (1.0, -0.5);
    let [z, a, loss] = similar_case(w, b);
    let da = (a - 0.1).powi(2);
    let dz = da * a;
    let found = [z, a, loss, a - 0.1, da, dz, dz * 2.0 * w, dz * 3.0];
    let stated = [-0.5, 0.60653, 0.04332, 0.50653, 0.25657, 0.15562, 0.31124, 0.46686];
    for (found, stated) in found.into_iter().zip(stated) {
        assert_relative_eq!(found, stated, epsilon = 5e-6);
    }
    let moved = similar_case(1.001, b)[2] - loss;
    assert_relative_eq!(moved, 0.000_312, epsilon = 5e-7);
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    assert_relative_eq!(0.25_f64.tanh(), 0.244_918_662, epsilon = 1e-9);
    assert_relative_eq!((-0.5_f64).exp(), 0.606_530_660, epsilon = 1e-9);
    assert_relative_eq!(0.5065_f64.powi(2), 0.256_542_25, epsilon = 1e-12);
    assert_eq!((1 / 2, 1.0 / 2.0), (0, 0.5));
}
