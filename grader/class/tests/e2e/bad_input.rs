//! What is wrong is told, and the rest is graded.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{
    class::{COURSE, Class, ROSTER, said},
    support::{aloud, solution},
};

#[test]
fn what_nobody_claims_and_what_is_no_submission_is_told_and_the_rest_is_graded() {
    let class = Class::handed_in();
    class.hand_in("zoe", "ex_90_1", &solution("ex_90_1"));
    class.write("in/notes.txt", "");
    class.write("in/eve.zip", "PK no zip");
    class.hand_in("new\nline\u{1b}[31m", "ex_90_1", "");
    let output = class.batch(&[]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("not graded: zoe belongs to nobody on the roster"), "{said}");
    assert!(said.contains("passed over: notes.txt"), "{said}");
    assert!(said.contains("nothing to grade: in/eve.zip: "), "{said}");
    assert!(said.contains("not graded: new␊line"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(class.row("ada").starts_with("ada,Ada,,100,"));
    assert!(class.row("eve").contains(",0,"), "{}", class.row("eve"));
    let report = class.exported("reports/week-1/eve.html");
    assert!(report.contains("damaged") || report.contains("archive"), "{report}");
}

#[test]
fn two_submissions_of_a_learner_are_open_until_it_is_clear_which_counts() {
    let class = Class::handed_in();
    class.hand_in("ada_2", "ex_90_1", &solution("ex_90_1"));
    let output = class.batch(&[]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("not graded: ada has 2 submissions (ada, ada_2)"), "{said}");
    assert!(!class.row("bob").is_empty());
}

#[test]
fn settings_and_roster_are_wrong_by_their_lines() {
    let class = Class::handed_in();
    class.write("course.toml", COURSE.replace("seed", "sead"));
    let wrong = said(&class.batch(&[]));
    assert!(wrong.contains("course.toml, line 7: ") && wrong.contains("sead"), "{wrong}");
    class.write("course.toml", COURSE);
    class.write("roster.csv", format!("{ROSTER}ada,Ada again,\n"));
    let twice = said(&class.batch(&[]));
    assert!(twice.contains("roster.csv, line 7: the id \"ada\" stands in line 2"), "{twice}");
    fs::remove_file(class.path("roster.csv")).unwrap();
    assert!(said(&class.batch(&[])).contains("failed to read the roster"));
    fs::remove_file(class.path("course.toml")).unwrap();
    let missing = class.batch(&[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("name the file: --class FILE"), "{}", said(&missing));
}

#[test]
fn a_gradebook_that_cannot_be_used_is_left_alone() {
    let class = Class::handed_in();
    fs::create_dir(class.path("out")).unwrap();
    class.write("out/gradebook.sqlite", "this is no database, and was there before".repeat(20));
    let damaged = class.batch(&[]);
    assert_eq!(damaged.status.code(), Some(2));
    assert!(said(&damaged).contains("is not a gradebook"), "{}", said(&damaged));
    assert!(class.exported("gradebook.sqlite").starts_with("this is no database"));
}

#[test]
fn a_gradebook_of_a_newer_grader_is_refused() {
    let class = Class::handed_in();
    class.batch(&[]);
    let file = class.path("out/gradebook.sqlite");
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute("UPDATE book SET value = '2' WHERE entry = 'version'", []).unwrap();
    let newer = class.batch(&[]);
    assert_eq!(newer.status.code(), Some(2));
    assert!(said(&newer).contains("its tables have version 2"), "{}", said(&newer));
}

#[test]
fn a_gradebook_that_is_locked_says_so() {
    let class = Class::handed_in();
    class.batch(&[]);
    let connection = rusqlite::Connection::open(class.path("out/gradebook.sqlite")).unwrap();
    connection.execute("BEGIN EXCLUSIVE", []).unwrap();
    let locked = class.batch(&[]);
    assert_eq!(locked.status.code(), Some(2));
    assert!(said(&locked).contains("another grader is writing to it"), "{}", said(&locked));
}

#[test]
fn a_folder_that_cannot_be_written_says_so() {
    let class = Class::handed_in();
    class.write("out", "");
    let output = class.batch(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("failed to make the folder out"), "{}", said(&output));
    fs::remove_file(class.path("out")).unwrap();
    fs::create_dir(class.path("out")).unwrap();
    fs::set_permissions(class.path("out"), fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes wherever it likes.
    if fs::write(class.path("out/try"), "").is_ok() {
        return aloud("NOT TESTED: this user writes to read-only folders");
    }
    assert!(said(&class.batch(&[])).contains("has to be writable"));
}

#[test]
fn an_assignment_that_is_not_there_is_told_with_those_that_are() {
    let class = Class::handed_in();
    let unknown = said(&class.batch(&["--assignment", "week-9"]));
    assert!(unknown.contains("there are week-1"), "{unknown}");
    class.write(
        "course.toml",
        format!("{COURSE}{}", COURSE[COURSE.find("[[").unwrap()..].replace("week-1", "week-2")),
    );
    let unnamed = said(&class.batch(&[]));
    assert!(unnamed.contains("name one of week-1, week-2 with --assignment"), "{unnamed}");
}

#[test]
fn where_there_is_no_gradebook_none_is_made() {
    let class = Class::handed_in();
    let amendment = ["bob", "ex_90_1", "gradients", "--points", "1", "--reason", "so", "--by", "X"];
    let commands: [(&str, &[&str]); 5] = [
        ("export", &[]),
        ("clean", &[]),
        ("amend", &amendment),
        ("learner export", &["bob"]),
        ("learner delete", &["bob"]),
    ];
    for (name, arguments) in commands {
        let output = class.run(name, arguments);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = said(&output);
        assert!(said.contains("there is none in out/gradebook.sqlite"), "{name}: {said}");
        assert!(!class.path("out").exists(), "{name} made a folder");
    }
}

#[test]
fn one_submission_is_told_from_a_folder_of_them() {
    let class = Class::handed_in();
    let output = class.run("batch", &["in/ada"]);
    assert_eq!(output.status.code(), Some(2));
    let one = said(&output);
    assert!(
        one.contains("ex_90_1 belongs to nobody on the roster: it looks like a lesson"),
        "{one}"
    );
    // What one learner hands in stops nobody else's grading.
    let src = class.path("in/eve/src");
    fs::create_dir_all(&src).unwrap();
    fs::write(src.join("lib.rs"), "").unwrap();
    class.batch(&[]);
    assert!(class.row("ada").starts_with("ada,Ada,,100,"), "{}", class.row("ada"));
}

#[test]
fn what_course_toml_or_the_roster_has_lost_is_told() {
    let class = Class::handed_in();
    class.batch(&[]);
    class.write("course.toml", COURSE.replace("week-1", "week-2"));
    class.write("roster.csv", ROSTER.replace("bob,Bob,\n", ""));
    let output = class.run("export", &[]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("has grades of \"week-1\", and course.toml"), "{said}");
    assert!(said.contains("has grades of \"bob\", and the roster"), "{said}");
    assert!(!said.contains("\"ada\""), "{said}");
    class.write("course.toml", COURSE);
    class.write("roster.csv", ROSTER);
    class.run("export", &[]);
    assert!(class.row("ada").starts_with("ada,Ada,,100,"), "nothing is lost");
}
