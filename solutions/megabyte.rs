//! For benchmarks of tokenisers: a text of a megabyte.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The file that is named on the command line, or else the course's own pages, again and again up to a
/// megabyte.
pub fn text() -> String {
    let named = env::args().skip(1).find(|it| !it.starts_with("--"));
    named.map_or_else(course, |path| fs::read_to_string(path).expect("a text in UTF-8"))
}

fn course() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["docs", "exercises", "solutions"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let mut long = text.repeat(1_000_000_usize.div_ceil(text.len()));
    let end = (0..=1_000_000).rev().find(|end| long.is_char_boundary(*end)).unwrap_or(0);
    long.truncate(end);
    long
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|it| it == "md") => files.push(path),
            false => (),
        }
    }
}
