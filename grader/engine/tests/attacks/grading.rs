//! The grader at one strength, and what holds whatever it is given.

use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    attack::Attack,
    left::Watch,
    support::{Submission, command, course, is_full, program},
};

/// What no output may show.
pub const SECRET: &str = "canary-7d1f3c";

/// A lesson that no attack is made on.
pub const HONEST: &str = "ex_90_5";

/// Where learners' own gradings are confined, and those for a record.
pub const STRENGTHS: [&[&str]; 2] = [&[], &["--record"]];

/// The grader, with a secret in a file, another in its environment, and a folder for its drafts.
pub struct Grading {
    flags: &'static [&'static str],
    pub watch: Watch,
    drafts: TempDir,
    /// Whoever is graded next.
    next: Submission,
}

/// What the grader wrote, and whether it ended by itself.
pub struct Graded {
    report: Value,
    outputs: String,
    code: Option<i32>,
}

impl Graded {
    fn of(output: Output) -> Result<Self, String> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_str(&text)
            .map_err(|_| format!("no report, {}: {errors}", output.status))?;
        Ok(Self { report, outputs: text + &errors, code: output.status.code() })
    }

    pub fn lesson(&self, id: &str) -> &Value {
        let lessons = self.report["lessons"].as_array().unwrap();
        lessons.iter().find(|lesson| lesson["id"] == id).expect("the lesson was graded")
    }
}

impl Grading {
    pub fn new(flags: &'static [&'static str]) -> Self {
        let next = Submission::empty().with_solution(HONEST);
        Self { flags, watch: Watch::new(SECRET), drafts: tempfile::tempdir().unwrap(), next }
    }

    /// What the grader writes in the format.
    pub fn output(&self, submission: &Submission, lessons: &[&str], format: &str) -> Output {
        let mut grader = command(program(), course());
        grader.env("GRADLINGS_CANARY", SECRET).env("TMPDIR", self.drafts.path());
        // Checks that only wait take turns otherwise, five seconds each.
        grader.env("RAYON_NUM_THREADS", "8");
        grader.arg("grade").args(lessons).args(self.flags).args(["--color", "never", "--reveal"]);
        grader.args(["--format", format, "--submission", submission.path()]).output().unwrap()
    }

    pub fn grade(&self, submission: &Submission, lessons: &[&str]) -> Result<Graded, String> {
        Graded::of(self.output(submission, lessons, "json"))
    }

    /// What is wrong with what comes of an attack, perhaps beside an honest lesson.
    pub fn suffered(
        &self,
        attack: &Attack,
        submission: &Submission,
        beside_honest: bool,
    ) -> Vec<String> {
        let lessons = [&*attack.lesson, HONEST];
        let lessons = if beside_honest { &lessons[..] } else { &lessons[..1] };
        let problems = match self.grade(submission, lessons) {
            Err(problem) => vec![problem],
            Ok(graded) => {
                let mut problems = attack.verdict_problems(graded.lesson(&attack.lesson));
                problems.extend(self.problems(submission, &graded));
                if beside_honest {
                    problems.extend(honest_problems("beside it", &graded));
                }
                problems
            }
        };
        problems.iter().map(|it| format!("{it}, graded with {:?}", self.flags)).collect()
    }

    /// What is wrong with what a person sees at a terminal.
    pub fn shown(&self, submission: &Submission, lesson: &str) -> Vec<String> {
        let Output { stdout, stderr, .. } = self.output(submission, &[lesson], "terminal");
        let text = String::from_utf8([stdout, stderr].concat()).expect("a report is text");
        let scores = text.lines().filter(|line| line.starts_with("Score:")).count();
        let wrong = [
            (steers(&text), "steers what shows it"),
            (text.contains(SECRET), "holds the secret"),
            (scores != 1, "has more than one score, or none"),
        ];
        let wrong = wrong.into_iter().filter_map(|(wrong, how)| wrong.then_some(how));
        wrong.map(|how| format!("the text {how}: {text:?}")).collect()
    }

    /// What is wrong with how the next submission is graded, which is honest.
    pub fn next(&self) -> Option<String> {
        match self.grade(&self.next, &[HONEST]) {
            Err(problem) => Some(problem),
            Ok(graded) => honest_problems("after it", &graded),
        }
    }

    /// What is wrong after a grading, whatever the verdict.
    pub fn problems(&self, submission: &Submission, graded: &Graded) -> Vec<String> {
        let mut problems = self.watch.left(self.drafts.path(), submission);
        if !matches!(graded.code, Some(0 | 1)) {
            problems.push(format!("the grader ended with {:?}", graded.code));
        }
        if graded.outputs.contains(SECRET) {
            problems.push("the secret is in the outputs".to_owned());
        }
        problems
    }
}

/// What is wrong with the honest lesson.
pub fn honest_problems(whose: &str, graded: &Graded) -> Option<String> {
    let honest = graded.lesson(HONEST);
    (!is_full(honest)).then(|| format!("the honest lesson {whose} suffered: {honest:#}"))
}

/// True when the text does more than being read.
fn steers(text: &str) -> bool {
    let control = |it: char| it.is_control() && it != '\n';
    let turns = |it: char| matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let command = |line: &str| line.trim_start().starts_with("::");
    text.contains(control)
        || text.contains(turns)
        || ["##[", "##vso["].iter().any(|command| text.contains(command))
        || text.lines().any(command)
}
