//! Annotations on the learner's own lines, as the commands of GitHub's workflows.

use std::path::Path;

use super::{harmless, reason};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

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
    let folder = Path::new(&report.submission).join(&lesson.id).display().to_string();
    let (file, line) = place(&check.message, &folder).unwrap_or(("/src/lib.rs", 1));
    let file = property(&harmless(&format!("{folder}{file}")));
    format!("::error file={file},line={line},title={title}::{message}\n")
}

/// The first of the learner's own lines that a message names: the file below the lesson's `folder`, and the
/// number of the line. What a learner's text could pretend leads to no other folder.
fn place<'a>(message: &'a str, folder: &str) -> Option<(&'a str, u32)> {
    message.match_indices(folder).find_map(|(at, _)| {
        let (file, rest) = message[at + folder.len()..].split_once(".rs:")?;
        let digits = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        let is_below = file.starts_with("/") && !file.contains("..");
        let line = rest[..digits].parse().ok().filter(|line| *line > 0)?;
        let file = &message[at + folder.len()..][..file.len() + ".rs".len()];
        (is_below && !file.contains(char::is_whitespace)).then_some((file, line))
    })
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
    use crate::render::specimen;

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
    fn a_mistake_stands_at_the_line_that_its_message_names() {
        let mut report = specimen::report("why");
        report.submission = "exercises".to_owned();
        let mut place_of = |message: &str| {
            report.lessons[0].checks[1].message = message.to_owned();
            let text = annotations(&report);
            let (_, properties, _) = read(text.lines().next().unwrap());
            format!("{}:{}", properties[0].1, properties[1].1)
        };
        let file = "exercises/ex_90_1/src/lib.rs";
        assert_eq!(place_of(&format!("panicked at {file}:12: no")), format!("{file}:12"));
        assert_eq!(place_of(&format!("error\n --> {file}:7:5\n")), format!("{file}:7"));
        assert_eq!(place_of("at exercises/ex_90_1/src/a/b.rs:3"), "exercises/ex_90_1/src/a/b.rs:3");
        let elsewhere = "at exercises/ex_90_1/../../.github/x.rs:3, exercises/ex_90_11/a.rs:4";
        for nowhere in ["z is wrong", elsewhere, "exercises/ex_90_1/src/lib.rs:0"] {
            assert_eq!(place_of(nowhere), format!("{file}:1"), "{nowhere}");
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
