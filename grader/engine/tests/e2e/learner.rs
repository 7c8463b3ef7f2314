//! A learner who has the whole tiny course.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::support::{command, course, program, solution};

/// The folder of a course whose exercises are the learner's. It lies in the target folder, so that all of them
/// share what cargo has built.
pub struct Learner {
    folder: TempDir,
}

impl Learner {
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut copy = Command::new("cp");
        copy.arg("-R").arg(course().join("exercises")).arg(folder.path());
        assert!(copy.status().unwrap().success());
        symlink(course().join("solutions"), folder.path().join("solutions")).unwrap();
        Self { folder }
    }

    /// Of whom this is on record.
    pub fn with_progress(self, progress: &str) -> Self {
        fs::create_dir(self.path(".gradlings")).unwrap();
        fs::write(self.path(".gradlings/progress.json"), progress).unwrap();
        self
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub fn file(&self, lesson: &str) -> PathBuf {
        self.path("exercises").join(lesson).join("src/lib.rs")
    }

    pub fn put(&self, lesson: &str, text: &str) {
        fs::write(self.file(lesson), text).unwrap();
    }

    pub fn solve(&self, lesson: &str) {
        self.put(lesson, &solution(lesson));
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(program(), self.root());
        command.arg("--workspace").arg(self.root()).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}
