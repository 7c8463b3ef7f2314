//! What an instructor decides: amendments, lateness, attempts, and what is known of a learner.

use crate::{
    class::{COURSE, Class, said, wrong},
    support::solution,
};

const AMENDMENT: [&str; 9] = [
    "bob",
    "ex_90_1",
    "gradients",
    "--points",
    "2",
    "--reason",
    "shown at the board",
    "--by",
    "Prof. X",
];

#[test]
fn an_amendment_survives_a_regrading_and_is_seen_everywhere() {
    let class = Class::handed_in();
    class.batch(&[]);
    let before = class.row("bob");
    let output = class.run("amend", &AMENDMENT);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_ne!(class.row("bob"), before);
    class.hand_in("bob", "ex_90_2", "// nothing");
    class.batch(&[]);
    for file in ["gradebook.csv", "moodle.csv", "gradebook.json", "reports/week-1/bob.html"] {
        let text = class.exported(file);
        let told = text.contains("shown at the board") && text.contains("Prof. X");
        assert!(told, "{file}: {text}");
    }
    assert!(class.exported("class.html").contains(" amended"));
}

#[test]
fn an_amendment_can_be_taken_back() {
    let class = Class::handed_in();
    class.batch(&[]);
    let before = class.exported("gradebook.csv");
    class.run("amend", &AMENDMENT);
    assert_ne!(class.exported("gradebook.csv"), before);
    let [learner, lesson, check, ..] = AMENDMENT;
    let take_back = || class.run("amend", &[learner, lesson, check, "--take-back"]);
    let taken = take_back();
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken));
    assert!(said(&taken).contains("taken back: 2 for gradients of bob, shown at the board"));
    assert_eq!(class.exported("gradebook.csv"), before);
    assert!(said(&take_back()).contains("nothing was decided on gradients of bob"));
}

#[test]
fn an_amendment_has_to_be_possible() {
    let class = Class::handed_in();
    class.batch(&[]);
    let changed = |at: usize, to: &str| {
        let mut arguments = AMENDMENT;
        arguments[at] = to;
        // What is a `&str` of this function ends with it.
        said(&class.run("amend", &arguments))
    };
    assert!(changed(0, "zoe").contains("the roster has no such id"));
    assert!(changed(1, "ex_90_3").contains("failed to find \"ex_90_3\" in week-1"));
    assert!(changed(2, "all").contains("ex_90_1 has "));
    assert!(changed(4, "99").contains("it is worth from 0 to"));
    assert!(changed(4, "NaN").contains("it is worth from 0 to"));
    assert!(changed(6, " ").contains("say why"));
    let without_points = class.run("amend", &["bob", "ex_90_1", "gradients"]);
    assert!(said(&without_points).contains("--points <POINTS>"), "{}", said(&without_points));
}

#[test]
fn a_late_attempt_loses_its_share_and_an_extension_gives_it_back() {
    let class = Class::handed_in();
    let late = "due = 2026-11-30T12:00:00Z\nlate = { per_day = 0.25 }\n";
    class.write("course.toml", format!("{COURSE}{late}"));
    class.write("in/received.csv", "submission,received\nada,2026-12-01T13:00:00Z\n");
    class.batch(&[]);
    assert!(class.row("ada").starts_with("ada,Ada,,50,"), "{}", class.row("ada"));
    let told = "2 days late: 50 % of the points count";
    assert!(class.row("ada").contains(told));
    let report = class.exported("reports/week-1/ada.html");
    assert!(report.contains(&format!("2026-12-01T13:00:00Z, {told}")) && !report.contains("Seed"));
    let more = "[[extension]]\nlearner = \"ada\"\nassignment = \"week-1\"\n\
        until = 2026-12-01T12:00:00Z\n";
    class.write("course.toml", format!("{COURSE}{late}{more}"));
    class.batch(&[]);
    assert!(class.row("ada").starts_with("ada,Ada,,75,"), "{}", class.row("ada"));
}

#[test]
fn the_best_or_the_last_attempt_counts() {
    let class = Class::new();
    class.hand_in("ada_1", "ex_90_1", &solution("ex_90_1"));
    class.hand_in("ada_2", "ex_90_1", &wrong());
    let with = |counts: &str| {
        class.write("course.toml", format!("{COURSE}attempts = 2\ncounts = \"{counts}\"\n"));
        class.write(
            "in/received.csv",
            "submission,received\nada_1,2026-11-01T00:00:00Z\nada_2,2026-11-02T00:00:00Z\n",
        );
        class.batch(&[]);
        class.row("ada")
    };
    assert!(with("best").contains(",2,ada_1,"), "{}", class.row("ada"));
    assert!(with("last").contains(",2,ada_2,"), "{}", class.row("ada"));
}

#[test]
fn a_learner_can_be_written_down_anonymised_and_deleted() {
    let class = Class::handed_in();
    class.batch(&[]);
    let known = said(&class.run("learner export", &["bob"]));
    assert!(known.contains("\"submission\": \"bob\"") && known.contains("\"checks\""), "{known}");
    let renamed = said(&class.run("learner anonymise", &["bob"]));
    assert!(renamed.contains("bob is learner-"), "{renamed}");
    assert!(!said(&class.run("learner export", &["bob"])).contains("\"submission\": \"bob\""));
    assert!(!class.path("out/reports/week-1/bob.html").exists(), "its name is a learner's");
    assert!(class.path("out/reports/week-1/ada.html").exists());
    assert_eq!(class.run("learner delete", &["ada"]).status.code(), Some(0));
    assert!(!class.path("out/reports/week-1/ada.html").exists());
    assert!(class.row("ada").contains("nothing was handed in"), "{}", class.row("ada"));
    let gone = class.run("learner delete", &["ada"]);
    assert_eq!(gone.status.code(), Some(2));
    assert!(said(&gone).contains("knows nothing of this id"));
}

#[test]
fn the_file_of_a_gradebook_keeps_nothing_of_whom_it_forgot() {
    let class = Class::handed_in();
    class.batch(&[]);
    class.run("amend", &AMENDMENT);
    let holds = || {
        let bytes = std::fs::read(class.path("out/gradebook.sqlite")).unwrap();
        String::from_utf8_lossy(&bytes).contains("shown at the board")
    };
    assert!(holds());
    class.run("learner delete", &["bob"]);
    assert!(!holds());
}

#[test]
fn weights_and_dropped_lessons_make_the_total() {
    let class = Class::handed_in();
    let total = "[total]\ndrop_lowest = 1\n";
    class.write(
        "course.toml",
        COURSE.replace("[[assignment]]", &format!("{total}\n[[assignment]]")),
    );
    class.batch(&[]);
    // The team has one lesson of two, and the other one is dropped.
    assert!(class.row("cy").starts_with("cy,Cy,red,100,"), "{}", class.row("cy"));
    let total = "[total.weights]\nex_90_1 = 3.0\n";
    class.write(
        "course.toml",
        COURSE.replace("[[assignment]]", &format!("{total}\n[[assignment]]")),
    );
    class.batch(&[]);
    assert!(class.row("cy").starts_with("cy,Cy,red,75,"), "{}", class.row("cy"));
}

#[test]
fn no_more_attempts_count_than_are_allowed_now() {
    let class = Class::new();
    class.hand_in("ada_1", "ex_90_1", &wrong());
    class.hand_in("ada_2", "ex_90_1", &solution("ex_90_1"));
    // In the order of time, and not of letters.
    let times = "submission,received\nada_1,2026-11-01T00:00:00Z\nada_2,2026-11-01T00:00:00.5Z\n";
    class.write("in/received.csv", times);
    let with = |settings: &str| {
        class.write("course.toml", format!("{COURSE}{settings}"));
        class.batch(&[]);
        class.row("ada")
    };
    let [two, one] = [with("attempts = 2\n"), with("attempts = 1\n")];
    assert!(two.contains(",2,ada_2,"), "{two}");
    assert!(one.contains(",1,ada_1,"), "{one}");
}

#[test]
fn what_has_not_begun_is_not_missed() {
    let class = Class::handed_in();
    let next = COURSE[COURSE.find("[[").unwrap()..].replace("week-1", "week-2");
    class.write("course.toml", format!("{COURSE}{next}"));
    class.batch(&["--assignment", "week-1"]);
    assert!(class.row("ada").starts_with("ada,Ada,,100,"), "{}", class.row("ada"));
    assert!(!class.exported("canvas.csv").contains("week-2"));
    class.batch(&["--assignment", "week-2"]);
    assert!(class.exported("canvas.csv").contains("week-2"));
}
