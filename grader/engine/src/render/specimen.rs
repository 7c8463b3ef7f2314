//! A report to test renderers with.

use crate::checks::Lesson;
use crate::curve::Curve;
use crate::error_map::ErrorMap;
use crate::report::{
    CheckReport, Diagnosis, Kind, LessonReport, Report, SCHEMA_VERSION, Verdict, Visibility,
};

const LESSON: Lesson = Lesson { id: "ex_90_1", ..Lesson::new("The neuron", &[]) };

/// A report in which a learner chose the text wherever a learner can.
pub fn report(text: &str) -> Report {
    let checks = vec![
        check("one", Verdict::Passed, String::new(), None),
        check("two", Verdict::Failed, text.to_owned(), Some(diagnosis(text))),
        check("three", Verdict::CompileError, format!("{text}\n{text}"), None),
    ];
    Report {
        schema_version: SCHEMA_VERSION,
        grader_version: "0.1.0".to_owned(),
        submission: text.to_owned(),
        submission_sha256: "0".repeat(64),
        seed: 7,
        gemm_backend: "ndarray".to_owned(),
        sandbox: "landlock+seccomp".to_owned(),
        record: true,
        own_stack: false,
        handout: false,
        score: 2.0,
        max_score: 6.0,
        lessons: vec![LessonReport::new(&LESSON, text.to_owned(), checks)],
    }
}

fn check(id: &str, verdict: Verdict, message: String, diagnosis: Option<Diagnosis>) -> CheckReport {
    CheckReport {
        id: id.to_owned(),
        title: format!("check {id}"),
        kind: Kind::Gradient,
        visibility: Visibility::Hidden,
        points: 2.0,
        score: if verdict == Verdict::Passed { 2.0 } else { 0.0 },
        verdict,
        formula: message.clone(),
        revealed: message.clone(),
        message,
        place: None,
        diagnosis,
        maps: if verdict == Verdict::Failed { vec![map()] } else { Vec::new() },
        curve: Curve::of("two moons", "epochs", &[0.75, 0.25, 0.125]),
    }
}

fn map() -> ErrorMap {
    let rows = ["··█", "░▒!"].map(str::to_owned).to_vec();
    ErrorMap { gradient: "dL/dW".to_owned(), shape: [2, 3], pooled: [1, 1], rows }
}

fn diagnosis(text: &str) -> Diagnosis {
    Diagnosis { mistake: text.to_owned(), explanation: text.to_owned() }
}
