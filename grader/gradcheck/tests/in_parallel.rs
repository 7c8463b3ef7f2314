//! The check on many cores gives what the check on one gives, to the last bit.
#![cfg(feature = "parallel")]

use gradcheck::{Checker, check_backward, check_loss, random};
use ndarray::{Array1, Array2};

fn loss((x, y): (&Array1<f64>, &Array1<f64>)) -> f64 {
    let products = x.mapv(f64::tanh) * y;
    products.sum() + x.iter().map(|x| x.max(0.0)).sum::<f64>()
}

#[test]
fn right_and_wrong_reports_are_the_same() {
    // 200 coordinates are checked one by one, 20,000 in directions.
    for (length, factor) in [(100, 1.0), (100, 1.5), (10_000, 1.0), (10_000, 1.5)] {
        let (x, y): (Array1<f64>, Array1<f64>) = (random(length, 1), random(length, 2));
        let dx = x.mapv(|x| 1.0 - x.tanh().powi(2)) * &y + x.mapv(|x| f64::from(x > 0.0));
        let dy = factor * x.mapv(f64::tanh);
        let arguments = (("x", &x, &dx), ("y", &y, &dy));
        let serial = check_loss(arguments, loss);
        let parallel = Checker::new().parallel().check_loss(arguments, loss);
        assert_eq!(serial.passed(), factor == 1.0, "{serial}");
        assert_eq!(serial, parallel);
        assert_eq!(serial.to_string(), parallel.to_string());
    }
}

#[test]
fn backward_passes_are_judged_the_same() {
    let forward = |x: &Array2<f64>| (x.mapv(f64::sin), x.mapv(f64::exp));
    let backward = |x: &Array2<f64>, (r, s): (&Array2<f64>, &Array2<f64>)| {
        r * &x.mapv(f64::cos) + s * &x.mapv(f64::exp)
    };
    let x: Array2<f64> = random((5, 7), 1);
    let serial = check_backward(("x", &x), forward, backward);
    serial.assert();
    assert_eq!(serial, Checker::new().parallel().check_backward(("x", &x), forward, backward));
}
