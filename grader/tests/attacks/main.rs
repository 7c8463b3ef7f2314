//! Hostile code: each attack has the verdict it expects written beside it. None reaches a secret,
//! leaves anything behind, or takes a point from the honest lesson that is graded with it.
//!
//! An attack that is refused, and notices, goes on with the right answer: it passes. One that gets
//! through panics instead.
//!
//! These tests are a program of their own, so that whatever is left behind was left by an attack.

mod attack;
mod left;
mod page;
mod strange;
#[path = "../e2e/submission.rs"]
#[allow(dead_code, reason = "the end-to-end tests need all of it")]
mod submission;

use std::{fs, process::Command, sync::Mutex};

use attack::{Attack, attacks};
use left::Watch;
use serde_json::Value;
use submission::{Submission, is_confined, root};
use tempfile::TempDir;

/// What no output may show.
const SECRET: &str = "canary-7d1f3c";

/// One after the other: what is left must have been left by the attack that was just made.
static ALONE: Mutex<()> = Mutex::new(());

/// Where learners' own gradings are confined, and those for a record.
const STRENGTHS: [&[&str]; 2] = [&[], &["--record"]];

/// The grader at one strength, with a secret in its environment and a folder for its drafts.
struct Grading {
    flags: &'static [&'static str],
    drafts: TempDir,
}

/// What the grader wrote, and whether it ended by itself.
struct Graded {
    report: Value,
    outputs: String,
    code: Option<i32>,
}

impl Graded {
    fn lesson(&self, id: &str) -> &Value {
        let lessons = self.report["lessons"].as_array().unwrap();
        lessons.iter().find(|lesson| lesson["id"] == id).expect("the lesson was graded")
    }
}

impl Grading {
    fn new(flags: &'static [&'static str]) -> Self {
        Self { flags, drafts: tempfile::tempdir().unwrap() }
    }

    fn grader(&self, submission: &Submission, arguments: &[&str]) -> Command {
        let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
        grader.current_dir(root()).env("GRADLINGS_CANARY", SECRET);
        grader.env("TMPDIR", self.drafts.path());
        // Checks that only wait take turns otherwise, ten seconds each.
        grader.env("RAYON_NUM_THREADS", "8");
        grader.arg("grade").args(arguments).args(self.flags);
        grader.args(["--submission", submission.path()]);
        grader
    }

    fn grade(&self, submission: &Submission, lessons: &[&str]) -> Graded {
        let arguments = [lessons, &["--reveal", "--format", "json"]].concat();
        let output = self.grader(submission, &arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {errors}"));
        Graded { report, outputs: text + &errors, code: output.status.code() }
    }

    /// What is wrong after a grading, whatever the verdict.
    fn problems(&self, submission: &Submission, watch: &Watch, graded: &Graded) -> Vec<String> {
        let mut problems = Vec::new();
        if !matches!(graded.code, Some(0 | 1)) {
            problems.push(format!("the grader ended with {:?}", graded.code));
        }
        if graded.lesson(HONEST)["verdict"] != "passed" {
            problems.push(format!("the honest lesson suffered: {:#}", graded.lesson(HONEST)));
        }
        if graded.outputs.contains(SECRET) {
            problems.push("the secret is in the outputs".to_owned());
        }
        problems.extend(watch.left(self.drafts.path(), submission));
        problems
    }
}

/// A lesson that no attack is made on.
const HONEST: &str = "ex_2_1";

/// Makes the attacks at every strength, one after the other and all in the same folder, beside an
/// honest lesson that never changes; gives what is wrong.
fn suffered(attacks: &[Attack]) -> Vec<String> {
    let watch = Watch::new(SECRET);
    let mut problems = Vec::new();
    for grading in STRENGTHS.map(Grading::new) {
        let submission = Submission::empty().with_solution(HONEST);
        for attack in attacks {
            submission.put(&attack.lesson, attack.text(&watch.canary()));
            let graded = grading.grade(&submission, &[&attack.lesson, HONEST]);
            let mut found = attack.verdict_problems(graded.lesson(&attack.lesson));
            found.extend(grading.problems(&submission, &watch, &graded));
            let attack = format!("{} {:?}", attack.name, grading.flags);
            problems.extend(found.into_iter().map(|it| format!("{attack}: {it}")));
        }
    }
    problems
}

/// How often all attacks are made; `GRADLINGS_ROUNDS` asks for more than once.
fn rounds() -> usize {
    std::env::var("GRADLINGS_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"))
}

#[test]
fn every_attack_gets_its_verdict_and_nothing_else() {
    let _alone = ALONE.lock();
    if !is_confined() {
        return;
    }
    let (attacks, before) = (attacks(), left::Counts::now());
    let problems: Vec<_> = (0..rounds()).flat_map(|_| suffered(&attacks)).collect();
    let gradings = rounds() * attacks.len() * STRENGTHS.len();
    println!("{gradings} gradings; before {before:?}, after {:?}", left::Counts::now());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn learner_text_steers_no_terminal_and_no_ci_system() {
    let _alone = ALONE.lock();
    let watch = Watch::new(SECRET);
    let steering = attacks().into_iter().filter(|attack| ["10", "35"].contains(&&*attack.row));
    for attack in steering {
        let submission = Submission::empty().with("ex_2_2", attack.text(&watch.canary()));
        let grading = Grading::new(&[]);
        let output = grading.grader(&submission, &["ex_2_2", "--color=never"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let steers = |it: char| it.is_control() && it != '\n' || "\u{202e}\u{2066}".contains(it);
        assert!(!text.contains(steers), "{}: {text:?}", attack.name);
        let commands = ["##[", "##vso["].iter().any(|command| text.contains(command));
        let command = text.lines().find(|line| line.trim_start().starts_with("::"));
        assert!(!commands && command.is_none(), "{}: {text}", attack.name);
    }
}

/// A file that changes while it is graded: what was scanned is what is compiled and named.
#[test]
fn a_file_that_changes_is_graded_as_it_was_taken() {
    let _alone = ALONE.lock();
    let hostile = "fn hostile() { unsafe {} }\n".repeat(1_000);
    let honest = submission::solution("ex_2_2");
    let hash = |text: &str| {
        let submission = Submission::empty().with("ex_2_2", text);
        submission.grade(&["ex_2_2"]).0["submission_sha256"].clone()
    };
    let (honest_hash, hostile_hash) = (hash(&honest), hash(&hostile));
    let submission = Submission::empty().with("ex_2_2", &honest);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let swap = |text: &str| {
            // Renamed into place: the file is always one of the two.
            let draft = format!("{}/draft", submission.path());
            fs::write(&draft, text).unwrap();
            fs::rename(draft, format!("{}/ex_2_2/src/lib.rs", submission.path())).unwrap();
        };
        let stop = &stop;
        let honest = &honest;
        scope.spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                swap(&hostile);
                swap(honest);
            }
        });
        let reports: Vec<_> = (0..20).map(|_| submission.grade(&["ex_2_2"]).0).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for report in reports {
            let verdict = &report["lessons"][0]["verdict"];
            let hash = if verdict == "passed" { &honest_hash } else { &hostile_hash };
            assert!(verdict == "passed" || verdict == "rejected", "{report:#}");
            assert_eq!(&report["submission_sha256"], hash, "{report:#}");
        }
    });
}
