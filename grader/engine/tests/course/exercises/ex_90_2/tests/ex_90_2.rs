//! The visible tests of lesson 90.2.

use ex_90_2::{accumulate, clip, product, total};
use ndarray::array;

#[test]
fn a_product_has_a_row_for_each_sample() {
    let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    assert_eq!(product(&x, &array![[1.0], [10.0]]), array![[21.0], [43.0], [65.0]]);
}

#[test]
fn the_batch_is_summed() {
    assert_eq!(total(&array![[1.0, 2.0], [3.0, 4.0]]), array![4.0, 6.0]);
}

#[test]
fn what_was_accumulated_before_stays() {
    let mut gradient = array![[100.0], [200.0]];
    accumulate(&mut gradient, &array![[1.0, 2.0], [3.0, 4.0]], &array![[1.0], [10.0]]);
    assert_eq!(gradient, array![[131.0], [242.0]]);
}

#[test]
fn a_long_gradient_is_shortened() {
    let mut gradient = array![[3.0, 4.0]];
    assert_eq!(clip(&mut gradient, 10.0), 5.0);
    assert_eq!(gradient, array![[3.0, 4.0]]);
    assert_eq!(clip(&mut gradient, 2.5), 5.0);
    assert_eq!(gradient, array![[1.5, 2.0]]);
}
