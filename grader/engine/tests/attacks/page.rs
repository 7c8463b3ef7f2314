//! `docs/attacks.md` and the tests name each other.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{attack::attacks, support::root};

/// What the page says of one attack: its row, and the tests that it names.
fn rows() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(root().join("docs/attacks.md")).unwrap();
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| ")?.trim_end_matches(" |").split(" | ").collect();
        let [row, .., tests] = cells[..] else { return None };
        let names = tests.split('`').skip(1).step_by(2).map(str::to_owned);
        (row == "own" || row.parse::<u32>().is_ok()).then(|| (row.to_owned(), names.collect()))
    });
    rows.collect()
}

/// The names of all tests below the folder.
fn tests(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => tests(&path),
            false => tests_of(&fs::read_to_string(path).unwrap_or_default()),
        })
        .collect()
}

/// The functions that follow what makes a function a test.
fn tests_of(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for attribute in ["#[test]\n", "#[rstest]\n"] {
        for rest in text.split(attribute).skip(1) {
            let name = rest.lines().find_map(|line| line.trim_start().strip_prefix("fn "));
            names.extend(name.and_then(|it| it.split('(').next()).map(str::to_owned));
        }
    }
    names
}

#[test]
fn the_page_names_every_attack_in_its_row() {
    let rows = rows();
    for attack in attacks() {
        let named =
            rows.iter().any(|(row, names)| *row == attack.row && names.contains(&attack.name));
        assert!(named, "docs/attacks.md does not name {} in row {}", attack.name, attack.row);
    }
}

#[test]
fn every_row_names_tests_that_exist() {
    let attacks: BTreeSet<_> = attacks().into_iter().map(|attack| attack.name).collect();
    let tests = tests(&root().join("grader"));
    let rows = rows();
    assert!(
        (1..=37).all(|row| rows.iter().any(|(it, _)| *it == row.to_string())),
        "a row is missing"
    );
    for (row, names) in rows {
        assert!(!names.is_empty(), "row {row} names no test");
        for name in names {
            assert!(attacks.contains(&name) || tests.contains(&name), "row {row}: no {name}");
        }
    }
}
