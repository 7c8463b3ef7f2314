//! For authors: proves that a lesson is sound, without being told anything about it.

use std::{fs, io, path::Path, process::Command};

use crate::{
    checks::{Lesson, Subject},
    diagnosis::{Mistake, SOLUTION},
    grading::{GradeError, Grader},
    intake::Sources,
    report::{LessonReport, Verdict, Visibility},
    scan::{PublicItem, Scan, public_items},
};

/// A solution passes, and a mistake fails and is named, whatever the seed; these are tried.
const SEEDS: std::ops::Range<u64> = 0..4;

/// A lesson has at least this many mistakes.
const FEWEST_MISTAKES: usize = 5;

/// Proves each lesson and tells what holds and what does not; true when everything holds.
pub fn prove(
    grader: &Grader,
    lessons: &[&'static Lesson],
    skip_edited: bool,
) -> Result<bool, GradeError> {
    let mut sound = true;
    for lesson in lessons {
        let mut proof = Proof { grader, lesson, problems: Vec::new() };
        let stub = proof.all(skip_edited)?;
        let mistakes = grader.mistakes(lesson)?.map_or(0, |(_, mistakes)| mistakes.len());
        if proof.problems.is_empty() {
            println!("{}: sound ({stub}, solution, {mistakes} mistakes)", lesson.id);
        }
        for problem in &proof.problems {
            println!("{}: {problem}", lesson.id);
        }
        sound &= proof.problems.is_empty();
    }
    Ok(sound)
}

struct Proof<'a> {
    grader: &'a Grader,
    lesson: &'static Lesson,
    problems: Vec<String>,
}

impl Proof<'_> {
    fn all(&mut self, skip_edited: bool) -> Result<&'static str, GradeError> {
        let solution = self.solution()?;
        self.mistakes()?;
        if skip_edited && self.is_edited() {
            return Ok("stub edited, NOT PROVEN");
        }
        self.stub(&solution)?;
        Ok("stub")
    }

    fn expect(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(problem());
        }
    }

    /// The solution earns every point, whatever the seed, and passes the visible tests.
    fn solution(&mut self) -> Result<Vec<PublicItem>, GradeError> {
        let folder = self.grader.workspace.root().join("solutions");
        for seed in SEEDS {
            let report = self.graded(&folder, seed)?;
            for check in report.checks.iter().filter(|check| check.verdict != Verdict::Passed) {
                let (id, word, message) = (&check.id, check.verdict.word(), &check.message);
                self.problems.push(format!(
                    "the solution does not pass `{id}` with seed {seed} ({word}): {message}"
                ));
            }
        }
        let run =
            self.cargo(&["test", "--quiet", "-p", &format!("solution_{}", self.lesson.id)])?;
        self.expect(run.success, || {
            format!("the visible tests fail on the solution:\n{}", run.text)
        });
        self.public_items("solutions")
    }

    /// Every mistake loses points in a hidden check, and is diagnosed by its own name.
    fn mistakes(&mut self) -> Result<(), GradeError> {
        let Some((built, mistakes)) = self.grader.mistakes(self.lesson)? else {
            self.problems.push("there is no src/mistakes.rs beside the solution".to_owned());
            return Ok(());
        };
        self.expect(mistakes.len() >= FEWEST_MISTAKES, || {
            format!(
                "there are {} mistakes; a lesson has at least {FEWEST_MISTAKES}",
                mistakes.len()
            )
        });
        let folder = self.grader.workspace.solution(self.lesson.id);
        let scan =
            Sources::take(&folder, SOLUTION).map(|sources| Scan::of(&sources)).unwrap_or_default();
        for mistake in &mistakes {
            let arguments = [mistake.name.as_str()];
            let subject = Subject { program: &built.program, arguments: &arguments, scan: &scan };
            for seed in SEEDS {
                let report =
                    self.grader.with_seed(seed).subject(self.lesson, &subject, &|_| None)?;
                self.mistake(mistake, &report);
            }
        }
        Ok(())
    }

    fn mistake(&mut self, mistake: &Mistake, report: &LessonReport) {
        let Mistake { name, explanation } = mistake;
        let mut missed = report.checks.iter().filter(|check| check.verdict != Verdict::Passed);
        let hidden = missed.clone().any(|check| check.visibility == Visibility::Hidden);
        let diagnoses: Vec<_> =
            missed.by_ref().filter_map(|check| check.diagnosis.as_ref()).collect();
        let wrong = diagnoses.iter().find(|diagnosis| diagnosis.mistake != *name);
        let named = !diagnoses.is_empty();
        let wrong = wrong.map(|diagnosis| diagnosis.mistake.clone());
        self.expect(!explanation.is_empty(), || format!("the mistake `{name}` has no explanation"));
        self.expect(hidden, || format!("the mistake `{name}` passes every hidden check"));
        self.expect(!hidden || named, || {
            format!("the mistake `{name}` is failed but not diagnosed")
        });
        if let Some(wrong) = wrong {
            self.problems.push(format!("the mistake `{name}` is diagnosed as `{wrong}`"));
        }
    }

    /// The stub compiles without a warning, has the solution's signatures, and is unwritten work to
    /// every check and every visible test.
    fn stub(&mut self, solution: &[PublicItem]) -> Result<(), GradeError> {
        let stub = self.public_items("exercises")?;
        let surface = |items: &[PublicItem]| -> Vec<(String, String)> {
            let mut surface: Vec<_> =
                items.iter().map(|it| (it.name.clone(), it.types.clone())).collect();
            surface.sort();
            surface
        };
        self.expect(surface(&stub) == surface(solution), || {
            "stub and solution differ in their public functions or types".to_owned()
        });
        let report = self.graded(&self.grader.workspace.root().join("exercises"), 0)?;
        for check in report.checks.iter().filter(|check| check.verdict != Verdict::NotImplemented) {
            let (word, message) = (check.verdict.word(), &check.message);
            self.problems.push(format!(
                "the stub is not unwritten work to `{}` ({word}) {message}",
                check.id
            ));
        }
        self.visible_tests()
    }

    fn visible_tests(&mut self) -> Result<(), GradeError> {
        let id = self.lesson.id;
        let check = self.cargo(&["check", "--quiet", "-p", id, "--all-targets"])?;
        self.expect(check.success && check.text.trim().is_empty(), || {
            format!("the stub does not compile without warnings:\n{}", check.text)
        });
        let run = self.cargo(&["test", "-p", id, "--no-fail-fast"])?;
        let tests =
            run.text.lines().filter(|line| line.starts_with("test ") && line.contains(" ... "));
        let passed = tests.filter(|line| line.ends_with(" ok")).count();
        let failed = run.text.lines().filter(|line| line.starts_with("---- ")).count();
        let unwritten = run.text.matches("not yet implemented").count();
        self.expect(!run.success && failed > 0, || {
            format!("the visible tests do not fail on the stub:\n{}", run.text)
        });
        self.expect(passed == 0, || {
            format!("{passed} visible tests pass on the stub:\n{}", run.text)
        });
        self.expect(failed <= unwritten, || {
            format!("visible tests fail on the stub without reaching a `todo!`:\n{}", run.text)
        });
        Ok(())
    }

    /// True when some public function of the exercise no longer is a `todo!`.
    fn is_edited(&self) -> bool {
        let file = self.grader.workspace.exercise(self.lesson.id).join("src/lib.rs");
        let text = fs::read_to_string(file).unwrap_or_default();
        let Ok(file) = syn::parse_file(&text) else { return true };
        file.items.iter().any(|item| match item {
            syn::Item::Fn(function) => {
                use quote::ToTokens as _;
                !function.block.to_token_stream().to_string().contains("todo !")
            }
            _ => false,
        })
    }

    fn graded(&self, submission: &Path, seed: u64) -> Result<LessonReport, GradeError> {
        let mut report = self.grader.with_seed(seed).grade(&[self.lesson], submission, |_| ())?;
        Ok(report.lessons.remove(0))
    }

    fn public_items(&self, part: &str) -> Result<Vec<PublicItem>, GradeError> {
        let file = self.grader.workspace.root().join(part).join(self.lesson.id).join("src/lib.rs");
        let text = fs::read_to_string(file).map_err(|source| self.failed(source))?;
        Ok(public_items(&text))
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Run, GradeError> {
        let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut cargo = Command::new(program);
        cargo.current_dir(self.grader.workspace.root()).args(arguments).args(["--color", "never"]);
        let output = cargo.output().map_err(|source| self.failed(source))?;
        let text = [output.stdout, output.stderr].concat();
        Ok(Run {
            success: output.status.success(),
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }

    fn failed(&self, source: io::Error) -> GradeError {
        GradeError::Lesson { lesson: self.lesson.id, source }
    }
}

struct Run {
    success: bool,
    text: String,
}
