//! What the grader finds out about mistakes that no wrong variant foresees.

use rstest::rstest;
use serde_json::Value;

use crate::support::{Submission, course, grader, solution};

/// Grades ex_90_1 with changes.
fn graded(changes: &[(&str, &str)]) -> Value {
    let text = changes.iter().fold(solution("ex_90_1"), |text, (from, to)| {
        assert!(text.contains(from), "the text to change is gone: {from}");
        text.replacen(from, to, 1)
    });
    Submission::empty().with("ex_90_1", text).grade_one("ex_90_1")
}

/// All that is said of failed checks, and what the code computes.
fn said(lesson: &Value) -> String {
    let checks = lesson["checks"].as_array().unwrap();
    let failed = checks.iter().filter(|check| check["verdict"] == "failed");
    failed.map(|it| format!("{} {}\n", it["message"], it["formula"])).collect()
}

#[rstest]
#[case::symbol("let dw = x * dz;", "let dw = w * dz;", "w stands in the place", "dL/dz·w")]
#[case::sign("b + w * x", "b - w * x", "one sign differs", "−w·x + b")]
#[case::number("/ 2.0;", "/ 4.0;", "a division by 2 too many", "½·")]
#[case::sibling("let dw = x * dz;", "let dw = dz;", "", "")]
#[case::single("let dw = x * dz;", "let dw = f64::from((x * dz) as f32);", "single precision", "")]
#[case::rounded(
    "let z = b + w * x;",
    "let z = ((b + w * x) * 1e3).round() / 1e3;",
    "3 decimals",
    ""
)]
#[case::clipped(
    "let dw = x * dz;",
    "let dw = (x * dz).clamp(-2.0, 2.0);",
    "range from −2 to 2",
    ""
)]
#[case::place(
    "let dw = x * dz;",
    "let dw = if x > 0.0 { x * dz } else { 7.0 };",
    "is right where x is",
    ""
)]
fn what_the_code_computes_is_found_out(
    #[case] from: &str,
    #[case] to: &str,
    #[case] hint: &str,
    #[case] formula: &str,
) {
    let lesson = graded(&[(from, to)]);
    let said = said(&lesson);
    assert!(!said.is_empty(), "{lesson:#}");
    assert!(said.contains(hint) && said.contains(formula), "{said}");
}

#[test]
fn two_mistakes_in_one_function_are_each_told() {
    let lesson = graded(&[
        ("let dz = (a - y)", "let dz = (y - a)"),
        ("let dw = x * dz;", "let dw = w * dz;"),
        ("let db = dz;", "let db = dz * dz;"),
    ]);
    let said = said(&lesson);
    assert!(said.contains("In your dL/dw, w stands in the place"), "{said}");
    assert!(said.contains("your dL/db"), "{said}");
}

#[test]
fn a_step_that_is_right_for_what_came_before_is_said_to_be() {
    let lesson = graded(&[("let dz = (a - y)", "let dz = 0.3 * (a - y)")]);
    let said = said(&lesson);
    assert!(said.contains("dL/dz"), "{said}");
    let mut of_weight = said.lines().filter(|line| line.contains("dL/dw"));
    // Either it is left to the check of dL/dz, or it says so.
    assert!(of_weight.all(|line| line.contains("right for your dL/dz")), "{said}");
}

#[test]
fn what_a_function_keeps_is_looked_for() {
    let lesson = graded(&[(
        "let dw = x * dz;",
        "static KEPT: std::sync::OnceLock<f64> = std::sync::OnceLock::new();\n    \
         let dw = KEPT.get_or_init(|| x) * dz;",
    )]);
    let said = said(&lesson);
    assert!(said.contains("`backward`") && said.contains("a `static`"), "{said}");
}

#[test]
fn a_wrong_variant_is_not_named_for_a_part_of_its_mistake() {
    // Right in dL/dz, where the variant is wrong.
    let lesson = graded(&[("let dw = x * dz;", "let dw = -x * dz;")]);
    let checks = lesson["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["diagnosis"].is_null()), "{lesson:#}");
}

#[test]
fn the_formula_is_shown_to_who_asks() {
    let text = solution("ex_90_1").replace("let dw = x * dz;", "let dw = w * dz;");
    let submission = Submission::empty().with("ex_90_1", text);
    let shown = |options: &[&str]| {
        let arguments = ["grade", "ex_90_1", "--submission", submission.path()];
        let output = grader(&[&arguments, options].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let (plain, explained) = (shown(&[]), shown(&["--explain"]));
    assert!(!plain.contains("dL/dz·w") && plain.contains("--explain"), "{plain}");
    assert!(explained.contains("dL/dz·w"), "{explained}");
}

#[test]
fn two_gradings_of_one_submission_read_the_same() {
    let lesson = || graded(&[("let dw = x * dz;", "let dw = x.abs() * dz / 3.0;")]);
    assert_eq!(said(&lesson()), said(&lesson()));
}

#[test]
fn formulas_that_do_not_agree_with_the_solution_are_found_out() {
    // The tiny course's own formulas do.
    let output = grader(&["prove", "ex_90_1"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("ex_90_1: sound"), "{} {text}", course().display());
}
