//! The visible tests of lesson 3.1.

use std::fmt::Debug;

use ex_3_1::{Forward, Gradients, backward, forward};
use gradcheck::{check_loss, random};
use ndarray::{Array1, Array2, array};
use rstest::rstest;

/// The inputs of one forward pass.
struct Batch {
    x: Array2<f64>,
    w: Array2<f64>,
    b: Array1<f64>,
    y: Array2<f64>,
}

impl Batch {
    /// The course's batch of three samples.
    fn course() -> Self {
        Self {
            x: array![[2.0], [1.5], [-1.0]],
            w: array![[-0.5]],
            b: array![1.0],
            y: array![[0.8], [0.5], [-0.3]],
        }
    }

    /// A random batch of `batch` samples with `d_in` inputs each.
    fn random(batch: usize, d_in: usize) -> Self {
        Self {
            x: random([batch, d_in], 1),
            w: random([1, d_in], 2),
            b: random([1], 3),
            y: random([batch, 1], 4),
        }
    }

    fn forward(&self) -> Forward {
        forward(&self.x, &self.w, &self.b, &self.y)
    }

    fn backward(&self) -> Gradients {
        backward(&self.x, &self.y, &self.forward())
    }
}

#[track_caller]
fn assert_same<T: PartialEq + Debug>(name: &str, yours: T, expected: T) {
    assert!(yours == expected, "\n{name}\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

#[track_caller]
fn assert_close(name: &str, yours: f64, expected: f64) {
    let is_close = (yours - expected).abs() <= 1e-12;
    assert!(is_close, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The course's table, as the test prints it.
const TABLE: &str = "\
Z =
[[0],
 [0.25],
 [1.5]]
A =
[[0],
 [0.244918662],
 [0.905148254]]
L = 0.3595748
dL/dZ =
[[-0.266666667],
 [-0.079926748],
 [0.072592763]]
dL/dW = [[-0.725816219]]
dL/db = [-0.274000652]";

#[test]
fn the_course_batch_prints_its_table() {
    let batch = Batch::course();
    let Forward { z, a, loss } = batch.forward();
    let Gradients { dz, dw, db, .. } = batch.backward();
    let [z, a, dz, dw] = [z, a, dz, dw].map(|array| array.mapv(rounded));
    let (loss, db) = (rounded(loss), db.mapv(rounded));
    let yours =
        format!("Z =\n{z}\nA =\n{a}\nL = {loss}\ndL/dZ =\n{dz}\ndL/dW = {dw}\ndL/db = {db}");
    assert!(
        yours == TABLE,
        "the course's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

#[rstest]
#[case::one_sample_one_input(1, 1)]
#[case::one_sample(1, 4)]
#[case::one_input(3, 1)]
#[case::several_of_both(5, 4)]
fn every_gradient_has_the_shape_of_its_own(#[case] samples: usize, #[case] d_in: usize) {
    let batch = Batch::random(samples, d_in);
    let Forward { z, a, .. } = batch.forward();
    let Gradients { da, dz, dw, db } = batch.backward();
    assert_same("the shape of Z", z.dim(), (samples, 1));
    assert_same("the shape of A", a.dim(), (samples, 1));
    assert_same("the shape of dL/dA", da.dim(), a.dim());
    assert_same("the shape of dL/dZ", dz.dim(), z.dim());
    assert_same("the shape of dL/dW", dw.dim(), batch.w.dim());
    assert_same("the shape of dL/db", db.dim(), batch.b.dim());
}

#[rstest]
#[case::one_sample(array![[1.0]], 0.5)]
#[case::the_same_sample_twice(array![[1.0], [1.0]], 0.5)]
#[case::two_samples(array![[1.0], [-3.0]], 2.5)]
fn the_loss_is_the_mean_over_the_batch(#[case] y: Array2<f64>, #[case] loss: f64) {
    let x = Array2::zeros((y.nrows(), 2));
    let forward = forward(&x, &array![[0.3, -0.7]], &array![0.0], &y);
    assert_close("L", forward.loss, loss);
}

#[test]
fn a_large_input_saturates_its_own_sample_only() {
    let x = array![[1000.0], [0.0], [-1000.0]];
    let Forward { a, loss, .. } = forward(&x, &array![[1.0]], &array![0.0], &Array2::zeros((3, 1)));
    for (a, expected) in a.iter().zip([1.0, 0.0, -1.0]) {
        assert_close("A", *a, expected);
    }
    assert_close("L", loss, 1.0 / 3.0);
}

#[rstest]
#[case::course_batch(Batch::course())]
#[case::one_sample(Batch::random(1, 3))]
#[case::one_input(Batch::random(6, 1))]
#[case::several_of_both(Batch::random(4, 5))]
fn gradients_agree_with_finite_differences(#[case] batch: Batch) {
    let Gradients { dw, db, .. } = batch.backward();
    let claimed = (("W", &batch.w, &dw), ("b", &batch.b, &db));
    check_loss(claimed, |(w, b)| forward(&batch.x, w, b, &batch.y).loss).assert();
}
