//! The learner's repository: it builds, behaves like the course, and holds nothing of the solutions.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    fragments::{Fragments, files},
    support::{
        changed, check, command, course, grader, is_full, messages, program, report, root,
        solution, target,
    },
};

/// A handout, as a learner's repository.
pub struct Handout {
    folder: TempDir,
}

impl Handout {
    /// Of the tiny course.
    pub fn of(lessons: &[&str]) -> (Self, Output) {
        let handout = Self { folder: tempfile::tempdir().unwrap() };
        let out = handout.root().to_str().unwrap();
        // Whoever works on the course has changes that git does not have.
        let flags = ["handout", "--allow-dirty", "--out", out];
        let named: &[&str] = if lessons.is_empty() { &[] } else { &["--lessons"] };
        let output = grader(&[&flags, named, lessons].concat());
        assert!(output.status.success(), "{}", said(&output));
        (handout, output)
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

    /// The visible tests of a lesson, as a learner runs them.
    pub fn test(&self, lesson: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(self.root()).env("CARGO_TARGET_DIR", target());
        cargo.args(["test", "--quiet", "--offline", "--locked", "--package", lesson]);
        cargo.output().unwrap()
    }

    /// The script of the handout, with the grader of the tiny course.
    pub fn x(&self, arguments: &[&str]) -> Output {
        let mut script = command(&self.root().join("x"), Path::new("/"));
        // A cache of its own, which shares what cargo has built.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("handout");
        fs::create_dir_all(&cache).unwrap();
        let _ = std::os::unix::fs::symlink(target().join("debug"), cache.join("debug"));
        script.env("GRADER", program()).env("CARGO_TARGET_DIR", cache);
        script.args(arguments).output().unwrap()
    }

    /// The report of what the learner has, and the exit code.
    fn grade(&self, lessons: &[&str]) -> (Value, i32) {
        let output = self.x(&[&["grade", "--format=json"], lessons].concat());
        (report(&output), output.status.code().unwrap())
    }

    pub fn put(&self, lesson: &str, text: &str) {
        fs::write(self.root().join("exercises").join(lesson).join("src/lib.rs"), text).unwrap();
    }
}

/// All that a program wrote.
pub fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    // Messages are wrapped.
    text.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A copy of this repository, of which the tiny course is a part.
pub struct Course {
    folder: TempDir,
}

impl Course {
    pub fn copy() -> Self {
        let course = Self { folder: tempfile::tempdir().unwrap() };
        for part in ["Cargo.toml", "Cargo.lock", "exercises", "solutions", "grader"] {
            let mut copy = Command::new("cp");
            copy.arg("-R").arg(root().join(part)).arg(course.root());
            assert!(copy.status().unwrap().success());
        }
        course
    }

    /// In a repository of its own.
    fn committed(self) -> Self {
        for arguments in
            [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "all"]]
        {
            let mut git = Command::new("git");
            git.current_dir(self.root()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
            assert!(git.args(arguments).status().unwrap().success());
        }
        self
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A file of an exercise of the tiny course.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root().join("grader/engine/tests/course/exercises").join(file)
    }

    pub fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file}: the text to change is gone: {from}");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    fn run(&self, out: &Path, arguments: &[&str]) -> Output {
        let tiny = self.root().join("grader/engine/tests/course");
        let mut grader = command(program(), self.root());
        grader.args(["handout", "--out"]).arg(out).arg("--workspace").arg(tiny).args(arguments);
        grader.output().unwrap()
    }

    pub fn hand_out(&self, lessons: &[&str]) -> Handout {
        let handout = Handout { folder: tempfile::tempdir().unwrap() };
        let output = self.run(handout.root(), &[&["--lessons"], lessons].concat());
        assert!(output.status.success(), "{}", said(&output));
        handout
    }
}

/// What the solutions of the tiny course hold and learners may not read.
fn secrets() -> Fragments {
    let libraries = ["grader/gradcheck/src", "grader/wire/src"].map(|it| root().join(it));
    let allowed = [&[course().join("exercises")], &libraries[..]].concat();
    Fragments::of(&course().join("solutions"), &allowed)
}

#[test]
fn nothing_of_the_solutions_is_handed_out() {
    let (handout, _) = Handout::of(&[]);
    let secrets = secrets();
    assert_eq!(secrets.in_folder(handout.root()), []);
    let names = files(handout.root()).into_iter().map(|it| it.display().to_string());
    let mut secret = names.filter(|it| it.contains("solution") || it.contains("/.git/"));
    assert_eq!(secret.next(), None);
}

/// The search would find a part of each file.
#[test]
fn a_planted_fragment_is_found() {
    let (handout, _) = Handout::of(&["ex_90_1"]);
    let secrets = secrets();
    let written = files(&course().join("solutions"));
    let written: Vec<_> = written.iter().filter(|it| !it.ends_with("Cargo.toml")).collect();
    assert!(written.len() > 30, "{}", written.len());
    for file in written {
        let text = fs::read_to_string(file).unwrap();
        let half = &text[text.ceil_char_boundary(text.len() / 3)..];
        assert!(secrets.in_text(half).is_some(), "{} would not be found", file.display());
    }
    let file = handout.root().join("exercises/ex_90_1/hints.md");
    let formatted = solution("ex_90_1").replace("\n    ", " ");
    fs::write(&file, fs::read_to_string(&file).unwrap() + &formatted).unwrap();
    let found = secrets.in_folder(handout.root());
    assert!(found.len() == 1 && found[0].0 == file, "{found:?}");
}

#[test]
fn lessons_that_others_build_on_come_along_and_all_can_be_tested() {
    let (handout, output) = Handout::of(&["ex_91_2"]);
    assert!(
        said(&output).contains("ex_90_1 comes along: ex_91_1 builds on it."),
        "{}",
        said(&output)
    );
    let exercises = fs::read_dir(handout.root().join("exercises")).unwrap();
    let mut exercises: Vec<_> = exercises.map(|it| it.unwrap().file_name()).collect();
    exercises.sort();
    assert_eq!(exercises, ["ex_90_1", "ex_91_1", "ex_91_2"]);
    let stub = handout.test("ex_91_2");
    assert!(
        !stub.status.success() && said(&stub).contains("not yet implemented"),
        "{}",
        said(&stub)
    );
    ["ex_90_1", "ex_91_1", "ex_91_2"].iter().for_each(|it| handout.put(it, &solution(it)));
    let solved = handout.test("ex_91_2");
    assert!(solved.status.success(), "{}", said(&solved));
}

#[test]
fn what_cannot_be_handed_out_is_named() {
    let (handout, _) = Handout::of(&["ex_90_1"]);
    let out = handout.root().to_str().unwrap();
    let refused = |arguments: &[&str], reason: &str| {
        let output = grader(&[&["handout", "--allow-dirty"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(reason), "{reason}: {}", said(&output));
    };
    refused(&["--out", out], "something is there already");
    let file = handout.root().join("README.md");
    refused(&["--out", file.to_str().unwrap()], "something is there already");
    let new = handout.root().join("new");
    let new = new.to_str().unwrap();
    refused(&["--out", new, "--lessons", "ex_1_99"], "failed to find the lesson \"ex_1_99\"");
    refused(&["--out", new, "--workspace", out], "it has no folder `solutions`");
    refused(&["--out", "/proc/new"], "failed to write /proc/new");
    assert!(!handout.root().join("new").exists());
}

#[test]
fn only_what_git_has_is_handed_out() {
    let committed = Course::copy().committed();
    let clean = committed.run(Path::new("clean"), &[]);
    assert!(clean.status.success(), "{}", said(&clean));
    fs::write(committed.path("ex_90_1/notes.txt"), "ask Ada").unwrap();
    let untracked = committed.run(Path::new("untracked"), &[]);
    assert!(said(&untracked).contains("notes.txt is not what git has"), "{}", said(&untracked));
    fs::remove_file(committed.path("ex_90_1/notes.txt")).unwrap();
    fs::write(committed.path("ex_90_1/src/lib.rs"), solution("ex_90_1")).unwrap();
    let solved = committed.run(Path::new("solved"), &[]);
    assert!(said(&solved).contains("lib.rs is not what git has"), "{}", said(&solved));
    assert_eq!(solved.status.code(), Some(2));
    assert!(!committed.root().join("solved").exists());
    assert!(committed.run(Path::new("allowed"), &["--allow-dirty"]).status.success());
}

/// Learners practise where there is no solution: on their own earlier lessons, with what formulas tell.
#[test]
fn a_learner_practises_in_a_handout() {
    let (handout, _) = Handout::of(&["ex_91_2"]);
    handout.put("ex_90_1", &changed("ex_90_1", "let db = dz;", "let db = b * dz;"));
    handout.put("ex_91_1", &solution("ex_91_1"));
    let (graded, code) = handout.grade(&[]);
    assert_eq!(
        (graded["handout"].as_bool(), graded["record"].as_bool(), code),
        (Some(true), Some(false), 1)
    );
    let lessons = graded["lessons"].as_array().unwrap();
    assert_eq!(lessons.len(), 3, "{graded:#}");
    let message = messages(&lessons[0]);
    assert!(message.contains("a factor or divisor too many: b"), "{message}");
    assert_eq!(check(&lessons[0], "gradients")["diagnosis"], Value::Null, "{graded:#}");
    // It fails for what is wrong in the lesson that it builds on.
    assert_eq!(lessons[1]["verdict"], "failed", "{graded:#}");
    handout.put("ex_90_1", &solution("ex_90_1"));
    let (graded, _) = handout.grade(&["ex_90_1", "ex_91_1"]);
    assert!(graded["lessons"].as_array().unwrap().iter().all(is_full), "{graded:#}");
}

#[test]
fn a_handout_decides_no_grade() {
    let (handout, _) = Handout::of(&["ex_90_1"]);
    handout.put("ex_90_1", &solution("ex_90_1"));
    let refused = |arguments: &[&str], reason: &str| {
        let output = handout.x(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(reason), "{reason}: {}", said(&output));
    };
    refused(&["grade", "--record"], "is a handout, without the reference solutions");
    refused(&["grade", "ex_91_1"], "it was not handed out");
    let shown = handout.x(&["grade"]);
    assert!(said(&shown).contains("For practice, in a handout"), "{}", said(&shown));
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
}

#[test]
fn the_script_of_a_handout_says_which_grader_is_missing() {
    let (handout, _) = Handout::of(&["ex_90_1"]);
    let mut script = Command::new(handout.root().join("x"));
    let output = script.arg("grade").env("GRADER", "no-such-grader").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("failed to find the grader (no-such-grader)"),
        "{}",
        said(&output)
    );
}
