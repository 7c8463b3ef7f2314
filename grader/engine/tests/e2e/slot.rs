//! What a build leaves behind, for the next one and on the disk.

use std::fs;

use rstest::rstest;

use crate::support::{Submission, changed, messages, slot, solution};

fn left(submission: &Submission) -> Vec<String> {
    let entries = fs::read_dir(slot(submission).join("build")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A constant with the bytes of a file beside the sources, by a macro that no scan sees through.
fn including(file: &str) -> String {
    solution("ex_90_1")
        + "macro_rules! call { ($name:ident, $mark:tt, $file:literal) => { $name $mark ($file) }; }\n"
        + &format!("pub static EARLIER: &[u8] = call!(include_bytes, !, \"{file}\");")
}

#[rstest]
#[case::metadata("../check.rmeta")]
#[case::worker("../worker")]
#[case::library("../libex_90_1.rlib")]
#[case::source("earlier.rs")]
fn nothing_of_the_submission_before_is_there_for_the_next(#[case] file: &str) {
    // Does not fit, so that it is compiled on its own as well; then fits, with a module and a `main`.
    let misfit = changed("ex_90_1", "pub fn backward", "pub fn backwards");
    let submission = Submission::empty().with("ex_90_1", misfit);
    assert_eq!(submission.grade_one("ex_90_1")["verdict"], "compile_error");
    let module = format!("{}/ex_90_1/src/earlier.rs", submission.path());
    fs::write(&module, "").unwrap();
    submission.put("ex_90_1", solution("ex_90_1") + "pub mod earlier; fn main() {}");
    assert_eq!(submission.grade_one("ex_90_1")["verdict"], "passed");
    fs::remove_file(module).unwrap();
    submission.put("ex_90_1", including(file));
    let lesson = submission.grade_one("ex_90_1");
    let messages = messages(&lesson);
    assert_eq!(lesson["verdict"], "compile_error", "{lesson:#}");
    assert!(messages.contains("No such file"), "{messages}");
}

#[test]
fn a_build_leaves_the_worker_and_what_makes_the_next_one_faster() {
    let submission = Submission::empty().with_solution("ex_90_1");
    submission.grade_one("ex_90_1");
    assert_eq!(left(&submission), ["incremental", "worker"]);
    submission.put("ex_90_1", "fn f() -> f64 { true }");
    submission.grade_one("ex_90_1");
    assert_eq!(left(&submission), ["incremental"]);
}
