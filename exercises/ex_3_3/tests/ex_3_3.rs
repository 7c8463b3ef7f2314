//! The visible tests of lesson 3.3.

use ex_3_3::{Identity, Layer, Linear, Sequential, Tanh, mse};
use gradcheck::{check_backward, check_loss, random};
use ndarray::{Array1, Array2, ArrayD, Ix1, Ix2, array};
use rstest::rstest;

type Network = Sequential<Linear, Sequential<Tanh, Linear>>;

fn network(w1: &Array2<f64>, b1: &Array1<f64>, w2: &Array2<f64>, b2: &Array1<f64>) -> Network {
    let [first, last] = [(w1, b1), (w2, b2)]
        .map(|(w, b): (&Array2<f64>, &Array1<f64>)| Linear::new(w.clone(), b.clone()));
    Sequential(first, Sequential(Tanh, last))
}

/// The network of the brief, its inputs and its targets.
fn example() -> (Network, Array2<f64>, Array2<f64>) {
    let network = network(
        &array![[0.5, -0.25], [1.0, 0.75], [-0.5, 0.3]],
        &array![0.1, -0.2, 0.3],
        &array![[1.0, -1.0, 0.5], [0.25, 0.5, -0.75]],
        &array![0.0, 0.1],
    );
    let x = array![[1.0, -2.0], [0.5, 1.0], [-1.0, 0.5]];
    (network, x, array![[0.5, -0.5], [1.0, 0.0], [0.0, 0.25]])
}

#[track_caller]
fn assert_close(name: &str, yours: f64, expected: f64, tolerance: f64) {
    let is_close = (yours - expected).abs() <= tolerance;
    assert!(is_close, "\n{name}\nexpected: {expected}\nyours:    {yours}\n");
}

#[track_caller]
fn assert_shapes<'a>(name: &str, yours: impl Iterator<Item = &'a [usize]>, expected: &[&[usize]]) {
    let yours: Vec<_> = yours.collect();
    assert!(
        yours == expected,
        "\nthe shapes of {name}\nexpected: {expected:?}\nyours:    {yours:?}\n"
    );
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// The example's table, as the test prints it.
const TABLE: &str = "\
O =
[[1.072848414, 0.495968445],
 [-0.513950591, 0.263538519],
 [0.566123828, -0.914115788]]
L = 0.892878191
dL/dX =
[[0.076273619, -0.062227738],
 [0.115429177, 0.194767264],
 [-0.258925017, -0.120447342]]
gradients of the parameters:
[[-0.210979174, -0.639480718],
 [0.2977038, 0.141499825],
 [-0.401398023, -0.023319931]]
[-0.309057342, -0.009472801, -0.1935585]
[[0.01168512, -0.637845306, -0.156946517],
 [0.461372615, 0.131040567, -0.477968295]]
[-0.124992783, 0.031797058]";

#[test]
fn the_example_prints_its_table() {
    let (network, x, y) = example();
    let (o, cache) = network.forward(&x);
    let (loss, d_o) = mse(&o, &y);
    let (dx, gradients) = network.backward(&cache, &d_o);
    let gradients: Vec<_> = gradients.iter().map(|it| it.mapv(rounded).to_string()).collect();
    let yours = format!(
        "O =\n{}\nL = {}\ndL/dX =\n{}\ngradients of the parameters:\n{}",
        o.mapv(rounded),
        rounded(loss),
        dx.mapv(rounded),
        gradients.join("\n")
    );
    assert!(
        yours == TABLE,
        "the example's table differs\n\nexpected:\n{TABLE}\n\nyours:\n{yours}\n"
    );
}

/// u = x², the first function of the brief.
struct Square;

impl Layer for Square {
    type Cache = Array2<f64>;

    fn forward(&self, x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        (x.pow2(), x.clone())
    }

    fn backward(&self, x: &Array2<f64>, du: &Array2<f64>) -> (Array2<f64>, Vec<ArrayD<f64>>) {
        (2.0 * x * du, Vec::new())
    }
}

/// y = sin(u), the second.
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
fn a_sequential_runs_layers_that_it_does_not_know() {
    let both = Sequential(Square, Sine);
    let (y, cache) = both.forward(&array![[1.5]]);
    assert_close("y", y[[0, 0]], 0.778073, 1e-6);
    let (dx, gradients) = both.backward(&cache, &array![[2.0]]);
    assert_close("dL/dx", dx[[0, 0]], -3.769042, 1e-6);
    assert!(gradients.is_empty(), "two layers without parameters have no gradients of parameters");
    let (du, _) = Sine.backward(&array![[2.25]], &array![[2.0]]);
    assert_close("dL/du", du[[0, 0]], -1.256347, 1e-6);
}

#[rstest]
#[case::one_sample_one_output(array![[1.0]], array![[3.0]], 2.0, array![[-2.0]])]
#[case::two_samples(array![[1.0], [2.0]], array![[0.0], [0.0]], 1.25, array![[0.5], [1.0]])]
#[case::two_outputs(array![[1.0, 2.0]], array![[0.0, 0.0]], 2.5, array![[1.0, 2.0]])]
fn the_loss_is_a_mean_over_the_samples(
    #[case] o: Array2<f64>,
    #[case] y: Array2<f64>,
    #[case] loss: f64,
    #[case] gradient: Array2<f64>,
) {
    let (yours, d_o) = mse(&o, &y);
    assert_close("L", yours, loss, 1e-12);
    let is_close = d_o.shape() == gradient.shape()
        && d_o.iter().zip(&gradient).all(|(yours, expected)| (yours - expected).abs() <= 1e-12);
    assert!(is_close, "\ndL/dO\nexpected: {gradient}\nyours:    {d_o}\n");
}

#[rstest]
#[case::one_sample(1, 4, 3)]
#[case::square(3, 3, 3)]
#[case::one_output(5, 3, 1)]
fn a_linear_layer_agrees_with_finite_differences(
    #[case] samples: usize,
    #[case] d_in: usize,
    #[case] d_out: usize,
) {
    let (x, w): (Array2<f64>, Array2<f64>) = (random([samples, d_in], 1), random([d_out, d_in], 2));
    let b: Array1<f64> = random([d_out], 3);
    check_backward(
        (("X", &x), ("W", &w), ("b", &b)),
        |(x, w, b)| Linear::new(w.clone(), b.clone()).forward(x).0,
        |(x, w, b), dz| {
            let layer = Linear::new(w.clone(), b.clone());
            let (dx, gradients) = layer.backward(&layer.forward(x).1, dz);
            let listed = gradients.iter().map(|it| it.shape());
            assert_shapes(
                "dL/dW and dL/db, as `Linear` lists them",
                listed,
                &[w.shape(), b.shape()],
            );
            let [dw, db]: [ArrayD<f64>; 2] = gradients.try_into().expect("two gradients");
            let dw = dw.into_dimensionality::<Ix2>().expect("W has two axes");
            (dx, dw, db.into_dimensionality::<Ix1>().expect("b has one axis"))
        },
    )
    .assert();
}

#[test]
fn tanh_agrees_with_finite_differences() {
    let z: Array2<f64> = random([4, 3], 1);
    check_backward(
        (("Z", &z),),
        |(z,)| Tanh.forward(z).0,
        |(z,), da| (Tanh.backward(&Tanh.forward(z).1, da).0,),
    )
    .assert();
}

#[test]
fn the_network_agrees_with_finite_differences() {
    let (network_of_example, x, y) = example();
    let (o, cache) = network_of_example.forward(&x);
    let (dx, gradients) = network_of_example.backward(&cache, &mse(&o, &y).1);
    check_loss(("X", &x, &dx), |x| mse(&network_of_example.forward(x).0, &y).0).assert();
    let parameters: Vec<_> =
        network_of_example.parameters().iter().map(|it| it.to_owned()).collect();
    for (at, (parameter, gradient)) in parameters.iter().zip(&gradients).enumerate() {
        let name = ["W₁", "b₁", "W₂", "b₂"][at];
        check_loss((name, parameter, gradient), |moved| {
            let mut network = network_of_example.clone();
            network.parameters_mut()[at].assign(moved);
            mse(&network.forward(&x).0, &y).0
        })
        .assert();
    }
}

#[test]
fn every_parameter_is_listed_once_and_has_its_gradient() {
    let (mut network, x, _) = example();
    let shapes: [&[usize]; 4] = [&[3, 2], &[3], &[2, 3], &[2]];
    let (o, cache) = network.forward(&x);
    let (_, gradients) = network.backward(&cache, &o);
    assert_shapes("`parameters`", network.parameters().iter().map(|it| it.shape()), &shapes);
    assert_shapes("the gradients", gradients.iter().map(|it| it.shape()), &shapes);
    assert_shapes(
        "`parameters_mut`",
        network.parameters_mut().iter().map(|it| it.shape()),
        &shapes,
    );
}

#[test]
fn a_second_forward_pass_leaves_the_first_as_it_was() {
    let (network, x, y) = example();
    let (_, first) = network.forward(&x);
    let before = network.backward(&first, &y);
    let (_, _second) = network.forward(&(2.0 * &x));
    let same = network.backward(&first, &y) == before;
    assert!(same, "the gradients of the first batch are others after a second forward pass");
}

#[test]
fn an_identity_changes_nothing() {
    let (network, x, y) = example();
    let (o, cache) = network.forward(&x);
    let expected = (o, network.backward(&cache, &y));
    let with_identity = Sequential(Identity, Sequential(network, Identity));
    let (o, cache) = with_identity.forward(&x);
    let same = (o, with_identity.backward(&cache, &y)) == expected;
    assert!(same, "with an `Identity` on either side, the network gives other results");
}
