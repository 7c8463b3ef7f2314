//! The derivative where central differences are bent or say little: each side of the point is
//! differentiated on its own.

use super::{
    noise::{Noise, neighbour},
    search::{self, Search},
    trial::{DEVIATIONS, RATIO, Scheme, Site, Trial},
};
use crate::values::slope::{Estimate, Kink, Slope};

/// How many times the error bound two slopes must differ at the shortest step that can tell them
/// apart.
const APART: f64 = 8.0;

/// How many times its round-off the truncation of the best step is where f is not smooth.
const ODD: f64 = 10.0;

/// Longer steps, in units of that one, for a kink that is as near to the point as the shortest.
const LONGER: [f64; 3] = [1.0, 8.0, 64.0];

/// The derivative at a point where `central` differences are bent, or say little.
pub(crate) fn judge(mut f: impl FnMut(f64) -> f64, site: &Site, central: &Search) -> Estimate {
    let steepness = central.widest.steepness();
    let site = &with_noise_of_both_sides(&mut f, site, steepness);
    let [left, right] = [Scheme::Left, Scheme::Right].map(|scheme| Side::new(&mut f, site, scheme));
    if !(left.slope.error.is_finite() && right.slope.error.is_finite()) {
        return Estimate::of(central.best.slope());
    }
    match told(f, site, &left, &right) {
        Told::Kink(kink) => Estimate::of_kink(kink),
        Told::Slope(slope) => {
            let side = if slope.value == left.slope.value { &left } else { &right };
            let slope = tighter(slope, side.step, central);
            let large = slope.error > site.precision.resolved * steepness.max(slope.value.abs());
            let jumps = large && (left.odd || right.odd);
            if jumps { Estimate::unknown(slope.value) } else { Estimate::of(slope) }
        }
        Told::Nothing => Estimate::unknown(central.best.value),
    }
}

/// The central slope where that is known better, or contradicts the slope over a longer `step`: over its
/// own step f looks smooth.
fn tighter(slope: Slope, step: f64, Search { best, rough, .. }: &Search) -> Slope {
    let whole = best.slope();
    let beats = whole.error < slope.error || (whole.contradicts(&slope) && best.step < step);
    let is_better = !rough && !best.bent && beats;
    let Slope { value, error } = if is_better { whole } else { slope };
    Slope { value, error: error + best.wobble }
}

/// What is at the point, by the slopes to both sides.
enum Told {
    Kink(Kink),
    /// There is none, or it is beside the point, and this the slope of the side that the point is on.
    Slope(Slope),
    /// A jump, or several kinks.
    Nothing,
}

fn told(mut f: impl FnMut(f64) -> f64, site: &Site, left: &Side, right: &Side) -> Told {
    if left.rough || right.rough {
        return Told::Nothing;
    }
    let looked = apart(left, right).map_or(Told::Nothing, |slopes| look(&mut f, site, slopes));
    match looked {
        Told::Nothing if !left.slope.contradicts(&right.slope) => {
            Told::Slope(joined(f, site, left.slope, right.slope))
        }
        looked => looked,
    }
}

/// The slopes to both sides, from near by or over a longer step, where they differ.
fn apart(left: &Side, right: &Side) -> Option<[Slope; 2]> {
    let near = [left.slope, right.slope];
    // A kink beside the point leaves the side that it is on with little but the noise of f.
    let far = match left.slope.error <= right.slope.error {
        true => [left.slope, right.wide],
        false => [left.wide, right.slope],
    };
    let is_apart = |[left, right]: &[Slope; 2], times: f64| {
        (left.value - right.value).abs() > times * (left.error + right.error)
    };
    // No second step has confirmed the slope over the long one.
    if is_apart(&near, 1.0) { Some(near) } else { Some(far).filter(|it| is_apart(it, 2.0)) }
}

/// What one side says.
struct Side {
    slope: Slope,
    step: f64,
    /// Over the longest step.
    wide: Slope,
    /// Its error is not that of noise: f jumps, or turns too fast.
    odd: bool,
    rough: bool,
}

impl Side {
    /// With a bound that holds what a shorter step says: in a one-sided difference the terms in h² and
    /// h³ may cancel at one step, and its truncation then looks smaller than it is.
    fn new(mut f: impl FnMut(f64) -> f64, site: &Site, scheme: Scheme) -> Self {
        let Search { best, widest, rough } = search::run(&mut f, site, scheme);
        let again = Trial::new(f, site, scheme, best.step * RATIO);
        let error = best.error() + again.error() + (best.value - again.value).abs();
        let odd = best.truncation > ODD * best.round_off;
        let slope = Slope { value: best.value, error };
        Self { slope, step: best.step, wide: widest.slope(), odd, rough }
    }
}

/// The slope at a point to both sides of which the slopes agree.
fn joined(f: impl FnMut(f64) -> f64, site: &Site, left: Slope, right: Slope) -> Slope {
    let (tight, weak) = if left.error <= right.error { (left, right) } else { (right, left) };
    let near = Trial::new(f, site, Scheme::Central, telling(site, weak.error, tight.value.abs()));
    // The two sides may be those of a seam, and the point on either.
    let seen = [weak, near.slope()].map(|other| (tight.value - other.value).abs() + other.error);
    let error = tight.error + seen[0].min(seen[1]);
    Slope { error: if error.is_finite() { error } else { f64::INFINITY }, ..tight }
}

/// Looks at the slopes from closer by.
fn look(mut f: impl FnMut(f64) -> f64, site: &Site, [left, right]: [Slope; 2]) -> Told {
    let height = (right.value - left.value).abs();
    let shortest = telling(site, height, left.value.abs().max(right.value.abs()));
    for step in LONGER.map(|times| times * shortest) {
        let (central, sides) = Trial::both(&mut f, site, step);
        let near = [left, right].map(|side| !central.slope().contradicts(&side));
        match near {
            [true, false] if central.error() <= height / 2.0 => return Told::Slope(left),
            [false, true] if central.error() <= height / 2.0 => return Told::Slope(right),
            _ => (),
        }
        let persists = |(trial, side): (&Trial, Slope)| {
            let off = (trial.value - side.value).abs();
            off <= (trial.error() + side.error).max(height / APART)
        };
        if sides.iter().zip([left, right]).all(persists) {
            return Told::Kink(Kink { left, right });
        }
    }
    Told::Nothing
}

/// The noise may differ from side to side as the slopes do: where a ReLU is zero it has none.
fn with_noise_of_both_sides(mut f: impl FnMut(f64) -> f64, site: &Site, slope: f64) -> Site {
    let towards_zero = |distance, least| f(site.x - (neighbour(site.x, distance, least) - site.x));
    let noise = Noise::of(site.precision, towards_zero).deviation;
    // max would forget a NaN.
    let larger = if noise.total_cmp(&site.noise).is_gt() { noise } else { site.noise };
    // An error of that size, not a deviation.
    let rounding_of_x = site.rounding_of_x(slope) / DEVIATIONS;
    Site { noise: if larger < rounding_of_x { rounding_of_x } else { larger }, ..*site }
}

/// The shortest step at which round-off leaves slopes apart that differ by the `height` of a kink.
fn telling(site: &Site, height: f64, steepest: f64) -> f64 {
    let shortest = site.precision.shortest_step * site.x.abs();
    let (per_step, _) = Scheme::Left.round_off();
    let noise = site.error(site.value.abs()) + site.rounding_of_x(steepest);
    shortest.max(APART * per_step * noise / height)
}
