//! The course as a whole: its solutions earn every point, and its texts fit its lessons.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn grader(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
    grader.current_dir(root).args(arguments).output().unwrap()
}

#[test]
fn solutions_earn_every_point() {
    let output = grader(&["grade", "--submission", "solutions", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["max_score"].as_f64().unwrap() > 0.0);
    assert_eq!(report["score"], report["max_score"], "{report:#}");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_table_is_that_of_the_lessons() {
    let output = grader(&["tables"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
