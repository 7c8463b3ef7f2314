//! Which formula a wrong step computes.

use formulas::{
    Change, Computed, Domain, Expression, Formulas, Kind, Length, Operation, SymbolId, changes,
};
use ndarray::{ArrayD, Zip};

use super::steps::{Taken, written_out};

/// How many nodes of formulas are evaluated at most: the budget of one step. A diagnosis does not depend on
/// the clock.
const MAX_NODES: usize = 400_000;

/// Where there are fewer points, only what is plain is told: among thousands of formulas some fit by chance.
pub const FEW_POINTS: usize = 8;

/// The share of the points at which a formula may fail: where the learner's code does something special.
const MAX_EXCEPTIONS: f64 = 0.1;

/// The part of a wrong value's distance to the right one that a formula may leave unexplained. Where a
/// formula's own rounding is as large as the mistake, many values are near it that are not its own.
const UNEXPLAINED: f64 = 0.03;

/// At how many points a formula has to differ from the lesson's.
const MIN_TELLING: usize = 2;

/// The most that a change may cost where there are few points.
const MAX_COST_OF_FEW: u32 = 1;

/// Larger formulas are changed once at most.
const MAX_SIZE_OF_TWO: usize = 16;

/// What a factor of the whole costs, or a few points at which a formula fails.
const SEPARATE: u32 = 2;

/// The second of two changes comes from those up to this cost.
const MAX_COST_OF_TWO: u32 = 2;

/// The formula that a wrong step computes, and in which ways it differs from the lesson's.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    pub formula: Expression,
    pub kinds: Vec<Kind>,
    /// What the whole is multiplied by.
    pub factor: f64,
    cost: u32,
}

/// By how much a formula may differ from the lesson's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// By one change, or by a factor of the whole.
    One,
    /// By one change and a factor.
    Scaled,
    /// By two changes and a factor.
    Two,
}

/// Finds the nearest formula that gives the values of a wrong step at all of `points`.
pub fn infer(
    formulas: &Formulas,
    taken: &Taken,
    points: &[usize],
    precision: f64,
    reach: Reach,
) -> Option<Inferred> {
    Search { formulas, taken, points, precision, reach, nodes: 0 }.nearest()
}

/// How a formula fits a step.
struct Fit {
    factor: f64,
    /// At how many points it does not.
    exceptions: usize,
}

struct Search<'a> {
    formulas: &'a Formulas,
    taken: &'a Taken,
    /// Those where the lesson's formula does not fit come first: they tell candidates apart.
    points: &'a [usize],
    precision: f64,
    reach: Reach,
    nodes: usize,
}

impl Search<'_> {
    fn nearest(&mut self) -> Option<Inferred> {
        let formula = &self.taken.formula;
        let unchanged = Change { formula: formula.clone(), kind: Kind::Number, cost: 0 };
        if let Some(fit) = self.fit(formula).filter(|fit| fit.factor != 1.0) {
            return Some(Inferred { kinds: Vec::new(), ..inferred(&[unchanged], fit) });
        }
        let is_few = self.points.len() < FEW_POINTS;
        let is_small = formula.size() <= MAX_SIZE_OF_TWO;
        let may_be_two = self.reach == Reach::Two && !is_few && is_small;
        let scope = self.scope();
        let mut once = self.changed_once(&scope);
        once.retain(|change| !is_few || change.cost <= MAX_COST_OF_FEW);
        once.sort_by_cached_key(|change| (change.cost, change.formula.size()));
        if let Some(found) = self.first_that_fits(&once, &|it| vec![it.clone()]) {
            return Some(found);
        }
        let cheap = once.iter().filter(|change| may_be_two && change.cost <= MAX_COST_OF_TWO);
        for first in cheap {
            let mut twice = changes(self.formulas, &first.formula, &scope);
            twice.retain(|change| change.cost <= MAX_COST_OF_TWO);
            let found = self.first_that_fits(&twice, &|second| vec![first.clone(), second.clone()]);
            if found.is_some() || self.nodes > MAX_NODES {
                return found;
            }
        }
        None
    }

    /// The step's formula with one change, in itself or in a step that no answer shows.
    fn changed_once(&self, scope: &[SymbolId]) -> Vec<Change> {
        let function = &self.formulas.functions[self.taken.id.function];
        let step = &function.steps[self.taken.id.step];
        let hidden = &self.taken.hidden;
        let of_itself = changes(self.formulas, &step.formula, scope).into_iter();
        let mut found: Vec<_> = of_itself
            .map(|change| Change { formula: written_out(&change.formula, hidden), ..change })
            .collect();
        for (at, earlier) in hidden.iter().enumerate() {
            found.extend(changes(self.formulas, &earlier.formula, scope).into_iter().map(
                |change| {
                    let mut hidden = hidden.clone();
                    hidden[at].formula = change.formula;
                    Change { formula: written_out(&step.formula, &hidden), ..change }
                },
            ));
        }
        found
    }

    fn first_that_fits(
        &mut self,
        candidates: &[Change],
        changes: &dyn Fn(&Change) -> Vec<Change>,
    ) -> Option<Inferred> {
        let mut nearest: Option<Inferred> = None;
        for candidate in candidates {
            let cost: u32 = changes(candidate).iter().map(|change| change.cost).sum();
            if nearest.as_ref().is_some_and(|nearest| nearest.cost <= cost) {
                continue;
            }
            if let Some(fit) = self.fit(&candidate.formula) {
                let found = inferred(&changes(candidate), fit);
                if nearest.as_ref().is_none_or(|nearest| found.cost < nearest.cost) {
                    nearest = Some(found);
                }
            }
        }
        nearest
    }

    /// What a formula has to be multiplied by to give the step's values, where that is a simple number; it may
    /// fail at a few points.
    fn fit(&mut self, formula: &Expression) -> Option<Fit> {
        let is_changed = *formula != self.taken.formula;
        let is_enough = self.points.len() >= FEW_POINTS && self.reach != Reach::One;
        let may_scale = !is_changed || is_enough;
        let size = formula.size();
        let mut factor = None;
        let (mut telling, mut exceptions) = (0, 0);
        // A yes or a no says so little of a formula that it has to be right nearly everywhere.
        let share = if self.is_yes_or_no() { MAX_EXCEPTIONS / 3.0 } else { MAX_EXCEPTIONS };
        let max_exceptions = (share * self.points.len() as f64) as usize;
        for (nth, at) in self.points.iter().enumerate() {
            self.nodes += size;
            if self.nodes > MAX_NODES {
                return None;
            }
            let got = self.taken.values[*at].as_ref()?;
            let want = formula.evaluate(&self.taken.own[*at])?.spread(got.shape());
            let want = want.map(|want| {
                let factor = factor.or_else(|| {
                    factor = if may_scale { ratio(&want, got).and_then(simple) } else { Some(1.0) };
                    factor
                });
                scaled(&want, factor.unwrap_or(1.0))
            });
            if let Some(want) = want.filter(|want| want.may_be(got, self.precision)) {
                let is_wrong = !self.taken.follows(&self.taken.formula, *at, self.precision);
                let is_reproduced = is_wrong && self.is_reproduced(&want, got, *at);
                telling += usize::from(is_reproduced);
                if is_reproduced || !is_wrong {
                    continue;
                }
            }
            exceptions += 1;
            // The first points tell formulas apart.
            if exceptions > max_exceptions || nth < FEW_POINTS / 2 {
                return None;
            }
        }
        let enough = telling >= MIN_TELLING.min(self.points.len()) && telling > exceptions;
        enough.then(|| Fit { factor: factor.unwrap_or(1.0), exceptions })
    }

    /// True where a formula gives a wrong value itself, and not only something near it, as the right formula
    /// may do too.
    fn is_reproduced(&self, want: &Computed, got: &ArrayD<f64>, at: usize) -> bool {
        let right = self.taken.formula.evaluate(&self.taken.own[at]);
        let Some(right) = right.filter(|right| right.value.shape() == got.shape()) else {
            return true;
        };
        let distance = |to: &ArrayD<f64>| {
            Zip::from(to).and(got).fold(0.0, |largest: f64, to, got| {
                let rounded = self.precision * to.abs().max(got.abs());
                largest.max(if to == got { 0.0 } else { (to - got).abs() - rounded })
            })
        };
        distance(&want.value) <= UNEXPLAINED * distance(&right.value)
    }

    /// True where the step only answers a question with yes or no.
    fn is_yes_or_no(&self) -> bool {
        let mut values = self.taken.values.iter().flatten();
        values.all(|value| value.iter().all(|it| *it == 0.0 || *it == 1.0))
    }

    /// What may stand in the formula: what the function is given, and what it or a function of the same
    /// arguments gave before.
    fn scope(&self) -> Vec<SymbolId> {
        let Formulas { symbols, functions, known } = self.formulas;
        let function = &functions[self.taken.id.function];
        let given = function.given();
        let lengths = given.iter().filter_map(|symbol| match &symbols[*symbol].domain {
            Domain::Array(lengths) => Some(lengths),
            _ => None,
        });
        let lengths = lengths.flatten().filter_map(|length| match length {
            Length::Of(symbol) => Some(*symbol),
            Length::Fixed(_) => None,
        });
        let earlier = functions[..=self.taken.id.function]
            .iter()
            .filter(|earlier| earlier.given().iter().all(|symbol| given.contains(symbol)));
        let steps = earlier.flat_map(|function| &function.steps).chain(known);
        let mut scope: Vec<_> = given.iter().copied().chain(lengths).collect();
        scope.extend(steps.map(|step| step.symbol));
        scope.sort_unstable();
        scope.dedup();
        scope.retain(|symbol| *symbol != self.taken.symbol);
        scope
    }
}

fn inferred(changes: &[Change], Fit { factor, exceptions }: Fit) -> Inferred {
    let last = &changes[changes.len() - 1].formula;
    let formula = match factor {
        1.0 => last.clone(),
        -1.0 => Expression::Apply(Operation::Negate, vec![last.clone()]),
        _ => {
            Expression::Apply(Operation::Multiply, vec![Expression::Constant(factor), last.clone()])
        }
    };
    let mut cost = changes.iter().map(|change| change.cost).sum::<u32>();
    cost += if factor == 1.0 { 0 } else { SEPARATE };
    cost += if exceptions == 0 { 0 } else { SEPARATE };
    let kinds = changes.iter().map(|change| change.kind).collect();
    Inferred { formula, kinds, factor, cost }
}

/// The quotient of the first elements that have one.
fn ratio(want: &Computed, got: &ArrayD<f64>) -> Option<f64> {
    let mut pairs = want.value.iter().zip(got);
    let usable = |want: &f64, got: &f64| *want != 0.0 && want.is_finite() && got.is_finite();
    pairs.find(|(want, got)| usable(want, got)).map(|(want, got)| got / want)
}

/// ±1, ±n or ±1/n for a small n, where a number is near one of them.
fn simple(ratio: f64) -> Option<f64> {
    let magnitude = ratio.abs();
    let whole = if magnitude >= 1.0 { magnitude } else { 1.0 / magnitude };
    let rounded = whole.round();
    let near = (whole - rounded).abs() <= 1e-6 * rounded && (1.0..=100.0).contains(&rounded);
    near.then(|| ratio.signum() * if magnitude >= 1.0 { rounded } else { 1.0 / rounded })
}

fn scaled(want: &Computed, factor: f64) -> Computed {
    Computed { value: &want.value * factor, error: &want.error * factor.abs() }
}

#[cfg(test)]
mod tests {
    use formulas::Slot;

    use super::*;

    const CENTRAL: &str = "fn central(f: fn(f64) -> f64, t: f64, h: Positive<1e-8, 0.1>) {
        let y = (f(t + h) - f(t - h)) / (2.0 * h);
    }";

    /// How the formula is written that somebody's difference with step h seems to have.
    fn inferred(theirs: impl Fn(&dyn Fn(f64) -> f64, f64) -> f64) -> Option<String> {
        let formulas = Formulas::read(CENTRAL).unwrap();
        let taken = Taken::last_of(&formulas, |point| {
            let Slot::Function(f) = point.slot(0) else { panic!("f is a function") };
            let [t, h] = [1, 2].map(|id| point.number(id).unwrap());
            let central = |h: f64| (f(&[t + h]) - f(&[t - h])) / (2.0 * h);
            theirs(&central, h)
        });
        let all = 0..taken.values.len();
        let (right, wrong): (Vec<_>, Vec<_>) =
            all.partition(|at| taken.follows(&taken.formula, *at, 0.0));
        let points: Vec<_> = wrong.into_iter().chain(right).collect();
        let found = infer(&formulas, &taken, &points, 0.0, Reach::Scaled)?;
        Some(formulas.written(&found.formula))
    }

    #[test]
    fn a_fixed_step_is_told_where_it_is_taken() {
        let fixed = inferred(|central, _| central(1e-6));
        assert_eq!(fixed.as_deref(), Some("(f(t + 1e−6) − f(t − 1e−6)) / (2·1e−6)"));
    }

    #[test]
    fn a_better_derivative_is_no_fixed_step_that_rounds_much() {
        let quarter = inferred(|central, h| central(h / 4.0));
        let with_quarter = "(f(t + 0.25·h) − f(t − 0.25·h)) / (2·(0.25·h))";
        assert_eq!(quarter.as_deref(), Some(with_quarter));
        let five_points =
            |central: &dyn Fn(f64) -> f64, h: f64| (4.0 * central(h) - central(2.0 * h)) / 3.0;
        assert_eq!(inferred(five_points), None);
        assert_eq!(inferred(|central, h| (4.0 * central(h / 2.0) - central(h)) / 3.0), None);
        assert_eq!(inferred(|central, h| central(h.min(1e-5))), None);
    }
}
