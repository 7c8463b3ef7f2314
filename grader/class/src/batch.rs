//! Grades what a class handed in, each copy once, and goes on where an earlier run ended.
//!
//! First every submission is read, and the gradebook learns what was handed in. Then the copies that it
//! does not know the grade of are graded.

mod lanes;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use engine::{
    GradeError, Grader, Options,
    checks::Lesson,
    hash,
    intake::{NoSubmission, Submission},
    report::{LessonReport, Verdict},
};
use indicatif::{ProgressBar, ProgressStyle};
use lanes::Lanes;
use rayon::prelude::*;

use crate::{
    gradebook::{Attempt, Grade, Gradebook, GradebookError, Work},
    similarity::{self, Fingerprints, fingerprints},
    submissions,
};

/// How many submissions are written at once.
const AT_ONCE: usize = 64;

/// Grades one assignment.
pub struct Batch<'a> {
    /// What it is graded with.
    pub grader: &'a Grader,
    /// The name of the assignment.
    pub assignment: &'a str,
    /// Its lessons.
    pub lessons: &'a [&'static Lesson],
    /// How it is graded.
    pub options: Options,
    /// Where the lanes are.
    pub folder: &'a Path,
}

/// The batch could not do its job.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BatchError {
    /// The gradebook failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Gradebook(#[from] GradebookError),
    /// A lesson cannot be graded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Grade(#[from] GradeError),
    /// The course cannot be read.
    #[error("failed to read the files of {lesson}")]
    Fingerprint { lesson: &'static str, source: io::Error },
    /// There is no place to build in.
    #[error("failed to write to {path}")]
    #[diagnostic(help("name another folder with --out"))]
    Lanes { path: PathBuf, source: io::Error },
}

/// What a batch did.
#[derive(Debug, Default)]
pub struct Done {
    /// Lessons of attempts.
    pub works: usize,
    /// Copies whose grade was known.
    pub known: usize,
    /// Copies that were graded.
    pub graded: usize,
    /// What has no grade yet, and why.
    pub open: Vec<String>,
    /// Whose score is another one than before, and why.
    pub moved: Vec<String>,
    /// Submissions in which there is nothing to grade, and why.
    pub empty: Vec<String>,
}

/// A copy that has no grade yet.
#[derive(Debug, Clone)]
struct Job {
    graded: String,
    lesson: &'static Lesson,
    /// A submission that holds it.
    path: PathBuf,
    content: String,
}

/// What a submission holds for one lesson.
struct Read {
    job: Job,
    fingerprint: String,
    /// What it shares with others is found by these; none where there is no copy.
    fingerprints: Option<Fingerprints>,
    /// Its report, where there is no copy to grade.
    rejected: Option<LessonReport>,
    /// Why it could not be read, which is the machine's fault.
    problem: Option<String>,
}

impl Batch<'_> {
    /// Grades the attempts.
    ///
    /// # Errors
    /// When the gradebook or the course fails. What is wrong with one submission is in its grade.
    pub fn run(
        &self,
        book: &mut Gradebook,
        attempts: &[submissions::Attempt],
    ) -> Result<Done, BatchError> {
        let fingerprints = self.fingerprints()?;
        book.tell(&versions(self.assignment), &hash(&fingerprints))?;
        self.read_stubs(book)?;
        let (jobs, empty) = self.read_all(book, attempts, &fingerprints)?;
        let known = book.scores(self.assignment)?;
        let distinct: BTreeMap<_, _> =
            jobs.into_iter().map(|job| (job.graded.clone(), job)).collect();
        let (known, new): (Vec<_>, Vec<_>) =
            distinct.into_values().partition(|job| known.contains_key(&job.graded));
        self.grade_all(book, &new)?;
        let works = book.works(self.assignment)?;
        Ok(Done {
            works: works.len(),
            known: known.len(),
            graded: new.len(),
            open: open(&works),
            moved: moved(book, self.assignment, &works)?,
            empty,
        })
    }

    /// Reads every submission, and writes down what was handed in.
    fn read_all(
        &self,
        book: &mut Gradebook,
        attempts: &[submissions::Attempt],
        fingerprints: &[String],
    ) -> Result<(Vec<Job>, Vec<String>), BatchError> {
        // A team's submission is read once.
        let paths: BTreeSet<_> = attempts.iter().map(|it| &it.submission.path).collect();
        let paths: Vec<_> = paths.into_iter().collect();
        let progress = progress("reading", paths.len());
        let (mut jobs, mut empty) = (Vec::new(), Vec::new());
        for paths in paths.chunks(AT_ONCE) {
            let read = paths.par_iter().map(|&path| {
                let read = self.read(path, fingerprints);
                progress.inc(1);
                (path, read)
            });
            let read: BTreeMap<&PathBuf, _> = read.collect();
            book.at_once(|book| {
                let theirs = attempts.iter().filter(|it| read.contains_key(&it.submission.path));
                for attempt in theirs {
                    self.write(book, attempt, &read[&attempt.submission.path])?;
                }
                let rejected = read.values().flatten().filter_map(|it| {
                    Some(Grade { graded: it.job.graded.clone(), report: it.rejected.clone()? })
                });
                rejected.into_iter().try_for_each(|grade| book.add_grade(&grade))
            })?;
            empty.extend(read.iter().filter_map(|(path, read)| nothing_in(path, read)));
            let to_grade = |it: &Read| it.rejected.is_none() && it.problem.is_none();
            jobs.extend(read.into_values().flatten().filter(to_grade).map(|it| it.job));
        }
        progress.finish_and_clear();
        Ok((jobs, empty))
    }

    fn fingerprints(&self) -> Result<Vec<String>, BatchError> {
        let fingerprint = |lesson: &&'static Lesson| {
            let failed = |source| BatchError::Fingerprint { lesson: lesson.id, source };
            self.grader.fingerprint(lesson).map_err(failed)
        };
        self.lessons.iter().map(fingerprint).collect()
    }

    /// What everybody was given is no sign of anything.
    fn read_stubs(&self, book: &mut Gradebook) -> Result<(), BatchError> {
        for lesson in self.lessons {
            let failed = |source| BatchError::Fingerprint { lesson: lesson.id, source };
            let stub = self.grader.stub(lesson).map_err(failed)?;
            book.add_likeness(lesson.id, None, &similarity::fingerprints(&stub))?;
        }
        Ok(())
    }

    /// What a submission holds for each lesson.
    fn read(&self, path: &Path, fingerprints: &[String]) -> Vec<Read> {
        let submission = Submission::open(path);
        let lessons = self.lessons.iter().zip(fingerprints);
        lessons.map(|(lesson, it)| self.read_lesson(lesson, it, path, &submission)).collect()
    }

    fn read_lesson(
        &self,
        lesson: &'static Lesson,
        fingerprint: &str,
        path: &Path,
        submission: &Result<Submission, NoSubmission>,
    ) -> Read {
        let read = |content: String, fingerprints, rejected, problem| {
            let parts = [lesson.id, &content, fingerprint, &self.how()];
            let graded = hash(parts)[..32].to_owned();
            let job = Job { graded, lesson, path: path.to_owned(), content };
            let fingerprint = fingerprint.to_owned();
            Read { job, fingerprint, fingerprints, rejected, problem }
        };
        let submission = match submission {
            Ok(submission) => submission,
            Err(error) => return read(String::new(), None, None, Some(error.to_string())),
        };
        match self.grader.take(lesson, submission, self.options) {
            Ok(Ok(taken)) => read(taken.digest(), Some(fingerprints(&taken.text())), None, None),
            Ok(Err(rejection)) => {
                let reason = rejection.to_string();
                let report = LessonReport::stopped(lesson, rejection.verdict(), &reason);
                read(hash(["rejected", &reason]), None, Some(report), None)
            }
            Err(error) => read(String::new(), None, None, Some(error.to_string())),
        }
    }

    /// What a grade depends on besides the copy and the course.
    fn how(&self) -> String {
        let Options { seed, record, .. } = self.options;
        format!("{} {seed} {record}", self.assignment)
    }

    fn write(
        &self,
        book: &mut Gradebook,
        attempt: &submissions::Attempt,
        read: &[Read],
    ) -> Result<(), GradebookError> {
        let received = attempt.submission.received.map(|time| time.to_string());
        let (learner, submission) = (attempt.learner.id.clone(), attempt.submission.name.clone());
        let attempt = Attempt { learner, submission, received };
        book.add_attempt(self.assignment, &attempt)?;
        for Read { job, fingerprint, fingerprints, problem, .. } in read {
            if let Some(fingerprints) = fingerprints {
                book.add_likeness(job.lesson.id, Some(&job.content), fingerprints)?;
            }
            let work = Work {
                learner: attempt.learner.clone(),
                submission: attempt.submission.clone(),
                lesson: job.lesson.id.to_owned(),
                content: job.content.clone(),
                fingerprint: fingerprint.clone(),
                graded: job.graded.clone(),
                problem: problem.clone(),
            };
            book.add_work(self.assignment, &work)?;
        }
        Ok(())
    }

    /// Grades copies; what the machine was to blame for, once more at the end.
    fn grade_all(&self, book: &mut Gradebook, jobs: &[Job]) -> Result<(), BatchError> {
        let failed = |source| BatchError::Lanes { path: self.folder.to_owned(), source };
        let lanes = Lanes::new(self.folder).map_err(failed)?;
        let progress = progress("grading", jobs.len());
        let book = Mutex::new(book);
        let grade = |job: &Job| {
            let problem = self.grade(job, &lanes, &book);
            progress.inc(1);
            problem.map(|problem| problem.map(|_| job.clone()))
        };
        let again: Result<Vec<_>, BatchError> = jobs.par_iter().map(grade).collect();
        progress.finish_and_clear();
        for job in again?.into_iter().flatten() {
            let problem = self.grade(&job, &lanes, &book)?;
            let mut book = book.lock().unwrap_or_else(|it| it.into_inner());
            book.set_problem(&job.graded, problem.as_deref())?;
        }
        Ok(())
    }

    /// Grades one copy, and writes its grade; else says why there is none.
    fn grade(
        &self,
        job: &Job,
        lanes: &Lanes,
        book: &Mutex<&mut Gradebook>,
    ) -> Result<Option<String>, BatchError> {
        let report = match self.report(job, lanes) {
            Ok(report) => report,
            Err(problem) => return Ok(Some(problem)),
        };
        if let Some(check) = report.checks.iter().find(|it| it.verdict == Verdict::NotGraded) {
            return Ok(Some(check.message.clone()));
        }
        let grade = Grade { graded: job.graded.clone(), report };
        let mut book = book.lock().unwrap_or_else(|it| it.into_inner());
        book.at_once(|book| {
            book.add_grade(&grade)?;
            book.set_problem(&job.graded, None)
        })?;
        Ok(None)
    }

    fn report(&self, job: &Job, lanes: &Lanes) -> Result<LessonReport, String> {
        let changed = || "it changed while it was being graded: run this again".to_owned();
        let submission = Submission::open(&job.path).map_err(|error| error.to_string())?;
        let taken = self.grader.take(job.lesson, &submission, self.options);
        let taken = taken.map_err(|error| error.to_string())?.map_err(|_| changed())?;
        if taken.digest() != job.content {
            return Err(changed());
        }
        let report =
            lanes.take(|lane| self.grader.grade_taken(job.lesson, &taken, lane, self.options));
        report.map_err(|error| format!("failed to write to {}: {error}", self.folder.display()))
    }
}

/// Why a submission has nothing to grade, where that is so of all lessons: it may lie in another place.
fn nothing_in(path: &Path, read: &[Read]) -> Option<String> {
    let is_empty = read.iter().all(|it| it.rejected.is_some());
    let report = read.first()?.rejected.as_ref().filter(|_| is_empty)?;
    let reason = report.checks.first().map_or("", |check| &check.message);
    Some(format!("{}: {reason}", path.display()))
}

/// The entry of a gradebook that names the versions of an assignment's lessons.
pub fn versions(assignment: &str) -> String {
    format!("versions of {assignment}")
}

/// Shows how far it has come, how fast it is, and how long it will take; on a terminal only.
fn progress(what: &'static str, length: usize) -> ProgressBar {
    let template = "{msg} {wide_bar} {pos}/{len}  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new(length as u64).with_message(what);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn open(works: &[Work]) -> Vec<String> {
    let open = works.iter().filter_map(|work| {
        let problem = work.problem.as_ref()?;
        Some(format!("{}, {} of {}: {problem}", work.learner, work.lesson, work.submission))
    });
    open.collect()
}

/// Whose score is another one than people were last told, and why.
fn moved(
    book: &mut Gradebook,
    assignment: &str,
    works: &[Work],
) -> Result<Vec<String>, GradebookError> {
    let whose = |it: &Work| (it.learner.clone(), it.submission.clone(), it.lesson.clone());
    let told = book.told_works(assignment)?.into_iter();
    let told: BTreeMap<_, _> = told.map(|work| (whose(&work), work)).collect();
    let mut moved = Vec::new();
    for new in works {
        let old = told.get(&whose(new)).filter(|old| old.graded != new.graded);
        let Some(old) = old else { continue };
        let (Some(was), Some(is)) = (book.grade(&old.graded)?, book.grade(&new.graded)?) else {
            continue;
        };
        let (was, is) = (was.report, is.report);
        if was.score.to_bits() != is.score.to_bits() {
            let (learner, lesson) = (&new.learner, &new.lesson);
            let why = why(old, new, &was, &is);
            moved.push(format!("{learner}, {lesson}: {} → {} ({why})", was.score, is.score));
        }
    }
    Ok(moved)
}

fn why(old: &Work, new: &Work, was: &LessonReport, is: &LessonReport) -> String {
    if old.content != new.content {
        return "handed in anew".to_owned();
    }
    let cause =
        if old.fingerprint == new.fingerprint { "another seed" } else { "the lesson changed" };
    let verdict = |report: &LessonReport, id: &str| {
        report.checks.iter().find(|check| check.id == id).map_or("no check", |it| it.verdict.word())
    };
    let ids: BTreeSet<_> = was.checks.iter().chain(&is.checks).map(|check| &check.id).collect();
    let changes = ids.into_iter().filter_map(|id| {
        let (was, is) = (verdict(was, id), verdict(is, id));
        (was != is).then(|| format!("{id}: {was} → {is}"))
    });
    let changes: Vec<_> = changes.collect();
    format!("{cause}; {}", changes.join(", "))
}
