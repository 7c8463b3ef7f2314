//! What each command does.

pub mod learner;

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};
use learner::Notes;
use miette::{Context, IntoDiagnostic};

use crate::{
    checks::Lesson,
    cli::{self, Command, Common, Format, Grade, Gradescope, Package, Render, Written},
    course::Course,
    diagnosis::FirstAnswers,
    grading::{self, Depth, GradeError, Grader, Options, nothing_graded},
    handout::Handout,
    kit::Kit,
    machine,
    package::{self, Assignment},
    prove, render,
    report::Report,
    requests::Requests,
    sandbox::Sandbox,
    scaffold, signature, sync, tables,
    workspace::Workspace,
};

/// How a command ended, as its exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every check passed, or everything is as it should be.
    Complete,
    /// Some check did not pass, or a lesson is not sound.
    Incomplete,
    /// The grader could not do its job, or not all of it.
    Failed,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Complete => 0,
            Ending::Incomplete => 1,
            Ending::Failed => 2,
        })
    }
}

impl Ending {
    fn complete_if(complete: bool) -> Self {
        if complete { Self::Complete } else { Self::Incomplete }
    }
}

/// Runs a command of the grader of a course.
///
/// # Errors
/// When the grader cannot do its job.
pub fn run(course: &'static Course, command: &Command, common: &Common) -> miette::Result<Ending> {
    let root = common.root(course);
    match command {
        Command::Grade(command) => grade(course, &Workspace::at(&root)?, command),
        Command::Render(command) => rendered(command),
        Command::List(chosen) if chosen.lessons.is_empty() => {
            learner::list(course, &Workspace::at(&root)?)
        }
        Command::List(chosen) => {
            print(&render::checks(&course.chosen(&chosen.lessons)?, columns()))?;
            Ok(Ending::Complete)
        }
        Command::Next => learner::next(course, &Workspace::at(&root)?),
        Command::Watch(current) => learner::watch(course, &Workspace::at(&root)?, current),
        Command::Brief(current) => learner::brief(course, &Workspace::at(&root)?, current),
        Command::Hint(current) => learner::hint(course, &Workspace::at(&root)?, current),
        Command::Reset(named) => learner::reset(course, &Workspace::at(&root)?, named),
        Command::Solution(named) => learner::solution(course, &Workspace::at(&root)?, named),
        Command::Handout(command) => {
            hand_out(course, &Workspace::at(&root)?, command)?;
            Ok(Ending::Complete)
        }
        Command::Sync(command) => {
            print(&sync::sync(command.from.as_deref(), &Workspace::at(&root)?)?.to_string())?;
            Ok(Ending::Complete)
        }
        Command::New(command) => {
            scaffold::new_lesson(&Workspace::at(&root)?, &command.id, &command.title)?;
            Ok(Ending::Complete)
        }
        Command::Prove(command) => {
            let lessons = course.chosen(&command.lessons.lessons)?;
            let grader = grader(course, Workspace::at(&root)?)?;
            let extent = prove::Extent { skip_edited: command.skip_edited, all: command.mutants };
            Ok(Ending::complete_if(prove::prove(&grader, &lessons, extent)?))
        }
        Command::Tables(command) => {
            let lessons = course.chosen(&command.lessons.lessons)?;
            let grader = grader(course, Workspace::at(&root)?)?;
            if command.write {
                tables::write(&grader, &lessons)?;
                return Ok(Ending::Complete);
            }
            let stale = tables::stale(&grader, &lessons)?;
            stale.iter().for_each(|page| println!("{page}"));
            Ok(Ending::complete_if(stale.is_empty()))
        }
        Command::Package(Package::Gradescope(command)) => {
            package(&course.chosen(&command.lessons.lessons)?, &Workspace::at(&root)?, command)
        }
        Command::NewKey(command) => {
            signature::new_key(&command.file)?;
            let file = command.file.display();
            anstream::println!("The secret key is in {file}. Keep it to yourself.");
            Ok(Ending::Complete)
        }
        Command::VerifyReport(command) => {
            signature::verify(&command.report, &command.key)?;
            anstream::println!("{} is authentic: its signature matches.", command.report.display());
            Ok(Ending::Complete)
        }
    }
}

impl Common {
    /// The folder of the course.
    fn root(&self, course: &Course) -> PathBuf {
        self.workspace.clone().unwrap_or_else(|| PathBuf::from(course.root))
    }

    /// The course on disk.
    ///
    /// # Errors
    /// When there is none.
    pub fn workspace(&self, course: &Course) -> miette::Result<Workspace> {
        Ok(Workspace::at(&self.root(course))?)
    }

    /// The grader of the course, with all that it grades with.
    ///
    /// # Errors
    /// When there is no course, no room on the disk, or what code is linked against cannot be built.
    pub fn grader(&self, course: &'static Course) -> miette::Result<Grader> {
        grader(course, self.workspace(course)?)
    }
}

fn grader(course: &'static Course, workspace: Workspace) -> miette::Result<Grader> {
    machine::has_room()?;
    workspace.prune();
    let announce = || anstream::eprintln!("Building dependencies (first run only) …");
    let kit = Kit::open(&workspace, course, announce)?;
    let (first_answers, requests) = (FirstAnswers::default(), Requests::default());
    Ok(Grader { course, workspace, kit, first_answers, requests })
}

/// Names the lessons that cannot be graded, which is their author's business.
fn tell_left_out(course: &Course) {
    for (id, why) in course.left_out {
        anstream::eprintln!("{id} was left out: {why}");
    }
}

/// Makes the learner's repository, and says what is in it.
fn hand_out(
    course: &'static Course,
    workspace: &Workspace,
    command: &cli::Handout,
) -> miette::Result<()> {
    let lessons = course.chosen(&command.lessons)?;
    if command.lessons.is_empty() {
        tell_left_out(course);
    }
    let handout = Handout::of(course, workspace, &lessons, command.allow_dirty)?;
    handout.write(&command.out)?;
    for (lesson, because) in &handout.taken_along {
        anstream::eprintln!("{lesson} comes along: {because} builds on it.");
    }
    let (count, out) = (handout.lessons.len(), command.out.display());
    anstream::println!("{out} has {count} lessons: {}", handout.lessons.join(", "));
    Ok(())
}

fn grade(
    course: &'static Course,
    workspace: &Workspace,
    command: &Grade,
) -> miette::Result<Ending> {
    let lessons = course.chosen_in(workspace, &command.lessons.lessons)?;
    if command.lessons.lessons.is_empty() {
        tell_left_out(course);
    }
    if command.record {
        grading::require_solutions(workspace)?;
    }
    if let Some(key) = &command.sign {
        signature::check(key)?;
    }
    let options = options(command)?;
    let submission = command.submission.clone().unwrap_or_else(|| default_submission(workspace));
    let is_own = learner::is_own(workspace, &submission) && !options.own;
    if is_own && !command.lessons.lessons.is_empty() {
        learner::tell_locked(course, workspace, &lessons);
    }
    let notes = Notes::default();
    let report = match grader(course, workspace.clone()) {
        Ok(grader) => graded(&grader, &lessons, &submission, options, &notes)?,
        Err(error) => nothing_graded(&lessons, &submission, options, error.as_ref())?,
    };
    let progress = is_own.then(|| notes.keep(workspace)).flatten();
    let next = match progress {
        Some(progress) => progress.next(&course.chosen_in(workspace, &[])?),
        None => course.next(&lessons).filter(|lesson| workspace.has(lesson.id)),
    };
    let view = view(command, next, have_derivations(workspace, &lessons));
    let text = written(&report, &command.written, view)?;
    deliver(&text, command.written.output.as_deref(), &report)?;
    if let (Some(key), Some(file)) = (&command.sign, &command.written.output) {
        match report.record {
            true => signature::sign(file, key)?,
            false => anstream::eprintln!("The report is not signed: not every check was graded."),
        }
    }
    Ok(ending(&report))
}

fn ending(report: &Report) -> Ending {
    match report.has_ungraded() {
        true => Ending::Failed,
        false => Ending::complete_if(report.is_complete()),
    }
}

/// Writes a report that was kept, and ends like the grading that it tells of.
fn rendered(command: &Render) -> miette::Result<Ending> {
    let file = command.report.display();
    let text = fs::read_to_string(&command.report)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to read the report {file}"))?;
    let report: Report = serde_json::from_str(&text).into_diagnostic().wrap_err_with(|| {
        format!("failed to read {file}: it is no report that `grade --format json` wrote")
    })?;
    let text = written(&report, &command.written, render::View::FULL)?;
    deliver(&text, command.written.output.as_deref(), &report)?;
    Ok(ending(&report))
}

/// Packs the lessons for Gradescope, and says what the instructor needs to know there.
fn package(
    lessons: &[&'static Lesson],
    workspace: &Workspace,
    command: &Gradescope,
) -> miette::Result<Ending> {
    let Gradescope { out, seed, hidden_checks, .. } = command;
    let assignment = Assignment {
        lessons,
        seed: seed.unwrap_or_else(fresh_seed),
        hidden_checks: *hidden_checks,
    };
    package::gradescope(workspace, &assignment, out)?;
    let points: f64 = lessons.iter().map(|lesson| lesson.max_score()).sum();
    let (lessons, seed) = (lessons.len(), assignment.seed);
    anstream::println!(
        "{} grades {lessons} lessons, {points} points in all, with the seed {seed}.\nIt holds the \
         solutions and the hidden checks: upload it to Gradescope, and keep it to yourself.",
        out.display()
    );
    Ok(Ending::Complete)
}

fn written(report: &Report, how: &Written, view: render::View) -> miette::Result<String> {
    match how.format() {
        Format::Terminal => Ok(render::terminal(report, view)),
        Format::Json => render::json(report).into_diagnostic(),
        Format::Html => Ok(render::html(report)),
        Format::Csv => render::csv(report).into_diagnostic(),
        Format::Junit => render::junit(report).into_diagnostic(),
        Format::Markdown => Ok(render::markdown(report)),
        Format::Github => Ok(render::annotations(report)),
        Format::GithubPoints => render::points(report).into_diagnostic(),
        Format::Gradescope => render::gradescope(report, how.hidden_checks).into_diagnostic(),
    }
}

fn graded(
    grader: &Grader,
    lessons: &[&'static Lesson],
    submission: &Path,
    options: Options,
    notes: &Notes,
) -> Result<Report, GradeError> {
    let progress = progress(lessons.len());
    let report = grader.grade(lessons, submission, options, |lesson, copy| {
        notes.take(lesson, copy);
        progress.set_message(lesson.id.clone());
        progress.inc(1);
    });
    progress.finish_and_clear();
    report
}

/// What is shown of a report. One in a file is not for a screen.
fn view(
    command: &Grade,
    next: Option<&'static Lesson>,
    derivations: bool,
) -> render::View<'static> {
    let all = command.all || command.written.output.is_some();
    let next = next.map(|lesson| lesson.id);
    render::View { width: columns(), explain: command.explain, all, next, derivations }
}

/// True unless the course was handed out without its solutions.
fn have_derivations(workspace: &Workspace, lessons: &[&Lesson]) -> bool {
    lessons.iter().all(|lesson| workspace.solution(lesson.id).join("derivation.md").is_file())
}

/// How wide a page is: as the terminal, between what can be read there and what is pleasant to read.
pub fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { render::WIDTH } else { columns.clamp(40, render::WIDTH) }
}

/// The course's own exercises, named as briefly as where the grader was started allows.
pub fn default_submission(workspace: &Workspace) -> PathBuf {
    let exercises = workspace.exercises();
    let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    exercises.strip_prefix(here).map_or_else(|_| exercises.clone(), Path::to_owned)
}

fn options(command: &Grade) -> miette::Result<Options> {
    let Grade { record, reveal, own, .. } = *command;
    let seed = command.seed.unwrap_or_else(|| if record { fresh_seed() } else { 0 });
    let sandbox = sandbox(record, command.insecure)?;
    let depth = if command.no_diagnosis { Depth::Scored } else { Depth::Diagnosed };
    Ok(Options { sandbox, record, incremental: true, seed, reveal, own, depth })
}

/// Hidden inputs that a learner could have drawn beforehand would be no secret. 32 bits are few enough
/// for every reader of the report.
#[must_use]
pub fn fresh_seed() -> u64 {
    fastrand::u32(..).into()
}

/// Why nothing is graded officially here.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to grade officially: the sandbox of this machine is only `{0}`")]
#[diagnostic(help(
    "--record needs Landlock (Linux 5.13 or later) and seccomp. Without --record, the submission is \
     graded for practice; with --insecure instead, it is graded without a sandbox, and the report says so"
))]
struct NotConfined(String);

/// What confines learner code: nothing where it is trusted, and all that works here where a grading is for
/// the record.
///
/// # Errors
/// When that is not enough for the record.
pub fn sandbox(record: bool, insecure: bool) -> miette::Result<Sandbox> {
    if insecure {
        return Ok(Sandbox::NONE);
    }
    let sandbox = Sandbox::strongest();
    if record && !sandbox.is_full() {
        return Err(NotConfined(sandbox.name()).into());
    }
    Ok(if record { sandbox.reinforced() } else { sandbox })
}

/// Counts finished lessons on a terminal; silent elsewhere.
fn progress(lessons: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("grading {wide_bar} {pos}/{len} {msg}");
    let bar = ProgressBar::new(lessons as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn deliver(text: &str, output: Option<&Path>, report: &Report) -> miette::Result<()> {
    let Some(file) = output else {
        return print(text);
    };
    let plain = anstream::adapter::strip_str(text).to_string();
    fs::write(file, plain)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to write the report to {}", file.display()))?;
    let Report { score, max_score, .. } = report;
    let ungraded = if report.has_ungraded() { ", and not everything was graded" } else { "" };
    let file = file.display();
    anstream::eprintln!("{score} / {max_score} points{ungraded}; the report is in {file}");
    Ok(())
}

/// Writes to standard output. Whoever reads it may have seen enough and gone.
pub fn print(text: &str) -> miette::Result<()> {
    let mut output = anstream::stdout();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error)
            .into_diagnostic()
            .wrap_err("failed to write to standard output; --output FILE writes to a file"),
        _ => Ok(()),
    }
}
