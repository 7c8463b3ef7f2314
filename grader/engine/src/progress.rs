//! How far a learner is: one small file in the course's folder, for the learner alone. No verdict depends
//! on it, and a grading gives it again when it is lost.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    checks::Lesson,
    report::{LessonReport, Verdict},
    workspace::{self, Workspace},
};

/// Where it lies in the course's folder; git leaves it out.
pub const PATH: &str = ".gradlings/progress.json";
const LOCK: &str = ".gradlings/progress.lock";
const DAMAGED: &str = ".gradlings/progress.damaged.json";

/// The version of the file's form.
const VERSION: u32 = 1;

/// How far a learner is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    version: u32,
    /// The lessons that were graded, by their ids.
    lessons: BTreeMap<String, Standing>,
}

/// How far a learner is in one lesson.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The most points that a grading gave.
    pub best: f64,
    /// The points that there were to earn; 0 before the first grading.
    pub points: f64,
    /// The hash of the copy that earned every point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// How many hints were read.
    #[serde(default)]
    pub hints: usize,
}

/// Whether a learner should do a lesson now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    Done,
    Open,
    /// These lessons come first.
    Locked(Vec<&'static str>),
}

/// The file could not be read or written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to keep your progress in {path}")]
#[diagnostic(help(
    "your points do not depend on it; it is kept again once the file can be written"
))]
pub struct NotKept {
    path: PathBuf,
    source: io::Error,
}

/// What the file holds.
#[derive(Debug)]
pub struct Found {
    pub progress: Progress,
    /// Where the file was moved to, as it could not be understood.
    pub damaged: Option<PathBuf>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { version: VERSION, lessons: BTreeMap::new() }
    }
}

impl Progress {
    /// Reads the file; there is nothing in one that is missing.
    ///
    /// # Errors
    /// When the system fails.
    pub fn read(workspace: &Workspace) -> Result<Found, NotKept> {
        Self::update(workspace, |_| ())
    }

    /// Changes the file while no other grader does, and gives what it holds then.
    ///
    /// # Errors
    /// When the system fails.
    pub fn update(workspace: &Workspace, change: impl FnOnce(&mut Self)) -> Result<Found, NotKept> {
        let root = workspace.root();
        let not_kept = |source| NotKept { path: root.join(PATH), source };
        let _lock = lock(root).map_err(not_kept)?;
        let mut found = find(root).map_err(not_kept)?;
        let before = found.progress.clone();
        change(&mut found.progress);
        if found.progress != before {
            let text = serde_json::to_string_pretty(&found.progress).map_err(io::Error::other);
            let written = text.and_then(|it| workspace::replace(&root.join(PATH), it.as_bytes()));
            written.map_err(not_kept)?;
        }
        Ok(found)
    }

    /// How far the learner is in a lesson; `None` where nothing is on record.
    pub fn of(&self, lesson: &str) -> Option<&Standing> {
        self.lessons.get(lesson)
    }

    /// True where a grading of the lesson is on record.
    pub fn is_graded(&self, lesson: &str) -> bool {
        self.of(lesson).is_some_and(|standing| standing.points > 0.0)
    }

    /// Notes how a lesson was graded, and the hash of the copy.
    pub fn note(&mut self, report: &LessonReport, copy: &str) {
        if report.has_ungraded() {
            return;
        }
        let standing = self.lessons.entry(report.id.clone()).or_default();
        // Points of an earlier version of the lesson are no points of this one.
        let is_comparable = standing.points == report.max_score;
        let best = if is_comparable { standing.best.max(report.score) } else { report.score };
        (standing.best, standing.points) = (best, report.max_score);
        if report.verdict == Verdict::Passed {
            standing.done = Some(copy.to_owned());
        }
    }

    /// Notes how many hints of a lesson were read.
    pub fn note_hints(&mut self, lesson: &str, hints: usize) {
        self.lessons.entry(lesson.to_owned()).or_default().hints = hints;
    }

    /// Forgets a lesson that is begun anew.
    pub fn forget(&mut self, lesson: &str) {
        self.lessons.remove(lesson);
    }

    pub fn is_done(&self, lesson: &str) -> bool {
        self.of(lesson).is_some_and(|standing| standing.done.is_some())
    }

    /// Whether the learner should do a lesson now. `here` are the lessons that there are to do.
    pub fn gate(&self, lesson: &Lesson, here: &[&'static Lesson]) -> Gate {
        if self.is_done(lesson.id) {
            return Gate::Done;
        }
        let is_here = |id: &str| here.iter().any(|lesson| lesson.id == id);
        let first = lesson.prerequisites.iter().copied();
        let first: Vec<_> = first.filter(|id| is_here(id) && !self.is_done(id)).collect();
        if first.is_empty() { Gate::Open } else { Gate::Locked(first) }
    }

    /// The first lesson that is open; `None` where all are done.
    pub fn next(&self, here: &[&'static Lesson]) -> Option<&'static Lesson> {
        here.iter().copied().find(|lesson| self.gate(lesson, here) == Gate::Open)
    }
}

/// Waits until no other grader changes the file. The lock ends with its file.
fn lock(root: &Path) -> io::Result<File> {
    let path = root.join(LOCK);
    fs::create_dir_all(path.parent().unwrap_or(root))?;
    let file = File::create(path)?;
    file.lock()?;
    Ok(file)
}

/// Reads the file, and moves one away that cannot be understood.
fn find(root: &Path) -> io::Result<Found> {
    let text = match fs::read(root.join(PATH)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => b"".into(),
        read => read?,
    };
    let progress = serde_json::from_slice(&text).ok().filter(|it: &Progress| it.version == VERSION);
    let is_damaged = progress.is_none() && !text.is_empty();
    if is_damaged {
        fs::rename(root.join(PATH), root.join(DAMAGED))?;
    }
    let damaged = is_damaged.then(|| DAMAGED.into());
    Ok(Found { progress: progress.unwrap_or_default(), damaged })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const FIRST: Lesson = Lesson { id: "ex_1_1", ..Lesson::new("First", &[]) };
    const SECOND: Lesson = Lesson { id: "ex_1_2", ..Lesson::new("Second", &[]) }.after(&["ex_1_1"]);
    const THIRD: Lesson =
        Lesson { id: "ex_1_3", ..Lesson::new("Third", &[]) }.after(&["ex_1_2", "ex_9_9"]);
    const HERE: [&Lesson; 3] = [&FIRST, &SECOND, &THIRD];

    fn course() -> (TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("exercises")).unwrap();
        let workspace = Workspace::at(folder.path()).unwrap();
        (folder, workspace)
    }

    fn graded(lesson: &Lesson, score: f64, max_score: f64) -> LessonReport {
        let report = LessonReport::new(lesson, String::new(), Vec::new());
        let verdict = if score == max_score { Verdict::Passed } else { Verdict::Failed };
        LessonReport { score, max_score, verdict, ..report }
    }

    #[test]
    fn the_best_score_stays_and_a_lesson_that_was_done_is_done() {
        let mut progress = Progress::default();
        for score in [4.0, 10.0, 2.0] {
            progress.note(&graded(&FIRST, score, 10.0), &format!("copy {score}"));
        }
        let standing = progress.of("ex_1_1").unwrap();
        assert_eq!((standing.best, standing.points), (10.0, 10.0));
        assert_eq!(standing.done.as_deref(), Some("copy 10"));
        progress.note(&graded(&FIRST, 11.0, 12.0), "of another version");
        assert_eq!(progress.of("ex_1_1").unwrap().best, 11.0);
        progress.forget("ex_1_1");
        assert_eq!(progress, Progress::default());
    }

    #[test]
    fn a_lesson_opens_when_those_before_it_are_done() {
        let mut progress = Progress::default();
        let gates = |progress: &Progress| HERE.map(|lesson| progress.gate(lesson, &HERE));
        let locked = |id| Gate::Locked(vec![id]);
        assert_eq!(gates(&progress), [Gate::Open, locked("ex_1_1"), locked("ex_1_2")]);
        progress.note(&graded(&FIRST, 1.0, 1.0), "a");
        assert_eq!(gates(&progress), [Gate::Done, Gate::Open, locked("ex_1_2")]);
        assert_eq!(progress.next(&HERE).map(|it| it.id), Some("ex_1_2"));
        progress.note(&graded(&SECOND, 1.0, 1.0), "b");
        progress.note(&graded(&THIRD, 1.0, 1.0), "c");
        assert_eq!(progress.next(&HERE).map(|it| it.id), None);
    }

    #[test]
    fn a_lesson_that_is_not_here_locks_nothing() {
        assert_eq!(Progress::default().gate(&SECOND, &[&SECOND]), Gate::Open);
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let (_folder, workspace) = course();
        let note = |progress: &mut Progress| {
            progress.note(&graded(&FIRST, 3.0, 4.0), "a");
            progress.note_hints("ex_1_2", 2);
        };
        let kept = Progress::update(&workspace, note).unwrap().progress;
        let found = Progress::read(&workspace).unwrap();
        assert_eq!((&found.progress, found.damaged), (&kept, None));
        assert_eq!(kept.of("ex_1_2").unwrap().hints, 2);
        assert!(kept.is_graded("ex_1_1") && !kept.is_graded("ex_1_2"));
    }

    #[test]
    fn a_damaged_file_is_kept_aside() {
        let (folder, workspace) = course();
        for damaged in
            ["{\"version\": 1, \"lessons\": {\"ex_1", "{\"version\": 9, \"lessons\": {}}", "\u{0}"]
        {
            Progress::update(&workspace, |it| it.note_hints("ex_1_1", 1)).unwrap();
            fs::write(folder.path().join(PATH), damaged).unwrap();
            let found = Progress::read(&workspace).unwrap();
            assert_eq!(found.progress, Progress::default(), "{damaged}");
            let aside = folder.path().join(found.damaged.unwrap());
            assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
            assert_eq!(Progress::read(&workspace).unwrap().damaged, None);
        }
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let (_folder, workspace) = course();
        std::thread::scope(|scope| {
            for lesson in HERE {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let one_more = |progress: &mut Progress| {
                            let hints = progress.of(lesson.id).map_or(0, |it| it.hints);
                            progress.note_hints(lesson.id, hints + 1);
                        };
                        assert_eq!(Progress::update(&workspace, one_more).unwrap().damaged, None);
                    }
                });
            }
        });
        let progress = Progress::read(&workspace).unwrap().progress;
        assert_eq!(HERE.map(|lesson| progress.of(lesson.id).unwrap().hints), [50, 50, 50]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let (folder, workspace) = course();
        fs::write(folder.path().join(".gradlings"), "no folder").unwrap();
        let error = Progress::read(&workspace).unwrap_err().to_string();
        assert!(error.contains(".gradlings/progress.json"), "{error}");
    }
}
