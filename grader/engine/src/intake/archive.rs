use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek},
    path::{Component, Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::{CompressionMethod, ZipArchive};

use super::{Rejection, sources};

/// How long an archive may be, and how much may be in it, in bytes.
const MAX_ARCHIVE_BYTES: u64 = 64 << 20;

const MAX_ENTRIES: usize = 10_000;

/// Where the header of a tar file says what it is.
const TAR_MAGIC_AT: usize = 257;

/// What was taken from an archive.
#[derive(Debug, Default)]
pub struct Archive {
    /// By the names of lessons, and by the folders that hold them.
    lessons: BTreeMap<String, BTreeMap<PathBuf, Folder>>,
    /// Roots of crates that lie in no lesson's folder.
    astray: Vec<PathBuf>,
    /// Why nothing of it counts.
    rejection: Option<Rejection>,
    entries: usize,
    /// How much was taken of all lessons together, in bytes.
    taken: u64,
}

/// The source files of a lesson, or why one is not accepted, by their paths in the lesson's folder.
pub type Folder = BTreeMap<PathBuf, Result<String, String>>;

/// The text of the file at `path` in the folder of a lesson; none where there is no file.
pub fn text(folder: Option<&Folder>, path: &Path) -> Result<Option<String>, String> {
    folder.and_then(|folder| folder.get(path)).cloned().transpose()
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
        let read = archive.fill(file);
        archive.rejection = read.err().map(|reason| Rejection::of(display_path, reason));
        archive
    }

    /// The folder of a lesson, if there is one: of a whole fork that of its exercises.
    pub fn folder(&self, lesson: &str) -> Result<Option<&Folder>, Rejection> {
        if let Some(rejection) = &self.rejection {
            return Err(rejection.clone());
        }
        let Some(folders) = self.lessons.get(lesson) else { return Ok(None) };
        let of_exercises = folders.iter().filter(|(above, _)| above.ends_with("exercises"));
        let found: Vec<_> = match of_exercises.collect::<Vec<_>>() {
            found if found.is_empty() => folders.iter().collect(),
            found => found,
        };
        match found.as_slice() {
            [(_, folder)] => Ok(Some(folder)),
            [(one, _), (other, _), ..] => {
                let [one, other] = [one, other].map(|it| it.join(lesson).display().to_string());
                let reason = "please pack one of the two";
                Err(Rejection::of(format!("{other}, beside {one},"), reason))
            }
            [] => Ok(None),
        }
    }

    /// What to do where a lesson has no folder.
    pub fn advice(&self) -> Option<String> {
        let file = self.astray.first().filter(|_| self.lessons.is_empty())?.display();
        Some(format!("There is {file}: please pack the folder ex_…, with src/lib.rs in it"))
    }

    fn fill(&mut self, mut file: File) -> Result<(), String> {
        if file.metadata().map_err(damaged)?.len() > MAX_ARCHIVE_BYTES {
            return Err(too_much());
        }
        let mut start = Vec::new();
        file.by_ref().take(TAR_MAGIC_AT as u64 + 5).read_to_end(&mut start).map_err(damaged)?;
        file.rewind().map_err(damaged)?;
        match start.as_slice() {
            [b'P', b'K', ..] => self.unzip(file),
            [0x1f, 0x8b, ..] => self.untar(MultiGzDecoder::new(file)),
            start if start.get(TAR_MAGIC_AT..) == Some(b"ustar") => self.untar(file),
            _ => Err(NO_ARCHIVE.to_owned()),
        }
    }

    fn untar(&mut self, file: impl Read) -> Result<(), String> {
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
            match self.wanted(&entry.path_bytes(), &kind)? {
                Some(wanted) => self.add(wanted, &kind, entry),
                None => Ok(()),
            }
        });
        if file.limit() == 0 { Err(too_much()) } else { taken }
    }

    fn unzip(&mut self, file: File) -> Result<(), String> {
        let mut archive = ZipArchive::new(file).map_err(damaged)?;
        if archive.has_duplicate_names() {
            return Err("two files in it have the same name; please pack it again".to_owned());
        }
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at).map_err(damaged)?;
            let kind = match (entry.is_dir(), entry.is_file()) {
                (true, _) => Kind::Folder,
                (_, true) => Kind::File,
                _ => Kind::Other,
            };
            let method = entry.compression();
            if let Some(wanted) = self.wanted(entry.name_raw(), &kind)? {
                drop(entry);
                if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
                    return Err(ANOTHER_METHOD.to_owned());
                }
                self.add(wanted, &kind, archive.by_index(at).map_err(damaged)?)?;
            }
        }
        Ok(())
    }

    /// Where the entry belongs, when it is a source file of a lesson. An error concerns the archive as
    /// a whole.
    fn wanted(&mut self, path: &[u8], kind: &Kind) -> Result<Option<Wanted>, String> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(format!("it contains more than {MAX_ENTRIES} files"));
        }
        let path = inside(path)?;
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        // What macOS keeps beside the files is no source.
        let is_of_mac = path.starts_with("__MACOSX");
        if matches!(kind, Kind::Folder) || !is_source || is_of_mac {
            return Ok(None);
        }
        let wanted = of_lesson(&path);
        if wanted.is_none() && path.ends_with("lib.rs") {
            self.astray.push(path);
        }
        Ok(wanted)
    }

    fn add(&mut self, wanted: Wanted, kind: &Kind, contents: impl Read) -> Result<(), String> {
        let Wanted { above, lesson, path } = wanted;
        let folder = self.lessons.entry(lesson).or_default().entry(above).or_default();
        let text = match kind {
            Kind::Other => Err("it is not a regular file".to_owned()),
            _ if folder.contains_key(&path) => Err("the submission contains it twice".to_owned()),
            _ => sources::text(contents),
        };
        self.taken += text.as_ref().map_or(0, String::len) as u64;
        folder.insert(path, text);
        if self.taken > MAX_ARCHIVE_BYTES { Err(too_much()) } else { Ok(()) }
    }
}

/// A source file of a lesson.
struct Wanted {
    /// The folder that holds the lesson's.
    above: PathBuf,
    lesson: String,
    /// Relative to the lesson's folder.
    path: PathBuf,
}

/// The path of an entry, when it stays inside of the archive.
fn inside(path: &[u8]) -> Result<PathBuf, String> {
    let Ok(text) = std::str::from_utf8(path) else {
        let shown = String::from_utf8_lossy(path);
        return Err(format!("it contains a file whose name is not UTF-8: {shown}"));
    };
    // As some packers write on Windows.
    let text = text.replace('\\', "/");
    let path = Path::new(&text);
    let stays = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    if !path.components().all(stays) || text.contains('\0') {
        return Err(format!("it contains a path outside the submission: {text}"));
    }
    Ok(path.to_owned())
}

/// The lesson whose `src` holds the path. Learners pack the folders of their lessons, or a folder that
/// holds these.
fn of_lesson(path: &Path) -> Option<Wanted> {
    let names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
    let is_src = |pair: &[&str]| pair[0].starts_with("ex_") && pair[1] == "src";
    let at = names.windows(2).position(is_src)?;
    let [above, inside] = [&names[..at], &names[at + 1..]].map(|names| names.iter().collect());
    Some(Wanted { above, lesson: names[at].to_owned(), path: inside })
}

/// What a file that was handed in is not.
const NO_ARCHIVE: &str = "it is neither a folder nor a .zip, .tar or .tar.gz file; please give the folder \
    that holds ex_*/src/lib.rs of each lesson, or pack it";

const ANOTHER_METHOD: &str = "it is compressed in a way that is not read here; please pack it as .zip with \
    the usual method (deflate), or as .tar.gz";

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

    /// The texts of the lesson's folder.
    fn files(bytes: &[u8], lesson: &str) -> Result<Option<Folder>, String> {
        taken(bytes).folder(lesson).map(|folder| folder.cloned()).map_err(|it| it.to_string())
    }

    /// A zip file that says of its only file that it is compressed by this method.
    fn compressed_by(method: u8) -> Vec<u8> {
        let mut bytes = zip(&["ex_2_2/src/lib.rs"], b"text");
        // Where a file's own header has it, and where its entry in the directory has it.
        for (start, offset) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
            let at = bytes.windows(4).position(|window| window == start).unwrap();
            bytes[at + offset] = method;
        }
        bytes
    }

    fn rejection(bytes: &[u8]) -> String {
        files(bytes, "ex_2_2").unwrap_err()
    }

    #[rstest]
    #[case::tar(tar_of("ex_2_2/src/lib.rs", b"text"))]
    #[case::tar_in_a_folder(tar_of("./handed/in/ex_2_2/src/lib.rs", b"text"))]
    #[case::tar_gz(gzipped(&tar_of("ex_2_2/src/lib.rs", b"text")))]
    #[case::zip(zip(&["ex_2_2/src/lib.rs"], b"text"))]
    #[case::zip_of_a_mac(zip(&["me/ex_2_2/src/lib.rs", "__MACOSX/me/ex_2_2/src/lib.rs"], b"text"))]
    #[case::zip_of_windows(zip(&["me\\ex_2_2\\src\\lib.rs"], b"text"))]
    #[case::zip_of_a_fork(zip(&["fork/solutions/ex_2_2/src/other.rs", "fork/exercises/ex_2_2/src/lib.rs"], b"text"))]
    #[case::zip_of_solutions(zip(&["solutions/ex_2_2/src/lib.rs"], b"text"))]
    #[case::other_files(zip(&["ex_2_2/src/lib.rs", "ex_2_2/build.rs", "ex_2_2/src/a.txt"], b"text"))]
    fn sources_are_taken(#[case] bytes: Vec<u8>) {
        let file = (PathBuf::from("src/lib.rs"), Ok("text".to_owned()));
        assert_eq!(files(&bytes, "ex_2_2"), Ok(Some(Folder::from([file]))));
        assert_eq!(files(&bytes, "ex_3_1"), Ok(None));
    }

    #[rstest]
    #[case::no_archive(b"fn main() {}".to_vec(), "neither a folder nor a .zip")]
    #[case::empty(vec![], "neither a folder nor a .zip")]
    #[case::truncated_zip(zip(&["ex_2_2/src/lib.rs"], b"text")[..60].to_vec(), "cannot be unpacked")]
    #[case::truncated_tar(tar_of("ex_2_2/src/lib.rs", &[b' '; 2000])[..900].to_vec(), "cannot be unpacked")]
    #[case::no_tar_in_gz(gzipped(b"not a tar file, but words"), "cannot be unpacked")]
    #[case::bzip2(
        compressed_by(12),
        "please pack it as .zip with the usual method (deflate), or as .tar.gz"
    )]
    #[case::lzma(
        compressed_by(14),
        "please pack it as .zip with the usual method (deflate), or as .tar.gz"
    )]
    #[case::up(tar_of("../ex_2_2/src/lib.rs", b""), "outside the submission: ../ex_2_2")]
    #[case::up_within(zip(&["ex_2_2/src/../../ex_3_1/src/lib.rs"], b""), "outside the submission")]
    #[case::absolute(tar_of("/ex_2_2/src/lib.rs", b""), "outside the submission")]
    #[case::up_with_backslashes(zip(&["ex_2_2\\..\\..\\src\\lib.rs"], b""), "outside the submission")]
    #[case::twice(twice_in_zip(), "two files in it have the same name")]
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
        assert!(files(&bytes, "ex_3_1").is_err());
    }

    fn twice_in_zip() -> Vec<u8> {
        let mut bytes = zip(&["ex_2_2/src/lib.rs", "ex_2_2/src/bil.rs"], b"");
        let name = b"bil.rs";
        for at in 0..bytes.len() - name.len() {
            if bytes[at..].starts_with(name) {
                bytes[at..at + name.len()].copy_from_slice(b"lib.rs");
            }
        }
        bytes
    }

    #[test]
    fn of_several_folders_of_a_lesson_none_is_taken() {
        let bytes = zip(&["old/ex_2_2/src/lib.rs", "new/ex_2_2/src/lib.rs"], b"");
        let expected =
            "old/ex_2_2, beside new/ex_2_2, was not accepted: please pack one of the two";
        assert_eq!(rejection(&bytes), expected);
    }

    #[test]
    fn a_crate_without_its_folder_is_noticed() {
        let advice = taken(&zip(&["src/lib.rs"], b"")).advice().unwrap();
        assert!(advice.contains("There is src/lib.rs: please pack the folder ex_"), "{advice}");
        assert_eq!(taken(&zip(&["ex_2_2/src/lib.rs"], b"")).advice(), None);
    }

    #[rstest]
    #[case::link("ex_2_2/src/lib.rs", EntryType::Symlink, "", "not a regular file")]
    #[case::hard_link("ex_2_2/src/lib.rs", EntryType::Link, "", "not a regular file")]
    #[case::device("ex_2_2/src/lib.rs", EntryType::Char, "", "not a regular file")]
    #[case::large("ex_2_2/src/a.rs", EntryType::Regular, " ".repeat(300 << 10), "larger than 256 KiB")]
    #[case::not_utf8("ex_2_2/src/a.rs", EntryType::Regular, b"\xff", "not UTF-8")]
    #[case::twice("ex_2_2/src/lib.rs", EntryType::Regular, "", "twice")]
    fn one_file_is_rejected_alone(
        #[case] path: &str,
        #[case] kind: EntryType,
        #[case] contents: impl AsRef<[u8]>,
        #[case] says: &str,
    ) {
        let sound = |path| (path, EntryType::Regular, &b"text"[..]);
        let entry = (path, kind, contents.as_ref());
        let bytes = tar(&[sound("ex_2_2/src/lib.rs"), entry, sound("ex_3_1/src/lib.rs")]);
        let folder = files(&bytes, "ex_2_2").unwrap().unwrap();
        let rejected = folder[Path::new(path.trim_start_matches("ex_2_2/"))].clone().unwrap_err();
        assert!(rejected.contains(says), "{rejected}");
        let [(_, other)] = files(&bytes, "ex_3_1")
            .unwrap()
            .unwrap()
            .into_iter()
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        assert_eq!(other, Ok("text".to_owned()));
    }

    #[test]
    fn names_that_are_not_utf8_are_rejected() {
        let mut bytes = zip(&["ex_2_2/src/lib?.rs"], b"");
        bytes.iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xff);
        assert!(rejection(&bytes).contains("name is not UTF-8"), "{}", rejection(&bytes));
    }
}
