//! The numbers that the brief of lesson 1.4 states.

use ndarray::{Array2, Axis, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[test]
fn the_similar_case_is_what_the_brief_says() {
    let p = array![[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]];
    let q = array![[2.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 2.0], [0.0, 3.0, 1.0, -1.0]];
    let c = array![10.0, 20.0];
    let want = array![[15.0, 13.0, 11.0, 17.0], [23.0, 22.0, 23.0, 19.0]];
    let by_elements = Array2::from_shape_fn((2, 4), |(i, j)| {
        (0..3).map(|k| p[[k, i]] * q[[k, j]]).sum::<f64>() + c[i]
    });
    assert_eq!(by_elements, want);
    let by_dots = Array2::from_shape_fn((2, 4), |(i, j)| p.column(i).dot(&q.column(j)) + c[i]);
    assert_eq!(by_dots, want);
    assert_eq!(p.t().dot(&q) + c.insert_axis(Axis(1)), want);
}

#[test]
fn the_arithmetic_of_a_large_layer_is_what_the_brief_says() {
    let (batch, d_in, d_out) = (32, 768, 768);
    let flops = 2 * batch * d_in * d_out;
    let bytes_of_w = 8 * d_out * d_in;
    let bytes = bytes_of_w + 8 * (batch * d_in + d_out + batch * d_out);
    assert_eq!((flops, bytes_of_w, bytes), (37_748_736, 4_718_592, 5_117_952));
    assert_eq!(format!("{:.1}", flops as f64 / bytes as f64), "7.4");
    let fetched = batch * bytes_of_w;
    assert_eq!((fetched as f64 / 1e6).round(), 151.0);
    assert!((0.245..0.255).contains(&(flops as f64 / fetched as f64)));
}

/// With the imports of the brief.
#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    use ndarray::{Axis, linalg::general_mat_mul};

    let (p, q) = (&array![[1.0, 2.0], [3.0, 4.0]], array![[0.0, 1.0], [2.0, 0.0]]);
    let (k, i, m, n) = (1, 0, 2, 2);
    assert_eq!(p[[k, i]], 3.0);
    assert_eq!(p.row(k), p.row(k).to_owned());
    assert_eq!(p.column(i), array![1.0, 3.0]);
    assert_eq!(p.row(k).dot(&q.row(k)), 6.0);
    assert_eq!(p.dot(&q), array![[4.0, 1.0], [8.0, 3.0]]);
    assert_eq!(p.t(), array![[1.0, 3.0], [2.0, 4.0]]);
    let zeros: Array2<f64> = Array2::zeros((m, n));
    let c = array![10.0, 20.0];
    let in_rows: Array2<f64> = Array2::zeros((m, n)) + &c;
    assert_eq!(in_rows, array![[10.0, 20.0], [10.0, 20.0]]);
    let in_columns: Array2<f64> = Array2::zeros((m, n)) + &c.insert_axis(Axis(1));
    assert_eq!(in_columns, array![[10.0, 10.0], [20.0, 20.0]]);

    let (q, alpha, beta) = (&q, 1.0, 1.0);
    let mut c = zeros;
    general_mat_mul(alpha, p, q, beta, &mut c);
    assert_eq!(c, p.dot(q));
    assert_eq!(p.dot(&q.t()), array![[2.0, 2.0], [4.0, 6.0]]);
}
