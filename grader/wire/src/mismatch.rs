use std::{error::Error, fmt};

/// A value is not of the type that the contract names. Its text completes “failed to …”.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The type that was expected.
    pub expected: String,
}

impl Mismatch {
    /// A mismatch where `expected` was due.
    #[must_use]
    pub fn new(expected: impl Into<String>) -> Self {
        Self { expected: expected.into() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read a value as {}", self.expected)
    }
}

impl Error for Mismatch {}
