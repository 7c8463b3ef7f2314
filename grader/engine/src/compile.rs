//! Turns a copy of a learner's sources into a worker: one call of the compiler, against the kit.

mod messages;

pub use messages::place_told;

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use contract::{Contract, Item, NAMES};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    checks::Lesson,
    hash::hash,
    intake::Sources,
    kit::Kit,
    sandbox::{self, Allowance, Exceeded, Finished, Limits, Paths, Profile, Sandbox},
    workspace,
};

/// rustc and its linker need about 600 MB of address space for an honest lesson.
pub const LIMITS: Limits =
    Limits { cpu_seconds: 10, memory_bytes: 4 << 30, file_bytes: 64 << 20, open_files: 1024 };

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
pub const PATH: &str = "/usr/bin:/bin";

/// How many bytes all files of one build may have together; those of an honest lesson have 10 MB.
const MAX_BUILD_BYTES: u64 = 256 << 20;

/// Where the compiler keeps, in a folder of its own, what it need not do again after an edit.
const INCREMENTAL: &str = "incremental";

/// How many bytes of that are kept from one build to the next.
const MAX_INCREMENTAL_BYTES: u64 = 32 << 20;

/// How wide the compiler makes its messages, in columns: a report on a terminal, but for an indent.
const MESSAGE_COLUMNS: usize = 78;

/// How much of the compiler's messages is kept for a reader.
const MAX_MESSAGE_BYTES: usize = 8 << 10;

/// How much is kept of what nobody reads.
const MAX_UNREAD_BYTES: usize = 64 << 10;

/// What to build.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Its id is the crate's name.
    pub lesson: &'a Lesson,
    pub sources: &'a Sources,
    /// The public items in them.
    pub items: &'a [Item],
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
    /// Whether the compiler keeps what the next build need not do again.
    pub incremental: bool,
    /// Whether somebody reads why nothing was built.
    pub is_told: bool,
}

/// One call of the compiler.
struct Call<'a> {
    root: PathBuf,
    /// Of the crate.
    name: &'a str,
    /// What the compiler calls the type of a crate.
    kind: &'static str,
    product: PathBuf,
    /// Arguments for further crates.
    links: &'a [String],
}

/// What the compiler makes of the sources.
#[derive(Debug, Clone, Copy)]
pub enum Product<'a> {
    /// A program, by these items after the last line of the crate's root.
    Worker(&'a str),
    /// A library for later lessons, with these items after the last line of the crate's root.
    Library(&'a str),
    /// Messages alone, of these items after the last line of the crate's root as well.
    Check(&'a str),
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
            Product::Library(_) => format!("library/lib{}.rlib", self.lesson.id),
            Product::Check(_) => "check.rmeta".to_owned(),
        })
    }

    fn is_optimised(&self) -> bool {
        self.lesson.optimised || matches!(self.product, Product::Library(_))
    }

    fn key(&self, kit: &Kit) -> String {
        let (lines, optimisation) = (self.lines, self.optimisation());
        let product = format!("{:?} {lines} {optimisation:?}", self.product);
        let (kit, digest) = (kit.build_name(), self.sources.digest());
        let parts = [&*kit, &digest, &product, self.display_path];
        hash(parts.into_iter().chain(self.links.all().map(|built| &*built.key)))
    }

    /// What the compiler says of the learner's file on its own; `None` when it has no complaint.
    pub fn complaints(&self, kit: &Kit) -> io::Result<Option<String>> {
        let folder = tempfile::tempdir()?;
        Job { slot: folder.path(), ..*self }.check(kit)
    }

    fn check(&self, kit: &Kit) -> io::Result<Option<String>> {
        let job = Job { product: Product::Check(""), ..*self };
        let output = job.rustc(kit)?;
        Ok((!output.succeeded()).then(|| job.rendered(&output)))
    }

    /// The names of the files in which the compiler finds errors.
    pub fn broken_files(&self, kit: &Kit) -> io::Result<BTreeSet<String>> {
        let folder = tempfile::tempdir()?;
        let job = Job { slot: folder.path(), is_told: false, ..*self };
        Ok(messages::broken_files(&job.rustc(kit)?.text))
    }

    /// Builds in a folder where nothing can be found that somebody left who was graded here before, and
    /// leaves the product. What the compiler keeps for itself has names that no source can know.
    fn build(&self, kit: &Kit) -> Result<(), CompileError> {
        self.keep_only(None)?;
        let built = self.compiled(kit);
        let product = match self.product {
            Product::Library(_) => "library",
            Product::Worker(_) | Product::Check(_) => "worker",
        };
        self.keep_only(built.is_ok().then_some(product))?;
        built
    }

    /// Removes all that lies in the folder, but this and what the compiler keeps.
    fn keep_only(&self, product: Option<&str>) -> io::Result<()> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let fits = sandbox::size(&folder.join(INCREMENTAL)) <= MAX_INCREMENTAL_BYTES;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if product.is_some_and(|kept| name == *kept) || (fits && name == INCREMENTAL) {
                continue;
            }
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    }

    fn compiled(&self, kit: &Kit) -> Result<(), CompileError> {
        let output = match (self.rustc(kit)?, self.product) {
            (output, Product::Worker(entry)) if messages::tell_of_two_mains(&output.text) => {
                self.rustc_around_main(entry, kit)?
            }
            (output, _) => output,
        };
        if output.succeeded() {
            return self.hidden_fields().map_or(Ok(()), |told| Err(CompileError::Learner(told)));
        }
        if output.was_stopped() || !self.is_told {
            return Err(CompileError::Learner(self.rendered(&output)));
        }
        let unfit = || self.not_public(&output.text).or_else(|| self.misfit());
        let complaints = self.check(kit)?.or_else(unfit);
        let own_words = || match self.rendered(&output) {
            // They show what was added to the file, which is not the learner's to mend.
            text if text.contains(NAMES) && text.contains(" --> ") => self.expectation(),
            text => text,
        };
        Err(CompileError::Learner(complaints.unwrap_or_else(own_words)))
    }

    /// What the lesson expects to be public and is not, as the compiler found.
    fn not_public(&self, text: &str) -> Option<String> {
        let names = messages::private_items(text);
        let items = self.lesson.contract.items.iter();
        let items =
            items.filter(|item| names.contains(&&*item.name)).map(|item| indented(&item.text));
        let named: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| {
            format!(
                "{} {} to be `pub`, for tests and later lessons use {} from outside of the crate. The \
                 lesson expects\n\n{}",
                named.join(", "),
                if names.len() == 1 { "has" } else { "have" },
                if names.len() == 1 { "it" } else { "them" },
                items.collect::<Vec<_>>().join("\n\n")
            )
        })
    }

    /// What the lesson expects of a struct whose fields others may not use. Within the crate, where a worker
    /// calls, that goes unnoticed.
    fn hidden_fields(&self) -> Option<String> {
        let hides = |expected: &&Item| {
            let mut same_name = self.items.iter().filter(|item| item.name == expected.name);
            same_name.clone().all(|item| item.types != expected.types)
                && same_name.any(|item| item.hides_fields_of(expected))
        };
        let expected = self.lesson.contract.items.iter().find(hides)?;
        Some(format!(
            "every field of `{}` has to be `pub`, for tests and later lessons use it from outside of the \
             crate. The lesson expects\n\n{}",
            expected.name,
            indented(&expected.text)
        ))
    }

    /// What the lesson expects and the file does not have.
    fn misfit(&self) -> Option<String> {
        let mut wanted = Vec::new();
        for expected in self.lesson.contract.items {
            let same_name = self.items.iter().find(|item| item.name == expected.name);
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

    /// What the lesson expects, where the file has it word by word, and means something else.
    fn expectation(&self) -> String {
        let items = self.lesson.contract.items.iter().map(|item| indented(&item.text));
        format!(
            "your file has all that the lesson expects, written alike, but it does not mean the same. \
             Is a type, such as `f64`, a name for something else there? The lesson expects\n\n{}",
            items.collect::<Vec<_>>().join("\n\n")
        )
    }

    /// The worker of a crate that has a `main` of its own: the crate as a library, and a program that
    /// calls it. Nearly no learner's crate has one, and two calls of rustc take longer than one.
    fn rustc_around_main(&self, entry: &str, kit: &Kit) -> io::Result<Finished> {
        self.write_sources(entry, kit)?;
        let library = self.folder().join(format!("lib{}.rlib", self.lesson.id));
        let compiled =
            self.compile(kit, &Call { kind: "rlib", product: library.clone(), ..self.call() })?;
        if !compiled.succeeded() {
            return Ok(compiled);
        }
        let name = self.own("main", kit);
        let root = self.folder().join(format!("{name}.rs"));
        fs::write(&root, format!("fn main() {{ {}::{name}() }}", self.lesson.id))?;
        let link = format!("--extern={}={}", self.lesson.id, library.display());
        self.compile(kit, &Call { root, name: &name, links: &[link], ..self.call() })
    }

    /// A name that nothing in the sources has: what is added to them neither meets nor hides what they
    /// name. Sources do not know their own hash. It is left out where the next edit would otherwise
    /// have everything that is added compiled again.
    fn own(&self, name: &str, kit: &Kit) -> String {
        let sources = if self.afresh { self.sources.digest() } else { String::new() };
        format!("{NAMES}{}_{name}", &hash([kit.key(), &sources])[..16])
    }

    /// Writes the copy. What makes it a worker comes after the last line: lines keep their numbers.
    fn write_sources(&self, entry: &str, kit: &Kit) -> io::Result<()> {
        let src = self.folder().join("src");
        // What it says is never graded: it is there for documentation that includes it.
        fs::create_dir_all(self.folder())?;
        fs::write(self.folder().join("README.md"), "")?;
        if src.exists() {
            fs::remove_dir_all(&src)?;
        }
        fs::create_dir_all(self.path().parent().unwrap_or(&src))?;
        for file in self.sources.files() {
            let path = self.folder().join(&file.path);
            fs::create_dir_all(path.parent().unwrap_or(&src))?;
            let entry = if file.path == Path::new("src/lib.rs") { entry } else { "" };
            fs::write(
                path,
                format!("{}\n{}", file.text, entry.replace(NAMES, &self.own("", kit))),
            )?;
        }
        Ok(())
    }

    fn rustc(&self, kit: &Kit) -> io::Result<Finished> {
        let entry = match self.product {
            Product::Worker(entry) => format!("{entry} fn main() {{ {NAMES}main() }}"),
            Product::Library(entry) | Product::Check(entry) => entry.to_owned(),
        };
        self.write_sources(&entry, kit)?;
        self.compile(kit, &self.call())
    }

    /// The call of the compiler that makes the product of the crate's root.
    fn call(&self) -> Call<'_> {
        let kind = match self.product {
            Product::Worker(_) => "bin",
            Product::Library(_) => "rlib",
            Product::Check(_) => "lib",
        };
        let root = self.folder().join("src/lib.rs");
        Call { root, name: self.lesson.id, kind, product: self.path(), links: &[] }
    }

    fn compile(&self, kit: &Kit, call: &Call) -> io::Result<Finished> {
        let (rustc, arguments) = kit.compiler(self.lesson.contract.crates, &self.own("wire", kit));
        let mut confined =
            self.sandbox.command(rustc, Profile::Compiler, self.limits(), self.paths(kit))?;
        let command = &mut confined.command;
        // The linker starts other programs, and writes drafts.
        let folder = self.folder();
        command.env("PATH", PATH).env("TMPDIR", &folder).env("CARGO_MANIFEST_DIR", &folder);
        command.current_dir(&folder);
        command.arg(&call.root).args(arguments).args(self.links.arguments()).args(call.links);
        command.args(["--edition=2024", "--crate-name", call.name, "--crate-type", call.kind]);
        let (format, output) =
            if self.is_told { ("human", MAX_MESSAGE_BYTES) } else { ("short", MAX_UNREAD_BYTES) };
        command.args(["--cap-lints=allow", "--color=never", "--error-format", format]);
        command.arg(format!("--diagnostic-width={MESSAGE_COLUMNS}"));
        command.arg(format!("--remap-path-prefix={}={}", folder.display(), self.told_path()));
        command.args(self.debug_information()).args(self.optimisation());
        command.arg("-o").arg(&call.product).args(self.emission());
        let disk = (folder, MAX_BUILD_BYTES);
        let allowance = Allowance { time: COMPILE_TIMEOUT, disk, output };
        Finished::run(confined, allowance)
    }

    /// The folder in the compiler's messages. Where it takes two paths apart is the last `=`: a path with
    /// one begins after it, at the next folder.
    fn told_path(&self) -> &str {
        match self.display_path.rsplit_once('=') {
            None => self.display_path,
            Some((_, end)) => end.split_once('/').map_or(self.lesson.id, |(_, below)| below),
        }
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

    /// Overflow panics as it does under `cargo test`. Levels 1 and s compile in two thirds of the time, and leave
    /// what walks over rows of arrays too slow.
    fn optimisation(&self) -> &'static [&'static str] {
        let has_instances = !self.lesson.contract.instances.is_empty();
        match self.product {
            // From level 2 on the compiler lets no other crate have what it makes of generic functions.
            Product::Library(_) if has_instances => &["-Copt-level=s", "-Coverflow-checks=on"],
            _ if self.is_optimised() => &["-Copt-level=2", "-Coverflow-checks=on"],
            _ => &[],
        }
    }

    fn emission(&self) -> Vec<String> {
        match self.product {
            Product::Check(_) => vec!["--emit=metadata".to_owned()],
            _ if self.afresh || !self.incremental => {
                vec!["--emit=link".to_owned(), "-Ccodegen-units=1".to_owned()]
            }
            _ => {
                let folder = self.folder().join(INCREMENTAL);
                vec!["--emit=link".to_owned(), format!("-Cincremental={}", folder.display())]
            }
        }
    }

    fn paths(&self, kit: &Kit) -> Paths {
        let links = self.links.all().filter_map(|built| Some(built.path.parent()?.to_owned()));
        let read = SYSTEM.iter().map(PathBuf::from).chain(kit.folders()).chain(links);
        Paths { read: read.collect(), write: vec![self.folder(), "/dev/null".into()] }
    }

    fn rendered(&self, output: &Finished) -> String {
        match output {
            _ if output.signal() == Some(Signal::XFSZ) => {
                messages::wrote_too_much(LIMITS.file_bytes)
            }
            Finished { exceeded: Some(Exceeded::Disk), .. } => {
                messages::wrote_too_much(MAX_BUILD_BYTES)
            }
            Finished { text, .. } if !text.is_empty() => {
                let Contract { crates, lessons, .. } = self.lesson.contract;
                messages::readable(text, &[crates, lessons].concat())
            }
            Finished { exceeded: Some(Exceeded::Time), .. } => {
                messages::stopped_after(COMPILE_TIMEOUT.as_secs())
            }
            _ if output.signal() == Some(Signal::XCPU) => {
                messages::stopped_after(self.limits().cpu_seconds)
            }
            Finished { status, .. } => format!("rustc failed without a message ({status})"),
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
