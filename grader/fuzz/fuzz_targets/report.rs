//! Reports with any text of a learner in them: renderers never fail, and no text steers a terminal.

#![no_main]

#[path = "../../src"]
#[allow(dead_code, unused_imports, reason = "the modules are the grader's")]
mod grader {
    pub mod render;
    pub mod report;
}

use grader::{
    render,
    report::{self, LessonReport, Report},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut report) = serde_json::from_slice::<Report>(bytes) else { return };
    report.lessons.iter_mut().for_each(name);
    let json = render::json(&report).expect("what was read can be written");
    let again: Report = serde_json::from_str(&json).expect("and read again");
    assert_eq!(texts(&again), texts(&report));
    let terminal = without_styles(render::terminal(&report));
    let csv = render::csv(&report).expect("what was read can be written");
    for text in [json, render::html(&report), csv, terminal] {
        let steers = |it: char| it.is_control() && it != '\n' && it != '\t';
        assert!(!text.contains(steers) && !text.contains(['\u{202e}', '\u{2066}']), "{text:?}");
        assert!(!text.contains("##["), "{text:?}");
    }
});

/// The names that a report has from the grader, and never from a learner.
fn name(lesson: &mut LessonReport) {
    (lesson.id, lesson.title) = ("ex_1_1".to_owned(), "A lesson".to_owned());
    for check in &mut lesson.checks {
        check.title = "A check".to_owned();
    }
}

fn texts(report: &Report) -> Vec<&str> {
    let checks = report.lessons.iter().flat_map(|lesson| &lesson.checks);
    let messages = checks.map(|check| &*check.message);
    let outputs = report.lessons.iter().map(|lesson| &*lesson.output);
    messages.chain(outputs).chain([&*report.submission]).collect()
}

/// Terminal text without the colours that the grader gives it.
fn without_styles(text: String) -> String {
    let styles = ["0", "1", "2", "31", "32", "33"].map(|style| format!("\u{1b}[{style}m"));
    styles.iter().fold(text, |text, style| text.replace(style, ""))
}
