//! The autograder for Gradescope, unpacked and run in the layout that its documentation describes.
//!
//! What `setup.sh` installs is there already, and the grader that it builds is the one that cargo built for
//! these tests. All else is the package's: the script, the options, the sources of the course, and what
//! learner code is linked against, which is built from them without a network.

#![cfg(unix)]

use std::{
    fs::{self, File},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use zip::ZipArchive;

const GRADER: &str = env!("CARGO_BIN_EXE_grader");
const SCHEMA: &str = include_str!("../engine/src/render/gradescope.schema.json");
/// What every result without a score tells the learner.
const NO_SCORE: &str = "There is no score yet, and nothing is lost";

/// As the package of one lesson has them.
const ONE_LESSON: &str = "lessons='ex_1_1'\nseed='7'\nhidden_checks='visible'\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn tmp() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The machine that Gradescope builds: `/autograder`, elsewhere.
struct Autograder {
    folder: PathBuf,
}

impl Autograder {
    /// With the package of these lessons, and a grader in the place of the one that `./x` builds. Its place
    /// is the same in every run, so that what learner code is linked against is built once.
    fn new(name: &str, lessons: &[&str]) -> Self {
        let autograder = Self { folder: tmp().join(name) };
        let _ = fs::remove_dir_all(&autograder.folder);
        fs::create_dir_all(&autograder.folder).unwrap();
        let archive = autograder.path("autograder.zip");
        let options = ["--out", archive.to_str().unwrap(), "--seed", "7"];
        let when = ["--hidden-checks", "after_published"];
        let mut package = Command::new(GRADER);
        package.current_dir(root()).args(["package", "gradescope"]).args(lessons);
        let packed = package.args(options).args(when).output().unwrap();
        assert!(packed.status.success(), "{}", said(&packed));
        let source = autograder.path("source");
        ZipArchive::new(File::open(archive).unwrap()).unwrap().extract(&source).unwrap();
        fs::copy(source.join("run_autograder"), autograder.path("run_autograder")).unwrap();
        for folder in ["submission", "results"] {
            fs::create_dir(autograder.path(folder)).unwrap();
        }
        fs::write(autograder.path("submission_metadata.json"), "{\"id\": 1}").unwrap();
        // Beside the kit cargo would build a grader as well, which is there already.
        let manifest = autograder.path("source/course/grader/Cargo.toml");
        let renamed = fs::read_to_string(&manifest).unwrap().replace("\"grader\"", "\"other\"");
        fs::write(manifest, renamed).unwrap();
        autograder.answer(&format!("exec {GRADER} --workspace \"$(dirname \"$0\")\" \"$@\""));
        autograder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts these lines of a shell in the place of `./x`.
    fn answer(&self, lines: &str) {
        write_program(&self.path("source/course/x"), lines);
    }

    fn hand_in(&self, name: &str, text: &str) {
        let file = self.path("submission").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Runs it, and gives its exit code and its result.
    fn run(&self) -> (Option<i32>, Value) {
        let mut run = Command::new(self.path("run_autograder"));
        run.current_dir(&self.folder);
        // Kept from one test run to the next: what learner code is linked against.
        run.env("CARGO_TARGET_DIR", tmp().join("gradescope"));
        let output = run.output().unwrap();
        let result = fs::read_to_string(self.path("results/results.json")).unwrap();
        let result: Value = serde_json::from_str(&result).unwrap();
        let schema = serde_json::from_str(SCHEMA).unwrap();
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&result), "{result:#}");
        eprintln!("{}", said(&output));
        (output.status.code(), result)
    }
}

fn write_program(file: &Path, lines: &str) {
    fs::write(file, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn solution(lesson: &str) -> String {
    fs::read_to_string(root().join("solutions").join(lesson).join("src/lib.rs")).unwrap()
}

/// The points that Gradescope adds up; none where there is no score.
fn points(result: &Value) -> Option<f64> {
    let tests = result.get("tests")?.as_array().unwrap();
    tests.iter().map(|test| test["score"].as_f64()).sum()
}

/// True where the kernel can confine; says so aloud where it cannot, and sees that there is no score then.
fn is_confined(result: &(Option<i32>, Value)) -> bool {
    let confined = result.0 != Some(2);
    if !confined {
        eprintln!("UNSANDBOXED: this machine does not grade officially");
        assert!(points(&result.1).is_none(), "{:#}", result.1);
    }
    confined
}

#[test]
fn a_submission_is_graded_with_the_sources_of_the_package() {
    let autograder = Autograder::new("graded", &["ex_1_1", "ex_2_2"]);
    autograder.hand_in("exercises/ex_1_1/src/lib.rs", &solution("ex_1_1"));
    let wrong = solution("ex_2_2").replace("let db = dz;", "let db = dz * b;");
    autograder.hand_in("exercises/ex_2_2/src/lib.rs", &wrong);
    let run = autograder.run();
    if !is_confined(&run) {
        return;
    }
    let (ended, result) = run;
    assert_eq!(ended, Some(0), "points that are missing are no failure");
    let tests = result["tests"].as_array().unwrap();
    let max_score: f64 = tests.iter().map(|test| test["max_score"].as_f64().unwrap()).sum();
    assert!(points(&result).unwrap() == max_score - 3.0 && max_score > 10.0, "{result:#}");
    assert_eq!(result["extra_data"]["record"], true);
    let wrong = tests.iter().find(|test| test["extra_data"]["mistake"].is_string()).unwrap();
    assert_eq!(wrong["extra_data"]["mistake"], "bias_gradient_times_b");
    assert_eq!(wrong["visibility"], "after_published");
    assert!(!result.to_string().contains("\"seed\""), "the seed is the instructor's");

    // The one file of the one lesson is enough, and a link to one is not followed.
    fs::write(autograder.path("source/options"), ONE_LESSON).unwrap();
    fs::remove_dir_all(autograder.path("submission/exercises")).unwrap();
    autograder.hand_in("lib.rs", &solution("ex_1_1"));
    assert_eq!(points(&autograder.run().1), Some(10.0));
    fs::remove_file(autograder.path("submission/lib.rs")).unwrap();
    let secret = autograder.path("source/course/solutions/ex_1_1/src/lib.rs");
    symlink(secret, autograder.path("submission/lib.rs")).unwrap();
    assert_eq!(points(&autograder.run().1), Some(0.0));
}

#[test]
fn a_machine_that_cannot_grade_gives_no_score_and_says_so() {
    let autograder = Autograder::new("broken", &["ex_1_1"]);
    let options = fs::read_to_string(autograder.path("source/options")).unwrap();
    assert_eq!(options, ONE_LESSON.replace("visible", "after_published"));
    autograder.hand_in("lib.rs", &solution("ex_1_1"));
    for answer in [
        "echo 'failed to grade officially: the sandbox of this machine is only `none`' >&2; exit 2",
        "kill -9 $$",
        // The report is there, and the disk is full.
        "case $1 in grade) : > \"${@: -1}\" 2> /dev/null; exit 0 ;; *) exit 2 ;; esac",
    ] {
        autograder.answer(answer);
        let (ended, result) = autograder.run();
        assert_eq!((ended, points(&result)), (Some(2), None), "{answer}: {result:#}");
        assert!(result["output"].as_str().unwrap().contains(NO_SCORE), "{result:#}");
        assert!(result.get("tests").is_none() && result.get("score").is_none(), "{result:#}");
    }
}

/// What is installed, built and proven while the image is built.
#[test]
fn the_setup_builds_and_sees_that_solutions_earn_every_point() {
    let autograder = Autograder::new("setup", &["ex_1_1", "ex_3_3"]);
    let note = |name: &str| format!("echo \"{name} $*\" >> {}", autograder.path("notes").display());
    fs::create_dir(autograder.path("bin")).unwrap();
    for name in ["apt-get", "curl", "cargo"] {
        write_program(&autograder.path("bin").join(name), &note(name));
    }
    autograder.answer(&note("x"));
    let mut setup = Command::new("sh");
    setup.arg(autograder.path("source/setup.sh")).env_clear().current_dir("/");
    setup.env("HOME", &autograder.folder);
    setup.env("PATH", format!("{}:/usr/bin:/bin", autograder.path("bin").display()));
    let mut run = || {
        let output = setup.output().unwrap();
        (output.status.success(), fs::read_to_string(autograder.path("notes")).unwrap())
    };
    let (succeeded, notes) = run();
    assert!(succeeded, "{notes}");
    let installs = "apt-get install -y -qq --no-install-recommends bubblewrap build-essential";
    assert!(notes.contains(installs) && !notes.contains("curl -"), "{notes}");
    assert!(notes.contains("x grade ex_1_1 ex_3_3 --submission solutions\n"), "{notes}");
    autograder.answer("exit 1");
    assert!(!run().0, "a solution that fails stops the build");
}
