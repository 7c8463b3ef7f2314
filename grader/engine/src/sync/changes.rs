//! What an update has changed, as a learner is told.

use std::{collections::BTreeSet, fmt};

use crate::handout::record::{Record, Stub};

/// What an update has changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// Nothing told what was handed out: a file that differs may be the learner's or the course's.
    record_was_lost: bool,
    new: BTreeSet<String>,
    pub updated: Vec<String>,
    pub removed: Vec<String>,
    /// What the learner had changed in a file that was replaced: the file and its copy.
    pub kept: Vec<(String, String)>,
    begun: Vec<Begun>,
    left: BTreeSet<String>,
}

/// A stub that has changed after the learner began.
#[derive(Debug)]
struct Begun {
    path: String,
    beside: String,
    /// What is said of each item that differs; `None` where the old stub is not known.
    items: Option<Vec<String>>,
}

impl Changes {
    /// Nothing yet, since what was handed out before.
    pub fn since(record: Option<&Record>) -> Self {
        Self { record_was_lost: record.is_none(), ..Self::default() }
    }

    /// Notes a new file, by its lesson if it has one.
    pub fn added(&mut self, path: &str) {
        let lesson = super::lesson(path).unwrap_or(part(path));
        self.new.insert(lesson.to_owned());
    }

    /// Notes a lesson that the course has no more.
    pub fn left(&mut self, lesson: &str) {
        self.left.insert(lesson.to_owned());
    }

    /// Notes a stub that changed from one to another after the learner began.
    pub fn begun(&mut self, path: &str, beside: &str, [old, new]: [Option<&Stub>; 2]) {
        let items = old.zip(new).map(|(old, new)| differences(old, new));
        self.begun.push(Begun { path: path.to_owned(), beside: beside.to_owned(), items });
    }

    fn is_nothing(&self) -> bool {
        let lists = [&self.updated, &self.removed];
        lists.iter().all(|list| list.is_empty())
            && self.new.is_empty()
            && self.begun.is_empty()
            && self.left.is_empty()
            && self.kept.is_empty()
    }
}

/// What a learner knows a file by: an exercise's by its path, one of a crate's by the crate.
fn part(path: &str) -> &str {
    let second = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
    if super::lesson(path).is_some() { path } else { &path[..second] }
}

/// What is said of each item in which two stubs differ.
fn differences(old: &Stub, new: &Stub) -> Vec<String> {
    let of_new = new.iter().filter_map(|(name, asked)| match old.get(name) {
        None => Some(format!("{name} is new: {}", asked.signature)),
        Some(was) if was.signature != asked.signature => {
            Some(format!("{name} is declared otherwise: {}", asked.signature))
        }
        Some(was) if was.whole != asked.whole => Some(format!("{name} has another description")),
        Some(_) => None,
    });
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    of_new.chain(gone.map(|name| format!("{name} is not asked for any more"))).collect()
}

impl fmt::Display for Changes {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        if self.is_nothing() {
            return writeln!(to, "Everything is up to date.");
        }
        for new in &self.new {
            writeln!(to, "{new}: new")?;
        }
        let is_stub = |path: &&String| path.ends_with(super::NEW);
        let updated = self.updated.iter().filter(|path| !is_stub(path));
        for part in updated.map(|path| part(path)).collect::<BTreeSet<_>>() {
            writeln!(to, "{part}: updated")?;
        }
        for path in &self.removed {
            writeln!(to, "{path}: removed, the course has it no more")?;
        }
        for (path, copy) in &self.kept {
            writeln!(to, "{path}: you had changed it; your version is {copy}")?;
        }
        for lesson in &self.left {
            writeln!(to, "{lesson}: the course has it no more; it stays as it is")?;
        }
        self.begun.iter().try_for_each(|begun| begun.fmt(to))?;
        if self.record_was_lost {
            writeln!(to, "{RECORD_WAS_LOST}")?;
        }
        Ok(())
    }
}

const RECORD_WAS_LOST: &str = "What you were handed before was not on record (.gradlings/handout.json), so \
    that every file that differs was taken for changed by you. It is on record now: commit it.";

impl fmt::Display for Begun {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let Self { path, beside, items } = self;
        writeln!(
            to,
            "{path}: stays as you wrote it, but the lesson has changed; the new file is {beside}"
        )?;
        match items.as_deref() {
            None => Ok(()),
            Some([]) => writeln!(to, "    what it asks for is the same"),
            Some(items) => items.iter().try_for_each(|item| {
                writeln!(to, "    {}", item.split_whitespace().collect::<Vec<_>>().join(" "))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handout::record::Asked;

    fn stub(items: &[(&str, &str, &str)]) -> Stub {
        let asked = |signature: &str, whole: &str| Asked {
            signature: signature.to_owned(),
            whole: whole.to_owned(),
        };
        items.iter().map(|(name, text, whole)| ((*name).to_owned(), asked(text, whole))).collect()
    }

    #[test]
    fn a_file_of_a_crate_is_told_by_the_crate() {
        assert_eq!(part("grader/wire/src/lib.rs"), "grader/wire");
        assert_eq!(part("exercises/ex_1_1/README.md"), "exercises/ex_1_1/README.md");
        assert_eq!(part("Cargo.toml"), "Cargo.toml");
    }

    #[test]
    fn each_item_that_differs_is_named() {
        let old = stub(&[
            ("a", "fn a()", "1"),
            ("b", "fn b()", "2"),
            ("c", "fn c()", "3"),
            ("d", "", ""),
        ]);
        let new = stub(&[
            ("a", "fn a()", "1"),
            ("b", "fn b(x: f64)", "4"),
            ("c", "fn c()", "5"),
            ("e", "fn e()", ""),
        ]);
        let expected = [
            "b is declared otherwise: fn b(x: f64)",
            "c has another description",
            "e is new: fn e()",
            "d is not asked for any more",
        ];
        assert_eq!(differences(&old, &new), expected);
    }
}
