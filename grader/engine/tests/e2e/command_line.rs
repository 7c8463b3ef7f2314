//! The command line: arguments, exit codes, where the report goes, colours.

use std::{fs, process::Stdio};

use crate::support::{Submission, aloud, changed, command, course, grader, is_confined, program};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_unknown_lesson_is_named_with_the_ones_that_exist() {
    let output = grader(&["grade", "ex_90_11"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("ex_90_11") && message.contains("ex_90_1,"), "{message}");
}

#[test]
fn a_missing_folder_is_the_graders_failure() {
    let output = grader(&["grade", "--submission", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("failed to open the submission \"nowhere\""));
    assert!(output.stdout.is_empty());
}

#[test]
fn an_empty_submission_is_reported_lesson_by_lesson() {
    let (report, code) = Submission::empty().grade(&[]);
    assert_eq!((report["score"].as_f64(), code), (Some(0.0), 1));
    for lesson in report["lessons"].as_array().unwrap() {
        assert_eq!(lesson["verdict"], "not_implemented");
        assert!(lesson["checks"][0]["message"].as_str().unwrap().contains("nothing was handed in"));
    }
}

#[test]
fn the_report_goes_to_a_file_when_asked() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let file = format!("{}/report.json", submission.path());
    let flags = ["--submission", submission.path(), "--format", "json", "--output", &file];
    let output = grader(&[&["grade", "ex_90_1"], &flags[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(report["lessons"][0]["id"], "ex_90_1");
}

#[test]
fn a_report_in_a_file_is_written_as_its_ending_says() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let written = |name: &str, flags: &[&str]| {
        let file = format!("{}/{name}", submission.path());
        let grade = ["grade", "ex_90_1", "--submission", submission.path(), "--output", &file];
        assert_eq!(grader(&[&grade, flags].concat()).status.code(), Some(0));
        fs::read_to_string(file).unwrap()
    };
    assert!(written("report.html", &[]).starts_with("<!DOCTYPE html>"));
    assert!(written("report.json", &[]).starts_with('{'));
    assert!(written("report.csv", &[]).starts_with("submission,"));
    assert!(written("report.txt", &[]).starts_with("ex_90_1"));
    assert!(written("other.html", &["--format", "json"]).starts_with('{'));
}

#[test]
fn a_report_is_the_same_on_standard_output_and_in_a_file() {
    let print = r#"println!("\u{1b}[2J\u{9b}1m\u{202e}##[error]");"#;
    let text = changed("ex_90_1", "let z =", &format!("{print}\nlet z ="));
    let submission = Submission::empty().with("ex_90_1", text);
    let file = format!("{}/report", submission.path());
    for format in ["json", "html", "csv"] {
        let grade = ["grade", "ex_90_1", "--submission", submission.path(), "--color", "always"];
        let flags = [&grade[..], &["--format", format]].concat();
        let printed = grader(&flags).stdout;
        grader(&[&flags[..], &["--output", &file]].concat());
        assert!(printed.len() > 500 && printed == fs::read(&file).unwrap(), "{format}");
    }
}

#[test]
fn the_name_of_a_submission_steers_no_terminal() {
    let arguments = ["grade", "--color", "always", "--submission", "/nowhere/\u{1b}]0;x\u{7}"];
    let said = text(&grader(&arguments).stderr);
    assert!(said.contains(r"\u{1b}]0;x\u{7}") && !said.contains('\u{7}'), "{said}");
}

#[test]
fn a_report_that_cannot_be_written_is_the_graders_failure() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let flags =
        ["grade", "ex_90_1", "--submission", submission.path(), "--output", "/nowhere/report"];
    let output = grader(&flags);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere/report"));
}

/// What a grader says whose standard output is a file, or nothing that anybody reads.
fn said_to(output: impl Into<Stdio>) -> (String, i32) {
    let mut grader = command(program(), course());
    grader.args(["grade", "ex_90_1", "--submission", "solutions"]).stdout(output);
    let output = grader.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    (text(&output.stderr), output.status.code().unwrap())
}

#[test]
fn a_full_disk_behind_standard_output_is_the_graders_failure() {
    let (said, code) = said_to(fs::File::create("/dev/full").unwrap());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("failed to write to standard output") && !said.contains("panicked"));
}

#[test]
fn a_reader_that_has_gone_changes_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(said_to(writer), (String::new(), 0));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let coloured = |flags: &[&str]| {
        let arguments = [&["grade", "ex_90_1", "--submission", submission.path()], flags].concat();
        text(&grader(&arguments).stdout).contains('\u{1b}')
    };
    assert!(!coloured(&[]));
    assert!(!coloured(&["--color", "never"]));
    assert!(coloured(&["--color", "always"]));
}

#[test]
fn nothing_is_drawn_when_the_output_is_piped() {
    let submission = Submission::empty().with_solution("ex_90_1");
    // The first run may say that it builds the kit.
    submission.grade(&["ex_90_1"]);
    let output = grader(&["grade", "ex_90_1", "--submission", submission.path()]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn the_terminal_report_fits_80_columns() {
    let submission = Submission::empty().with("ex_90_1", "pub fn nothing() {}");
    let output = grader(&["grade", "--submission", submission.path()]);
    let text = text(&output.stdout);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_report_of_every_lesson_shows_the_first_one_that_is_open() {
    let submission = Submission::empty().with_solution("ex_90_1").with("ex_90_2", "syntax error");
    let text = |flags: &[&str]| {
        text(&grader(&[&["grade", "--submission", submission.path()], flags].concat()).stdout)
    };
    let (short, full) = (text(&[]), text(&["--all"]));
    assert!(short.lines().count() < 24, "{short}");
    assert!(!short.contains("dL/dw") && full.contains("dL/dw"), "{full}");
    for told in ["✓ ex_90_1  ", "error: expected one of", "· ex_90_3  ", "Next: ex_90_2."] {
        assert!(short.contains(told), "{told}: {short}");
    }
    assert_eq!(short.matches("error: expected one of").count(), 1, "{short}");
}

#[test]
fn a_lesson_that_passes_leads_to_the_next_one() {
    let text = text(&grader(&["grade", "ex_90_4", "--submission", "solutions"]).stdout);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let next = "Every point earned. Derivation and walk-through: solutions/ex_90_4/derivation.md. \
                Next: ex_90_5. Read exercises/ex_90_5/README.md";
    assert!(text.contains(next), "{text}");
}

#[test]
fn list_shows_every_check_with_its_points() {
    let output = grader(&["list", "ex_90_1"]);
    let text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(text.contains("ex_90_1") && text.contains("dL/dw and dL/db by differences"), "{text}");
}

/// What the launcher is told to confine a program without files; a second sandbox cannot be put
/// inside, which is how a machine without one looks.
const CONFINED: &str = r#"{"stage": "Inside", "profile": "Compiler",
    "sandbox": {"cgroup": false, "bubblewrap": false, "landlock": false, "seccomp": true},
    "limits": {"cpu_seconds": 60, "memory_bytes": 8589934592, "file_bytes": 1048576, "open_files": 256},
    "paths": {"read": [], "write": []}}"#;

#[test]
fn a_record_is_refused_where_nothing_confines_and_says_why() {
    let program = program().to_str().unwrap();
    let output = grader(&["launch", CONFINED, program, "grade", "ex_90_1", "--record"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("failed to grade officially") && said.contains("Landlock"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_report_says_how_it_came_about() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let (insecure, _) = submission.grade(&["ex_90_1", "--insecure"]);
    assert_eq!((&insecure["sandbox"], &insecure["record"]), (&"none".into(), &false.into()));
    let both = grader(&["grade", "ex_90_1", "--record", "--insecure"]);
    assert_eq!((both.status.code(), both.stdout.len()), (Some(2), 0), "{}", text(&both.stderr));
    let (practice, _) = submission.grade(&["ex_90_1"]);
    assert_eq!(practice["record"], false);
    if practice["sandbox"] != "landlock+seccomp" {
        aloud("UNSANDBOXED: this machine cannot grade for a record");
        return;
    }
    let (record, _) = submission.grade(&["ex_90_1", "--record"]);
    // A record adds what this machine has besides.
    let added = record["sandbox"].as_str().unwrap().strip_prefix("landlock+seccomp").unwrap();
    assert!(["", "+bubblewrap", "+cgroup", "+bubblewrap+cgroup"].contains(&added), "{added}");
    assert_eq!(record["record"], true);
    assert_eq!(record["score"], practice["score"]);
}

#[test]
fn the_seed_of_a_record_cannot_be_known_before() {
    let submission = Submission::empty().with_solution("ex_90_1");
    let seed = |flags: &[&str]| submission.grade(&[&["ex_90_1"], flags].concat()).0["seed"].clone();
    assert_eq!(seed(&[]), 0);
    if is_confined() {
        let drawn = [seed(&["--record"]), seed(&["--record"]), seed(&["--record"])];
        assert!(drawn[0] != drawn[1] || drawn[1] != drawn[2], "{drawn:?}");
        assert_eq!(seed(&["--record", "--seed", "5"]), 5);
    }
}
