//! The gradebook as a table for a spreadsheet: one row for each learner.

use engine::render::cell;

use super::{decision, late, points, text};
use crate::marks::{Heading, Mark, Marks, Outcome, Standing};

/// One row for each learner, with everything that the marks are made of.
pub fn table(marks: &Marks) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(header(marks))?;
    for standing in &marks.learners {
        table.write_record(row(marks, standing))?;
    }
    text(table)
}

fn header(marks: &Marks) -> Vec<String> {
    let mut header = ["id", "name", "team", "percent"].map(str::to_owned).to_vec();
    for Heading { id, lessons } in &marks.assignments {
        let columns = ["points", "max", "days_late", "attempts", "submission", "remarks"];
        header.extend(columns.map(|column| format!("{id} {column}")));
        header.extend(lessons.iter().map(|(lesson, _)| format!("{id} {lesson}")));
    }
    header
}

fn row(marks: &Marks, standing: &Standing) -> Vec<String> {
    let percent = standing.total.map_or("open".to_owned(), |total| points(100.0 * total));
    let mut row = vec![cell(&standing.id), cell(&standing.name), cell(&standing.team), percent];
    for (heading, outcome) in marks.assignments.iter().zip(&standing.results) {
        let max: f64 = heading.lessons.iter().map(|(_, max)| max).sum();
        row.push(reached(outcome));
        row.push(points(max));
        row.push(outcome.days_late.to_string());
        row.push(outcome.attempts.to_string());
        row.push(cell(outcome.submission.as_deref().unwrap_or_default()));
        row.push(cell(&remarks(outcome)));
        let mark = |at| outcome.lessons.get(at).map_or(String::new(), score);
        row.extend((0..heading.lessons.len()).map(mark));
    }
    row
}

/// The points of an outcome: `open` where some are not known, and nothing where nothing was handed in.
pub fn reached(outcome: &Outcome) -> String {
    match (&outcome.submission, outcome.points()) {
        (None, _) => String::new(),
        (_, None) => "open".to_owned(),
        (_, Some(reached)) => points(reached),
    }
}

fn score(mark: &Mark) -> String {
    mark.score.map_or("open".to_owned(), points)
}

/// What a person has to know beside the points.
pub fn remarks(outcome: &Outcome) -> String {
    if outcome.submission.is_none() {
        return "nothing was handed in".to_owned();
    }
    let of_lessons = outcome.lessons.iter().flat_map(|mark| {
        let open = mark.open.as_ref().map(|why| format!("{} is open: {why}", mark.lesson));
        let amended = mark
            .amendments
            .iter()
            .map(|it| format!("{} {}: {}", mark.lesson, it.check, decision(it)));
        open.into_iter().chain(amended).collect::<Vec<_>>()
    });
    late(outcome).into_iter().chain(of_lessons).collect::<Vec<_>>().join("; ")
}
