//! Takes one copy of a learner's source files: what is graded is the copy.
//!
//! Only `src/**/*.rs` is taken, without following a link, and only regular UTF-8 files of sensible
//! size. Manifests, build scripts and tool configuration stay where they are.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, Dir, FileType, Mode, OFlags},
    io::Errno,
};
use sha2::{Digest, Sha256};

const MOST_FILES: usize = 64;
const LONGEST_FILE: u64 = 256 << 10;
const DEEPEST_FOLDER: usize = 8;

/// The learner's source files of one lesson.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// One source file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to the lesson's folder: `src/lib.rs`.
    pub path: PathBuf,
    pub text: String,
}

/// Why nothing was taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The submission has no such file.
    #[error("{0} is not in the submission: nothing was handed in for this lesson")]
    Missing(String),
    /// There is a file that is not graded.
    #[error("{path} was not accepted: {reason}")]
    Unacceptable {
        /// The file, as the learner knows it.
        path: String,
        reason: String,
    },
}

impl Sources {
    /// Copies `src/**/*.rs` of the lesson's `folder`, which messages call `known_as`.
    pub fn take(folder: &Path, known_as: &str) -> Result<Self, Refusal> {
        let missing = || Refusal::Missing(format!("{known_as}/src/lib.rs"));
        let no_folder = |errno| match errno {
            Errno::NOENT => missing(),
            errno => unacceptable(&format!("{known_as}/src"), &explain(errno)),
        };
        let lesson = open(CWD, folder, OFlags::DIRECTORY).map_err(no_folder)?;
        let src = open(&lesson, "src", OFlags::DIRECTORY).map_err(no_folder)?;
        let mut sources = Self::default();
        sources.take_folder(&src, Path::new("src"), known_as)?;
        sources.files.sort_by(|one, other| one.path.cmp(&other.path));
        sources.file("src/lib.rs").ok_or_else(missing)?;
        Ok(sources)
    }

    /// Sources with one file, `src/lib.rs`.
    #[cfg(test)]
    pub fn of_text(text: &str) -> Self {
        Self { files: vec![SourceFile { path: "src/lib.rs".into(), text: text.to_owned() }] }
    }

    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of the file at `path`.
    pub fn file(&self, path: &str) -> Option<&str> {
        let found = self.files.iter().find(|file| file.path == Path::new(path))?;
        Some(&found.text)
    }

    /// The hash that names this copy.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for SourceFile { path, text } in &self.files {
            hash.update(format!("{} {}\n", path.display(), text.len()));
            hash.update(text);
        }
        hex(&hash.finalize())
    }

    fn take_folder(
        &mut self,
        folder: &OwnedFd,
        path: &Path,
        known_as: &str,
    ) -> Result<(), Refusal> {
        let shown = || format!("{known_as}/{}", path.display());
        let refuse = |errno| unacceptable(&shown(), &explain(errno));
        if path.components().count() > DEEPEST_FOLDER {
            return Err(unacceptable(&shown(), "it is nested too deep"));
        }
        for entry in Dir::read_from(folder).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            let Ok(name) = entry.file_name().to_str() else {
                return Err(unacceptable(&shown(), "it holds a file whose name is not UTF-8"));
            };
            if name != "." && name != ".." {
                self.take_entry(folder, &path.join(name), name, known_as)?;
            }
        }
        Ok(())
    }

    fn take_entry(
        &mut self,
        folder: &OwnedFd,
        path: &Path,
        name: &str,
        known_as: &str,
    ) -> Result<(), Refusal> {
        let shown = format!("{known_as}/{}", path.display());
        let refuse = |errno| unacceptable(&shown, &explain(errno));
        // Non-blocking, because opening a FIFO would otherwise wait for a writer for ever.
        let entry = open(folder, name, OFlags::NONBLOCK).map_err(refuse)?;
        match FileType::from_raw_mode(rustix::fs::fstat(&entry).map_err(refuse)?.st_mode) {
            FileType::Directory => self.take_folder(&entry, path, known_as),
            FileType::RegularFile if !name.ends_with(".rs") => Ok(()),
            FileType::RegularFile if self.files.len() == MOST_FILES => {
                Err(unacceptable(&shown, &format!("there are more than {MOST_FILES} source files")))
            }
            FileType::RegularFile => {
                let text = read(entry).map_err(|reason| unacceptable(&shown, &reason))?;
                self.files.push(SourceFile { path: path.to_owned(), text });
                Ok(())
            }
            _ => Err(unacceptable(&shown, "it is not a regular file")),
        }
    }
}

fn open(
    parent: impl std::os::fd::AsFd,
    name: impl rustix::path::Arg,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

fn read(file: OwnedFd) -> Result<String, String> {
    let mut bytes = Vec::new();
    let length = File::from(file).take(LONGEST_FILE + 1).read_to_end(&mut bytes);
    match length {
        Err(error) => Err(error.to_string()),
        Ok(length) if length as u64 > LONGEST_FILE => {
            Err(format!("it is larger than {} KiB", LONGEST_FILE >> 10))
        }
        Ok(_) => String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
            format!("it is not UTF-8 text: see line {line}; save the file as UTF-8")
        }),
    }
}

fn explain(errno: Errno) -> String {
    match errno {
        Errno::LOOP | Errno::NOTDIR => {
            "it is a link or not a folder; put the file itself there".to_owned()
        }
        errno => io::Error::from(errno).to_string(),
    }
}

fn unacceptable(path: &str, reason: &str) -> Refusal {
    Refusal::Unacceptable { path: path.to_owned(), reason: reason.to_owned() }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn lesson(write: impl FnOnce(&Path)) -> Result<Sources, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        write(&folder.path().join("src"));
        Sources::take(folder.path(), "ex")
    }

    fn reason(result: Result<Sources, Refusal>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn source_files_are_taken_and_nothing_else() {
        let sources = lesson(|src| {
            fs::create_dir(src.join("inner")).unwrap();
            fs::write(src.join("lib.rs"), "mod inner;").unwrap();
            fs::write(src.join("inner/mod.rs"), "").unwrap();
            fs::write(src.join("notes.txt"), "private").unwrap();
        });
        let paths: Vec<_> = sources.unwrap().files.into_iter().map(|file| file.path).collect();
        assert_eq!(paths, [Path::new("src/inner/mod.rs"), Path::new("src/lib.rs")]);
    }

    #[test]
    fn a_missing_file_is_not_an_unacceptable_one() {
        assert_eq!(lesson(|_| ()).unwrap_err(), Refusal::Missing("ex/src/lib.rs".to_owned()));
        assert!(matches!(Sources::take(Path::new("/nowhere"), "ex"), Err(Refusal::Missing(_))));
    }

    #[test]
    fn links_are_not_followed() {
        let linked = lesson(|src| {
            std::os::unix::fs::symlink("/etc/passwd", src.join("lib.rs")).unwrap();
        });
        assert!(reason(linked).contains("it is a link"));
    }

    #[test]
    fn a_fifo_neither_hangs_nor_passes() {
        let fifo = lesson(|src| {
            let path = src.join("lib.rs");
            rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
        });
        assert!(reason(fifo).contains("not a regular file"));
    }

    #[test]
    fn text_that_is_not_utf8_names_its_line() {
        let latin = lesson(|src| fs::write(src.join("lib.rs"), b"// ok\n// caf\xe9\n").unwrap());
        assert!(reason(latin).contains("see line 2"));
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let large = lesson(|src| fs::write(src.join("lib.rs"), vec![b' '; 2 << 20]).unwrap());
        assert!(reason(large).contains("larger than 256 KiB"));
    }

    #[test]
    fn the_digest_names_paths_and_texts() {
        let written = |path: &str, text: &str| {
            let files = vec![SourceFile { path: path.into(), text: text.to_owned() }];
            Sources { files }.digest()
        };
        assert_ne!(written("src/lib.rs", "a"), written("src/lib.rs", "b"));
        assert_ne!(written("src/lib.rs", "a"), written("src/other.rs", "a"));
        assert_eq!(written("src/lib.rs", "a"), written("src/lib.rs", "a"));
    }
}
