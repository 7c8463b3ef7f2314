//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use close::close;
use gradcheck::random;
use ndarray::Array4;

#[path = "../../close.rs"]
mod close;
#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// Whether one head of four texts agrees with a snapshot, at positions that count from 0; nothing comes back.
macro_rules! one_head_agrees {
    ($($of:ident)::*) => {{
        let x: Array4<f64> = random((4, 1, 12, 64), 1);
        let x = x.mapv(|it| it as f32);
        let positions: Vec<_> = (0..12).collect();
        let snapshot = ex_5_6::rope(&x, &positions, 10_000.0);
        let y = $($of)::*::rope(&x, &positions, 10_000.0);
        close(&y, &snapshot, [1e-6, 1e-4])
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), one_head_agrees!(wrong::$name))),*] };
}

#[test]
fn one_head_at_positions_from_0() {
    assert!(one_head_agrees!(ex_5_6));
    // Those that change `rope` or its gradient.
    let all = all!(
        halves_for_pairs angles_of_halves exponent_i_over_d frequencies_grow frequencies_over_heads
        clockwise position_from_one positions_ignored backward_turns_forward
        backward_passes_through angles_in_single
    );
    let variants = other_courses::variants(include_str!("../wrong.rs"));
    assert!(all.iter().all(|(name, _)| variants.contains(name)));
    let accepted = all.into_iter().filter(|(_, agrees)| *agrees).map(|(name, _)| name);
    other_courses::compare("5.6 One head, at positions from 0", &accepted.collect::<Vec<_>>());
}
