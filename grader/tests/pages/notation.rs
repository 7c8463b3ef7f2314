//! The names that the notation gives to the letters are those of the lessons.

use std::{collections::BTreeSet, fs, path::Path};

use super::Page;

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|it| !it.is_empty())
}

/// All words of the stubs.
fn written_by_learners() -> BTreeSet<String> {
    let exercises = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("exercises");
    let lessons = fs::read_dir(exercises).unwrap().map(|it| it.unwrap().path());
    let stubs = lessons.map(|lesson| fs::read_to_string(lesson.join("src/lib.rs")).unwrap());
    stubs.flat_map(|stub| words(&stub).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_names_in_code_are_those_of_the_stubs() {
    let known = written_by_learners();
    let page = Page::of("notation.md");
    let rows = page.0.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.split(" | ").nth(1));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).flat_map(words);
    let names: Vec<_> = names.filter(|name| !["f64", "EPSILON"].contains(name)).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(known.contains(name), "{name} is in no stub");
    }
}
