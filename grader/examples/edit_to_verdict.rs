//! How long a learner waits from an edit to a verdict: the grader against `cargo test` and
//! `cargo nextest run` of the same lesson, in turns, in one run.
//!
//! ```text
//! cargo run --package grader --example edit_to_verdict
//! ```
//!
//! It works on a copy of the workspace under `target/`, in which ex_2_2 is solved, and prints
//! medians and ratios as a table.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const LESSON: &str = "ex_2_2";
const ROUNDS: usize = 11;

/// What is timed: its name, and the command line.
const RIVALS: [(&str, &[&str]); 5] = [
    ("grader grade ex_2_2", &["target/debug/grader", "grade", LESSON]),
    ("the same, `--insecure`", &["target/debug/grader", "grade", LESSON, "--insecure"]),
    ("./x grade ex_2_2", &["./x", "grade", LESSON]),
    ("cargo test -p ex_2_2", &["cargo", "test", "-p", LESSON]),
    ("cargo nextest run -p ex_2_2", &["cargo", "nextest", "run", "-p", LESSON]),
];

/// The row that the others are divided by.
const BASE: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let workspace = copy()?;
    let mut edits = Edits::new(&workspace)?;
    for (_, command) in RIVALS {
        edits.next()?;
        run(&workspace, command);
    }
    let mut edited = [const { Vec::new() }; RIVALS.len()];
    let mut unchanged = [const { Vec::new() }; RIVALS.len()];
    for _ in 0..ROUNDS {
        for (at, (_, command)) in RIVALS.iter().enumerate() {
            edits.next()?;
            edited[at].extend(run(&workspace, command));
            unchanged[at].extend(run(&workspace, command));
        }
    }
    print_table(edited.map(median), unchanged.map(median));
    Ok(())
}

/// A copy of the workspace with the lesson solved.
fn copy() -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let copy = root.join("target/edit_to_verdict");
    fs::create_dir_all(&copy)?;
    for part in ["Cargo.toml", "Cargo.lock", "x", "grader", "exercises", "solutions", ".cargo"] {
        Command::new("cp").arg("-R").arg(root.join(part)).arg(&copy).status()?;
    }
    Ok(copy)
}

/// The learner's file, edited again and again.
struct Edits {
    file: PathBuf,
    solution: String,
    count: usize,
}

impl Edits {
    fn new(workspace: &Path) -> Result<Self, Box<dyn Error>> {
        let file = |part: &str| workspace.join(part).join(LESSON).join("src/lib.rs");
        let solution = fs::read_to_string(file("solutions"))?;
        Ok(Self { file: file("exercises"), solution, count: 0 })
    }

    /// Changes a function's body, as a learner would.
    fn next(&mut self) -> Result<(), Box<dyn Error>> {
        self.count += 1;
        let statement = format!("let z = {}.0 * 0.0 + w * x + b;", self.count);
        fs::write(&self.file, self.solution.replacen("let z = w * x + b;", &statement, 1))?;
        Ok(())
    }
}

/// The time of one run; `None` when the command does not succeed.
fn run(workspace: &Path, command: &[&str]) -> Option<Duration> {
    let start = Instant::now();
    let mut process = Command::new(command[0]);
    process.args(&command[1..]).current_dir(workspace).env_remove("CARGO_TARGET_DIR");
    process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    process.status().ok().filter(std::process::ExitStatus::success).map(|_| start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Option<f64> {
    times.sort();
    times.get(times.len() / 2).map(Duration::as_secs_f64)
}

fn print_table(edited: [Option<f64>; RIVALS.len()], unchanged: [Option<f64>; RIVALS.len()]) {
    let cell = |times: &[Option<f64>], at: usize| match (times[at], times[BASE]) {
        (Some(time), Some(base)) => format!("{time:.3} s | {:.2}", time / base),
        _ => "did not run | –".to_owned(),
    };
    println!("| command | after an edit | ratio | unchanged | ratio |\n|---|---|---|---|---|");
    for (at, (name, _)) in RIVALS.iter().enumerate() {
        println!("| `{name}` | {} | {} |", cell(&edited, at), cell(&unchanged, at));
    }
}
