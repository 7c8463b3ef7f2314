//! The kit: what every worker is linked against, built once and read-only from then on.

mod cargo;
pub mod own;

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::UNIX_EPOCH,
};

use cargo::{Artifacts, Cargo, crate_name};
use serde::{Deserialize, Serialize};

use crate::{
    compile::PATH,
    course::Course,
    hash::hash,
    workspace::{self, Workspace},
};

/// The crate that answers the grader.
const WIRE: &str = "gradlings_wire";

/// The crates that every worker names.
const CRATES: [&str; 2] = ["ndarray", WIRE];

/// How the names of kits and of their records begin.
const PREFIX: &str = "kit-";

/// Compiled crates and the compiler that made them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Kit {
    /// Names what went in; a kit with another key is another kit.
    key: String,
    /// The compiler itself, without the toolchain manager's shim in front of it.
    rustc: PathBuf,
    /// Length and time of `rustc`: an updated compiler cannot read the old kit.
    compiler_stamp: (u64, u64),
    /// The C compiler that links, as the `PATH` of whoever built the kit names it.
    linker: PathBuf,
    /// Its folder in the cache, with the crates and a lock.
    slot: PathBuf,
    /// `--extern` name and file.
    externs: Vec<(String, PathBuf)>,
    /// `-L` arguments for libraries of the system.
    search: Vec<String>,
    /// The shared libraries that a worker loads.
    libraries: Vec<PathBuf>,
    /// Shared by those who use the kit, so that it stays.
    #[serde(skip)]
    _lock: Option<File>,
}

/// A program that is linked as workers are, and says what the loader gave it.
const PROBE: &str = r#"
use ndarray::Array2;

fn main() {
    let ones = std::hint::black_box(Array2::<f64>::ones((2, 2)));
    std::hint::black_box((ones.dot(&ones).exp(), gradlings_wire::serve as *const ()));
    print!("{}", std::fs::read_to_string("/proc/self/maps").unwrap_or_default());
}
"#;

/// Why there is no kit.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum KitError {
    #[error("failed to read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to run {program}")]
    #[diagnostic(help("Gradlings needs a Rust toolchain with cargo and rustc on the PATH"))]
    Run { program: String, source: io::Error },
    #[error("failed to find a C linker (cc), which Rust needs")]
    #[diagnostic(help("install gcc or clang, then run this again"))]
    NoLinker,
    #[error("failed to find the compiler that rustc starts ({0})")]
    Compiler(ExitStatus),
    #[error("failed to build the crates that learner code is linked against ({0})")]
    #[diagnostic(help(
        "see what cargo printed above; `cargo build -p gradlings-wire` shows it again"
    ))]
    Build(ExitStatus),
    #[error("failed to list the crates that learner code is linked against ({0})")]
    #[diagnostic(help(
        "see what cargo printed above; `cargo tree -p gradlings-wire` shows it again"
    ))]
    Tree(ExitStatus),
    #[error("failed to find {0} among the crates that cargo built")]
    Incomplete(String),
    #[error("failed to link and run a program with the crates that cargo built ({0})")]
    #[diagnostic(help(
        "libraries must be found without LIBRARY_PATH and LD_LIBRARY_PATH, which learner code does not \
         see; GRADLINGS_OPENBLAS=off ./x does without OpenBLAS"
    ))]
    Probe(ExitStatus),
    #[error("failed to write to {path}")]
    #[diagnostic(help("name a folder that can be written to: CARGO_TARGET_DIR=DIR"))]
    Write { path: PathBuf, source: io::Error },
}

impl Kit {
    /// Opens the kit of this workspace, with the crates that the lessons name, building it where it is
    /// missing or out of date.
    pub fn open(
        workspace: &Workspace,
        course: &Course,
        announce: impl FnOnce(),
    ) -> Result<Self, KitError> {
        let lessons = course.lessons.iter().filter(|lesson| workspace.has(lesson.id));
        let naming: Vec<_> = lessons.filter(|it| !it.contract.crates.is_empty()).collect();
        let crates: BTreeSet<_> =
            naming.iter().flat_map(|lesson| lesson.contract.crates).copied().collect();
        let exercises: Vec<_> = naming.iter().map(|lesson| lesson.id).collect();
        let key = key(workspace, &crates)?;
        let cache = workspace.cache();
        let record = cache.join(format!("{PREFIX}{}.json", wire::GEMM_BACKEND));
        let recorded = || Self::recorded(&record).filter(|kit| kit.key == key && kit.is_whole());
        if let Some(kit) = recorded() {
            return Ok(kit);
        }
        announce();
        // Graders that start together build one kit, and none removes what is not recorded yet.
        let write = |source| KitError::Write { path: cache.clone(), source };
        let _turn = turn(&cache).map_err(write)?;
        if let Some(kit) = recorded() {
            return Ok(kit);
        }
        let cargo = Cargo { workspace, crates: &crates, exercises: &exercises };
        let kit = Self::build(&cargo, course.package, key.clone())?;
        kit.write(&record).map_err(write)?;
        prune(&cache);
        Ok(kit)
    }

    pub fn libraries(&self) -> &[PathBuf] {
        &self.libraries
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// Names this build. What was compiled against another one of the same key does not fit: another compiler, or
    /// another flag in the environment, makes other crates of the same sources.
    pub fn build_name(&self) -> Cow<'_, str> {
        self.slot.file_name().unwrap_or_default().to_string_lossy()
    }

    /// The toolchain, and every folder that the arguments of [`compiler`](Self::compiler) name.
    pub fn folders(&self) -> impl Iterator<Item = PathBuf> {
        // Of a toolchain that belongs to the system, the rest is the system's.
        let toolchain = self.rustc.ancestors().nth(2).unwrap_or(&self.rustc);
        let toolchain = ["bin", "lib"].map(|folder| toolchain.join(folder));
        let search = self.search.iter().map(|path| path.split_once('=').map_or(&**path, |it| it.1));
        let linker = self.linker.parent().unwrap_or(&self.linker).to_owned();
        toolchain.into_iter().chain([self.folder(), linker]).chain(search.map(PathBuf::from))
    }

    /// The compiler, and the arguments with which a crate that names `crates` finds the kit. It finds
    /// the wire under the name `wire`.
    pub fn compiler(&self, crates: &[&str], wire: &str) -> (&Path, Vec<String>) {
        let is_named =
            |name: &str| CRATES.contains(&name) || crates.iter().any(|it| crate_name(it) == name);
        let externs = self.externs.iter().filter(|(name, _)| is_named(name));
        let externs = externs.map(|(name, file)| {
            let name = if name == WIRE { wire } else { name };
            format!("--extern={name}={}", file.display())
        });
        let search = self.search.iter().map(|path| format!("-L{path}"));
        let folder = format!("-Ldependency={}", self.folder().display());
        let linker = format!("-Clinker={}", self.linker.display());
        (&self.rustc, externs.chain([folder, linker]).chain(search).collect())
    }

    /// What else cargo has built, and the lock, are not for a learner's compiler to see.
    fn folder(&self) -> PathBuf {
        self.slot.join("crates")
    }

    fn recorded(record: &Path) -> Option<Self> {
        Self::read(record)?.held().ok()
    }

    fn read(record: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(record).ok()?).ok()
    }

    fn held(self) -> io::Result<Self> {
        let lock = workspace::lock(&self.slot)?;
        lock.lock_shared()?;
        Ok(Self { _lock: Some(lock), ..self })
    }

    fn is_whole(&self) -> bool {
        stamp(&self.rustc).is_ok_and(|stamp| stamp == self.compiler_stamp)
            && self.linker.is_file()
            && self.externs.iter().all(|(_, file)| file.is_file())
            && self.libraries.iter().all(|file| file.is_file())
    }

    fn write(&self, record: &Path) -> io::Result<()> {
        workspace::replace(record, &serde_json::to_vec_pretty(self)?)
    }

    fn build(cargo: &Cargo, grader: &str, key: String) -> Result<Self, KitError> {
        let Cargo { workspace, crates, .. } = *cargo;
        let rustc = compiler(workspace)?;
        let compiler_stamp =
            stamp(&rustc).map_err(|source| KitError::Read { path: rustc.clone(), source })?;
        let linker = linker().ok_or(KitError::NoLinker)?;
        let built = cargo.build(grader)?;
        let named: Vec<_> = CRATES.iter().chain(crates).map(|name| crate_name(name)).collect();
        let is_built = |name: &&String| built.crates.iter().any(|(known, _)| known == *name);
        if let Some(missing) = named.iter().find(|name| !is_built(name)) {
            return Err(KitError::Incomplete(missing.clone()));
        }
        let write = |source| KitError::Write { path: workspace.cache(), source };
        let slot = tempfile::Builder::new().prefix(PREFIX).tempdir_in(workspace.cache());
        // Removed again where the kit is of no use.
        let draft = slot.map_err(write)?;
        let slot = draft.path().to_owned();
        let kit = Self { key, rustc, compiler_stamp, linker, slot, ..Self::default() };
        let mut kit = kit.held().map_err(write)?;
        kit.fill(&named, built).map_err(write)?;
        kit.libraries = kit.probe()?;
        Ok(Self { slot: draft.keep(), ..kit })
    }

    /// The shared libraries of a program that is linked against this kit.
    fn probe(&self) -> Result<Vec<PathBuf>, KitError> {
        let write = |source| KitError::Write { path: self.slot.clone(), source };
        let folder = tempfile::tempdir_in(&self.slot).map_err(write)?;
        let (source, program) = (folder.path().join("probe.rs"), folder.path().join("probe"));
        fs::write(&source, PROBE).map_err(write)?;
        let (rustc, arguments) = self.compiler(&[], WIRE);
        let mut rustc = Command::new(rustc);
        rustc.arg(&source).args(arguments).args(["--edition=2024", "-o"]).arg(&program);
        let mut program = Command::new(&program);
        // Like workers and their compilers, which know none of the grader's environment.
        for command in [&mut rustc, &mut program] {
            command.env_clear().env("PATH", PATH);
        }
        output(&mut rustc, KitError::Probe)?;
        Ok(mapped_libraries(&output(&mut program, KitError::Probe)?))
    }

    /// Copies what cargo has built.
    fn fill(&mut self, named: &[String], built: Artifacts) -> io::Result<()> {
        let folder = self.folder();
        fs::create_dir(&folder)?;
        for (name, file) in built.crates {
            let copy = folder.join(file.file_name().unwrap_or_default());
            fs::copy(file, &copy)?;
            if named.contains(&name) {
                self.externs.push((name, copy));
            }
        }
        self.search = built.search;
        Ok(())
    }
}

/// Waits until no other grader builds a kit.
fn turn(cache: &Path) -> io::Result<File> {
    fs::create_dir_all(cache)?;
    let turn = workspace::lock(cache)?;
    turn.lock()?;
    Ok(turn)
}

/// Removes the kits that no record names and no grader uses.
fn prune(cache: &Path) {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let is_kit = |path: &PathBuf| name(path).starts_with(PREFIX);
    let paths: Vec<_> = entries.map(|entry| entry.path()).filter(is_kit).collect();
    let recorded = paths.iter().filter_map(|path| Kit::read(path));
    let recorded: Vec<_> = recorded.map(|kit| name(&kit.slot)).collect();
    // By name: others may have come to the cache by another path.
    let is_old = |path: &&PathBuf| path.is_dir() && !recorded.contains(&name(path));
    paths.iter().filter(is_old).for_each(|slot| workspace::remove_unused(slot));
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The compiler behind the shim: starting it directly saves 10 ms each time.
fn compiler(workspace: &Workspace) -> Result<PathBuf, KitError> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(workspace.root()).args(["--print", "sysroot"]);
    let sysroot = output(&mut rustc, KitError::Compiler)?;
    Ok(Path::new(sysroot.trim()).join("bin/rustc"))
}

/// The linker that rustc would look for each time.
fn linker() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("cc")).find(|file| file.is_file())
}

/// What a command writes. Its messages go to the reader, unless it sends them elsewhere.
fn output(
    command: &mut Command,
    failed: impl FnOnce(ExitStatus) -> KitError,
) -> Result<String, KitError> {
    let (status, text) = printed(command)?;
    if status.success() { Ok(text) } else { Err(failed(status)) }
}

/// How a command ended, and what it printed.
fn printed(command: &mut Command) -> Result<(ExitStatus, String), KitError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let output = child.and_then(Child::wait_with_output);
    let output = output.map_err(|source| KitError::Run { program, source })?;
    Ok((output.status, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The files of the probe's memory map that hold code, without the probe itself.
fn mapped_libraries(maps: &str) -> Vec<PathBuf> {
    let is_code = |line: &&str| line.split(' ').nth(1).is_some_and(|may| may.contains('x'));
    let files =
        maps.lines().filter(is_code).filter_map(|line| line.find('/').map(|at| &line[at..]));
    let mut libraries: Vec<_> =
        files.map(PathBuf::from).filter(|file| !file.ends_with("probe")).collect();
    // A library may have code in several places.
    libraries.dedup();
    libraries
}

fn stamp(file: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(file)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((metadata.len(), modified.as_secs()))
}

/// The hash of everything that a kit is built from.
fn key(workspace: &Workspace, crates: &BTreeSet<&str>) -> Result<String, KitError> {
    let mut parts = vec![wire::GEMM_BACKEND.to_owned()];
    parts.extend(wire::SOURCES.map(str::to_owned));
    parts.extend(crates.iter().map(|name| (*name).to_owned()));
    let root = workspace.root();
    let read = |source| KitError::Read { path: root.to_owned(), source };
    parts.extend(own::sources(root, crates.iter().copied()).map_err(read)?);
    for name in ["Cargo.toml", "Cargo.lock"] {
        let path = own::cargo_root(root).join(name);
        let text = fs::read_to_string(&path);
        parts.push(text.map_err(|source| KitError::Read { path, source })?);
    }
    Ok(hash(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kit that is used.
    fn kit(cache: &Path, name: &str) -> Kit {
        let slot = cache.join(name);
        fs::create_dir(&slot).unwrap();
        let kit = Kit { slot, ..Kit::default() }.held().unwrap();
        fs::create_dir(kit.folder()).unwrap();
        kit
    }

    fn pruned(cache: &Path) -> Vec<String> {
        prune(cache);
        let entries = fs::read_dir(cache).unwrap().map(|entry| name(&entry.unwrap().path()));
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_kit_is_removed_when_no_record_names_it_and_nobody_uses_it() {
        let cache = tempfile::tempdir().unwrap();
        let cache = cache.path();
        fs::create_dir(cache.join("workers")).unwrap();
        kit(cache, "kit-recorded").write(&cache.join("kit-ndarray.json")).unwrap();
        kit(cache, "kit-forgotten");
        let used = kit(cache, "kit-used");
        let kept = ["kit-ndarray.json", "kit-recorded", "kit-used", "workers"];
        assert_eq!(pruned(cache), kept);
        drop(used);
        assert_eq!(pruned(cache), ["kit-ndarray.json", "kit-recorded", "workers"]);
    }

    #[test]
    fn a_recorded_kit_is_used_from_when_it_is_read() {
        let cache = tempfile::tempdir().unwrap();
        let record = cache.path().join("kit-ndarray.json");
        kit(cache.path(), "kit-old").write(&record).unwrap();
        let read = Kit::recorded(&record);
        fs::remove_file(&record).unwrap();
        assert!(read.is_some() && pruned(cache.path()) == ["kit-old"]);
        drop(read);
        assert_eq!(pruned(cache.path()), [""; 0]);
    }

    #[test]
    fn another_build_of_a_kit_has_another_name() {
        let cache = tempfile::tempdir().unwrap();
        let [one, other] = ["kit-one", "kit-other"].map(|name| kit(cache.path(), name));
        assert_eq!((one.key(), &*one.build_name()), (other.key(), "kit-one"));
        assert_ne!(one.build_name(), other.build_name());
    }

    #[test]
    fn libraries_are_the_mapped_files_with_code() {
        let maps = "\
55d0-55d1 r--p 00000000 fe:00 1   /tmp/x/probe
55d1-55d2 r-xp 00001000 fe:00 1   /tmp/x/probe
7f10-7f11 r--p 00000000 fe:00 2   /usr/lib/libm.so.6
7f11-7f12 r-xp 00001000 fe:00 2   /usr/lib/libm.so.6
7f12-7f13 r-xp 00003000 fe:00 2   /usr/lib/libm.so.6
7f14-7f15 rw-p 00000000 00:00 0
7ffd-7ffe r-xp 00000000 00:00 0   [vdso]
";
        assert_eq!(mapped_libraries(maps), [Path::new("/usr/lib/libm.so.6")]);
    }
}
