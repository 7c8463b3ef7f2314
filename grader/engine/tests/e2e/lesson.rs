//! What a learner reads of a lesson, and how one begins anew.

use std::{fs, process::Command};

use crate::{
    handout::{Handout, said},
    learner::Learner,
};

const DONE: &str =
    r#"{"version": 1, "lessons": {"ex_90_1": {"best": 1, "points": 1, "done": "a"}}}"#;

fn git(learner: &Learner, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(learner.root()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
    assert!(git.args(arguments).status().unwrap().success(), "{arguments:?}");
}

fn commit(learner: &Learner) {
    git(learner, &["add", "exercises"]);
    git(learner, &["commit", "--quiet", "--allow-empty", "-m", "work"]);
}

/// Whose folder is a repository with the stubs in its first commit.
fn in_git() -> Learner {
    let learner = Learner::new();
    git(&learner, &["init", "--quiet"]);
    commit(&learner);
    learner
}

#[test]
fn the_brief_is_shown_of_the_lesson_that_is_next_or_named() {
    let learner = Learner::new().with_progress(DONE);
    let named = said(&learner.run(&["brief", "ex_90_1"]));
    assert!(named.contains("90.1") && !named.contains("```") && !named.contains("]("), "{named}");
    let next = said(&learner.run(&["brief"]));
    assert!(next.contains("90.2"), "{next}");
    let unknown = learner.run(&["brief", "ex_7_7"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("failed to find the lesson \"ex_7_7\""), "{}", said(&unknown));
}

#[test]
fn a_page_that_is_missing_is_named() {
    let learner = Learner::new();
    fs::remove_file(learner.path("exercises/ex_90_1/hints.md")).unwrap();
    let output = learner.run(&["hint", "ex_90_1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("hints.md"), "{}", said(&output));
}

#[test]
fn hints_are_shown_one_at_a_time_and_begin_again() {
    let learner = Learner::new();
    let hints = ["## One", "## Two"].map(|it| format!("{it}\n\nof {it}\n\n"));
    let file = learner.path("exercises/ex_90_1/hints.md");
    fs::write(file, format!("# Hints\n\n{}{}", hints[0], hints[1])).unwrap();
    let hint = || said(&learner.run(&["hint", "ex_90_1"]));
    for (number, other) in [("1 of 2", "Two"), ("2 of 2", "One"), ("1 of 2", "Two")] {
        let hint = hint();
        assert!(hint.contains(&format!("Hint {number} for ex_90_1")), "{hint}");
        assert!(!hint.contains(other), "{hint}");
        assert_eq!(hint.contains("last hint"), number == "2 of 2", "{hint}");
    }
}

#[test]
fn a_lesson_begins_anew_and_what_was_written_is_kept() {
    let learner = in_git();
    let stub = learner.text("exercises/ex_90_1/src/lib.rs");
    for version in ["my first", "my second"] {
        learner.put("ex_90_1", version);
        // Committed work is no stub.
        commit(&learner);
        let reset = learner.run(&["reset", "ex_90_1"]);
        assert_eq!(reset.status.code(), Some(0), "{}", said(&reset));
        assert!(said(&reset).contains(".gradlings/kept/exercises/ex_90_1/src/lib.rs"));
        assert_eq!(learner.text("exercises/ex_90_1/src/lib.rs"), stub);
    }
    let kept =
        |number| learner.text(&format!(".gradlings/kept/exercises/ex_90_1/src/lib.rs{number}"));
    assert_eq!([kept(""), kept(".2")], ["my first", "my second"]);
    let nothing = said(&learner.run(&["reset", "ex_90_1"]));
    assert_eq!(nothing, "ex_90_1 is as it was handed out.");
    fs::remove_file(learner.file("ex_90_1")).unwrap();
    assert!(said(&learner.run(&["reset", "ex_90_1"])).contains("is there again"));
    assert_eq!(learner.text("exercises/ex_90_1/src/lib.rs"), stub);
}

#[test]
fn a_lesson_that_begins_anew_is_open_again() {
    let learner = in_git().with_progress(DONE);
    learner.run(&["reset", "ex_90_1"]);
    assert!(!learner.text(".gradlings/progress.json").contains("done"));
}

#[test]
fn the_stub_comes_from_the_course_that_a_clone_is_of() {
    let course = in_git();
    let learner = Learner::new();
    fs::remove_dir_all(learner.path("exercises")).unwrap();
    git(&learner, &["init", "--quiet"]);
    git(&learner, &["remote", "add", "upstream", course.root().to_str().unwrap()]);
    git(&course, &["branch", "-M", "main"]);
    course.put("ex_90_1", "pub fn f() { todo!(\"of the course\") } // the newest");
    commit(&course);
    git(&learner, &["fetch", "--quiet", "upstream"]);
    git(&learner, &["reset", "--quiet", "--hard", "upstream/main"]);
    learner.put("ex_90_1", "todo!(); todo!(); todo!(); todo!(); todo!()");
    commit(&learner);
    let reset = learner.run(&["reset", "ex_90_1"]);
    assert_eq!(reset.status.code(), Some(0), "{}", said(&reset));
    assert!(learner.text("exercises/ex_90_1/src/lib.rs").contains("the newest"));
}

#[test]
fn a_stub_that_is_nowhere_is_not_made_up() {
    let learner = Learner::new();
    learner.put("ex_90_1", "mine");
    let reset = learner.run(&["reset", "ex_90_1"]);
    assert_eq!(reset.status.code(), Some(2));
    assert!(said(&reset).contains("failed to find the stub of ex_90_1"), "{}", said(&reset));
    assert_eq!(learner.text("exercises/ex_90_1/src/lib.rs"), "mine");
}

#[test]
fn a_solution_is_shown_when_the_lesson_is_done_and_what_is_missing_before() {
    let learner = Learner::new();
    let before = learner.run(&["solution", "ex_90_1"]);
    assert_eq!(before.status.code(), Some(1), "{}", said(&before));
    let told = said(&before);
    assert!(told.contains("Still missing:") && told.contains("dL/dw and dL/db"), "{told}");
    assert!(!told.contains("pub fn"), "{told}");
    // It need not have been graded before.
    learner.solve("ex_90_1");
    let after = learner.run(&["solution", "ex_90_1"]);
    assert_eq!(after.status.code(), Some(0), "{}", said(&after));
    assert!(said(&after).contains("pub fn backward"), "{}", said(&after));
}

#[test]
fn a_handout_has_stubs_and_no_solutions() {
    let (handout, _) = Handout::of(&["ex_90_4"]);
    let stub = handout.text("exercises/ex_90_4/src/lib.rs");
    handout.put("ex_90_4", "mine");
    let reset = handout.x(&["reset", "ex_90_4"]);
    assert_eq!(reset.status.code(), Some(0), "{}", said(&reset));
    assert_eq!(handout.text("exercises/ex_90_4/src/lib.rs"), stub);
    let solution = handout.x(&["solution", "ex_90_4"]);
    assert_eq!(solution.status.code(), Some(2));
    assert!(said(&solution).contains("a handout has no solutions"), "{}", said(&solution));
}
