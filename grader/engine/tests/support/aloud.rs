//! What a test says although it passes.

use std::io::{self, Write};

/// Says why something is not tested here. The test runner swallows what a test that passes prints by
/// `eprintln!`.
pub fn aloud(text: &str) {
    io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}
