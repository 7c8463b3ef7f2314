//! The numbers and the Rust that the brief, the page and the derivation of lesson 3.4 show.

use approx::assert_relative_eq;
use ex_3_3::{Layer, Linear, Sequential, Tanh, mse};
use ex_3_4::{Rng, Settings, batches, fit, sgd_step, shuffle};
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

/// The four samples of the brief, and a line that starts at 0.
fn line() -> (Linear, Array2<f64>, Array2<f64>) {
    let x = array![[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, -1.0]];
    let y = array![[1.0], [3.0], [4.5], [8.0]];
    (Linear::new(Array2::zeros((1, 2)), Array1::zeros(1)), x, y)
}

/// w₁, w₂ and b.
fn numbers(network: &impl Layer) -> Array1<f64> {
    network.parameters().iter().flat_map(|it| it.iter().copied().collect::<Vec<_>>()).collect()
}

#[track_caller]
fn assert_all(found: &[f64], stated: &[f64]) {
    assert_relative_eq!(found, stated, epsilon = 5e-7);
}

const OPTIMUM: [f64; 3] = [23.0 / 12.0, -2.0 / 3.0, 17.0 / 12.0];

/// Eigenvalues and eigenvectors of the second derivatives of the line's loss, the smallest first.
fn directions() -> Vec<(f64, Array1<f64>)> {
    let (_, x, _) = line();
    let z = with_ones(&x);
    let mut h = z.t().dot(&z) / x.nrows() as f64;
    let mut found = Vec::new();
    for _ in 0..3 {
        let mut v: Array1<f64> = array![1.0, 0.5, 0.25];
        for _ in 0..1000 {
            v = h.dot(&v);
            v /= v.dot(&v).sqrt();
        }
        let value = v.dot(&h.dot(&v));
        let column = v.clone().insert_axis(Axis(1));
        h = h - value * column.dot(&column.t());
        found.push((value, v));
    }
    found.reverse();
    found
}

#[test]
fn power_iteration_finds_the_largest_eigenvalue() {
    let (_, x, y) = line();
    let ones = Array2::ones((x.nrows(), 1));
    let z = concatenate![Axis(1), x.view(), ones];
    let h = z.t().dot(&z) / x.nrows() as f64;
    let mut v = array![1.0, 0.0, 0.0];
    for _ in 0..100 {
        v = h.dot(&v);
        v /= v.dot(&v).sqrt();
    }
    let largest = v.dot(&h.dot(&v)); // 4.206788
    assert_relative_eq!(largest, 4.206788, epsilon = 5e-7);

    let values: Vec<_> = directions().iter().map(|it| it.0).collect();
    assert_all(&values, &[0.120800, 0.922413, 4.206788]);
    assert_relative_eq!(2.0 / 4.206788, 0.475422, epsilon = 5e-7);
    assert_eq!(h * 4.0, array![[14.0, -1.0, 6.0], [-1.0, 3.0, 1.0], [6.0, 1.0, 4.0]]);
    let right = z.t().dot(&y);
    assert_eq!(right, array![[36.0], [-2.5], [16.5]]);
    let normal = z.t().dot(&z).dot(&Array1::from(OPTIMUM.to_vec()));
    assert_relative_eq!(normal.as_slice().unwrap(), [36.0, -2.5, 16.5].as_slice(), epsilon = 1e-12);
    assert_all(&OPTIMUM, &[1.916667, -0.666667, 1.416667]);
    let condition = values[2] / values[0];
    assert_eq!(format!("{condition:.1} {:.1}", condition.sqrt()), "34.8 5.9");
}

/// Each part of the loss from the distance that `fit` leaves, and from the factors.
#[test]
fn each_direction_has_a_factor_of_its_own() {
    let directions = directions();
    let factors: Vec<_> = directions.iter().map(|(value, _)| 1.0 - 0.1 * value).collect();
    assert_all(&factors, &[0.987920, 0.907759, 0.579321]);
    let parts = |steps: usize| {
        let (mut network, x, y) = line();
        let curve = fit(&mut network, &x, &y, &settings(steps, 4, 0.1)).expect("no divergence");
        let distance = numbers(&network) - Array1::from(OPTIMUM.to_vec());
        let part = |(value, v): &(f64, Array1<f64>)| 0.5 * value * v.dot(&distance).powi(2);
        (directions.iter().map(part).collect::<Vec<_>>(), curve[steps])
    };
    let stated = [
        ([0.029210, 0.039334, 11.686664], 11.78125),
        ([0.028509, 0.032412, 3.922198], 4.009160),
        ([0.027824, 0.026708, 1.316341], 1.396915),
        ([0.027156, 0.022008, 0.441781], 0.516987),
    ];
    let (start, _) = parts(0);
    for (steps, (stated, stated_loss)) in stated.iter().enumerate() {
        let (parts, loss) = parts(steps);
        assert_all(&parts, stated);
        assert_relative_eq!(loss, *stated_loss, epsilon = 5e-7);
        assert_relative_eq!(parts.iter().sum::<f64>() + 0.026042, loss, epsilon = 5e-7);
        for ((part, start), factor) in parts.iter().zip(&start).zip(&factors) {
            assert_relative_eq!(*part, start * factor.powi(2 * steps as i32), epsilon = 1e-12);
        }
    }
    assert_eq!(format!("{:.1} %", 100.0 * (1.0 - factors[0].powi(2))), "2.4 %");
}

#[test]
fn the_first_steps_of_the_brief() {
    let stated = [
        [0.9, -0.0625, 0.4125, 4.009160],
        [1.421563, -0.108125, 0.650313, 1.396915],
        [1.723766, -0.143234, 0.787250, 0.516987],
    ];
    for (steps, stated) in (1..).zip(stated) {
        let (mut network, x, y) = line();
        let curve = fit(&mut network, &x, &y, &settings(steps, 4, 0.1)).expect("no divergence");
        let found = [&numbers(&network).to_vec()[..], &[curve[steps]]].concat();
        // Two of them lie half-way between what six decimals can say.
        assert_relative_eq!(&found[..], &stated[..], epsilon = 5.01e-7);
    }
}

#[test]
fn the_slowest_factor_decides() {
    let values: Vec<_> = directions().iter().map(|it| it.0).collect();
    let factors = |rate: f64| [1.0 - rate * values[0], 1.0 - rate * values[2]];
    assert_relative_eq!(factors(0.3)[0], 0.963760, epsilon = 5e-7);
    assert_relative_eq!(1.0 - 0.3 * 0.120800, 0.963760, epsilon = 5e-7);
    assert_relative_eq!(factors(0.47)[1], -0.977190, epsilon = 5e-7);
    let best = 2.0 / (0.120800 + 4.206788);
    assert_relative_eq!(best, 0.462151, epsilon = 5e-7);
    assert_all(&factors(2.0 / (values[0] + values[2])), &[0.944172, -0.944172]);
    assert!(factors(0.3)[1].abs() < 0.963760 && factors(0.47)[0] < 0.977190);
    assert_eq!(format!("{:.1e}", factors(0.3)[0].powi(600)), "2.4e-10");
}

/// The curve of the visible tests, step by step.
#[test]
fn batches_of_three_and_one() {
    let (mut network, x, y) = line();
    let curve = fit(&mut network, &x, &y, &Settings { batch: 3, ..settings(3, 4, 0.1) });
    let stated_orders = [[2, 0, 3, 1], [1, 2, 0, 3], [3, 2, 0, 1]];
    let stated = [
        [1.1, -0.083333, 0.45, 2.950312],
        [1.245, -0.083333, 0.595, 2.086656],
        [1.383556, -0.017111, 0.699889, 1.481869],
        [2.323256, -0.330344, 1.013122, 0.124952],
        [2.236646, -0.336972, 0.985612, 0.070089],
        [2.214420, -0.336972, 0.963386, 0.060334],
    ];
    let (mut network, mut rng, mut stated) = (line().0, Rng::new(1), stated.iter());
    for (epoch, stated_order) in stated_orders.iter().enumerate() {
        let n = x.nrows();
        let order = shuffle(n, &mut rng);
        assert_eq!(order, stated_order);
        for rows in batches(&order, 3) {
            let (o, cache) = network.forward(&x.select(Axis(0), &rows));
            let upstream = mse(&o, &y.select(Axis(0), &rows)).1;
            let gradients = network.backward(&cache, &upstream).1;
            sgd_step(network.parameters_mut(), &gradients, 0.1);
            let loss = mse(&network.forward(&x).0, &y).0;
            let found = [numbers(&network).to_vec(), vec![loss]].concat();
            assert_all(&found, stated.next().unwrap());
        }
        let loss = mse(&network.forward(&x).0, &y).0;
        assert_relative_eq!(curve.as_ref().unwrap()[epoch + 1], loss, epsilon = 1e-15);
    }
    assert_eq!(curve.unwrap()[0], 11.78125);
}

#[test]
fn the_gradients_of_single_samples_have_the_gradient_of_all_as_their_mean() {
    let (network, x, y) = line();
    let of_rows = |rows: &[usize]| {
        let (o, cache) = network.forward(&x.select(Axis(0), rows));
        network.backward(&cache, &mse(&o, &y.select(Axis(0), rows)).1).1[0][[0, 1]]
    };
    let alone = [0, 1, 2, 3].map(|i| of_rows(&[i]));
    assert_eq!(alone, [-1.0, 0.0, -4.5, 8.0]);
    assert_eq!((alone.iter().sum::<f64>() / 4.0, of_rows(&[0, 1, 2, 3])), (0.625, 0.625));
}

/// What a training does whose gradients are added up and never cleared.
#[test]
fn gradients_that_are_not_cleared() {
    let (mut network, x, y) = line();
    let mut sums: Vec<ndarray::ArrayD<f64>> = Vec::new();
    let mut losses = Vec::new();
    for _ in 0..3 {
        let (o, cache) = network.forward(&x);
        let gradients = network.backward(&cache, &mse(&o, &y).1).1;
        match sums.is_empty() {
            true => sums = gradients,
            false => sums.iter_mut().zip(&gradients).for_each(|(sum, it)| *sum += it),
        }
        sgd_step(network.parameters_mut(), &sums, 0.1);
        losses.push(mse(&network.forward(&x).0, &y).0);
    }
    assert_all(&losses, &[4.009160, 0.158812, 6.012852]);
    let (mut network, x, y) = line();
    let curve = fit(&mut network, &x, &y, &settings(3, 4, 0.1)).expect("no divergence");
    assert_all(&curve[1..3], &[4.009160, 1.396915]);
    assert_all(&numbers(&network).to_vec(), &[1.723766, -0.143234, 0.787250]);
}

/// The network of the visible test.
#[test]
fn the_loss_of_xor_falls() {
    let x = array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let y = array![[-1.0], [1.0], [1.0], [-1.0]];
    let hidden = Linear::new(random((8, 2), 1), Array1::zeros(8));
    let last = Linear::new(random((1, 8), 2), Array1::zeros(1));
    let mut network = Sequential(hidden, Sequential(Tanh, last));
    let curve = fit(&mut network, &x, &y, &settings(1000, 4, 0.2)).expect("no divergence");
    let shown = [0, 10, 20].map(|epoch| curve[epoch]);
    assert_all(&shown, &[1.016210, 0.227094, 0.050125]);
    assert_eq!(format!("{:.1e}", curve[100]), "6.9e-10");
}

#[test]
fn the_answers_about_losses_and_data() {
    assert_eq!((1.0 + 9.0 + 20.25 + 64.0) / 8.0, 11.78125);
    let (mut network, x, y) = line();
    // The best answer that does not depend on the inputs.
    let mean = Array2::from_elem((4, 1), y.mean().unwrap());
    assert_eq!(mse(&mean, &y).0, 3.2734375);

    let twice = |array: &Array2<f64>| concatenate![Axis(0), array.view(), array.view()];
    let once = fit(&mut network, &x, &y, &settings(5, 4, 0.1)).expect("no divergence");
    let (mut network, (x, y)) = (line().0, (twice(&x), twice(&y)));
    let both = fit(&mut network, &x, &y, &settings(5, 8, 0.1)).expect("no divergence");
    assert_relative_eq!(once.as_slice(), both.as_slice(), epsilon = 1e-12);

    let mut bytes_for = [0; 100];
    (0..256).for_each(|r: usize| bytes_for[r % 100] += 1);
    assert!(bytes_for[..56].iter().all(|it| *it == 3) && bytes_for[56..].iter().all(|it| *it == 2));
}

/// Places chosen among all: nine runs on six orders. Never the own one: cycles of length n alone.
#[test]
fn other_shuffles_are_not_even() {
    let mut counts = std::collections::BTreeMap::<_, usize>::new();
    for run in 0..9 {
        let mut order = [0, 1, 2];
        order.swap(2, run / 3);
        order.swap(1, run % 3);
        *counts.entry(order).or_default() += 1;
    }
    let counts: Vec<_> = counts.into_values().collect();
    assert_eq!([1, 2].map(|n| counts.iter().filter(|it| **it == n).count()), [3, 3]);
    for run in 0..6 {
        let mut order = [0, 1, 2, 3];
        order.swap(3, run % 3);
        order.swap(2, run / 3);
        order.swap(1, 0);
        let mut at = 0;
        let length = (1..).find(|_| {
            at = order[at];
            at == 0
        });
        assert_eq!(length, Some(4));
    }
}

/// In f32 on an A100 with 80 GB, by its data sheet.
#[test]
fn what_a_step_costs() {
    let products = [[32, 16, 2], [32, 1, 16], [32, 2, 16], [32, 16, 1], [16, 2, 32], [1, 16, 32]];
    let flops = products.map(|[m, n, k]| 2 * m * n * k);
    assert_eq!(flops, [2_048, 1_024, 2_048, 1_024, 2_048, 1_024]);
    assert_eq!((flops.iter().sum::<usize>(), 6 * 32 * 48, 2 * 65), (9_216, 9_216, 130));
    let (parameters, flops_a_second, bytes_a_second) = (1e8, 19.5e12, 2.039e12);
    let of_products = |batch: f64| 6.0 * batch * parameters;
    let flops = [32.0, 1024.0].map(|batch| format!("{:.2e}", of_products(batch)));
    assert_eq!(flops, ["1.92e10", "6.14e11"]);
    let milliseconds = [32.0, 1024.0].map(|batch| 1e3 * of_products(batch) / flops_a_second);
    assert_eq!(format!("{:.2} {:.1}", milliseconds[0], milliseconds[1]), "0.98 31.5");
    let step = 1e3 * 12.0 * parameters / bytes_a_second;
    assert_eq!(format!("{step:.2}"), "0.59");
    assert!(step > 1e3 * 2.0 * parameters / flops_a_second, "memory is the limit");
    assert!(step / (step + milliseconds[0]) > 1.0 / 3.0);
    assert_eq!(
        [8.0, 16.0].map(|bytes| format!("{:.1} GB", bytes * parameters / 1e9)),
        ["0.8 GB", "1.6 GB"]
    );
}
