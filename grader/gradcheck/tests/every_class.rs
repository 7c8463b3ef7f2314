//! A sample of every class of the tables in `docs/gradcheck.md`: no right gradient is failed, and no
//! wrong one passes.

mod classes;

use classes::{CLASSES, Case, Class};

/// Cases of a class with one or a few coordinates.
const CASES: usize = 200;

/// Most of these are undecided: the gradient is smaller than what the loss resolves.
const UNRESOLVED: &str = "cross-entropy of a sure class";

/// Where a millionth of a slope may hide: in what is left of terms a million times as large, and
/// between the slopes of two pieces that meet about a millionth away.
const NARROWED: [(&str, &str); 2] = [
    ("near the end of a domain, fast, or cancelled", "1.1e-6 too large"),
    ("1e-9 to 0.1 beside a seam", "1.1e-6 too large"),
];

fn cases(class: &Class) -> impl Iterator<Item = Case> {
    class.cases(2, CASES, CASES / 50)
}

#[test]
fn no_right_gradient_is_failed_and_hardly_one_is_undecided() {
    for class in &CLASSES {
        let mut undecided = 0;
        for case in cases(class) {
            let report = case.report(&case.right);
            assert!(!report.failed(), "{}, at {:?}\n{report}", class.name, case.x);
            undecided += usize::from(!report.passed());
        }
        assert!(
            undecided <= CASES / 100 || class.name == UNRESOLVED,
            "{}: {undecided}",
            class.name
        );
    }
}

#[test]
fn no_wrong_gradient_passes() {
    for class in &CLASSES {
        for case in cases(class) {
            let claimed = case.wrong.iter().filter(|it| !NARROWED.contains(&(class.name, it.0)));
            for (mistake, wrong) in claimed {
                let report = case.report(wrong);
                assert!(!report.passed(), "{}, {mistake}, at {:?}", class.name, case.x);
            }
        }
    }
}
