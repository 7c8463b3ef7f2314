//! A class is graded, once and again.

use std::{fs, process::Stdio, thread, time::Duration};

use crate::{
    class::{Class, read, said, wrong},
    support::solution,
};

#[test]
fn a_class_is_graded_and_everybody_has_a_row() {
    let class = Class::handed_in();
    let output = class.batch(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(class.row("ada").starts_with("ada,Ada,,100,"), "{}", class.row("ada"));
    let [bob, cy, dee, eve] = ["bob", "cy", "dee", "eve"].map(|it| class.row(it));
    assert!(!bob.contains(",100,") && !bob.contains(",0,0,"), "{bob}");
    assert!(cy.contains(",50,") && dee.contains(",50,cy,") || dee.contains(",50,"), "{cy} {dee}");
    assert!(eve.contains("nothing was handed in"), "{eve}");
    let page = class.exported("class.html");
    assert!(page.contains("1 learner made it") && page.contains("bias"), "{page}");
    let report = class.exported("reports/week-1/bob.html");
    assert!(report.contains("officially"), "{report}");
    assert!(!class.path("out/reports/week-1/eve.html").exists());
}

#[test]
fn a_copy_is_graded_once_whoever_hands_it_in() {
    let class = Class::handed_in();
    let first = said(&class.batch(&[]));
    // Ada's and the team's first lesson, and Ada's and Bob's second one, are the same.
    assert!(first.contains("3 graded, 0 known"), "{first}");
    let again = said(&class.batch(&[]));
    assert!(again.contains("0 graded, 3 known"), "{again}");
    class.hand_in("eve", "ex_90_1", &wrong());
    let late = said(&class.batch(&[]));
    assert!(late.contains("0 graded, 3 known"), "{late}");
    let [bob, eve] = ["bob", "eve"].map(|it| class.exported(&format!("reports/week-1/{it}.html")));
    assert!(bob.contains("bias") && eve.contains("bias"), "{eve}");
}

#[test]
fn who_hands_in_anew_is_told_to_have_moved() {
    let class = Class::handed_in();
    class.batch(&[]);
    class.hand_in("bob", "ex_90_1", &solution("ex_90_1"));
    let said = said(&class.batch(&[]));
    assert!(said.contains("moved: bob, ex_90_1: ") && said.contains("(handed in anew)"), "{said}");
}

#[test]
fn the_gradebook_is_the_same_however_often_the_batch_was_killed() {
    let class = Class::handed_in();
    assert!(class.command("batch", "whole", &["in"]).status().unwrap().success());
    for milliseconds in [5, 20, 60, 150, 300, 600] {
        let mut batch = class.command("batch", "out", &["in"]);
        let mut batch = batch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        batch.kill().unwrap();
        batch.wait().unwrap();
    }
    let last = class.batch(&[]);
    assert_eq!(last.status.code(), Some(0), "{}", said(&last));
    for file in ["gradebook.csv", "gradebook.json", "canvas.csv", "moodle.csv", "class.html"] {
        assert_eq!(class.exported(file), read(&class.path("whole").join(file)), "{file}");
    }
    let lanes = fs::read_dir(class.path("out/lanes")).unwrap().count();
    assert_eq!(lanes, 0, "the killed left their places behind");
}

#[test]
fn two_batches_at_once_write_one_gradebook() {
    let class = Class::handed_in();
    let start = || {
        let mut batch = class.command("batch", "out", &["in"]);
        batch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(|batch| batch.wait_with_output().unwrap());
    for output in both {
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    assert!(class.row("ada").starts_with("ada,Ada,,100,"));
}

#[test]
fn a_dry_run_grades_nothing() {
    let class = Class::handed_in();
    let said = said(&class.batch(&["--dry-run"]));
    assert!(said.contains("week-1: 4 attempts at 2 lessons"), "{said}");
    assert!(!class.path("out").exists());
}

#[test]
fn who_moved_is_told_after_a_batch_that_was_cut_off() {
    let class = Class::handed_in();
    class.batch(&[]);
    class.hand_in(
        "bob",
        "ex_90_1",
        &solution("ex_90_1").replace("let db = dz;", "let db = dz * 2.0;"),
    );
    fs::remove_dir_all(class.path("out/lanes")).unwrap();
    class.write("out/lanes", "nothing can be built here");
    assert_eq!(class.batch(&[]).status.code(), Some(2));
    fs::remove_file(class.path("out/lanes")).unwrap();
    class.hand_in("bob", "ex_90_1", &solution("ex_90_1"));
    let moved = said(&class.batch(&[]));
    assert!(moved.contains("moved: bob, ex_90_1: "), "{moved}");
    assert!(!said(&class.batch(&[])).contains("moved: "), "told twice");
}

#[test]
fn what_turns_out_to_be_of_somebody_else_is_taken_back() {
    let class = Class::handed_in();
    class.hand_in("late", "ex_90_1", &solution("ex_90_1"));
    let with = |of: &str| {
        let row = format!("{of},X,,late\n");
        class.write("roster.csv", format!("id,name,team,submission\nada,Ada,,\nbob,Bob,,\n{row}"));
        said(&class.batch(&[]))
    };
    with("eve");
    let said = with("zoe");
    assert!(said.contains("withdrawn: late does not belong to eve any more"), "{said}");
    assert!(class.row("zoe").contains(",late,"));
    let known = class.run("learner delete", &["eve"]);
    assert_eq!(known.status.code(), Some(2), "eve has nothing any more");
}
