//! What the tests of other courses accept of this lesson's wrong variants, for `docs/other-courses.md`.

use ex_3_4::Rng;
use ex_5_3::to_bytes;

#[path = "../../other_courses.rs"]
mod other_courses;
#[allow(dead_code, unused_imports, reason = "a policy looks at a part of a lesson")]
#[path = "../wrong.rs"]
mod wrong;

/// Whether 32,000 windows of 7 tokens begin at the first and at the last place among 100 tokens, and about equally
/// often wherever they begin at all, and have the next tokens for targets.
macro_rules! windows_begin_everywhere {
    ($($of:ident)::*) => {{
        let tokens: Vec<u16> = (0..100).collect();
        let (bytes, mut rng, mut counts) = (to_bytes(&tokens), Rng::new(1), [0; 93]);
        let mut are_next = true;
        for _ in 0..1000 {
            let (x, y) = $($of)::*::random_batch(&bytes, 32, 7, &mut rng);
            are_next &= y == &x + 1;
            x.column(0).iter().for_each(|start| counts[*start] += 1);
        }
        let (draws, share) = (32_000.0, 1.0 / 93.0);
        let deviation = f64::sqrt(draws * share * (1.0 - share));
        let near = |count: &i32| (f64::from(*count) - draws * share).abs() <= 5.0 * deviation;
        let begun = counts.iter().filter(|count| **count > 0);
        are_next && counts[0] > 0 && counts[92] > 0 && begun.copied().all(|count| near(&count))
    }};
}

macro_rules! all {
    ($($name:ident)*) => { [$((stringify!($name), windows_begin_everywhere!(wrong::$name))),*] };
}

#[test]
fn how_often_windows_begin_where() {
    assert!(windows_begin_everywhere!(ex_5_3));
    // Those that change `random_batch`.
    let all = all!(target_is_input shifted_twice last_window_never_drawn rows_side_by_side);
    let variants = other_courses::variants(include_str!("../wrong.rs"));
    assert!(all.iter().all(|(name, _)| variants.contains(name)));
    let accepted = all.into_iter().filter(|(_, passes)| *passes).map(|(name, _)| name);
    other_courses::compare("5.3 How often windows begin where", &accepted.collect::<Vec<_>>());
}
