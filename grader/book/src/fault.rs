//! What is wrong with a text of the book, and where.

use std::{
    fmt::{self, Display},
    fs, io,
    path::{Path, PathBuf},
};

/// A text of the book: a file of the course, or what is left of one.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the folder of the course.
    pub file: PathBuf,
    pub text: String,
    /// The number of its first line in the file.
    pub line: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: PathBuf,
    pub line: usize,
    pub what: String,
}

/// Why there is no book.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BookError {
    #[error("failed to make the book: {} things are wrong\n{}", .0.len(), lines(.0))]
    Faults(Vec<Fault>),
    #[error("failed to make a book of {root}: it has no folder `solutions`")]
    #[diagnostic(help(
        "books are made of the whole course, those of handouts too: --workspace DIR names its folder"
    ))]
    NoCourse { root: PathBuf },
    #[error("failed to make the book in {out}: something else is there")]
    #[diagnostic(help("--out names a folder that is new, empty, or holds an earlier book"))]
    NotABook { out: PathBuf },
    #[error("failed to read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to read {path}: {reason}")]
    Malformed { path: PathBuf, reason: String },
    #[error("failed to write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("failed to make the pages: {0}")]
    Pages(String),
    #[error("failed to open {page} in a browser")]
    #[diagnostic(help("open it yourself: the book is complete"))]
    Open { page: PathBuf, source: io::Error },
}

impl Source {
    /// A file of the course.
    pub fn read(root: &Path, file: impl Into<PathBuf>) -> Result<Self, BookError> {
        let file = file.into();
        let path = root.join(&file);
        let text = fs::read_to_string(&path).map_err(|source| BookError::Read { path, source })?;
        Ok(Self { file, text, line: 1 })
    }

    /// The text without its title, and the title: what stands behind `# ` in the first line that has text.
    pub fn without_title(mut self) -> (Self, Option<String>) {
        let start = self.text.len() - self.text.trim_start().len();
        let rest = &self.text[start..];
        let (first, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let Some(title) = first.strip_prefix("# ") else { return (self, None) };
        let title = title.trim().to_owned();
        self.line += self.text[..start].matches('\n').count() + 1;
        self.text = after.to_owned();
        (self, Some(title))
    }

    /// What is wrong at a place of the text, in bytes.
    pub fn fault(&self, at: usize, what: impl Into<String>) -> Fault {
        let line = self.line + self.text[..at].matches('\n').count();
        Fault { file: self.file.clone(), line, what: what.into() }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { file: "a.md".into(), text: text.to_owned(), line: 1 }
    }

    #[test]
    fn a_fault_names_its_line_with_and_without_the_title() {
        let whole = source("\n# The title\n\ntext\n");
        let at = |source: &Source| source.text.find("text").unwrap();
        assert_eq!(whole.fault(at(&whole), "no").to_string(), "a.md:4: no");
        let (rest, title) = whole.without_title();
        assert_eq!(title.as_deref(), Some("The title"));
        assert_eq!(rest.fault(at(&rest), "no").line, 4);
    }

    #[test]
    fn a_text_without_a_title_stays_whole() {
        let (rest, title) = source("## Part\n").without_title();
        assert_eq!((rest.text.as_str(), title), ("## Part\n", None));
    }
}
