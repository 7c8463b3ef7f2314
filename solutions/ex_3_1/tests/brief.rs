//! The numbers and the Rust that the brief of lesson 3.1 shows.

use approx::assert_relative_eq;
use ex_3_1::{Forward, forward};
use ndarray::{Array1, Array2, Axis, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

fn assert_all(found: impl IntoIterator<Item = f64>, stated: &[f64], epsilon: f64) {
    let found: Vec<_> = found.into_iter().collect();
    assert_eq!(found.len(), stated.len());
    for (found, stated) in found.iter().zip(stated) {
        assert_relative_eq!(found, stated, epsilon = epsilon);
    }
}

#[test]
fn the_similar_case_is_what_the_brief_says() {
    let (x, y) = (array![0.5, -0.5], array![1.0, 0.2]);
    let loss = |c: f64| ((c * c * &x).exp() - &y).powi(3).sum() / 3.0 / 2.0;
    let c = 1.0;
    let a = (c * c * &x).exp();
    let da = (&a - &y).pow2() / 2.0;
    let dz = &da * &a;
    let dc = (&dz * (2.0 * c * &x)).sum();
    assert_all(a, &[1.6487, 0.6065], 5e-5);
    assert_all(da, &[0.2104, 0.0826], 5e-5);
    assert_all(dz, &[0.3469, 0.0501], 5e-5);
    assert_relative_eq!(dc, 0.2968, epsilon = 5e-5);
    assert_relative_eq!((loss(c + 1e-5) - loss(c - 1e-5)) / 2e-5, dc, epsilon = 1e-9);
}

#[test]
fn the_table_is_what_the_brief_says() {
    let (x, y) = (array![[2.0], [1.5], [-1.0]], array![[0.8], [0.5], [-0.3]]);
    let computed = forward(&x, &array![[-0.5]], &array![1.0], &y);
    let gradients = ex_3_1::backward(&x, &y, &computed);
    let Forward { z, a, loss } = computed;
    assert_all(z, &[0.0, 0.25, 1.5], 0.0);
    assert_all(a, &[0.0, 0.244919, 0.905148], 5e-7);
    assert_all(gradients.dz, &[-0.266667, -0.079927, 0.072593], 5e-7);
    assert_all(
        [loss, gradients.dw[[0, 0]], gradients.db[0]],
        &[0.359575, -0.725816, -0.274001],
        5e-7,
    );
}

#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    let (p, q) = (array![[1.0, 2.0], [3.0, 4.0]], array![[0.0, 1.0], [1.0, 0.0]]);
    let c = array![10.0, 20.0];
    assert_eq!(p.dot(&q), array![[2.0, 1.0], [4.0, 3.0]]);
    assert_eq!(p.t(), array![[1.0, 3.0], [2.0, 4.0]]);
    assert_eq!(&p + &c, array![[11.0, 22.0], [13.0, 24.0]]);
    assert_eq!(&p * &q, array![[0.0, 2.0], [3.0, 0.0]]);
    assert_eq!(1.0 - p.pow2(), array![[0.0, -3.0], [-8.0, -15.0]]);
    assert_eq!(p.mapv(f64::tanh)[[0, 0]], 1_f64.tanh());
    assert_eq!(p.nrows() as f64, 2.0);
    assert_eq!(p.sum(), 10.0);
    assert_eq!(p.sum_axis(Axis(0)), array![4.0, 6.0]);
    assert_eq!(p.dot(&q.t()), p.dot(&q));
    assert_eq!(&p - &q, array![[1.0, 1.0], [2.0, 4.0]]);
    assert_eq!(p - &q, array![[1.0, 1.0], [2.0, 4.0]]);
}

/// The import that the brief adds to the stub's.
#[test]
fn the_import_of_the_brief_is_enough() {
    use ndarray::{Array1, Array2, Axis};

    fn columns(p: &Array2<f64>, q: &Array2<f64>) -> Array1<f64> {
        p.dot(q).sum_axis(Axis(0))
    }
    assert_eq!(columns(&array![[1.0, 2.0]], &array![[1.0], [1.0]]), array![3.0]);
}

#[test]
fn a_column_minus_a_row_is_a_square_in_ndarray_too() {
    let (a, y) = (Array2::<f64>::zeros((3, 1)), Array1::<f64>::zeros(3));
    assert_eq!((&a - &y).dim(), (3, 3));
}

#[test]
fn the_product_of_a_batch_is_as_costly_as_the_brief_says() {
    let (batch, d_in) = (32, 768);
    let flops = 2 * batch * d_in;
    let [of_x, of_w, of_z] = [batch * d_in, d_in, batch].map(|numbers| 8 * numbers);
    assert_eq!((flops, of_x, of_w, of_z), (49_152, 196_608, 6_144, 256));
    assert_eq!(format!("{:.2}", f64::from(flops) / f64::from(of_x + of_w + of_z)), "0.24");
}
