//! Turns a copy of a learner's sources into a worker: one call of the compiler, against the kit.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    checks::Lesson,
    hash::hash,
    intake::Sources,
    kit::Kit,
    sandbox::{Finished, Limits, Paths, Profile, Sandbox},
    scan, workspace,
};

/// rustc and its linker need about 600 MB of address space for an honest lesson.
const LIMITS: Limits =
    Limits { cpu_seconds: 10, memory_bytes: 4 << 30, file_bytes: 1 << 28, open_files: 1024 };

/// Processor time of a compiler that optimises.
const OPTIMISING_SECONDS: u64 = 30;

/// How long the compiler may take by the clock.
const COMPILE_TIMEOUT: Duration = Duration::from_secs(120);

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
const MAX_MESSAGE_BYTES: usize = 8 << 10;

/// What to build.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Its id is the crate's name.
    pub lesson: &'a Lesson,
    pub sources: &'a Sources,
    /// The folder the sources came from, as the learner knows it.
    pub display_path: &'a str,
    /// The folder of this submission and lesson in the cache. The compiler sees one folder in it, and
    /// none of what the grader notes beside that.
    pub slot: &'a Path,
    pub product: Product<'a>,
    /// The crates of earlier lessons.
    pub links: &'a Links,
    /// Whether the product knows the lines that it was compiled from.
    pub lines: bool,
    pub sandbox: Sandbox,
    /// Whether everything is built anew, where nothing of an earlier submission can be found.
    pub afresh: bool,
}

/// What the compiler makes of the sources.
#[derive(Debug, Clone, Copy)]
pub enum Product<'a> {
    /// A program, by these items after the last line of the crate's root.
    Worker(&'a str),
    /// A library for later lessons.
    Library,
    /// Messages alone.
    Check,
}

/// Libraries of earlier lessons: those that the crate names, and what these name in turn.
#[derive(Debug, Clone, Default)]
pub struct Links {
    pub named: Vec<(&'static str, Arc<Built>)>,
    pub others: Vec<Arc<Built>>,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The learner's file does not compile, or does not fit the contract.
    #[error("{0}")]
    Learner(String),
    /// The grader could not do its job.
    #[error("failed to compile: {0}")]
    Grader(#[from] io::Error),
}

/// What was built, which stays as it is while this value lives.
#[derive(Debug)]
pub struct Built {
    pub path: PathBuf,
    /// Names what went in.
    key: String,
    _kept_by: KeptBy,
}

#[derive(Debug)]
enum KeptBy {
    Lock(#[expect(dead_code, reason = "holding it is its use")] File),
    Folder(#[expect(dead_code, reason = "holding it is its use")] TempDir),
}

impl Links {
    fn all(&self) -> impl Iterator<Item = &Built> {
        self.named.iter().map(|(_, built)| built).chain(&self.others).map(|built| &**built)
    }

    /// The arguments with which the compiler finds them.
    fn arguments(&self) -> impl Iterator<Item = String> {
        let named = self.named.iter();
        let named = named.map(|(name, built)| format!("--extern={name}={}", built.path.display()));
        let folder = |built: &Built| {
            built.path.parent().map(|folder| format!("-Ldependency={}", folder.display()))
        };
        named.chain(self.all().filter_map(folder))
    }
}

impl Job<'_> {
    /// Builds the product, or takes the one that was built from the same sources before.
    ///
    /// Of two graders that want different products in one slot, the second builds in a folder of its
    /// own. Were it to wait, the two could wait for each other: each may hold other slots already.
    pub fn run(&self, kit: &Kit) -> Result<Built, CompileError> {
        if self.afresh {
            return self.run_apart(kit);
        }
        let key = self.key(kit);
        let path = self.path();
        let record = self.slot.join("key");
        let lock = workspace::lock(self.slot)?;
        loop {
            // Waits for a build at most, which itself waits for nothing.
            lock.lock_shared()?;
            if fs::read_to_string(&record).is_ok_and(|known| known == key) && path.is_file() {
                return Ok(Built { path, key, _kept_by: KeptBy::Lock(lock) });
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
            if path.exists() {
                // It may be somebody else's, who was graded here before.
                fs::remove_file(&path)?;
            }
            self.build(kit)?;
            fs::write(&record, &key)?;
            // Another grader may step in between the two locks; the loop looks again.
            lock.unlock()?;
        }
    }

    fn run_apart(&self, kit: &Kit) -> Result<Built, CompileError> {
        let folder = tempfile::tempdir()?;
        let job = Job { slot: folder.path(), ..*self };
        job.build(kit)?;
        let (path, key) = (job.path(), self.key(kit));
        Ok(Built { path, key, _kept_by: KeptBy::Folder(folder) })
    }

    /// What the compiler may see and change of the slot.
    fn folder(&self) -> PathBuf {
        self.slot.join("build")
    }

    /// The file that is built.
    fn path(&self) -> PathBuf {
        self.folder().join(match self.product {
            Product::Worker(_) => "worker".to_owned(),
            // In a folder with nothing else in it, which later lessons' compilers may read.
            Product::Library => format!("library/lib{}.rlib", self.lesson.id),
            Product::Check => "check.rmeta".to_owned(),
        })
    }

    fn is_optimised(&self) -> bool {
        self.lesson.optimised || matches!(self.product, Product::Library)
    }

    fn key(&self, kit: &Kit) -> String {
        let (lines, optimised) = (self.lines, self.is_optimised());
        let product = format!("{:?} {lines} {optimised}", self.product);
        let parts = [kit.key(), &self.sources.digest(), &product, self.display_path];
        hash(parts.into_iter().chain(self.links.all().map(|built| &*built.key)))
    }

    /// What the compiler says of the learner's file on its own; `None` when it has no complaint.
    pub fn complaints(&self, kit: &Kit) -> io::Result<Option<String>> {
        let folder = tempfile::tempdir()?;
        Job { slot: folder.path(), ..*self }.check(kit)
    }

    fn check(&self, kit: &Kit) -> io::Result<Option<String>> {
        let job = Job { product: Product::Check, ..*self };
        let output = job.rustc(kit)?;
        Ok((!output.succeeded()).then(|| job.rendered(&output)))
    }

    fn build(&self, kit: &Kit) -> Result<(), CompileError> {
        let output = self.rustc(kit)?;
        if output.succeeded() {
            return Ok(());
        }
        if output.was_stopped() {
            return Err(CompileError::Learner(self.rendered(&output)));
        }
        let complaints = self.check(kit)?.or_else(|| self.misfit());
        Err(CompileError::Learner(complaints.unwrap_or_else(|| self.rendered(&output))))
    }

    /// What the lesson expects and the file does not have.
    fn misfit(&self) -> Option<String> {
        let found = scan::public_items(self.sources.file("src/lib.rs")?);
        let mut wanted = Vec::new();
        for expected in self.lesson.contract.items {
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

    /// Writes the copy. What makes it a worker comes after the last line: lines keep their numbers.
    fn write_sources(&self) -> io::Result<PathBuf> {
        let src = self.folder().join("src");
        if src.exists() {
            fs::remove_dir_all(&src)?;
        }
        fs::create_dir_all(self.path().parent().unwrap_or(&src))?;
        for file in self.sources.files() {
            let path = self.folder().join(&file.path);
            fs::create_dir_all(path.parent().unwrap_or(&src))?;
            let entry = match self.product {
                Product::Worker(entry) if file.path == Path::new("src/lib.rs") => entry,
                _ => "",
            };
            fs::write(path, format!("{}\n{entry}", file.text))?;
        }
        Ok(src.join("lib.rs"))
    }

    fn rustc(&self, kit: &Kit) -> io::Result<Finished> {
        let root = self.write_sources()?;
        let (rustc, arguments) = kit.compiler(self.lesson.contract.crates);
        let mut confined =
            self.sandbox.command(rustc, Profile::Compiler, self.limits(), self.paths(kit))?;
        let command = &mut confined.command;
        // The linker starts other programs, and writes drafts.
        let folder = self.folder();
        command.env("PATH", PATH).env("TMPDIR", &folder).current_dir(&folder);
        command.arg(root).args(arguments).args(self.links.arguments());
        command.args(["--edition=2024", "--crate-name", self.lesson.id]);
        command.args(["--cap-lints=allow", "--error-format=human", "--color=never"]);
        // The last `=` is where the compiler takes the two apart.
        let display_path = self.display_path.replace('=', "_");
        command.arg(format!("--remap-path-prefix={}={display_path}", folder.display()));
        command.args(self.debug_information()).args(self.optimisation()).args(self.output());
        Finished::run(confined, COMPILE_TIMEOUT, MAX_MESSAGE_BYTES)
    }

    fn limits(&self) -> Limits {
        let cpu_seconds = if self.is_optimised() { OPTIMISING_SECONDS } else { LIMITS.cpu_seconds };
        Limits { cpu_seconds, ..LIMITS }
    }

    fn debug_information(&self) -> [&'static str; 2] {
        match self.lines {
            true => ["-Cdebuginfo=line-tables-only", "-Cstrip=none"],
            false => ["-Cdebuginfo=0", "-Cstrip=debuginfo"],
        }
    }

    /// Overflow panics as it does under `cargo test`.
    fn optimisation(&self) -> &'static [&'static str] {
        if self.is_optimised() { &["-Copt-level=2", "-Coverflow-checks=on"] } else { &[] }
    }

    fn output(&self) -> Vec<String> {
        let kind = match self.product {
            Product::Worker(_) => ["--crate-type=bin", "--emit=link"],
            Product::Library => ["--crate-type=rlib", "--emit=link"],
            Product::Check => ["--crate-type=lib", "--emit=metadata"],
        };
        let mut output = vec!["-o".to_owned(), self.path().display().to_string()];
        output.extend(kind.map(str::to_owned));
        match self.product {
            Product::Check => (),
            _ if self.afresh => output.push("-Ccodegen-units=1".to_owned()),
            _ => {
                let folder = self.folder().join("incremental");
                output.push(format!("-Cincremental={}", folder.display()));
            }
        }
        output
    }

    fn paths(&self, kit: &Kit) -> Paths {
        let links = self.links.all().filter_map(|built| Some(built.path.parent()?.to_owned()));
        let read = SYSTEM.iter().map(PathBuf::from).chain(kit.folders()).chain(links);
        Paths { read: read.collect(), write: vec![self.folder(), "/dev/null".into()] }
    }

    fn rendered(&self, output: &Finished) -> String {
        let limit = self.limits().cpu_seconds;
        match output {
            Finished { text, .. } if text.contains(OVERFLOW) => NESTED.to_owned(),
            Finished { text, .. } if text.contains(TWO_MAINS) => OWN_MAIN.to_owned(),
            Finished { text, .. } if !text.is_empty() => with_short_paths(text),
            Finished { late: true, .. } => {
                format!("rustc was stopped after {} s.{ENDLESS}", COMPILE_TIMEOUT.as_secs())
            }
            _ if output.signal() == Some(Signal::XCPU) => {
                format!("rustc was stopped after {limit} s.{ENDLESS}")
            }
            Finished { status, .. } => format!("rustc failed without a message ({status})"),
        }
    }
}

/// What rustc says when its stack is full, before many lines of its own inner life.
const OVERFLOW: &str = "rustc interrupted by SIGSEGV";
const NESTED: &str = "rustc ran out of stack. Is something nested hundreds of levels deep, or does a macro \
    or a type contain itself?";

/// What rustc says when the learner's file has the function that makes a crate a program.
const TWO_MAINS: &str = "the name `main` is defined multiple times";
const OWN_MAIN: &str = "your file has a function `main`, and the grader adds one of its own. Please rename \
    yours, or move it to examples/main.rs";

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
