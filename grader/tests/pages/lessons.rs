//! The texts of the lessons. The Rust in them compiles in `tests/brief.rs` of the solution, and their numbers are
//! computed there.

use std::{collections::HashSet, fs};

use crate::{read, root};

/// What a clock showed, by lesson: no test computes it.
const MEASURED: [(&str, &str); 3] = [("ex_1_4", "2.9"), ("ex_1_4", "0.7"), ("ex_1_4", "0.19")];

/// A text of a lesson, by its file.
struct Text {
    file: String,
    text: String,
}

impl Text {
    /// Those that a lesson has.
    fn of(lesson: &str) -> Vec<Self> {
        let files = ["README.md", "hints.md", "page.md"];
        let files = files.map(|file| format!("exercises/{lesson}/{file}"));
        let all = files.into_iter().chain([format!("solutions/{lesson}/derivation.md")]);
        let there = all.filter(|file| root().join(file).exists());
        there.map(|file| Self { text: read(&file), file }).collect()
    }

    fn is_derivation(&self) -> bool {
        self.file.ends_with("derivation.md")
    }
}

/// The names of all lessons.
fn lessons() -> Vec<String> {
    let folders = fs::read_dir(root().join("solutions")).unwrap();
    let names = folders.map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("ex_")).collect()
}

fn brief(lesson: &str) -> String {
    read(&format!("solutions/{lesson}/tests/brief.rs"))
}

/// The tests that learners have.
fn visible_tests(lesson: &str) -> String {
    let tests = fs::read_dir(root().join("exercises").join(lesson).join("tests")).unwrap();
    // Beside them lie the files that they read.
    let files = tests.map(|it| it.unwrap().path());
    let files = files.filter(|it| it.extension().is_some_and(|it| it == "rs"));
    files.map(|it| fs::read_to_string(it).unwrap()).collect()
}

/// What a text shows in the last column of its tables, `Rust` or `ndarray`, and in blocks.
fn rust_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut in_table, mut block) = (false, None::<String>);
    for line in text.lines() {
        if let Some(lines) = &mut block {
            if line.trim_start().starts_with("```") {
                found.extend(block.take());
            } else {
                *lines += line;
            }
        } else if line.trim() == "```rust" {
            block = Some(String::new());
        } else if line.ends_with(" Rust |") || line.ends_with(" ndarray |") {
            in_table = true;
        } else if in_table && line.starts_with('|') {
            let cell = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
            found.extend(cell.replace("\\|", "|").split('`').skip(1).step_by(2).map(str::to_owned));
        } else {
            in_table = false;
        }
    }
    found
}

#[test]
fn rust_is_found_in_tables_and_in_blocks() {
    let brief = "`prose`\n\n| NumPy | Rust |\n|---|---|\n| `P * 2` | `p * 2.0` |\n\
                 | `f` | `\\|t\\| f(t)`, `g` |\n\n| a | `b` |\n\n```rust\nlet x = 1;\nx\n```\n```\nz\n```\n";
    assert_eq!(rust_in(brief), ["p * 2.0", "|t| f(t)", "g", "let x = 1;x"]);
}

#[test]
fn the_rust_of_every_text_compiles() {
    let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
    let mut missing = Vec::new();
    let mut compared = 0;
    for lesson in lessons() {
        let in_brief = without_spaces(&brief(&lesson));
        let in_solution = without_spaces(&read(&format!("solutions/{lesson}/src/lib.rs")));
        for text in Text::of(&lesson) {
            // With `…` in it, it is a sketch.
            let snippets = rust_in(&text.text).into_iter().filter(|it| !it.contains('…'));
            for snippet in snippets {
                let rust = without_spaces(&snippet);
                // A derivation walks through the solution.
                let compiles =
                    in_brief.contains(&rust) || text.is_derivation() && in_solution.contains(&rust);
                if !compiles {
                    missing.push(format!("{}: `{snippet}`", text.file));
                }
                compared += 1;
            }
        }
    }
    assert!(missing.is_empty(), "not in tests/brief.rs:\n{}", missing.join("\n"));
    assert!(compared > 100, "{compared}");
}

/// The numbers in a text that no other would be by chance: with a point, or of five digits.
fn numbers(text: &str) -> Vec<String> {
    let is_part = |it: char| it.is_ascii_digit() || it == '.' || it == ',';
    let mut found = Vec::new();
    let mut before = ' ';
    for run in text.split_inclusive(|it| !is_part(it)) {
        let last = run.chars().next_back().filter(|it| !is_part(*it)).unwrap_or(' ');
        let run = run.trim_end_matches(|it: char| !it.is_ascii_digit());
        // `f64` and `x_1` have no number.
        if !before.is_alphanumeric() && before != '_' {
            found.extend(pieces(run).filter(|it| it.contains('.') || it.len() >= 5));
        }
        before = last;
    }
    found
}

/// The numbers in what is digits, points and commas: commas part thousands, or numbers.
fn pieces(run: &str) -> impl Iterator<Item = String> {
    let thousands = run.split('.').next().unwrap_or_default().split(',').skip(1);
    let is_one = thousands.clone().next().is_some() && thousands.clone().all(|it| it.len() == 3);
    let run = if is_one { run.replacen(',', "", thousands.count()) } else { run.to_owned() };
    // `0..9` is a range, and 1.2.3 a section.
    let is_number =
        |it: &&str| it.split('.').all(|it| !it.is_empty()) && it.matches('.').count() < 2;
    run.split(',').filter(is_number).map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// The numbers that a text states: those of its title, of graphs, of links and of lessons are names.
fn stated(text: &str) -> Vec<String> {
    let (title, rest) = text.split_once('\n').unwrap_or_default();
    let body = if title.starts_with("# ") { rest } else { text };
    let mut blocks = body.split("```pikchr");
    let first = blocks.next();
    let others = blocks.filter_map(|it| it.split_once("```").map(|(_, after)| after));
    let mut of_lessons = false;
    let mut found = Vec::new();
    let ends_word = |it: char| it.is_whitespace() || it == '{';
    for word in first.into_iter().chain(others).flat_map(|it| it.split(ends_word)) {
        let plain = word.trim_matches(|it: char| !it.is_alphanumeric());
        match plain.to_lowercase().as_str() {
            "lesson" | "lessons" => of_lessons = true,
            "and" | "or" | "to" => (),
            _ if of_lessons && plain.starts_with(|it: char| it.is_ascii_digit()) => (),
            _ => {
                of_lessons = false;
                if !word.contains("://") {
                    found.extend(numbers(word));
                }
            }
        }
    }
    found
}

#[test]
fn numbers_are_found_where_they_are_stated() {
    let text = "# 1.2 · Title\n\nIt is −0.50, (2.25, 3.5], 4,718,592 or $1.5 \\cdot 10^{-3}$: see lessons 1.1 and\n\
                2.4, then `x_1.5`, `f64`, 0..9, 12 and 4096.\n```pikchr\nbox 0.7\n```\n\n```python\n# 0.25\n[12.5,7]\n```\n\
                section 8.1.3, [A](https://example.org/10.10), 41472\n";
    let found = ["0.50", "2.25", "3.5", "4718592", "1.5", "0.25", "12.5", "41472"];
    assert_eq!(stated(text), found);
}

/// The numbers in a program, without those of its comments.
fn computed(program: &str) -> HashSet<String> {
    let code = program.lines().map(|line| line.split("//").next().unwrap_or_default());
    let numbers = code.flat_map(|line| numbers(&line.replace('_', "")));
    // What a text counts, a program may compute with.
    let whole = |it: String| [it.trim_end_matches(".0").to_owned(), it];
    numbers.flat_map(whole).collect()
}

#[test]
fn the_numbers_of_a_comment_are_not_computed() {
    let found = computed("let x = 0.5_f64; // 0.25\nassert_eq!(x, 41_472, \"-1.5e-3\");");
    assert_eq!(found, ["0.5", "41472", "1.5"].map(str::to_owned).into());
}

#[test]
fn every_number_of_the_lessons_is_computed() {
    let mut missing = Vec::new();
    let mut compared = 0;
    for lesson in lessons() {
        let in_brief = computed(&brief(&lesson));
        let in_visible_tests = computed(&visible_tests(&lesson));
        for text in Text::of(&lesson) {
            let is_computed = |number: &String| {
                // Page and derivation come after the visible tests, and have more to say.
                let is_brief = text.file.ends_with("README.md") || text.file.ends_with("hints.md");
                in_brief.contains(number) || is_brief && in_visible_tests.contains(number)
            };
            let is_measured = |number: &String| MEASURED.contains(&(&lesson, number));
            let numbers = stated(&text.text);
            compared += numbers.len();
            let lost = numbers.into_iter().filter(|it| !is_computed(it) && !is_measured(it));
            missing.extend(lost.map(|it| format!("{}: {it}", text.file)));
        }
    }
    assert!(missing.is_empty(), "not in tests/brief.rs:\n{}", missing.join("\n"));
    assert!(compared > 1000, "{compared}");
}
