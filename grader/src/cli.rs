//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser};

use crate::{checks::Lesson, lessons::LESSONS};

/// Grades Gradlings: hidden checks, gradient checks, honest verdicts.
#[derive(Debug, Parser)]
#[command(name = "grader", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Grade a submission.
    Grade(Grade),
    /// List the lessons, their checks and points.
    List(Lessons),
    /// Make a key that reports are signed with.
    NewKey(NewKey),
    /// Check that a report is what the grader wrote.
    VerifyReport(VerifyReport),
    /// For authors: prove that lessons are sound (stub, solution, mistakes, visible tests).
    Prove(Prove),
}

#[derive(Debug, Args)]
pub struct Grade {
    #[command(flatten)]
    pub lessons: Lessons,
    /// The folder that holds the learner's ex_*/src/lib.rs, or a .zip, .tar or .tar.gz file of it.
    #[arg(long, value_name = "PATH", default_value = "exercises")]
    pub submission: PathBuf,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The seed that hidden inputs are drawn from; 0 if not given, and for a record a number that
    /// nobody can know before.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Grade for a record: at full strength, or not at all.
    #[arg(long)]
    pub record: bool,
    /// Sign the report with this secret key; the signature goes beside it.
    #[arg(long, value_name = "KEY", requires_all = ["record", "output"])]
    pub sign: Option<PathBuf>,
    /// Grade without a sandbox, which the report says: for code that you would run yourself.
    #[arg(long)]
    pub insecure: bool,
    /// Show hidden inputs and expected values.
    #[arg(long)]
    pub reveal: bool,
}

#[derive(Debug, Args)]
pub struct NewKey {
    /// Where the secret key goes; the public one goes beside it, with `.pub` at the end.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct VerifyReport {
    /// The report; its signature lies beside it, with `.sig` at the end.
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// The public key.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

#[derive(Debug, Args)]
pub struct Prove {
    #[command(flatten)]
    pub lessons: Lessons,
    /// Leave out the stubs of exercises that a learner has begun to solve.
    #[arg(long)]
    pub skip_edited: bool,
}

#[derive(Debug, Args)]
pub struct Lessons {
    /// The lessons, such as ex_2_2; all of them when none is named.
    #[arg(value_name = "LESSON", value_parser = PossibleValuesParser::new(LESSONS.map(|lesson| lesson.id)))]
    lessons: Vec<String>,
}

impl Lessons {
    /// The chosen lessons, in the order of the course.
    pub fn chosen(&self) -> Vec<&'static Lesson> {
        let all = self.lessons.is_empty();
        let chosen = |lesson: &&Lesson| all || self.lessons.iter().any(|id| id == lesson.id);
        LESSONS.into_iter().filter(chosen).collect()
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Text for a person at a terminal.
    Terminal,
    /// All of it, for programs.
    Json,
    /// A page for a person with a browser.
    Html,
    /// A table with one row a check, for spreadsheets.
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::AlwaysAnsi,
            Color::Never => Self::Never,
        }
    }
}
