//! The summary of a job: Markdown that GitHub and GitLab show.

use std::fmt::Write;

use super::{
    harmless,
    listing::folded,
    of, reason,
    terminal::{WIDTH, wrapped},
};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

/// GitHub shows no summary that is longer than 1 MiB.
const MAX_SUMMARY_BYTES: usize = 900 << 10;
const LEFT_OUT: &str = "The summary is full: what is left out here is in the report.\n";

/// The report as Markdown. Whatever a learner could have chosen stands in blocks of code, where it is no
/// markup and nobody is mentioned.
pub fn markdown(report: &Report) -> String {
    let mut page = format!("## {}\n\n{}", heading(report), circumstances(report));
    page += "\n| lesson | | points |\n|---|---|---|\n";
    page.extend(report.lessons.iter().map(row));
    for section in report.lessons.iter().filter(|lesson| is_open(lesson)).map(section) {
        if page.len() + section.len() > MAX_SUMMARY_BYTES {
            return page + "\n" + LEFT_OUT;
        }
        page += &section;
    }
    page
}

fn is_open(lesson: &LessonReport) -> bool {
    !matches!(lesson.verdict, Verdict::Passed | Verdict::NotImplemented)
}

fn heading(report: &Report) -> String {
    let points = of(report.score, report.max_score);
    match report {
        Report { own_stack: true, .. } => "Your own stack: unscored".to_owned(),
        _ if report.has_ungraded() => format!("Not everything was graded: {points} points so far"),
        _ => format!("{points} points"),
    }
}

fn circumstances(report: &Report) -> String {
    let how = match report {
        Report { record: true, .. } => "officially",
        Report { handout: true, .. } => "in a handout, for practice",
        _ => "for practice",
    };
    let sandbox = match report.sandbox.as_str() {
        "none" => "**unsandboxed: nothing confined this code**".to_owned(),
        name => format!("sandbox {}", literal(name)),
    };
    format!("Graded {how}, {sandbox}, seed {}.\n", report.seed)
}

fn row(lesson: &LessonReport) -> String {
    let title = literal(&format!("{} {}", lesson.id, lesson.title));
    let points = match lesson.has_ungraded() {
        true => "–".to_owned(),
        false => of(lesson.score, lesson.max_score),
    };
    format!("| {title} | {} | {points} |\n", lesson.word())
}

/// A lesson with its checks, in the order in which they are read.
fn section(lesson: &LessonReport) -> String {
    let mut text = format!("\n### {}\n", literal(&format!("{} {}", lesson.id, lesson.title)));
    match lesson.stopped_by() {
        Some(stopped) => {
            let _ = writeln!(text, "\nNone of its {} checks could run.", lesson.checks.len());
            text += &code(&reason(stopped));
        }
        None => text += &checks(&lesson.as_read()),
    }
    if !lesson.output.is_empty() {
        text += "\nWhat the code printed:\n";
        text += &block(&harmless(&lesson.output));
    }
    text
}

fn checks(checks: &[&CheckReport]) -> String {
    let mut text = String::new();
    for (at, check) in checks.iter().enumerate() {
        let title = literal(&check.title);
        let points = of(check.score, check.points);
        let _ = writeln!(text, "\n**{title}**: {}, {points}", check.verdict.word());
        match check.same_reason(&checks[..at]) {
            _ if check.verdict == Verdict::Passed => (),
            Some(other) => {
                let _ = writeln!(text, "\nSame reason as “{}”.", literal(&other.title));
            }
            None => text += &code(&reason(check)),
        }
    }
    text
}

/// Text of one line, every mark of which is a letter.
fn literal(text: &str) -> String {
    let text = harmless(text).replace(['\n', '\t'], " ");
    let mark =
        |it: char| if it.is_ascii_punctuation() { format!("\\{it}") } else { it.to_string() };
    text.chars().map(mark).collect()
}

/// What a person reads, as a block of code: its lines do not fold by themselves there.
fn code(text: &str) -> String {
    let lines = match text.contains('\n') {
        true => folded(text, WIDTH),
        false => wrapped(text, WIDTH, "", ""),
    };
    block(&lines.join("\n"))
}

/// A block of code that no text ends: its fence is longer than any within.
fn block(text: &str) -> String {
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("\n{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;
    use crate::render::specimen;

    const HOSTILE: [&str; 12] = [
        "[a](http://x) ![b](http://x) <http://x> www.example.com a@example.com",
        "@somebody #1 owner/repository#2 GH-3",
        "<b>x</b><img src=x>\n<!-- \n\n<script>x</script>",
        "# heading\n\nheading\n=====\n---",
        "```\n# out\n```",
        "````\n`````\n# out\n~~~\n~~~~\n",
        "| a | b |\n|---|---|\n| c | d |",
        "- a\n  - b\n> c\n\n\tcode\n1. d",
        "[a]: http://x\n\n[a][a] [^1]\n\n[^1]: x",
        "**a** _b_ ~~c~~ `d` \\`e &lt; $f$",
        "\n\n   \n",
        "trailing\\",
    ];

    /// What the page is made of, without the texts of code; and every text that is no code.
    fn structure(page: &str) -> (Vec<String>, String) {
        let (mut parts, mut texts, mut is_code) = (Vec::new(), String::new(), false);
        for event in Parser::new_ext(page, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => is_code = true,
                Event::End(TagEnd::CodeBlock) => is_code = false,
                _ => (),
            }
            match event {
                Event::Text(_) if is_code => (),
                Event::Text(text) => texts += &text,
                other => parts.push(format!("{other:?}")),
            }
        }
        (parts, texts)
    }

    #[test]
    fn hostile_text_stays_in_its_blocks() {
        let innocent = structure(&markdown(&specimen::report("innocent")));
        for hostile in HOSTILE {
            let page = markdown(&specimen::report(hostile));
            assert_eq!(structure(&page), innocent, "{page}");
        }
    }

    #[test]
    fn a_title_is_shown_letter_by_letter() {
        let mut report = specimen::report("why");
        report.lessons[0].checks[1].title = "[a](b) | `c` *d* <e> # ∂L/∂w \\".to_owned();
        let (_, texts) = structure(&markdown(&report));
        assert!(texts.contains(&report.lessons[0].checks[1].title), "{texts}");
    }

    #[test]
    fn a_reason_is_given_once_and_only_where_one_is_due() {
        let mut report = specimen::report("why");
        let checks = &mut report.lessons[0].checks;
        *checks = [0, 0, 1, 1].map(|at| checks[at].clone()).to_vec();
        let page = markdown(&report);
        assert_eq!(page.matches("passed, 2 / 2\n\n**").count(), 2, "{page}");
        assert_eq!(page.matches("\nSame reason as “check two”.\n").count(), 1, "{page}");
    }

    #[test]
    fn what_was_not_graded_is_no_zero() {
        let mut report = specimen::report("no");
        report.lessons[0].checks[1].verdict = Verdict::NotGraded;
        let page = markdown(&report);
        assert!(page.starts_with("## Not everything was graded: 2 / 6 points so far\n"), "{page}");
        assert!(page.contains(" | – |\n"), "{page}");
    }

    #[test]
    fn a_summary_is_not_longer_than_what_is_shown() {
        let mut report = specimen::report(&"x ".repeat(60 << 10));
        report.lessons = vec![report.lessons.remove(0); 4];
        let page = markdown(&report);
        assert!(page.len() <= MAX_SUMMARY_BYTES + 100 && page.ends_with(LEFT_OUT));
    }
}
