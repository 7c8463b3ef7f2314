use engine::{render, report::Report};

/// Reports with any text of a learner in them: renderers never fail, and no text steers a terminal.
///
/// # Panics
/// When one does.
pub fn report(bytes: &[u8]) {
    let Ok(mut report) = serde_json::from_slice::<Report>(bytes) else { return };
    name(&mut report);
    let json = render::json(&report).expect("what was read can be written");
    let again: Report = serde_json::from_str(&json).expect("and read again");
    assert_eq!(texts(&again), texts(&report));
    let terminal = without_styles(render::terminal(&report, render::View::FULL));
    let csv = render::csv(&report).expect("what was read can be written");
    let junit = render::junit(&report).expect("what was read can be written");
    let hidden = render::HiddenChecks::AfterPublished;
    let gradescope = render::gradescope(&report, hidden).expect("what was read can be written");
    render::points(&report).expect("what was read can be written");
    let annotations = render::annotations(&report);
    let pages = [render::html(&report), render::markdown(&report)];
    for text in [json, csv, terminal, junit, gradescope, annotations].into_iter().chain(pages) {
        let steers = |it: char| it.is_control() && it != '\n' && it != '\t';
        assert!(!text.contains(steers) && !text.contains(['\u{202e}', '\u{2066}']), "{text:?}");
        assert!(!text.contains("##["), "{text:?}");
    }
}

/// What a report has from the grader, and never from a learner.
fn name(report: &mut Report) {
    let graders = [
        &mut report.grader_version,
        &mut report.submission_sha256,
        &mut report.gemm_backend,
        &mut report.sandbox,
    ];
    let lessons = report.lessons.iter_mut().flat_map(|lesson| [&mut lesson.id, &mut lesson.title]);
    graders.into_iter().chain(lessons).for_each(|text| "named".clone_into(text));
    let checks = report.lessons.iter_mut().flat_map(|lesson| &mut lesson.checks);
    checks.for_each(|check| "named".clone_into(&mut check.title));
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
