//! The manifests of a handout: those of the course, without what learners do not need.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::PathBuf,
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    HandoutError,
    packages::{Package, Packages},
};

type Table = Map<String, Value>;

/// Sections of a manifest that declare programs beside a library.
const PROGRAMS: [&str; 3] = ["[[bench]]", "[[example]]", "[[test]]"];

/// The part of the course's manifest that a handout keeps.
#[derive(Deserialize)]
struct Manifest {
    workspace: Workspace,
    #[serde(default)]
    profile: BTreeMap<String, Table>,
}

#[derive(Deserialize)]
struct Workspace {
    resolver: Option<String>,
    #[serde(default)]
    package: Table,
    #[serde(default)]
    dependencies: Table,
    #[serde(default)]
    lints: BTreeMap<String, Table>,
}

/// The manifest of the workspace with these members. `locked` are the packages that its lock file names.
pub fn workspace(
    packages: &Packages,
    members: &[&str],
    needed: &[&Package],
    locked: &[String],
) -> Result<String, HandoutError> {
    let Manifest { workspace, profile } = read(packages.root().join("Cargo.toml"))?;
    let is_unfinished = |member: &str| {
        let package = needed.iter().find(|it| it.folder() == packages.root().join(member));
        member.starts_with("exercises/") || package.is_some_and(|it| it.is_program())
    };
    let others: Vec<_> = members.iter().filter(|it| !is_unfinished(it)).collect();
    let mut text = String::from("[workspace]\n");
    if let Some(resolver) = workspace.resolver {
        let _ = writeln!(text, "resolver = {resolver:?}");
    }
    let _ = writeln!(text, "members = {}", list(members));
    text += "# Unfinished work must not turn `cargo test` red: exercises, and what runs them, are tested by name.\n";
    let _ = writeln!(text, "default-members = {}", list(&others));
    section(&mut text, "workspace.package", &workspace.package);
    let asked: BTreeSet<_> =
        needed.iter().flat_map(|it| &it.dependencies).map(|dependency| dependency.key()).collect();
    let dependencies = workspace.dependencies.into_iter();
    let dependencies = dependencies.filter(|(name, _)| asked.contains(name.as_str())).collect();
    section(&mut text, "workspace.dependencies", &dependencies);
    for (tool, lints) in &workspace.lints {
        section(&mut text, &format!("workspace.lints.{tool}"), lints);
    }
    for (name, profile) in profile {
        write_profile(&mut text, &name, profile, locked);
    }
    Ok(text)
}

/// The packages that a lock file names.
pub fn locked(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    names.map(str::to_owned).collect()
}

/// A crate's manifest without the programs that stay behind.
pub fn without_programs(text: &str) -> String {
    let mut is_kept = true;
    let mut kept = |line: &&str| {
        if line.starts_with('[') {
            is_kept = !PROGRAMS.contains(&line.trim());
        }
        is_kept
    };
    text.split_inclusive('\n').filter(|line| kept(line)).collect()
}

fn read<T: DeserializeOwned>(path: PathBuf) -> Result<T, HandoutError> {
    match fs::read_to_string(&path) {
        Ok(text) => basic_toml::from_str(&text)
            .map_err(|error| HandoutError::Malformed { path, reason: error.to_string() }),
        Err(source) => Err(HandoutError::Read { path, source }),
    }
}

/// A profile, with settings for packages that are there only: cargo warns of others.
fn write_profile(text: &mut String, name: &str, mut profile: Table, locked: &[String]) {
    let packages = profile.remove("package");
    section(text, &format!("profile.{name}"), &profile);
    for (package, settings) in packages.as_ref().and_then(Value::as_object).into_iter().flatten() {
        if let Some(settings) =
            settings.as_object().filter(|_| package == "*" || locked.contains(package))
        {
            section(text, &format!("profile.{name}.package.{}", key(package)), settings);
        }
    }
}

fn section(text: &mut String, name: &str, table: &Table) {
    if table.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n[{name}]");
    for (name, value) in table {
        let _ = writeln!(text, "{} = {}", key(name), inline(value));
    }
}

fn list(texts: &[impl std::fmt::Debug]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| format!("    {text:?},\n")).collect();
    format!("[\n{}]", texts.concat())
}

/// A value of TOML, in one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(table) => {
            let pair =
                |(name, value): (&String, &Value)| format!("{} = {}", key(name), inline(value));
            format!("{{ {} }}", table.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        // Texts, numbers and truth are written as in JSON.
        other => other.to_string(),
    }
}

fn key(name: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.chars().all(is_bare) { name.to_owned() } else { format!("{name:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_stay_behind_and_what_follows_them_does_not() {
        let text =
            "[package]\nname = \"a\"\n\n[[example]]\nname = \"b\"\n\n[lints]\nworkspace = true\n";
        let expected = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(without_programs(text), expected);
    }

    #[test]
    fn values_are_written_as_toml() {
        let value = serde_json::json!({ "version": "1", "features": ["a", "b"], "on": true });
        assert_eq!(inline(&value), "{ features = [\"a\", \"b\"], on = true, version = \"1\" }");
        assert_eq!((key("opt-level"), key("*")), ("opt-level".to_owned(), "\"*\"".to_owned()));
    }
}
