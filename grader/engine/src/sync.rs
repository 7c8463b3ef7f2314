//! Brings an updated course into a learner's repository: a new handout, or the course's branch into a clone.
//! What the learner wrote stays as it is.
//!
//! A file that the learner changed and the course replaces is copied first. Files are renamed into place, and
//! the record comes last: whenever it is interrupted, the next run does the rest.

mod changes;
mod clone;
mod repository;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use changes::Changes;
pub use repository::Repository;

use crate::{
    git::GitError,
    handout::{
        Entry, Handout, HandoutError,
        record::{self, Record, hash_of, is_work},
    },
    workspace::Workspace,
};

/// What stands after the name of a stub that lies beside a learner's file.
const NEW: &str = ".new";

/// Why nothing, or not everything, was brought.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SyncError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Handout(#[from] HandoutError),
    #[error("failed to find a handout in {from}: {path} is missing or damaged", path = record::PATH)]
    #[diagnostic(help("`grader handout --out DIR` makes one, of the whole course"))]
    NoHandout { from: PathBuf },
    #[error("failed to bring {from} up to date: it is the folder to take from")]
    #[diagnostic(help("--from names the new handout, --workspace the learner's repository"))]
    SameFolder { from: PathBuf },
    #[error("failed to bring {root} up to date: it is the whole course, with solutions")]
    #[diagnostic(help(
        "a handout is for handouts; without --from, this command brings a clone up to date"
    ))]
    WholeCourse { root: PathBuf },
    #[error("failed to bring {root} up to date: it is a handout, and no new one was named")]
    #[diagnostic(help("--from names the folder of the new handout"))]
    NoneNamed { root: PathBuf },
    #[error("failed to bring {root} up to date: it is no clone of the course")]
    #[diagnostic(help("clone the course with git, and copy your exercises/*/src there"))]
    NotCloned { root: PathBuf },
    #[error("failed to bring {root} up to date: git knows no branch that the course comes from")]
    #[diagnostic(help(
        "name where the course is, then try again: `git remote add upstream URL && git fetch upstream`"
    ))]
    NoBranch { root: PathBuf },
    #[error("failed to bring the course up to date: your commits share no history with {from}")]
    #[diagnostic(help("--from names another branch, such as upstream/main"))]
    Unrelated { from: String },
    #[error("failed to bring {root} up to date: a merge waits for its end")]
    #[diagnostic(help(
        "`git merge --abort` takes it back, `git status` says more; then try again"
    ))]
    Merging { root: PathBuf },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    #[error("failed to take {path} from the handout: it is not the stub that was handed out")]
    #[diagnostic(help("someone has worked in that folder: take a fresh copy of the handout"))]
    WorkedIn { path: PathBuf },
    #[error("failed to replace {path}: {link} is not a regular file or folder")]
    #[diagnostic(help("put a regular one in its place: nothing is written through a link"))]
    Irregular { path: String, link: PathBuf },
    #[error("failed to read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to write {path}; what was there is there still")]
    #[diagnostic(help("once it can be written, run this again: it does the rest"))]
    Write { path: PathBuf, source: io::Error },
}

/// Brings what `from` names into the learner's repository, and says what has changed: a folder with a new
/// handout, or for a clone a branch.
///
/// # Errors
/// When one of them is not what it should be, or a file cannot be read or written.
pub fn sync(from: Option<&str>, workspace: &Workspace) -> Result<Changes, SyncError> {
    let root = workspace.root().to_owned();
    match from {
        Some(from) if !workspace.has_solutions() => handed_out(Path::new(from), workspace),
        Some(from) if Path::new(from).is_dir() => Err(SyncError::WholeCourse { root }),
        None if !workspace.has_solutions() => Err(SyncError::NoneNamed { root }),
        from => clone::sync(from, workspace),
    }
}

/// Brings the handout at `from`.
fn handed_out(from: &Path, workspace: &Workspace) -> Result<Changes, SyncError> {
    let root = workspace.root();
    if fs::canonicalize(from).is_ok_and(|from| from == root) {
        return Err(SyncError::SameFolder { from: from.to_owned() });
    }
    let handout = read(from)?;
    let (old, new) = (Record::read(root), Record::of(&handout));
    let changes = Changes::since(old.as_ref());
    let repository = Repository::at(root)?;
    let mut sync = Sync { repository, old: old.unwrap_or_default(), new, changes };
    for (path, entry) in &handout.files {
        sync.bring(path, entry)?;
    }
    sync.leave_out()?;
    sync.repository.write(record::PATH, &sync.new.entry())?;
    Ok(sync.changes)
}

/// The handout that lies in a folder.
fn read(from: &Path) -> Result<Handout, SyncError> {
    let no_handout = || SyncError::NoHandout { from: from.to_owned() };
    let record = Record::read(from).ok_or_else(no_handout)?;
    let mut handout = Handout::default();
    for (path, hash) in &record.files {
        let file = from.join(path);
        let entry = Entry::read(&file)?;
        if is_work(path) && hash_of(&entry.bytes) != *hash {
            return Err(SyncError::WorkedIn { path: file });
        }
        handout.files.insert(path.clone(), entry);
    }
    Ok(handout)
}

struct Sync {
    repository: Repository,
    old: Record,
    new: Record,
    changes: Changes,
}

impl Sync {
    /// Brings one file.
    fn bring(&mut self, path: &str, entry: &Entry) -> Result<(), SyncError> {
        let Some(here) = self.repository.read(path)? else {
            self.changes.added(path);
            return self.repository.write(path, entry);
        };
        let was = self.old.files.get(path);
        let is_untouched = was == Some(&hash_of(&here));
        let is_news = was != self.new.files.get(path);
        if here == entry.bytes || !is_news {
            return Ok(());
        }
        if is_work(path) && !is_untouched {
            return self.put_beside(path, entry);
        }
        self.replace(path, is_untouched, &here, entry)
    }

    /// Puts the new stub beside the learner's file, and says what has changed in it.
    fn put_beside(&mut self, path: &str, entry: &Entry) -> Result<(), SyncError> {
        let beside = format!("{path}{NEW}");
        match self.repository.read(&beside)? {
            Some(here) if here != entry.bytes => {
                let is_untouched = self.old.files.get(path) == Some(&hash_of(&here));
                self.replace(&beside, is_untouched, &here, entry)?;
            }
            Some(_) => (),
            None => self.repository.write(&beside, entry)?,
        }
        let stubs = [&self.old, &self.new].map(|record| record.stubs.get(path));
        self.changes.begun(path, &beside, stubs);
        Ok(())
    }

    /// Replaces a file; what a learner changed in it is kept as a copy.
    fn replace(
        &mut self,
        path: &str,
        is_untouched: bool,
        here: &[u8],
        entry: &Entry,
    ) -> Result<(), SyncError> {
        if !is_untouched {
            self.keep(path, here)?;
        }
        self.changes.updated.push(path.to_owned());
        self.repository.write(path, entry)
    }

    fn keep(&mut self, path: &str, here: &[u8]) -> Result<(), SyncError> {
        let copy = self.repository.keep(path, here)?;
        self.changes.kept.push((path.to_owned(), copy));
        Ok(())
    }

    /// Removes what the course has no more. A lesson that was taken out stays as it is: it may hold work.
    fn leave_out(&mut self) -> Result<(), SyncError> {
        let gone = self.old.files.iter().filter(|(path, _)| !self.new.files.contains_key(*path));
        let gone: Vec<_> = gone.map(|(path, hash)| (path.clone(), hash.clone())).collect();
        for (path, hash) in gone {
            if let Some(lesson) = lesson(&path).filter(|lesson| !self.has_lesson(lesson)) {
                self.changes.left(lesson);
                continue;
            }
            let Some(here) = self.repository.read(&path)?.filter(|_| !is_work(&path)) else {
                continue;
            };
            if hash_of(&here) != hash {
                self.keep(&path, &here)?;
            }
            self.repository.remove(&path)?;
            self.changes.removed.push(path);
        }
        Ok(())
    }

    fn has_lesson(&self, id: &str) -> bool {
        self.new.files.keys().any(|path| lesson(path) == Some(id))
    }
}

/// The lesson that a file belongs to.
fn lesson(path: &str) -> Option<&str> {
    path.strip_prefix("exercises/")?.split_once('/').map(|(lesson, _)| lesson)
}
