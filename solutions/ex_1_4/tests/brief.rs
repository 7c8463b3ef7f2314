//! The numbers and the Rust that the brief of lesson 1.4, its page and its derivation show.

use approx::assert_relative_eq;
use ex_1_4::{layer_einsum, layer_elementwise, layer_gemm, layer_size, neuron_of};
use ndarray::{Array1, Array2, Axis, array, s};

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

/// The numbers of `page.md` and `derivation.md`.
mod page {
    use super::*;

    /// A number as the page prints it.
    #[track_caller]
    fn assert_stated(found: f64, stated: &str) {
        let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert_eq!(format!("{found:.decimals$}"), stated);
    }

    #[track_caller]
    fn assert_near(found: &Array2<f64>, stated: &Array2<f64>) {
        assert_eq!(found.dim(), stated.dim());
        for (found, stated) in found.iter().zip(stated) {
            assert_relative_eq!(*found, *stated, epsilon = 1e-12);
        }
    }

    fn example() -> (Array2<f64>, Array2<f64>, Array1<f64>) {
        (
            array![[1.0, 2.0, -1.0], [0.5, -1.0, 3.0]],
            array![[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]],
            array![0.1, -0.2],
        )
    }

    #[test]
    fn the_second_neuron_alone() {
        let (x, w, b) = example();
        assert_eq!(&x.row(0) * &w.row(1), array![1.0, 0.5, 0.5]);
        assert_eq!(&x.row(1) * &w.row(1), array![0.5, -0.25, -1.5]);
        assert_eq!((1.0 + 0.5 + 0.5, 0.5 - 0.25 - 1.5), (2.0, -1.25));
        assert_stated(2.0 - 0.2, "1.8");
        assert_stated(-1.25 - 0.2, "-1.45");

        let (weights, bias) = neuron_of(&w, &b, 1);
        let weights = weights.insert_axis(Axis(0));
        let alone = layer_gemm(&x, &weights, &array![bias]);
        assert_near(&alone, &array![[1.8], [-1.45]]);
        let z = array![[-3.4, 1.8], [7.35, -1.45]];
        for form in [layer_elementwise, layer_einsum, layer_gemm] {
            assert_near(&form(&x, &w, &b), &z);
        }
        assert_eq!(z.slice(s![.., 1..]).dim(), alone.dim());
    }

    #[test]
    fn a_new_shape_is_no_transpose() {
        let (x, w, b) = example();
        assert_eq!(w.t(), array![[0.5, 1.0], [-1.0, 0.25], [2.0, -0.5]]);
        let reshaped = w.to_shape((3, 2)).unwrap();
        assert_eq!(reshaped, array![[0.5, -1.0], [2.0, 1.0], [0.25, -0.5]]);
        assert_near(&(x.dot(&reshaped) + b), &array![[4.35, 1.3], [-0.9, -3.2]]);
        let j = 1;
        assert_eq!(w.row(j), array![1.0, 0.25, -0.5]);
    }

    #[test]
    fn pytorch_starts_with_small_numbers() {
        assert_stated(1.0 / 768.0_f64.sqrt(), "0.036");
    }

    #[test]
    fn a_layer_of_gpt_2_on_a_gpu() {
        let (tokens, d_out, d_in) = (1024, 3072, 768);
        let (flops, of_w) = (2 * tokens * d_out * d_in, 2 * d_out * d_in);
        assert_eq!((flops, of_w, tokens * of_w), (4_831_838_208, 4_718_592, 4_831_838_208));
        let fetched = |bytes: usize| 1e6 * bytes as f64 / 2.039e12;
        let computed = |flops: usize| 1e6 * flops as f64 / 312e12;
        assert_eq!((fetched(tokens * of_w) / 10.0).round() as usize * 10, 2_370);
        assert_stated(fetched(of_w), "2.31");
        assert_stated(computed(flops), "15.5");
        assert_eq!(flops / (tokens * of_w), 1);
        assert_stated(fetched(tokens * of_w) / computed(flops), "153");
        let (of_x, of_z) = (2 * tokens * d_in, 2 * tokens * d_out);
        assert_eq!(of_x + of_w + of_z, 12_582_912);
        assert_stated(fetched(12_582_912), "6.17");
        assert_eq!((2 + 2 + 3 * 4, 16 * d_out * d_in), (16, 37_748_736));
        assert_stated(of_x as f64 / 1e6, "1.6");
        assert_stated(of_z as f64 / 1e6, "6.3");
        assert_stated(3.0 * flops as f64 / 1e9, "14.5");
        assert_stated(computed(3 * flops), "46.5");
        assert_eq!((layer_size(2, 3).1, layer_size(d_out, d_in).1), (8, 2_362_368));
    }

    #[test]
    fn neurons_in_another_order_are_the_same_network() {
        let (x, w, b) = example();
        let (next_w, next_b) = (array![[1.0, 2.0], [3.0, -1.0], [0.0, 0.5]], array![0.0, 1.0, 2.0]);
        let network = |w: &Array2<f64>, b: &Array1<f64>, next_w: &Array2<f64>| {
            layer_gemm(&layer_gemm(&x, w, b).mapv(f64::tanh), next_w, &next_b)
        };
        let exchanged = |array: &Array2<f64>, axis| array.select(Axis(axis), &[1, 0]);
        let other = network(&exchanged(&w, 0), &array![b[1], b[0]], &exchanged(&next_w, 1));
        assert_near(&network(&w, &b, &next_w), &other);
        let digits = (1..=3072).map(|n| f64::from(n).log10()).sum::<f64>() as usize + 1;
        assert_eq!(digits, 9_382);
    }

    #[test]
    fn an_order_is_a_product_with_an_exchanged_identity() {
        let (x, w, b) = example();
        let order = array![[0.0, 1.0], [1.0, 0.0]];
        let z = layer_gemm(&x, &w, &b);
        assert_near(&layer_gemm(&order.dot(&x), &w, &b), &order.dot(&z));
        assert_near(&layer_gemm(&x, &order.dot(&w), &order.dot(&b)), &z.dot(&order.t()));
        let ones = Array2::<f64>::ones((2, 1));
        let with_ones = x.dot(&w.t()) + ones.dot(&b.insert_axis(Axis(0)));
        assert_near(&with_ones, &z);
    }

    /// A batch of 4 sentences of 5 words is a batch of 20 words.
    #[test]
    fn axes_in_front_are_rows() {
        let (_, w, b) = example();
        let sentences =
            ndarray::Array3::from_shape_fn((4, 5, 3), |(i, j, k)| (7 * i + 3 * j + k) as f64);
        let words = sentences.to_shape((20, 3)).unwrap().to_owned();
        let z = layer_gemm(&words, &w, &b);
        assert_eq!(z.to_shape((4, 5, 2)).unwrap().dim(), (4, 5, 2));
        let third = sentences.index_axis(Axis(0), 2).to_owned();
        assert_near(&layer_gemm(&third, &w, &b), &z.slice(s![10..15, ..]).to_owned());
    }
}
