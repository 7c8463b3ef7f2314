//! The packages of the course's Cargo workspace, as cargo tells them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::HandoutError;

/// What every worker is linked against, in a handout too.
const WIRE: &str = "gradlings-wire";

/// The answer of `cargo metadata`.
#[derive(Debug, Deserialize)]
pub struct Packages {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    manifest_path: PathBuf,
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    rename: Option<String>,
    /// Where it lies, if not in a registry.
    path: Option<PathBuf>,
}

impl Dependency {
    /// The name under which a manifest asks for it.
    pub fn key(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.name)
    }
}

impl Package {
    pub fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// True for a program that runs what learners write.
    pub fn is_program(&self) -> bool {
        !is_exercise(self.folder()) && self.exercises().next().is_some()
    }

    /// The exercises that it depends on.
    fn exercises(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|it| it.path.as_deref().is_some_and(is_exercise))
    }
}

fn is_exercise(folder: &Path) -> bool {
    folder.parent().is_some_and(|it| it.ends_with("exercises"))
}

impl Packages {
    /// Asks cargo for the members of the workspace that holds the course.
    pub fn of(course: &Path) -> Result<Self, HandoutError> {
        let mut cargo = cargo(course);
        cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
        let answer = answer(&mut cargo)?;
        let malformed = |error: serde_json::Error| HandoutError::Malformed {
            path: course.join("Cargo.toml"),
            reason: error.to_string(),
        };
        serde_json::from_slice(&answer).map_err(malformed)
    }

    /// Has cargo take out of the lock file in `folder` what its manifests do not ask for. With the settings
    /// of the course, which may name another source of crates.
    pub fn lock(&self, folder: &Path) -> Result<(), HandoutError> {
        let manifest = folder.join("Cargo.toml");
        let update = |offline: &[&str]| {
            let mut cargo = cargo(&self.workspace_root);
            cargo.args(["update", "--workspace", "--quiet", "--manifest-path"]).arg(&manifest);
            answer(cargo.args(offline)).map(drop)
        };
        update(&["--offline"]).or_else(|_| update(&[]))
    }

    /// The folder of the Cargo workspace, which may be above the course.
    pub fn root(&self) -> &Path {
        &self.workspace_root
    }

    /// The wire, the lessons, the programs that run them, and all packages that these need, in the order of
    /// their paths.
    pub fn needed(&self, lessons: &[&str]) -> Result<Vec<&Package>, HandoutError> {
        let lessons = lessons.iter().chain([&WIRE]).map(|name| self.package(name));
        let lessons = self.with_dependencies(lessons.collect::<Result<_, _>>()?)?;
        let programs = self.programs(&lessons);
        let mut needed = self.with_dependencies([lessons, programs].concat())?;
        needed.sort_by(|a, b| a.manifest_path.cmp(&b.manifest_path));
        Ok(needed)
    }

    /// These packages, and those that they need.
    fn with_dependencies<'a>(
        &'a self,
        mut open: Vec<&'a Package>,
    ) -> Result<Vec<&'a Package>, HandoutError> {
        let mut found: Vec<&Package> = Vec::new();
        while let Some(package) = open.pop() {
            if found.iter().any(|known| known.name == package.name) {
                continue;
            }
            found.push(package);
            for here in package.dependencies.iter().filter(|it| it.path.is_some()) {
                open.push(self.package(&here.name)?);
            }
        }
        Ok(found)
    }

    /// The programs all of whose exercises are there.
    fn programs(&self, there: &[&Package]) -> Vec<&Package> {
        let is_there = |name: &str| there.iter().any(|it| it.name == name);
        let is_runnable =
            |it: &&Package| it.is_program() && it.exercises().all(|it| is_there(&it.name));
        self.packages.iter().filter(is_runnable).collect()
    }

    /// Where a file lies, which may be a link: a crate shares its licences with the course. What a link
    /// leads to outside is not the course's to hand out.
    pub fn file(&self, path: &Path) -> Result<PathBuf, HandoutError> {
        let file = fs::canonicalize(path);
        let file = file.map_err(|source| HandoutError::Read { path: path.to_owned(), source })?;
        let root = self.workspace_root.clone();
        match file.starts_with(&root) {
            true => Ok(file),
            false => Err(HandoutError::Outside { path: path.to_owned(), root }),
        }
    }

    fn package(&self, name: &str) -> Result<&Package, HandoutError> {
        let found = self.packages.iter().find(|package| package.name == name);
        found.ok_or_else(|| HandoutError::NoPackage {
            name: name.to_owned(),
            root: self.workspace_root.clone(),
        })
    }

    /// The place of a package in a handout: an exercise's as in the course, another's as in the Cargo
    /// workspace.
    pub fn place(&self, package: &Package, course: &Path) -> Result<PathBuf, HandoutError> {
        let folder = package.folder();
        let in_course = folder.strip_prefix(course).ok().filter(|it| it.starts_with("exercises"));
        let place = in_course.or_else(|| folder.strip_prefix(&self.workspace_root).ok());
        place.map(Path::to_owned).ok_or_else(|| HandoutError::Outside {
            path: folder.to_owned(),
            root: self.workspace_root.clone(),
        })
    }
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder);
    cargo
}

fn answer(cargo: &mut Command) -> Result<Vec<u8>, HandoutError> {
    let output = cargo.output();
    let output = output.map_err(|source| HandoutError::Run { program: "cargo", source })?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(HandoutError::Cargo { status: output.status, messages });
    }
    Ok(output.stdout)
}
