//! What explains a submission's wrong answers.
//!
//! After a failure the learner's code is asked once more, at points that tell formulas apart
//! ([`wide`]). Each step is judged on the learner's own earlier values ([`steps`]), so that every mistake
//! is found by itself. What is said of a wrong step comes, in this order, from a wrong variant that the
//! lesson's author foresaw ([`named`]), from what its values look like ([`values`]), from a changed
//! formula that gives them ([`inference`]), and from the points where they are right ([`place`]).
//! A score does not depend on any of it.

mod answers;
mod inference;
mod named;
mod place;
mod steps;
mod values;
mod wide;
mod words;

use formulas::{Expression, Formulas, ReadError};
use wire::frame;

use self::{
    answers::same_array,
    inference::FEW_POINTS,
    named::{Item, Panel, Questions, Recorded},
    steps::{State, Taken, taken},
    values::Look,
    wide::{Answers, Asked, Wide},
};
pub use self::{steps::StepId, words::Told};
use crate::{
    checked::Checked,
    checks::{Lesson, Subject},
    report::{CheckReport, Diagnosis, Kind, Verdict},
    variants::Variant,
    worker::Program,
};

/// Of the points where a step is right and wrong, the share that has to be right for “where it is right”
/// to say more than two mistakes at once.
const MOSTLY_RIGHT: f64 = 0.3;

/// The wrong variants of a lesson, ready to be asked.
#[derive(Clone, Copy)]
pub struct WrongVariants<'a> {
    pub program: &'a Program,
    pub variants: &'a [Variant],
}

/// True when some check failed in a way that can be explained.
pub fn is_needed<'a>(reports: impl IntoIterator<Item = &'a CheckReport>) -> bool {
    reports.into_iter().any(may_be_explained)
}

/// Source and cost checks judge how answers come about, which no answers explain.
fn may_be_explained(report: &CheckReport) -> bool {
    matches!(report.verdict, Verdict::Failed | Verdict::Panicked)
        && !matches!(report.kind, Kind::Source | Kind::Cost)
}

/// The steps of right code that do not agree with the lesson's formulas, for the lesson's author.
///
/// # Errors
/// When the formulas cannot be read.
pub fn disagreements(lesson: &Lesson, subject: &Subject) -> Result<Vec<String>, ReadError> {
    let formulas = Formulas::read(lesson.formulas)?;
    let wide = Wide::new(&formulas);
    let mut asked = Asked::new(subject.program, lesson.limits, subject.variant);
    let answers = wide.ask(&mut asked);
    let steps = taken(&formulas, &wide, &answers, lesson.precision_of_digits());
    let wrong = steps.iter().filter(|step| step.state != State::Right);
    let named = |step: &Taken| {
        let function = &formulas.functions[step.id.function].name;
        format!("{} of `{function}`", words::shown(&formulas, step.symbol))
    };
    let silent = formulas
        .functions
        .iter()
        .enumerate()
        .filter(|(index, _)| !steps.iter().any(|step| step.id.function == *index));
    let silent = silent.map(|(_, function)| format!("everything of `{}`", function.name));
    Ok(wrong.map(named).chain(silent).collect())
}

/// Explains the failed checks of a submission.
pub fn explain(
    lesson: &Lesson,
    subject: &Subject,
    wrong: Option<WrongVariants>,
    checked: &mut [Checked],
) {
    let formulas = Formulas::read(lesson.formulas).unwrap_or_default();
    let wide = Wide::new(&formulas);
    let mut asked = Asked::new(subject.program, lesson.limits, subject.variant);
    let answers = wide.ask(&mut asked);
    let again = wide.ask_backwards(&mut asked);
    let probes: Vec<_> = checked.iter().map(|checked| checked.probes.clone()).collect();
    let taken = taken(&formulas, &wide, &answers, lesson.precision_of_digits());
    let questions = Questions {
        lesson,
        formulas: &formulas,
        wide: &wide,
        taken: &taken,
        recorded: Recorded::of(&formulas, &probes),
    };
    let panel = wrong.map(|wrong| Panel::new(&questions, wrong.program, wrong.variants));
    let mut unsteady = unsteady(&answers, &again);
    for taken in taken.iter().filter(|taken| taken.state == State::Wrong) {
        unsteady[taken.id.function] |= answers_otherwise_alone(&wide, taken, &answers, &mut asked);
    }
    let precision = lesson.precision_of_digits();
    let telling = Telling { formulas: &formulas, wide: &wide, precision };
    let told = taken.iter().map(|step| telling.told(step, &taken)).collect();
    let explanation = Explanation { formulas: &formulas, taken: &taken, told, panel, unsteady };
    checked.iter_mut().filter(|it| may_be_explained(&it.report)).for_each(|it| explanation.add(it));
    leave_to_earlier(lesson, checked);
}

/// The functions that answer the same call differently after other calls.
fn unsteady(answers: &Answers, again: &Answers) -> Vec<bool> {
    let encoded = |answer: &Option<frame::Answer>| answer.as_ref().map(|it| frame::encode(it).ok());
    let differs = |(one, other): (&Vec<_>, &Vec<_>)| {
        one.iter().zip(other).any(|(one, other)| encoded(one) != encoded(other))
    };
    answers.iter().zip(again).map(differs).collect()
}

/// True where a function answers a call differently when it is the first that its process gets: something of
/// an earlier call was kept.
fn answers_otherwise_alone(
    wide: &Wide,
    taken: &Taken,
    answers: &Answers,
    asked: &mut Asked,
) -> bool {
    // Not the very first point, whose call came first before as well.
    let wrong = (1..taken.values.len()).find(|at| {
        let right = wide.points[*at].value(taken.symbol);
        let got = taken.values[*at].as_ref();
        got.is_some_and(|got| right.is_some_and(|right| !right.may_be(got, 0.0)))
    });
    let Some(at) = wrong else { return false };
    asked.worker = None;
    let alone = wide.ask_one(taken.id.function, at, asked);
    alone.as_ref().map(|it| frame::encode(it).ok())
        != answers[taken.id.function][at].as_ref().map(|it| frame::encode(it).ok())
}

/// A mistake that a check shares with one that it builds on is told there.
fn leave_to_earlier(lesson: &Lesson, checked: &mut [Checked]) {
    for (at, check) in lesson.checks.iter().enumerate() {
        let earlier = checked.iter().filter(|it| check.builds_on.contains(&it.report.id.as_str()));
        let told: Vec<_> = earlier.flat_map(|it| it.own_mistakes.clone()).collect();
        checked[at].own_mistakes.retain(|step| !told.contains(step));
    }
}

/// What is said of each step of a submission, and of each check.
struct Explanation<'a> {
    formulas: &'a Formulas,
    taken: &'a [Taken],
    /// Of each step that is wrong, what is known.
    told: Vec<Option<Told>>,
    panel: Option<Panel<'a>>,
    /// The functions that answer the same call differently.
    unsteady: Vec<bool>,
}

impl Explanation<'_> {
    /// Adds to a failed check what is known of its steps.
    fn add(&self, checked: &mut Checked) {
        let steps = self.steps_of(checked);
        if let Some(function) = self.unsteady_in(checked) {
            // The message may say already that a call, repeated at once, has another answer.
            if !checked.miss.as_ref().is_some_and(|miss| miss.is_unsteady) {
                checked.report.tell(&[Told::unsteady(function)]);
            }
            return;
        }
        let wrong: Vec<_> = steps.iter().filter(|taken| taken.state == State::Wrong).collect();
        let items = wrong.iter().map(|taken| Item::Step(taken.id));
        let functions =
            checked.probes.iter().map(|probe| Item::Function(probe.function.to_owned()));
        let named = self
            .panel
            .as_ref()
            .and_then(|panel| items.chain(functions).find_map(|item| panel.named(&item)));
        checked.report.diagnosis = named.map(|Variant { name, explanation }| Diagnosis {
            mistake: name.clone(),
            explanation: explanation.clone(),
        });
        if !checked.quantities().is_empty() {
            checked.own_mistakes = wrong.iter().map(|taken| taken.id).collect();
        }
        if named.is_none() {
            // Of a check whose steps follow from earlier ones, that is the news.
            let worth_telling = |it: &&Taken| wrong.is_empty() || it.state == State::Wrong;
            let steps = steps.iter().copied().filter(worth_telling);
            let told: Vec<_> = steps.filter_map(|step| self.told_of(step)).collect();
            checked.report.tell(&told);
        }
    }

    fn told_of(&self, step: &Taken) -> Option<Told> {
        let at = self.taken.iter().position(|taken| taken.id == step.id)?;
        self.told[at].clone()
    }

    /// A function that the check called and that answers the same call differently.
    fn unsteady_in(&self, checked: &Checked) -> Option<&str> {
        let functions = self.formulas.functions.iter().zip(&self.unsteady);
        let mut unsteady =
            functions.filter(|(_, unsteady)| **unsteady).map(|(it, _)| it.name.as_str());
        unsteady.find(|name| checked.probes.iter().any(|probe| probe.function == *name))
    }

    /// The steps that a check judges: those that its message names, or all that its calls gave.
    fn steps_of(&self, checked: &Checked) -> Vec<&Taken> {
        let names = |taken: &&Taken| {
            let shown = words::shown(self.formulas, taken.symbol);
            let starts = |quantity: &String| {
                quantity
                    .strip_prefix(shown)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',']))
            };
            self.is_asked(taken, checked) && checked.quantities().iter().any(starts)
        };
        let named: Vec<_> = self.taken.iter().filter(names).collect();
        if !named.is_empty() {
            return named;
        }
        self.taken.iter().filter(|taken| self.is_asked(taken, checked)).collect()
    }

    fn is_asked(&self, taken: &Taken, checked: &Checked) -> bool {
        let function = &self.formulas.functions[taken.id.function].name;
        checked.probes.iter().any(|probe| probe.function == function)
    }
}

/// Finds out what to say of a step.
struct Telling<'a> {
    formulas: &'a Formulas,
    wide: &'a Wide,
    precision: f64,
}

impl Telling<'_> {
    /// What is known of a wrong step, beside all others.
    fn told(&self, taken: &Taken, all: &[Taken]) -> Option<Told> {
        let formulas = self.formulas;
        match taken.state {
            State::Right | State::Missing => return None,
            State::Follows => return Some(words::of_consequence(formulas, taken, all)),
            State::Wrong => {}
        }
        let answered = (0..taken.values.len()).filter(|at| taken.values[*at].is_some());
        let (right, wrong): (Vec<_>, Vec<_>) =
            answered.partition(|at| taken.follows(&taken.formula, *at, self.precision));
        let points: Vec<_> = wrong.iter().chain(&right).copied().collect();
        let share = right.len() as f64 / points.len() as f64;
        let is_mostly_right = share >= MOSTLY_RIGHT;
        let is_few = points.len() < FEW_POINTS;
        let by_case = is_few || matches!(taken.formula, Expression::Choice(..));
        let exchanged = || self.is_exchanged(taken).then(|| words::of_exchange(formulas, taken));
        let plain = || if is_few { self.everywhere(taken, &points, share, false) } else { None };
        let case = || if by_case { self.somewhere(taken) } else { None };
        exchanged()
            .or_else(plain)
            .or_else(case)
            .or_else(|| self.everywhere(taken, &points, share, !is_mostly_right))
            .or_else(|| sibling(taken, all).map(|other| words::of_sibling(formulas, taken, other)))
            .or_else(|| self.somewhere(taken))
            .or_else(|| is_mostly_right.then(|| self.everywhere(taken, &points, share, true))?)
    }

    /// What is true at all of these points, of which a share is `right`.
    fn everywhere(&self, taken: &Taken, points: &[usize], right: f64, two: bool) -> Option<Told> {
        let formulas = self.formulas;
        let look = values::look(taken, points, right);
        let formula = || {
            let inferred = inference::infer(formulas, taken, points, self.precision, two)?;
            Some(words::of_formula(formulas, taken, &inferred))
        };
        match look {
            Some(Look::Alike) => {
                let formula = formula().map(|told| told.formula).unwrap_or_default();
                Some(Told { formula, ..words::of_look(formulas, taken, Look::Alike) })
            }
            // That few digits are right says less than a formula.
            Some(Look::Digits(digits)) => {
                formula().or_else(|| Some(words::of_look(formulas, taken, Look::Digits(digits))))
            }
            Some(look) => Some(words::of_look(formulas, taken, look)),
            None => formula(),
        }
    }

    /// True where every value is the right one of another point.
    fn is_exchanged(&self, taken: &Taken) -> bool {
        let is_few = taken.values.len() < FEW_POINTS;
        is_few
            && taken.values.iter().enumerate().all(|(at, got)| {
                let others = self.wide.points.iter().enumerate().filter(|(other, _)| *other != at);
                let mut rights = others.filter_map(|(_, point)| point.value(taken.symbol));
                got.as_ref()
                    .is_some_and(|got| rights.any(|right| right.may_be(got, self.precision)))
            })
    }

    /// Where it is right, and what is known of the other points.
    fn somewhere(&self, taken: &Taken) -> Option<Told> {
        let place = place::place(self.formulas, taken, self.precision)?;
        let beyond = match place.beyond.as_slice() {
            [] => None,
            points => self.everywhere(taken, points, 0.0, false),
        };
        Some(words::of_place(self.formulas, taken, &place, beyond))
    }
}

/// Another step with the same values, which does not have them from this one.
fn sibling<'a>(taken: &Taken, all: &'a [Taken]) -> Option<&'a Taken> {
    all.iter().find(|other| {
        let mut pairs = taken.values.iter().zip(&other.values);
        other.symbol != taken.symbol
            && other.state != State::Follows
            && pairs.all(|pair| match pair {
                (Some(one), Some(other)) => same_array(one, other, 0.0),
                (one, other) => one.is_none() && other.is_none(),
            })
    })
}
