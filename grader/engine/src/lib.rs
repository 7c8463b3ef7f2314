//! Grades submissions of a course: hidden checks, gradient checks, honest verdicts.
//!
//! A submission passes the stations in this order: [`intake`], [`scan`], `compile`, `worker`,
//! [`checks`], `diagnosis`, [`report`], [`render`]. `grading` walks it along.
//!
//! The grader of a course is a thin program over this library and the lessons that its build script
//! found: it hands its [`Course`] to [`main`].

mod answers;
mod author;
mod builds;
mod checked;
pub mod checks;
mod cli;
mod commands;
mod compile;
mod course;
mod curve;
mod diagnosis;
mod error_map;
mod excerpt;
mod fingerprint;
mod git;
mod grading;
mod handout;
mod hash;
mod hints;
pub mod intake;
mod kit;
mod machine;
mod package;
mod plan;
mod progress;
mod prove;
mod reading;
mod rebuilds;
pub mod render;
pub mod report;
mod requests;
mod sandbox;
mod scaffold;
pub mod scan;
mod signature;
mod stub;
mod sync;
mod tables;
mod variants;
mod watch;
mod worker;
mod workspace;

use std::process::ExitCode;

use clap::Parser;
use cli::Cli;
pub use cli::{Command, Common};
pub use commands::{Ending, fresh_seed, run, sandbox};
pub use contract::{Contract, Item};
pub use course::Course;
pub use gradcheck;
pub use grading::{Depth, GradeError, Grader, Options, Taken};
pub use hash::hash;
pub use ndarray;
pub use plan::{Phase, Plan, PlannedLesson};
pub use sandbox::Sandbox;
pub use variants::{Variant, variants};
pub use wire;
pub use workspace::{NoWorkspace, Workspace};

/// Runs the grader of a course on the arguments of this process.
#[must_use]
pub fn main(course: &'static Course) -> ExitCode {
    main_of(|cli: &Cli| &cli.common, |cli| run(course, &cli.command, &cli.common))
}

/// Runs a program that has other commands than [`run`], or more.
pub fn main_of<C: Parser>(
    common: impl FnOnce(&C) -> &Common,
    run: impl FnOnce(&C) -> miette::Result<Ending>,
) -> ExitCode {
    match std::env::args_os().nth(1) {
        Some(argument) if argument == sandbox::LAUNCH => return launcher(),
        Some(argument) if argument == scan::READ => return reader(),
        _ => (),
    }
    let cli = C::parse();
    anstream::ColorChoice::from(common(&cli).color).write_global();
    match run(&cli) {
        Ok(ending) => ending.into(),
        Err(error) => {
            anstream::eprintln!("{error:?}");
            commands::Ending::Failed.into()
        }
    }
}

/// Reads sources, confined.
fn reader() -> ExitCode {
    let mut arguments = std::env::args_os();
    arguments.by_ref().take(2).for_each(drop);
    match scan::serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            commands::Ending::Failed.into()
        }
    }
}

/// Becomes a confined program; comes back only with the reason why it could not.
fn launcher() -> ExitCode {
    let mut arguments = std::env::args_os();
    arguments.by_ref().take(2).for_each(drop);
    eprintln!("{}: {}", sandbox::NOT_STARTED, sandbox::launch(arguments));
    commands::Ending::Failed.into()
}
