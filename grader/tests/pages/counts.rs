//! What the pages count in this repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Page, read};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn hostile_files() {
    let attacks = files(&root().join("grader/engine/tests/attacks/fixtures")).len();
    Page::of("security.md").section("What is promised").says(&format!("{attacks} hostile files"));
}

#[test]
fn wrong_submissions_of_the_gallery() {
    let examples = files(&root().join("solutions"));
    let examples = examples.iter().filter(|file| file.ends_with("examples.toml"));
    let text: String = examples.map(|file| fs::read_to_string(file).unwrap()).collect();
    let [all, told] = ["title = ", "told = "].map(|key| text.matches(key).count());
    let page = Page::of("diagnosis.md").section("How good it is");
    page.says(&format!("hold {all} wrong submissions"));
    page.says(&format!("{told} state in `told`"));
}

/// Lines come and go: to a tenth.
#[test]
fn what_a_lesson_is() {
    let lesson = ["exercises", "solutions"].map(|it| files(&root().join(it).join("ex_3_2")));
    let lesson = lesson.concat();
    let lines: usize =
        lesson.iter().map(|file| fs::read_to_string(file).unwrap().lines().count()).sum();
    let page = Page::of("performance.md").section("What a lesson is");
    let [stated_files, stated_lines, _] = page.row("ex_3_2, in two folders")[..] else { panic!() };
    assert_eq!(stated_files, lesson.len().to_string());
    let stated: f64 = stated_lines.replace(',', "").parse().unwrap();
    assert!((lines as f64 / stated - 1.0).abs() < 0.1, "{lines} lines, and not {stated}");
}

#[test]
fn mutants_add_up() {
    let page = read("docs/soundness.md");
    let numbers = |row: &str| -> Vec<usize> {
        row.split('|').skip(2).filter_map(|cell| cell.trim().parse().ok()).collect()
    };
    let mut sums = Vec::new();
    let mut tables = 0;
    for row in page.lines() {
        if row.starts_with("| ex_") {
            let row = numbers(row);
            sums.resize(row.len(), 0);
            sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        } else if row.starts_with("| all ") {
            assert_eq!(numbers(row), std::mem::take(&mut sums));
            tables += 1;
        }
    }
    assert_eq!(tables, 2);
}
