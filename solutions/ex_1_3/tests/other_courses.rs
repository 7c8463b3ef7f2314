//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use close::close;
use ndarray::{Array2, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../close.rs"]
mod close;
#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Forward = fn(&Array2<f64>) -> Array2<f64>;
type Backward = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;

/// The activations of a variant, each with what its backward pass is handed.
struct Activations {
    sigmoid: (Forward, Backward),
    tanh: (Forward, Backward),
    relu: (Forward, Backward),
}

macro_rules! activations {
    ($($of:ident)::*) => {
        Activations {
            sigmoid: ($($of)::*::sigmoid, $($of)::*::sigmoid_backward),
            tanh: ($($of)::*::tanh, $($of)::*::tanh_backward),
            relu: ($($of)::*::relu, $($of)::*::relu_backward),
        }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), activations!(wrong::$name))),*] };
}

fn variants() -> impl Iterator<Item = (&'static str, Activations)> {
    let all = all!(
        sigmoid_falls relu_passes_everything relu_folds leaky_max leaky_alpha_fixed
        sigmoid_applied_twice tanh_applied_twice slope_of_tanh_for_sigmoid upstream_dropped
        relu_gated_by_upstream relu_output_for_slope leak_forgotten_in_backward bias_not_pushed
        first_bias_dropped collapse_order layers_from_the_end layers_between_skipped
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

/// The variants that a policy accepts, of those that are wrong in what it looks at.
fn accepted(
    looks_at: fn(&Activations) -> Vec<Array2<f64>>,
    accepts: fn(&Activations) -> bool,
) -> Vec<&'static str> {
    let right = activations!(ex_1_3);
    assert!(accepts(&right));
    let wrong = variants().filter(|(_, it)| looks_at(it) != looks_at(&right));
    wrong.filter(|(_, it)| accepts(it)).map(|(name, _)| name).collect()
}

fn of_relu(it: &Activations) -> Vec<Array2<f64>> {
    let (z, da) = (array![[-2.0, -0.5, 0.5, 2.0]], array![[-1.5, 0.5, -0.25, 2.0]]);
    vec![it.relu.0(&z), it.relu.1(&da, &z)]
}

/// All inputs that `randint(0, 100) / 20` can give, and the loss Σ relu(z)².
#[test]
fn inputs_that_are_never_negative() {
    let accepts = |it: &Activations| {
        let z = Array2::from_shape_fn((10, 10), |(i, j)| (10 * i + j) as f64 / 20.0);
        let a = it.relu.0(&z);
        let dz = it.relu.1(&(2.0 * &a), &z);
        close(&a, &z, [1e-5; 2]) && close(&dz, &(2.0 * &z), [1e-5; 2])
    };
    other_courses::compare("1.3 Inputs that are never negative", &accepted(of_relu, accepts));
}

fn of_all(it: &Activations) -> Vec<Array2<f64>> {
    let (z, da) = (array![[-2.0, -0.5, 0.5, 2.0]], array![[-1.5, 0.5, -0.25, 2.0]]);
    let smooth = [it.sigmoid, it.tanh].map(|(forward, backward)| backward(&da, &forward(&z)));
    smooth.into_iter().chain(of_relu(it)).collect()
}

/// Outputs compared with known ones, and gradients of their sum with central differences.
#[test]
fn an_upstream_gradient_of_ones() {
    let accepts = |it: &Activations| {
        let z = Array2::from_shape_fn((8, 25), |(i, j)| (25 * i + j) as f64 - 99.6);
        let ones = Array2::ones(z.dim());
        let slopes = |forward: Forward| (forward(&(&z + 1e-6)) - forward(&(&z - 1e-6))) / 2e-6;
        let right = activations!(ex_1_3);
        let known = [(it.sigmoid, right.sigmoid), (it.tanh, right.tanh), (it.relu, right.relu)];
        let smooth = |(forward, backward): (Forward, Backward)| {
            close(&backward(&ones, &forward(&z)), &slopes(forward), [1e-2; 2])
        };
        known.iter().all(|(found, wanted)| close(&found.0(&z), &wanted.0(&z), [1e-2; 2]))
            && smooth(it.sigmoid)
            && smooth(it.tanh)
            && close(&it.relu.1(&ones, &z), &slopes(it.relu.0), [1e-2; 2])
    };
    other_courses::compare("1.3 An upstream gradient of ones", &accepted(of_all, accepts));
}
