//! Correct solutions in other styles: loops for products, other formulas, updates in place, other
//! orders of summation. None of them is ever failed.
//!
//! Each is a whole `lib.rs`, `alternatives/<lesson>/<style>.rs`. A style in `loops…` has every answer
//! right and loses the points of the checks of form, where its lesson has them, and no others.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::submission::{Submission, lessons, root};

/// How many styles a lesson has at least, besides those in loops.
const STYLES: usize = 3;

/// A correct solution, as a good learner might write it.
struct Alternative {
    lesson: String,
    style: String,
    text: String,
}

impl Alternative {
    fn is_in_loops(&self) -> bool {
        self.style.starts_with("loops")
    }

    /// Every check passes, but for those of form where there are loops.
    fn is_graded_right(&self, report: &Value) -> bool {
        let mut checks = report["checks"].as_array().unwrap().iter();
        checks.all(|check| {
            let is_excused = self.is_in_loops() && check["kind"] == "source";
            check["verdict"] == if is_excused { "failed" } else { "passed" }
        })
    }
}

#[test]
fn every_lesson_has_three_alternatives_and_every_alternative_a_lesson() {
    let lessons = lessons();
    for folder in sorted(&folder()) {
        let name = name(&folder);
        assert!(lessons.contains(&name), "alternatives/{name} is the folder of no lesson");
    }
    for lesson in lessons {
        let styles = alternatives(&lesson).iter().filter(|it| !it.is_in_loops()).count();
        assert!(styles >= STYLES, "{lesson} has {styles} alternatives, and needs {STYLES}");
    }
}

#[test]
fn a_correct_alternative_is_never_failed() {
    let lessons = lessons();
    let of_lessons: Vec<_> = lessons.iter().map(|lesson| alternatives(lesson)).collect();
    let most = of_lessons.iter().map(Vec::len).max().unwrap_or_default();
    // One of each lesson makes a submission: the grader is started as rarely as can be.
    let failed: Vec<String> = (0..most)
        .map(|at| of_lessons.iter().filter_map(|alternatives| alternatives.get(at)).collect())
        .flat_map(|submitted: Vec<&Alternative>| failed(&submitted))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The name and the report of each alternative that is not graded as it should be.
fn failed(submitted: &[&Alternative]) -> Vec<String> {
    let submission = submitted
        .iter()
        .fold(Submission::empty(), |submission, it| submission.with(&it.lesson, &it.text));
    let lessons: Vec<&str> = submitted.iter().map(|it| it.lesson.as_str()).collect();
    let (report, _) = submission.grade(&lessons);
    let reports = report["lessons"].as_array().unwrap();
    let failed = submitted.iter().zip(reports).filter(|(it, report)| !it.is_graded_right(report));
    failed.map(|(it, report)| format!("{}/{}.rs: {report:#}", it.lesson, it.style)).collect()
}

/// The alternatives of a lesson; none where it has no folder.
fn alternatives(lesson: &str) -> Vec<Alternative> {
    let files = sorted(&folder().join(lesson));
    let alternative = |file: PathBuf| Alternative {
        lesson: lesson.to_owned(),
        style: name(&file),
        text: fs::read_to_string(&file).unwrap(),
    };
    files.into_iter().map(alternative).collect()
}

fn folder() -> PathBuf {
    root().join("grader/tests/e2e/alternatives")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A folder's name, or a file's without its extension.
fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}
