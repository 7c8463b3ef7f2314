//! How long a learner waits from an edit to a verdict: the grader against `cargo test` and
//! `cargo nextest run` of the same lesson, in turns, in one run. Then the same for an optimised lesson
//! of the engine's test course.
//!
//! ```text
//! cargo run --package grader --example edit_to_verdict
//! ```
//!
//! It works on a copy of the workspace under `target/`, in which the lessons are solved, and prints
//! medians and ratios as tables. What is *unchanged* is graded without rustc: the difference is
//! rustc's share.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const ROUNDS: usize = 21;

/// A lesson, and the commands that are timed on it: each with its name and its words.
struct Race {
    lesson: &'static str,
    /// The folder that holds `exercises/` and `solutions/`.
    course: &'static str,
    /// A line of the solution, and what is put before it, with the number of the edit.
    line: &'static str,
    rivals: &'static [(&'static str, &'static [&'static str])],
}

/// The small lesson that most of a learner's time goes into. The last but one is the rival by which
/// the others are divided.
const SMALL: Race = Race {
    lesson: "ex_2_2",
    course: "",
    line: "let z = ",
    rivals: &[
        ("grader grade ex_2_2", &["target/debug/grader", "grade", "ex_2_2"]),
        ("the same, `--insecure`", &["target/debug/grader", "grade", "ex_2_2", "--insecure"]),
        ("./x grade ex_2_2", &["./x", "grade", "ex_2_2"]),
        ("cargo nextest run -p ex_2_2", &["cargo", "nextest", "run", "-p", "ex_2_2"]),
        ("cargo test -p ex_2_2", &["cargo", "test", "-p", "ex_2_2"]),
    ],
};

/// An optimised lesson.
const OPTIMISED: Race = Race {
    lesson: "ex_91_2",
    course: "grader/engine/tests/course",
    line: "let mut ",
    rivals: &[
        ("tiny grade ex_91_2", &["target/debug/tiny", "grade", "ex_91_2"]),
        ("cargo test -p ex_91_2", &["cargo", "test", "-p", "ex_91_2"]),
        ("cargo test --release -p ex_91_2", &["cargo", "test", "--release", "-p", "ex_91_2"]),
    ],
};

fn main() -> Result<(), Box<dyn Error>> {
    let workspace = copy()?;
    run(&workspace, &["cargo", "build", "-p", "grader", "-p", "tiny"]).ok_or("failed to build")?;
    for race in [SMALL, OPTIMISED] {
        race.run(&workspace)?;
    }
    Ok(())
}

impl Race {
    fn run(&self, workspace: &Path) -> Result<(), Box<dyn Error>> {
        let mut edits = Edits::new(workspace, self)?;
        for (_, command) in self.rivals {
            edits.next()?;
            run(workspace, command);
        }
        let mut edited = vec![Vec::new(); self.rivals.len()];
        let mut unchanged = vec![Vec::new(); self.rivals.len()];
        for _ in 0..ROUNDS {
            for (at, (_, command)) in self.rivals.iter().enumerate() {
                edits.next()?;
                edited[at].extend(run(workspace, command));
                unchanged[at].extend(run(workspace, command));
            }
        }
        let medians = |times: Vec<Vec<Duration>>| times.into_iter().map(median).collect();
        self.print_table(medians(edited), medians(unchanged));
        Ok(())
    }

    fn print_table(&self, edited: Vec<Option<f64>>, unchanged: Vec<Option<f64>>) {
        let base = self.rivals.len() - 1;
        let cell = |times: &[Option<f64>], at: usize| match (times[at], times[base]) {
            (Some(time), Some(base)) => format!("{time:.3} s | {:.2}", time / base),
            _ => "did not run | –".to_owned(),
        };
        println!("| command | after an edit | ratio | unchanged | ratio |\n|---|---|---|---|---|");
        for (at, (name, _)) in self.rivals.iter().enumerate() {
            println!("| `{name}` | {} | {} |", cell(&edited, at), cell(&unchanged, at));
        }
        println!();
    }
}

/// A copy of the workspace.
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
    line: &'static str,
    count: usize,
}

impl Edits {
    fn new(workspace: &Path, race: &Race) -> Result<Self, Box<dyn Error>> {
        let course = workspace.join(race.course);
        let file = |part: &str, lesson: &Path| course.join(part).join(lesson).join("src/lib.rs");
        let solution = fs::read_to_string(file("solutions", race.lesson.as_ref()))?;
        if !solution.contains(race.line) {
            return Err(format!("{} has no line with {:?}", race.lesson, race.line).into());
        }
        // A lesson may build on earlier ones.
        for lesson in fs::read_dir(course.join("solutions"))? {
            let lesson = PathBuf::from(lesson?.file_name());
            fs::copy(file("solutions", &lesson), file("exercises", &lesson))?;
        }
        let file = file("exercises", race.lesson.as_ref());
        Ok(Self { file, solution, line: race.line, count: 0 })
    }

    /// Changes a function's body, as a learner would.
    fn next(&mut self) -> Result<(), Box<dyn Error>> {
        self.count += 1;
        let statement = format!("let _edit = {}; {}", self.count, self.line);
        fs::write(&self.file, self.solution.replacen(self.line, &statement, 1))?;
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
