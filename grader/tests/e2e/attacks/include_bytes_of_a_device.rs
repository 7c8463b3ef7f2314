// Reads a file without an end while compiling.
// verdict: rejected

pub const ENDLESS: &[u8] = include_bytes!("/dev/zero");

fn attack() {}
