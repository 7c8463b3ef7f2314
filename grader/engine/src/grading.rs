//! The main job: one submission goes through every station and comes out as a report.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use miette::Diagnostic;
use rayon::prelude::*;
use wire::frame::Answer;

use crate::{
    builds::{Builds, Handed, NoWorker},
    checked::Checked,
    checks::{Check, Learner, Left, Lesson, Miss, Outcome, Probe, Subject, changed},
    compile::place_told,
    course::Course,
    diagnosis::{self, FirstAnswers, WrongVariants},
    hash::{derive_seed, hash},
    intake::{NoSubmission, Rejection, Sources, Submission},
    kit::Kit,
    machine,
    rebuilds::Rebuilds,
    report::{CheckReport, Kind, LessonReport, Place, Report, SCHEMA_VERSION, Verdict},
    requests::Requests,
    sandbox::Sandbox,
    scan::{Finding, Scan},
    workspace::Workspace,
};

/// What grading needs besides a submission.
#[derive(Debug)]
pub struct Grader {
    /// The lessons.
    pub course: &'static Course,
    pub(crate) workspace: Workspace,
    pub(crate) kit: Kit,
    /// What is known of the wrong variants; empty at first.
    pub(crate) first_answers: FirstAnswers,
    /// Where gradings are asked for one after the other: which one is still wanted.
    pub(crate) requests: Requests,
}

/// How one run grades.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What confines learner code.
    pub sandbox: Sandbox,
    /// Grades officially.
    pub record: bool,
    /// The compiler keeps what it need not do again when the same folder is graded after an edit. What is
    /// graded once builds in two thirds of the time without.
    pub incremental: bool,
    /// What hidden inputs are drawn from.
    pub seed: u64,
    /// Shows hidden inputs and expected values.
    pub reveal: bool,
    /// Lessons run on the learner's own earlier lessons, and nothing is scored.
    pub own: bool,
    /// How much is worked out of code that is not right.
    pub depth: Depth,
}

/// How far a grading goes once a check has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What explains wrong answers is looked for.
    Diagnosed,
    /// The same, and no answer of what has passed is asked for again.
    Explained,
    /// The score is found, and nothing else.
    Scored,
    /// The score is found without making any call again.
    Once,
    /// Only whether every point is earned.
    FirstMiss,
}

/// What was handed in for one lesson: a copy, and what is known of it before it is compiled.
#[derive(Debug)]
pub struct Taken {
    sources: Sources,
    scan: Scan,
}

impl Taken {
    /// The hash that names the copy.
    #[must_use]
    pub fn digest(&self) -> String {
        self.sources.digest()
    }

    /// What its files hold, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        self.sources.files().iter().map(|file| file.text.as_str()).collect()
    }
}

/// The grader could not do its job.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum GradeError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoSubmission(#[from] NoSubmission),
    #[error("failed to grade {lesson}")]
    Lesson { lesson: String, source: io::Error },
    #[error("failed to build solutions/{lesson}/{file}\n\n{messages}")]
    #[diagnostic(help("`cargo check -p solution_{lesson} --all-targets` shows the same"))]
    Unsound { lesson: String, file: String, messages: String },
    #[error("failed to read the plan of the course: {0}")]
    Plan(String),
    #[error("failed to read or write {path}")]
    Page { path: PathBuf, source: io::Error },
    #[error("failed to run cargo")]
    #[diagnostic(help("Gradlings needs a Rust toolchain with cargo on the PATH"))]
    Cargo(#[source] io::Error),
    #[error("failed to grade officially: {root} is a handout, without the reference solutions")]
    #[diagnostic(help(
        "what is graded here is for practice: leave out --record. A grade comes from where the whole course \
         is, whose grader takes this folder as --submission"
    ))]
    NoSolutions { root: PathBuf },
    #[error("failed to find {earlier}, which {lesson} builds on")]
    #[diagnostic(help("exercises/{lesson}/Cargo.toml names it as a dependency"))]
    NoEarlierLesson { lesson: &'static str, earlier: &'static str },
}

impl GradeError {
    /// Says of which lesson the system failed.
    pub fn of(lesson: &Lesson) -> impl Fn(io::Error) -> Self + use<> {
        let id = lesson.id;
        move |source| Self::Lesson { lesson: id.to_owned(), source }
    }

    /// Says which file of a solution is to blame.
    pub fn unsound(lesson: &Lesson, file: &str, messages: String) -> Self {
        Self::Unsound { lesson: lesson.id.to_owned(), file: file.to_owned(), messages }
    }
}

impl Grader {
    /// Grades `lessons` of the submission at `path`; `done` hears of each finished lesson, and of the hash
    /// of its copy, or why there is none.
    pub fn grade(
        &self,
        lessons: &[&'static Lesson],
        path: &Path,
        options: Options,
        done: impl Fn(&LessonReport, &str) + Sync,
    ) -> Result<Report, GradeError> {
        self.grade_in_steps(lessons, path, options, &|_| (), done)
    }

    /// Grades as [`grade`](Self::grade) does; `scored` hears of each lesson that has its points, and whose
    /// mistakes are not explained yet.
    pub(crate) fn grade_in_steps(
        &self,
        lessons: &[&'static Lesson],
        path: &Path,
        options: Options,
        scored: Scored,
        done: impl Fn(&LessonReport, &str) + Sync,
    ) -> Result<Report, GradeError> {
        if options.record {
            self.may_record()?;
        }
        let submission = Submission::open(path)?;
        let walk = Walk { scored, ..self.walk(options) };
        let grade = |lesson: &&'static Lesson| {
            let graded = walk.lesson(lesson, &submission, path);
            let graded = graded.unwrap_or_else(|error| walk.without_verdict(lesson, &error));
            done(&graded.0, &graded.1);
            (graded.0, format!("{} {}", lesson.id, graded.1))
        };
        let (lessons, digests): (Vec<_>, Vec<_>) = lessons.par_iter().map(grade).unzip();
        let report = summary(path, options, lessons, &digests);
        let report = Report { handout: !self.workspace.has_solutions(), ..report };
        Ok(if options.own { report.unscored() } else { report })
    }

    /// What learners are given for a lesson.
    ///
    /// # Errors
    /// When the stub cannot be read.
    pub fn stub(&self, lesson: &Lesson) -> io::Result<String> {
        std::fs::read_to_string(self.workspace.exercise(lesson.id).join("src/lib.rs"))
    }

    /// Says whether a grading here can be official.
    ///
    /// # Errors
    /// When there are no reference solutions.
    pub fn may_record(&self) -> Result<(), GradeError> {
        require_solutions(&self.workspace)
    }

    /// Takes a copy of what a submission holds for a lesson. Messages name its files from the lesson's
    /// folder on, so that they are the same whoever handed them in.
    ///
    /// # Errors
    /// When the system fails. What is wrong with the files is the inner error.
    pub fn take(
        &self,
        lesson: &Lesson,
        submission: &Submission,
        options: Options,
    ) -> Result<Result<Taken, Rejection>, GradeError> {
        let taken = Builds { grader: self, options }.taken(lesson, submission, lesson.id)?;
        Ok(taken.map(|(sources, scan)| Taken { sources, scan }))
    }

    /// Grades a copy. It is built where the folder `lane` has its place in the cache: gradings that run at
    /// once have different ones.
    #[must_use]
    pub fn grade_taken(
        &self,
        lesson: &'static Lesson,
        taken: &Taken,
        lane: &Path,
        options: Options,
    ) -> LessonReport {
        let submission = Submission::Folder(lane.to_owned());
        let Taken { sources, scan } = taken;
        let (submission, path, display_path) = (&submission, lane, lesson.id);
        let handed = Handed { submission, path, sources, scan, display_path };
        let walk = self.walk(options);
        let graded = walk.handed(lesson, handed);
        graded.unwrap_or_else(|error| walk.without_verdict(lesson, &error).0)
    }

    /// Runs the checks of a lesson on a variant of its solution.
    pub fn grade_subject(
        &self,
        lesson: &'static Lesson,
        subject: &Subject,
        options: Options,
    ) -> Result<LessonReport, GradeError> {
        self.walk(options).subject(lesson, subject, None)
    }

    fn walk(&self, options: Options) -> Walk<'_> {
        Walk { builds: Builds { grader: self, options }, scored: &|_| () }
    }
}

/// # Errors
/// When there is no reference to link: what decides a grade runs where the whole course is.
pub fn require_solutions(workspace: &Workspace) -> Result<(), GradeError> {
    match workspace.has_solutions() {
        true => Ok(()),
        false => Err(GradeError::NoSolutions { root: workspace.root().to_owned() }),
    }
}

/// The report where there is nothing to grade with, for this reason.
///
/// # Errors
/// When there is no submission.
pub fn nothing_graded(
    lessons: &[&'static Lesson],
    path: &Path,
    options: Options,
    reason: &dyn Diagnostic,
) -> Result<Report, NoSubmission> {
    Submission::open(path)?;
    let reports = lessons.iter().map(|lesson| ungraded(lesson, &blameless(reason)));
    Ok(summary(path, options, reports.collect(), &[]))
}

/// The report of a lesson that the machine or the course is to blame for.
fn ungraded(lesson: &Lesson, message: &str) -> LessonReport {
    LessonReport::stopped(lesson, Verdict::NotGraded, message)
}

/// What a learner reads of an error that is not theirs.
fn blameless(error: &dyn Diagnostic) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes = causes.map(|cause| format!(": {cause}")).collect::<String>();
    let help = error.help().map(|help| format!(". To try: {help}")).unwrap_or_default();
    format!("{error}{causes}, and that is not your fault{help}")
}

fn summary(
    path: &Path,
    options: Options,
    lessons: Vec<LessonReport>,
    digests: &[String],
) -> Report {
    let ungraded = lessons.iter().any(LessonReport::has_ungraded);
    Report {
        schema_version: SCHEMA_VERSION,
        grader_version: env!("CARGO_PKG_VERSION").to_owned(),
        submission: path.display().to_string(),
        submission_sha256: hash(digests),
        seed: options.seed,
        gemm_backend: wire::GEMM_BACKEND.to_owned(),
        sandbox: options.sandbox.name(),
        record: options.record && options.sandbox.is_full() && !ungraded,
        own_stack: false,
        handout: false,
        score: lessons.iter().map(|lesson| lesson.score).sum(),
        max_score: lessons.iter().map(|lesson| lesson.max_score).sum(),
        lessons,
    }
}

/// The way of one submission through the stations.
struct Walk<'a> {
    builds: Builds<'a>,
    scored: Scored<'a>,
}

/// Who hears of points before mistakes are explained.
type Scored<'a> = &'a (dyn Fn(&LessonReport) + Sync);

impl Walk<'_> {
    /// Grades one lesson; also gives the hash of its copy, or why there is none.
    fn lesson(
        &self,
        lesson: &'static Lesson,
        submission: &Submission,
        path: &Path,
    ) -> Result<(LessonReport, String), GradeError> {
        let display_path = path.join(lesson.id).display().to_string();
        let (sources, scan) = match self.builds.taken(lesson, submission, &display_path)? {
            Ok(taken) => taken,
            Err(rejection) => {
                let report =
                    LessonReport::stopped(lesson, rejection.verdict(), &rejection.to_string());
                return Ok((report, rejection.to_string()));
            }
        };
        let digest = sources.digest();
        let (sources, scan) = (&sources, &scan);
        let handed = Handed { submission, path, sources, scan, display_path: &display_path };
        Ok((self.handed(lesson, handed)?, digest))
    }

    /// What comes of a lesson that could not be graded, in place of what `lesson` gives.
    fn without_verdict(&self, lesson: &Lesson, error: &GradeError) -> (LessonReport, String) {
        let fault = match error {
            GradeError::Lesson { .. } => self.fault(lesson),
            _ => None,
        };
        let message = fault.unwrap_or_else(|| blameless(error));
        (ungraded(lesson, &message), String::new())
    }

    /// Grades what was handed in for one lesson.
    fn handed(&self, lesson: &'static Lesson, handed: Handed) -> Result<LessonReport, GradeError> {
        if let Some(reason) = handed.scan.rejection(handed.display_path) {
            let place = handed.scan.forbidden.first().map(Finding::place);
            return Ok(LessonReport::stopped(lesson, Verdict::Rejected, &reason).at(place));
        }
        let built = match self.builds.worker(lesson, handed)? {
            Ok(built) => built,
            Err(no_worker) => {
                let place = place_told(&no_worker.message, handed.display_path);
                return Ok(self.without_worker(lesson, &no_worker, place));
            }
        };
        let program = self.builds.program(&built);
        let subject = Subject { program: &program, variant: None, scan: handed.scan, mutant: None };
        let rebuilds = Rebuilds::new(self.builds, lesson, handed, &program);
        let report = self.subject(lesson, &subject, Some(&rebuilds))?;
        Ok(report.without_faults(|| self.fault(lesson)))
    }

    /// What is wrong with the machine, unless nobody waits for the verdict.
    fn fault(&self, lesson: &Lesson) -> Option<String> {
        let is_wanted = !self.builds.grader.requests.is_overtaken();
        is_wanted.then(|| machine::fault(&self.builds, lesson.limits)).flatten()
    }

    /// The report of a lesson whose code gives no worker, unless nobody's does.
    fn without_worker(
        &self,
        lesson: &Lesson,
        no_worker: &NoWorker,
        place: Option<Place>,
    ) -> LessonReport {
        // rustc names the line of a mistake.
        let has_line = no_worker.message.contains(" --> ");
        let may_be_a_fault = no_worker.verdict == Verdict::CompileError && !has_line;
        let fault = may_be_a_fault.then(|| self.fault(lesson)).flatten();
        match fault {
            Some(fault) => ungraded(lesson, &fault),
            None => LessonReport::stopped(lesson, no_worker.verdict, &no_worker.message).at(place),
        }
    }

    /// Runs the checks of a lesson on a built worker, and diagnoses what failed.
    fn subject(
        &self,
        lesson: &'static Lesson,
        subject: &Subject,
        rebuilds: Option<&Rebuilds>,
    ) -> Result<LessonReport, GradeError> {
        let check = |check| self.check(lesson, check, subject, rebuilds);
        let checked: io::Result<Vec<_>> = lesson.checks.par_iter().map(check).collect();
        let mut checked = checked.map_err(GradeError::of(lesson))?;
        // A loop may not count, as it turns out later.
        let is_missed = |it: &Checked| it.miss.as_ref().is_some_and(|miss| !miss.is_loop);
        if self.builds.options.depth == Depth::FirstMiss && checked.iter().any(is_missed) {
            return Ok(LessonReport::of(lesson, &checked));
        }
        if let Some(rebuilds) = rebuilds {
            count_needed_loops(lesson, rebuilds, &mut checked);
        }
        let is_repeated = match self.builds.options.depth {
            Depth::Once => false,
            Depth::Explained => !checked.iter().any(is_missed),
            _ => true,
        };
        if is_repeated {
            self.repeat(lesson, subject, &mut checked).map_err(GradeError::of(lesson))?;
        }
        self.diagnose(lesson, subject, &mut checked);
        Ok(LessonReport::of(lesson, &checked))
    }

    fn check(
        &self,
        lesson: &Lesson,
        check: &Check,
        subject: &Subject,
        rebuilds: Option<&Rebuilds>,
    ) -> io::Result<Checked> {
        let options = self.builds.options;
        let limits = check.limits.unwrap_or(lesson.limits);
        let seed = derive_seed(options.seed, lesson.id, check.id);
        let mut learner = Learner::start(subject, limits, seed)?;
        let outcome = run(check, &mut learner).map_err(|miss| match miss.verdict {
            Verdict::Failed if !learner.repeats_itself() => miss.unsteady(),
            _ => miss,
        });
        let Left { probes, prints, curve } = learner.finish();
        let outcome = outcome.map_err(|miss| match probes.last() {
            Some(last) => located(miss, &probes, subject.scan, rebuilds).in_context(last),
            None => miss,
        });
        let miss = outcome.as_ref().err().cloned();
        let report = CheckReport { curve, ..CheckReport::of(check, outcome, options.reveal) };
        Ok(Checked { report, miss, probes, prints, own_mistakes: Vec::new() })
    }

    /// Fails the checks whose calls are answered otherwise when they are made once more, after others.
    fn repeat(
        &self,
        lesson: &Lesson,
        subject: &Subject,
        checked: &mut [Checked],
    ) -> io::Result<()> {
        let seed = derive_seed(self.builds.options.seed, lesson.id, "repetition");
        let passed = checked.iter().filter(|it| may_be_repeated(&it.report));
        let calls: Vec<_> = passed.flat_map(|it| &it.probes).collect();
        // Where a check of the same function has failed, its mistake is counted there.
        let failed = checked.iter().filter(|it| it.report.verdict == Verdict::Failed);
        let failed: Vec<_> = failed.flat_map(|it| &it.probes).map(|call| call.function).collect();
        let changed = changed(subject, lesson.most_limits(), &calls, &failed, seed)?;
        for (checked, check) in checked.iter_mut().zip(lesson.checks) {
            let of_changed = checked.probes.iter().find(|it| changed.contains(&it.function));
            if let Some(probe) = of_changed.filter(|_| may_be_repeated(&checked.report)) {
                let miss = Miss::changed(probe.told);
                checked.report = CheckReport::of(check, Err(miss.clone()), false);
                checked.miss = Some(miss);
            }
        }
        Ok(())
    }

    /// Explains what failed. A score does not depend on it; that a solution or its wrong variants cannot be
    /// built, `prove` tells their author.
    fn diagnose(&self, lesson: &'static Lesson, subject: &Subject, checked: &mut [Checked]) {
        let reports = checked.iter().map(|it| &it.report);
        let is_explained = matches!(self.builds.options.depth, Depth::Diagnosed | Depth::Explained);
        if !is_explained || !diagnosis::is_needed(reports) {
            return;
        }
        (self.scored)(&LessonReport::of(lesson, checked));
        if self.builds.grader.requests.is_overtaken() {
            return;
        }
        let built = self.builds.variants(lesson, "wrong.rs").ok().flatten();
        let program = built.as_ref().map(|(built, _)| self.builds.program(built));
        let wrong = built.as_ref().zip(program.as_ref());
        let first_answers = &self.builds.grader.first_answers;
        let wrong = wrong.map(|((_, variants), program)| WrongVariants {
            program,
            variants,
            first_answers,
        });
        diagnosis::explain(lesson, subject, wrong, checked);
    }
}

/// A loop costs the point for the form only where the answers need it.
fn count_needed_loops(lesson: &Lesson, rebuilds: &Rebuilds, checked: &mut [Checked]) {
    for at in 0..checked.len() {
        if !checked[at].miss.as_ref().is_some_and(|miss| miss.is_loop) {
            continue;
        }
        let of_form: Vec<_> = checked[at].probes.iter().map(|call| call.function).collect();
        let all = checked.iter().flat_map(|it| &it.probes);
        let calls: Vec<_> = all.filter(|call| of_form.contains(&call.function)).collect();
        let miss = rebuilds.needed_loop(&calls).map(|found| Miss::a_loop(&found));
        let outcome = miss.clone().map_or(Ok(()), Err);
        checked[at].report = CheckReport::of(&lesson.checks[at], outcome, false);
        checked[at].miss = miss;
    }
}

/// What a source or a cost check calls is known from the others, or takes too long.
fn may_be_repeated(report: &CheckReport) -> bool {
    let judges_answers = matches!(report.kind, Kind::Value | Kind::Gradient | Kind::Property);
    report.verdict == Verdict::Passed && judges_answers
}

/// Runs a check; a panic in it costs this check only.
pub fn run(check: &Check, learner: &mut Learner) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| (check.run)(learner))).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(Miss::of_check(text.unwrap_or("no message")))
    })
}

/// Says where in the learner's code a panic came from that was raised elsewhere.
fn located(miss: Miss, probes: &[Probe], scan: &Scan, rebuilds: Option<&Rebuilds>) -> Miss {
    match probes.last() {
        Some(Probe { told, answer: Answer::Panicked(panic), .. })
            if panic.file.is_empty() && miss.verdict == Verdict::Panicked =>
        {
            let Some(found) = rebuilds.and_then(|rebuilds| rebuilds.panic_again(probes)) else {
                return miss;
            };
            // What a check has added stays behind what is said of the panic.
            let plain = Miss::panicked(told, panic, scan).message;
            let added = miss.message.strip_prefix(&plain).unwrap_or_default();
            let located = Miss::panicked(told, &found, scan);
            Miss { message: format!("{}{added}", located.message), ..located }
        }
        _ => miss,
    }
}
