//! Brings an updated course into a clone of it, in which a learner has worked, committed or not.
//!
//! Git would merge what the course and the learner wrote into one file. Here the learner's work stays as it
//! is, the course's files come as they are, and the branch then follows both. It moves last: whenever this is
//! interrupted, the next run does the rest.

use std::{collections::BTreeSet, fs};

use super::{Changes, Sync, SyncError, repository::Repository};
use crate::{
    git::Git,
    handout::{
        Entry, Handout,
        record::{Record, is_work},
    },
    workspace::Workspace,
};

/// What the commit is called that joins the learner's commits and the course's.
const MESSAGE: &str = "Bring the course up to date";

/// Git's mark of a file that is not there, and of a program.
const NO_FILE: &str = "000000";
const EXECUTABLE: &str = "100755";
const FILE: &str = "100644";

/// A file in which two commits differ.
struct Changed {
    path: String,
    old: Version,
    new: Version,
}

/// A file in a commit, as git names it.
struct Version {
    mode: String,
    object: String,
}

/// Brings the branch `from` into a clone, by default the one that the course comes from.
///
/// # Errors
/// When that cannot be told, the repository is in the middle of something, or a file cannot be read or
/// written.
pub fn sync(from: Option<&str>, workspace: &Workspace) -> Result<Changes, SyncError> {
    let root = workspace.root();
    let git = Git::of(root).ok_or_else(|| SyncError::NotCloned { root: root.to_owned() })?;
    require_whole(&git, workspace)?;
    let from = from.or_else(|| git.course_branch());
    let from = from.ok_or_else(|| SyncError::NoBranch { root: root.to_owned() })?;
    fetch(&git, from)?;
    let head = commit(&git, "HEAD")?;
    let course = commit(&git, from)?;
    let base = git.line(&["merge-base", &head, &course]);
    let base = base.map_err(|_| SyncError::Unrelated { from: from.to_owned() })?;
    if base == course {
        return Ok(Changes::default());
    }
    let news = differences(&git, &base, &course)?;
    let joined =
        if head == base { course.clone() } else { join(&git, [&base, &head, &course], &news)? };
    let changes = bring(&git, workspace, &course, &news)?;
    git.output(&["reset", "--quiet", "--mixed", &joined])?;
    Ok(changes)
}

/// # Errors
/// When the course is a part of another repository, or a merge waits for its end.
fn require_whole(git: &Git, workspace: &Workspace) -> Result<(), SyncError> {
    let root = workspace.root().to_owned();
    let top = git.line(&["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok().as_ref() != Some(&root) {
        return Err(SyncError::NotCloned { root });
    }
    let is_merging = git.output(&["rev-parse", "--verify", "--quiet", "MERGE_HEAD"]).is_ok();
    if is_merging || !git.output(&["ls-files", "--unmerged"])?.is_empty() {
        return Err(SyncError::Merging { root });
    }
    Ok(())
}

/// Fetches from the remote that a branch belongs to, if any.
fn fetch(git: &Git, branch: &str) -> Result<(), SyncError> {
    let remotes = String::from_utf8_lossy(&git.output(&["remote"])?).into_owned();
    let is_of = |remote: &&str| branch.strip_prefix(*remote).is_some_and(|it| it.starts_with('/'));
    match remotes.lines().find(is_of) {
        Some(remote) => git.output(&["fetch", "--quiet", remote])?,
        None if branch == "@{upstream}" => git.output(&["fetch", "--quiet"])?,
        None => Vec::new(),
    };
    Ok(())
}

fn commit(git: &Git, name: &str) -> Result<String, SyncError> {
    Ok(git.line(&["rev-parse", "--verify", "--end-of-options", &format!("{name}^{{commit}}")])?)
}

/// The files in which two commits differ.
fn differences(git: &Git, old: &str, new: &str) -> Result<Vec<Changed>, SyncError> {
    let raw = git.output(&["diff", "--raw", "-z", "--no-renames", "--no-abbrev", old, new])?;
    let raw = String::from_utf8_lossy(&raw).into_owned();
    let parts: Vec<_> = raw.split('\0').collect();
    let changed = parts.chunks_exact(2).filter_map(|pair| {
        let mut fields = pair[0].trim_start_matches(':').split(' ').map(str::to_owned);
        let [old_mode, mode, old_object, object] = std::array::from_fn(|_| fields.next());
        Some(Changed {
            path: pair[1].to_owned(),
            old: Version { mode: old_mode?, object: old_object? },
            new: Version { mode: mode?, object: object? },
        })
    });
    Ok(changed.collect())
}

/// Brings the course's files, as an updated handout is brought.
fn bring(
    git: &Git,
    workspace: &Workspace,
    course: &str,
    news: &[Changed],
) -> Result<Changes, SyncError> {
    let [mut old, mut new] = [Handout::default(), Handout::default()];
    for Changed { path, old: was, new: is } in news {
        old.files.extend(was.entry(git)?.map(|entry| (path.clone(), entry)));
        new.files.extend(is.entry(git)?.map(|entry| (path.clone(), entry)));
    }
    let (old, mut record) = (Record::of(&old), Record::of(&new));
    // What has not changed is there as well.
    let all = git.output(&["ls-tree", "-r", "-z", "--name-only", course])?;
    for path in String::from_utf8_lossy(&all).split('\0').filter(|path| !path.is_empty()) {
        record.files.entry(path.to_owned()).or_default();
    }
    let changes = Changes::since(Some(&old));
    let repository = Repository::at(workspace.root())?;
    let mut sync = Sync { repository, old, new: record, changes };
    for (path, entry) in &new.files {
        sync.bring(path, entry)?;
    }
    sync.leave_out()?;
    Ok(sync.changes)
}

/// Makes a commit of the course's files and the learner's: where both changed a file, what learners write is
/// the learner's, and all else the course's.
fn join(git: &Git, [base, head, course]: [&str; 3], news: &[Changed]) -> Result<String, SyncError> {
    let draft = tempfile::tempdir();
    let draft = draft.map_err(|source| SyncError::Write { path: std::env::temp_dir(), source })?;
    let index = draft.path().join("index");
    let in_draft =
        |arguments: &[&str]| git.output_with(arguments, &[("GIT_INDEX_FILE", index.as_os_str())]);
    in_draft(&["read-tree", course])?;
    let of_course: BTreeSet<_> = news.iter().map(|changed| changed.path.as_str()).collect();
    for Changed { path, new, .. } in differences(git, base, head)? {
        if of_course.contains(path.as_str()) && !is_work(&path) {
            continue;
        }
        match new.mode.as_str() {
            NO_FILE => in_draft(&["update-index", "--force-remove", "--", &path])?,
            mode => {
                let entry = format!("{mode},{},{path}", new.object);
                in_draft(&["update-index", "--add", "--cacheinfo", &entry])?
            }
        };
    }
    let tree = String::from_utf8_lossy(&in_draft(&["write-tree"])?).trim().to_owned();
    Ok(git.line(&["commit-tree", "-p", head, "-p", course, "-m", MESSAGE, &tree])?)
}

impl Version {
    /// The file; `None` where there is none. Links are not brought.
    fn entry(&self, git: &Git) -> Result<Option<Entry>, SyncError> {
        if ![FILE, EXECUTABLE].contains(&self.mode.as_str()) {
            return Ok(None);
        }
        let bytes = git.output(&["cat-file", "blob", &self.object])?;
        Ok(Some(Entry { bytes, executable: self.mode == EXECUTABLE }))
    }
}
