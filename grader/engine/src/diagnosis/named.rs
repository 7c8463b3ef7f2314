//! Names the wrong variant that a learner's answers match.
//!
//! The lesson's wrong variants are compiled into one worker, beside the solution, and asked what the
//! learner was asked. A variant is named for a wrong step, or a wrong function without formulas, when it
//! answers as the learner did everywhere, and when nothing that it gets wrong is right in the
//! learner's code.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use formulas::{Computed, Formulas, SymbolId};
use ndarray::ArrayD;
use wire::frame::Answer;

use super::{
    WrongVariants,
    steps::{State, StepId, Taken, taken},
    wide::{Answers, Asked, Call, Wide},
};
use crate::{
    answers::{same_answer, same_array},
    checks::{Lesson, Probe},
    variants::Variant,
};

/// How many calls of a function without formulas are repeated.
const MAX_CALLS: usize = 200;

/// At so many points most variants answer otherwise than the learner already, and are asked no further.
const FIRST_POINTS: usize = 6;

/// What the wrong variants answer at the first points, which are the same for every submission: a run asks
/// each of them once.
#[derive(Debug, Default)]
pub struct FirstAnswers(Mutex<HashMap<(&'static str, String), Answers>>);

/// Calls of a function that has no formulas, and the learner's answers.
pub struct Recorded {
    pub function: String,
    calls: Vec<(Call, Answer)>,
}

/// What is asked of everybody, and what the learner answered.
pub struct Questions<'a> {
    pub lesson: &'a Lesson,
    pub formulas: &'a Formulas,
    pub wide: &'a Wide,
    pub taken: &'a [Taken],
    pub recorded: Vec<Recorded>,
}

/// A step, or a function as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Step(StepId),
    Function(String),
}

/// A wrong variant beside the learner.
struct Beside<'a> {
    variant: &'a Variant,
    /// What the variant gets wrong.
    wrong: Vec<Item>,
    /// The steps among it that are right for the variant's earlier values.
    follows: Vec<Item>,
    /// Where it answers as the learner does: of a tuple everywhere or nowhere.
    alike: Vec<Item>,
}

/// All wrong variants beside the learner.
pub struct Panel<'a> {
    besides: Vec<Beside<'a>>,
    /// What the learner gets wrong.
    learner_wrong: Vec<Item>,
    learner_own: Vec<Item>,
}

impl Recorded {
    /// The calls that checks made of functions without formulas.
    pub fn of<'a>(formulas: &Formulas, probes: impl Iterator<Item = &'a Probe>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for probe in probes {
            if formulas.functions.iter().any(|function| function.name == probe.function) {
                continue;
            }
            let position = found.iter().position(|it| it.function == probe.function);
            let at = position.unwrap_or_else(|| {
                found.push(Self { function: probe.function.to_owned(), calls: Vec::new() });
                found.len() - 1
            });
            if found[at].calls.len() < MAX_CALLS {
                found[at].calls.push((probe.into(), probe.answer.clone()));
            }
        }
        found
    }
}

impl FirstAnswers {
    fn all(&self) -> MutexGuard<'_, HashMap<(&'static str, String), Answers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, (lesson, variant): (&'static str, &str)) -> Option<Answers> {
        self.all().get(&(lesson, variant.to_owned())).cloned()
    }

    /// Where a process ended, another one may not.
    fn keep(&self, (lesson, variant): (&'static str, &str), answers: Answers) {
        if answers.iter().flatten().all(Option::is_some) {
            self.all().insert((lesson, variant.to_owned()), answers);
        }
    }
}

impl<'a> Panel<'a> {
    /// Asks the solution and every wrong variant.
    pub fn new(questions: &Questions, wrong: WrongVariants<'a>) -> Self {
        let WrongVariants { program, variants, first_answers } = wrong;
        let limits = questions.lesson.limits;
        let mut asked = Asked::new(program, limits, None);
        let truths = questions.asked_of_others(&mut asked);
        let learner_wrong = questions.learner_wrong(&truths);
        let orders = questions.wrong_calls_first(&truths);
        let learner_own = questions.learner_own();
        let mut panel = Self { besides: Vec::new(), learner_wrong, learner_own };
        for variant in variants {
            let worker = asked.worker.take();
            asked = Asked::new(program, limits, Some(&variant.name));
            asked.worker = worker;
            let known = (first_answers, variant.name.as_str());
            let wrong = (panel.learner_wrong.as_slice(), orders.as_slice());
            let answers = questions.asked(&mut asked, known, wrong);
            let beside = answers
                .map(|[answers, others]| questions.beside(variant, &answers, &others, &truths));
            panel.besides.extend(beside);
        }
        panel
    }

    /// The variant that explains an item; among several the one that is like the learner in the most
    /// items, and among equals the first declared.
    pub fn named(&self, item: &Item) -> Option<&'a Variant> {
        let explains = |beside: &&Beside| self.explains(beside, item);
        let candidates = self.besides.iter().filter(explains);
        // `max_by_key` would take the last of equals.
        let best = candidates.rev().max_by_key(|beside| beside.alike.len());
        best.map(|beside| beside.variant)
    }

    fn explains(&self, beside: &Beside, item: &Item) -> bool {
        // What only follows in the variant may be hidden by a mistake of the learner's own.
        let accounted = |wrong: &Item| {
            beside.alike.contains(wrong)
                || (self.learner_own.contains(wrong) && beside.follows.contains(wrong))
                || (self.learner_wrong.contains(wrong) && matches!(wrong, Item::Function(_)))
        };
        beside.wrong.contains(item)
            && beside.alike.contains(item)
            && self.learner_wrong.contains(item)
            && beside.wrong.iter().all(accounted)
    }
}

impl Questions<'_> {
    fn precision(&self) -> f64 {
        self.lesson.precision
    }

    /// The answers to the calls of functions without formulas.
    fn asked_of_others(&self, asked: &mut Asked) -> Answers {
        let of = |recorded: &Recorded| {
            recorded.calls.iter().map(|(call, _)| asked.answer(call)).collect()
        };
        self.recorded.iter().map(of).collect()
    }

    /// The answers of a variant at the points, and to the calls of functions without formulas, unless
    /// it is like the learner in nothing that the learner gets wrong.
    fn asked(
        &self,
        asked: &mut Asked,
        (known, variant): (&FirstAnswers, &str),
        (wrong, orders): (&[Item], &[Vec<usize>]),
    ) -> Option<[Answers; 2]> {
        let points = self.wide.some();
        let (first, rest) = points.split_at(FIRST_POINTS.min(points.len()));
        let of = (self.lesson.id, variant);
        let answers = known.found(of).map(|known| self.wide.with_answers(first, known));
        let is_known = answers.is_some();
        let mut answers = answers.unwrap_or_else(|| {
            let mut answers = self.wide.no_answers();
            self.wide.ask_at(first, asked, &mut answers);
            known.keep(of, self.wide.answers_at(first, &answers));
            answers
        });
        let steps = taken(self.formulas, self.wide, &answers, self.precision());
        let is_like = |step: &Taken| {
            self.taken.iter().any(|own| self.same_step(own, step, first))
                && wrong.contains(&Item::Step(step.id))
        };
        let mut recorded = self.recorded.iter().zip(orders);
        let is_alike = |(recorded, order): (&Recorded, &Vec<usize>)| {
            wrong.contains(&Item::Function(recorded.function.clone()))
                && self.is_alike(asked, recorded, order)
        };
        if !steps.iter().any(is_like) && !recorded.any(is_alike) {
            return None;
        }
        if is_known {
            // One process answers all, as it did the first time.
            self.wide.ask_at(first, asked, &mut answers);
        }
        self.wide.ask_at(rest, asked, &mut answers);
        let others = self.asked_of_others(asked);
        Some([answers, others])
    }

    /// For each function without formulas its calls: those that the learner answers otherwise than the
    /// solution come first, for nearly every variant answers one of these as the solution does.
    fn wrong_calls_first(&self, truths: &Answers) -> Vec<Vec<usize>> {
        let order = |(recorded, truths): (&Recorded, &Vec<Option<Answer>>)| {
            let is_right =
                |call: &usize| self.is_same(truths[*call].as_ref(), Some(&recorded.calls[*call].1));
            let (right, wrong): (Vec<_>, Vec<_>) = (0..truths.len()).partition(is_right);
            [wrong, right].concat()
        };
        self.recorded.iter().zip(truths).map(order).collect()
    }

    /// True where a function without formulas answers as the learner does, up to the first call where not.
    fn is_alike(&self, asked: &mut Asked, recorded: &Recorded, order: &[usize]) -> bool {
        order.iter().all(|at| {
            let (call, learner) = &recorded.calls[*at];
            let answer = asked.answer(call);
            self.is_same(answer.as_ref(), Some(learner))
        })
    }

    /// True for two answers that are equal; a call that was not answered equals none.
    fn is_same(&self, one: Option<&Answer>, other: Option<&Answer>) -> bool {
        one.zip(other).is_some_and(|(one, other)| same_answer(one, other, self.precision()))
    }

    /// The functions without formulas that somebody answers as the learner does.
    fn alike_others<'b>(&'b self, others: &'b Answers) -> impl Iterator<Item = Item> + 'b {
        self.recorded.iter().zip(others).filter_map(|(recorded, answers)| {
            let mut pairs = recorded.calls.iter().zip(answers);
            let same = |((_, learner), answer): (&(Call, Answer), &Option<Answer>)| {
                self.is_same(answer.as_ref(), Some(learner))
            };
            pairs.all(same).then(|| Item::Function(recorded.function.clone()))
        })
    }

    /// The steps and functions that the learner gets wrong, for whatever reason.
    fn learner_wrong(&self, truths: &Answers) -> Vec<Item> {
        let steps = self.taken.iter().filter(|taken| taken.state != State::Right);
        let mut wrong: Vec<_> = steps.map(|taken| Item::Step(taken.id)).collect();
        wrong.extend(
            self.wrong_functions(truths, |at, call| Some(&self.recorded[at].calls[call].1)),
        );
        wrong
    }

    /// The steps that the learner gets wrong for reasons of their own.
    fn learner_own(&self) -> Vec<Item> {
        let own = self.taken.iter().filter(|taken| taken.state == State::Wrong);
        own.map(|taken| Item::Step(taken.id)).collect()
    }

    /// The functions without formulas that somebody answers otherwise than the solution.
    fn wrong_functions<'b>(
        &'b self,
        truths: &'b Answers,
        answer: impl Fn(usize, usize) -> Option<&'b Answer> + 'b,
    ) -> impl Iterator<Item = Item> + 'b {
        self.recorded.iter().enumerate().filter_map(move |(at, recorded)| {
            let same = |call: usize| self.is_same(truths[at][call].as_ref(), answer(at, call));
            let wrong = !(0..recorded.calls.len()).all(same);
            wrong.then(|| Item::Function(recorded.function.clone()))
        })
    }

    fn beside<'v>(
        &self,
        variant: &'v Variant,
        answers: &Answers,
        others: &Answers,
        truths: &Answers,
    ) -> Beside<'v> {
        let steps = taken(self.formulas, self.wide, answers, self.precision());
        let wrong = steps.iter().filter(|taken| taken.state != State::Right);
        let mut wrong: Vec<_> = wrong.map(|taken| Item::Step(taken.id)).collect();
        wrong.extend(self.wrong_functions(truths, |at, call| others[at][call].as_ref()));
        let follows = steps.iter().filter(|taken| taken.state == State::Follows);
        let follows = follows.map(|taken| Item::Step(taken.id)).collect();
        let points = self.wide.some();
        let is_alike =
            |step: &Taken| self.taken.iter().any(|own| self.same_step(own, step, &points));
        let is_answer = |step: &&Taken| {
            let mut siblings = steps.iter().filter(|it| it.id.function == step.id.function);
            is_alike(step) && (!step.is_of_tuple || siblings.all(is_alike))
        };
        let alike = steps.iter().filter(is_answer);
        let mut alike: Vec<_> = alike.map(|taken| Item::Step(taken.id)).collect();
        alike.extend(self.alike_others(others));
        Beside { variant, wrong, follows, alike }
    }

    /// True where two steps have the same values at all of these points, up to the rounding of their formula.
    fn same_step(&self, one: &Taken, other: &Taken, points: &[usize]) -> bool {
        let symbol = one.symbol;
        let same = |at: usize| match (&one.values[at], &other.values[at]) {
            (Some(one), Some(other)) => {
                same_array(one, other, self.precision())
                    || self.rounded_alike(symbol, at, one, other)
            }
            (one, other) => one.is_none() && other.is_none(),
        };
        one.id == other.id && points.iter().all(|at| same(*at))
    }

    /// True where two values differ by no more than the rounding error of the right one.
    fn rounded_alike(
        &self,
        symbol: SymbolId,
        at: usize,
        one: &ArrayD<f64>,
        other: &ArrayD<f64>,
    ) -> bool {
        let truth = self.wide.points[at].value(symbol);
        truth.filter(|truth| truth.error.shape() == one.shape()).is_some_and(|truth| {
            Computed { value: one.clone(), error: truth.error.clone() }.may_be(other, 0.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use wire::Wire as _;

    use super::*;

    #[test]
    fn answers_are_kept_unless_a_process_ended() {
        let known = FirstAnswers::default();
        let answer = || Some(Answer::Returned(1.0.into_value()));
        known.keep(("ex_90_1", "whole"), vec![vec![answer()], vec![answer()]]);
        known.keep(("ex_90_1", "ended"), vec![vec![answer()], vec![None]]);
        assert!(known.found(("ex_90_1", "whole")).is_some());
        assert!(known.found(("ex_90_1", "ended")).is_none());
        assert!(known.found(("ex_90_2", "whole")).is_none());
    }
}
