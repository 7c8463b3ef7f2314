//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_4_7::{Options, Running, add_chunk, answer_targets, chunked_loss, language_loss};
use ndarray::{Array2, Axis, NdFloat, array, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use stated::{assert_all_stated, assert_stated};

fn options(ignore: Option<usize>, smoothing: f64, z_loss: f64) -> Options<f64> {
    Options { ignore, smoothing, z_loss }
}

fn example() -> (Array2<f64>, [usize; 3]) {
    (array![[2.0, 1.0, 0.1], [0.0, 0.0, 0.0], [-1.0, 3.0, 1.0]], [0, 2, 1])
}

#[test]
fn the_numbers_of_the_brief() {
    let (z, targets) = example();
    for (options, loss, row) in [
        (options(None, 0.0, 0.0), "0.552858", ["-0.113666", "0.080811", "0.032855"]),
        (options(Some(2), 0.0, 0.0), "0.279981", ["-0.170499", "0.121216", "0.049283"]),
        (options(None, 0.1, 0.0), "0.651747", ["-0.091444", "0.069700", "0.021744"]),
        (options(None, 0.0, 0.01), "0.609281", ["-0.103047", "0.084717", "0.034444"]),
        (options(Some(2), 0.1, 0.01), "0.506914", ["-0.121238", "0.110409", "0.034999"]),
    ] {
        let (found, dz) = language_loss(&z, &targets, &options);
        assert_stated(found, loss);
        assert_all_stated(dz.row(0).to_vec(), row);
    }
    let (x, w) =
        (array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], array![[2.0, -1.0], [1.0, 3.0], [0.1, 1.0]]);
    for chunk in 1..5 {
        let (loss, dx, dw) = chunked_loss(&x, &w, &[0, 1, 2], &options(None, 0.1, 0.01), chunk);
        assert_stated(loss, "1.362747");
        assert_all_stated(
            dx,
            ["-0.085711", "0.324977", "-0.011939", "0.023903", "0.296307", "0.647724"],
        );
        assert_all_stated(
            dw,
            ["-0.075683", "-0.000345", "0.388944", "0.311327", "-0.269816", "-0.262698"],
        );
    }
    // Q Q A A.
    assert_eq!(answer_targets(&[1, 2, 3, 4], 2, 9), [9, 3, 4]);
}

/// A length of a vector that comes in pieces.
#[test]
fn the_similar_case() {
    let s = 0.75_f64.powi(2) + 1.0;
    assert_eq!((0.75_f64.powi(2), s), (0.5625, 1.5625));
    let s = s * (4.0_f64 / 12.0).powi(2) + 1.0;
    assert_stated(s, "1.173611");
    assert_relative_eq!(12.0 * s.sqrt(), 13.0, max_relative = 1e-15);
    assert_eq!(3 * 3 + 4 * 4 + 12 * 12, 13 * 13);
    let loss = |a: f64| (a * a + 4.0).powi(2);
    let slope = 2.0 * (1.5 * 1.5 + 4.0) * 2.0 * 1.5;
    assert_relative_eq!((loss(1.501) - loss(1.499)) / 0.002, slope, max_relative = 1e-5);
}

fn numbers<F: NdFloat>() -> [F; 2] {
    [F::min_value(), F::neg_infinity()]
}

#[test]
fn the_rust_of_the_brief() {
    let tokens = [7, 3, 5];
    assert_eq!(tokens[1..].to_vec(), [3, 5]);
    let (i, first, one) = (3_usize, 4, 1.0);
    assert_eq!(i.checked_sub(first), None);
    let (mut p, c) = (Array2::<f64>::zeros((3, 2)), 2);
    let mut lengths = Vec::new();
    for part in p.axis_chunks_iter(Axis(0), c) {
        lengths.push(part.nrows());
    }
    assert_eq!(lengths, [2, 1]);
    for mut part in p.axis_chunks_iter_mut(Axis(0), c) {
        part += one;
    }
    let (a, b) = (1, 3);
    assert_eq!(p.slice(s![a..b, ..]), array![[1.0, 1.0], [1.0, 1.0]]);
    let (q, r) = (Array2::<f64>::ones((3, 1)), Array2::ones((1, 2)));
    p += &q.dot(&r);
    assert_eq!(p, Array2::from_elem((3, 2), 2.0));
    assert_eq!(numbers::<f64>(), [f64::MIN, f64::NEG_INFINITY]);
    assert!((f64::NEG_INFINITY - f64::NEG_INFINITY).is_nan());
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (n, v, d): (u64, u64, u64) = (8192, 50_257, 768);
    assert_eq!((4 * n * v, 4 * n * d, 4 * v * d), (1_646_821_376, 25_165_824, 154_389_504));
    assert_eq!((4 * n * 4096, 2 * n * 4096), (134_217_728, 67_108_864));
    assert_eq!((2 * 2 * n * v, 2 * n * v), (1_646_821_376, 823_410_688));
    // Of the check of the memory.
    assert_eq!(8 * 512 * 65_536, 256 << 20);
    let product = 1e3 * (2 * n * v * d) as f64 / 312e12;
    assert_all_stated([3.0 * product, 4.0 * product], ["6.08", "8.11"]);
    let once = 1e3 * (2 * n * v) as f64 / 2.039e12;
    // Z written and read, dL/dZ written and read twice; with chunks Z twice.
    assert_all_stated([5.0 * once, 7.0 * once], ["2.02", "2.83"]);
    assert_stated(4.0_f64.exp(), "54.6");
}

#[test]
fn the_worked_example() {
    let before = Running { max: array![f64::NEG_INFINITY], sum: array![0.0] };
    let first = add_chunk(&before, &array![[0.1]]);
    assert_eq!((first.max[0], first.sum[0]), (0.1, 1.0));
    assert_stated((0.1_f64 - 2.0).exp(), "0.149569");
    let both = add_chunk(&first, &array![[2.0, 1.0]]);
    assert_eq!(both.max[0], 2.0);
    assert_stated(both.sum[0], "1.517448");
    let log_sum = 2.0 + both.sum[0].ln();
    assert_stated(log_sum, "2.417030");
    assert_stated(log_sum - 2.0, "0.417030");
    let (z, q) = (array![2.0, 1.0, 0.1], array![0.9 + 0.1 / 3.0, 0.1 / 3.0, 0.1 / 3.0]);
    assert_all_stated(q.clone(), ["0.933333", "0.033333", "0.033333"]);
    assert_eq!(z.sum(), 3.1);
    assert_stated(q.dot(&z), "1.903333");
    assert_stated(log_sum - q.dot(&z), "0.513697");
    assert_stated(0.01 * log_sum * log_sum, "0.058420");
    let p = z.mapv(|z: f64| (z - log_sum).exp());
    assert_all_stated(p.clone(), ["0.659001", "0.242433", "0.098566"]);
    assert_all_stated(&p - &q, ["-0.274332", "0.209100", "0.065233"]);
    let through_z_loss = 0.02 * log_sum * &p;
    assert_all_stated(through_z_loss.clone(), ["0.031857", "0.011719", "0.004765"]);
    let dz = (&p - &q + &through_z_loss) / 2.0;
    assert_all_stated(dz.clone(), ["-0.121238", "0.110409", "0.034999"]);
    assert_stated(dz.sum(), "0.024170");
    assert_relative_eq!(dz.sum(), 0.01 * log_sum, max_relative = 1e-12);
}

#[test]
fn the_answers_are_what_the_page_says() {
    let q: [f64; 3] = [0.9 + 0.1 / 3.0, 0.1 / 3.0, 0.1 / 3.0];
    assert_stated(-q.iter().map(|q| q * q.ln()).sum::<f64>(), "0.291140");
    let z = array![[q[0].ln(), q[1].ln(), q[2].ln()]];
    let (least, dz) = language_loss(&z, &[0], &options(None, 0.1, 0.0));
    assert_stated(least, "0.291140");
    assert!(dz.iter().all(|it| it.abs() < 1e-15));
}
