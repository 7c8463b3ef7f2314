//! The numbers and the Rust that the brief of lesson 1.2, its page and its derivation show.

use approx::assert_relative_eq;
use ex_1_2::{
    LoopOrder, Walk, Walks, bytes, contiguous, flops, gemm, gemm_naive, intensity, walks,
};
use ndarray::{Array2, array, linalg::general_mat_vec_mul, s};
use rstest::rstest;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

/// A number as the texts print it.
#[track_caller]
fn assert_stated(found: f64, stated: &str) {
    let decimals = stated.split_once('.').map_or(0, |(_, digits)| digits.len());
    assert_eq!(format!("{found:.decimals$}"), stated);
}

#[rstest]
#[case::one_token([1, 3072, 768], 4_718_592, 9_452_544, "0.499")]
#[case::into_the_mlp([1024, 3072, 768], 4_831_838_208, 25_165_824, "192")]
#[case::queries_keys_values([1024, 2304, 768], 3_623_878_656, 19_660_800, "184.32")]
#[case::vocabulary([1024, 50257, 768], 79_047_426_048, 363_387_904, "217.53")]
fn layers_of_gpt_2(
    #[case] sizes: [usize; 3],
    #[case] all_flops: usize,
    #[case] all_bytes: usize,
    #[case] per_byte: &str,
) {
    let [m, n, k] = sizes;
    assert_eq!(flops(m, n, k), all_flops);
    assert_eq!(bytes(m, n, k, 4, 0.0), all_bytes);
    assert_stated(intensity(m, n, k, 4, 0.0), per_byte);
}

#[test]
fn one_token_reads_the_weights() {
    let (weights, inputs, outputs) = (3072 * 768, 768, 3072);
    assert_eq!(
        (weights, 4 * (weights + inputs + outputs)),
        (2_359_296, bytes(1, 3072, 768, 4, 0.0))
    );
}

/// Speed and memory of the A100 with 80 GB, as its data sheet states them, in bf16.
const FLOPS_PER_SECOND: f64 = 312e12;
const BYTES_PER_SECOND: f64 = 2.039e12;

#[rstest]
#[case(1, 4_718_592, 4_726_272, ["0.998", "0.015", "2.32"])]
#[case(32, 150_994_944, 4_964_352, ["30.4", "0.48", "2.43"])]
#[case(1024, 4_831_838_208, 12_582_912, ["384", "15.5", "6.17"])]
#[case(8192, 38_654_705_664, 67_633_152, ["571.5", "123.9", "33.2"])]
fn tokens_on_a_gpu(
    #[case] tokens: usize,
    #[case] all_flops: usize,
    #[case] all_bytes: usize,
    #[case] stated: [&str; 3],
) {
    let [m, n, k] = [tokens, 3072, 768];
    assert_eq!((flops(m, n, k), bytes(m, n, k, 2, 0.0)), (all_flops, all_bytes));
    let arithmetic = 1e6 * all_flops as f64 / FLOPS_PER_SECOND;
    let memory = 1e6 * all_bytes as f64 / BYTES_PER_SECOND;
    let found = [intensity(m, n, k, 2, 0.0), arithmetic, memory];
    found.into_iter().zip(stated).for_each(|(found, stated)| assert_stated(found, stated));
}

#[test]
fn a_tile_uses_what_it_takes_in() {
    let balance = FLOPS_PER_SECOND / BYTES_PER_SECOND;
    assert_stated(balance, "153");
    assert_eq!((flops(128, 128, 1), 2 * (128 + 128)), (32_768, 512));
    assert_eq!(32_768 / 512, 64);
    let of_weights = 2.0 * 3072.0 * 768.0 / 1e6;
    let (before, after) = (2.0 * 1024.0 * 768.0 / 1e6, 2.0 * 1024.0 * 3072.0 / 1e6);
    for (found, stated) in [of_weights, before, after].into_iter().zip(["4.7", "1.6", "6.3"]) {
        assert_stated(found, stated);
    }
    let rows_of_tiles = |rows: usize| rows.div_ceil(128) as f64;
    assert_eq!((rows_of_tiles(1024), rows_of_tiles(1025)), (8.0, 9.0));
    assert_stated(100.0 * (rows_of_tiles(1025) / rows_of_tiles(1024) - 1.0), "12.5");
}

/// How many tokens it takes before arithmetic decides, as the derivation solves for it.
#[test]
fn five_tokens_keep_the_core_busy_and_204_a_gpu() {
    let tokens =
        |balance: f64, size: f64| 1.0 / (2.0 / (size * balance) - 1.0 / 3072.0 - 1.0 / 768.0);
    assert_eq!(2.0 / (4.0 * 2.0), 0.25);
    assert_stated(1.0 / 3072.0 + 1.0 / 768.0, "0.001628");
    assert_stated(tokens(2.0, 4.0), "4.03");
    assert_stated(intensity(4, 3072, 768, 4, 0.0), "1.987");
    assert_stated(intensity(5, 3072, 768, 4, 0.0), "2.480");
    let balance = FLOPS_PER_SECOND / BYTES_PER_SECOND;
    assert_stated(balance, "153.02");
    assert_stated(tokens(balance, 2.0), "203.8");
    let [too_few, enough] = [203, 204].map(|tokens| intensity(tokens, 3072, 768, 2, 0.0));
    assert!(too_few < balance && balance < enough);
    assert_relative_eq!(intensity(600, 600, 600, 4, 0.0), 600.0 / 6.0, epsilon = 1e-12);
    assert!(intensity(1, 1 << 20, 1 << 20, 4, 0.0) < 0.5);
}

#[test]
fn a_matrix_times_a_vector() {
    let (a, x) = (array![[1.0, 2.0], [3.0, -1.0]], array![[2.0], [0.5]]);
    let mut y = array![[1.0], [4.0]];
    gemm_naive(2.0, &a.view(), &x.view(), -1.0, &mut y.view_mut());
    assert_eq!(y, array![[5.0], [7.0]]);
}

/// The example of the brief: A, B and C.
fn example() -> [Array2<f64>; 3] {
    [
        array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        array![[1.0, 0.0], [-1.0, 2.0], [0.5, -2.0]],
        array![[10.0, 20.0], [30.0, 40.0]],
    ]
}

#[test]
fn one_element_of_the_example() {
    let [a, b, c] = example();
    assert_eq!(&a.row(1) * &b.column(0), array![4.0, -5.0, 3.0]);
    assert_eq!(2.0 * 2.0 - 0.5 * c[[1, 0]], -11.0);
    assert_eq!(a.row(0).dot(&b.column(0)), 0.5);
    assert_eq!(2.0 * 0.5 - 0.5 * c[[0, 0]], -4.0);
}

#[test]
fn the_example_column_by_row() {
    let [a, b, _] = example();
    let outer = |p: usize| {
        let mut product = Array2::zeros((2, 2));
        let (column, row) = (a.slice(s![.., p..=p]), b.slice(s![p..=p, ..]));
        gemm(1.0, &column, &row, 0.0, &mut product.view_mut());
        product
    };
    assert_eq!(outer(0), array![[1.0, 0.0], [4.0, 0.0]]);
    assert_eq!(outer(1), array![[-2.0, 4.0], [-5.0, 10.0]]);
    assert_eq!(outer(2), array![[1.5, -6.0], [3.0, -12.0]]);
    assert_eq!(outer(0) + outer(1) + outer(2), array![[0.5, -2.0], [2.0, -2.0]]);
}

#[test]
fn the_example_in_two_pieces() {
    let [a, b, mut c] = example();
    assert_eq!(a.slice(s![.., ..2]).dot(&b.slice(s![..2, ..])), array![[-1.0, 4.0], [-1.0, 10.0]]);
    gemm(2.0, &a.slice(s![.., ..2]), &b.slice(s![..2, ..]), -0.5, &mut c.view_mut());
    assert_eq!(c, array![[-7.0, -2.0], [-17.0, 0.0]]);

    let [_, _, mut c] = example();
    let c = &mut c.view_mut();
    gemm(2.0, &a.slice(s![.., ..2]), &b.slice(s![..2, ..]), -0.5, c);
    gemm(2.0, &a.slice(s![.., 2..]), &b.slice(s![2.., ..]), 1.0, c);
    assert_eq!(*c, array![[-4.0, -14.0], [-11.0, -24.0]]);
}

/// What the derivation says of β inside the innermost loop.
#[test]
fn beta_in_every_turn_leaves_its_power() {
    let (alpha, beta, products) = (2.0, -0.5, [1.0, -2.0, 1.5]);
    let in_turns = products.iter().fold(10.0, |c, product| alpha * product + beta * c);
    let powers = products.iter().rev().zip([1.0, beta, beta * beta]);
    let sum: f64 = powers.map(|(product, power)| power * product).sum();
    assert_eq!(in_turns, alpha * sum + beta * beta * beta * 10.0);
}

#[test]
fn strides_of_views() {
    let rows = Array2::<f64>::zeros((2, 3));
    assert_eq!(rows.strides(), [3, 1]);
    assert_eq!(rows.t().strides(), [1, 3]);
    assert_eq!(Array2::<f64>::zeros((2, 6)).slice(s![.., ..;2]).strides(), [6, 2]);
    assert_eq!(rows.slice(s![.., ..;-1]).strides(), [3, -1]);
    assert_eq!(rows.slice(s![.., ..1]).strides(), [3, 0]);
    assert!(contiguous([2, 1], [3, 0], 1));
}

/// Lines of 8 numbers for each turn of the innermost loop, where nothing stays in a cache.
#[rstest]
#[case(LoopOrder::Ijp, "1.125")]
#[case(LoopOrder::Ipj, "0.25")]
#[case(LoopOrder::Jpi, "2")]
fn lines_for_each_turn(#[case] order: LoopOrder, #[case] stated: &str) {
    let lines = |walk| match walk {
        Walk::Stays => 0.0,
        Walk::NextElement => 1.0 / 8.0,
        Walk::NextRow => 1.0,
    };
    let Walks { a, b, c } = walks(order);
    assert_stated([a, b, c].map(lines).iter().sum(), stated);
}

#[test]
fn the_answers_are_what_the_page_says() {
    let [a, b, _] = example();
    assert_eq!(a.dot(&b).reversed_axes(), b.t().dot(&a.t()));
    let first_the_matrices = flops(1000, 1000, 10) + flops(1000, 1, 1000);
    let first_the_vector = flops(10, 1, 1000) + flops(1000, 1, 10);
    assert_eq!((first_the_matrices, first_the_vector), (22_000_000, 40_000));
    assert_eq!((first_the_matrices / first_the_vector, flops(10, 1, 1000)), (550, 20_000));
    assert_stated((7.0_f64 / 8.0).powi(10), "0.263");
    // To 8 significant bits, ties to even.
    let to_bf16 = |x: f32| {
        let bits = x.to_bits();
        f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    };
    assert_eq!([255.0, 256.0, 257.0, 258.0].map(to_bf16), [255.0, 256.0, 256.0, 258.0]);
}

/// With the import of the brief.
#[test]
fn the_rust_of_the_brief_computes_what_its_numpy_does() {
    use ndarray::linalg::general_mat_vec_mul;

    let p = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let (i, j) = (1, 2);
    assert_eq!(p[[i, j]], 6.0);
    let (m, k) = p.dim();
    let mut rows = Vec::new();
    for i in 0..m {
        rows.push(i);
    }
    assert_eq!((rows, k), (vec![0, 1], 3));
    assert_eq!(p.t().dim(), (3, 2));
    let (m, x, alpha, beta) = (array![[1.0, 2.0], [3.0, -1.0]], array![2.0, 0.5], 2.0, -1.0);
    let mut y = array![1.0, 4.0];
    assert_eq!(m.dot(&x), array![3.0, 5.5]);
    general_mat_vec_mul(alpha, &m, &x, beta, &mut y);
    assert_eq!(y, array![5.0, 7.0]);
    let (odd, two) = (7, 2);
    assert_eq!((odd / two, f64::from(odd) / f64::from(two)), (3, 3.5));
}

#[test]
fn the_rust_of_the_page_does_what_it_says() {
    let m = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    assert_eq!(m.strides(), [3, 1]);
    assert_eq!(m.slice(s![.., ..;-1]), array![[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]);
    assert!(m.is_standard_layout() && !m.t().is_standard_layout());
    assert_eq!(m.to_shape(6).unwrap(), array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let turned = m.t();
    assert_eq!(turned.to_shape(6).unwrap(), array![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    // β = 0 does not read what is in y.
    let mut y = array![f64::NAN, f64::NAN];
    general_mat_vec_mul(1.0, &m, &array![1.0, 0.0, 0.0], 0.0, &mut y);
    assert_eq!(y, array![1.0, 4.0]);
}
