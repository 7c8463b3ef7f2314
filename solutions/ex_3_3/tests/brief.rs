//! The numbers and the Rust that the brief, the page and the derivation of lesson 3.3 show.

use approx::assert_relative_eq;
use ex_3_3::{Identity, Layer, Linear, Sequential, Tanh, mse};
use ndarray::{Array1, Array2, ArrayD, array, s};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[test]
fn caches_grow_with_the_batch_and_parameters_do_not() {
    let linear = |d_in, d_out| Linear::new(Array2::zeros((d_out, d_in)), Array1::zeros(d_out));
    let network = Sequential(linear(784, 256), Sequential(Tanh, linear(256, 10)));
    let parameters: usize = network.parameters().iter().map(|it| it.len()).sum();
    assert_eq!((parameters, 8 * parameters), (203_530, 1_628_240));
    assert_eq!(format!("{:.1}", 8.0 * parameters as f64 / 1e6), "1.6");
    let cached = |samples| {
        let (_, (x, (a, inputs))) = network.forward(&Array2::zeros((samples, 784)));
        x.len() + a.len() + inputs.len()
    };
    assert_eq!((cached(32), 8 * cached(32)), (41_472, 331_776));
    assert!(cached(157) < parameters && cached(158) > parameters);
    assert_eq!(2 * 32 * (784 * 256 + 256 * 10), 13_008_896, "FLOPs of the products, forward");
}

struct Pair(f64, f64);

impl Pair {
    fn sum(&self) -> f64 {
        self.0 + self.1
    }
}

#[test]
fn the_rust_of_the_brief_does_what_it_says() {
    let linear = || Linear::new(Array2::zeros((2, 2)), Array1::zeros(2));
    let (a, b, c) = (linear(), Tanh, linear());
    assert_eq!(Sequential(a, Sequential(b, c)).parameters().len(), 4);
    let (w, b) = (Array2::<f64>::zeros((2, 3)), Array1::<f64>::zeros(2));
    let mut p = vec![w.view().into_dyn(), b.view().into_dyn()];
    let q = p.clone();
    p.extend(q);
    assert_eq!(p.len(), 4);
    let pair = (1.0, 2.0);
    let (first, second) = pair;
    assert_eq!(Pair(first, second).sum(), 3.0);
}

/// y = sin(u), as the page shows it.
struct Sine;

impl Layer for Sine {
    type Cache = Array2<f64>;

    fn forward(&self, u: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        (u.sin(), u.clone())
    }

    fn backward(&self, u: &Array2<f64>, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        (u.cos() * dy, Vec::new())
    }
}

#[test]
fn the_sine_of_a_square() {
    let x = array![[1.5]];
    let (y, cache) = Sine.forward(&x.pow2());
    let du = Sine.backward(&cache, &array![[2.0]]).0;
    let dx = &du * (2.0 * &x);
    assert_eq!(cache, array![[2.25]]);
    assert_relative_eq!(du[[0, 0]], -1.256347, epsilon = 5e-7);
    assert_relative_eq!(y[[0, 0]], 0.778073, epsilon = 5e-7);
    assert_relative_eq!(dx[[0, 0]], -3.769042, epsilon = 5e-7);
}

type Network = Sequential<Linear, Sequential<Tanh, Linear>>;

/// The network of the brief, its inputs and its targets.
fn example() -> (Network, Array2<f64>, Array2<f64>) {
    let first = Linear::new(array![[0.5, -0.25], [1.0, 0.75], [-0.5, 0.3]], array![0.1, -0.2, 0.3]);
    let last = Linear::new(array![[1.0, -1.0, 0.5], [0.25, 0.5, -0.75]], array![0.0, 0.1]);
    let x = array![[1.0, -2.0], [0.5, 1.0], [-1.0, 0.5]];
    let network = Sequential(first, Sequential(Tanh, last));
    (network, x, array![[0.5, -0.5], [1.0, 0.0], [0.0, 0.25]])
}

#[track_caller]
fn assert_all(found: &Array2<f64>, stated: &Array2<f64>) {
    assert_relative_eq!(found.as_slice().unwrap(), stated.as_slice().unwrap(), epsilon = 5e-7);
}

#[test]
fn what_passes_between_the_parts() {
    let (Sequential(first, Sequential(tanh, last)), x, y) = example();
    let (z, of_first) = first.forward(&x);
    let (a, of_tanh) = tanh.forward(&z);
    let (o, of_last) = last.forward(&a);
    let (loss, d_o) = mse(&o, &y);
    assert_all(&z, &array![[1.1, -0.7, -0.8], [0.1, 1.05, 0.35], [-0.525, -0.825, 0.95]]);
    assert_all(
        &a,
        &array![
            [0.800499, -0.604368, -0.664037],
            [0.099668, 0.781806, 0.336376],
            [-0.481550, -0.677782, 0.739783]
        ],
    );
    assert_all(&o, &array![[1.072848, 0.495968], [-0.513951, 0.263539], [0.566124, -0.914116]]);
    let alone = |i| mse(&o.slice(s![i..=i, ..]).to_owned(), &y.slice(s![i..=i, ..]).to_owned()).0;
    let losses = array![[alone(0), alone(1), alone(2)]];
    assert_all(&losses, &array![[0.660054, 1.180749, 0.837831]]);
    assert_relative_eq!(loss, losses.mean().unwrap(), epsilon = 1e-15);
    assert_relative_eq!(loss, 0.892878, epsilon = 5e-7);

    let (da, of_last) = last.backward(&of_last, &d_o);
    let (dz, _) = tanh.backward(&of_tanh, &da);
    let (dx, of_first) = first.backward(&of_first, &dz);
    let stated = [vec![-0.309057, -0.009473, -0.193559], vec![-0.124993, 0.031797]];
    for (found, stated) in [of_first, of_last].iter().zip(stated) {
        assert_relative_eq!(found[1].as_slice().unwrap(), &stated[..], epsilon = 5e-7);
    }
    assert_all(&d_o, &array![[0.190949, 0.331989], [-0.504650, 0.087846], [0.188708, -0.388039]]);
    assert_all(
        &da,
        &array![
            [0.273947, -0.024955, -0.153517],
            [-0.482689, 0.548573, -0.318210],
            [0.091698, -0.382727, 0.385383]
        ],
    );
    assert_all(
        &dz,
        &array![
            [0.098402, -0.015840, -0.085825],
            [-0.477894, 0.213274, -0.282205],
            [0.070434, -0.206907, 0.174471]
        ],
    );
    assert_all(&dx, &array![[0.076274, -0.062228], [0.115429, 0.194767], [-0.258925, -0.120447]]);
}

/// Sample 1, in the derivation.
#[test]
fn one_sample_on_its_way_back() {
    let (Sequential(first, Sequential(tanh, last)), x, y) = example();
    let (a, of_tanh) = tanh.forward(&first.forward(&x).0);
    let (o, of_last) = last.forward(&a);
    let d_o = mse(&o, &y).1;
    let da = last.backward(&of_last, &d_o).0;
    let dz = tanh.backward(&of_tanh, &da).0;
    let errors = &o - &y;
    let computed = [
        (o[[0, 0]], 1.07284841),
        (o[[0, 1]], 0.49596844),
        (errors[[0, 0]], 0.57284841),
        (errors[[0, 1]], 0.99596844),
        (d_o[[0, 0]], 0.19094947),
        (d_o[[0, 1]], 0.33198948),
        (a[[0, 0]], 0.80049902),
        (da[[0, 0]], 0.27394684),
        (dz[[0, 0]], 0.09840207),
        (dz[[0, 1]], -0.01583976),
        (dz[[0, 2]], -0.08582468),
    ];
    for (found, stated) in computed {
        assert_relative_eq!(found, stated, epsilon = 5e-9);
    }
    // From the numbers that a reader has.
    assert_relative_eq!(0.57284841 / 3.0, 0.19094947, epsilon = 5e-9);
    assert_relative_eq!(0.99596844 / 3.0, 0.33198948, epsilon = 5e-9);
    assert_relative_eq!(0.19094947 * 1.0 + 0.33198948 * 0.25, 0.27394684, epsilon = 5e-9);
    assert_relative_eq!(0.27394684 * (1.0 - 0.80049902_f64.powi(2)), 0.09840207, epsilon = 5e-9);
    let dx = 0.09840207 * 0.5 - 0.01583976 * 1.0 - 0.08582468 * -0.5;
    assert_relative_eq!(dx, 0.076274, epsilon = 5e-7);
}

#[test]
fn a_weight_that_is_moved_moves_the_loss() {
    let (network, x, y) = example();
    let loss = |weight: f64| {
        let mut network = network.clone();
        network.parameters_mut()[0][[0, 1]] = weight;
        mse(&network.forward(&x).0, &y).0
    };
    let (above, below) = (loss(-0.249), loss(-0.251));
    assert_relative_eq!(-0.25 + 0.001, -0.249);
    assert_relative_eq!(above, 0.89223874, epsilon = 5e-9);
    assert_relative_eq!(below, 0.89351770, epsilon = 5e-9);
    assert_relative_eq!((0.89223874 - 0.89351770) / 0.002, -0.63948, epsilon = 5e-6);
    let (o, cache) = network.forward(&x);
    let gradient = network.backward(&cache, &mse(&o, &y).1).1[0][[0, 1]];
    assert_relative_eq!(gradient, -0.63948, epsilon = 5e-6);
    assert_relative_eq!((above - below) / (-0.249 - -0.251), gradient, epsilon = 1e-6);
    assert_eq!(network.parameters()[0][[0, 1]], -0.25);
}

/// A mean over all entries, without the ½: what PyTorch's `mse_loss` is.
#[test]
fn two_outputs_hide_another_mean() {
    let (network, x, y) = example();
    let o = network.forward(&x).0;
    let over_entries = |o: &Array2<f64>, y: &Array2<f64>| (o - y).pow2().mean().unwrap();
    assert_relative_eq!(over_entries(&o, &y), 0.892878, epsilon = 5e-7);
    assert_relative_eq!(over_entries(&o, &y), mse(&o, &y).0, epsilon = 1e-15);
    let (o, y) = (Array2::ones((2, 3)), Array2::zeros((2, 3)));
    assert_eq!((over_entries(&o, &y), mse(&o, &y).0), (1.0, 1.5));
}

#[test]
fn gradients_that_are_added_are_twice_as_large() {
    let (network, x, y) = example();
    let (o, cache) = network.forward(&x);
    let db2 = 2.0 * &network.backward(&cache, &mse(&o, &y).1).1[3];
    let db2 = db2.as_slice().unwrap();
    assert_relative_eq!(db2, [-0.249986, 0.063594].as_slice(), epsilon = 5e-7);
}

#[test]
fn the_grouping_of_layers_leaves_every_bit() {
    let (network, x, y) = example();
    let Sequential(a, Sequential(b, c)) = network.clone();
    let other = Sequential(Sequential(a, b), Sequential(c, Identity));
    let (o, cache) = network.forward(&x);
    let (of_other, cache_of_other) = other.forward(&x);
    assert_eq!(o, of_other);
    assert_eq!(network.backward(&cache, &y), other.backward(&cache_of_other, &y));
}

/// Two halves, each with its own mean, as one batch.
#[test]
fn gradients_of_two_halves_make_that_of_the_batch() {
    let (network, ..) = example();
    let (x, y) = (gradcheck::random((32, 2), 1), gradcheck::random((32, 2), 2));
    let gradients = |x: &Array2<f64>, y: &Array2<f64>| {
        let (o, cache) = network.forward(x);
        network.backward(&cache, &mse(&o, y).1).1
    };
    let half = |rows: std::ops::Range<usize>| {
        gradients(&x.slice(s![rows.clone(), ..]).to_owned(), &y.slice(s![rows, ..]).to_owned())
    };
    for ((whole, first), second) in gradients(&x, &y).iter().zip(half(0..16)).zip(half(16..32)) {
        let difference = whole - (first + second) / 2.0;
        assert!(difference.iter().all(|it| it.abs() < 1e-15), "{difference}");
    }
}

/// y = x + f(x).
struct Residual<F>(F);

impl<F: Layer> Layer for Residual<F> {
    type Cache = F::Cache;

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, F::Cache) {
        let (y, cache) = self.0.forward(x);
        (x + y, cache)
    }

    fn backward(&self, cache: &F::Cache, dy: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        let (dx, gradients) = self.0.backward(cache, dy);
        (dy + dx, gradients)
    }
}

#[test]
fn a_residual_layer_adds_two_paths() {
    let x: Array2<f64> = gradcheck::random((4, 3), 1);
    let layer = Residual(Sine);
    gradcheck::check_backward(
        (("X", &x),),
        |(x,)| layer.forward(x).0,
        |(x,), dy| (layer.backward(&layer.forward(x).1, dy).0,),
    )
    .assert();
}

/// In f32 on an A100 with 80 GB, by its data sheet: m, n and k of the forward products.
#[test]
fn the_network_of_the_brief_on_a_gpu() {
    let flops = |[m, n, k]: [usize; 3]| 2 * m * n * k;
    let bytes = |[m, n, k]: [usize; 3]| 4 * (m * k + k * n + m * n);
    let (first, last) = ([32, 256, 784], [32, 10, 256]);
    assert_eq!([flops(first), 2 * flops(first)], [12_845_056, 25_690_112]);
    assert_eq!([flops(last), 2 * flops(last)], [163_840, 327_680]);
    assert_eq!([bytes(first), bytes(last)], [935_936, 44_288]);
    let intensity = [first, last].map(|it| flops(it) as f64 / bytes(it) as f64);
    assert_eq!(intensity.map(|it| format!("{it:.1}")), ["13.7", "3.7"]);
    let tanh = 32 * 256;
    // A square, a difference and a product for each element on the way back.
    assert_eq!([tanh, 3 * tanh, 2 * 4 * tanh], [8_192, 24_576, 65_536]);
    let backward = 2 * (flops(first) + flops(last));
    assert_eq!(backward, 26_017_792);
    let [of_backward, of_step] =
        [backward, 3 * backward / 2].map(|it| flops(first) as f64 / it as f64);
    assert_eq!(format!("{of_backward:.2}, {of_step:.2}"), "0.49, 0.33");
    assert_eq!(format!("{:.1}", 19.5e12 / 2.039e12), "9.6");
    let microseconds = 1e6 * (flops(first) as f64 / 19.5e12).max(bytes(first) as f64 / 2.039e12);
    assert_eq!(format!("{microseconds:.2}"), "0.66");
    let caches = 4096 * (784 + 256 + 256);
    let megabytes = |numbers: usize| 4.0 * numbers as f64 / 1e6;
    assert_eq!((caches, format!("{:.1}", megabytes(caches))), (5_308_416, "21.2".to_owned()));
    assert_eq!(format!("{:.2}", megabytes(203_530)), "0.81");
}
