//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use gradcheck::random;
use ndarray::{Array2, Array3, array};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// Whether the rows of some ids agree with a snapshot; nothing comes back.
macro_rules! forward_agrees {
    ($($of:ident)::*) => {{
        let e: Array2<f64> = random((8, 4), 1);
        let ids: Array2<usize> = array![[5, 2, 7, 2, 0], [3, 3, 1, 6, 4]];
        let snapshot: Array3<f64> = ex_5_4::embed(&e, &ids);
        let y = $($of)::*::embed(&e, &ids);
        y.shape() == snapshot.shape() && y.iter().zip(&snapshot).all(|(y, it)| (y - it).abs() <= 1e-2)
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), forward_agrees!(wrong::$name))),*] };
}

#[test]
fn the_forward_pass_alone() {
    assert!(forward_agrees!(ex_5_4));
    let all = all!(
        overwrites_repeated_id mean_of_repeated only_first_text rows_of_the_batch place_for_id
        counted_from_one ids_in_memory_order embedding_part_forgotten head_part_forgotten
        mean_of_both_parts mean_applied_twice table_gradient_transposed
    );
    let names = all.map(|(name, _)| name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    let accepted = all.into_iter().filter(|(_, agrees)| *agrees).map(|(name, _)| name);
    other_courses::compare("5.4 The forward pass alone", &accepted.collect::<Vec<_>>());
}
