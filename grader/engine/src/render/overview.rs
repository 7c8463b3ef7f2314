//! The lessons of a course with how far a learner is, and what to do next.

use anstyle::Style;

use super::{
    of,
    terminal::{GOOD, Page, QUIET, STRONG},
};
use crate::{
    checks::Lesson,
    progress::Gate,
    report::{LessonReport, Verdict},
};

/// How wide the bar is, in columns, and what the narrowest page leaves of it.
const BAR: usize = 24;
const NARROW: usize = 60;

/// How far a learner is in one lesson.
#[derive(Debug)]
pub struct Row {
    pub id: &'static str,
    pub title: &'static str,
    pub gate: Gate,
    /// The points of the best grading.
    pub score: f64,
    pub max_score: f64,
}

/// All lessons, a line each, and how much is done of all.
pub fn overview(rows: &[Row], width: usize) -> String {
    let mut page = Page::new(width);
    let next = rows.iter().position(|row| row.gate == Gate::Open);
    let points: Vec<_> = rows.iter().map(|row| of(row.score, row.max_score)).collect();
    let columns = points.iter().map(String::len).max().unwrap_or_default();
    for (at, row) in rows.iter().enumerate() {
        let (mark, word, style) = match row.gate {
            Gate::Done => ('✓', "done", GOOD),
            Gate::Open if next == Some(at) => ('➜', "next", STRONG),
            Gate::Open => ('○', "open", Style::new()),
            Gate::Locked(_) => ('·', "locked", QUIET),
        };
        let title = format!("{mark} {}  {}", row.id, row.title);
        page.line(&title, word, &format!("{:>columns$}", points[at]), style);
    }
    page.text.push('\n');
    page.lines(&total(rows, if width < NARROW { BAR / 2 } else { BAR }), STRONG);
    page.text
}

/// A bar of all points, and how many lessons are done.
fn total(rows: &[Row], columns: usize) -> String {
    let score: f64 = rows.iter().map(|row| row.score).sum();
    let max_score: f64 = rows.iter().map(|row| row.max_score).sum();
    let done = rows.iter().filter(|row| row.gate == Gate::Done).count();
    let (bar, lessons) = (bar(score, max_score, columns), rows.len());
    format!("{bar}  {done} of {lessons} lessons, {} points", of(score, max_score))
}

/// It is full only when everything is earned, and empty only when nothing is.
fn bar(score: f64, max_score: f64, columns: usize) -> String {
    let share = if max_score > 0.0 { score / max_score } else { 0.0 };
    let full = (share * columns as f64).floor() as usize;
    let full = if score > 0.0 { full.max(1) } else { 0 }.min(columns);
    "█".repeat(full) + &"░".repeat(columns - full)
}

/// The checks of lessons, with their points.
pub fn checks(lessons: &[&Lesson], width: usize) -> String {
    let mut page = Page::new(width);
    for lesson in lessons {
        let points = format!("{} points", lesson.max_score());
        page.line(&format!("{}  {}", lesson.id, lesson.title), "", &points, STRONG);
        for check in lesson.checks {
            page.line(&format!("  {}", check.title), "", &check.points.to_string(), Style::new());
        }
    }
    page.text
}

/// What to do next, with the lesson's files and commands.
pub fn next(row: &Row, width: usize) -> String {
    let id = row.id;
    let steps = [
        ("read", format!("./x brief {id}")),
        ("edit", format!("exercises/{id}/src/lib.rs")),
        ("see", format!("./x watch {id}")),
        ("test", format!("cargo test -p {id}")),
        ("stuck", format!("./x hint {id}")),
    ];
    following(row, &steps, width)
}

/// The same for who watches: with the keys.
pub fn next_by_keys(row: &Row, width: usize) -> String {
    let steps = [
        ("edit", format!("exercises/{}/src/lib.rs", row.id)),
        ("b", "its brief".to_owned()),
        ("h", "a hint".to_owned()),
        ("n", "what is graded in it".to_owned()),
    ];
    following(row, &steps, width)
}

fn following(row: &Row, steps: &[(&str, String)], width: usize) -> String {
    let Row { id, title, score, max_score, .. } = row;
    let mut page = Page::new(width);
    page.line(&format!("Next: {id}  {title}"), "", &of(*score, *max_score), STRONG);
    for (step, how) in steps {
        page.lines(&format!("  {step:<7}{how}"), Style::new());
    }
    page.text
}

/// What is missing of a lesson before its solution is shown.
pub fn missing(report: &LessonReport, width: usize) -> String {
    let mut page = Page::new(width);
    let LessonReport { id, score, max_score, .. } = report;
    let points = of(*score, *max_score);
    page.lines(
        &format!("{id} has {points} points: its solution is shown when it has all."),
        STRONG,
    );
    page.lines("Still missing:", Style::new());
    for check in report.checks.iter().filter(|check| check.verdict != Verdict::Passed) {
        page.line(
            &format!("  · {}", check.title),
            "",
            &of(check.score, check.points),
            Style::new(),
        );
    }
    page.lines(&format!("`./x grade {id}` says why, `./x hint {id}` helps."), QUIET);
    page.text
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn row(id: &'static str, title: &'static str, gate: Gate, score: f64) -> Row {
        Row { id, title, gate, score, max_score: 10.0 }
    }

    fn rows() -> [Row; 4] {
        [
            row("ex_1_1", "The mathematical neuron", Gate::Done, 10.0),
            row("ex_1_2", "GEMM", Gate::Open, 3.5),
            row("ex_1_3", "Activations", Gate::Open, 0.0),
            row("ex_1_4", "A layer is many neurons", Gate::Locked(vec!["ex_1_2"]), 0.0),
        ]
    }

    #[test]
    fn lessons_stand_in_columns() {
        let expected = "\
✓ ex_1_1  The mathematical neuron                                 done   10 / 10
➜ ex_1_2  GEMM                                                    next  3.5 / 10
○ ex_1_3  Activations                                             open    0 / 10
· ex_1_4  A layer is many neurons                               locked    0 / 10

████████░░░░░░░░░░░░░░░░  1 of 4 lessons, 13.5 / 40 points
";
        let page = strip_str(&overview(&rows(), 80)).to_string();
        assert_eq!(page, expected);
    }

    #[test]
    fn pages_fit_narrow_terminals() {
        for width in [40, 60, 80] {
            let row = &rows()[3];
            let pages = [overview(&rows(), width), next(row, width), next_by_keys(row, width)];
            for line in pages.iter().flat_map(|page| page.lines()) {
                let columns = strip_str(line).to_string().chars().count();
                assert!(columns <= width, "{line}");
            }
        }
    }

    #[test]
    fn the_bar_is_full_only_when_everything_is_earned() {
        let full = |score| bar(score, 10.0, 8).matches('█').count();
        assert_eq!([0.0, 0.1, 5.0, 9.9, 10.0].map(full), [0, 1, 4, 7, 8]);
        assert_eq!(bar(0.0, 0.0, 4), "░░░░");
    }
}
