//! The kit: what every worker is linked against, built once and read-only from then on.

mod cargo;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::UNIX_EPOCH,
};

use cargo::{Artifacts, Cargo, crate_name};
use serde::{Deserialize, Serialize};

use crate::{
    course::Course,
    hash::hash,
    workspace::{self, Workspace},
};

/// The crates that every worker names.
const CRATES: [&str; 2] = ["ndarray", "gradlings_wire"];

/// Compiled crates and the compiler that made them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Kit {
    /// Names what went in; a kit with another key is another kit.
    key: String,
    /// The compiler itself, without the toolchain manager's shim in front of it.
    rustc: PathBuf,
    /// Length and time of `rustc`: an updated compiler cannot read the old kit.
    compiler_stamp: (u64, u64),
    /// The C compiler that links, as the `PATH` of whoever built the kit names it.
    linker: PathBuf,
    /// A folder of its own: what else cargo has built is not for a learner's compiler to see.
    folder: PathBuf,
    /// `--extern` name and file.
    externs: Vec<(String, PathBuf)>,
    /// `-L` arguments for libraries of the system.
    search: Vec<String>,
    /// The shared libraries that a worker loads.
    libraries: Vec<PathBuf>,
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
    #[error("failed to copy the crates that learner code is linked against")]
    Fill(#[source] io::Error),
    #[error("failed to find {0} among the crates that cargo built")]
    Incomplete(String),
    #[error("failed to link and run a program with the crates that cargo built ({0})")]
    Probe(ExitStatus),
    #[error("failed to write {path}")]
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
        let record = workspace.cache().join(format!("kit-{}.json", wire::GEMM_BACKEND));
        let crates: BTreeSet<_> =
            course.lessons.iter().flat_map(|lesson| lesson.contract.crates).copied().collect();
        let key = key(workspace, &crates)?;
        if let Some(kit) = Self::recorded(&record).filter(|kit| kit.key == key && kit.is_whole()) {
            return Ok(kit);
        }
        announce();
        let kit = Self::build(workspace, course.package, &crates, key)?;
        kit.write(&record).map_err(|source| KitError::Write { path: record, source })?;
        Ok(kit)
    }

    pub fn libraries(&self) -> &[PathBuf] {
        &self.libraries
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The toolchain, and every folder that the arguments of [`compiler`](Self::compiler) name.
    pub fn folders(&self) -> impl Iterator<Item = PathBuf> {
        // Of a toolchain that belongs to the system, the rest is the system's.
        let toolchain = self.rustc.ancestors().nth(2).unwrap_or(&self.rustc);
        let toolchain = ["bin", "lib"].map(|folder| toolchain.join(folder));
        let search = self.search.iter().map(|path| path.split_once('=').map_or(&**path, |it| it.1));
        let linker = self.linker.parent().unwrap_or(&self.linker).to_owned();
        toolchain.into_iter().chain([self.folder.clone(), linker]).chain(search.map(PathBuf::from))
    }

    /// The compiler, and the arguments with which a crate that names `crates` finds the kit.
    pub fn compiler(&self, crates: &[&str]) -> (&Path, Vec<String>) {
        let is_named =
            |name: &str| CRATES.contains(&name) || crates.iter().any(|it| crate_name(it) == name);
        let externs = self.externs.iter().filter(|(name, _)| is_named(name));
        let externs = externs.map(|(name, file)| format!("--extern={name}={}", file.display()));
        let search = self.search.iter().map(|path| format!("-L{path}"));
        let folder = format!("-Ldependency={}", self.folder.display());
        let linker = format!("-Clinker={}", self.linker.display());
        (&self.rustc, externs.chain([folder, linker]).chain(search).collect())
    }

    fn recorded(record: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(record).ok()?).ok()
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

    fn build(
        workspace: &Workspace,
        grader: &str,
        crates: &BTreeSet<&str>,
        key: String,
    ) -> Result<Self, KitError> {
        let rustc = compiler(workspace)?;
        let compiler_stamp =
            stamp(&rustc).map_err(|source| KitError::Read { path: rustc.clone(), source })?;
        let linker = linker().ok_or(KitError::NoLinker)?;
        let built = Cargo { workspace, crates }.build(grader)?;
        let named: Vec<_> = CRATES.iter().chain(crates).map(|name| crate_name(name)).collect();
        let is_built = |name: &&String| built.crates.iter().any(|(known, _)| known == *name);
        if let Some(missing) = named.iter().find(|name| !is_built(name)) {
            return Err(KitError::Incomplete(missing.clone()));
        }
        let mut kit = Self { key, rustc, compiler_stamp, linker, ..Self::default() };
        kit.fill(&workspace.cache(), &named, built).map_err(KitError::Fill)?;
        kit.libraries = kit.probe()?;
        Ok(kit)
    }

    /// The shared libraries of a program that is linked against this kit.
    fn probe(&self) -> Result<Vec<PathBuf>, KitError> {
        let write = |source| KitError::Write { path: std::env::temp_dir(), source };
        let folder = tempfile::tempdir().map_err(write)?;
        let (source, program) = (folder.path().join("probe.rs"), folder.path().join("probe"));
        fs::write(&source, PROBE).map_err(write)?;
        let (rustc, arguments) = self.compiler(&[]);
        let mut rustc = Command::new(rustc);
        rustc.arg(&source).args(arguments).args(["--edition=2024", "-o"]).arg(&program);
        output(&mut rustc, KitError::Probe)?;
        Ok(mapped_libraries(&output(&mut Command::new(&program), KitError::Probe)?))
    }

    /// Copies what cargo has built.
    fn fill(&mut self, cache: &Path, named: &[String], built: Artifacts) -> io::Result<()> {
        let Artifacts { crates, search } = built;
        // Cargo's names hold the compiler's version and the features; the key, our own sources.
        let names = crates.iter().map(|(_, file)| file.display().to_string());
        let digest = hash(names.chain([self.key.clone()]));
        self.folder = cache.join(format!("kit-{}", &digest[..16]));
        copy(crates.iter().map(|(_, file)| file.as_path()), &self.folder)?;
        let externs = crates.into_iter().filter(|(name, _)| named.contains(name));
        let taken = |file: PathBuf| self.folder.join(file.file_name().unwrap_or_default());
        self.externs = externs.map(|(name, file)| (name, taken(file))).collect();
        self.search = search;
        Ok(())
    }
}

/// Copies the files into a folder that appears when it is whole: other graders may want it too.
fn copy<'a>(mut files: impl Iterator<Item = &'a Path>, folder: &Path) -> io::Result<()> {
    let cache = folder.parent().unwrap_or(folder);
    fs::create_dir_all(cache)?;
    let draft = tempfile::tempdir_in(cache)?;
    files.try_for_each(|file| {
        fs::copy(file, draft.path().join(file.file_name().unwrap_or_default())).map(drop)
    })?;
    match fs::rename(draft.path(), folder) {
        // Another grader was faster, and its copy is the same.
        Err(_) if folder.is_dir() => Ok(()),
        renamed => renamed,
    }
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
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let output = child.and_then(Child::wait_with_output);
    let output = output.map_err(|source| KitError::Run { program, source })?;
    if !output.status.success() {
        return Err(failed(output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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
    for name in ["Cargo.toml", "Cargo.lock"] {
        let path = cargo_root(workspace.root()).join(name);
        let text = fs::read_to_string(&path);
        parts.push(text.map_err(|source| KitError::Read { path, source })?);
    }
    Ok(hash(parts))
}

/// The folder of the Cargo workspace that holds the course, which may be above it.
fn cargo_root(course: &Path) -> &Path {
    let is_root = |folder: &&Path| folder.join("Cargo.lock").is_file();
    course.ancestors().find(is_root).unwrap_or(course)
}

#[cfg(test)]
mod tests {
    use super::*;

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
