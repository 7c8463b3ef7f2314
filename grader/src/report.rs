//! Everything one grading found out, as one value. The JSON renderer writes it as it is: its field
//! names are a stable interface, described in `docs/report.schema.json`.

use serde::{Deserialize, Serialize};

/// The version of the report's form.
pub const SCHEMA_VERSION: u32 = 1;

/// One grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema_version: u32,
    pub grader_version: String,
    /// The folder that was graded, as it was named.
    pub submission: String,
    /// The hash of the copies that were graded.
    pub submission_sha256: String,
    pub seed: u64,
    /// The GEMM that ndarray called: `ndarray` or `openblas`.
    pub gemm_backend: String,
    /// What confined compiler and workers besides limits; `none` when nothing did.
    pub sandbox: String,
    /// Graded for a record, at full strength.
    pub record: bool,
    pub score: f64,
    pub max_score: f64,
    pub lessons: Vec<LessonReport>,
}

/// One lesson of a grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonReport {
    pub id: String,
    pub title: String,
    pub score: f64,
    pub max_score: f64,
    pub verdict: Verdict,
    /// What the learner's code printed.
    pub output: String,
    pub checks: Vec<CheckReport>,
}

/// One check of a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    pub id: String,
    pub title: String,
    pub kind: Kind,
    pub visibility: Visibility,
    pub points: f64,
    pub score: f64,
    pub verdict: Verdict,
    pub message: String,
    pub diagnosis: Option<Diagnosis>,
}

/// The mistake that a learner's answers match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    pub mistake: String,
    pub explanation: String,
}

/// How a check compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Against an independent reference.
    Value,
    /// Against finite differences.
    Gradient,
    /// An invariant.
    Property,
    /// A printed table.
    Snapshot,
    /// How it is written.
    Source,
    /// How its work grows.
    Cost,
}

/// Whether the visible tests show the same inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    Visible,
    Hidden,
}

/// `Passed`, or a named way of not passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    NotImplemented,
    CompileError,
    Rejected,
    Panicked,
    Crashed,
    TimedOut,
    OutOfMemory,
    StoppedEarly,
    ProtocolError,
    Skipped,
}

impl Verdict {
    /// The word that a person reads.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotImplemented => "not implemented",
            Self::CompileError => "compile error",
            Self::Rejected => "rejected",
            Self::Panicked => "panicked",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::OutOfMemory => "out of memory",
            Self::StoppedEarly => "stopped early",
            Self::ProtocolError => "protocol error",
            Self::Skipped => "skipped",
        }
    }
}

impl LessonReport {
    /// Sums up the checks of a lesson.
    pub fn new(id: &str, title: &str, output: String, checks: Vec<CheckReport>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            score: checks.iter().map(|check| check.score).sum(),
            max_score: checks.iter().map(|check| check.points).sum(),
            verdict: common_verdict(&checks),
            output,
            checks,
        }
    }
}

impl Report {
    /// True when every point was earned.
    pub fn is_complete(&self) -> bool {
        self.lessons.iter().all(|lesson| lesson.verdict == Verdict::Passed)
    }
}

/// The beginning of a learner's text, in bytes, and how much more there was.
pub fn cut(text: &str, most: usize) -> String {
    let kept = &text[..text.floor_char_boundary(most)];
    match text.len() - kept.len() {
        0 => kept.to_owned(),
        more => format!("{kept}\n… {more} more bytes"),
    }
}

/// The verdict that all checks share; `failed` where they differ.
fn common_verdict(checks: &[CheckReport]) -> Verdict {
    let first = checks.first().map_or(Verdict::Skipped, |check| check.verdict);
    if checks.iter().all(|check| check.verdict == first) { first } else { Verdict::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verdict: Verdict) -> CheckReport {
        let score = if verdict == Verdict::Passed { 2.0 } else { 0.0 };
        CheckReport {
            id: "forward".to_owned(),
            title: "forward".to_owned(),
            kind: Kind::Value,
            visibility: Visibility::Hidden,
            points: 2.0,
            score,
            verdict,
            message: String::new(),
            diagnosis: None,
        }
    }

    #[test]
    fn a_lesson_passes_only_when_every_check_does() {
        let verdict = |verdicts: &[Verdict]| {
            let checks = verdicts.iter().copied().map(check).collect();
            LessonReport::new("ex", "title", String::new(), checks).verdict
        };
        assert_eq!(verdict(&[Verdict::Passed, Verdict::Passed]), Verdict::Passed);
        assert_eq!(verdict(&[Verdict::Passed, Verdict::TimedOut]), Verdict::Failed);
        assert_eq!(
            verdict(&[Verdict::NotImplemented, Verdict::NotImplemented]),
            Verdict::NotImplemented
        );
        assert_ne!(verdict(&[]), Verdict::Passed);
    }

    #[test]
    fn what_is_cut_is_counted() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc\n… 1 more bytes");
        assert_eq!(cut("aé", 2), "a\n… 2 more bytes", "never within a character");
    }

    #[test]
    fn points_are_summed() {
        let checks = vec![check(Verdict::Passed), check(Verdict::Failed)];
        let lesson = LessonReport::new("ex", "title", String::new(), checks);
        assert_eq!((lesson.score, lesson.max_score), (2.0, 4.0));
    }
}
