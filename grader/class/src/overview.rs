//! What a class as a whole shows: which checks it passes, which mistakes it makes, who is stuck where.

use std::collections::BTreeMap;

use engine::report::{LessonReport, Verdict};

use crate::{
    gradebook::{Gradebook, GradebookError},
    marks::Marks,
};

/// A class as a whole.
#[derive(Debug, Default)]
pub struct Overview {
    /// In the order of the class.
    pub lessons: Vec<LessonOverview>,
}

/// What a class makes of one lesson.
#[derive(Debug, Default)]
pub struct LessonOverview {
    /// The lesson.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How many handed something in for it.
    pub learners: usize,
    /// Its checks, in its order, with how many passed each.
    pub checks: Vec<(String, usize)>,
    /// Mistakes that were named: what they are called, what is said of them, and who made them.
    pub mistakes: Vec<Mistake>,
}

/// A mistake that was named.
#[derive(Debug)]
pub struct Mistake {
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub explanation: String,
    /// The ids of who made it.
    pub learners: Vec<String>,
}

impl Overview {
    /// Reads what counts of every learner.
    ///
    /// # Errors
    /// When the gradebook cannot be read.
    pub fn of(marks: &Marks, book: &mut Gradebook) -> Result<Self, GradebookError> {
        let mut lessons = Vec::new();
        for (at, heading) in marks.assignments.iter().enumerate() {
            for number in 0..heading.lessons.len() {
                // Many share a grade: each is read once, and none is kept.
                let mut sharing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                for standing in &marks.learners {
                    let mark = standing.results[at].lessons.get(number);
                    if let Some(mark) = mark.filter(|mark| mark.score.is_some()) {
                        sharing.entry(&mark.graded).or_default().push(&standing.id);
                    }
                }
                let mut lesson =
                    LessonOverview { id: heading.lessons[number].0.clone(), ..Default::default() };
                for (graded, learners) in sharing {
                    if let Some(grade) = book.grade(graded)? {
                        lesson.add(&grade.report, &learners);
                    }
                }
                lesson.mistakes.sort_by_key(|it| (usize::MAX - it.learners.len(), it.name.clone()));
                lessons.push(lesson);
            }
        }
        Ok(Self { lessons })
    }
}

impl LessonOverview {
    fn add(&mut self, report: &LessonReport, learners: &[&str]) {
        self.title.clone_from(&report.title);
        self.learners += learners.len();
        if self.checks.is_empty() {
            self.checks = report.checks.iter().map(|check| (check.title.clone(), 0)).collect();
        }
        for (check, (_, passed)) in report.checks.iter().zip(&mut self.checks) {
            *passed += if check.verdict == Verdict::Passed { learners.len() } else { 0 };
        }
        let mut named = BTreeMap::new();
        for diagnosis in report.checks.iter().filter_map(|check| check.diagnosis.as_ref()) {
            // One mistake may cost several checks.
            named.insert(&diagnosis.mistake, &diagnosis.explanation);
        }
        for (name, explanation) in named {
            self.mistake(name, explanation)
                .learners
                .extend(learners.iter().map(|&id| id.to_owned()));
        }
    }

    fn mistake(&mut self, name: &str, explanation: &str) -> &mut Mistake {
        let at = self.mistakes.iter().position(|it| it.name == name);
        let at = at.unwrap_or_else(|| {
            let (name, explanation) = (name.to_owned(), explanation.to_owned());
            self.mistakes.push(Mistake { name, explanation, learners: Vec::new() });
            self.mistakes.len() - 1
        });
        &mut self.mistakes[at]
    }
}
