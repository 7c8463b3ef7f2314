//! The main job: what a submission earns.

use std::fs;

use serde_json::Value;

use crate::support::{
    Submission, changed, check, course, grader, messages, report, solution, verdicts,
};

#[test]
fn solutions_earn_every_point() {
    let output = grader(&["grade", "--submission", "solutions", "--format", "json"]);
    let report = report(&output);
    assert_eq!(report["score"], report["max_score"], "{report:#}");
    assert!(report["max_score"].as_f64().unwrap() > 0.0);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn stubs_are_not_implemented() {
    let report = report(&grader(&["grade", "--submission", "exercises", "--format", "json"]));
    for lesson in report["lessons"].as_array().unwrap() {
        assert!(verdicts(lesson).iter().all(|it| *it == "not_implemented"), "{lesson:#}");
        assert!(messages(lesson).contains("The next step: "), "{lesson:#}");
    }
}

#[test]
fn one_lesson_earns_exactly_its_own_points() {
    let (report, code) = Submission::empty().with_solution("ex_90_1").grade(&[]);
    let lessons = report["lessons"].as_array().unwrap();
    let scored: Vec<_> = lessons.iter().filter(|lesson| lesson["score"] != 0.0).collect();
    assert_eq!(scored.len(), 1);
    assert_eq!(scored[0]["id"], "ex_90_1");
    assert_eq!(report["score"], scored[0]["max_score"]);
    assert_eq!(code, 1);
}

/// Grades ex_90_1 with changes.
fn graded(changes: &[(&str, &str)]) -> Value {
    let text = changes.iter().fold(solution("ex_90_1"), |text, (from, to)| {
        assert!(text.contains(from), "the text to change is gone: {from}");
        text.replace(from, to)
    });
    Submission::empty().with("ex_90_1", text).grade_one("ex_90_1")
}

/// The wrong variants that are named, in the order of the checks.
fn named(lesson: &Value) -> Vec<&str> {
    let checks = lesson["checks"].as_array().unwrap().iter();
    checks.filter_map(|check| check["diagnosis"]["mistake"].as_str()).collect()
}

#[test]
fn a_wrong_variant_is_failed_and_named() {
    let lesson = graded(&[("let db = dz;", "let db = dz * b;")]);
    assert_eq!(named(&lesson), ["bias_gradient_times_b"], "{lesson:#}");
    let checks = lesson["checks"].as_array().unwrap();
    assert!(checks.iter().all(|it| it["verdict"] == "passed" || it["score"] == 0.0));
}

#[test]
fn what_is_wrong_in_no_known_way_is_failed_without_a_name() {
    let lesson = graded(&[("let dw = x * dz;", "let dw = x * dz + 1e-6;")]);
    assert_eq!(lesson["verdict"], "failed");
    assert_eq!(named(&lesson), [""; 0], "{lesson:#}");
}

#[test]
fn two_mistakes_in_different_functions_are_both_named() {
    let lesson = graded(&[
        ("(a - y).powi(2) / 2.0", "(a - y).powi(2)"),
        ("let db = dz;", "let db = dz * b;"),
    ]);
    assert_eq!(named(&lesson), ["half_missing", "bias_gradient_times_b"], "{lesson:#}");
}

#[test]
fn one_bug_is_one_message() {
    let lesson = graded(&[("b + w * x", "0.9 * b + w * x")]);
    let verdicts = verdicts(&lesson);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == "failed").count(), 1, "{lesson:#}");
    assert!(verdicts.contains(&"skipped"), "{lesson:#}");
}

#[test]
fn the_learners_prints_are_shown() {
    let lesson = graded(&[("let z =", "println!(\"x is here\"); let z =")]);
    assert_eq!(lesson["verdict"], "passed");
    assert!(lesson["output"].as_str().unwrap().contains("x is here"));
}

#[test]
fn helper_modules_and_crate_paths_work_as_under_cargo() {
    let text = changed("ex_90_1", "(-z.abs()).exp().ln_1p()", "crate::helper::rest(z)");
    let submission = Submission::empty().with("ex_90_1", text + "\nmod helper;\n");
    let module = format!("{}/ex_90_1/src/helper.rs", submission.path());
    fs::write(module, "pub fn rest(z: f64) -> f64 { (-z.abs()).exp().ln_1p() }").unwrap();
    assert_eq!(submission.grade_one("ex_90_1")["verdict"], "passed");
}

#[test]
fn the_same_seed_gives_the_same_report_and_another_seed_the_same_verdicts() {
    let submission = Submission::empty().with_change("ex_90_1", "/ (1.0 + (-z).exp())", "");
    let graded = |seed| submission.grade(&["ex_90_1", "--seed", seed]).0;
    assert_eq!(graded("7"), graded("7"));
    assert_eq!(verdicts(&graded("7")["lessons"][0]), verdicts(&graded("8")["lessons"][0]));
}

#[test]
fn hidden_values_are_shown_only_when_asked_for() {
    let submission = Submission::empty().with_change("ex_90_1", "b + w * x", "w * x - b");
    let text = |flags: &[&str]| {
        let arguments = [&["grade", "ex_90_1", "--submission", submission.path()], flags].concat();
        String::from_utf8(grader(&arguments).stdout).unwrap()
    };
    assert!(text(&["--reveal"]).contains("expected"));
    assert!(!text(&[]).contains("expected"));
}

#[test]
fn a_graded_submission_is_left_as_it_was() {
    let file = course().join("solutions/ex_90_1/src/lib.rs");
    let before = fs::read(&file).unwrap();
    grader(&["grade", "ex_90_1", "--submission", "solutions"]);
    assert_eq!(before, fs::read(file).unwrap());
}

#[test]
fn a_loop_is_pointed_out_where_a_lesson_wants_none() {
    let sum =
        "let mut sum = Array1::zeros(dy.ncols());\nfor row in dy.rows() { sum += &row; }\nsum";
    let submission = Submission::empty().with_change("ex_90_2", "dy.sum_axis(Axis(0))", sum);
    let lesson = submission.grade_one("ex_90_2");
    assert_eq!(check(&lesson, "no_loops")["verdict"], "failed", "{lesson:#}");
    assert!(messages(&lesson).contains("has a `for` loop"), "{lesson:#}");
    assert_eq!(lesson["max_score"].as_f64().unwrap() - lesson["score"].as_f64().unwrap(), 1.0);
}

/// Both modules are called `util`, so that the names alone do not tell which `sum` is called.
#[test]
fn a_loop_that_no_answer_needs_costs_nothing() {
    let unused = "mod fast { pub mod util {
            pub fn sum(y: &ndarray::Array2<f64>) -> ndarray::Array1<f64> { y.sum_axis(ndarray::Axis(0)) }
        } }
        mod slow { pub mod util {
            pub fn sum(y: &ndarray::Array2<f64>) -> f64 { let mut sum = 0.0; for y in y { sum += y; } sum }
        } }
        fast::util::sum(dy)";
    let lesson = |change: &str| {
        let submission = Submission::empty().with_change("ex_90_2", "dy.sum_axis(Axis(0))", change);
        submission.grade_one("ex_90_2")
    };
    let unneeded = lesson(unused);
    assert_eq!(unneeded["score"], unneeded["max_score"], "{unneeded:#}");
    let needed = unused.replace(
        "fast::util::sum(dy)",
        "Array1::from_elem(2, slow::util::sum(dy)) * 0.0 + fast::util::sum(dy)",
    );
    assert!(messages(&lesson(&needed)).contains("has a `for` loop"));
}

#[test]
fn a_backward_pass_by_finite_differences_is_stopped_by_its_cost() {
    let differences = "let at: Vec<_> = gradient.indexed_iter().map(|(at, _)| at).collect();
        let mut w = Array2::zeros(gradient.dim());
        for at in at {
            w[at] = 1.0;
            gradient[at] += (product(x, &w) * dy).sum();
            w[at] = 0.0;
        }";
    let sound = "general_mat_mul(1.0, &x.t(), dy, 1.0, gradient);";
    let submission = Submission::empty().with_change("ex_90_2", sound, differences);
    let lesson = submission.grade_one("ex_90_2");
    assert_eq!(check(&lesson, "large")["verdict"], "timed_out", "{lesson:#}");
}
