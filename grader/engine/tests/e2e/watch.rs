//! A lesson is graded each time that it is saved, in a terminal and without one.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::{
    learner::Learner,
    support::{aloud, changed},
    terminal::Terminal,
};

/// With nothing to find out at first: lesson 90.1 is next.
const BEGUN: &str = r#"{"version": 1, "lessons": {
    "ex_90_1": {"best": 0, "points": 1}, "ex_90_2": {"best": 0, "points": 1},
    "ex_90_3": {"best": 0, "points": 1}, "ex_90_4": {"best": 0, "points": 1},
    "ex_90_5": {"best": 0, "points": 1}, "ex_91_1": {"best": 0, "points": 1},
    "ex_91_2": {"best": 0, "points": 1}}}"#;

fn learner() -> Learner {
    Learner::new().with_progress(BEGUN)
}

/// Starts watching; `None`, said aloud, where no program gives a terminal to another.
fn watched(learner: &Learner, columns: u16) -> Option<Terminal> {
    if Command::new("setsid").arg("--version").output().is_err() {
        aloud("WATCH NOT TESTED in a terminal: this machine has no `setsid`");
        return None;
    }
    let terminal = Terminal::run(&learner.command(&["watch"]), columns, 24);
    terminal.wait_for("not implemented");
    Some(terminal)
}

/// The file is made elsewhere and renamed, as many editors save.
fn save_by_rename(learner: &Learner, lesson: &str, text: &str) {
    let draft = learner.path("exercises").join(lesson).join("src/.lib.rs.draft");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, learner.file(lesson)).unwrap();
}

fn solution() -> String {
    changed("ex_90_1", "", "")
}

#[test]
fn the_screen_of_a_lesson_that_is_begun() {
    let learner = learner();
    let Some(mut terminal) = watched(&learner, 80) else { return };
    learner.put("ex_90_1", &changed("ex_90_1", "let db = dz;", "let db = dz * b;"));
    let screen = terminal.wait_for("failed");
    let lines: Vec<_> = screen.lines().collect();
    assert!(lines[0].starts_with("ex_90_1  ") && lines[0].ends_with(" points"), "{screen}");
    assert!(lines[1].starts_with("  ✓ ") && lines[1].contains("checks pass"), "{screen}");
    assert!(screen.contains("dL/db") && screen.contains('✗'), "{screen}");
    assert_eq!(lines[23], "[h]int  [e]xplain  [l]ist  [n]ext  [b]rief  [q]uit", "{screen}");
    assert!(terminal.is_raw() && terminal.shows_another_screen() && terminal.hides_the_cursor());
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn compile_errors_then_checks_then_the_next_lesson() {
    let learner = learner();
    let Some(terminal) = watched(&learner, 80) else { return };
    learner.put("ex_90_1", "pub fn forward( {");
    let screen = terminal.wait_for("compile error");
    assert!(screen.contains("ex_90_1/src/lib.rs:1"), "{screen}");
    save_by_rename(&learner, "ex_90_1", &solution());
    let screen = terminal.wait_for("checks pass");
    assert!(screen.contains("✓ all "), "{screen}");
    assert!(screen.contains("Next: ex_90_2"), "{screen}");
    assert!(learner.text(".gradlings/progress.json").contains("done"));
    // Saving another lesson goes on with it.
    learner.put("ex_90_2", "fn");
    let screen = terminal.wait_for("compile error");
    assert!(screen.starts_with("ex_90_2"), "{screen}");
}

#[test]
fn keys_show_pages_that_scroll_and_go_back() {
    let learner = learner();
    let brief = (1..60).map(|line| format!("Line {line}.\n\n")).collect::<String>();
    fs::write(learner.path("exercises/ex_90_1/README.md"), format!("# The brief\n\n{brief}"))
        .unwrap();
    let Some(mut terminal) = watched(&learner, 80) else { return };
    terminal.press("b");
    let screen = terminal.wait_for("The brief");
    assert!(screen.contains("↓ 1–22 of 119"), "{screen}");
    terminal.press(" ");
    let screen = terminal.wait_for("↕ 11–32 of 119");
    assert!(screen.contains("Line 10.") && !screen.contains("The brief"), "{screen}");
    terminal.press("\u{1b}[F");
    assert!(terminal.wait_for("↑ 98–119 of 119").contains("Line 59."));
    terminal.press("h");
    assert!(terminal.wait_for("Hint 1 of").contains("for ex_90_1"));
    terminal.press("l");
    let screen = terminal.wait_for("0 of 7 lessons");
    assert!(screen.contains("➜ ex_90_1") && screen.contains("locked"), "{screen}");
    terminal.press("n");
    terminal.wait(|screen| screen.starts_with("ex_90_2"));
    terminal.press("e");
    terminal.press("\u{3}");
    assert!(terminal.end().success());
}

#[test]
fn pages_fit_forty_columns() {
    let learner = learner();
    let Some(mut terminal) = watched(&learner, 40) else { return };
    let screen = terminal.wait_for("hint explain list next brief quit");
    assert!(screen.starts_with("ex_90_1"), "{screen}");
    // Every line ends with what it has to say, so nothing was cut off.
    assert!(screen.lines().next().unwrap().ends_with(" points"), "{screen}");
    terminal.press("l");
    terminal.wait_for("0 of 7 lessons");
    terminal.resize(80, 24);
    let screen = terminal.wait_for("[h]int  [e]xplain");
    assert!(screen.contains("░".repeat(24).as_str()), "{screen}");
}

#[test]
fn the_terminal_is_given_back_whatever_ends_the_watch() {
    let learner = learner();
    for end in ["q", "\u{3}", "TERM"] {
        let Some(mut terminal) = watched(&learner, 80) else { return };
        match end {
            "TERM" => terminal.signal(),
            key => terminal.press(key),
        }
        assert!(terminal.end().success(), "{end}");
        assert!(!terminal.is_raw() && !terminal.shows_another_screen(), "{end}");
        assert!(!terminal.hides_the_cursor(), "{end}");
    }
}

#[test]
fn of_ten_saves_at_once_the_last_is_shown() {
    let learner = learner();
    let Some(terminal) = watched(&learner, 80) else { return };
    for attempt in 0..10 {
        let save = if attempt % 2 == 0 { Learner::put } else { save_by_rename };
        save(&learner, "ex_90_1", &format!("compile_error!(\"attempt {attempt}\");"));
    }
    let screen = terminal.wait_for("attempt 9");
    assert!(!screen.contains("attempt 8"), "{screen}");
}

#[test]
fn a_file_that_is_deleted_is_missed_until_it_is_there_again() {
    let learner = learner();
    let Some(terminal) = watched(&learner, 80) else { return };
    fs::remove_file(learner.file("ex_90_1")).unwrap();
    terminal.wait_for("is not in the submission");
    let folder = learner.path("exercises/ex_90_1");
    let aside = learner.path("aside");
    learner.solve("ex_90_1");
    terminal.wait_for("checks pass");
    fs::rename(&folder, &aside).unwrap();
    terminal.wait_for("is not in the submission");
    fs::rename(&aside, &folder).unwrap();
    terminal.wait_for("checks pass");
}

#[test]
fn without_a_terminal_reports_follow_each_other() {
    let learner = learner();
    let mut watch = learner.command(&["watch"]);
    let mut watch = watch.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("not implemented")));
    learner.solve("ex_90_1");
    assert!(lines.any(|line| line.contains("checks pass")));
    let next = lines.find(|line| line.starts_with("Next:")).unwrap();
    assert!(next.contains("ex_90_2") && !next.contains('\u{1b}'), "{next}");
    watch.kill().unwrap();
    watch.wait().unwrap();
}
