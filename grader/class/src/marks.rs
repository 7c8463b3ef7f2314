//! What the grades of a class come to: which attempt counts, what lateness costs, what was amended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    gradebook::{Amendment, Attempt, Gradebook, GradebookError, Work},
    lateness,
    roster::{Learner, Roster},
    settings::{Assignment, Counts, Settings},
};

/// Everything that a gradebook says of a class.
#[derive(Debug, Serialize)]
pub struct Marks {
    /// What the class is called.
    pub class: String,
    /// The assignments that have been graded, with their lessons.
    pub assignments: Vec<Heading>,
    /// The learners, in the order of the roster.
    pub learners: Vec<Standing>,
}

/// An assignment, as a table heads it.
#[derive(Debug, Serialize)]
pub struct Heading {
    /// Its name.
    pub id: String,
    /// Its lessons, with what they are worth.
    pub lessons: Vec<(String, f64)>,
}

/// How a learner stands.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// What names the learner.
    pub id: String,
    /// What people call the learner.
    pub name: String,
    /// With whom the learner hands in.
    pub team: String,
    /// For each assignment, what counts.
    pub results: Vec<Outcome>,
    /// The share of what could be reached, from 0 to 1; none where something is open.
    pub total: Option<f64>,
}

/// What a learner reached in an assignment.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    /// The name of what counts; none where nothing was handed in.
    pub submission: Option<String>,
    /// When that came.
    pub received: Option<String>,
    /// How many attempts there were.
    pub attempts: usize,
    /// The days that it was late.
    pub days_late: u64,
    /// The share of the points that lateness leaves.
    pub share: f64,
    /// What each lesson is worth, before lateness.
    pub lessons: Vec<Mark>,
}

/// What a lesson is worth.
#[derive(Debug, Clone, Serialize)]
pub struct Mark {
    /// The lesson.
    pub lesson: String,
    /// The points; none where it is open.
    pub score: Option<f64>,
    /// The points that there are.
    pub max_score: f64,
    /// Why it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// The key of its grade.
    pub graded: String,
    /// What was amended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<Amended>,
}

/// An instructor's decision, as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct Amended {
    /// Which check.
    pub check: String,
    /// What it is worth now.
    pub points: f64,
    /// What it was worth.
    pub instead_of: f64,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub author: String,
    /// When, in UTC.
    pub made: String,
}

impl Outcome {
    /// The points, lateness included; none where something is open.
    pub fn points(&self) -> Option<f64> {
        let scores: Option<Vec<f64>> = self.lessons.iter().map(|mark| mark.score).collect();
        scores.map(|scores| scores.iter().sum::<f64>() * self.share)
    }

    /// True when some lesson has no grade yet.
    pub fn is_open(&self) -> bool {
        self.lessons.iter().any(|mark| mark.score.is_none())
    }
}

impl Marks {
    /// Works out the marks of every learner on the roster.
    ///
    /// # Errors
    /// When the gradebook cannot be read.
    pub fn of(
        settings: &Settings,
        roster: &Roster,
        lessons: &dyn Fn(&str) -> f64,
        book: &mut Gradebook,
    ) -> Result<Self, GradebookError> {
        let heading = |it: &Assignment| {
            let lessons = it.lessons().iter().map(|id| (id.clone(), lessons(id))).collect();
            Heading { id: it.id().to_owned(), lessons }
        };
        // What has not begun yet is nobody's to have missed.
        let begun = book.begun_all()?;
        let begun = settings.assignments.iter().filter(|it| begun.contains_key(it.id()));
        let assignments: Vec<_> = begun.clone().map(heading).collect();
        let mut results = Vec::new();
        for (assignment, heading) in begun.zip(&assignments) {
            results.push(Graded::read(settings, assignment, heading, book)?);
        }
        let standing = |learner: &Learner| {
            let results = results.iter().map(|graded| graded.outcome(roster, learner)).collect();
            standing(settings, &assignments, learner, results)
        };
        let learners = roster.learners.iter().map(standing).collect();
        Ok(Self { class: settings.name.clone(), assignments, learners })
    }
}

/// What a gradebook says of one assignment.
struct Graded<'a> {
    settings: &'a Settings,
    assignment: &'a Assignment,
    heading: &'a Heading,
    attempts: BTreeMap<String, Vec<Attempt>>,
    works: BTreeMap<(String, String), Vec<Work>>,
    scores: BTreeMap<String, (f64, f64)>,
    amendments: BTreeMap<(String, String), Vec<Amendment>>,
    /// What amended checks were worth, by grade and check.
    checks: BTreeMap<(String, String), f64>,
}

impl<'a> Graded<'a> {
    fn read(
        settings: &'a Settings,
        assignment: &'a Assignment,
        heading: &'a Heading,
        book: &mut Gradebook,
    ) -> Result<Self, GradebookError> {
        let id = assignment.id();
        let works = grouped(book.works(id)?, |it| (it.learner.clone(), it.submission.clone()));
        let amendments =
            grouped(book.amendments(id)?, |it| (it.learner.clone(), it.lesson.clone()));
        let checks = checks(book, &works, &amendments)?;
        Ok(Self {
            settings,
            assignment,
            heading,
            attempts: grouped(book.attempts(id)?, |it| it.learner.clone()),
            works,
            scores: book.scores(id)?,
            amendments,
            checks,
        })
    }

    /// What counts for a learner.
    fn outcome(&self, roster: &Roster, learner: &Learner) -> Outcome {
        let Some(attempts) = self.attempts.get(&learner.id) else { return Outcome::default() };
        let mut attempts: Vec<_> = attempts.iter().map(|it| (received(it), it)).collect();
        attempts.sort_by_key(|(received, it)| (*received, &it.submission));
        // The gradebook may have more than are allowed now: earlier downloads, other settings.
        if attempts.iter().all(|(received, _)| received.is_some()) {
            attempts.truncate(self.assignment.attempts);
        }
        let with = roster.learners.iter().filter(|it| it.is_with(learner) || it.id == learner.id);
        let names: Vec<_> = with.flat_map(|it| [it.id.as_str(), it.team.as_str()]).collect();
        let mut outcomes =
            attempts.iter().map(|(_, it)| self.of_attempt(it, &names, attempts.len()));
        let chosen = match self.assignment.counts {
            Counts::Last => outcomes.next_back(),
            // What is open may turn out to be the best.
            Counts::Best => outcomes.reduce(|best, next| {
                let points = |it: &Outcome| it.points().unwrap_or(f64::INFINITY);
                if points(&next) > points(&best) { next } else { best }
            }),
        };
        chosen.unwrap_or_default()
    }

    fn of_attempt(&self, attempt: &Attempt, names: &[&str], attempts: usize) -> Outcome {
        let due = self.settings.due(self.assignment, names);
        let days_late = lateness::days(self.assignment.late, due, received(attempt));
        let whose = (attempt.learner.clone(), attempt.submission.clone());
        let works = self.works.get(&whose).map_or(&[][..], Vec::as_slice);
        let mark = |(lesson, max): &(String, f64)| {
            self.mark(lesson, *max, &attempt.learner, works.iter().find(|it| it.lesson == *lesson))
        };
        Outcome {
            submission: Some(attempt.submission.clone()),
            received: attempt.received.clone(),
            attempts,
            days_late,
            share: lateness::share(self.assignment.late, days_late),
            lessons: self.heading.lessons.iter().map(mark).collect(),
        }
    }

    fn mark(&self, lesson: &str, max_score: f64, learner: &str, work: Option<&Work>) -> Mark {
        let graded = work.map(|work| work.graded.clone()).unwrap_or_default();
        let score = self.scores.get(&graded);
        let open = match (work, score) {
            (_, Some(_)) => None,
            (None, _) => Some("it has not been graded yet".to_owned()),
            (Some(work), _) => {
                Some(work.problem.clone().unwrap_or("it has not been graded yet".to_owned()))
            }
        };
        let whose = (learner.to_owned(), lesson.to_owned());
        let amendments = self.amendments.get(&whose).map_or(&[][..], Vec::as_slice);
        let amended = amendments.iter().filter_map(|it| self.amended(&graded, it));
        let amendments: Vec<Amended> = amended.collect();
        let more: f64 = amendments.iter().map(|it| it.points - it.instead_of).sum();
        Mark {
            lesson: lesson.to_owned(),
            score: score.map(|(score, _)| score + more),
            max_score: score.map_or(max_score, |(_, max)| *max),
            open,
            graded,
            amendments,
        }
    }

    fn amended(&self, graded: &str, it: &Amendment) -> Option<Amended> {
        let instead_of = *self.checks.get(&(graded.to_owned(), it.check.clone()))?;
        let Amendment { check, points, reason, author, made, .. } = it.clone();
        Some(Amended { check, points, instead_of, reason, author, made })
    }
}

fn received(attempt: &Attempt) -> Option<Timestamp> {
    attempt.received.as_deref().and_then(|time| time.parse().ok())
}

/// What the amended checks are worth without amendment.
fn checks(
    book: &mut Gradebook,
    works: &BTreeMap<(String, String), Vec<Work>>,
    amendments: &BTreeMap<(String, String), Vec<Amendment>>,
) -> Result<BTreeMap<(String, String), f64>, GradebookError> {
    let is_amended =
        |work: &&Work| amendments.contains_key(&(work.learner.clone(), work.lesson.clone()));
    let mut found = BTreeMap::new();
    for work in works.values().flatten().filter(is_amended) {
        let Some(grade) = book.grade(&work.graded)? else { continue };
        for check in grade.report.checks {
            found.insert((work.graded.clone(), check.id), check.score);
        }
    }
    Ok(found)
}

fn grouped<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups
}

fn standing(
    settings: &Settings,
    assignments: &[Heading],
    learner: &Learner,
    results: Vec<Outcome>,
) -> Standing {
    let total = total(settings, assignments, &results);
    let Learner { id, name, team, .. } = learner.clone();
    Standing { id, name, team, results, total }
}

/// The weighted share of what could be reached, without the lowest lessons; none where something is open.
fn total(settings: &Settings, assignments: &[Heading], results: &[Outcome]) -> Option<f64> {
    let mut shares = Vec::new();
    for (heading, outcome) in assignments.iter().zip(results) {
        if outcome.is_open() {
            return None;
        }
        for (at, (lesson, max)) in heading.lessons.iter().enumerate() {
            // Nothing handed in, nothing earned.
            let score = outcome.lessons.get(at).and_then(|mark| mark.score).unwrap_or(0.0);
            let share = if *max > 0.0 { score / max * outcome.share } else { 0.0 };
            shares.push((share, settings.total.weight(lesson)));
        }
    }
    shares.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    // While few lessons have been graded, one of them counts.
    let dropped = settings.total.dropped().min(shares.len().saturating_sub(1));
    let counted = &shares[dropped..];
    let weights: f64 = counted.iter().map(|(_, weight)| weight).sum();
    let reached: f64 = counted.iter().map(|(share, weight)| share * weight).sum();
    Some(if weights > 0.0 { reached / weights } else { 0.0 })
}
