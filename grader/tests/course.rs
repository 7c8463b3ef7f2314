//! The course as a whole: its solutions earn every point, and its README shows what its grader prints.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn grader(arguments: &[&str]) -> Output {
    let root = root();
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
    grader.current_dir(root).args(arguments).output().unwrap()
}

/// What the grader prints of one lesson's file.
fn graded(lesson: &str, text: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(lesson).join("src")).unwrap();
    fs::write(folder.path().join(lesson).join("src/lib.rs"), text).unwrap();
    let path = folder.path().to_str().unwrap();
    let output = grader(&[&["grade", lesson, "--submission", path], options].concat());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn solutions_earn_every_point() {
    let output = grader(&["grade", "--submission", "solutions", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["max_score"].as_f64().unwrap() > 0.0);
    assert_eq!(report["score"], report["max_score"], "{report:#}");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An editor that opens the folder of one exercise does not look for settings above it.
#[test]
fn the_settings_of_editors_are_the_same_in_every_exercise() {
    for file in [".vscode/settings.json", ".zed/settings.json"] {
        let settings = fs::read_to_string(root().join(file)).unwrap();
        for exercise in fs::read_dir(root().join("exercises")).unwrap() {
            let file = exercise.unwrap().path().join(file);
            let own = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(own, settings, "{} differs: copy the workspace's own", file.display());
        }
    }
}

/// The forward pass is asked which half is wrong, where it can be.
#[test]
fn a_wrong_gradient_is_told_although_the_forward_pass_panics() {
    let solution = fs::read_to_string(root().join("solutions/ex_3_2/src/lib.rs")).unwrap();
    let wrong = solution
        .replace("general_mat_mul(1.0, dz, w,", "general_mat_mul(2.0, dz, w,")
        .replace("    // Z starts", "    assert!(x.is_empty());\n    // Z starts");
    let report = graded("ex_3_2", &wrong, &["--format", "json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let checks = report["lessons"][0]["checks"].as_array().unwrap();
    let message =
        |id: &str| checks.iter().find(|check| check["id"] == id).unwrap()["message"].as_str();
    assert!(message("forward").unwrap().contains("panicked"), "{report:#}");
    let told = message("input_gradient").unwrap();
    assert!(told.starts_with("dL/dX is 2 times too large everywhere."), "{told}");
    assert_eq!(message("weight_gradient"), Some(""));
}

/// The README's submission computes dL/db as `dz * b`.
#[test]
fn the_transcript_in_the_readme_is_what_the_grader_prints() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, transcript) = readme.split_once("$ ./x grade ex_2_2\n").unwrap();
    let (transcript, _) = transcript.split_once("```").unwrap();
    let solution = fs::read_to_string(root().join("solutions/ex_2_2/src/lib.rs")).unwrap();
    let wrong = solution.replace("let db = dz;", "let db = dz * b;");
    assert_ne!(wrong, solution);
    let printed = graded("ex_2_2", &wrong, &[]);
    assert!(printed.starts_with(transcript.trim_end()), "{printed}");
}
