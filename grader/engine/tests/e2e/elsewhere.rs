//! A course in a repository of its own, with a grader of ten lines; and a course that is not sound.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Mutex,
};

use rstest::rstest;
use tempfile::TempDir;

use crate::support::{
    Submission, built, check, command, course, grader, is_full, program, report, root, solution,
    target,
};

/// The tests share what is built for a course elsewhere.
static ALONE: Mutex<()> = Mutex::new(());

/// A copy of the tiny course outside of this workspace.
struct Elsewhere {
    folder: TempDir,
}

impl Elsewhere {
    fn new() -> Self {
        let elsewhere = Self { folder: tempfile::tempdir().unwrap() };
        for part in ["exercises", "solutions", "grader"] {
            let mut copy = Command::new("cp");
            copy.arg("-R").arg(course().join(part)).arg(elsewhere.root());
            assert!(copy.status().unwrap().success());
        }
        fs::copy(root().join("Cargo.lock"), elsewhere.root().join("Cargo.lock")).unwrap();
        fs::write(elsewhere.root().join("Cargo.toml"), manifest()).unwrap();
        // Two programs of one name would overwrite each other in the target folder.
        elsewhere.change("grader/Cargo.toml", "name = \"tiny\"", "name = \"elsewhere\"");
        elsewhere
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let file = self.root().join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{}: the text to change is gone: {from}", file.display());
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    /// The course's own grader.
    fn build(&self) -> PathBuf {
        built("elsewhere", self.root(), &["--offline"])
    }

    /// Runs a grader on the course; what it builds is kept from run to run.
    fn run(&self, program: &Path, arguments: &[&str]) -> Output {
        let mut grader = command(program, self.root());
        grader.env("CARGO_TARGET_DIR", kept());
        grader.arg("--workspace").arg(self.root()).args(arguments).output().unwrap()
    }

    /// What Clippy says of both packages of a lesson.
    fn lint(&self, lesson: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(self.root()).env("CARGO_TARGET_DIR", kept());
        cargo.args(["clippy", "--quiet", "--offline", "--all-targets", "--package", lesson]);
        cargo.args(["--package", &format!("solution_{lesson}"), "--", "--deny=warnings"]);
        cargo.output().unwrap()
    }
}

/// The target folder of a course elsewhere: it has a cache of its own, and shares what cargo has built.
fn kept() -> PathBuf {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("elsewhere");
    fs::create_dir_all(&kept).unwrap();
    // It may be there from an earlier run.
    let _ = std::os::unix::fs::symlink(target().join("debug"), kept.join("debug"));
    kept
}

/// The workspace of the course: the settings of this one, whose crates it takes by their paths.
fn manifest() -> String {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, settings) = text.split_once("[workspace.package]").expect("a section of the manifest");
    let paths = format!("path = \"{}/", root().display());
    let settings = settings.replace("path = \"", &paths);
    // There is no package of these names there.
    let settings = settings.replace("grader = { debug = 0 }\n", "");
    let settings = settings.replace("kernels = { debug = 0 }\n", "");
    let (before, kernels) = settings.split_once("[profile.dev.package.kernels]\n").unwrap();
    let (_, after) = kernels.split_once("\n\n").unwrap();
    let settings = [before, after].concat();
    let members = r#"["exercises/*", "solutions/*", "grader"]"#;
    format!("[workspace]\nresolver = \"3\"\nmembers = {members}\n\n[workspace.package]{settings}")
}

/// With a lesson that its author has only begun, and one whose checks are not Rust.
#[test]
fn a_course_elsewhere_has_a_grader_of_its_own() {
    let _alone = ALONE.lock();
    let elsewhere = Elsewhere::new();
    elsewhere.change("solutions/ex_90_3/checks.rs", "pub const LESSON", "pub const LESSON =");
    let made = elsewhere.run(program(), &["new", "ex_92_1", "A new lesson"]);
    assert!(made.status.success(), "{}", said(&made));
    let grader = elsewhere.build();
    every_other_lesson_is_graded(&elsewhere, &grader);
    a_new_lesson_is_proven_once_its_blanks_are_filled_in(&elsewhere, &grader);
}

fn every_other_lesson_is_graded(elsewhere: &Elsewhere, grader: &Path) {
    let output = elsewhere.run(grader, &["grade", "--submission", "solutions", "--format", "json"]);
    assert!(said(&output).contains("ex_90_3 was left out"), "{}", said(&output));
    let report = report(&output);
    let lessons = report["lessons"].as_array().unwrap();
    assert!(lessons.len() == 7 && lessons.iter().all(is_full), "{report:#}");
    let named = elsewhere.run(grader, &["grade", "ex_90_3"]);
    assert_eq!(named.status.code(), Some(2));
    assert!(said(&named).contains("it was left out"), "{}", said(&named));
}

fn a_new_lesson_is_proven_once_its_blanks_are_filled_in(elsewhere: &Elsewhere, grader: &Path) {
    let folders = ["exercises/ex_92_1", "solutions/ex_92_1"].map(|it| elsewhere.root().join(it));
    let begun = said(&elsewhere.run(grader, &["prove", "ex_92_1"]));
    let blanks = folders.iter().map(|folder| fill_in(folder)).sum::<usize>();
    assert!(blanks > 10, "{begun}");
    assert_eq!(begun.matches(": fill in ").count(), blanks, "{begun}");
    let done = said(&elsewhere.run(grader, &["prove", "ex_92_1"]));
    assert!(done.contains("ex_92_1: sound"), "{done}");
    let linted = elsewhere.lint("ex_92_1");
    assert!(linted.status.success(), "{}", said(&linted));
}

/// Takes every blank of a folder for filled in; gives how many there were.
fn fill_in(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let fill = |path: PathBuf| {
        if path.is_dir() {
            return fill_in(&path);
        }
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("BLANK: ", "")).unwrap();
        text.matches("BLANK: ").count()
    };
    entries.map(fill).sum()
}

/// All that a grader wrote.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// What is spoiled: the file, a text in it, what takes its place, and the problem to be found. Each
/// lesson is spoiled in ways that do not hide each other.
const SPOILED: [(&str, &str, &str, &str); 7] = [
    (
        "exercises/ex_90_1/src/lib.rs",
        "/// The forward pass",
        "fn unused() {}\n/// The forward pass",
        "ex_90_1: the stub does not compile without warnings",
    ),
    (
        "exercises/ex_90_2/src/lib.rs",
        "todo!(\"sum",
        "return Array1::zeros(dy.ncols());\n    todo!(\"sum",
        "ex_90_2: check `total` on the untouched stub gave",
    ),
    (
        "exercises/ex_90_5/src/lib.rs",
        "pub fn merge(bytes: &[u8], pair: (u8, u8), by: u8)",
        "pub fn merge(bytes: &[u8], pair: (u8, u8), by: u16)",
        "ex_90_5: stub and solution differ",
    ),
    (
        "exercises/ex_90_4/tests/ex_90_4.rs",
        "#[test]",
        "#[test]\nfn idle() {}\n\n#[test]",
        "ex_90_4: 1 visible tests pass on the stub",
    ),
    (
        "solutions/ex_91_2/src/lib.rs",
        "db += residual;",
        "db += 2.0 * residual;",
        "ex_91_2: the solution does not pass",
    ),
    (
        "solutions/ex_91_1/wrong.rs",
        "rate: f64) -> (f64, f64) {\n        ex_91_1::descend(parameters, gradient, -rate)",
        "rate: f64) -> (f64, f64) {\n        ex_91_1::descend(parameters, gradient, rate)",
        "ex_91_1: the wrong variant `uphill` passes every hidden check",
    ),
    (
        "solutions/ex_90_3/wrong.rs",
        "let mut point = x.clone();",
        "return 2.0 * ex_90_3::gradient(f, x, step);\n        #[allow(unreachable_code)]\n        let mut point = x.clone();",
        "ex_90_3: the wrong variant `coordinates_left_behind` is diagnosed as `distance_of_one_step`",
    ),
];

#[test]
fn what_is_not_sound_is_found_out() {
    let _alone = ALONE.lock();
    let elsewhere = Elsewhere::new();
    for (file, from, to, _) in SPOILED {
        elsewhere.change(file, from, to);
    }
    let output = elsewhere.run(program(), &["prove"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for (.., problem) in SPOILED {
        assert!(text.contains(problem), "{problem}: {text}");
    }
    assert!(!text.contains(": sound"), "{text}");
    let untried = text.matches("mutants were not tried: first mend what is above").count();
    assert_eq!(untried, SPOILED.len(), "{text}");
}

#[test]
fn an_error_in_a_file_of_variants_names_that_file() {
    let _alone = ALONE.lock();
    let elsewhere = Elsewhere::new();
    let file = "solutions/ex_91_1/wrong.rs";
    elsewhere.change(file, "* xs.len() as f64", "* xs.len()");
    let text = fs::read_to_string(elsewhere.root().join(file)).unwrap();
    let line = 1 + text.lines().position(|line| line.ends_with("* xs.len()")).unwrap();
    let said = said(&elsewhere.run(program(), &["prove", "ex_91_1"]));
    assert!(said.contains(&format!("{file}:{line}:")), "{said}");
}

/// More than half of the memory that a process of variants has.
const KEEP: &str = "static KEPT: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    KEPT.get_or_init(|| Vec::with_capacity(1200 << 20));";

/// The variants are asked in one process, and the one to be named comes after another.
#[rstest]
#[case::an_abort("std::process::abort()", "")]
#[case::an_exit("std::process::exit(0)", "")]
#[case::an_endless_loop("loop {}", "")]
#[case::memory(&format!("{KEEP} ex_90_1::backward(y, x, w, b)"), KEEP)]
fn a_variant_takes_nothing_from_the_next(#[case] first: &str, #[case] next: &str) {
    let _alone = ALONE.lock();
    let elsewhere = Elsewhere::new();
    let variant = format!(
        "pub mod first {{
            pub use ex_90_1::*;
            pub fn backward(x: f64, w: f64, b: f64, y: f64) -> Gradients {{ {first} }}
        }}
        /// Your softplus"
    );
    elsewhere.change("solutions/ex_90_1/wrong.rs", "/// Your softplus", &variant);
    let named = "Gradients { db: b * right.dz";
    elsewhere.change("solutions/ex_90_1/wrong.rs", named, &format!("{next} {named}"));
    let learner = Submission::empty().with_change("ex_90_1", "let db = dz;", "let db = b * dz;");
    let flags = ["--format=json", "--submission", learner.path()];
    let report = report(&elsewhere.run(program(), &[&["grade", "ex_90_1"], &flags[..]].concat()));
    let diagnosis = &check(&report["lessons"][0], "gradients")["diagnosis"];
    assert_eq!(diagnosis["mistake"], "bias_gradient_times_b", "{report:#}");
}

#[test]
fn tables_are_compared_and_written() {
    let _alone = ALONE.lock();
    let elsewhere = Elsewhere::new();
    let tables = |arguments: &[&str]| elsewhere.run(program(), &[&["tables"], arguments].concat());
    assert_eq!(tables(&[]).status.code(), Some(0), "{}", said(&tables(&[])));
    elsewhere.change("exercises/ex_90_4/README.md", "a cube | 1", "a cube | 7");
    let differs = tables(&[]);
    assert_eq!(differs.status.code(), Some(1));
    assert!(said(&differs).contains("ex_90_4/README.md"), "{}", said(&differs));
    assert_eq!(tables(&["--write"]).status.code(), Some(0));
    assert_eq!(tables(&[]).status.code(), Some(0), "{}", said(&tables(&[])));
}

#[test]
fn every_lesson_is_sound() {
    let output = grader(&["prove"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.matches(": sound").count(), 7, "{text}");
}

/// Nothing that lies in the folder where the grader is started is built or run.
#[test]
fn the_folder_where_the_grader_is_started_is_not_trusted() {
    let here = tempfile::tempdir().unwrap();
    let hijacked = here.path().join("hijacked");
    for folder in ["exercises", "grader/wire/src", ".cargo", "ex_90_1/src"] {
        fs::create_dir_all(here.path().join(folder)).unwrap();
    }
    let write = |file: &str, text: &str| fs::write(here.path().join(file), text).unwrap();
    write("Cargo.toml", "[workspace]\nmembers = [\"grader/wire\"]\n");
    write("grader/wire/Cargo.toml", "[package]\nname = \"gradlings-wire\"\nbuild = \"build.rs\"\n");
    write("grader/wire/src/lib.rs", "");
    let touch = format!("fn main() {{ std::fs::write({hijacked:?}, \"\").unwrap() }}");
    write("grader/wire/build.rs", &touch);
    write("ex_90_1/src/lib.rs", &solution("ex_90_1"));
    let mut grader = command(program(), here.path());
    let output =
        grader.args(["grade", "ex_90_1", "--format=json", "--submission=."]).output().unwrap();
    let report = report(&output);
    assert!(is_full(&report["lessons"][0]), "{report:#}");
    assert!(!hijacked.exists());
}
