use std::{
    io::Read,
    path::{Component, Path, PathBuf},
};

use super::Rejection;
use crate::hash::hash;

const MAX_FILES: usize = 64;
const MAX_FILE_BYTES: u64 = 256 << 10;
/// How long all files of a lesson may be together: a hundred times what a lesson needs.
const MAX_LESSON_BYTES: usize = 1 << 20;
const MAX_NAME_BYTES: usize = 128;
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

    /// Its files, by path.
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
        let parts = |file: &SourceFile| {
            [file.path.as_os_str().as_encoded_bytes().to_owned(), file.text.clone().into_bytes()]
        };
        hash(self.files.iter().flat_map(parts))
    }

    /// The length of all texts, in bytes.
    fn length(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// Takes a copy of one file; gives its length in bytes.
    pub(super) fn add(
        &mut self,
        path: &Path,
        contents: impl Read,
        display_path: &str,
    ) -> Result<usize, Rejection> {
        let reject = |reason| Err(Rejection::of(shown(path, display_path), reason));
        if is_too_deep(path.parent().unwrap_or(path)) {
            return reject("its folders are nested too deep".to_owned());
        }
        if path.components().any(|name| name.as_os_str().len() > MAX_NAME_BYTES) {
            return reject("its name is too long".to_owned());
        }
        if path.to_string_lossy().contains(char::is_control) {
            return reject("its name contains a control character".to_owned());
        }
        if self.files.len() == MAX_FILES {
            return reject(format!("there are more than {MAX_FILES} source files"));
        }
        if let Some(reason) = self.files.iter().find_map(|file| collision(&file.path, path)) {
            return reject(reason);
        }
        match read(contents) {
            Ok(text) if self.length() + text.len() > MAX_LESSON_BYTES => reject(format!(
                "all source files together are larger than {} KiB",
                MAX_LESSON_BYTES >> 10
            )),
            Ok(text) => {
                let length = text.len();
                self.files.push(SourceFile { path: path.to_owned(), text });
                Ok(length)
            }
            Err(reason) => reject(reason),
        }
    }

    /// The sources in a fixed order, when the root of the crate is among them.
    pub(super) fn complete(mut self, display_path: &str) -> Result<Self, Rejection> {
        self.files.sort_by(|one, other| one.path.cmp(&other.path));
        match self.file("src/lib.rs") {
            Some(_) => Ok(self),
            None => Err(Rejection::Missing(format!("{display_path}/src/lib.rs"))),
        }
    }
}

/// A file of a lesson as the learner knows it.
pub(super) fn shown(path: &Path, display_path: &str) -> String {
    format!("{display_path}/{}", path.display())
}

pub(super) fn is_too_deep(folder: &Path) -> bool {
    folder.components().count() > MAX_FOLDER_DEPTH
}

/// Why some file system would take the two paths for one, or for a file and its folder.
fn collision(taken: &Path, path: &Path) -> Option<String> {
    let lower = |part: Component| part.as_os_str().to_string_lossy().to_lowercase();
    let shown = taken.display();
    if taken == path {
        return Some("the submission contains it twice".to_owned());
    }
    match taken.components().zip(path.components()).find(|(one, other)| one != other) {
        None => Some(format!("{shown} cannot be both a file and a folder")),
        Some((one, other)) if lower(one) == lower(other) => {
            Some(format!("its name differs from {shown} only in upper and lower case"))
        }
        Some(_) => None,
    }
}

fn read(contents: impl Read) -> Result<String, String> {
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

    fn of(files: &[(&str, &str)]) -> Result<Sources, Rejection> {
        let mut sources = Sources::default();
        files.iter().try_for_each(|(path, text)| {
            sources.add(Path::new(path), text.as_bytes(), "ex").map(drop)
        })?;
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
            ("src/lib.rs", "twice"),
            ("src/lib.rs/mod.rs", "both a file and a folder"),
            ("SRC/other.rs", "only in upper and lower case"),
        ] {
            let rejection = of(&[("src/lib.rs", ""), (other, "")]).unwrap_err().to_string();
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
        assert!(of(&files).unwrap_err().to_string().contains("larger than 1024 KiB"));
    }

    #[test]
    fn names_have_a_sensible_length() {
        let long = format!("src/{}.rs", "a".repeat(200));
        assert!(of(&[(&long, "")]).unwrap_err().to_string().contains("too long"));
        let deep = format!("src/{}lib.rs", "a/".repeat(8));
        assert!(of(&[(&deep, "")]).unwrap_err().to_string().contains("too deep"));
    }
}
