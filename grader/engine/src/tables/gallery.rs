//! The gallery: what the grader says of each lesson's examples of wrong submissions.

use std::{fmt::Write, fs, path::Path};

use rayon::prelude::*;

use super::{Page, read_page};
use crate::{
    author::{Example, Examples},
    checks::Lesson,
    grading::{Depth, GradeError, Grader},
    prove::submissions::{self, Submissions},
    report::{CheckReport, LessonReport, Verdict},
};

/// Where the page is.
pub const PAGE: &str = "docs/gallery.md";

/// The page, where there is one, with new pictures of these lessons.
pub(super) fn page(grader: &Grader, lessons: &[&Lesson]) -> Result<Option<Page>, GradeError> {
    let path = grader.workspace.root().join(PAGE);
    let Some(text) = read_page(&path)? else { return Ok(None) };
    let preface = text.split_once("\n## ").map_or(text.as_str(), |(preface, _)| preface);
    let of_lesson = |lesson: &'static Lesson| match lessons.iter().any(|it| it.id == lesson.id) {
        true => pictures(grader, lesson),
        false => Ok(shown(&text, lesson.id)),
    };
    let all = grader.course.lessons;
    let pictures: Result<Vec<_>, GradeError> = all.par_iter().map(of_lesson).collect();
    let text = format!("{}\n{}", preface.trim_end(), pictures?.concat());
    Ok(Some(Page { path, text }))
}

fn pictures(grader: &Grader, lesson: &'static Lesson) -> Result<String, GradeError> {
    let folder = grader.workspace.solution(lesson.id);
    let unsound = |messages| GradeError::unsound(lesson, "examples.toml", messages);
    let examples = Examples::read(&folder.join("examples.toml")).map_err(unsound)?;
    let path = folder.join("src/lib.rs");
    let solution = fs::read_to_string(&path).map_err(|source| GradeError::Page { path, source })?;
    let handed_in = Submissions::of(grader, lesson);
    let picture_of = |example: &Example| {
        let text = example.text(&solution).map_err(unsound)?;
        let options = submissions::options(Depth::Explained);
        let (report, folder) = handed_in.grade(&text, options)?;
        Ok(picture(example, &report, &folder))
    };
    examples.examples.iter().map(picture_of).collect()
}

/// One submission and its messages, as Markdown; it was graded in `folder`, which is another one in each run.
pub fn picture(example: &Example, report: &LessonReport, folder: &Path) -> String {
    let here = format!("{}/", folder.display());
    let heading = format!("{}{}\n\n", heading(&report.id), example.title);
    let messages = report.checks.iter().map(|check| said(check).replace(&here, ""));
    std::iter::once(heading).chain(messages).collect()
}

/// What the page shows of a lesson: its pictures.
pub fn shown(page: &str, lesson: &str) -> String {
    let heading = heading(lesson);
    let starts = page.match_indices("\n## ").map(|(at, _)| at);
    let ends = starts.clone().skip(1).chain([page.len()]);
    let sections = starts.zip(ends).map(|(start, end)| &page[start..end]);
    sections.filter(|section| section.starts_with(&heading)).collect()
}

fn heading(lesson: &str) -> String {
    format!("\n## {lesson}: ")
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
