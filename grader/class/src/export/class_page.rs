//! A class at a glance, as one page without scripts and with nothing to load.

use engine::render::{self, harmless};
use maud::{Markup, html};

use super::{file_name, points, table};
use crate::{
    marks::{Heading, Marks, Outcome, Standing},
    overview::{LessonOverview, Mistake, Overview},
    similarity::Pair,
};

const STYLE: &str = include_str!("class_page.css");

/// Columns of the distribution: from 0 to 100 percent in steps of ten, and all points.
const BINS: usize = 11;

/// How many pairs are named.
const MAX_PAIRS: usize = 50;

/// The drawing's size, in its own units.
const WIDTH: usize = 440;
const HEIGHT: usize = 150;
/// Where the columns stand.
const FLOOR: usize = 120;

/// The page of a class.
pub fn page(marks: &Marks, overview: &Overview) -> String {
    let body = html! {
        h1 { (harmless(&marks.class)) }
        (facts(marks))
        h2 { "Points" }
        (distribution(marks))
        h2 { "Lessons" }
        @for lesson in &overview.lessons { (lesson_part(lesson)) }
        h2 { "Learners" }
        (learners(marks))
        @if !overview.pairs.is_empty() { (alike(&overview.pairs)) }
    };
    render::page(&marks.class, STYLE, &body)
}

fn facts(marks: &Marks) -> Markup {
    let handed_in = |it: &&Standing| it.results.iter().any(|it| it.submission.is_some());
    let learners = &marks.learners;
    let active = learners.iter().filter(handed_in).count();
    let open = learners.iter().filter(|it| it.total.is_none()).count();
    html! {
        ul.facts {
            li { strong { (learners.len()) } "learners" }
            li { strong { (active) } "handed something in" }
            li { strong { (median(marks).map_or("–".to_owned(), points)) } "percent, the median" }
            @if open > 0 { li.open { strong { (open) } "with something not graded yet" } }
        }
    }
}

/// The middle of those who handed something in.
fn median(marks: &Marks) -> Option<f64> {
    let mut percents = percents(marks);
    percents.sort_by(f64::total_cmp);
    let (half, odd) = (percents.len() / 2, percents.len() % 2 == 1);
    let upper = percents.get(half)?;
    Some(if odd { *upper } else { (percents[half - 1] + upper) / 2.0 })
}

fn percents(marks: &Marks) -> Vec<f64> {
    let handed_in = marks
        .learners
        .iter()
        .filter(|it| it.results.iter().any(|outcome| outcome.submission.is_some()));
    handed_in.filter_map(|it| Some(100.0 * it.total?)).collect()
}

/// How many learners reached how much.
fn distribution(marks: &Marks) -> Markup {
    let mut bins = [0; BINS];
    for percent in percents(marks) {
        let bin = (0..BINS - 1).rev().find(|bin| percent >= (bin * 10) as f64).unwrap_or(0);
        bins[if percent >= 100.0 { BINS - 1 } else { bin }] += 1;
    }
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    let step = WIDTH / BINS;
    let bar = |(bin, &count): (usize, &usize)| {
        let height = (FLOOR - 20) * count / most;
        let last = bin == BINS - 1;
        let label =
            if last { "100".to_owned() } else { format!("{}–{}", bin * 10, bin * 10 + 9) };
        html! {
            rect x=(bin * step + 3) y=(FLOOR - height) width=(step - 6) height=(height) {}
            text x=(bin * step + step / 2) y=(FLOOR + 18) text-anchor="middle" { (label) }
            @if count > 0 {
                text x=(bin * step + step / 2) y=(FLOOR - height - 4) text-anchor="middle" { (count) }
            }
        }
    };
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img"
            aria-label="How many learners reached how many percent" {
            line x1="0" y1=(FLOOR) x2=(WIDTH) y2=(FLOOR) {}
            @for each in bins.iter().enumerate() { (bar(each)) }
        }
        p.quiet { "Learners by percent of the points, of those who handed something in." }
    }
}

fn lesson_part(lesson: &LessonOverview) -> Markup {
    html! {
        h3 { (lesson.id) " " (lesson.title) }
        @if lesson.learners == 0 { p.quiet { "Nobody’s work has been graded yet." } }
        @else {
            div.wide { table {
                thead { tr { th scope="col" { "Check" } th.number scope="col" { "Passed by" } th {} } }
                tbody { @for (title, passed) in &lesson.checks { tr {
                    th scope="row" { (title) }
                    td.number { (passed) " of " (lesson.learners) }
                    td.share { div style=(format!("width: {}%", 100 * passed / lesson.learners)) {} }
                } } }
            } }
            @for mistake in &lesson.mistakes { (mistake_part(mistake)) }
        }
    }
}

fn mistake_part(mistake: &Mistake) -> Markup {
    let count = mistake.learners;
    html! {
        div.mistake {
            p { (harmless(&mistake.explanation)) }
            p.quiet { (count) @if count == 1 { " learner made it" } @else { " learners made it" } }
        }
    }
}

/// Who shares long passages with whom, with what that means.
fn alike(pairs: &[Pair]) -> Markup {
    html! {
        h2 { "Submissions that look alike" }
        p {
            "These share long passages that few others have, whatever their names and comments are. That is a "
            "reason to look at both, and no more: a short lesson has few ways to be written, and who learns "
            "from the same page writes alike. No grade depends on it."
        }
        div.wide { table {
            thead { tr { @for name in ["Lesson", "Learners", "Shared"] { th scope="col" { (name) } } } }
            tbody { @for pair in pairs.iter().take(MAX_PAIRS) { tr {
                th scope="row" { (pair.lesson) }
                td { (harmless(&pair.one)) ", " (harmless(&pair.other)) }
                td.number { (points((100.0 * pair.share).round())) " %" }
            } } }
        } }
        @if pairs.len() > MAX_PAIRS { p.quiet { (pairs.len() - MAX_PAIRS) " more pairs share less." } }
    }
}

fn learners(marks: &Marks) -> Markup {
    html! {
        div.wide { table {
            thead { tr {
                @for name in ["Id", "Name"] { th scope="col" { (name) } }
                th.number scope="col" { "Percent" }
                @for heading in &marks.assignments { th.number scope="col" { (heading.id) } }
                th scope="col" { "Stuck at" }
            } }
            tbody { @for standing in &marks.learners { (row(marks, standing)) } }
        } }
    }
}

fn row(marks: &Marks, standing: &Standing) -> Markup {
    let percent = standing.total.map_or("open".to_owned(), |total| points(100.0 * total));
    html! {
        tr {
            th scope="row" { (harmless(&standing.id)) }
            td { (harmless(&standing.name)) }
            td.number { (percent) }
            @for (heading, outcome) in marks.assignments.iter().zip(&standing.results) {
                td.number { (link(heading, standing, outcome)) }
            }
            td { (stuck(standing)) }
        }
    }
}

fn link(heading: &Heading, standing: &Standing, outcome: &Outcome) -> Markup {
    let reached = table::reached(outcome);
    let file = format!("reports/{}/{}.html", heading.id, address(&file_name(&standing.id)));
    html! {
        @if outcome.submission.is_none() { "–" }
        @else { a href=(file) { (reached) } }
        @if outcome.lessons.iter().any(|mark| !mark.amendments.is_empty()) { span.quiet { " amended" } }
    }
}

/// The name of a file as an address has it.
fn address(file: &str) -> String {
    file.replace('%', "%25")
}

/// The first lesson of the last thing handed in that has not every point, and since when.
fn stuck(standing: &Standing) -> Markup {
    let last = standing.results.iter().rev().find(|outcome| outcome.submission.is_some());
    let lesson = last.and_then(|outcome| {
        let is_short =
            |it: &&crate::marks::Mark| it.score.is_some_and(|score| score < it.max_score);
        Some((outcome, outcome.lessons.iter().find(is_short)?))
    });
    html! {
        @if let Some((outcome, mark)) = lesson {
            (mark.lesson)
            @if let Some(received) = &outcome.received {
                span.quiet { " since " (received.get(..10).unwrap_or(received)) }
            }
        }
    }
}
