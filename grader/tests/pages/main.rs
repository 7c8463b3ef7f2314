//! The pages of the book: each number that those beside the lessons state, computed once more, and where those of
//! the lessons are computed.

mod counts;
mod errata;
mod gradient_checks;
mod lessons;
mod notation;
mod other_courses;

use std::{fs, path::Path};

/// A page of `docs/`, or a part of one.
struct Page(String);

impl Page {
    fn of(name: &str) -> Self {
        Self(read(&format!("docs/{name}")))
    }

    /// From a heading, given by its beginning, to the next.
    #[track_caller]
    fn section(&self, heading: &str) -> Self {
        let is_heading = |line: &&str| {
            line.starts_with('#') && line.trim_start_matches(['#', ' ']).starts_with(heading)
        };
        let mut lines = self.0.lines().skip_while(|line| !is_heading(line));
        assert!(lines.next().is_some(), "there is no section {heading}");
        let lines: Vec<_> = lines.take_while(|line| !line.starts_with('#')).collect();
        // Tables and formulas have different signs for minus.
        Self(lines.join("\n").replace('−', "-"))
    }

    /// Wherever its lines break.
    #[track_caller]
    fn says(&self, text: &str) {
        let line = self.0.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(text), "the page does not say {text}:\n{}", self.0);
    }

    /// The cells of the row of a table that begins with this cell.
    #[track_caller]
    fn row(&self, first: &str) -> Vec<&str> {
        let begin = format!("| {first} |");
        let line = self.0.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("no row {first}:\n{}", self.0));
        line.trim_matches(['|', ' ']).split('|').map(str::trim).skip(1).collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A file of the course.
fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The number that a page writes as $a \cdot 10^{b}$, as $10^{b}$ or in decimals.
#[track_caller]
fn number(written: &str) -> f64 {
    let plain = written.trim_matches('$').replace("10^{", "1e").replace(['}', ' '], "");
    let plain = plain.replace("\\cdot1e", "e");
    plain.parse().unwrap_or_else(|_| panic!("no number: {written}"))
}

#[test]
fn numbers_of_pages_are_read() {
    assert_eq!(["$2.7 \\cdot 10^{-3}$", "$-10^{12}$", "-0.5"].map(number), [2.7e-3, -1e12, -0.5]);
}

/// Whether a number is what the page rounds it to, give or take a unit of its last digit.
#[track_caller]
fn rounds(found: f64, written: &str, within: f64) {
    let stated = number(written);
    let off = (found - stated).abs() / stated.abs();
    assert!(off <= within, "{found:e} is written as {written}");
}
