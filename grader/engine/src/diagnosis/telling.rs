//! What to say of a wrong step: the first of several ways to look at it that finds something.

use formulas::{Expression, Formulas};

use super::{
    inference::{self, FEW_POINTS, Reach},
    place,
    steps::{State, Taken},
    values::{self, Look},
    wide::Wide,
    words::{self, Told},
};
use crate::answers::same_array;

/// Of the points where a step is right and wrong, the share that has to be right for “where it is right”
/// to say more than two mistakes at once.
const MOSTLY_RIGHT: f64 = 0.3;

/// Finds out what to say of a step.
pub struct Telling<'a> {
    pub formulas: &'a Formulas,
    pub wide: &'a Wide,
    pub precision: f64,
}

impl Telling<'_> {
    /// What is known of a wrong step, beside all others.
    pub fn told(&self, taken: &Taken, all: &[Taken]) -> Option<Told> {
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
        let plain =
            || if is_few { self.everywhere(taken, &points, share, Reach::Scaled) } else { None };
        let case = || if by_case { self.somewhere(taken) } else { None };
        let sibling = sibling(taken, all);
        let reach = match sibling {
            // That it is another step says more than two mistakes that come to the same.
            Some(_) => Reach::One,
            None if is_mostly_right => Reach::Scaled,
            None => Reach::Two,
        };
        exchanged()
            .or_else(plain)
            .or_else(case)
            .or_else(|| self.everywhere(taken, &points, share, reach))
            .or_else(|| sibling.map(|other| words::of_sibling(formulas, taken, other)))
            .or_else(|| self.somewhere(taken))
            .or_else(|| {
                is_mostly_right.then(|| self.everywhere(taken, &points, share, Reach::Two))?
            })
    }

    /// What is true at all of these points, of which a share is `right`.
    fn everywhere(
        &self,
        taken: &Taken,
        points: &[usize],
        right: f64,
        reach: Reach,
    ) -> Option<Told> {
        let formulas = self.formulas;
        let look = values::look(taken, points, right);
        let formula = || {
            let inferred = inference::infer(formulas, taken, points, self.precision, reach)?;
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
            points => self.everywhere(taken, points, 0.0, Reach::Scaled),
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
