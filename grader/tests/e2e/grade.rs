//! The main job: what a submission earns.

use serde_json::Value;

use crate::submission::{Submission, grader, root, solution, verdicts};

#[test]
fn solutions_earn_every_point() {
    let output = grader(&["grade", "--submission", "solutions", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["score"], report["max_score"], "{report:#}");
    assert!(report["max_score"].as_f64().unwrap() > 0.0);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn one_lesson_earns_exactly_its_own_points() {
    let (report, code) = Submission::empty().with_solution("ex_2_2").grade(&[]);
    let lessons = report["lessons"].as_array().unwrap();
    let scored: Vec<_> = lessons.iter().filter(|lesson| lesson["score"] != 0.0).collect();
    assert_eq!(scored.len(), 1);
    assert_eq!(scored[0]["id"], "ex_2_2");
    assert_eq!(report["score"], scored[0]["max_score"]);
    assert_eq!(code, 1);
}

#[test]
fn a_mistake_is_failed_and_named() {
    let wrong = solution("ex_2_2").replace("let db = dz;", "let db = dz * b;");
    let lesson = Submission::empty().with("ex_2_2", wrong).grade_one("ex_2_2");
    let named = |check: &&Value| check["diagnosis"]["mistake"] == "bias_gradient_times_b";
    let checks = lesson["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| named(&check)), "{lesson:#}");
    for check in checks.iter().filter(|check| check["verdict"] != "passed") {
        assert_eq!(check["score"], 0.0);
    }
}

#[test]
fn a_wrong_solution_that_is_no_known_mistake_is_failed_without_a_name() {
    let wrong = solution("ex_2_2").replace("let dw = dz * x;", "let dw = dz * x + 1e-6;");
    let lesson = Submission::empty().with("ex_2_2", wrong).grade_one("ex_2_2");
    assert_eq!(lesson["verdict"], "failed");
    let diagnoses = lesson["checks"].as_array().unwrap().iter().map(|check| &check["diagnosis"]);
    assert!(diagnoses.into_iter().all(Value::is_null));
}

#[test]
fn the_learners_prints_are_shown() {
    let talkative = solution("ex_2_2").replace("let z =", "println!(\"x is here\"); let z =");
    let lesson = Submission::empty().with("ex_2_2", talkative).grade_one("ex_2_2");
    assert_eq!(lesson["verdict"], "passed");
    assert!(lesson["output"].as_str().unwrap().contains("x is here"));
}

#[test]
fn helper_modules_and_crate_paths_work_as_under_cargo() {
    let submission = Submission::empty().with(
        "ex_2_2",
        solution("ex_2_2").replace("z.tanh()", "crate::activation::tanh(z)")
            + "\nmod activation;\n",
    );
    let module = std::path::Path::new(submission.path()).join("ex_2_2/src/activation.rs");
    std::fs::write(module, "pub fn tanh(z: f64) -> f64 { z.tanh() }").unwrap();
    assert_eq!(submission.grade_one("ex_2_2")["verdict"], "passed");
}

#[test]
fn the_same_seed_gives_the_same_report_and_another_seed_the_same_verdicts() {
    let wrong = solution("ex_2_2").replace("let dz = da * (1.0 - a * a);", "let dz = da;");
    let submission = Submission::empty().with("ex_2_2", wrong);
    let graded = |seed| {
        let path = submission.path();
        let flags = ["grade", "ex_2_2", "--submission", path, "--format", "json", "--seed", seed];
        serde_json::from_slice::<Value>(&grader(&flags).stdout).unwrap()
    };
    assert_eq!(graded("7"), graded("7"));
    assert_eq!(verdicts(&graded("7")["lessons"][0]), verdicts(&graded("8")["lessons"][0]));
}

#[test]
fn hidden_values_are_shown_only_when_asked_for() {
    let wrong = solution("ex_2_2").replace("w * x + b", "w * x - b");
    let submission = Submission::empty().with("ex_2_2", wrong);
    let text = |flags: &[&str]| {
        let arguments = [&["grade", "ex_2_2", "--submission", submission.path()], flags].concat();
        String::from_utf8(grader(&arguments).stdout).unwrap()
    };
    assert!(text(&["--reveal"]).contains("expected"));
    assert!(!text(&[]).contains("expected"));
}

#[test]
fn a_graded_submission_is_left_as_it_was() {
    let before = std::fs::read(root().join("solutions/ex_2_2/src/lib.rs")).unwrap();
    grader(&["grade", "ex_2_2", "--submission", "solutions"]);
    assert_eq!(before, std::fs::read(root().join("solutions/ex_2_2/src/lib.rs")).unwrap());
}

#[test]
fn one_bug_is_one_message() {
    let wrong = solution("ex_2_2").replace("w * x + b", "w * x - 0.9 * b");
    let lesson = Submission::empty().with("ex_2_2", wrong).grade_one("ex_2_2");
    let verdicts = verdicts(&lesson);
    assert_eq!(verdicts.iter().filter(|verdict| *verdict == "failed").count(), 1, "{lesson:#}");
    assert!(verdicts.iter().any(|verdict| verdict == "skipped"), "{lesson:#}");
}

#[test]
fn two_mistakes_in_different_functions_are_both_named() {
    let wrong = solution("ex_2_2")
        .replace("0.5 * (a - y).powi(2)", "(a - y).powi(2)")
        .replace("let db = dz;", "let db = dz * b;");
    let lesson = Submission::empty().with("ex_2_2", wrong).grade_one("ex_2_2");
    let checks = lesson["checks"].as_array().unwrap();
    let named: Vec<_> =
        checks.iter().filter_map(|check| check["diagnosis"]["mistake"].as_str()).collect();
    assert_eq!(named, ["half_missing", "bias_gradient_times_b"], "{lesson:#}");
}
