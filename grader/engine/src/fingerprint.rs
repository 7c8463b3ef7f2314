//! What the verdict on a lesson depends on, beside the submission and the seed.

use std::{fs, io, path::Path};

use crate::{
    checks::Lesson,
    grading::Grader,
    hash::hash,
    kit::own::{self, read_all},
};

/// The sources of the engine, and of the crates beside it.
const ENGINE: &str = env!("CARGO_MANIFEST_DIR");

/// What of a lesson decides, beside its solution.
const FILES: [&str; 5] = ["checks.rs", "reference.rs", "adapter.rs", "formulas.rs", "wrong.rs"];

/// The crates that decide.
const CRATES: [&str; 5] =
    ["engine/src", "contract/src", "formulas/src", "gradcheck/src", "wire/src"];

impl Grader {
    /// The hash of everything that decides what a submission for this lesson is worth: the lesson's own
    /// files, the solutions that it builds on, the engine, and the crates that code is linked against. It
    /// is the same on every machine.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn fingerprint(&self, lesson: &Lesson) -> io::Result<String> {
        let mut parts = vec![wire::GEMM_BACKEND.to_owned()];
        self.read_lesson(lesson, &mut parts)?;
        let crates = Path::new(ENGINE).parent().unwrap_or(Path::new(ENGINE));
        CRATES.iter().try_for_each(|folder| read_all(&crates.join(folder), &mut parts))?;
        parts.extend(fs::read_to_string(self.workspace.root().join("Cargo.lock")));
        Ok(hash(parts))
    }

    fn read_lesson(&self, lesson: &Lesson, parts: &mut Vec<String>) -> io::Result<()> {
        let solution = self.workspace.solution(lesson.id);
        read_all(&solution.join("src"), parts)?;
        let manifest = self.workspace.exercise(lesson.id).join("Cargo.toml");
        let files = FILES.iter().map(|file| solution.join(file)).chain([manifest]);
        // Not every lesson has all of them.
        parts.extend(files.map(|file| fs::read_to_string(file).unwrap_or_default()));
        parts.extend(own::sources(self.workspace.root(), lesson.contract.crates.iter().copied())?);
        let earlier = lesson.contract.lessons.iter().filter_map(|id| self.course.lesson(id));
        earlier.into_iter().try_for_each(|earlier| self.read_lesson(earlier, parts))
    }
}
