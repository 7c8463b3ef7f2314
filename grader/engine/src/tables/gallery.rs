//! The gallery: what the grader says of each lesson's examples of wrong submissions.

use std::{fmt::Write, fs};

use rayon::prelude::*;

use super::{Page, TableError, read_page};
use crate::{
    author::{Example, Examples},
    checks::Lesson,
    grading::{GradeError, Grader},
    prove,
    report::{CheckReport, Verdict},
};

/// `docs/gallery.md` with its examples, where there is such a page.
pub fn page(grader: &Grader) -> Result<Option<Page>, TableError> {
    let path = grader.workspace.root().join("docs/gallery.md");
    let Some(text) = read_page(&path)? else { return Ok(None) };
    let preface = text.split_once("\n## ").map_or(text.as_str(), |(preface, _)| preface);
    let of_lesson = |lesson: &&'static Lesson| pictures(grader, lesson);
    let lessons: Vec<&'static Lesson> = grader.course.lessons.iter().collect();
    let pictures: Result<Vec<_>, TableError> = lessons.par_iter().map(of_lesson).collect();
    let text = format!("{}\n{}", preface.trim_end(), pictures?.concat());
    Ok(Some(Page { path, text }))
}

fn pictures(grader: &Grader, lesson: &'static Lesson) -> Result<String, TableError> {
    let folder = grader.workspace.solution(lesson.id);
    let unsound = |messages| GradeError::unsound(lesson, "examples.toml", messages);
    let examples = Examples::read(&folder.join("examples.toml")).map_err(unsound)?;
    let path = folder.join("src/lib.rs");
    let solution = fs::read_to_string(&path).map_err(|source| TableError::File { path, source })?;
    let picture = |example: &Example| {
        let text = example.text(&solution).map_err(unsound)?;
        picture(grader, lesson, example, &text)
    };
    examples.examples.iter().map(picture).collect()
}

/// One submission and its messages, as Markdown.
fn picture(
    grader: &Grader,
    lesson: &'static Lesson,
    example: &Example,
    text: &str,
) -> Result<String, TableError> {
    let folder = prove::submission(lesson, text).map_err(GradeError::of(lesson))?;
    let report = grader.grade(&[lesson], folder.path(), prove::options(0), |_| ())?;
    // The folder is another one each time.
    let here = format!("{}/", folder.path().display());
    let mut page = format!("\n## {}: {}\n\n", lesson.id, example.title);
    for check in &report.lessons[0].checks {
        page += &said(check).replace(&here, "");
    }
    Ok(page)
}

fn said(check: &CheckReport) -> String {
    let mut text = String::new();
    if !matches!(check.verdict, Verdict::Passed | Verdict::Skipped) {
        let message = check.message.replace('\n', "\n      ");
        let _ = writeln!(text, "- **{}**: {message}", check.title);
    }
    if !check.formula.is_empty() {
        let _ = writeln!(text, "  - `--explain`: {}", check.formula);
    }
    if let Some(diagnosis) = &check.diagnosis {
        let _ = writeln!(text, "  - `{}`: {}", diagnosis.mistake, diagnosis.explanation);
    }
    text
}
