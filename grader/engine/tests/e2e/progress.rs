//! What is kept of a learner's progress, and what is made of it.

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{handout::said, learner::Learner};

const PROGRESS: &str = ".gradlings/progress.json";
const LESSONS: [&str; 7] =
    ["ex_90_1", "ex_90_2", "ex_90_3", "ex_90_4", "ex_90_5", "ex_91_1", "ex_91_2"];
const DONE: &str = r#"{"best": 1, "points": 1, "done": "a copy"}"#;

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn progress(learner: &Learner) -> Value {
    serde_json::from_str(&learner.text(PROGRESS)).unwrap()
}

#[test]
fn a_grading_of_ones_own_exercises_is_kept() {
    let learner = Learner::new();
    learner.solve("ex_90_1");
    assert_eq!(learner.run(&["grade", "ex_90_1"]).status.code(), Some(0));
    let kept = progress(&learner);
    let lesson = &kept["lessons"]["ex_90_1"];
    assert_eq!(lesson["best"], lesson["points"]);
    assert_eq!(lesson["done"].as_str().unwrap().len(), 64, "the hash of the copy");
    assert_eq!(kept["lessons"]["ex_91_1"], Value::Null);
    // Worse later: what was done is done.
    learner.put("ex_90_1", "");
    assert_eq!(learner.run(&["grade", "ex_90_1"]).status.code(), Some(1));
    assert_eq!(progress(&learner), kept);
}

#[test]
fn a_grading_of_another_submission_or_of_ones_own_stack_is_not_kept() {
    let (learner, other) = (Learner::new(), Learner::new());
    other.solve("ex_90_1");
    let exercises = other.path("exercises");
    learner.run(&["grade", "ex_90_1", "--submission", exercises.to_str().unwrap()]);
    other.run(&["grade", "ex_90_1", "--own"]);
    assert!(!learner.path(PROGRESS).exists() && !other.path(PROGRESS).exists());
}

#[test]
fn the_list_shows_what_is_done_next_and_locked() {
    let learner = Learner::new();
    let list = learner.run(&["list"]);
    assert!(said(&list).contains("7 lessons without a grading on record"), "{}", said(&list));
    let page = text(&list);
    assert!(page.contains("➜ ex_90_1") && page.contains("· ex_91_1"), "{page}");
    assert!(page.contains("locked") && page.contains("0 of 7 lessons"), "{page}");
    learner.solve("ex_90_1");
    learner.run(&["grade", "ex_90_1"]);
    let list = learner.run(&["list"]);
    assert!(list.stderr.is_empty(), "{}", said(&list));
    let page = text(&list);
    assert!(page.contains("✓ ex_90_1") && page.contains("➜ ex_90_2"), "{page}");
    assert!(page.contains("1 of 7 lessons"), "{page}");
}

#[test]
fn lessons_that_are_as_they_were_handed_out_need_no_grading() {
    let learner = Learner::new();
    for arguments in [&["init", "--quiet"][..], &["add", "exercises"], &["commit", "-qm", "all"]] {
        let mut git = Command::new("git");
        git.current_dir(learner.root()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(git.args(arguments).status().unwrap().success());
    }
    let list = learner.run(&["list"]);
    assert!(list.stderr.is_empty(), "{}", said(&list));
    assert!(text(&list).contains("0 of 7 lessons"), "{}", text(&list));
    assert_eq!(progress(&learner)["lessons"].as_object().unwrap().len(), 7);
    fs::remove_file(learner.path(PROGRESS)).unwrap();
    learner.solve("ex_90_1");
    let list = learner.run(&["list"]);
    assert!(said(&list).contains("1 lesson without a grading on record"), "{}", said(&list));
    assert!(text(&list).contains("✓ ex_90_1"), "{}", text(&list));
}

#[test]
fn next_leads_to_the_first_open_lesson_until_all_are_done() {
    let learner = Learner::new();
    let next = text(&learner.run(&["next"]));
    for part in ["Next: ex_90_1", "exercises/ex_90_1/src/lib.rs", "cargo test -p ex_90_1"] {
        assert!(next.contains(part), "{next}");
    }
    let all = LESSONS.iter().map(|id| format!("{id:?}: {DONE}")).collect::<Vec<_>>().join(", ");
    fs::write(learner.path(PROGRESS), format!("{{\"version\": 1, \"lessons\": {{{all}}}}}"))
        .unwrap();
    assert_eq!(text(&learner.run(&["next"])), "Every lesson is done.\n");
}

#[test]
fn a_lesson_that_passes_leads_to_the_first_that_is_open() {
    let learner = Learner::new();
    for (done, next) in [("ex_90_2", "ex_90_1"), ("ex_90_1", "ex_90_3")] {
        learner.solve(done);
        let graded = text(&learner.run(&["grade", done]));
        assert!(graded.contains(&format!("Next: {next}.")), "{graded}");
    }
}

#[test]
fn a_lesson_that_is_locked_is_graded_and_says_so_in_one_line() {
    let learner = Learner::new();
    let told = "ex_91_1 is locked until ex_90_1 is done; it is graded all the same.\n";
    let locked = learner.run(&["grade", "ex_91_1"]);
    assert_eq!(String::from_utf8_lossy(&locked.stderr), told);
    assert!(text(&locked).contains("ex_91_1") && text(&locked).contains("Score: 0"));
    learner.solve("ex_90_1");
    learner.run(&["grade", "ex_90_1"]);
    assert!(learner.run(&["grade", "ex_91_1"]).stderr.is_empty());
}

#[test]
fn progress_that_is_lost_or_damaged_is_found_out_again() {
    let learner = Learner::new();
    learner.solve("ex_90_1");
    learner.run(&["list"]);
    let kept = progress(&learner);
    fs::remove_file(learner.path(PROGRESS)).unwrap();
    let list = learner.run(&["list"]);
    assert!(said(&list).contains("grading what is there"), "{}", said(&list));
    assert_eq!(progress(&learner), kept);
    fs::write(learner.path(PROGRESS), "{\"version\": 1, \"less").unwrap();
    let list = learner.run(&["list"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(said(&list).contains("could not be understood"), "{}", said(&list));
    assert_eq!(progress(&learner), kept);
    assert!(learner.path(".gradlings/progress.damaged.json").exists());
}

#[test]
fn progress_that_cannot_be_kept_costs_nothing() {
    let learner = Learner::new();
    fs::create_dir_all(learner.path(PROGRESS)).unwrap();
    learner.solve("ex_90_1");
    let graded = learner.run(&["grade", "ex_90_1"]);
    assert_eq!(graded.status.code(), Some(0), "{}", said(&graded));
    assert!(said(&graded).contains("failed to keep your progress in"), "{}", said(&graded));
    assert_eq!(learner.run(&["list"]).status.code(), Some(0));
}

#[test]
fn graders_at_once_lose_nothing() {
    let learner = Learner::new();
    let lessons = ["ex_90_1", "ex_91_1"];
    lessons.iter().for_each(|lesson| learner.solve(lesson));
    std::thread::scope(|scope| {
        for lesson in [lessons, lessons].concat() {
            let learner = &learner;
            scope.spawn(move || learner.run(&["grade", lesson]));
        }
    });
    let kept = progress(&learner);
    for lesson in lessons {
        assert!(kept["lessons"][lesson]["done"].is_string(), "{kept}");
    }
}
