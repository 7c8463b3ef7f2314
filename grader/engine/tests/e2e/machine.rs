//! A machine that cannot grade: nobody is told to be wrong, and the report says what to try. A
//! submission that only looks like such a machine gets its own verdict.

use std::process::Command;

use rstest::rstest;
use serde_json::Value;

use crate::support::{
    Submission, aloud, changed, command, course, is_confined, messages, program, report,
};

/// Built where an official grading builds; nothing where this machine cannot grade officially.
fn officially() -> &'static [&'static str] {
    if is_confined() { &["--record"] } else { &[] }
}

/// Grades ex_90_1 of a submission, started by a shell after these words; gives the report and the exit
/// code.
fn graded_after(words: &str, submission: &str, flags: &[&str]) -> (Value, i32) {
    let mut shell = command("sh".as_ref(), course());
    shell.args(["-ec", &format!("{words}; exec \"$@\""), "sh"]).arg(program());
    shell.args(["grade", "ex_90_1", "--format=json", "--submission", submission]).args(flags);
    let output = shell.output().unwrap();
    (report(&output), output.status.code().unwrap())
}

fn is_blameless((report, code): &(Value, i32), says: &str) {
    let lesson = &report["lessons"][0];
    assert_eq!((&lesson["verdict"], code), (&"not_graded".into(), &2), "{report:#}");
    assert_eq!(report["record"], false);
    let messages = messages(lesson);
    assert!(messages.contains("not your fault") && messages.contains(says), "{messages}");
}

/// True where a user may mount something for itself; says so aloud where not.
fn can_mount() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "true"]);
    let can = unshare.status().is_ok_and(|status| status.success());
    if !can {
        aloud("NOT TESTED: this machine lets nobody mount a folder");
    }
    can
}

#[rstest]
#[case::no_programs("-o noexec", "mounted with `noexec`")]
#[case::full("-o size=64k", "has only 0 MiB left")]
#[case::read_only("-o ro", "cannot be written to")]
fn a_folder_for_drafts_where_nothing_can_be_built_is_named(
    #[case] options: &str,
    #[case] says: &str,
) {
    if !can_mount() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display();
    let words = format!(
        "exec unshare --user --map-root-user --mount sh -ec \
         'mount -t tmpfs {options} none {at}; export TMPDIR={at}; exec \"$@\"' sh \"$@\""
    );
    let graded = graded_after(&words, "solutions", officially());
    is_blameless(&graded, says);
    is_blameless(&graded, "TMPDIR=DIR");
}

#[test]
fn a_folder_for_drafts_that_is_missing_is_named() {
    let graded = graded_after("export TMPDIR=/nowhere", "solutions", officially());
    is_blameless(&graded, "/nowhere cannot be used");
}

#[test]
fn a_cache_that_cannot_be_written_still_gives_a_report() {
    let graded = graded_after("export CARGO_TARGET_DIR=/proc/nowhere", "solutions", &[]);
    is_blameless(&graded, "CARGO_TARGET_DIR=DIR");
}

#[test]
fn a_compiler_that_may_write_too_little_is_not_the_learners() {
    let graded = graded_after("ulimit -f 100", "solutions", officially());
    is_blameless(&graded, "ulimit -f");
}

#[test]
fn limits_are_lowered_to_those_of_whoever_grades() {
    let (report, code) = graded_after("ulimit -v 1500000", "solutions", officially());
    assert_eq!((&report["lessons"][0]["verdict"], code), (&"passed".into(), 0), "{report:#}");
}

/// The solution with a statement at the start of its forward pass.
fn forward_with(statement: &str) -> Submission {
    let text = changed("ex_90_1", "let z =", &format!("{statement}\nlet z ="));
    Submission::empty().with("ex_90_1", text)
}

#[test]
fn memory_that_a_lesson_is_owed_and_the_machine_does_not_have_is_not_the_learners() {
    let submission =
        forward_with("drop(std::hint::black_box(Vec::<u8>::with_capacity(1800 << 20)));");
    assert_eq!(submission.grade_one("ex_90_1")["verdict"], "passed");
    let graded = graded_after("ulimit -v 1500000", submission.path(), &[]);
    let (report, code) = &graded;
    let check = &report["lessons"][0]["checks"][0];
    assert_eq!((&check["verdict"], code), (&"not_graded".into(), &2), "{report:#}");
    assert!(check["message"].as_str().unwrap().contains("ulimit -v"), "{report:#}");
}

#[rstest]
#[case::the_launcher(
    "eprintln!(\"failed to start a confined program: Permission denied (os error 13)\");
     std::process::exit(2);",
    "stopped_early"
)]
#[case::the_loader(
    "eprintln!(\"worker: error while loading shared libraries: libopenblas.so.0\");
     std::process::exit(127);",
    "stopped_early"
)]
#[case::no_memory(
    "drop(std::hint::black_box(Vec::<u8>::with_capacity(1 << 40)));",
    "out_of_memory"
)]
fn who_only_looks_like_a_broken_machine_gets_a_verdict(
    #[case] statement: &str,
    #[case] verdict: &str,
) {
    let submission = forward_with(statement);
    for flags in [&[][..], officially()] {
        let (report, code) = graded_after(":", submission.path(), flags);
        let check = &report["lessons"][0]["checks"][0];
        assert_eq!((&check["verdict"], code), (&verdict.into(), 1), "{report:#}");
    }
}
