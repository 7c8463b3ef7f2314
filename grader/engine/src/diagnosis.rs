//! What explains a submission's wrong answers.
//!
//! After a failure the learner's code is asked once more, at points that tell formulas apart
//! ([`wide`]). Each step is judged on the learner's own earlier values ([`steps`]), so that every mistake
//! is found by itself. What is said of a wrong step comes, in this order, from a wrong variant that the
//! lesson's author foresaw ([`named`]), from what its values look like ([`values`]), from a changed
//! formula that gives them ([`inference`]), and from the points where they are right ([`place`]).
//! A score does not depend on any of it.

mod inference;
mod named;
mod place;
mod steps;
mod telling;
mod values;
mod wide;
mod words;

use std::cell::OnceCell;

use formulas::{Formulas, ReadError};
use wire::frame::Answer;

pub use self::{named::FirstAnswers, steps::StepId, words::Told};
use self::{
    named::{Item, Panel, Questions, Recorded},
    steps::{State, Taken, taken},
    telling::Telling,
    wide::{Answers, Asked, Wide},
};
use crate::{
    answers::same_answer,
    checked::Checked,
    checks::{COMPUTED, Lesson, Subject},
    report::{CheckReport, Diagnosis, Kind, Verdict},
    variants::Variant,
    worker::Program,
};

/// The wrong variants of a lesson, ready to be asked.
#[derive(Clone, Copy)]
pub struct WrongVariants<'a> {
    pub program: &'a Program,
    pub variants: &'a [Variant],
    pub first_answers: &'a FirstAnswers,
}

/// True when some check failed in a way that can be explained.
pub fn is_needed<'a>(reports: impl IntoIterator<Item = &'a CheckReport>) -> bool {
    reports.into_iter().any(may_be_explained)
}

/// Source and cost checks judge how answers come about, which no answers explain.
fn may_be_explained(report: &CheckReport) -> bool {
    matches!(report.verdict, Verdict::Failed | Verdict::Panicked) && judges_answers(report.kind)
}

fn judges_answers(kind: Kind) -> bool {
    !matches!(kind, Kind::Source | Kind::Cost)
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
    let taken = taken(&formulas, &wide, &answers, lesson.precision_of_digits());
    let of_answers = checked.iter().filter(|checked| judges_answers(checked.report.kind));
    let recorded = of_answers.flat_map(|checked| &checked.probes);
    let questions = Questions {
        lesson,
        formulas: &formulas,
        wide: &wide,
        taken: &taken,
        recorded: Recorded::of(&formulas, recorded),
    };
    let panel = wrong.map(|wrong| Panel::new(&questions, wrong));
    let mut unsteady = unsteady(&answers, &again);
    for taken in taken.iter().filter(|taken| taken.state == State::Wrong) {
        unsteady[taken.id.function] |= answers_otherwise_alone(&wide, taken, &answers, &mut asked);
    }
    let precision = lesson.precision_of_digits();
    let telling = Telling { formulas: &formulas, wide: &wide, precision };
    let told = vec![OnceCell::new(); taken.len()];
    let explanation =
        Explanation { formulas: &formulas, taken: &taken, telling, told, panel, unsteady };
    checked.iter_mut().filter(|it| may_be_explained(&it.report)).for_each(|it| explanation.add(it));
    leave_to_earlier(lesson, checked);
}

/// The functions that answer the same call differently after other calls.
fn unsteady(answers: &Answers, again: &Answers) -> Vec<bool> {
    let differs = |(one, other): (&Vec<Option<Answer>>, &Vec<Option<Answer>>)| {
        one.iter().zip(other).any(|(one, other)| !is_repeated(one.as_ref(), other.as_ref()))
    };
    answers.iter().zip(again).map(differs).collect()
}

/// The same answer, up to what another order of sums makes of it. A call without an answer tells nothing:
/// another function may have used up the time.
fn is_repeated(one: Option<&Answer>, other: Option<&Answer>) -> bool {
    one.zip(other).is_none_or(|(one, other)| same_answer(one, other, COMPUTED))
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
    !is_repeated(alone.as_ref(), answers[taken.id.function][at].as_ref())
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
    telling: Telling<'a>,
    /// Of each step that is wrong, what is known, once it has been asked for: to find it takes long.
    told: Vec<OnceCell<Option<Told>>>,
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
        self.told[at].get_or_init(|| self.telling.told(step, self.taken)).clone()
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

#[cfg(test)]
mod tests {
    use wire::Wire as _;

    use super::*;

    #[test]
    fn only_two_answers_show_that_a_function_remembers() {
        let answer = |number: f64| Some(Answer::Returned(number.into_value()));
        let answers = vec![vec![answer(1.0), None], vec![answer(1.0), answer(2.0)]];
        let again = vec![vec![None, answer(2.0)], vec![answer(1.0), answer(3.0)]];
        assert_eq!(unsteady(&answers, &again), [false, true]);
    }
}
