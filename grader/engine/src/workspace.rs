//! The course on disk: where lessons, solutions and the grader's own files are.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::hash::hash;

/// A slot's link to its submission.
const ORIGIN: &str = "origin";

/// A slot's lock: shared by those who run its worker, exclusive for those who change it.
const LOCK: &str = "lock";

/// The folder of a course.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

/// The lock file of a slot.
pub fn lock(slot: &Path) -> io::Result<File> {
    File::create(slot.join(LOCK))
}

/// Removes a slot; one in use is left to a later run.
pub fn remove_unused(slot: &Path) {
    let Ok(lock) = lock(slot) else { return };
    // Under another name first: from now on nobody finds it, half of it least of all.
    let gone = slot.with_extension("gone");
    if lock.try_lock().is_ok() && fs::rename(slot, &gone).is_ok() {
        let _ = fs::remove_dir_all(gone);
    }
}

/// Writes a record of the grader's, which is there as a whole or not at all: others may be reading.
pub fn replace(file: &Path, contents: &[u8]) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, contents)?;
    fs::rename(draft, file)
}

/// There is no course where one should be.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to find a course in {root:?}: it has no folder `exercises`")]
#[diagnostic(help("name the folder that you cloned: --workspace DIR"))]
pub struct NoWorkspace {
    root: PathBuf,
}

impl Workspace {
    /// The course at `root`. It is never looked for around a submission: what lies beside learner
    /// code is not to be trusted.
    ///
    /// # Errors
    /// When there is no folder `exercises` in it.
    pub fn at(root: &Path) -> Result<Self, NoWorkspace> {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        if root.join("exercises").is_dir() { Ok(Self { root }) } else { Err(NoWorkspace { root }) }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the exercises are.
    pub fn exercises(&self) -> PathBuf {
        self.root.join("exercises")
    }

    /// Where the solutions are, except in a handout.
    pub fn solutions(&self) -> PathBuf {
        self.root.join("solutions")
    }

    /// False in a handout: there is nothing that decides a grade.
    pub fn has_solutions(&self) -> bool {
        self.solutions().is_dir()
    }

    /// True for a lesson that can be graded here: a handout may hold a part of the course.
    pub fn has(&self, lesson: &str) -> bool {
        self.has_solutions() || self.exercise(lesson).is_dir()
    }

    /// The folder of an exercise.
    pub fn exercise(&self, lesson: &str) -> PathBuf {
        self.exercises().join(lesson)
    }

    /// The folder of a solution.
    pub fn solution(&self, lesson: &str) -> PathBuf {
        self.solutions().join(lesson)
    }

    /// Where built workers and the record of the kit are kept.
    pub fn cache(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        self.root.join(target.unwrap_or_else(|| "target".into())).join("gradlings")
    }

    /// The folder in the cache for one build of what lies at `origin`.
    pub fn slot(&self, build: &str, origin: &Path) -> io::Result<PathBuf> {
        let origin = fs::canonicalize(origin)?;
        let digest = hash([origin.as_os_str().as_encoded_bytes()]);
        let slot = self.workers().join(format!("{build}-{}", &digest[..16]));
        fs::create_dir_all(&slot)?;
        // A link is made at once or not at all: nobody reads half a path.
        match symlink(origin, slot.join(ORIGIN)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(slot),
        }
    }

    /// Removes the slots of submissions that are gone, so that the cache does not grow for ever.
    pub fn prune(&self) {
        for slot in fs::read_dir(self.workers()).into_iter().flatten().flatten() {
            let origin = slot.path().join(ORIGIN);
            let is_gone = origin.is_symlink() && !origin.exists();
            if is_gone {
                remove_unused(&slot.path());
            }
        }
    }

    /// Where built workers are kept, a slot for each.
    pub fn workers(&self) -> PathBuf {
        self.cache().join("workers")
    }
}
