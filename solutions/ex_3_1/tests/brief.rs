//! The numbers and the Rust that the brief, the page and the derivation of lesson 3.1 show.

use approx::assert_relative_eq;
use ex_3_1::{Forward, Gradients, backward, forward};
use ndarray::{Array1, Array2, Axis, array, concatenate};

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
    let gradients = backward(&x, &y, &computed);
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

/// The page's similar case.
#[test]
fn the_similar_case_of_the_page_in_rust() {
    let c: f64 = 1.0;
    let (x, y) = (array![0.5, -0.5], array![1.0, 0.2]);
    let a = (c * c * &x).exp();
    let loss = ((&a - &y).powi(3) / 3.0).mean().unwrap();

    let da = (&a - &y).pow2() / x.len() as f64;
    let dz = &da * &a;
    let dc = (&dz * (2.0 * c * &x)).sum(); // 0.2968

    assert_relative_eq!(dc, 0.2968, epsilon = 5e-5);
    let loss_at = |c: f64| (((c * c * &x).exp() - &y).powi(3) / 3.0).mean().unwrap();
    assert_eq!(loss, loss_at(1.0));
    assert_relative_eq!((loss_at(1.0 + 1e-5) - loss_at(1.0 - 1e-5)) / 2e-5, dc, epsilon = 1e-9);
    assert_eq!(Array1::<f64>::zeros(0).mean(), None);
}

/// The course's batch: X, W, b and Y.
fn course() -> (Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>) {
    let (x, y) = (array![[2.0], [1.5], [-1.0]], array![[0.8], [0.5], [-0.3]]);
    (x, array![[-0.5]], array![1.0], y)
}

/// What a reader of the page computes from sample to sample.
#[test]
fn the_samples_of_the_course_one_by_one() {
    let (x, w, b, y) = course();
    let Forward { z, a, loss } = forward(&x, &w, &b, &y);
    assert_all(&x * -0.5, &[-1.0, -0.75, 0.5], 0.0);
    assert_all(z, &[0.0, 0.25, 1.5], 0.0);
    assert_all(&a - &y, &[-0.8, -0.255081, 1.205148], 5e-7);
    let losses = 0.5 * (&a - &y).pow2();
    assert_all(losses.iter().copied(), &[0.32, 0.032533, 0.726191], 5e-7);
    assert_relative_eq!((0.32 + 0.032533 + 0.726191) / 3.0, 0.359575, epsilon = 5e-7);
    assert_relative_eq!(loss, 0.359575, epsilon = 5e-7);

    let gradients = backward(&x, &y, &forward(&x, &w, &b, &y));
    assert_all(gradients.da, &[-0.266667, -0.085027, 0.401716], 5e-7);
    assert_all(1.0 - a.pow2(), &[1.0, 0.940015, 0.180707], 5e-7);
    assert_all(gradients.dz.clone(), &[-0.266667, -0.079927, 0.072593], 5e-7);
    assert_all(gradients.dz * &x, &[-0.533333, -0.119890, -0.072593], 5e-7);
}

#[test]
fn each_sample_as_a_batch_of_its_own() {
    let (x, w, b, y) = course();
    let (mut losses, mut by_w, mut by_b) = (vec![], vec![], vec![]);
    for i in 0..3 {
        let row = |array: &Array2<f64>| array.row(i).insert_axis(Axis(0)).to_owned();
        let (x, y) = (row(&x), row(&y));
        let alone = forward(&x, &w, &b, &y);
        let Gradients { dw, db, .. } = backward(&x, &y, &alone);
        let loss = |w: f64, b: f64| forward(&x, &array![[w]], &array![b], &y).loss;
        let slope_of_w = (loss(-0.5 + 1e-5, 1.0) - loss(-0.5 - 1e-5, 1.0)) / 2e-5;
        assert_relative_eq!(slope_of_w, dw[[0, 0]], epsilon = 1e-9);
        losses.push(alone.loss);
        by_w.push(dw[[0, 0]]);
        by_b.push(db[0]);
    }
    let means = [&losses, &by_w, &by_b].map(|it| it.iter().sum::<f64>() / 3.0);
    assert_all(losses, &[0.32, 0.032533, 0.726191], 5e-7);
    assert_all(by_w, &[-1.6, -0.359670, -0.217778], 5e-7);
    assert_all(by_b, &[-0.8, -0.239780, 0.217778], 5e-7);
    assert_all(means, &[0.359575, -0.725816, -0.274001], 5e-7);
}

#[test]
fn a_step_against_the_gradient_of_the_batch() {
    let (x, w, b, y) = course();
    let before = forward(&x, &w, &b, &y);
    let Gradients { dw, db, .. } = backward(&x, &y, &before);
    let (w, b) = (w - 0.5 * dw, b - 0.5 * db);
    assert_all([w[[0, 0]], b[0]], &[-0.137092, 1.137000], 5e-7);
    let after = forward(&x, &w, &b, &y);
    assert_all(after.a, &[0.697706, 0.731229, 0.854903], 5e-7);
    assert_all([before.loss, after.loss], &[0.359575, 0.232955], 5e-7);
    assert_relative_eq!(before.a[[1, 0]], 0.244919, epsilon = 5e-7);
}

/// Without the ½ of the loss, and as a sum: what PyTorch gives then.
#[test]
fn other_losses_have_other_gradients() {
    let (x, w, b, y) = course();
    let dw = backward(&x, &y, &forward(&x, &w, &b, &y)).dw[[0, 0]];
    assert_all([2.0 * dw, 3.0 * dw], &[-1.451632, -2.177449], 5e-7);
    let loss = |w: f64| forward(&x, &array![[w]], &b, &y).loss;
    let slope = |factor: f64| factor * (loss(-0.5 + 1e-5) - loss(-0.5 - 1e-5)) / 2e-5;
    assert_all([slope(2.0), slope(3.0)], &[-1.451632, -2.177449], 5e-7);
}

#[test]
fn the_answers_about_changed_batches() {
    let (x, w, b, y) = course();
    let twice = |array: &Array2<f64>| concatenate![Axis(0), array.view(), array.view()];
    let once = backward(&x, &y, &forward(&x, &w, &b, &y));
    let (x2, y2) = (twice(&x), twice(&y));
    let both = backward(&x2, &y2, &forward(&x2, &w, &b, &y2));
    assert_all(both.dz, &twice(&(once.dz / 2.0)).into_raw_vec_and_offset().0, 1e-15);
    assert_relative_eq!(both.dw[[0, 0]], once.dw[[0, 0]], epsilon = 1e-15);

    let fourth = array![[0.4]];
    let right = forward(&fourth, &w, &b, &fourth).a;
    let x4 = concatenate![Axis(0), x.view(), fourth.view()];
    let y4 = concatenate![Axis(0), y.view(), right.view()];
    let of_four = forward(&x4, &w, &b, &y4);
    assert_relative_eq!(of_four.loss, 0.269681, epsilon = 5e-7);
    assert_relative_eq!(backward(&x4, &y4, &of_four).dw[[0, 0]], -0.544362, epsilon = 5e-7);
}

#[test]
fn targets_without_their_axis_make_nine_errors() {
    let (x, w, b, y) = course();
    let a = forward(&x, &w, &b, &y).a;
    let row: Array1<f64> = y.column(0).to_owned();
    let squares = 0.5 * (&a - &row).pow2();
    assert_eq!(squares.dim(), (3, 3));
    assert_all([squares.sum() / 3.0, squares.mean().unwrap()], &[0.546284, 0.182095], 5e-7);
}

/// In f32 on an A100 with 80 GB, by its data sheet.
#[test]
fn the_product_of_one_neuron_on_a_gpu() {
    let (flops_a_second, bytes_a_second) = (19.5e12, 2.039e12);
    assert_eq!(format!("{:.1}", flops_a_second / bytes_a_second), "9.6");
    let shown = [1.0, 32.0, 65_536.0].map(|batch| {
        let (flops, bytes) = (2.0 * batch * 768.0, 4.0 * (batch * 768.0 + 768.0 + batch));
        let nanoseconds = [flops / flops_a_second, bytes / bytes_a_second].map(|it| it * 1e9);
        (flops, bytes, format!("{:.3}", flops / bytes), nanoseconds)
    });
    let [one, some, many] = shown;
    assert_eq!((one.0, one.1, one.2.as_str()), (1_536.0, 6_148.0, "0.250"));
    assert_eq!((some.0, some.1, some.2.as_str()), (49_152.0, 101_504.0, "0.484"));
    assert_eq!((many.0, many.1, many.2.as_str()), (100_663_296.0, 201_591_808.0, "0.499"));
    assert_relative_eq!(one.3[0], 0.08, epsilon = 0.005);
    assert_relative_eq!(one.3[1], 3.0, epsilon = 0.05);
    assert_all(some.3, &[2.5, 49.8], 0.05);
    assert_all(many.3.map(|it| it / 1000.0), &[5.2, 98.9], 0.05);
    assert_eq!(format!("{:.0}", many.3[1] / many.3[0]), "19");
    assert_eq!(format!("{:.2} MB", 65_536.0 * 4.0 / 1e6), "0.26 MB");
}

#[test]
fn tanh_by_exponentials_overflows_where_the_derivation_says() {
    assert!(709.78_f64.exp().is_finite() && 709.79_f64.exp().is_infinite());
}
