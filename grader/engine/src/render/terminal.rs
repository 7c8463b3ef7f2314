use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

use super::{harmless, of};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

const WIDTH: usize = 80;
const MAX_PRINTED_LINES: usize = 20;
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default();
const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// The report for a person at a terminal, with ANSI styles, at most 80 columns wide where the text
/// is ours.
pub fn terminal(report: &Report, explain: bool) -> String {
    let mut text = String::new();
    for report in &report.lessons {
        lesson(&mut text, report, explain);
    }
    summary(&mut text, report);
    if !explain && report.has_formulas() {
        text += "Stuck? With --explain the grader says what your code computes.\n";
    }
    text
}

fn lesson(text: &mut String, report: &LessonReport, explain: bool) {
    let heading = format!("{}  {}", report.id, report.title);
    line(text, &heading, &format!("{} points", of(report.score, report.max_score)), STRONG);
    for (at, check) in report.checks.iter().enumerate() {
        let mark = mark(check.verdict);
        let title = format!("  {mark} {}", check.title);
        line(text, &title, &of(check.score, check.points), style(check.verdict));
        reasons(text, check, &report.checks[..at]);
        if explain && !check.formula.is_empty() {
            paragraph(text, &check.formula, OPEN);
        }
    }
    prints(text, &report.output);
    text.push('\n');
}

/// A title on the left, points on the right.
fn line(text: &mut String, left: &str, right: &str, style: Style) {
    let gap = WIDTH.saturating_sub(left.chars().count() + right.chars().count()).max(2);
    let _ = writeln!(text, "{style}{left}{style:#}{:gap$}{right}", "");
}

/// Why a check did not pass; what was said of one before it is not said again.
fn reasons(text: &mut String, check: &CheckReport, before: &[CheckReport]) {
    if check.verdict == Verdict::Passed {
        return;
    }
    match check.same_reason(before) {
        None => {
            paragraph(text, &format!("{}: {}", check.verdict.word(), check.message), Style::new());
        }
        // What is not written yet may be most of a lesson, and needs no reason.
        Some(_) if check.verdict == Verdict::NotImplemented => (),
        Some(other) => {
            let told = format!("{}: as for “{}”", check.verdict.word(), other.title);
            paragraph(text, &told, Style::new());
        }
    }
    let Some(diagnosis) = &check.diagnosis else { return };
    if !before.iter().any(|other| other.diagnosis.as_ref() == Some(diagnosis)) {
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
        // The second half of a broken word could begin with a command.
        let options = Options::new(WIDTH).break_words(false);
        // Nor does a path break: terminals open what they recognise.
        let options = options.word_separator(WordSeparator::AsciiSpace);
        let options = options.word_splitter(WordSplitter::NoHyphenation);
        textwrap::fill(&message, options.initial_indent(indent).subsequent_indent(indent))
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
    for line in lines.by_ref().take(MAX_PRINTED_LINES) {
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
    let _ = writeln!(text, "{style}{}{style:#}", result(report));
    let Report { gemm_backend, sandbox, record, seed, .. } = report;
    let sandbox = match (sandbox.as_str(), record) {
        ("none", _) => "none (unsandboxed)".to_owned(),
        (_, true) => format!("{sandbox}, official"),
        (_, false) => sandbox.clone(),
    };
    let _ =
        writeln!(text, "{QUIET}GEMM: {gemm_backend} · sandbox: {sandbox} · seed: {seed}{QUIET:#}");
    let next = report.lessons.iter().find(|lesson| lesson.verdict != Verdict::Passed);
    let _ = match next {
        _ if report.has_ungraded() => {
            writeln!(text, "Not everything was graded, which is not your fault: see above.")
        }
        None if report.own_stack => writeln!(text, "Every check passes."),
        None => writeln!(text, "Every point earned."),
        Some(lesson) => writeln!(
            text,
            "Next: {id}. Read exercises/{id}/README.md, then `cargo test -p {id}`.",
            id = lesson.id
        ),
    };
}

/// The score; of the learner's own stack, how many checks pass.
fn result(report: &Report) -> String {
    if !report.own_stack {
        return format!("Score: {} points", of(report.score, report.max_score));
    }
    let checks: Vec<_> = report.lessons.iter().flat_map(|lesson| &lesson.checks).collect();
    let passed = checks.iter().filter(|check| check.verdict == Verdict::Passed).count();
    format!("Your own stack: {passed} of {} checks pass (unscored)", checks.len())
}

fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Passed => '✓',
        Verdict::NotImplemented | Verdict::Skipped | Verdict::NotGraded => '·',
        _ => '✗',
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Passed => GOOD,
        Verdict::NotImplemented | Verdict::Skipped | Verdict::NotGraded => QUIET,
        _ => BAD,
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use vt100::{Callbacks, Parser, Screen};

    use super::*;
    use crate::render::specimen;

    /// What a terminal was told to do besides showing text.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl Callbacks for Told {
        fn audible_bell(&mut self, _: &mut Screen) {
            self.0.push("bell".to_owned());
        }
        fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
            self.0.push(format!("title {title:?}"));
        }
        fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
            self.0.push(format!("clipboard {data:?}"));
        }
        fn unhandled_char(&mut self, _: &mut Screen, character: char) {
            self.0.push(format!("{character:?}"));
        }
        fn unhandled_control(&mut self, _: &mut Screen, control: u8) {
            self.0.push(format!("control {control}"));
        }
    }

    /// A terminal that was shown the report.
    fn shown(report: &Report) -> Parser<Told> {
        let (rows, columns) = (60.try_into().unwrap(), 300.try_into().unwrap());
        let mut parser = Parser::new_with_callbacks(rows, columns, 0, Told::default());
        parser.process(terminal(report, true).replace('\n', "\r\n").as_bytes());
        parser
    }

    #[test]
    fn hostile_text_is_shown_letter_by_letter_and_nothing_else_happens() {
        let hostile = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]52;c;aGk=\u{7}\u{1b}[31;44m\u{1b}[H\
                       \u{1b}[?25l\u{1b}[?1049h\u{9b}5A\u{8}\rb\u{7f}";
        let literal = hostile.escape_default().to_string().replace("\\r", "\\u{d}");
        let report = specimen::report(hostile);
        let parser = shown(&report);
        let screen = parser.screen();
        assert!(
            screen.contents().contains(&format!("compile error: {literal}")),
            "{}",
            screen.contents()
        );
        let plain = strip_str(&terminal(&report, true)).to_string();
        let lines: Vec<&str> = plain.trim_end().lines().map(str::trim_end).collect();
        assert_eq!(screen.contents().trim_end().lines().collect::<Vec<_>>(), lines);
        assert_eq!(parser.callbacks().0, [""; 0]);
        assert!(!screen.hide_cursor() && !screen.alternate_screen());
        assert_eq!(usize::from(screen.cursor_position().0), plain.lines().count());
        assert_eq!(screen.bgcolor(), vt100::Color::Default);
    }

    #[test]
    fn a_wrapped_line_begins_with_no_command() {
        let words =
            ["x", "-", ")", "字"].map(|letter| (0..WIDTH).map(|length| letter.repeat(length)));
        for word in words.into_iter().flatten() {
            let mut text = String::new();
            paragraph(&mut text, &format!("{word}::error {word} ::error{word}"), Style::new());
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        }
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
