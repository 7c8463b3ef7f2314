//! Takes one copy of a learner's source files: what is graded is the copy.
//!
//! Files of `ex_*/src` are taken one by one, as the modules of a crate lead to them ([`Scan::take`]),
//! from a folder or an archive, without following a link, and only regular UTF-8 files of sensible
//! size. Whatever lies beside them stays where it is: drafts, manifests, build scripts, what tools
//! keep there.
//!
//! [`Scan::take`]: crate::scan::Scan::take

mod archive;
mod folder;
mod sources;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use archive::Archive;
pub use sources::{SourceFile, Sources};

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
    #[error("{path} is not in the submission: {found}")]
    Missing {
        /// The file, as the learner knows it.
        path: String,
        /// What there is instead, and what to do.
        found: String,
    },
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
            Self::Missing { .. } => Verdict::NotImplemented,
            Self::Unacceptable { .. } => Verdict::Rejected,
        }
    }

    /// Why the file at `path` is not taken.
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

    /// The files of a lesson, whose folder messages call `display_path`.
    ///
    /// # Errors
    /// When an archive cannot be read, or holds several folders of this name.
    pub fn files(&self, lesson: &str, display_path: &str) -> Result<Files<'_>, Rejection> {
        let display_path = display_path.to_owned();
        let place = match self {
            Self::Folder(folder) => Place::Folder(folder.join(lesson)),
            Self::Archive(archive) => Place::Archive(archive, archive.folder(lesson)?),
        };
        Ok(Files { place, display_path })
    }
}

/// The files of one lesson, to be taken from.
#[derive(Debug)]
pub struct Files<'a> {
    place: Place<'a>,
    display_path: String,
}

#[derive(Debug)]
enum Place<'a> {
    Folder(PathBuf),
    /// And its folder of this lesson, if it has one.
    Archive(&'a Archive, Option<&'a archive::Folder>),
}

impl Files<'_> {
    /// The files in the `folder` of a lesson, which messages call `display_path`.
    pub fn of_folder(folder: &Path, display_path: &str) -> Self {
        Self { place: Place::Folder(folder.to_owned()), display_path: display_path.to_owned() }
    }

    /// The text of the file at `path`; none where there is no file.
    ///
    /// # Errors
    /// When there is one that is not accepted.
    fn text(&self, path: &Path) -> Result<Option<String>, Rejection> {
        let text = match &self.place {
            Place::Folder(lesson) => folder::text(lesson, path),
            Place::Archive(_, folder) => archive::text(*folder, path),
        };
        text.map_err(|reason| self.rejection(path, reason))
    }

    /// Why there is nothing: the root of the crate is not there.
    pub(crate) fn missing(&self) -> Rejection {
        let path = format!("{}/src/lib.rs", self.display_path);
        let found = match self.other_file() {
            Some(other) => format!(
                "there is {}/{} in its place. The root of the lesson's crate has to be src/lib.rs: please \
                 rename it",
                self.display_path,
                other.display()
            ),
            None => format!("nothing was handed in for this lesson{}", self.advice()),
        };
        Rejection::Missing { path, found }
    }

    /// A source file of the lesson under another name than the root has.
    fn other_file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Folder(lesson) => folder::other_file(lesson),
            Place::Archive(_, folder) => folder.and_then(|it| it.keys().next().cloned()),
        }
    }

    /// Where there are files, and what to do; empty where there are none.
    fn advice(&self) -> String {
        let advice = match &self.place {
            Place::Folder(lesson) => folder::advice(lesson),
            Place::Archive(archive, _) => archive.advice(),
        };
        advice.map(|advice| format!(". {advice}")).unwrap_or_default()
    }

    fn rejection(&self, path: &Path, reason: impl ToString) -> Rejection {
        Rejection::of(format!("{}/{}", self.display_path, path.display()), reason)
    }
}
