use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{harmless, of};
use crate::curve::{Curve, shown};
use crate::report::{CheckReport, LessonReport, Report, Verdict};

const STYLE: &str = include_str!("html.css");
/// Whatever got into the page: nothing is loaded, run or sent.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as one page for a person, without scripts and with nothing to load.
pub fn html(report: &Report) -> String {
    let score = of(report.score, report.max_score);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (score) " points · " (harmless(&report.submission)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Gradlings report" }
                p.score { (score) " points" }
                (circumstances(report))
                @for report in &report.lessons { (lesson(report)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// What was graded, and how.
fn circumstances(report: &Report) -> Markup {
    let unsandboxed = report.sandbox == "none";
    let facts = [
        ("Submission", harmless(&report.submission)),
        ("SHA-256", report.submission_sha256.clone()),
        ("Graded", grading(report).to_owned()),
        ("Sandbox", report.sandbox.clone()),
        ("Seed", report.seed.to_string()),
        ("GEMM", report.gemm_backend.clone()),
        ("Grader", report.grader_version.clone()),
    ];
    html! {
        @if unsandboxed {
            p.warning { strong { "Unsandboxed: " } "nothing confined this code while it was graded." }
        }
        dl { @for (name, fact) in facts { dt { (name) } dd { (fact) } } }
    }
}

fn grading(report: &Report) -> &'static str {
    match report {
        Report { own_stack: true, .. } => "on the learner's own stack, unscored",
        Report { record: true, .. } => "officially",
        Report { handout: true, .. } => "in a handout, for practice",
        _ => "for practice",
    }
}

fn lesson(report: &LessonReport) -> Markup {
    let checks = report.as_read();
    html! {
        h2 { (report.id) " " (report.title) }
        table {
            thead { tr { @for name in ["Check", "Verdict", "Points"] { th scope="col" { (name) } } } }
            tbody {
                @if let Some(reason) = report.stopped_by() { (stopped(reason, checks.len())) }
                @else {
                    @for (at, check) in checks.iter().enumerate() {
                        (row(check))
                        (reasons(check, &checks[..at]))
                        @if let Some(curve) = &check.curve {
                            tr { td.reasons colspan="3" { (drawn(curve)) } }
                        }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { "Lesson" }
                td class=(tone(report.verdict)) { (report.verdict.word()) }
                td { (of(report.score, report.max_score)) }
            } }
        }
        @if !report.output.is_empty() { h3 { "What the code printed" } (lines(&report.output)) }
    }
}

/// Why none of the checks of a lesson could run.
fn stopped(reason: &CheckReport, checks: usize) -> Markup {
    html! {
        tr { th scope="row" colspan="3" { "None of the lesson’s checks could run (" (checks) ")." } }
        tr { td.reasons colspan="3" { (text(&reason.message)) } }
    }
}

fn row(check: &CheckReport) -> Markup {
    html! {
        tr {
            th scope="row" { (check.title) }
            td class=(tone(check.verdict)) { (check.verdict.word()) }
            td { (of(check.score, check.points)) }
        }
    }
}

/// Why a check did not pass; what was said of one before it is not said again.
fn reasons(check: &CheckReport, before: &[&CheckReport]) -> Markup {
    html! {
        @if check.verdict != Verdict::Passed {
            tr { td.reasons colspan="3" {
                @if let Some(other) = check.same_reason(before) {
                    p { "Same reason as “" (other.title) "”." }
                }
                @else { (text(&check.message)) }
                @if !check.revealed.is_empty() { (lines(&check.revealed)) }
                @if let Some(diagnosis) = &check.diagnosis {
                    p.diagnosis {
                        strong { (harmless(&diagnosis.mistake)) ": " }
                        (harmless(&diagnosis.explanation))
                    }
                }
                @if !check.formula.is_empty() {
                    details { summary { "What the code computes" } p { (harmless(&check.formula)) } }
                }
            } }
        }
    }
}

/// How a training went.
fn drawn(curve: &Curve) -> Markup {
    let [left, top, width, height] = [64.0, 12.0, 400.0, 120.0];
    let point =
        |[x, y]: [f64; 2]| format!("{:.1},{:.1} ", left + x * width, top + (1.0 - y) * height);
    let line: String = curve.places().into_iter().map(point).collect();
    let [low, high] = curve.range().map(shown);
    let [first, last] = [0, curve.points.len() - 1].map(|at| curve.points[at].0);
    html! {
        figure {
            svg viewBox="0 0 480 156" role="img" aria-label=(curve.told()) {
                path.axes d="M64 12V132H464" {}
                polyline.loss points=(line.trim_end()) {}
                text x="58" y="18" text-anchor="end" { (high) }
                text x="58" y="136" text-anchor="end" { (low) }
                text x="64" y="150" { (first) }
                text x="464" y="150" text-anchor="end" { "epoch " (last) }
            }
            figcaption { (harmless(&curve.told())) }
        }
    }
}

/// Prose, or text of several lines.
fn text(message: &str) -> Markup {
    html! { @if message.contains('\n') { (lines(message)) } @else { p { (harmless(message)) } } }
}

/// Text that keeps its lines; one that is too wide can be scrolled, by keyboard too.
fn lines(text: &str) -> Markup {
    // A reader drops the first line break in a `pre`.
    html! { pre tabindex="0" { "\n" (harmless(text)) } }
}

/// The class that colours a verdict, which is a word without it.
fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "good",
        Verdict::NotImplemented | Verdict::Skipped | Verdict::NotGraded => "open",
        _ => "bad",
    }
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;
    use crate::render::specimen;

    const HOSTILE: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</pre></td></title></style><h1>10 / 10</h1>",
        "<!--",
        "]]><svg onload=alert(1)>",
        "&lt;b&gt;&#27;",
    ];

    /// The page as a browser reads it, which must have nothing to complain of.
    fn read(report: &Report) -> Html {
        let page = Html::parse_document(&html(report));
        assert!(page.errors.is_empty(), "{:?}", page.errors);
        page
    }

    /// Every element with the names of its attributes.
    fn structure(page: &Html) -> Vec<String> {
        let all = Selector::parse("*").unwrap();
        let structure = |element: scraper::ElementRef| {
            let attributes: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
            format!("{} {attributes:?}", element.value().name())
        };
        page.select(&all).map(structure).collect()
    }

    /// The text of every element of a kind.
    fn texts(page: &Html, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector).map(|element| element.text().collect()).collect()
    }

    #[test]
    fn hostile_text_makes_no_element_and_no_attribute() {
        for hostile in HOSTILE {
            let innocent = read(&specimen::report("innocent"));
            let page = read(&specimen::report(hostile));
            assert_eq!(structure(&page), structure(&innocent), "{hostile}");
            assert_eq!(texts(&page, "h1"), ["Gradlings report"]);
        }
    }

    #[test]
    fn hostile_text_is_shown_as_it_is() {
        for hostile in HOSTILE {
            let page = read(&specimen::report(hostile));
            assert_eq!(texts(&page, "title"), [format!("2 / 6 points · {hostile}")]);
            assert_eq!(texts(&page, "dd")[0], hostile);
            let reason = format!("{hostile}\n{hostile}");
            let of_formula = format!("What the code computes{reason}");
            assert!(texts(&page, ".reasons").contains(&format!("{reason}{reason}{of_formula}")));
            assert_eq!(texts(&page, "pre").pop().unwrap(), hostile);
        }
    }

    #[test]
    fn what_steers_is_spelled_out() {
        let page = read(&specimen::report("\n\u{202e}\u{1b}[2J\n::error::x"));
        let prints = texts(&page, "pre").pop().unwrap();
        assert_eq!(prints, "\n\\u{202e}\\u{1b}[2J\n\\u{3a}:error::x");
    }

    #[test]
    fn the_page_forbids_itself_scripts_and_loading() {
        let page = html(&specimen::report("innocent"));
        assert!(page.contains(POLICY) && POLICY.starts_with("default-src 'none'"), "{page}");
        for loaded in ["<script", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(loaded), "{loaded}");
        }
    }

    #[test]
    fn an_unsandboxed_grading_is_loud() {
        let report = specimen::report("innocent");
        assert!(texts(&read(&report), ".warning").is_empty());
        let report = Report { sandbox: "none".to_owned(), record: false, ..report };
        assert!(texts(&read(&report), ".warning")[0].starts_with("Unsandboxed"));
    }

    #[test]
    fn a_training_is_drawn() {
        let mut report = specimen::report("innocent");
        let page = read(&report);
        assert_eq!(
            texts(&page, "figcaption")[0],
            "loss on two moons: from 0.750 to 0.125 in 2 epochs"
        );
        assert_eq!(texts(&page, "svg text")[..4], ["0.750", "0.125", "0", "epoch 2"]);
        let line = Selector::parse("polyline").unwrap();
        let points = page.select(&line).next().unwrap().attr("points");
        assert_eq!(points, Some("64.0,12.0 264.0,108.0 464.0,132.0"));
        report.lessons[0].checks.iter_mut().for_each(|check| check.curve = None);
        assert!(texts(&read(&report), "figure").is_empty());
    }

    #[test]
    fn what_stops_a_lesson_is_said_once_without_its_checks() {
        let mut report = specimen::report("innocent");
        report.lessons[0].checks = vec![report.lessons[0].checks[2].clone(); 3];
        let page = read(&report);
        assert_eq!(texts(&page, ".reasons"), ["innocent\ninnocent"]);
        let rows = texts(&page, "tbody th");
        assert_eq!(rows, ["None of the lesson’s checks could run (3)."]);
    }

    #[test]
    fn a_reason_is_given_once() {
        let mut report = specimen::report("innocent");
        report.lessons[0].checks[2] = report.lessons[0].checks[1].clone();
        let reasons = texts(&read(&report), ".reasons");
        assert!(reasons[1].starts_with("innocent") && reasons[3].contains("“check two”"));
    }
}
