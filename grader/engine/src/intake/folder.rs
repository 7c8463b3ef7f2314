use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{CWD, Dir, FileType, Mode, OFlags},
    io::Errno,
};

use super::{
    Rejection, Sources,
    sources::{is_too_deep, shown},
};

/// How many files and folders are looked at.
const MAX_ENTRIES: usize = 10_000;

impl Sources {
    /// Copies `src/**/*.rs` of the lesson's `folder`, which messages call `display_path`.
    pub fn take(folder: &Path, display_path: &str) -> Result<Self, Rejection> {
        let no_folder = |errno| match errno {
            Errno::NOENT => Rejection::Missing(format!("{display_path}/src/lib.rs")),
            errno => Rejection::of(format!("{display_path}/src"), explain(errno)),
        };
        let lesson = open(CWD, folder, OFlags::DIRECTORY).map_err(no_folder)?;
        let src = open(&lesson, "src", OFlags::DIRECTORY).map_err(no_folder)?;
        let mut walk = Walk { display_path, taken: Self::default(), entries: 0 };
        walk.folder(&src, Path::new("src"))?;
        walk.taken.complete(display_path)
    }
}

/// The way through the folders of a lesson.
struct Walk<'a> {
    display_path: &'a str,
    taken: Sources,
    entries: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &OwnedFd, path: &Path) -> Result<(), Rejection> {
        if is_too_deep(path) {
            return Err(self.rejection(path, "its folders are nested too deep"));
        }
        for entry in Dir::read_from(folder).map_err(|errno| self.rejection(path, explain(errno)))? {
            let entry = entry.map_err(|errno| self.rejection(path, explain(errno)))?;
            let Ok(name) = entry.file_name().to_str() else {
                return Err(self.rejection(path, "it contains a file whose name is not UTF-8"));
            };
            if name != "." && name != ".." {
                self.entry(folder, &path.join(name), name)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, folder: &OwnedFd, path: &Path, name: &str) -> Result<(), Rejection> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(self.rejection(path, format!("it is one of more than {MAX_ENTRIES} files")));
        }
        let reject = |errno| self.rejection(path, explain(errno));
        // Non-blocking, because opening a FIFO would otherwise wait for a writer for ever.
        let entry = open(folder, name, OFlags::NONBLOCK).map_err(reject)?;
        match FileType::from_raw_mode(rustix::fs::fstat(&entry).map_err(reject)?.st_mode) {
            FileType::Directory => self.folder(&entry, path),
            FileType::RegularFile if !name.ends_with(".rs") => Ok(()),
            FileType::RegularFile => {
                self.taken.add(path, File::from(entry), self.display_path).map(drop)
            }
            _ => Err(self.rejection(path, "it is not a regular file")),
        }
    }

    fn rejection(&self, path: &Path, reason: impl ToString) -> Rejection {
        Rejection::of(shown(path, self.display_path), reason)
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

fn explain(errno: Errno) -> String {
    match errno {
        Errno::LOOP | Errno::NOTDIR => {
            "it is a link or not a folder; put the file itself there".to_owned()
        }
        errno => io::Error::from(errno).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn lesson(write: impl FnOnce(&Path)) -> Result<Sources, Rejection> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        write(&folder.path().join("src"));
        Sources::take(folder.path(), "ex")
    }

    fn reason(result: Result<Sources, Rejection>) -> String {
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
        let paths: Vec<_> = sources.unwrap().files().iter().map(|file| file.path.clone()).collect();
        assert_eq!(paths, [Path::new("src/inner/mod.rs"), Path::new("src/lib.rs")]);
    }

    #[test]
    fn a_missing_file_is_not_an_unacceptable_one() {
        assert_eq!(lesson(|_| ()).unwrap_err(), Rejection::Missing("ex/src/lib.rs".to_owned()));
        assert!(matches!(Sources::take(Path::new("/nowhere"), "ex"), Err(Rejection::Missing(_))));
    }

    #[test]
    fn links_are_not_followed() {
        let linked = lesson(|src| {
            std::os::unix::fs::symlink("/etc/passwd", src.join("lib.rs")).unwrap();
        });
        assert!(reason(linked).contains("it is a link"));
    }

    #[cfg(target_os = "linux")]
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
    fn a_file_that_is_too_large_is_rejected() {
        let large = lesson(|src| fs::write(src.join("lib.rs"), vec![b' '; 2 << 20]).unwrap());
        assert!(reason(large).contains("larger than 256 KiB"));
    }
}
