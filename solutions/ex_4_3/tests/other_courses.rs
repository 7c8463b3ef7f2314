//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use gradcheck::random;
use ndarray::{Array2, array};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Forward = fn(&Array2<f64>) -> Array2<f64>;
type Backward = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;
type Silu = (Forward, Backward);

macro_rules! silu {
    ($($of:ident)::*) => { ($($of)::*::silu as Forward, $($of)::*::silu_backward as Backward) };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), silu!(wrong::$name))),*] };
}

fn variants() -> impl Iterator<Item = (&'static str, Silu)> {
    let all = all!(
        tanh_form_for_exact exact_for_tanh_form sigmoid_1702 erf_without_sqrt2
        product_rule_missing_in_gelu product_rule_missing_in_silu silu_derivative_of_sigmoid
        cubic_derivative_missing inner_derivative_missing slope_at_the_output
        sigmoid_of_the_magnitude upstream_dropped gate_without_z
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

/// What a variant answers where everything about SiLU varies.
fn answers((forward, backward): Silu) -> [Array2<f64>; 2] {
    let (z, dy) = (array![[-2.0, -0.5, 0.5, 2.0]], array![[-1.5, 0.5, -0.25, 2.0]]);
    [forward(&z), backward(&dy, &z)]
}

/// Values alone, of numbers from 0 to 1, within 10⁻⁶.
fn accepts((forward, _): Silu) -> bool {
    let z = random((5, 5), 4).mapv(|it: f64| it.abs());
    let wanted = ex_4_3::silu(&z);
    forward(&z).iter().zip(&wanted).all(|(found, wanted)| (found - wanted).abs() <= 1e-6)
}

#[test]
fn numbers_between_0_and_1() {
    let right = silu!(ex_4_3);
    assert!(accepts(right));
    let wrong = variants().filter(|(_, it)| answers(*it) != answers(right));
    let accepted = wrong.filter(|(_, it)| accepts(*it)).map(|(name, _)| name);
    other_courses::compare("4.3 Numbers between 0 and 1", &accepted.collect::<Vec<_>>());
}
