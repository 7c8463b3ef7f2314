//! Annotations on the learner's own lines, as the commands of GitHub's workflows.

use std::path::Path;

use super::{harmless, reason};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

/// Where a mistake is shown that has no place of its own, at the first line.
const ROOT: &str = "src/lib.rs";

/// One line for each mistake: `::error file=…,line=…,title=…::message`, which GitHub shows beside the line.
/// What is not written yet, or only follows from a mistake, has none.
pub fn annotations(report: &Report) -> String {
    report.lessons.iter().flat_map(|lesson| of_lesson(report, lesson)).collect()
}

fn of_lesson(report: &Report, lesson: &LessonReport) -> Vec<String> {
    let checks = lesson.as_read();
    let shown = if lesson.stopped_by().is_some() { &checks[..1] } else { &checks[..] };
    let is_news = |at: usize| shown[at].same_reason(&shown[..at]).is_none();
    let is_told = |at: &usize| is_mistake(shown[*at].verdict) && is_news(*at);
    (0..shown.len()).filter(is_told).map(|at| annotation(report, lesson, shown[at])).collect()
}

fn is_mistake(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Passed | Verdict::NotImplemented | Verdict::Skipped)
}

fn annotation(report: &Report, lesson: &LessonReport, check: &CheckReport) -> String {
    let title = format!("{}: {} ({})", lesson.id, check.title, check.verdict.word());
    let title = property(&harmless(&title));
    let message = data(&reason(check));
    if check.verdict == Verdict::NotGraded {
        // No line of the learner's is to blame.
        return format!("::warning title={title}::{message}\n");
    }
    let place = check.place.as_ref().filter(|place| place.is_within());
    let (file, line) = place.map_or((ROOT, 1), |place| (&place.file, place.line));
    let file = Path::new(&report.submission).join(&lesson.id).join(file);
    let file = property(&harmless(&file.display().to_string()));
    format!("::error file={file},line={line},title={title}::{message}\n")
}

/// Text after the second pair of colons, as GitHub reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which commas and colons would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{render::specimen, report::Place};

    /// A command, read as GitHub's runner reads it: its name, its properties, its message.
    fn read(line: &str) -> (String, Vec<(String, String)>, String) {
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        let decoded = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n");
            text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
        };
        let property = |it: &str| it.split_once('=').map(|(key, it)| (key.to_owned(), decoded(it)));
        let properties = properties.split(',').map(|it| property(it).unwrap()).collect();
        (name.to_owned(), properties, decoded(message))
    }

    fn values(properties: &[(String, String)]) -> Vec<&str> {
        properties.iter().map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn hostile_text_makes_no_command_and_no_property_of_its_own() {
        for hostile in [
            "a::error file=x::b,line=9",
            "%0A::error::x",
            "\n::add-mask::x\n##[set-output name=score]9",
            "x,title=forged::y\r::stop-commands::z",
        ] {
            let text = annotations(&specimen::report(hostile));
            let commands: Vec<_> = text.lines().map(read).collect();
            assert_eq!(commands.len(), 2, "{text}");
            for (name, properties, message) in commands {
                let names: Vec<_> = properties.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!((name.as_str(), names), ("error", vec!["file", "line", "title"]));
                assert!(message.contains(&*harmless(hostile)), "{message}");
                assert_eq!(values(&properties)[1], "1", "{text}");
            }
        }
    }

    #[test]
    fn a_mistake_stands_at_its_place() {
        let mut report = specimen::report("why");
        report.submission = "exercises".to_owned();
        let mut shown_at = |place: Option<(&str, usize)>| {
            let place = place.map(|(file, line)| Place { file: file.to_owned(), line });
            report.lessons[0].checks[1].place = place;
            let text = annotations(&report);
            let (_, properties, _) = read(text.lines().next().unwrap());
            format!("{}:{}", properties[0].1, properties[1].1)
        };
        assert_eq!(shown_at(Some(("src/a/b.rs", 3))), "exercises/ex_90_1/src/a/b.rs:3");
        for nowhere in [None, Some(("../../.github/x.rs", 3)), Some(("/etc/x", 3)), Some(("a", 0))]
        {
            assert_eq!(shown_at(nowhere), "exercises/ex_90_1/src/lib.rs:1", "{nowhere:?}");
        }
    }

    #[test]
    fn what_was_not_graded_is_no_error_of_the_learners() {
        let mut report = specimen::report("the machine starts no program");
        report.lessons[0].checks[1].verdict = Verdict::NotGraded;
        report.lessons[0].checks[2].verdict = Verdict::NotImplemented;
        let text = annotations(&report);
        let (name, properties, _) = read(text.trim_end());
        assert_eq!((name.as_str(), properties.len()), ("warning", 1), "{text}");
    }
}
