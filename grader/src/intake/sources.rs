use std::{
    io::Read,
    path::{Component, Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::Refusal;

const MOST_FILES: usize = 64;
const LONGEST_FILE: u64 = 256 << 10;
/// How long all files of a lesson may be, in bytes: a hundred times what a lesson needs.
const LONGEST: usize = 1 << 20;
const LONGEST_NAME: usize = 128;
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

impl Sources {
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
            // Lengths first: no text can pass for the end of one file and the start of another.
            let path = path.as_os_str().as_encoded_bytes();
            hash.update(format!("{} {}\n", path.len(), text.len()));
            hash.update(path);
            hash.update(text);
        }
        hex(&hash.finalize())
    }

    /// The length of all texts, in bytes.
    pub(super) fn length(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// Takes a copy of one file.
    pub(super) fn add(
        &mut self,
        path: &Path,
        contents: impl Read,
        known_as: &str,
    ) -> Result<(), Refusal> {
        let refuse = |reason| Err(Refusal::of(shown(path, known_as), reason));
        if is_too_deep(path.parent().unwrap_or(path)) {
            return refuse("it is nested too deep".to_owned());
        }
        if path.components().any(|name| name.as_os_str().len() > LONGEST_NAME) {
            return refuse("its name is too long".to_owned());
        }
        if path.to_string_lossy().contains(char::is_control) {
            return refuse("its name holds a control character".to_owned());
        }
        if self.files.len() == MOST_FILES {
            return refuse(format!("there are more than {MOST_FILES} source files"));
        }
        if let Some(other) = self.files.iter().find(|file| collide(&file.path, path)) {
            let other = other.path.display();
            return refuse(format!("its name and {other} are one where case does not count"));
        }
        match read(contents) {
            Ok(text) if self.length() + text.len() > LONGEST => {
                refuse(format!("all source files together are larger than {} KiB", LONGEST >> 10))
            }
            Ok(text) => {
                self.files.push(SourceFile { path: path.to_owned(), text });
                Ok(())
            }
            Err(reason) => refuse(reason),
        }
    }

    /// The sources in a fixed order, when the root of the crate is among them.
    pub(super) fn complete(mut self, known_as: &str) -> Result<Self, Refusal> {
        self.files.sort_by(|one, other| one.path.cmp(&other.path));
        match self.file("src/lib.rs") {
            Some(_) => Ok(self),
            None => Err(Refusal::Missing(format!("{known_as}/src/lib.rs"))),
        }
    }
}

/// A file of a lesson as the learner knows it.
pub(super) fn shown(path: &Path, known_as: &str) -> String {
    format!("{known_as}/{}", path.display())
}

pub(super) fn is_too_deep(folder: &Path) -> bool {
    folder.components().count() > DEEPEST_FOLDER
}

/// True when some file system would take the two paths for one, or for a file and its folder.
fn collide(one: &Path, other: &Path) -> bool {
    let lower = |part: Component| part.as_os_str().to_string_lossy().to_lowercase();
    let first_difference = one.components().zip(other.components()).find(|(a, b)| a != b);
    first_difference.is_none_or(|(a, b)| lower(a) == lower(b))
}

fn read(contents: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let length = contents.take(LONGEST_FILE + 1).read_to_end(&mut bytes);
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

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Result<Sources, Refusal> {
        let mut sources = Sources::default();
        files
            .iter()
            .try_for_each(|(path, text)| sources.add(Path::new(path), text.as_bytes(), "ex"))?;
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
    fn names_that_are_one_somewhere_are_refused() {
        for other in ["src/Lib.rs", "src/lib.rs", "src/lib.rs/mod.rs", "SRC/other.rs"] {
            let refusal = of(&[("src/lib.rs", ""), (other, "")]).unwrap_err().to_string();
            assert!(refusal.contains("one where case does not count"), "{other}: {refusal}");
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
