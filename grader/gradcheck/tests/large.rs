//! Problems of more coordinates than are checked one by one.

use gradcheck::{EVERY_COORDINATE, Report, check_loss, random};
use ndarray::{Array1, Array2};

/// What the documentation of `check` promises.
const MOST_PASSES: usize = 7_000;

/// A tanh layer with weights W of shape (out, in), and one sample.
struct Layer {
    x: Array2<f64>,
    r: Array2<f64>,
    w: Array2<f64>,
}

impl Layer {
    fn new([out, input]: [usize; 2]) -> Self {
        let w = random::<f64, _>((out, input), 3) / (input as f64).sqrt();
        Self { x: random((1, input), 1), r: random((1, out), 2), w }
    }

    fn gradient(&self) -> Array2<f64> {
        let dz = &self.r * &self.x.dot(&self.w.t()).mapv(|z| 1.0 - z.tanh().powi(2));
        dz.t().dot(&self.x)
    }

    fn check(&self, gradient: &Array2<f64>) -> Report {
        let loss = |w: &Array2<f64>| (&self.r * &self.x.dot(&w.t()).mapv(f64::tanh)).sum();
        check_loss(("W", &self.w, gradient), loss)
    }
}

#[test]
fn a_right_gradient_of_a_million_parameters_needs_few_passes() {
    let layer = Layer::new([1_000, 1_000]);
    let report = layer.check(&layer.gradient());
    report.assert();
    assert_eq!(report.directions().len(), 4);
    assert!(report.forward_passes() <= 150, "{}", report.forward_passes());
}

#[test]
fn wrong_coordinates_are_found_and_named() {
    let layer = Layer::new([120, 100]);
    let mut wrong = layer.gradient();
    let places = [[0, 0], [12, 45], [119, 99]];
    places.iter().for_each(|place| wrong[*place] += 1e-3);
    let report = layer.check(&wrong);
    let named: Vec<_> = report.failures().map(|it| it.index.clone()).collect();
    assert_eq!(named, places.map(|place| place.to_vec()), "{report}");
    assert!(report.forward_passes() <= MOST_PASSES, "{}", report.forward_passes());
}

#[test]
fn what_is_wrong_everywhere_is_told_by_directions() {
    let layer = Layer::new([120, 100]);
    let report = layer.check(&(2.0 * layer.gradient()));
    assert!(report.to_string().contains("is 2 times too large everywhere"), "{report}");
    assert_eq!(report.failures().count(), 8, "as many as are named");
    assert!(report.forward_passes() <= MOST_PASSES, "{}", report.forward_passes());
}

#[test]
fn up_to_the_limit_every_coordinate_is_checked() {
    let (w, last) = (random::<f64, _>(EVERY_COORDINATE, 1), EVERY_COORDINATE - 1);
    let loss = |w: &Array1<f64>| w[last] * w[last];
    let mut gradient = Array1::zeros(EVERY_COORDINATE);
    gradient[last] = 2.0 * w[last] + 1e-6;
    let report = check_loss(("w", &w, &gradient), loss);
    assert_eq!(report.coordinates().len(), EVERY_COORDINATE);
    assert_eq!(report.failures().count(), 1);
}
