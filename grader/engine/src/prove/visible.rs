//! The visible tests, run by cargo: all lessons in one call.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    process::{Command, Stdio},
};

use super::Extent;
use crate::{
    checks::Lesson,
    grading::{GradeError, Grader},
    workspace::Workspace,
};

/// What the visible tests did on stubs and on solutions.
pub struct VisibleTests {
    pub stubs: Outputs,
    pub solutions: Outputs,
    /// Lessons whose stubs were left out.
    pub edited: Vec<&'static str>,
}

impl VisibleTests {
    pub fn run(
        grader: &Grader,
        lessons: &[&'static Lesson],
        extent: Extent,
    ) -> Result<Self, GradeError> {
        let is_edited = |lesson: &&'static Lesson| extent.skip_edited && is_edited(grader, lesson);
        let (edited, stubs): (Vec<_>, Vec<_>) = lessons.iter().copied().partition(is_edited);
        let workspace = &grader.workspace;
        let solutions = run(workspace, lessons, |it| format!("solution_{}", it.id));
        let stubs = run(workspace, &stubs, |it| it.id.to_owned());
        Ok(Self {
            stubs: stubs.map_err(GradeError::Cargo)?,
            solutions: solutions.map_err(GradeError::Cargo)?,
            edited: edited.iter().map(|lesson| lesson.id).collect(),
        })
    }
}

/// True when some public function of the exercise no longer is a `todo!`.
fn is_edited(grader: &Grader, lesson: &Lesson) -> bool {
    let file = grader.workspace.exercise(lesson.id).join("src/lib.rs");
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

/// What cargo wrote, by lesson.
#[derive(Debug, Default)]
pub struct Outputs(BTreeMap<String, String>);

/// What cargo says when it did not come to run any test.
const NOT_COMPILED: &str = "could not compile";

/// Runs the visible tests of the packages that `package` names.
fn run(
    workspace: &Workspace,
    lessons: &[&'static Lesson],
    package: impl Fn(&Lesson) -> String,
) -> io::Result<Outputs> {
    if lessons.is_empty() {
        return Ok(Outputs::default());
    }
    let packages: Vec<_> = lessons.iter().map(|lesson| package(lesson)).collect();
    let together = cargo_test(workspace, &packages)?;
    if !together.contains(NOT_COMPILED) {
        return Ok(Outputs::of(&together));
    }
    // One that does not compile keeps cargo from running the tests of all.
    let apart = packages.chunks(1).map(|package| cargo_test(workspace, package));
    Ok(Outputs::of(&apart.collect::<io::Result<String>>()?))
}

/// All that one call of cargo writes.
fn cargo_test(workspace: &Workspace, packages: &[String]) -> io::Result<String> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut cargo = Command::new(program);
    cargo.current_dir(workspace.root()).args(["test", "--no-fail-fast", "--color", "never"]);
    // One line a warning, which begins with its file. What else a package has, the proof compiles itself.
    cargo.args(["--message-format=short", "--lib", "--tests"]);
    cargo.args(packages.iter().map(|package| format!("--package={package}")));
    // Both in one pipe: what cargo says and what the tests say belong together.
    let (mut pipe, writer) = io::pipe()?;
    cargo.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = cargo.spawn()?;
    drop(cargo);
    let mut text = String::new();
    pipe.read_to_string(&mut text)?;
    child.wait()?;
    Ok(text)
}

impl Outputs {
    /// Each line belongs to the lesson that was named last.
    fn of(text: &str) -> Self {
        let mut outputs = Self::default();
        let mut lesson = String::new();
        for line in text.lines() {
            if let Some(named) = lesson_in(line) {
                lesson = named;
            }
            *outputs.0.entry(lesson.clone()).or_default() += &format!("{line}\n");
        }
        outputs
    }

    pub fn of_lesson(&self, lesson: &Lesson) -> Tests<'_> {
        Tests { text: self.0.get(lesson.id).map_or("", String::as_str) }
    }
}

/// The lesson that a line of cargo's names: where it warns of a file, or runs a lesson's tests. A line that begins
/// otherwise may be a panic in an earlier lesson, which is none of cargo's.
fn lesson_in(line: &str) -> Option<String> {
    let heads = ["Running ", "exercises/ex_", "solutions/ex_"];
    let line = line.trim_start();
    let at = heads.iter().any(|head| line.starts_with(head)).then(|| line.find("ex_"))??;
    let id = line[at..].split(|it: char| !it.is_ascii_alphanumeric() && it != '_').next()?;
    Some(id.to_owned())
}

/// What the tests of one lesson wrote.
#[derive(Debug, Clone, Copy)]
pub struct Tests<'a> {
    pub text: &'a str,
}

impl Tests<'_> {
    fn results(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| line.starts_with("test ") && line.contains(" ... "))
    }

    pub fn passed(&self) -> usize {
        self.results().filter(|line| line.ends_with(" ok")).count()
    }

    pub fn failed(&self) -> usize {
        self.results().filter(|line| line.ends_with(" FAILED")).count()
    }

    /// How many tests reached a `todo!`.
    pub fn unwritten(&self) -> usize {
        self.text.matches("not yet implemented").count()
    }

    /// What the compiler complains of.
    pub fn has_warnings(&self) -> bool {
        self.text.lines().any(|line| line.contains(": warning: ") || line.contains(": error"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
     Running tests/ex_2_1.rs (target/debug/deps/ex_2_1-1f)
test one ... ok
test two ... FAILED
thread 'two' panicked at exercises/ex_1_4/src/lib.rs:3:5:
not yet implemented: add b
     Running tests/ex_2_2.rs (target/debug/deps/ex_2_2-2f)
test three ... ok
exercises/ex_2_3/src/lib.rs:3:1: warning: unused variable: `x`
";

    #[test]
    fn lines_belong_to_the_lesson_that_was_named_last() {
        let outputs = Outputs::of(TEXT);
        let of = |id| Tests { text: outputs.0.get(id).map_or("", String::as_str) };
        let counts = |tests: Tests| (tests.passed(), tests.failed(), tests.unwritten());
        assert_eq!(counts(of("ex_2_1")), (1, 1, 1));
        assert_eq!(counts(of("ex_2_2")), (1, 0, 0));
        assert!(of("ex_2_3").has_warnings() && !of("ex_2_1").has_warnings());
    }
}
