//! What GitLab runs, line by line, and what an image is built from.

#![cfg(unix)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

const GRADER: &str = env!("CARGO_BIN_EXE_grader");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The lines of the job's script, as GitLab's runner puts them together.
fn script() -> String {
    let job = text(".gitlab/grade.yml");
    let (_, rest) = job.split_once("\n  script:\n").unwrap();
    let lines = rest.lines().take_while(|line| line.starts_with("    "));
    let lines: Vec<_> = lines.filter_map(|line| line.strip_prefix("    - ")).collect();
    assert!(lines.len() > 5, "{lines:?}");
    lines.join("\n")
}

/// A job in a learner's project, with one lesson handed in.
fn job(learner: &TempDir, lessons: &str, record: &str) -> Output {
    let path = learner.path();
    fs::write(path.join("x"), format!("exec {GRADER} --workspace {} \"$@\"", root().display()))
        .unwrap();
    let mut job = Command::new("bash");
    job.args(["-e", "-o", "pipefail", "-c", &script()]).current_dir(path);
    job.env("GRADLINGS_COMMAND", path.join("x")).env("GRADLINGS_SUBMISSION", "exercises");
    job.env("GRADLINGS_LESSONS", lessons)
        .env("GRADLINGS_RECORD", record)
        .env("GRADLINGS_SEED", "7");
    Command::new("chmod").arg("+x").arg(path.join("x")).status().unwrap();
    job.output().unwrap()
}

#[test]
fn a_gitlab_job_keeps_its_reports_and_fails_only_where_nothing_was_graded() {
    let learner = tempfile::tempdir().unwrap();
    let file = learner.path().join("exercises/ex_1_1/src/lib.rs");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::copy(root().join("solutions/ex_1_1/src/lib.rs"), file).unwrap();
    let graded = job(&learner, "ex_1_1 ex_1_2", "false");
    let said = String::from_utf8_lossy(&graded.stdout).into_owned();
    assert!(graded.status.success() && said.contains("ex_1_1"), "{said}");
    let kept = |name: &str| fs::read_to_string(learner.path().join(name)).unwrap();
    assert!(kept("report.json").contains("\"seed\": 7"));
    assert!(kept("junit.xml").contains("<testsuite name=\"ex_1_2\""));
    assert!(kept("report.html").starts_with("<!DOCTYPE html>"));

    fs::remove_file(learner.path().join("report.json")).unwrap();
    assert!(!job(&learner, "ex_99_9", "false").status.success());
}

/// An image holds what a package holds: the course, and nothing that may lie beside it.
#[test]
fn an_image_is_built_from_the_course_alone() {
    let ignored = text(".dockerignore");
    let mut let_in: Vec<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(ignored.contains("\n*\n"), "everything else stays out: {ignored}");
    let recipe = text("Dockerfile");
    let copied = recipe.lines().filter_map(|line| line.strip_prefix("COPY --chown=grader "));
    let mut copied: Vec<_> = copied
        .flat_map(|line| line.rsplit_once(' ').unwrap().0.split(' ').collect::<Vec<_>>())
        .collect();
    let_in.sort_unstable();
    copied.sort_unstable();
    assert_eq!(copied, let_in);
    assert_eq!(copied, ["Cargo.lock", "Cargo.toml", "exercises", "grader", "solutions", "x"]);
    let stages = recipe.split("\nFROM ").skip(1);
    let (course, others): (Vec<_>, Vec<_>) = stages.partition(|stage| stage.contains("solutions"));
    assert!(course.len() == 1 && others.iter().all(|stage| !stage.starts_with("course ")));
    let last_user =
        |stage: &str| stage.lines().rfind(|it| it.starts_with("USER ")).map(str::to_owned);
    for stage in course.iter().chain(&others).filter(|stage| stage.contains("ENTRYPOINT")) {
        assert_eq!(last_user(stage).as_deref(), Some("USER grader"), "{stage}");
    }
}
