use gradcheck::HeatMap;
use maud::{Markup, html};

use super::{harmless, of, page};
use crate::curve::{Curve, shown};
use crate::error_map::ErrorMap;
use crate::report::{CheckReport, LessonReport, Place, Report, Verdict};

const STYLE: &str = include_str!("html.css");

/// In a report of more lessons, one with nothing to mend is closed.
const MAX_OPEN_LESSONS: usize = 3;

/// How many lines of what the code printed are shown before a reader asks for them.
const MAX_OPEN_LINES: usize = 12;

/// The side of a cell of a map, in the drawing's units, and the room for the numbers beside the map.
const CELL: usize = 12;
const NUMBERS: usize = 40;

/// The report as one page for a person, without scripts and with nothing to load.
pub fn html(report: &Report) -> String {
    html_with(report, &[("Seed", report.seed.to_string())])
}

/// The same with these facts in place of the seed, which is a secret where a whole class shares it.
pub fn html_with(report: &Report, facts: &[(&str, String)]) -> String {
    let score = of(report.score, report.max_score);
    let body = html! {
        h1 { "Gradlings report" }
        p.score { (score) " points" }
        @if report.sandbox == "none" {
            p.warning {
                strong { "Unsandboxed: " } "nothing confined this code while it was graded."
            }
        }
        @if report.lessons.len() > 1 { (glance(&report.lessons)) }
        @let is_long = report.lessons.len() > MAX_OPEN_LESSONS;
        @for report in &report.lessons {
            (lesson(report, !is_long || report.verdict != Verdict::Passed))
        }
        h2 { "How this was graded" }
        (circumstances(report, facts))
    };
    page(&format!("{score} points · {}", report.submission), STYLE, &body)
}

/// A row for each lesson, which leads to its part.
fn glance(lessons: &[LessonReport]) -> Markup {
    html! {
        table.glance {
            thead { tr { @for name in ["Lesson", "Verdict", "Points"] { th scope="col" { (name) } } } }
            tbody { @for lesson in lessons { tr {
                th scope="row" {
                    a href=(format!("#{}", lesson.id)) { (lesson.id) " " (lesson.title) }
                    div.bar { div style=(format!("width: {:.0}%", percent(lesson))) {} }
                }
                td class=(tone(lesson.verdict)) { (lesson.word()) }
                td { (of(lesson.score, lesson.max_score)) }
            } } }
        }
    }
}

/// How much of a lesson there is: of its points, or of its checks where they have none.
fn percent(lesson: &LessonReport) -> f64 {
    let passed = lesson.checks.iter().filter(|check| check.verdict == Verdict::Passed).count();
    let share = match lesson.max_score > 0.0 {
        true => lesson.score / lesson.max_score,
        false => passed as f64 / lesson.checks.len().max(1) as f64,
    };
    100.0 * share.clamp(0.0, 1.0)
}

/// What was graded, and how.
fn circumstances(report: &Report, facts: &[(&str, String)]) -> Markup {
    let always = [
        ("Submission", harmless(&report.submission)),
        ("SHA-256", report.submission_sha256.clone()),
        ("Graded", grading(report).to_owned()),
        ("Sandbox", report.sandbox.clone()),
        ("GEMM", report.gemm_backend.clone()),
        ("Grader", report.grader_version.clone()),
    ];
    html! {
        dl { @for (name, fact) in always.iter().chain(facts) { dt { (name) } dd { (fact) } } }
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

fn lesson(report: &LessonReport, is_open: bool) -> Markup {
    html! {
        section id=(report.id) {
            h2 { (report.id) " " (report.title) }
            @if is_open { (checks(report)) }
            @else {
                details { summary { (passed(report)) } (checks(report)) }
            }
            @if !report.output.is_empty() {
                h3 { "What the code printed" }
                (foldable(&report.output))
            }
        }
    }
}

/// What is said of a lesson in which there is nothing to mend.
fn passed(report: &LessonReport) -> String {
    let checks = report.checks.len();
    let checks = if checks == 1 { "1 check".to_owned() } else { format!("{checks} checks") };
    format!("{checks} passed, {} points", of(report.score, report.max_score))
}

fn checks(report: &LessonReport) -> Markup {
    let checks = report.as_read();
    html! {
        table {
            thead { tr { @for name in ["Check", "Verdict", "Points"] { th scope="col" { (name) } } } }
            tbody {
                @if let Some(reason) = report.stopped_by() { (stopped(reason, checks.len())) }
                @else {
                    @for (at, check) in checks.iter().enumerate() {
                        (row(check))
                        (reasons(check, &checks[..at]))
                        @if !check.maps.is_empty() {
                            tr { td.reasons colspan="3" { @for map in &check.maps { (mapped(map)) } } }
                        }
                        @if let Some(curve) = &check.curve {
                            tr { td.reasons colspan="3" { (drawn(curve)) } }
                        }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { "Lesson" }
                td class=(tone(report.verdict)) { (report.word()) }
                td { (of(report.score, report.max_score)) }
            } }
        }
    }
}

/// Why none of the checks of a lesson could run.
fn stopped(reason: &CheckReport, checks: usize) -> Markup {
    html! {
        tr { th scope="row" colspan="3" { "None of the lesson’s checks could run (" (checks) ")." } }
        tr { td.reasons colspan="3" {
            @if let Some(place) = &reason.place { (placed(place)) }
            (text(&reason.message))
        } }
    }
}

fn row(check: &CheckReport) -> Markup {
    html! {
        tr {
            th scope="row" {
                (check.title)
                @if let Some(place) = &check.place { " " (placed(place)) }
            }
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
                text x="464" y="150" text-anchor="end" { (last) " " (harmless(&curve.unit)) }
            }
            figcaption { (harmless(&curve.told())) }
        }
    }
}

/// Where a gradient is wrong: a cell for each coordinate, or for the worst of several.
fn mapped(map: &ErrorMap) -> Markup {
    let columns = map.rows.iter().map(|row| row.chars().count()).max().unwrap_or(0);
    let (right, bottom) = (NUMBERS + columns * CELL, (map.rows.len() + 1) * CELL);
    let [last_row, last_column] = map.shape.map(|length| length.saturating_sub(1));
    let told = map.told();
    html! {
        figure.map {
            svg viewBox=(format!("0 0 {right} {bottom}")) style=(format!("max-width: {}px", 3 * right / 2))
                role="img" aria-label=(told) {
                text x=(NUMBERS + 3) y="9" { "0" }
                text x="34" y=(2 * CELL - 3) text-anchor="end" { "0" }
                @if last_column > 0 { text x=(right - 2) y="9" text-anchor="end" { (last_column) } }
                @if last_row > 0 { text x="34" y=(bottom - 3) text-anchor="end" { (last_row) } }
                @for (at, row) in map.rows.iter().enumerate() { (cells(row, at)) }
            }
            figcaption { (told) }
            (legend(map))
        }
    }
}

/// A row of cells. What is not finite is crossed as well: colours alone may not tell it apart.
fn cells(row: &str, at: usize) -> Markup {
    let top = (at + 1) * CELL;
    html! {
        @for (column, symbol) in row.chars().enumerate() {
            @let left = NUMBERS + column * CELL;
            rect class=(format!("off-{}", level(symbol))) x=(left) y=(top) width="11" height="11" {}
            @if level(symbol) == HeatMap::LEGEND.len() - 1 {
                path.cross d=(format!("M{} {}l7 7m0-7l-7 7", left + 2, top + 2)) {}
            }
        }
    }
}

/// The place of a symbol among all; of what is none, the last.
fn level(symbol: char) -> usize {
    let levels = HeatMap::LEGEND;
    levels.iter().position(|(other, _)| *other == symbol).unwrap_or(levels.len() - 1)
}

/// The levels that a map shows.
fn legend(map: &ErrorMap) -> Markup {
    let shows = |at: usize| map.rows.iter().any(|row| row.chars().any(|it| level(it) == at));
    html! {
        ul.legend {
            @for (at, (_, label)) in HeatMap::LEGEND.iter().enumerate().filter(|(at, _)| shows(*at)) {
                li { span class=(format!("swatch off-{at}")) {} (label) }
            }
        }
    }
}

/// A line of the learner's.
fn placed(place: &Place) -> Markup {
    html! { span.place { (harmless(&place.file)) ":" (place.line) } }
}

/// Lines that are shown at once where they are few.
fn foldable(text: &str) -> Markup {
    let count = text.lines().count();
    html! {
        @if count > MAX_OPEN_LINES { details { summary { (count) " lines" } (lines(text)) } }
        @else { (lines(text)) }
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

    use super::{super::page::POLICY, *};
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
        let page = page.replace("href=\"#ex_", "");
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
        assert_eq!(texts(&page, "svg text")[..4], ["0.750", "0.125", "0", "2 epochs"]);
        let line = Selector::parse("polyline").unwrap();
        let points = page.select(&line).next().unwrap().attr("points");
        assert_eq!(points, Some("64.0,12.0 264.0,108.0 464.0,132.0"));
        report.lessons[0].checks.iter_mut().for_each(|check| check.curve = None);
        assert!(texts(&read(&report), "polyline").is_empty());
    }

    #[test]
    fn a_wrong_gradient_is_mapped() {
        let page = read(&specimen::report("innocent"));
        assert_eq!(texts(&page, "figcaption")[1], "dL/dW (2 × 3): wrong in 4 of 6 cells");
        let levels = [0, 0, 3, 1, 2, 4].map(|level| format!("off-{level}"));
        let cells = Selector::parse("rect").unwrap();
        let cells: Vec<_> = page.select(&cells).map(|it| it.attr("class").unwrap()).collect();
        assert_eq!(cells, levels);
        assert_eq!(texts(&page, ".legend li").len(), 5);
        assert_eq!(texts(&page, ".cross").len(), 1);
        assert_eq!(
            texts(&page, ".map text"),
            ["0", "0", "2", "1"],
            "the first and the last of each"
        );
    }

    #[test]
    fn several_lessons_are_seen_at_a_glance() {
        let mut report = specimen::report("innocent");
        assert!(texts(&read(&report), ".glance").is_empty(), "one lesson needs none");
        report.lessons = vec![report.lessons[0].clone(); 2];
        report.lessons[1].id = "ex_90_2".to_owned();
        let page = read(&report);
        let links = Selector::parse(".glance a").unwrap();
        for link in page.select(&links).map(|it| it.attr("href").unwrap()) {
            assert_eq!(page.select(&Selector::parse(link).unwrap()).count(), 1, "{link}");
        }
        let bar = Selector::parse(".glance .bar div").unwrap();
        let bars: Vec<_> = page.select(&bar).map(|it| it.attr("style").unwrap()).collect();
        assert_eq!(bars, ["width: 33%"; 2]);
        let report = report.unscored();
        let bars = html(&report).matches("width: 33%").count();
        assert_eq!(bars, 2, "a share of the checks where there are no points");
    }

    #[test]
    fn of_many_lessons_those_with_nothing_to_mend_are_closed() {
        let mut report = specimen::report("innocent");
        report.lessons[0].output = "a line\n".repeat(MAX_OPEN_LINES + 1);
        report.lessons = vec![report.lessons[0].clone(); MAX_OPEN_LESSONS + 1];
        report.lessons[1].verdict = Verdict::Passed;
        let page = read(&report);
        let closed = texts(&page, "section > details > summary");
        let prints = "13 lines";
        assert_eq!(closed, [prints, "3 checks passed, 2 / 6 points", prints, prints, prints]);
        report.lessons.truncate(MAX_OPEN_LESSONS);
        report.lessons[0].output.clear();
        assert_eq!(texts(&read(&report), "section > details > summary").len(), 2);
    }

    #[test]
    fn a_place_stands_beside_its_check() {
        let mut report = specimen::report("innocent");
        let place = Place { file: "src/<b>.rs".to_owned(), line: 7 };
        report.lessons[0].checks[1].place = Some(place.clone());
        assert_eq!(texts(&read(&report), "tbody th")[1], "check two src/<b>.rs:7");
        report.lessons[0] = report.lessons[0].clone().at(Some(place));
        report.lessons[0].checks = vec![report.lessons[0].checks[2].clone(); 2];
        assert_eq!(texts(&read(&report), ".reasons .place"), ["src/<b>.rs:7"]);
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
        assert!(reasons[1].starts_with("innocent") && reasons[4].contains("“check two”"));
    }
}
