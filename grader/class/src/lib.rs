//! Grades a class: who hands in what, what it is worth, and what becomes of the grades.
//!
//! Data flows one way: `settings`, `roster` and `submissions` say what there is to grade, `batch`
//! grades it into the `gradebook`, `marks` says what the grades come to, and `export` writes that down.
//! What a single submission is worth is the engine's to say.

mod batch;
mod cli;
mod commands;
mod database;
mod export;
mod gradebook;
mod lateness;
mod marks;
mod merge;
mod overview;
mod partition;
mod roster;
mod settings;
mod similarity;
#[cfg(test)]
mod specimen;
mod submissions;

use std::process::ExitCode;

use cli::Cli;
use engine::Course;

/// Runs the grader of a course, with the commands for a class, on the arguments of this process.
#[must_use]
pub fn main(course: &'static Course) -> ExitCode {
    engine::main_of(|cli: &Cli| &cli.common, |cli| commands::run(course, cli))
}
