//! What leaves the gradebook: tables for people and for the systems that keep grades, and pages.

mod canvas;
mod class_page;
mod moodle;
mod table;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use engine::report::{LessonReport, Report, SCHEMA_VERSION};

use crate::{
    gradebook::{Gradebook, GradebookError},
    marks::{Amended, Mark, Marks, Outcome},
    overview::Overview,
};

/// An export failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExportError {
    /// The gradebook cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Gradebook(#[from] GradebookError),
    /// A table cannot be made.
    #[error("failed to make a table")]
    Table(#[from] csv::Error),
    /// JSON cannot be made.
    #[error("failed to make JSON")]
    Json(#[from] serde_json::Error),
    /// A file cannot be written.
    #[error("failed to write {path}")]
    #[diagnostic(help(
        "the grades are safe in the gradebook: free some space, then `grader export`"
    ))]
    Write { path: PathBuf, source: io::Error },
    /// A file that is out of date cannot be removed.
    #[error("failed to remove {path}, which is out of date")]
    Remove { path: PathBuf, source: io::Error },
}

/// Writes every table and every page into a folder.
///
/// # Errors
/// When one of them cannot be made or written.
pub fn all(
    folder: &Path,
    marks: &Marks,
    overview: &Overview,
    book: &mut Gradebook,
) -> Result<(), ExportError> {
    write(&folder.join("gradebook.csv"), &table::table(marks)?)?;
    write(&folder.join("canvas.csv"), &canvas::table(marks)?)?;
    write(&folder.join("moodle.csv"), &moodle::table(marks)?)?;
    write(&folder.join("gradebook.json"), &(serde_json::to_string_pretty(marks)? + "\n"))?;
    write(&folder.join("class.html"), &class_page::page(marks, overview))?;
    let reports = folder.join("reports");
    let mut written = BTreeSet::new();
    for standing in &marks.learners {
        for (heading, outcome) in marks.assignments.iter().zip(&standing.results) {
            let Some(report) = report(outcome, book)? else { continue };
            let name = format!("{}.html", file_name(&standing.id));
            let file = reports.join(&heading.id).join(name);
            write(
                &file,
                &engine::render::html_with(&report, &[("Handed in", handed_in(outcome))]),
            )?;
            written.insert(file);
        }
    }
    remove_others(&reports, &written)
}

/// Removes reports of learners who were deleted or renamed, and of what does not count any more.
fn remove_others(reports: &Path, written: &BTreeSet<PathBuf>) -> Result<(), ExportError> {
    let inside = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let files = inside(reports).flat_map(|folder| inside(&folder.path()));
    let others = files.map(|file| file.path()).filter(|file| !written.contains(file));
    for path in others.filter(|it| it.extension().is_some_and(|it| it == "html")) {
        fs::remove_file(&path).map_err(|source| ExportError::Remove { path, source })?;
    }
    Ok(())
}

/// The report of what counts, as a grading of one submission gives it.
///
/// # Errors
/// When the gradebook cannot be read.
pub fn report(outcome: &Outcome, book: &mut Gradebook) -> Result<Option<Report>, GradebookError> {
    let Some(submission) = &outcome.submission else { return Ok(None) };
    let mut lessons = Vec::new();
    for mark in &outcome.lessons {
        lessons.extend(book.grade(&mark.graded)?.map(|grade| amended(grade.report, mark)));
    }
    let told = |book: &mut Gradebook, entry| book.told(entry).map(Option::unwrap_or_default);
    Ok(Some(Report {
        schema_version: SCHEMA_VERSION,
        grader_version: env!("CARGO_PKG_VERSION").to_owned(),
        submission: submission.clone(),
        submission_sha256: engine::hash(outcome.lessons.iter().map(|mark| &mark.graded)),
        // The seed of a class is secret: nothing shows this one.
        seed: 0,
        gemm_backend: told(book, "gemm_backend")?,
        sandbox: told(book, "sandbox")?,
        record: told(book, "record")? == "true",
        own_stack: false,
        handout: false,
        score: lessons.iter().map(|lesson| lesson.score).sum(),
        max_score: lessons.iter().map(|lesson| lesson.max_score).sum(),
        lessons,
    }))
}

/// When a learner handed it in, and what that costs.
fn handed_in(outcome: &Outcome) -> String {
    let received = outcome.received.as_deref().unwrap_or("nobody knows when");
    [Some(received.to_owned()), late(outcome)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What lateness leaves of the points; none where nothing was late.
fn late(outcome: &Outcome) -> Option<String> {
    let (days, left) = (outcome.days_late, points(100.0 * outcome.share));
    let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    (outcome.days_late > 0).then(|| format!("{days} late: {left} % of the points count"))
}

/// A lesson's report with what an instructor decided.
fn amended(mut report: LessonReport, mark: &Mark) -> LessonReport {
    for it in &mark.amendments {
        let Some(check) = report.checks.iter_mut().find(|check| check.id == it.check) else {
            continue;
        };
        check.score = it.points;
        let found = std::mem::take(&mut check.message);
        check.message =
            [format!("amended: {}", decision(it)), found].join("\n").trim_end().to_owned();
    }
    report.score = mark.score.unwrap_or(report.score);
    report
}

/// Writes a file as a whole or not at all.
fn write(file: &Path, text: &str) -> Result<(), ExportError> {
    let failed = |source| ExportError::Write { path: file.to_owned(), source };
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // In the same folder, so that it can take the other's place.
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, text).and_then(|()| fs::rename(&draft, file)).map_err(failed)
}

/// The text of a table.
fn text(table: csv::Writer<Vec<u8>>) -> Result<String, csv::Error> {
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A learner's id as the name of a file: other characters than letters and digits by their numbers, so that
/// two ids are two files, and none leads elsewhere.
fn file_name(id: &str) -> String {
    let part = |it: char| {
        if it.is_alphanumeric() || "-_@".contains(it) {
            it.to_string()
        } else {
            format!("%{:x}", u32::from(it))
        }
    };
    id.chars().map(part).collect()
}

/// What an instructor decided, and why.
fn decision(it: &Amended) -> String {
    let [is, was] = [it.points, it.instead_of].map(points);
    format!("{is} instead of {was}, {} ({}, {})", it.reason, it.author, it.made)
}

/// A number as tables have it: two digits after the point where there are any.
fn points(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_leads_to_another_file() {
        assert_eq!(file_name("s-1_a@b"), "s-1_a@b");
        assert_eq!(file_name("../x"), "%2e%2e%2fx");
        assert_ne!(file_name("a/b"), file_name("a%2fb"));
    }

    #[test]
    fn points_have_two_digits_at_most() {
        assert_eq!([10.0, 7.5, 2.0 / 3.0, 0.0].map(points), ["10", "7.5", "0.67", "0"]);
    }
}
