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

/// Starts watching, and waits for the first report.
fn watched(learner: &Learner, columns: u16) -> Option<Terminal> {
    let terminal = run(&learner.command(&["watch"]), columns)?;
    terminal.wait_for("not implemented");
    Some(terminal)
}

/// Runs a program in a terminal of 24 rows.
fn run(program: &Command, columns: u16) -> Option<Terminal> {
    run_in(program, columns, 24)
}

/// Runs a program in a terminal; `None`, said aloud, where no program gives a terminal to another.
fn run_in(program: &Command, columns: u16, rows: u16) -> Option<Terminal> {
    if Command::new("setsid").arg("--version").output().is_err() {
        aloud("WATCH NOT TESTED in a terminal: this machine has no `setsid`");
        return None;
    }
    Some(Terminal::run(program, columns, rows))
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
    let Some(mut terminal) = watched(&learner, 80) else { return };
    learner.put("ex_90_1", "pub fn forward( {");
    let screen = terminal.wait_for("compile error");
    assert!(screen.contains("ex_90_1/src/lib.rs:1"), "{screen}");
    save_by_rename(&learner, "ex_90_1", &solution());
    let screen = terminal.wait_for("checks pass");
    assert!(screen.contains("✓ all "), "{screen}");
    assert!(screen.contains("Next: ex_90_2"), "{screen}");
    assert!(learner.text(".gradlings/progress.json").contains("done"));
    // It goes on with what is next.
    terminal.press("n");
    terminal.wait(|screen| screen.starts_with("ex_90_2") && screen.contains("not implemented"));
    learner.put("ex_90_2", "fn");
    terminal.wait(|screen| screen.starts_with("ex_90_2") && screen.contains("compile error"));
    // Saving another lesson goes on with that.
    learner.put("ex_90_3", "fn");
    terminal.wait(|screen| screen.starts_with("ex_90_3") && screen.contains("compile error"));
}

/// It answers what the brief asks, slowly: what explains a mistake in it takes a moment to be found.
fn slow_and_wrong() -> String {
    let count = "for count in 0..100_000 { std::hint::black_box(count); }";
    changed("ex_90_1", "let db = dz;", &format!("{count}\n    let db = dz * b;"))
}

#[test]
fn points_come_before_what_explains_them() {
    let learner = learner();
    let Some(terminal) = watched(&learner, 80) else { return };
    learner.put("ex_90_1", &slow_and_wrong());
    let screen = terminal.wait_for("looking for what explains");
    assert!(screen.contains("failed") && !screen.contains("bias_gradient_times_b:"), "{screen}");
    let screen = terminal.wait(|screen| !screen.contains("looking for what explains"));
    assert!(screen.contains("bias_gradient_times_b:") && screen.contains("graded in "), "{screen}");
}

/// That the worker is stopped at once, a test of the worker shows: here it would depend on the clock.
#[test]
fn a_loop_without_an_end_does_not_stand_in_the_way_of_the_next_save() {
    let learner = learner();
    let Some(terminal) = watched(&learner, 80) else { return };
    let endless = "let mut count = 1; while count > 0 { count += 2; count -= 2; } let z = ";
    learner.put("ex_90_1", &changed("ex_90_1", "let z = ", endless));
    terminal.wait_for("grading ex_90_1");
    learner.solve("ex_90_1");
    terminal.wait_for("checks pass");
}

#[test]
fn a_lesson_that_is_locked_is_graded_and_says_so() {
    let learner = learner();
    let terminal = learner.command(&["watch", "ex_91_1"]);
    let Some(terminal) = run(&terminal, 40) else { return };
    // Folded, above the keys.
    let told = "ex_91_1 is locked until ex_90_1 is done; it is graded all the same. hint explain";
    terminal.wait(|screen| screen.replace('\n', " ").contains(told));
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
    let screen = terminal.wait_for("Hint 1 of");
    assert!(screen.contains("for ex_90_1") && screen.contains("h: the next hint"), "{screen}");
    terminal.press("h");
    terminal.wait_for("Hint 2 of");
    terminal.press("l");
    let screen = terminal.wait_for("0 of 7 lessons");
    assert!(screen.contains("➜ ex_90_1") && screen.contains("locked"), "{screen}");
    assert!(screen.ends_with("[q]uit  [esc] back"), "{screen}");
    for back in ["l", "\u{1b}"] {
        terminal.press(back);
        terminal.wait(|screen| screen.starts_with("ex_90_1"));
        terminal.press("l");
        terminal.wait_for("0 of 7 lessons");
    }
    terminal.press("n");
    terminal.wait(|screen| screen.starts_with("ex_90_2"));
    terminal.press("e");
    terminal.wait_for("explain is on");
    terminal.press("e");
    terminal.wait_for("explain is off");
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
    let screen = terminal.wait_for("[h]int  [l]ist");
    assert!(screen.contains("░".repeat(24).as_str()), "{screen}");
}

#[test]
fn what_other_commands_print_fits_the_terminal() {
    let learner = learner();
    learner.put("ex_90_1", &changed("ex_90_1", "let db = dz;", "let db = dz * b;"));
    let commands: [&[&str]; 9] = [
        &["grade", "ex_90_1"],
        &["grade", "ex_91_1"],
        &["grade"],
        &["list"],
        &["list", "ex_90_1", "ex_91_1"],
        &["next"],
        &["brief", "ex_90_1"],
        &["hint", "ex_90_1"],
        &["solution", "ex_90_1"],
    ];
    for (columns, arguments) in [40, 80].into_iter().flat_map(|it| commands.map(|all| (it, all))) {
        let Some(mut terminal) = run_in(&learner.command(arguments), columns, 200) else { return };
        assert!(terminal.end().code().is_some_and(|code| code < 2), "{}", terminal.screen());
        let wrapped = terminal.wrapped();
        assert!(wrapped.is_empty(), "{arguments:?} in {columns} columns: {wrapped:#?}");
    }
}

#[test]
fn the_screen_of_the_list() {
    let learner = learner();
    let Some(mut terminal) = run(&learner.command(&["list"]), 80) else { return };
    assert!(terminal.end().success());
    let list = "\
➜ ex_90_1  The softplus neuron                                       next  0 / 6
○ ex_90_2  A product and its gradient                                open  0 / 7
○ ex_90_3  Functions of functions                                    open  0 / 5
○ ex_90_4  Layers and their caches                                   open  0 / 4
○ ex_90_5  Numbers of two widths, text and bytes                     open  0 / 5
· ex_91_1  Gradient descent on the softplus neuron                 locked  0 / 4
· ex_91_2  A training loop                                         locked  0 / 3

░░░░░░░░░░░░░░░░░░░░░░░░  0 of 7 lessons, 0 / 34 points
";
    assert_eq!(terminal.screen(), list.trim_end());
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
