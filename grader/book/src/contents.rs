//! Which pages the book has, and in which order.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use engine::{Course, Plan, Workspace, checks::Lesson};
use serde::Deserialize;

use crate::fault::{BookError, Fault};

/// Where the settings of the book are.
const SETTINGS: &str = "docs/book.toml";

/// What `docs/book.toml` says: all that cannot be found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    title: String,
    description: String,
    /// The first page.
    start: String,
    #[serde(rename = "part")]
    parts: Vec<PartSettings>,
}

/// Pages of `docs/` that belong together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartSettings {
    title: String,
    /// Whether learners get them in the book of a handout.
    #[serde(default)]
    handout: bool,
    pages: Vec<String>,
}

/// The book's pages.
#[derive(Debug)]
pub struct Contents {
    pub title: String,
    pub description: String,
    pub handout: bool,
    pub start: Page,
    pub parts: Vec<Part>,
}

#[derive(Debug)]
pub struct Part {
    pub title: String,
    pub pages: Vec<Page>,
}

/// A page, by the name of its file without the ending.
#[derive(Debug)]
pub struct Page {
    pub name: String,
    pub matter: Matter,
}

/// What a page is made of.
#[derive(Debug)]
pub enum Matter {
    /// A lesson's two folders.
    Lesson(&'static Lesson),
    /// A file of the course.
    File(PathBuf),
}

impl Contents {
    /// The lessons that were found, by the phases of the plan, then the pages of `docs/`.
    pub fn of(course: &Course, workspace: &Workspace, handout: bool) -> Result<Self, BookError> {
        let root = workspace.root();
        if !workspace.has_solutions() {
            return Err(BookError::NoCourse { root: root.to_owned() });
        }
        let settings = Settings::read(root)?;
        let malformed =
            |reason| BookError::Malformed { path: root.join("docs/course.toml"), reason };
        let plan = Plan::read(workspace).map_err(malformed)?;
        let mut parts = lesson_parts(course, &plan);
        let shown = settings.parts.iter().filter(|part| part.handout || !handout);
        parts.extend(shown.map(Part::of));
        let start = Page { name: "index".to_owned(), ..Page::of(&settings.start) };
        let Settings { title, description, .. } = settings;
        Ok(Self { title, description, handout, start, parts })
    }

    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        std::iter::once(&self.start).chain(self.parts.iter().flat_map(|part| &part.pages))
    }

    /// The lessons, in the order of the book.
    pub fn lessons(&self) -> impl Iterator<Item = &'static Lesson> {
        self.pages().filter_map(|page| match page.matter {
            Matter::Lesson(lesson) => Some(lesson),
            Matter::File(_) => None,
        })
    }

    /// The pages by the files of the course that they hold.
    pub fn chapters(&self) -> BTreeMap<PathBuf, String> {
        let of_page = |page: &Page| {
            page.files(self.handout)
                .into_iter()
                .map(|file| (file, page.name.clone()))
                .collect::<Vec<_>>()
        };
        self.pages().flat_map(of_page).collect()
    }
}

impl Page {
    fn of(file: &str) -> Self {
        let name = file.trim_end_matches(".md").to_owned();
        Self { name, matter: Matter::File(Path::new("docs").join(file)) }
    }

    fn files(&self, handout: bool) -> Vec<PathBuf> {
        match &self.matter {
            Matter::File(file) => vec![file.clone()],
            Matter::Lesson(lesson) => {
                let exercise = Path::new("exercises").join(lesson.id);
                let derivation = Path::new("solutions").join(lesson.id).join("derivation.md");
                let mut files = vec![exercise.join("README.md"), exercise.join("page.md")];
                files.extend((!handout).then_some(derivation));
                files
            }
        }
    }
}

impl Part {
    fn of(settings: &PartSettings) -> Self {
        let pages = settings.pages.iter().map(|file| Page::of(file)).collect();
        Self { title: settings.title.clone(), pages }
    }
}

impl Settings {
    fn read(root: &Path) -> Result<Self, BookError> {
        let path = root.join(SETTINGS);
        let text = fs::read_to_string(&path)
            .map_err(|source| BookError::Read { path: path.clone(), source })?;
        let settings: Self = basic_toml::from_str(&text)
            .map_err(|error| BookError::Malformed { path, reason: error.to_string() })?;
        let left_out = settings.left_out(root)?;
        if left_out.is_empty() { Ok(settings) } else { Err(BookError::Faults(left_out)) }
    }

    /// A page of `docs/` that is in no part would be found by nobody.
    fn left_out(&self, root: &Path) -> Result<Vec<Fault>, BookError> {
        let folder = root.join("docs");
        let read = |source| BookError::Read { path: folder.clone(), source };
        let mut faults = Vec::new();
        for entry in fs::read_dir(&folder).map_err(read)? {
            let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
            let mut listed = self.parts.iter().flat_map(|part| &part.pages).chain([&self.start]);
            if name.ends_with(".md") && !listed.any(|it| *it == name) {
                let what = format!("docs/{name} is in no part of the book");
                faults.push(Fault { file: SETTINGS.into(), line: 1, what });
            }
        }
        faults.sort_by(|a, b| a.what.cmp(&b.what));
        Ok(faults)
    }
}

/// The lessons by phases; those that no phase has come last.
fn lesson_parts(course: &Course, plan: &Plan) -> Vec<Part> {
    let page = |lesson: &'static Lesson| Page {
        name: lesson.id.to_owned(),
        matter: Matter::Lesson(lesson),
    };
    let phase = |phase: &engine::Phase| Part {
        title: phase.title.clone(),
        pages: phase.lessons.iter().filter_map(|it| course.lesson(&it.id)).map(page).collect(),
    };
    let mut parts: Vec<_> = plan.phases.iter().map(phase).collect();
    let others = course.lessons.iter().filter(|lesson| !plan.has(lesson.id)).map(page).collect();
    parts.push(Part { title: "Further lessons".to_owned(), pages: others });
    parts.retain(|part| !part.pages.is_empty());
    parts
}
