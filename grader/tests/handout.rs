//! The handout of the course: it holds nothing of the solutions, and a learner practises in it.

#[path = "../engine/tests/support/fragments.rs"]
mod fragments;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fragments::{Fragments, files};
use serde_json::Value;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn hand_out() -> TempDir {
    hand_out_lessons(&[])
}

/// With some lessons, or with all where none is named.
fn hand_out_lessons(lessons: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
    // Whoever works on the course has changes that git does not have.
    grader.args(["handout", "--allow-dirty", "--out"]).arg(folder.path());
    if !lessons.is_empty() {
        grader.arg("--lessons").args(lessons);
    }
    let output = grader.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    folder
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn secrets() -> Fragments {
    let allowed = ["gradcheck", "kernels", "programs", "wire"];
    let allowed = allowed.map(|it| root().join("grader").join(it).join("src"));
    let allowed = [&allowed[..], &[root().join("exercises")]].concat();
    Fragments::of(&root().join("solutions"), &allowed)
}

/// Solutions, wrong and correct variants, formulas, derivations and checks of every lesson.
#[test]
fn nothing_of_the_solutions_is_handed_out() {
    let handout = hand_out();
    let secrets = secrets();
    assert_eq!(secrets.in_folder(handout.path()), []);
    let names = files(handout.path()).into_iter().map(|it| it.display().to_string());
    let mut secret = names.filter(|it| it.contains("solution") || it.contains("/.git/"));
    assert_eq!(secret.next(), None);
}

/// What lessons name of the course's own crates is as fast there, and needs none of its tests.
#[test]
fn the_crates_that_lessons_name_come_along() {
    let handout = hand_out();
    assert!(handout.path().join("grader/kernels/src/lib.rs").is_file());
    assert!(!handout.path().join("grader/kernels/tests").exists());
    let manifest = fs::read_to_string(handout.path().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("kernels = { path = \"grader/kernels\" }\n"), "{manifest}");
    assert!(manifest.contains("[profile.dev.package.kernels]\nopt-level = 3\n"), "{manifest}");
}

/// GitHub runs them there as they are.
#[test]
fn the_workflow_for_learners_and_its_scripts_come_along() {
    let handout = hand_out();
    for file in [".github/workflows/autograde.yml", ".github/actions/grade/action.yml"] {
        assert!(handout.path().join(file).is_file(), "{file}");
    }
    for script in ["x", ".github/actions/grade/fetch.sh", ".github/actions/grade/grade.sh"] {
        let mode = fs::metadata(handout.path().join(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
    }
    // They decide grades, in the instructor's repository.
    assert!(!handout.path().join(".github/workflows/grade-class.yml").exists());
}

/// Cargo finds every package of them in the lock file, and `cargo test` leaves unfinished work alone.
#[test]
fn programs_come_along_with_all_that_they_run() {
    let handout = hand_out();
    assert!(handout.path().join("grader/programs/src/main.rs").is_file());
    assert!(!handout.path().join("grader/programs/tests").exists());
    assert!(!handout.path().join("grader/reference").exists());
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).args(["--locked", "--offline"]);
        let output = cargo.current_dir(handout.path()).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        output.stdout
    };
    // With packages, `cargo metadata` asks for those of every platform, which nobody has fetched.
    cargo(&["tree", "--workspace"]);
    let metadata = cargo(&["metadata", "--no-deps", "--format-version=1"]);
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let tested = metadata["workspace_default_members"].as_array().unwrap();
    let tested: Vec<_> = tested.iter().filter_map(Value::as_str).collect();
    assert_eq!(tested.len(), 3, "{tested:?}");
    for name in ["gradcheck", "kernels", "wire"] {
        assert!(tested.iter().any(|it| it.contains(name)), "{name}: {tested:?}");
    }
}

#[test]
fn a_program_that_cannot_run_is_not_handed_out_and_the_script_says_so() {
    let handout = hand_out_lessons(&["ex_5_2"]);
    assert!(!handout.path().join("grader/programs").exists());
    let output = Command::new(handout.path().join("x")).arg("corpus").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let message = "failed to run `./x corpus`: the lessons that it runs were not handed out";
    assert!(said(&output).contains(message), "{}", said(&output));
}

#[test]
fn the_settings_of_editors_come_along() {
    let handout = hand_out();
    for file in [
        ".devcontainer/devcontainer.json",
        ".helix/languages.toml",
        ".vscode/settings.json",
        ".vscode/tasks.json",
        ".zed/settings.json",
    ] {
        let read = |root: &Path| fs::read_to_string(root.join(file)).unwrap();
        assert_eq!(read(handout.path()), read(root()), "{file}");
    }
}

#[test]
fn a_planted_fragment_is_found() {
    let secrets = secrets();
    let is_secret = |file: &PathBuf| !file.ends_with("Cargo.toml") && !file.ends_with("brief.rs");
    let written: Vec<_> =
        files(&root().join("solutions")).into_iter().filter(|it| is_secret(it)).collect();
    assert!(written.len() > 80, "{}", written.len());
    for file in written {
        let text = fs::read_to_string(&file).unwrap();
        let half = &text[text.ceil_char_boundary(text.len() / 3)..];
        assert!(secrets.in_text(half).is_some(), "{} would not be found", file.display());
    }
    let handout = hand_out();
    let page = handout.path().join("docs/performance.md");
    let wrong = fs::read_to_string(root().join("solutions/ex_3_2/wrong.rs")).unwrap();
    fs::write(&page, fs::read_to_string(&page).unwrap() + &wrong).unwrap();
    let found = secrets.in_folder(handout.path());
    assert!(found.len() == 1 && found[0].0 == page, "{found:?}");
}
