//! The numbers and the Rust that the brief, the hints, the page and the derivation of lesson 3.2 show.

use approx::assert_relative_eq;
use ex_3_2::{backward_bias, backward_input, backward_weight, forward};
use ndarray::{Array1, Array2, array};

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

/// The example of the brief: X, W, b and dL/dZ.
fn example() -> (Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>) {
    (
        array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]],
        array![[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]],
        array![0.1, -0.2],
        array![[0.5, -1.0], [0.25, 2.0]],
    )
}

#[test]
fn strides_count_elements() {
    let (_, w, ..) = example();
    assert_eq!(w.dim(), (2, 3));
    assert_eq!(w.strides(), [3, 1]);
    assert_eq!(w.t().strides(), [1, 3]);
    let in_bytes = |strides: &[isize]| [8 * strides[0], 8 * strides[1]];
    assert_eq!((in_bytes(w.strides()), in_bytes(w.t().strides())), ([24, 8], [8, 24]));
}

#[track_caller]
fn assert_all(found: &Array2<f64>, stated: &Array2<f64>) {
    assert_relative_eq!(found.as_slice().unwrap(), stated.as_slice().unwrap(), epsilon = 1e-12);
}

/// Z and S, the sum of Z weighted with dL/dZ, where one number is moved by 1.
#[test]
fn a_step_of_1_gives_the_gradients_of_the_example() {
    let (x, w, b, g) = example();
    let s = |z: &Array2<f64>| (z * &g).sum();
    let (mut moved_x, mut moved_w, mut moved_b) = (x.clone(), w.clone(), b.clone());
    moved_x[[0, 1]] += 1.0;
    moved_w[[1, 0]] += 1.0;
    moved_b[1] += 1.0;
    assert_relative_eq!(moved_b[1], 0.8, epsilon = 1e-12);

    let z = forward(&x, &w, &b);
    assert_all(&z, &array![[-3.4, 1.8], [7.35, -1.45]]);
    assert_all(&(&z * &g), &array![[-1.7, -1.8], [1.8375, -2.9]]);
    assert_relative_eq!(s(&z), -4.5625, epsilon = 1e-12);
    let dw = backward_weight(&g, &x);
    let stated = [
        (
            forward(&moved_x, &w, &b),
            array![[-4.4, 2.05], [7.35, -1.45]],
            -5.3125,
            backward_input(&g, &w)[[0, 1]],
            -0.75,
        ),
        (forward(&x, &moved_w, &b), array![[-3.4, 2.8], [7.35, -0.95]], -4.5625, dw[[1, 0]], 0.0),
        (
            forward(&x, &w, &moved_b),
            array![[-3.4, 2.8], [7.35, -0.45]],
            -3.5625,
            backward_bias(&g)[1],
            1.0,
        ),
    ];
    for (moved, stated_z, stated_s, gradient, rate) in stated {
        assert_all(&moved, &stated_z);
        assert_relative_eq!(s(&moved), stated_s, epsilon = 1e-12);
        assert_relative_eq!(s(&moved) - s(&z), rate, epsilon = 1e-12);
        assert_relative_eq!(gradient, rate, epsilon = 1e-12);
    }
}

#[test]
fn an_upstream_gradient_of_ones_tells_no_sample_apart() {
    let (_, w, ..) = example();
    let ones = Array2::ones((5, 2));
    let dx = backward_input(&ones, &w);
    assert!(dx.rows().into_iter().all(|row| row == dx.row(0)));
    assert_eq!(backward_bias(&ones), array![5.0, 5.0]);
}

/// Layers with weights 0 and tanh between them, whose last upstream gradient is not 0.
#[test]
fn in_a_network_of_zeros_only_the_last_bias_learns() {
    let (x, w1, w2) = (example().0, Array2::zeros((4, 3)), Array2::zeros((2, 4)));
    let a = forward(&x, &w1, &Array1::zeros(4)).mapv(f64::tanh);
    let dz2 = forward(&a, &w2, &Array1::zeros(2)) - array![[1.0, -1.0], [0.5, 2.0]];
    let dz1 = backward_input(&dz2, &w2) * (1.0 - a.pow2());
    let zeros = [dz1.clone(), backward_weight(&dz1, &x), backward_weight(&dz2, &a)];
    assert!(zeros.iter().flatten().all(|it| *it == 0.0));
    assert!(backward_bias(&dz1).iter().all(|it| *it == 0.0));
    assert!(backward_bias(&dz2).iter().all(|it| *it != 0.0));
}

/// 768 inputs and 3072 outputs on an A100 with 80 GB, by its data sheet.
#[test]
fn the_products_of_a_layer_on_a_gpu() {
    let (d_in, d_out, bytes_a_second) = (768.0, 3072.0, 2.039e12);
    // Bytes of a number, FLOPs a second, decimals of the times in microseconds.
    let (single, half) = ((4.0, 19.5e12), (2.0, 312e12));
    let numbers = |batch: f64| batch * d_in + d_out * d_in + batch * d_out;
    let shown = |batch: f64, (size, flops_a_second): (f64, f64)| {
        let (flops, bytes) = (2.0 * batch * d_in * d_out, size * numbers(batch));
        [flops / bytes, 1e6 * flops / flops_a_second, 1e6 * bytes / bytes_a_second]
    };
    let flops = [1.0, 32.0, 1024.0].map(|batch| 2.0 * batch * d_in * d_out);
    assert_eq!(flops, [4_718_592.0, 150_994_944.0, 4_831_838_208.0]);
    let close = |batch, format, stated: [f64; 3], within: [f64; 3]| {
        for ((found, stated), within) in shown(batch, format).iter().zip(stated).zip(within) {
            assert_relative_eq!(*found, stated, epsilon = within);
        }
    };
    close(1.0, single, [0.50, 0.24, 4.6], [0.005, 0.005, 0.05]);
    close(32.0, single, [15.2, 7.7, 4.9], [0.05; 3]);
    close(1024.0, single, [192.0, 247.8, 12.3], [0.05; 3]);
    close(1.0, half, [1.00, 0.02, 2.3], [0.005, 0.005, 0.05]);
    close(32.0, half, [30.4, 0.5, 2.4], [0.05; 3]);
    close(1024.0, half, [384.0, 15.5, 6.2], [0.05; 3]);
    let balance = [19.5e12, 312e12].map(|flops| flops / bytes_a_second);
    assert_eq!(balance.map(|it| format!("{it:.1}")), ["9.6", "153.0"]);

    let megabytes = |numbers: f64| format!("{:.1} MB", 4.0 * numbers / 1e6);
    assert_eq!([d_in * d_out, numbers(1.0)].map(megabytes), ["9.4 MB", "9.5 MB"]);
    assert_eq!(d_in * d_out + d_out, 2_362_368.0);
    assert_eq!([2_362_368.0, 1024.0 * d_in].map(megabytes), ["9.4 MB", "3.1 MB"]);

    let tiles = |m: usize, n: usize| m.div_ceil(128) * n.div_ceil(128);
    let (batch, d_in, d_out) = (1024, 768, 3072);
    assert_eq!([tiles(batch, d_out), tiles(d_out, d_in), tiles(batch, d_in)], [192, 144, 48]);
    // dL/db reads B·d_out numbers, adds up as many, and writes d_out.
    let of_sum = |batch: f64| batch / (4.0 * (batch + 1.0));
    assert!(of_sum(1.0) < 0.25 && of_sum(1e6) < 0.25 && of_sum(1e6) > 0.2499);
}
