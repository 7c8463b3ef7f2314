//! Who takes part: a table with a row for each learner.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use glob::{MatchOptions, Pattern};
use serde::Deserialize;

/// Which names of submissions are a learner's, where the roster does not say: the id itself, and the id
/// before an ending or a word.
const OWN: [&str; 4] = ["{id}", "{id}.*", "{id}_*", "{id}-*"];

/// The learners, in the order of the table.
#[derive(Debug)]
pub struct Roster {
    /// In the order of the table.
    pub learners: Vec<Learner>,
}

/// One learner.
#[derive(Debug, Clone)]
pub struct Learner {
    /// What names the learner in every table.
    pub id: String,
    /// What people call the learner.
    pub name: String,
    /// Who hands in together has one team; empty for those who hand in alone.
    pub team: String,
    patterns: Vec<Pattern>,
    /// True where the patterns are made of the id.
    by_id: bool,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    name: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    submission: String,
}

/// Why the roster is of no use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RosterError {
    /// It cannot be read.
    #[error("failed to read the roster {path}")]
    #[diagnostic(help("course.toml names it: roster = \"FILE\", relative to course.toml"))]
    Read { path: PathBuf, source: io::Error },
    /// It is no table with the columns that it has to have.
    #[error("failed to understand the roster {path}")]
    #[diagnostic(help(
        "its first line names the columns: id,name and, where you want them, team and submission"
    ))]
    Table { path: PathBuf, source: csv::Error },
    /// A row is wrong.
    #[error("failed to understand the roster {path}, line {line}: {reason}")]
    Row { path: PathBuf, line: u64, reason: String },
}

impl Roster {
    /// Reads a roster.
    ///
    /// # Errors
    /// With the line that is wrong.
    pub fn read(path: &Path) -> Result<Self, RosterError> {
        let path_of = || path.to_owned();
        let file = std::fs::read(path);
        let file = file.map_err(|source| RosterError::Read { path: path_of(), source })?;
        // Spreadsheets put a mark of their encoding first.
        let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file);
        let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let unlike = |source| RosterError::Table { path: path_of(), source };
        let headers = table.headers().map_err(unlike)?.clone();
        let (mut learners, mut lines) = (Vec::new(), BTreeMap::new());
        for record in table.records() {
            let record = record.map_err(unlike)?;
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |reason| RosterError::Row { path: path_of(), line, reason };
            let row: Row = record.deserialize(Some(&headers)).map_err(unlike)?;
            let learner = Learner::of(row).map_err(wrong)?;
            if let Some(first) = lines.insert(learner.id.clone(), line) {
                let reason = format!("the id {:?} stands in line {first} already", learner.id);
                return Err(wrong(reason));
            }
            learners.push(learner);
        }
        Ok(Self { learners })
    }

    /// The learner of this id.
    pub fn learner(&self, id: &str) -> Option<&Learner> {
        self.learners.iter().find(|learner| learner.id == id)
    }

    /// The learners to whom a submission of this name belongs: one, or a team, unless the roster is unclear.
    pub fn owners(&self, submission: &str) -> Vec<&Learner> {
        let mut named: Vec<_> = self.learners.iter().filter(|it| it.owns(submission)).collect();
        // Of ida and ida-2, what ida-2 hands in is not ida's.
        let length = |it: &&Learner| if it.by_id { it.id.len() } else { usize::MAX };
        let longest = named.iter().filter(|it| it.by_id).map(length).max();
        named.retain(|it| !it.by_id || Some(length(it)) == longest);
        let is_in_team =
            |learner: &&Learner| named.iter().any(|it| it.id == learner.id || it.is_with(learner));
        self.learners.iter().filter(is_in_team).collect()
    }
}

impl Learner {
    fn of(row: Row) -> Result<Self, String> {
        let Row { id, name, team, submission } = row;
        if id.is_empty() {
            return Err("it has no id".to_owned());
        }
        if id.chars().chain(name.chars()).chain(team.chars()).any(char::is_control) {
            return Err("there is a line break or another control character in it".to_owned());
        }
        let pattern = |text: &str| {
            Pattern::new(text).map_err(|error| format!("{text:?} is no pattern: {error}"))
        };
        let own = || OWN.map(|own| own.replace("{id}", &Pattern::escape(&id))).to_vec();
        let by_id = submission.is_empty();
        let texts = if submission.is_empty() { own() } else { vec![submission] };
        let patterns: Result<_, String> = texts.iter().map(|text| pattern(text)).collect();
        Ok(Self { patterns: patterns?, by_id, id, name, team })
    }

    /// Who hands in: the team, or the learner alone.
    pub fn party(&self) -> &str {
        if self.team.is_empty() { &self.id } else { &self.team }
    }

    /// True when both hand in together.
    pub fn is_with(&self, other: &Self) -> bool {
        !self.team.is_empty() && self.team == other.team
    }

    fn owns(&self, submission: &str) -> bool {
        // The systems that submissions come from write names as they like.
        let options = MatchOptions { case_sensitive: false, ..MatchOptions::new() };
        self.patterns.iter().any(|pattern| pattern.matches_with(submission, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Roster, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roster.csv");
        std::fs::write(&file, text).unwrap();
        Roster::read(&file).map_err(|error| error.to_string())
    }

    fn owners(roster: &Roster, submission: &str) -> Vec<String> {
        roster.owners(submission).into_iter().map(|it| it.id.clone()).collect()
    }

    #[test]
    fn a_submission_belongs_to_the_id_that_it_begins_with() {
        let roster = read("\u{feff}id,name\ns1,Ada\ns10,Bob\n").unwrap();
        for submission in ["s1", "S1", "s1.zip", "s1_late.tar.gz", "s1-2"] {
            assert_eq!(owners(&roster, submission), ["s1"], "{submission}");
        }
        assert_eq!(owners(&roster, "s10.zip"), ["s10"]);
        assert!(owners(&roster, "s100").is_empty());
    }

    #[test]
    fn of_ids_that_begin_alike_the_whole_one_is_meant() {
        let roster = read("id,name,submission\nada,Ada,\nada-2,Bob,\nada.x,Cy,\n").unwrap();
        assert_eq!(owners(&roster, "ada-2.zip"), ["ada-2"]);
        assert_eq!(owners(&roster, "ada.x"), ["ada.x"]);
        assert_eq!(owners(&roster, "ada-3"), ["ada"]);
    }

    #[test]
    fn a_team_hands_in_together() {
        let text = "id,name,team,submission\na,Ada,red,\nb,Bob,red,*-bob\nc,Cy,,\n";
        let roster = read(text).unwrap();
        assert_eq!(owners(&roster, "hw1-bob"), ["a", "b"]);
        assert_eq!(owners(&roster, "a.zip"), ["a", "b"]);
        assert_eq!(owners(&roster, "c"), ["c"]);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line() {
        let twice = read("id,name\na,Ada\nb,Bob\na,Cy\n").unwrap_err();
        assert!(twice.contains("line 4: the id \"a\" stands in line 2"), "{twice}");
        assert!(read("id,name\n,Ada\n").unwrap_err().contains("line 2: it has no id"));
        let broken = read("id,name\n\"a\nb\",Ada\n").unwrap_err();
        assert!(broken.contains("line 2: there is a line break"), "{broken}");
        let pattern = read("id,name,submission\na,Ada,a[\n").unwrap_err();
        assert!(pattern.contains("line 2: \"a[\" is no pattern"), "{pattern}");
        assert!(read("name\nAda\n").unwrap_err().contains("roster.csv"));
    }
}
