//! The visible tests of lesson 91.2.

use ex_91_2::fit;
use ndarray::array;

#[test]
fn no_step_changes_nothing() {
    assert_eq!(fit(&array![[1.0, 2.0]], 0.1, 0), (0.0, 0.0));
}

#[test]
fn one_step_is_the_gradient() {
    assert_eq!(fit(&array![[1.0, 2.0], [3.0, 6.0]], 0.5, 1), (5.0, 2.0));
}
