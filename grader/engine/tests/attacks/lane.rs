//! Attacks are shared out among processes: most of the time one waits. Each process looks for what
//! its own attacks have left, and is named by its number in the environment.

use std::process::{Command, Stdio};

use crate::attack::{Attack, attacks};

const LANE: &str = "GRADLINGS_LANE";
const LANES: usize = 4;

/// The attacks of this process; none where it is the one that starts the others.
pub fn own_attacks() -> Option<Vec<Attack>> {
    let lane = std::env::var(LANE).ok()?.parse().expect("a number");
    Some(chosen().into_iter().skip(lane).step_by(LANES).collect())
}

/// All attacks; `GRADLINGS_ATTACK` asks for those alone that have it in their name.
fn chosen() -> Vec<Attack> {
    let part = std::env::var("GRADLINGS_ATTACK").unwrap_or_default();
    attacks().into_iter().filter(|attack| attack.name.contains(&part)).collect()
}

/// Runs the test in a process for each lane; gives what those said that failed.
pub fn failures(test: &str) -> String {
    let start = |lane: usize| {
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args(["--exact", test, "--nocapture"]).env(LANE, lane.to_string());
        process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let lanes: Vec<_> = (0..LANES).map(start).collect();
    let outputs = lanes.into_iter().map(|lane| lane.wait_with_output().unwrap());
    let failed = outputs.filter(|output| !output.status.success());
    failed.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).collect()
}
