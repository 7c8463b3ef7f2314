//! `results.json`, as Gradescope's documentation describes it.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use super::{harmless, json::escaped, of, reason};
use crate::report::{CheckReport, LessonReport, Report, Verdict, Visibility};

/// When a learner sees the hidden checks: their titles, verdicts, points and messages, and with them what
/// the code printed while they ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum HiddenChecks {
    /// At once.
    Visible,
    /// Never.
    Hidden,
    /// When the assignment is due.
    AfterDueDate,
    /// When the grades are published.
    AfterPublished,
}

impl HiddenChecks {
    /// Its name on the command line, which is that of the results.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

#[derive(Debug, Serialize)]
struct Results {
    output: String,
    output_format: &'static str,
    test_output_format: &'static str,
    test_name_format: &'static str,
    /// The grader's own messages, for the instructor.
    stdout_visibility: HiddenChecks,
    extra_data: Value,
    tests: Vec<Test>,
}

#[derive(Debug, Serialize)]
struct Test {
    /// Gradescope adds these up. None where something was not graded: the rest would look like all.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    max_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    name: String,
    number: String,
    output: String,
    visibility: HiddenChecks,
    extra_data: Value,
}

/// The report as Gradescope's `results.json`; `hidden` says when a learner sees the hidden checks. Where
/// something was not graded, or nothing is scored, it holds no score, and its output says why.
///
/// # Errors
/// When a number is none that JSON has.
pub fn gradescope(report: &Report, hidden: HiddenChecks) -> Result<String, serde_json::Error> {
    let results = Results {
        output: summary(report),
        output_format: "text",
        test_output_format: "text",
        test_name_format: "text",
        stdout_visibility: HiddenChecks::Hidden,
        // Without the seed: it is the instructor's secret.
        extra_data: json!({
            "grader_version": report.grader_version,
            "submission_sha256": report.submission_sha256,
            "sandbox": report.sandbox,
            "gemm_backend": report.gemm_backend,
            "record": report.record,
        }),
        tests: report.lessons.iter().flat_map(|lesson| tests(report, lesson, hidden)).collect(),
    };
    Ok(escaped(&serde_json::to_string_pretty(&results)?))
}

fn summary(report: &Report) -> String {
    let ungraded = report.lessons.iter().filter(|lesson| lesson.has_ungraded());
    let ungraded: Vec<_> = ungraded.map(|lesson| lesson.id.as_str()).collect();
    match report {
        Report { own_stack: true, .. } => {
            "On your own earlier lessons: nothing is scored.".to_owned()
        }
        _ if ungraded.is_empty() => format!("{} points", of(report.score, report.max_score)),
        _ => format!(
            "Not everything could be graded ({}), which is not your code's fault. There is no score \
             yet, and nothing is lost: your instructor can run the autograder again.",
            ungraded.join(", ")
        ),
    }
}

fn tests(report: &Report, lesson: &LessonReport, hidden: HiddenChecks) -> Vec<Test> {
    let is_scored = !report.has_ungraded() && !report.own_stack;
    let checks = lesson.checks.iter().enumerate();
    let mut tests: Vec<_> = checks
        .map(|(at, check)| {
            let score = is_scored.then_some(check.score);
            Test { score, ..test(lesson, check, at, hidden) }
        })
        .collect();
    if !lesson.output.is_empty() {
        tests.push(Test { score: is_scored.then_some(0.0), ..printed(lesson, hidden) });
    }
    tests
}

fn test(lesson: &LessonReport, check: &CheckReport, at: usize, hidden: HiddenChecks) -> Test {
    let is_hidden = check.visibility == Visibility::Hidden;
    let mistake = check.diagnosis.as_ref().map(|diagnosis| harmless(&diagnosis.mistake));
    Test {
        score: None,
        max_score: check.points,
        status: status(check.verdict),
        name: harmless(&format!("{} {}: {}", lesson.id, check.title, check.verdict.word())),
        number: format!("{}.{}", number(&lesson.id), at + 1),
        output: reason(check),
        visibility: if is_hidden { hidden } else { HiddenChecks::Visible },
        extra_data: json!({ "check": check.id, "verdict": check.verdict, "mistake": mistake }),
    }
}

/// What the code printed: while hidden checks ran, too, so that it is shown when they are.
fn printed(lesson: &LessonReport, hidden: HiddenChecks) -> Test {
    Test {
        score: None,
        max_score: 0.0,
        status: None,
        name: format!("{} What the code printed", lesson.id),
        number: format!("{}.{}", number(&lesson.id), lesson.checks.len() + 1),
        output: harmless(&lesson.output),
        visibility: hidden,
        extra_data: json!({}),
    }
}

fn status(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Passed => Some("passed"),
        Verdict::NotGraded => None,
        _ => Some("failed"),
    }
}

/// `2.2` of `ex_2_2`.
fn number(lesson: &str) -> String {
    lesson.trim_start_matches("ex_").replace('_', ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::specimen;

    const SCHEMA: &str = include_str!("gradescope.schema.json");
    /// What the documentation asks for: a score at the top, or on each test.
    const SCORED: &str = r#"{ "anyOf": [
        { "required": ["score"] },
        { "properties": { "tests": { "items": { "required": ["score"] } } }, "required": ["tests"] }
    ] }"#;

    fn conforms(results: &Value, schema: &str) -> bool {
        let schema = serde_json::from_str(schema).unwrap();
        jsonschema::validator_for(&schema).unwrap().is_valid(results)
    }

    fn read(report: &Report, hidden: HiddenChecks) -> Value {
        let results = serde_json::from_str(&gradescope(report, hidden).unwrap()).unwrap();
        assert!(conforms(&results, SCHEMA), "{results}");
        results
    }

    fn points(results: &Value) -> f64 {
        let tests = results["tests"].as_array().unwrap();
        tests.iter().map(|test| test["score"].as_f64().unwrap()).sum()
    }

    #[test]
    fn results_are_as_documented_and_add_up_to_the_score() {
        let results = read(&specimen::report("<b>x</b> [a](b)\n::error::x"), HiddenChecks::Visible);
        assert!(conforms(&results, SCORED), "{results}");
        assert_eq!(points(&results), 2.0);
        let test = &results["tests"][1];
        assert_eq!([&test["number"], &test["status"]], ["90.1.2", "failed"]);
        assert_eq!(test["name"], "ex_90_1 check two: failed");
        let output = "<b>x</b> [a](b)\n\\u{3a}:error::x";
        assert!(test["output"].as_str().unwrap().starts_with(output), "{test}");
        assert_eq!(results["test_output_format"], "text", "nothing in it is markup");
    }

    #[test]
    fn the_schema_knows_what_is_documented_and_no_more() {
        let mut results = read(&specimen::report("why"), HiddenChecks::Visible);
        for (place, wrong) in [
            ("/tests/0/visibility", json!("later")),
            ("/tests/0/status", json!("skipped")),
            ("/tests/0/score", json!("2")),
            ("/output_format", json!("xml")),
        ] {
            let right = std::mem::replace(results.pointer_mut(place).unwrap(), wrong);
            assert!(!conforms(&results, SCHEMA), "{place}");
            *results.pointer_mut(place).unwrap() = right;
        }
        results["seed"] = json!(7);
        assert!(!conforms(&results, SCHEMA));
    }

    #[test]
    fn hidden_checks_and_prints_are_seen_when_the_instructor_says() {
        let mut report = specimen::report("printed");
        report.lessons[0].checks[0].visibility = Visibility::Visible;
        let results = read(&report, HiddenChecks::AfterPublished);
        let tests = results["tests"].as_array().unwrap();
        let visibilities: Vec<_> = tests.iter().map(|test| &test["visibility"]).collect();
        assert_eq!(
            visibilities,
            ["visible", "after_published", "after_published", "after_published"]
        );
        assert_eq!(results["stdout_visibility"], "hidden");
    }

    #[test]
    fn there_is_no_score_where_something_was_not_graded() {
        let mut report = specimen::report("the machine starts no program");
        report.lessons[0].checks[1].verdict = Verdict::NotGraded;
        let results = read(&report, HiddenChecks::Visible);
        assert!(!conforms(&results, SCORED), "{results}");
        assert!(!results.to_string().contains("\"score\""), "{results}");
        assert!(results["tests"][1].get("status").is_none(), "{results}");
        assert!(results["output"].as_str().unwrap().contains("(ex_90_1)"), "{results}");
    }
}
