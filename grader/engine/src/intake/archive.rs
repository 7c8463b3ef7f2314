use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek},
    path::{Component, Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;

use super::{Rejection, Sources, sources::shown};

/// How long an archive may be, and how much may be in it, in bytes.
const MAX_ARCHIVE_BYTES: u64 = 64 << 20;

const MAX_ENTRIES: usize = 10_000;

/// Where the header of a tar file says what it is.
const TAR_MAGIC_AT: usize = 257;

/// What was taken from an archive.
#[derive(Debug, Default)]
pub struct Archive {
    lessons: BTreeMap<String, Result<Sources, Rejection>>,
    /// Why nothing of it counts.
    rejection: Option<Rejection>,
    entries: usize,
    /// How much was taken of all lessons together, in bytes.
    taken: u64,
}

/// What an entry of an archive is.
enum Kind {
    Folder,
    File,
    /// A link, a device and the like.
    Other,
}

impl Archive {
    /// Takes the source files of an archive, which messages call `display_path`.
    pub fn read(file: File, display_path: &str) -> Self {
        let mut archive = Self::default();
        let read = archive.fill(file, display_path);
        archive.rejection = read.err().map(|reason| Rejection::of(display_path, reason));
        archive
    }

    pub fn sources(&self, lesson: &str, display_path: &str) -> Result<Sources, Rejection> {
        if let Some(rejection) = &self.rejection {
            return Err(rejection.clone());
        }
        let taken = self.lessons.get(lesson).cloned();
        taken.unwrap_or_else(|| Ok(Sources::default()))?.complete(display_path)
    }

    fn fill(&mut self, mut file: File, display_path: &str) -> Result<(), String> {
        if file.metadata().map_err(damaged)?.len() > MAX_ARCHIVE_BYTES {
            return Err(too_much());
        }
        let mut start = Vec::new();
        file.by_ref().take(TAR_MAGIC_AT as u64 + 5).read_to_end(&mut start).map_err(damaged)?;
        file.rewind().map_err(damaged)?;
        match start.as_slice() {
            [b'P', b'K', ..] => self.unzip(file, display_path),
            [0x1f, 0x8b, ..] => self.untar(MultiGzDecoder::new(file), display_path),
            start if start.get(TAR_MAGIC_AT..) == Some(b"ustar") => self.untar(file, display_path),
            _ => Err("it is neither a folder nor a .zip, .tar or .tar.gz file".to_owned()),
        }
    }

    fn untar(&mut self, file: impl Read, display_path: &str) -> Result<(), String> {
        // Everything is unpacked in passing, what is not taken as well.
        let mut file = file.take(MAX_ARCHIVE_BYTES);
        let mut archive = tar::Archive::new(&mut file);
        let mut entries = archive.entries().map_err(damaged)?;
        let taken = entries.try_for_each(|entry| {
            let entry = entry.map_err(damaged)?;
            let kind = match entry.header().entry_type() {
                EntryType::Directory => Kind::Folder,
                EntryType::Regular | EntryType::Continuous => Kind::File,
                _ => Kind::Other,
            };
            match self.wanted(&entry.path_bytes(), &kind, display_path)? {
                Some(wanted) => self.add(wanted, entry),
                None => Ok(()),
            }
        });
        if file.limit() == 0 { Err(too_much()) } else { taken }
    }

    fn unzip(&mut self, file: File, display_path: &str) -> Result<(), String> {
        let mut archive = ZipArchive::new(file).map_err(damaged)?;
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at).map_err(damaged)?;
            let kind = match (entry.is_dir(), entry.is_file()) {
                (true, _) => Kind::Folder,
                (_, true) => Kind::File,
                _ => Kind::Other,
            };
            if let Some(wanted) = self.wanted(entry.name_raw(), &kind, display_path)? {
                drop(entry);
                self.add(wanted, archive.by_index(at).map_err(damaged)?)?;
            }
        }
        Ok(())
    }

    /// Where the entry belongs, when it is a source file of a lesson. An error concerns the archive as
    /// a whole.
    fn wanted(
        &mut self,
        path: &[u8],
        kind: &Kind,
        display_path: &str,
    ) -> Result<Option<Wanted>, String> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(format!("it contains more than {MAX_ENTRIES} files"));
        }
        let Some((lesson, path)) = of_lesson(&inside(path)?) else { return Ok(None) };
        let display_path = format!("{display_path}/{lesson}");
        if matches!(kind, Kind::Other) {
            let rejection = Rejection::of(shown(&path, &display_path), "it is not a regular file");
            self.lessons.insert(lesson, Err(rejection));
            return Ok(None);
        }
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        let wanted = matches!(kind, Kind::File) && is_source;
        Ok(wanted.then_some(Wanted { lesson, path, display_path }))
    }

    fn add(&mut self, wanted: Wanted, contents: impl Read) -> Result<(), String> {
        let Wanted { lesson, path, display_path } = wanted;
        let sources = self.lessons.entry(lesson).or_insert_with(|| Ok(Sources::default()));
        // What is rejected stays rejected.
        if let Ok(taken) = sources {
            match taken.add(&path, contents, &display_path) {
                Ok(length) => self.taken += length as u64,
                Err(rejection) => *sources = Err(rejection),
            }
        }
        if self.taken > MAX_ARCHIVE_BYTES { Err(too_much()) } else { Ok(()) }
    }
}

/// A source file of a lesson.
struct Wanted {
    lesson: String,
    /// Relative to the lesson's folder.
    path: PathBuf,
    display_path: String,
}

/// The path of an entry, when it stays inside of the archive.
fn inside(path: &[u8]) -> Result<PathBuf, String> {
    let Ok(text) = std::str::from_utf8(path) else {
        let shown = String::from_utf8_lossy(path);
        return Err(format!("it contains a file whose name is not UTF-8: {shown}"));
    };
    let path = Path::new(text);
    let stays = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    if !path.components().all(stays) || text.contains(['\\', '\0']) {
        return Err(format!("it contains a path outside the submission: {text}"));
    }
    Ok(path.to_owned())
}

/// The lesson whose `src` holds the path, and the path in the lesson's folder. Learners pack the
/// folders of their lessons, or a folder that holds these.
fn of_lesson(path: &Path) -> Option<(String, PathBuf)> {
    let names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
    // What macOS keeps beside the files is no source.
    if names.contains(&"__MACOSX") || names.last()?.starts_with("._") {
        return None;
    }
    let is_src = |pair: &[&str]| pair[0].starts_with("ex_") && pair[1] == "src";
    let at = names.windows(2).position(is_src)?;
    let inside = names[at + 1..].iter().collect();
    Some((names[at].to_owned(), inside))
}

fn damaged(error: impl std::fmt::Display) -> String {
    format!("it cannot be unpacked ({error}); please pack it again, without a password")
}

fn too_much() -> String {
    format!("it contains more than {} MiB", MAX_ARCHIVE_BYTES >> 20)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use flate2::{Compression, write::GzEncoder};
    use rstest::rstest;
    use tar::Header;
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn taken(bytes: &[u8]) -> Archive {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        Archive::read(file, "mine")
    }

    fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, kind, contents) in entries {
            let mut header = Header::new_ustar();
            // The builder's own way to set a path refuses those that lead elsewhere.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(contents.len() as u64);
            header.set_cksum();
            archive.append(&header, *contents).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn tar_of(path: &str, contents: &[u8]) -> Vec<u8> {
        tar(&[(path, EntryType::Regular, contents)])
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn zip(paths: &[&str], contents: &[u8]) -> Vec<u8> {
        let mut archive = ZipWriter::new(io::Cursor::new(Vec::new()));
        for path in paths {
            archive.start_file(*path, SimpleFileOptions::default()).unwrap();
            archive.write_all(contents).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn rejection(bytes: &[u8]) -> String {
        taken(bytes).sources("ex_2_2", "mine/ex_2_2").unwrap_err().to_string()
    }

    #[rstest]
    #[case::tar(tar_of("ex_2_2/src/lib.rs", b"text"))]
    #[case::tar_in_a_folder(tar_of("./handed/in/ex_2_2/src/lib.rs", b"text"))]
    #[case::tar_gz(gzipped(&tar_of("ex_2_2/src/lib.rs", b"text")))]
    #[case::zip(zip(&["ex_2_2/src/lib.rs"], b"text"))]
    #[case::zip_of_a_mac(zip(&["me/ex_2_2/src/lib.rs", "__MACOSX/me/ex_2_2/src/._lib.rs"], b"text"))]
    #[case::other_files(zip(&["ex_2_2/src/lib.rs", "ex_2_2/build.rs", "ex_2_2/src/a.txt"], b"text"))]
    fn sources_are_taken(#[case] bytes: Vec<u8>) {
        let sources = taken(&bytes).sources("ex_2_2", "mine/ex_2_2").unwrap();
        assert_eq!((sources.files().len(), sources.file("src/lib.rs")), (1, Some("text")));
        assert!(taken(&bytes).sources("ex_3_1", "").is_err());
    }

    #[rstest]
    #[case::no_archive(b"fn main() {}".to_vec(), "neither a folder nor a .zip")]
    #[case::empty(vec![], "neither a folder nor a .zip")]
    #[case::truncated_zip(zip(&["ex_2_2/src/lib.rs"], b"text")[..60].to_vec(), "cannot be unpacked")]
    #[case::truncated_tar(tar_of("ex_2_2/src/lib.rs", &[b' '; 2000])[..900].to_vec(), "cannot be unpacked")]
    #[case::no_tar_in_gz(gzipped(b"not a tar file, but words"), "cannot be unpacked")]
    #[case::up(tar_of("../ex_2_2/src/lib.rs", b""), "outside the submission: ../ex_2_2")]
    #[case::up_within(zip(&["ex_2_2/src/../../ex_3_1/src/lib.rs"], b""), "outside the submission")]
    #[case::absolute(tar_of("/ex_2_2/src/lib.rs", b""), "outside the submission")]
    #[case::backslashes(zip(&["ex_2_2\\src\\lib.rs"], b""), "outside the submission")]
    #[case::bomb(gzipped(&tar_of("bomb", &vec![0; 70 << 20])), "more than 64 MiB")]
    #[case::many_lessons(
        zip(&Vec::from_iter((0..300).map(|at| &*format!("ex_{at}/src/lib.rs").leak())), &vec![b' '; 256 << 10]),
        "more than 64 MiB"
    )]
    #[case::many_files(
        zip(&Vec::from_iter((0..10_001).map(|at| &*format!("{at}").leak())), b""),
        "more than 10000 files"
    )]
    fn an_archive_is_rejected_as_a_whole(#[case] bytes: Vec<u8>, #[case] says: &str) {
        let rejection = rejection(&bytes);
        assert!(
            rejection.starts_with("mine was not accepted") && rejection.contains(says),
            "{rejection}"
        );
        assert!(taken(&bytes).sources("ex_3_1", "mine/ex_3_1").is_err());
    }

    #[rstest]
    #[case::link("ex_2_2/src/lib.rs", EntryType::Symlink, "", "not a regular file")]
    #[case::hard_link("ex_2_2/src/lib.rs", EntryType::Link, "", "not a regular file")]
    #[case::device("ex_2_2/src/lib.rs", EntryType::Char, "", "not a regular file")]
    #[case::large("ex_2_2/src/a.rs", EntryType::Regular, " ".repeat(300 << 10), "larger than 256 KiB")]
    #[case::not_utf8("ex_2_2/src/a.rs", EntryType::Regular, b"\xff", "not UTF-8")]
    #[case::case_alone("ex_2_2/src/LIB.rs", EntryType::Regular, "", "only in upper and lower case")]
    #[case::twice("ex_2_2/src/lib.rs", EntryType::Regular, "", "twice")]
    #[case::deep("ex_2_2/src/1/2/3/4/5/6/7/8/a.rs", EntryType::Regular, "", "too deep")]
    fn one_lesson_is_rejected_alone(
        #[case] path: &str,
        #[case] kind: EntryType,
        #[case] contents: impl AsRef<[u8]>,
        #[case] says: &str,
    ) {
        let sound = |path| (path, EntryType::Regular, &b"text"[..]);
        let entry = (path, kind, contents.as_ref());
        let bytes = tar(&[sound("ex_2_2/src/lib.rs"), entry, sound("ex_3_1/src/lib.rs")]);
        let rejection = rejection(&bytes);
        assert!(
            rejection.starts_with("mine/ex_2_2/src/") && rejection.contains(says),
            "{rejection}"
        );
        assert!(taken(&bytes).sources("ex_3_1", "mine/ex_3_1").is_ok());
    }

    #[test]
    fn names_that_are_not_utf8_are_rejected() {
        let mut bytes = zip(&["ex_2_2/src/lib?.rs"], b"");
        bytes.iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xff);
        assert!(rejection(&bytes).contains("name is not UTF-8"), "{}", rejection(&bytes));
    }
}
