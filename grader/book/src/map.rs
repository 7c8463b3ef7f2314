//! The map of the course: which lessons there are, and what builds on what.

use std::fmt::Write;

use engine::{Plan, checks::Lesson};

use crate::lesson::number;

/// Sizes in pixels.
const BOX: [f64; 2] = [150.0, 54.0];
const GAP: [f64; 2] = [22.0, 40.0];

/// Where a lesson stands in the drawing.
struct Place {
    lesson: &'static Lesson,
    row: usize,
    column: i32,
}

/// The map as a figure in one line: each lesson stands below those that it builds on.
pub fn drawn(lessons: &[&'static Lesson]) -> String {
    let places = places(lessons);
    let rows = places.iter().map(|it| it.row + 1).max().unwrap_or(0);
    let columns = places.iter().map(|it| it.column + 1).max().unwrap_or(0);
    let width = f64::from(columns) * (BOX[0] + GAP[0]) - GAP[0] + 4.0;
    let height = rows as f64 * (BOX[1] + GAP[1]) - GAP[1] + 4.0;
    let mut svg = format!(
        "<figure class=\"graph\"><svg role=\"img\" aria-label=\"The lessons, each below those that it builds \
         on; the tables below have the same\" style=\"width:{width}px;min-width:{width}px\" \
         viewBox=\"-2 -2 {width} {height}\">"
    );
    for to in &places {
        let from = places.iter().filter(|it| leads(lessons, it.lesson, to.lesson));
        svg.extend(from.map(|from| edge(from, to)));
    }
    svg.extend(places.iter().map(Place::drawn));
    svg + "</svg></figure>"
}

/// Whether one lesson builds on another, and on none that does.
fn leads(lessons: &[&'static Lesson], from: &Lesson, to: &Lesson) -> bool {
    let between =
        |it: &&&Lesson| to.prerequisites.contains(&it.id) && builds_on(lessons, it, from.id);
    to.prerequisites.contains(&from.id) && !lessons.iter().any(|it| between(&it))
}

/// Whether a lesson builds on another, directly or not.
fn builds_on(lessons: &[&'static Lesson], lesson: &Lesson, id: &str) -> bool {
    lesson.prerequisites.iter().any(|first| {
        let first_lesson = lessons.iter().find(|it| it.id == *first);
        *first == id || first_lesson.is_some_and(|it| builds_on(lessons, it, id))
    })
}

/// How many lessons stand below one another from this one on.
fn height(lessons: &[&'static Lesson], lesson: &Lesson) -> usize {
    let above = lessons.iter().filter(|it| it.prerequisites.contains(&lesson.id));
    above.map(|it| height(lessons, it) + 1).max().unwrap_or(0)
}

/// Rows by the longest way from a first lesson. The longest way on from a lesson stays in its column; what else
/// builds on it takes the next column that has neither a lesson nor an edge there.
fn places(lessons: &[&'static Lesson]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for lesson in lessons {
        let below = |it: &&Place| lesson.prerequisites.contains(&it.lesson.id);
        let row = places.iter().filter(below).map(|it| it.row + 1).max().unwrap_or(0);
        places.push(Place { lesson, row, column: 0 });
    }
    for at in 0..places.len() {
        places[at].column = column(lessons, &places, at);
    }
    let left = places.iter().map(|it| it.column).min().unwrap_or(0);
    places.iter_mut().for_each(|it| it.column -= left);
    places
}

/// The column of the lesson at this place; those before it have theirs.
fn column(lessons: &[&'static Lesson], places: &[Place], at: usize) -> i32 {
    let (lesson, row) = (places[at].lesson, places[at].row);
    // Whether no lesson stands in a column from this row on, and no edge runs down it.
    let is_free = |column: i32| {
        let mut in_column = places[..at].iter().filter(|it| it.column == column);
        in_column.all(|it| last_row(lessons, places, it) < row)
    };
    let above: Vec<_> =
        places[..at].iter().filter(|it| leads(lessons, it.lesson, lesson)).collect();
    let is_heir = |of: &&&Place| {
        let next = lessons.iter().filter(|it| leads(lessons, of.lesson, it));
        let heir = next.rev().max_by_key(|it| height(lessons, it));
        heir.is_some_and(|it| it.id == lesson.id)
    };
    if let Some(of) = above.iter().filter(is_heir).max_by_key(|it| it.row) {
        return of.column;
    }
    let start = above.first().map_or(0, |it| it.column);
    let mut nearest = (1..).flat_map(|step| [start - step, start + step]);
    nearest.find(|it| is_free(*it)).unwrap_or(start)
}

/// The last row to which a lesson or its edges take up its column.
fn last_row(lessons: &[&'static Lesson], places: &[Place], of: &Place) -> usize {
    let next = places.iter().filter(|it| leads(lessons, of.lesson, it.lesson));
    next.map(|it| it.row - 1).max().unwrap_or(of.row)
}

impl Place {
    fn left(&self) -> f64 {
        f64::from(self.column) * (BOX[0] + GAP[0])
    }

    fn top(&self) -> f64 {
        self.row as f64 * (BOX[1] + GAP[1])
    }

    fn drawn(&self) -> String {
        let (left, top, [width, height]) = (self.left(), self.top(), BOX);
        let mut svg = format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
        );
        let lines = wrapped(self.lesson.title, 22);
        let middle = left + width / 2.0;
        let first = top + height / 2.0 - 8.0 * lines.len() as f64 + 4.0;
        let _ = write!(
            svg,
            "<text class=\"number\" x=\"{middle}\" y=\"{first}\">{}</text>",
            number(self.lesson.id)
        );
        for (at, line) in (1..).zip(lines) {
            let y = first + 16.0 * f64::from(at);
            let _ = write!(svg, "<text x=\"{middle}\" y=\"{y}\">{line}</text>");
        }
        svg
    }
}

/// From the lower side of a lesson, down its column, to the upper side of one that builds on it.
fn edge(from: &Place, to: &Place) -> String {
    let (x, y) = (from.left() + BOX[0] / 2.0, from.top() + BOX[1]);
    let (to_x, to_y) = (to.left() + BOX[0] / 2.0, to.top());
    let (bend, end) = (to_y - GAP[1], to_y - 9.0);
    let middle = (bend + end) / 2.0;
    format!(
        "<path d=\"M{x} {y}V{bend}C{x} {middle} {to_x} {middle} {to_x} {end}\"/>\
         <path class=\"tip\" d=\"M{to_x} {to_y}l-4 -9h8z\"/>"
    )
}

/// Lines of about this many letters.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The map as tables: what is ready phase by phase, and what is planned.
pub fn tables(lessons: &[&'static Lesson], plan: &Plan) -> String {
    let mut text = String::new();
    for phase in &plan.phases {
        let _ = write!(text, "## {}\n\n", phase.title);
        let ready = |id: &str| lessons.iter().find(|it| it.id == id);
        if phase.lessons.iter().any(|it| ready(&it.id).is_some()) {
            text += "| lesson | you build | builds on |\n|---|---|---|\n";
        }
        for planned in &phase.lessons {
            let Some(lesson) = ready(&planned.id) else { continue };
            let on: Vec<_> = lesson.prerequisites.iter().map(|id| number(id)).collect();
            let (id, number, title) = (lesson.id, number(lesson.id), lesson.title);
            let _ = writeln!(
                text,
                "| [{number} {title}]({id}.md) | {} | {} |",
                planned.builds,
                on.join(", ")
            );
        }
        let planned = phase.lessons.iter().filter(|it| ready(&it.id).is_none());
        let planned: Vec<_> =
            planned.map(|it| format!("{} {}", number(&it.id), it.title)).collect();
        if !planned.is_empty() {
            let _ = write!(text, "\nPlanned: {}.\n", planned.join(" · "));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use engine::{Phase, PlannedLesson};

    use super::*;

    const fn lesson(id: &'static str, after: &'static [&'static str]) -> Lesson {
        Lesson { id, prerequisites: after, ..Lesson::new("A lesson with a title", &[]) }
    }

    static LESSONS: [Lesson; 6] = [
        lesson("ex_1_1", &[]),
        lesson("ex_1_2", &["ex_1_1"]),
        lesson("ex_1_3", &["ex_1_1"]),
        lesson("ex_2_1", &["ex_1_1", "ex_1_3"]),
        lesson("ex_2_2", &["ex_2_1"]),
        lesson("ex_2_3", &["ex_1_2", "ex_2_2"]),
    ];

    #[test]
    fn each_lesson_stands_below_what_it_builds_on_and_no_edge_crosses_one() {
        let lessons: Vec<_> = LESSONS.iter().collect();
        let found: Vec<_> = places(&lessons).iter().map(|it| (it.row, it.column)).collect();
        // 1.2 stands beside the longest way, and its edge runs down there.
        assert_eq!(found, [(0, 1), (1, 0), (1, 1), (2, 1), (3, 1), (4, 1)]);
        let svg = drawn(&lessons);
        // 2.1 builds on 1.1 by way of 1.3.
        assert_eq!((svg.matches("<rect").count(), svg.matches("class=\"tip\"").count()), (6, 6));
    }

    #[test]
    fn a_long_title_takes_lines() {
        assert_eq!(wrapped("A second one with a title", 12), ["A second one", "with a title"]);
    }

    #[test]
    fn the_tables_have_what_is_ready_and_what_is_planned() {
        let planned = |id: &str| PlannedLesson {
            id: id.to_owned(),
            title: "Planned".to_owned(),
            builds: "it".to_owned(),
        };
        let phase = Phase {
            title: "Phase 1".to_owned(),
            lessons: vec![planned("ex_1_2"), planned("ex_9_1")],
        };
        let text = tables(&[&LESSONS[1]], &Plan { phases: vec![phase] });
        assert!(text.contains("| [1.2 A lesson with a title](ex_1_2.md) | it | 1.1 |"), "{text}");
        assert!(text.contains("Planned: 9.1 Planned."), "{text}");
    }
}
