use std::{borrow::Cow, fmt::Write};

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

use super::{
    harmless,
    listing::{cut, folded},
    of,
};
use crate::curve::Curve;
use crate::report::{CheckReport, LessonReport, NOT_FINISHED, Report, Verdict};

/// How wide a page is where it need not be narrower, in columns.
pub const WIDTH: usize = 80;
const MAX_PRINTED_LINES: usize = 20;
/// How wide a loss curve is drawn at most, in columns.
const MAX_BARS: usize = 48;
/// What stands before the reasons of a check.
const INDENT: &str = "      ";
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default();
pub(super) const STRONG: Style = Style::new().bold();
pub(super) const QUIET: Style = Style::new().dimmed();

/// What of a report is shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// How many columns a page has, where the text can be folded.
    pub width: usize,
    /// Whether it says what the learner's code computes.
    pub explain: bool,
    /// Whether every lesson is shown in full, and not only what a learner comes to next.
    pub all: bool,
    /// The lesson that comes after those of the report.
    pub next: Option<&'a str>,
    /// Whether the derivations of the report's lessons lie beside their solutions.
    pub derivations: bool,
}

impl View<'_> {
    /// All that there is to show.
    pub const FULL: Self =
        Self { width: WIDTH, explain: true, all: true, next: None, derivations: false };

    /// True for a lesson that is shown in full: the first that is not finished, and the first that was not
    /// graded.
    fn shows(&self, lesson: &LessonReport, report: &Report) -> bool {
        let is_first = |is_such: fn(&LessonReport) -> bool| {
            report.lessons.iter().find(|it| is_such(it)).is_some_and(|it| it.id == lesson.id)
        };
        let alone = report.lessons.len() == 1;
        self.all || alone || is_first(is_open) || is_first(LessonReport::has_ungraded)
    }
}

fn is_open(lesson: &LessonReport) -> bool {
    lesson.verdict != Verdict::Passed
}

/// The report for a person at a terminal, with ANSI styles. What a learner needs first comes last, where
/// the screen stops: the lessons with a line each, then those in full, the score and what to do next.
pub fn terminal(report: &Report, view: View) -> String {
    let mut page = Page::new(view.width);
    let (shown, others): (Vec<_>, Vec<_>) =
        report.lessons.iter().partition(|lesson| view.shows(lesson, report));
    page.overview(&others);
    for report in &shown {
        page.lesson(report, view.explain);
    }
    page.summary(report, view);
    if !view.explain && shown.iter().any(|lesson| lesson.has_formulas()) {
        page.lines("Stuck? With --explain the grader says what your code computes.", Style::new());
    }
    page.text
}

/// What is written so far.
pub(super) struct Page {
    pub text: String,
    width: usize,
}

impl Page {
    pub fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Lessons that are not shown in full, with a line each.
    fn overview(&mut self, lessons: &[&LessonReport]) {
        for report in lessons {
            let verdict = match report.word() {
                NOT_FINISHED => Verdict::NotImplemented,
                _ => report.verdict,
            };
            let title = format!("{} {}  {}", mark(verdict), report.id, report.title);
            let points = of(report.score, report.max_score);
            self.line(&title, word(report.verdict, report.word()), &points, style(verdict));
        }
        if lessons.iter().any(|lesson| is_open(lesson)) {
            self.lines("With --all, these are shown in full.", QUIET);
        }
        if !lessons.is_empty() {
            self.text.push('\n');
        }
    }

    fn lesson(&mut self, report: &LessonReport, explain: bool) {
        self.heading(report);
        if report.stopped_by().is_none() {
            self.checks(&report.as_read(), explain);
        }
        self.prints(&report.output);
        self.text.push('\n');
    }

    /// The lesson and its points, and why it never came to its checks.
    pub fn heading(&mut self, report: &LessonReport) {
        let heading = format!("{}  {}", report.id, report.title);
        let points = format!("{} points", of(report.score, report.max_score));
        match report.stopped_by() {
            Some(reason) => {
                self.line(&heading, reason.verdict.word(), &points, STRONG);
                self.paragraph(&reason.message, "  ", Style::new());
                let count = report.checks.len();
                let none = format!("None of the lesson's checks could run ({count}).");
                self.paragraph(&none, "  ", QUIET);
            }
            None => self.line(&heading, "", &points, STRONG),
        }
    }

    pub fn checks(&mut self, checks: &[&CheckReport], explain: bool) {
        for (at, check) in checks.iter().enumerate() {
            let title = format!("  {} {}", mark(check.verdict), check.title);
            let points = of(check.score, check.points);
            let word = word(check.verdict, check.verdict.word());
            self.line(&title, word, &points, style(check.verdict));
            self.reasons(check, &checks[..at]);
            if let Some(curve) = &check.curve {
                self.curve(curve);
            }
            if explain && !check.formula.is_empty() {
                self.paragraph(&check.formula, INDENT, OPEN);
            }
        }
    }

    /// A title on the left, a word and points on the right. Where there is too little room, the word follows
    /// the title.
    pub fn line(&mut self, left: &str, word: &str, right: &str, style: Style) {
        let columns = |text: &str| text.chars().count();
        let needed = columns(left) + columns(word) + columns(right) + 4;
        let (left, word) = match word {
            "" => (left.to_owned(), String::new()),
            word if needed <= self.width => (left.to_owned(), format!("  {word}")),
            // Its words stay together.
            word => (format!("{left}: {}", word.replace(' ', "\u{a0}")), String::new()),
        };
        let room = self.width.saturating_sub(columns(&word) + columns(right) + 2);
        let lines = wrapped(&left, room, "", "    ").into_iter();
        let mut lines = lines.map(|line| line.replace('\u{a0}', " "));
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(self.text, "{style}{first:room$}{word}{style:#}  {right}");
        for line in lines {
            let _ = writeln!(self.text, "{style}{line}{style:#}");
        }
    }

    /// Why a check did not pass; what was said of one before it is not said again.
    fn reasons(&mut self, check: &CheckReport, before: &[&CheckReport]) {
        if check.verdict == Verdict::Passed {
            return;
        }
        match check.same_reason(before) {
            None => self.paragraph(&check.message, INDENT, Style::new()),
            // What is not written yet may be most of a lesson, and needs no reason.
            Some(_) if check.verdict == Verdict::NotImplemented => (),
            Some(other) => {
                let told = format!("the same as for “{}”", other.title);
                self.paragraph(&told, INDENT, Style::new());
            }
        }
        if !check.revealed.is_empty() {
            self.paragraph(&check.revealed, INDENT, QUIET);
        }
        let Some(diagnosis) = &check.diagnosis else { return };
        if !before.iter().any(|other| other.diagnosis.as_ref() == Some(diagnosis)) {
            let told = format!("{}: {}", diagnosis.mistake, diagnosis.explanation);
            self.paragraph(&told, INDENT, OPEN);
        }
    }

    /// How a training went.
    fn curve(&mut self, curve: &Curve) {
        let bars = curve.bars((self.width - INDENT.len()).min(MAX_BARS));
        self.paragraph(&bars, INDENT, QUIET);
        self.paragraph(&curve.told(), INDENT, QUIET);
    }

    /// One paragraph, wrapped; text of several lines keeps its lines, and folds those that are too wide.
    fn paragraph(&mut self, message: &str, indent: &str, style: Style) {
        let message = harmless(message);
        let lines = match message.contains('\n') {
            true => folded(&message, self.width - indent.len()),
            false => wrapped(&message, self.width - indent.len(), "", ""),
        };
        for line in lines {
            let indent = if line.is_empty() { "" } else { indent };
            let _ = writeln!(self.text, "{style}{indent}{line}{style:#}");
        }
    }

    /// The beginning of what the learner's code printed; the JSON report keeps more.
    pub fn prints(&mut self, output: &str) {
        if output.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "  {QUIET}your prints:{QUIET:#}");
        let output = harmless(output);
        let mut lines = output.lines();
        for line in lines.by_ref().take(MAX_PRINTED_LINES) {
            let shown = cut(line, self.width - 4);
            let _ = writeln!(self.text, "  {QUIET}│{QUIET:#} {shown}");
        }
        let more = lines.count();
        if more > 0 {
            let _ = writeln!(
                self.text,
                "  {QUIET}│ … {more} more lines; --format json has them{QUIET:#}"
            );
        }
    }

    fn summary(&mut self, report: &Report, view: View) {
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
        if report.handout {
            self.lines(IN_A_HANDOUT, QUIET);
        }
        let open = report.lessons.iter().find(|lesson| is_open(lesson)).map(|it| it.id.as_str());
        let told = match open {
            _ if report.has_ungraded() => {
                "Not everything was graded, which is not your fault: see above.".to_owned()
            }
            Some(open) => next(open),
            _ if report.own_stack => "Every check passes.".to_owned(),
            None => complete_told(report, view),
        };
        self.lines(&told, Style::new());
    }

    /// A text of our own, wrapped.
    pub fn lines(&mut self, told: &str, style: Style) {
        for line in wrapped(told, self.width, "", "") {
            let _ = writeln!(self.text, "{style}{line}{style:#}");
        }
    }
}

const IN_A_HANDOUT: &str =
    "For practice, in a handout: lessons that build on others ran on your own earlier ones.";

/// Where every point is earned: what there is to read about it, and the next lesson.
fn complete_told(report: &Report, view: View) -> String {
    let mut told = "Every point earned.".to_owned();
    if view.derivations {
        let of = match report.lessons.as_slice() {
            [lesson] => lesson.id.as_str(),
            _ => "ex_*",
        };
        told += &format!(" Derivation and walk-through: solutions/{of}/derivation.md.");
    }
    match view.next {
        Some(following) => format!("{told} {}", next(following)),
        None => told,
    }
}

/// What to do now.
fn next(lesson: &str) -> String {
    format!("Next: {lesson}. Read exercises/{lesson}/README.md, then `cargo test -p {lesson}`.")
}

/// The lines of a text. The second half of a broken word could begin with a command; nor does a path
/// break: terminals open what they recognise.
pub(crate) fn wrapped(text: &str, width: usize, first: &str, others: &str) -> Vec<String> {
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

/// A word for all that is open; what passed needs none.
fn word(verdict: Verdict, word: &str) -> &str {
    if verdict == Verdict::Passed { "" } else { word }
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
        parser.process(terminal(report, View::FULL).replace('\n', "\r\n").as_bytes());
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
        assert!(screen.contents().contains(&format!("      {literal}")), "{}", screen.contents());
        let plain = strip_str(&terminal(&report, View::FULL)).to_string();
        let lines: Vec<&str> = plain.trim_end().lines().map(str::trim_end).collect();
        assert_eq!(screen.contents().trim_end().lines().collect::<Vec<_>>(), lines);
        assert_eq!(parser.callbacks().0, [""; 0]);
        assert!(!screen.hide_cursor() && !screen.alternate_screen());
        assert_eq!(usize::from(screen.cursor_position().0), plain.lines().count());
        assert_eq!(screen.bgcolor(), vt100::Color::Default);
    }

    /// What a page says, without its styles.
    fn said(report: &Report, view: View) -> String {
        strip_str(&terminal(report, view)).to_string()
    }

    /// A report of lessons that ended so, each with two checks.
    fn of_lessons(lessons: &[(&str, Verdict)]) -> Report {
        let mut report = specimen::report("why");
        let like = report.lessons.remove(0);
        report.lessons = lessons
            .iter()
            .map(|(id, verdict)| {
                let mut lesson =
                    LessonReport { id: (*id).to_owned(), verdict: *verdict, ..like.clone() };
                lesson.checks.truncate(2);
                lesson.checks.iter_mut().for_each(|check| check.formula.clear());
                lesson.checks[1].verdict = *verdict;
                lesson.checks[1].message = format!("this is {id}");
                lesson
            })
            .collect();
        report
    }

    const NOT_ALL: View<'_> = View { all: false, explain: false, ..View::FULL };

    #[test]
    fn one_lesson_is_shown_in_full_and_comes_last() {
        let report = of_lessons(&[
            ("ex_1_1", Verdict::Passed),
            ("ex_1_2", Verdict::Panicked),
            ("ex_1_3", Verdict::NotImplemented),
        ]);
        let page = said(&report, NOT_ALL);
        let lines: Vec<_> = page.lines().collect();
        assert!(lines[0].starts_with("✓ ex_1_1  The neuron"), "{page}");
        assert!(lines[1].starts_with("· ex_1_3  The neuron"), "{page}");
        assert!(lines[1].ends_with("  not implemented  2 / 6"), "{page}");
        assert_eq!(lines[2..4], ["With --all, these are shown in full.", ""]);
        assert!(lines[4].starts_with("ex_1_2  The neuron"), "{page}");
        assert!(page.contains("this is ex_1_2") && !page.contains("this is ex_1_3"), "{page}");
        assert!(lines.last().unwrap().starts_with("Next: ex_1_2. Read "), "{page}");
        let page = said(&report, View { all: true, ..NOT_ALL });
        assert!(page.contains("this is ex_1_3") && !page.contains("--all"), "{page}");
    }

    #[test]
    fn what_was_not_graded_is_shown_in_full_too() {
        let report = of_lessons(&[("ex_1_1", Verdict::Failed), ("ex_1_2", Verdict::NotGraded)]);
        let page = said(&report, NOT_ALL);
        assert!(page.contains("this is ex_1_2") && page.contains("see above"), "{page}");
    }

    #[test]
    fn who_has_every_point_is_told_the_next_lesson() {
        let report = of_lessons(&[("ex_1_1", Verdict::Passed)]);
        let said = |next| said(&report, View { next, ..NOT_ALL });
        assert!(said(None).ends_with("Every point earned.\n"));
        assert!(said(Some("ex_1_2")).contains("\nEvery point earned. Next: ex_1_2. Read "));
    }

    #[test]
    fn who_has_every_point_is_told_where_it_is_derived() {
        let view = View { derivations: true, next: Some("ex_1_2"), ..NOT_ALL };
        let one = said(&of_lessons(&[("ex_1_1", Verdict::Passed)]), view);
        let derivation = "solutions/ex_1_1/derivation.md.\nNext: ex_1_2. Read ";
        assert!(one.contains(derivation), "{one}");
        let both =
            said(&of_lessons(&[("ex_1_1", Verdict::Passed), ("ex_1_2", Verdict::Passed)]), view);
        assert!(both.contains("solutions/ex_*/derivation.md"), "{both}");
        let open = said(&of_lessons(&[("ex_1_1", Verdict::Failed)]), view);
        assert!(!open.contains("derivation"), "{open}");
    }

    #[test]
    fn whatever_is_open_has_a_word() {
        let report = specimen::report("why");
        let page = said(&report, View::FULL);
        for told in ["  ✗ check two ", "  failed  0 / 2\n", "  compile error  0 / 2\n"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert!(page.contains("  ✓ check one     ") && !page.contains("passed"), "{page}");
        let mut report = report;
        report.lessons[0].checks[1].title = "dL/dw and dL/db against differences".to_owned();
        let page = said(&report, View { width: 40, ..View::FULL });
        assert!(page.contains("    differences: failed\n"), "{page}");
    }

    #[test]
    fn a_training_is_drawn_below_its_check() {
        let page = said(&specimen::report("why"), NOT_ALL);
        let drawn = "/ 2\n      █▂▁\n      loss on two moons: from 0.750 to 0.125 in 2 epochs\n";
        assert!(page.contains(drawn), "{page}");
    }

    #[test]
    fn what_stops_a_lesson_is_said_once_without_its_checks() {
        let mut report = specimen::report("printed");
        let check = CheckReport {
            message: "no such thing".to_owned(),
            ..report.lessons[0].checks[2].clone()
        };
        report.lessons[0].checks = vec![check; 3];
        let page = said(&report, NOT_ALL);
        assert_eq!(page.matches("\n  no such thing\n").count(), 1, "{page}");
        assert!(page.contains("None of the lesson's checks could run (3)."), "{page}");
        assert!(!page.contains("check three"), "{page}");
    }

    #[test]
    fn a_wrapped_line_begins_with_no_command() {
        let words =
            ["x", "-", ")", "字"].map(|letter| (0..WIDTH).map(|length| letter.repeat(length)));
        for word in words.into_iter().flatten() {
            let mut page = Page::new(WIDTH);
            page.paragraph(&format!("{word}::error {word} ::error{word}"), INDENT, Style::new());
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
        page.paragraph(&"word ".repeat(60), INDENT, Style::new());
        let text = page.text;
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn a_page_is_as_narrow_as_the_terminal() {
        let mut report = specimen::report("a word of some length, and another one");
        report.lessons[0].checks[0].title = "dL/dw and dL/db against finite differences".to_owned();
        for width in [40, 60, WIDTH] {
            let page = strip_str(&terminal(&report, View { width, ..View::FULL })).to_string();
            let too_long = page.lines().find(|line| line.chars().count() > width);
            assert_eq!(too_long, None, "{width} columns");
            let points = page.lines().filter(|line| line.ends_with(" / 2")).collect::<Vec<_>>();
            assert!(points.len() == 3 && points.iter().all(|line| line.chars().count() == width));
        }
    }
}
