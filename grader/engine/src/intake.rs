//! Takes one copy of a learner's source files: what is graded is the copy.
//!
//! Only `ex_*/src/**/*.rs` is taken, from a folder or an archive, without following a link, and only
//! regular UTF-8 files of sensible size. Manifests, build scripts and tool configuration stay where
//! they are.

mod archive;
mod folder;
mod sources;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use archive::Archive;
pub use sources::Sources;

use crate::report::Verdict;

/// What a learner handed in.
#[derive(Debug)]
pub enum Submission {
    /// A folder with a folder for each lesson.
    Folder(PathBuf),
    /// The same, packed.
    Archive(Archive),
}

/// There is nothing to take from.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to open the submission {path:?}")]
#[diagnostic(help(
    "give the folder that holds ex_*/src/lib.rs of each lesson, or a .zip, .tar or .tar.gz \
     file of it: --submission PATH"
))]
pub struct NoSubmission {
    path: PathBuf,
    source: io::Error,
}

/// Why nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The submission has no such file.
    #[error("{0} is not in the submission: nothing was handed in for this lesson")]
    Missing(String),
    /// There is a file that is not graded.
    #[error("{path} was not accepted: {reason}")]
    Unacceptable {
        /// The file, as the learner knows it.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl Rejection {
    /// What it means for the lesson.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Missing(_) => Verdict::NotImplemented,
            Self::Unacceptable { .. } => Verdict::Rejected,
        }
    }

    fn of(path: impl ToString, reason: impl ToString) -> Self {
        Self::Unacceptable { path: path.to_string(), reason: reason.to_string() }
    }
}

impl Submission {
    /// Opens what lies at `path`; an archive is read now, and no more.
    ///
    /// # Errors
    /// When there is neither a folder nor a file that can be read. What is wrong with an archive is
    /// said of each lesson instead.
    pub fn open(path: &Path) -> Result<Self, NoSubmission> {
        let failed = |source| NoSubmission { path: path.to_owned(), source };
        let kind = path.metadata().map_err(failed)?.file_type();
        if kind.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if !kind.is_file() {
            return Err(failed(io::Error::other("it is neither a folder nor a file")));
        }
        let file = File::open(path).map_err(failed)?;
        Ok(Self::Archive(Archive::read(file, &path.display().to_string())))
    }

    /// The copy of a lesson's sources, whose folder messages call `display_path`.
    pub fn sources(&self, lesson: &str, display_path: &str) -> Result<Sources, Rejection> {
        match self {
            Self::Folder(folder) => Sources::take(&folder.join(lesson), display_path),
            Self::Archive(archive) => archive.sources(lesson, display_path),
        }
    }
}
