//! The figures that the brief and the derivation state.

use approx::assert_relative_eq;
use ex_1_2::{bytes, flops, gemm_naive, intensity};
use ndarray::{Array2, array, s};
use rstest::rstest;

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[rstest]
#[case::one_token([1, 3072, 768], 4_718_592, 9_452_544, 0.499)]
#[case::into_the_mlp([1024, 3072, 768], 4_831_838_208, 25_165_824, 192.0)]
#[case::queries_keys_values([1024, 2304, 768], 3_623_878_656, 19_660_800, 184.32)]
#[case::vocabulary([1024, 50257, 768], 79_047_426_048, 363_387_904, 217.53)]
fn layers_of_gpt_2(
    #[case] sizes: [usize; 3],
    #[case] all_flops: usize,
    #[case] all_bytes: usize,
    #[case] per_byte: f64,
) {
    let [m, n, k] = sizes;
    assert_eq!(flops(m, n, k), all_flops);
    assert_eq!(bytes(m, n, k, 4, 0.0), all_bytes);
    assert_relative_eq!(intensity(m, n, k, 4, 0.0), per_byte, max_relative = 1e-3);
}

#[test]
fn five_tokens_keep_the_core_busy() {
    assert_relative_eq!(intensity(4, 3072, 768, 4, 0.0), 1.987, epsilon = 1e-3);
    assert_relative_eq!(intensity(5, 3072, 768, 4, 0.0), 2.480, epsilon = 1e-3);
}

#[test]
fn a_matrix_times_a_vector() {
    let (a, x) = (array![[1.0, 2.0], [3.0, -1.0]], array![[2.0], [0.5]]);
    let mut y = array![[1.0], [4.0]];
    gemm_naive(2.0, &a.view(), &x.view(), -1.0, &mut y.view_mut());
    assert_eq!(y, array![[5.0], [7.0]]);
}

#[test]
fn strides_of_views() {
    let rows = Array2::<f64>::zeros((2, 3));
    assert_eq!(rows.strides(), [3, 1]);
    assert_eq!(rows.t().strides(), [1, 3]);
    assert_eq!(Array2::<f64>::zeros((2, 6)).slice(s![.., ..;2]).strides(), [6, 2]);
    assert_eq!(rows.slice(s![.., ..;-1]).strides(), [3, -1]);
    assert_eq!(rows.slice(s![.., ..1]).strides(), [3, 0]);
}
