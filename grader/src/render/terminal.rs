use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use textwrap::Options;

use crate::report::{CheckReport, LessonReport, Report, Verdict};

const WIDTH: usize = 80;
const MOST_PRINTED_LINES: usize = 20;
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default();
const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// The report for a person at a terminal, with ANSI styles, at most 80 columns wide where the text
/// is ours.
pub fn terminal(report: &Report) -> String {
    let mut text = String::new();
    for report in &report.lessons {
        lesson(&mut text, report);
    }
    summary(&mut text, report);
    text
}

fn lesson(text: &mut String, report: &LessonReport) {
    let heading = format!("{}  {}", report.id, report.title);
    line(text, &heading, &format!("{} points", of(report.score, report.max_score)), STRONG);
    let mut shown: Vec<&str> = Vec::new();
    for check in &report.checks {
        let mark = mark(check.verdict);
        let title = format!("  {mark} {}", check.title);
        line(text, &title, &of(check.score, check.points), style(check.verdict));
        reasons(text, check, &mut shown);
    }
    prints(text, &report.output);
    text.push('\n');
}

/// A title on the left, points on the right.
fn line(text: &mut String, left: &str, right: &str, style: Style) {
    let gap = WIDTH.saturating_sub(left.chars().count() + right.chars().count()).max(2);
    let _ = writeln!(text, "{style}{left}{style:#}{:gap$}{right}", "");
}

/// Why a check did not pass, unless the same was just said of another check.
fn reasons<'a>(text: &mut String, check: &'a CheckReport, shown: &mut Vec<&'a str>) {
    if check.verdict == Verdict::Passed {
        return;
    }
    if !shown.contains(&check.message.as_str()) {
        shown.push(&check.message);
        paragraph(text, &format!("{}: {}", check.verdict.word(), check.message), Style::new());
    }
    let Some(diagnosis) = &check.diagnosis else { return };
    if !shown.contains(&diagnosis.mistake.as_str()) {
        shown.push(&diagnosis.mistake);
        let told = format!("{}: {}", diagnosis.mistake, diagnosis.explanation);
        paragraph(text, &told, OPEN);
    }
}

/// One paragraph, wrapped; text of several lines keeps its lines.
fn paragraph(text: &mut String, message: &str, style: Style) {
    let message = harmless(message);
    let indent = "      ";
    let wrapped = if message.contains('\n') {
        textwrap::indent(&message, indent)
    } else {
        textwrap::fill(
            &message,
            Options::new(WIDTH).initial_indent(indent).subsequent_indent(indent),
        )
    };
    for line in wrapped.lines() {
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
}

/// The beginning of what the learner's code printed; the JSON report keeps more.
fn prints(text: &mut String, output: &str) {
    if output.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {QUIET}your prints:{QUIET:#}");
    let output = harmless(output);
    let mut lines = output.lines();
    for line in lines.by_ref().take(MOST_PRINTED_LINES) {
        let width = WIDTH - 4;
        let long = line.chars().count() > width;
        let shown: String = line.chars().take(if long { width - 2 } else { width }).collect();
        let _ = writeln!(text, "  {QUIET}│{QUIET:#} {shown}{}", if long { " …" } else { "" });
    }
    let more = lines.count();
    if more > 0 {
        let _ = writeln!(text, "  {QUIET}│ … {more} more lines; --format json has them{QUIET:#}");
    }
}

fn summary(text: &mut String, report: &Report) {
    let complete = report.is_complete();
    let style = if complete { GOOD } else { STRONG };
    let score = of(report.score, report.max_score);
    let _ = writeln!(text, "{style}Score: {score} points{style:#}");
    let Report { gemm_backend, sandbox, record, seed, .. } = report;
    let sandbox = match (sandbox.as_str(), record) {
        ("none", _) => "none (unsandboxed)".to_owned(),
        (_, true) => format!("{sandbox}, for a record"),
        (_, false) => sandbox.clone(),
    };
    let _ =
        writeln!(text, "{QUIET}GEMM: {gemm_backend} · sandbox: {sandbox} · seed: {seed}{QUIET:#}");
    let next = report.lessons.iter().find(|lesson| lesson.verdict != Verdict::Passed);
    let _ = match next {
        None => writeln!(text, "Every point earned."),
        Some(lesson) => writeln!(
            text,
            "Next: {id}. Read exercises/{id}/README.md, then try `cargo test -p {id}`.",
            id = lesson.id
        ),
    };
}

fn of(score: f64, max_score: f64) -> String {
    format!("{score} / {max_score}")
}

fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Passed => '✓',
        Verdict::NotImplemented | Verdict::Skipped => '·',
        _ => '✗',
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => GOOD,
        Verdict::NotImplemented | Verdict::Skipped => QUIET,
        _ => BAD,
    }
}

/// Learner text without the characters that would steer the terminal or reorder the line, and
/// without the words that would steer a CI system that reads the log.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut before = '\n';
    for (at, character) in text.char_indices() {
        let steers = character.is_control() && !matches!(character, '\n' | '\t');
        let reorders = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        // A line may be wrapped before any word.
        let commands =
            before.is_whitespace() && text[at..].starts_with("::") || text[at..].starts_with("##[");
        if steers || reorders || commands {
            harmless.extend(character.escape_unicode());
        } else {
            harmless.push(character);
        }
        before = character;
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_bidi_controls_are_spelled_out() {
        assert_eq!(harmless("a\u{1b}[2Jb\n\tc\u{202e}d"), "a\\u{1b}[2Jb\n\tc\\u{202e}d");
    }

    #[test]
    fn commands_to_a_ci_system_are_spelled_out() {
        assert_eq!(
            harmless("::error::x\n  ::set-output"),
            "\\u{3a}:error::x\n  \\u{3a}:set-output"
        );
        assert_eq!(harmless("a ##[error]b"), "a \\u{23}#[error]b");
        assert_eq!(harmless("std::f64::consts, a#[b]"), "std::f64::consts, a#[b]");
    }

    #[test]
    fn prints_are_cut_to_the_width_and_counted() {
        let mut text = String::new();
        prints(&mut text, &format!("{}\n{}", "x".repeat(200), "y\n".repeat(30)));
        assert!(text.contains("x …\n") && text.contains("11 more lines"), "{text}");
    }

    #[test]
    fn paragraphs_stay_within_the_width() {
        let mut text = String::new();
        paragraph(&mut text, &"word ".repeat(60), Style::new());
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.len() <= WIDTH));
    }
}
