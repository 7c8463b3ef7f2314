//! The visible tests of lesson 6.5.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use ex_6_5::{
    Fault, Kind, Program, Tensor, beyond_chance, diagnose, influence, next_token_loss, norms,
    overfit, slope, update_ratios, wrong_tensors,
};
// Links OpenBLAS, where products run on it.
use gradcheck as _;
use ndarray::{Array1, Array2, Axis, array, s};
use rstest::rstest;

/// Compares to a tolerance.
#[track_caller]
fn assert_near(name: &str, yours: f64, expected: f64, tolerance: f64) {
    let is_near = (yours - expected).abs() <= tolerance;
    assert!(is_near, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

/// p of 0 is ¾ behind 0 and ⅒ behind 1.
fn bigram(ids: &[usize]) -> Array2<f64> {
    let p = array![[0.75_f64, 0.25], [0.1, 0.9]];
    Array2::from_shape_fn((ids.len(), 2), |(t, id)| p[[ids[t], id]].ln())
}

#[test]
fn a_loss_is_of_all_predictions() {
    let documents = [vec![0, 0, 1, 1], vec![1, 0]];
    let expected = -(0.75 * 0.25 * 0.9 * 0.1_f64).ln() / 4.0;
    assert_near("the loss", next_token_loss(&bigram, &documents), expected, 1e-12);
}

#[test]
fn a_model_that_knows_nothing_is_at_chance() {
    assert_near("ln 65 of 65", beyond_chance(65_f64.ln(), 65), 0.0, 1e-12);
    assert_near("twice as much", beyond_chance(2.0 * 65_f64.ln(), 65), 1.0, 1e-12);
}

#[test]
fn a_row_depends_on_what_the_model_reads() {
    // Row t has the sum of all ids up to t in it, and row 0 has the last one as well.
    let logits = |ids: &[usize]| {
        Array2::from_shape_fn((ids.len(), 3), |(t, column)| {
            let sum: usize = ids[..=t].iter().sum();
            let ahead = if t == 0 { ids[ids.len() - 1] } else { 0 };
            (sum + column) as f64 + 1e-12 * ahead as f64
        })
    };
    let yours = influence(&logits, &[2, 0, 1], 3);
    let expected = array![[true, false, true], [true, true, false], [true, true, true]];
    assert!(yours == expected, "\ninfluence\nexpected:\n{expected}\nyours:\n{yours}\n");
}

/// Three tensors of 2, 1 and 3 numbers.
fn three_tensors() -> Vec<Tensor> {
    let of =
        [("table", Kind::Table, 0, 2), ("layer", Kind::Matrix, 2, 3), ("gain", Kind::Gain, 3, 6)];
    of.map(|(name, kind, start, end)| Tensor { name: name.to_owned(), kind, start, end }).to_vec()
}

#[test]
fn tensors_have_norms() {
    let list = array![3.0, -4.0, -2.0, 1.0, 2.0, -2.0];
    let yours = norms(&list, &three_tensors());
    assert!(yours == [5.0, 2.0, 3.0], "\nnorms\nexpected: [5, 2, 3]\nyours:    {yours:?}\n");
    let after = array![3.0, -4.5, -2.0, 1.25, 2.0, -2.0];
    let yours = update_ratios(&list, &after, &three_tensors());
    for (yours, expected) in yours.into_iter().zip([0.1, 0.0, 0.25 / 3.0]) {
        assert_near("an update ratio", yours, expected, 1e-12);
    }
}

/// Of the brief: x²·y.
fn product(weights: &Array1<f64>) -> f64 {
    weights[0].powi(2) * weights[1]
}

#[test]
fn a_slope_is_along_a_direction() {
    let yours = slope(&product, &array![1.0, 2.0], &array![1.0, -1.0], 1e-3);
    assert_near("the slope of the brief", yours, 2.999999, 1e-9);
}

/// A loss of six weights, and its gradient.
fn sines(weights: &Array1<f64>) -> f64 {
    weights.iter().enumerate().map(|(at, w)| (w * (at + 1) as f64).sin()).sum()
}

fn sines_backward(weights: &Array1<f64>) -> Array1<f64> {
    let slope = |at: usize| (at + 1) as f64 * (weights[at] * (at + 1) as f64).cos();
    Array1::from_shape_fn(weights.len(), slope)
}

#[rstest]
#[case::none(&[])]
#[case::one(&[1])]
#[case::two(&[0, 2])]
fn wrong_tensors_are_found(#[case] expected: &[usize]) {
    let weights = array![0.3, -0.1, 0.2, 0.5, -0.4, 0.1];
    let direction = array![1.0, -1.0, 1.0, 1.0, -1.0, -1.0];
    let tensors = three_tensors();
    let mut gradient = sines_backward(&weights);
    for tensor in expected.iter().map(|at| &tensors[*at]) {
        gradient[tensor.start] *= 1.5;
    }
    let calls = Cell::new(0);
    let loss = |weights: &Array1<f64>| {
        calls.set(calls.get() + 1);
        sines(weights)
    };
    let yours = wrong_tensors(&loss, &weights, &gradient, &direction, &tensors, 1e-5);
    assert!(yours == expected, "\nwrong tensors\nexpected: {expected:?}\nyours:    {yours:?}\n");
    let calls = calls.get();
    assert!(!expected.is_empty() || calls == 2, "two evaluations are enough here, yours: {calls}");
}

#[test]
fn one_batch_is_learned() {
    let loss = |weights: &Array1<f64>| weights.dot(weights);
    // By a quarter of the gradient 2·w.
    let step = |weights: &Array1<f64>| weights - &(0.25 * 2.0 * weights);
    let yours = overfit(&loss, &step, &array![1.0, -1.0], 3);
    let expected = [2.0, 0.5, 0.125, 0.03125];
    assert!(yours == expected, "\nthe curve\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

/// Each token is compared with all rows of the table, after it has been scaled by a gain: a bigram model of two
/// tensors.
struct Small {
    fault: Fault,
}

const VOCABULARY: usize = 5;
const WIDTH: usize = 3;
const TABLE: usize = VOCABULARY * WIDTH;

impl Program for Small {
    fn tensors(&self) -> Vec<Tensor> {
        let of = [("table", Kind::Table, 0, TABLE), ("gain", Kind::Gain, TABLE, TABLE + WIDTH)];
        of.map(|(name, kind, start, end)| Tensor { name: name.to_owned(), kind, start, end })
            .to_vec()
    }

    fn weights(&self) -> Array1<f64> {
        let table = (0..TABLE).map(|at| ((37 * at + 16) % 41) as f64 / 20.0 - 1.0);
        table.chain([1.0, 0.9, 1.1]).collect()
    }

    fn documents(&self) -> Vec<Vec<usize>> {
        vec![vec![0, 1, 2, 3, 4, 1], vec![2, 0, 2, 0], vec![3, 1, 4]]
    }

    fn logits(&self, weights: &Array1<f64>, ids: &[usize]) -> Array2<f64> {
        let table = weights.slice(s![..TABLE]).to_shape((VOCABULARY, WIDTH)).unwrap().to_owned();
        let mut x = table.select(Axis(0), ids);
        if self.fault == Fault::Leak {
            for (mut row, next) in x.outer_iter_mut().zip(&ids[1..]) {
                row.scaled_add(1e-9, &table.row(*next));
            }
        }
        (x * weights.slice(s![TABLE..])).dot(&table.t())
    }

    /// By differences.
    fn gradient(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> Array1<f64> {
        let at = |index: usize, step: f64| {
            let mut weights = weights.clone();
            weights[index] += step;
            self.evaluate(&weights, documents)
        };
        Array1::from_shape_fn(weights.len(), |index| (at(index, 1e-5) - at(index, -1e-5)) / 2e-5)
    }

    fn step(&self, weights: &Array1<f64>, gradient: &Array1<f64>) -> Array1<f64> {
        let decayed = if self.fault == Fault::DecayOnNorms { TABLE + WIDTH } else { TABLE };
        let mut after = weights - &(0.1 * gradient);
        after.iter_mut().zip(weights).take(decayed).for_each(|(after, w)| *after -= 0.01 * w);
        after
    }

    fn evaluate(&self, weights: &Array1<f64>, documents: &[Vec<usize>]) -> f64 {
        let (mut sum, mut predictions) = (0.0, 0);
        for ids in documents {
            let logits = self.logits(weights, &ids[..ids.len() - 1]);
            for (z, target) in logits.outer_iter().zip(&ids[1..]) {
                sum += z.mapv(f64::exp).sum().ln() - z[*target];
                predictions += 1;
            }
        }
        sum / f64::from(predictions)
    }
}

#[rstest]
fn faults_are_told_apart(#[values(Fault::None, Fault::Leak, Fault::DecayOnNorms)] expected: Fault) {
    let yours = diagnose(&Small { fault: expected });
    assert!(yours == expected, "\nthe fault\nexpected: {expected:?}\nyours:    {yours:?}\n");
}

fn panics<T>(call: impl Fn() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

#[test]
fn what_has_no_answer_panics() {
    // What is not written yet panics as well, and here it does so first.
    next_token_loss(&bigram, &[vec![0, 1]]);
    beyond_chance(1.0, 2);
    influence(&bigram, &[0], 2);
    assert!(panics(|| next_token_loss(&bigram, &[])), "next_token_loss takes no document");
    assert!(panics(|| next_token_loss(&bigram, &[vec![0]])), "next_token_loss takes a single id");
    assert!(panics(|| beyond_chance(1.0, 1)), "beyond_chance takes a vocabulary of one");
    assert!(panics(|| influence(&bigram, &[0], 1)), "influence takes a vocabulary of one");
}
