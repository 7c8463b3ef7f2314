//! The programs of the course: `./x corpus` and those that follow run what a learner wrote on files.
//!
//! Lessons have no files, no memory maps and no threads; their programs do. The package `reference` is built from
//! the same sources, and runs the course's solutions.

mod checkpoint;
mod cli;
mod corpus;
mod curve;
mod divergence;
mod log;
mod panics;
mod sample;
mod stage;
mod store;
mod text;
mod threads;
mod train;
mod windows;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// There is nothing of the solutions in this program.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to run the course's solutions: this program runs what you wrote")]
#[diagnostic(help(
    "in a clone of the whole course `./x` has them: `./x corpus --reference`. A handout has no solutions"
))]
struct NoReference;

fn main() -> ExitCode {
    panics::explain();
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{error:?}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> miette::Result<()> {
    if cli.reference && !is_reference() {
        return Err(NoReference.into());
    }
    match &cli.command {
        Command::Corpus(command) => corpus::make(command),
        Command::Windows(command) => windows::show(command),
        Command::Train(command) => train::run(command),
        Command::Sample(command) => sample::run(command),
    }
}

/// True where the lessons are the course's own.
fn is_reference() -> bool {
    env!("CARGO_PKG_NAME") == "reference"
}
