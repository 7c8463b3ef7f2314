//! The workspace on disk: where lessons, solutions and the grader's own files are.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::intake::hex;

/// A slot's link to its submission.
const ORIGIN: &str = "origin";

/// A slot's lock: shared by those who run its worker, exclusive for those who change it.
const LOCK: &str = "lock";

/// The root of the Gradlings workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

/// The lock file of a slot.
pub fn lock(slot: &Path) -> io::Result<File> {
    File::create(slot.join(LOCK))
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to find the Gradlings workspace in {start} or above it")]
#[diagnostic(help("run the grader inside the folder that you cloned"))]
pub struct NoWorkspace {
    start: String,
}

impl Workspace {
    /// Finds the workspace that holds `start`.
    pub fn around(start: &Path) -> Result<Self, NoWorkspace> {
        let holds_the_grader =
            |folder: &&Path| folder.join("grader/interface/Cargo.toml").is_file();
        match start.ancestors().find(holds_the_grader) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => Err(NoWorkspace { start: start.display().to_string() }),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn exercise(&self, lesson: &str) -> PathBuf {
        self.root.join("exercises").join(lesson)
    }

    pub fn solution(&self, lesson: &str) -> PathBuf {
        self.root.join("solutions").join(lesson)
    }

    pub fn interface(&self) -> PathBuf {
        self.root.join("grader/interface")
    }

    /// Where built workers and the record of the kit are kept.
    pub fn cache(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        self.root.join(target.unwrap_or_else(|| "target".into())).join("gradlings")
    }

    /// The folder in the cache for one lesson of one submission.
    pub fn slot(&self, lesson: &str, submission: &Path) -> io::Result<PathBuf> {
        let origin = fs::canonicalize(submission)?;
        let digest = hex(&Sha256::digest(origin.as_os_str().as_encoded_bytes()));
        let slot = self.workers().join(format!("{lesson}-{}", &digest[..16]));
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
            // A slot in use is left to a later run.
            if is_gone && lock(&slot.path()).is_ok_and(|lock| lock.try_lock().is_ok()) {
                let _ = fs::remove_dir_all(slot.path());
            }
        }
    }

    fn workers(&self) -> PathBuf {
        self.cache().join("workers")
    }
}
