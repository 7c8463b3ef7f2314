//! What the commands do that accompany a learner.

use std::{fs, path::Path};

use miette::{Context, IntoDiagnostic};

use super::{Ending, columns, grader, print, sandbox, tell_left_out};
use crate::{
    checks::Lesson,
    cli::{Current, Named},
    course::Course,
    grading::{Depth, Options},
    hints::Hints,
    progress::{Found, Gate, NotKept, PATH, Progress},
    reading,
    render::{self, Row},
    report::{LessonReport, Report, Verdict},
    stub, watch,
    workspace::Workspace,
};

/// What is on record of a learner, in a course.
pub struct Learner<'a> {
    pub course: &'static Course,
    pub workspace: &'a Workspace,
    /// The lessons that there are to do.
    pub here: Vec<&'static Lesson>,
    pub progress: Progress,
}

/// Lists the lessons with how far the learner is.
pub fn list(course: &'static Course, workspace: &Workspace) -> miette::Result<Ending> {
    let learner = Learner::of(course, workspace)?;
    print(&learner.overview())?;
    tell_left_out(course);
    Ok(Ending::Complete)
}

/// Names the lesson to do next.
pub fn next(course: &'static Course, workspace: &Workspace) -> miette::Result<Ending> {
    let learner = Learner::of(course, workspace)?;
    print(&match learner.next() {
        Some(lesson) => render::next(&learner.row(lesson), columns()),
        None => ALL_DONE.to_owned(),
    })?;
    Ok(Ending::Complete)
}

const ALL_DONE: &str = "Every lesson is done.\n";

/// Grades a lesson each time that it is saved.
pub fn watch(
    course: &'static Course,
    workspace: &Workspace,
    current: &Current,
) -> miette::Result<Ending> {
    let learner = Learner::of(course, workspace)?;
    let lesson = match &current.lesson {
        Some(id) => one(course, workspace, id)?,
        None => learner.current(),
    };
    let grader = grader(course, workspace.clone())?;
    watch::watch(learner, lesson, grader, practice(Depth::Diagnosed)?)
}

/// How a learner's own exercises are graded.
fn practice(depth: Depth) -> miette::Result<Options> {
    let sandbox = sandbox(false, false)?;
    let (record, seed, reveal, own) = (false, 0, false, false);
    Ok(Options { sandbox, record, incremental: true, seed, reveal, own, depth })
}

/// Shows the brief of a lesson.
pub fn brief(
    course: &'static Course,
    workspace: &Workspace,
    current: &Current,
) -> miette::Result<Ending> {
    let lesson = Learner::lesson(course, workspace, current)?;
    print(&brief_of(workspace, lesson)?)?;
    Ok(Ending::Complete)
}

/// The brief of a lesson, as a page.
pub fn brief_of(workspace: &Workspace, lesson: &Lesson) -> miette::Result<String> {
    let text = text(&workspace.exercise(lesson.id).join("README.md"))?;
    Ok(reading::page(&text, columns()))
}

/// Shows the hint that comes after those that were read.
pub fn hint(
    course: &'static Course,
    workspace: &Workspace,
    current: &Current,
) -> miette::Result<Ending> {
    let lesson = Learner::lesson(course, workspace, current)?;
    let (page, is_last) = next_hint(workspace, lesson)?;
    let id = lesson.id;
    let after = if is_last { "That was the last hint" } else { "The next hint" };
    let then = if is_last { "begins again" } else { "shows it" };
    let after = folded(&format!("{after}: `./x hint {id}` {then}."));
    print(&format!("{page}\n{after}\n"))?;
    Ok(Ending::Complete)
}

/// The hint that comes after those that were read, and whether it is the last.
pub fn next_hint(workspace: &Workspace, lesson: &Lesson) -> miette::Result<(String, bool)> {
    let text = text(&workspace.exercise(lesson.id).join("hints.md"))?;
    let hints = Hints::of(lesson.id, &text);
    let mut at = 0;
    let read = |progress: &mut Progress| {
        at = hints.after(progress.of(lesson.id).map_or(0, |standing| standing.hints));
        progress.note_hints(lesson.id, at + 1);
    };
    kept(Progress::update(workspace, read));
    Ok((hints.page(at, columns()), at + 1 >= hints.count()))
}

/// Brings the stub of a lesson back.
pub fn reset(
    course: &'static Course,
    workspace: &Workspace,
    named: &Named,
) -> miette::Result<Ending> {
    let lesson = one(course, workspace, &named.lesson)?;
    let replaced = stub::reset(workspace, lesson.id)?;
    for (path, copy) in &replaced {
        let told = match copy.as_str() {
            "" => format!("{path} is there again."),
            copy => format!("{path} is as it was handed out; what you wrote is in {copy}"),
        };
        anstream::println!("{}", folded(&told));
    }
    if replaced.is_empty() {
        anstream::println!("{} is as it was handed out.", lesson.id);
    }
    kept(Progress::update(workspace, |progress| progress.forget(lesson.id)));
    Ok(Ending::Complete)
}

/// Shows the solution of a lesson that is done; of another, what is missing.
pub fn solution(
    course: &'static Course,
    workspace: &Workspace,
    named: &Named,
) -> miette::Result<Ending> {
    let lesson = one(course, workspace, &named.lesson)?;
    if !workspace.has_solutions() {
        return Err(NoSolution { lesson: lesson.id }.into());
    }
    let mut learner = Learner::read(course, workspace)?;
    if !learner.progress.is_done(lesson.id) {
        let report = learner.grade(&[lesson])?;
        if !learner.progress.is_done(lesson.id) {
            print(&render::missing(&report.lessons[0], columns()))?;
            return Ok(Ending::Incomplete);
        }
    }
    let folder = workspace.solution(lesson.id);
    let (code, derivation) =
        (text(&folder.join("src/lib.rs"))?, text(&folder.join("derivation.md"))?);
    let markdown =
        format!("# solutions/{}/src/lib.rs\n\n~~~~~~\n{code}~~~~~~\n\n{derivation}", lesson.id);
    print(&reading::page(&markdown, columns()))?;
    Ok(Ending::Complete)
}

/// There is nothing to show.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to show the solution of {lesson}: a handout has no solutions")]
#[diagnostic(help("`./x hint {lesson}` shows a hint; your instructor has the solution"))]
struct NoSolution {
    lesson: &'static str,
}

/// A sentence of our own, in as many lines as it needs.
fn folded(told: &str) -> String {
    render::wrapped(told, columns(), "", "").join("\n")
}

fn text(file: &Path) -> miette::Result<String> {
    let text = fs::read_to_string(file).into_diagnostic();
    text.wrap_err_with(|| format!("failed to read {}", file.display()))
}

/// A lesson that is here.
fn one(
    course: &'static Course,
    workspace: &Workspace,
    id: &str,
) -> miette::Result<&'static Lesson> {
    Ok(course.chosen_in(workspace, &[id.to_owned()])?[0])
}

impl<'a> Learner<'a> {
    /// Reads what is on record; what is not is found out by grading.
    ///
    /// # Errors
    /// When the course has no lessons here.
    pub fn of(course: &'static Course, workspace: &'a Workspace) -> miette::Result<Self> {
        let mut learner = Self::read(course, workspace)?;
        learner.find_out();
        Ok(learner)
    }

    /// Reads what is on record, and leaves the rest.
    fn read(course: &'static Course, workspace: &'a Workspace) -> miette::Result<Self> {
        let here = course.chosen_in(workspace, &[])?;
        Ok(Self { course, workspace, here, progress: read(workspace) })
    }

    /// The named lesson, or the next one to do; the last where all are done.
    pub fn lesson(
        course: &'static Course,
        workspace: &Workspace,
        current: &Current,
    ) -> miette::Result<&'static Lesson> {
        if let Some(id) = &current.lesson {
            return one(course, workspace, id);
        }
        Ok(Learner::of(course, workspace)?.current())
    }

    /// Grades what was never graded, or whose grading is lost.
    fn find_out(&mut self) {
        self.note_stubs();
        let unknown = self.unknown();
        if unknown.is_empty() {
            return;
        }
        let lessons = if unknown.len() == 1 { "lesson" } else { "lessons" };
        let told = "without a grading on record: grading what is there …";
        anstream::eprintln!("{}", folded(&format!("{} {lessons} {told}", unknown.len())));
        if let Err(error) = self.grade(&unknown) {
            anstream::eprintln!("{error:?}");
        }
    }

    /// A lesson that is as it was handed out has no points: it need not be graded.
    fn note_stubs(&mut self) {
        let mut stubs = self.unknown();
        stubs.retain(|lesson| stub::is_untouched(self.workspace, lesson.id));
        if stubs.is_empty() {
            return;
        }
        let notes = Notes::default();
        for lesson in stubs {
            notes.take(&LessonReport::stopped(lesson, Verdict::NotImplemented, ""), "");
        }
        if let Some(progress) = notes.keep(self.workspace) {
            self.progress = progress;
        }
    }

    /// The lessons without a grading on record.
    fn unknown(&self) -> Vec<&'static Lesson> {
        let is_unknown = |lesson: &&Lesson| !self.progress.is_graded(lesson.id);
        self.here.iter().copied().filter(is_unknown).collect()
    }

    /// Grades lessons, and keeps what comes of it.
    fn grade(&mut self, lessons: &[&'static Lesson]) -> miette::Result<Report> {
        let grader = grader(self.course, self.workspace.clone())?;
        let options = practice(Depth::Scored)?;
        let notes = Notes::default();
        let exercises = self.workspace.exercises();
        let report = grader.grade(lessons, &exercises, options, |it, copy| notes.take(it, copy))?;
        if let Some(progress) = notes.keep(self.workspace) {
            self.progress = progress;
        }
        Ok(report)
    }

    /// The next lesson to do; the last where all are done.
    fn current(&self) -> &'static Lesson {
        self.next().unwrap_or(self.here[self.here.len() - 1])
    }

    pub fn is_open(&self, lesson: &Lesson) -> bool {
        self.progress.gate(lesson, &self.here) == Gate::Open
    }

    /// Says of a lesson that is locked that it is graded nevertheless.
    pub fn locked(&self, lesson: &Lesson) -> Option<String> {
        locked(&self.progress, lesson, &self.here)
    }

    pub fn next(&self) -> Option<&'static Lesson> {
        self.progress.next(&self.here)
    }

    pub fn overview(&self) -> String {
        let rows: Vec<_> = self.here.iter().map(|lesson| self.row(lesson)).collect();
        render::overview(&rows, columns())
    }

    pub fn row(&self, lesson: &Lesson) -> Row {
        let score = self.progress.of(lesson.id).map_or(0.0, |standing| standing.best);
        let (gate, max_score) = (self.progress.gate(lesson, &self.here), lesson.max_score());
        Row { id: lesson.id, title: lesson.title, gate, score, max_score }
    }
}

/// What a grading gives to keep; lessons are graded at once.
#[derive(Debug, Default)]
pub struct Notes(std::sync::Mutex<Vec<(LessonReport, String)>>);

impl Notes {
    pub fn take(&self, report: &LessonReport, copy: &str) {
        let mut notes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        notes.push((report.clone(), copy.to_owned()));
    }

    /// Writes the notes down, and gives what is on record then; says so where that fails.
    pub fn keep(&self, workspace: &Workspace) -> Option<Progress> {
        kept(self.write(workspace))
    }

    /// Writes the notes down, and gives what is on record then.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn write(&self, workspace: &Workspace) -> Result<Found, NotKept> {
        let notes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let note = |progress: &mut Progress| {
            notes.iter().for_each(|(report, copy)| progress.note(report, copy));
        };
        Progress::update(workspace, note)
    }
}

/// What is on record; nothing where it cannot be read, which is said.
pub fn read(workspace: &Workspace) -> Progress {
    kept(Progress::read(workspace)).unwrap_or_default()
}

/// Says what went wrong with the record: nothing that a learner asked for depends on it.
fn kept(found: Result<Found, NotKept>) -> Option<Progress> {
    match found {
        Ok(found) => {
            if let Some(aside) = &found.damaged {
                let told = format!(
                    "Your progress in {PATH} could not be understood. The file is {} now; your progress is \
                     found out by grading.",
                    aside.display()
                );
                anstream::eprintln!("{}", folded(&told));
            }
            Some(found.progress)
        }
        Err(error) => {
            anstream::eprintln!("{:?}", miette::Report::from(error));
            None
        }
    }
}

/// True where the course's own exercises are graded, which are the learner's.
pub fn is_own(workspace: &Workspace, submission: &Path) -> bool {
    submission.canonicalize().is_ok_and(|it| it == workspace.exercises())
}

/// Says of a named lesson that others come first.
pub fn tell_locked(course: &Course, workspace: &Workspace, lessons: &[&'static Lesson]) {
    let Ok(here) = course.chosen_in(workspace, &[]) else { return };
    let progress = read(workspace);
    for locked in lessons.iter().filter_map(|lesson| locked(&progress, lesson, &here)) {
        anstream::eprintln!("{}", folded(&locked));
    }
}

/// Says of a lesson that is locked that it is graded nevertheless.
fn locked(progress: &Progress, lesson: &Lesson, here: &[&'static Lesson]) -> Option<String> {
    let Gate::Locked(first) = progress.gate(lesson, here) else { return None };
    let are = if first.len() == 1 { "is" } else { "are" };
    let (id, first) = (lesson.id, first.join(" and "));
    Some(format!("{id} is locked until {first} {are} done; it is graded all the same."))
}
