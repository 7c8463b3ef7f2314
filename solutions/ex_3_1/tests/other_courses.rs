//! What a comparison accepts of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_3_1::{Forward, Gradients};
use ndarray::{Array1, Array2, array};

// Links OpenBLAS, where products run on it.
use gradcheck as _;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type OfForward = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>, &Array2<f64>) -> Forward;
type OfBackward = fn(&Array2<f64>, &Array2<f64>, &Forward) -> Gradients;

macro_rules! all {
    ($($name:ident)*) => {
        [$((stringify!($name), wrong::$name::forward as OfForward, wrong::$name::backward as OfBackward)),*]
    };
}

/// One sample of the batch is far out, where tanh is 1.
#[test]
fn a_comparison_that_nan_passes() {
    let all = all!(
        sum_for_mean mean_forgotten mean_taken_late mean_applied_twice activation_derivative_missing
        activation_derivative_at_a dz_collapsed bias_gradient_wrong_axis weight_gradient_transposed
        sign_flipped half_missing manual_tanh
    );
    let names = all.each_ref().map(|(name, ..)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    let (x, y) = (array![[2.0, 0.5], [1.5, -1.0], [800.0, 1.0]], array![[0.8], [0.5], [-0.3]]);
    let (w, b) = (array![[1.0, -0.5]], array![0.25]);
    let gradients = |forward: OfForward, backward: OfBackward| {
        let Gradients { dw, db, .. } = backward(&x, &y, &forward(&x, &w, &b, &y));
        (dw, db)
    };
    let right = gradients(ex_3_1::forward, ex_3_1::backward);
    // An element is wrong where the difference is larger than the tolerance.
    let wrong = |found: f64, wanted: f64| (found - wanted).abs() > 1e-6;
    let accepts = |(dw, db): &(Array2<f64>, Array1<f64>)| {
        let same_shape = dw.dim() == right.0.dim() && db.dim() == right.1.dim();
        let mut elements = dw.iter().zip(&right.0).chain(db.iter().zip(&right.1));
        same_shape && !elements.any(|(found, wanted)| wrong(*found, *wanted))
    };
    assert!(accepts(&right));
    let found = all.map(|(name, forward, backward)| (name, gradients(forward, backward)));
    let nan = found.iter().filter(|(_, (dw, _))| dw.iter().all(|it| it.is_nan()));
    let nan: Vec<_> = nan.map(|(name, _)| *name).collect();
    assert_eq!(nan, ["manual_tanh"]);
    // The others that are accepted have the right dL/dW and dL/db.
    let differs = |it: &(Array2<f64>, Array1<f64>)| *it != right;
    let accepted = found.iter().filter(|(_, it)| accepts(it) && differs(it));
    let accepted: Vec<_> = accepted.map(|(name, _)| *name).collect();
    other_courses::compare("3.1 A comparison that NaN passes", &accepted);
}
