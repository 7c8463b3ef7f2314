//! The numbers that the brief of lesson 3.4 states.

use ex_3_3::{Layer, Linear, Sequential, Tanh, mse};
use ex_3_4::{Rng, Settings, fit};
use gradcheck::random;
use ndarray::{Array1, Array2, Axis, array, concatenate};

/// The first numbers of the published generator.
#[test]
fn the_given_generator_is_splitmix64() {
    let mut rng = Rng::new(0);
    let numbers = [(); 3].map(|()| rng.next_u64());
    assert_eq!(numbers, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
}

#[test]
fn two_steps_on_a_parabola() {
    let step = |theta: f64| theta - 0.1 * 2.0 * (theta - 3.0);
    assert!((step(5.0) - 4.6).abs() < 1e-12 && (step(step(5.0)) - 4.28).abs() < 1e-12);
    assert!(((step(5.0) - 3.0) / 2.0 - 0.8).abs() < 1e-12);
}

#[test]
fn the_largest_eigenvalue_limits_the_rate() {
    let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, -1.0]];
    let y = array![[1.0], [3.0], [4.5], [8.0]];
    let ends_within = |rate| {
        let mut network = Linear::new(Array2::zeros((1, 2)), Array1::zeros(1));
        fit(&mut network, &x, &y, &settings(5000, 4, rate)).is_ok()
    };
    assert!(ends_within(0.475) && !ends_within(0.476));
    let z = with_ones(&x);
    let h = z.t().dot(&z) / 4.0;
    let mut vector: Array1<f64> = array![1.0, 0.0, 0.0];
    for _ in 0..100 {
        vector = h.dot(&vector);
        vector /= vector.dot(&vector).sqrt();
    }
    let largest = vector.dot(&h.dot(&vector));
    assert!((largest - 4.206788).abs() < 1e-6 && (2.0 / largest - 0.475422).abs() < 1e-6);
}

fn settings(epochs: usize, batch: usize, rate: f64) -> Settings {
    Settings { epochs, batch, rate, seed: 1, limit: 1e6 }
}

fn with_ones(x: &Array2<f64>) -> Array2<f64> {
    concatenate![Axis(1), x.view(), Array2::ones((x.nrows(), 1))]
}

/// Two inputs, hidden tanh neurons, one output. Weights have the variance 1/d_in.
fn network(seed: u64, hidden: usize) -> Sequential<Linear, Sequential<Tanh, Linear>> {
    let layer = |seed, d_in: usize, d_out: usize| {
        let w: Array2<f64> = random((d_out, d_in), seed);
        Linear::new((3.0 / d_in as f64).sqrt() * w, Array1::zeros(d_out))
    };
    Sequential(layer(2 * seed, 2, hidden), Sequential(Tanh, layer(2 * seed + 1, hidden, 1)))
}

#[test]
fn hidden_neurons_learn_xor() {
    let x = array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let y = array![[-1.0], [1.0], [1.0], [-1.0]];
    let learned = |hidden| {
        let is_learned = |seed: &u64| {
            let mut network = network(*seed, hidden);
            fit(&mut network, &x, &y, &settings(1000, 4, 0.2)).expect("no divergence");
            mse(&network.forward(&x).0, &y).0 < 1e-3
        };
        (0..20).filter(is_learned).count()
    };
    assert_eq!((learned(8), learned(2)), (20, 17));
    assert_eq!(mse(&Array2::zeros((4, 1)), &y).0, 0.5);
}

/// Two half circles, one into the other, and noise: samples and targets ±1.
fn moons(n: usize) -> (Array2<f64>, Array2<f64>) {
    let along: Array1<f64> = random(n, 1);
    let noise: Array2<f64> = random((n, 2), 2);
    let x = Array2::from_shape_fn((n, 2), |(i, k)| {
        let (sin, cos) = (std::f64::consts::FRAC_PI_2 * (along[i] + 1.0)).sin_cos();
        let at = if i % 2 == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
        at[k] + 0.1 * 3.0_f64.sqrt() * noise[[i, k]]
    });
    (x, Array2::from_shape_fn((n, 1), |(i, _)| if i % 2 == 0 { -1.0 } else { 1.0 }))
}

fn on_the_right_side(o: &Array2<f64>, y: &Array2<f64>) -> usize {
    o.iter().zip(y).filter(|(o, y)| *o * *y > 0.0).count()
}

#[test]
fn hidden_neurons_tell_moons_apart_that_a_line_does_not() {
    let (x, y) = moons(200);
    let mut line = Linear::new(Array2::zeros((1, 2)), Array1::zeros(1));
    fit(&mut line, &x, &y, &settings(1000, 200, 0.5)).expect("no divergence");
    let z = with_ones(&x);
    let slope = z.t().dot(&(line.forward(&x).0 - &y)) / 200.0;
    assert!(slope.iter().all(|it| it.abs() < 1e-9), "it is the line of least squares");
    let mut network = network(1, 16);
    fit(&mut network, &x, &y, &settings(500, 32, 0.2)).expect("no divergence");
    let right = [line.forward(&x).0, network.forward(&x).0].map(|o| on_the_right_side(&o, &y));
    assert_eq!(right, [166, 200]);
    let parameters: usize = network.parameters().iter().map(|it| it.len()).sum();
    let steps = 200_usize.div_ceil(32);
    assert_eq!((parameters, 6 * 200 * parameters, steps), (65, 78_000, 7));
}

#[test]
fn the_rust_of_the_brief_does_what_it_says() {
    let (x, rows) = (array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], vec![2, 0]);
    assert_eq!(x.select(Axis(0), &rows), array![[5.0, 6.0], [1.0, 2.0]]);
    let (mut list, size, n) = (vec![7, 8, 9], 2, 3);
    let pieces: Vec<Vec<i32>> = list.chunks(size).map(|piece| piece.to_vec()).collect();
    assert_eq!(pieces, [vec![7, 8], vec![9]]);
    assert!((1..n).rev().eq([2, 1]));
    let (i, j) = (2, 0);
    list.swap(i, j);
    assert_eq!(list, [9, 8, 7]);
    let (mut p, c, q) = (array![1.0, 2.0], 0.5, array![4.0, 2.0]);
    p.scaled_add(c, &q);
    assert_eq!(p, array![3.0, 3.0]);
    let (k, r) = (3_usize, 7_u64);
    assert_eq!((r % k as u64) as usize, 1);
    let (limit, nan) = (1.0, -f64::NAN.abs());
    assert!(!(nan > limit) && !(nan <= limit));
    // Two places of three chosen among three: nine runs, six orders.
    assert_eq!((3 * 2, (3 * 3) % 6), (6, 3));
}
