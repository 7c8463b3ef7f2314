//! The learner's repository: the exercises, what their crates need, and nothing of the solutions.

mod manifest;
mod packages;
pub mod record;
mod tracked;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
    process::ExitStatus,
};

use packages::{Package, Packages};
use record::Record;

use crate::{checks::Lesson, course::Course, workspace::Workspace};

/// What learners read first, and the script that the briefs name.
const README: &str = include_str!("handout/README.md");
const SCRIPT: &str = include_str!("handout/x");

/// What is copied from the top of the course where it is there.
const COPIED: [&str; 15] = [
    ".devcontainer/devcontainer.json",
    ".gitattributes",
    ".github/actions/grade/action.yml",
    ".github/actions/grade/fetch.sh",
    ".github/actions/grade/grade.sh",
    ".github/actions/grade/report.sh",
    ".github/workflows/autograde.yml",
    ".helix/languages.toml",
    ".vscode/settings.json",
    ".vscode/tasks.json",
    ".zed/settings.json",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "rust-toolchain.toml",
    "rustfmt.toml",
];

/// What git leaves out: builds, the drafts of the visible tests, what `sync` has not moved into place, and the
/// learner's progress.
const IGNORED: &str = "/target/\n*.snap.new\n/.gradlings/draft*\n/.gradlings/progress*\n";

/// Where the pages lie that briefs link to.
const DOCS: &str = "docs";

/// A file of a handout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub bytes: Vec<u8>,
    pub executable: bool,
}

/// What learners get: the contents of each file by its path, which is relative and has no `..`.
#[derive(Debug, Default)]
pub struct Handout {
    pub files: BTreeMap<String, Entry>,
    /// The lessons, in the order of the course.
    pub lessons: Vec<String>,
    /// Lessons that nobody named, each with one that builds on it.
    pub taken_along: Vec<(String, String)>,
}

/// Why there is no handout.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum HandoutError {
    #[error("failed to make a handout of {root}: it has no folder `solutions`")]
    #[diagnostic(help("handouts are made of the whole course: --workspace DIR names its folder"))]
    NoCourse { root: PathBuf },
    #[error("failed to make a handout in {out}: something is there already")]
    #[diagnostic(help(
        "name a folder that is new or empty. `grader sync` brings an updated course into a learner's repository"
    ))]
    NotEmpty { out: PathBuf },
    #[error("failed to make a handout: {path} is not what git has")]
    #[diagnostic(help(
        "commit it or take it back, so that no half-written exercise and no solution of your own is handed \
         out; --allow-dirty hands it out as it is"
    ))]
    Dirty { path: String },
    #[error("failed to run {program}")]
    Run { program: &'static str, source: io::Error },
    #[error("failed to list the course's files: git ended with {status}\n{messages}")]
    Git { status: ExitStatus, messages: String },
    #[error("failed to find the packages of the course: cargo ended with {status}\n{messages}")]
    Cargo { status: ExitStatus, messages: String },
    #[error("failed to find the package {name} in the Cargo workspace of {root}")]
    #[diagnostic(help(
        "a handout holds every crate that its exercises and their workers need: make it a member of the \
         course's Cargo workspace"
    ))]
    NoPackage { name: String, root: PathBuf },
    #[error("failed to hand out {path}: it lies outside of {root}")]
    #[diagnostic(help("a handout holds every crate that its exercises need: move it there"))]
    Outside { path: PathBuf, root: PathBuf },
    #[error("failed to hand out {path}: it is not a regular file")]
    #[diagnostic(help("put a file in its place"))]
    NotAFile { path: PathBuf },
    #[error("failed to read {path}: {reason}")]
    Malformed { path: PathBuf, reason: String },
    #[error("failed to read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to write {path}")]
    Write { path: PathBuf, source: io::Error },
}

impl Handout {
    /// Collects what learners get of these lessons. Lessons that they build on are taken along.
    ///
    /// # Errors
    /// When a file cannot be read, lies elsewhere, or is not what git has and need be.
    pub fn of(
        course: &Course,
        workspace: &Workspace,
        lessons: &[&Lesson],
        allow_dirty: bool,
    ) -> Result<Self, HandoutError> {
        let root = workspace.root();
        if !workspace.has_solutions() {
            return Err(HandoutError::NoCourse { root: root.to_owned() });
        }
        let packages = Packages::of(root)?;
        let named: Vec<_> = lessons.iter().map(|lesson| lesson.id).collect();
        let needed = packages.needed(&named)?;
        let mut handout =
            Self { taken_along: taken_along(course, &needed, &named), ..Self::default() };
        for package in &needed {
            handout.take_package(&packages, package, root, allow_dirty)?;
        }
        let is_needed = |id: &&str| needed.iter().any(|package| package.name == *id);
        let ids = course.lessons.iter().map(|lesson| lesson.id).filter(is_needed);
        handout.lessons = ids.map(str::to_owned).collect();
        handout.take_pages(root, allow_dirty)?;
        handout.lock(&packages, &needed)?;
        handout.put(".gitignore", IGNORED.to_owned());
        handout.put("README.md", readme(root, course, &handout.lessons));
        handout.put("x", SCRIPT.to_owned());
        handout.files.entry("x".to_owned()).and_modify(|script| script.executable = true);
        Ok(handout)
    }

    /// Writes the handout and the record of it, all or nothing.
    ///
    /// # Errors
    /// When `out` is there and not empty, or cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), HandoutError> {
        let write = |source| HandoutError::Write { path: out.to_owned(), source };
        let is_free =
            fs::read_dir(out).map_or_else(|_| !out.exists(), |mut it| it.next().is_none());
        if !is_free {
            return Err(HandoutError::NotEmpty { out: out.to_owned() });
        }
        let parent = out.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(write)?;
        let draft =
            tempfile::Builder::new().prefix(".handout-").tempdir_in(parent).map_err(write)?;
        self.write_files(draft.path())?;
        Record::of(self).entry().write(&draft.path().join(record::PATH)).map_err(write)?;
        // For others to read, as a folder that cargo or git makes; a temporary one is not.
        fs::set_permissions(draft.path(), fs::Permissions::from_mode(0o755)).map_err(write)?;
        fs::rename(draft.path(), out).map_err(write)
    }

    /// Takes the files of a package to where it lies in the course. Programs of a crate's own stay behind:
    /// nothing that learners write needs its tests, examples and benchmarks.
    fn take_package(
        &mut self,
        packages: &Packages,
        package: &Package,
        root: &Path,
        allow_dirty: bool,
    ) -> Result<(), HandoutError> {
        let is_exercise = package.folder().starts_with(root.join("exercises"));
        let place = packages.place(package, root)?;
        for file in tracked::files(package.folder(), allow_dirty)? {
            let stays = ["tests", "examples", "benches"].iter().any(|it| file.starts_with(it));
            if stays && !is_exercise {
                continue;
            }
            let mut entry = Entry::read(&packages.file(&package.folder().join(&file))?)?;
            if file == Path::new("Cargo.toml") && !is_exercise {
                entry.bytes =
                    manifest::without_programs(&String::from_utf8_lossy(&entry.bytes)).into();
            }
            self.files.insert(place.join(&file).display().to_string(), entry);
        }
        Ok(())
    }

    /// Adds the manifest of the Cargo workspace, and the lock file that cargo makes of the course's.
    fn lock(&mut self, packages: &Packages, needed: &[&Package]) -> Result<(), HandoutError> {
        let all = Entry::read(&packages.root().join("Cargo.lock"))?;
        self.files.insert("Cargo.lock".to_owned(), all);
        let manifest = |members: &[&str], locked: &[String]| {
            manifest::workspace(packages, members, needed, locked)
        };
        self.put("Cargo.toml", manifest(&self.members(), &[])?);
        let draft = tempfile::tempdir();
        let draft =
            draft.map_err(|source| HandoutError::Write { path: std::env::temp_dir(), source })?;
        self.write_files(draft.path())?;
        packages.lock(draft.path())?;
        let lock = Entry::read(&draft.path().join("Cargo.lock"))?;
        let locked = manifest::locked(&String::from_utf8_lossy(&lock.bytes));
        self.files.insert("Cargo.lock".to_owned(), lock);
        self.files.remove("Cargo.toml");
        self.put("Cargo.toml", manifest(&self.members(), &locked)?);
        Ok(())
    }

    fn write_files(&self, folder: &Path) -> Result<(), HandoutError> {
        for (name, entry) in &self.files {
            let path = folder.join(name);
            entry.write(&path).map_err(|source| HandoutError::Write { path, source })?;
        }
        Ok(())
    }

    /// Takes licences, workflow and settings, and the pages that briefs and hints link to.
    fn take_pages(&mut self, root: &Path, allow_dirty: bool) -> Result<(), HandoutError> {
        let linked = self.linked_pages();
        let copied = COPIED.iter().map(|name| (*name).to_owned()).chain(linked);
        for name in copied.filter(|name| root.join(name).is_file()) {
            tracked::require(root, &name, allow_dirty)?;
            let entry = Entry::read(&root.join(&name))?;
            self.files.insert(name, entry);
        }
        Ok(())
    }

    fn linked_pages(&self) -> BTreeSet<String> {
        let pages = self.files.iter().filter(|(path, _)| path.ends_with(".md"));
        let links = pages.flat_map(|(path, entry)| {
            let text = String::from_utf8_lossy(&entry.bytes).into_owned();
            let folder = Path::new(path).parent().unwrap_or(Path::new(""));
            links(&text).iter().filter_map(|link| resolved(&folder.join(link))).collect::<Vec<_>>()
        });
        links.filter(|path| Path::new(path).starts_with(DOCS)).collect()
    }

    fn put(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), Entry { bytes: text.into(), executable: false });
    }

    /// The folders of the crates in it.
    fn members(&self) -> Vec<&str> {
        self.files.keys().filter_map(|path| path.strip_suffix("/Cargo.toml")).collect()
    }
}

impl Entry {
    /// # Errors
    /// When it is no regular file, or cannot be read.
    pub fn read(path: &Path) -> Result<Self, HandoutError> {
        let read = |source| HandoutError::Read { path: path.to_owned(), source };
        let metadata = fs::symlink_metadata(path).map_err(read)?;
        if !metadata.is_file() {
            return Err(HandoutError::NotAFile { path: path.to_owned() });
        }
        let executable = metadata.permissions().mode() & 0o100 != 0;
        Ok(Self { bytes: fs::read(path).map_err(read)?, executable })
    }

    /// Writes a file that is not there yet, and the folders above it.
    fn write(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        fs::write(path, &self.bytes)?;
        fs::set_permissions(path, self.permissions())
    }

    pub fn permissions(&self) -> fs::Permissions {
        fs::Permissions::from_mode(if self.executable { 0o755 } else { 0o644 })
    }
}

/// The lessons that come along unasked, each with one that builds on it.
fn taken_along(course: &Course, needed: &[&Package], named: &[&str]) -> Vec<(String, String)> {
    let unasked = needed.iter().map(|package| package.name.as_str());
    let unasked = unasked.filter(|name| course.lesson(name).is_some() && !named.contains(name));
    let because = |name: &str| {
        let builds_on = |it: &&&Package| it.dependencies.iter().any(|it| it.name == name);
        needed.iter().find(builds_on).map(|it| (name.to_owned(), it.name.clone()))
    };
    unasked.filter_map(because).collect()
}

/// Where the links of a Markdown page lead, without what stands after `#`.
fn links(page: &str) -> Vec<&str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.contains("://")).collect()
}

/// The path without `..`, as long as it does not lead out.
fn resolved(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => (),
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// The README for learners, with the course's own title.
fn readme(root: &Path, course: &Course, lessons: &[String]) -> String {
    let own = fs::read_to_string(root.join("README.md")).unwrap_or_default();
    let title = own.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("The course");
    let row = |id: &String| {
        let title = course.lesson(id).map_or("", |lesson| lesson.title);
        let number = id.trim_start_matches("ex_").replace('_', ".");
        format!("| [{number}](exercises/{id}/README.md) | {title} |\n")
    };
    let table: String = lessons.iter().map(row).collect();
    let first = lessons.first().map_or("", String::as_str);
    README
        .replace("{title}", title)
        .replace("{first}", first)
        .replace("{lessons}", table.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_page_are_found_without_those_to_the_network() {
        let page = "[a](../../docs/a.md#part) and [b](https://example.org/docs/b.md), [c](c.md)";
        assert_eq!(links(page), ["../../docs/a.md", "c.md"]);
    }

    #[test]
    fn a_link_that_leads_out_of_the_course_is_none() {
        let from = |link| resolved(&Path::new("exercises/ex_1_1").join(link));
        assert_eq!(from("../../docs/a.md").as_deref(), Some("docs/a.md"));
        assert_eq!(from("../../../docs/a.md"), None);
        assert_eq!(from("/etc/passwd"), None);
    }
}
