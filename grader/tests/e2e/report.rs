//! The JSON report keeps its published form.

use serde_json::{Value, json};

use crate::submission::{Submission, root, solution};

fn schema() -> Value {
    let file = root().join("docs/report.schema.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn conforms(report: &Value) -> bool {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is sound");
    validator.is_valid(report)
}

#[test]
fn reports_conform_to_the_published_schema() {
    let mistaken = solution("ex_2_2").replace("let db = dz;", "let db = dz * b;");
    let submissions = [
        Submission::empty(),
        Submission::empty().with_solution("ex_2_2"),
        Submission::empty().with("ex_2_2", mistaken),
        Submission::empty().with("ex_2_2", "syntax error"),
        Submission::empty().with("ex_2_2", "unsafe fn f() {}"),
    ];
    for submission in submissions {
        let (report, _) = submission.grade(&["ex_2_2"]);
        assert!(conforms(&report), "{report:#}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let (report, _) = Submission::empty().with_solution("ex_2_2").grade(&["ex_2_2"]);
    let changed = |pointer: &str, value: Value| {
        let mut changed = report.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    assert!(!conforms(&changed("/schema_version", json!(2))));
    assert!(!conforms(&changed("/lessons/0/verdict", json!("excellent"))));
    assert!(!conforms(&changed("/lessons/0/checks/0/kind", json!("guess"))));
    assert!(!conforms(&changed("/score", json!("10"))));
    assert!(!conforms(&json!({})));
}

#[test]
fn a_report_names_what_was_graded_and_how() {
    let first = Submission::empty().with_solution("ex_2_2");
    let (report, _) = first.grade(&["ex_2_2"]);
    assert_eq!(report["submission"], first.path());
    let sandboxes = ["landlock+seccomp", "landlock", "seccomp", "none"];
    assert!(sandboxes.iter().any(|sandbox| report["sandbox"] == *sandbox), "{}", report["sandbox"]);
    let backend = if cfg!(feature = "openblas") { "openblas" } else { "ndarray" };
    assert_eq!(report["gemm_backend"], backend);
    let second = Submission::empty().with("ex_2_2", solution("ex_2_2") + "\n");
    assert_ne!(report["submission_sha256"], second.grade(&["ex_2_2"]).0["submission_sha256"]);
}
