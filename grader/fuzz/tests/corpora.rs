//! What earlier fuzzing kept, once more.

use std::{fs, path::Path};

/// Gives every file of a corpus to its target.
fn replay(name: &str, target: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(corpus).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let count = files.inspect(|bytes| target(bytes)).count();
    assert!(count > 10, "{name} has {count} files");
}

#[test]
fn frames_survive_or_are_refused() {
    replay("frame", fuzz::frame);
}

#[test]
fn submissions_keep_to_the_rules() {
    replay("submission", fuzz::submission);
}

#[test]
fn sources_are_read_or_said_to_be_unreadable() {
    replay("scan", fuzz::scan);
}

#[test]
fn reports_steer_nothing() {
    replay("report", fuzz::report);
}
