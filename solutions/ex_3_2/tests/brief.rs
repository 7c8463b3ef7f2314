//! The numbers and the Rust that the brief and the hints of lesson 3.2 show.

use ndarray::{Array2, array};

#[test]
fn the_gradients_of_the_similar_case_are_what_the_brief_says() {
    let p: Array2<f64> = gradcheck::random((2, 3), 1);
    let q: Array2<f64> = gradcheck::random((3, 4), 2);
    gradcheck::check_backward(
        (("P", &p), ("Q", &q)),
        |(p, q)| p.dot(q),
        |(p, q), ds| (ds.dot(&q.t()), p.t().dot(ds)),
    )
    .assert();
}

/// With the imports of the brief.
#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    use ndarray::{Array1, Array2, Axis, linalg::general_mat_mul};

    let (p, q) = (array![[1.0, 2.0], [3.0, 4.0]], array![[0.0, 1.0], [2.0, 0.0]]);
    let c: Array1<f64> = array![10.0, 20.0];
    assert_eq!(p.dot(&q), array![[4.0, 1.0], [8.0, 3.0]]);
    assert_eq!(p.t().dot(&q), array![[6.0, 1.0], [8.0, 2.0]]);
    assert_eq!(p.dot(&q.t()), array![[2.0, 2.0], [4.0, 6.0]]);
    assert_eq!(p.sum_axis(Axis(0)), array![4.0, 6.0]);
    let (m, n) = (2, 2);
    let rows = Array2::zeros((m, n)) + &c;
    assert_eq!(rows, array![[10.0, 20.0], [10.0, 20.0]]);
    let w = &q;
    assert_eq!(p.dot(w), p.dot(&q));
    assert_eq!(p.dot(&w.t()), p.dot(&q.t()));

    let mut c = rows;
    let (alpha, beta) = (1.0, 1.0);
    general_mat_mul(alpha, &p, &q, beta, &mut c);
    assert_eq!(c, array![[14.0, 21.0], [18.0, 23.0]]);
    let mut c = Array2::from_elem((m, n), f64::NAN);
    general_mat_mul(1.0, &p, &q, 0.0, &mut c);
    assert_eq!(c, p.dot(&q));
}

#[test]
fn the_rust_of_the_hints_puts_the_bias_into_every_row() {
    let (x, w, b) =
        (&Array2::<f64>::zeros((3, 5)), &Array2::<f64>::zeros((2, 5)), &array![1.0, 2.0]);
    let mut z = Array2::zeros((x.nrows(), w.nrows())) + b;
    assert_eq!(z, array![[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]);
    z += &x.dot(&w.t());
    assert_eq!(z.row(2), *b);
}

#[test]
fn a_layer_of_10_to_the_5_parameters_costs_what_the_brief_says() {
    let (batch, d_in, d_out): (f64, f64, f64) = (32.0, 400.0, 250.0);
    let parameters = d_in * d_out + d_out;
    let forward = 2.0 * batch * d_in * d_out;
    let passes = 2.0 * parameters;
    assert_eq!((parameters, passes), (100_250.0, 200_500.0));
    assert_eq!((forward, 2.0 * forward), (6.4e6, 12.8e6));
    assert_eq!(format!("{:.2e}", passes * forward), "1.28e12");
    assert_eq!((passes * forward / (2.0 * forward) / 1e5).round(), 1.0);

    let bytes = |batch: f64| 8.0 * (batch * d_in + d_in * d_out + batch * d_out);
    assert_eq!((bytes(32.0), 8.0 * d_in * d_out), (966_400.0, 800_000.0));
    assert_eq!(format!("{:.1}", forward / bytes(32.0)), "6.6");
    assert_eq!(format!("{:.2}", forward / 32.0 / bytes(1.0)), "0.25");
}
