//! Everything one grading found out, as one value. The JSON renderer writes it as it is: its field
//! names are a stable interface, described in `docs/report.schema.json`.

use serde::{Deserialize, Serialize};

use crate::{
    checked::Checked,
    checks::{Check, Lesson, Outcome, Raised},
    curve::Curve,
    diagnosis::Told,
    error_map::ErrorMap,
    excerpt::excerpt,
};

/// The version of the report's form.
pub const SCHEMA_VERSION: u32 = 1;

/// How much of the learner's prints one lesson's report keeps.
const MAX_OUTPUT_BYTES: usize = 16 << 10;

/// How much is kept of why a lesson never came to its checks, each of which says it.
const MAX_REASON_BYTES: usize = 8 << 10;

/// What is said of a lesson of which nothing is wrong and something is missing.
pub const NOT_FINISHED: &str = "not finished";

/// One grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the form.
    pub schema_version: u32,
    /// The version of the grader.
    pub grader_version: String,
    /// The folder that was graded, as it was named.
    pub submission: String,
    /// The hash of the copies that were graded.
    pub submission_sha256: String,
    /// What hidden inputs were drawn from.
    pub seed: u64,
    /// The GEMM that ndarray called: `ndarray` or `openblas`.
    pub gemm_backend: String,
    /// What confined compiler and workers besides limits; `none` when nothing did.
    pub sandbox: String,
    /// Graded officially, with the full sandbox.
    pub record: bool,
    /// Lessons ran on the learner's own earlier lessons: nothing is scored.
    #[serde(default)]
    pub own_stack: bool,
    /// Graded in a handout, for practice: lessons that build on others ran on the learner's own.
    #[serde(default)]
    pub handout: bool,
    /// The points that were earned.
    pub score: f64,
    /// The points that could be earned.
    pub max_score: f64,
    /// The lessons, in the order of the course.
    pub lessons: Vec<LessonReport>,
}

/// One lesson of a grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The points that were earned.
    pub score: f64,
    /// The points that could be earned.
    pub max_score: f64,
    /// How it ended.
    pub verdict: Verdict,
    /// What the learner's code printed.
    pub output: String,
    /// Its checks, in the order of the lesson.
    pub checks: Vec<CheckReport>,
}

/// One check of a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How it compares.
    pub kind: Kind,
    /// Whether the learner knows its inputs.
    pub visibility: Visibility,
    /// What it is worth.
    pub points: f64,
    /// The points that were earned.
    pub score: f64,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it did not pass; empty when it did.
    pub message: String,
    /// The line of the learner's that it stopped at, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Hidden inputs and expected values, where they were asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revealed: String,
    /// What explains the answers, where something does.
    pub diagnosis: Option<Diagnosis>,
    /// What the learner's code computes, where that was found out; empty where it was not.
    #[serde(default)]
    pub formula: String,
    /// Where the learner's gradients are wrong, where that is not everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<ErrorMap>,
    /// The loss of the learner's training, where the check draws it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
}

/// A line of what was handed in for a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the lesson's folder.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl Place {
    /// False where it leads out of the lesson's folder, or to no line.
    pub fn is_within(&self) -> bool {
        let leads_out = |part: &str| part.is_empty() || part == "..";
        self.line > 0 && !self.file.split('/').any(leads_out)
    }
}

/// The wrong variant whose answers the learner's equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The name of the wrong variant.
    pub mistake: String,
    /// What its author says of it.
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
    /// The learner knows them.
    Visible,
    /// Only the grader knows them.
    Hidden,
}

/// `Passed`, or a named way of not passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every comparison held.
    Passed,
    /// A comparison did not hold.
    Failed,
    /// The code reached a `todo!`, or nothing was handed in.
    NotImplemented,
    /// The file does not compile, or does not fit the contract.
    CompileError,
    /// A file was not accepted.
    Rejected,
    /// The learner's code panicked.
    Panicked,
    /// A signal ended the worker.
    Crashed,
    /// It took more time than its limits allow.
    TimedOut,
    /// An allocation failed.
    OutOfMemory,
    /// The worker exited, or was stopped, before it answered.
    StoppedEarly,
    /// The reply was not the one that was owed.
    ProtocolError,
    /// It failed only because one that it builds on did.
    Skipped,
    /// The course or the machine is to blame, never the learner.
    NotGraded,
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
            Self::NotGraded => "not graded",
        }
    }
}

impl Verdict {
    /// True where a machine that starts no program, or has too little memory, looks the same.
    fn may_be_a_fault(self) -> bool {
        matches!(self, Self::Crashed | Self::StoppedEarly | Self::OutOfMemory | Self::ProtocolError)
    }
}

impl CheckReport {
    /// The report of a check: its points where it passed, and else why not.
    pub fn of(check: &Check, outcome: Outcome, reveal: bool) -> Self {
        match outcome {
            Ok(()) => Self { score: check.points, ..Self::stopped(check, Verdict::Passed, "") },
            Err(miss) => {
                let revealed = if reveal { miss.reveal.trim().to_owned() } else { String::new() };
                let place = miss.place.map(|place| *place);
                let maps = miss.maps.into_vec();
                Self { revealed, place, maps, ..Self::stopped(check, miss.verdict, &miss.message) }
            }
        }
    }

    /// The report of a check that earned nothing.
    fn stopped(check: &Check, verdict: Verdict, message: &str) -> Self {
        Self {
            id: check.id.to_owned(),
            title: check.title.to_owned(),
            kind: check.kind,
            visibility: check.visibility,
            points: check.points,
            score: 0.0,
            verdict,
            message: message.to_owned(),
            place: None,
            revealed: String::new(),
            diagnosis: None,
            formula: String::new(),
            maps: Vec::new(),
            curve: None,
        }
    }

    /// Adds what a diagnosis tells to the reason.
    pub fn tell(&mut self, told: &[Told]) {
        let hints = told.iter().map(|told| sentence(&told.hint));
        let message = self.message.trim_end_matches('.').to_owned() + ".";
        let message = if self.message.ends_with('?') { self.message.clone() } else { message };
        let reason = std::iter::once(message).chain(hints);
        if !told.is_empty() {
            let between = if self.message.contains('\n') { "\n" } else { " " };
            self.message = reason.collect::<Vec<_>>().join(between);
        }
        let formulas = told.iter().map(|told| told.formula.as_str()).filter(|it| !it.is_empty());
        self.formula = formulas.collect::<Vec<_>>().join(" ");
    }

    /// The check among those `before` it whose reason is the same.
    pub fn same_reason<'a>(&self, before: &[&'a CheckReport]) -> Option<&'a CheckReport> {
        before.iter().copied().find(|other| self.has_reason_of(other))
    }

    fn has_reason_of(&self, other: &CheckReport) -> bool {
        (self.verdict, &self.message) == (other.verdict, &other.message)
    }

    fn is_open(&self) -> bool {
        self.verdict != Verdict::Passed
    }
}

/// One bug is one message: a failed check is skipped when a check that it builds on has not passed,
/// unless it has a mistake of its own, or its diagnosis names another wrong variant.
fn skip_what_follows(lesson: &Lesson, reports: &mut [CheckReport], own_mistakes: &[bool]) {
    // A check that was skipped says nothing any more, and what builds on it may have the same mistake.
    let diagnoses: Vec<_> = reports.iter().map(|report| report.diagnosis.clone()).collect();
    for (at, check) in lesson.checks.iter().enumerate() {
        let earlier = |id: &&str| reports.iter().position(|report| report.id == *id);
        let is_open = |before: &usize| reports[*before].is_open();
        let open: Vec<_> = check.builds_on.iter().filter_map(earlier).filter(is_open).collect();
        let is_known = |before: &usize| diagnoses[*before] == diagnoses[at];
        let has_news = diagnoses[at].is_some() && !open.iter().any(is_known);
        let wrong = matches!(reports[at].verdict, Verdict::Failed | Verdict::Panicked);
        if open.is_empty() || has_news || own_mistakes[at] || !wrong {
            continue;
        }
        let was_run = |before: &&usize| reports[**before].verdict != Verdict::Skipped;
        let cause = open.iter().find(was_run).unwrap_or(&open[0]);
        let message =
            format!("this builds on “{}”, which does not pass yet", reports[*cause].title);
        reports[at] = CheckReport::stopped(check, Verdict::Skipped, &message);
    }
}

/// One panic is one message as well: a check that panicked where an earlier one did says that it could
/// not run.
fn skip_the_same_panic(lesson: &Lesson, reports: &mut [CheckReport], panics: &[Option<Raised>]) {
    let panicked = |report: &CheckReport| report.verdict == Verdict::Panicked;
    for (at, check) in lesson.checks.iter().enumerate() {
        let Some(Raised { function, place }) = &panics[at] else { continue };
        let same = |before: &usize| panicked(&reports[*before]) && panics[*before] == panics[at];
        let first = (0..at).find(same).filter(|_| panicked(&reports[at]) && !place.is_empty());
        let Some(first) = first else { continue };
        let title = &reports[first].title;
        let message = format!("this could not run: `{function}` panics{place}, see “{title}”");
        reports[at] = CheckReport::stopped(check, Verdict::Skipped, &message);
    }
}

impl LessonReport {
    /// The report of a lesson from its checks: one mistake is one message.
    pub fn of(lesson: &Lesson, checked: &[Checked]) -> Self {
        let prints: String = checked.iter().map(|it| it.prints.as_str()).collect();
        let panics: Vec<_> = checked.iter().map(|it| it.panic().cloned()).collect();
        let own_mistakes: Vec<_> = checked.iter().map(|it| !it.own_mistakes.is_empty()).collect();
        let mut reports: Vec<_> = checked.iter().map(|it| it.report.clone()).collect();
        skip_what_follows(lesson, &mut reports, &own_mistakes);
        skip_the_same_panic(lesson, &mut reports, &panics);
        Self::new(lesson, excerpt(&prints, MAX_OUTPUT_BYTES), reports)
    }

    /// The report of a lesson that never came to its checks.
    pub fn stopped(lesson: &Lesson, verdict: Verdict, message: &str) -> Self {
        let message = excerpt(message, MAX_REASON_BYTES);
        let report = |check| CheckReport::stopped(check, verdict, &message);
        Self::new(lesson, String::new(), lesson.checks.iter().map(report).collect())
    }

    /// The same report, of a lesson that was stopped for what stands at a line.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.checks.iter_mut().for_each(|check| check.place.clone_from(&place));
        self
    }

    /// The same report, where a program without learner code fails as well: what may have been the
    /// machine is not graded then. `fault` says why; it is asked only when there is such a check.
    #[must_use]
    pub fn without_faults(mut self, fault: impl FnOnce() -> Option<String>) -> Self {
        if !self.checks.iter().any(|check| check.verdict.may_be_a_fault()) {
            return self;
        }
        let Some(fault) = fault() else { return self };
        for check in self.checks.iter_mut().filter(|check| check.verdict.may_be_a_fault()) {
            (check.verdict, check.message, check.place) = (Verdict::NotGraded, fault.clone(), None);
        }
        self.verdict = common_verdict(&self.checks);
        if self.verdict == Verdict::NotGraded {
            // No learner's code was there to print.
            self.output.clear();
        }
        self
    }

    /// Sums up the checks of a lesson.
    pub fn new(lesson: &Lesson, output: String, checks: Vec<CheckReport>) -> Self {
        Self {
            id: lesson.id.to_owned(),
            title: lesson.title.to_owned(),
            score: checks.iter().map(|check| check.score).sum(),
            max_score: checks.iter().map(|check| check.points).sum(),
            verdict: common_verdict(&checks),
            output,
            checks,
        }
    }
}

impl LessonReport {
    /// True when some check could not be graded.
    pub fn has_ungraded(&self) -> bool {
        self.checks.iter().any(|check| check.verdict == Verdict::NotGraded)
    }

    /// True when it says of some check what the learner's code computes.
    pub fn has_formulas(&self) -> bool {
        self.checks.iter().any(|check| !check.formula.is_empty())
    }

    /// The checks as they are read: what was skipped after what it was skipped for.
    pub fn as_read(&self) -> Vec<&CheckReport> {
        let is_skipped = |check: &&CheckReport| check.verdict == Verdict::Skipped;
        let (skipped, others): (Vec<_>, Vec<_>) = self.checks.iter().partition(is_skipped);
        [others, skipped].concat()
    }

    /// The first check, where none could run, all for its reason.
    pub fn stopped_by(&self) -> Option<&CheckReport> {
        let first = self.checks.first()?;
        let stops = matches!(
            first.verdict,
            Verdict::CompileError
                | Verdict::Rejected
                | Verdict::NotImplemented
                | Verdict::NotGraded
        );
        (stops && self.checks.iter().all(|it| it.has_reason_of(first))).then_some(first)
    }

    /// The word that a person reads of the lesson as a whole.
    pub fn word(&self) -> &'static str {
        let is_open = |check: &CheckReport| {
            matches!(check.verdict, Verdict::Passed | Verdict::NotImplemented | Verdict::Skipped)
        };
        match self.verdict {
            Verdict::Failed if self.checks.iter().all(is_open) => NOT_FINISHED,
            verdict => verdict.word(),
        }
    }
}

impl Report {
    /// True when every check passed.
    pub fn is_complete(&self) -> bool {
        self.lessons.iter().all(|lesson| lesson.verdict == Verdict::Passed)
    }

    /// True when some check could not be graded, which is not the learner's fault.
    pub fn has_ungraded(&self) -> bool {
        self.lessons.iter().any(LessonReport::has_ungraded)
    }

    /// The same report without points, of the learner's own stack.
    #[must_use]
    pub fn unscored(mut self) -> Self {
        self.own_stack = true;
        (self.score, self.max_score) = (0.0, 0.0);
        for lesson in &mut self.lessons {
            (lesson.score, lesson.max_score) = (0.0, 0.0);
            lesson.checks.iter_mut().for_each(|check| (check.score, check.points) = (0.0, 0.0));
        }
        self
    }
}

/// With a capital letter, and with a full stop where it does not end in a mark of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let text: String = first.chain(letters).collect();
    if text.ends_with(['.', '?', '!', ':']) { text } else { text + "." }
}

/// The verdict that all checks share; `failed` where they differ.
fn common_verdict(checks: &[CheckReport]) -> Verdict {
    let first = checks.first().map_or(Verdict::Skipped, |check| check.verdict);
    if checks.iter().all(|check| check.verdict == first) { first } else { Verdict::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Miss;

    const CHECK: Check =
        Check::hidden(Kind::Value, "forward", "forward", 2.0, |_| Err(Miss::failed("no")));
    const LESSON: Lesson = Lesson::new("title", &[CHECK]);

    fn lesson(verdicts: &[Verdict]) -> LessonReport {
        let check = |verdict: &Verdict| match verdict {
            Verdict::Passed => CheckReport::of(&CHECK, Ok(()), false),
            verdict => CheckReport::stopped(&CHECK, *verdict, "no"),
        };
        LessonReport::new(&LESSON, String::new(), verdicts.iter().map(check).collect())
    }

    #[test]
    fn a_lesson_passes_only_when_every_check_does() {
        let verdict = |verdicts: &[Verdict]| lesson(verdicts).verdict;
        assert_eq!(verdict(&[Verdict::Passed, Verdict::Passed]), Verdict::Passed);
        assert_eq!(verdict(&[Verdict::Passed, Verdict::TimedOut]), Verdict::Failed);
        assert_eq!(
            verdict(&[Verdict::NotImplemented, Verdict::NotImplemented]),
            Verdict::NotImplemented
        );
        assert_ne!(verdict(&[]), Verdict::Passed);
    }

    #[test]
    fn a_lesson_that_is_begun_and_has_no_mistake_is_not_finished() {
        let word = |verdicts: &[Verdict]| lesson(verdicts).word();
        assert_eq!(word(&[Verdict::Passed, Verdict::NotImplemented]), "not finished");
        assert_eq!(word(&[Verdict::NotImplemented, Verdict::Failed]), "failed");
        assert_eq!(word(&[Verdict::Rejected]), "rejected");
    }

    #[test]
    fn what_was_skipped_is_read_last() {
        let lesson = lesson(&[Verdict::Skipped, Verdict::Passed, Verdict::Failed]);
        let read: Vec<_> = lesson.as_read().iter().map(|check| check.verdict).collect();
        assert_eq!(read, [Verdict::Passed, Verdict::Failed, Verdict::Skipped]);
    }

    #[test]
    fn a_reason_of_all_checks_is_the_lessons() {
        let stopped_by = |verdicts: &[Verdict]| lesson(verdicts).stopped_by().is_some();
        assert!(stopped_by(&[Verdict::CompileError; 2]));
        assert!(!stopped_by(&[Verdict::CompileError, Verdict::Passed]));
        assert!(!stopped_by(&[Verdict::Failed; 2]), "each of them ran");
    }

    const TWICE: Lesson = Lesson::new("title", &[CHECK, CHECK]);

    /// What two checks say that panicked at these lines.
    fn panicked(lines: [u32; 2]) -> [(Verdict, String); 2] {
        let raised =
            |line| Raised { function: "f".to_owned(), place: format!(" at lib.rs:{line}") };
        let report =
            |line| CheckReport::stopped(&CHECK, Verdict::Panicked, &format!("panic {line}"));
        let mut reports = lines.map(report);
        skip_the_same_panic(&TWICE, &mut reports, &lines.map(raised).map(Some));
        reports.map(|report| (report.verdict, report.message))
    }

    #[test]
    fn one_mistake_is_one_message_however_many_checks_build_on_it() {
        const CHAIN: [Check; 3] = [
            Check { id: "z", ..CHECK },
            Check { id: "a", ..CHECK }.after(&["z"]),
            Check { id: "loss", ..CHECK }.after(&["a"]),
        ];
        let verdicts = |mistakes: [&str; 3]| {
            let diagnosis = |mistake: &str| Diagnosis {
                mistake: mistake.to_owned(),
                explanation: String::new(),
            };
            let report = |(check, mistake)| CheckReport {
                diagnosis: Some(diagnosis(mistake)),
                ..CheckReport::stopped(check, Verdict::Failed, "no")
            };
            let mut reports: Vec<_> = CHAIN.iter().zip(mistakes).map(report).collect();
            skip_what_follows(&Lesson::new("title", &CHAIN), &mut reports, &[false; 3]);
            reports.into_iter().map(|report| report.verdict).collect::<Vec<_>>()
        };
        let (failed, skipped) = (Verdict::Failed, Verdict::Skipped);
        assert_eq!(verdicts(["sign"; 3]), [failed, skipped, skipped]);
        assert_eq!(verdicts(["sign", "mean", "mean"]), [failed, failed, skipped]);
    }

    #[test]
    fn one_panic_is_one_message() {
        let [first, second] = panicked([7, 7]);
        assert_eq!(first, (Verdict::Panicked, "panic 7".to_owned()));
        let message = "this could not run: `f` panics at lib.rs:7, see “forward”".to_owned();
        assert_eq!(second, (Verdict::Skipped, message));
        assert_eq!(panicked([7, 8]).map(|(verdict, _)| verdict), [Verdict::Panicked; 2]);
    }

    #[test]
    fn points_are_summed() {
        let lesson = lesson(&[Verdict::Passed, Verdict::Failed]);
        assert_eq!((lesson.score, lesson.max_score), (2.0, 4.0));
    }

    #[test]
    fn hidden_values_are_revealed_only_when_asked_for() {
        let missed = || Err(Miss::failed("z is wrong").revealing("expected 1.5"));
        let said = |reveal| {
            let report = CheckReport::of(&CHECK, missed(), reveal);
            (report.message, report.revealed)
        };
        assert_eq!(said(false), ("z is wrong".to_owned(), String::new()));
        assert_eq!(said(true), ("z is wrong".to_owned(), "expected 1.5".to_owned()));
    }
}
