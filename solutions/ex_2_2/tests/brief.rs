//! The numbers and the Rust that the brief, the page and the derivation of lesson 2.2 show.

use approx::assert_relative_eq;
use ex_2_2::{Forward, Gradients, backward, forward};
use ndarray::array;

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

/// So many decimals of a number.
fn digits(number: f64, decimals: usize) -> String {
    format!("{number:.decimals$}")
}

#[test]
fn the_similar_case_as_a_function() {
    fn forward(w: f64, b: f64, y: f64) -> (f64, f64, f64) {
        let z = w.powi(2) + 3.0 * b;
        let a = z.exp();
        (z, a, (a - y).powi(3) / 3.0)
    }

    let (z, a, loss) = forward(1.0, -0.5, 0.1);
    assert_eq!(z, -0.5);
    assert_eq!([a, loss].map(|it| digits(it, 5)), ["0.60653", "0.04332"]);
    let dz = (a - 0.1).powi(2) * a;
    assert_eq!([dz * 2.0, dz * 3.0].map(|it| digits(it, 5)), ["0.31124", "0.46686"]);
}

#[test]
fn the_course_example_in_f64_and_f32() {
    let Forward { z, a, loss } = forward(2.0, -0.5, 1.0, 0.8);
    assert_eq!([z, a, loss], [0.0, 0.0, 0.32000000000000006]);
    assert_eq!(loss, 0.5 * 0.8_f64.powi(2));
    assert_eq!(0.32_f64.to_bits() + 1, loss.to_bits());
    assert_eq!(digits(f64::from(0.5 * 0.8_f32.powi(2)), 8), "0.32000002");
    assert_relative_eq!(0.8_f64.powi(2), 0.64);
    let Gradients { da, dz, dw, db } = backward(2.0, -0.5, 1.0, 0.8);
    assert_eq!([da, dz, dw, db], [-0.8, -0.8, -1.6, -0.8]);
    assert_eq!(2.0 * dw, -3.2);
}

#[test]
fn an_array_goes_through_tanh_by_mapv() {
    assert_eq!(array![0.0, 0.5].mapv(f64::tanh), array![0.0, 0.5_f64.tanh()]);
    assert!(710.0_f64.exp().is_infinite());
}

#[test]
fn the_cost_of_a_million_neurons() {
    let (flops, read, written) = (5.0, 32.0, 24.0);
    assert_eq!(digits(flops / (read + written), 3), "0.089");
    let microseconds = |amount: f64, per_second: f64| 1e6 * amount / per_second;
    let of_memory = microseconds(1e6 * (read + written), 1555e9);
    let of_arithmetic = microseconds(1e6 * flops, 9.7e12);
    assert_eq!([digits(of_memory, 0), digits(of_arithmetic, 1)], ["36", "0.5"]);
    assert_eq!((of_memory / of_arithmetic).round(), 70.0);
    let one_kernel_each = [(3, 1), (1, 1), (2, 1)].map(|(read, written)| 8 * (read + written));
    assert_eq!(one_kernel_each.iter().sum::<i32>(), 72);
    assert_eq!(digits(f64::from(4 * 1024 * 3072) / 1e6, 1), "12.6");
}

#[test]
fn two_neurons_of_the_visible_tests() {
    let h = 0.001;
    let another_bias = [0.7, 0.4, -0.3, 0.1];
    let negative_input = [-1.2, 0.9, 0.6, -0.5];
    let shown = [
        (another_bias, ["-0.02", "-0.0199973338", "0.0071996801"]),
        (negative_input, ["-0.48", "-0.4462436102", "0.0014448747"]),
    ];
    for (point, stated) in shown {
        let Forward { z, a, loss } = returned(point);
        assert_eq!([digits(z, 2), digits(a, 10), digits(loss, 10)], stated);
    }
    let moved = [
        (another_bias, [h, 0.0], ["0.0071159592", "0.0072838882", "-0.08396"]),
        (another_bias, [0.0, h], ["0.0070802280", "0.0073201265", "-0.11995"]),
        (negative_input, [h, 0.0], ["0.0013937017", "0.0014970267", "-0.05166"]),
        (negative_input, [0.0, h], ["0.0014882666", "0.0014021626", "0.04305"]),
    ];
    for ([x, w, b, y], [of_w, of_b], stated) in moved {
        let above = forward(x, w + of_w, b + of_b, y).loss;
        let below = forward(x, w - of_w, b - of_b, y).loss;
        let rate = digits((above - below) / 0.002, 5);
        let Gradients { dw, db, .. } = backward(x, w, b, y);
        assert_eq!(rate, digits(if of_w == 0.0 { db } else { dw }, 5));
        assert_eq!([digits(above, 10), digits(below, 10), rate], stated);
    }
}

#[test]
fn where_tanh_is_exactly_one() {
    let limit = 55.0 / 2.0 * 2_f64.ln();
    assert_eq!(digits(limit, 2), "19.06");
    assert!((limit - 1e-6).tanh() < 1.0);
    assert_eq!((limit + 1e-6).tanh(), 1.0);
    assert_eq!(f64::EPSILON / 2.0, 2_f64.powi(-53));
    let exact = |z: f64| z.cosh().powi(-2);
    let computed = backward(15.0, 1.0, 0.0, 0.0).dz;
    assert_eq!(format!("{computed:.5e} {:.5e}", exact(15.0)), "3.74367e-13 3.74305e-13");
    assert_eq!(
        (backward(19.1, 1.0, 0.0, 0.0).dz, format!("{:.1e}", exact(limit))),
        (0.0, "1.1e-16".to_owned())
    );
    assert_eq!(format!("{:.1e}", f64::MAX), "1.8e308");
}

#[test]
fn a_central_difference_has_about_ten_digits() {
    let loss = |w| forward(2.0, w, 1.0, 0.8).loss;
    let found = (loss(-0.5 + 1e-5) - loss(-0.5 - 1e-5)) / 2e-5;
    assert_relative_eq!(found, -1.6, max_relative = 1e-9);
}
