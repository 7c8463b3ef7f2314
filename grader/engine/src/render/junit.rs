//! JUnit's XML, by the data model of quick-junit.

use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{harmless, reason};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

/// The report as JUnit XML: a lesson is a suite, a check is a case. What was not graded is an error, and no
/// failure.
///
/// # Errors
/// When the XML cannot be written.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let mut run = quick_junit::Report::new("gradlings");
    run.add_test_suites(report.lessons.iter().map(|lesson| suite(report, lesson)));
    run.to_string()
}

fn suite(report: &Report, lesson: &LessonReport) -> TestSuite {
    let mut suite = TestSuite::new(text(&lesson.id));
    let [score, max_score] = [lesson.score, lesson.max_score].map(|points| points.to_string());
    suite.add_properties([
        ("title", &*text(&lesson.title)),
        ("score", &score),
        ("max_score", &max_score),
        ("sandbox", &text(&report.sandbox)),
        ("record", &report.record.to_string()),
        ("seed", &report.seed.to_string()),
    ]);
    suite.add_test_cases(lesson.checks.iter().map(|check| case(lesson, check)));
    if !lesson.output.is_empty() {
        suite.set_system_out(text(&lesson.output));
    }
    suite
}

fn case(lesson: &LessonReport, check: &CheckReport) -> TestCase {
    let mut case = TestCase::new(text(&check.title), status(check));
    case.set_classname(text(&lesson.id));
    let [score, max_score] = [check.score, check.points].map(|points| points.to_string());
    case.add_properties([("score", &*score), ("max_score", &*max_score)]);
    case
}

fn status(check: &CheckReport) -> TestCaseStatus {
    let mut status = match check.verdict {
        Verdict::Passed => return TestCaseStatus::success(),
        Verdict::Skipped => TestCaseStatus::skipped(),
        Verdict::NotGraded => TestCaseStatus::non_success(NonSuccessKind::Error),
        _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    let reason = text(&reason(check));
    status.set_type(check.verdict.word()).set_message(reason.lines().next().unwrap_or_default());
    status.set_description(reason);
    status
}

/// Text that XML can hold and quick-junit leaves as it is.
fn text(text: &str) -> String {
    let text = harmless(text).replace('\t', "    ");
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::specimen;

    fn read(report: &Report) -> quick_junit::Report {
        quick_junit::Report::deserialize_from_str(&junit(report).unwrap()).unwrap()
    }

    fn description(case: &TestCase) -> &str {
        match &case.status {
            TestCaseStatus::NonSuccess { description, .. }
            | TestCaseStatus::Skipped { description, .. } => description.as_ref().unwrap().as_str(),
            TestCaseStatus::Success { .. } => "",
        }
    }

    #[test]
    fn hostile_text_is_read_back_and_adds_nothing() {
        for hostile in [
            "]]><testcase name=\"forged\"/>",
            "\"/></failure><!--",
            "&lt;&#0;&x; <?xml?>",
            "\u{1b}[31mred\u{0}\u{ffff}\n\tx",
        ] {
            let run = read(&specimen::report(hostile));
            assert_eq!((run.tests, run.failures, run.errors), (3, 2, 0), "{hostile}");
            let suite = &run.test_suites[0];
            assert_eq!((run.test_suites.len(), suite.test_cases.len()), (1, 3));
            assert_eq!(suite.system_out.as_ref().unwrap().as_str(), text(hostile));
            assert!(description(&suite.test_cases[1]).starts_with(&text(hostile)), "{hostile}");
        }
    }

    #[test]
    fn what_was_not_graded_is_an_error_and_no_failure() {
        let mut report = specimen::report("no");
        report.lessons[0].checks[1].verdict = Verdict::NotGraded;
        report.lessons[0].checks[2].verdict = Verdict::Skipped;
        let run = read(&report);
        assert_eq!((run.failures, run.errors, run.test_suites[0].skipped), (0, 1, 1));
    }
}
