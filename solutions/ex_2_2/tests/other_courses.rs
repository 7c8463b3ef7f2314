//! What a single printed example accepts of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_2_2::{Forward, Gradients};

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

type OfForward = fn(f64, f64, f64, f64) -> Forward;
type OfBackward = fn(f64, f64, f64, f64) -> Gradients;

macro_rules! all {
    ($($name:ident)*) => {
        [$((stringify!($name), wrong::$name::forward as OfForward, wrong::$name::backward as OfBackward)),*]
    };
}

#[test]
fn one_printed_example() {
    let all = all!(
        manual_tanh bias_gradient_times_b activation_derivative_missing activation_derivative_at_a
        activation_derivative_of_z parentheses_missing sign_flipped half_missing input_missing_in_dw
    );
    let names = all.map(|(name, ..)| name);
    assert_eq!(names[..], other_courses::variants(include_str!("../wrong.rs")));
    let is_printed = |forward: OfForward, backward: OfBackward| {
        let Forward { z, a, loss } = forward(2.0, -0.5, 1.0, 0.8);
        let Gradients { da, dz, dw, db } = backward(2.0, -0.5, 1.0, 0.8);
        let printed = [0.0, 0.0, 0.32, -0.8, -0.8, -1.6, -0.8];
        [z, a, loss, da, dz, dw, db]
            .iter()
            .zip(printed)
            .all(|(it, printed)| (it - printed).abs() < 1e-9)
    };
    assert!(is_printed(ex_2_2::forward, ex_2_2::backward));
    let accepted = all.into_iter().filter(|(_, forward, backward)| is_printed(*forward, *backward));
    let accepted: Vec<_> = accepted.map(|(name, ..)| name).collect();
    other_courses::compare("2.2 One printed example", &accepted);
}
