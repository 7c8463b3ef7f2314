use std::io::{PipeReader, Read};

/// How much of the learner's prints is kept.
const KEPT: usize = 16 << 10;

/// How much of their end is: what the runtime says of a crash comes last.
const LAST_WORDS: usize = 1 << 10;

/// How much a worker may print before it is stopped.
pub const MOST: usize = 64 << 20;

/// The worker's standard output and error, in the order in which they arrived.
pub struct Prints {
    pub pipe: PipeReader,
    kept: Vec<u8>,
    last: Vec<u8>,
    total: usize,
    pub ended: bool,
}

impl Prints {
    /// What arrives through a pipe that never blocks.
    pub fn new(pipe: PipeReader) -> Self {
        Self { pipe, kept: Vec::new(), last: Vec::new(), total: 0, ended: false }
    }

    /// Reads what is there, keeps the beginning, and counts the rest.
    pub fn drain(&mut self) {
        let mut chunk = [0; 64 << 10];
        while !self.are_too_many() {
            let Ok(length) = self.pipe.read(&mut chunk) else { return };
            self.ended = length == 0;
            if self.ended {
                return;
            }
            let room = KEPT.saturating_sub(self.kept.len()).min(length);
            self.kept.extend_from_slice(&chunk[..room]);
            self.last.extend_from_slice(&chunk[..length]);
            self.last.drain(..self.last.len().saturating_sub(LAST_WORDS));
            self.total += length;
        }
    }

    pub fn are_too_many(&self) -> bool {
        self.total > MOST
    }

    pub fn last_words(&self) -> String {
        String::from_utf8_lossy(&self.last).into_owned()
    }

    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        if self.total > self.kept.len() {
            text += &format!("\n… {} more bytes\n", self.total - self.kept.len());
        }
        text
    }
}
