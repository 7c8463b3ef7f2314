//! Makes the book of a course: a page for each lesson, from its two folders, and the pages beside them.
//!
//! `contents` says which pages there are, `lesson` and `map` write what no file holds, `markdown` turns what
//! files hold into what mdBook takes (formulas, graphs, plots and links), and `site` has mdBook make the
//! pages, and checks them. What is wrong is told with its file and line.

mod cli;
mod commands;
mod contents;
mod fault;
mod formula;
mod graph;
mod lesson;
mod map;
mod markdown;
mod plots;
mod site;

use std::process::ExitCode;

use cli::Cli;
use engine::Course;

/// Runs the grader of a course, with the command that makes its book, on the arguments of this process.
#[must_use]
pub fn main(course: &'static Course) -> ExitCode {
    engine::main_of(|cli: &Cli| &cli.common, |cli| commands::run(course, cli))
}
