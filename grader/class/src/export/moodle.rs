//! The table that Moodle imports grades from: its teacher says which column is which.

use engine::render::cell;

use super::{
    table::{reached, remarks},
    text,
};
use crate::marks::Marks;

/// One row for each learner: the id number, and grade and feedback of each assignment.
pub fn table(marks: &Marks) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let of_assignments =
        marks.assignments.iter().flat_map(|it| [it.id.clone(), format!("{} (feedback)", it.id)]);
    let who = ["ID number", "Full name"].map(str::to_owned);
    table.write_record(who.into_iter().chain(of_assignments))?;
    for standing in &marks.learners {
        let who = [cell(&standing.id), cell(&standing.name)];
        let results = standing.results.iter().flat_map(|outcome| {
            let reached = reached(outcome);
            // Moodle takes a dash for no grade; an empty cell may become 0.
            let is_known = !reached.is_empty() && reached != "open";
            [if is_known { reached } else { "-".to_owned() }, cell(&remarks(outcome))]
        });
        table.write_record(who.into_iter().chain(results))?;
    }
    text(table)
}
