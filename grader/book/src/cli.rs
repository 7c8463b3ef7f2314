//! The command line of a grader that also makes the book.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Make the book: lessons with formulas, graphs and plots, to be read in a browser without a network.
    Book(Book),
}

#[derive(Debug, Args)]
pub struct Book {
    /// Where the book goes; it must be new, empty, or hold an earlier book. target/book by default.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Make the book of a handout: without derivations, mistakes, and the pages that are not for learners.
    #[arg(long)]
    pub handout: bool,
    /// Open the book in a browser.
    #[arg(long)]
    pub open: bool,
}
