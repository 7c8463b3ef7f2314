//! Which files of the course are handed out: those that git has, so that no draft, no backup of an editor
//! and no solution that an instructor tried out goes along.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::HandoutError;

/// The files of a folder, by their paths in it. Where there is no git, all but hidden ones and `target`.
///
/// # Errors
/// When one differs from what git has, unless that is allowed.
pub fn files(folder: &Path, allow_dirty: bool) -> Result<Vec<PathBuf>, HandoutError> {
    if !is_in_git(folder) {
        let mut files = Vec::new();
        walk(folder, Path::new(""), &mut files)?;
        return Ok(files);
    }
    require(folder, ".", allow_dirty)?;
    let listed = git(folder, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
    let files = listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    // One that was removed is still listed.
    Ok(files.filter(|file| folder.join(file).symlink_metadata().is_ok()).collect())
}

/// # Errors
/// When something at `path` in the folder differs from what git has, unless that is allowed.
pub fn require(folder: &Path, path: &str, allow_dirty: bool) -> Result<(), HandoutError> {
    if allow_dirty || !is_in_git(folder) {
        return Ok(());
    }
    let status =
        git(folder, &["status", "--porcelain", "-z", "--untracked-files=all", "--", path])?;
    match status.split('\0').next().and_then(|entry| entry.get(3..)) {
        Some(dirty) => Err(HandoutError::Dirty { path: dirty.to_owned() }),
        None => Ok(()),
    }
}

fn is_in_git(folder: &Path) -> bool {
    folder.ancestors().any(|it| it.join(".git").exists())
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, HandoutError> {
    let output = Command::new("git").current_dir(folder).args(arguments).output();
    let output = output.map_err(|source| HandoutError::Run { program: "git", source })?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(HandoutError::Git { status: output.status, messages });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn walk(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Result<(), HandoutError> {
    let folder = root.join(below);
    let read = |source| HandoutError::Read { path: folder.clone(), source };
    for entry in fs::read_dir(&folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name();
        if name == "target" || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = below.join(name);
        match entry.file_type().map_err(read)?.is_dir() {
            true => walk(root, &path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
