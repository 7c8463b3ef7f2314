//! What the grader says of the wrong variants that other courses' tests accept.

use engine::variants;

use super::{Page, read};

/// The sections of policies, each with the lesson that its heading begins with.
fn sections() -> Vec<(String, String)> {
    let page = Page::of("other-courses.md");
    let headings = page.0.lines().filter_map(|line| line.strip_prefix("## "));
    let headings = headings.filter(|it| it.starts_with(|first: char| first.is_ascii_digit()));
    let lesson = |heading: &str| format!("ex_{}", heading[..3].replace('.', "_"));
    headings.map(|heading| (heading.to_owned(), lesson(heading))).collect()
}

/// What a policy accepts is compared where the wrong variants are compiled: in the tests of their lessons.
#[test]
fn every_policy_has_a_test_in_its_lesson() {
    for (heading, lesson) in sections() {
        if heading.ends_with("What lets nothing through") {
            continue;
        }
        let test = read(&format!("solutions/{lesson}/tests/other_courses.rs"));
        assert!(test.contains(&format!("\"{heading}\"")), "{lesson} has no test of {heading}");
    }
}

#[test]
fn what_the_grader_says_is_quoted() {
    let page = Page::of("other-courses.md");
    let mut quoted = 0;
    for (heading, lesson) in sections() {
        let known = variants(&read(&format!("solutions/{lesson}/wrong.rs")));
        for row in page.section(&heading).0.lines().filter(|line| line.starts_with("| `")) {
            let (name, says) = row.trim_matches(['|', ' ']).split_once(" | ").unwrap();
            let variant = known.iter().find(|it| it.name == name.trim_matches('`'));
            let variant = variant.unwrap_or_else(|| panic!("{lesson} has no variant {name}"));
            let explanation = variant.explanation.replace('−', "-");
            let says = says.replace("\\|", "|");
            assert!(explanation.starts_with(&says), "{name}: {says}\n{explanation}");
            quoted += 1;
        }
    }
    assert!(quoted > 20, "{quoted}");
}

#[test]
fn how_many_of_all_variants_pass() {
    let page = Page::of("other-courses.md");
    for (heading, lesson) in
        [("2.2 One printed example", "ex_2_2"), ("3.4 A loss that falls", "ex_3_4")]
    {
        let section = page.section(heading);
        let passing = section.0.lines().filter(|line| line.starts_with("| `")).count();
        let all = variants(&read(&format!("solutions/{lesson}/wrong.rs"))).len();
        section.says(&format!("Of the {all} wrong variants {passing}"));
    }
}
