//! Files of a lesson that lies in a folder.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, FileType, Mode, OFlags},
    io::Errno,
};

use super::sources;

/// The text of the file at `path` in the folder `lesson`; none where there is no file. Every folder on
/// the way is opened relative to its parent: nothing outside of the lesson can be reached.
pub fn text(lesson: &Path, path: &Path) -> Result<Option<String>, String> {
    match file(lesson, path) {
        Ok(Some(file)) => sources::text(file).map(Some),
        Ok(None) | Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(explain(errno)),
    }
}

fn file(lesson: &Path, path: &Path) -> Result<Option<File>, Errno> {
    let mut folder = open(CWD, lesson, OFlags::DIRECTORY)?;
    for name in path.parent().into_iter().flat_map(Path::iter) {
        folder = open(&folder, name, OFlags::DIRECTORY)?;
    }
    // Non-blocking, because opening a FIFO would otherwise wait for a writer for ever.
    let file = open(&folder, path.file_name().ok_or(Errno::NOENT)?, OFlags::NONBLOCK)?;
    match FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) {
        FileType::Directory => Ok(None),
        FileType::RegularFile => Ok(Some(File::from(file))),
        // What a device answers to those who ask it for what it does not do.
        _ => Err(Errno::NOTTY),
    }
}

fn open(parent: impl AsFd, name: impl rustix::path::Arg, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

fn explain(errno: Errno) -> String {
    match errno {
        Errno::LOOP | Errno::NOTDIR => {
            "it is a link or not a folder; put the file itself there".to_owned()
        }
        Errno::NOTTY | Errno::NXIO => "it is not a regular file".to_owned(),
        errno => io::Error::from(errno).to_string(),
    }
}

/// A source file in the `src` of the folder `lesson`, the first by name, or else its `lib.rs`; relative to
/// the lesson.
pub fn other_file(lesson: &Path) -> Option<PathBuf> {
    let is_source = |path: &PathBuf| is_file(path) && path.extension() == Some("rs".as_ref());
    let files = fs::read_dir(lesson.join("src")).into_iter().flatten().flatten();
    let first = files.map(|entry| entry.path()).filter(is_source).min();
    let file = first.or_else(|| Some(lesson.join("lib.rs")).filter(|path| is_file(path)))?;
    file.strip_prefix(lesson).ok().map(Path::to_owned)
}

/// What to do where the folder `lesson` of a submission has no file, and one near it has.
pub fn advice(lesson: &Path) -> Option<String> {
    let (submission, id) = (lesson.parent()?, lesson.file_name()?);
    if let Some(inner) = inner(submission, id) {
        let file = inner.join(id).join("src/lib.rs");
        return Some(format!(
            "There is {}: please give --submission {}",
            file.display(),
            inner.display()
        ));
    }
    let files = ["src/lib.rs", "lib.rs"].map(|file| submission.join(file));
    let file = files.iter().find(|file| is_file(file))?;
    let id = id.display();
    let place = file.canonicalize().ok()?;
    match place.ancestors().nth(2) {
        Some(own) if place.ends_with(format!("{id}/src/lib.rs")) => Some(format!(
            "There is {}: please give --submission {}",
            file.display(),
            own.parent()?.display()
        )),
        _ => Some(format!(
            "There is {}: please put it at {id}/src/lib.rs, and give the folder that holds {id}",
            file.display()
        )),
    }
}

/// The folder in `submission` that holds the lesson; `exercises` where there are several.
fn inner(submission: &Path, id: &std::ffi::OsStr) -> Option<PathBuf> {
    let folders = fs::read_dir(submission).ok()?.flatten().map(|entry| entry.path());
    let holds = |folder: &PathBuf| is_file(&folder.join(id).join("src/lib.rs"));
    let mut holding: Vec<_> = folders.filter(holds).collect();
    holding.sort_by_key(|folder| (!folder.ends_with("exercises"), folder.clone()));
    holding.into_iter().next()
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(write: impl FnOnce(&Path), path: &str) -> Result<Option<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        write(&folder.path().join("src"));
        text(folder.path(), Path::new(path))
    }

    #[test]
    fn a_file_is_taken_from_the_folder() {
        let write = |src: &Path| fs::write(src.join("lib.rs"), "mod inner;").unwrap();
        assert_eq!(taken(write, "src/lib.rs"), Ok(Some("mod inner;".to_owned())));
        assert_eq!(taken(write, "src/inner.rs"), Ok(None));
        assert_eq!(taken(write, "src/inner/mod.rs"), Ok(None));
        assert_eq!(text(Path::new("/nowhere"), Path::new("src/lib.rs")), Ok(None));
    }

    #[test]
    fn links_are_not_followed() {
        let link = |src: &Path| {
            std::os::unix::fs::symlink("/etc/passwd", src.join("lib.rs")).unwrap();
            std::os::unix::fs::symlink("/etc", src.join("etc")).unwrap();
        };
        assert!(taken(link, "src/lib.rs").unwrap_err().contains("it is a link"));
        assert!(taken(link, "src/etc/passwd").unwrap_err().contains("it is a link"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_fifo_neither_hangs_nor_passes() {
        let fifo = |src: &Path| {
            let path = src.join("lib.rs");
            rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
        };
        assert!(taken(fifo, "src/lib.rs").unwrap_err().contains("not a regular file"));
    }

    #[test]
    fn a_root_of_another_name_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let lesson = folder.path();
        fs::create_dir(lesson.join("src")).unwrap();
        assert_eq!(other_file(lesson), None);
        for (file, found) in [
            ("build.rs", None),
            ("lib.rs", Some("lib.rs")),
            ("src/neuron.rs", Some("src/neuron.rs")),
            ("src/helper.rs", Some("src/helper.rs")),
        ] {
            fs::write(lesson.join(file), "").unwrap();
            assert_eq!(other_file(lesson).as_deref(), found.map(Path::new), "{file}");
        }
    }

    #[test]
    fn a_folder_that_is_near_the_right_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for part in ["fork/exercises", "fork/a_copy"] {
            fs::create_dir_all(root.join(part).join("ex_2_2/src")).unwrap();
            fs::write(root.join(part).join("ex_2_2/src/lib.rs"), "").unwrap();
        }
        let give = |path: &str| format!("please give --submission {}", root.join(path).display());
        for (given, right) in [
            ("fork", "fork/exercises"),
            ("fork/exercises/ex_2_2", "fork/exercises"),
            ("fork/exercises/ex_2_2/src", "fork/exercises"),
        ] {
            let advice = advice(&root.join(given).join("ex_2_2")).unwrap();
            assert!(advice.ends_with(&give(right)), "{given}: {advice}");
        }
        fs::write(root.join("lib.rs"), "").unwrap();
        let lone = advice(&root.join("ex_2_2")).unwrap();
        assert!(
            lone.ends_with("put it at ex_2_2/src/lib.rs, and give the folder that holds ex_2_2")
        );
        assert_eq!(advice(&root.join("fork/exercises/ex_3_1")), None);
    }
}
