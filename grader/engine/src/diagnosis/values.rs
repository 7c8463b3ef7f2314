//! What the values of a wrong step look like, where no formula is needed to say it.

use std::collections::HashSet;

use formulas::Computed;
use ndarray::{ArrayD, Zip};

use super::steps::Taken;

/// How many times larger the rounding error of `f32` is than that of `f64`.
const SINGLE: f64 = 536_870_912.0;

/// The decimals that somebody may round to.
const DECIMALS: std::ops::RangeInclusive<i32> = 1..=12;

/// How many different values have to lie beyond a bound.
const MIN_AT_BOUND: usize = 3;

/// The share of values that rounding may leave as they are: what saturates, what is zero.
const MAX_UNTOUCHED: f64 = 0.6;

/// A property of all values of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Look {
    /// Always the same number.
    Constant(f64),
    /// Right to single precision.
    Single,
    /// In each array all entries are the same.
    Alike,
    /// Off by the same number everywhere.
    Offset(f64),
    /// Right to so many digits.
    Digits(i32),
    /// Rounded to so many decimals.
    Decimals(i32),
    /// Right within these bounds, which it never leaves.
    Between(f64, f64),
    /// Never above this bound, and right below it.
    Below(f64),
    /// Never below this bound, and right above it.
    Above(f64),
}

/// What the values of a step look like beside those that they should be, of which a share is `right`.
pub fn look(taken: &Taken, points: &[usize], right: f64) -> Option<Look> {
    let pair = |at: &usize| {
        let want = taken.formula.evaluate(&taken.own[*at])?;
        Some((want, taken.values[*at].as_ref()?))
    };
    let pairs: Vec<_> = points.iter().filter_map(pair).collect();
    if pairs.iter().any(|(want, got)| want.value.shape() != got.shape()) || pairs.is_empty() {
        return None;
    }
    // Rounding touches most values.
    let touches_most = right <= MAX_UNTOUCHED;
    constant(&pairs)
        .or_else(|| if touches_most { single(&pairs) } else { None })
        .or_else(|| alike(&pairs))
        .or_else(|| decimals(&pairs))
        .or_else(|| offset(&pairs))
        .or_else(|| clipped(&pairs))
        .or_else(|| if touches_most { digits(&pairs) } else { None })
}

type Pairs<'a> = [(Computed, &'a ArrayD<f64>)];

fn elements<'a>(pairs: &'a Pairs) -> impl Iterator<Item = (f64, f64)> + 'a {
    pairs.iter().flat_map(|(want, got)| want.value.iter().copied().zip(got.iter().copied()))
}

/// The largest magnitude in an array.
fn largest(array: &ArrayD<f64>) -> f64 {
    array.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()))
}

fn constant(pairs: &Pairs) -> Option<Look> {
    let (_, first) = elements(pairs).next()?;
    let same = elements(pairs).all(|(_, got)| got == first || (got.is_nan() && first.is_nan()));
    (same && elements(pairs).count() > 1).then_some(Look::Constant(first))
}

fn single(pairs: &Pairs) -> Option<Look> {
    let near = |want: &Computed, got: &ArrayD<f64>| {
        let largest = largest(&want.value);
        Zip::from(&want.value).and(&want.error).and(got).all(|want, error, got| {
            // What cancels may be off by more than its own size tells, but not by more than this.
            let allowed = (SINGLE * 4.0 * (error + f64::EPSILON * want.abs())).min(1e-4 * largest);
            (want - got).abs() <= allowed + f64::from(f32::MIN_POSITIVE)
                || want == got
                || (want.is_nan() && got.is_nan())
        })
    };
    pairs.iter().all(|(want, got)| near(want, got)).then_some(Look::Single)
}

fn alike(pairs: &Pairs) -> Option<Look> {
    let same = |array: &ArrayD<f64>| array.iter().all(|it| Some(it) == array.first());
    let several: Vec<_> = pairs.iter().filter(|(want, _)| !same(&want.value)).collect();
    let all = several.iter().all(|(_, got)| same(got) && got.iter().any(|it| *it != 0.0));
    (several.len() >= MIN_AT_BOUND && all).then_some(Look::Alike)
}

fn decimals(pairs: &Pairs) -> Option<Look> {
    let rounded = |decimals: &i32| {
        let scale = 10_f64.powi(*decimals);
        elements(pairs).all(|(want, got)| {
            let near = (want - got).abs() <= 1.01 / scale + 1e-12 * want.abs();
            near && ((got * scale).round() - got * scale).abs() <= 1e-4
        })
    };
    // A whole number would be rounded to any number of decimals.
    let fractions = elements(pairs).filter(|(_, got)| got.fract() != 0.0).count();
    let least = MIN_AT_BOUND.min(elements(pairs).count() / 2).max(1);
    DECIMALS.into_iter().find(rounded).filter(|_| fractions >= least).map(Look::Decimals)
}

fn offset(pairs: &Pairs) -> Option<Look> {
    let off = |(want, got): (f64, f64)| got - want;
    // Where values are smallest, the difference is known best.
    let finite = elements(pairs).filter(|(want, got)| want.is_finite() && got.is_finite());
    let best = finite.min_by(|one, other| one.0.abs().total_cmp(&other.0.abs())).map(off)?;
    let same = |(want, got): &(Computed, &ArrayD<f64>)| {
        let moved = Computed { value: want.value.mapv(|it| it + best), error: want.error.clone() };
        let tolerance = 1e-6 * best.abs();
        Zip::from(&moved.value).and(&moved.error).and(*got).all(|want, error, got| {
            (want - got).abs() <= tolerance + 16.0 * (error + f64::EPSILON * want.abs())
        })
    };
    (best != 0.0 && elements(pairs).count() > 2 && pairs.iter().all(same))
        .then_some(Look::Offset(best))
}

/// Fewer digits than these say nothing of how a value came about.
const MIN_DIGITS: f64 = 4.0;

/// The share of the points that have so many digits: a small difference of large numbers has fewer.
const MOST: f64 = 0.7;

fn digits(pairs: &Pairs) -> Option<Look> {
    let size = |(want, _): &(Computed, &ArrayD<f64>)| largest(&want.value);
    let mut sizes: Vec<_> = pairs.iter().map(size).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    // Where the right value vanishes, its digits are not those of a difference.
    let typical_size = sizes.get(sizes.len() / 2)?;
    let relative = |pair: &(Computed, &ArrayD<f64>)| {
        let (want, got) = pair;
        let off = Zip::from(&want.value).and(*got).fold(0.0, |worst: f64, want, got| {
            let off = (want - got).abs();
            if off <= worst { worst } else { off }
        });
        off / size(pair).max(*typical_size)
    };
    let mut off: Vec<_> = pairs.iter().map(relative).filter(|off| *off > 0.0).collect();
    off.sort_by(f64::total_cmp);
    let typical = off.get((MOST * off.len() as f64) as usize)?;
    let right = -typical.log10();
    (right >= MIN_DIGITS && right.is_finite()).then(|| Look::Digits(right.floor() as i32))
}

fn clipped(pairs: &Pairs) -> Option<Look> {
    let got = || elements(pairs).map(|(_, got)| got).filter(|got| !got.is_nan());
    let high = got().max_by(f64::total_cmp)?;
    let low = got().min_by(f64::total_cmp)?;
    let all = |clip: &dyn Fn(f64) -> f64| {
        pairs.iter().all(|(want, got)| want.clip(clip).may_be(got, 0.0))
    };
    let beyond = |is: &dyn Fn(f64) -> bool| {
        let wants = elements(pairs).map(|(want, _)| want).filter(|want| is(*want));
        wants.map(f64::to_bits).collect::<HashSet<_>>().len()
    };
    let is_above = beyond(&|want| want > high) >= MIN_AT_BOUND && all(&|want| want.min(high));
    let is_below = beyond(&|want| want < low) >= MIN_AT_BOUND && all(&|want| want.max(low));
    if is_above {
        Some(Look::Below(high))
    } else if is_below {
        Some(Look::Above(low))
    } else {
        let within = beyond(&|want| want > high || want < low) >= MIN_AT_BOUND;
        (within && all(&|want| want.clamp(low, high))).then_some(Look::Between(low, high))
    }
}
