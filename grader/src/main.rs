//! The Gradlings grader: takes a submission, runs hidden checks on it, and reports what it is worth.
//!
//! A submission passes the stations in this order: [`intake`], [`scan`], [`compile`], [`worker`],
//! [`checks`], [`diagnosis`], [`report`], [`render`]. [`grading`] walks it along.

mod checks;
mod cli;
mod compile;
mod diagnosis;
mod grading;
mod intake;
mod kit;
mod lessons;
mod prove;
mod render;
mod report;
mod sandbox;
mod scan;
mod signature;
mod worker;
mod workspace;

use std::{fs, path::Path, process::ExitCode};

use clap::Parser;
use cli::{Cli, Command, Format, Grade};
use grading::Grader;
use indicatif::{ProgressBar, ProgressStyle};
use kit::Kit;
use miette::{Context, IntoDiagnostic};
use report::Report;
use sandbox::Sandbox;
use workspace::Workspace;

/// Not every point was earned, or a lesson is not sound.
const INCOMPLETE: u8 = 1;
/// The grader could not do its job.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == sandbox::LAUNCH) {
        return launcher();
    }
    let cli = Cli::parse();
    anstream::ColorChoice::from(cli.color).write_global();
    match run(cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(INCOMPLETE),
        Err(error) => {
            anstream::eprintln!("{error:?}");
            ExitCode::from(FAILED)
        }
    }
}

/// Becomes a confined program; comes back only with the reason why it could not.
fn launcher() -> ExitCode {
    let mut arguments = std::env::args_os();
    arguments.by_ref().take(2).for_each(drop);
    eprintln!("{}: {}", sandbox::NOT_STARTED, sandbox::launch(arguments));
    ExitCode::from(FAILED)
}

fn run(command: Command) -> miette::Result<bool> {
    match command {
        Command::Grade(command) => grade(&command),
        Command::List(lessons) => {
            list(&lessons.chosen());
            Ok(true)
        }
        Command::NewKey(command) => {
            signature::new_key(&command.file)?;
            anstream::println!(
                "The secret key is in {}. Keep it to yourself.",
                command.file.display()
            );
            Ok(true)
        }
        Command::VerifyReport(command) => {
            signature::verify(&command.report, &command.key)?;
            anstream::println!("{} is what the grader wrote.", command.report.display());
            Ok(true)
        }
        Command::Prove(command) => {
            let grader = grader(Sandbox::strongest())?;
            Ok(prove::prove(&grader, &command.lessons.chosen(), command.skip_edited)?)
        }
    }
}

fn grader(sandbox: Sandbox) -> miette::Result<Grader> {
    let here = std::env::current_dir().into_diagnostic()?;
    let workspace = Workspace::around(&here)?;
    workspace.prune();
    let announce = || anstream::eprintln!("Building what lessons are linked against (once) …");
    let kit = Kit::open(&workspace, announce)?;
    Ok(Grader { workspace, kit, sandbox, record: false, seed: 0, reveal: false })
}

fn grade(command: &Grade) -> miette::Result<bool> {
    let Grade { record, reveal, .. } = *command;
    let seed = command.seed.unwrap_or_else(|| if record { unforeseen_seed() } else { 0 });
    let grader = Grader { record, seed, reveal, ..grader(chosen_sandbox(command)?)? };
    let lessons = command.lessons.chosen();
    let progress = progress(lessons.len());
    let report = grader.grade(&lessons, &command.submission, |lesson| {
        progress.set_message(lesson.id.clone());
        progress.inc(1);
    })?;
    progress.finish_and_clear();
    let text = match command.format {
        Format::Terminal => render::terminal(&report),
        Format::Json => render::json(&report).into_diagnostic()?,
        Format::Html => render::html(&report),
        Format::Csv => render::csv(&report).into_diagnostic()?,
    };
    deliver(&text, command.output.as_deref(), &report)?;
    if let (Some(key), Some(file)) = (&command.sign, &command.output) {
        signature::sign(file, key)?;
    }
    Ok(report.is_complete())
}

/// Hidden inputs that a learner could have drawn beforehand would be no secret. 32 bits are few enough
/// for every reader of the report.
fn unforeseen_seed() -> u64 {
    fastrand::u32(..).into()
}

/// Why nothing is graded for a record here.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to grade for a record: this machine confines with `{0}` and no more")]
#[diagnostic(help(
    "a record needs Landlock (Linux 5.13 or later) and seccomp. Without --record, the submission is \
     graded for practice; --insecure grades for a record all the same, and the report says so"
))]
struct NotConfined(String);

fn chosen_sandbox(command: &Grade) -> miette::Result<Sandbox> {
    if command.insecure {
        return Ok(Sandbox::NONE);
    }
    let sandbox = Sandbox::strongest();
    if command.record && !sandbox.is_full() {
        return Err(NotConfined(sandbox.name()).into());
    }
    Ok(if command.record { sandbox.reinforced() } else { sandbox })
}

/// Counts finished lessons on a terminal; silent elsewhere.
fn progress(lessons: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("grading {wide_bar} {pos}/{len} {msg}");
    let bar = ProgressBar::new(lessons as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn deliver(text: &str, output: Option<&Path>, report: &Report) -> miette::Result<()> {
    let Some(file) = output else {
        anstream::print!("{text}");
        return Ok(());
    };
    let plain = anstream::adapter::strip_str(text).to_string();
    fs::write(file, plain)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to write the report to {}", file.display()))?;
    anstream::eprintln!(
        "{} / {} points; the report is in {}",
        report.score,
        report.max_score,
        file.display()
    );
    Ok(())
}

fn list(lessons: &[&checks::Lesson]) {
    for lesson in lessons {
        anstream::println!("{}  {}  ({} points)", lesson.id, lesson.title, lesson.max_score());
        for check in lesson.checks {
            anstream::println!("    {:>4}  {}", check.points, check.title);
        }
    }
}
