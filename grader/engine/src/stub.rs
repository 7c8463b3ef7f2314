//! A lesson as it was handed out: what a learner begins with, and what `reset` brings back.

use std::{collections::BTreeMap, fs};

use crate::{
    git::Git,
    handout::{
        Entry,
        record::{Record, is_work},
    },
    sync::{Repository, SyncError},
    workspace::Workspace,
};

/// What stands in a stub wherever there is something to write.
const BLANK: &str = "todo!(";

/// Why a lesson stays as it is.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ResetError {
    #[error("failed to find the stub of {lesson}: neither git nor the record of a handout has it")]
    #[diagnostic(help("take exercises/{lesson}/src from a fresh copy of the course"))]
    NoStub { lesson: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Files(#[from] SyncError),
}

/// What a reset replaced: each file, and its copy.
pub type Replaced = Vec<(String, String)>;

/// Brings the stub of a lesson back. A copy is kept of each file that differs.
///
/// # Errors
/// When the stub is not known, or a file cannot be read or written.
pub fn reset(workspace: &Workspace, lesson: &str) -> Result<Replaced, ResetError> {
    let stub = stub(workspace, lesson);
    let stub = stub.ok_or_else(|| ResetError::NoStub { lesson: lesson.to_owned() })?;
    let repository = Repository::at(workspace.root())?;
    let mut replaced = Vec::new();
    for (path, bytes) in stub {
        let here = repository.read(&path)?;
        if here.as_ref() == Some(&bytes) {
            continue;
        }
        let copy = here.map(|here| repository.keep(&path, &here)).transpose()?;
        repository.write(&path, &Entry { bytes, executable: false })?;
        replaced.push((path, copy.unwrap_or_default()));
    }
    Ok(replaced)
}

/// True for a lesson of which every file is as it was handed out.
pub fn is_untouched(workspace: &Workspace, lesson: &str) -> bool {
    let Some(stub) = stub(workspace, lesson) else { return false };
    let is_here = |(path, bytes): (&String, &Vec<u8>)| {
        fs::read(workspace.root().join(path)).is_ok_and(|here| here == *bytes)
    };
    !stub.is_empty() && stub.iter().all(is_here)
}

/// The files of a stub.
fn stub(workspace: &Workspace, lesson: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let folder = format!("exercises/{lesson}/src/");
    if let Some(record) = Record::read(workspace.root()) {
        let texts = record.texts.into_iter().filter(|(path, _)| path.starts_with(&folder));
        let files: BTreeMap<_, _> = texts.map(|(path, text)| (path, text.into_bytes())).collect();
        return (!files.is_empty()).then_some(files);
    }
    let git = Git::of(workspace.root())?;
    let file = format!("{folder}lib.rs");
    let commit = of_course(&git, &file).or_else(|| of_history(&git, &file))?;
    let listed =
        git.output(&["ls-tree", "-r", "-z", "--name-only", &commit, "--", &folder]).ok()?;
    let listed = String::from_utf8(listed).ok()?;
    let paths = listed.split('\0').filter(|path| is_work(path));
    let files = paths.map(|path| Some((path.to_owned(), git.file(&commit, path).ok()?)));
    files.collect()
}

/// The commit of the course that the learner's work is based on.
fn of_course(git: &Git, file: &str) -> Option<String> {
    let commit = git.line(&["merge-base", "HEAD", git.course_branch()?]).ok()?;
    (blanks(git, &commit, file) > 0).then_some(commit)
}

/// The newest commit that left most to write: the learner's own have filled it in.
fn of_history(git: &Git, file: &str) -> Option<String> {
    let commits = git.output(&["log", "--format=%H", "--", file]).ok()?;
    let commits = String::from_utf8(commits).ok()?;
    let newest_last: Vec<_> = commits.lines().rev().collect();
    let most = newest_last.into_iter().max_by_key(|commit| blanks(git, commit, file))?;
    (blanks(git, most, file) > 0).then(|| most.to_owned())
}

fn blanks(git: &Git, commit: &str, file: &str) -> usize {
    let text = git.file(commit, file).unwrap_or_default();
    String::from_utf8_lossy(&text).matches(BLANK).count()
}
