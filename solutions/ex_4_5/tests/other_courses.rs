//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use std::panic::catch_unwind;

use close::close;
use ex_4_5::Cache;
use gradcheck::random;
use ndarray::{Array1, Array2};

#[path = "../../close.rs"]
mod close;
#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Normalised = (Array2<f64>, Cache<f64>);
type Forward = fn(&Array2<f64>, &Array1<f64>, &Array1<f64>, f64) -> Normalised;
type Backward =
    fn(&Array2<f64>, &Cache<f64>, &Array1<f64>) -> (Array2<f64>, Array1<f64>, Array1<f64>);

/// The functions of a variant that the policies look at.
#[derive(Clone, Copy)]
struct Norms {
    layer: Forward,
    layer_backward: Backward,
    rms: fn(&Array2<f64>, &Array1<f64>, f64) -> Normalised,
}

macro_rules! norms {
    ($($of:ident)::*) => {
        Norms {
            layer: $($of)::*::layer_norm,
            layer_backward: $($of)::*::layer_norm_backward,
            rms: $($of)::*::rms_norm,
        }
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), norms!(wrong::$name))),*] };
}

const RIGHT: Norms = norms!(ex_4_5);

/// The variants that are wrong in what a policy looks at, and which it accepts.
fn accepted(
    looks_at: fn(Norms) -> Vec<Array2<f64>>,
    accepts: fn(Norms) -> bool,
) -> Vec<&'static str> {
    let all = all!(
        eps_forgotten eps_outside_root eps_fixed root_forgotten bessel one_pass_variance
        normalised_over_batch gamma_before_statistics rms_subtracts_mean rms_of_sum
        mean_term_missing variance_term_missing statistics_constant zero_gradient
        gamma_missing_in_dx sums_for_means dgamma_of_distances gamma_in_dgamma
        parameter_gradients_averaged rms_gradient_of_layer_norm rms_constant
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(accepts(RIGHT));
    let wrong = all.into_iter().filter(|(_, it)| looks_at(*it) != looks_at(RIGHT));
    let accepted = wrong.filter(|(_, it)| catch_unwind(|| accepts(*it)).unwrap_or(false));
    accepted.map(|(name, _)| name).collect()
}

/// Rows of order 1 and rows near 0, where ε decides.
fn rows() -> Array2<f64> {
    let mut x = random((4, 4), 1);
    x.row_mut(0).mapv_inplace(|it: f64| 1e-3 * it);
    x
}

fn of_rms(norms: Norms) -> Vec<Array2<f64>> {
    vec![(norms.rms)(&rows(), &random(4, 2), 1e-3).0]
}

/// Numbers from a standard normal distribution, compared within 10⁻⁴ of their size, with ε = 10⁻⁵.
#[test]
fn only_rows_of_order_1() {
    let accepts = |norms: Norms| {
        let x = normal((4 * 12, 64));
        let gamma = random(64, 2);
        let [(found, _), (wanted, _)] = [norms, RIGHT].map(|it| (it.rms)(&x, &gamma, 1e-5));
        close(&found, &wanted, [1e-6, 1e-4])
    };
    other_courses::compare("4.5 Rows of order 1 alone", &accepted(of_rms, accepts));
}

/// By twelve uniform numbers each.
fn normal(shape: (usize, usize)) -> Array2<f64> {
    (0..12).fold(Array2::zeros(shape), |sum, seed| sum + 0.5 * random::<f64, _>(shape, seed))
}

/// dL/dX alone, from the right cache.
fn of_inputs(norms: Norms) -> Vec<Array2<f64>> {
    let (gamma, beta, dy) = (random(4, 2), random(4, 3), random((4, 4), 4));
    let (_, cache) = (RIGHT.layer)(&rows(), &gamma, &beta, 1e-3);
    vec![(norms.layer_backward)(&dy, &cache, &gamma).0]
}

/// The gradient of the sum of all outputs by the inputs, with γ = 1 as a norm starts, against central
/// differences of the variant's own forward pass, within 0.01.
#[test]
fn the_sum_of_the_outputs() {
    let accepts = |norms: Norms| {
        let x: Array2<f64> = random((3, 5), 1);
        let (ones, zeros) = (Array1::ones(5), Array1::zeros(5));
        let (_, cache) = (norms.layer)(&x, &ones, &zeros, 1e-5);
        let (dx, ..) = (norms.layer_backward)(&Array2::ones(x.dim()), &cache, &ones);
        let sum = |x: &Array2<f64>| (norms.layer)(x, &ones, &zeros, 1e-5).0.sum();
        dx.indexed_iter().all(|(place, found)| {
            let moved = |by: f64| {
                let mut x = x.clone();
                x[place] += by;
                sum(&x)
            };
            let numeric = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            (found - numeric).abs() <= 0.01 + 0.01 * numeric.abs()
        })
    };
    other_courses::compare("4.5 The sum of the outputs", &accepted(of_inputs, accepts));
}
