//! Folders for the submissions that the proof of a lesson grades.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use tempfile::TempDir;

use crate::{
    checks::Lesson,
    grading::{Depth, Options},
};

/// Submissions of one lesson, as learners would hand them in. A folder is used again once it is free: the
/// compiler then does no more than what an edit changes.
pub struct Submissions {
    lesson: &'static Lesson,
    free: Mutex<Vec<TempDir>>,
}

impl Submissions {
    pub const fn of(lesson: &'static Lesson) -> Self {
        Self { lesson, free: Mutex::new(Vec::new()) }
    }

    /// Grades what has this text.
    pub fn hand_in<R>(&self, text: &str, grade: impl FnOnce(&Path) -> R) -> io::Result<R> {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let known = free().pop();
        let folder = known.map_or_else(tempfile::tempdir, Ok)?;
        let src = folder.path().join(self.lesson.id).join("src");
        fs::create_dir_all(&src)?;
        fs::write(src.join("lib.rs"), text)?;
        let graded = grade(folder.path());
        free().push(folder);
        Ok(graded)
    }
}

/// How a submission is graded.
pub fn options(depth: Depth) -> Options {
    Options { incremental: true, depth, ..super::options(0) }
}
