//! What a class as a whole shows: which checks it passes, which mistakes it makes, who is stuck where.

use std::collections::{BTreeMap, BTreeSet};

use engine::report::{CheckReport, LessonReport, Verdict};

use crate::{
    gradebook::{Gradebook, GradebookError},
    marks::{Marks, Standing},
    similarity::{self, Pair},
};

/// A class as a whole.
#[derive(Debug, Default)]
pub struct Overview {
    /// In the order of the class.
    pub lessons: Vec<LessonOverview>,
    /// Who shares long passages with whom.
    pub pairs: Vec<Pair>,
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
    /// What was said to learners, the most frequent first.
    pub mistakes: Vec<Mistake>,
}

/// What several learners were told.
#[derive(Debug)]
pub struct Mistake {
    /// What is said of it.
    pub explanation: String,
    /// How many made it.
    pub learners: usize,
}

/// How many mistakes of a lesson are told.
const MAX_MISTAKES: usize = 8;

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
                        lesson.add(&grade.report, learners.len());
                    }
                }
                lesson.mistakes.sort_by(|one, other| {
                    let order = other.learners.cmp(&one.learners);
                    order.then_with(|| one.explanation.cmp(&other.explanation))
                });
                lesson.mistakes.truncate(MAX_MISTAKES);
                lessons.push(lesson);
            }
        }
        let pairs = pairs(marks, book)?;
        Ok(Self { lessons, pairs })
    }
}

/// Who shares long passages with whom, in what counts of each.
fn pairs(marks: &Marks, book: &mut Gradebook) -> Result<Vec<Pair>, GradebookError> {
    let mut pairs = Vec::new();
    for (at, heading) in marks.assignments.iter().enumerate() {
        let works = book.works(&heading.id)?.into_iter();
        let contents: BTreeMap<_, _> = works
            .map(|work| ((work.learner, work.submission, work.lesson), work.content))
            .collect();
        for (lesson, _) in &heading.lessons {
            let (known, stub) = book.likenesses(lesson)?;
            let text = |standing: &'_ Standing| {
                let submission = standing.results[at].submission.as_ref()?;
                let whose = (standing.id.clone(), submission.clone(), lesson.clone());
                known.get(contents.get(&whose)?)
            };
            let texts = marks.learners.iter().filter_map(|standing| {
                Some((standing.id.as_str(), standing.team.as_str(), text(standing)?))
            });
            pairs.extend(similarity::pairs(lesson, &texts.collect::<Vec<_>>(), &stub));
        }
    }
    Ok(pairs)
}

impl LessonOverview {
    fn add(&mut self, report: &LessonReport, learners: usize) {
        self.title.clone_from(&report.title);
        self.learners += learners;
        if self.checks.is_empty() {
            self.checks = report.checks.iter().map(|check| (check.title.clone(), 0)).collect();
        }
        for (check, (_, passed)) in report.checks.iter().zip(&mut self.checks) {
            *passed += if check.verdict == Verdict::Passed { learners } else { 0 };
        }
        // One mistake may cost several checks.
        let told: BTreeSet<_> = report.checks.iter().filter_map(told).collect();
        told.into_iter().for_each(|explanation| self.tell(explanation, learners));
    }

    fn tell(&mut self, explanation: &str, learners: usize) {
        match self.mistakes.iter_mut().find(|it| it.explanation == explanation) {
            Some(mistake) => mistake.learners += learners,
            None => {
                self.mistakes.push(Mistake { explanation: explanation.to_owned(), learners });
            }
        }
    }
}

/// What a learner is told of a check: the explanation of a mistake that has a name, or else the reason. What
/// is not written yet is no mistake.
fn told(check: &CheckReport) -> Option<&str> {
    let is_wrong = !matches!(
        check.verdict,
        Verdict::Passed | Verdict::NotImplemented | Verdict::Skipped | Verdict::NotGraded
    );
    let named = check.diagnosis.as_ref().map(|diagnosis| diagnosis.explanation.as_str());
    is_wrong.then(|| named.unwrap_or(&check.message))
}
