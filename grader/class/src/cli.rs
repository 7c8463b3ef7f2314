//! The command line of a grader that also grades classes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{database::Place, partition::Partition};

/// Grades the lessons of a course: hidden checks, gradient checks, honest verdicts.
#[derive(Debug, Parser)]
#[command(name = "grader", bin_name = "grader", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: engine::Common,
}

/// What the grader does.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Grader(engine::Command),
    /// For instructors: grade what a class handed in.
    Batch(Batch),
    /// For instructors: put the parts of a class together that several machines graded.
    Merge(Merge),
    /// For instructors: write the tables and pages of a gradebook.
    Export(Book),
    /// For instructors: decide what one check of one learner is worth.
    Amend(Amend),
    /// For instructors: write down, anonymise or delete what is known of a learner.
    Learner(Learner),
    /// For instructors: remove grades that belong to nobody any more.
    Clean(Book),
}

/// Where a class and its gradebook are.
#[derive(Debug, Args)]
pub struct Book {
    /// What the class is graded on.
    #[arg(long, value_name = "FILE", default_value = "course.toml")]
    pub class: PathBuf,
    /// The folder of the gradebook, and of the tables and pages that are made of it.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A PostgreSQL database as the gradebook, where several machines write: postgres://USER@HOST/NAME.
    #[arg(long, value_name = "ADDRESS", env = "GRADLINGS_DB", hide_env_values = true)]
    pub db: Option<String>,
}

#[derive(Debug, Args)]
pub struct Batch {
    #[command(flatten)]
    pub book: Book,
    /// Folders with a folder or an archive for each submission.
    #[arg(value_name = "SUBMISSIONS", required = true)]
    pub submissions: Vec<PathBuf>,
    /// Which assignment of course.toml it is; needed where there are several.
    #[arg(long, value_name = "ID")]
    pub assignment: Option<String>,
    /// Grade a share of the class: hash:2/8 is the second of eight.
    #[arg(long, value_name = "hash:M/N")]
    pub partition: Option<Partition>,
    /// Say what would be graded, and grade nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Grade without a sandbox, which every report says: for code that you would run yourself.
    #[arg(long)]
    pub insecure: bool,
}

#[derive(Debug, Args)]
pub struct Merge {
    #[command(flatten)]
    pub book: Book,
    /// The folders of all parts.
    #[arg(value_name = "PART", required = true)]
    pub parts: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Amend {
    #[command(flatten)]
    pub book: Book,
    /// Which assignment of course.toml it is; needed where there are several.
    #[arg(long, value_name = "ID")]
    pub assignment: Option<String>,
    /// The learner's id.
    pub learner: String,
    /// The lesson.
    pub lesson: String,
    /// The check's id, as the reports in JSON name it.
    pub check: String,
    /// What it is worth from now on.
    #[arg(long, required_unless_present = "take_back", requires_all = ["reason", "by"])]
    pub points: Option<f64>,
    /// Why, for the learner to read.
    #[arg(long)]
    pub reason: Option<String>,
    /// Who decides.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Take an earlier decision back: what the check found counts again.
    #[arg(long, conflicts_with_all = ["points", "reason", "by"])]
    pub take_back: bool,
}

#[derive(Debug, Args)]
pub struct Learner {
    #[command(subcommand)]
    pub what: OfLearner,
}

#[derive(Debug, Subcommand)]
pub enum OfLearner {
    /// Write everything that is known of a learner as JSON.
    Export(One),
    /// Give a learner a random name in the gradebook. The roster is yours to change.
    Anonymise(One),
    /// Delete everything that is known of a learner.
    Delete(One),
}

#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    pub book: Book,
    /// The learner's id.
    pub learner: String,
}

impl Book {
    /// The file of a gradebook in its folder.
    pub const FILE: &str = "gradebook.sqlite";

    /// Where the gradebook is.
    pub fn place(&self) -> Place {
        let file = || Place::in_folder(&self.out, Self::FILE);
        self.db.clone().map_or_else(file, Place::Server)
    }
}
