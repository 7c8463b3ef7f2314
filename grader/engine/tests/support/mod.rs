//! The tiny course, its grader, and submissions to it.

mod aloud;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

pub use aloud::aloud;
use serde_json::Value;
use tempfile::TempDir;

/// The root of the workspace.
pub fn root() -> &'static Path {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR"));
    engine.ancestors().nth(2).expect("the crates of the grader lie two folders below the workspace")
}

/// The root of the tiny course.
pub fn course() -> &'static Path {
    static COURSE: LazyLock<PathBuf> = LazyLock::new(|| root().join("grader/engine/tests/course"));
    &COURSE
}

/// The target folder of the workspace.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("cargo makes it in the target folder")
}

/// A solution of the tiny course.
pub fn solution(lesson: &str) -> String {
    fs::read_to_string(course().join("solutions").join(lesson).join("src/lib.rs")).unwrap()
}

/// A solution with one text in the place of another.
pub fn changed(lesson: &str, from: &str, to: &str) -> String {
    let solution = solution(lesson);
    assert!(solution.contains(from), "the text to change is gone: {from}");
    solution.replace(from, to)
}

/// The program that cargo makes of a package.
pub fn built(package: &str, workspace: &Path, arguments: &[&str]) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace).env("CARGO_TARGET_DIR", target());
    cargo.args(["build", "--quiet", "--message-format=json"]);
    cargo.args(["--package", package]).args(arguments).stderr(Stdio::inherit());
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "cargo build --package {package}: {}", output.status);
    let messages = String::from_utf8(output.stdout).unwrap();
    let artifacts = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut programs = artifacts
        .filter_map(|it| (it["target"]["name"] == package).then(|| it["executable"].clone()));
    let program = programs.find_map(|it| it.as_str().map(PathBuf::from));
    program.unwrap_or_else(|| panic!("cargo made no program of {package}"))
}

/// The grader of the tiny course.
pub fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let features: &[&str] =
            if cfg!(feature = "openblas") { &["--features=openblas"] } else { &[] };
        built("tiny", root(), features)
    });
    &PROGRAM
}

/// A grader as a command, started in a folder.
pub fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_TARGET_DIR", target()).env_remove("NO_COLOR");
    command
}

/// What the grader of the tiny course writes.
pub fn grader(arguments: &[&str]) -> Output {
    command(program(), course()).args(arguments).output().unwrap()
}

/// A report in JSON.
pub fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        let [text, errors] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
        panic!("no report, {}: {text}{errors}", output.status)
    })
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
        let file = self.folder.path().join(lesson).join("src/lib.rs");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn with_solution(self, lesson: &str) -> Self {
        self.with(lesson, solution(lesson))
    }

    /// Adds the solution of a lesson with one text in the place of another.
    pub fn with_change(self, lesson: &str, from: &str, to: &str) -> Self {
        self.with(lesson, changed(lesson, from, to))
    }

    pub fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// Grades with these arguments: lessons (all when none is named) and options. Gives the report
    /// and the exit code.
    pub fn grade(&self, arguments: &[&str]) -> (Value, i32) {
        let flags = ["--submission", self.path(), "--format", "json"];
        let output = grader(&[&["grade"], arguments, &flags].concat());
        (report(&output), output.status.code().unwrap())
    }

    /// Grades one lesson and gives its part of the report.
    pub fn grade_one(&self, lesson: &str) -> Value {
        self.grade(&[lesson]).0["lessons"][0].take()
    }
}

/// The folder in the cache in which a submission was built.
pub fn slot(submission: &Submission) -> PathBuf {
    let origin = fs::canonicalize(submission.path()).unwrap();
    let slots = fs::read_dir(target().join("gradlings/workers")).unwrap();
    let is_its = |slot: &PathBuf| fs::read_link(slot.join("origin")).is_ok_and(|it| it == origin);
    slots.map(|slot| slot.unwrap().path()).find(is_its).expect("it was graded")
}

/// True where the kernel can confine; says so aloud where it cannot.
pub fn is_confined() -> bool {
    let (report, _) = Submission::empty().with_solution("ex_90_1").grade(&["ex_90_1"]);
    let confined = report["sandbox"] == "landlock+seccomp";
    if !confined {
        aloud(&format!("UNSANDBOXED: this machine confines with {} only", report["sandbox"]));
    }
    confined
}

/// The check of a lesson with this id.
pub fn check<'a>(lesson: &'a Value, id: &str) -> &'a Value {
    let checks = lesson["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).expect("a check of the lesson")
}

/// The verdicts of a lesson's checks, in order.
pub fn verdicts(lesson: &Value) -> Vec<&str> {
    let checks = lesson["checks"].as_array().unwrap();
    checks.iter().map(|check| check["verdict"].as_str().unwrap()).collect()
}

/// All messages of a lesson's checks.
pub fn messages(lesson: &Value) -> String {
    let checks = lesson["checks"].as_array().unwrap();
    checks.iter().map(|check| check["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// True when every point of the lesson was earned.
pub fn is_full(lesson: &Value) -> bool {
    lesson["verdict"] == "passed" && lesson["score"] == lesson["max_score"]
}
