//! The functions change every element of any array or view as the standard library would, in either precision.

use ndarray::{
    Array0, Array1, Array2, ArrayD, Axis, ShapeBuilder, array, linalg::general_mat_mul, s,
};

/// What is special about a number: its size, its sign, or that it is none.
const SPECIAL: [f32; 14] = [
    0.0,
    -0.0,
    1e-45,
    -1e-45,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    1e-20,
    -1e-20,
    f32::MAX,
    f32::MIN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    -f32::NAN,
];

fn assert_as_std(name: &str, function: fn(&mut Array1<f32>), std: fn(f32) -> f32) {
    let mut got = Array1::from(SPECIAL.to_vec());
    function(&mut got);
    for (x, got) in SPECIAL.into_iter().zip(got) {
        let expected = std(x);
        // Of NaN there are many.
        let is_same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(is_same, "{name}({x:e}) is {expected:e}, not {got:e}");
    }
}

#[test]
fn special_numbers_give_what_the_standard_library_gives() {
    assert_as_std("exp", kernels::exp, f32::exp);
    assert_as_std("tanh", kernels::tanh, f32::tanh);
    assert_as_std("erfc", kernels::erfc, libm::erfcf);
}

/// 7 × 5 numbers from −17 to 17.
fn numbers() -> Array2<f32> {
    Array1::range(-17.0, 18.0, 1.0).into_shape_with_order((7, 5)).unwrap()
}

#[test]
fn every_element_of_any_view_is_changed_and_no_other() {
    let mut whole = numbers();
    kernels::exp(&mut whole);
    assert!(whole.iter().zip(&numbers()).all(|(e, x)| (e / x.exp() - 1.0).abs() < 1e-6));

    let mut column_major = Array2::zeros((7, 5).f());
    column_major.assign(&numbers());
    kernels::exp(&mut column_major);
    assert_eq!(column_major, whole);

    let mut part = numbers();
    kernels::exp(&mut part.slice_mut(s![1..;2, ..;-2]));
    let is_in = |(i, j): (usize, usize)| i % 2 == 1 && j % 2 == 0;
    for ((at, got), x) in part.indexed_iter().zip(&numbers()) {
        assert_eq!(*got, if is_in(at) { whole[at] } else { *x }, "{at:?}");
    }

    let mut column = numbers();
    kernels::exp(&mut column.index_axis_mut(Axis(1), 3));
    assert_eq!(column.column(3), whole.column(3));
    assert_eq!(column.column(2), numbers().column(2));
}

#[test]
fn arrays_may_have_any_rank_and_no_element() {
    let mut scalar = Array0::from_elem((), 0.0_f32);
    kernels::exp(&mut scalar);
    assert_eq!(scalar.into_scalar(), 1.0);
    let mut dynamic = ArrayD::<f32>::zeros(vec![2, 1, 3, 1, 2]);
    kernels::exp(&mut dynamic);
    assert_eq!(dynamic, ArrayD::ones(vec![2, 1, 3, 1, 2]));
    let mut none = Array2::<f32>::zeros((0, 3));
    kernels::exp(&mut none);
    assert_eq!(none.len(), 0);
}

#[test]
fn numbers_of_twice_the_width_are_computed_by_the_standard_library() {
    let x = array![-0.0, 1e-300, 0.3, -700.0, f64::INFINITY, 1.5];
    let [mut exp, mut tanh] = [x.clone(), x.clone()];
    kernels::exp(&mut exp);
    kernels::tanh(&mut tanh.slice_mut(s![..;-1]));
    assert_eq!(exp, x.mapv(f64::exp));
    assert_eq!(tanh, x.mapv(f64::tanh));
}

/// A matrix of small whole numbers, whose products and sums are exact in either precision.
fn whole_numbers(rows: usize, columns: usize, is_by_columns: bool) -> Array2<f32> {
    let number = |(i, j)| ((5 * i + 3 * j + i * j) % 9) as f32 - 4.0;
    Array2::from_shape_fn((rows, columns).set_f(is_by_columns), number)
}

#[test]
fn a_product_is_that_of_ndarray_in_any_size_and_order() {
    // Around the sizes of tiles, strips and blocks.
    let sizes = [
        (1, 1, 1),
        (2, 3, 4),
        (6, 128, 64),
        (7, 129, 65),
        (13, 300, 33),
        (300, 5, 97),
        (64, 32, 64),
    ];
    let orders = [(false, false), (false, true), (true, false), (true, true)];
    for ((m, k, n), (of_a, of_b)) in sizes.into_iter().flat_map(|it| orders.map(|of| (it, of))) {
        let (a, b) = (whole_numbers(m, k, of_a), whole_numbers(k, n, of_b));
        for (alpha, beta) in [(1.0, 0.0), (0.5, 1.0), (-2.0, 0.25)] {
            let mut c = whole_numbers(m, n, false);
            let mut expected = c.mapv(f64::from);
            kernels::product(alpha, &a, &b, beta, &mut c);
            let [a, b] = [&a, &b].map(|it| it.mapv(f64::from));
            general_mat_mul(alpha.into(), &a, &b, beta.into(), &mut expected);
            assert_eq!(c.mapv(f64::from), expected, "{m} × {k} × {n}, {alpha}, {beta}");
        }
    }
}

#[test]
fn a_product_of_any_view_or_precision_is_that_of_ndarray() {
    let (a, b) = (whole_numbers(8, 10, false), whole_numbers(10, 9, false));
    let (a, b) = (a.slice(s![..;2, 1..]), b.slice(s![1.., ..;-1]));
    let mut whole = Array2::zeros((6, 18));
    kernels::product(1.0, &a, &b, 0.0, &mut whole.slice_mut(s![1..5, ..;2]));
    assert_eq!(whole.slice(s![1..5, ..;2]), a.dot(&b));
    assert_eq!(whole.slice(s![.., 1..;2]).sum(), 0.0);

    let [a, b] = [a, b].map(|it| it.mapv(f64::from));
    let mut c = Array2::zeros((4, 9));
    kernels::product(1.0, &a, &b, 0.0, &mut c);
    assert_eq!(c, a.dot(&b));
}

#[test]
fn what_does_not_count_is_not_in_a_product_and_what_is_no_number_is() {
    let (mut a, b) = (whole_numbers(9, 4, false), whole_numbers(4, 40, false));
    let mut c = Array2::from_elem((9, 40), f32::NAN);
    kernels::product(1.0, &a, &b, 0.0, &mut c);
    assert_eq!(c, a.dot(&b));
    a[[3, 1]] = f32::NAN;
    kernels::product(1.0, &a, &b, 0.0, &mut c);
    assert!(c.indexed_iter().all(|((row, _), it)| it.is_nan() == (row == 3)));

    let mut c = Array2::from_elem((2, 3), 4.0_f32);
    kernels::product(1.0, &Array2::zeros((2, 0)), &Array2::zeros((0, 3)), 0.5, &mut c);
    assert_eq!(c, Array2::from_elem((2, 3), 2.0));
}

#[test]
#[should_panic(expected = "not compatible for matrix multiplication")]
fn a_product_of_shapes_that_do_not_fit_panics() {
    kernels::product(1.0, &numbers(), &numbers(), 0.0, &mut Array2::zeros((7, 5)));
}
