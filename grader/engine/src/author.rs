//! What a lesson's author writes in `examples.toml`.

use std::{fs, io, path::Path};

use serde::Deserialize;

/// Wrong submissions that show the grader's messages, and mutants that compute the same as the
/// solution.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
    #[serde(default)]
    pub excused: Vec<Excused>,
}

/// A wrong submission, as changes to the solution.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub title: String,
    /// What is replaced, the first time it occurs, and by what.
    pub changes: Vec<(String, String)>,
    /// Words that its messages contain, together with what the code computes.
    #[serde(default)]
    pub told: Vec<String>,
}

/// A mutant that computes the same as the solution.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excused {
    /// Parts of its description.
    pub mutant: Vec<String>,
    pub because: String,
    /// True for those at the boundary that may give other answers, where no check may ask.
    #[serde(default)]
    pub differs: bool,
}

impl Excused {
    /// True where a mutant's description has all of its parts.
    pub fn fits(&self, mutant: &str) -> bool {
        self.mutant.iter().all(|part| mutant.contains(part.as_str()))
    }
}

impl Examples {
    /// Reads the file; there is nothing in one that is missing.
    pub fn read(file: &Path) -> Result<Self, String> {
        match fs::read_to_string(file) {
            Ok(text) => basic_toml::from_str(&text)
                .map_err(|error| format!("failed to read {}: {error}", file.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("failed to read {}: {error}", file.display())),
        }
    }
}

impl Example {
    /// The wrong submission's text.
    pub fn text(&self, solution: &str) -> Result<String, String> {
        let mut text = solution.to_owned();
        for (from, to) in &self.changes {
            if !text.contains(from) {
                return Err(format!("the text to change is not in the solution: {from}"));
            }
            text = text.replacen(from, to, 1);
        }
        Ok(text)
    }
}
