//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use std::panic::catch_unwind;

use close::close;
use gradcheck::random;
use ndarray::{Array, Array1, Array2, Dimension};

#[path = "../../close.rs"]
mod close;
#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type OfForward = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>) -> Array2<f64>;

/// The four functions of a variant.
#[derive(Clone, Copy)]
struct Layer {
    forward: OfForward,
    input: fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>,
    weight: fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>,
    bias: fn(&Array2<f64>) -> Array1<f64>,
}

macro_rules! layer {
    ($($of:ident)::*) => {
        Layer {
            forward: $($of)::*::forward,
            input: $($of)::*::backward_input,
            weight: $($of)::*::backward_weight,
            bias: $($of)::*::backward_bias,
        }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), layer!(wrong::$name))),*] };
}

const RIGHT: Layer = layer!(ex_3_2);

/// The variants with a wrong gradient that a policy accepts. One that panics is not accepted.
fn accepted(accepts: fn(Layer) -> bool) -> Vec<&'static str> {
    let all = all!(
        bias_forgotten weight_not_transposed weight_transposed_in_backward
        weight_gradient_transposed mean_applied_twice bias_gradient_mean bias_gradient_wrong_axis
        sign_flipped batch_kept_in_weight_gradient samples_looped
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(accepts(RIGHT));
    let wrong = all.into_iter().filter(|(_, layer)| gradients(*layer) != gradients(RIGHT));
    let accepted = wrong.filter(|(_, layer)| catch_unwind(|| accepts(*layer)).unwrap_or(false));
    accepted.map(|(name, _)| name).collect()
}

type Gradients = (Array2<f64>, Array2<f64>, Array1<f64>);

/// Of a square layer with a square batch, where every wrong product fits.
fn gradients(layer: Layer) -> Gradients {
    let [x, w, dz] = [1, 2, 3].map(|seed| random((3, 3), seed));
    ((layer.input)(&dz, &w), (layer.weight)(&dz, &x), (layer.bias)(&dz))
}

/// The output layer of a freshly initialised language model: four sequences of 64 tokens, a width of 64
/// and 512 words, which are all as likely: dL/dZ is (1/512 − 1)/256 at the target, and 1/512/256 elsewhere.
#[test]
fn an_absolute_tolerance() {
    let accepts = |layer: Layer| {
        let (tokens, width, words) = (4 * 64, 64, 512);
        let x: Array2<f64> = 3_f64.sqrt() * random((tokens, width), 1);
        let w: Array2<f64> = 0.02 * 3_f64.sqrt() * random((words, width), 2);
        let dz = Array2::from_shape_fn((tokens, words), |(token, word)| {
            let is_target = word == 37 * token % words;
            (1.0 / words as f64 - f64::from(u8::from(is_target))) / tokens as f64
        });
        close(&(layer.input)(&dz, &w), &(RIGHT.input)(&dz, &w), [0.02, 0.0])
            && close(&(layer.weight)(&dz, &x), &(RIGHT.weight)(&dz, &x), [0.02, 0.0])
            && close(&(layer.bias)(&dz), &(RIGHT.bias)(&dz), [0.02, 0.0])
    };
    assert!(accepts(Layer {
        input: |dz, w| Array2::zeros((dz.nrows(), w.ncols())),
        weight: |dz, x| Array2::zeros((dz.ncols(), x.ncols())),
        bias: |dz| Array1::zeros(dz.ncols()),
        ..RIGHT
    }));
    other_courses::compare("3.2 An absolute tolerance of 0.02", &accepted(accepts));
}

/// The gradient of the inputs alone, of the loss Σ z², with inputs from 0 to 4.95.
#[test]
fn only_the_gradient_of_the_inputs() {
    let accepts = |layer: Layer| {
        let x = random((3, 5), 1).mapv(|it: f64| 2.475 * (it + 1.0));
        let (w, b) = (random((4, 5), 2), random(4, 3));
        let dz = |layer: Layer| 2.0 * (layer.forward)(&x, &w, &b);
        let [found, wanted] = [layer, RIGHT].map(|it| (it.input)(&dz(it), &w));
        close(&found, &wanted, [1e-5; 2])
    };
    other_courses::compare("3.2 Only the gradient of the inputs", &accepted(accepts));
}

/// A random upstream gradient, sizes that differ, and every gradient by central differences of the
/// layer's own forward pass: the page says that it lets nothing through.
#[test]
fn a_random_upstream_gradient_and_sizes_that_differ() {
    let accepts = |layer: Layer| {
        let (x, w, b) = (random((10, 6), 1), random((5, 6), 2), random(5, 3));
        let dz: Array2<f64> = random((10, 5), 4);
        let loss = |x: &Array2<f64>, w: &_, b: &_| (&dz * &(layer.forward)(x, w, b)).sum();
        relative(&(layer.input)(&dz, &w), &numeric(&x, |x| loss(x, &w, &b))) <= 1e-7
            && relative(&(layer.weight)(&dz, &x), &numeric(&w, |w| loss(&x, w, &b))) <= 1e-7
            && relative(&(layer.bias)(&dz), &numeric(&b, |b| loss(&x, &w, b))) <= 1e-7
    };
    assert_eq!(accepted(accepts), [""; 0]);
}

fn numeric<D: Dimension>(
    at: &Array<f64, D>,
    loss: impl Fn(&Array<f64, D>) -> f64,
) -> Array<f64, D> {
    let moved = |place: usize, by: f64| {
        let mut point = at.clone();
        point.as_slice_mut().unwrap()[place] += by;
        loss(&point)
    };
    let slopes = (0..at.len()).map(|place| (moved(place, 1e-5) - moved(place, -1e-5)) / 2e-5);
    Array::from_shape_vec(at.raw_dim(), slopes.collect()).unwrap()
}

fn relative<D: Dimension>(found: &Array<f64, D>, numeric: &Array<f64, D>) -> f64 {
    assert_eq!(found.shape(), numeric.shape());
    let errors =
        found.iter().zip(numeric).map(|(a, n)| (a - n).abs() / (a.abs() + n.abs()).max(1e-8));
    errors.fold(0.0, f64::max)
}
