//! Cargo, as what builds a kit's crates and tells which they are.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde::Deserialize;

use super::{KitError, output};
use crate::workspace::Workspace;

/// The package of the wire, which every worker names.
const WIRE_PACKAGE: &str = "gradlings-wire";

/// How cargo tells what it has built.
const MESSAGES: &str = "--message-format=json-render-diagnostics";

/// Cargo, for the crates that every worker names and those of the lessons.
pub struct Cargo<'a> {
    pub workspace: &'a Workspace,
    pub crates: &'a BTreeSet<&'a str>,
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
        let mut together = self.command("build", &[grader]);
        together.arg(MESSAGES).stderr(Stdio::null());
        // Silent, because it may fail where no kit is in danger: a workspace need not have that
        // package, and an author's checks need not compile. What does concern the kit fails without
        // it too, and that time cargo is heard.
        output(&mut together, KitError::Build)
            .or_else(|_| output(self.command("build", &[]).arg(MESSAGES), KitError::Build))
    }

    /// The names of all crates that these depend on, themselves included.
    fn needed(&self) -> Result<BTreeSet<String>, KitError> {
        let mut tree = self.command("tree", &[]);
        tree.args(["--edges=normal", "--prefix=none", "--no-dedupe", "--format={lib}"]);
        Ok(output(&mut tree, KitError::Tree)?.lines().map(crate_name).collect())
    }

    fn command(&self, subcommand: &str, beside: &[&str]) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(self.workspace.root()).args([subcommand, "--quiet"]);
        // Workers catch panics and run here, whatever a person's configuration of cargo says.
        cargo.env("CARGO_PROFILE_DEV_PANIC", "unwind").env_remove("CARGO_BUILD_TARGET");
        for package in [WIRE_PACKAGE].iter().chain(beside) {
            cargo.arg(format!("--package={package}"));
            if cfg!(feature = "openblas") {
                cargo.arg(format!("--features={package}/openblas"));
            }
        }
        cargo.args(self.crates.iter().map(|name| format!("--package={name}")));
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
    use super::*;

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
