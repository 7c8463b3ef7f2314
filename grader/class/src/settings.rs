//! What an instructor decides, in one file: `course.toml`.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use engine::Course;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error};
use toml::{Spanned, value::Datetime};

/// A class: who takes part, and what they are graded on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the class is called.
    pub name: String,
    /// The roster; relative to this file.
    pub roster: PathBuf,
    /// How points become a total.
    #[serde(default)]
    pub total: Total,
    /// What is handed in, in the order of the class.
    #[serde(rename = "assignment")]
    pub assignments: Vec<Assignment>,
    /// Who has more time.
    #[serde(default, rename = "extension")]
    extensions: Vec<Extension>,
}

/// How the points of lessons become a total.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// How many of the lowest lessons do not count.
    drop_lowest: Option<Spanned<usize>>,
    /// What lessons count for in the total; 1 where it is not said.
    #[serde(default)]
    weights: BTreeMap<Spanned<String>, Spanned<f64>>,
}

/// What is handed in and graded together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Its name, without spaces.
    pub id: Spanned<String>,
    /// Its lessons.
    lessons: Spanned<Vec<String>>,
    /// What hidden inputs are drawn from, the same for all. Drawn when it is first graded, and kept in the
    /// gradebook, where it is not given.
    pub seed: Option<u32>,
    /// Until when it is on time.
    #[serde(default, deserialize_with = "time")]
    pub due: Option<Timestamp>,
    /// How many attempts are graded.
    #[serde(default = "one")]
    pub attempts: usize,
    /// Which attempt counts.
    #[serde(default)]
    pub counts: Counts,
    /// What a late attempt loses; nothing where it is not said.
    #[serde(default)]
    pub late: Late,
}

/// Which of several attempts counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// The one with the most points, lateness included.
    #[default]
    Best,
    /// The last one.
    Last,
}

/// What a late attempt loses.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// How many minutes after the end still are on time.
    #[serde(default)]
    pub grace_minutes: u32,
    /// The share of the points that each day costs, begun days included.
    #[serde(default)]
    pub per_day: f64,
    /// After how many days nothing is left; never where it is not said.
    pub days: Option<u32>,
}

/// More time for one learner, or one team.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extension {
    learner: Spanned<String>,
    assignment: Spanned<String>,
    #[serde(deserialize_with = "time")]
    until: Option<Timestamp>,
}

/// Why the settings are of no use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SettingsError {
    /// There is no such file.
    #[error("failed to read {path}")]
    #[diagnostic(help(
        "name the file: --class FILE; the instructor's guide says what stands in it"
    ))]
    Read { path: PathBuf, source: std::io::Error },
    /// A line of it is wrong.
    #[error("failed to understand {path}, line {line}: {reason}")]
    Line { path: PathBuf, line: usize, reason: String },
}

fn one() -> usize {
    1
}

/// A point in time, which needs its offset from UTC.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let written = Datetime::deserialize(deserializer)?.to_string();
    let with_offset = |_| {
        D::Error::custom(format!(
            "{written} is no point in time: write it as 2026-11-30T23:59:00+01:00, with the offset from UTC"
        ))
    };
    written.parse().map(Some).map_err(with_offset)
}

impl Settings {
    /// Reads the settings, and compares them with the course.
    ///
    /// # Errors
    /// With the line that is wrong.
    pub fn read(path: &Path, course: &Course) -> Result<Self, SettingsError> {
        let read = |source| SettingsError::Read { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(read)?;
        let wrong = |(at, reason): (Range<usize>, String)| SettingsError::Line {
            path: path.to_owned(),
            line: 1 + text[..at.start.min(text.len())].matches('\n').count(),
            reason,
        };
        let parsed = toml::from_str::<Self>(&text);
        let parsed = parsed.map_err(|error| {
            wrong((error.span().unwrap_or_default(), error.message().to_owned()))
        })?;
        parsed.problem(course).map_or(Ok(()), |problem| Err(wrong(problem)))?;
        let roster = path.parent().unwrap_or(Path::new("")).join(&parsed.roster);
        Ok(Self { roster, ..parsed })
    }

    /// The first thing that does not fit, and where it stands.
    fn problem(&self, course: &Course) -> Option<(Range<usize>, String)> {
        let assignments = self.assignments.iter().enumerate();
        let of_assignment = assignments.flat_map(|(at, assignment)| {
            let earlier = self.assignments[..at].iter();
            let is_taken = earlier.into_iter().any(|it| it.id.get_ref() == assignment.id.get_ref());
            let taken = is_taken.then(|| {
                let id = assignment.id.get_ref();
                (assignment.id.span(), format!("there is another assignment {id:?}"))
            });
            taken.or_else(|| assignment.problem(course))
        });
        let of_extension = self.extensions.iter().filter_map(|extension| {
            let id = &extension.assignment;
            self.assignment(id.get_ref())
                .is_none()
                .then(|| (id.span(), format!("there is no assignment {:?}", id.get_ref())))
        });
        let total = self.total.problems(course).chain(self.nothing_left());
        of_assignment.chain(of_extension).chain(total).next()
    }

    /// Where more lessons are dropped than there are, nothing counts.
    fn nothing_left(&self) -> Option<(Range<usize>, String)> {
        let lessons: usize = self.assignments.iter().map(|it| it.lessons().len()).sum();
        let dropped = self.total.drop_lowest.as_ref().filter(|it| *it.get_ref() >= lessons)?;
        let number = dropped.get_ref();
        let reason =
            format!("{number} lessons are dropped, and there are {lessons}: none would count");
        Some((dropped.span(), reason))
    }

    /// The assignment of this name.
    pub fn assignment(&self, id: &str) -> Option<&Assignment> {
        self.assignments.iter().find(|assignment| assignment.id.get_ref() == id)
    }

    /// Until when an assignment is on time for a learner or a team.
    pub fn due(&self, assignment: &Assignment, names: &[&str]) -> Option<Timestamp> {
        let is_theirs = |extension: &&Extension| {
            extension.assignment.get_ref() == assignment.id.get_ref()
                && names.contains(&extension.learner.get_ref().as_str())
        };
        let extended = self.extensions.iter().filter(is_theirs).filter_map(|it| it.until).max();
        assignment.due.map(|due| extended.map_or(due, |until| until.max(due)))
    }

    /// Extensions of those who are not on the roster, with the lines' names.
    pub fn extended(&self) -> impl Iterator<Item = &str> {
        self.extensions.iter().map(|extension| extension.learner.get_ref().as_str())
    }
}

impl Assignment {
    /// Its name.
    pub fn id(&self) -> &str {
        self.id.get_ref()
    }

    /// The ids of its lessons.
    pub fn lessons(&self) -> &[String] {
        self.lessons.get_ref()
    }

    fn problem(&self, course: &Course) -> Option<(Range<usize>, String)> {
        let id = self.id();
        let is_name = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        if id.is_empty() || !id.chars().all(is_name) || id.starts_with('.') {
            let reason = format!("{id:?} is no name: use letters, digits, - and _");
            return Some((self.id.span(), reason));
        }
        let lessons = self.lessons.span();
        if self.lessons().is_empty() {
            return Some((lessons, format!("the assignment {id} has no lessons")));
        }
        if let Err(unknown) = course.chosen(self.lessons()) {
            return Some((lessons, unknown.to_string()));
        }
        let Late { per_day, .. } = self.late;
        let problem = if self.attempts == 0 {
            format!("the assignment {id} allows no attempt: `attempts` is at least 1")
        } else if !(0.0..=1.0).contains(&per_day) {
            format!("a day late costs {per_day} of the points: `per_day` is from 0 to 1")
        } else {
            return None;
        };
        Some((self.id.span(), problem))
    }
}

impl Total {
    /// How many of the lowest lessons do not count.
    pub fn dropped(&self) -> usize {
        self.drop_lowest.as_ref().map_or(0, |it| *it.get_ref())
    }

    /// What a lesson counts for.
    pub fn weight(&self, lesson: &str) -> f64 {
        let named = self.weights.iter().find(|(id, _)| id.get_ref() == lesson);
        named.map_or(1.0, |(_, weight)| *weight.get_ref())
    }

    fn problems(&self, course: &Course) -> impl Iterator<Item = (Range<usize>, String)> {
        self.weights.iter().filter_map(|(id, weight)| {
            let (lesson, number) = (id.get_ref(), *weight.get_ref());
            if course.lessons.iter().all(|it| it.id != lesson) {
                return Some((id.span(), format!("there is no lesson {lesson:?} to be weighted")));
            }
            let is_weight = number.is_finite() && number >= 0.0;
            (!is_weight).then(|| (weight.span(), format!("a lesson cannot count for {number}")))
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::specimen::COURSE;

    const HEAD: &str = "name = \"Gradients\"\nroster = \"roster.csv\"\n";
    const WEEK: &str = "[[assignment]]\nid = \"week-1\"\nlessons = [\"ex_1_1\"]\n";

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("course.toml");
        fs::write(&file, text).unwrap();
        Settings::read(&file, &COURSE).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_has_a_value() {
        let settings = read(&format!("{HEAD}{WEEK}")).unwrap();
        let week = settings.assignment("week-1").unwrap();
        assert_eq!((week.attempts, week.counts, week.due), (1, Counts::Best, None));
        assert!(settings.roster.ends_with("roster.csv") && settings.roster.is_absolute());
        assert_eq!(settings.total.weight("ex_1_1"), 1.0);
    }

    #[test]
    fn the_guide_shows_settings_that_are_understood() {
        let guide = include_str!("../../../docs/instructors.md");
        let (_, shown) = guide.split_once("```toml\n").expect("the guide shows a course.toml");
        let settings = read(shown.split_once("```").unwrap().0).unwrap();
        let week = settings.assignment("week-1").unwrap();
        assert_eq!((week.attempts, week.late.days), (2, Some(3)));
        assert_eq!(settings.total.weight("ex_2_2"), 2.0);
    }

    #[test]
    fn an_extension_is_for_those_who_are_named() {
        let due = "due = 2026-11-30T23:59:00+01:00\n";
        let more = "[[extension]]\nlearner = \"ada\"\nassignment = \"week-1\"\n\
            until = 2026-12-02T00:00:00Z\n";
        let settings = read(&format!("{HEAD}{WEEK}{due}{more}")).unwrap();
        let week = settings.assignment("week-1").unwrap();
        let due = |names: &[&str]| settings.due(week, names).unwrap().to_string();
        assert_eq!(due(&["bob"]), "2026-11-30T22:59:00Z");
        assert_eq!(due(&["bob", "ada"]), "2026-12-02T00:00:00Z");
    }

    #[rstest]
    #[case::unknown_key("colour = 1", 6, "unknown field `colour`")]
    #[case::local_time("due = 2026-11-30T23:59:00", 6, "with the offset from UTC")]
    #[case::no_attempt("attempts = 0", 4, "`attempts` is at least 1")]
    #[case::share("late = { per_day = 10 }", 4, "`per_day` is from 0 to 1")]
    #[case::twice(
        "[[assignment]]\nid = \"week-1\"\nlessons = [\"ex_2_2\"]",
        7,
        "another assignment"
    )]
    #[case::no_lesson("[[assignment]]\nid = \"b\"\nlessons = [\"ex_9_9\"]", 8, "ex_9_9")]
    #[case::nobodys(
        "[[extension]]\nlearner = \"ada\"\nassignment = \"b\"\nuntil = 2026-12-02T00:00:00Z",
        8,
        "no assignment \"b\""
    )]
    #[case::all_dropped("[total]\ndrop_lowest = 1", 7, "1 lessons are dropped, and there are 1")]
    #[case::weight("[total.weights]\nex_1_1 = -1.0", 7, "cannot count for -1")]
    fn what_is_wrong_is_told_by_its_line(
        #[case] text: &str,
        #[case] line: usize,
        #[case] reason: &str,
    ) {
        let error = read(&format!("{HEAD}{WEEK}{text}\n")).unwrap_err();
        assert!(error.contains(&format!("course.toml, line {line}: ")), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}
