//! The files of a learner's repository. Nothing is read or written through a link: whoever brings it up to
//! date need not be the one who made it.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::SyncError;
use crate::handout::{Entry, record};

/// Where copies go of what a learner had changed, by the path of the file.
const KEPT: &str = ".gradlings/kept";

/// How the names of drafts begin; git leaves them out.
const DRAFT: &str = "draft-";

pub struct Repository {
    root: PathBuf,
    /// Where files are written before they are renamed into place.
    drafts: PathBuf,
}

impl Repository {
    pub fn at(root: &Path) -> Result<Self, SyncError> {
        let drafts = root.join(record::PATH);
        let drafts = drafts.parent().unwrap_or(root).to_owned();
        let repository = Self { root: root.to_owned(), drafts };
        repository.require_regular(record::PATH)?;
        let made = fs::create_dir_all(&repository.drafts);
        made.map_err(|source| SyncError::Write { path: repository.drafts.clone(), source })?;
        repository.remove_old_drafts();
        Ok(repository)
    }

    /// Removes what a run that was killed has left.
    fn remove_old_drafts(&self) {
        let entries = fs::read_dir(&self.drafts).into_iter().flatten().flatten();
        let is_draft = |name: &OsStr| name.as_encoded_bytes().starts_with(DRAFT.as_bytes());
        for draft in entries.filter(|entry| is_draft(&entry.file_name())) {
            let _ = fs::remove_file(draft.path());
        }
    }

    /// What a file holds; `None` where there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SyncError> {
        self.require_regular(path)?;
        let file = self.root.join(path);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SyncError::Read { path: file, source }),
        }
    }

    /// Writes a file as a whole or not at all, before anything that is written after it.
    pub fn write(&self, path: &str, entry: &Entry) -> Result<(), SyncError> {
        self.require_regular(path)?;
        let file = self.root.join(path);
        let written = self.written(&file, entry);
        written.map_err(|source| SyncError::Write { path: file, source })
    }

    fn written(&self, file: &Path, entry: &Entry) -> io::Result<()> {
        fs::create_dir_all(file.parent().unwrap_or(file))?;
        let mut draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(&self.drafts)?;
        draft.write_all(&entry.bytes)?;
        draft.as_file().set_permissions(entry.permissions())?;
        draft.as_file().sync_all()?;
        draft.persist(file)?;
        Ok(())
    }

    /// Keeps a copy of what stands in a file, under a name that is free; gives the name.
    pub fn keep(&self, path: &str, here: &[u8]) -> Result<String, SyncError> {
        let first = format!("{KEPT}/{path}");
        let others = (2..).map(|number| format!("{KEPT}/{path}.{number}"));
        for copy in std::iter::once(first).chain(others) {
            match self.read(&copy)? {
                Some(kept) if kept != here => continue,
                Some(_) => return Ok(copy),
                None => {
                    let entry = Entry { bytes: here.to_owned(), executable: false };
                    self.write(&copy, &entry)?;
                    return Ok(copy);
                }
            }
        }
        unreachable!("some number is free")
    }

    pub fn remove(&self, path: &str) -> Result<(), SyncError> {
        let file = self.root.join(path);
        fs::remove_file(&file).map_err(|source| SyncError::Write { path: file, source })
    }

    /// # Errors
    /// When a link, or anything else that is no file or folder, stands in the way.
    fn require_regular(&self, path: &str) -> Result<(), SyncError> {
        let mut way = self.root.clone();
        let mut parts = Path::new(path).components().peekable();
        while let Some(part) = parts.next() {
            way.push(part);
            let Ok(metadata) = fs::symlink_metadata(&way) else { return Ok(()) };
            let is_last = parts.peek().is_none();
            if if is_last { !metadata.is_file() } else { !metadata.is_dir() } {
                return Err(SyncError::Irregular { path: path.to_owned(), link: way });
            }
        }
        Ok(())
    }
}
