//! Where a wrong step is right: the plainest condition that holds for its values that are right alone.

use formulas::{Domain, Formulas, Slot, SymbolId};
use ndarray::{Dimension, IxDyn};

use super::{
    inference::FEW_POINTS,
    steps::Taken,
    wide::is_by_column,
    words::{number, shown},
};

/// How many values a condition has to hold for, and not to hold for.
const MIN_VALUES: usize = 3;

/// The part of the right values that a condition has to hold for, and the part of the others that has to be
/// wrong. Some are right by accident, at zero for instance.
const EXPLAINED: f64 = 0.7;

/// A value of so many times its rounding error is as good as zero.
const VANISHING: f64 = 64.0;

/// How far the largest magnitude that is right may be from the smallest that is wrong.
const MAX_GAP: f64 = 2.5;

/// Where a step is right.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// “where B = 1”.
    pub right: String,
    /// The points where nothing is right.
    pub beyond: Vec<usize>,
    /// True where the value has another shape wherever the condition does not hold.
    pub other_shape: bool,
    /// The value that is given wherever the condition does not hold, where it is always the same.
    pub constant: Option<f64>,
}

/// One value of a step: a number, or an element of an array.
struct Sample {
    at: usize,
    /// Its index; nothing where the array has another shape than it should.
    index: Option<IxDyn>,
    got: f64,
    is_right: bool,
    /// True where anything that vanishes would be right: it tells nothing.
    is_silent: bool,
}

/// The condition that explains most of which values are right, as far as one does.
pub fn place(formulas: &Formulas, taken: &Taken, precision: f64) -> Option<Place> {
    let samples = samples(taken, precision);
    let judge = Judge { formulas, taken, samples: &samples };
    let best = judge.conditions().into_iter().filter_map(|condition| judge.explained(condition));
    // The first of equals: conditions come in the order of their plainness.
    let best = best.rev().max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, condition)| judge.place(condition))
}

fn samples(taken: &Taken, precision: f64) -> Vec<Sample> {
    let is_few = taken.values.len() < FEW_POINTS;
    let mut samples = Vec::new();
    for (at, got) in taken.values.iter().enumerate() {
        let Some(got) = got else { continue };
        let want = taken.formula.evaluate(&taken.own[at]);
        let right = want.as_ref().and_then(|want| want.which_may_be(got, precision));
        let (Some(want), Some(right)) = (want, right) else {
            let got = f64::NAN;
            samples.push(Sample { at, index: None, got, is_right: false, is_silent: false });
            continue;
        };
        samples.extend(right.indexed_iter().map(|(index, is_right)| {
            let vanishes = !is_few && want.value[&index].abs() <= VANISHING * want.error[&index];
            let (got, is_right, is_silent) = (got[&index], *is_right, *is_right && vanishes);
            Sample { at, index: Some(index), got, is_right, is_silent }
        }));
    }
    samples
}

struct Condition {
    right: String,
    /// For each sample, whether it holds.
    holds: Vec<bool>,
    /// True for a bound that was fitted to the samples: it has to explain all of them.
    is_fitted: bool,
}

struct Judge<'a> {
    formulas: &'a Formulas,
    taken: &'a Taken,
    samples: &'a [Sample],
}

impl Judge<'_> {
    /// How much a condition explains, where it explains enough.
    fn explained(&self, condition: Condition) -> Option<(f64, Condition)> {
        let count = |of: &dyn Fn(bool, &Sample) -> bool| {
            let pairs = condition.holds.iter().zip(self.samples);
            pairs.filter(|(holds, sample)| of(**holds, sample)).count()
        };
        let total = count(&|_, it| !it.is_silent);
        let holding = count(&|holds, it| holds && !it.is_silent);
        let right = count(&|_, it| it.is_right && !it.is_silent);
        let both = count(&|holds, it| holds && it.is_right && !it.is_silent);
        let least = MIN_VALUES.min(total / 2).max(1);
        let wrong_beyond = (total - right) as f64 / (total - holding) as f64;
        let explained = both as f64 / right as f64;
        let share = if condition.is_fitted { 1.0 } else { EXPLAINED };
        let fits = both == holding
            && holding >= least
            && total - holding >= least
            && wrong_beyond >= share
            && explained >= share;
        fits.then_some((wrong_beyond * explained, condition))
    }

    fn place(&self, Condition { right, holds, .. }: Condition) -> Place {
        let pairs = || holds.iter().zip(self.samples);
        let mut beyond: Vec<_> =
            pairs().filter(|(holds, _)| !**holds).map(|(_, sample)| sample.at).collect();
        beyond.dedup();
        let held: Vec<_> = pairs().filter(|(holds, _)| **holds).map(|(_, it)| it.at).collect();
        beyond.retain(|at| !held.contains(at));
        let mut others = pairs().filter(|(holds, _)| !**holds).map(|(_, sample)| sample.got);
        let first = others.next();
        let same =
            |other: f64| first.is_some_and(|it| it == other || (it.is_nan() && other.is_nan()));
        let enough = holds.iter().filter(|holds| !**holds).count() >= MIN_VALUES;
        let constant = first.filter(|_| others.all(same) && enough);
        let mut others = pairs().filter(|(holds, _)| !**holds);
        let other_shape = others.all(|(_, sample)| sample.index.is_none());
        Place { right, beyond, other_shape, constant }
    }

    fn conditions(&self) -> Vec<Condition> {
        let mut found = self.of_cases();
        let is_few = self.taken.values.len() < MIN_VALUES;
        if !is_few {
            found.extend(self.of_lengths());
            found.extend(self.of_positions());
            found.extend(self.of_values());
            let by_row = |sample: &Sample| !self.is_turned(sample.at);
            found.push(self.condition("where arrays lie in memory row by row".to_owned(), &by_row));
        }
        found
    }

    fn condition(&self, right: String, holds: &dyn Fn(&Sample) -> bool) -> Condition {
        Condition { right, holds: self.samples.iter().map(holds).collect(), is_fitted: false }
    }

    /// True where some matrix lies in memory column by column, and not row by row at the same time.
    fn is_turned(&self, at: usize) -> bool {
        let symbols = self.formulas.functions[self.taken.id.function].given();
        let mut shapes = symbols.iter().filter_map(|id| self.taken.own[at].value(*id));
        is_by_column(at)
            && shapes.any(|it| it.value.shape().iter().filter(|it| **it > 1).count() > 1)
    }

    /// By the variant of an enum.
    fn of_cases(&self) -> Vec<Condition> {
        let mut found = Vec::new();
        for (id, symbol) in self.formulas.symbols.iter().enumerate() {
            let Domain::Choice(variants) = &symbol.domain else { continue };
            for (nth, variant) in variants.iter().enumerate() {
                let is = |sample: &Sample| matches!(self.taken.own[sample.at].slot(id), Slot::Choice(it) if *it == nth);
                found.push(self.condition(format!("for {variant}"), &is));
            }
        }
        found
    }

    /// By the lengths of the axes.
    fn of_lengths(&self) -> Vec<Condition> {
        let length = |id: SymbolId, sample: &Sample| {
            self.taken.own[sample.at].number(id).unwrap_or(f64::NAN)
        };
        let dimensions: Vec<_> = self.formulas.dimensions().collect();
        let mut found = Vec::new();
        for (nth, id) in dimensions.iter().enumerate() {
            let name = shown(self.formulas, *id);
            let mut add = |right: String, holds: &dyn Fn(f64) -> bool| {
                found.push(self.condition(right, &|sample| holds(length(*id, sample))));
            };
            add(format!("where {name} = 1"), &|length| length == 1.0);
            add(format!("where {name} is more than 1"), &|length| length > 1.0);
            add(format!("where {name} is even"), &|length| length % 2.0 == 0.0);
            add(format!("where {name} is odd"), &|length| length % 2.0 == 1.0);
            add(format!("for {name} up to 32"), &|length| length <= 32.0);
            for other in &dimensions[nth + 1..] {
                let right = format!("where {name} = {}", shown(self.formulas, *other));
                let equal = |sample: &Sample| length(*id, sample) == length(*other, sample);
                found.push(self.condition(right, &equal));
                // A matrix of one element is square, and hardly ever wrong.
                let equal = |sample: &Sample| equal(sample) && length(*id, sample) > 1.0;
                let right = format!("where {name} and {} differ", shown(self.formulas, *other));
                found.push(self.condition(right, &|sample| !equal(sample)));
            }
        }
        found
    }

    /// By where an element stands.
    fn of_positions(&self) -> Vec<Condition> {
        let length = |sample: &Sample, axis: usize| {
            self.taken.values[sample.at].as_ref().and_then(|got| got.shape().get(axis).copied())
        };
        let mut found = Vec::new();
        for (axis, names) in [["row", "column"], ["column", "column"]].into_iter().enumerate() {
            let is_vector = self.samples.iter().all(|it| length(it, 1).is_none());
            let name = if is_vector { "entry" } else { names[axis] };
            let at = |sample: &Sample| {
                sample.index.as_ref().and_then(|it| it.slice().get(axis).copied())
            };
            let last = |sample: &Sample| length(sample, axis).map(|length| length - 1);
            let exists = |sample: &Sample| at(sample).is_some();
            let mut add = |right: String, holds: &dyn Fn(&Sample) -> bool| {
                found.push(self.condition(right, &|sample| exists(sample) && holds(sample)));
            };
            add(format!("except in the first {name}"), &|it| at(it) != Some(0));
            add(format!("except in the last {name}"), &|it| at(it) != last(it));
            add(format!("in the first {name} alone"), &|it| at(it) == Some(0));
            add(format!("in the last {name} alone"), &|it| at(it) == last(it));
        }
        found
    }

    /// By the sign of a symbol's value, or by a bound of it. Bounds of what the step is computed from come
    /// before those of anything else.
    fn of_values(&self) -> Vec<Condition> {
        let is_value = |id: &SymbolId| {
            let domain = &self.formulas.symbols[*id].domain;
            !matches!(domain, Domain::Dimension | Domain::Choice(_)) && *id != self.taken.symbol
        };
        let symbols: Vec<_> = (0..self.formulas.symbols.len()).filter(is_value).collect();
        let own = self.taken.formula.symbols();
        let (own, others): (Vec<SymbolId>, Vec<_>) =
            symbols.iter().partition(|id| own.contains(id));
        let mut found: Vec<_> = symbols.iter().flat_map(|id| self.of_sign(*id)).collect();
        found.extend(own.into_iter().chain(others).flat_map(|id| self.of_bound(id)));
        found
    }

    fn of_sign(&self, id: SymbolId) -> [Condition; 3] {
        let name = shown(self.formulas, id);
        let by = |right: String, holds: fn(f64) -> bool| {
            self.condition(right, &|sample| holds(self.value(id, sample)))
        };
        [
            by(format!("where {name} is not 0"), |value| value != 0.0 && !value.is_nan()),
            by(format!("where {name} is positive"), |value| value > 0.0),
            by(format!("where {name} is negative"), |value| value < 0.0),
        ]
    }

    fn of_bound(&self, id: SymbolId) -> Vec<Condition> {
        let name = shown(self.formulas, id);
        let values: Vec<_> = self.samples.iter().map(|it| self.value(id, it)).collect();
        let magnitudes: Vec<_> = values.iter().map(|value| value.abs()).collect();
        let has_sign = magnitudes != values;
        let mut found = Vec::new();
        let mut add = |name: &str, values: &[f64], above: bool| {
            let Some(bound) = self.bound(values, above) else { return };
            let side = if above { "above" } else { "below" };
            let right = format!("where {name} is {side} about {}", number(bound));
            let holds = |value: &f64| if above { *value > bound } else { *value < bound };
            let holds = values.iter().map(holds).collect();
            found.push(Condition { right, holds, is_fitted: true });
        };
        if has_sign {
            add(&format!("|{name}|"), &magnitudes, false);
            add(&format!("|{name}|"), &magnitudes, true);
        }
        add(name, &values, true);
        add(name, &values, false);
        found
    }

    fn value(&self, id: SymbolId, sample: &Sample) -> f64 {
        let Some(value) = self.taken.own[sample.at].value(id) else { return f64::NAN };
        let got = self.taken.values[sample.at].as_ref();
        match (&sample.index, got) {
            _ if value.is_number() => value.value[IxDyn(&[])],
            (Some(index), Some(got)) if got.shape() == value.value.shape() => value.value[index],
            _ => f64::NAN,
        }
    }

    /// The bound between the values at which samples are right and wrong: right below it, or above.
    fn bound(&self, values: &[f64], right_above: bool) -> Option<f64> {
        let sign = if right_above { -1.0 } else { 1.0 };
        let of = |right: bool| {
            let pairs = self.samples.iter().zip(values);
            pairs.filter(move |(it, _)| it.is_right == right).map(move |(_, value)| sign * value)
        };
        let first_wrong = of(false).min_by(f64::total_cmp)?;
        let last_right = of(true).filter(|value| *value < first_wrong).max_by(f64::total_cmp)?;
        let [low, high] = {
            let mut both = [last_right.abs(), first_wrong.abs()];
            both.sort_by(f64::total_cmp);
            both
        };
        let near = last_right.signum() == first_wrong.signum() && high <= MAX_GAP * low;
        near.then(|| sign * (last_right + first_wrong) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: &str = "fn f(x: f64, w: f64, b: f64, y: f64) {
        let z = w * x + b;
        let a = tanh(z);
    }";

    /// Where a is right, of somebody who computes something else.
    fn right(theirs: fn(f64, f64) -> f64) -> Option<String> {
        let formulas = Formulas::read(STEP).unwrap();
        let taken = Taken::last_of(&formulas, |point| {
            let [x, z] =
                ["x", "z"].map(|name| point.number(formulas.symbol(name).unwrap()).unwrap());
            theirs(x, z)
        });
        place(&formulas, &taken, 0.0).map(|place| place.right)
    }

    #[test]
    fn what_the_step_is_computed_from_is_told_before_an_argument() {
        let clipped = right(|_, z| if z.abs() > 1.0 { z } else { z.tanh() }).unwrap();
        assert!(clipped.starts_with("where |z| is below about "), "{clipped}");
    }

    #[test]
    fn a_bound_has_to_explain_all_points() {
        assert_eq!(right(|_, z| z.to_radians().tanh()), None);
        // Small x alone are right, but for those with z = 0.
        let near = |x: f64, z: f64| if x.abs() > 5.0 || z == 0.0 { z - 1.0 } else { z.tanh() };
        assert_eq!(right(near), None);
    }
}
