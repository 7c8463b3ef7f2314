//! The functions change every element of any array or view as the standard library would, in either precision.

use ndarray::{Array0, Array1, Array2, ArrayD, Axis, ShapeBuilder, array, s};

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
