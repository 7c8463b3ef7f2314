//! A course: the lessons that were found when its grader was built.

use crate::{checks::Lesson, workspace::Workspace};

/// A course, as the build script of its grader writes it.
#[derive(Debug)]
pub struct Course {
    /// The folder that holds `exercises/` and `solutions/`, where the grader was built.
    pub root: &'static str,
    /// The package of its grader.
    pub package: &'static str,
    /// The lessons, in the order of the course.
    pub lessons: &'static [Lesson],
    /// Lessons that cannot be graded: their ids, and why.
    pub left_out: &'static [(&'static str, &'static str)],
}

/// A lesson that the course does not have.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to find the lesson {id:?}{reason}")]
#[diagnostic(help("the lessons are {known}"))]
pub struct NoLesson {
    id: String,
    reason: String,
    known: String,
}

impl Course {
    /// The lesson with this id.
    pub fn lesson(&self, id: &str) -> Option<&'static Lesson> {
        self.lessons.iter().find(|lesson| lesson.id == id)
    }

    /// The lesson that comes after these, in the order of the course.
    pub fn next(&self, done: &[&Lesson]) -> Option<&'static Lesson> {
        let is_done = |lesson: &Lesson| done.iter().any(|it| it.id == lesson.id);
        let last = self.lessons.iter().rposition(is_done)?;
        self.lessons.get(last + 1)
    }

    /// The named lessons in the order of the course; all of them where none is named.
    ///
    /// # Errors
    /// When a name is that of no lesson, or of one that was left out.
    pub fn chosen(&self, ids: &[String]) -> Result<Vec<&'static Lesson>, NoLesson> {
        if let Some(id) = ids.iter().find(|id| self.lesson(id).is_none()) {
            return Err(self.no_lesson(id));
        }
        let is_chosen = |lesson: &&Lesson| ids.is_empty() || ids.iter().any(|id| id == lesson.id);
        Ok(self.lessons.iter().filter(is_chosen).collect())
    }

    /// The named lessons of those that the workspace has; all of them where none is named.
    ///
    /// # Errors
    /// When a name is that of no lesson, or of one that was not handed out, or nothing was.
    pub fn chosen_in(
        &self,
        workspace: &Workspace,
        ids: &[String],
    ) -> Result<Vec<&'static Lesson>, NoLesson> {
        let chosen = self.chosen(ids)?.into_iter();
        let (here, absent): (Vec<_>, Vec<_>) = chosen.partition(|lesson| workspace.has(lesson.id));
        match absent.first().filter(|_| !ids.is_empty() || here.is_empty()) {
            None => Ok(here),
            Some(lesson) => Err(NoLesson {
                reason: format!(" in {}: it was not handed out", workspace.exercises().display()),
                known: ids_of(self.lessons.iter().filter(|lesson| workspace.has(lesson.id))),
                id: lesson.id.to_owned(),
            }),
        }
    }

    fn no_lesson(&self, id: &str) -> NoLesson {
        let left_out = self.left_out.iter().find(|(left_out, _)| *left_out == id);
        let reason = left_out.map(|(_, why)| format!(": it was left out, because {why}"));
        NoLesson {
            id: id.to_owned(),
            reason: reason.unwrap_or_default(),
            known: ids_of(self.lessons.iter()),
        }
    }
}

fn ids_of<'a>(lessons: impl Iterator<Item = &'a Lesson>) -> String {
    lessons.map(|lesson| lesson.id).collect::<Vec<_>>().join(", ")
}
