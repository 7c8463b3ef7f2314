//! Tables that the project keeps in its texts: the map of the course, the checks of each lesson, the
//! gallery of messages. They are written here, from the lessons, or compared with what is there.

pub mod gallery;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    checks::{Check, Lesson},
    grading::{GradeError, Grader},
    plan::{Phase, Plan, PlannedLesson},
};

/// Where the map of the course stands in a page.
const MAP: [&str; 2] =
    ["<!-- course map: written by `./x tables --write` -->", "<!-- end of course map -->"];

/// The section of a brief that lists the checks.
const GRADED: &str = "## What is graded\n";

/// A page, and what it should hold.
struct Page {
    path: PathBuf,
    text: String,
}

/// Writes every table of these lessons that differs.
pub fn write(grader: &Grader, lessons: &[&Lesson]) -> Result<(), GradeError> {
    let mut pages = pages(grader, lessons)?;
    pages.extend(gallery::page(grader, lessons)?);
    for page in pages.iter().filter(|page| page.text != page.is()) {
        fs::write(&page.path, &page.text)
            .map_err(|source| GradeError::Page { path: page.path.clone(), source })?;
        println!("{}: written", page.name(grader));
    }
    Ok(())
}

/// What is said of each page that differs from these lessons, the gallery aside.
pub fn stale(grader: &Grader, lessons: &[&Lesson]) -> Result<Vec<String>, GradeError> {
    let pages = pages(grader, lessons)?;
    let stale = pages.iter().filter(|page| page.text != page.is());
    Ok(stale.map(|page| differs(&page.name(grader), &page.is(), &page.text)).collect())
}

/// The pages with tables of these lessons for which nothing has to be graded.
fn pages(grader: &Grader, lessons: &[&Lesson]) -> Result<Vec<Page>, GradeError> {
    let mut pages = Vec::from_iter(map_page(grader)?);
    for lesson in lessons {
        pages.extend(brief_page(grader, lesson)?);
    }
    Ok(pages)
}

impl Page {
    /// What it holds now.
    fn is(&self) -> String {
        fs::read_to_string(&self.path).unwrap_or_default()
    }

    fn name(&self, grader: &Grader) -> String {
        let path = self.path.strip_prefix(grader.workspace.root()).unwrap_or(&self.path);
        path.display().to_string()
    }
}

/// Says that a page is out of date, and where.
pub fn differs(page: &str, is: &str, should_be: &str) -> String {
    let difference = difference(is, should_be);
    format!("{page}: differs from the lessons; `./x tables --write` writes it\n{difference}")
}

/// The first lines that differ.
fn difference(is: &str, should_be: &str) -> String {
    let diff = similar::TextDiff::from_lines(is, should_be);
    let text = diff.unified_diff().context_radius(0).to_string();
    crate::excerpt::excerpt(&text, 2 << 10)
}

fn read_page(path: &Path) -> Result<Option<String>, GradeError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(GradeError::Page { path: path.to_owned(), source }),
    }
}

/// The README with the map of the course, where it has a place for one.
fn map_page(grader: &Grader) -> Result<Option<Page>, GradeError> {
    let path = grader.workspace.root().join("README.md");
    let plan = Plan::read(&grader.workspace).map_err(GradeError::Plan)?;
    let map = map(grader.course.lessons, &plan);
    let text = read_page(&path)?;
    Ok(text.and_then(|text| between(&text, MAP, &map)).map(|text| Page { path, text }))
}

/// The text with other contents between two markers.
fn between(text: &str, [start, end]: [&str; 2], contents: &str) -> Option<String> {
    let (before, rest) = text.split_once(start)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{start}\n\n{contents}\n{end}{after}"))
}

/// The map: what is ready phase by phase, and what is planned.
fn map(lessons: &[Lesson], plan: &Plan) -> String {
    let mut text = String::new();
    let planned = |id: &str| plan.has(id);
    for phase in &plan.phases {
        text += &phase_map(lessons, phase);
    }
    let others: Vec<_> = lessons.iter().filter(|lesson| !planned(lesson.id)).collect();
    if !others.is_empty() {
        text += "| lesson | title |\n|---|---|\n";
        text.extend(others.iter().map(|it| format!("| {} | {} |\n", link(it.id), it.title)));
    }
    text
}

fn phase_map(lessons: &[Lesson], phase: &Phase) -> String {
    let found = |planned: &&PlannedLesson| lessons.iter().any(|it| it.id == planned.id);
    let (ready, planned): (Vec<_>, Vec<_>) = phase.lessons.iter().partition(found);
    let mut text = format!("**{}**", phase.title);
    if ready.is_empty() {
        text += &format!(": {} lessons planned.\n\n", planned.len());
        return text;
    }
    text += "\n\n| lesson | you build |\n|---|---|\n";
    for row in ready {
        let title = lessons.iter().find(|it| it.id == row.id).map_or("", |it| it.title);
        text += &format!("| {} {title} | {} |\n", link(&row.id), row.builds);
    }
    if !planned.is_empty() {
        let titles: Vec<_> =
            planned.iter().map(|it| format!("{} {}", number(&it.id), it.title)).collect();
        text += &format!("\nPlanned: {}.\n", titles.join(" · "));
    }
    text + "\n"
}

/// `ex_2_1` as `2.1`.
fn number(id: &str) -> String {
    id.trim_start_matches("ex_").replace('_', ".")
}

fn link(id: &str) -> String {
    format!("[{}](exercises/{id}/README.md)", number(id))
}

/// The brief of a lesson with the table of its checks.
fn brief_page(grader: &Grader, lesson: &Lesson) -> Result<Option<Page>, GradeError> {
    let path = grader.workspace.exercise(lesson.id).join("README.md");
    let Some(text) = read_page(&path)? else { return Ok(None) };
    let (before, rest) = text.split_once(GRADED).unwrap_or((&text, ""));
    let after = rest.find("\n## ").map_or("", |at| &rest[at..]);
    // In a table a bar begins the next cell.
    let row = |it: &Check| format!("| {} | {} |\n", it.title.replace('|', "\\|"), it.points);
    let rows = lesson.checks.iter().map(row);
    let table = format!("| check | points |\n|---|---|\n{}", rows.collect::<String>());
    let text = format!("{}\n\n{GRADED}\n{table}{after}", before.trim_end());
    Ok(Some(Page { path, text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Lesson = Lesson { id: "ex_2_1", ..Lesson::new("Backprop", &[]) };

    fn plan() -> Plan {
        basic_toml::from_str(
            "[[phase]]\ntitle = \"Phase 1\"\n\
             [[phase.lesson]]\nid = \"ex_2_1\"\ntitle = \"other\"\nbuilds = \"numbers\"\n\
             [[phase.lesson]]\nid = \"ex_2_2\"\ntitle = \"Neuron\"\n\
             [[phase]]\ntitle = \"Phase 2\"\n\
             [[phase.lesson]]\nid = \"ex_4_1\"\ntitle = \"Init\"\n",
        )
        .unwrap()
    }

    #[test]
    fn the_map_shows_what_is_ready_and_what_is_planned() {
        let map = map(&[LESSON], &plan());
        assert!(map.contains("| [2.1](exercises/ex_2_1/README.md) Backprop | numbers |"), "{map}");
        assert!(map.contains("Planned: 2.2 Neuron."), "{map}");
        assert!(map.contains("**Phase 2**: 1 lessons planned."), "{map}");
    }

    #[test]
    fn a_lesson_that_is_not_planned_is_on_the_map_all_the_same() {
        assert!(map(&[LESSON], &Plan::default()).contains("Backprop"));
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let changed = between("a<b>old<c>d", ["<b>", "<c>"], "new").unwrap();
        assert_eq!(changed, "a<b>\n\nnew\n<c>d");
        assert_eq!(between("no markers", ["<b>", "<c>"], "new"), None);
    }
}
