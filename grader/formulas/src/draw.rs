//! Points that tell formulas apart.

use std::{ops::Range, sync::Arc};

use fastrand::Rng;
use ndarray::{ArrayD, IxDyn, arr0};

use crate::{Computed, Domain, Formulas, Length, Point, Slot, Symbol, SymbolId, point::Callable};

/// After so many points the lengths of axes come again.
pub const LENGTH_SETS: usize = 12;

/// Lengths of the axes: pairwise different ones, equal ones, ones, and more than the 32 that a learner
/// may have in mind.
const LENGTHS: [[usize; 3]; LENGTH_SETS] = [
    [2, 3, 4],
    [3, 2, 5],
    [1, 3, 2],
    [4, 1, 3],
    [3, 2, 1],
    [1, 1, 1],
    [3, 3, 3],
    [40, 3, 2],
    [5, 4, 2],
    [2, 6, 3],
    [66, 2, 3],
    [1, 4, 1],
];

/// How numbers are drawn, one way after the other. With a function like tanh around it, a sum of
/// products comes to lie near zero, where it is curved, where it is flat, and where `exp` overflows.
#[derive(Clone, Copy)]
enum Scale {
    /// Within ± a bound.
    Within(f64),
    /// Each symbol of a magnitude of its own, over six decades.
    Decades,
    /// One symbol after the other is zero.
    OneZero,
}

const SCALES: [Scale; 7] = [
    Scale::Within(1.5),
    Scale::OneZero,
    Scale::Within(6.0),
    Scale::Within(300.0),
    Scale::Decades,
    Scale::Within(0.05),
    Scale::Within(30.0),
];

/// Up to so many points, the same each time, at which every step is what its formula gives. Where nothing
/// is drawn, there is one for each variant of an enum.
#[must_use]
pub fn draw(formulas: &Formulas, count: usize) -> Vec<Point> {
    let variants = |symbol: &Symbol| match &symbol.domain {
        Domain::Choice(variants) => Some(variants.len()),
        Domain::Step => Some(1),
        _ => None,
    };
    let all: Option<Vec<_>> = formulas.symbols.iter().map(variants).collect();
    let different = all.map_or(count, |all| all.into_iter().max().unwrap_or(0));
    (0..different.min(count)).map(|index| Drawing::new(formulas, index).point()).collect()
}

struct Drawing<'a> {
    formulas: &'a Formulas,
    index: usize,
    rng: Rng,
    point: Point,
}

impl<'a> Drawing<'a> {
    fn new(formulas: &'a Formulas, index: usize) -> Self {
        let point = Point::empty(formulas.symbols.len());
        Self { formulas, index, rng: Rng::with_seed(index as u64), point }
    }

    fn point(mut self) -> Point {
        for (nth, dimension) in self.formulas.dimensions().enumerate() {
            let length = LENGTHS[self.index % LENGTHS.len()][nth % 3].min(self.max_length());
            self.point.set(dimension, Slot::from(Computed::number(length as f64)));
        }
        // Functions come last: their kinks lie where a number is.
        for functions in [false, true] {
            for id in 0..self.formulas.symbols.len() {
                let domain = &self.formulas.symbols[id].domain;
                if domain.is_function() == functions {
                    self.set(id, domain);
                }
            }
        }
        self.formulas.complete(&mut self.point);
        self.point
    }

    /// Functions of long vectors are called too often.
    fn max_length(&self) -> usize {
        let mut symbols = self.formulas.symbols.iter();
        if symbols.any(|it| it.domain == Domain::FunctionOfVector) { 6 } else { usize::MAX }
    }

    fn set(&mut self, id: SymbolId, domain: &Domain) {
        let slot = match domain {
            Domain::Dimension | Domain::Step => return,
            Domain::Real => Slot::from(self.array(id, &[])),
            Domain::Positive(low, high) => Slot::from(number(self.magnitude(*low..*high))),
            Domain::Whole(low, high) => {
                // Odd, so that no rounding to fewer bits leaves a large one as it is.
                let whole = 2.0 * (self.magnitude(low.max(1.0)..*high) / 2.0).floor() + 1.0;
                // The smallest first, which is the odd one out.
                Slot::from(number(if self.index == 0 { *low } else { whole }))
            }
            Domain::Array(lengths) => {
                let shape: Vec<_> = lengths.iter().map(|it| self.length(*it)).collect();
                Slot::from(self.array(id, &shape))
            }
            Domain::Choice(variants) => Slot::Choice(self.index % variants.len()),
            Domain::FunctionOfNumber => Slot::Function(self.of_number()),
            Domain::FunctionOfVector => Slot::Function(self.of_vector()),
        };
        self.point.set(id, slot);
    }

    /// The numbers and arrays that are drawn.
    fn drawn(&self) -> impl Iterator<Item = SymbolId> {
        let symbols = self.formulas.symbols.iter().enumerate();
        let drawn = symbols.filter(|(_, it)| matches!(it.domain, Domain::Real | Domain::Array(_)));
        drawn.map(|(id, _)| id)
    }

    fn length(&self, length: Length) -> usize {
        match length {
            Length::Fixed(length) => length,
            Length::Of(dimension) => self.point.number(dimension).unwrap_or(1.0) as usize,
        }
    }

    fn array(&mut self, id: SymbolId, shape: &[usize]) -> Computed {
        let bound = match SCALES[self.index % SCALES.len()] {
            Scale::Within(bound) => bound,
            Scale::Decades => self.magnitude(1e-3..1e3),
            Scale::OneZero => {
                let drawn: Vec<_> = self.drawn().collect();
                // After each of them once, all of them.
                let zero = (self.index / SCALES.len()) % (drawn.len() + 1);
                let is_zero = drawn.get(zero).is_none_or(|zero| *zero == id);
                if is_zero { 0.0 } else { 1.5 }
            }
        };
        let shape = IxDyn(shape);
        let array = ArrayD::from_shape_simple_fn(shape, || bound * (2.0 * self.rng.f64() - 1.0));
        Computed::exact(array)
    }

    /// Of any decade of the range alike.
    fn magnitude(&mut self, Range { start, end }: Range<f64>) -> f64 {
        (start.ln() + (end.ln() - start.ln()) * self.rng.f64()).exp()
    }

    fn coefficients<const N: usize>(&mut self) -> [f64; N] {
        [(); N].map(|()| 2.0 * self.rng.f64() - 1.0)
    }

    /// A smooth function; every other time with a kink at the first number that was drawn.
    fn of_number(&mut self) -> Callable {
        let [a, b, c, d] = self.coefficients();
        let symbols = 0..self.formulas.symbols.len();
        let mut reals = symbols.filter(|id| self.formulas.symbols[*id].domain == Domain::Real);
        let at = reals.next().and_then(|id| self.point.number(id)).unwrap_or(0.0);
        let kink = if self.index.is_multiple_of(2) { 0.0 } else { self.magnitude(1e-5..1.0) };
        Arc::new(move |t: &[f64]| {
            let t = t.first().copied().unwrap_or(f64::NAN);
            a + b * t + c * t * t / 4.0 + d * (2.0 * t).sin() + kink * (t - at).abs()
        })
    }

    /// A smooth function that treats no two coordinates alike.
    fn of_vector(&mut self) -> Callable {
        let [a, b, c] = self.coefficients();
        Arc::new(move |t: &[f64]| {
            let terms = t.iter().enumerate().map(|(k, t)| {
                let k = k as f64;
                (a + k) * t + (b - k / 2.0) * t * t / 4.0 + (2.0 * t + k).sin()
            });
            terms.sum::<f64>() + c * t.iter().take(3).product::<f64>()
        })
    }
}

fn number(value: f64) -> Computed {
    Computed::exact(arr0(value).into_dyn())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> (Formulas, Vec<Point>) {
        let formulas = Formulas::read(text).unwrap();
        let points = draw(&formulas, 84);
        (formulas, points)
    }

    #[test]
    fn numbers_are_of_both_signs_of_all_sizes_and_zero() {
        let (formulas, points) = points("fn f(x: f64, w: f64) { let z = w * x; }");
        for symbol in 0..formulas.symbols.len() {
            let values: Vec<_> = points.iter().map(|it| it.number(symbol).unwrap()).collect();
            let some = |holds: fn(f64) -> bool| values.iter().any(|value| holds(*value));
            assert!(some(|it| it > 0.0) && some(|it| it < 0.0) && some(|it| it == 0.0));
            assert!(some(|it| it.abs() > 30.0) && some(|it| (1e-9..1e-2).contains(&it.abs())));
        }
        assert!(points.iter().any(|it| it.number(0) == Some(0.0) && it.number(1) == Some(0.0)));
    }

    #[test]
    fn lengths_are_one_equal_different_and_more_than_32() {
        let (_, points) = points("fn f(X: [f64; (B, d)]) { let s = X.sum(); }");
        let lengths: Vec<_> =
            points.iter().map(|it| [it.number(0).unwrap(), it.number(1).unwrap()]).collect();
        assert!(lengths.contains(&[1.0, 1.0]) && lengths.contains(&[3.0, 3.0]));
        assert!(lengths.contains(&[2.0, 3.0]) && lengths.iter().any(|[b, _]| *b > 32.0));
    }

    #[test]
    fn the_same_points_are_drawn_each_time() {
        let text = "fn f(x: f64) { let z = x.pow2(); }";
        let numbers = || points(text).1.iter().map(|it| it.number(1)).collect::<Vec<_>>();
        assert_eq!(numbers(), numbers());
    }

    #[test]
    fn where_nothing_is_drawn_there_is_one_point_for_each_case() {
        let text = "const x: f64 = match example { Example::First => 2.0, Example::Second => 1.5 };
            fn y(example: Example) { let y = 3.0 * x; }";
        let (formulas, points) = points(text);
        let y = formulas.symbol("y").unwrap();
        let values: Vec<_> = points.iter().map(|it| it.number(y)).collect();
        assert_eq!(values, [Some(6.0), Some(4.5)]);
    }
}
