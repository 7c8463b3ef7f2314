//! How long a learner who watches a lesson waits from a save to the verdict on the screen: the grader's `watch`
//! against rustlings, in turns, in one run, each in a terminal of its own.
//!
//! ```text
//! cargo install rustlings
//! cargo run --package grader --example save_to_verdict
//! ```
//!
//! The grader watches ex_2_2 of a copy of the workspace under `target/`; rustlings watches an exercise with the
//! same functions and a test of each. Each save writes the file in one go, right and wrong in turns, with a
//! number in it that is new. The time is from before the file is written until the points, or what rustlings
//! says of the test, are on the screen; what either waits for further saves is part of it.

#[path = "../engine/tests/support/terminal.rs"]
#[allow(dead_code, reason = "the tests that drive the program use the rest")]
mod terminal;

use std::{
    error::Error,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use terminal::Terminal;

/// How often each of a right and a wrong file is saved.
const ROUNDS: usize = 21;

/// So high that what rustlings says of a test needs no scrolling.
const SIZE: (u16, u16) = (100, 60);

const LESSON: &str = "ex_2_2";
/// A line of the solution, which a mistake replaces.
const RIGHT: &str = "let db = dz;";
const WRONG: &str = "let db = dz * b;";

/// What rustlings needs to know of its exercise.
const INFO: &str = "format_version = 1\n\n[[exercises]]\nname = \"ex_2_2\"\nhint = \"\"\n";
const MANIFEST: &str = "\
[package]
name = \"exercises\"
edition = \"2024\"

[[bin]]
name = \"ex_2_2\"
path = \"exercises/ex_2_2.rs\"

[workspace]
";
const TESTS: &str = "
fn main() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_and_backward() {
        let Forward { z, a, loss } = forward(2.0, -0.5, 2.0, 0.8);
        assert_eq!((z, a, loss), (1.0, 1_f64.tanh(), 0.5 * (1_f64.tanh() - 0.8).powi(2)));
        let Gradients { da, dz, dw, db } = backward(2.0, -0.5, 2.0, 0.8);
        assert_eq!((da, dz), (a - 0.8, da * (1.0 - a * a)));
        assert_eq!((dw, db), (dz * 2.0, dz));
    }
}
";

/// A program that watches a file.
struct Rival {
    name: &'static str,
    terminal: Terminal,
    file: PathBuf,
    /// What comes after the solution.
    tests: &'static str,
    /// What is on the screen when the file is right, and when it is wrong.
    verdicts: [&'static str; 2],
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let solution = root.join("solutions").join(LESSON).join("src/lib.rs");
    let solution = fs::read_to_string(solution)?;
    assert!(solution.contains(RIGHT), "{LESSON} has no line {RIGHT:?}");
    let rivals = [grader(root)?, rustlings(root, &solution)?];
    let mut times = [(); 2].map(|()| [Vec::new(), Vec::new()]);
    for number in 0..=2 * ROUNDS {
        for (rival, times) in rivals.iter().zip(&mut times) {
            let took = rival.save(&solution, number);
            // The first save also makes what later ones find.
            if number > 0 {
                times[number % 2].push(took);
            }
        }
    }
    println!("| watcher | right, median and range | wrong, median and range |\n|---|---|---|");
    for (rival, [right, wrong]) in rivals.iter().zip(times) {
        println!("| {} | {} | {} |", rival.name, told(right), told(wrong));
    }
    Ok(())
}

/// A copy of the workspace, watched by the grader.
fn grader(root: &Path) -> Result<Rival, Box<dyn Error>> {
    let copy = copied(root)?;
    succeed(command("cargo", &copy).args(["build", "--package", "grader"]))?;
    let grader = copy.join("target/debug/grader");
    // Builds what workers are linked against, for which a terminal would not wait.
    succeed(command(&grader, &copy).args(["grade", LESSON, "--submission", "solutions"]))?;
    let mut watch = command(&grader, &copy);
    let terminal = Terminal::run(watch.args(["watch", LESSON]), SIZE.0, SIZE.1);
    terminal.wait_for("graded in");
    let file = copy.join("exercises").join(LESSON).join("src/lib.rs");
    let verdicts = ["✓ all ", "✗"];
    Ok(Rival { name: "`./x watch`", terminal, file, tests: "", verdicts })
}

fn copied(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let copy = root.join("target/save_to_verdict");
    fs::create_dir_all(&copy)?;
    for part in ["Cargo.toml", "Cargo.lock", "grader", "exercises", "solutions"] {
        succeed(Command::new("cp").arg("-R").arg(root.join(part)).arg(&copy))?;
    }
    Ok(copy)
}

/// The same functions as an exercise of rustlings.
fn rustlings(root: &Path, solution: &str) -> Result<Rival, Box<dyn Error>> {
    let folder = root.join("target/save_to_verdict_rustlings");
    fs::create_dir_all(folder.join("exercises"))?;
    fs::write(folder.join("Cargo.toml"), MANIFEST)?;
    fs::write(folder.join("info.toml"), INFO)?;
    let _ = fs::remove_file(folder.join(".rustlings-state.txt"));
    let file = folder.join("exercises").join(LESSON).with_extension("rs");
    fs::write(&file, solution.replace(RIGHT, WRONG) + TESTS)?;
    let terminal = Terminal::run(&command("rustlings", &folder), SIZE.0, SIZE.1);
    let verdicts = ["Exercise done", "test result: FAILED"];
    terminal.wait_for(verdicts[1]);
    Ok(Rival { name: "rustlings", terminal, file, tests: TESTS, verdicts })
}

impl Rival {
    /// Saves a right or a wrong file, and waits for the verdict.
    fn save(&self, solution: &str, number: usize) -> Duration {
        let is_wrong = number % 2 == 1;
        let line = if is_wrong { WRONG } else { RIGHT };
        let line = format!("let _edit = {number}; {line}");
        let text = solution.replacen(RIGHT, &line, 1) + self.tests;
        let begin = Instant::now();
        fs::write(&self.file, text).expect("the file cannot be written");
        self.terminal.wait_for(self.verdicts[usize::from(is_wrong)]);
        begin.elapsed()
    }
}

/// A program in a folder whose target folder is its own.
fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_remove("CARGO_TARGET_DIR");
    command
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

fn told(mut times: Vec<Duration>) -> String {
    times.sort();
    let seconds = |at: usize| times[at].as_secs_f64();
    let last = times.len() - 1;
    format!("{:.3} s ({:.3}–{:.3})", seconds(last / 2), seconds(0), seconds(last))
}
