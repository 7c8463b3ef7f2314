//! Texts, cut into documents.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What stands between two documents.
pub const END: &str = "<|endoftext|>";

/// A text that does not say where its documents end is cut at empty lines. Shorter pieces stay with the next one:
/// a document of a single paragraph would teach a model to stop after each.
const MIN_DOCUMENT_BYTES: usize = 2000;

/// Where the course's own pages are.
const FOLDERS: [&str; 2] = ["docs", "exercises"];

/// Why a text gives no documents.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum TextError {
    #[error("failed to read {path}")]
    #[diagnostic(help("--text FILE takes another text"))]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to read {path}: byte {at} is not UTF-8")]
    #[diagnostic(help("convert it first, as with `iconv -f latin1 -t utf-8`"))]
    NotUtf8 { path: PathBuf, at: usize },
    #[error("failed to find any text in {}", list(.paths))]
    #[diagnostic(help("--text FILE takes another text"))]
    Empty { paths: Vec<PathBuf> },
}

/// The documents of these files.
///
/// # Errors
/// When a file cannot be read or is not UTF-8, or when there is no text in them.
pub fn of_files(paths: &[PathBuf]) -> Result<Vec<String>, TextError> {
    let cut = |text: &str| if text.contains(END) { marked(text) } else { paragraphs(text) };
    documents(paths, cut)
}

/// The course's own pages, a document each.
///
/// # Errors
/// When a page cannot be read, or when there is none.
pub fn of_course(root: &Path) -> Result<Vec<String>, TextError> {
    let mut pages = Vec::new();
    for folder in FOLDERS.map(|it| root.join(it)).iter().filter(|it| it.is_dir()) {
        collect(folder, &mut pages)
            .map_err(|source| TextError::Read { path: folder.clone(), source })?;
    }
    pages.sort();
    documents(&pages, marked)
}

fn documents(
    paths: &[PathBuf],
    cut: impl Fn(&str) -> Vec<String>,
) -> Result<Vec<String>, TextError> {
    let texts = paths.iter().map(|it| read(it)).collect::<Result<Vec<_>, _>>()?;
    let mut documents: Vec<_> = texts.iter().flat_map(|it| cut(it)).collect();
    documents.retain(|it| !it.is_empty());
    if documents.is_empty() {
        return Err(TextError::Empty { paths: paths.to_vec() });
    }
    Ok(documents)
}

fn read(path: &Path) -> Result<String, TextError> {
    let bytes =
        fs::read(path).map_err(|source| TextError::Read { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|error| TextError::NotUtf8 {
        path: path.to_owned(),
        at: error.utf8_error().valid_up_to(),
    })
}

fn marked(text: &str) -> Vec<String> {
    text.split(END).map(|it| it.trim().to_owned()).collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match documents.last_mut() {
            Some(last) if !line.trim().is_empty() || last.len() < MIN_DOCUMENT_BYTES => {
                last.push_str(line);
            }
            _ => documents.push(String::new()),
        }
    }
    documents.iter().map(|it| it.trim().to_owned()).collect()
}

/// Adds the pages below a folder.
fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cut_a_text_and_leave_no_trace() {
        let text = format!("one\n{END}\ntwo\n\nthree{END}{END}");
        assert_eq!(marked(&text), ["one", "two\n\nthree", "", ""]);
    }

    #[test]
    fn paragraphs_are_put_together_until_they_are_long_enough() {
        let (short, long) = ("s".repeat(10), "l".repeat(MIN_DOCUMENT_BYTES));
        for end in ["\n", "\r\n"] {
            let text = format!("{short}{end}{end}{long}{end}{end}{end}{short}{end}");
            let first = format!("{short}{end}{end}{long}");
            assert_eq!(paragraphs(&text), [first, short.clone()]);
        }
    }
}
