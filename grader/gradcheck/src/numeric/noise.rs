use std::iter;

use crate::real::Precision;

/// How many neighbouring points the noise is read from.
pub(crate) const POINTS: usize = 16;

/// How many of the largest samples are not believed: a kink among the points shows in three of them.
const DISTRUSTED: usize = 3;

/// What the largest of the others is multiplied with, not to be less than the largest of all where
/// there is no kink: of Gaussian noise those are 1.1 and 2.0 standard deviations, and the noise of
/// roundings has more of large samples.
const LARGEST: f64 = 2.5;

/// The noise of a function near a point.
pub(crate) struct Noise {
    /// Two to three times its standard deviation, from a dozen samples. NaN where the function is not
    /// finite.
    pub deviation: f64,
    /// How often the function was evaluated.
    pub evaluations: usize,
}

impl Noise {
    /// The noise of `f`, a function of a small positive distance from the point and of the least
    /// magnitude that the distance is relative to (see [`neighbour`]).
    pub fn of(precision: &Precision, mut f: impl FnMut(f64, f64) -> f64) -> Self {
        let (mut deviation, mut evaluations) = (f64::NAN, 0);
        let at = scattered(precision.digits);
        let [closest, .., last, _] = precision.spreads;
        // Near the end of a domain f itself would show over the distance that suits a number of 1.
        let spreads = iter::once((closest, 0.0)).chain(precision.spreads.map(|it| (it, 1.0)));
        for (spread, least) in spreads {
            let values = at.map(|distance| f(distance * spread, least));
            evaluations += POINTS;
            deviation = deviation_of(&at, &values);
            let same = values.windows(2).filter(|pair| pair[0] == pair[1]).count();
            // Zero over that distance is no value that was rounded to the spacing of larger ones.
            if same <= POINTS / 2 || (spread == last && values == [0.0; POINTS]) {
                break;
            }
        }
        Self { deviation, evaluations }
    }
}

fn deviation_of(at: &[f64], values: &[f64]) -> f64 {
    if !values.iter().all(|value| value.is_finite()) {
        return f64::NAN;
    }
    let samples = at.windows(4).zip(values.windows(4)).map(|(t, v)| sample(t, v).abs());
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by(f64::total_cmp);
    LARGEST * samples[samples.len() - 1 - DISTRUSTED]
}

/// The point at a `distance` from `x`, away from zero: no domain that ends there is left. It is
/// relative to x, or to the `least` magnitude where x is smaller; at 0, to 1.
pub(crate) fn neighbour(x: f64, distance: f64, least: f64) -> f64 {
    let magnitude = if x == 0.0 { 1.0 } else { x.abs().max(least) };
    // A power of two: every neighbour is exact, and rounding it adds no noise of its own.
    let scale = magnitude.log2().floor().exp2();
    x + (scale * distance).copysign(x)
}

/// Numbers in [0, 1] in ascending order. Not equally spaced, for then the roundings repeat
/// themselves and the differences miss them; of few binary digits, so that neighbours are exact.
fn scattered(digits: i32) -> [f64; POINTS] {
    let mut rng = fastrand::Rng::with_seed(1);
    let unit = f64::from(digits).exp2();
    let mut numbers = [(); POINTS].map(|()| (rng.f64() * unit).floor() / unit);
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The third divided difference, which is zero for a parabola, scaled to the noise of one value.
fn sample(at: &[f64], values: &[f64]) -> f64 {
    let weight = |i: usize| (0..4).filter(|j| *j != i).map(|j| 1.0 / (at[i] - at[j])).product();
    let weights: [f64; 4] = [0, 1, 2, 3].map(weight);
    let length = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
    // Only the change: the weights are rounded and would not cancel a large offset.
    let changes = values.iter().map(|value| value - values[0]);
    weights.iter().zip(changes).map(|(weight, change)| weight / length * change).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::sealed::Real;

    fn deviation(f: impl Fn(f64) -> f64, x: f64) -> f64 {
        Noise::of(&f64::PRECISION, |distance, least| f(neighbour(x, distance, least))).deviation
    }

    #[test]
    fn a_smooth_function_has_only_the_noise_of_its_roundings() {
        assert!(deviation(f64::sin, 0.7) <= f64::EPSILON);
        assert!(deviation(|x| 3.0 * x, 0.75) <= 4.0 * f64::EPSILON);
    }

    #[test]
    fn roundings_that_cancelled_are_seen() {
        for x in (0..100).map(|hundredths| f64::from(hundredths) / 100.0) {
            let hidden = deviation(|x| (1e8 + x.sin()) - 1e8, x);
            let unit = 1e8 * f64::EPSILON;
            assert!((0.1 * unit..2.0 * unit).contains(&hidden), "{hidden:e} at {x}");
        }
    }

    #[test]
    fn the_rounding_of_a_large_angle_is_seen() {
        for x in (0..100).map(|hundredths| 2.0 + f64::from(hundredths) / 100.0) {
            let angle = 3435.0123456789 * x;
            let hidden = deviation(|x| (3435.0123456789 * x).sin(), x);
            let unit = angle * f64::EPSILON * angle.cos().abs();
            assert!(hidden >= 0.1 * unit, "{hidden:e} of {unit:e} at {x}");
        }
    }

    #[test]
    fn one_value_that_is_not_finite_is_not_forgotten() {
        let mut evaluations = 0;
        let noise = Noise::of(&f64::PRECISION, |distance, _| {
            evaluations += 1;
            if evaluations == 7 { f64::NAN } else { distance }
        });
        assert!(noise.deviation.is_nan());
    }

    #[test]
    fn neighbours_are_exact_and_keep_their_side_of_zero() {
        // Single precision has too few digits for points beside 2 or beside 0.
        for (precision, close) in
            [(f64::PRECISION, [1.9999999, 1e-6]), (f32::PRECISION, [1.99, 0.1])]
        {
            let [below_two, small] = close;
            for x in [1e6, below_two, 0.3, small, -small, -0.3, -1e6].map(precision.round) {
                for distance in scattered(precision.digits).map(|it| it * precision.spreads[0]) {
                    for least in [0.0, 1.0] {
                        let step = (precision.round)(neighbour(x, distance, least)) - x;
                        let scale = x.abs().max(least).log2().floor().exp2();
                        assert_eq!(step.abs(), distance * scale);
                        assert!(step * x >= 0.0);
                    }
                }
            }
        }
    }

    #[test]
    fn no_two_points_are_the_same() {
        for precision in [f64::PRECISION, f32::PRECISION] {
            assert!(scattered(precision.digits).windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn single_precision_shows_its_own_noise() {
        // Not at 0: there exp(x) rounds to 1 + x at every point that exists.
        for x in (1..100).map(|hundredths| f64::from(hundredths) / 100.0) {
            let f = |distance, least| f64::from((neighbour(x, distance, least) as f32).exp());
            let noise = Noise::of(&f32::PRECISION, f).deviation;
            let unit = x.exp() * f64::from(f32::EPSILON);
            assert!((0.1 * unit..2.0 * unit).contains(&noise), "{noise:e} of {unit:e} at {x}");
        }
    }
}
