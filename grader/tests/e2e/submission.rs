//! A submission in a folder of its own, and the grader run on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the grader lies in the workspace")
}

/// The reference solution of a lesson.
pub fn solution(lesson: &str) -> String {
    fs::read_to_string(root().join("solutions").join(lesson).join("src/lib.rs")).unwrap()
}

/// The grader, run in the workspace.
pub fn grader(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grader"));
    command.current_dir(root()).args(arguments).env_remove("NO_COLOR").output().unwrap()
}

/// Every lesson, in the order of the course.
pub fn lessons() -> Vec<String> {
    let list = String::from_utf8(grader(&["list"]).stdout).unwrap();
    let ids = list.lines().filter(|line| line.starts_with("ex_"));
    ids.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// A folder that a learner hands in.
pub struct Submission {
    folder: TempDir,
}

impl Submission {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Adds the file of a lesson.
    pub fn with(self, lesson: &str, text: impl AsRef<[u8]>) -> Self {
        self.put(lesson, text);
        self
    }

    /// Writes the file of a lesson anew.
    pub fn put(&self, lesson: &str, text: impl AsRef<[u8]>) {
        let file = self.file(lesson);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn with_solution(self, lesson: &str) -> Self {
        self.with(lesson, solution(lesson))
    }

    pub fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn file(&self, lesson: &str) -> PathBuf {
        self.folder.path().join(lesson).join("src/lib.rs")
    }

    /// Grades `lessons` (all when empty) and gives the report and the exit code.
    pub fn grade(&self, lessons: &[&str]) -> (Value, i32) {
        let flags = ["--submission", self.path(), "--format", "json"];
        let output = grader(&[&["grade"], lessons, &flags].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let report =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {text}{errors}"));
        (report, output.status.code().unwrap())
    }

    /// Grades one lesson and gives its part of the report.
    pub fn grade_one(&self, lesson: &str) -> Value {
        self.grade(&[lesson]).0["lessons"][0].clone()
    }

    /// The same, with everything that is hidden.
    pub fn reveal_one(&self, lesson: &str) -> Value {
        self.grade(&[lesson, "--reveal"]).0["lessons"][0].clone()
    }
}

/// True where the kernel can confine; says so aloud where it cannot.
pub fn is_confined() -> bool {
    let (report, _) = Submission::empty().with_solution("ex_2_2").grade(&["ex_2_2"]);
    let confined = report["sandbox"] == "landlock+seccomp";
    if !confined {
        eprintln!(
            "UNSANDBOXED: this machine confines with {}; no attack is tried",
            report["sandbox"]
        );
    }
    confined
}

/// The verdicts of a lesson's checks, in order.
pub fn verdicts(lesson: &Value) -> Vec<String> {
    let checks = lesson["checks"].as_array().unwrap();
    checks.iter().map(|check| check["verdict"].as_str().unwrap().to_owned()).collect()
}

/// All messages of a lesson's checks.
pub fn messages(lesson: &Value) -> String {
    let checks = lesson["checks"].as_array().unwrap();
    checks.iter().map(|check| check["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}
