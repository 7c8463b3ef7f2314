//! Training ends at the least-squares solution that LAPACK finds.

use ex_3_3::{Layer, Linear};
use ex_3_4::{Settings, fit};
use gradcheck::random;
use ndarray::{Array1, Array2, Axis, concatenate};
use ndarray_linalg::LeastSquaresSvd;

#[test]
fn training_reaches_the_least_squares_solution() {
    let (x, y): (Array2<f64>, Array2<f64>) = (random((40, 3), 1), random((40, 1), 2));
    let with_ones = concatenate![Axis(1), x.view(), Array2::ones((40, 1))];
    let theta = with_ones.least_squares(&y).expect("X has full rank").solution;
    let mut network = Linear::new(Array2::zeros((1, 3)), Array1::zeros(1));
    let settings = Settings { epochs: 5000, batch: 40, rate: 0.3, seed: 1, limit: 1e6 };
    fit(&mut network, &x, &y, &settings).expect("no divergence");
    let parameters = network.parameters();
    let trained = parameters[0].iter().chain(&parameters[1]);
    // Each step has some roundings of numbers of order 1.
    assert!(trained.zip(&theta).all(|(got, want)| (got - want).abs() < 1e-12));
}
