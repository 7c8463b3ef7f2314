//! The one place that confines a command before it starts.
//!
//! The grader never starts learner code itself. It starts a copy of itself as a *launcher*, which
//! gives up what the command must not have and then becomes the command. Nothing is confined from
//! inside: code that runs before `main` would be too early for that.

mod bubblewrap;
mod cgroup;
mod finished;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod seccomp;

use std::{
    env::ArgsOs,
    ffi::OsString,
    fs::File,
    io,
    os::{
        fd::IntoRawFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    sync::LazyLock,
};

use rustix::process::{Pid, Resource, Rlimit, Signal};
#[cfg(target_os = "linux")]
use rustix::thread::{CapabilitySet, CapabilitySets};
use serde::{Deserialize, Serialize};

pub use cgroup::Group;
pub use finished::{Allowance, Exceeded, Finished, size};

/// The first argument that makes the grader the launcher.
pub const LAUNCH: &str = "launch";

/// How the launcher begins to say that it could not.
pub const NOT_STARTED: &str = "failed to start a confined program";

/// What every program reads.
const ANY: [&str; 2] = [
    // Where the loader finds libraries.
    "/etc/ld.so.cache",
    // Where its own stack ends, so that it can say when that is full. The launcher becomes the
    // program: its number, and with it this file, stays.
    "/proc/self/maps",
];

/// What confines a program besides its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    cgroup: bool,
    bubblewrap: bool,
    landlock: bool,
    seccomp: bool,
}

/// A command that will start confined.
#[derive(Debug)]
pub struct Confined {
    pub command: Command,
    pub sandbox: Sandbox,
    /// Kept until the command has ended.
    pub group: Group,
}

/// What a confined program is, which says what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Profile {
    /// Computes, and talks over one socket.
    Worker,
    /// Reads and writes files, and starts a linker.
    Compiler,
}

/// What a confined process may use.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Limits {
    /// Processor time in seconds.
    pub cpu_seconds: u64,
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// The length of a file that it writes, in bytes.
    pub file_bytes: u64,
    /// How many files it may have open.
    pub open_files: u64,
}

/// The files that a confined process may see, its libraries among them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Paths {
    /// To read and to execute, with all that is beneath.
    pub read: Vec<PathBuf>,
    /// To change as well.
    pub write: Vec<PathBuf>,
}

/// What the launcher is told, as its second argument.
#[derive(Debug, Serialize, Deserialize)]
struct Confinement {
    sandbox: Sandbox,
    profile: Profile,
    limits: Limits,
    paths: Paths,
    stage: Stage,
}

/// How far a launcher has come.
#[derive(Debug, Serialize, Deserialize)]
enum Stage {
    /// It sees what the grader sees, and joins the group with these entrances.
    Outside(Vec<PathBuf>),
    /// It is in namespaces of its own.
    Inside,
}

impl Sandbox {
    /// Limits alone.
    pub const NONE: Self =
        Self { cgroup: false, bubblewrap: false, landlock: false, seccomp: false };

    /// Files and system calls.
    const FULL: Self = Self { landlock: true, seccomp: true, ..Self::NONE };

    /// The strongest that works here, as tried on a thread that does nothing else: both parts confine
    /// the thread that asks for them, and what it starts. Tried once: a proof grades hundreds of times.
    pub fn strongest() -> Self {
        static STRONGEST: LazyLock<Sandbox> = LazyLock::new(Sandbox::try_strongest);
        *STRONGEST
    }

    fn try_strongest() -> Self {
        let weaker =
            [Self { landlock: false, ..Self::FULL }, Self { seccomp: false, ..Self::FULL }];
        let works = |sandbox: &Self| {
            let sandbox = *sandbox;
            let tried = std::thread::spawn(move || {
                sandbox.apply(Profile::Worker, &Paths::default()).is_ok()
            });
            tried.join().unwrap_or(false)
        };
        [Self::FULL].into_iter().chain(weaker).find(works).unwrap_or(Self::NONE)
    }

    /// Adds what works here of what takes longer: namespaces, and a group with limits.
    #[must_use]
    pub fn reinforced(self) -> Self {
        let with_group = Self { cgroup: true, ..self };
        let with_group = if with_group.can_start() { with_group } else { self };
        let with_both = Self { bubblewrap: true, ..with_group };
        if with_both.can_start() { with_both } else { with_group }
    }

    /// True when the grader itself starts confined in this way.
    fn can_start(self) -> bool {
        let limits =
            Limits { cpu_seconds: 2, memory_bytes: 1 << 30, file_bytes: 0, open_files: 16 };
        let started = || {
            let grader = std::env::current_exe()?;
            let paths =
                Paths { read: bubblewrap::LIBRARIES.map(PathBuf::from).into(), ..Paths::default() };
            let Confined { mut command, group: _group, .. } =
                self.command(grader, Profile::Compiler, limits, paths)?;
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.arg("--version").status()
        };
        started().is_ok_and(|status: ExitStatus| status.success())
    }

    /// True when files and system calls are both confined. Any version of Landlock will do: what the first
    /// ones let a worker do, the filter of system calls does not.
    pub fn is_full(self) -> bool {
        self.landlock && self.seccomp
    }

    /// As the report names it.
    pub fn name(self) -> String {
        let parts = [
            (self.landlock, "landlock"),
            (self.seccomp, "seccomp"),
            (self.bubblewrap, "bubblewrap"),
            (self.cgroup, "cgroup"),
        ];
        let used: Vec<_> =
            parts.into_iter().filter_map(|(used, name)| used.then_some(name)).collect();
        if used.is_empty() { "none".to_owned() } else { used.join("+") }
    }

    /// How the program itself ended: in namespaces another process passes on how.
    pub fn ending(self, status: ExitStatus) -> ExitStatus {
        match status.code().map(|code| code - bubblewrap::SIGNALLED) {
            Some(signal @ 1..) if self.bubblewrap => ExitStatus::from_raw(signal),
            _ => status,
        }
    }

    /// Confines this thread. The filter of system calls comes last: it forbids what the other needs.
    #[cfg(target_os = "linux")]
    fn apply(self, profile: Profile, paths: &Paths) -> io::Result<()> {
        if self.landlock {
            landlock::apply(paths)?;
        }
        if self.seccomp {
            give_up_capabilities()?;
            seccomp::apply(profile)?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn apply(self, _: Profile, _: &Paths) -> io::Result<()> {
        if self == Self::NONE { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
    }

    /// Confines this thread as a worker that may open no file, and limits this process: for the grader's
    /// own work on what strangers wrote.
    pub fn confine_here(self, limits: Limits) -> io::Result<()> {
        leave(&[])?;
        confine(&Confinement {
            sandbox: self,
            profile: Profile::Worker,
            limits,
            paths: Paths::default(),
            stage: Stage::Inside,
        })
    }

    /// A command that will start `program` confined, with an empty environment.
    pub fn command(
        self,
        program: impl Into<OsString>,
        profile: Profile,
        limits: Limits,
        mut paths: Paths,
    ) -> io::Result<Confined> {
        let program = program.into();
        paths.read.extend(ANY.map(PathBuf::from));
        paths.read.push(program.clone().into());
        let group = if self.cgroup { Group::new(&limits)? } else { Group::default() };
        let stage = Stage::Outside(group.entrances());
        let mut command = Command::new(own_program()?);
        Confinement { sandbox: self, profile, limits, paths, stage }.tell(&mut command)?;
        command.env_clear().arg(program);
        Ok(Confined { command, sandbox: self, group })
    }
}

impl Confinement {
    /// Makes the grader the launcher of what follows among the arguments.
    fn tell(&self, grader: &mut Command) -> io::Result<()> {
        grader.arg(LAUNCH).arg(serde_json::to_string(self)?);
        Ok(())
    }
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
    let mut confinement: Confinement = serde_json::from_slice(confinement.as_encoded_bytes())?;
    if let Stage::Outside(entrances) = &confinement.stage {
        leave(entrances)?;
        confinement.stage = Stage::Inside;
        if confinement.sandbox.bubblewrap {
            return inside(&confinement, arguments);
        }
    }
    let mut command = Command::new(arguments.next().ok_or_else(missing)?);
    // bubblewrap names the folder that it starts in.
    command.env_remove("PWD");
    if confinement.profile == Profile::Worker {
        // The socket is named by the first argument: the program's own standard input is empty.
        let socket = rustix::io::dup(io::stdin())?;
        command.arg(socket.into_raw_fd().to_string());
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    }
    confine(&confinement)?;
    command.args(arguments);
    Ok(command)
}

/// Leaves the grader's own surroundings.
fn leave(entrances: &[PathBuf]) -> io::Result<()> {
    cgroup::join(entrances)?;
    // A session of its own, so that everything it starts can be ended together.
    rustix::process::setsid()?;
    // It must not go on when the grader is gone.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Whoever started the grader may have left files open in it.
    close_fds::set_fds_cloexec(3, &[]);
    Ok(())
}

/// The launcher once more, in namespaces of its own.
fn inside(confinement: &Confinement, program: ArgsOs) -> io::Result<Command> {
    let grader = std::env::current_exe()?;
    let mut command = bubblewrap::command(&grader, confinement.profile, &confinement.paths);
    confinement.tell(&mut command)?;
    command.args(program);
    Ok(command)
}

/// What root may do and others may not. Nothing that is started later gets it back, because both parts
/// of a sandbox forbid to gain privileges.
#[cfg(target_os = "linux")]
fn give_up_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}

/// Gives up everything that the program must not have.
fn confine(confinement: &Confinement) -> io::Result<()> {
    let Limits { cpu_seconds, memory_bytes, file_bytes, open_files } = confinement.limits;
    // The soft limit tells (SIGXCPU), the hard one a second later kills without a word.
    limit(Resource::Cpu, cpu_seconds, cpu_seconds + 1)?;
    limit(Resource::As, memory_bytes, memory_bytes)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, file_bytes, file_bytes)?;
    limit(Resource::Nofile, open_files, open_files)?;
    confinement.sandbox.apply(confinement.profile, &confinement.paths)
}

/// The grader's own program. Its path would name another program, or none, once it was built anew.
pub fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

/// Ends a process and its group. Either may be gone already, which is what is wanted.
pub fn end_group(process: Pid) {
    let _ = rustix::process::kill_process_group(process, Signal::KILL);
}

/// Sets a limit; no higher than the one there is, which may not be raised.
fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let highest = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let [current, maximum] = [soft, hard].map(|limit| Some(limit.min(highest)));
    Ok(rustix::process::setrlimit(resource, Rlimit { current, maximum })?)
}
