//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use gradcheck::random;
use ndarray::Array2;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type Dropout = fn(&Array2<f64>, &Array2<f64>, f64, bool) -> (Array2<f64>, Array2<f64>);

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), wrong::$name::dropout as Dropout)),*] };
}

const RIGHT: Dropout = ex_4_6::dropout;

/// The variants with wrong outputs that a policy accepts.
fn accepted(accepts: fn(Dropout) -> bool) -> Vec<&'static str> {
    let all = all!(
        keep_probability_swapped other_end_of_the_draws not_scaled scaled_by_dropped_share
        scaled_down bound_excluded nan_where_all_is_dropped one_draw_for_each_row
        one_draw_for_each_column mask_from_outputs dropped_in_evaluation scaled_in_evaluation
        scale_missing_in_backward mask_ignored_in_backward scaled_twice_in_backward
        way_around_missing way_around_overwritten layer_missing_in_backward way_around_doubled
        normalised_way_around post_norm norm_behind_the_layer backward_in_forward_order
        way_around_through_the_norm
    );
    let names = all.each_ref().map(|(name, _)| *name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    assert!(accepts(RIGHT));
    let wrong = all.into_iter().filter(|(_, it)| outputs(*it) != outputs(RIGHT));
    wrong.filter(|(_, it)| accepts(*it)).map(|(name, _)| name).collect()
}

fn numbers() -> (Array2<f64>, Array2<f64>) {
    (random((3, 4), 1), random((3, 4), 2).mapv(|it: f64| (it + 1.0) / 2.0))
}

fn outputs(dropout: Dropout) -> [Array2<f64>; 2] {
    let (x, u) = numbers();
    [true, false].map(|training| dropout(&x, &u, 0.3, training).0)
}

/// Nothing is dropped for p = 0 and everything for p = 1, which evaluation ignores.
#[test]
fn the_ends_alone() {
    let accepts = |dropout: Dropout| {
        let (x, u) = numbers();
        dropout(&x, &u, 0.0, true).0 == x
            && dropout(&x, &u, 1.0, true).0.iter().all(|it| *it == 0.0)
            && dropout(&x, &u, 1.0, false).0 == x
    };
    other_courses::compare("4.6 Only p = 0 and p = 1", &accepted(accepts));
}
