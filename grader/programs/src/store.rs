//! A corpus on disk: a file of tokens for training, one for validation, and the record of the tokeniser.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use ex_5_1::Tokeniser;
use ex_5_3::to_bytes;
use memmap2::Mmap;
use serde::{Deserialize, Serialize};

const TRAINING: &str = "training.bin";
const VALIDATION: &str = "validation.bin";
const RECORD: &str = "corpus.json";

/// What belongs to the files of tokens. A folder without it holds no corpus.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    merges: Vec<(u32, u32)>,
    special: Vec<String>,
    /// The tokens for training.
    training: usize,
    /// The tokens for validation.
    validation: usize,
}

/// A corpus whose tokens are on disk, and come into memory where somebody looks at them.
#[derive(Debug)]
pub struct Store {
    pub tokeniser: Tokeniser,
    pub training: Mmap,
    pub validation: Mmap,
}

/// Why a corpus is not written or read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum StoreError {
    #[error("failed to write {path}")]
    #[diagnostic(help(
        "the corpus that was there is as it was. Make room, or name another folder: --out DIR"
    ))]
    Write { path: PathBuf, source: io::Error },
    #[error("failed to put {path} in its place")]
    #[diagnostic(help("there is no whole corpus in this folder now: run `./x corpus` again"))]
    Replace { path: PathBuf, source: io::Error },
    #[error("failed to find a corpus in {folder}")]
    #[diagnostic(help("`./x corpus` makes one, also where it was interrupted"))]
    Missing { folder: PathBuf },
    #[error("failed to read {path}")]
    #[diagnostic(help("`./x corpus` makes the corpus anew"))]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to read {path}: it has {found} bytes, and {expected} belong to this corpus")]
    #[diagnostic(help("it was cut short or exchanged: `./x corpus` makes the corpus anew"))]
    Size { path: PathBuf, found: usize, expected: usize },
}

/// Writes a corpus. What was there before stays until all of the new one is on disk.
///
/// # Errors
/// When the system fails.
pub fn write(
    folder: &Path,
    tokeniser: &Tokeniser,
    training: &[u16],
    validation: &[u16],
) -> Result<(), StoreError> {
    fs::create_dir_all(folder)
        .map_err(|source| StoreError::Write { path: folder.to_owned(), source })?;
    let record = Record {
        merges: tokeniser.merges.clone(),
        special: tokeniser.special.clone(),
        training: training.len(),
        validation: validation.len(),
    };
    let record = serde_json::to_vec(&record).expect("numbers and texts are JSON");
    // The record is the last: without it there is no corpus, and no half of one is taken for it.
    let files =
        [(TRAINING, to_bytes(training)), (VALIDATION, to_bytes(validation)), (RECORD, record)];
    for (name, bytes) in &files {
        let path = folder.join(name);
        draft(&path, bytes).map_err(|source| StoreError::Write { path, source })?;
    }
    replace(&folder.join(RECORD), remove)?;
    files.iter().try_for_each(|(name, _)| replace(&folder.join(name), finish))
}

/// Where a file is written, beside its place.
fn draft_of(path: &Path) -> PathBuf {
    path.with_added_extension("draft")
}

/// Writes a file beside its place; nothing is left where that fails.
fn draft(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft_of(path);
    let written = File::create(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

/// Writes a file beside its place, and puts it there when all of it is on disk. Whenever it is interrupted, the old file
/// or the new one is there as a whole.
///
/// # Errors
/// When the system fails. What was there is then as it was.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    draft(path, bytes)?;
    finish(path)
}

fn replace(path: &Path, step: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), StoreError> {
    step(path).map_err(|source| StoreError::Replace { path: path.to_owned(), source })
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn finish(path: &Path) -> io::Result<()> {
    fs::rename(draft_of(path), path)
}

impl Store {
    /// Opens a corpus.
    ///
    /// # Errors
    /// When there is none, or not a whole one.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(RECORD);
        let text = fs::read(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => StoreError::Missing { folder: folder.to_owned() },
            _ => StoreError::Read { path: path.clone(), source },
        })?;
        let record: Record = serde_json::from_slice(&text)
            .map_err(|error| StoreError::Read { path, source: error.into() })?;
        let Record { merges, special, training, validation } = record;
        Ok(Self {
            tokeniser: Tokeniser { merges, special },
            training: map(&folder.join(TRAINING), training)?,
            validation: map(&folder.join(VALIDATION), validation)?,
        })
    }
}

/// Maps a file of so many tokens.
fn map(path: &Path, tokens: usize) -> Result<Mmap, StoreError> {
    let read = |source| StoreError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    // SAFETY: the file is replaced as a whole and never changed in place. Whoever changes it from outside could
    // change tokens under a running program, as with every map.
    #[allow(unsafe_code)]
    let map = unsafe { Mmap::map(&file) }.map_err(read)?;
    let (found, expected) = (map.len(), 2 * tokens);
    if found != expected {
        return Err(StoreError::Size { path: path.to_owned(), found, expected });
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokeniser() -> Tokeniser {
        Tokeniser { merges: vec![(104, 105)], special: vec!["<end>".to_owned()] }
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &tokeniser(), &[1, 258], &[3]).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!((&*store.training, &*store.validation), (&[1, 0, 2, 1][..], &[3, 0][..]));
        assert_eq!(store.tokeniser, tokeniser());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    /// After each step that a kill could be the last one, the folder holds one whole corpus, or none.
    #[test]
    fn an_interrupted_replacement_is_no_corpus() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write(folder.path(), &tokeniser(), &[1], &[2]).unwrap();
        for name in [TRAINING, VALIDATION, RECORD] {
            draft(&path(name), b"1234").unwrap();
            assert_eq!(*Store::open(folder.path()).unwrap().training, [1, 0]);
        }
        remove(&path(RECORD)).unwrap();
        for name in [TRAINING, VALIDATION] {
            let error = Store::open(folder.path()).unwrap_err();
            assert!(matches!(error, StoreError::Missing { .. }), "{error}");
            finish(&path(name)).unwrap();
        }
    }

    #[test]
    fn a_file_that_was_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &tokeniser(), &[1, 2], &[3]).unwrap();
        fs::write(folder.path().join(TRAINING), [1, 0, 2]).unwrap();
        let error = Store::open(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("it has 3 bytes, and 4 belong to this corpus"), "{error}");
    }
}
