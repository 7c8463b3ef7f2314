//! The numbers and the Rust that the brief, its page and its derivation show.

use approx::assert_relative_eq;
use ex_4_1::{
    gpt2_residual, he_normal, linear, linear_backward, orthogonal, second_moment_after,
    truncated_normal, xavier_normal, xavier_uniform,
};
// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../stated.rs"]
mod stated;

use ndarray::{Array1, Array2, Axis, NdFloat, array, linalg::general_mat_mul, s};
use stated::assert_stated;

#[track_caller]
fn assert_all_stated<'a>(found: &Array2<f64>, stated: impl AsRef<[&'a str]>) {
    assert_eq!(found.len(), stated.as_ref().len());
    found.iter().zip(stated.as_ref()).for_each(|(found, stated)| assert_stated(*found, stated));
}

fn draws() -> Array2<f64> {
    array![[0.5, -1.0, 2.0], [1.5, 0.0, -0.25]]
}

#[test]
fn the_weights_of_the_brief() {
    let u = array![[0.0, 0.25, 0.5], [0.75, 0.9, 0.1]];
    assert_all_stated(
        &xavier_uniform(&u, 1.0),
        ["-1.095445", "-0.547723", "0", "0.547723", "0.876356", "-0.876356"],
    );
    let n = draws();
    let rows = [
        (
            xavier_normal(&n, 1.0),
            ["0.316228", "-0.632456", "1.264911", "0.948683", "0", "-0.158114"],
        ),
        (he_normal(&n, 0.0), ["0.408248", "-0.816497", "1.632993", "1.224745", "0", "-0.204124"]),
        (
            gpt2_residual(&n, 12),
            ["0.002041", "-0.004082", "0.008165", "0.006124", "0", "-0.001021"],
        ),
        (
            orthogonal(&array![[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]]),
            ["0.447214", "0.894427", "0", "0.131876", "-0.065938", "0.989071"],
        ),
    ];
    rows.iter().for_each(|(found, stated)| assert_all_stated(found, stated));
}

#[test]
fn the_layer_of_the_brief() {
    let w = array![[1.0, -1.0, 0.5], [0.0, 2.0, -0.5]];
    let x = array![[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]];
    let (z, cache) = linear(&x, &w, &array![0.1, -0.2]);
    assert_all_stated(&z, ["-1.4", "4.3", "2.1", "-1.7"]);
    let (mut dw, mut db) = (Array2::zeros((2, 3)), Array1::zeros(2));
    let dz = array![[1.0, -0.5], [0.25, 2.0]];
    let dx = linear_backward(&dz, &cache, &w, &mut dw, &mut db);
    assert_eq!(dx, array![[1.0, -2.0, 0.75], [0.25, 3.75, -0.875]]);
    assert_eq!(dw, array![[1.125, 2.0, -0.25], [0.5, -1.0, 6.5]]);
    assert_eq!(db, array![1.25, 1.5]);
    dw.fill(0.0);
    assert_eq!(dw, Array2::zeros((2, 3)));
}

/// What `second_moment_after` says of ten layers.
#[test]
fn the_signal_through_the_layers() {
    let after = |layers, variance| second_moment_after(layers, 256, variance, 0.0);
    for (layers, he, xavier) in [(1, "1", "0.5"), (2, "1", "0.25"), (5, "1", "0.03125")] {
        assert_stated(after(layers, 2.0 / 256.0), he);
        assert_stated(after(layers, 1.0 / 256.0), xavier);
    }
    assert_stated(after(10, 2.0 / 256.0), "1");
    assert_stated(after(10, 1.0 / 256.0), "0.000977");
    assert_stated(after(1, 1e-4), "0.0128");
    assert_stated(after(2, 1e-4), "0.000164");
    assert_stated(after(5, 1e-4) * 1e10, "3.4");
    assert_stated(after(10, 1e-4) * 1e19, "1.18");
    assert_stated(after(10, 1e-4) * 1e19, "1.2");
    assert_stated(after(10, 1e-4).sqrt() * 1e10, "3");
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    fn one<F: NdFloat>() -> F {
        F::one()
    }
    let (a, b) = (array![[1.0, 2.0]], array![[3.0], [4.0]]);
    let mut c = array![[10.0]];
    let (alpha, beta) = (one::<f64>(), 0.5);
    general_mat_mul(alpha, &a, &b, beta, &mut c);
    assert_eq!(c, array![[16.0]]);
    let mut p = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let (rows, columns) = p.dim();
    let g = &p;
    assert_eq!((rows, columns, g.sum_axis(Axis(0))), (3, 2, array![9.0, 12.0]));
    assert_eq!(p.mapv(|it| 1.0 - 3.0 * it)[[0, 1]], -5.0);
    let v = array![1.0, -1.0];
    assert_eq!(p.dot(&v), array![-1.0, -1.0, -1.0]);
    let turned = p.t().as_standard_layout().into_owned();
    assert!(turned.is_standard_layout() && turned == p.t());
    let k = 1;
    let (first, others) = p.view_mut().split_at(Axis(0), k);
    assert_eq!((first.nrows(), others.nrows()), (1, 2));
    let xs = [1.0, -2.0, 3.0];
    assert_eq!(xs.iter().filter(|x| **x > 0.0).count(), 2);
    // What is stretched without an error.
    assert_eq!(Array2::<f64>::zeros((2, 3)) + &array![7.0], Array2::from_elem((2, 3), 7.0));
    let mut db = array![0.0, 0.0];
    db += &array![1.0];
    assert_eq!(db, array![1.0, 1.0]);
}

/// The calls beside PyTorch's.
#[test]
fn the_calls_of_the_page() {
    let (x, w, b) = (draws(), draws(), array![0.0, 0.0]);
    let (u, n, g) = (draws().mapv(|it| it.abs() / 3.0), draws(), draws());
    let (gain, alpha, draws, shape) = (1.0, 0.0, [0.5, 2.5, 1.0], (1, 2));
    assert_eq!(linear(&x, &w, &b).0.dim(), (2, 2));
    assert_eq!(xavier_uniform(&u, gain).dim(), he_normal(&n, alpha).dim());
    assert_eq!(truncated_normal(&draws, shape, 0.02, 2.0), array![[0.01, 0.02]]);
    assert_eq!(orthogonal(&g).dim(), (2, 3));
    assert_relative_eq!(0.02 * 2.0, 0.04);
}

#[test]
fn the_counts_of_the_hardware_layers() {
    let (rows, d_in, d_out): (u64, u64, u64) = (1024, 768, 3072);
    assert_eq!(2 * rows * d_in * d_out, 4_831_838_208);
    let [x, w, z] = [rows * d_in, d_in * d_out, rows * d_out].map(|count| 4 * count);
    assert_eq!((x, w), (3_145_728, 9_437_184));
    assert_stated(2.0 * w as f64 / 1e6, "18.9");
    assert_stated(4.0 * w as f64 / 1e6, "37.7");
    // Z reads X, W and b; dL/dX reads dL/dZ and W; dL/dW reads dL/dZ, X and itself.
    let of_z = x + w + 4 * d_out + z;
    assert_eq!((of_z, z + w + x, z + x + 2 * w), (25_178_112, 25_165_824, 34_603_008));
    assert_stated(4_831_838_208.0 / of_z as f64, "192");
}

#[test]
fn the_worked_example() {
    let g = array![[1.0, 2.0, 0.0], [0.0, -1.0, 3.0], [2.0, 1.0, 1.0]];
    let q = orthogonal(&g);
    let (first, second, third) = (g.column(0), g.column(1), g.column(2));
    let lengths = |of: &Array1<f64>| of.dot(of).sqrt();
    assert_stated(lengths(&first.to_owned()), "2.236068");
    assert_all_stated(&q.slice(s![.., ..1]).to_owned(), ["0.447214", "0", "0.894427"]);
    let part = q.column(0).dot(&second);
    assert_stated(part, "1.788854");
    let left = &second - &(part * &q.column(0));
    assert_all_stated(&left.clone().insert_axis(Axis(0)), ["1.2", "-1", "-0.6"]);
    assert_stated(lengths(&left), "1.673320");
    assert_all_stated(&q.slice(s![.., 1..2]).to_owned(), ["0.717137", "-0.597614", "-0.358569"]);
    let parts = [q.column(0).dot(&third), q.column(1).dot(&third)];
    assert_stated(parts[0], "0.894427");
    assert_stated(-parts[1], "2.151411");
    let left = &third - &(parts[0] * &q.column(0)) - &(parts[1] * &q.column(1));
    assert_all_stated(&left.clone().insert_axis(Axis(0)), ["1.142857", "1.714286", "-0.571429"]);
    assert_stated(lengths(&left), "2.138090");
    assert_all_stated(&q.slice(s![.., 2..]).to_owned(), ["0.534522", "0.801784", "-0.267261"]);
}

/// E[f(z)²] of standard normal z, by the trapezoidal rule.
fn mean_square(f: impl Fn(f64) -> f64) -> f64 {
    let steps = 24_000;
    let width = 24.0 / f64::from(steps);
    let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    (0..=steps)
        .map(|at| f64::from(at) * width - 12.0)
        .map(|z| f(z).powi(2) * density(z) * width)
        .sum()
}

/// The share of standard normal draws within this limit, and the mean square of these.
fn within(limit: f64) -> (f64, f64) {
    let inside = |z: f64| if z.abs() <= limit { 1.0 } else { 0.0 };
    let share = mean_square(inside);
    (share, mean_square(|z| z * inside(z)) / share)
}

#[test]
fn the_gains_and_the_truncated_variances() {
    let phi = |z: f64| below(z);
    for (gain, stated) in [
        (mean_square(|z| z.max(0.0)), "1.4142"),
        (mean_square(|z| z * phi(z)), "1.5335"),
        (mean_square(|z| z / (1.0 + (-z).exp())), "1.6765"),
        (mean_square(f64::tanh), "1.5925"),
    ] {
        assert_stated(gain.sqrt().recip(), stated);
    }
    let ((two, of_two), (_, of_three)) = (within(2.0), within(3.0));
    assert_relative_eq!(two, 0.954, epsilon = 1e-3);
    assert_relative_eq!(of_two, 0.7737, epsilon = 1e-3);
    assert_relative_eq!(of_three, 0.9733, epsilon = 1e-3);
    assert_stated((1.0 - two).recip(), "22");
    assert_stated(100.0 * (2.0 * below(2.0) - 1.0), "95.45");
}

/// Φ(z), as 0.5 and an integral from 0 on.
fn below(z: f64) -> f64 {
    let steps = 200;
    let width = z / f64::from(steps);
    let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let middle = |at: i32| (f64::from(at) + 0.5) * width;
    0.5 + (0..steps).map(|at| density(middle(at)) * width).sum::<f64>()
}

/// The derivation's blocks, as they stand in the solution.
#[test]
fn the_derivation_shows_the_solution() {
    let solution = include_str!("../src/lib.rs");
    let blocks = include_str!("../derivation.md").split("```rust\n").skip(1);
    for line in blocks.flat_map(|it| it.split("```").next().unwrap_or_default().lines()) {
        assert!(solution.contains(line), "the solution has no line {line}");
    }
    assert_stated(0.02 / 24.0_f64.sqrt(), "0.004082");
    assert!(truncated_normal(&[f64::NAN, 0.5], (1, 1), 1.0, f64::INFINITY)[[0, 0]] == 0.5);
}
