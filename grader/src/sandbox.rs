//! The one place that confines a command before it starts.
//!
//! The grader never starts learner code itself. It starts a copy of itself as a *launcher*, which
//! gives up what the command must not have and then becomes the command.

use std::{
    env::ArgsOs,
    ffi::OsString,
    fs::File,
    io,
    os::{fd::IntoRawFd, unix::process::CommandExt},
    process::Command,
};

use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};

/// What this build confines with, as the report names it.
pub const NAME: &str = "none";

/// The first argument that makes the grader the launcher.
pub const LAUNCH: &str = "launch";

/// What a confined process may use.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Limits {
    /// Processor time in seconds.
    pub cpu_seconds: u64,
    /// Address space in bytes.
    pub memory_bytes: u64,
}

/// What the launcher is told, as its second argument.
#[derive(Debug, Serialize, Deserialize)]
struct Confinement {
    limits: Limits,
    /// Give the program standard input as a descriptor named by its first argument.
    socket: bool,
}

/// A command that will start `program` within `limits`, with an empty environment.
pub fn command(program: impl Into<OsString>, limits: Limits, socket: bool) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    let confinement = serde_json::to_string(&Confinement { limits, socket })?;
    command.env_clear().arg(LAUNCH).arg(confinement).arg(program.into());
    Ok(command)
}

/// Confines this process and becomes the program of the `arguments`; returns only when that fails.
///
/// The arguments are the grader's own, not a person's: a full command line would take longer to
/// parse than the rest of the launch, and every check starts with one.
pub fn launch(arguments: ArgsOs) -> io::Error {
    match confined(arguments) {
        Ok(mut command) => command.exec(),
        Err(error) => error,
    }
}

fn confined(mut arguments: ArgsOs) -> io::Result<Command> {
    let missing = || io::Error::from(io::ErrorKind::InvalidInput);
    let confinement = arguments.next().ok_or_else(missing)?;
    let Confinement { limits, socket } = serde_json::from_slice(confinement.as_encoded_bytes())?;
    let mut command = Command::new(arguments.next().ok_or_else(missing)?);
    // A session of its own, so that everything it starts can be ended together.
    rustix::process::setsid()?;
    let Limits { cpu_seconds, memory_bytes } = limits;
    // The soft limit tells (SIGXCPU), the hard one a second later kills without a word.
    limit(Resource::Cpu, cpu_seconds, cpu_seconds + 1)?;
    limit(Resource::As, memory_bytes, memory_bytes)?;
    limit(Resource::Core, 0, 0)?;
    if socket {
        let socket = rustix::io::dup(io::stdin())?;
        command.arg(socket.into_raw_fd().to_string());
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    }
    command.args(arguments);
    Ok(command)
}

fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    Ok(rustix::process::setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?)
}
