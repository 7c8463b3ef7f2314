//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_4_5::{layer_norm, layer_norm_backward, rms_norm, rms_norm_backward};
use ndarray::{Array1, Array2, ArrayView1, Axis, NdFloat, Zip, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

const EPS: f64 = 1e-5;

/// A number as the text prints it.
#[track_caller]
fn assert_stated(found: f64, stated: &str) {
    let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
    // A number that rounds to 0 is printed without a sign.
    let found = if found.abs() < 0.5 * 0.1_f64.powi(decimals as i32) { 0.0 } else { found };
    assert_eq!(format!("{found:.decimals$}"), stated);
}

#[track_caller]
fn assert_all_stated<const N: usize>(found: impl IntoIterator<Item = f64>, stated: [&str; N]) {
    let found: Vec<_> = found.into_iter().collect();
    assert_eq!(found.len(), N);
    found.into_iter().zip(stated).for_each(|(found, stated)| assert_stated(found, stated));
}

fn example() -> (Array2<f64>, Array1<f64>, Array1<f64>) {
    let x = array![[1.0, 2.0, 3.0, 6.0], [-1.0, 0.0, 0.5, 0.5], [2.0, 2.0, 2.0, 2.0]];
    (x, array![1.0, 0.5, -1.0, 2.0], array![0.0, 0.1, 0.0, -0.2])
}

fn upstream() -> Array2<f64> {
    array![[1.0, 0.0, -1.0, 0.5], [0.2, -0.3, 0.4, 1.0], [1.0, -2.0, 0.5, 0.25]]
}

/// The similar case of the brief: a vector divided by its length.
#[test]
fn the_similar_case() {
    let (a, u) = (array![3.0, 4.0], array![1.0, -0.5]);
    let n = f64::sqrt(a.dot(&a));
    let q = &a / n;
    assert_eq!((n, &q), (5.0, &array![0.6, 0.8]));
    assert_relative_eq!(u.dot(&q), 0.2, epsilon = 1e-15);
    let gradient = (&u - &q * u.dot(&q)) / n;
    assert_relative_eq!(gradient[0], 0.176, epsilon = 1e-15);
    assert_relative_eq!(gradient[1], -0.132, epsilon = 1e-15);
    assert_relative_eq!(gradient.dot(&a), 0.0, epsilon = 1e-15);
    let loss = |a: &Array1<f64>| u.dot(&(a / a.dot(a).sqrt()));
    for k in 0..2 {
        let step = 1e-6;
        let (mut left, mut right) = (a.clone(), a.clone());
        left[k] -= step;
        right[k] += step;
        let difference = (loss(&right) - loss(&left)) / (2.0 * step);
        assert_relative_eq!(difference, gradient[k], epsilon = 1e-9);
    }
}

#[test]
fn the_numbers_of_layer_norm() {
    let (x, gamma, beta) = example();
    let (y, cache) = layer_norm(&x, &gamma, &beta, EPS);
    assert_all_stated(cache.rstd.iter().copied(), ["0.534522", "1.632971", "316.227766"]);
    assert_all_stated(y.row(0).to_vec(), ["-1.069043", "-0.167261", "0", "3.007130"]);
    assert_all_stated(y.row(1).to_vec(), ["-1.632971", "0.1", "-0.816486", "1.432971"]);
    assert_all_stated(y.row(2).to_vec(), ["0", "0.1", "0", "-0.2"]);
    let (dx, dgamma, dbeta) = layer_norm_backward(&upstream(), &cache, &gamma);
    assert_all_stated(dx.row(0).to_vec(), ["0.209990", "-0.362711", "0.133630", "0.019090"]);
    assert_all_stated(dx.row(1).to_vec(), ["0.306165", "-0.918546", "-1.653375", "2.265757"]);
    let third = ["316.227766", "-316.227766", "-158.113883", "158.113883"];
    assert_all_stated(dx.row(2).to_vec(), third);
    assert_all_stated(dgamma, ["-1.395638", "0", "0.326594", "1.618268"]);
    assert_all_stated(dbeta, ["2.2", "-2.3", "-0.1", "1.75"]);
    assert_stated(1.0 / EPS.sqrt(), "316.227766");
}

#[test]
fn the_numbers_of_rms_norm() {
    let (x, gamma, _) = example();
    let (y, cache) = rms_norm(&x, &gamma, EPS);
    assert_all_stated(cache.rstd.iter().copied(), ["0.282843", "1.632971", "0.499999"]);
    assert_all_stated(y.row(0).to_vec(), ["0.282843", "0.282843", "-0.848528", "3.394111"]);
    let (dx, dgamma) = rms_norm_backward(&upstream(), &cache, &gamma);
    assert_all_stated(dx.row(0).to_vec(), ["0.226274", "-0.113137", "0.113137", "-0.056568"]);
    assert_all_stated(dx.row(1).to_vec(), ["0.979765", "-0.244946", "-0.979774", "2.939357"]);
    assert_all_stated(dgamma, ["0.956247", "-1.999998", "-0.021934", "1.915013"]);
}

fn count<F: NdFloat>(n: usize) -> F {
    F::from(n).unwrap()
}

fn one_number_of_each<F: NdFloat>(p: &Array2<F>, f: impl Fn(ArrayView1<F>) -> F) -> Array1<F> {
    p.rows().into_iter().map(f).collect::<Array1<F>>()
}

#[test]
fn the_rust_of_the_brief() {
    let (mut p, q) = (array![[1.0, 2.0], [3.0, 5.0]], array![[0.5, 1.0], [2.0, 1.0]]);
    let (one, two) = (1.0, 2.0);
    for mut row in p.rows_mut() {
        row.mapv_inplace(|it| it + one);
    }
    let mut products = Vec::new();
    Zip::from(p.rows_mut()).and(q.rows()).for_each(|mut p, q| {
        products.push(p.dot(&q));
        p.zip_mut_with(&q, |it, &q| *it -= two * q);
    });
    assert_eq!(p, array![[1.0, 1.0], [0.0, 4.0]]);
    assert_eq!(products, [4.0, 14.0]);
    assert_eq!(one_number_of_each(&p, |row| row.sum()), array![2.0, 4.0]);
    assert_eq!(p.sum_axis(Axis(0)), array![1.0, 5.0]);
    let g = array![2.0, 3.0];
    assert_eq!(&p * &g, array![[2.0, 3.0], [0.0, 12.0]]);
    let n = p.ncols();
    assert_eq!(g.len(), n, "why");
    // Stretched without a word.
    assert_eq!(&p * &array![2.0], array![[2.0, 2.0], [0.0, 8.0]]);
    assert_eq!(count::<f64>(n), 2.0);
    let x = p;
    assert_eq!(x.mean_axis(Axis(1)), Some(array![1.0, 2.0]));
    assert_eq!(x.var_axis(Axis(1), 0.0), array![0.0, 4.0]);
    assert_eq!(x.var_axis(Axis(1), one), array![0.0, 8.0]);
    assert!(array![[1.0_f64]].var_axis(Axis(1), 1.0)[0].is_nan());
}

#[test]
fn one_pass_loses_its_digits() {
    let row = array![1e8, 1e8 + 1.0, 1e8 + 2.0, 1e8 + 3.0];
    let mean = row.sum() / 4.0;
    assert_eq!(row.dot(&row) / 4.0 - mean * mean, 2.0);
    assert_eq!((&row - mean).dot(&(&row - mean)) / 4.0, 1.25);
    assert_eq!(1e16_f64.next_up() - 1e16, 2.0);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    assert_eq!((4 * 768, 4 * 4096 * 768), (3072, 12_582_912));
    assert_eq!((1024 * 768, 2 * 1024 * 768), (786_432, 1_572_864));
    assert_stated(19.5 / 2.039, "9.6");
    let once = 1e6 * 1_572_864.0 / 2.039e12;
    for (arrays, stated) in [(1.0, "0.77"), (2.0, "1.54"), (12.0, "9.26"), (3.0, "2.31")] {
        assert_stated(arrays * once, stated);
    }
    assert_stated(1e7 * f64::from(f32::EPSILON), "1.192093");
}

/// The figures of `docs/performance.md`, which cannot be computed here.
#[test]
fn the_figures_are_those_of_the_performance_page() {
    let page = include_str!("../../../docs/performance.md");
    for row in [
        "| `layer_norm` | 49.5 ms | 10.6 ms | 5.6 ms |",
        "| `rms_norm` | 38.7 ms | 9.1 ms | 26.5 ms |",
    ] {
        assert!(page.contains(row), "{row}");
    }
}

#[test]
fn the_worked_example() {
    let (x, gamma, beta) = example();
    let x = x.slice(ndarray::s![1..2, ..]).to_owned();
    assert_eq!((x.sum(), x.pow2().sum() / 4.0), (0.0, 0.375));
    assert_stated(1.0 / 0.37501_f64.sqrt(), "1.632971");
    let (_, cache) = layer_norm(&x, &gamma, &beta, EPS);
    let xhat = cache.xhat.row(0).to_owned();
    assert_all_stated(xhat.to_vec(), ["-1.632971", "0", "0.816486", "0.816486"]);
    let d = &upstream().row(1) * &gamma;
    assert_all_stated(d.to_vec(), ["0.2", "-0.15", "-0.4", "2"]);
    assert_stated(d.sum() / 4.0, "0.4125");
    assert_all_stated((&d * &xhat).to_vec(), ["-0.326594", "0", "-0.326594", "1.632971"]);
    let along = d.dot(&xhat) / 4.0;
    assert_stated(along, "0.244946");
    assert_all_stated((&xhat * along).to_vec(), ["-0.399989", "0", "0.199995", "0.199995"]);
    let left = &d - &(&xhat * along);
    assert_all_stated(left.to_vec(), ["0.599989", "-0.15", "-0.599995", "1.800005"]);
    assert_stated(left.sum() / 4.0, "0.4125");
    let dm = &left * cache.rstd[0];
    assert_all_stated(dm.to_vec(), ["0.979765", "-0.244946", "-0.979774", "2.939357"]);
    assert_stated(dm.sum() / 4.0, "0.673601");
    let dx = &dm - dm.sum() / 4.0;
    assert_all_stated(dx.to_vec(), ["0.306165", "-0.918546", "-1.653375", "2.265757"]);
    assert_stated(dx.sum(), "0");
    assert_stated(xhat.dot(&dx), "0.000043");
    // As the derivation has it.
    let rest = cache.rstd[0] * along * EPS / 0.37501;
    assert_relative_eq!(xhat.dot(&dx) / 4.0, rest, epsilon = 1e-12);
}

#[test]
fn the_answers_are_what_the_page_says() {
    let (x, _, beta) = example();
    let ones = Array1::ones(4);
    let (_, cache) = layer_norm(&x, &ones, &beta, EPS);
    let (dx, ..) = layer_norm_backward(&Array2::ones(x.dim()), &cache, &ones);
    assert!(dx.iter().all(|it| it.abs() < 1e-12));
    for (variance, inside, outside) in
        [(1.0, "0.999995", "0.999990"), (0.0, "316.227766", "100000")]
    {
        assert_stated(1.0 / f64::sqrt(variance + EPS), inside);
        assert_stated(1.0 / (f64::sqrt(variance) + EPS), outside);
    }
    let (y, _) = layer_norm(&array![[3.0]], &array![2.0], &array![0.5], EPS);
    assert_eq!(y, array![[0.5]]);
    let (y, _) = rms_norm(&array![[-3.0]], &array![2.0], EPS);
    assert_relative_eq!(y[[0, 0]], -2.0 * 3.0 / f64::sqrt(9.0 + EPS));
}
