//! The visible tests of lesson 1.2.

use std::fmt::Debug;

use ex_1_2::{
    LoopOrder, Walk, Walks, bytes, contiguous, flops, gemm, gemm_naive, intensity, layer_as_gemm,
    walks,
};
use gradcheck::random;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, array, s};
use rstest::rstest;

type Gemm = fn(f64, &ArrayView2<f64>, &ArrayView2<f64>, f64, &mut ArrayViewMut2<f64>);

const BOTH: [(&str, Gemm); 2] = [("gemm_naive", gemm_naive), ("gemm", gemm)];

#[track_caller]
fn assert_same<T: PartialEq + Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// α·A·B + β·C, with each element of A·B as a sum of its own.
fn reference(
    alpha: f64,
    a: &ArrayView2<f64>,
    b: &ArrayView2<f64>,
    beta: f64,
    c: &Array2<f64>,
) -> Array2<f64> {
    let product = Array2::from_shape_fn(c.dim(), |(i, j)| (&a.row(i) * &b.column(j)).sum());
    alpha * product + beta * c
}

#[track_caller]
fn assert_close(name: &str, got: &Array2<f64>, want: &Array2<f64>) {
    assert_eq!(got.dim(), want.dim(), "the shape of C");
    let near = |(got, want): (&f64, &f64)| (got - want).abs() <= 1e-12;
    let all_near = got.iter().zip(want).all(near);
    assert!(all_near, "\n{name}\nexpected C:\n{want}\nyours:\n{got}\n");
}

/// The example's table, as the test prints it.
const TABLE: &str = "\
loops: C =
[[-4, -14],
 [-11, -24]]
library: C =
[[-4, -14],
 [-11, -24]]";

#[test]
fn the_example_prints_its_table() {
    let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let b = array![[1.0, 0.0], [-1.0, 2.0], [0.5, -2.0]];
    let [by_loops, by_library] = BOTH.map(|(_, gemm)| {
        let mut c = array![[10.0, 20.0], [30.0, 40.0]];
        gemm(2.0, &a.view(), &b.view(), -0.5, &mut c.view_mut());
        c.mapv(rounded)
    });
    let yours = format!("loops: C =\n{by_loops}\nlibrary: C =\n{by_library}");
    assert!(
        yours == TABLE,
        "the example's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::one_of_each(1, 1, 1)]
#[case::one_row(1, 4, 3)]
#[case::one_column(4, 1, 3)]
#[case::no_sum(4, 3, 1)]
#[case::square(3, 3, 3)]
#[case::different(2, 5, 40)]
#[case::empty_sums(2, 3, 0)]
#[case::no_rows(0, 3, 2)]
fn every_shape_is_multiplied(#[case] m: usize, #[case] n: usize, #[case] k: usize) {
    let (a, b, old): (Array2<f64>, Array2<f64>, Array2<f64>) =
        (random([m, k], 1), random([k, n], 2), random([m, n], 3));
    for (alpha, beta) in [(1.0, 0.0), (1.0, 1.0), (-2.5, 0.75)] {
        let want = reference(alpha, &a.view(), &b.view(), beta, &old);
        for (name, gemm) in BOTH {
            let mut c = old.clone();
            gemm(alpha, &a.view(), &b.view(), beta, &mut c.view_mut());
            assert_close(&format!("{name} with α = {alpha} and β = {beta}"), &c, &want);
        }
    }
}

#[test]
fn views_are_multiplied_without_a_copy() {
    let (x, y): (Array2<f64>, Array2<f64>) = (random([8, 6], 1), random([8, 6], 2));
    let whole: Array2<f64> = random([6, 6], 3);
    // A transposed view, every second row from the last to the first, and the middle of a matrix.
    let (a, b) = (x.slice(s![..;2, 1..5]).reversed_axes(), y.slice(s![..;-2, ..]));
    for (name, gemm) in BOTH {
        let mut c = whole.clone();
        gemm(0.5, &a, &b, 2.0, &mut c.slice_mut(s![1..5, ..]));
        let want = reference(0.5, &a, &b, 2.0, &whole.slice(s![1..5, ..]).to_owned());
        assert_close(name, &c.slice(s![1..5, ..]).to_owned(), &want);
        assert_eq!(c.row(0), whole.row(0), "`{name}` changes a row that is no part of C");
        assert_eq!(c.row(5), whole.row(5), "`{name}` changes a row that is no part of C");
    }
}

#[test]
fn with_beta_zero_what_c_held_does_not_matter() {
    for (name, gemm) in BOTH {
        let mut c = array![[f64::NAN, f64::INFINITY]];
        gemm(3.0, &array![[2.0]].view(), &array![[1.0, -1.0]].view(), 0.0, &mut c.view_mut());
        assert_close(name, &c, &array![[6.0, -6.0]]);
    }
}

/// The product of a matrix and a vector in the brief: (m, k) times (k), one token through 3072 neurons.
#[test]
fn a_matrix_times_a_vector_costs_what_the_brief_says() {
    assert_same("flops", flops(3072, 1, 768), 4_718_592);
    assert_same("bytes", bytes(3072, 1, 768, 4, 0.0), 9_452_544);
    let yours = intensity(3072, 1, 768, 4, 0.0);
    assert!((yours - 0.4992).abs() < 1e-4, "\nintensity\nexpected: 0.499\nyours:    {yours}\n");
}

/// As large in each direction: the intensity grows with the size.
#[rstest]
#[case::c_is_written(600, 4, 0.0, 100.0)]
#[case::c_is_read_as_well(600, 4, 1.0, 75.0)]
#[case::f64(600, 8, 0.0, 50.0)]
#[case::larger(6000, 4, 0.0, 1000.0)]
fn square_products_do_more_with_each_byte(
    #[case] n: usize,
    #[case] size: usize,
    #[case] beta: f64,
    #[case] flops_per_byte: f64,
) {
    let yours = intensity(n, n, n, size, beta);
    let is_close = (yours - flops_per_byte).abs() <= 1e-9;
    assert!(is_close, "\nintensity\nexpected: {flops_per_byte}\nyours:    {yours}\n");
}

#[test]
fn a_layer_is_one_product() {
    let (batch, d_in, d_out) = (5, 4, 3);
    let (m, n, k) = layer_as_gemm(batch, d_in, d_out);
    let (x, w): (Array2<f64>, Array2<f64>) = (random([batch, d_in], 1), random([d_out, d_in], 2));
    assert!(
        (m, n) == x.dot(&w.t()).dim(),
        "X (5, 4) times Wᵀ (4, 3) does not fit into a Z of your m and n, ({m}, {n})"
    );
    let mut z = Array2::zeros((m, n));
    gemm(1.0, &x.view(), &w.t(), 0.0, &mut z.view_mut());
    assert_same("the size that is summed over", k, w.ncols());
}

#[rstest]
#[case::rows(Array2::zeros((2, 3)), [false, true])]
#[case::transposed(Array2::zeros((2, 3)).reversed_axes(), [true, false])]
#[case::every_other_column(Array2::zeros((2, 6)).slice_move(s![.., ..;2]), [false, false])]
#[case::backwards(Array2::zeros((2, 3)).slice_move(s![.., ..;-1]), [false, false])]
#[case::one_column(Array2::zeros((2, 3)).slice_move(s![.., ..1]), [false, true])]
fn an_axis_is_contiguous(#[case] matrix: Array2<f64>, #[case] contiguous_axes: [bool; 2]) {
    let shape = [matrix.nrows(), matrix.ncols()];
    let strides = [matrix.strides()[0], matrix.strides()[1]];
    for axis in [0, 1] {
        let yours = contiguous(shape, strides, axis);
        let of = format!("contiguous({shape:?}, {strides:?}, {axis})");
        assert_same(&of, yours, contiguous_axes[axis]);
    }
}

#[rstest]
fn each_loop_order_moves_at_least_two_matrices(
    #[values(LoopOrder::Ijp, LoopOrder::Ipj, LoopOrder::Jpi)] order: LoopOrder,
) {
    let Walks { a, b, c } = walks(order);
    let staying = [a, b, c].into_iter().filter(|walk| *walk == Walk::Stays).count();
    assert!(
        staying == 1,
        "each index stands in two of the three matrices, so one of them stays; of yours, {staying} do"
    );
}
