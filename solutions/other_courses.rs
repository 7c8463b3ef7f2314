//! For the tests behind `docs/other-courses.md`: what that page says, and which wrong variants there are.

/// Compares the wrong variants that a policy accepts with those that the page names under a heading.
#[track_caller]
pub fn compare(heading: &str, accepted: &[&str]) {
    let page = include_str!("../docs/other-courses.md");
    let section = page.lines().skip_while(|line| *line != format!("## {heading}")).skip(1);
    let section = section.take_while(|line| !line.starts_with('#'));
    let named = section.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(named.collect::<Vec<_>>(), accepted, "the page's rows under {heading}");
}

/// The names of the variants in a `wrong.rs`, so that a test cannot leave one out.
#[allow(dead_code, reason = "some tests have a part of the variants")]
pub fn variants(file: &str) -> Vec<&str> {
    file.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(" {")).collect()
}
