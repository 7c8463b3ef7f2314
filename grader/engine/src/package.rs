//! A course, packed for a platform that grades elsewhere.
//!
//! What decides a grade needs all of it: the checks, the solutions that later lessons are linked to, and the
//! sources of what learner code is linked against.

use std::{
    fs,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zip::{ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{checks::Lesson, render::HiddenChecks, workspace::Workspace};

const SETUP: &str = include_str!("package/setup.sh");
const RUN: &str = include_str!("package/run_autograder");

/// What of a workspace is packed: nothing that an instructor may keep beside it.
const PACKED: [&str; 6] = ["Cargo.toml", "Cargo.lock", "x", "exercises", "solutions", "grader"];
/// The folder of the course in the package.
const COURSE: &str = "course";
/// What cargo builds is as old as the machine that it was built on.
const BUILT: &str = "target";

/// Why a course is not packed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PackageError {
    #[error("failed to pack {root}: it has no folder `solutions`")]
    #[diagnostic(help(
        "what decides a grade is the whole course: --workspace DIR names its folder"
    ))]
    NoCourse { root: PathBuf },
    #[error("failed to read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to pack {0}: it is neither a folder nor a file of the course")]
    #[diagnostic(help(
        "a link may lead to a file of the course alone: put the file there, or remove it"
    ))]
    Strange(PathBuf),
    #[error("failed to write {path}")]
    Write { path: PathBuf, source: ZipError },
}

/// An assignment of Gradescope's.
#[derive(Debug)]
pub struct Assignment<'a> {
    pub lessons: &'a [&'static Lesson],
    /// Hidden inputs are drawn from it, the same for everyone.
    pub seed: u64,
    pub hidden_checks: HiddenChecks,
}

impl Assignment<'_> {
    /// What `run_autograder` reads, as variables of a shell.
    fn options(&self) -> String {
        let lessons: Vec<_> = self.lessons.iter().map(|lesson| lesson.id).collect();
        let (lessons, seed, when) = (lessons.join(" "), self.seed, self.hidden_checks.name());
        format!("lessons='{lessons}'\nseed='{seed}'\nhidden_checks='{when}'\n")
    }
}

/// Writes the archive that Gradescope takes as an autograder.
///
/// # Errors
/// When a file of the course cannot be read, is a link, or the archive cannot be written.
pub fn gradescope(
    workspace: &Workspace,
    assignment: &Assignment,
    out: &Path,
) -> Result<(), PackageError> {
    if !workspace.has_solutions() {
        return Err(PackageError::NoCourse { root: workspace.root().to_owned() });
    }
    let files = files(workspace.root())?;
    let options = assignment.options();
    let scripts = [("setup.sh", SETUP), ("run_autograder", RUN), ("options", &options)];
    let failed = |source| PackageError::Write { path: out.to_owned(), source };
    let folder = out.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
    // What is there already is replaced by a whole archive, which others cannot read, or not at all.
    let draft = NamedTempFile::new_in(folder).map_err(|source| failed(source.into()))?;
    let mut archive = ZipWriter::new(draft);
    for (name, text) in scripts {
        add(&mut archive, name, text.as_bytes(), true).map_err(failed)?;
    }
    for path in files {
        let full = workspace.root().join(&path);
        let bytes = fs::read(&full).map_err(read(&full))?;
        let name = Path::new(COURSE).join(&path).display().to_string();
        add(&mut archive, &name, &bytes, path == Path::new("x")).map_err(failed)?;
    }
    let whole = archive.finish().map_err(failed)?;
    whole.persist(out).map_err(|source| failed(source.error.into()))?;
    Ok(())
}

fn add<W: Write + Seek>(
    archive: &mut ZipWriter<W>,
    name: &str,
    bytes: &[u8],
    runs: bool,
) -> Result<(), ZipError> {
    let permissions = if runs { 0o755 } else { 0o644 };
    archive.start_file(name, SimpleFileOptions::default().unix_permissions(permissions))?;
    Ok(archive.write_all(bytes)?)
}

/// The files that are packed, relative to the root, in the order of their names.
fn files(root: &Path) -> Result<Vec<PathBuf>, PackageError> {
    let mut files = Vec::new();
    let mut open: Vec<_> = PACKED.map(PathBuf::from).to_vec();
    while let Some(path) = open.pop() {
        let full = root.join(&path);
        let kind = full.symlink_metadata().map_err(read(&full))?.file_type();
        match kind {
            it if it.is_dir() => open.extend(entries(root, &path)?),
            it if it.is_file() || leads_to_a_file_of(root, &full) => files.push(path),
            _ => return Err(PackageError::Strange(full)),
        }
    }
    files.sort();
    Ok(files)
}

/// True for a link to a file of the course, which is packed in its place.
fn leads_to_a_file_of(root: &Path, link: &Path) -> bool {
    let leads_within = |file: PathBuf| file.is_file() && file.starts_with(root);
    fs::canonicalize(link).is_ok_and(leads_within)
}

/// What lies in a folder, but for what is hidden or built.
fn entries(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, PackageError> {
    let full = root.join(folder);
    let entries = fs::read_dir(&full).map_err(read(&full))?;
    let names = entries.map(|entry| entry.map(|it| it.file_name()));
    let names: Vec<_> = names.collect::<io::Result<_>>().map_err(read(&full))?;
    let is_source = |name: &str| !name.starts_with('.') && name != BUILT;
    let names = names.iter().filter(|name| name.to_str().is_some_and(is_source));
    Ok(names.map(|name| folder.join(name)).collect())
}

fn read(path: &Path) -> impl FnOnce(io::Error) -> PackageError {
    let path = path.to_owned();
    |source| PackageError::Read { path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A course of nothing but names.
    fn course(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        folder
    }

    const COMPLETE: [&str; 6] =
        ["Cargo.lock", "Cargo.toml", "exercises/a", "grader/a", "solutions/a", "x"];

    const NO_LESSON: Assignment =
        Assignment { lessons: &[], seed: 7, hidden_checks: HiddenChecks::Hidden };

    #[test]
    fn an_archive_is_there_as_a_whole_or_not_at_all() {
        let folder = course(&COMPLETE);
        let workspace = Workspace::at(folder.path()).unwrap();
        let out = folder.path().join("a.zip");
        gradescope(&workspace, &NO_LESSON, &out).unwrap();
        let whole = fs::read(&out).unwrap();
        symlink("nowhere", folder.path().join("grader/b")).unwrap();
        gradescope(&workspace, &NO_LESSON, &out).unwrap_err();
        fs::remove_file(folder.path().join("grader/b")).unwrap();
        let nowhere = folder.path().join("nowhere/a.zip");
        let error = gradescope(&workspace, &NO_LESSON, &nowhere).unwrap_err().to_string();
        assert!(error.contains("failed to write ") && error.contains("nowhere/a.zip"), "{error}");
        fs::remove_dir_all(folder.path().join("solutions")).unwrap();
        let error = gradescope(&workspace, &NO_LESSON, &out).unwrap_err().to_string();
        assert!(error.contains("has no folder `solutions`"), "{error}");
        assert_eq!(fs::read(&out).unwrap(), whole);
        // The archive is where the solutions were, and no draft is left.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), COMPLETE.len());
    }

    #[test]
    fn nothing_is_packed_that_lies_beside_the_course() {
        let beside = ["course.key", "handed-in/a", "target/a", "grader/target/a", "grader/.git/a"];
        let folder = course(&[&COMPLETE[..], &beside].concat());
        assert_eq!(files(folder.path()).unwrap(), COMPLETE.map(PathBuf::from));
    }

    #[test]
    fn a_link_out_of_the_course_is_named_and_not_followed() {
        let folder = course(&COMPLETE);
        let root = fs::canonicalize(folder.path()).unwrap();
        symlink("../grader/a", root.join("solutions/b")).unwrap();
        assert!(files(&root).unwrap().contains(&PathBuf::from("solutions/b")));
        for target in ["/etc/passwd", "../grader", "nowhere"] {
            symlink(target, root.join("solutions/c")).unwrap();
            let error = files(&root).unwrap_err().to_string();
            assert!(error.contains("solutions/c: it is neither"), "{target}: {error}");
            fs::remove_file(root.join("solutions/c")).unwrap();
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = course(&COMPLETE[..5]);
        let error = files(folder.path()).unwrap_err().to_string();
        assert_eq!(error, format!("failed to read {}", folder.path().join("x").display()));
    }
}
