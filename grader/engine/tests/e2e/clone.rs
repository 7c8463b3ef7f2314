//! A clone with a learner's work takes an updated course without a conflict.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::{
    handout::said,
    support::{command, course, program, solution},
};

const BEGUN: &str = "exercises/ex_90_1/src/lib.rs";
const UNTOUCHED: &str = "exercises/ex_90_2/src/lib.rs";

/// A repository with the tiny course.
struct Repository {
    folder: TempDir,
}

impl Repository {
    /// The course's own.
    fn of_course() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        for part in ["exercises", "solutions"] {
            let mut copy = Command::new("cp");
            copy.arg("-R").arg(course().join(part)).arg(repository.root());
            assert!(copy.status().unwrap().success());
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        repository
    }

    /// A learner's clone of it.
    fn clone(&self) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.git(&["clone", "--quiet", self.root().to_str().unwrap(), "."]);
        repository
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert!(text.contains(from), "{file}: the text to change is gone: {from}");
        self.write(file, &text.replacen(from, to, 1));
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(self.root()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        let output = git.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", "a change"]);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut grader = command(program(), self.root());
        grader.arg("--workspace").arg(self.root()).args(arguments);
        for role in ["AUTHOR", "COMMITTER"] {
            grader.env(format!("GIT_{role}_NAME"), "a").env(format!("GIT_{role}_EMAIL"), "a@b");
        }
        grader.output().unwrap()
    }

    fn sync(&self) -> String {
        let output = self.run(&["sync"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        said(&output)
    }
}

/// The course changes the stub that is begun, the brief that the learner changed too, and a stub that is not
/// begun; it adds a page and takes one out.
fn update(course: &Repository) {
    course.change(BEGUN, "/// The forward pass for", "/// The first pass for");
    course.change(UNTOUCHED, "one matrix product", "a product of matrices");
    course.change("exercises/ex_90_1/README.md", "One neuron", "A single neuron");
    course.write("exercises/ex_90_1/page.md", "new");
    fs::remove_file(course.path("exercises/ex_90_2/hints.md")).unwrap();
    course.change("exercises/ex_90_3/README.md", "#", "# Newer:");
    course.commit();
}

/// Works on a lesson, and writes in a brief.
fn work(learner: &Repository) {
    learner.write(BEGUN, &solution("ex_90_1"));
    learner.write("exercises/ex_90_1/src/mine.rs", "// mine");
    learner.write("exercises/ex_90_1/README.md", "my notes");
}

fn assert_up_to_date(learner: &Repository, course: &Repository) {
    assert_eq!(learner.text(BEGUN), solution("ex_90_1"));
    assert_eq!(learner.text("exercises/ex_90_1/src/mine.rs"), "// mine");
    assert_eq!(learner.text(".gradlings/kept/exercises/ex_90_1/README.md"), "my notes");
    assert_eq!(learner.text(&format!("{BEGUN}.new")), course.text(BEGUN));
    for file in [UNTOUCHED, "exercises/ex_90_1/README.md", "exercises/ex_90_1/page.md"] {
        assert_eq!(learner.text(file), course.text(file), "{file}");
    }
    assert!(!learner.path("exercises/ex_90_2/hints.md").exists());
    // The branch follows the course.
    let head = course.git(&["rev-parse", "HEAD"]);
    learner.git(&["merge-base", "--is-ancestor", head.trim(), "HEAD"]);
    assert_eq!(learner.sync(), "Everything is up to date.");
}

#[test]
fn work_that_is_not_committed_stays() {
    let course = Repository::of_course();
    let learner = course.clone();
    work(&learner);
    update(&course);
    let told = learner.sync();
    for part in [
        "exercises/ex_90_1/README.md: you had changed it; your version is .gradlings/kept/",
        "exercises/ex_90_2/hints.md: removed",
        "exercises/ex_90_3/README.md: updated",
        "exercises/ex_90_1/src/lib.rs: stays as you wrote it",
        "forward has another description",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_up_to_date(&learner, &course);
    let status = learner.git(&["status", "--porcelain"]);
    assert!(status.contains(&format!(" M {BEGUN}")), "{status}");
    assert!(!status.contains("README.md") && !status.contains("UU"), "{status}");
}

#[test]
fn work_that_is_committed_stays() {
    let course = Repository::of_course();
    let learner = course.clone();
    work(&learner);
    learner.commit();
    update(&course);
    learner.sync();
    assert_up_to_date(&learner, &course);
    assert_eq!(learner.git(&["show", &format!("HEAD:{BEGUN}")]), solution("ex_90_1"));
    assert_eq!(learner.git(&["status", "--porcelain", "--untracked-files=no"]), "");
    // Once more, with work on top of what was joined.
    learner.write(UNTOUCHED, "mine too");
    course.change("exercises/ex_90_3/README.md", "Newer", "Newest");
    course.commit();
    learner.sync();
    assert_eq!(learner.text(UNTOUCHED), "mine too");
    assert!(learner.text("exercises/ex_90_3/README.md").contains("Newest"));
}

/// As when the machine is switched off before the branch moves.
#[test]
fn an_update_that_was_interrupted_goes_on() {
    let course = Repository::of_course();
    let learner = course.clone();
    work(&learner);
    let before = learner.git(&["rev-parse", "HEAD"]);
    update(&course);
    learner.sync();
    learner.git(&["reset", "--quiet", "--mixed", before.trim()]);
    learner.sync();
    assert_up_to_date(&learner, &course);
}

#[test]
fn what_cannot_be_brought_up_to_date_says_why() {
    let course = Repository::of_course();
    let refused = |repository: &Repository, arguments: &[&str], reason: &str| {
        let output = repository.run(&[&["sync"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(reason), "{reason}: {}", said(&output));
    };
    refused(&course, &[], "git knows no branch that the course comes from");
    let learner = course.clone();
    refused(&learner, &["--from", "nowhere/main"], "git rev-parse");
    learner.git(&["checkout", "--quiet", "--orphan", "other"]);
    // The same files in the same second would be the same commit.
    learner.write("notes.md", "mine");
    learner.commit();
    refused(&learner, &["--from", "origin/main"], "share no history with origin/main");
    let learner = course.clone();
    learner.write(BEGUN, "mine");
    learner.commit();
    update(&course);
    learner.git(&["fetch", "--quiet"]);
    let mut merge = Command::new("git");
    merge.current_dir(learner.root()).args(["merge", "--quiet", "origin/main"]);
    assert!(!merge.output().unwrap().status.success(), "git itself finds a conflict");
    refused(&learner, &[], "a merge waits for its end");
    fs::remove_dir_all(learner.path(".git")).unwrap();
    refused(&learner, &[], "it is no clone of the course");
}
