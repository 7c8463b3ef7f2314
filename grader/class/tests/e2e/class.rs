//! A class in a folder of its own, as an instructor has it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use tempfile::TempDir;

use crate::support::{self, command, course, program, solution};

/// Two lessons, one assignment.
pub const COURSE: &str = "name = \"Tiny\"
roster = \"roster.csv\"

[[assignment]]
id = \"week-1\"
lessons = [\"ex_90_1\", \"ex_90_2\"]
seed = 7
";

pub const ROSTER: &str = "id,name,team\nada,Ada,\nbob,Bob,\ncy,Cy,red\ndee,Dee,red\neve,Eve,\n";

/// A class: its settings, its roster, and what it handed in.
pub struct Class {
    folder: TempDir,
}

impl Class {
    /// An empty class.
    pub fn new() -> Self {
        let class = Self { folder: tempfile::tempdir().unwrap() };
        class.write("course.toml", COURSE);
        class.write("roster.csv", ROSTER);
        fs::create_dir(class.path("in")).unwrap();
        class
    }

    /// Ada is right, Bob is wrong, the team has half, and Eve handed in nothing.
    pub fn handed_in() -> Self {
        let class = Self::new();
        for lesson in ["ex_90_1", "ex_90_2"] {
            class.hand_in("ada", lesson, &solution(lesson));
        }
        class.hand_in("bob", "ex_90_1", &wrong());
        class.hand_in("bob", "ex_90_2", &solution("ex_90_2"));
        class.hand_in("cy", "ex_90_1", &solution("ex_90_1"));
        class
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn hand_in(&self, submission: &str, lesson: &str, text: &str) {
        let src = self.path("in").join(submission).join(lesson).join("src");
        fs::create_dir_all(&src).unwrap();
        fs::write(src.join("lib.rs"), text).unwrap();
    }

    /// A command on this class with its gradebook in the folder `out`.
    pub fn command(&self, name: &str, out: &str, arguments: &[&str]) -> Command {
        let mut command = command(program(), self.folder.path());
        command.arg("--workspace").arg(course()).args(name.split(' '));
        command.args(["--class", "course.toml", "--out", out]).args(arguments);
        // Nothing is graded officially without a sandbox.
        let is_told = name != "batch" || is_confined() || arguments.contains(&"--insecure");
        command.args((!is_told).then_some("--insecure"));
        command
    }

    pub fn run(&self, name: &str, arguments: &[&str]) -> Output {
        self.command(name, "out", arguments).output().unwrap()
    }

    /// Grades what was handed in.
    pub fn batch(&self, arguments: &[&str]) -> Output {
        self.run("batch", &[&["in"], arguments].concat())
    }

    /// A file that was exported.
    pub fn exported(&self, name: &str) -> String {
        read(&self.path("out").join(name))
    }

    /// The learners' rows of the gradebook, by their ids.
    pub fn row(&self, learner: &str) -> String {
        let table = self.exported("gradebook.csv");
        let row = table.lines().find(|line| line.starts_with(&format!("{learner},")));
        row.unwrap_or_else(|| panic!("no row of {learner}: {table}")).to_owned()
    }
}

pub fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A mistake that has a name.
pub fn wrong() -> String {
    let solution = solution("ex_90_1");
    assert!(solution.contains("let db = dz;"));
    solution.replace("let db = dz;", "let db = b * dz;")
}

/// All that a grader wrote, with the lines of an error put together again.
pub fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    text.replace("\n  │ ", " ")
}

/// True where the kernel can confine; says so aloud where it cannot.
pub fn is_confined() -> bool {
    static CONFINED: LazyLock<bool> = LazyLock::new(support::is_confined);
    *CONFINED
}
