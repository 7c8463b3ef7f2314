//! What a diagnosis adds to the grading of a failed lesson, in processor time of all its processes.
//!
//! ```text
//! ./x list && cargo run --package grader --example diagnosis_cost
//! ```
//!
//! One wrong submission of each lesson is graded with and without a diagnosis, in turns, after everything
//! has been built. It prints medians as a table.

use std::{
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
};

const ROUNDS: usize = 5;

/// A lesson, a part of its solution, and what a learner writes in its place.
const WRONG: [(&str, &str, &str); 7] = [
    ("ex_1_1", "    w.dot(x) + b", "    w.dot(x) - b"),
    ("ex_2_1", "0.32", "0.64"),
    ("ex_2_2", "w * x + b", "w * x - b"),
    (
        "ex_2_4",
        "(f(theta + epsilon) - f(theta - epsilon)) / (2.0 *",
        "(f(theta + epsilon) - f(theta)) / (2.0 *",
    ),
    ("ex_2_4", "gap_of_half > 0.75 * gap", "gap_of_half < 0.75 * gap"),
    ("ex_3_1", "let dz", "let da = -da;\n    let dz"),
    ("ex_3_2", "general_mat_mul(1.0, dz, w", "general_mat_mul(2.0, dz, w"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("| lesson | without | with a diagnosis | difference |\n|---|---|---|---|");
    for (lesson, part, by) in WRONG {
        let submission = submission(lesson, part, by)?;
        let mut without = Vec::new();
        let mut with = Vec::new();
        // The first round builds what is missing.
        for round in 0..=ROUNDS {
            let pair = [&["--no-diagnosis"][..], &[]];
            let [one, other] = pair.map(|options| seconds(lesson, submission.path(), options));
            if round > 0 {
                without.push(one?);
                with.push(other?);
            }
        }
        let (without, with) = (median(without), median(with));
        let more = with - without;
        println!("| {lesson} | {without:.2} s | {with:.2} s | {more:.2} s |");
    }
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the grader lies in the workspace")
}

/// The solution with a mistake.
fn submission(lesson: &str, part: &str, by: &str) -> Result<tempfile::TempDir, Box<dyn Error>> {
    let solution = fs::read_to_string(root().join("solutions").join(lesson).join("src/lib.rs"))?;
    if !solution.contains(part) {
        return Err(format!("{lesson} has no {part:?}").into());
    }
    let folder = tempfile::tempdir()?;
    let src = folder.path().join(lesson).join("src");
    fs::create_dir_all(&src)?;
    fs::write(src.join("lib.rs"), solution.replacen(part, by, 1))?;
    Ok(folder)
}

/// The processor time of one grading: of the grader and of everything that it starts.
fn seconds(lesson: &str, submission: &Path, options: &[&str]) -> Result<f64, Box<dyn Error>> {
    let mut shell = Command::new("sh");
    // The shell itself takes the first line of `times`, what it has waited for the second.
    shell.args(["-c", "\"$@\" > /dev/null; times", "sh", "./x", "grade", lesson, "--submission"]);
    shell.arg(submission).args(options).current_dir(root()).stdin(Stdio::null());
    let told = String::from_utf8(shell.output()?.stdout)?;
    let line = told.lines().nth(1).ok_or("`times` tells nothing")?;
    line.split_whitespace().map(duration).sum()
}

/// The seconds of `1m2.34s`.
fn duration(text: &str) -> Result<f64, Box<dyn Error>> {
    let (minutes, seconds) = text.split_once('m').ok_or("no minutes")?;
    Ok(60.0 * minutes.parse::<f64>()? + seconds.trim_end_matches('s').parse::<f64>()?)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
