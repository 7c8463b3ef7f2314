use std::{
    io::Read,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use super::{Files, Rejection};
use crate::hash::hash;

const MAX_FILES: usize = 64;
const MAX_FILE_BYTES: u64 = 256 << 10;
/// How long all files of a lesson may be together: a hundred times what a lesson needs.
const MAX_LESSON_BYTES: usize = 1 << 20;
const MAX_FOLDER_DEPTH: usize = 8;

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
    /// What it holds.
    pub text: String,
}

impl Sources {
    /// Sources with one file, `src/lib.rs`.
    pub fn of_text(text: &str) -> Self {
        Self { files: vec![SourceFile { path: "src/lib.rs".into(), text: text.to_owned() }] }
    }

    /// The same with a further file, relative to the lesson's folder.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.files.push(SourceFile { path: path.into(), text: text.to_owned() });
        self
    }

    /// Its files, by path.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of the file at `path`.
    pub fn file(&self, path: &str) -> Option<&str> {
        let found = self.files.iter().find(|file| file.path == Path::new(path))?;
        Some(&found.text)
    }

    /// The same sources, with another text in place of a block of one file. Gives none where no block
    /// stands there.
    pub fn with_block(mut self, path: &str, bytes: Range<usize>, text: &str) -> Option<Self> {
        let file = self.files.iter_mut().find(|file| file.path == Path::new(path))?;
        let block = file.text.get(bytes.clone())?;
        let is_block = block.starts_with('{') && block.ends_with('}');
        is_block.then(|| file.text.replace_range(bytes, text))?;
        Some(self)
    }

    /// The hash that names this copy.
    pub fn digest(&self) -> String {
        let parts = |file: &SourceFile| {
            [file.path.as_os_str().as_encoded_bytes().to_owned(), file.text.clone().into_bytes()]
        };
        hash(self.files.iter().flat_map(parts))
    }

    /// The length of all texts, in bytes.
    fn length(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// Takes a copy of the file at `path`; gives false where there is none.
    ///
    /// # Errors
    /// When there is one that is not accepted.
    pub fn take(&mut self, files: &Files, path: &Path) -> Result<bool, Rejection> {
        let text = match files.text(path)? {
            Some(text) => text,
            None => return Ok(false),
        };
        match self.refusal(path, &text) {
            Some(reason) => Err(files.rejection(path, reason)),
            None => {
                self.files.push(SourceFile { path: path.to_owned(), text });
                self.files.sort_by(|one, other| one.path.cmp(&other.path));
                Ok(true)
            }
        }
    }

    /// Why a further file is too much, or cannot lie beside those that were taken.
    fn refusal(&self, path: &Path, text: &str) -> Option<String> {
        if path.parent().is_some_and(|folder| folder.components().count() > MAX_FOLDER_DEPTH) {
            return Some("its folders are nested too deep".to_owned());
        }
        if self.files.len() == MAX_FILES {
            return Some(format!("there are more than {MAX_FILES} source files"));
        }
        if self.length() + text.len() > MAX_LESSON_BYTES {
            let limit = MAX_LESSON_BYTES >> 10;
            return Some(format!("all source files together are larger than {limit} KiB"));
        }
        self.files.iter().find_map(|file| collision(&file.path, path))
    }
}

/// Why some file system would take the two paths for one, or for a file and its folder.
fn collision(taken: &Path, path: &Path) -> Option<String> {
    let lower = |part: Component| part.as_os_str().to_string_lossy().to_lowercase();
    let shown = taken.display();
    match taken.components().zip(path.components()).find(|(one, other)| one != other) {
        None => Some(format!("{shown} cannot be both a file and a folder")),
        Some((one, other)) if lower(one) == lower(other) => {
            Some(format!("its name differs from {shown} only in upper and lower case"))
        }
        Some(_) => None,
    }
}

/// The text of a file, or why it is not accepted.
pub(super) fn text(contents: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let length = contents.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    match length {
        Err(error) => Err(error.to_string()),
        Ok(length) if length as u64 > MAX_FILE_BYTES => {
            Err(format!("it is larger than {} KiB", MAX_FILE_BYTES >> 10))
        }
        Ok(_) => String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
            format!("it is not UTF-8 text: see line {line}; save the file as UTF-8")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Result<Sources, String> {
        let mut sources = Sources::default();
        for (path, text) in files {
            let path = PathBuf::from(path);
            if let Some(reason) = sources.refusal(&path, text) {
                return Err(reason);
            }
            sources.files.push(SourceFile { path, text: (*text).to_owned() });
        }
        Ok(sources)
    }

    #[test]
    fn the_digest_names_paths_and_texts() {
        let digest = |path: &str, text: &str| of(&[(path, text)]).unwrap().digest();
        assert_ne!(digest("src/lib.rs", "a"), digest("src/lib.rs", "b"));
        assert_ne!(digest("src/lib.rs", "a"), digest("src/other.rs", "a"));
        assert_eq!(digest("src/lib.rs", "a"), digest("src/lib.rs", "a"));
        let two = of(&[("a", "1"), ("b", "2")]).unwrap().digest();
        assert_ne!(two, digest("a", "1b2"));
    }

    #[test]
    fn names_that_are_one_somewhere_are_rejected() {
        for (other, says) in [
            ("src/Lib.rs", "differs from src/lib.rs only in upper and lower case"),
            ("src/lib.rs/mod.rs", "both a file and a folder"),
            ("SRC/other.rs", "only in upper and lower case"),
        ] {
            let rejection = of(&[("src/lib.rs", ""), (other, "")]).unwrap_err();
            assert!(rejection.contains(says), "{other}: {rejection}");
        }
        assert!(of(&[("src/lib.rs", ""), ("src/lib2.rs", ""), ("src/a/lib.rs", "")]).is_ok());
    }

    #[test]
    fn all_files_together_have_a_sensible_length() {
        let text = " ".repeat(250 << 10);
        let names: Vec<_> = (0..5).map(|at| format!("src/{at}.rs")).collect();
        let files: Vec<_> = names.iter().map(|name| (&**name, &*text)).collect();
        assert!(of(&files[..4]).is_ok());
        assert!(of(&files).unwrap_err().contains("larger than 1024 KiB"));
    }

    #[test]
    fn folders_have_a_sensible_depth() {
        let deep = format!("src/{}lib.rs", "a/".repeat(8));
        assert!(of(&[(&deep, "")]).unwrap_err().contains("too deep"));
    }

    #[test]
    fn text_is_utf8_of_sensible_length() {
        assert!(text(&b"// ok\n// caf\xe9\n"[..]).unwrap_err().contains("see line 2"));
        assert!(text(&vec![b' '; 2 << 20][..]).unwrap_err().contains("larger than 256 KiB"));
    }
}
