//! Whether it is the machine that fails. Only a program without learner code can tell: it is built and
//! started as a learner's is, and where it fails as well, nobody can be graded here.

use std::{
    io,
    path::{Path, PathBuf},
};

use contract::Contract;
use rustix::{
    fs::{StatVfs, StatVfsMountFlags, statvfs},
    process::{Resource, getrlimit},
};
use tempfile::TempDir;
use wire::{Callbacks, Wire};

use crate::{
    builds::Builds,
    checks::{Lesson, Limits},
    compile::{self, Job, Links, Product},
    excerpt::excerpt,
    intake::Sources,
    worker::Worker,
};

/// The crate of the program that tells: it asks the system for memory, in MiB.
static PROBE: Lesson = Lesson { id: "probe", contract: CONTRACT, ..Lesson::new("", &[]) };
const SOURCE: &str =
    "pub fn take(mib: usize) -> usize { Vec::<u8>::with_capacity(mib << 20).capacity() }";
const CONTRACT: Contract = Contract {
    glue: "::gradlings_wire::Functions::new().on(\"take\", |arguments| \
           ::gradlings_wire::call(arguments, |(mib,): (usize,)| learner::take(mib)))",
    ..Contract::EMPTY
};

/// A worker of an honest lesson takes less on disk, with all that is written on the way.
const NEEDED_DISK_MIB: u64 = 64;

/// How much of what the compiler says stands in a message.
const MAX_FAILURE_BYTES: usize = 1 << 10;

/// Address space that the grader, or a compiler of an honest lesson, works with.
const NEEDED_SPACE_MIB: u64 = 1 << 10;

/// Whoever started the grader left it too little address space to work with.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to start: the limit on address space (ulimit -v) is {had} MiB")]
#[diagnostic(help("at least {needed} MiB are needed; `ulimit -v unlimited` takes the limit away"))]
pub struct NoRoom {
    had: u64,
    needed: u64,
}

/// # Errors
/// When the grader could not even start its own threads.
pub fn has_room() -> Result<(), NoRoom> {
    let (limit, needed) = (getrlimit(Resource::As).current, NEEDED_SPACE_MIB);
    match limit.map(|bytes| bytes >> 20).filter(|had| *had < needed) {
        Some(had) => Err(NoRoom { had, needed }),
        None => Ok(()),
    }
}

/// Says what is wrong with the machine, and what to try; `None` where a program without learner code
/// is built, starts, and is given three quarters of the memory of a lesson with these limits.
pub fn fault(builds: &Builds, limits: Limits) -> Option<String> {
    let place = Place::of(builds);
    let failure = place.draft().map_err(|error| error.to_string());
    let failure = failure.and_then(|draft| tried(builds, limits, draft.path())).err()?;
    Some(match place.fault().or_else(|| low_limit(limits)) {
        Some(cause) => {
            let failure = failure.lines().next().unwrap_or_default();
            format!("{BLAMELESS} ({failure}): {cause}")
        }
        None => format!("{BLAMELESS}:\n{}", excerpt(&failure, MAX_FAILURE_BYTES)),
    })
}

const BLAMELESS: &str = "this machine could not grade your code, and that is not your fault. A program of \
    the grader's own fails here too";

/// Takes the way of a learner's code.
fn tried(builds: &Builds, limits: Limits, slot: &Path) -> Result<(), String> {
    let (sources, links) = (Sources::of_text(SOURCE), Links::default());
    let entry = PROBE.contract.worker(&[]);
    let job = Job {
        lesson: &PROBE,
        sources: &sources,
        items: &[],
        display_path: PROBE.id,
        slot,
        product: Product::Worker(&entry),
        links: &links,
        lines: false,
        sandbox: builds.options.sandbox,
        afresh: false,
        incremental: false,
        is_told: true,
    };
    let built = job.run(&builds.grader.kit).map_err(|error| error.to_string())?;
    let worker = Worker::start(&builds.program(&built), limits);
    let mut worker = worker.map_err(|error| error.to_string())?;
    let mib = limits.memory_mib as usize * 3 / 4;
    match worker.call(None, "take", &(mib,).into_value(), &Callbacks::default()) {
        Ok(_) => Ok(()),
        Err(stop) => Err(format!("{stop}: {}", worker.captured_output().trim())),
    }
}

/// Where a learner's worker is built.
struct Place {
    folder: PathBuf,
    /// The variable that names another one.
    variable: &'static str,
}

impl Place {
    fn of(builds: &Builds) -> Self {
        match builds.options.record {
            true => Self { folder: std::env::temp_dir(), variable: "TMPDIR" },
            false => {
                Self { folder: builds.grader.workspace.workers(), variable: "CARGO_TARGET_DIR" }
            }
        }
    }

    fn draft(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("probe-").tempdir_in(&self.folder)
    }

    /// What is wrong with the folder, and what to try.
    fn fault(&self) -> Option<String> {
        let fault = match statvfs(&self.folder) {
            Ok(system) => fault_of(&system)?,
            Err(error) => format!("cannot be used: {}", io::Error::from(error)),
        };
        let (folder, variable) = (self.folder.display(), self.variable);
        Some(format!("{folder} {fault}. Make room there, or name another folder: {variable}=DIR"))
    }
}

/// What forbids to build and run programs on a file system.
fn fault_of(system: &StatVfs) -> Option<String> {
    let free = system.f_bavail.saturating_mul(system.f_frsize) >> 20;
    if system.f_flag.contains(StatVfsMountFlags::RDONLY) {
        Some("cannot be written to".to_owned())
    } else if system.f_flag.contains(StatVfsMountFlags::NOEXEC) {
        Some("does not let programs run (it is mounted with `noexec`)".to_owned())
    } else {
        (free < NEEDED_DISK_MIB).then(|| format!("has only {free} MiB left"))
    }
}

/// The first limit of whoever started the grader that is lower than those it sets.
fn low_limit(limits: Limits) -> Option<String> {
    let memory = compile::LIMITS.memory_bytes.max(limits.memory_mib << 20);
    let needed = [
        (Resource::As, "KiB of address space (ulimit -v)", memory, 10),
        (Resource::Fsize, "KiB a file (ulimit -f)", compile::LIMITS.file_bytes, 10),
        (Resource::Nofile, "open files (ulimit -n)", compile::LIMITS.open_files, 0),
    ];
    needed.into_iter().find_map(|(resource, unit, needed, shift)| {
        let had = getrlimit(resource).maximum.filter(|had| *had < needed)?;
        let (needed, had) = (needed >> shift, had >> shift);
        Some(format!("it may have {had} {unit}, and needs {needed}. Raise this limit"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(f_flag: StatVfsMountFlags, mib: u64) -> StatVfs {
        let system = statvfs("/").unwrap();
        StatVfs { f_flag, f_bavail: mib, f_frsize: 1 << 20, ..system }
    }

    #[test]
    fn a_file_system_says_why_nothing_can_be_built_there() {
        let none = StatVfsMountFlags::empty();
        let says = |flags, mib, part: &str| {
            fault_of(&system(flags, mib)).is_some_and(|fault| fault.contains(part))
        };
        assert!(says(StatVfsMountFlags::RDONLY, 1000, "cannot be written to"));
        assert!(says(StatVfsMountFlags::NOEXEC, 1000, "noexec"));
        assert!(says(none, 2, "2 MiB left"));
        assert_eq!(fault_of(&system(none, 1000)), None);
    }
}
