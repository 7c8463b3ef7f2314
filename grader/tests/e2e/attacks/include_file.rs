// Reads a file outside of the submission while compiling.
// verdict: rejected

pub const STOLEN: &str = include_str!("{CANARY}");

fn attack() {}
