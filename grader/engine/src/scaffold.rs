//! Starts a new lesson: both folders, with blanks for its author to fill in.

use std::{fs, io, path::PathBuf};

use crate::workspace::Workspace;

/// The files of a new lesson. `{id}` and `{title}` stand for the lesson's.
const TEMPLATES: [(&str, &str); 15] = [
    ("exercises/{id}/.vscode/settings.json", include_str!("scaffold/vscode.json")),
    ("exercises/{id}/.zed/settings.json", include_str!("scaffold/zed.json")),
    ("exercises/{id}/Cargo.toml", include_str!("scaffold/exercise.toml")),
    ("exercises/{id}/README.md", include_str!("scaffold/brief.md")),
    ("exercises/{id}/hints.md", include_str!("scaffold/hints.md")),
    ("exercises/{id}/src/lib.rs", include_str!("scaffold/stub.rs.txt")),
    ("exercises/{id}/tests/{id}.rs", include_str!("scaffold/visible_tests.rs.txt")),
    ("solutions/{id}/Cargo.toml", include_str!("scaffold/solution.toml")),
    ("solutions/{id}/src/lib.rs", include_str!("scaffold/solution.rs.txt")),
    ("solutions/{id}/checks.rs", include_str!("scaffold/checks.rs.txt")),
    ("solutions/{id}/formulas.rs", include_str!("scaffold/formulas.rs.txt")),
    ("solutions/{id}/wrong.rs", include_str!("scaffold/wrong.rs.txt")),
    ("solutions/{id}/correct.rs", include_str!("scaffold/correct.rs.txt")),
    ("solutions/{id}/examples.toml", include_str!("scaffold/examples.toml")),
    ("solutions/{id}/derivation.md", include_str!("scaffold/derivation.md")),
];

/// Why there is no new lesson.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ScaffoldError {
    #[error("failed to make the lesson {0:?}: an id is ex_<chapter>_<number>, such as ex_9_1")]
    Id(String),
    #[error("failed to make the lesson {id}: {path} is there already")]
    #[diagnostic(help("choose another id, or remove the folder"))]
    Exists { id: String, path: PathBuf },
    #[error("failed to write {path}")]
    Write { path: PathBuf, source: io::Error },
}

/// Writes the files of a new lesson.
///
/// # Errors
/// When the id is none, a folder of the lesson is there already, or a file cannot be written.
pub fn new_lesson(workspace: &Workspace, id: &str, title: &str) -> Result<(), ScaffoldError> {
    if !is_id(id) {
        return Err(ScaffoldError::Id(id.to_owned()));
    }
    let folders = [workspace.exercise(id), workspace.solution(id)];
    if let Some(path) = folders.into_iter().find(|folder| folder.exists()) {
        return Err(ScaffoldError::Exists { id: id.to_owned(), path });
    }
    let filled = |text: &str| {
        let number = id.trim_start_matches("ex_").replace('_', ".");
        text.replace("{id}", id).replace("{title}", title).replace("{number}", &number)
    };
    for (path, text) in TEMPLATES {
        write(workspace.root().join(filled(path)), &filled(text))?;
        println!("{}", filled(path));
    }
    println!("\nFill in the blanks that `./x prove {id}` names.");
    Ok(())
}

fn write(path: PathBuf, text: &str) -> Result<(), ScaffoldError> {
    let folder = path.parent().unwrap_or(&path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
    written.map_err(|source| ScaffoldError::Write { path, source })
}

/// `ex_<chapter>_<number>`.
fn is_id(id: &str) -> bool {
    let numbers = id.strip_prefix("ex_").and_then(|rest| rest.split_once('_'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(chapter, number)| is_number(chapter) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_chapter_and_a_number() {
        assert!(["ex_9_1", "ex_10_12"].iter().all(|id| is_id(id)));
        assert!(
            ["9_1", "ex_9", "ex_9_", "ex_9_1_2", "ex_9_a", "ex_../x_1"].iter().all(|id| !is_id(id))
        );
    }
}
