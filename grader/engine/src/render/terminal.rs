use std::{borrow::Cow, fmt::Write};

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

use super::{harmless, of};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

/// How wide a page is where it need not be narrower, in columns.
pub const WIDTH: usize = 80;
const MAX_PRINTED_LINES: usize = 20;
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default();
const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// The report for a person at a terminal, with ANSI styles, at most so many columns wide where the text
/// is ours.
pub fn terminal(report: &Report, explain: bool, width: usize) -> String {
    let mut page = Page::new(width);
    for report in &report.lessons {
        page.lesson(report, explain);
    }
    page.summary(report);
    if !explain && report.has_formulas() {
        page.lines("Stuck? With --explain the grader says what your code computes.", Style::new());
    }
    page.text
}

/// What is written so far.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    fn lesson(&mut self, report: &LessonReport, explain: bool) {
        let heading = format!("{}  {}", report.id, report.title);
        self.line(&heading, &format!("{} points", of(report.score, report.max_score)), STRONG);
        for (at, check) in report.checks.iter().enumerate() {
            let mark = mark(check.verdict);
            let title = format!("  {mark} {}", check.title);
            self.line(&title, &of(check.score, check.points), style(check.verdict));
            self.reasons(check, &report.checks[..at]);
            if explain && !check.formula.is_empty() {
                self.paragraph(&check.formula, OPEN);
            }
        }
        self.prints(&report.output);
        self.text.push('\n');
    }

    /// A title on the left, points on the right.
    fn line(&mut self, left: &str, right: &str, style: Style) {
        let room = self.width.saturating_sub(right.chars().count() + 2);
        let mut lines = wrapped(left, room, "", "    ").into_iter();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(self.text, "{style}{first:room$}{style:#}  {right}");
        for line in lines {
            let _ = writeln!(self.text, "{style}{line}{style:#}");
        }
    }

    /// Why a check did not pass; what was said of one before it is not said again.
    fn reasons(&mut self, check: &CheckReport, before: &[CheckReport]) {
        if check.verdict == Verdict::Passed {
            return;
        }
        match check.same_reason(before) {
            None => {
                self.paragraph(
                    &format!("{}: {}", check.verdict.word(), check.message),
                    Style::new(),
                );
            }
            // What is not written yet may be most of a lesson, and needs no reason.
            Some(_) if check.verdict == Verdict::NotImplemented => (),
            Some(other) => {
                let told = format!("{}: as for “{}”", check.verdict.word(), other.title);
                self.paragraph(&told, Style::new());
            }
        }
        if !check.revealed.is_empty() {
            self.paragraph(&check.revealed, QUIET);
        }
        let Some(diagnosis) = &check.diagnosis else { return };
        if !before.iter().any(|other| other.diagnosis.as_ref() == Some(diagnosis)) {
            let told = format!("{}: {}", diagnosis.mistake, diagnosis.explanation);
            self.paragraph(&told, OPEN);
        }
    }

    /// One paragraph, wrapped; text of several lines keeps its lines.
    fn paragraph(&mut self, message: &str, style: Style) {
        let message = harmless(message);
        let indent = "      ";
        let lines = match message.contains('\n') {
            true => textwrap::indent(&message, indent).lines().map(str::to_owned).collect(),
            false => wrapped(&message, self.width, indent, indent),
        };
        for line in lines {
            let _ = writeln!(self.text, "{style}{line}{style:#}");
        }
    }

    /// The beginning of what the learner's code printed; the JSON report keeps more.
    fn prints(&mut self, output: &str) {
        if output.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "  {QUIET}your prints:{QUIET:#}");
        let output = harmless(output);
        let mut lines = output.lines();
        for line in lines.by_ref().take(MAX_PRINTED_LINES) {
            let width = self.width - 4;
            let long = line.chars().count() > width;
            let shown: String = line.chars().take(if long { width - 2 } else { width }).collect();
            let _ =
                writeln!(self.text, "  {QUIET}│{QUIET:#} {shown}{}", if long { " …" } else { "" });
        }
        let more = lines.count();
        if more > 0 {
            let _ = writeln!(
                self.text,
                "  {QUIET}│ … {more} more lines; --format json has them{QUIET:#}"
            );
        }
    }

    fn summary(&mut self, report: &Report) {
        let complete = report.is_complete();
        let style = if complete { GOOD } else { STRONG };
        let _ = writeln!(self.text, "{style}{}{style:#}", result(report));
        let Report { gemm_backend, sandbox, record, seed, .. } = report;
        let sandbox = match (sandbox.as_str(), record) {
            ("none", _) => "none (unsandboxed)".to_owned(),
            (_, true) => format!("{sandbox}, official"),
            (_, false) => sandbox.clone(),
        };
        let how = format!("GEMM: {gemm_backend} · sandbox: {sandbox} · seed: {seed}");
        self.lines(&how, QUIET);
        let next = report.lessons.iter().find(|lesson| lesson.verdict != Verdict::Passed);
        let id = next.map_or("", |lesson| &lesson.id);
        let told = match next {
            _ if report.has_ungraded() => {
                "Not everything was graded, which is not your fault: see above.".to_owned()
            }
            None if report.own_stack => "Every check passes.".to_owned(),
            None => "Every point earned.".to_owned(),
            Some(_) => {
                format!("Next: {id}. Read exercises/{id}/README.md, then `cargo test -p {id}`.")
            }
        };
        self.lines(&told, Style::new());
    }

    /// A text of our own, wrapped.
    fn lines(&mut self, told: &str, style: Style) {
        for line in wrapped(told, self.width, "", "") {
            let _ = writeln!(self.text, "{style}{line}{style:#}");
        }
    }
}

/// The lines of a text. The second half of a broken word could begin with a command; nor does a path
/// break: terminals open what they recognise.
fn wrapped(text: &str, width: usize, first: &str, others: &str) -> Vec<String> {
    let options = Options::new(width).initial_indent(first).subsequent_indent(others);
    let options = options.break_words(false).word_separator(WordSeparator::AsciiSpace);
    let options = options.word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
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
        parser.process(terminal(report, true, WIDTH).replace('\n', "\r\n").as_bytes());
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
        let plain = strip_str(&terminal(&report, true, WIDTH)).to_string();
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
            let mut page = Page::new(WIDTH);
            page.paragraph(&format!("{word}::error {word} ::error{word}"), Style::new());
            let text = page.text;
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        }
    }

    #[test]
    fn prints_are_cut_to_the_width_and_counted() {
        let mut page = Page::new(WIDTH);
        page.prints(&format!("{}\n{}", "x".repeat(200), "y\n".repeat(30)));
        let text = page.text;
        assert!(text.contains("x …\n") && text.contains("11 more lines"), "{text}");
    }

    #[test]
    fn paragraphs_stay_within_the_width() {
        let mut page = Page::new(WIDTH);
        page.paragraph(&"word ".repeat(60), Style::new());
        let text = page.text;
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn a_page_is_as_narrow_as_the_terminal() {
        let mut report = specimen::report("a word of some length, and another one");
        // What rustc says keeps its lines.
        report.lessons[0].checks[2] = report.lessons[0].checks[1].clone();
        report.lessons[0].checks[0].title = "dL/dw and dL/db against finite differences".to_owned();
        for width in [40, 60, WIDTH] {
            let page = strip_str(&terminal(&report, true, width)).to_string();
            let too_long = page.lines().find(|line| line.chars().count() > width);
            assert_eq!(too_long, None, "{width} columns");
            let points = page.lines().filter(|line| line.ends_with(" / 2")).collect::<Vec<_>>();
            assert!(points.len() == 3 && points.iter().all(|line| line.chars().count() == width));
        }
    }
}
