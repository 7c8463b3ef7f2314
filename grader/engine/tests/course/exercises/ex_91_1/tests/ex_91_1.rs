//! The visible tests of lesson 91.1.

use ex_91_1::{descend, mean_gradient, mean_loss};

#[test]
fn a_step_goes_down() {
    let (xs, ys) = ([1.0, 2.0, -1.0], [0.5, 2.0, 0.1]);
    let (w, b) = descend((0.0, 0.0), mean_gradient(&xs, &ys, 0.0, 0.0), 0.1);
    assert!(mean_loss(&xs, &ys, w, b) < mean_loss(&xs, &ys, 0.0, 0.0));
}

#[test]
fn the_rate_scales_the_step() {
    assert_eq!(descend((1.0, 2.0), (4.0, -2.0), 0.5), (-1.0, 3.0));
}
