//! Folders for the submissions that the proof of a lesson grades.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tempfile::TempDir;

use crate::{
    checks::Lesson,
    grading::{Depth, GradeError, Grader, Options},
    report::LessonReport,
};

/// Submissions of one lesson, as learners would hand them in. A folder is used again once it is free: the
/// compiler then does no more than what an edit changes.
pub struct Submissions<'a> {
    pub grader: &'a Grader,
    pub lesson: &'static Lesson,
    free: Mutex<Vec<TempDir>>,
}

impl<'a> Submissions<'a> {
    pub const fn of(grader: &'a Grader, lesson: &'static Lesson) -> Self {
        Self { grader, lesson, free: Mutex::new(Vec::new()) }
    }

    /// Grades what has this text; gives the folder as well, which messages name.
    pub fn grade(
        &self,
        text: &str,
        options: Options,
    ) -> Result<(LessonReport, PathBuf), GradeError> {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let known = free().pop();
        let folder = known.map_or_else(tempfile::tempdir, Ok);
        let folder = folder.map_err(GradeError::of(self.lesson))?;
        self.write(folder.path(), text).map_err(GradeError::of(self.lesson))?;
        let mut report = self.grader.grade(&[self.lesson], folder.path(), options, |_, _| ())?;
        let path = folder.path().to_owned();
        free().push(folder);
        Ok((report.lessons.remove(0), path))
    }

    fn write(&self, folder: &Path, text: &str) -> io::Result<()> {
        let src = folder.join(self.lesson.id).join("src");
        fs::create_dir_all(&src)?;
        fs::write(src.join("lib.rs"), text)
    }
}

/// How a submission is graded.
pub fn options(depth: Depth) -> Options {
    Options { incremental: true, depth, ..super::options(0) }
}
