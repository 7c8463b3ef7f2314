//! The visible tests of lesson 3.4.

use ex_3_3::{Layer, Linear, Sequential, Tanh, mse};
use ex_3_4::{Diverged, Rng, Settings, batches, fit, sgd_step, shuffle};
use gradcheck::random;
use ndarray::{Array1, Array2, ArrayD, array};
use rstest::rstest;

/// The four samples of the brief, and a line that starts at 0.
fn line() -> (Linear, Array2<f64>, Array2<f64>) {
    let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, -1.0]];
    let y = array![[1.0], [3.0], [4.5], [8.0]];
    (Linear::new(Array2::zeros((1, 2)), Array1::zeros(1)), x, y)
}

fn full_batch(epochs: usize, rate: f64) -> Settings {
    Settings { epochs, batch: 4, rate, seed: 1, limit: 1e6 }
}

/// w₁, w₂ and b.
fn numbers(network: &impl Layer) -> Vec<f64> {
    network.parameters().iter().flat_map(|it| it.iter().copied().collect::<Vec<_>>()).collect()
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: &f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The example's table, as the test prints it.
const TABLE: &str = "\
before:       L = 11.78125
after step 1: L = 4.009160156, w₁, w₂, b = [0.9, -0.0625, 0.4125]
after step 2: L = 1.396915161, w₁, w₂, b = [1.4215625, -0.108125, 0.6503125]
after step 3: L = 0.516987372, w₁, w₂, b = [1.723765625, -0.143234375, 0.78725]";

#[test]
fn the_example_prints_its_table() {
    let mut table = vec![];
    for steps in 1..=3 {
        let (mut network, x, y) = line();
        let curve = fit(&mut network, &x, &y, &full_batch(steps, 0.1)).expect("no divergence");
        assert_eq!(curve.len(), steps + 1, "the loss before training, and one for each epoch");
        if table.is_empty() {
            table.push(format!("before:       L = {}", rounded(&curve[0])));
        }
        let theta: Vec<_> = numbers(&network).iter().map(rounded).collect();
        let loss = rounded(&curve[steps]);
        table.push(format!("after step {steps}: L = {loss}, w₁, w₂, b = {theta:?}"));
    }
    let yours = table.join("\n");
    assert!(
        yours == TABLE,
        "the example's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

/// The losses of the brief's line in batches of three and one, before training and after each epoch.
const CURVE: [f64; 4] = [11.78125, 2.08665625, 0.124951891, 0.060333565];

#[test]
fn each_epoch_has_an_order_of_its_own() {
    let (mut network, x, y) = line();
    let settings = Settings { batch: 3, ..full_batch(3, 0.1) };
    let curve = fit(&mut network, &x, &y, &settings).expect("no divergence");
    let yours: Vec<_> = curve.iter().map(rounded).collect();
    assert!(
        yours == CURVE,
        "the loss curve with batches of three differs\n\nexpected: {CURVE:?}\n   yours: {yours:?}\n"
    );
}

#[rstest]
#[case(1, &[4, 3, 2, 7, 5, 6, 0, 1])]
#[case(2, &[5, 2, 7, 4, 1, 3, 0, 6])]
fn a_seed_has_its_order(#[case] seed: u64, #[case] expected: &[usize]) {
    let yours = shuffle(8, &mut Rng::new(seed));
    assert!(yours == expected, "seed {seed}\n\nexpected: {expected:?}\n   yours: {yours:?}\n");
}

#[test]
fn every_order_of_three_comes_as_often() {
    let mut rng = Rng::new(3);
    let mut counts = std::collections::BTreeMap::<_, usize>::new();
    for _ in 0..6000 {
        *counts.entry(shuffle(3, &mut rng)).or_default() += 1;
    }
    let even = counts.len() == 6 && counts.values().all(|count| (900..1100).contains(count));
    assert!(even, "each of the six orders of three comes about 1000 times\n\nyours: {counts:?}\n");
}

#[rstest]
#[case::the_last_is_shorter(10, 4, &[4, 4, 2])]
#[case::all_are_full(8, 4, &[4, 4])]
#[case::one_is_enough(3, 5, &[3])]
fn every_sample_is_in_one_batch(#[case] n: usize, #[case] size: usize, #[case] sizes: &[usize]) {
    let order = shuffle(n, &mut Rng::new(1));
    let cut = batches(&order, size);
    let yours: Vec<_> = cut.iter().map(Vec::len).collect();
    assert!(yours == sizes, "sizes of the batches\n\nexpected: {sizes:?}\n   yours: {yours:?}\n");
    let yours = cut.concat();
    assert!(
        yours == order,
        "the batches, one after the other\n\nexpected: {order:?}\n   yours: {yours:?}\n"
    );
}

#[test]
fn a_step_goes_against_the_gradient() {
    let mut w = array![[1.0, 2.0], [3.0, 4.0]];
    let mut b = array![5.0];
    let gradients: [ArrayD<f64>; 2] =
        [array![[1.0, -1.0], [0.0, 2.0]].into_dyn(), array![10.0].into_dyn()];
    sgd_step(vec![w.view_mut().into_dyn(), b.view_mut().into_dyn()], &gradients, 0.5);
    let expected = (array![[0.5, 2.5], [3.0, 3.0]], array![0.0]);
    assert!(w == expected.0, "W after the step\n\nexpected:\n{}\nyours:\n{w}\n", expected.0);
    assert!(b == expected.1, "b after the step\n\nexpected: {}\n   yours: {b}\n", expected.1);
}

#[test]
fn the_line_of_least_squares_is_found() {
    let (mut network, x, y) = line();
    let curve = fit(&mut network, &x, &y, &full_batch(2000, 0.3)).expect("no divergence");
    assert_eq!(curve.len(), 2001, "the loss before training, and one for each epoch");
    let yours = numbers(&network);
    let optimum = [23.0 / 12.0, -2.0 / 3.0, 17.0 / 12.0];
    let is_found = yours.iter().zip(&optimum).all(|(yours, best)| (yours - best).abs() <= 1e-9);
    assert!(is_found, "w₁, w₂, b after 2000 steps\n\nexpected: {optimum:?}\n   yours: {yours:?}\n");
    let (loss, least) = (curve[2000], 0.026041666667);
    let is_least = (loss - least).abs() <= 1e-9;
    assert!(is_least, "the last loss of the curve\n\nexpected: {least}\n   yours: {loss}\n");
}

#[rstest]
#[case::above_the_limit(0.5, 1e6)]
#[case::not_a_number(10.0, f64::INFINITY)]
fn a_rate_that_is_too_large_is_noticed(#[case] rate: f64, #[case] limit: f64) {
    let (mut network, x, y) = line();
    let settings = Settings { limit, ..full_batch(2000, rate) };
    let Err(Diverged { epoch }) = fit(&mut network, &x, &y, &settings) else {
        panic!("expected `Diverged`: with the rate {rate} the loss grows without end");
    };
    assert!(
        (2..2000).contains(&epoch),
        "the first epochs are within the limit, and yours is {epoch}"
    );
}

#[test]
fn one_seed_has_one_curve() {
    let curve = |seed| {
        let (mut network, x, y) = line();
        let settings = Settings { batch: 3, seed, ..full_batch(5, 0.1) };
        fit(&mut network, &x, &y, &settings).expect("no divergence")
    };
    assert!(curve(1) == curve(1), "the same seed twice gives two different curves");
    assert!(curve(1) != curve(2), "two seeds give the same curve");
}

#[test]
fn xor_needs_a_hidden_layer_and_has_it() {
    let x = array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let y = array![[-1.0], [1.0], [1.0], [-1.0]];
    let hidden = Linear::new(random((8, 2), 1), Array1::zeros(8));
    let last = Linear::new(random((1, 8), 2), Array1::zeros(1));
    let mut network = Sequential(hidden, Sequential(Tanh, last));
    let settings = full_batch(1000, 0.2);
    fit(&mut network, &x, &y, &settings).expect("no divergence");
    let loss = mse(&network.forward(&x).0, &y).0;
    assert!(loss < 1e-3, "the loss after training is {loss}");

    let mut alone = Linear::new(Array2::zeros((1, 2)), Array1::zeros(1));
    fit(&mut alone, &x, &y, &settings).expect("no divergence");
    // The best that a line can do is to answer 0 everywhere.
    let loss = mse(&alone.forward(&x).0, &y).0;
    assert!((loss - 0.5).abs() <= 1e-12, "the loss of a line after training is {loss}, not 0.5");
}
