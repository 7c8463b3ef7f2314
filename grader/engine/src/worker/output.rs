use std::io::{PipeReader, Read};

use crate::excerpt::Excerpt;

/// How much of the output is kept.
const MAX_KEPT_BYTES: usize = 16 << 10;

/// How much of their end is: what the runtime says of a crash comes last.
const ENDING_BYTES: usize = 1 << 10;

/// How much a worker may print before it is stopped.
pub const MAX_PRINTED_BYTES: usize = 64 << 20;

/// The worker's standard output and error, in the order in which they arrived.
pub struct CapturedOutput {
    pub pipe: PipeReader,
    kept: Excerpt,
    ending: Vec<u8>,
    pub ended: bool,
}

impl CapturedOutput {
    /// What arrives through a pipe that never blocks.
    pub fn new(pipe: PipeReader) -> Self {
        Self { pipe, kept: Excerpt::new(MAX_KEPT_BYTES), ending: Vec::new(), ended: false }
    }

    /// Reads what is there, keeps the beginning, and counts the rest.
    pub fn drain(&mut self) {
        let mut chunk = [0; 64 << 10];
        while !self.is_too_long() {
            let Ok(length) = self.pipe.read(&mut chunk) else { return };
            self.ended = length == 0;
            if self.ended {
                return;
            }
            self.kept.push(&chunk[..length]);
            self.ending.extend_from_slice(&chunk[..length]);
            self.ending.drain(..self.ending.len().saturating_sub(ENDING_BYTES));
        }
    }

    pub fn is_too_long(&self) -> bool {
        self.kept.total() > MAX_PRINTED_BYTES
    }

    /// The end of what was printed.
    pub fn ending(&self) -> String {
        String::from_utf8_lossy(&self.ending).into_owned()
    }

    pub fn text(&self) -> String {
        self.kept.text()
    }
}
