//! The table that Canvas imports grades from.
//!
//! Its columns are those of the gradebook that Canvas itself exports: who, then a column for each
//! assignment; a second row holds the points that there are.

use engine::render::cell;

use super::{points, table::reached, text};
use crate::marks::Marks;

/// The columns that name a learner. Canvas finds learners by their SIS user id.
const WHO: [&str; 5] = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"];

/// One row for each learner.
pub fn table(marks: &Marks) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let names = marks.assignments.iter().map(|it| it.id.clone());
    table.write_record(WHO.map(str::to_owned).into_iter().chain(names))?;
    let max = marks.assignments.iter().map(|it| points(it.lessons.iter().map(|it| it.1).sum()));
    let first = ["    Points Possible", "", "", "", ""].map(str::to_owned);
    table.write_record(first.into_iter().chain(max))?;
    for standing in &marks.learners {
        let (name, id) = (cell(&standing.name), cell(&standing.id));
        let who = [name, String::new(), id, String::new(), String::new()];
        // An empty cell leaves a grade as it is, and so does what is not known yet.
        let grade = |reached: String| if reached == "open" { String::new() } else { reached };
        let grades = standing.results.iter().map(|it| grade(reached(it)));
        table.write_record(who.into_iter().chain(grades))?;
    }
    text(table)
}
