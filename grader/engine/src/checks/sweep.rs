//! Inputs by the rules for hidden checks: every argument visits its whole range.
//!
//! Nothing is left to luck. Each argument visits every scale, both signs and zero; shapes hold sizes of
//! 1, equal and different sizes, sizes up to 32, above 32 and above 64, on one axis and on all at once;
//! arrays lie in memory row by row and column by column. The random numbers only decide what meets what. Ordinary cases come first, so that a first
//! wrong answer tells one mistake from another.

use std::ops::Range;

use fastrand::Rng;
use ndarray::{Array, Dimension, IntoDimension, ShapeBuilder};

use super::Learner;

/// The largest magnitudes of a swept argument; its numbers lie within the decade below.
const SCALES: [f64; 7] = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3];

/// How often each argument visits every scale.
const ROUNDS: usize = 2;

/// How many ordinary points there are.
const ORDINARY: usize = 16;

/// The sizes that each axis has while the others are small: up to 32, which code may have been written
/// for, and above. The first one is the size of many a batch.
const SIZES: [Range<usize>; 5] = [1..2, 32..33, 5..32, 33..41, 65..150];

/// The sizes of shapes in which every axis is large.
const LARGE: Range<usize> = 33..41;

/// How many places the arrays of an ordinary case have at most, over all axes: gradients of larger ones
/// take long by finite differences.
const MAX_ORDINARY: usize = 500;

/// How an array is filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filling {
    /// The largest magnitude of its elements; 0 for zeros alone.
    pub scale: f64,
    /// Whether it lies in memory column by column.
    pub column_major: bool,
}

/// One of the cases that a check visits: a size of each axis, and the filling of each argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case<const AXES: usize, const ARGUMENTS: usize> {
    /// The sizes of the axes that the arguments share.
    pub sizes: [usize; AXES],
    /// How each argument is filled.
    pub fillings: [Filling; ARGUMENTS],
    /// True for the ordinary cases, in which all numbers are of order 1 and the arrays are not large.
    pub is_ordinary: bool,
}

impl<const AXES: usize, const ARGUMENTS: usize> Case<AXES, ARGUMENTS> {
    /// Arrays of these sizes, row by row, with numbers of order 1.
    #[must_use]
    pub const fn ordinary(sizes: [usize; AXES]) -> Self {
        let filling = Filling { scale: 1.0, column_major: false };
        Self { sizes, fillings: [filling; ARGUMENTS], is_ordinary: true }
    }
}

impl Learner<'_> {
    /// Cases over `AXES` axes and `ARGUMENTS` arrays: every shape with ordinary numbers; each argument
    /// and all of them zero; then in other memory orders and with every scale for every argument.
    pub fn cases<const AXES: usize, const ARGUMENTS: usize>(
        &mut self,
    ) -> Vec<Case<AXES, ARGUMENTS>> {
        let rng = self.rng();
        let shapes = shapes::<AXES>(rng);
        let orders: Vec<[bool; ARGUMENTS]> =
            shapes.iter().map(|_| std::array::from_fn(|_| rng.bool())).collect();
        let swept = shapes.len() * ROUNDS;
        let scales: [_; ARGUMENTS] = std::array::from_fn(|_| dealt(rng, &SCALES, swept));
        let case = |number: usize| {
            let (shape, round) = (number % shapes.len(), number / shapes.len());
            let fillings = std::array::from_fn(|argument| Filling {
                scale: number.checked_sub(shapes.len()).map_or(1.0, |at| scales[argument][at]),
                // Each shape in both orders.
                column_major: orders[shape][argument] ^ (round % 2 == 1),
            });
            let is_small = shapes[shape].iter().product::<usize>() <= MAX_ORDINARY;
            Case { sizes: shapes[shape], fillings, is_ordinary: round == 0 && is_small }
        };
        let ordinary = (0..shapes.len()).map(case);
        let swept = (shapes.len()..shapes.len() + swept).map(case);
        ordinary.chain(with_zeros(shapes[1])).chain(swept).collect()
    }

    /// Points of so many numbers between −1.5 and 1.5; in the last points one of them is zero, and then
    /// all.
    pub fn ordinary_points<const NUMBERS: usize>(&mut self) -> [[f64; NUMBERS]; ORDINARY] {
        let mut points = [[0.0; NUMBERS]; ORDINARY];
        points[1..].as_flattened_mut().fill_with(|| self.uniform(-1.5, 1.5));
        (0..NUMBERS).for_each(|number| points[1 + number][number] = 0.0);
        points.reverse();
        points
    }

    /// Points of so many numbers, each of which visits every scale with both signs.
    pub fn swept_points<const NUMBERS: usize>(&mut self) -> Vec<[f64; NUMBERS]> {
        let signed = SCALES.map(|scale| [scale, -scale]);
        let count = ROUNDS * signed.as_flattened().len();
        let rng = self.rng();
        let scales: [_; NUMBERS] =
            std::array::from_fn(|_| dealt(rng, signed.as_flattened(), count));
        let mut point = |at: usize| std::array::from_fn(|it| scales[it][at] * spread(rng));
        (0..count).map(&mut point).collect()
    }

    /// So many numbers that visit the decades from 10^`low` to 10^`high` evenly, in random order.
    pub fn decades(&mut self, low: f64, high: f64, count: usize) -> Vec<f64> {
        let rng = self.rng();
        let step = (high - low) / count as f64;
        let power = |at: usize| 10_f64.powf(low + step * (at as f64 + rng.f64()));
        let mut powers: Vec<_> = (0..count).map(power).collect();
        rng.shuffle(&mut powers);
        powers
    }

    /// An array with elements of both signs, and a zero where there is room for one.
    pub fn filled<D: Dimension>(
        &mut self,
        shape: impl IntoDimension<Dim = D>,
        Filling { scale, column_major }: Filling,
    ) -> Array<f64, D> {
        let rng = self.rng();
        let shape = shape.into_dimension().set_f(column_major);
        let mut array = Array::from_shape_simple_fn(shape, || {
            scale * spread(rng) * if rng.bool() { 1.0 } else { -1.0 }
        });
        let (room, place) = (array.len() > 4, rng.usize(..array.len().max(1)));
        array.iter_mut().skip(place).take(usize::from(room)).for_each(|element| *element = 0.0);
        array
    }
}

/// A factor that keeps a number within its decade.
fn spread(rng: &mut Rng) -> f64 {
    1.0 - 0.9 * rng.f64()
}

/// Ordinary numbers, but for one argument, and then for all, which are zero.
fn with_zeros<const AXES: usize, const ARGUMENTS: usize>(
    sizes: [usize; AXES],
) -> impl Iterator<Item = Case<AXES, ARGUMENTS>> {
    let case = move |zero: usize| {
        let mut case = Case { is_ordinary: false, ..Case::ordinary(sizes) };
        let fillings = case.fillings.iter_mut().enumerate();
        let zeros = fillings.filter(|(argument, _)| *argument == zero || zero == ARGUMENTS);
        zeros.for_each(|(_, filling)| filling.scale = 0.0);
        case
    };
    (0..=ARGUMENTS).map(case)
}

/// So many of the items, each as often as any other, in random order.
fn dealt(rng: &mut Rng, items: &[f64], count: usize) -> Vec<f64> {
    let mut dealt: Vec<_> = items.iter().copied().cycle().take(count).collect();
    rng.shuffle(&mut dealt);
    dealt
}

/// The square one comes first: there a wrong transposition has the right shape, so the values show it.
fn shapes<const AXES: usize>(rng: &mut Rng) -> Vec<[usize; AXES]> {
    let different = |turn: usize| std::array::from_fn(|axis| 2 + (axis + turn) % AXES);
    let with = |axis: usize, size: usize| {
        let mut sizes: [usize; AXES] = different(axis + 1);
        sizes[axis] = size;
        sizes
    };
    let mut shapes = vec![[3; AXES], different(1), [1; AXES]];
    for sizes in SIZES {
        shapes.extend((0..AXES).map(|axis| with(axis, rng.usize(sizes.clone()))));
    }
    shapes.push(std::array::from_fn(|_| rng.usize(LARGE)));
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_axis_has_sizes_of_every_kind() {
        let shapes = shapes::<3>(&mut Rng::with_seed(1));
        assert_eq!(shapes[..3], [[3, 3, 3], [3, 4, 2], [1, 1, 1]]);
        for axis in 0..3 {
            for sizes in SIZES {
                let alone = |it: &&[usize; 3]| {
                    let is_small = |other| other == axis || (2..5).contains(&it[other]);
                    sizes.contains(&it[axis]) && (0..3).all(is_small)
                };
                assert!(shapes.iter().any(|it| alone(&it)), "{sizes:?} on {axis}: {shapes:?}");
            }
        }
        assert!(shapes.iter().any(|it| it.iter().all(|size| LARGE.contains(size))));
    }

    #[test]
    fn each_argument_and_all_of_them_are_zero_once() {
        let scales = with_zeros::<2, 2>([2, 3]).map(|case| case.fillings.map(|it| it.scale));
        assert_eq!(scales.collect::<Vec<_>>(), [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]);
    }

    #[test]
    fn every_item_is_dealt_as_often_as_any_other() {
        let dealt = dealt(&mut Rng::with_seed(1), &SCALES, 21);
        for scale in SCALES {
            assert_eq!(dealt.iter().filter(|it| **it == scale).count(), 3);
        }
    }
}
