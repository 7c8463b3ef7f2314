//! Turns a copy of a learner's sources into a worker: one call of the compiler, against the kit.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Signal;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{
    intake::{Sources, hex},
    kit::Kit,
    sandbox::{Finished, Limits, Paths, Profile, Sandbox},
    scan,
    worker::Program,
    workspace,
};

/// The file name of a built worker.
const WORKER: &str = "worker";

/// rustc and its linker need about 600 MB of address space for an honest lesson.
const LIMITS: Limits =
    Limits { cpu_seconds: 10, memory_bytes: 4 << 30, file_bytes: 1 << 28, open_files: 1024 };

/// How long the compiler may take by the clock.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a compiler and its linker read besides the kit: the system's programs and libraries. Not all
/// of `/usr`: people keep sources there too, this workspace perhaps among them.
const SYSTEM: [&str; 14] = [
    "/bin",
    "/lib",
    "/lib64",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/lib",
    "/nix/store",
    "/etc/alternatives",
    "/dev/urandom",
    // The compiler's allocator asks how the system gives memory. Left without an answer it takes
    // every page twice, and compiling takes a tenth longer.
    "/proc/sys/vm/overcommit_memory",
    "/sys/kernel/mm/transparent_hugepage/enabled",
];

/// Where a linker finds the programs that it starts.
const PATH: &str = "/usr/bin:/bin";

/// How much of the compiler's messages is kept.
const KEPT_MESSAGES: usize = 8 << 10;

/// What to build.
pub struct Job<'a> {
    /// The lesson's id, which is the crate's name.
    pub lesson: &'a str,
    pub sources: &'a Sources,
    /// The folder the sources came from, as the learner knows it.
    pub known_as: &'a str,
    /// The folder of this submission and lesson in the cache. The compiler sees one folder in it, and
    /// none of what the grader notes beside that.
    pub slot: &'a Path,
    /// Items that make the crate a worker.
    pub entry: &'a str,
    /// A file with the public items that the lesson expects.
    pub expected: &'a str,
    /// A folder outside of the slot that the sources name.
    pub reads: Option<&'a Path>,
    /// Whether the worker knows the lines that it was compiled from.
    pub lines: bool,
    pub sandbox: Sandbox,
    /// Whether everything is built anew, where nothing of an earlier submission can be found.
    pub afresh: bool,
}

/// Why there is no worker.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The learner's file does not compile, or does not fit the interface.
    #[error("{0}")]
    Learner(String),
    /// The grader could not do its job.
    #[error("failed to compile: {0}")]
    Grader(#[from] io::Error),
}

/// A built worker, which stays as it is while this value lives.
#[derive(Debug)]
pub struct Built {
    pub program: Program,
    _kept_by: KeptBy,
}

#[derive(Debug)]
enum KeptBy {
    Lock(#[expect(dead_code, reason = "holding it is its use")] File),
    Folder(#[expect(dead_code, reason = "holding it is its use")] TempDir),
}

impl Job<'_> {
    /// Builds the worker, or takes the one that was built from the same sources before.
    ///
    /// Of two graders that want different workers in one slot, the second builds in a folder of its
    /// own. Were it to wait, the two could wait for each other: each may hold other slots already.
    pub fn run(&self, kit: &Kit) -> Result<Built, CompileError> {
        if self.afresh {
            return self.run_apart(kit);
        }
        let key = self.key(kit);
        let program = self.folder().join(WORKER);
        let record = self.slot.join("key");
        let lock = workspace::lock(self.slot)?;
        loop {
            // Waits for a build at most, which itself waits for nothing.
            lock.lock_shared()?;
            if fs::read_to_string(&record).is_ok_and(|known| known == key) && program.is_file() {
                return Ok(self.built(kit, program, KeptBy::Lock(lock)));
            }
            lock.unlock()?;
            match lock.try_lock() {
                Ok(()) => (),
                Err(TryLockError::WouldBlock) => return self.run_apart(kit),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            if record.exists() {
                // A build that fails half-way must not leave a worker that passes for the old one.
                fs::remove_file(&record)?;
            }
            if program.exists() {
                // It may be somebody else's, who was graded here before.
                fs::remove_file(&program)?;
            }
            self.build(kit, &program)?;
            fs::write(&record, &key)?;
            // Another grader may step in between the two locks; the loop looks again.
            lock.unlock()?;
        }
    }

    fn run_apart(&self, kit: &Kit) -> Result<Built, CompileError> {
        let folder = tempfile::tempdir()?;
        let job = Job { slot: folder.path(), ..*self };
        let program = job.folder().join(WORKER);
        job.build(kit, &program)?;
        Ok(self.built(kit, program, KeptBy::Folder(folder)))
    }

    fn built(&self, kit: &Kit, path: PathBuf, kept_by: KeptBy) -> Built {
        let libraries = kit.libraries().to_vec();
        Built { program: Program { path, libraries, sandbox: self.sandbox }, _kept_by: kept_by }
    }

    /// What the compiler may see and change of the slot.
    fn folder(&self) -> PathBuf {
        self.slot.join("build")
    }

    fn key(&self, kit: &Kit) -> String {
        let lines = if self.lines { "lines" } else { "" };
        let parts = [kit.key(), &self.sources.digest(), self.entry, self.known_as, lines];
        hex(&Sha256::digest(parts.join("\n")))
    }

    /// What the compiler says of the learner's file on its own; `None` when it has no complaint.
    pub fn complaints(&self, kit: &Kit) -> io::Result<Option<String>> {
        let folder = tempfile::tempdir()?;
        Job { slot: folder.path(), ..*self }.check(kit)
    }

    fn check(&self, kit: &Kit) -> io::Result<Option<String>> {
        let root = self.write_sources("")?;
        let output = self.rustc(kit, &root, &Product::Check)?;
        Ok((!output.succeeded()).then(|| rendered(&output)))
    }

    fn build(&self, kit: &Kit, program: &Path) -> Result<(), CompileError> {
        let root = self.write_sources(self.entry)?;
        let output = self.rustc(kit, &root, &Product::Worker(program))?;
        if output.succeeded() {
            return Ok(());
        }
        if output.was_stopped() {
            return Err(CompileError::Learner(rendered(&output)));
        }
        let complaints = self.check(kit)?.or_else(|| self.misfit());
        Err(CompileError::Learner(complaints.unwrap_or_else(|| rendered(&output))))
    }

    /// What the lesson expects and the file does not have.
    fn misfit(&self) -> Option<String> {
        let found = scan::public_items(self.sources.file("src/lib.rs")?);
        let mut wanted = Vec::new();
        for expected in scan::public_items(self.expected) {
            let same_name = found.iter().find(|item| item.name == expected.name);
            match same_name {
                Some(item) if item.types == expected.types => (),
                Some(item) => wanted.push(format!(
                    "`{}` has changed. The lesson expects\n\n{}\n\nand your file has\n\n{}",
                    expected.name,
                    indented(&expected.text),
                    indented(&item.text),
                )),
                None => wanted.push(format!(
                    "`{}` is missing, or is not `pub`. The lesson expects\n\n{}",
                    expected.name,
                    indented(&expected.text),
                )),
            }
        }
        (!wanted.is_empty()).then(|| wanted.join("\n\n"))
    }

    /// Writes the copy, with `entry` after the last line of the crate's root: lines keep their numbers.
    fn write_sources(&self, entry: &str) -> io::Result<PathBuf> {
        let src = self.folder().join("src");
        if src.exists() {
            fs::remove_dir_all(&src)?;
        }
        for file in self.sources.files() {
            let path = self.folder().join(&file.path);
            fs::create_dir_all(path.parent().unwrap_or(&src))?;
            let root = file.path == Path::new("src/lib.rs");
            let entry = if root { entry } else { "" };
            fs::write(path, format!("{}\n{entry}", file.text))?;
        }
        Ok(src.join("lib.rs"))
    }

    fn rustc(&self, kit: &Kit, root: &Path, product: &Product) -> io::Result<Finished> {
        let (rustc, arguments) = kit.compiler();
        let mut confined =
            self.sandbox.command(rustc, Profile::Compiler, LIMITS, self.paths(kit))?;
        let command = &mut confined.command;
        // The linker starts other programs, and writes drafts.
        let folder = self.folder();
        command.env("PATH", PATH).env("TMPDIR", &folder).current_dir(&folder);
        command.arg(root).args(arguments).args(["--edition=2024", "--crate-name", self.lesson]);
        command.args(["--cap-lints=allow", "--error-format=human", "--color=never"]);
        command.args(match self.lines {
            true => ["-Cdebuginfo=line-tables-only", "-Cstrip=none"],
            false => ["-Cdebuginfo=0", "-Cstrip=debuginfo"],
        });
        // The last `=` is where the compiler takes the two apart.
        let known_as = self.known_as.replace('=', "_");
        command.arg(format!("--remap-path-prefix={}={known_as}", folder.display()));
        match product {
            Product::Worker(program) => {
                command.args(["--crate-type=bin", "-o"]).arg(program);
                command.arg(match self.afresh {
                    true => "-Ccodegen-units=1".to_owned(),
                    false => format!("-Cincremental={}", folder.join("incremental").display()),
                });
            }
            Product::Check => {
                command.args(["--crate-type=lib", "--emit=metadata", "-o"]);
                command.arg(folder.join("check.rmeta"));
            }
        }
        Finished::run(confined, PATIENCE, KEPT_MESSAGES)
    }

    fn paths(&self, kit: &Kit) -> Paths {
        let read = SYSTEM.iter().map(PathBuf::from).chain(kit.folders());
        let write = [self.folder(), "/dev/null".into()];
        Paths { read: read.chain(self.reads.map(Path::to_owned)).collect(), write: write.into() }
    }
}

enum Product<'a> {
    Worker(&'a Path),
    Check,
}

fn rendered(output: &Finished) -> String {
    let limit = LIMITS.cpu_seconds;
    match output {
        Finished { text, .. } if text.contains(OVERFLOW) => NESTED.to_owned(),
        Finished { text, .. } if !text.is_empty() => with_short_paths(text),
        Finished { late: true, .. } => {
            format!("the compiler was stopped after {} s.{ENDLESS}", PATIENCE.as_secs())
        }
        _ if output.signal() == Some(Signal::XCPU) => {
            format!("the compiler was stopped after {limit} s.{ENDLESS}")
        }
        Finished { status, .. } => format!("the compiler ended without a word ({status})"),
    }
}

/// What rustc says when its stack is full, before many lines of its own inner life.
const OVERFLOW: &str = "rustc interrupted by SIGSEGV";
const NESTED: &str = "the compiler ran out of stack. Is something nested hundreds of levels deep, or does \
    a macro or a type contain itself?";

/// Where cargo keeps the sources of crates, before a folder for each registry.
const REGISTRIES: &str = "/registry/src/";

/// Messages that name the files of crates as `ndarray-0.17.2/src/…`, and not the folder that this
/// machine keeps them in.
fn with_short_paths(text: &str) -> String {
    let short = |line: &str| {
        let (before, registry) = line.split_once(REGISTRIES)?;
        let (indent, _) = before.rsplit_once(' ')?;
        Some(format!("{indent} {}", registry.split_once('/')?.1))
    };
    let lines = text.lines().map(|line| short(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

const ENDLESS: &str = " Is there a constant or a macro that does not end?";

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_crates_are_named_without_their_folder() {
        let note = "note: method defined here\n --> /home/me/.cargo/registry/src/host-1f/a-1.0/src/b.rs:2:1";
        assert_eq!(with_short_paths(note), "note: method defined here\n --> a-1.0/src/b.rs:2:1");
        assert_eq!(with_short_paths(" --> mine/src/lib.rs:1:1"), " --> mine/src/lib.rs:1:1");
    }
}
