//! Points, as the autograder of GitHub Classroom reads them.

use ct_codecs::{Base64, Encoder};
use serde::Serialize;

use super::{harmless, reason};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

/// What a grader's step hands on to `classroom-resources/autograding-grading-reporter`.
#[derive(Debug, Serialize)]
struct Results {
    version: u32,
    status: Status,
    /// Where it is 0, the reporter tells Classroom nothing, and the points stay what they were.
    max_score: f64,
    tests: Vec<Test>,
}

#[derive(Debug, Serialize)]
struct Test {
    name: String,
    status: Status,
    score: f64,
    message: String,
    /// 0: the reporter's log names no line.
    line_no: u32,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pass,
    Fail,
    Error,
}

/// The report as one line of Base64, for the environment of the reporter of GitHub Classroom.
///
/// # Errors
/// When a number is none that JSON has.
pub fn points(report: &Report) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(&results(report))?;
    let line = Base64::encode_to_string(text).map_err(serde::ser::Error::custom)?;
    Ok(line + "\n")
}

fn results(report: &Report) -> Results {
    let status = match report {
        it if it.has_ungraded() => Status::Error,
        it if it.is_complete() => Status::Pass,
        _ => Status::Fail,
    };
    let max_score = if report.has_ungraded() { 0.0 } else { report.max_score };
    Results {
        version: 1,
        status,
        max_score,
        tests: report.lessons.iter().flat_map(tests).collect(),
    }
}

fn tests(lesson: &LessonReport) -> Vec<Test> {
    lesson.checks.iter().map(|check| test(lesson, check)).collect()
}

fn test(lesson: &LessonReport, check: &CheckReport) -> Test {
    let status = match check.verdict {
        Verdict::Passed => Status::Pass,
        Verdict::NotGraded => Status::Error,
        _ => Status::Fail,
    };
    let name = harmless(&format!("{} {}", lesson.id, check.title));
    Test { name, status, score: check.score, message: reason(check), line_no: 0 }
}

#[cfg(test)]
mod tests {
    use ct_codecs::Decoder;
    use serde_json::Value;

    use super::*;
    use crate::render::specimen;

    fn read(report: &Report) -> Value {
        let line = points(report).unwrap();
        let bytes = Base64::decode_to_vec(line.trim_end(), None).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The points that the reporter tells Classroom of, if any: it adds them up so.
    fn told(results: &Value) -> Option<(f64, f64)> {
        let max_score = results["max_score"].as_f64().filter(|max| *max != 0.0)?;
        let tests = results["tests"].as_array().unwrap();
        Some((tests.iter().map(|test| test["score"].as_f64().unwrap()).sum(), max_score))
    }

    #[test]
    fn the_reporter_adds_up_the_points_of_the_report() {
        let report = specimen::report("é::error::x\n##[error]");
        let results = read(&report);
        assert_eq!(told(&results), Some((2.0, 6.0)));
        assert_eq!(results["status"], "fail");
        let message = "é::error::x\n\\u{23}#[error]";
        assert!(results["tests"][1]["message"].as_str().unwrap().starts_with(message), "{results}");
        assert_eq!(points(&report).unwrap().lines().count(), 1);
    }

    #[test]
    fn no_points_are_told_where_something_was_not_graded() {
        let mut report = specimen::report("no");
        report.lessons[0].checks[1].verdict = Verdict::NotGraded;
        let results = read(&report);
        assert_eq!((told(&results), &results["status"]), (None, &Value::from("error")));
        assert_eq!(results["tests"][1]["status"], "error");
    }
}
