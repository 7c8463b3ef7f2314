//! The check on many cores gives what the check on one gives, to the last bit.
#![cfg(feature = "parallel")]

use gradcheck::{Argument, check, check_backward, check_backward_parallel, check_parallel, random};
use ndarray::ArrayD;

fn loss(at: &[ArrayD<f64>]) -> f64 {
    let products = at[0].mapv(f64::tanh) * &at[1];
    products.sum() + at[0].iter().map(|x| x.max(0.0)).sum::<f64>()
}

#[test]
fn right_and_wrong_reports_are_the_same() {
    // 200 coordinates are checked one by one, 20,000 in directions.
    for (length, factor) in [(100, 1.0), (100, 1.5), (10_000, 1.0), (10_000, 1.5)] {
        let (x, y) = (random(length, 1), random(length, 2));
        let dx = x.mapv(|x| 1.0 - x.tanh().powi(2)) * &y + x.mapv(|x| f64::from(x > 0.0));
        let dy = factor * x.mapv(f64::tanh);
        let arguments = [Argument::new("x", &x, &dx), Argument::new("y", &y, &dy)];
        let (serial, parallel) = (check(loss, &arguments), check_parallel(loss, &arguments));
        assert_eq!(serial.passed(), factor == 1.0, "{serial}");
        assert_eq!(serial, parallel);
        assert_eq!(serial.to_string(), parallel.to_string());
    }
}

#[test]
fn backward_passes_are_judged_the_same() {
    let forward = |at: &[ArrayD<f64>]| vec![at[0].mapv(f64::sin), at[0].mapv(f64::exp)];
    let backward = |at: &[ArrayD<f64>], r: &[ArrayD<f64>]| {
        vec![&r[0] * &at[0].mapv(f64::cos) + &r[1] * &at[0].mapv(f64::exp)]
    };
    let inputs = [("x", random((5, 7), 1).into_dyn())];
    let serial = check_backward(forward, backward, &inputs, 1);
    serial.assert();
    assert_eq!(serial, check_backward_parallel(forward, backward, &inputs, 1));
}
