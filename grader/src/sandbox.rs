//! The one place that confines a command before it starts.
//!
//! The grader never starts learner code itself. It starts a copy of itself as a *launcher*, which
//! gives up what the command must not have and then becomes the command.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::{fd::IntoRawFd, unix::process::CommandExt},
    process::Command,
};

use rustix::process::{Resource, Rlimit};

/// What this build confines with, as the report names it.
pub const NAME: &str = "none";

/// The subcommand under which the grader acts as the launcher.
pub const LAUNCH: &str = "launch";

/// What a confined process may use.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limits {
    /// Processor time in seconds.
    #[arg(long)]
    pub cpu_seconds: u64,
    /// Address space in bytes.
    #[arg(long)]
    pub memory_bytes: u64,
}

/// A confined command, as the launcher receives it.
#[derive(Debug, clap::Args)]
pub struct Launch {
    #[command(flatten)]
    limits: Limits,
    /// Give the program standard input as a descriptor named by its first argument.
    #[arg(long)]
    socket: bool,
    program: OsString,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// A command that will start `program` within `limits`, with an empty environment.
pub fn command(program: impl Into<OsString>, limits: Limits, socket: bool) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env_clear().arg(LAUNCH);
    command.arg("--cpu-seconds").arg(limits.cpu_seconds.to_string());
    command.arg("--memory-bytes").arg(limits.memory_bytes.to_string());
    if socket {
        command.arg("--socket");
    }
    command.arg("--").arg(program.into());
    Ok(command)
}

impl Launch {
    /// Confines this process and becomes the program; returns only when that fails.
    pub fn run(self) -> io::Error {
        match self.confined() {
            Ok(mut command) => command.exec(),
            Err(error) => error,
        }
    }

    fn confined(self) -> io::Result<Command> {
        // A session of its own, so that everything it starts can be ended together.
        rustix::process::setsid()?;
        let Limits { cpu_seconds, memory_bytes } = self.limits;
        // The soft limit tells (SIGXCPU), the hard one a second later kills without a word.
        limit(Resource::Cpu, cpu_seconds, cpu_seconds + 1)?;
        limit(Resource::As, memory_bytes, memory_bytes)?;
        limit(Resource::Core, 0, 0)?;
        let mut command = Command::new(self.program);
        if self.socket {
            let socket = rustix::io::dup(io::stdin())?;
            command.arg(socket.into_raw_fd().to_string());
            rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        }
        command.args(self.arguments);
        Ok(command)
    }
}

fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    Ok(rustix::process::setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?)
}
