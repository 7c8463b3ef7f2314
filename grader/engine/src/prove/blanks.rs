//! What the author of a new lesson has still to fill in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::workspace::Workspace;

/// How a new lesson marks what its author fills in.
pub const BLANK: &str = "BLANK: ";

/// The blanks of a lesson, each with its file and line.
pub fn blanks(workspace: &Workspace, lesson: &str) -> Vec<String> {
    let mut files = Vec::new();
    for folder in [workspace.exercise(lesson), workspace.solution(lesson)] {
        collect(&folder, &mut files);
    }
    let blank = |file: &PathBuf| {
        let shown = file.strip_prefix(workspace.root()).unwrap_or(file).display().to_string();
        let text = fs::read_to_string(file).unwrap_or_default();
        let blanks = text.lines().enumerate().filter_map(|(at, line)| {
            let (_, what) = line.split_once(BLANK)?;
            // A blank may be the text of a `todo!` or of a title.
            let what = what.trim_end().trim_end_matches("\")").trim_end_matches('"');
            Some(format!("{shown}:{}: fill in {what}", at + 1))
        });
        blanks.collect::<Vec<_>>()
    };
    files.iter().flat_map(blank).collect()
}

/// All files below the folder, in a fixed order.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
