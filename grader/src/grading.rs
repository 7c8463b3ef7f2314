//! The main job: one submission goes through every station and comes out as a report.

use std::{fs, io, path::Path, sync::LazyLock};

use gradcheck::Structure;
use interface::frame::{Answer, Panic};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::{
    checks::{Check, Learner, Lesson, Miss, Outcome, Probe, Subject, mixed, panic_again, panicked},
    compile::{Built, CompileError, Job},
    diagnosis::{self, Mistake},
    intake::{NoSubmission, Refusal, Sources, Submission, hex},
    kit::Kit,
    report::{CheckReport, Kind, LessonReport, Report, SCHEMA_VERSION, Verdict, cut},
    sandbox::Sandbox,
    scan::{Finding, Scan},
    workspace::Workspace,
};

/// How much of the learner's prints one lesson's report keeps.
const KEPT_OUTPUT: usize = 16 << 10;

/// How much is kept of why a lesson never came to its checks, each of which says it.
const KEPT_REASON: usize = 8 << 10;

/// What grading needs besides a submission.
#[derive(Debug)]
pub struct Grader {
    pub workspace: Workspace,
    pub kit: Kit,
    pub sandbox: Sandbox,
    /// Grades for a record.
    pub record: bool,
    pub seed: u64,
    pub reveal: bool,
}

/// The grader could not do its job.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum GradeError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoSubmission(#[from] NoSubmission),
    #[error("failed to grade {lesson}")]
    Lesson { lesson: &'static str, source: io::Error },
    #[error("failed to build {lesson}: the {part} is not sound\n\n{messages}")]
    #[diagnostic(help("`cargo build -p solution_{lesson} --all-targets` shows the same"))]
    Unsound { lesson: &'static str, part: &'static str, messages: String },
}

impl Grader {
    /// The same grader with another seed.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        let (workspace, kit) = (self.workspace.clone(), self.kit.clone());
        Self { workspace, kit, seed, ..*self }
    }

    /// Grades `lessons` of the submission at `path`; `done` hears of each finished lesson.
    pub fn grade(
        &self,
        lessons: &[&'static Lesson],
        path: &Path,
        done: impl Fn(&LessonReport) + Sync,
    ) -> Result<Report, GradeError> {
        let submission = Submission::open(path)?;
        let grade = |lesson: &&'static Lesson| {
            self.lesson(lesson, &submission, path).inspect(|(report, _)| done(report))
        };
        let graded: Result<Vec<_>, GradeError> = lessons.par_iter().map(grade).collect();
        let (lessons, digests): (Vec<_>, Vec<_>) = graded?.into_iter().unzip();
        Ok(self.report(path, lessons, &digests))
    }

    fn report(&self, path: &Path, lessons: Vec<LessonReport>, digests: &[String]) -> Report {
        Report {
            schema_version: SCHEMA_VERSION,
            grader_version: env!("CARGO_PKG_VERSION").to_owned(),
            submission: path.display().to_string(),
            submission_sha256: hex(&Sha256::digest(digests.join("\n"))),
            seed: self.seed,
            gemm_backend: interface::GEMM_BACKEND.to_owned(),
            sandbox: self.sandbox.name(),
            record: self.record && self.sandbox.is_full(),
            score: lessons.iter().map(|lesson| lesson.score).sum(),
            max_score: lessons.iter().map(|lesson| lesson.max_score).sum(),
            lessons,
        }
    }

    /// Grades one lesson; also gives the lesson's line in the submission's hash.
    fn lesson(
        &self,
        lesson: &'static Lesson,
        submission: &Submission,
        path: &Path,
    ) -> Result<(LessonReport, String), GradeError> {
        let known_as = path.join(lesson.id).display().to_string();
        let sources = match submission.sources(lesson.id, &known_as) {
            Ok(sources) => sources,
            Err(refusal) => {
                return Ok((refused(lesson, &refusal), format!("{} {refusal}", lesson.id)));
            }
        };
        let digest = format!("{} {}", lesson.id, sources.digest());
        let report = self.sources(lesson, path, &known_as, &sources)?;
        Ok((report, digest))
    }

    fn sources(
        &self,
        lesson: &'static Lesson,
        path: &Path,
        known_as: &str,
        sources: &Sources,
    ) -> Result<LessonReport, GradeError> {
        let scan = Scan::of(sources);
        if !scan.forbidden.is_empty() {
            return Ok(stopped_before(
                lesson,
                Verdict::Rejected,
                &forbidden(known_as, &scan.forbidden),
            ));
        }
        let failed = |source| GradeError::Lesson { lesson: lesson.id, source };
        let solution = fs::read_to_string(self.workspace.solution(lesson.id).join("src/lib.rs"));
        let job = Job {
            lesson: lesson.id,
            sources,
            known_as,
            slot: &self.workspace.slot(lesson.id, path).map_err(failed)?,
            entry: &format!(
                "fn main() {{ ::interface::serve(&::interface::{}!(crate), ::core::file!()) }}",
                lesson.id
            ),
            // Stub and solution have the same public items, but learners edit the stub.
            expected: &solution.unwrap_or_default(),
            reads: None,
            lines: false,
            afresh: self.record,
            sandbox: self.sandbox,
        };
        let built = match self.learner_worker(&job, scan.readable).map_err(failed)? {
            Ok(built) => built,
            Err(messages) => return Ok(stopped_before(lesson, Verdict::CompileError, &messages)),
        };
        let subject = Subject { program: &built.program, arguments: &[], scan: &scan };
        // Built when a panic asks for it, which few do: every edit would wait for the lines.
        let with_lines = LazyLock::new(|| self.with_lines(&job));
        let again = |probes: &[Probe]| panic_again(&with_lines.as_ref()?.program, probes);
        self.subject(lesson, &subject, &again)
    }

    /// The learner's worker, or what the compiler said.
    fn learner_worker(&self, job: &Job, readable: bool) -> io::Result<Result<Built, String>> {
        if !readable {
            let complaints = job.complaints(&self.kit)?;
            return Ok(Err(complaints.unwrap_or_else(|| UNREADABLE.to_owned())));
        }
        match job.run(&self.kit) {
            Ok(built) => Ok(Ok(built)),
            Err(CompileError::Learner(messages)) => Ok(Err(messages)),
            Err(CompileError::Grader(error)) => Err(error),
        }
    }

    /// The learner's worker once more, in a slot of its own, with the lines that it was compiled from.
    fn with_lines(&self, job: &Job) -> Option<Built> {
        let slot = job.slot.join("lines");
        fs::create_dir_all(&slot).ok()?;
        Job { slot: &slot, lines: true, ..*job }.run(&self.kit).ok()
    }

    /// Runs the checks of a lesson on a built worker, and diagnoses what failed. `again` repeats calls
    /// whose panic came from elsewhere, and knows the learner's line.
    pub fn subject(
        &self,
        lesson: &'static Lesson,
        subject: &Subject,
        again: &PanicAgain,
    ) -> Result<LessonReport, GradeError> {
        let failed = |source| GradeError::Lesson { lesson: lesson.id, source };
        let check = |check| self.check(lesson, check, subject, again);
        let checked: io::Result<Vec<_>> = lesson.checks.par_iter().map(check).collect();
        let mut reports = Vec::new();
        let mut probes = Vec::new();
        let mut output = String::new();
        for (report, calls, prints) in checked.map_err(failed)? {
            reports.push(report);
            probes.push(calls);
            output += &prints;
        }
        self.diagnose(lesson, &mut reports, &probes);
        skip_what_follows(lesson, &mut reports);
        Ok(LessonReport::new(lesson.id, lesson.title, cut(&output, KEPT_OUTPUT), reports))
    }

    fn check(
        &self,
        lesson: &Lesson,
        check: &Check,
        subject: &Subject,
        again: &PanicAgain,
    ) -> io::Result<(CheckReport, Vec<Probe>, String)> {
        let mut learner = Learner::start(subject, mixed(self.seed, lesson.id, check.id))?;
        let outcome = (check.run)(&mut learner).map_err(|miss| match miss.verdict {
            Verdict::Failed if !learner.repeats_itself() => unsteady(miss),
            _ => miss,
        });
        let (probes, prints) = learner.finish();
        let outcome = outcome.map_err(|miss| match probes.last() {
            Some(last) => in_context(placed(miss, &probes, again), last),
            None => miss,
        });
        Ok((self.check_report(check, outcome), probes, prints))
    }

    fn check_report(&self, check: &Check, outcome: Outcome) -> CheckReport {
        let (verdict, score, message) = match outcome {
            Ok(()) => (Verdict::Passed, check.points, String::new()),
            Err(Miss { verdict, message, reveal, .. }) if self.reveal && !reveal.is_empty() => {
                (verdict, 0.0, format!("{message}\n{}", reveal.trim()))
            }
            Err(Miss { verdict, message, .. }) => (verdict, 0.0, message),
        };
        CheckReport { verdict, score, message, ..blank(check) }
    }

    /// Names the mistakes that the learner's answers match.
    fn diagnose(
        &self,
        lesson: &'static Lesson,
        reports: &mut [CheckReport],
        probes: &[Vec<Probe>],
    ) {
        if !reports.iter().any(may_be_a_mistake) {
            return;
        }
        // A score does not depend on the mistakes; `prove` tells their author what is wrong.
        let Ok(Some((built, mistakes))) = self.mistakes(lesson) else { return };
        let names: Vec<String> = mistakes.iter().map(|mistake| mistake.name.clone()).collect();
        let candidates: Vec<Vec<&str>> = reports
            .iter()
            .zip(probes)
            .map(|(report, probes)| match may_be_a_mistake(report) {
                true => diagnosis::matching(&built.program, &names, probes, lesson.precision),
                false => Vec::new(),
            })
            .collect();
        let agreement =
            |name: &str| diagnosis::agreement(&built.program, name, probes, lesson.precision);
        diagnosis::name(reports, &candidates, &mistakes, agreement);
    }

    /// The worker of a lesson's mistakes; `None` where the workspace holds no solutions.
    pub fn mistakes(
        &self,
        lesson: &'static Lesson,
    ) -> Result<Option<(Built, Vec<Mistake>)>, GradeError> {
        let failed = |source| GradeError::Lesson { lesson: lesson.id, source };
        let folder = self.workspace.solution(lesson.id);
        let file = folder.join("src/mistakes.rs");
        let Ok(text) = fs::read_to_string(&file) else { return Ok(None) };
        let mistakes = diagnosis::mistakes(&text);
        let known_as = folder.display().to_string();
        let unsound =
            |messages| GradeError::Unsound { lesson: lesson.id, part: "solution", messages };
        let sources =
            Sources::take(&folder, &known_as).map_err(|refusal| unsound(refusal.to_string()))?;
        let job = Job {
            lesson: lesson.id,
            sources: &sources,
            known_as: &known_as,
            slot: &self.workspace.slot(lesson.id, &file).map_err(failed)?,
            entry: &diagnosis::entry(lesson.id, &file, &mistakes),
            expected: "",
            reads: Some(&folder),
            lines: false,
            afresh: false,
            sandbox: self.sandbox,
        };
        match job.run(&self.kit) {
            Ok(built) => Ok(Some((built, mistakes))),
            Err(CompileError::Learner(messages)) => Err(unsound(messages)),
            Err(CompileError::Grader(error)) => Err(failed(error)),
        }
    }
}

const UNREADABLE: &str = "the compiler accepts this file, but the grader cannot read it, so that it \
    cannot be graded. Is there very new syntax, or nesting of extreme depth?";

/// Repeats calls of which the last one panicked.
pub type PanicAgain<'a> = dyn Fn(&[Probe]) -> Option<Panic> + Sync + 'a;

/// Says where in the learner's code a panic came from that was raised elsewhere.
fn placed(miss: Miss, probes: &[Probe], again: &PanicAgain) -> Miss {
    match probes.last() {
        Some(Probe { function, answer: Answer::Panicked(panic), .. }) if panic.file.is_empty() => {
            again(probes).map_or(miss, |panic| panicked(function, &panic))
        }
        _ => miss,
    }
}

/// Adds what the last call tells: its arguments to what is revealed, and, where an answer is off by
/// the batch size, the batch to what is said.
fn in_context(miss: Miss, last: &Probe) -> Miss {
    let mut miss = miss;
    miss.reveal += &format!("\nlast call: {}{}", last.function, last.arguments);
    let batch = last.batch().filter(|batch| *batch > 1);
    if let (Some(Structure::Factor(factor)), Some(batch)) = (&miss.structure, batch) {
        let is = |other: f64| (factor / other - 1.0).abs() < 1e-6;
        if is(batch as f64) {
            miss.message += &format!(". The batch has {batch} samples: is a mean missing?");
        } else if is(1.0 / batch as f64) {
            miss.message += &format!(". The batch has {batch} samples: is the mean taken twice?");
        }
    }
    miss
}

/// Says that an answer depends on more than the arguments.
fn unsteady(miss: Miss) -> Miss {
    let message = miss.message
        + ". Besides, the same call gives another answer the second time: does a `static`, the time or \
           a random number take part?";
    Miss { message, ..miss }
}

/// One bug is one message: a failed check is skipped when a check that it builds on has not passed,
/// unless its diagnosis names a mistake of its own.
fn skip_what_follows(lesson: &Lesson, reports: &mut [CheckReport]) {
    for (at, check) in lesson.checks.iter().enumerate() {
        let earlier = |id: &&str| reports.iter().find(|report| report.id == *id);
        let open: Vec<_> = check.builds_on.iter().filter_map(earlier).filter(is_open).collect();
        let news = reports[at].diagnosis.as_ref().filter(|diagnosis| {
            open.iter().all(|report| report.diagnosis.as_ref() != Some(diagnosis))
        });
        let wrong = matches!(reports[at].verdict, Verdict::Failed | Verdict::Panicked);
        if open.is_empty() || news.is_some() || !wrong {
            continue;
        }
        let cause =
            open.iter().find(|report| report.verdict != Verdict::Skipped).unwrap_or(&open[0]);
        let message = format!("this builds on “{}”, which does not pass yet", cause.title);
        let report = &mut reports[at];
        (report.verdict, report.message, report.diagnosis) = (Verdict::Skipped, message, None);
    }
}

fn is_open(report: &&CheckReport) -> bool {
    report.verdict != Verdict::Passed
}

/// Source and cost checks judge how answers come about, which no mistake's answers explain.
fn may_be_a_mistake(report: &CheckReport) -> bool {
    matches!(report.verdict, Verdict::Failed | Verdict::Panicked)
        && !matches!(report.kind, Kind::Source | Kind::Cost)
}

fn refused(lesson: &Lesson, refusal: &Refusal) -> LessonReport {
    let verdict = match refusal {
        Refusal::Missing(_) => Verdict::NotImplemented,
        Refusal::Unacceptable { .. } => Verdict::Rejected,
    };
    stopped_before(lesson, verdict, &refusal.to_string())
}

/// The report of a lesson that never came to its checks.
fn stopped_before(lesson: &Lesson, verdict: Verdict, message: &str) -> LessonReport {
    let message = cut(message, KEPT_REASON);
    let report = |check| CheckReport { verdict, message: message.clone(), ..blank(check) };
    let checks = lesson.checks.iter().map(report).collect();
    LessonReport::new(lesson.id, lesson.title, String::new(), checks)
}

fn blank(check: &Check) -> CheckReport {
    CheckReport {
        id: check.id.to_owned(),
        title: check.title.to_owned(),
        kind: check.kind,
        visibility: check.visibility,
        points: check.points,
        score: 0.0,
        verdict: Verdict::Skipped,
        message: String::new(),
        diagnosis: None,
    }
}

fn forbidden(known_as: &str, findings: &[Finding]) -> String {
    let line = |it: &Finding| format!("{known_as}/{}:{}: {}", it.path, it.line, it.what);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
