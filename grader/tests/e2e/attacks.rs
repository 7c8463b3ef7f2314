//! Hostile code: each attack has the verdict it expects written beside it. None reaches a secret,
//! leaves anything behind, or takes a point from the honest lesson that is graded with it.
//!
//! An attack that is refused, and notices, goes on with the right answer: it passes. One that gets
//! through panics instead.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::submission::{Submission, is_confined, messages, root, solution};

/// What no output may show.
const SECRET: &str = "canary-7d1f3c";

/// The pre-activation of lesson 2.2.
const HONEST: &str = "w * x + b";

struct Attack {
    name: String,
    verdict: String,
    /// What some of its messages have to say.
    says: String,
    /// What the forward pass computes as its z.
    z: String,
    text: String,
}

impl Attack {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let header = |start| text.lines().find_map(|line| line.strip_prefix(start));
        let header = |start| header(start).map(str::to_owned);
        Self {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            verdict: header("// verdict: ").unwrap_or_else(|| panic!("{file:?} has no verdict")),
            says: header("// says: ").unwrap_or_default(),
            z: header("// z: ").unwrap_or_else(|| HONEST.to_owned()),
            text,
        }
    }

    /// The solution of lesson 2.2, whose forward pass attacks first.
    fn submission(&self, canary: &Path) -> Submission {
        let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
        let places = [
            ("{CANARY}", canary.to_str().unwrap()),
            ("{HOME}", &home),
            ("{ROOT}", root().to_str().unwrap()),
        ];
        let attack =
            places.iter().fold(self.text.clone(), |text, (name, path)| text.replace(name, path));
        // An inner attribute has to come first.
        let (honest, hostile) = (format!("let z = {HONEST};"), format!("let z = {};", self.z));
        let victim = solution("ex_2_2").replace(&honest, &format!("attack();\n{hostile}"));
        let victim = victim.lines().filter(|line| !line.starts_with("//!"));
        let text = attack + &victim.collect::<Vec<_>>().join("\n");
        Submission::empty().with("ex_2_2", text).with_solution("ex_3_2")
    }

    /// What is wrong with how the grader took it.
    fn problems(&self, canary: &Path) -> Vec<String> {
        let submission = self.submission(canary);
        let (report, outputs) = graded(&submission);
        let [victim, honest] = [0, 1].map(|at| report["lessons"][at].clone());
        let mut problems = Vec::new();
        // The first check calls the forward pass; others may be skipped because of it.
        let verdict = &victim["checks"][0]["verdict"];
        if verdict != self.verdict.as_str()
            || (verdict == "passed") != (victim["verdict"] == "passed")
        {
            problems.push(format!("{verdict}, not {}: {}", self.verdict, messages(&victim)));
        }
        if !messages(&victim).contains(&self.says) {
            problems.push(format!("nothing says “{}”: {}", self.says, messages(&victim)));
        }
        if honest["verdict"] != "passed" {
            problems.push("the honest lesson suffered".to_owned());
        }
        if outputs.contains(SECRET) {
            problems.push("the secret is in the outputs".to_owned());
        }
        problems.extend(survivors(&submission).map(|it| format!("{it} is still running")));
        problems.into_iter().map(|problem| format!("{}: {problem}", self.name)).collect()
    }
}

/// The report, and all that the grader wrote.
fn graded(submission: &Submission) -> (Value, String) {
    let mut grader = Command::new(env!("CARGO_BIN_EXE_grader"));
    grader.current_dir(root()).env("GRADLINGS_CANARY", SECRET);
    grader.args(["grade", "ex_2_2", "ex_3_2", "--record", "--reveal", "--format", "json"]);
    let output = grader.args(["--submission", submission.path()]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {errors}"));
    (report, text + &errors)
}

/// Programs that were built from the submission and have not ended.
fn survivors(submission: &Submission) -> impl Iterator<Item = String> {
    let origin = fs::canonicalize(submission.path()).unwrap();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let programs = processes.filter_map(|process| fs::read_link(process.path().join("exe")).ok());
    programs
        .filter(move |program| {
            let slot = program.parent().map(|slot| slot.join("origin"));
            slot.and_then(|link| fs::read_link(link).ok()).is_some_and(|it| it.starts_with(&origin))
        })
        .map(|program| program.display().to_string())
}

/// How often all attacks are made; `GRADLINGS_ROUNDS` asks for more than once.
fn rounds() -> usize {
    std::env::var("GRADLINGS_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"))
}

/// What is there to be left behind.
#[derive(Debug)]
#[expect(dead_code, reason = "printed")]
struct Left {
    processes: usize,
    temporary_files: usize,
}

impl Left {
    fn count() -> Self {
        let entries = |folder: &str| fs::read_dir(folder).into_iter().flatten().flatten();
        let is_process =
            |name: &std::ffi::OsStr| name.to_string_lossy().bytes().all(|it| it.is_ascii_digit());
        Self {
            processes: entries("/proc").filter(|entry| is_process(&entry.file_name())).count(),
            temporary_files: ["/tmp", "/dev/shm"].into_iter().flat_map(entries).count(),
        }
    }
}

fn attacks() -> Vec<Attack> {
    let entries = fs::read_dir(root().join("grader/tests/e2e/attacks")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| Attack::read(file)).collect()
}

#[test]
fn every_attack_gets_its_verdict_and_nothing_else() {
    if !is_confined() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let canary = folder.path().join("secret.rs");
    fs::write(&canary, format!("// {SECRET}\n")).unwrap();
    let before = Left::count();
    let (rounds, attacks) = (rounds(), attacks());
    let gradings = || (0..rounds).flat_map(|_| &attacks);
    let problems: Vec<_> = gradings().flat_map(|attack| attack.problems(&canary)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    println!("{} gradings; before {before:?}, after {:?}", gradings().count(), Left::count());
    let left = ["/tmp/gradlings-left", "/tmp/gradlings-link", "/dev/shm/gradlings-left"];
    assert!(left.iter().all(|file| fs::symlink_metadata(file).is_err()), "files were left");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "files were left beside the secret"
    );
}
