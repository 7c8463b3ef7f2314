//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use close::close;
use gradcheck::random;
use ndarray::{Array1, Array2, Axis};

#[path = "../../close.rs"]
mod close;
#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Forward = fn(&Array2<f64>) -> Array2<f64>;
type Backward = fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>;
type Softmax = (Forward, Backward);

macro_rules! softmax {
    ($($of:ident)::*) => {
        ($($of)::*::softmax as Forward, $($of)::*::softmax_backward as Backward)
    };
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), softmax!(wrong::$name))),*] };
}

fn variants() -> impl Iterator<Item = (&'static str, Softmax)> {
    let all = all!(
        no_max_subtracted global_max_subtracted max_from_a_number log_of_softmax
        softmax_over_batch jacobian_diagonal zero_gradient unweighted_mean sum_over_batch
        normaliser_forgotten softmax_gradient_for_log mean_missing mean_missing_in_gradient
        mean_over_rows_and_classes one_hot_subtracted_after_mean gradient_of_likelihood
        target_forgotten
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    all.into_iter()
}

/// Numbers that no exponential overflows at.
fn logits() -> Array2<f64> {
    random((4, 4), 3).mapv(|it: f64| 3.0 * it)
}

/// True for what answers as the right functions do wherever the policy may look.
fn is_right((forward, backward): Softmax) -> bool {
    let (z, dp) = (logits(), random((4, 4), 7));
    let p = ex_4_4::softmax(&z);
    close(&forward(&z), &p, [1e-12; 2])
        && close(&backward(&dp, &p), &ex_4_4::softmax_backward(&dp, &p), [1e-12; 2])
}

/// Rows that add up to 1, and the gradient of the sum of all probabilities against central differences.
fn accepts((forward, backward): Softmax) -> bool {
    let z = logits();
    let p = forward(&z);
    let mut differences = Array2::zeros(z.dim());
    for (at, difference) in differences.indexed_iter_mut() {
        let sum_at = |step: f64| {
            let mut moved = z.clone();
            moved[at] += step;
            forward(&moved).sum()
        };
        *difference = (sum_at(1e-6) - sum_at(-1e-6)) / 2e-6;
    }
    close(&p.sum_axis(Axis(1)), &Array1::ones(4), [1e-2; 2])
        && close(&backward(&Array2::ones(z.dim()), &p), &differences, [1e-2; 2])
}

#[test]
fn the_sum_of_probabilities() {
    let right = softmax!(ex_4_4);
    assert!(accepts(right));
    // The policy can tell: the diagonal of the Jacobian is not 0.
    assert!(!accepts(softmax!(wrong::jacobian_diagonal)));
    let wrong = variants().filter(|(_, it)| !is_right(*it));
    let accepted = wrong.filter(|(_, it)| accepts(*it)).map(|(name, _)| name);
    other_courses::compare("4.4 The sum of probabilities", &accepted.collect::<Vec<_>>());
}
