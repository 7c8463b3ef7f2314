//! Cargo, as what builds a kit's crates and tells which they are.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde::Deserialize;

use super::{KitError, output, printed};
use crate::workspace::Workspace;

/// The package of the wire, which every worker names.
const WIRE_PACKAGE: &str = "gradlings-wire";

/// How cargo tells what it has built.
const MESSAGES: &str = "--message-format=json-render-diagnostics";

/// Cargo, for the crates that every worker names and those of the lessons.
pub struct Cargo<'a> {
    pub workspace: &'a Workspace,
    pub crates: &'a BTreeSet<&'a str>,
    /// The exercises that name these crates.
    pub exercises: &'a [&'a str],
}

/// What cargo has built and workers need.
#[derive(Debug, Default)]
pub struct Artifacts {
    /// Each crate's name and its file.
    pub crates: Vec<(String, PathBuf)>,
    /// `-L` arguments for libraries of the system.
    pub search: Vec<String>,
}

/// A line of `cargo build --message-format=json`.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { target: Target, filenames: Vec<PathBuf> },
    #[serde(rename = "build-script-executed")]
    BuildScript { package_id: String, linked_paths: Vec<String> },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Cargo<'_> {
    /// Builds the crates, beside the package `grader`.
    pub fn build(&self, grader: &str) -> Result<Artifacts, KitError> {
        let messages = self.messages(grader)?;
        let needed = self.needed()?;
        let mut artifacts = Artifacts::default();
        for message in messages.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            artifacts.take(message, &needed);
        }
        Ok(artifacts)
    }

    fn messages(&self, grader: &str) -> Result<String, KitError> {
        // Cargo unites the features of what it builds together: beside the grader's own package almost
        // all is there already, where half would be compiled once more.
        let mut together = self.build_of(&[WIRE_PACKAGE, grader]);
        // Libraries alone: the grader that runs may have been built there, with further features.
        together
            .arg("--lib")
            .args(self.crates.iter().map(|name| package(name)))
            .stderr(Stdio::null());
        // Silent, because it may fail where no kit is in danger: a workspace need not have that
        // package, and an author's checks need not compile. What does concern the kit fails without
        // it too, and that time cargo is heard.
        output(&mut together, KitError::Build).or_else(|_| self.messages_without_grader())
    }

    fn messages_without_grader(&self) -> Result<String, KitError> {
        let wire = output(&mut self.build_of(&[WIRE_PACKAGE]), KitError::Build)?;
        if self.crates.is_empty() {
            return Ok(wire);
        }
        // Cargo builds a package from outside of the workspace beside one that depends on it alone, as
        // exercises do. What a learner wrote need not compile for that.
        let mut beside = self.build_of(&[WIRE_PACKAGE]);
        beside.args(self.exercises.iter().map(|name| package(name)));
        printed(beside.arg("--keep-going").stderr(Stdio::null())).map(|(_, messages)| messages)
    }

    /// The names of all crates that these depend on, themselves included.
    fn needed(&self) -> Result<BTreeSet<String>, KitError> {
        // One by one: beside a package of the workspace, cargo knows no other.
        let mut trees =
            self.tree(self.command("tree").args(features(WIRE_PACKAGE)), WIRE_PACKAGE)?;
        for name in self.crates {
            trees += &self.tree(&mut self.command("tree"), name)?;
        }
        Ok(trees.lines().map(crate_name).collect())
    }

    fn tree(&self, tree: &mut Command, name: &str) -> Result<String, KitError> {
        tree.args(["--edges=normal", "--prefix=none", "--no-dedupe", "--format={lib}"]);
        output(tree.arg(package(name)), KitError::Tree)
    }

    /// Builds packages that have a feature for OpenBLAS.
    fn build_of(&self, packages: &[&str]) -> Command {
        let mut build = self.command("build");
        build.arg(MESSAGES);
        packages.iter().for_each(|name| {
            build.arg(package(name)).args(features(name));
        });
        build
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(self.workspace.root()).args([subcommand, "--quiet"]);
        // Workers catch panics and run here, whatever a person's configuration of cargo says.
        cargo.env("CARGO_PROFILE_DEV_PANIC", "unwind").env_remove("CARGO_BUILD_TARGET");
        cargo
    }
}

impl Artifacts {
    fn take(&mut self, message: Message, needed: &BTreeSet<String>) {
        match message {
            Message::Artifact { target, filenames } => {
                let name = crate_name(&target.name);
                if needed.contains(&name) {
                    self.crates.extend(linked_file(filenames).map(|file| (name, file)));
                }
            }
            Message::BuildScript { package_id, linked_paths } => {
                if needed.contains(&crate_name(package_name(&package_id))) {
                    linked_paths.into_iter().for_each(|path| self.search_in(path));
                }
            }
            Message::Other => (),
        }
    }

    fn search_in(&mut self, path: String) {
        if !self.search.contains(&path) {
            self.search.push(path);
        }
    }
}

fn package(name: &str) -> String {
    format!("--package={name}")
}

/// Of the wire and of what is built beside it.
fn features(name: &str) -> Option<String> {
    cfg!(feature = "openblas").then(|| format!("--features={name}/openblas"))
}

/// Of a crate's files the one that is linked, or loaded by the compiler when it is a macro.
fn linked_file(files: Vec<PathBuf>) -> Option<PathBuf> {
    // In `deps` the name holds a hash of what the crate was built with; beside it lies a copy without
    // one, which the next build may replace.
    let hashed = |file: &PathBuf| file.parent().is_some_and(|it| it.ends_with("deps"));
    let file = files.into_iter().find(hashed)?;
    let library = file.with_extension("rlib");
    Some(if library.is_file() { library } else { file })
}

/// A package's name as code writes it.
pub fn crate_name(package: &str) -> String {
    package.replace('-', "_")
}

/// The package that `path+file:///grader/wire#gradlings-wire@0.1.0` names; where it is called like its
/// folder, only the version follows.
fn package_name(id: &str) -> &str {
    let (path, name) = id.rsplit_once('#').unwrap_or(("", id));
    match name.split_once('@') {
        Some((name, _)) => name,
        None => path.rsplit('/').next().unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn write(folder: &Path, file: &str, text: &str) {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}")
    }

    /// A handout has no grader, and its exercises are work in progress.
    #[test]
    fn a_crate_from_outside_is_built_beside_an_exercise_that_does_not_compile() {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str, text: &str| write(folder.path(), file, text);
        at("outside/Cargo.toml", &manifest("from-outside", "[workspace]\n"));
        at("outside/src/lib.rs", "");
        at(
            "course/Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"wire\", \"exercises/*\"]\n",
        );
        let feature = "[features]\nopenblas = []\n";
        at("course/wire/Cargo.toml", &manifest("gradlings-wire", feature));
        at("course/wire/src/lib.rs", "");
        let outside = "[dependencies]\nfrom-outside = { path = \"../../../outside\" }\n";
        at("course/exercises/ex_1_1/Cargo.toml", &manifest("ex_1_1", outside));
        at("course/exercises/ex_1_1/src/lib.rs", "half a line");

        let workspace = Workspace::at(&folder.path().join("course")).unwrap();
        let crates = BTreeSet::from(["from-outside"]);
        let cargo = Cargo { workspace: &workspace, crates: &crates, exercises: &["ex_1_1"] };
        let built = cargo.build("no-grader").unwrap();
        let mut names: Vec<_> = built.crates.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["from_outside", "gradlings_wire"]);
    }

    #[test]
    fn a_package_is_found_in_its_id() {
        assert_eq!(
            package_name("registry+https://host/index#openblas-src@0.10.16"),
            "openblas-src"
        );
        assert_eq!(
            package_name("path+file:///course/grader/wire#gradlings-wire@0.1.0"),
            "gradlings-wire"
        );
        assert_eq!(package_name("path+file:///course/grader/engine#0.1.0"), "engine");
    }
}
