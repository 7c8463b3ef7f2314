//! The course's own crates among those that lessons name.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

/// The part of the Cargo workspace's manifest that says where its crates are.
#[derive(Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    workspace: Workspace,
}

#[derive(Default, Deserialize)]
struct Workspace {
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
}

/// The sources of those of `crates` whose folder `[workspace.dependencies]` names. The lock file says nothing of
/// what changes in them.
///
/// # Errors
/// When a file cannot be read.
pub fn sources<'a>(
    course: &Path,
    crates: impl IntoIterator<Item = &'a str>,
) -> io::Result<Vec<String>> {
    let root = cargo_root(course);
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    // Cargo tells better what is wrong with a manifest.
    let manifest: Manifest = basic_toml::from_str(&manifest).unwrap_or_default();
    let dependencies = manifest.workspace.dependencies;
    let folder = |name| dependencies.get(name)?.get("path")?.as_str();
    let mut texts = Vec::new();
    for folder in crates.into_iter().filter_map(folder).map(|it| root.join(it)) {
        texts.push(fs::read_to_string(folder.join("Cargo.toml"))?);
        read_all(&folder.join("src"), &mut texts)?;
    }
    Ok(texts)
}

/// The folder of the Cargo workspace that holds the course, which may be above it.
pub fn cargo_root(course: &Path) -> &Path {
    let is_root = |folder: &&Path| folder.join("Cargo.lock").is_file();
    course.ancestors().find(is_root).unwrap_or(course)
}

/// The texts of a folder's Rust and TOML files, in a fixed order.
pub fn read_all(folder: &Path, texts: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        // A grader may have moved away from its sources.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_all(&path, texts)?;
        } else if path.extension().is_some_and(|it| it == "rs" || it == "toml") {
            texts.push(fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, file: &str, text: &str) {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn of_the_crates_that_are_named_those_in_the_workspace_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str, text: &str| write(folder.path(), file, text);
        at("Cargo.lock", "");
        let dependencies =
            "[workspace.dependencies]\na = { path = \"own/a\" }\nb.path = \"own/b\"\nc = \"1\"\n";
        at("Cargo.toml", dependencies);
        for name in ["a", "b"] {
            at(&format!("own/{name}/Cargo.toml"), name);
            at(&format!("own/{name}/src/lib.rs"), &format!("fn {name}() {{}}"));
            at(&format!("own/{name}/tests/{name}.rs"), "no part of the library");
        }
        let read = |crates: &[&str]| sources(&folder.path().join("course"), crates.iter().copied());
        assert_eq!(read(&["b", "c", "d"]).unwrap(), ["b", "fn b() {}"]);
        assert_eq!(read(&["a", "b"]).unwrap(), ["a", "fn a() {}", "b", "fn b() {}"]);
        assert_eq!(read(&[]).unwrap(), [""; 0]);
    }
}
